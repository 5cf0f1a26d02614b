/** SYS instructions as the machine executes them: TLBI, AT, IC and DC. @module */

import { store } from "../cpu/controls.ts";
import { checkSystemInstruction } from "../cpu/system_instructions.ts";
import type { Core, Trap } from "../cpu/types.ts";
import type { AtName } from "../mmu/address_translation.ts";
import type { TlbiName } from "../mmu/maintenance.ts";
import type { Mmu } from "../mmu/mmu.ts";
import { Access } from "../mmu/walker.ts";

/** What came of an instruction: done, an exception to take, or a fault of the MMU's. */
export type MaintenanceResult = undefined | Trap | "fault";

/** Executes the SYS instruction `key` (instruction bits 20:5) with the operand `value`. */
export function maintain(
  core: Core,
  mmu: Mmu,
  key: number,
  rt: number,
  value: bigint,
): MaintenanceResult {
  const row = checkSystemInstruction(core, key, rt);
  if ("to" in row) return row;
  const high = Number(value >> 32n);
  const low = Number(value & 0xffff_ffffn);
  switch (row.kind) {
    case "tlbi":
      mmu.invalidateTlb(core.index, row.name as TlbiName, high, low);
      return undefined;
    case "at": {
      const par = mmu.addressTranslation(core.index, row.name as AtName, high, low);
      if (par === undefined) return "fault";
      store(core, "PAR_EL1", par);
      return undefined;
    }
    case "ic":
      return undefined; // stores drop decoded instructions at once: nothing can be stale
    case "dc": {
      // Caches are not modelled; what remains is that the address must be reachable.
      if (row.name.endsWith("SW")) return undefined;
      const access = row.name === "IVAC" ? Access.write : Access.read;
      return mmu.probe(core.index, high, low, 1, 1, access, 0) ? undefined : "fault";
    }
  }
}
