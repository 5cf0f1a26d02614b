/**
 * MRS and MSR: finding a register's row, trapping, redirecting and accessing it.
 *
 * @module
 */

import { hex } from "../hex.ts";
import {
  currentEl,
  el0IsInHost,
  el2IsHost,
  store,
  stored,
  undefinedInstruction,
} from "./controls.ts";
import { StateFields } from "./state.ts";
import { Ec, Iss } from "./syndrome.ts";
import { type Bits, genericName, keyOf, type SystemRegister } from "./system_register_rows.ts";
import { slotOffset, type SystemSlot } from "./system_register_slots.ts";
import { AccessGuard, trapOf, Traps } from "./system_register_traps.ts";
import { controlRows } from "./system_registers_control.ts";
import { debugRegisterRows } from "./system_registers_debug.ts";
import { el2Rows } from "./system_registers_el2.ts";
import { gicRows } from "./system_registers_gic.ts";
import { idRegisterRows } from "./system_registers_id.ts";
import { timerRegisterRows } from "./system_registers_timer.ts";
import type { Core, El, Trap } from "./types.ts";

const ownRows: readonly SystemRegister[] = [
  ...idRegisterRows,
  ...controlRows,
  ...el2Rows,
  ...timerRegisterRows,
  ...gicRows,
  ...debugRegisterRows,
];

/** The _EL12 and _EL02 names: what E2H takes an EL1 or EL0 name away from stays reachable by them. */
function alias(row: SystemRegister): SystemRegister {
  const { e2h: _e2h, e2hAtEl0: _e2hAtEl0, traps: _traps, ...same } = row;
  const [op0, , crn, crm, op2] = row.at;
  return {
    ...same,
    name: row.name.replace(/_EL([01])$/, "_EL$12"),
    at: [op0, 5, crn, crm, op2],
    read: 2,
    write: 2,
    hostOnly: true,
  };
}

/** Every system register. */
export const systemRegisters: readonly SystemRegister[] = [
  ...ownRows,
  ...ownRows.filter((row) => row.e2h !== undefined).map(alias),
];

const byKey = new Map<number, SystemRegister>();
const byName = new Map<string, SystemRegister>();
for (const row of systemRegisters) {
  const other = byKey.get(keyOf(row.at)) ?? byName.get(row.name);
  if (other) throw new Error(`Cannot place ${row.name}: ${other.name} is there`);
  byKey.set(keyOf(row.at), row);
  byName.set(row.name, row);
}

/** The register with that encoding. */
export function findSystemRegister(
  op0: number,
  op1: number,
  crn: number,
  crm: number,
  op2: number,
): SystemRegister | undefined {
  return byKey.get(keyOf([op0, op1, crn, crm, op2]));
}

/** The register with that encoding, as instruction bits 20:5 have it. */
export function systemRegisterAt(key: number): SystemRegister | undefined {
  return byKey.get(key);
}

/** The register of that name, in Arm's spelling. */
export function systemRegisterNamed(name: string): SystemRegister | undefined {
  return byName.get(name);
}

/** VBAR_EL1, or S3_0_C15_C1_7 for an encoding without a row. */
export function systemRegisterName(key: number): string {
  return byKey.get(key)?.name ?? genericName(key);
}

/** The register that a name means for code at `el`. */
function redirected(core: Core, row: SystemRegister, el: El): SystemRegister {
  if (row.e2h === undefined || el === 1) return row;
  const redirect = el === 2 ? el2IsHost(core) : row.e2hAtEl0 === true && el0IsInHost(core);
  return redirect ? byName.get(row.e2h) as SystemRegister : row;
}

/** S3_x_C11_* and S3_x_C15_*, IMPLEMENTATION DEFINED and trapped by HCR_EL2.TIDCP. */
function isImplementationDefined(key: number): boolean {
  const crn = (key >>> 7) & 15;
  return key >>> 14 === 3 && (crn === 11 || crn === 15);
}

/** Why an access is not completed. */
function refusal(
  core: Core,
  row: SystemRegister | undefined,
  key: number,
  rt: number,
  read: boolean,
): Trap | undefined {
  const el = currentEl(core);
  const trapped = (to: 1 | 2): Trap => ({
    to,
    ec: Ec.systemRegister,
    iss: Iss.systemRegister(key, rt, read),
  });
  if (!row) {
    const to = isImplementationDefined(key) ? Traps.TIDCP.check(core, el, read) : 0;
    if (to === 1 || to === 2) return trapped(to);
    const verb = read ? "read" : "write";
    const where = hex(core.state.u64("pc"));
    const name = genericName(key);
    core.report(`sysreg ${verb} ${name}`, `${verb} of ${name} at PC ${where}: no such register`);
    return undefinedInstruction(core);
  }
  const lowest = read ? row.read : row.write;
  const hidden = lowest === undefined || el < lowest ||
    (row.hostOnly && !el2IsHost(core)) ||
    (row.unlessSelected && core.state.u32("spSel") === 0);
  if (hidden || row.exists?.(core) === false) return undefinedInstruction(core);
  const answer = row.traps ? trapOf(core, row.traps, el, read) : 0;
  if (answer === 0) return undefined;
  return typeof answer === "object" ? answer : trapped(answer);
}

const valueOf = (bits: Bits | undefined, core: Core, absent: bigint): bigint =>
  bits === undefined ? absent : typeof bits === "bigint" ? bits : bits(core);

