/**
 * Syndromes in words, for people.
 *
 * @module
 */

import { hex } from "../hex.ts";
import { describeFault, exceptionClass } from "./exception_classes.ts";
import { abortedAccess, Ec, systemAccess } from "./syndrome.ts";
import { systemRegisterName } from "./system_registers.ts";

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

/** Classes of which there is more to say than their name. */
const details: { readonly [ec: number]: (name: string, iss: number) => string } = {
  [Ec.wfx]: (_name, iss) => `Trapped ${["WFI", "WFE", "WFIT", "WFET"][iss & 3]}`,
  [Ec.svc]: (name, iss) => `${name} ${immediate(iss)}`,
  [Ec.hvc]: (name, iss) => `${name} ${immediate(iss)}`,
  [Ec.smc]: (name, iss) => `${name} ${immediate(iss)}`,
  [Ec.brk]: (name, iss) => `${name} ${immediate(iss)}`,
  [Ec.systemRegister]: (name, iss) => `${name}, ${systemRegister(iss)}`,
  [Ec.instructionAbortLower]: (name, iss) => `${name}, ${instructionAbort(iss)}`,
  [Ec.instructionAbort]: (name, iss) => `${name}, ${instructionAbort(iss)}`,
  [Ec.dataAbortLower]: (name, iss) => `${name}, ${dataAbort(iss)}`,
  [Ec.dataAbort]: (name, iss) => `${name}, ${dataAbort(iss)}`,
};

/** "Data abort from a lower EL, translation fault level 3, write of 4 bytes by W1". */
export function decodeSyndrome(esr: bigint): string {
  const ec = Number((esr >> 26n) & 0x3fn);
  const iss = Number(esr & 0x1ff_ffffn);
  const known = exceptionClass(ec);
  if (!known) return `Exception class ${hex(ec)}, syndrome ${hex(iss)}`;
  const say = details[ec];
  return say ? say(known.name, iss) : known.name;
}
