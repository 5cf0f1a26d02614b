/** The text of instruction words as GNU objdump for AArch64 prints it. @module */

const Program = "aarch64-linux-gnu-objdump";

/** Whether objdump is installed. */
export async function hasObjdump(): Promise<boolean> {
  try {
    return (await new Deno.Command(Program, { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Text of each of the words in a binary file, of which the first is at address 0.
 *
 * @throws {Error} When objdump fails.
 */
export async function objdumpTexts(path: string, aliases: boolean): Promise<string[]> {
  const options = [
    "-D",
    "-z",
    "-b",
    "binary",
    "-m",
    "aarch64",
    "-M",
    aliases ? "aliases" : "no-aliases",
  ];
  const { success, stdout, stderr } = await new Deno.Command(Program, { args: [...options, path] })
    .output();
  if (!success) throw new Error(`Cannot disassemble: ${new TextDecoder().decode(stderr)}`);
  const texts: string[] = [];
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const text = /^ *[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$/.exec(line)?.[1];
    if (text !== undefined) texts.push(normalText(text));
  }
  return texts;
}

/** objdump's text with single spaces and without its remarks. */
function normalText(text: string): string {
  return text.replace(/\s*\/\/.*$/, "").replaceAll(/\s+/g, " ").trim();
}
