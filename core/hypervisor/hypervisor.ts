/**
 * The built-in hypervisor: VMs on the cores of a machine, from plans to their end.
 *
 * @module
 */

import { hexRange } from "../hex.ts";
import type { Device } from "../board/device.ts";
import type { MemoryRegion, VmPlan } from "../config/vm_plan.ts";
import type { Core } from "../cpu/types.ts";
import type { Machine } from "../machine/machine.ts";
import { Channels } from "./channels.ts";
import { type ResetRegisters, resetRegisters } from "./context.ts";
import type { Log } from "./exit.ts";
import { clearRam, writeGuest } from "./guest_memory.ts";
import { type HardwareLink, timerLinks } from "./hardware_links.ts";
import { ExitLedger } from "./ledger.ts";
import { MemoryPool, type PhysicalRange } from "./memory_pool.ts";
import type { RunObserver } from "./observer.ts";
import type { PhysicalGic } from "./physical_gic.ts";
import { guestInstruction, guestWord, report } from "./report.ts";
import { RunLoop } from "./run_loop.ts";
import { RoundRobin } from "./scheduler.ts";
import { Stage2 } from "./stage2.ts";
import { VirtualGic } from "./virtual_gic.ts";
import { type Vcpu, Vm, type VmDevices } from "./vm.ts";

/** What the hypervisor is made of. */
export interface HypervisorParts {
  readonly machine: Machine;
  /** Made when the cores have been reset, as it reads their registers. */
  readonly gic: () => PhysicalGic;
  /** INTID of the maintenance interrupt. */
  readonly maintenance: number;
  /** Makes what a VM has besides vCPUs and memory; `owned` says which SPIs are given away. */
  readonly devices: (plan: VmPlan) => VmDevices;
  readonly log: Log;
  /** Is told what happens. */
  readonly observer?: RunObserver;
}

/** RAM at the top of the board that is the hypervisor's own, for tables. */
const OwnBytes = 0x200_0000;
const MiB = 2 ** 20;
const PageBytes = 4096;
/** Alignments that allow the largest blocks in stage 2, best first. */
const Alignments = [2 * MiB, PageBytes];
/** Bits of a region's flags. */
const Flag = { read: 1, write: 2, execute: 4, device: 0x10 } as const;

/** Every VM and what runs them. */
export class Hypervisor {
  readonly vms: readonly Vm[];
  /** Every exit of every vCPU. */
  readonly ledger = new ExitLedger();
  /** Called when a VM has stopped or failed. */
  onVmEnded: (vm: Vm) => void = () => {};
  readonly #machine: Machine;
  readonly #log: Log;
  readonly #loop: RunLoop;
  readonly #reset: ResetRegisters;
  readonly #tables: MemoryPool;
  readonly #memory: MemoryPool;
  readonly #channels: Channels;
  /** Owners of physical SPIs. */
  readonly #owners = new Map<number, { readonly vm: Vm; readonly link: HardwareLink }>();

