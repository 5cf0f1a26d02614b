/**
 * GICv2 distributor registers (IHI 0048 4.3 Distributor register descriptions).
 *
 * @module
 */

import type { Device } from "../../core/board/device.ts";
import {
  bankedFamily,
  type BankOf,
  commonFamilies,
  constant,
  type Family,
  frame,
  type FrameWires,
  identification,
  Iidr,
  perField,
  type Row,
} from "./frames.ts";
import type { Interrupts } from "./interrupts.ts";
import { lowestBit, word } from "./words.ts";

/** GICD_* of a GICv2. What belongs to SGIs and PPIs is banked by the accessing core. */
export function distributorV2(interrupts: Interrupts, wires: FrameWires): Device {
  return frame("gicv2-gicd", 0x1000, distributorRows(interrupts), wires);
}

function distributorRows(interrupts: Interrupts): Row[] {
  const { cores, spis } = interrupts.config;
  const bankOf: BankOf = (core, n) => n === 0 ? core : n <= spis / 32 ? cores + n - 1 : undefined;
  return [
    {
      at: 0x000,
      name: "GICD_CTLR",
      read: () => interrupts.state.groupEnable,
      write: (_s, _w, value) => interrupts.setGroupEnable(value),
    },
    constant("GICD_TYPER", 0x004, ((cores - 1) << 5) | (spis / 32)),
    constant("GICD_IIDR", 0x008, Iidr),
    ...commonFamilies("GICD", interrupts, bankOf).map(bankedFamily),
    bankedFamily(targets(interrupts, bankOf)),
    {
      at: 0xf00,
      name: "GICD_SGIR",
      write: (_s, _w, value, _i, from) => send(interrupts, value, from),
    },
    bankedFamily(sgiSources(interrupts, "GICD_CPENDSGIR", 0xf10, (core, intid, sources) => {
      interrupts.recallSgi(core, intid, sources);
    })),
    bankedFamily(sgiSources(interrupts, "GICD_SPENDSGIR", 0xf20, (core, intid, sources) => {
      for (let left = sources; left !== 0; left &= left - 1) {
        interrupts.sendSgi(core, intid, lowestBit(left));
      }
    })),
    identification("GICD", 0xfd0, [0x04, 0x00, 0x00, 0x00, 0x90, 0xb4, 0x2b, 0x00]),
  ];
}

/** GICD_ITARGETSR: private interrupts show the accessing core; a single core shows nothing. */
function targets(interrupts: Interrupts, bankOf: BankOf): Family {
  const { cores } = interrupts.config;
  return perField(
    "GICD_ITARGETSR",
    0x800,
    8,
    bankOf,
    (slot) => cores === 1 ? 0 : word(interrupts.state.targets, slot),
    (slot, value) => {
      if (cores > 1 && slot >= cores * 32) interrupts.setTargets(slot, value);
    },
  );
}

/** A byte of source cores for each SGI. */
function sgiSources(
  interrupts: Interrupts,
  name: string,
  at: number,
  change: (core: number, intid: number, sources: number) => void,
): Family {
  const everyCore = (1 << interrupts.config.cores) - 1;
  return {
    ...perField(
      name,
      at,
      8,
      (core) => core,
      (slot, core) => word(interrupts.state.sgiSources, core * 16 + (slot & 31)),
      (slot, value) => change(slot >> 5, slot & 31, value & everyCore),
    ),
    words: 4,
  };
}

/** GICD_SGIR: TargetListFilter in 25:24, CPUTargetList in 23:16, SGIINTID in 3:0. */
function send(interrupts: Interrupts, value: number, from: number): void {
  const { cores } = interrupts.config;
  const everyCore = (1 << cores) - 1;
  const filter = (value >>> 24) & 3;
  const list = [(value >>> 16) & everyCore, everyCore & ~(1 << from), 1 << from, 0];
  for (let left = word(list, filter); left !== 0; left &= left - 1) {
    interrupts.sendSgi(lowestBit(left), value & 0xf, from);
  }
}
