/**
 * The distributor that a hypervisor shows to a VM: the model of the physical one, without CPU
 * interfaces, as the hypervisor puts what is pending into list registers; but with those of a GICv2
 * where the board has no list registers that a GICv2's driver could use.
 *
 * @module
 */

import type {
  PendingInterrupt,
  VirtualDistributor,
} from "../../core/hypervisor/virtual_distributor.ts";
import { Affinities } from "./affinity.ts";
import { cpuFrame } from "./cpu_frames.ts";
import { Control, CpuInterface } from "./cpu_interface.ts";
import { distributorV2 } from "./distributor_v2.ts";
import { distributorV3, Routes, sendAffinitySgi } from "./distributor_v3.ts";
import type { FrameWires } from "./frames.ts";
import { interruptList } from "./interrupt_list.ts";
import { Candidate, Interrupts } from "./interrupts.ts";
import { redistributors, Wakers } from "./redistributor.ts";
import { lowestBit, refill, word } from "./words.ts";

/** What a VM's distributor is made of. */
export interface VirtualDistributorConfig {
  readonly version: 2 | 3;
  readonly vcpus: number;
  /** Shared peripheral interrupts: a multiple of 32. */
  readonly spis: number;
  /** With version 2: it has CPU interfaces. */
  readonly hasInterfaces?: boolean;
  /** Affinity fields of MPIDR_EL1, by vCPU. */
  readonly mpidr: (vcpu: number) => number;
  readonly log: (message: string) => void;
}

/** List registers hold five bits of priority. */
const PriorityBits = 5;

/** What of GICC_CTLR an emulated CPU interface has: it signals by IRQ alone. */
const InterfaceControl = Control.enableGroup0 | Control.enableGroup1 | Control.ackCtl |
  Control.cbpr | Control.eoiMode;

/** A powered-on distributor. */
export function virtualDistributor(config: VirtualDistributorConfig): VirtualDistributor {
  const { version, vcpus } = config;
  const affinities = new Affinities({ cores: vcpus, mpidr: config.mpidr });
  let changed = 0;
  const interrupts = new Interrupts({
    cores: vcpus,
    spis: config.spis,
    priorityBits: PriorityBits,
    sgis: version === 2 ? "per-source" : "latched",
    spiTargets: version === 3 ? affinities.mask(affinities.of(0)) : vcpus === 1 ? 1 : 0,
    accepts: () => true,
    touched: (mask) => void (changed |= mask),
  });
  const cpu = config.hasInterfaces
    ? new CpuInterface({
      cores: vcpus,
      priorityBits: PriorityBits,
      controlMask: InterfaceControl,
      controlFixed: 0,
      sharedActive: false,
      touched: (mask) => void (changed |= mask),
    }, interrupts)
    : undefined;
  const settle = () => {
    const mask = changed;
    changed = 0;
    for (let left = cpu ? mask : 0; left !== 0; left &= left - 1) cpu?.refresh(lowestBit(left));
    if (mask !== 0) virtual.onChange(mask);
  };
  const wires: FrameWires = { settle, log: config.log };
  const routes = new Routes(interrupts, affinities);
  const wakers = new Wakers(vcpus);
  const s = interrupts.state;
  const bitOf = (vcpu: number, intid: number) =>
    [interrupts.bank(vcpu, intid), 1 << (intid & 31)] as const;
  const test = (words: readonly number[], vcpu: number, intid: number) => {
    const [bank, bit] = bitOf(vcpu, intid);
    return (word(words, bank) & bit) !== 0;
  };
  const isPrivateSgi = (intid: number) => version === 2 && intid < 16;
  const virtual: VirtualDistributor = {
    version,
    distributor: version === 2
      ? distributorV2(interrupts, wires)
      : distributorV3(interrupts, routes, wires),
    redistributors: version === 2
      ? undefined
      : redistributors(interrupts, wakers, affinities, wires),
    cpuInterface: cpu && {
      device: cpuFrame("GICC", cpu, wires),
      signals(vcpu) {
        cpu.refresh(vcpu);
        return cpu.outputs(vcpu) !== 0;
      },
    },
    onChange: () => {},
    pending: (vcpu) =>
      interrupts.pendingFor(vcpu, 3).map((found): PendingInterrupt => {
        const intid = Candidate.key(found);
        const id = interrupts.identify(vcpu, intid);
        return {
          intid,
          source: isPrivateSgi(intid) ? id >> 10 : 0,
          priority: Candidate.priority(found),
          group: Candidate.group(found),
          level: test(s.level, vcpu, intid) && !test(s.edge, vcpu, intid),
        };
      }),
    hasPending: (vcpu) => interrupts.best(vcpu, 3) >= 0,
    take(vcpu, { intid, source }) {
      const latched = test(s.latched, vcpu, intid);
      if (isPrivateSgi(intid)) interrupts.recallSgi(vcpu, intid, 1 << source);
      else if (latched) virtual.unlatch(vcpu, intid);
      return latched;
    },
    latch(vcpu, intid, source = 0) {
      const [bank, bit] = bitOf(vcpu, intid);
      if (isPrivateSgi(intid)) interrupts.sendSgi(vcpu, intid, source);
      else interrupts.setLatched(bank, bit, true);
      settle();
    },
    unlatch(vcpu, intid) {
      const [bank, bit] = bitOf(vcpu, intid);
      interrupts.setLatched(bank, bit, false);
      cpu?.refresh(vcpu);
    },
    isLatched: (vcpu, intid) => test(s.latched, vcpu, intid),
    isActive: (vcpu, intid) => test(s.active, vcpu, intid),
    setActive(vcpu, intid, active) {
      const [bank, bit] = bitOf(vcpu, intid);
      interrupts.setActive(bank, bit, active);
      settle();
    },
    setLine(intid, high) {
      interrupts.setLine(0, intid, high);
      settle();
    },
    setup: (intid) => ({
      enabled: test(s.enabled, 0, intid),
      edge: test(s.edge, 0, intid),
      targets: word(s.targets, interrupts.slot(0, intid)),
    }),
    interrupts: () => interruptList(interrupts),
    sendSgi(vcpu, register, value) {
      const group = register === "ICC_SGI1R_EL1" ? 1 : 0;
      sendAffinitySgi(interrupts, affinities, value, group, vcpu);
      settle();
    },
    reset() {
      for (const part of [interrupts, routes, wakers, ...(cpu ? [cpu] : [])]) {
        refill(part.state, part.powerOn(), "virtual distributor");
      }
    },
  };
  return virtual;
}
