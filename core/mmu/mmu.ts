/**
 * The memory management unit of a machine: translation, TLBs, their maintenance and AT for all
 * cores, behind one object.
 *
 * @module
 */

import {
  commitWrite,
  fetchTranslate,
  probeWrite,
  resolve,
  slowRead,
  slowUpdate,
} from "./access.ts";
import { addressTranslation, type AtName } from "./address_translation.ts";
import {
  catchUp,
  type CoreMmu,
  createCoreMmu,
  hcrOf,
  invalidateRegimes,
  regimeOf,
  select,
} from "./core_mmu.ts";
import { StateFields } from "../cpu/state.ts";
import { DeviceReads } from "./device_reads.ts";
import type { Fault } from "./fault.ts";
import type { MmuHost } from "./host.ts";
import { invalidate, isBroadcast, type TlbiName } from "./maintenance.ts";
import { RegimeKind, Variant } from "./regime.ts";
import { dropWriteTags, flushContext, type TlbCounts, type TlbMemory } from "./tlb.ts";
import { Translate, translate } from "./translate.ts";
import { Access, forgetTables } from "./walker.ts";

/** Address translation of a machine's cores; `core` is always a core's index. */
export class Mmu {
  readonly #cores: readonly CoreMmu[];
  readonly #memory: TlbMemory;
  /** Reads of devices. */
  readonly devices: DeviceReads;

  constructor(host: MmuHost, counts: TlbCounts = { fills: 0, invalidations: 0 }) {
    const words = new Uint32Array(host.memory);
    const writable = new Uint8Array(Math.ceil(host.memory.byteLength / 4096));
    const memory: TlbMemory = { host, words, writable, counts };
    this.#memory = memory;
    this.#cores = Array.from({ length: host.cores }, (_, i) => createCoreMmu(i, host, memory));
    this.devices = new DeviceReads(this.#cores);
  }

  #core(core: number): CoreMmu {
    return this.#cores[core] as CoreMmu;
  }

  /**
   * Due after a register of `MmuRegisters` has changed: the registers are read again when they are
   * next needed. {@linkcode Mmu.select} must follow before guest code runs.
   */
  invalidateRegime(core: number): void {
    invalidateRegimes(this.#core(core));
  }

  /**
   * Due after an exception, a return, or a change of a register, PSTATE.PAN or PSTATE.UAO: writes
   * `tlb`, `tlbUnprivileged` and `alignMask` to the core's state.
   */
  select(core: number): void {
    select(this.#core(core));
  }

  /** Reads up to 64 bytes at `accessAddress` into the mailbox; 1 when that faulted. */
  read(core: number, bytes: number, alignment: number, flags: number): 0 | 1 {
    return slowRead(this.#core(core), bytes, alignment, flags);
  }

  /** As {@linkcode Mmu.read} where a {@linkcode Mmu.commitWrite} follows: for atomics. */
  update(core: number, bytes: number, alignment: number, flags: number): 0 | 1 {
    return slowUpdate(this.#core(core), bytes, alignment, flags);
  }

  /** Checks a write of up to 64 bytes at `accessAddress`; 1 when it faulted. */
  probeWrite(core: number, bytes: number, alignment: number, flags: number): 0 | 1 {
    return probeWrite(this.#core(core), bytes, alignment, flags);
  }

  /** Writes the mailbox to where the core's last `probeWrite` or `update` looked. */
  commitWrite(core: number): void {
    commitWrite(this.#core(core));
  }

  /** Checks that `bytes` at (high, low) may be accessed; for cache maintenance, DC ZVA and so on. */
  probe(
    core: number,
    high: number,
    low: number,
    bytes: number,
    alignment: number,
    access: number,
    flags: number,
  ): boolean {
    return resolve(this.#core(core), high >>> 0, low >>> 0, bytes, alignment, access, flags);
  }

  /** Physical address of the first byte of the access resolved last. */
  resolvedAddress(core: number): number {
    return this.#core(core).pieces[0].pa;
  }

  /** Its offset in linear memory; -1 when it is not RAM. */
  resolvedHostAddress(core: number): number {
    return this.#core(core).pieces[0].host;
  }

  /** Offset in linear memory of the page to fetch from at (high, low); -1 on a fault. */
  fetch(core: number, high: number, low: number): number {
    return fetchTranslate(this.#core(core), high >>> 0, low >>> 0);
  }

  /** The fault that the last failed call for this core left; valid until its next access. */
  fault(core: number): Fault {
    return this.#core(core).walker.fault;
  }

  /**
   * Executes an AT instruction.
   *
   * @return PAR_EL1, or undefined when the instruction aborts with {@linkcode Mmu.fault}.
   */
  addressTranslation(core: number, name: AtName, high: number, low: number): bigint | undefined {
    return addressTranslation(this.#core(core), name, high >>> 0, low >>> 0);
  }

  /** Executes a TLBI; (high, low) is the operand register. */
  invalidateTlb(core: number, name: TlbiName, high: number, low: number): void {
    this.#memory.counts.invalidations++;
    const own = this.#core(core);
    const hcr = hcrOf(own);
    const at = own.host.stateBase(core) + StateFields.el[0];
    const call = {
      el: this.#memory.words[at / 4] as number,
      hcrHigh: hcr.high,
      hcrLow: hcr.low,
      vmid: regimeOf(own, RegimeKind.el10).vmid,
    };
    const broadcast = isBroadcast(name, call);
    for (const other of this.#cores) {
      if (other !== own && !broadcast) continue;
      invalidate(other.tlb, name, call, high >>> 0, low >>> 0);
      forgetTables(other.walker);
    }
  }

  /** Empties the TLBs of all cores; due after memory or state was replaced as a whole. */
  flush(): void {
    for (const core of this.#cores) {
      for (const context of core.tlb.contexts) flushContext(this.#memory.words, context);
      forgetTables(core.walker);
      invalidateRegimes(core);
    }
  }

  /** Due when a page of linear memory gets decoded code: stores to it take the slow path. */
  dropWriteTags(hostPage: number): void {
    const page = hostPage / 4096;
    if (this.#memory.writable[page] === 0) return;
    this.#memory.writable[page] = 0;
    for (const core of this.#cores) dropWriteTags(core.tlb, hostPage);
  }

  /**
   * Where (high, low) leads for the core's current EL, for debuggers and logs: memory stays as it
   * is, PSTATE.PAN does not matter, and {@linkcode Mmu.fault} is overwritten.
   *
   * @return The physical address, or -1 when the access would fault.
   */
  peek(core: number, high: number, low: number, access: number = Access.read): number {
    const own = this.#core(core);
    catchUp(own);
    const { walker, regime } = own;
    const isUser = own.variant === Variant.unprivileged;
    const variant = isUser ? Variant.unprivileged : Variant.privileged;
    const isMapped = translate(
      walker,
      regime,
      high >>> 0,
      low >>> 0,
      access,
      variant,
      Translate.pure,
    );
    return isMapped ? walker.result.pa : -1;
  }
}
