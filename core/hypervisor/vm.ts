/** Virtual machines and their virtual CPUs: what they are made of and where they stand. @module */

import { Bus } from "../board/bus.ts";
import type { Device } from "../board/device.ts";
import type { VcpuPlan, VmPlan } from "../config/vm_plan.ts";
import { AffinityMask } from "../cpu/psci.ts";
import type { Core } from "../cpu/types.ts";
import { GuestContext, type ResetRegisters } from "./context.ts";
import { type VcpuInterrupts, vcpuInterrupts } from "./delivery.ts";
import type { ExitCounters } from "./exit_counters.ts";
import type { VmState } from "./lifecycle.ts";
import type { Holdings } from "./resources.ts";
import { newNotes, type Notes, type Schedulable } from "./scheduling/policy.ts";
import type { VcpuAccount, VcpuState } from "./scheduling/vcpu_account.ts";
import type { Stage2 } from "./stage2.ts";
import type { StolenTime } from "./stolen_time.ts";
import type { VirtualDistributor } from "./virtual_distributor.ts";
import type { VirtualGic } from "./virtual_gic.ts";

/** The outside's end of a VM's serial line. */
export interface VmConsole {
  onTransmit(take: (byte: number) => void): void;
  onReady(ready: () => void): void;
  canReceive(): boolean;
  receive(byte: number): boolean;
  /** Reads that have found the receiver empty. */
  emptyReads(): number;
}

/** A device that the hypervisor plays, at an address of the guest's. */
export interface PlacedDevice {
  readonly name: string;
  readonly gpa: number;
  readonly device: Device;
}

/** What the platform makes for a VM, as core knows no devices. */
export interface VmDevices {
  readonly distributor: VirtualDistributor;
  /** The distributor's frames among them, where the guest sees them. */
  readonly emulated: readonly PlacedDevice[];
  /** Parts of the board that the guest reaches directly. */
  readonly windows: readonly {
    readonly gpa: number;
    readonly hpa: number;
    readonly bytes: number;
  }[];
  /** The devices in those parts. */
  readonly passedThrough: readonly Device[];
  /** Interrupts of those parts. */
  readonly links: readonly { readonly hardware: number; readonly guest: number }[];
  readonly console: VmConsole | undefined;
  /** The device tree to be made for the guest, unless one was given. */
  readonly deviceTree: Uint8Array | undefined;
  /** Asks the guest to power off; absent when it has nothing by which it could be asked. */
  readonly powerKey: (() => void) | undefined;
  /** Resets the devices, and gives back what they have of the board and of the host. */
  release(): void;
}

/** EL1 with its own stack pointer, everything masked: how PSCI starts a core. */
const StartPstate = 0x3c5n;
/** Things that a guest does wrong and that are told: it could do other ones without end. */
const MaxRemarks = 200;

/** MPIDR_EL1 bit 31 is one. */
const MpidrFixed = 0x8000_0000n;

/** One vCPU. */
export class Vcpu implements Schedulable {
  readonly vm: Vm;
  /** Its number in its VM. */
  readonly index: number;
  readonly plan: VcpuPlan;
  /** Affinity fields of its MPIDR_EL1. */
  readonly affinity: bigint;
  readonly context = new GuestContext();
  readonly interrupts: VcpuInterrupts = vcpuInterrupts();
  readonly account: VcpuAccount;
  readonly notes: Notes;
  core: number;
  /** The core whose registers are this vCPU's, while it is so. */
  loadedOn: Core | undefined;
  /** Where the guest goes on, and its PSTATE. */
  pc = 0n;
  pstate = StartPstate;
  /** System count at which a timer of its wakes it, while it waits and others have its core. */
  alarm: bigint | undefined;
  /** It repeats an exception without end. */
  isLost = false;
  /** It has been turned on and has not run yet. */
  isStarting = false;

  constructor(vm: Vm, index: number, plan: VcpuPlan, account: VcpuAccount) {
    this.vm = vm;
    this.index = index;
    this.plan = plan;
    this.account = account;
    this.notes = newNotes(this.ranNs(account.sinceNs));
    this.affinity = BigInt(plan.mpidr);
    this.core = 31 - Math.clz32(plan.affinityMask & -plan.affinityMask);
  }

  get state(): VcpuState {
    return this.account.state;
  }

  get heldBy(): number | undefined {
    return this.loadedOn?.index;
  }

