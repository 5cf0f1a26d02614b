/** Keys that hvsim itself understands: those after Ctrl-A. @module */

/** What the user wants of hvsim. */
export type KeyCommand =
  | "quit"
  | "help"
  | "next-console"
  | "previous-console"
  | "all-consoles"
  | "monitor"
  | { readonly console: number };

/** What was typed, in its order: bytes for the guest, and commands. */
export type Typed = Uint8Array | KeyCommand;

const CtrlA = 0x01;

const Commands: Readonly<Record<string, { readonly command: KeyCommand; readonly help: string }>> =
  {
    n: { command: "next-console", help: "bring the next console to the front" },
    p: { command: "previous-console", help: "bring the previous console to the front" },
    a: { command: "all-consoles", help: "show all consoles line by line, until a key is pressed" },
    c: {
      command: "monitor",
      help: "bring hvsim's own prompt to the front; once more: go back",
    },
    h: { command: "help", help: "this help" },
    x: { command: "quit", help: "quit hvsim" },
  };

/** The help of Ctrl-A h. */
export const keyHelp: readonly (readonly [keys: string, does: string])[] = [
  ["Ctrl-A 0..9", "bring the console with this number to the front: 1 for vm1, 0 for uart0"],
  ...Object.entries(Commands).map(([key, { help }]) => [`Ctrl-A ${key}`, help] as const),
  ["Ctrl-A Ctrl-A", "send Ctrl-A to the guest"],
];

/** Takes typed bytes, and remembers a Ctrl-A between calls. */
export function keyReader(): (bytes: Uint8Array) => readonly Typed[] {
  let prefixed = false;
  return (typed) => {
    const all: Typed[] = [];
    let bytes: number[] = [];
    const command = (key: KeyCommand) => {
      if (bytes.length > 0) all.push(new Uint8Array(bytes));
      bytes = [];
      all.push(key);
    };
    for (const byte of typed) {
      if (!prefixed) {
        prefixed = byte === CtrlA;
        if (!prefixed) bytes.push(byte);
        continue;
      }
      prefixed = false;
      if (byte === CtrlA) bytes.push(CtrlA);
      else command(commandOf(letter(byte)));
    }
    if (bytes.length > 0) all.push(new Uint8Array(bytes));
    return all;
  };
}

function commandOf(key: string): KeyCommand {
  if (/^\d$/.test(key)) return { console: Number(key) };
  return Commands[key]?.command ?? "help";
}

/** The key's letter, also with Ctrl still held from Ctrl-A. */
function letter(byte: number): string {
  return String.fromCharCode(byte < 0x20 ? byte + 0x60 : byte).toLowerCase();
}
