/**
 * The exit ledger: a record of every exit of every vCPU, in a ring of typed arrays, and a hash over
 * all records there ever were.
 *
 * A record is filled in place from the moment that EL2 is entered until it is left, and nothing is
 * allocated on the way. It becomes an object and words only when somebody looks.
 *
 * @module
 */

import { SystemSlots } from "../cpu/system_register_slots.ts";
import { Ec } from "../cpu/syndrome.ts";
import type { Core } from "../cpu/types.ts";
import { ExitCounters } from "./exit_counters.ts";

/** What became of the vCPU; their order is their number in records. */
const outcomes = ["resume", "skip", "wait", "yield", "off", "reflect", "halt", "fail"] as const;
export type OutcomeName = typeof outcomes[number];

/** By what vector EL2 was entered. */
const vectors = ["sync", "irq", "fiq", "serror"] as const;
export type VectorName = typeof vectors[number];

/** Who has the core after the exit: the same vCPU, another one, or nobody. */
const successors = ["same", "other", "idle"] as const;
export type Successor = typeof successors[number];

/** One exit. */
export interface ExitRecord {
  /** Its number: how many exits there had been before, of all VMs. */
  readonly number: number;
  /** Virtual time at which the guest was left. */
  readonly atNs: number;
  /** How long the guest had run until then, and the instructions that it retired. */
  readonly ranNs: number;
  readonly instructions: number;
  /** Virtual time from then until a guest had the core again, or the core waited. */
  readonly costNs: number;
  readonly core: number;
  /** The VM's id and the vCPU's number in it. */
  readonly vm: number;
  readonly vcpu: number;
  /** Where the guest was. */
  readonly el: number;
  readonly pc: bigint;
  readonly vector: VectorName;
  /** ESR_EL2 of synchronous exits, else 0. */
  readonly esr: number;
  /** FAR_EL2 and, of stage 2 faults, the address from HPFAR_EL2; undefined where they say nothing. */
  readonly far: bigint | undefined;
  readonly ipa: number | undefined;
  /** The low half of HCR_EL2 while the guest ran. */
  readonly hcr: number;
  /** See `exit_reasons.ts`. */
  readonly reason: number;
  /** Offset of an access, number of a call, or INTID. */
  readonly detail: number;
  /** What was written or read, or what a call returned. */
  readonly value: bigint | undefined;
  readonly outcome: OutcomeName;
  readonly successor: Successor;
  /** Interrupts that were taken in the same exit, after the first. */
  readonly more: number;
}

/** Whose exit it is. */
export interface ExitOwner {
  readonly index: number;
  readonly vm: { readonly id: number; readonly exits: ExitCounters };
}

/** Exits that the ring holds. */
export const LedgerCapacity = 65_536;

/** Columns of 64 bits, as places in a record. */
const Wide = { at: 0, ran: 1, instructions: 2, value: 3 } as const;
/** Columns of 32 bits. */
const Word = {
  pc: 8,
  far: 10,
  hpfar: 12,
  esr: 14,
  hcr: 15,
  reason: 16,
  detail: 17,
  cost: 18,
  /** VM in bits 31:16, vCPU in 15:8, core in 7:0. */
  owner: 19,
  /** See `Flag`. */
  flags: 20,
} as const;
const WideCount = 11;
const WordCount = WideCount * 2;

/** Places of bits in the column of flags. */
const Flag = { outcome: 0, vector: 4, el: 6, successor: 8, hasValue: 10, hasReason: 11, more: 16 };

/** ISS bits of aborts. */
const S1ptw = 1 << 7;
const FnV = 1 << 10;

const { ESR_EL2, ELR_EL2, SPSR_EL2, FAR_EL2, HPFAR_EL2, HCR_EL2 } = SystemSlots;

/** Whether FAR_EL2 is written for an exception class, and HPFAR_EL2 for one of stage 2. */
function hasAddress(ec: number): boolean {
  return ec === Ec.dataAbortLower || ec === Ec.instructionAbortLower || ec === Ec.pcAlignment ||
    ec === Ec.watchpointLower;
}

/** See the module. */
export class ExitLedger {
  readonly #wide: Float64Array;
  readonly #big: BigUint64Array;
  readonly #word: Uint32Array;
  readonly #capacity: number;
  /** By the VM's id. */
  readonly #counters = new Map<number, ExitCounters>();
  /** Of VMs that have been deleted, the number of the first exit that is not theirs. */
  readonly #forgotten = new Map<number, number>();
  /** Records that are complete, since the start. */
  #count = 0;
  /** Where the current record begins, in words. */
  #at = 0;
  /** It has begun and not ended. */
  #isOpen = false;
  /** Low and high half. */
  readonly #hash = Int32Array.of(0x811c_9dc5, 0xcbf2_9ce4);

