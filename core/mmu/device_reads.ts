/**
 * Reads of device registers again and again: the page found last is remembered, so that a read costs
 * a look at its TLB entry and the device's own work.
 *
 * @module
 */

import { StateLayout } from "../cpu/state.ts";
import { MemoryMap, PageBytes } from "../memory_map.ts";
import { catchUp, type CoreMmu } from "./core_mmu.ts";
import type { MmioDevice } from "./host.ts";
import { type Context, findSlot } from "./tlb.ts";
import { Access } from "./walker.ts";

/** A TLB entry that leads to a page of a device, as long as nothing in its context has changed. */
interface Found {
  readonly context: { readonly address: number; readonly changes: number };
  readonly changes: number;
  readonly core: number;
  /** Page of the VA. */
  readonly high: number;
  readonly low: number;
  readonly device: MmioDevice;
  /** Offset of the page in the device. */
  readonly offset: number;
}

const Nothing: Found = {
  context: { address: 0, changes: 0 },
  changes: 0,
  core: 0,
  high: 0,
  low: 1,
  device: { read: () => 0 },
  offset: 0,
};

const Mailbox = (MemoryMap.window + StateLayout.mailbox) / 4;

/** Reads of the core that is in the window. */
export class DeviceReads {
  readonly #cores: readonly CoreMmu[];
  readonly #words: Int32Array;
  #found = Nothing;

  constructor(cores: readonly CoreMmu[]) {
    this.#cores = cores;
    this.#words = new Int32Array((cores[0] as CoreMmu).host.memory);
  }

  /**
   * Reads `bytes` at (high, low) into the mailbox; all numbers are signed.
   *
   * @param context Address of the TLB context in use.
   * @return False, with nothing done, unless that is one aligned word of what was found last.
   */
  read(context: number, high: number, low: number, bytes: number): boolean {
    const found = this.#found;
    if (
      found.low !== (low & -PageBytes) || found.high !== high ||
      found.changes !== found.context.changes || found.context.address !== context ||
      bytes > 4 || (low & (bytes - 1)) !== 0
    ) return false;
    const offset = found.offset + (low & (PageBytes - 1));
    this.#words[Mailbox] = found.device.read(offset, bytes as 1 | 2 | 4, found.core);
    return true;
  }

  /** Finds what a known TLB entry of `core` for (high, low) leads to; false when that is no device. */
  find(core: number, high: number, low: number): boolean {
    const own = this.#cores[core] as CoreMmu;
    catchUp(own);
    const context = own.tlb.current as Context;
    const slot = findSlot(context, high, low, Access.read);
    if (slot < 0 || (context.hostPage[slot] as number) >= 0) return false;
    const page = context.page[slot] as number;
    const at = own.host.mmio.deviceAt?.(page, PageBytes);
    if (!at) return false;
    this.#found = {
      context,
      changes: context.changes,
      core,
      high,
      low: low & -PageBytes,
      device: at.device,
      offset: page - at.base,
    };
    return true;
  }
}
