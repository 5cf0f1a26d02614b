import { assertEquals } from "@std/assert";
import { Line } from "../../../core/cpu/types.ts";
import { type MachineRig, machineRig, Start } from "./rig.ts";

/** Nanoseconds of one tick of the board's 62.5 MHz counter. */
const TickNs = 16;

/** Where another core's program goes. */
const Second = Start + 0x2000;

/** Lets CNTP's interrupt through the GICv2 and starts the timer with the deadline in X6. */
const startTimer = [
  0xd2a1_0001, // mov x1, #0x08000000
  0x5280_0022, // mov w2, #1
  0xb900_0022, // str w2, [x1]          GICD_CTLR
  0x52a8_0003, // mov w3, #1 << 30
  0xb901_0023, // str w3, [x1, #0x100]  GICD_ISENABLER0
  0x9140_4024, // add x4, x1, #0x10000
  0xb900_0082, // str w2, [x4]          GICC_CTLR
  0x5280_1fe5, // mov w5, #0xff
  0xb900_0485, // str w5, [x4, #4]      GICC_PMR
  0xd51b_e246, // msr cntp_cval_el0, x6
  0xd51b_e222, // msr cntp_ctl_el0, x2
];

Deno.test("machine: WFI skips to the timer's deadline", () => {
  const rig = machineRig([
    ...startTimer,
    0xd503_207f, // wfi
    0xd53b_e027, // mrs x7, cntpct_el0
    0x1400_0000, // b .
  ]);
  const ticks = 1_000_000;
  rig.core.state.x[6] = BigInt(ticks);
  rig.run(TickNs * ticks - 1);
  assertEquals(rig.core.state.x[7], 0n);
  assertEquals(rig.machine.instructions, startTimer.length + 1);
  rig.run(100);
  assertEquals(rig.core.state.x[7], BigInt(ticks));
});

Deno.test("machine: a timer wakes its core on time, also in a turn that another core uses up", () => {
  const ticks = 500;
  for (const other of [0xd503_207f, 0x1400_0000]) { // wfi; b .
    const rig = machineRig([other, 0x17ff_ffff], { cores: 2 });
    const core = rig.machine.cores[1];
    if (!core) throw new Error("Cannot use the second core: it must be there");
    rig.load(Second, [
      ...startTimer,
      0xd503_207f, // wfi
      0xd53b_e027, // mrs x7, cntpct_el0
      0x1400_0000, // b .
    ]);
    core.reset({ pc: BigInt(Second) });
    core.state.x[6] = BigInt(ticks);
    rig.machine.power.start(core);
    rig.run(2 * ticks * TickNs);
    assertEquals(core.state.x[7], BigInt(ticks));
  }
});

Deno.test("machine: WFI without anything due leaves the machine idle", () => {
  const rig = machineRig([0xd503_207f, 0x1400_0000]); // wfi; b .
  assertEquals(rig.run(Infinity), "idle");
  assertEquals(rig.machine.instructions, 1);
  rig.core.setLine(Line.irq, true);
  assertEquals(rig.run(10), "limit");
  assertEquals(rig.machine.instructions > 5, true);
});

const Vectors = Start + 0x1000;
const CurrentElIrq = Vectors + 0x280;

function interruptedLoop(deadline: number): MachineRig {
  const rig = machineRig([
    ...startTimer,
    0xd518_c008, // msr vbar_el1, x8
    0xd503_42ff, // msr daifclr, #2
    0x9100_0400, // loop: add x0, x0, #1
    0x17ff_ffff, // b loop
  ]);
  rig.load(CurrentElIrq, [
    0xd538_402a, // mrs x10, elr_el1
    0xd53b_e02b, // mrs x11, cntpct_el0
    0x1400_0000, // b .
  ]);
  rig.core.state.x[6] = BigInt(deadline);
  rig.core.state.x[8] = BigInt(Vectors);
  return rig;
}

/** Instructions before the handler's first, by what the loop counted and where it was left. */
function executedBefore({ core }: MachineRig): number {
  const loop = BigInt(Start + (startTimer.length + 2) * 4);
  const inLoop = Number(core.state.x[0]) * 2 - (core.state.x[10] === loop ? 0 : 1);
  return startTimer.length + 2 + inLoop;
}

Deno.test("machine: the timer's interrupt is taken at the deadline's very instruction", () => {
  for (const deadline of [10, 11, 64, 1000, 5000]) {
    const rig = interruptedLoop(deadline);
    rig.run(deadline * TickNs + 100);
    assertEquals(executedBefore(rig), deadline * TickNs);
    assertEquals(rig.core.state.x[11], BigInt(deadline));
  }
});

Deno.test("machine: how long it is run for at once does not move an interrupt", () => {
  const deadline = 1000;
  for (const piece of [1, 7, 16, 100, 4096, 15_999, 16_001]) {
    const rig = interruptedLoop(deadline);
    while (rig.machine.nowNs < deadline * TickNs + 100) rig.run(piece);
    assertEquals(executedBefore(rig), deadline * TickNs, `in pieces of ${piece}`);
  }
});

Deno.test("machine: a deadline that has passed interrupts at once", () => {
  const rig = interruptedLoop(0);
  rig.run(200);
  assertEquals([rig.core.state.x[0], executedBefore(rig)], [0n, startTimer.length + 2]);
});

Deno.test("machine: a deadline holds though an exception comes between setting and reaching it", () => {
  const deadline = 1000;
  const rig = machineRig([
    0xd518_c008, // msr vbar_el1, x8
    0xd503_42ff, // msr daifclr, #2
    ...startTimer,
    0xd400_0001, // svc #0
    0x1400_0000, // b .
  ]);
  rig.load(Vectors + 0x200, [0xd69f_03e0]); // eret
  rig.load(CurrentElIrq, [0xd53b_e02b, 0x1400_0000]); // mrs x11, cntpct_el0; b .
  rig.core.state.x[6] = BigInt(deadline);
  rig.core.state.x[8] = BigInt(Vectors);
  rig.run(10 * deadline * TickNs);
  assertEquals(rig.core.state.x[11], BigInt(deadline));
});
