/** Which cores are on, as the board's PSCI firmware commands. @module */

import { AffinityMask, type PowerController, type PowerState } from "../cpu/psci.ts";
import type { CpuCore } from "../cpu/core.ts";
import type { Core } from "../cpu/types.ts";

/** What the firmware asks of whoever runs the machine. */
export type PowerRequest = "off" | "reset";

interface PoweredMachine {
  readonly cores: readonly CpuCore[];
  wait(core: Core, kind: "wfi"): void;
  resume(core: Core): void;
  leaveSoon(): void;
}

/** Power of a machine's cores. Cores start off; `start` turns the first on. */
export class Power implements PowerController {
  readonly #machine: PoweredMachine;
  readonly #request: (request: PowerRequest) => void;
  readonly #states = new Map<number, PowerState>();

  constructor(machine: PoweredMachine, request: (request: PowerRequest) => void) {
    this.#machine = machine;
    this.#request = request;
  }

  /** Power of the core at `index`. */
  stateOf(index: number): PowerState {
    return this.#states.get(index) ?? "off";
  }

  /** Declares a core on; it has been reset to start. */
  start(core: Core): void {
    this.#states.set(core.index, "on");
  }

  #find(affinity: bigint): CpuCore | undefined {
    return this.#machine.cores.find((core) => (core.mpidr & AffinityMask) === affinity);
  }

  powerOf(affinity: bigint): PowerState | undefined {
    const core = this.#find(affinity);
    return core && this.stateOf(core.index);
  }

  turnOn(affinity: bigint, entry: bigint, context: bigint): void {
    const core = this.#find(affinity);
    if (!core) return;
    core.reset({ pc: entry, x0: context });
    this.#machine.resume(core);
    this.#states.set(core.index, "on");
  }

  turnOff(affinity: bigint): void {
    const core = this.#find(affinity);
    if (core) this.#states.set(core.index, "off");
    this.#machine.leaveSoon();
  }

  suspend(affinity: bigint): void {
    const core = this.#find(affinity);
    if (core) this.#machine.wait(core, "wfi");
  }

  systemOff(): void {
    this.#request("off");
  }

  systemReset(): void {
    this.#request("reset");
  }
}
