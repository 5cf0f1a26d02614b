/** `--trace FILE.jsonl`: a JSON object on a line for each exit. @module */

import {
  exceptionClass,
  type FieldValue,
  syndromeFields,
} from "../../core/cpu/exception_classes.ts";
import {
  controlText,
  handlerText,
  reasonName,
  syndromeText,
} from "../../core/hypervisor/exit_text.ts";
import type {
  ExitRecord,
  OutcomeName,
  Successor,
  VectorName,
} from "../../core/hypervisor/ledger.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import type { Tracer, Write } from "./tracer.ts";

/** One line. Times are virtual nanoseconds; addresses and register values are hexadecimal texts. */
export interface TracedExit {
  /** Its number, from 0, over all VMs. */
  readonly n: number;
  /** When the guest was left. */
  readonly ns: number;
  readonly core: number;
  /** The VM's id, and the vCPU's number in it. */
  readonly vm: number;
  readonly vcpu: number;
  /** The exception level that the guest was at. */
  readonly el: number;
  /** ELR_EL2. */
  readonly pc: string;
  /** What `--stats` counts it as. */
  readonly reason: string;
  /** The row or call that served it. */
  readonly handler: string;
  readonly vector: VectorName;
  /** ESR_EL2, the name of its EC and the fields of its ISS; absent for interrupts. */
  readonly esr?: string;
  readonly class?: string;
  readonly fields?: Readonly<Record<string, number>>;
  /** The exception in words. */
  readonly syndrome: string;
  /** The bit of a control register that had EL2 take it. */
  readonly control: string;
  /** FAR_EL2, and the guest-physical address of the access; absent where they say nothing. */
  readonly far?: string;
  readonly ipa?: string;
  /** What was written or read, or what a call returned. */
  readonly value?: string;
  readonly outcome: OutcomeName;
  /** Who has the core afterwards. */
  readonly next: Successor;
  /** Further interrupts that were taken in the same exit. */
  readonly more: number;
  /** How long the guest had run, and the instructions that it retired. */
  readonly ranNs: number;
  readonly instructions: number;
  /** From the exit until a guest had the core again, or the core waited. */
  readonly costNs: number;
}

const hexText = (value: number | bigint): string => `0x${value.toString(16)}`;

const byName = (fields: readonly FieldValue[]): Record<string, number> =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value]));

/** The object of an exit. */
export function tracedExit(vm: Vm, record: ExitRecord): TracedExit {
  const { esr, far, ipa, value } = record;
  const isSync = record.vector === "sync";
  return {
    n: record.number,
    ns: record.atNs,
    core: record.core,
    vm: record.vm,
    vcpu: record.vcpu,
    el: record.el,
    pc: hexText(record.pc),
    reason: reasonName(vm, record.reason),
    handler: handlerText(vm, record),
    vector: record.vector,
    ...(isSync
      ? {
        esr: hexText(esr),
        class: exceptionClass(esr >>> 26)?.name ?? `EC ${hexText(esr >>> 26)}`,
        fields: byName(syndromeFields(esr)),
      }
      : {}),
    syndrome: syndromeText(record),
    control: controlText(vm, record),
    ...(far === undefined ? {} : { far: hexText(far) }),
    ...(ipa === undefined ? {} : { ipa: hexText(ipa) }),
    ...(value === undefined ? {} : { value: hexText(value) }),
    outcome: record.outcome,
    next: record.successor,
    more: record.more,
    ranNs: record.ranNs,
    instructions: record.instructions,
    costNs: record.costNs,
  };
}

/** Writes the lines. */
export function jsonLines(write: Write): Tracer {
  let vm: Vm | undefined;
  return {
    powerOn: () => ({
      left(_core, vcpu) {
        vm = vcpu?.vm;
      },
      entered(_core, _vcpu, _ns, exit) {
        if (exit && vm) write(`${JSON.stringify(tracedExit(vm, exit))}\n`);
      },
      woken() {},
    }),
    end() {},
  };
}
