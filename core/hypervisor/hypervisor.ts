/**
 * The built-in hypervisor: VMs on the cores of a machine, from plans to their end.
 *
 * What is asked of VMs from outside (start, pause, ...) is done between two runs of the machine, and
 * its effects begin with the next one: the same requests at the same virtual times give the same run.
 *
 * @module
 */

import type { Alarm } from "../board/clock.ts";
import type { Device } from "../board/device.ts";
import type { VmPlan } from "../config/vm_plan.ts";
import type { Core } from "../cpu/types.ts";
import type { Machine } from "../machine/machine.ts";
import { Channels } from "./channels.ts";
import { type ConsoleLine, consoleLine } from "./console_line.ts";
import { type ResetRegisters, resetRegisters } from "./context.ts";
import { describe } from "./description.ts";
import type { Log } from "./exit.ts";
import { writeGuest } from "./guest_memory.ts";
import { type HardwareLink, timerLinks } from "./hardware_links.ts";
import { ExitLedger } from "./ledger.ts";
import { Done, refuse, type Result, type VmOperation, wrongState } from "./lifecycle.ts";
import type { RunObserver } from "./observer.ts";
import type { PhysicalGic } from "./physical_gic.ts";
import { guestInstruction, guestWord, report } from "./report.ts";
import { type Holdings, Resources } from "./resources.ts";
import { RunLoop } from "./run_loop.ts";
import { Scheduler } from "./scheduler.ts";
import { DefaultPolicy, type PolicyName } from "./scheduling/policies.ts";
import type { SchedulerReport } from "./scheduling/report.ts";
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
  /** How vCPUs share cores. */
  readonly scheduler?: PolicyName;
}

/** Virtual time that a guest has to power off when it is asked to. */
const PowerOffNs = 10_000_000_000;
/**
 * A guest that resets itself starts again at a multiple of this, and not before as long has passed:
 * one that does nothing else cannot keep the host from its other work.
 */
const ResetNs = 10_000_000;

/** Every VM and what runs them. */
export class Hypervisor {
  /** Every exit of every vCPU. */
  readonly ledger = new ExitLedger();
  /** Called when a VM has stopped or failed. */
  onVmEnded: (vm: Vm) => void = () => {};
  /** Called when there is another VM, or one less. */
  onVmsChanged: () => void = () => {};
  /** Somebody may start VMs when all have ended: the machine goes on without any. */
  isAttended = false;
  readonly resources: Resources;
  readonly #machine: Machine;
  readonly #gic: PhysicalGic;
  readonly #makeDevices: HypervisorParts["devices"];
  readonly #log: Log;
  readonly #scheduler: Scheduler;
  readonly #loop: RunLoop;
  readonly #reset: ResetRegisters;
  readonly #channels: Channels;
  readonly #vms: Vm[] = [];
  /** By the VM's id; a VM that is deleted and made again has the same. */
  readonly #consoles = new Map<number, ConsoleLine>();
  /** Owners of physical SPIs. */
  readonly #owners = new Map<number, { readonly vm: Vm; readonly link: HardwareLink }>();
  /** What is to become of VMs by itself: the end after a request to power off, a start after a reset. */
  readonly #alarms = new Map<Vm, Alarm>();
  /** System count at which VMs were paused. */
  readonly #pausedAt = new Map<Vm, bigint>();