  constructor(capacity = LedgerCapacity) {
    const buffer = new ArrayBuffer(capacity * WordCount * 4);
    this.#wide = new Float64Array(buffer);
    this.#big = new BigUint64Array(buffer);
    this.#word = new Uint32Array(buffer);
    this.#capacity = capacity;
  }

  /** Exits since the start. */
  get count(): number {
    return this.#count;
  }

  /** The counters of the VM with this id. */
  countersOf(vm: number): ExitCounters {
    const counters = this.#counters.get(vm) ?? new ExitCounters();
    this.#counters.set(vm, counters);
    return counters;
  }

  /** The VM is deleted: another one with its id counts from zero, and its exits are not that one's. */
  forget(vm: number): void {
    this.#counters.delete(vm);
    this.#forgotten.set(vm, this.#count);
  }

  /** Sixteen hexadecimal digits, of every word of every record: the same for the same run. */
  get hash(): string {
    const [low = 0, high = 0] = this.#hash;
    const digits = (half: number) => (half >>> 0).toString(16).padStart(8, "0");
    return digits(high) + digits(low);
  }

  /**
   * A guest has been left at `atNs`, which it had entered at `enteredNs` with so many instructions
   * of the core retired. `vector`: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError.
   */
  begin(
    core: Core,
    owner: ExitOwner,
    vector: number,
    atNs: number,
    enteredNs: number,
    enteredRetired: number,
  ): void {
    const { state } = core;
    const word = this.#word;
    const at = this.#at;
    this.#isOpen = true;
    const esr = vector === 0 ? state.systemLow(ESR_EL2) : 0;
    const addressed = vector === 0 && hasAddress(esr >>> 26);
    const wide = at >> 1;
    this.#wide[wide + Wide.at] = atNs;
    this.#wide[wide + Wide.ran] = atNs - enteredNs;
    this.#wide[wide + Wide.instructions] = retired(core) - enteredRetired;
    word[at + Wide.value * 2] = 0;
    word[at + Wide.value * 2 + 1] = 0;
    word[at + Word.pc] = state.systemLow(ELR_EL2);
    word[at + Word.pc + 1] = state.systemHigh(ELR_EL2);
    word[at + Word.far] = addressed ? state.systemLow(FAR_EL2) : 0;
    word[at + Word.far + 1] = addressed ? state.systemHigh(FAR_EL2) : 0;
    word[at + Word.hpfar] = addressed ? state.systemLow(HPFAR_EL2) : 0;
    word[at + Word.hpfar + 1] = addressed ? state.systemHigh(HPFAR_EL2) : 0;
    word[at + Word.esr] = esr;
    word[at + Word.hcr] = state.systemLow(HCR_EL2);
    word[at + Word.reason] = 0;
    word[at + Word.detail] = 0;
    word[at + Word.cost] = 0;
    word[at + Word.owner] = (owner.vm.id << 16) | (owner.index << 8) | core.index;
    const el = (state.systemLow(SPSR_EL2) >>> 2) & 3;
    word[at + Word.flags] = (vector << Flag.vector) | (el << Flag.el);
  }

