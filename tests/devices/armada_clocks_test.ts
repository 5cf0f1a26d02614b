import { assert, assertEquals } from "@std/assert";
import { armadaClocks, type ArmadaClocksBlock, GeneratorsHz } from "../../devices/armada_clocks.ts";

const CrystalMHz = 25;

function rig(block: ArmadaClocksBlock) {
  const strays: string[] = [];
  const chip = armadaClocks(block, { log: (m) => strays.push(m) });
  const bits = (at: number, shift: number, width: number) =>
    Math.floor(chip.read(at, 4, 0) / 2 ** shift) % 2 ** width;
  return { chip, strays, bits };
}

/** The rates of A-P, B-P, A-S and B-S, in the order of TBG_SEL. */
function generatorsMHz(): number[] {
  const { bits } = rig("time-base");
  const rate = (shift: number, vcoAt: number, vcoShift: number) =>
    CrystalMHz * 4 * bits(4, shift + 2, 9) / bits(0x20, shift, 9) / 2 ** bits(vcoAt, vcoShift, 9);
  return [rate(0, 0x30, 1), rate(16, 0x30, 17), rate(0, 8, 0), rate(16, 8, 16)];
}

Deno.test("armada clocks: the time base runs at its nominal rates", () => {
  assertEquals(generatorsMHz().map(Math.round), [800, 500, 1600, 1000]);
  assertEquals(GeneratorsHz.map((hz) => hz / 1e6), [800, 500, 1600, 1000]);
});

Deno.test("armada clocks: both generators have locked, whatever software writes", () => {
  const { chip, bits } = rig("time-base");
  chip.write(8, 4, 0, 0);
  assertEquals([bits(8, 15, 1), bits(8, 31, 1), bits(8, 0, 9)], [1, 1, 0]);
});

/** Clock, its TBG_SEL field, its dividers as [register, shift], and its rate. */
type Peripheral = readonly [string, number, readonly (readonly [number, number])[], number];

const Peripherals: { readonly [block in "north" | "south"]: readonly Peripheral[] } = {
  north: [
    ["mmc", 0, [[0xc, 16], [0xc, 13]], 400],
    ["sata_host", 2, [[0xc, 10], [0xc, 7]], 200],
    ["sec_at", 4, [[8, 3], [8, 0]], 200],
    ["sec_dap", 6, [[8, 9], [8, 6]], 100],
    ["tscem", 8, [[8, 15], [8, 12]], 200],
    ["tscem_tmx", 10, [[8, 18]], 1000],
    ["sqf", 12, [[8, 27], [8, 24]], 200],
    ["pwm", 14, [[4, 3], [4, 0]], 50],
    ["ddr_fclk", 16, [[4, 15], [4, 12]], 125],
    ["trace", 18, [[4, 20]], 1000],
    ["counter", 20, [[4, 23]], 160],
    ["cpu", 22, [[4, 28]], 1000],
    ["eip97", 24, [[0xc, 22], [0xc, 19]], 500],
  ],
  south: [
    ["gbe_50", 6, [[0xc, 6], [0xc, 9]], 50],
    ["gbe_core", 8, [[8, 18], [8, 21]], 250],
    ["gbe_125", 10, [[8, 6], [8, 9]], 125],
    ["sdio", 14, [[4, 3], [4, 6]], 400],
    ["usb32_usb2_sys", 16, [[4, 9], [4, 12]], 100],
    ["usb32_ss_sys", 18, [[4, 15], [4, 18]], 125],
  ],
};

for (const block of ["north", "south"] as const) {
  Deno.test(`armada clocks: every ${block} bridge clock has a valid divider and its rate`, () => {
    const { bits } = rig(block);
    const sources = generatorsMHz();
    for (const [name, select, dividers, expected] of Peripherals[block]) {
      const values = dividers.map(([at, shift]) => bits(at, shift, 3));
      assert(values.every((d) => d >= 1 && d <= 6), `${name} divides by ${values}`);
      const rate = (sources[bits(0, select, 2)] as number) / values.reduce((a, b) => a * b, 1);
      assertEquals([name, Math.round(rate)], [name, expected]);
    }
  });
}

Deno.test("armada clocks: registers keep what software writes, until reset", () => {
  const { chip, strays } = rig("north");
  chip.write(0x14, 4, 0x0020_0004, 0);
  assertEquals(chip.read(0x14, 4, 0), 0x0020_0004);
  chip.reset();
  assertEquals(chip.read(0x14, 4, 0), 0);
  assertEquals(strays, []);
  chip.read(0x40, 4, 0);
  assertEquals(strays.length, 1);
});
