/** SYS instructions as the machine executes them: TLBI, AT, IC and DC, with what traps them. @module */

import {
  currentEl,
  effectiveHcr,
  el0IsInHost,
  Hcr,
  Sctlr,
  store,
  stored,
} from "../cpu/controls.ts";
import { undefinedInstruction } from "../cpu/controls.ts";
import { Ec, Iss } from "../cpu/syndrome.ts";
import { zeroingProhibited } from "../cpu/system_register_traps.ts";
import type { Core, Trap } from "../cpu/types.ts";
import { MaintenanceNames } from "../isa/system_text.ts";
import type { AtName } from "../mmu/address_translation.ts";
import type { TlbiName } from "../mmu/maintenance.ts";
import type { Mmu } from "../mmu/mmu.ts";
import { Access } from "../mmu/walker.ts";

/** What an instruction is, from its text. */
interface Operation {
  /** "tlbi", "at", "ic" or "dc". */
  readonly group: string;
  /** "VAE1IS", "S1E1R", "IVAU", "CVAC" ... */
  readonly name: string;
  /** Lowest exception level: op1 is 0 for EL1, 3 for EL0, 4 for EL2. */
  readonly el: number;
  /** Bit of HCR_EL2 that traps it at EL1, and EL0 where it may run. */
  readonly trap: bigint;
}

const operations = new Map<number, Operation>();
for (const [key, [text]] of Object.entries(MaintenanceNames)) {
  const [group, name] = text.split(" ") as [string, string];
  const op1 = (Number(key) >> 11) & 7;
  const el = op1 === 3 ? 0 : op1 === 0 ? 1 : op1 === 4 ? 2 : 3;
  operations.set(Number(key), { group, name: name.toUpperCase(), el, trap: trapBit(group, name) });
}

function trapBit(group: string, name: string): bigint {
  if (group === "tlbi") return Hcr.TTLB;
  if (group === "at") return 0n;
  if (name.endsWith("sw")) return Hcr.TSW;
  if (group === "ic" || name === "cvau") return Hcr.TPU;
  return name === "zva" ? Hcr.TDZ : Hcr.TPC;
}

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
  const op = operations.get(key);
  const el = currentEl(core);
  if (!op || el < op.el || !exists(core, op)) return undefinedInstruction(core);
  const to = trapTarget(core, op);
  if (to) return { to, ec: Ec.systemRegister, iss: Iss.systemRegister(key, rt, false) };
  const high = Number(value >> 32n);
  const low = Number(value & 0xffff_ffffn);
  switch (op.group) {
    case "tlbi":
      mmu.invalidateTlb(core.index, op.name as TlbiName, high, low);
      mmu.select(core.index);
      return undefined;
    case "at": {
      const par = mmu.addressTranslation(core.index, op.name as AtName, high, low);
      if (par === undefined) return "fault";
      store(core, "PAR_EL1", par);
      return undefined;
    }
    case "ic":
      return undefined; // stores drop decoded instructions at once: nothing can be stale
    default:
      return cacheByAddress(core, mmu, op, high, low);
  }
}

function exists(core: Core, op: Operation): boolean {
  if (op.el > 2) return false;
  if (op.group === "at" && op.name.endsWith("P")) return core.features.pan;
  if (op.name === "CVAP") return core.features.dataCachePersistence;
  return op.name !== "CVADP";
}

/** Where an instruction traps to; 0 when it executes. */
function trapTarget(core: Core, op: Operation): 0 | 1 | 2 {
  const el = currentEl(core);
  if (el === 2) return 0;
  const host = el === 0 && el0IsInHost(core);
  if (op.name === "ZVA") {
    if (!zeroingProhibited(core, el)) return 0;
    const byEl1 = el === 0 && !host && !(stored(core, "SCTLR_EL1") & Sctlr.DZE);
    return byEl1 && !(effectiveHcr(core) & Hcr.TGE) ? 1 : 2;
  }
  if (el === 0) {
    const sctlr = stored(core, host ? "SCTLR_EL2" : "SCTLR_EL1");
    if (!(sctlr & Sctlr.UCI)) return effectiveHcr(core) & Hcr.TGE ? 2 : 1;
    if (host) return 0;
  }
  return effectiveHcr(core) & op.trap ? 2 : 0;
}

/** Caches are not modelled; what remains is that the address must be reachable. */
function cacheByAddress(
  core: Core,
  mmu: Mmu,
  op: Operation,
  high: number,
  low: number,
): MaintenanceResult {
  if (op.name.endsWith("SW")) return undefined;
  const access = op.name === "IVAC" ? Access.write : Access.read;
  return mmu.probe(core.index, high, low, 1, 1, access, 0) ? undefined : "fault";
}
