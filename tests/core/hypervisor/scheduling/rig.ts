/** vCPUs that need no VM, and cores that run them. @module */

import {
  newNotes,
  type Policy,
  type Schedulable,
} from "../../../../core/hypervisor/scheduling/policy.ts";
import { type Loss, RunQueues } from "../../../../core/hypervisor/scheduling/run_queues.ts";

export interface Fake extends Schedulable {
  readonly name: string;
  heldBy: number | undefined;
  priority: number;
  weight: number;
  ran: number;
}

/** A vCPU that may run on the cores of `mask`. */
export function fake(name: string, also: Partial<Fake> = {}, mask = 0b11): Fake {
  const vcpu: Fake = {
    name,
    core: 0,
    heldBy: undefined,
    mayRunOn: (core) => ((mask >> core) & 1) === 1,
    priority: 4,
    weight: 100,
    ran: 0,
    ranNs: () => vcpu.ran,
    notes: newNotes(),
    ...also,
  };
  return vcpu;
}

/** Cores that run what they pick. */
export interface Rig {
  readonly queues: RunQueues<Fake>;
  readonly running: (Fake | undefined)[];
  wake(...vcpus: Fake[]): void;
  /** The core gets the next; its name. */
  pick(core?: number): string | undefined;
  /** Time passes, in which the core's vCPU runs. */
  run(ns: number, core?: number): void;
  /** The vCPU of the core loses it. */
  lose(loss: Loss, core?: number): void;
  /** The vCPU of the core waits for an interrupt. */
  block(core?: number): void;
  loss(core?: number): Loss | undefined;
  /** When the core's vCPU must give it up, counted from now. */
  left(core?: number): number | undefined;
}

/** See {@linkcode Rig}. */
export function rig(policy: Policy, cores = 1): Rig {
  const running = Array.from({ length: cores }, (): Fake | undefined => undefined);
  const queues = new RunQueues<Fake>(policy, cores, (core) => running[core]);
  let now = 0;
  return {
    queues,
    running,
    wake: (...vcpus: Fake[]) => vcpus.forEach((vcpu) => queues.wake(vcpu, now)),
    pick(core = 0): string | undefined {
      running[core] = queues.pick(core, now);
      return running[core]?.name;
    },
    run(ns: number, core = 0): void {
      now += ns;
      const vcpu = running[core];
      if (vcpu) vcpu.ran += ns;
    },
    lose(loss: Loss, core = 0): void {
      const vcpu = running[core] as Fake;
      running[core] = undefined;
      queues.requeue(vcpu, loss, now);
    },
    block(core = 0): void {
      const vcpu = running[core] as Fake;
      running[core] = undefined;
      queues.leave(vcpu, now);
    },
    loss: (core = 0) => queues.loss(running[core] as Fake, now),
    left: (core = 0) => {
      const end = queues.sliceEndNs(running[core] as Fake, now);
      return end === undefined ? undefined : end - now;
    },
  };
}
