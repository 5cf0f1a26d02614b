/**
 * Layouts of VM descriptions that are recognised and refused, with what to write instead.
 *
 * @module
 */

import { hex } from "../hex.ts";
import type { Place } from "./problem.ts";
import type { TomlTable, TomlValue } from "./toml.ts";
import { RegionFlags } from "./vm_keys.ts";

/** Why a layout is not read. */
export interface Refusal {
  readonly place: Place;
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  readonly hint: string;
}

const Expected = "the flat layout of 2024-12 or the tables [base], [kernel], [devices]";

/** The refusal of a file in the layout before December 2024 or in that of July 2026. */
export function refuse(root: TomlTable): Refusal | undefined {
  return refuseMachine(root) ?? refuseTriples(root);
}

/** 2026-07: `[machine]` and `[[memory.regions]]`. */
function refuseMachine(root: TomlTable): Refusal | undefined {
  const machine = root.entries.get("machine");
  if (machine === undefined) return undefined;
  const regions = items(entry(entry(root, "memory"), "regions")).map((region) => {
    const gpa = integer(entry(region, "guest_base"));
    const size = integer(entry(region, "size"));
    const kind = string(entry(entry(region, "backing"), "kind"));
    const permissions = string(entry(region, "permissions")) ?? "rwx";
    const flags = [..."rwx"].reduce((sum, c, i) => sum + (permissions.includes(c) ? 1 << i : 0), 0);
    const mapType = kind === "identity-allocate" ? 1 : kind === "allocate" ? 0 : 2;
    return regionText(gpa, size, flags, mapType);
  });
  const passthrough = string(entry(machine.value, "mode")) === "passthrough";
  return {
    place: machine.place,
    key: "machine",
    expected: Expected,
    found: "the layout of July 2026",
    hint: lines(
      "leave out [machine] and [[memory.regions]], add vm_type = 1 to [base] and write",
      "[kernel]",
      `memory_regions = [${regions.join(", ") || regionText(0x4000_0000n, 0x100_0000n, 7, 0)}]`,
      "[devices]",
      `passthrough_devices = [${passthrough ? '["/"]' : '["/intc"]'}]`,
    ),
  };
}

/** Before 2024-12-16: `[gpa, size, flags]`, devices among them, one `cpu_set` for the VM. */
function refuseTriples(root: TomlTable): Refusal | undefined {
  const regions = root.entries.get("memory_regions");
  const rows = items(regions?.value).map(items);
  const triples = rows.length > 0 && rows.every((r) => r.length === 3);
  const cpuSet = root.entries.get("cpu_set");
  const oneSet = cpuSet !== undefined && !root.entries.has("cpu_num");
  const at = triples ? regions : oneSet ? cpuSet : undefined;
  if (at === undefined) return undefined;
  const memory: string[] = [];
  const devices: string[] = [];
  for (const [gpa, size, flags] of triples ? rows : []) {
    const bits = Number(integer(flags));
    if ((bits & RegionFlags.device) === 0) {
      memory.push(regionText(integer(gpa), integer(size), bits, 0));
    } else {
      const base = hex(integer(gpa));
      devices.push(
        `["device@${integer(gpa).toString(16)}", ${base}, ${base}, ` +
          `${hex(integer(size))}, 0]`,
      );
    }
  }
  const mask = cpuSet === undefined ? undefined : integer(cpuSet.value);
  return {
    place: at.place,
    key: triples ? "memory_regions" : "cpu_set",
    expected: Expected,
    found: "the layout from before December 2024",
    hint: lines(
      "write",
      ...(mask === undefined ? [] : ["cpu_num = 1", `phys_cpu_sets = [${mask}]`]),
      ...(triples ? [`memory_regions = [${memory.join(", ")}]`] : []),
      ...(triples ? [`passthrough_devices = [${devices.join(", ")}]`] : []),
    ),
  };
}

function lines(...all: readonly string[]): string {
  return all.join("\n");
}

function regionText(gpa: bigint, size: bigint, flags: number, mapType: number): string {
  return `[${hex(gpa)}, ${hex(size)}, 0x${flags.toString(16)}, ${mapType}]`;
}

function entry(value: TomlValue | undefined, key: string): TomlValue | undefined {
  return value?.kind === "table" ? value.entries.get(key)?.value : undefined;
}

function items(value: TomlValue | undefined): TomlValue[] {
  return value?.kind === "array" ? value.items : [];
}

function integer(value: TomlValue | undefined): bigint {
  return value?.kind === "integer" && value.value >= 0n ? value.value : 0n;
}

function string(value: TomlValue | undefined): string | undefined {
  return value?.kind === "string" ? value.value : undefined;
}
