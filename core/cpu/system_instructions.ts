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
  /** As assemblers spell it. */
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
    name: `${kind} ${name}`,
    kind,
    at: [1, op1, crn, crm, op2] as const,
    el: op1 === 3 ? 0 : op1 === 4 ? 2 : 1,
    traps,
    ...(exists ? { exists } : {}),
  }));
}

const el1Tlbi: readonly (readonly [name: string, op2: number])[] = [
  ["vmalle1", 0],
  ["vae1", 1],
  ["aside1", 2],
  ["vaae1", 3],
  ["vale1", 5],
  ["vaale1", 7],
];

const el2Tlbi: readonly (readonly [name: string, op2: number])[] = [
  ["alle2", 0],
  ["vae2", 1],
  ["alle1", 4],
  ["vale2", 5],
  ["vmalls12e1", 6],
];

/** The same operation on this core (CRm 7) and on all of the inner shareable domain (CRm 3). */
function bothScopes(op1: number, rows: readonly (readonly [string, number])[]): readonly Row[] {
  return rows.flatMap(([name, op2]): Row[] => [
    [`${name}is`, op1, 3, op2],
    [name, op1, 7, op2],
  ]);
}

/** Every SYS instruction of Armv8.0, and DC CVAP and CVADP. */
export const systemInstructions: readonly SystemInstruction[] = [
  ...group("ic", 7, [Traps.TPU], [["ialluis", 0, 1, 0], ["iallu", 0, 5, 0]]),
  ...group("ic", 7, [Traps.UCI, Traps.TPU], [["ivau", 3, 5, 1]]),
  ...group("dc", 7, [Traps.DZE, Traps.TDZ], [["zva", 3, 4, 1]]),
  ...group("dc", 7, [Traps.TPC], [["ivac", 0, 6, 1]]),
  ...group("dc", 7, [Traps.TSW], [["isw", 0, 6, 2], ["csw", 0, 10, 2], ["cisw", 0, 14, 2]]),
  ...group("dc", 7, [Traps.UCI, Traps.TPC], [["cvac", 3, 10, 1], ["civac", 3, 14, 1]]),
  ...group("dc", 7, [Traps.UCI, Traps.TPU], [["cvau", 3, 11, 1]]),
  ...group(
    "dc",
    7,
    [Traps.UCI, Traps.TPC],
    [["cvap", 3, 12, 1], ["cvadp", 3, 13, 1]],
    (core) => core.features.dataCachePersistence,
  ),
  ...group("at", 7, [], [
    ["s1e1r", 0, 8, 0],
    ["s1e1w", 0, 8, 1],
    ["s1e0r", 0, 8, 2],
    ["s1e0w", 0, 8, 3],
    ["s1e2r", 4, 8, 0],
    ["s1e2w", 4, 8, 1],
    ["s12e1r", 4, 8, 4],
    ["s12e1w", 4, 8, 5],
    ["s12e0r", 4, 8, 6],
    ["s12e0w", 4, 8, 7],
  ]),
  ...group("tlbi", 8, [Traps.TTLB], bothScopes(0, el1Tlbi)),
  ...group("tlbi", 8, [], [
    ...bothScopes(4, el2Tlbi),
    ["ipas2e1is", 4, 0, 1],
    ["ipas2le1is", 4, 0, 5],
    ["ipas2e1", 4, 4, 1],
    ["ipas2le1", 4, 4, 5],
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
