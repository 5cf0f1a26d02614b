/**
 * What VMs get of the machine, and that all of it comes back: RAM, stage 2 tables, VMIDs.
 *
 * RAM that comes back is emptied before another VM gets it, and a VMID is free once no TLB holds
 * anything of it.
 *
 * @module
 */

import type { MemoryRegion, VmPlan } from "../config/vm_plan.ts";
import { without } from "../config/ranges.ts";
import type { Machine } from "../machine/machine.ts";
import { clearRam, dropCode } from "./guest_memory.ts";
import { MemoryPool, type PhysicalRange } from "./memory_pool.ts";
import { Stage2 } from "./stage2.ts";

/** What one VM has. */
export interface Holdings {
  /** VTTBR_EL2.VMID. */
  readonly vmid: number;
  readonly stage2: Stage2;
  /** What is behind each of the plan's regions. */
  readonly memory: readonly (readonly PhysicalRange[])[];
  /** RAM of those that is the VM's alone. */
  readonly ram: readonly PhysicalRange[];
}

/** A part of the board that a guest reaches directly. */
export interface DirectWindow {
  readonly gpa: number;
  readonly hpa: number;
  readonly bytes: number;
}

/** RAM that is the hypervisor's own, for tables: the highest that no plan names. */
const OwnBytes = 0x200_0000;
const MiB = 2 ** 20;
const PageBytes = 4096;
/** Alignments that allow the largest blocks in stage 2, best first. */
const Alignments = [2 * MiB, PageBytes];
/** Bits of a region's flags. */
const Flag = { read: 1, write: 2, execute: 4, device: 0x10 } as const;
/** VMIDs have eight bits, and zero stands for none. */
const MaxVmid = 255;

/** RAM of a plan's regions that have fixed addresses. */
type Fixed = ReadonlyMap<MemoryRegion, PhysicalRange>;

/** See the module. */
export class Resources {
  /** RAM for guests. */
  readonly memory: MemoryPool;
  readonly #machine: Machine;
  readonly #tables: MemoryPool;
  readonly #vmids = new Set<number>();
  readonly #reserved = new Map<VmPlan, Fixed>();

  /**
   * For a machine on which VMs of `plans` will run, and maybe others.
   *
   * @throws {RangeError} When there is not the RAM that the hypervisor needs itself.
   */
  constructor(machine: Machine, plans: readonly VmPlan[]) {
    this.#machine = machine;
    const ram = machine.parts.ram.banks.map(({ base, size }) => ({ base, bytes: size }));
    this.memory = new MemoryPool(ram);
    const own = highestUnnamed(ram, plans);
    if (!own) {
      throw new RangeError("Cannot run VMs: 32 MiB of RAM must be there for the hypervisor");
    }
    this.memory.claim(own.base, own.bytes);
    this.#tables = new MemoryPool([own]);
  }

  /** Bytes that are free for stage 2 tables. */
  get freeTableBytes(): number {
    return this.#tables.freeBytes;
  }

  /**
   * Takes the RAM of regions with fixed addresses, before others may have it.
   *
   * @throws {RangeError} When somebody has it.
   */
  reserve(plan: VmPlan): void {
    this.#reserved.set(plan, this.#claim(plan));
  }

  /**
   * Takes everything that a VM needs, or nothing.
   *
   * @throws {RangeError} When something is not there.
   */
  take(plan: VmPlan, windows: readonly DirectWindow[]): Holdings {
    const fixed = this.#reserved.get(plan) ?? this.#claim(plan);
    this.#reserved.delete(plan);
    const ram = [...fixed.values()].filter(({ base }) => this.#isRam(base));
    let stage2: Stage2 | undefined;
    try {
      const memory = plan.memory.map((region) => {
        const claimed = fixed.get(region);
        if (claimed) return [claimed];
        const pieces = this.memory.take(region.bytes, Alignments);
        ram.push(...pieces);
        return pieces;
      });
      stage2 = new Stage2(this.#machine.parts.ram, {
        pages: (count) => this.#tables.takeLowest(count * PageBytes, count * PageBytes)?.base,
        release: (base, count) => this.#tables.release({ base, bytes: count * PageBytes }),
      });
      mapAll(stage2, plan, memory, windows);
      for (const range of ram) this.#empty(range);
      return { vmid: this.#takeVmid(), stage2, memory, ram };
    } catch (error) {
      stage2?.release();
      for (const range of ram) this.memory.release(range);
      throw error;
    }
  }

  /** Takes back what `take` gave; none of the VM's vCPUs may run any more. */
  release({ vmid, stage2, ram }: Holdings): void {
    stage2.release();
    for (const range of ram) {
      dropCode(this.#machine, range.base, range.bytes);
      this.memory.release(range);
    }
    this.#machine.mmu.flush();
    this.#vmids.delete(vmid);
  }

  #claim(plan: VmPlan): Fixed {
    const claimed = new Map<MemoryRegion, PhysicalRange>();
    try {
      for (const region of plan.memory) {
        if (region.kind === "alloc") continue;
        const { gpa: base, bytes } = region;
        if (this.#isRam(base)) this.memory.claim(base, bytes);
        claimed.set(region, { base, bytes });
      }
      return claimed;
    } catch (error) {
      for (const range of claimed.values()) {
        if (this.#isRam(range.base)) this.memory.release(range);
      }
      throw error;
    }
  }

  /** What another VM has left in RAM is not for this one to see. */
  #empty(range: PhysicalRange): void {
    for (const { base, bytes } of this.memory.takeUsed(range)) clearRam(this.#machine, base, bytes);
  }

  #isRam(base: number): boolean {
    return this.#machine.parts.ram.hostOffset(base) >= 0;
  }

  #takeVmid(): number {
    for (let vmid = 1; vmid <= MaxVmid; vmid++) {
      if (this.#vmids.has(vmid)) continue;
      this.#vmids.add(vmid);
      return vmid;
    }
    throw new RangeError(`Cannot number a VM: at most ${MaxVmid} must be there at once`);
  }
}

/** RAM for the hypervisor, apart from all addresses that plans fix. */
function highestUnnamed(
  ram: readonly PhysicalRange[],
  plans: readonly VmPlan[],
): PhysicalRange | undefined {
  const named = plans.flatMap(({ memory }) => memory).filter(({ kind }) => kind !== "alloc")
    .map(({ gpa: base, bytes }) => ({ base, bytes }));
  const unnamed = ram.flatMap((range) => without(range, named));
  return new MemoryPool(unnamed).takeHighest(OwnBytes, PageBytes);
}

function mapAll(
  stage2: Stage2,
  plan: VmPlan,
  memory: readonly (readonly PhysicalRange[])[],
  windows: readonly DirectWindow[],
): void {
  plan.memory.forEach((region, i) => {
    stage2.mapPieces(region.gpa, memory[i] as PhysicalRange[], {
      read: (region.flags & Flag.read) !== 0,
      write: (region.flags & Flag.write) !== 0,
      execute: (region.flags & Flag.execute) !== 0,
      device: (region.flags & Flag.device) !== 0,
    });
  });
  for (const { gpa, hpa, bytes } of windows) {
    stage2.map(gpa, hpa, bytes, { read: true, write: true, execute: false, device: true });
  }
}
