/** What e2fsprogs says of disk images; nothing where it is not installed. @module */

/** Output of a program; undefined where it is not installed. */
async function output(name: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(name, { args: [...args], stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const text = `${name} is not installed: the disk is not checked\n`;
      Deno.stderr.writeSync(new TextEncoder().encode(text));
      return undefined;
    }
    throw error;
  }
}

/** Whether `e2fsck` finds nothing to mend in an ext4 image, nor a journal to play back. */
export async function isClean(disk: string): Promise<boolean> {
  const said = await output("e2fsck", "-fn", disk);
  return said === undefined || /: \d+\/\d+ files/.test(said) && !/Fix\?|FIXED|WARNING/i.test(said);
}

/** What a file in an ext4 image holds; undefined where `debugfs` is not installed. */
export function diskFile(disk: string, path: string): Promise<string | undefined> {
  return output("debugfs", "-R", `cat ${path}`, disk);
}
