/**
 * Marvell Armada 3720 clock registers: time base generators, and what divides them for the
 * north and south bridges' peripherals.
 *
 * Fields are where Linux's armada-37xx-tbg and armada-37xx-periph drivers look for them. Nothing
 * else on the board follows these registers: they keep what software writes. Their power-on values
 * are what the boot firmware leaves behind for a 1 GHz processor with 800 MHz memory and a 25 MHz
 * crystal.
 *
 * @module
 */

import { type Chip, device, type Register } from "../core/board/device.ts";

/** What clock registers are connected to. */
export interface ArmadaClocksWires {
  readonly log: (message: string) => void;
}

/** Register values by name, as every block here has them. */
type Words = { [name: string]: number };

/** Joins fields, given as pairs of the lowest bit and the value. */
function fields(...pairs: readonly (readonly [shift: number, value: number])[]): number {
  return pairs.reduce((word, [shift, value]) => word + value * 2 ** shift, 0);
}

/** A register, its offset and its power-on value. */
type Row = readonly [name: string, at: number, powerOn: number, readOnlyOnes?: number];

function registerFile(kind: string, rows: readonly Row[], wires: ArmadaClocksWires): Chip<Words> {
  const registers = rows.map(([name, at, , ones = 0]): Register<Words, ArmadaClocksWires> => ({
    name,
    at,
    field: name,
    mask: 0xffff_ffff,
    read: (s) => ((s[name] ?? 0) | ones) >>> 0,
  }));
  return device<Words, ArmadaClocksWires>({
    kind,
    size: 0x100,
    reset: () => Object.fromEntries(rows.map(([name, , powerOn]) => [name, powerOn])),
    registers,
    settle: () => {},
    stray: wires.log,
  }, wires);
}

/** Both generators have locked. */
const Locked = fields([15, 1], [31, 1]);

/**
 * Rate of an output: crystal * 4 * FBDIV / REFDIV / 2^VCODIV, generator A in the low halves and B in
 * the high ones. Single-ended outputs (S) divide by TBG_CTRL1, differential ones (P) by TBG_CTRL8.
 */
const TimeBase: readonly Row[] = [
  ["TBG_CTRL0", 0x04, fields([2, 48], [18, 60])], // FBDIV: A runs at 1.6 GHz, B at 2 GHz
  ["TBG_CTRL1", 0x08, fields([0, 0], [16, 1]), Locked], // A-S 1.6 GHz, B-S 1 GHz
  ["TBG_CTRL2", 0x0c, 0],
  ["TBG_CTRL3", 0x10, 0],
  ["TBG_CTRL4", 0x14, 0],
  ["TBG_CTRL5", 0x18, 0],
  ["TBG_CTRL6", 0x1c, 0],
  ["TBG_CTRL7", 0x20, fields([0, 3], [16, 3])], // REFDIV
  ["TBG_CTRL8", 0x30, fields([1, 1], [17, 2])], // A-P 800 MHz, B-P 500 MHz
];

/** What A-P, B-P, A-S and B-S run at from power-on, in the order of TBG_SEL values. */
export const GeneratorsHz = [800_000_000, 500_000_000, 1_600_000_000, 1_000_000_000] as const;

/** Values of a TBG_SEL field. */
const Source = { aP: 0, bP: 1, aS: 2, bS: 3 } as const;
/** CLK_SEL: every clock comes from the generators, none from the crystal. */
const FromGenerators = 0xffff_ffff;

const North: readonly Row[] = [
  [
    "TBG_SEL",
    0x00,
    fields(
      [0, Source.aS], // mmc
      [2, Source.aP], // sata_host
      [4, Source.bS], // sec_at
      [6, Source.bS], // sec_dap
      [8, Source.aP], // tscem
      [10, Source.bS], // tscem_tmx
      [12, Source.aP], // sqf
      [14, Source.bS], // pwm
      [16, Source.bS], // ddr_fclk
      [18, Source.bS], // trace
      [20, Source.aP], // counter
      [22, Source.bS], // cpu
      [24, Source.bS], // eip97
    ),
  ],
  // pwm 50 MHz, ddr_fclk 125 MHz, ddr_phy, trace 1 GHz, counter 160 MHz, cpu 1 GHz
  [
    "DIV_SEL0",
    0x04,
    fields([0, 4], [3, 5], [12, 2], [15, 4], [18, 1], [20, 1], [23, 5], [28, 1]),
  ],
  // sec_at 200 MHz, sec_dap 100 MHz, tscem 200 MHz, tscem_tmx 1 GHz, sqf 200 MHz
  [
    "DIV_SEL1",
    0x08,
    fields([0, 1], [3, 5], [6, 2], [9, 5], [12, 1], [15, 4], [18, 1], [24, 1], [27, 4]),
  ],
  // wc_ahb 250 MHz, sata_host 200 MHz, mmc 400 MHz, eip97 500 MHz, debug 500 MHz
  ["DIV_SEL2", 0x0c, fields([0, 4], [7, 1], [10, 4], [13, 1], [16, 4], [19, 2], [22, 1], [29, 1])],
  ["CLK_SEL", 0x10, FromGenerators],
  ["CLK_DIS", 0x14, 0],
];

const South: readonly Row[] = [
  [
    "TBG_SEL",
    0x00,
    fields(
      [6, Source.bP], // gbe_50
      [8, Source.bS], // gbe_core
      [10, Source.bS], // gbe_125
      [14, Source.aS], // sdio
      [16, Source.bS], // usb32_usb2_sys
      [18, Source.bS], // usb32_ss_sys
    ),
  ],
  // sdio 400 MHz, usb32_usb2_sys 100 MHz, usb32_ss_sys 125 MHz
  ["DIV_SEL0", 0x04, fields([3, 1], [6, 4], [9, 2], [12, 5], [15, 2], [18, 4])],
  // gbe_125 125 MHz, gbe_core 250 MHz; gbe1_core, gbe0_core and gbe_bm undivided
  ["DIV_SEL1", 0x08, fields([6, 2], [9, 4], [18, 4], [21, 1])],
  ["DIV_SEL2", 0x0c, fields([6, 5], [9, 2])], // gbe_50 50 MHz
  ["CLK_SEL", 0x10, FromGenerators],
  ["CLK_DIS", 0x14, 0],
];

/** Which block of clock registers. */
export type ArmadaClocksBlock = "time-base" | "north" | "south";

const Blocks: { readonly [block in ArmadaClocksBlock]: readonly Row[] } = {
  "time-base": TimeBase,
  north: North,
  south: South,
};

/** One block of the Armada's clock registers, as boot firmware leaves it. */
export function armadaClocks(block: ArmadaClocksBlock, wires: ArmadaClocksWires): Chip<Words> {
  return registerFile(`armada-clocks-${block}`, Blocks[block], wires);
}