const all = (1n << 64n) - 1n;

/** The value of a register, without regard to who asks. */
export function readRow(core: Core, row: SystemRegister): bigint {
  if (row.get) return row.get(core);
  if (row.field) return BigInt(core.state.u32(row.field[0])) << BigInt(row.field[1]);
  if (row.slot === undefined) return 0n;
  const value = stored(core, row.slot);
  const mask = valueOf(row.mask, core, all);
  // Fields can come and go with E2H, so what is kept is more than what shows.
  return typeof row.mask === "function" || typeof row.res1 === "function"
    ? (value & mask) | valueOf(row.res1, core, 0n)
    : value;
}

/** Writes a register with the effects of MSR, without regard to who asks. */
export function writeRow(core: Core, row: SystemRegister, value: bigint): void {
  if (row.set) return row.set(core, value);
  const mask = valueOf(row.mask, core, all);
  if (row.field) {
    const [field, shift] = row.field;
    core.state.setU32(field, Number((value & mask) >> BigInt(shift)));
  } else if (row.slot !== undefined) {
    const kept = stored(core, row.slot) & ~mask;
    store(core, row.slot, kept | (value & mask) | valueOf(row.res1, core, 0n));
  }
  row.then?.(core, value);
}

/**
 * MRS: the value of the register with encoding `key` (instruction bits 20:5), or the exception to
 * take instead. `rt` is for the syndrome.
 */
export function readSystemRegister(core: Core, key: number, rt: number): bigint | Trap {
  const row = byKey.get(key);
  const trap = refusal(core, row, key, rt, true);
  return trap ?? readRow(core, redirected(core, row as SystemRegister, currentEl(core)));
}

/** MSR (register): `undefined` when done, or the exception to take instead. */
export function writeSystemRegister(
  core: Core,
  key: number,
  value: bigint,
  rt: number,
): Trap | undefined {
  const row = byKey.get(key);
  const trap = refusal(core, row, key, rt, false);
  if (trap) return trap;
  writeRow(core, redirected(core, row as SystemRegister, currentEl(core)), value);
  return undefined;
}

function named(name: string): SystemRegister {
  const row = byName.get(name);
  if (!row) throw new RangeError(`Cannot access ${name}: no register has that name`);
  return row;
}

/** The value of a register by its name, as privileged code would read it; nothing traps. */
export function getRegister(core: Core, name: string): bigint {
  return readRow(core, named(name));
}

/** Writes a register by its name, with the effects of MSR; nothing traps. */
export function setRegister(core: Core, name: string, value: bigint): void {
  writeRow(core, named(name), value);
}

/** How generated code may access a register without a call. */
export interface PlainAccess {
  /** Byte offset in the state block. */
  readonly offset: number;
  /** Storage is 32 or 64 bits wide. */
  readonly width: 32 | 64;
  /** The access is plain only while `sysregTrap` has none of these bits. */
  readonly guards: number;
  /** Bits a write keeps; all ones for a read. */
  readonly mask: bigint;
}

function privilegeGuard(lowest: El): number {
  return lowest === 0 ? 0 : lowest === 1 ? AccessGuard.el0 : AccessGuard.belowEl2;
}

/** The guards of a row's traps; `undefined` when one of them has none. */
function trapGuards(row: SystemRegister, direction: "read" | "write"): number | undefined {
  let guards = 0;
  for (const rule of row.traps ?? []) {
    if (rule.on !== undefined && rule.on !== direction) continue;
    if (rule.guard === undefined) return undefined;
    guards |= rule.guard;
  }
  return guards;
}

/**
 * Whether `direction` of a register is a plain move from or to its storage, and under which guards;
 * `undefined` when it always has to go through `readSystemRegister` or `writeSystemRegister`.
 */
export function plainAccess(
  row: SystemRegister,
  direction: "read" | "write",
): PlainAccess | undefined {
  const lowest = direction === "read" ? row.read : row.write;
  const traps = trapGuards(row, direction);
  if (lowest === undefined || traps === undefined || row.exists || row.hostOnly) return undefined;
  const special = direction === "read"
    ? row.get !== undefined && row.guard === undefined
    : row.set !== undefined || row.then !== undefined || row.res1 !== undefined;
  if (special || typeof row.mask === "function" || typeof row.res1 === "function") return undefined;
  const guards = privilegeGuard(lowest) | traps | (row.guard ?? 0) |
    (row.e2h === undefined ? 0 : AccessGuard.redirected);
  const mask = direction === "read" ? all : row.mask ?? all;
  if (row.slot !== undefined) return { offset: slotOffset(row.slot), width: 64, guards, mask };
  if (row.field === undefined || row.field[1] !== 0 || row.e2h) return undefined;
  return { offset: StateFields[row.field[0]][0], width: 32, guards, mask };
}

/** Values of all registers with storage, for people and debuggers: no traps, no side effects. */
export function registerSlots(): readonly { readonly name: string; readonly slot: SystemSlot }[] {
  return ownRows.flatMap(({ name, slot }) => slot === undefined ? [] : [{ name, slot }]);
}

/** Resets the storage of every register that has a row. */
export function resetRows(core: Core): void {
  for (const { slot, reset, res1 } of ownRows) {
    if (slot === undefined) continue;
    store(core, slot, (reset ?? 0n) | (typeof res1 === "bigint" ? res1 : 0n));
  }
}