  /**
   * Loads every VM and starts it; the machine's next run runs them.
   *
   * @throws {RangeError} When there is not the RAM that the plans need.
   */
  constructor(parts: HypervisorParts, plans: readonly VmPlan[]) {
    const { machine } = parts;
    this.#machine = machine;
    this.#log = parts.log;
    this.#makeDevices = parts.devices;
    this.#scheduler = new Scheduler(machine, parts.scheduler ?? DefaultPolicy);
    for (const core of machine.cores) {
      core.reset({ pc: 0n, el: 2 });
      machine.power.start(core);
    }
    this.#reset = resetRegisters(machine.cores[0] as Core);
    this.#gic = parts.gic();
    const own = { alarm: machine.parts.timerPpis.cnthp, maintenance: parts.maintenance };
    this.resources = new Resources(machine, plans);
    this.#channels = new Channels(machine, this.resources.memory);
    this.#loop = new RunLoop(machine, this.#gic, this.#scheduler, own, {
      log: parts.log,
      channels: this.#channels,
      ledger: this.ledger,
      observer: parts.observer,
      turnOn: (vcpu, entry, x0) => this.#turnOn(vcpu, entry, x0),
      distributorChanged: (core, vcpu) => follow(core, vcpu.vm),
      instructionWord: (core, vcpu) => guestWord(machine, core, vcpu),
      instruction: (core, vcpu) => guestInstruction(machine, core, vcpu),
      halted: (_core, { vm }, how) =>
        how === "off" || vm.state === "stopping"
          ? this.#end(vm, "stopped")
          : this.#resetByGuest(vm),
      failed: (core, vcpu, why, syndrome) => this.#fail(core, vcpu, why, syndrome),
      ownerOf: (intid) => this.#owners.get(intid),
    });
    for (const plan of plans) this.resources.reserve(plan);
    for (const plan of plans) this.#vms.push(this.#load(plan));
    this.#loop.start([machine.parts.timerPpis.cntp, machine.parts.timerPpis.cntv]);
    machine.mmu.flush();
    machine.onLost = (core) => this.#loop.lost(core);
    for (const vm of this.vms) this.#start(vm);
  }

  /** What the scheduler has done so far. */
  readonly scheduling = (): SchedulerReport => this.#scheduler.report(this.vms);

  /** The VMs there are, each in its current life. */
  get vms(): readonly Vm[] {
    return this.#vms;
  }

  /** The VM with this id, in its current life. */
  find(id: number): Vm | undefined {
    return this.#vms.find((vm) => vm.id === id);
  }

  /** Makes another VM, to be started. */
  create(plan: VmPlan): Result {
    if (this.find(plan.id)) return refuse("create", `vm${plan.id}`, "there is a VM with that id");
    return this.#attempt("create", `vm${plan.id}`, () => {
      this.#vms.push(this.#load(plan));
      this.onVmsChanged();
    });
  }

  /** Starts a VM that has not run yet, or anew one that has ended. */
  start(id: number): Result {
    return this.#operate("start", id, (vm) => {
      return vm.ended ? this.#relaunch("start", vm) : this.#start(vm);
    });
  }

  /** Lets a VM stand still, its virtual counter included. */
  pause(id: number): Result {
    return this.#operate("pause", id, (vm) => {
      vm.state = "paused";
      this.#pausedAt.set(vm, this.#loop.core.timers.count());
      this.#loop.pause(vm);
    });
  }

  /** Lets a paused VM go on. */
  resume(id: number): Result {
    return this.#operate("resume", id, (vm) => {
      const now = this.#loop.core.timers.count();
      vm.counterOffset += now - (this.#pausedAt.get(vm) ?? now);
      this.#pausedAt.delete(vm);
      vm.state = "running";
      this.#loop.resume(vm);
    });
  }

  /**
   * Asks the guest to power off by its power key; it is cut off when it has not done so in ten
   * seconds of virtual time, or at once when it has no such key or does not run.
   */
  stop(id: number): Result {
    return this.#operate("stop", id, (vm) => {
      const { powerKey } = vm.devices;
      if (!powerKey || vm.state !== "running") return this.#cutOff(vm);
      vm.state = "stopping";
      this.#schedule(vm, this.#machine.nowNs + PowerOffNs, () => this.#outOfTime(vm));
      powerKey();
    });
  }

  /** Stops a VM without asking its guest. */
  kill(id: number): Result {
    return this.#operate("kill", id, (vm) => this.#cutOff(vm));
  }

  /** Cuts a VM off, unless it has ended, and starts it anew. */
  restart(id: number): Result {
    return this.#operate("restart", id, (vm) => this.#relaunch("restart", vm));
  }

  /** Forgets a VM that does not run. */
  delete(id: number): Result {
    return this.#operate("delete", id, (vm) => {
      if (!vm.ended) this.#giveBack(vm);
      this.#vms.splice(this.#vms.indexOf(vm), 1);
      this.onVmsChanged();
      this.ledger.forget(id);
      this.#scheduler.forget(id);
    });
  }

  /** Does what the VM's state allows. */
  #operate(operation: VmOperation, id: number, act: (vm: Vm) => Result | void): Result {
    const vm = this.find(id);
    if (!vm) return refuse(operation, `vm${id}`, "there is no such VM");
    const why = wrongState(operation, vm.state);
    return why === undefined ? act(vm) ?? Done : refuse(operation, vm.label, why);
  }

  /** Does what may lack resources. */
  #attempt(operation: string, label: string, act: () => void): Result {
    try {
      act();
      return Done;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refuse(operation, label, error.message.replace(/^C/, "c"));
    }
  }

  /** A new life of a VM. @throws {RangeError} When there is not what it needs. */
  #load(plan: VmPlan): Vm {
    const devices = this.#makeDevices(plan);
    let vm: Vm;
    let holdings: Holdings | undefined;
    try {
      holdings = this.resources.take(plan, devices.windows);
      const gic = new VirtualGic(this.#gic, devices.distributor);
      const console = this.#consoles.get(plan.id) ?? consoleLine();
      this.#consoles.set(plan.id, console);
      const exits = this.ledger.countersOf(plan.id);
      const accounts = this.#scheduler.accountsOf(plan.id, plan.vcpus.length);
      vm = new Vm(plan, { devices, holdings, gic, console, exits, accounts });
      console.plug(devices.console);
    } catch (error) {
      devices.release();
      if (holdings) this.resources.release(holdings);
      throw error;
    }
    devices.distributor.onChange = (vcpus) => this.#loop.changed(vm, vcpus);
    for (const { hardware, guest } of devices.links) this.#link(vm, hardware, guest);
    describe(vm, this.#log);
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

  /** Puts the images into memory and lets the first vCPU run. */
  #start(vm: Vm): void {
    this.#unschedule(vm);
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

  #fail(core: Core, vcpu: Vcpu, why: string, syndrome: boolean): void {
    const { vm } = vcpu;
    vm.failure = report(this.#machine, core, vcpu, why, syndrome, this.ledger);
    this.#log("error", vm.label, vm.failure);
    this.#end(vm, "failed");
  }

  /** It did not power off in time. */
  #outOfTime(vm: Vm): void {
    const seconds = PowerOffNs / 1e9;
    this.#log("warn", vm.label, `its guest has not powered off in ${seconds} s and is cut off`);
    this.#cutOff(vm);
  }

  #cutOff(vm: Vm): void {
    vm.wasCutOff = true;
    this.#end(vm, "stopped");
  }

  #end(vm: Vm, state: "stopped" | "failed"): void {
    this.#giveBack(vm);
    vm.state = state;
    this.#announceEnd(vm);
  }

  #announceEnd(vm: Vm): void {
    this.onVmEnded(vm);
    if (!this.isAttended && this.vms.every((other) => other.ended)) this.#machine.stop();
  }

  /** Takes everything from a VM: it runs no more. */
  #giveBack(vm: Vm): void {
    const { devices } = vm;
    this.#loop.detach(vm);
    this.#channels.forget(vm);
    this.#pausedAt.delete(vm);
    this.#unschedule(vm);
    this.#consoles.get(vm.id)?.plug(undefined);
    devices.distributor.onChange = () => {};
    vm.gic.reset(this.#loop.core);
    for (const { hardware } of devices.links) {
      if (this.#owners.get(hardware)?.vm === vm) this.#owners.delete(hardware);
    }
    for (const { device } of devices.emulated) device.reset();
    for (const device of devices.passedThrough) {
      if (!this.#isShared(vm, device)) device.reset();
    }
    devices.release();
    this.resources.release(vm.holdings);
  }

  #resetByGuest(vm: Vm): void {
    this.#log("info", vm.label, "reset by its guest");
    const startNs = (Math.floor(this.#machine.nowNs / ResetNs) + 2) * ResetNs;
    const result = this.#relaunch("restart", vm, (next) => {
      this.#schedule(next, startNs, () => this.#start(next));
    });
    if (!result.ok) this.#log("error", vm.label, result.why);
  }

  /** Ends a VM's life, if it has not ended, and begins another one. */
  #relaunch(operation: string, vm: Vm, start = (next: Vm) => this.#start(next)): Result {
    const hadEnded = vm.ended;
    if (!hadEnded) {
      this.#giveBack(vm);
      vm.state = "stopped";
      vm.wasCutOff = true;
    }
    const result = this.#attempt(operation, vm.label, () => {
      const next = this.#load(vm.plan);
      this.#vms[this.#vms.indexOf(vm)] = next;
      start(next);
    });
    if (!result.ok && !hadEnded) this.#announceEnd(vm);
    return result;
  }

  /** Does something at a point of virtual time, unless the VM ends or is started before. */
  #schedule(vm: Vm, ns: number, act: () => void): void {
    const alarm = this.#machine.parts.events.alarm(act);
    this.#alarms.set(vm, alarm);
    alarm.set(ns);
  }

  #unschedule(vm: Vm): void {
    this.#alarms.get(vm)?.set(undefined);
    this.#alarms.delete(vm);
  }

  /** Whether another VM that has not ended has the device, too. */
  #isShared(vm: Vm, device: Device): boolean {
    return this.vms.some((other) =>
      other !== vm && !other.ended && other.devices.passedThrough.includes(device)
    );
  }
}

function follow(core: Core, vm: Vm): void {
  vm.gic.follow(core, vm.vcpus, (vcpu) => vm.vcpus[vcpu]?.core ?? 0);
}
