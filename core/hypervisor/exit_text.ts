/** Exits in words: what they are counted as, what served them, and what trapped them. @module */

import { hex } from "../hex.ts";
import { Hcr } from "../cpu/controls.ts";
import { psciFunctions } from "../cpu/psci.ts";
import { Ec, systemAccess } from "../cpu/syndrome.ts";
import { decodeSyndrome } from "../cpu/syndrome_text.ts";
import { systemRegisterAt, systemRegisterName } from "../cpu/system_registers.ts";
import { hypercalls } from "./calls.ts";
import { detailOf, kindOf, ReasonKind } from "./exit_reasons.ts";
import type { ExitRecord } from "./ledger.ts";
import type { Vm } from "./vm.ts";

const regionName = (vm: Vm, index: number): string =>
  [...vm.bus].find((region) => region.index === index)?.name ?? `device ${index}`;

const timerName = (vm: Vm, intid: number): string =>
  [...vm.vcpus[0]?.interrupts.links.values() ?? []].find((link) => link.hardware === intid)
    ?.timer ?? String(intid);

/** What a reason is counted as. */
const names: { readonly [kind: number]: (detail: number, vm: Vm) => string } = {
  [ReasonKind.gone]: () => "interrupt that had gone",
  [ReasonKind.wait]: (ti) => ["WFI", "WFE", "WFIT", "WFET"][ti] as string,
  [ReasonKind.psci]: (index) => `PSCI ${psciFunctions[index]?.name}`,
  [ReasonKind.unknownFirmwareCall]: () => "unknown firmware call",
  [ReasonKind.hypercall]: (number) =>
    `hypercall ${hypercalls.find((row) => row.number === number)?.name}`,
  [ReasonKind.unknownHypercall]: () => "unknown hypercall",
  [ReasonKind.systemRegister]: (key) => systemRegisterName(key),
  [ReasonKind.mmio]: (index, vm) => `MMIO ${regionName(vm, index)}`,
  [ReasonKind.externalAbort]: () => "external abort",
  [ReasonKind.instructionAbort]: () => "instruction abort",
  [ReasonKind.exception]: (ec) => `exception class ${hex(ec)}`,
  [ReasonKind.timer]: (intid, vm) => `interrupt of ${timerName(vm, intid)}`,
  [ReasonKind.device]: () => "interrupt of a device",
  [ReasonKind.alarm]: () => "alarm",
  [ReasonKind.kick]: () => "kick",
  [ReasonKind.maintenance]: () => "interrupt of the list registers",
};

/** What a reason is counted as: "MMIO distributor", "PSCI CPU_ON". */
export function reasonName(vm: Vm, reason: number): string {
  return names[kindOf(reason)]?.(detailOf(reason), vm) ?? `reason ${reason}`;
}

/** Exits of a kind, and what they took. */
export interface NamedCount {
  readonly count: number;
  /** Virtual time, the sum of all. */
  readonly costNs: number;
}

/** The exits of a VM by name, in the order of their first occurrence. */
export function exitCounts(vm: Vm): Map<string, NamedCount> {
  const counts = new Map<string, NamedCount>();
  for (const { reason, count, costNs } of vm.exits.rows()) {
    const name = reasonName(vm, reason);
    const { count: c = 0, costNs: n = 0 } = counts.get(name) ?? {};
    counts.set(name, { count: c + count, costNs: n + costNs });
  }
  return counts;
}

/** Which row or call served the exit: "distributor GICD_ISENABLER+4 write". */
export function handlerText(vm: Vm, record: ExitRecord): string {
  const { reason, detail } = record;
  const name = reasonName(vm, reason);
  switch (kindOf(reason)) {
    case ReasonKind.mmio: {
      const verb = record.esr & (1 << 6) ? "write" : "read";
      const region = [...vm.bus].find(({ index }) => index === detailOf(reason));
      const register = region?.device.registerAt?.(detail) ?? `+0x${detail.toString(16)}`;
      return `${regionName(vm, detailOf(reason))} ${register} ${verb}`;
    }
    case ReasonKind.systemRegister:
      return `${name} ${systemAccess(record.esr & 0x1ff_ffff).read ? "read" : "write"}`;
    case ReasonKind.unknownFirmwareCall:
      return `${name} 0x${detail.toString(16)}`;
    case ReasonKind.hypercall:
    case ReasonKind.unknownHypercall:
      return `${name}, number ${detail}`;
    case ReasonKind.timer:
    case ReasonKind.device:
      return `${name}, INTID ${detail}`;
    default:
      return name;
  }
}

