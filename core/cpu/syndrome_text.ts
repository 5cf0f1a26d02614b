/**
 * Syndromes in words, for people.
 *
 * @module
 */

import { hex } from "../hex.ts";
import { abortedAccess, Ec, systemAccess } from "./syndrome.ts";
import { systemRegisterName } from "./system_registers.ts";

const walkFaults: readonly (readonly [code: number, text: string])[] = [
  [0b0000, "address size fault"],
  [0b0001, "translation fault"],
  [0b0010, "access flag fault"],
  [0b0011, "permission fault"],
];

const otherFaults: { readonly [code: number]: string } = {
  0b010000: "synchronous external abort",
  0b010100: "synchronous external abort on a table walk, level 0",
  0b010101: "synchronous external abort on a table walk, level 1",
  0b010110: "synchronous external abort on a table walk, level 2",
  0b010111: "synchronous external abort on a table walk, level 3",
  0b100001: "alignment fault",
  0b110000: "TLB conflict",
  0b110001: "unsupported atomic hardware update",
  0b110101: "unsupported exclusive or atomic access",
};

/** A fault status code: "translation fault level 3". */
export function describeFault(code: number): string {
  const walk = walkFaults.find(([group]) => group === code >>> 2);
  if (walk) return `${walk[1]} level ${code & 3}`;
  return otherFaults[code] ?? `fault status ${hex(code)}`;
}

function describeAccess(iss: number): string {
  const access = abortedAccess(iss);
  if (!access) return iss & 0x40 ? "write" : "read";
  const verb = access.write ? "write" : "read";
  const register = access.rt === 31 ? "ZR" : String(access.rt);
  const name = `${access.wide ? "X" : "W"}${register}`;
  const sign = access.signExtend ? ", sign-extended" : "";
  const unit = access.bytes === 1 ? "byte" : "bytes";
  return `${verb} of ${access.bytes} ${unit} by ${name}${sign}`;
}

function dataAbort(iss: number): string {
  const walk = iss & 0x80 ? " on a stage 1 table walk" : "";
  const maintenance = iss & 0x100 ? ", by cache maintenance or address translation" : "";
  return `${describeFault(iss & 0x3f)}${walk}, ${describeAccess(iss)}${maintenance}`;
}

function instructionAbort(iss: number): string {
  return `${describeFault(iss & 0x3f)}${iss & 0x80 ? " on a stage 1 table walk" : ""}`;
}

function systemRegister(iss: number): string {
  const { key, rt, read } = systemAccess(iss);
  const name = systemRegisterName(key);
  const register = rt === 31 ? "XZR" : `X${rt}`;
  return read ? `read of ${name} into ${register}` : `write of ${name} from ${register}`;
}

const immediate = (iss: number): string => `#0x${(iss & 0xffff).toString(16)}`;

const classes: {
  readonly [ec: number]: readonly [name: string, details?: (iss: number) => string];
} = {
  [Ec.unknown]: ["Undefined instruction"],
  [Ec.wfx]: ["Trapped", (iss) => ["WFI", "WFE", "WFIT", "WFET"][iss & 3] as string],
  [Ec.fpAccess]: ["Trapped floating-point or SIMD instruction"],
  [Ec.illegalState]: ["Illegal execution state"],
  [Ec.svc]: ["SVC", immediate],
  [Ec.hvc]: ["HVC", immediate],
  [Ec.smc]: ["SMC", immediate],
  [Ec.systemRegister]: ["Trapped system instruction", systemRegister],
  [Ec.instructionAbortLower]: ["Instruction abort from a lower EL", instructionAbort],
  [Ec.instructionAbort]: ["Instruction abort", instructionAbort],
  [Ec.pcAlignment]: ["PC alignment fault"],
  [Ec.dataAbortLower]: ["Data abort from a lower EL", dataAbort],
  [Ec.dataAbort]: ["Data abort", dataAbort],
  [Ec.spAlignment]: ["SP alignment fault"],
  [Ec.fpException]: ["Trapped floating-point exception"],
  [Ec.serror]: ["SError interrupt"],
  [Ec.breakpointLower]: ["Breakpoint from a lower EL"],
  [Ec.breakpoint]: ["Breakpoint"],
  [Ec.softwareStepLower]: ["Software step from a lower EL"],
  [Ec.softwareStep]: ["Software step"],
  [Ec.watchpointLower]: ["Watchpoint from a lower EL"],
  [Ec.watchpoint]: ["Watchpoint"],
  [Ec.brk]: ["BRK", immediate],
};

/** "Data abort from a lower EL, translation fault level 3, write of 4 bytes by W1". */
export function decodeSyndrome(esr: bigint): string {
  const ec = Number((esr >> 26n) & 0x3fn);
  const iss = Number(esr & 0x1ff_ffffn);
  const [name, details] = classes[ec] ?? [`Exception class ${hex(ec)}, syndrome ${hex(iss)}`];
  if (!details) return name;
  const joint = name.length > 3 && name !== "Trapped" ? ", " : " ";
  return `${name}${joint}${details(iss)}`;
}
