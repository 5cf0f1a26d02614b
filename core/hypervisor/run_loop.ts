/**
 * What happens at EL2: exits come in, outcomes are applied, the scheduler is asked, and a vCPU goes
 * back into its guest.
 *
 * All that it does is what software at EL2 can do: it reads and writes registers of the core it runs
 * on and of the interrupt controller, and reaches another core by an SGI.
 *
 * @module
 */

import { Hcr, store, stored } from "../cpu/controls.ts";
import { exceptionReturn } from "../cpu/exceptions.ts";
import { updateAttention } from "../cpu/interrupts.ts";
import { setRegister } from "../cpu/system_registers.ts";
import type { Core } from "../cpu/types.ts";
import { ExceptionLoop } from "../machine/exception_loop.ts";
import type { Machine } from "../machine/machine.ts";
import { readExit, type Services } from "./exit.ts";
import { ReasonKind, reasonOf } from "./exit_reasons.ts";
import { handleExit } from "./exits.ts";
import { isAtEl0, takeGuestException } from "./guest_exceptions.ts";
import type { HardwareLink } from "./hardware_links.ts";
import { nextSignal } from "./guest_timers.ts";
import { retired } from "./ledger.ts";
import type { Outcome } from "./outcome.ts";
import type { RunObserver } from "./observer.ts";
import { FirstSpecial, type PhysicalGic } from "./physical_gic.ts";
import { armAlarm, loadVcpu, type PhysicalCpu, unloadVcpu } from "./physical_cpu.ts";
import type { Scheduler } from "./scheduler.ts";
import { VtcrEl2 } from "./stage2.ts";
import type { Vcpu, Vm } from "./vm.ts";

/** INTIDs that the hypervisor uses itself. */
export interface OwnInterrupts {
  /** CNTHP: time slices, and timers of vCPUs that have no core. */
  readonly alarm: number;
  /** List registers want attention. */
  readonly maintenance: number;
}

/** The SGI by which one core has another look at its queue. */
const Kick = 0;

/** HCR_EL2 while a guest runs. */
const GuestHcr = Hcr.VM | Hcr.SWIO | Hcr.FMO | Hcr.IMO | Hcr.AMO | Hcr.FB | (1n << 10n) | Hcr.TWI |
  Hcr.TSC | Hcr.RW;

/** Guests use counters and timers of EL1 directly. */
const TimerAccess = 3n;

/** Offsets from VBAR_EL2, where no code is: they say what kind of exception has come. */
const Vector = { mask: 0x180, shift: 7, sync: 0 } as const;

/**
 * What an exit takes of virtual time, as the instructions of software at EL2 would: a guest that only
 * causes exits gets older by them.
 */
const ExitNs = 1000;

const Lost = "it takes the same exception at its own vector without end";

/** What the run loop asks of the hypervisor. */
export interface RunLoopHost extends Services {
  /** Who watches; nobody as a rule. */
  readonly observer: RunObserver | undefined;
  /** The guest asks for its VM to end, from `vcpu`. */
  halted(core: Core, vcpu: Vcpu, how: "off" | "reset"): void;
  /** The VM cannot go on; `syndrome`: ESR_EL2 says why. */
  failed(core: Core, vcpu: Vcpu, why: string, syndrome: boolean): void;
  /** The VM that a physical SPI belongs to. */
  ownerOf(intid: number): { readonly vm: Vm; readonly link: HardwareLink } | undefined;
}

/** See the module. */
export class RunLoop {
  readonly #machine: Machine;
  readonly #gic: PhysicalGic;
  readonly #scheduler: Scheduler;
  readonly #host: RunLoopHost;
  readonly #own: OwnInterrupts;
  readonly #cpus: readonly PhysicalCpu[];
  /** Exceptions that guests got from here. */
  readonly #exceptions = new ExceptionLoop();
  /** The core that is at EL2 right now. */
  #handling: PhysicalCpu | undefined;
  /** vCPUs that have news from their distributor, to be seen to before EL2 is left. */
  readonly #news = new Map<Vm, number>();

