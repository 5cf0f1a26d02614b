/**
 * Exception classes and the fields of their syndromes (DDI 0487 D24.2.40 ESR_EL2, field EC and the
 * layouts of ISS), one row for each class.
 *
 * @module
 * @table
 */

import { hex } from "../hex.ts";
import { Ec } from "./syndrome.ts";

/** A field of ISS, by Arm's name. */
export interface SyndromeField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  /** What a value means; numbers speak for themselves where absent. */
  readonly say?: (value: number, iss: number) => string;
}

/** One exception class. */
export interface ExceptionClass {
  readonly ec: number;
  readonly name: string;
  /** From the highest bits down. */
  readonly fields: readonly SyndromeField[];
}

const walkFaults: readonly string[] = [
  "address size fault",
  "translation fault",
  "access flag fault",
  "permission fault",
];

const otherFaults: { readonly [code: number]: string } = {
  0b010000: "synchronous external abort",
  0b010001: "synchronous tag check fault",
  0b010100: "synchronous external abort on a table walk, level 0",
  0b010101: "synchronous external abort on a table walk, level 1",
  0b010110: "synchronous external abort on a table walk, level 2",
  0b010111: "synchronous external abort on a table walk, level 3",
  0b011000: "synchronous parity or ECC error",
  0b100001: "alignment fault",
  0b100010: "debug exception",
  0b110000: "TLB conflict",
  0b110001: "unsupported atomic hardware update",
  0b110100: "lockdown",
  0b110101: "unsupported exclusive or atomic access",
};

/** A fault status code: "translation fault level 3". */
export function describeFault(code: number): string {
  const walk = walkFaults[code >>> 2];
  if (walk) return `${walk} level ${code & 3}`;
  return otherFaults[code] ?? `fault status ${hex(code)}`;
}

const field = (
  name: string,
  high: number,
  low: number,
  say?: SyndromeField["say"],
): SyndromeField => ({ name, high, low, ...(say ? { say } : {}) });

/** A bit, and what it says when it is 0 and 1. */
const bit = (name: string, at: number, zero?: string, one?: string): SyndromeField =>
  field(
    name,
    at,
    at,
    zero === undefined || one === undefined ? undefined : (value) => value ? one : zero,
  );

const general = (value: number): string => value === 31 ? "ZR" : `R${value}`;
const condition = [bit("CV", 24), field("COND", 23, 20, (v) => v === 14 ? "AL" : String(v))];
const direction = bit("Direction", 0, "write", "read");
const rt = field("Rt", 9, 5, general);
const faultStatus = (name: string): SyndromeField => field(name, 5, 0, describeFault);
const immediate = field("imm16", 15, 0, (value) => `#0x${value.toString(16)}`);
const farNotValid = bit("FnV", 10, "FAR holds the address", "FAR holds no address");
const external = bit("EA", 9);
const duringWalk = bit("S1PTW", 7, "not on a stage 1 walk", "on a stage 1 walk");
const writeNotRead = bit("WnR", 6, "read", "write");
const maintenance = bit("CM", 8, "an access", "cache maintenance or translation");

const coprocessor = [
  ...condition,
  field("Opc2", 19, 17),
  field("Opc1", 16, 14),
  field("CRn", 13, 10),
  rt,
  field("CRm", 4, 1),
  direction,
];

const coprocessorPair = [
  ...condition,
  field("Opc1", 19, 16),
  field("Rt2", 14, 10, general),
  rt,
  field("CRm", 4, 1),
  direction,
];

const waits = [
  ...condition,
  field("RN", 9, 5, general),
  bit("RV", 2),
  field("TI", 1, 0, (value) => ["WFI", "WFE", "WFIT", "WFET"][value] as string),
];

const systemAccess = [
  field("Op0", 21, 20),
  field("Op2", 19, 17),
  field("Op1", 16, 14),
  field("CRn", 13, 10),
  rt,
  field("CRm", 4, 1),
  direction,
];

const instructionAbort = [
  field("SET", 12, 11),
  farNotValid,
  external,
  duringWalk,
  faultStatus("IFSC"),
];

const whenDescribed = (say: (value: number) => string): SyndromeField["say"] => (value, iss) =>
  iss & (1 << 24) ? say(value) : "not given";

const dataAbort = [
  bit("ISV", 24, "the access is not described", "the access is described"),
  field(
    "SAS",
    23,
    22,
    whenDescribed((v) => ["byte", "halfword", "word", "doubleword"][v] as string),
  ),
  field("SSE", 21, 21, whenDescribed((v) => v ? "sign-extended" : "zero-extended")),
  field("SRT", 20, 16, whenDescribed(general)),
  field("SF", 15, 15, whenDescribed((v) => v ? "64-bit register" : "32-bit register")),
  field("AR", 14, 14, whenDescribed((v) => v ? "acquire or release" : "ordinary")),
  bit("VNCR", 13),
  field("SET", 12, 11),
  farNotValid,
  external,
  maintenance,
  duringWalk,
  writeNotRead,
  faultStatus("DFSC"),
];

const fpException = [
  bit("TFV", 23),
  field("VECITR", 10, 8),
  bit("IDF", 7),
  bit("IXF", 4),
  bit("UFF", 3),
  bit("OFF", 2),
  bit("DZF", 1),
  bit("IOF", 0),
];

const row = (
  ec: number,
  name: string,
  fields: readonly SyndromeField[] = [],
): ExceptionClass => ({ ec, name, fields });

