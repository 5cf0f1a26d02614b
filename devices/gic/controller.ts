/**
 * What every GIC consists of, put together: the interrupts, the physical CPU interfaces, the list
 * registers and the virtual CPU interfaces over them, and the outputs that follow.
 *
 * @module
 */

import { assertSameShape, type Device, type State } from "../../core/board/device.ts";
import type { IrqLine } from "../../core/board/irq.ts";
import { Control, CpuInterface } from "./cpu_interface.ts";
import { checkConfig, type Gic, type GicConfig, type GicFrame, type GicWires } from "./gic.ts";
import type { FrameWires } from "./frames.ts";
import { interruptList } from "./interrupt_list.ts";
import { Interrupts, type InterruptsConfig } from "./interrupts.ts";
import { ListRegisters } from "./list_registers.ts";
import { filled, lowestBit, type Part, refill, word } from "./words.ts";

/** In what the GIC versions differ. */
export interface Traits {
  readonly version: 2 | 3;
  readonly priorityBits: number;
  readonly sgis: InterruptsConfig["sgis"];
  readonly spiTargets: number;
  /** Writable and always set bits of the CPU interfaces' control. */
  readonly controlMask: number;
  readonly controlFixed: number;
  /** Writable bits of GICH_HCR or ICH_HCR_EL2. */
  readonly hcrMask: number;
  /** Whether the virtual CPU interface has one set of active priorities for both groups. */
  readonly sharedVirtualActive: boolean;
}

/** What a version adds. */
export interface Extras {
  /** State besides the common parts', by name. */
  readonly parts: { readonly [name: string]: Part };
  readonly frames: readonly GicFrame[];
  readonly readSystem: Gic["readSystem"];
  readonly writeSystem: Gic["writeSystem"];
}

/** Priorities of a virtual CPU interface have five bits in both versions. */
const VirtualPriorityBits = 5;
const DefaultMaintenance = 25;

/** The common parts of a GIC. */
export class Controller {
  readonly interrupts: Interrupts;
  readonly physical: CpuInterface;
  readonly lists: ListRegisters;
  readonly virtual: CpuInterface;
  readonly config: GicConfig;
  /** For every frame over these parts. */
  readonly frameWires: FrameWires;
  readonly #traits: Traits;
  readonly #wires: GicWires;
  readonly #outputs: number[];
  readonly #maintenance: number;
  /** Cores whose outputs may differ from what was last derived, a bit each. */
  #touched = 0;

  constructor(config: GicConfig, wires: GicWires, traits: Traits) {
    checkConfig(config);
    const { cores, spis } = config;
    const touched = (mask: number) => void (this.#touched |= mask);
    this.config = config;
    this.frameWires = { settle: () => this.settle(), log: wires.log };
    this.#traits = traits;
    this.#wires = wires;
    this.#outputs = filled(cores);
    this.#maintenance = config.maintenance ?? DefaultMaintenance;
    this.interrupts = new Interrupts({
      ...traits,
      cores,
      spis,
      accepts: (core) => this.physical.has(core, Control.enableGroup0 | Control.enableGroup1),
      touched,
    });
    this.physical = new CpuInterface(
      { ...traits, cores, sharedActive: false, touched },
      this.interrupts,
    );
    this.lists = new ListRegisters({
      cores,
      hcrMask: traits.hcrMask,
      deactivatePhysical: (core, intid) => this.interrupts.deactivate(core, intid),
      touched,
    });
    this.virtual = new CpuInterface({
      ...traits,
      cores,
      priorityBits: VirtualPriorityBits,
      sharedActive: traits.sharedVirtualActive,
      touched,
    }, this.lists);
  }

  /** Derives the outputs of every core that was touched. */
  settle(): void {
    if (this.#touched === 0) return;
    const cores = this.#touched;
    for (let left = cores; left !== 0; left &= left - 1) {
      const core = lowestBit(left);
      const groups = this.virtual.enabledGroups(core);
      const maintains = this.lists.signalsMaintenance(core, groups);
      this.interrupts.setLine(core, this.#maintenance, maintains);
      this.virtual.refresh(core);
      this.physical.refresh(core);
    }
    this.#touched = 0;
    for (let left = cores; left !== 0; left &= left - 1) {
      const core = lowestBit(left);
      const outputs = this.physical.outputs(core) | (this.virtual.outputs(core) << 2);
      if (outputs === this.#outputs[core]) continue;
      this.#outputs[core] = outputs;
      this.#wires.lines(core, outputs);
    }
  }

  /** Control of a physical CPU interface: its enables decide where 1-of-N interrupts go. */
  setPhysicalControl(core: number, value: number): void {
    this.physical.setControl(core, value);
    this.interrupts.touchAll();
  }

  /** The GIC, with what its version adds. */
  gic(extras: Extras): Gic {
    const parts: { readonly [name: string]: Part } = {
      interrupts: this.interrupts,
      physical: this.physical,
      lists: this.lists,
      virtual: this.virtual,
      ...extras.parts,
    };
    const kind = `gicv${this.#traits.version}`;
    const powerOn = () =>
      Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.powerOn()]));
    const take = (state: State) => {
      for (const [name, part] of Object.entries(parts)) {
        refill(part.state, state[name] as State, `${kind}.${name}`);
      }
      this.interrupts.touchAll();
      this.#outputs.fill(-1); // so that every core is told
      this.settle();
    };
    const life = {
      reset: () => {
        const level = [...this.interrupts.state.level];
        take({ ...powerOn(), interrupts: { ...this.interrupts.powerOn(), level } });
      },
      snapshot: () =>
        structuredClone(
          Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.state])),
        ),
      restore: (state: State) => {
        assertSameShape(powerOn(), state, kind);
        take(state);
      },
    };
    return {
      version: this.#traits.version,
      spi: (intid) => this.#line(0, intid, 32, 32 + this.config.spis),
      ppi: (core, intid) => this.#line(core, intid, 16, 32),
      outputs: (core) => word(this.#outputs, core),
      interrupts: () => interruptList(this.interrupts),
      frames: extras.frames.map((frame) =>
        frame.name === "distributor"
          ? { ...frame, device: { ...frame.device, ...life } satisfies Device }
          : frame
      ),
      readSystem: extras.readSystem,
      writeSystem: extras.writeSystem,
      ...life,
    };
  }

  #line(core: number, intid: number, from: number, to: number): IrqLine {
    if (!Number.isInteger(intid) || intid < from || intid >= to) {
      throw new RangeError(
        `Cannot connect an interrupt: INTID must be ${from} to ${to - 1}, got ${intid}`,
      );
    }
    if (!Number.isInteger(core) || core < 0 || core >= this.config.cores) {
      throw new RangeError(
        `Cannot connect INTID ${intid}: core must be below ${this.config.cores}, got ${core}`,
      );
    }
    return {
      set: (level) => {
        this.interrupts.setLine(core, intid, level);
        this.settle();
      },
    };
  }
}
