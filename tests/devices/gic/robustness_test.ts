import { assert, assertEquals } from "@std/assert";
import type { Width } from "../../../core/board/device.ts";
import type { Gic } from "../../../devices/gic/gic.ts";
import { systemRegisterAccess } from "../../../devices/gic/system_registers.ts";
import { rig2, rig3, start2, start3 } from "./rig.ts";

const Names = [
  ...["PMR", "CTLR", "RPR", "DIR", "SGI0R", "SGI1R", "ASGI1R", "SRE"].map((n) => `ICC_${n}_EL1`),
  ...[0, 1].flatMap((g) =>
    [`IAR${g}`, `EOIR${g}`, `HPPIR${g}`, `BPR${g}`, `IGRPEN${g}`, `AP${g}R0`]
      .map((n) => `ICC_${n}_EL1`)
  ),
  "ICC_SRE_EL2",
  ...["HCR", "VTR", "VMCR", "MISR", "EISR", "ELRSR", "AP0R0", "AP1R0"].map((n) => `ICH_${n}_EL2`),
  ...[0, 1, 2, 3].map((n) => `ICH_LR${n}_EL2`),
];

function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Words as drivers and fuzzers write them: any, few bits, or an INTID. */
function anyWord(random: (n: number) => number): number {
  const kind = random(3);
  if (kind === 0) return random(2 ** 32);
  return kind === 1 ? 2 ** random(32) : random(1024);
}

function hammer(gic: Gic, cores: number, turns: number, seed: number): void {
  const random = generator(seed);
  const systemAccess = () => {
    const [core, virtual] = [random(cores), random(2) === 0];
    const name = Names[random(Names.length)] ?? "";
    const value = (BigInt(anyWord(random)) << 32n) | BigInt(anyWord(random));
    if (random(2) === 0) gic.readSystem(core, name, virtual);
    else gic.writeSystem(core, name, value, virtual);
  };
  for (let turn = 0; turn < turns; turn++) {
    if (random(4) === 0) gic.spi(32 + random(64)).set(random(2) === 0);
    if (gic.version === 3 && random(3) === 0) {
      systemAccess();
      continue;
    }
    const device = gic.frames[random(gic.frames.length)]?.device;
    if (!device) continue;
    const width = ([1, 2, 4] as Width[])[random(3)] ?? 4;
    const page = random(2) === 0 ? random(0x1000) : random(device.size);
    const offset = page - (page % width);
    if (random(2) === 0) {
      const value = device.read(offset, width, random(cores));
      assert(Number.isInteger(value) && value >= 0 && value < 2 ** (width * 8));
    } else {
      device.write(offset, width, anyWord(random) % 2 ** (width * 8), random(cores));
    }
  }
}

const Size = { cores: 4, spis: 64 };

/** Hammers on what a driver has set up, and again: chance alone soon disables everything. */
function live(gic: Gic, start: () => void): void {
  for (let n = 0; n < 100; n++) {
    gic.reset();
    start();
    hammer(gic, Size.cores, 100, n + 1);
  }
}

function checkRestored(gic: Gic, twin: Gic): void {
  twin.restore(gic.snapshot());
  for (let core = 0; core < Size.cores; core++) {
    assertEquals(twin.outputs(core), gic.outputs(core));
  }
  hammer(gic, Size.cores, 1000, 7);
  hammer(twin, Size.cores, 1000, 7);
  assertEquals(twin.snapshot(), gic.snapshot(), "the snapshot is the whole state");
}

Deno.test("gicv2: 10,000 random accesses never throw and leave a valid state", () => {
  const made = rig2(Size);
  live(made.gic, () => start2(made, Size.cores));
  assert(made.told.length > 200, `outputs changed ${made.told.length} times`);
  checkRestored(made.gic, rig2(Size).gic);
});

Deno.test("gicv3: 10,000 random accesses never throw and leave a valid state", () => {
  const made = rig3(Size);
  live(made.gic, () => start3(made, Size.cores));
  assert(made.told.length > 200, `outputs changed ${made.told.length} times`);
  checkRestored(made.gic, rig3(Size).gic);
});

Deno.test("gicv3: the names hammered on are those of registers", () => {
  for (const name of Names) assert(systemRegisterAccess(name), name);
});
