import { assert, assertEquals } from "@std/assert";
import { machineRig, Start } from "./rig.ts";

const Second = Start + 0x2000;
const Mailbox = BigInt(Start + 0x3000);
const CpuOn = 0xc400_0003n;

/** Starts the second core by PSCI, waits for its message and answers it. */
const first = [
  0xd400_0002, // hvc #0
  0xaa00_03e4, // mov x4, x0
  0xd503_205f, // wait: wfe
  0xf940_00c5, // ldr x5, [x6]
  0xb4ff_ffc5, // cbz x5, wait
  0xf900_04c7, // str x7, [x6, #8]
  0xd503_209f, // sev
  0x1400_0000, // b .
];

const second = [
  0xaa00_03e8, // mov x8, x0
  0xf940_0906, // ldr x6, [x8, #16]
  0xf900_00c0, // str x0, [x6]
  0xd503_209f, // sev
  0xd503_205f, // wait: wfe
  0xf940_04c5, // ldr x5, [x6, #8]
  0xb4ff_ffc5, // cbz x5, wait
  0x1400_0000, // b .
];

function twoCores() {
  const rig = machineRig(first, { cores: 2 });
  rig.load(Second, second);
  const context = Start + 0x4000;
  rig.ram.view.setBigUint64(rig.ram.hostOffset(context + 16), Mailbox, true);
  const { x } = rig.core.state;
  [x[0], x[1], x[2], x[3]] = [CpuOn, 1n, BigInt(Second), BigInt(context)];
  [x[6], x[7]] = [Mailbox, 0x42n];
  return { rig, context };
}

Deno.test("machine: PSCI starts a second core, and events wake both", () => {
  const { rig, context } = twoCores();
  assertEquals(rig.machine.power.stateOf(1), "off");
  rig.run(1_000_000);
  const [a, b] = rig.machine.cores;
  assertEquals(rig.machine.power.stateOf(1), "on");
  assertEquals([a?.state.x[4], a?.state.x[5]], [0n, BigInt(context)]);
  assertEquals([b?.state.x[5], b?.state.u64("pc")], [0x42n, BigInt(Second + 7 * 4)]);
});

Deno.test("machine: cores that all wait leave it idle", () => {
  const { rig } = twoCores();
  rig.load(Start + 7 * 4, [0xd503_207f]); // wfi
  rig.load(Second + 7 * 4, [0xd503_207f]);
  assertEquals(rig.run(Infinity), "idle");
  assert(rig.machine.nowNs < 1_000_000);
});

Deno.test("machine: two cores give the same run however it is cut", () => {
  const whole = twoCores().rig;
  whole.run(300_000);
  const cut = twoCores().rig;
  while (cut.machine.nowNs < 300_000) cut.run(100_000);
  assertEquals(cut.machine.instructions, whole.machine.instructions);
  whole.machine.cores.forEach((core, i) =>
    assertEquals(cut.machine.cores[i]?.state.x, core.state.x)
  );
});

const Longer = 100_000n; // Instructions: several turns.

const exclusive = [
  0xc85f_7c41, // ldxr x1, [x2]
  0xf100_0463, // again: subs x3, x3, #1
  0x54ff_ffe1, // b.ne again
  0xc804_7c41, // stxr w4, x1, [x2]
  0x1400_0000, // b .
];

Deno.test("machine: the exclusive monitor is opened when another core may have run", () => {
  for (const [cores, spins, status] of [[1, Longer, 0n], [2, 10n, 0n], [2, Longer, 1n]] as const) {
    const rig = machineRig(exclusive, { cores });
    const { x } = rig.core.state;
    [x[2], x[3], x[4]] = [Mailbox, spins, 7n];
    rig.run(1_000_000);
    assertEquals(rig.core.state.x[4], status, `${cores} cores, ${spins} rounds`);
  }
});
