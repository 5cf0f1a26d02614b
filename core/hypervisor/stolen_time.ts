/**
 * Stolen time: for how long each vCPU could have run and had no core, in a page that the guest reads
 * (DEN 0057, Stolen time).
 *
 * @module
 */

import { GuestAddressBits, type Stage2 } from "./stage2.ts";
import type { VcpuAccount } from "./scheduling/vcpu_account.ts";

/** Where guests find the page: at the end of their address space, where no board has anything. */
const PageAddress = 2 ** GuestAddressBits - 4096;
/** A vCPU's part: revision and attributes, both zero, then the time in nanoseconds. */
const PartBytes = 64;
const TimeOffset = 8;

/** Whose time it is. */
interface TimedVcpu {
  readonly index: number;
  readonly account: VcpuAccount;
}

/** The page of one VM. */
export class StolenTime {
  readonly #page: DataView;
  /** What had been stolen before the guest asked. */
  readonly #from: readonly number[];

  /** @throws {RangeError} When there is no page for it. */
  constructor(vcpus: readonly TimedVcpu[], stage2: Stage2, nowNs: number) {
    this.#page = stage2.readOnlyPage(PageAddress);
    this.#from = vcpus.map(({ account }) => account.spent("ready", nowNs));
  }

  /** `vcpu` gets a core. */
  update({ index, account }: TimedVcpu, nowNs: number): void {
    const ns = account.spent("ready", nowNs) - (this.#from[index] ?? 0);
    this.#page.setBigUint64(index * PartBytes + TimeOffset, BigInt(ns), true);
  }

  /** Where the guest finds the part of a vCPU. */
  addressOf({ index }: TimedVcpu): bigint {
    return BigInt(PageAddress + index * PartBytes);
  }
}