  /**
   * Loads every VM and starts it; the machine's next run runs them.
   *
   * @throws {RangeError} When there is not the RAM that the plans need.
   */
  constructor(parts: HypervisorParts, plans: readonly VmPlan[]) {
    const { machine } = parts;
    this.#machine = machine;
    this.#log = parts.log;
    for (const core of machine.cores) {
      core.reset({ pc: 0n, el: 2 });
      machine.power.start(core);
    }
    this.#reset = resetRegisters(machine.cores[0] as Core);
    const gic = parts.gic();
    const own = { alarm: machine.parts.timerPpis.cnthp, maintenance: parts.maintenance };
    const ram = machine.parts.ram.banks.map(({ base, size }) => ({ base, bytes: size }));
    this.#memory = new MemoryPool(ram);
    const top = this.#memory.takeHighest(OwnBytes, PageBytes);
    if (!top) {
      throw new RangeError("Cannot run VMs: 32 MiB of RAM must be there for the hypervisor");
    }
    this.#channels = new Channels(machine, this.#memory);
    this.#loop = new RunLoop(machine, gic, new RoundRobin<Vcpu>(machine.cores.length), own, {
      log: parts.log,
      channels: this.#channels,
      ledger: this.ledger,
      observer: parts.observer,
      turnOn: (vcpu, entry, x0) => this.#turnOn(vcpu, entry, x0),
      distributorChanged: (core, vcpu) => follow(core, vcpu.vm),
      instructionWord: (core, vcpu) => guestWord(machine, core, vcpu),
      instruction: (core, vcpu) => guestInstruction(machine, core, vcpu),
      halted: (core, vcpu, how) =>
        how === "off" ? this.#stop(core, vcpu.vm) : this.#restart(core, vcpu.vm),
      failed: (core, vcpu, why, syndrome) => this.#fail(core, vcpu, why, syndrome),
      ownerOf: (intid) => this.#owners.get(intid),
    });
    this.#tables = new MemoryPool([top]);
    const fixed = this.#claimFixed(plans);
    this.vms = plans.map((plan, i) =>
      this.#create(plan, i + 1, gic, parts.devices(plan), fixed.get(plan) as Taken)
    );
    this.#loop.start([machine.parts.timerPpis.cntp, machine.parts.timerPpis.cntv]);
    machine.mmu.flush();
    machine.onLost = (core) => this.#loop.lost(core);
    for (const vm of this.vms) this.#start(vm);
  }

  /** Takes the RAM of regions with fixed addresses before any that may be anywhere. */
  #claimFixed(plans: readonly VmPlan[]): Map<VmPlan, Taken> {
    const { ram } = this.#machine.parts;
    const taken = new Map<VmPlan, Taken>();
    for (const plan of plans) {
      const regions: Taken = new Map();
      for (const region of plan.memory) {
        if (region.kind === "alloc") continue;
        const { gpa: base, bytes } = region;
        if (ram.hostOffset(base) >= 0) this.#memory.claim(base, bytes);
        regions.set(region, [{ base, bytes }]);
      }
      taken.set(plan, regions);
    }
    return taken;
  }

  #create(plan: VmPlan, vmid: number, gic: PhysicalGic, devices: VmDevices, fixed: Taken): Vm {
    const stage2 = new Stage2(this.#machine.parts.ram, {
      pages: (count) => this.#tables.takeLowest(count * PageBytes, count * PageBytes)?.base,
    });
    const memory = plan.memory.map((region) =>
      fixed.get(region) ?? this.#memory.take(region.bytes, Alignments)
    );
    plan.memory.forEach((region, i) => {
      stage2.mapPieces(region.gpa, memory[i] as PhysicalRange[], {
        read: (region.flags & Flag.read) !== 0,
        write: (region.flags & Flag.write) !== 0,
        execute: (region.flags & Flag.execute) !== 0,
        device: (region.flags & Flag.device) !== 0,
      });
    });
    for (const { gpa, hpa, bytes } of devices.windows) {
      stage2.map(gpa, hpa, bytes, { read: true, write: true, execute: false, device: true });
    }
    const vgic = new VirtualGic(gic, devices.distributor);
    const vm = new Vm(plan, vmid, { devices, stage2, memory, gic: vgic });
    devices.distributor.onChange = (vcpus) => this.#loop.changed(vm, vcpus);
    for (const { hardware, guest } of devices.links) this.#link(vm, hardware, guest);
    this.#describe(vm);
    return vm;
  }

  /** A physical interrupt can have one owner. */
  #link(vm: Vm, hardware: number, guest: number): void {
    const owner = this.#owners.get(hardware);
    if (owner) {
      this.#log("info", vm.label, `interrupt ${hardware} goes to ${owner.vm.label}, not here`);
      return;
    }
    const link = vm.gic.links.add(hardware, guest);
    this.#owners.set(hardware, { vm, link });
  }

  #describe(vm: Vm): void {
    const { plan } = vm;
    const cpus = plan.vcpus.map((v) => `0x${v.mpidr.toString(16)}`).join(", ");
    this.#log("debug", vm.label, `"${vm.name}": vCPUs ${cpus}`);
    plan.memory.forEach((region, i) => {
      const pieces = (vm.memory[i] as PhysicalRange[]).map((p) => hexRange(p.base, p.bytes));
      const where = hexRange(region.gpa, region.bytes);
      this.#log("debug", vm.label, `memory ${where} is ${pieces.join(", ")}`);
    });
    for (const { gpa, hpa, bytes } of vm.devices.windows) {
      const where = gpa === hpa ? "" : ` is ${hexRange(hpa, bytes)}`;
      this.#log("debug", vm.label, `window ${hexRange(gpa, bytes)}${where}`);
    }
  }

  /** Puts the images into memory and lets the first vCPU run. */
  #start(vm: Vm): void {
    const { plan } = vm;
    const write = (gpa: number, bytes: Uint8Array) =>
      writeGuest(this.#machine, vm.stage2.mappings, gpa, bytes);
    for (const { gpa, bytes } of plan.images) write(gpa, bytes);
    const { deviceTree } = vm.devices;
    if (deviceTree && plan.dtb) write(plan.dtb.gpa, deviceTree);
    vm.counterOffset = this.#loop.core.timers.count();
    vm.state = "running";
    this.#turnOn(vm.vcpus[0] as Vcpu, BigInt(plan.entry), BigInt(plan.x0));
  }

  #turnOn(vcpu: Vcpu, entry: bigint, x0: bigint): void {
    vcpu.reset(this.#reset, entry, x0);
    const { cntp, cntv } = this.#machine.parts.timerPpis;
    for (const link of timerLinks({ cntp, cntv })) vcpu.interrupts.links.set(link.guest, link);
    this.#loop.wake(vcpu);
  }

  #stop(core: Core, vm: Vm): void {
    vm.state = "stopped";
    this.#end(core, vm);
  }

  #fail(core: Core, vcpu: Vcpu, why: string, syndrome: boolean): void {
    const { vm } = vcpu;
    vm.state = "failed";
    vm.failure = report(this.#machine, core, vcpu, why, syndrome, this.ledger);
    this.#log("error", vm.label, vm.failure);
    this.#end(core, vm);
  }

  #end(core: Core, vm: Vm): void {
    this.#loop.detach(vm);
    this.#channels.forget(vm);
    vm.gic.reset(core);
    for (const { device } of vm.devices.emulated) device.reset();
    this.onVmEnded(vm);
    if (this.vms.every((other) => other.ended)) this.#machine.stop();
  }

  /** The guest asked for a reset: everything as it was when the VM was loaded. */
  #restart(core: Core, vm: Vm): void {
    this.#log("info", vm.label, "reset by its guest");
    this.#loop.detach(vm);
    this.#channels.forget(vm);
    vm.gic.reset(core);
    for (const { device } of vm.devices.emulated) device.reset();
    for (const device of vm.devices.passedThrough) {
      if (!this.#isShared(vm, device)) device.reset();
    }
    vm.plan.memory.forEach((region, i) => {
      if (region.kind === "reserved") return;
      for (const { base, bytes } of vm.memory[i] as PhysicalRange[]) {
        clearRam(this.#machine, base, bytes);
      }
    });
    this.#machine.mmu.flush();
    this.#start(vm);
  }

  /** Whether another VM that runs has the device, too. */
  #isShared(vm: Vm, device: Device): boolean {
    return this.vms.some((other) =>
      other !== vm && !other.ended && other.devices.passedThrough.includes(device)
    );
  }
}

/** RAM of a plan's regions. */
type Taken = Map<MemoryRegion, readonly PhysicalRange[]>;

function follow(core: Core, vm: Vm): void {
  vm.gic.follow(core, vm.vcpus, (vcpu) => vm.vcpus[vcpu]?.core ?? 0);
}
