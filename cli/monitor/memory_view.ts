/** What a VM has in its address space, as rows. @module */

import { byteCount, hex } from "../../core/hex.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import { left, right, tableOf } from "../text_table.ts";

/** A part of a VM's address space. */
export interface MemoryRow {
  /** Guest-physical. */
  readonly address: string;
  readonly bytes: number;
  /** `alloc`, `map`... of memory; `window` of parts of the board. */
  readonly kind: string;
  /** `rwx` and `d` for device memory. */
  readonly access: string;
  /** Where it really is; empty once the VM has ended. */
  readonly physical: readonly { readonly address: string; readonly bytes: number }[];
}

/** Memory and windows of a VM, lowest first. */
export function memoryRows(vm: Vm): readonly MemoryRow[] {
  const memory = vm.plan.memory.map((region, i) => ({
    base: region.gpa,
    address: hex(region.gpa),
    bytes: region.bytes,
    kind: region.kind,
    access: ["r", "w", "x"].map((letter, bit) => (region.flags >> bit) & 1 ? letter : "-").join(""),
    physical: vm.ended ? [] : (vm.memory[i] ?? []).map(({ base, bytes }) => ({
      address: hex(base),
      bytes,
    })),
  }));
  const windows = vm.devices.windows.map(({ gpa, hpa, bytes }) => ({
    base: gpa,
    address: hex(gpa),
    bytes,
    kind: "window",
    access: "rw-",
    physical: vm.ended ? [] : [{ address: hex(hpa), bytes }],
  }));
  return [...memory, ...windows].sort((a, b) => a.base - b.base)
    .map(({ base: _, ...row }) => row);
}

export function memoryTable(rows: readonly MemoryRow[]): string {
  return tableOf(rows, [
    left("guest address", ({ address }) => address),
    right("size", ({ bytes }) => byteCount(bytes)),
    left("kind", ({ kind }) => kind),
    left("access", ({ access }) => access),
    left(
      "physical",
      ({ physical }) =>
        physical.length === 1
          ? physical[0]?.address ?? ""
          : physical.map((piece) => `${piece.address} (${byteCount(piece.bytes)})`).join(", ") ||
            "-",
    ),
  ]);
}