  /**
   * Why the guest was left. Of several interrupts in one exit the first is the reason; what is said
   * later of a synchronous exception is more exact. Without an exit under way nothing is noted.
   */
  because(reason: number, detail = 0): void {
    if (!this.#isOpen) return;
    const flags = this.#at + Word.flags;
    const before = this.#word[flags] as number;
    const isLater = (before & (1 << Flag.hasReason)) !== 0;
    this.#word[flags] = before | (1 << Flag.hasReason);
    if (isLater && (before >>> Flag.vector & 3) !== 0) {
      this.#word[flags] = before + (1 << Flag.more);
      return;
    }
    this.#word[this.#at + Word.reason] = reason;
    if (!isLater) this.#word[this.#at + Word.detail] = detail;
  }

  /** What was read or written, or returned. */
  value(value: bigint): void {
    if (!this.#isOpen) return;
    this.#big[(this.#at >> 1) + Wide.value] = value;
    const flags = this.#at + Word.flags;
    this.#word[flags] = (this.#word[flags] as number) | (1 << Flag.hasValue);
  }

  /** What the handler has decided. */
  outcome(name: OutcomeName): void {
    if (!this.#isOpen) return;
    const flags = this.#at + Word.flags;
    this.#word[flags] = (this.#word[flags] as number) | (outcomes.indexOf(name) << Flag.outcome);
  }

  /** EL2 is left; the record is complete. */
  end(owner: ExitOwner, next: ExitOwner | undefined, nowNs: number): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const word = this.#word;
    const at = this.#at;
    const cost = nowNs - (this.#wide[(at >> 1) + Wide.at] as number);
    const successor = next === owner ? 0 : next ? 1 : 2;
    word[at + Word.cost] = cost;
    word[at + Word.flags] = (word[at + Word.flags] as number) | (successor << Flag.successor);
    owner.vm.exits.add(word[at + Word.reason] as number, cost);
    let low = this.#hash[0] as number;
    let high = this.#hash[1] as number;
    for (let i = at; i < at + WordCount; i += 2) {
      low = Math.imul((low << 13 | low >>> 19) ^ (word[i] as number), 0x0100_0193);
      high = Math.imul((high << 11 | high >>> 21) ^ (word[i + 1] as number), 0x9e37_79b1);
    }
    // Each half of the hash depends on all words of earlier records.
    high ^= low;
    this.#hash[0] = low ^ (high << 7 | high >>> 25);
    this.#hash[1] = high;
    this.#count++;
    this.#at = at + WordCount === word.length ? 0 : at + WordCount;
  }

  /** The exit that was complete last. */
  last(): ExitRecord | undefined {
    return this.#count === 0 ? undefined : this.#read(this.#count - 1);
  }

  /** The exits that the ring still has, the oldest first; those of one VM when `vm` is given. */
  *records(vm?: number): Generator<ExitRecord> {
    for (let n = Math.max(0, this.#count - this.#capacity); n < this.#count; n++) {
      const owner = this.#word[(n % this.#capacity) * WordCount + Word.owner] as number;
      if (vm === undefined || owner >>> 16 === vm) yield this.#read(n);
    }
  }

  /** The exit that is being handled and the last ones of a VM before it, the oldest first. */
  recent(vm: number, most: number): ExitRecord[] {
    const found: ExitRecord[] = [];
    const oldest = Math.max(this.#forgotten.get(vm) ?? 0, this.#count - this.#capacity + 1);
    for (
      let n = this.#isOpen ? this.#count : this.#count - 1;
      n >= oldest && found.length < most;
      n--
    ) {
      const at = (n % this.#capacity) * WordCount;
      const owner = this.#word[at + Word.owner] as number;
      if (owner >>> 16 === vm) found.push(this.#read(n));
    }
    return found.reverse();
  }

  #read(number: number): ExitRecord {
    const at = (number % this.#capacity) * WordCount;
    const word = (column: number) => this.#word[at + column] as number;
    const wide = (column: number) => this.#wide[(at >> 1) + column] as number;
    const double = (column: number) => BigInt(word(column + 1)) << 32n | BigInt(word(column));
    const flags = word(Word.flags);
    const bits = (from: number, count: number) => (flags >>> from) & ((1 << count) - 1);
    const esr = word(Word.esr);
    const ec = esr >>> 26;
    const addressed = bits(Flag.vector, 2) === 0 && hasAddress(ec);
    const far = addressed ? double(Word.far) : undefined;
    const isStage2 = ec === Ec.dataAbortLower || ec === Ec.instructionAbortLower;
    const page = Number(double(Word.hpfar) >> 4n) * 4096;
    const inPage = esr & S1ptw ? 0 : word(Word.far) & 0xfff;
    return {
      number,
      atNs: wide(Wide.at),
      ranNs: wide(Wide.ran),
      instructions: wide(Wide.instructions),
      costNs: word(Word.cost),
      core: word(Word.owner) & 0xff,
      vm: word(Word.owner) >>> 16,
      vcpu: (word(Word.owner) >>> 8) & 0xff,
      el: bits(Flag.el, 2),
      pc: double(Word.pc),
      vector: vectors[bits(Flag.vector, 2)] as VectorName,
      esr,
      far: esr & FnV ? undefined : far,
      ipa: addressed && isStage2 ? page + inPage : undefined,
      hcr: word(Word.hcr),
      reason: word(Word.reason),
      detail: word(Word.detail),
      value: bits(Flag.hasValue, 1) ? this.#big[(at >> 1) + Wide.value] : undefined,
      outcome: outcomes[bits(Flag.outcome, 4)] as OutcomeName,
      successor: successors[bits(Flag.successor, 2)] as Successor,
      more: flags >>> Flag.more,
    };
  }
}

/** Instructions that a core has retired. */
export function retired({ state }: Core): number {
  return state.high32("retired") * 2 ** 32 + state.u32("retired");
}
