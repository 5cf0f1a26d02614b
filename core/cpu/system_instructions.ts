/**
 * SYS instructions: cache maintenance, address translation and TLB maintenance, and what traps them.
 *
 * What they do is the engine's and the MMU's business.
 *
 * @module
 */

import { currentEl, undefinedInstruction } from "./controls.ts";
import { Ec, Iss } from "./syndrome.ts";
import { type Encoding, genericName, keyOf } from "./system_register_rows.ts";
import { trapOf, type TrapRule, Traps } from "./system_register_traps.ts";
import type { Core, El, Trap } from "./types.ts";

/** One SYS instruction. */
export interface SystemInstruction {
  /** "VAE1IS" of TLBI VAE1IS. */
  readonly name: string;
  readonly kind: "dc" | "ic" | "at" | "tlbi";
  readonly at: Encoding;
  /** Lowest exception level that may execute it. */
  readonly el: El;
  readonly exists?: (core: Core) => boolean;
  readonly traps: readonly TrapRule[];
}

type Row = readonly [name: string, op1: number, crm: number, op2: number];

/** Rows under one kind and CRn; op1 gives the exception level. */
function group(
  kind: SystemInstruction["kind"],
  crn: number,
  traps: readonly TrapRule[],
  rows: readonly Row[],
  exists?: (core: Core) => boolean,
): readonly SystemInstruction[] {
  return rows.map(([name, op1, crm, op2]) => ({
    name,
    kind,
    at: [1, op1, crn, crm, op2] as const,
    el: op1 === 3 ? 0 : op1 === 4 ? 2 : 1,
    traps,
    ...(exists ? { exists } : {}),
  }));
}

const el1Tlbi: readonly (readonly [name: string, op2: number])[] = [
  ["VMALLE1", 0],
  ["VAE1", 1],
  ["ASIDE1", 2],
  ["VAAE1", 3],
  ["VALE1", 5],
  ["VAALE1", 7],
];

const el2Tlbi: readonly (readonly [name: string, op2: number])[] = [
  ["ALLE2", 0],
  ["VAE2", 1],
  ["ALLE1", 4],
  ["VALE2", 5],
  ["VMALLS12E1", 6],
];

/** The same operation on this core (CRm 7) and on all of the inner shareable domain (CRm 3). */
function bothScopes(op1: number, rows: readonly (readonly [string, number])[]): readonly Row[] {
  return rows.flatMap(([name, op2]): Row[] => [
    [`${name}IS`, op1, 3, op2],
    [name, op1, 7, op2],
  ]);
}

/** Every SYS instruction of Armv8.0, DC CVAP and CVADP, and the AT instructions of PAN. */
export const systemInstructions: readonly SystemInstruction[] = [
  ...group("ic", 7, [Traps.TPU], [["IALLUIS", 0, 1, 0], ["IALLU", 0, 5, 0]]),
  ...group("ic", 7, [Traps.UCI, Traps.TPU], [["IVAU", 3, 5, 1]]),
  ...group("dc", 7, [Traps.DZE, Traps.TDZ], [["ZVA", 3, 4, 1]]),
  ...group("dc", 7, [Traps.TPC], [["IVAC", 0, 6, 1]]),
  ...group("dc", 7, [Traps.TSW], [["ISW", 0, 6, 2], ["CSW", 0, 10, 2], ["CISW", 0, 14, 2]]),
  ...group("dc", 7, [Traps.UCI, Traps.TPC], [["CVAC", 3, 10, 1], ["CIVAC", 3, 14, 1]]),
  ...group("dc", 7, [Traps.UCI, Traps.TPU], [["CVAU", 3, 11, 1]]),
  ...group(
    "dc",
    7,
    [Traps.UCI, Traps.TPC],
    [["CVAP", 3, 12, 1], ["CVADP", 3, 13, 1]],
    (core) => core.features.dataCachePersistence,
  ),
  ...group("at", 7, [], [
    ["S1E1R", 0, 8, 0],
    ["S1E1W", 0, 8, 1],
    ["S1E0R", 0, 8, 2],
    ["S1E0W", 0, 8, 3],
    ["S1E2R", 4, 8, 0],
    ["S1E2W", 4, 8, 1],
    ["S12E1R", 4, 8, 4],
    ["S12E1W", 4, 8, 5],
    ["S12E0R", 4, 8, 6],
    ["S12E0W", 4, 8, 7],
  ]),
  ...group("at", 7, [], [["S1E1RP", 0, 9, 0], ["S1E1WP", 0, 9, 1]], (core) => core.features.pan2),
  ...group("tlbi", 8, [Traps.TTLB], bothScopes(0, el1Tlbi)),
  ...group("tlbi", 8, [], [
    ...bothScopes(4, el2Tlbi),
    ["IPAS2E1IS", 4, 0, 1],
    ["IPAS2LE1IS", 4, 0, 5],
    ["IPAS2E1", 4, 4, 1],
    ["IPAS2LE1", 4, 4, 5],
  ]),
];

const byKey = new Map(systemInstructions.map((row) => [keyOf(row.at), row]));

/** The SYS instruction with that encoding (instruction bits 20:5). */
export function findSystemInstruction(key: number): SystemInstruction | undefined {
  return byKey.get(key);
}

/** The instruction to execute, or the exception to take instead. */
export function checkSystemInstruction(
  core: Core,
  key: number,
  rt: number,
): SystemInstruction | Trap {
  const row = byKey.get(key);
  const el = currentEl(core);
  if (!row) {
    const name = genericName(key);
    core.report(`sys ${name}`, `sys ${name}: no such instruction`);
    return undefinedInstruction(core);
  }
  if (el < row.el || row.exists?.(core) === false) return undefinedInstruction(core);
  const to = trapOf(core, row.traps, el, false);
  if (to === 0) return row;
  if (typeof to === "object") return to;
  return { to, ec: Ec.systemRegister, iss: Iss.systemRegister(key, rt, false) };
}
