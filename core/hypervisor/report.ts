/** What people read of a VM that had to be stopped. @module */

import { hex } from "../hex.ts";
import { stored } from "../cpu/controls.ts";
import { decodeSyndrome } from "../cpu/syndrome_text.ts";
import type { SystemSlot } from "../cpu/system_register_slots.ts";
import type { Core } from "../cpu/types.ts";
import { disassemble } from "../isa/disassemble.ts";
import type { Machine } from "../machine/machine.ts";
import { exitText } from "./exit_text.ts";
import { isAtEl0 } from "./guest_exceptions.ts";
import type { ExitLedger } from "./ledger.ts";
import type { Vcpu, Vm } from "./vm.ts";

const word = (value: bigint): string => value.toString(16).padStart(16, "0");

/** The instruction at the guest's PC; undefined when it is not mapped, or not in RAM. */
export function guestWord(machine: Machine, core: Core, vcpu: Vcpu): number | undefined {
  const { pc } = vcpu;
  const name = isAtEl0(vcpu) ? "S12E0R" : "S12E1R";
  const [high, low] = [Number(pc >> 32n), Number(pc & 0xffff_ffffn)];
  const par = machine.mmu.addressTranslation(core.index, name, high, low);
  if (par === undefined || par & 1n) return undefined;
  const host = machine.parts.ram.hostOffset(Number(par & 0xffff_ffff_f000n) + (low & 0xfff));
  return host < 0 ? undefined : machine.parts.ram.view.getUint32(host, true);
}

/** The instruction at the guest's PC in words. */
export function guestInstruction(machine: Machine, core: Core, vcpu: Vcpu): string {
  const word = guestWord(machine, core, vcpu);
  return word === undefined ? "its instruction cannot be read" : disassemble(word, vcpu.pc);
}

/** Registers that say how a guest came to where it is. */
const Shown: readonly SystemSlot[] = [
  "ESR_EL1",
  "ELR_EL1",
  "FAR_EL1",
  "SPSR_EL1",
  "VBAR_EL1",
  "SCTLR_EL1",
  "TTBR0_EL1",
  "TTBR1_EL1",
  "SP_EL0",
  "SP_EL1",
];

/** The report about `vcpu`, whose registers `core` has. `syndrome`: the exit was synchronous. */
export function report(
  machine: Machine,
  core: Core,
  vcpu: Vcpu,
  why: string,
  syndrome: boolean,
  ledger: ExitLedger,
): string {
  const esr = stored(core, "ESR_EL2");
  const lines = [
    `${vcpu.vm.label} "${vcpu.vm.name}" stopped: ${why}`,
    `  vCPU ${vcpu.index} at EL${isAtEl0(vcpu) ? 0 : 1}, PC ${hex(vcpu.pc)}: ${
      guestInstruction(machine, core, vcpu)
    }`,
    ...(syndrome ? [`  ESR_EL2 ${hex(esr)}: ${decodeSyndrome(esr)}`] : []),
    ...lastException(core),
    ...lastExits(ledger, vcpu.vm),
    ...rows(Shown.map((name) => `${name.padEnd(9)} ${word(stored(core, name))}`), 3),
    ...rows(
      Array.from(
        core.state.x.subarray(0, 31),
        (value, n) => `${`X${n}`.padEnd(3)} ${word(value)}`,
      ),
      4,
    ),
  ];
  return lines.join("\n");
}

/** What brought the guest's EL1 to its vector, when it has taken an exception. */
function lastException(core: Core): string[] {
  const esr = stored(core, "ESR_EL1");
  const elr = stored(core, "ELR_EL1");
  if (esr === 0n && elr === 0n) return [];
  return [`  last exception at its EL1: ${decodeSyndrome(esr)}, at ${hex(elr)}`];
}

const ShownExits = 5;

function lastExits(ledger: ExitLedger, vm: Vm): string[] {
  const records = ledger.recent(vm.id, ShownExits);
  if (records.length === 0) return [];
  return ["  last exits:", ...records.map((record) => `    ${exitText(vm, record)}`)];
}

function rows(items: readonly string[], perRow: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perRow) {
    lines.push(`  ${items.slice(i, i + perRow).join("  ")}`);
  }
  return lines;
}
