/**
 * Memory that VMs share: the inter-VM channels of ArceOS's hypercalls.
 *
 * A channel is a page with a header: who published it, and under what key. Guests see it in the
 * window that an emulated device of the kind "ivc-channel" keeps free for them.
 *
 * @module
 */

import type { Machine } from "../machine/machine.ts";
import { clearRam, guestRam } from "./guest_memory.ts";
import type { MemoryPool } from "./memory_pool.ts";
import type { Vm } from "./vm.ts";

const PageBytes = 4096;

/** A page with a key, and where VMs see it. */
interface Channel {
  readonly publisher: number;
  readonly key: bigint;
  readonly pa: number;
  /** Its publisher wants it no more; it goes with the last subscriber. */
  isWithdrawn: boolean;
  readonly seen: Map<Vm, number>;
}

/** Where a VM passes results back: guest-physical addresses of 64-bit words. */
export interface ChannelResults {
  readonly address: bigint;
  readonly size: bigint;
}

/** Why a call failed; nothing when it succeeded. */
export type ChannelProblem = string | undefined;

/** The channels of all VMs. */
export class Channels {
  readonly #machine: Machine;
  readonly #memory: MemoryPool;
  #channels: Channel[] = [];

  constructor(machine: Machine, memory: MemoryPool) {
    this.#machine = machine;
    this.#memory = memory;
  }

  /** Makes a page for others to find; a larger one than a page becomes one. */
  publish(vm: Vm, key: bigint, results: ChannelResults): ChannelProblem {
    if (this.#offered(vm.id, key)) return "it has published that key already";
    const page = this.#memory.takeLowest(PageBytes, PageBytes);
    if (!page) return "there is no RAM for a page";
    const pa = page.base;
    clearRam(this.#machine, pa, PageBytes);
    const { view } = this.#machine.parts.ram;
    const host = this.#machine.parts.ram.hostOffset(pa);
    view.setBigUint64(host, BigInt(vm.id), true);
    view.setBigUint64(host + 8, key, true);
    const channel: Channel = { publisher: vm.id, key, pa, isWithdrawn: false, seen: new Map() };
    const problem = this.#show(vm, channel, results);
    if (problem) this.#memory.release(page);
    else this.#channels.push(channel);
    return problem;
  }

  /** Shows a VM what another, or the same, has published. */
  subscribe(vm: Vm, publisher: bigint, key: bigint, results: ChannelResults): ChannelProblem {
    const channel = this.#offered(Number(publisher), key);
    if (!channel) return "nobody has published that";
    if (channel.seen.has(vm)) return "it sees that channel already";
    return this.#show(vm, channel, results);
  }

  unpublish(vm: Vm, key: bigint): ChannelProblem {
    const channel = this.#offered(vm.id, key);
    if (!channel) return "it has not published that";
    channel.isWithdrawn = true;
    this.#hide(vm, channel);
    return undefined;
  }

  unsubscribe(vm: Vm, publisher: bigint, key: bigint): ChannelProblem {
    const channel = this.#channels.find((c) =>
      c.publisher === Number(publisher) && c.key === key && c.seen.has(vm)
    );
    if (!channel || channel.publisher === vm.id) return "it has not subscribed to that";
    this.#hide(vm, channel);
    return undefined;
  }

  /** The VM has ended or begins anew. */
  forget(vm: Vm): void {
    for (const channel of [...this.#channels]) {
      if (channel.publisher === vm.id) channel.isWithdrawn = true;
      this.#hide(vm, channel);
    }
  }

  /** A channel that can be subscribed to. */
  #offered(publisher: number, key: bigint): Channel | undefined {
    return this.#channels.find((c) => c.publisher === publisher && c.key === key && !c.isWithdrawn);
  }

  #show(vm: Vm, channel: Channel, { address, size }: ChannelResults): ChannelProblem {
    const outputs = [guestRam(this.#machine, vm, address), guestRam(this.#machine, vm, size)];
    const [addressAt, sizeAt] = outputs;
    if (addressAt === undefined || sizeAt === undefined) return "its pointers lead to no memory";
    const gpa = this.#freePage(vm);
    if (gpa === undefined) return "it has no page left in windows of the kind ivc-channel";
    vm.stage2.map(gpa, channel.pa, PageBytes, Shared);
    this.#machine.mmu.flush();
    channel.seen.set(vm, gpa);
    const { view } = this.#machine.parts.ram;
    view.setBigUint64(addressAt, BigInt(gpa), true);
    view.setBigUint64(sizeAt, BigInt(PageBytes), true);
    return undefined;
  }

  #hide(vm: Vm, channel: Channel): void {
    const gpa = channel.seen.get(vm);
    if (gpa !== undefined) {
      vm.stage2.unmapPage(gpa);
      this.#machine.mmu.flush();
      channel.seen.delete(vm);
    }
    if (!channel.isWithdrawn || channel.seen.size > 0) return;
    this.#channels = this.#channels.filter((other) => other !== channel);
    this.#memory.release({ base: channel.pa, bytes: PageBytes });
  }

  #freePage(vm: Vm): number | undefined {
    const taken = new Set(this.#channels.map(({ seen }) => seen.get(vm)));
    for (const { kind, gpa, bytes } of vm.plan.emulated) {
      if (kind !== "ivc-channel") continue;
      const first = Math.ceil(gpa / PageBytes) * PageBytes;
      for (let page = first; page + PageBytes <= gpa + bytes; page += PageBytes) {
        if (!taken.has(page)) return page;
      }
    }
    return undefined;
  }
}

const Shared = { read: true, write: true, execute: false, device: false } as const;
