/**
 * GICv3 distributor registers (IHI 0069 12.9 The GIC Distributor register descriptions).
 *
 * Affinity routing is always on, so the registers of private interrupts are reserved here.
 *
 * @module
 */

import type { Device } from "../../core/board/device.ts";
import type { Affinities } from "./affinity.ts";
import {
  bankedFamily,
  type BankOf,
  commonFamilies,
  constant,
  frame,
  type FrameWires,
  identification,
  ignored,
  Iidr,
  type Row,
} from "./frames.ts";
import type { Interrupts } from "./interrupts.ts";
import { filled, lowestBit, type Part, putBits, word } from "./words.ts";

/** GICD_CTLR bits that are always set: ARE and DS, for there is one Security state. */
const ControlFixed = 0x50;
/** GICD_TYPER: affinity level 3 supported, and INTIDs of ten bits. */
const Typer = (1 << 24) | (9 << 19);
/** GICD_IROUTER<n>.Interrupt_Routing_Mode. */
const RoutingMode = 1 << 31;

/** GICD_IROUTER of every SPI: the low word's Aff2 to Aff0 and mode, and the high word's Aff3. */
export class Routes implements Part {
  readonly state: { low: number[]; high: number[] };
  readonly #interrupts: Interrupts;
  readonly #affinities: Affinities;

  constructor(interrupts: Interrupts, affinities: Affinities) {
    this.#interrupts = interrupts;
    this.#affinities = affinities;
    this.state = this.powerOn();
  }

  powerOn(): Routes["state"] {
    const { spis } = this.#interrupts.config;
    return { low: filled(spis), high: filled(spis) };
  }

  /** The word at `i`, two for each INTID from 32 on. */
  read(i: number): number {
    return word(i & 1 ? this.state.high : this.state.low, i >> 1);
  }

  write(i: number, value: number, lanes: number): void {
    const spi = i >> 1;
    if (spi >= this.#interrupts.config.spis) return;
    const { low, high } = this.state;
    if (i & 1) putBits(high, spi, value, lanes & 0xff);
    else putBits(low, spi, value, lanes & (RoutingMode | 0xff_ffff));
    const packed = (word(high, spi) << 24) | (word(low, spi) & 0xff_ffff);
    const oneOfN = (word(low, spi) & RoutingMode) !== 0;
    const targets = oneOfN ? 0xff : this.#affinities.mask(packed);
    this.#interrupts.setTargets(this.#interrupts.slot(0, 32 + spi), targets, oneOfN);
  }
}

/** GICD_* of a GICv3. */
export function distributorV3(interrupts: Interrupts, routes: Routes, wires: FrameWires): Device {
  return frame("gicv3-gicd", 0x1_0000, distributorRows(interrupts, routes), wires);
}

/**
 * What a write of `value` to ICC_SGI1R_EL1 (group 1), ICC_SGI0R_EL1 or ICC_ASGI1R_EL1 (group 0) by
 * core `from` does. A target that has the SGI in the other group does not get it.
 */
export function sendAffinitySgi(
  interrupts: Interrupts,
  affinities: Affinities,
  value: bigint,
  group: number,
  from: number,
): void {
  const intid = Number((value >> 24n) & 0xfn);
  for (let left = affinities.sgiTargets(value, from); left !== 0; left &= left - 1) {
    const core = lowestBit(left);
    if (interrupts.group(core, intid) === group) interrupts.sendSgi(core, intid, from);
  }
}

function distributorRows(interrupts: Interrupts, routes: Routes): Row[] {
  const { cores, spis } = interrupts.config;
  const bankOf: BankOf = (_core, n) => n > 0 && n <= spis / 32 ? cores + n - 1 : undefined;
  return [
    {
      at: 0x0000,
      name: "GICD_CTLR",
      read: () => interrupts.state.groupEnable | ControlFixed,
      write: (_s, _w, value) => interrupts.setGroupEnable(value),
    },
    constant("GICD_TYPER", 0x0004, Typer | (spis / 32)),
    constant("GICD_IIDR", 0x0008, Iidr),
    constant("GICD_TYPER2", 0x000c, 0),
    ignored("GICD_STATUSR", 0x0010),
    ...[0x0040, 0x0048, 0x0050, 0x0058].map((at) => ignored("GICD_SETSPI or GICD_CLRSPI", at)),
    ...commonFamilies("GICD", interrupts, bankOf).map(bankedFamily),
    ignored("GICD_ITARGETSR", 0x0800, 256),
    ignored("GICD_IGRPMODR", 0x0d00, 32),
    ignored("GICD_NSACR", 0x0e00, 64),
    ignored("GICD_SGIR", 0x0f00),
    ignored("GICD_CPENDSGIR", 0x0f10, 4),
    ignored("GICD_SPENDSGIR", 0x0f20, 4),
    {
      at: 0x6100,
      name: "GICD_IROUTER",
      count: 988 * 2,
      read: (_s, _w, i) => routes.read(i),
      write: (_s, _w, value, i, _from, lanes) => routes.write(i, value, lanes),
    },
    identification("GICD", 0xffd0, [0x44, 0x00, 0x00, 0x00, 0x92, 0xb4, 0x3b, 0x00]),
  ];
}