/** The rule that traps a system register, by what HCR_EL2 was; else those that could have. */
function systemRegisterControl(record: ExitRecord, hidesSystemRegisters: boolean): string {
  const { key, read } = systemAccess(record.esr & 0x1ff_ffff);
  const rules = (systemRegisterAt(key)?.traps ?? []).filter(({ on }) =>
    on === undefined || (on === "read") === read
  );
  const enabled = rules.find(({ name }) => {
    const [register, bit] = name.split(".");
    if (register === "ICH_HCR_EL2") return hidesSystemRegisters;
    return register === "HCR_EL2" && (BigInt(record.hcr) & Hcr[bit as keyof typeof Hcr]) !== 0n;
  });
  return enabled?.name ?? rules.map(({ name }) => name).join(" or ");
}

const Translation = 1;
const Permission = 3;

/** Why stage 2 faulted. */
function stage2Control(esr: number): string {
  const code = esr & 0x3f;
  const level = code & 3;
  if (code >>> 2 === Translation) return `HCR_EL2.VM: stage 2 maps nothing there, level ${level}`;
  if (code >>> 2 === Permission) {
    return `HCR_EL2.VM: the stage 2 descriptor does not permit it, level ${level}`;
  }
  return "HCR_EL2.VM";
}

/** The control that brought each class of exceptions to EL2. */
const controls: {
  readonly [ec: number]: (record: ExitRecord, hidesSystemRegisters: boolean) => string;
} = {
  [Ec.wfx]: ({ esr }) => esr & 1 ? "HCR_EL2.TWE" : "HCR_EL2.TWI",
  [Ec.fpAccess]: () => "CPTR_EL2.TFP",
  [Ec.hvc]: () => "HCR_EL2.HCD, which is 0",
  [Ec.smc]: () => "HCR_EL2.TSC",
  [Ec.systemRegister]: systemRegisterControl,
  [Ec.dataAbortLower]: ({ esr }) => stage2Control(esr),
  [Ec.instructionAbortLower]: ({ esr }) => stage2Control(esr),
  [Ec.breakpointLower]: () => "MDCR_EL2.TDE",
  [Ec.softwareStepLower]: () => "MDCR_EL2.TDE",
  [Ec.watchpointLower]: () => "MDCR_EL2.TDE",
  [Ec.brk]: () => "MDCR_EL2.TDE",
};

const interruptControls = { irq: "HCR_EL2.IMO", fiq: "HCR_EL2.FMO", serror: "HCR_EL2.AMO" };

/** The control bit that had EL2 take it: "HCR_EL2.TWI". */
export function controlText(vm: Vm, record: ExitRecord): string {
  if (record.vector !== "sync") return interruptControls[record.vector];
  const { hidesSystemRegisters } = vm.gic.delivery;
  return controls[record.esr >>> 26]?.(record, hidesSystemRegisters) ?? "HCR_EL2.TGE";
}

/** The exception in words. */
export function syndromeText({ vector, esr }: ExitRecord): string {
  if (vector !== "sync") return { irq: "IRQ", fiq: "FIQ", serror: "SError" }[vector];
  return decodeSyndrome(BigInt(esr));
}

const afterwards = { same: "", other: ", another vCPU has the core", idle: ", the core waits" };

/** What went over the bus, or what a call returned, with its sign. */
function valueText({ value, reason }: ExitRecord): string {
  if (value === undefined) return "";
  const kind = kindOf(reason);
  const isAccess = kind === ReasonKind.mmio || kind === ReasonKind.systemRegister;
  return isAccess ? ` 0x${value.toString(16)}` : ` = ${BigInt.asIntN(64, value)}`;
}

/** One line: when and where, what served it, what it was and what became of it. */
export function exitText(vm: Vm, record: ExitRecord): string {
  const { ipa, more, instructions } = record;
  const parts = [
    handlerText(vm, record) + valueText(record) + (more > 0 ? ` and ${more} more` : ""),
    `${syndromeText(record)}${ipa === undefined ? "" : `, IPA ${hex(ipa)}`}`,
    `by ${controlText(vm, record)}`,
    `${record.outcome}${afterwards[record.successor]}`,
  ];
  const ms = (record.atNs / 1e6).toFixed(6);
  return `${ms} ms, vCPU ${record.vcpu} on core ${record.core}, after ${instructions} ` +
    `${instructions === 1 ? "instruction" : "instructions"}, PC ${
      hex(record.pc)
    } at EL${record.el}: ${parts.join("; ")}`;
}
