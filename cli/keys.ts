/** Keys that hvsim itself understands: those after Ctrl-A. @module */

/** What the user wants of hvsim. */
export type KeyCommand = "quit" | "help" | "next-console";

/** What became of typed bytes. */
export interface Typed {
  /** For the guest. */
  readonly bytes: Uint8Array;
  readonly commands: readonly KeyCommand[];
}

const CtrlA = 0x01;

const Commands: Readonly<Record<string, { readonly command: KeyCommand; readonly help: string }>> =
  {
    x: { command: "quit", help: "quit hvsim" },
    h: { command: "help", help: "this help" },
    n: { command: "next-console", help: "type to the next VM or serial port" },
  };

/** The help of Ctrl-A h. */
export const keyHelp: readonly (readonly [keys: string, does: string])[] = [
  ...Object.entries(Commands).map(([key, { help }]) => [`Ctrl-A ${key}`, help] as const),
  ["Ctrl-A Ctrl-A", "send Ctrl-A to the guest"],
];

/** Takes typed bytes, and remembers a Ctrl-A between calls. */
export function keyReader(): (bytes: Uint8Array) => Typed {
  let prefixed = false;
  return (typed) => {
    const bytes: number[] = [];
    const commands: KeyCommand[] = [];
    for (const byte of typed) {
      if (!prefixed) {
        prefixed = byte === CtrlA;
        if (!prefixed) bytes.push(byte);
        continue;
      }
      prefixed = false;
      if (byte === CtrlA) bytes.push(CtrlA);
      else {
        const key = Commands[String.fromCharCode(byte).toLowerCase()];
        commands.push(key?.command ?? "help");
      }
    }
    return { bytes: new Uint8Array(bytes), commands };
  };
}
