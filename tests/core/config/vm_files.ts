/**
 * VM descriptions for tests, from parts that a test may change.
 *
 * @module
 */

import { loadVms } from "../../../core/config/load_vms.ts";
import { hasErrors, type Problem } from "../../../core/config/problem.ts";
import type { PlatformFacts } from "../../../core/config/platform_facts.ts";
import type { VmPlan } from "../../../core/config/vm_plan.ts";
import { qemuVirt } from "./boards.ts";
import { type Files, rawKernel, reader } from "./files.ts";

/** Values as TOML spells them; undefined leaves the key out. */
export type Keys = Readonly<Record<string, string | undefined>>;

const Base: Keys = { id: "1", name: '"vm"', vm_type: "1", cpu_num: "1" };
const Kernel: Keys = {
  entry_point: "0x4008_0000",
  kernel_path: '"kernel.bin"',
  kernel_load_addr: "0x4008_0000",
  image_location: '"memory"',
  memory_regions: "[[0x4000_0000, 0x100_0000, 0x7, 0]]",
};
const Devices: Keys = { emu_devices: "[]", passthrough_devices: "[]" };

function lines(keys: Keys): string {
  return Object.entries(keys).filter(([, v]) => v !== undefined)
    .map(([key, value]) => `${key} = ${value}\n`).join("");
}

/** A description with tables: a small VM that is in order, with these keys changed. */
export function vmToml(
  { base = {}, kernel = {}, devices = {} }: { base?: Keys; kernel?: Keys; devices?: Keys } = {},
): string {
  return `[base]\n${lines({ ...Base, ...base })}[kernel]\n${lines({ ...Kernel, ...kernel })}` +
    `[devices]\n${lines({ ...Devices, ...devices })}`;
}

/** The same without tables. */
export function flatToml(keys: Keys = {}): string {
  return lines({ ...Base, ...Kernel, ...Devices, ...keys });
}

/** Plans `vm.toml` of these files, beside which there is a kernel. */
export function planOf(
  toml: string,
  { files = {}, facts = qemuVirt(), rootfs }: {
    files?: Files;
    facts?: PlatformFacts;
    rootfs?: string;
  } = {},
): { plan: VmPlan | undefined; problems: Problem[] } {
  const read = reader({ "vm.toml": toml, "kernel.bin": rawKernel(), ...files });
  const { plans, problems } = loadVms(["vm.toml"], facts, { read, rootfs });
  return { plan: plans[0], problems };
}

/** The plan of a description that is in order. */
export function goodPlan(...args: Parameters<typeof planOf>): VmPlan {
  const { plan, problems } = planOf(...args);
  if (plan === undefined || hasErrors(problems)) throw new Error(JSON.stringify(problems, null, 1));
  return plan;
}

/** Problems as "severity key: expected ..., found ...". */
export function problemsOf(...args: Parameters<typeof planOf>): string[] {
  return planOf(...args).problems.map((p) =>
    `${p.severity} ${p.key}: expected ${p.expected}, found ${p.found}` +
    (p.hint === undefined ? "" : ` (${p.hint})`)
  );
}
