import { assert } from "@std/assert";
import { parseFdt } from "../../../core/fdt/blob.ts";
import { loadVms } from "../../../core/config/load_vms.ts";
import { hasErrors } from "../../../core/config/problem.ts";
import { qemuVirt } from "./boards.ts";
import { deviceTree, rawKernel, reader } from "./files.ts";
import { vmToml } from "./vm_files.ts";

/** Numbers below `n`, the same in every run. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % n;
  };
}

const templates = [...Deno.readDirSync(new URL("./templates/", import.meta.url))]
  .filter((f) => f.name.endsWith(".toml"))
  .map((f) => Deno.readTextFileSync(new URL(`./templates/${f.name}`, import.meta.url)));

const Values = [
  "0",
  "-1",
  "1",
  "0xffff_ffff_ffff",
  "0x1000",
  "[]",
  "[[]]",
  '""',
  '"/"',
  "1.5",
  "{}",
];

Deno.test("loadVms: descriptions with values exchanged give plans or errors, never exceptions", () => {
  const next = dice(11);
  for (let i = 0; i < 1500; i++) {
    let toml = templates[next(templates.length)] ?? "";
    for (let n = next(3); n >= 0; n--) {
      const all = [...toml.matchAll(/0x[\d_a-f]+|\b\d+\b|"[^"]*"|\[[^[\]]*\]/g)];
      const hit = all[next(all.length)];
      if (hit === undefined) continue;
      const value = next(2) === 0 ? Values[next(Values.length)] : all[next(all.length)]?.[0];
      toml = toml.slice(0, hit.index) + value + toml.slice(hit.index + hit[0].length);
    }
    const read = (path: string) =>
      path === "vm.toml"
        ? new TextEncoder().encode(toml)
        : path.endsWith(".dtb")
        ? deviceTree()
        : rawKernel();
    const { plans, problems } = loadVms(["vm.toml"], qemuVirt(), { read });
    assert(plans.length === (hasErrors(problems) ? 0 : 1));
    assert(problems.every((p) => p.line >= 1 && p.column >= 1));
  }
});

Deno.test("loadVms: any device tree that reads is patched or refused, and reads again", () => {
  const next = dice(5);
  const toml = vmToml({
    base: { cpu_num: "2" },
    kernel: { dtb_path: '"tree"', dtb_load_addr: "0x4000_0000", cmdline: '"quiet"' },
  });
  let patched = 0;
  for (let i = 0; i < 3000; i++) {
    const tree = deviceTree();
    for (let n = next(3); n >= 0; n--) tree[40 + next(tree.length - 40)] = next(256);
    const files = { "vm.toml": toml, "kernel.bin": rawKernel(), tree };
    const { plans } = loadVms(["vm.toml"], qemuVirt(), { read: reader(files) });
    const image = plans[0]?.images.find((p) => p.what === "dtb");
    if (image === undefined) continue;
    parseFdt(image.bytes);
    patched++;
  }
  assert(patched > 100);
});