  get priority(): number {
    return this.plan.priority;
  }

  get weight(): number {
    return this.plan.weight;
  }

  ranNs(nowNs: number): number {
    return this.account.spent("running", nowNs);
  }

  /** MPIDR_EL1 as the guest reads it. */
  get mpidr(): bigint {
    return this.affinity | MpidrFixed;
  }

  /** The state PSCI gives a core that it turns on. */
  reset(registers: ResetRegisters, entry: bigint, x0: bigint): void {
    this.context.reset(registers, x0);
    Object.assign(this.interrupts, vcpuInterrupts());
    this.pc = entry;
    this.pstate = StartPstate;
    this.alarm = undefined;
    this.isLost = false;
    this.isStarting = true;
  }

  /** Whether its affinity lets it run there. */
  mayRunOn(core: number): boolean {
    return ((this.plan.affinityMask >>> core) & 1) !== 0;
  }
}

/** One life of a virtual machine: a VM that is started anew is another one with the same plan. */
export class Vm {
  readonly plan: VmPlan;
  readonly id: number;
  readonly name: string;
  readonly devices: VmDevices;
  readonly holdings: Holdings;
  readonly gic: VirtualGic;
  /** Where the guest's input and output go; it is the same in every life. */
  readonly console: VmConsole | undefined;
  /** The devices that the hypervisor plays. */
  readonly bus = new Bus();
  readonly vcpus: readonly Vcpu[];
  /** How often the VM has left its guest in all its lives; `exitCounts` has the names of reasons. */
  readonly exits: ExitCounters;
  state: VmState = "loaded";
  /** It has stopped, but not by its guest's wish. */
  wasCutOff = false;
  /** Why it failed: a report for people. */
  failure: string | undefined;
  /** There once the guest has asked for it; null when there cannot be. */
  stolenTime: StolenTime | null | undefined;
  /** CNTVOFF_EL2: the guest's virtual counter starts at zero, and stands still in pauses. */
  counterOffset = 0n;
  readonly #said = new Set<string>();

  constructor(
    plan: VmPlan,
    parts: {
      readonly devices: VmDevices;
      readonly holdings: Holdings;
      readonly gic: VirtualGic;
      readonly console: VmConsole;
      /** Those of its earlier lives, to be counted on. */
      readonly exits: ExitCounters;
      /** One for each vCPU, as above. */
      readonly accounts: readonly VcpuAccount[];
    },
  ) {
    this.plan = plan;
    this.id = plan.id;
    this.name = plan.name;
    this.devices = parts.devices;
    this.holdings = parts.holdings;
    this.gic = parts.gic;
    this.exits = parts.exits;
    this.console = parts.devices.console && parts.console;
    for (const { name, gpa, device } of parts.devices.emulated) this.bus.map(name, gpa, device);
    this.vcpus = plan.vcpus.map((vcpu, index) =>
      new Vcpu(this, index, vcpu, parts.accounts[index] as VcpuAccount)
    );
  }

  /** VTTBR_EL2.VMID. */
  get vmid(): number {
    return this.holdings.vmid;
  }

  get stage2(): Stage2 {
    return this.holdings.stage2;
  }

  /** What is behind each of the plan's regions. */
  get memory(): Holdings["memory"] {
    return this.holdings.memory;
  }

  /** Name for logs: "vm1". */
  get label(): string {
    return `vm${this.id}`;
  }

  /** Its vCPUs may have cores. */
  get isActive(): boolean {
    return this.state === "running" || this.state === "stopping";
  }

  /** It has ended, and has nothing any more. */
  get ended(): boolean {
    return this.state === "stopped" || this.state === "failed";
  }

  /** The vCPU whose MPIDR has these affinity fields. */
  vcpuAt(affinity: bigint): Vcpu | undefined {
    return this.vcpus.find((vcpu) => vcpu.affinity === (affinity & AffinityMask));
  }

  /** Writes to it may change how physical interrupts are to be set up. */
  isInterruptController(device: Device): boolean {
    const { distributor, redistributors } = this.devices.distributor;
    return device === distributor || device === redistributors;
  }

  /** True the first time it is asked about `key`, for a guest that has not given too many occasions. */
  first(key: string): boolean {
    if (this.#said.has(key) || this.#said.size === MaxRemarks) return false;
    this.#said.add(key);
    return true;
  }
}