  constructor(
    machine: Machine,
    gic: PhysicalGic,
    scheduler: Scheduler,
    own: OwnInterrupts,
    host: RunLoopHost,
  ) {
    this.#machine = machine;
    this.#gic = gic;
    this.#host = host;
    this.#own = own;
    this.#scheduler = scheduler;
    this.#cpus = scheduler.cpus;
  }

  /** Sets up EL2 of every core; they wait for work. */
  start(guestPrivate: readonly number[]): void {
    this.#gic.initialize();
    const own = [Kick, this.#own.alarm, this.#own.maintenance];
    for (const cpu of this.#cpus) {
      const { core } = cpu;
      this.#gic.initializeCore(core, [...own, ...guestPrivate]);
      setRegister(core, "VTCR_EL2", VtcrEl2);
      setRegister(core, "CNTHCTL_EL2", TimerAccess);
      setRegister(core, "CPTR_EL2", 0n);
      this.#setHcr(cpu, GuestHcr);
      core.el2Handler = () => this.#handle(cpu);
      this.#idle(cpu);
    }
  }

  /** A vCPU that is off or waits can run from now on. */
  wake(vcpu: Vcpu): void {
    if (vcpu.state !== "off" && vcpu.state !== "blocked") return;
    for (const { sleepers } of this.#cpus) sleepers.delete(vcpu);
    vcpu.alarm = undefined;
    if (!this.#scheduler.wake(vcpu)) return;
    this.#host.observer?.woken(vcpu, this.#machine.nowNs);
    this.#notify(vcpu.core);
  }

  /** A distributor may have something else for these vCPUs (bit mask). */
  changed(vm: Vm, vcpus: number): void {
    this.#news.set(vm, (this.#news.get(vm) ?? 0) | vcpus);
    if (!this.#handling) this.#spread();
  }

  /** The guest on a core repeats an exception without end: its VM is to be stopped. */
  lost(core: Core): void {
    const vcpu = this.#cpus[core.index]?.current;
    if (!vcpu || this.#handling) return;
    vcpu.isLost = true;
    this.#notify(core.index);
  }

  /** Takes the VM's vCPUs off all cores and out of all queues. */
  detach(vm: Vm): void {
    for (const vcpu of vm.vcpus) {
      this.#scheduler.detach(vcpu);
      vcpu.loadedOn = undefined;
      vcpu.alarm = undefined;
    }
    for (const cpu of this.#cpus) {
      for (const vcpu of vm.vcpus) cpu.sleepers.delete(vcpu);
      if (cpu.loaded?.vm !== vm) continue;
      this.#notify(cpu.core.index);
    }
    this.#news.delete(vm);
  }

  /** Takes the VM's vCPUs off all cores and out of all queues; they keep what they are at. */
  pause(vm: Vm): void {
    for (const vcpu of vm.vcpus) this.#scheduler.pause(vcpu);
    for (const { core, loaded, sleepers } of this.#cpus) {
      for (const vcpu of vm.vcpus) sleepers.delete(vcpu);
      if (loaded?.vm === vm) this.#notify(core.index);
    }
  }

  /** After a pause: what was ready is so again, and what waited has its timers again. */
  resume(vm: Vm): void {
    for (const vcpu of vm.vcpus) {
      if (this.#scheduler.resume(vcpu)) {
        this.wake(vcpu);
      } else if (vcpu.state === "blocked" && !vcpu.loadedOn) {
        vcpu.alarm = nextSignal(vcpu, vm.counterOffset);
        if (vcpu.alarm === undefined) continue;
        this.#cpus[vcpu.core]?.sleepers.add(vcpu);
        this.#notify(vcpu.core); // which sets its alarm
      }
    }
  }

  /** The core that does EL2's work now, or any when none does. */
  get core(): Core {
    return (this.#handling ?? this.#cpus[0] as PhysicalCpu).core;
  }

  /** An exception to EL2 has been taken. */
  #handle(cpu: PhysicalCpu): void {
    const { core } = cpu;
    const { ledger, observer } = this.#host;
    const vector = (core.state.u32("pc") & Vector.mask) >>> Vector.shift;
    const isSynchronous = vector === Vector.sync;
    this.#handling = cpu;
    const vcpu = cpu.current;
    const leftNs = this.#machine.nowNs;
    this.#machine.spend(ExitNs);
    if (vcpu) {
      ledger.begin(core, vcpu, vector, leftNs, cpu.enteredNs, cpu.enteredRetired);
      vcpu.pc = stored(core, "ELR_EL2");
      vcpu.pstate = stored(core, "SPSR_EL2");
      vcpu.vm.gic.delivery.sync(core, vcpu);
      observer?.left(core.index, vcpu, leftNs);
      if (isSynchronous) this.#apply(cpu, vcpu, handleExit(readExit(core, vcpu, this.#host)));
    }
    if (!vcpu) observer?.left(core.index, vcpu, leftNs);
    if (!isSynchronous) this.#takeInterrupts(cpu);
    if (vcpu?.isLost && vcpu.state === "running") {
      vcpu.isLost = false;
      this.#host.failed(core, vcpu, Lost, false);
    }
    this.#spread();
    this.#dispatch(cpu);
    if (vcpu) ledger.end(vcpu, cpu.current, this.#machine.nowNs);
    observer?.entered(core.index, cpu.current, this.#machine.nowNs, vcpu && ledger.last());
    this.#handling = undefined;
  }

  #apply(cpu: PhysicalCpu, vcpu: Vcpu, outcome: Outcome): void {
    this.#host.ledger.outcome(outcome.next);
    switch (outcome.next) {
      case "resume":
        return;
      case "skip":
        vcpu.pc = BigInt.asUintN(64, vcpu.pc + 4n);
        return;
      case "wait":
        // WFI traps only when no interrupt is signalled; a call may come while one is.
        if (outcome.skip) vcpu.pc = BigInt.asUintN(64, vcpu.pc + 4n);
        else vcpu.interrupts.offered.clear();
        if (!vcpu.vm.gic.delivery.hasNews(vcpu)) this.#scheduler.leave(vcpu, "blocked");
        return;
      case "yield":
        vcpu.pc = BigInt.asUintN(64, vcpu.pc + 4n);
        this.#scheduler.requeue(vcpu, "yielded");
        return;
      case "off":
        this.#scheduler.leave(vcpu, "off");
        vcpu.loadedOn = undefined; // what is in the core's registers is of no use to anybody
        return;
      case "reflect": {
        const from = isAtEl0(vcpu) ? 0 : 1;
        takeGuestException(cpu.core, vcpu, outcome.exception);
        if (this.#exceptions.note(cpu.core, from, 1)) {
          this.#host.failed(cpu.core, vcpu, Lost, false);
        }
        return;
      }
      case "halt":
        return this.#host.halted(cpu.core, vcpu, outcome.how);
      case "fail":
        return this.#host.failed(cpu.core, vcpu, outcome.why, true);
    }
  }

  #takeInterrupts(cpu: PhysicalCpu): void {
    const { core } = cpu;
    for (;;) {
      const id = this.#gic.acknowledge(core);
      const intid = id & 0x3ff;
      if (intid >= FirstSpecial) return;
      this.#takeInterrupt(cpu, id, intid);
    }
  }

  #takeInterrupt(cpu: PhysicalCpu, id: number, intid: number): void {
    const { core } = cpu;
    this.#gic.end(core, id);
    const { ledger } = this.#host;
    const link = cpu.loaded?.interrupts.links.get(intid);
    if (link && cpu.loaded) {
      const kind = link.timer ? ReasonKind.timer : ReasonKind.device;
      ledger.because(reasonOf(kind, intid), intid);
      cpu.loaded.vm.gic.links.inject(cpu.loaded, link);
      return;
    }
    const owner = this.#host.ownerOf(intid);
    if (owner) {
      ledger.because(reasonOf(ReasonKind.device, intid), intid);
      owner.vm.gic.links.inject(owner.vm.vcpus[0] as Vcpu, owner.link);
      return;
    }
    if (intid === this.#own.alarm) {
      ledger.because(reasonOf(ReasonKind.alarm), intid);
      setRegister(core, "CNTHP_CTL_EL2", 0n);
      cpu.armed = undefined;
      const now = core.timers.count();
      for (const vcpu of [...cpu.sleepers]) {
        if (vcpu.alarm !== undefined && vcpu.alarm <= now) this.wake(vcpu);
      }
    } else {
      const kind = intid === Kick ? ReasonKind.kick : ReasonKind.maintenance;
      ledger.because(reasonOf(kind), intid);
    }
    this.#gic.deactivate(core, id);
  }

  /** Wakes vCPUs for which there is something, and has others' cores look again. */
  #spread(): void {
    for (const [vm, vcpus] of this.#news) {
      this.#news.delete(vm);
      for (const vcpu of vm.vcpus) {
        if (((vcpus >>> vcpu.index) & 1) === 0) continue;
        const isRunning = vcpu.state === "running";
        if (!isRunning && vcpu.state !== "blocked") continue;
        if (!vm.gic.delivery.hasNews(vcpu)) continue;
        if (isRunning) this.#notify(vcpu.core);
        else this.wake(vcpu);
      }
    }
  }

  /** Has a core come to EL2; the one that is there comes to `dispatch` anyway. */
  #notify(index: number): void {
    const cpu = this.#cpus[index] as PhysicalCpu;
    if (cpu === this.#handling) return;
    this.#gic.sendSgi((this.#handling ?? cpu).core, index, Kick);
  }

  /** Leaves EL2 for a guest, or waits in it. */
  #dispatch(cpu: PhysicalCpu): void {
    const { core } = cpu;
    if (cpu.loaded && !(cpu.loaded.loadedOn && cpu.loaded.vm.isActive)) unloadVcpu(cpu, this.#gic);
    const vcpu = this.#scheduler.choose(cpu);
    const taker = this.#scheduler.taker(core.index);
    if (taker !== undefined) this.#notify(taker);
    if (!vcpu) return this.#idle(cpu);
    if (cpu.loaded !== vcpu) {
      unloadVcpu(cpu, this.#gic);
      loadVcpu(cpu, vcpu);
    }
    vcpu.vm.gic.delivery.flush(core, vcpu);
    const isWanted = this.#scheduler.sliceEndNs(vcpu) !== undefined;
    this.#setHcr(
      cpu,
      GuestHcr | (isWanted ? Hcr.TWE : 0n) | (vcpu.interrupts.isSignalled ? Hcr.VI : 0n) |
        (vcpu.vm.gic.delivery.hidesSystemRegisters ? Hcr.TID3 : 0n),
    );
    this.#arm(cpu);
    cpu.enteredNs = this.#machine.nowNs;
    cpu.enteredRetired = retired(core);
    store(core, "ELR_EL2", vcpu.pc);
    store(core, "SPSR_EL2", vcpu.pstate);
    exceptionReturn(core);
  }

  /** Waits at EL2, interrupts open, with the last vCPU's registers left where they are. */
  #idle(cpu: PhysicalCpu): void {
    const { core } = cpu;
    this.#arm(cpu);
    core.state.setU32("daif", 0);
    updateAttention(core);
    this.#machine.wait(core, "wfi");
  }

  #setHcr(cpu: PhysicalCpu, hcr: bigint): void {
    if (cpu.hcr === hcr) return;
    cpu.hcr = hcr;
    setRegister(cpu.core, "HCR_EL2", hcr);
  }

  /** Sets CNTHP to when this core must come to EL2 next. */
  #arm(cpu: PhysicalCpu): void {
    armAlarm(cpu, cpu.current && this.#scheduler.sliceEndNs(cpu.current));
  }
}
