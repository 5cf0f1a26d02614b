/**
 * What `hvsim config` prints.
 *
 * @module
 */

import { byteCount, hex } from "../hex.ts";
import { loadVms, readVmConfigs } from "./load_vms.ts";
import { rangeOf, rangeText } from "./plan_memory.ts";
import type { PlatformFacts } from "./platform_facts.ts";
import { hasErrors, type Problem, problemText } from "./problem.ts";
import { vmConfigJsonSchema } from "./vm_config.ts";
import type { FileAccess } from "./vm_images.ts";
import type { VmPlan } from "./vm_plan.ts";

/** Text for the terminal, and the exit code that goes with it. */
export interface Answer {
  readonly text: string;
  readonly code: 0 | 2;
}

/** All problems, one a line; lines of advice that are to be copied stand below theirs. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems.map((p) => {
    if (p.hint === undefined || !p.hint.includes("\n")) return `${problemText(p)}\n`;
    const { hint, ...bare } = p;
    const [first, ...rest] = hint.split("\n");
    return `${problemText(bare)}; ${first}\n${rest.map((line) => `    ${line}\n`).join("")}`;
  }).join("");
}

/** `hvsim config check FILE...`: what is wrong, or what the VMs would be on this board. */
export function configCheck(
  files: readonly string[],
  access: FileAccess,
  facts: PlatformFacts | undefined,
): Answer {
  if (facts === undefined) {
    const problems = readVmConfigs(files, access).flatMap((r) => r.problems);
    return answer(problems, `${files.join(", ")}: valid\n`);
  }
  const { plans, problems } = loadVms(files, facts, access);
  const summary = plans.map((plan, i) => `${files[i]}: valid\n${planText(plan)}`).join("");
  return answer(problems, summary);
}

function answer(problems: readonly Problem[], good: string): Answer {
  const bad = hasErrors(problems);
  return { text: renderProblems(problems) + (bad ? "" : good), code: bad ? 2 : 0 };
}

/** A plan in a few lines. */
export function planText(plan: VmPlan): string {
  const rows: [string, string][] = [
    ["VM", `${plan.id} "${plan.name}"`],
    ...plan.vcpus.map((v, i): [string, string] => [
      `vCPU ${i}`,
      `affinity 0x${v.mpidr.toString(16)}, cores 0x${v.affinityMask.toString(16)}, ` +
      `priority ${v.priority}, weight ${v.weight}`,
    ]),
    ...plan.memory.map((m): [string, string] => [
      "memory",
      `${rangeText(rangeOf(m))}, ${byteCount(m.bytes)}, ${m.kind}`,
    ]),
    ...plan.images.map((m): [string, string] => [
      m.what,
      `at ${hex(m.gpa)}, ${m.bytes.length} bytes`,
    ]),
    ["entry", `${hex(plan.entry)}, X0 = ${hex(plan.x0)}`],
    ...(plan.dtb?.kind === "generate"
      ? [["device tree", `generated, at ${hex(plan.dtb.gpa)}`] as [string, string]]
      : []),
    ...(plan.vgic === undefined
      ? []
      : [["interrupts", `virtual GICv${plan.vgic.version} at ${hex(plan.vgic.distributor)}`] as [
        string,
        string,
      ]]),
    ...plan.passthrough.map((w): [string, string] => [
      "window",
      `${rangeText({ base: w.gpa, bytes: w.bytes })} ${w.name}` +
      (w.gpa === w.hpa ? "" : ` (on the board at ${hex(w.hpa)})`),
    ]),
    ...plan.emulated.map((e): [string, string] => [
      e.kind,
      `${rangeText({ base: e.gpa, bytes: e.bytes })} ${e.name}`,
    ]),
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}\n`).join("");
}

/** `hvsim config schema`: JSON Schema for editors. */
export function configSchema(): Answer {
  return { text: `${JSON.stringify(vmConfigJsonSchema(), null, 2)}\n`, code: 0 };
}