/** The classes, in the order of their numbers. */
export const exceptionClasses: readonly ExceptionClass[] = [
  row(Ec.unknown, "Undefined instruction"),
  row(Ec.wfx, "Trapped WFI or WFE", waits),
  row(0x03, "Trapped AArch32 MCR or MRC, coprocessor 15", coprocessor),
  row(0x04, "Trapped AArch32 MCRR or MRRC, coprocessor 15", coprocessorPair),
  row(0x05, "Trapped AArch32 MCR or MRC, coprocessor 14", coprocessor),
  row(0x06, "Trapped AArch32 LDC or STC", [
    ...condition,
    field("imm8", 19, 12),
    field("Rn", 9, 5, general),
    bit("Offset", 4),
    field("AM", 3, 1),
    direction,
  ]),
  row(Ec.fpAccess, "Trapped floating-point or SIMD instruction", condition),
  row(0x08, "Trapped AArch32 VMRS", coprocessor),
  row(0x09, "Trapped pointer authentication instruction"),
  row(0x0a, "Trapped instruction of an extension", [field("ISS", 24, 0)]),
  row(0x0c, "Trapped AArch32 MRRC, coprocessor 14", coprocessorPair),
  row(0x0d, "Branch target exception", [field("BTYPE", 1, 0)]),
  row(Ec.illegalState, "Illegal execution state"),
  row(0x11, "AArch32 SVC", [immediate]),
  row(0x12, "AArch32 HVC", [immediate]),
  row(0x13, "AArch32 SMC", [...condition, bit("CCKNOWNPASS", 19)]),
  row(0x14, "Trapped MSRR, MRRS or SYSP", [field("ISS", 24, 0)]),
  row(Ec.svc, "SVC", [immediate]),
  row(Ec.hvc, "HVC", [immediate]),
  row(Ec.smc, "SMC", [immediate]),
  row(Ec.systemRegister, "Trapped system instruction", systemAccess),
  row(0x19, "Trapped SVE instruction"),
  row(0x1a, "Trapped ERET", [bit("ERET", 1), bit("ERETA", 0)]),
  row(0x1b, "Trapped TSTART", [field("Rd", 9, 5, general)]),
  row(0x1c, "Pointer authentication failure", [
    bit("IorD", 1, "instruction key", "data key"),
    bit("AorB", 0, "key A", "key B"),
  ]),
  row(0x1d, "Trapped SME instruction", [field("SMTC", 2, 0)]),
  row(0x1e, "Granule protection check exception", [field("ISS", 24, 0)]),
  row(Ec.instructionAbortLower, "Instruction abort from a lower EL", instructionAbort),
  row(Ec.instructionAbort, "Instruction abort", instructionAbort),
  row(Ec.pcAlignment, "PC alignment fault"),
  row(Ec.dataAbortLower, "Data abort from a lower EL", dataAbort),
  row(Ec.dataAbort, "Data abort", dataAbort),
  row(Ec.spAlignment, "SP alignment fault"),
  row(0x27, "Memory copy or set exception", [field("ISS", 24, 0)]),
  row(0x28, "Trapped AArch32 floating-point exception", fpException),
  row(Ec.fpException, "Trapped floating-point exception", fpException),
  row(0x2d, "Guarded control stack exception", [field("ISS", 24, 0)]),
  row(Ec.serror, "SError interrupt", [
    bit("IDS", 24, "as architected", "IMPLEMENTATION DEFINED"),
    bit("IESB", 13),
    field("AET", 12, 10),
    external,
    faultStatus("DFSC"),
  ]),
  row(Ec.breakpointLower, "Breakpoint from a lower EL", [faultStatus("IFSC")]),
  row(Ec.breakpoint, "Breakpoint", [faultStatus("IFSC")]),
  row(Ec.softwareStepLower, "Software step from a lower EL", [
    bit("ISV", 24),
    bit("EX", 6),
    faultStatus("IFSC"),
  ]),
  row(Ec.softwareStep, "Software step", [bit("ISV", 24), bit("EX", 6), faultStatus("IFSC")]),
  row(Ec.watchpointLower, "Watchpoint from a lower EL", [
    bit("VNCR", 13),
    farNotValid,
    maintenance,
    writeNotRead,
    faultStatus("DFSC"),
  ]),
  row(Ec.watchpoint, "Watchpoint", [
    farNotValid,
    maintenance,
    writeNotRead,
    faultStatus("DFSC"),
  ]),
  row(0x38, "AArch32 BKPT", [immediate]),
  row(0x3a, "AArch32 vector catch"),
  row(Ec.brk, "BRK", [immediate]),
];

const byNumber = new Map(exceptionClasses.map((each) => [each.ec, each]));

/** The class with that number. */
export function exceptionClass(ec: number): ExceptionClass | undefined {
  return byNumber.get(ec);
}

/** A field and what it holds. */
export interface FieldValue {
  readonly name: string;
  readonly value: number;
  /** What that means, where there is more to say than the number. */
  readonly meaning?: string;
}

/** The fields of the ISS in `esr`, by the class that it names. */
export function syndromeFields(esr: number): FieldValue[] {
  const iss = esr & 0x1ff_ffff;
  return (exceptionClass(esr >>> 26)?.fields ?? []).map(({ name, high, low, say }) => {
    const value = (iss >>> low) & (2 ** (high - low + 1) - 1);
    return { name, value, ...(say ? { meaning: say(value, iss) } : {}) };
  });
}
