import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseFdt } from "../../core/fdt/blob.ts";
import { find, readStrings } from "../../core/fdt/node.ts";
import { treeDump } from "../../cli/tree_dump.ts";
import { hvsim } from "../boot/hvsim.ts";

Deno.test("dump-dtb: a VM's tree is named by its id, a file alone is for the board's", () => {
  assertEquals(treeDump.parse("a.dtb"), { file: "a.dtb" });
  assertEquals(treeDump.parse("vm12=a=b.dtb"), { file: "a=b.dtb", vm: 12 });
  assertEquals(treeDump.parse("vm=a.dtb"), { file: "vm=a.dtb" });
  assertEquals(treeDump.parse("vm1="), undefined);
  assertEquals(treeDump.parse(""), undefined);
});

const hasDtc = await Deno.stat("/usr/bin/dtc").then(() => true, () => false);

/** What a device tree compiler complains of as an error. */
async function dtcErrors(file: string): Promise<string> {
  const { code, stderr } = await new Deno.Command("dtc", {
    args: ["-I", "dtb", "-O", "dtb", "-o", "/dev/null", file],
    stderr: "piped",
  }).output();
  return code === 0 ? "" : new TextDecoder().decode(stderr);
}

Deno.test("dump-dtb: the trees of two VMs go into files, and a compiler reads them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const toml = await Deno.readTextFile(new URL("../../guests/nimbos.toml", import.meta.url));
    const image = new URL("../../guests/nimbos-aarch64.bin", import.meta.url);
    await Deno.copyFile(image, `${folder}/nimbos-aarch64.bin`);
    await Deno.writeTextFile(`${folder}/one.toml`, toml);
    await Deno.writeTextFile(`${folder}/two.toml`, toml.replace("id = 1", "id = 2"));
    const [one, two] = [`${folder}/one.dtb`, `${folder}/two.dtb`];
    const vms = ["--vm", `${folder}/one.toml`, "--vm", `${folder}/two.toml`];
    const dumps = ["--dump-dtb", `vm1=${one}`, "--dump-dtb", `vm2=${two}`];
    const { code, stdout, stderr } = await hvsim([...vms, ...dumps]);
    assertEquals([code, stdout.split("\n").length], [0, 3], stderr);
    for (const file of [one, two]) {
      const { root } = parseFdt(await Deno.readFile(file));
      const chosen = find(root, "/chosen")?.properties;
      assertEquals(readStrings(chosen?.get("stdout-path")), ["/pl011@9000000"]);
      if (hasDtc) assertEquals(await dtcErrors(file), "");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("dump-dtb: a VM that is not there, and a board's tree beside VMs, are errors", async () => {
  const vm = ["--vm", "guests/nimbos.toml"];
  const other = await hvsim([...vm, "--dump-dtb", "vm7=x.dtb"]);
  assertEquals(other.code, 2);
  assertStringIncludes(other.stderr, "it must be the id of a VM, found 1");
  const board = await hvsim([...vm, "--dump-dtb", "x.dtb"]);
  assertEquals(board.code, 2);
  assertStringIncludes(board.stderr, "with --vm it must be vm1=FILE");
  const none = await hvsim(["--dump-dtb", "vm1=x.dtb"]);
  assert(none.stderr.includes("found no --vm"), none.stderr);
});
