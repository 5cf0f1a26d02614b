/**
 * Memory accesses of a region: by the inline TLB, and in loops by the page that the same register
 * pointed to last.
 *
 * @module
 */

import { MaxSites, MemoryMap, Tlb, TlbIndexMask } from "../../memory_map.ts";
import { Slot, StateLayout } from "../../cpu/state.ts";
import type { Decoded } from "../../isa/decode.ts";
import type { Access, AccessKind, AccessOptions, SlotRef, Val } from "../../isa/ops.ts";
import { describeAccess } from "../access_descriptor.ts";
import { asNode, nodeAddress } from "../emitter.ts";
import { goFunction } from "../handler_emitter.ts";
import { FindFunction, Mailbox } from "./find_page.ts";
import { RegionState } from "./region_state.ts";

/** Where a page's VA is kept, and what makes host addresses of VAs in it. */
interface Site {
  readonly page: number;
  readonly addend: number;
}
/** Bits 55 and 54 differ, so no VA of this page translates. */
const NoPage = 0x0040_0000_0000_0000n;

/** Emits accesses; nothing in a region faults, the interpreter does what may. */
export abstract class RegionMemory extends RegionState {
  /** Pages of accesses in loops, by base register and kind. */
  readonly #sites = new Map<string, Site>();

  /** Whether the code is part of a loop. */
  protected abstract repeats(): boolean;
  /** The instruction that is being emitted. */
  protected abstract instruction(): Decoded;
  /** Whether the loop loads the register, so that it points anywhere. */
  protected abstract followsPointers(slot: number): boolean;
  /** Whether the instruction has accessed a device. */
  protected abstract accessesDevice(): boolean;
  /** Leaves before it: the interpreter executes it. */
  protected abstract sideExit(): void;
  /** The same, with the budget that is in the state. */
  protected abstract leaveWithBudget(): void;
  /** Instructions left, this one included. */
  protected abstract budgetHere(): Val;

  /** No page is known when the region is entered. */
  protected forgetPages(): void {
    for (const { page } of this.#sites.values()) {
      this.storeAt("i64.store", nodeAddress(this.i64(0), page), this.i64(NoPage));
    }
  }
  override mem(address: Val, bytes: number, kind: AccessKind, options: AccessOptions = {}): Access {
    const va = this.let(address);
    const host = this.#hostOf(va, bytes, kind, options);
    return {
      load: (name, offset) => this.load(name, host, offset),
      store: (name, offset, value) => this.storeAt(name, nodeAddress(host, offset), value),
      commit: () => {},
    };
  }
  #hostOf(va: Val, bytes: number, kind: AccessKind, options: AccessOptions): Val {
    // Where a device has been found, there is no need to look for memory first.
    if (kind === "read" && this.accessesDevice()) {
      return this.#find(va, this.#keyOf(va, bytes, options), bytes, kind, options);
    }
    const site = this.#siteOf(kind, options);
    if (site) return this.#hostBySite(va, bytes, kind, site);
    return this.#hostByTlb(va, bytes, kind, options);
  }
  /** In a loop, accesses by one register mostly stay in a page. */
  #siteOf(kind: AccessKind, { align, unprivileged }: AccessOptions): Site | undefined {
    const { n } = this.instruction().operands;
    if (!this.repeats() || n === undefined || align || unprivileged) return undefined;
    if (this.followsPointers(n)) return undefined;
    const key = `${n} ${kind}`;
    let site = this.#sites.get(key);
    if (!site && this.#sites.size < MaxSites) {
      const page = MemoryMap.sites + this.#sites.size * 16;
      site = { page, addend: page + 8 };
      this.#sites.set(key, site);
    }
    return site;
  }
  #hostBySite(va: Val, bytes: number, kind: AccessKind, { page, addend }: Site): Val {
    const none = this.i64(0);
    const inPage = this.w("i64.sub", va, this.load("i64.load", none, page));
    const host = this.variable("i64");
    this.ifSeldom(this.w("i64.gt_u", inPage, this.i64(4096 - bytes)), () => {
      host.set(this.#hostByTlb(va, bytes, kind, {}));
      // What a device has answered is no page.
      this.ifSeldom(this.w("i64.eq", host.get, this.i64(Mailbox)), () => {}, () => {
        const start = this.w("i64.and", va, this.i64(-4096));
        this.storeAt("i64.store", nodeAddress(none, page), start);
        this.storeAt("i64.store", nodeAddress(none, addend), this.w("i64.sub", host.get, va));
      });
    }, () => host.set(this.w("i64.add", va, this.load("i64.load", none, addend))));
    return host.get;
  }
  #hostByTlb(va: Val, bytes: number, kind: AccessKind, options: AccessOptions): Val {
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", this.#context(options), slot));
    const tagAt = kind === "read" ? Tlb.readTag : Tlb.writeTag;
    const missed = this.w(
      "i64.ne",
      this.#keyOf(va, bytes, options),
      this.load("i64.load", entry, tagAt),
    );
    const host = this.variable("i64");
    this.ifSeldom(missed, () => {
      host.set(this.#find(va, this.#keyOf(va, bytes, options), bytes, kind, options));
    }, () => host.set(this.w("i64.add", va, this.load("i64.load", entry, Tlb.addend))));
    return host.get;
  }
  #context({ unprivileged }: AccessOptions): Val {
    return this.field(unprivileged ? "tlbUnprivileged" : "tlb");
  }
  /** What the tag must be: misalignment and page crossing show in it. */
  #keyOf(va: Val, bytes: number, { align }: AccessOptions): Val {
    const last = bytes === 1 ? va : this.w("i64.add", va, this.i64(bytes - 1));
    const key = this.w("i64.and", last, this.i64(-4096));
    if (!align) return key;
    return this.w("i64.or", key, this.w("i64.and", va, this.i64(align - 1)));
  }
  /** Host address by the TLB, filled if need be; leaves where that does not do. */
  #find(va: Val, key: Val, bytes: number, kind: AccessKind, options: AccessOptions): Val {
    for (const v of [this.#context(options), va, key]) asNode(v).emit(this.code);
    this.emitRecord();
    asNode(this.i32(describeAccess(bytes, kind, options))).emit(this.code);
    asNode(this.budgetHere()).emit(this.code);
    this.code.byte(0x10); // call
    this.code.uleb(goFunction + (kind === "read" ? FindFunction.read : FindFunction.write));
    const host = this.newLocal("i64");
    this.setLocal(host);
    this.ifSeldom(this.w("i64.eqz", this.local(host, "i64")), () => this.leaveWithBudget());
    return this.local(host, "i64");
  }
  /** On this path the stack pointer has been checked, and has moved by multiples of 16 at most. */
  protected stackIsAligned = false;

  override checkSp(address: Val): void {
    if (this.stackIsAligned) return;
    const low = this.w("i64.and", address, this.i64(15));
    const bad = this.w("i32.and", this.w("i64.ne", low, this.i64(0)), this.field("spCheck"));
    this.ifSeldom(bad, () => this.sideExit());
    this.stackIsAligned = this.conditions === 0;
  }
  override setX(slot: SlotRef, value: Val): void {
    if (slot as unknown as number === StackPointer) {
      const { n, imm } = this.instruction().operands;
      // Whatever adds an immediate to SP says so in its operands.
      if (n !== StackPointer || imm === undefined || imm % 16n !== 0n) this.stackIsAligned = false;
    }
    super.setX(slot, value);
  }
}

const StackPointer = StateLayout.x + Slot.sp * 8;
