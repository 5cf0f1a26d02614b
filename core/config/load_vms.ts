/**
 * From the files that describe VMs to their plans, everything that is wrong reported at once.
 *
 * @module
 */

import { byteCount } from "../hex.ts";
import { sharedDevices } from "./plan_devices.ts";
import {
  HypervisorBytes,
  memoryOption,
  type MemoryRegion,
  rangeOf,
  rangeText,
  regionsOf,
} from "./plan_memory.ts";
import type { PlatformFacts } from "./platform_facts.ts";
import { hasErrors, type Problem } from "./problem.ts";
import { endOf, overlap } from "./ranges.ts";
import { readVmConfig, type VmConfig } from "./vm_config.ts";
import { type FileAccess, loadImages } from "./vm_images.ts";
import { planVm, type VmPlan } from "./vm_plan.ts";

/** A file as it was read, described if it can be. */
interface Read {
  readonly config?: VmConfig;
  readonly problems: Problem[];
}

/** Reads descriptions; files that cannot be read are problems too. */
export function readVmConfigs(files: readonly string[], { read }: FileAccess): Read[] {
  return files.map((file) => {
    const bytes = read(file);
    if (typeof bytes !== "string") return readVmConfig(bytes, file);
    return {
      problems: [{
        severity: "error",
        file,
        line: 1,
        column: 1,
        key: "",
        expected: "a VM description in TOML",
        found: bytes,
      }],
    };
  });
}

/** Plans of all VMs; there are none when any file has an error. */
export function loadVms(
  files: readonly string[],
  facts: PlatformFacts,
  access: FileAccess,
): { plans: VmPlan[]; problems: Problem[] } {
  const reads = readVmConfigs(files, access);
  return planVms(reads, facts, access);
}

function planVms(
  reads: readonly Read[],
  facts: PlatformFacts,
  access: FileAccess,
): { plans: VmPlan[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const planned: { config: VmConfig; plan: VmPlan }[] = [];
  for (const { config, problems: own } of reads) {
    if (config === undefined) {
      problems.push(...own);
      continue;
    }
    const { images, problems: missing } = loadImages(config, access);
    const result = planVm(config, facts, images);
    problems.push(...[...own, ...missing, ...result.problems].sort(byPlace));
    if (result.plan !== undefined) planned.push({ config, plan: result.plan });
  }
  const configs = reads.map((r) => r.config).filter((c) => c !== undefined);
  problems.push(...checkIds(configs), ...checkMemory(configs, facts), ...checkSharing(planned));
  return { plans: hasErrors(problems) ? [] : planned.map((p) => p.plan), problems };
}

function byPlace(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}

function at(config: VmConfig): string {
  const { file, line } = config.problem("error", "base.id", "", "");
  return `${file}:${line}`;
}

function checkIds(configs: readonly VmConfig[]): Problem[] {
  const problems: Problem[] = [];
  configs.forEach((config, i) => {
    const { id, name } = config.values.base;
    const earlier = configs.slice(0, i);
    const sameId = earlier.find((c) => c.values.base.id === id);
    const sameName = earlier.find((c) => c.values.base.name === name);
    if (sameId !== undefined) {
      const found = `${id}, which ${at(sameId)} has`;
      problems.push(config.problem("error", "base.id", "an id that no other VM has", found));
    } else if (sameName !== undefined) {
      const found = `"${name}", as in ${sameName.file}`;
      problems.push(
        config.problem("warning", "base.name", "a name that no other VM has", found),
      );
    }
  });
  return problems;
}

/** Memory of all VMs together: parts that two have, and whether the board has enough. */
function checkMemory(configs: readonly VmConfig[], facts: PlatformFacts): Problem[] {
  const problems: Problem[] = [];
  const fixed: { config: VmConfig; region: MemoryRegion }[] = [];
  for (const config of configs) {
    for (const { key, region } of regionsOf(config).ram) {
      if (region.kind === "alloc") continue;
      const other = fixed.find((f) =>
        f.config !== config && overlap(rangeOf(f.region), rangeOf(region))
      );
      if (other !== undefined) {
        problems.push(config.problem(
          "error",
          key,
          "RAM that no other VM has",
          `${rangeText(rangeOf(region))}, which ${other.config.file} has in ` +
            rangeText(rangeOf(other.region)),
          "map type 0 takes RAM from anywhere",
        ));
      }
      fixed.push({ config, region });
    }
  }
  const last = configs.at(-1);
  const there = facts.ram.reduce((sum, r) => sum + r.bytes, 0);
  const needed = totalMemory(configs);
  if (last !== undefined && needed > there) {
    const found = `${byteCount(there)} on ${facts.name}, ${byteCount(needed)} needed`;
    const hint = needed <= facts.maxRamBytes
      ? `give the board more: --memory ${memoryOption(needed)}`
      : `${facts.name} has at most ${byteCount(facts.maxRamBytes)}`;
    problems.push(
      last.problem("error", "kernel.memory_regions", "RAM for all VMs", found, hint),
    );
  }
  return problems;
}

/**
 * The RAM with which the board can run all these VMs: enough for every region and what the
 * hypervisor needs, and reaching as far as the regions with fixed addresses.
 */
export function memoryNeeded(
  configs: readonly VmConfig[],
  facts: Pick<PlatformFacts, "ram">,
): number {
  const first = facts.ram[0]?.base ?? 0;
  const regions = configs.flatMap((c) => regionsOf(c).ram.map((r) => r.region));
  const total = totalMemory(configs);
  // A board with several banks of RAM has its fixed addresses in whichever holds them.
  if (facts.ram.length > 1) return total;
  return regions.filter((r) => r.kind !== "alloc" && r.gpa >= first)
    .reduce((most, r) => Math.max(most, endOf(rangeOf(r)) - first), total);
}

/** RAM for every region and for the hypervisor. */
function totalMemory(configs: readonly VmConfig[]): number {
  return configs.flatMap((c) => regionsOf(c).ram)
    .reduce((sum, { region }) => sum + region.bytes, HypervisorBytes);
}

/** The number of cores that the masks of these VMs name. */
export function coresNeeded(configs: readonly VmConfig[]): number {
  const masks = configs.flatMap((c) => c.values.base.phys_cpu_sets ?? []);
  return Math.max(1, ...masks.filter((m) => m > 0).map((m) => Math.floor(Math.log2(m)) + 1));
}

function checkSharing(planned: readonly { config: VmConfig; plan: VmPlan }[]): Problem[] {
  return planned.flatMap(({ config, plan }, i) =>
    planned.slice(0, i).flatMap((other) => {
      const shared = sharedDevices(plan, other.plan);
      if (shared.length === 0) return [];
      const names = shared.length > 4
        ? `${shared.slice(0, 3).join(", ")} and ${shared.length - 3} more`
        : shared.join(", ");
      return [config.problem(
        "warning",
        "devices.passthrough_devices",
        "devices that no other VM has",
        `${names}, which VM ${other.plan.id} "${other.plan.name}" has as well`,
      )];
    })
  );
}
