import { assertEquals } from "@std/assert";
import { Candidate, Interrupts, type InterruptsConfig } from "../../../devices/gic/interrupts.ts";

function rig(config: Partial<InterruptsConfig> = {}) {
  const touched: number[] = [];
  const interrupts = new Interrupts({
    cores: 2,
    spis: 64,
    priorityBits: 5,
    sgis: "latched",
    spiTargets: 1,
    accepts: () => true,
    touched: (cores) => touched.push(cores),
    ...config,
  });
  interrupts.setGroupEnable(3);
  for (let bank = 0; bank < interrupts.banks; bank++) interrupts.setEnabled(bank, -1, true);
  touched.length = 0;
  return { interrupts, touched };
}

Deno.test("interrupts: pendingFor lists what best chooses from, the most urgent first", () => {
  const { interrupts } = rig();
  interrupts.setPriority(interrupts.slot(0, 70), 0x40);
  for (const intid of [40, 70, 20]) interrupts.setLine(0, intid, true);
  interrupts.setLine(1, 21, true);
  assertEquals(interrupts.pendingFor(0, 3).map(Candidate.key), [20, 40, 70]);
  interrupts.setPriority(interrupts.slot(0, 20), 0x80);
  assertEquals(interrupts.pendingFor(0, 3).map(Candidate.key), [40, 70, 20]);
  assertEquals(Candidate.key(interrupts.best(0, 3)), 40);
  assertEquals(interrupts.pendingFor(1, 3).map(Candidate.key), [21]);
  assertEquals(interrupts.pendingFor(0, 2), []);
});

Deno.test("interrupts: best agrees with the first of pendingFor after random changes", () => {
  const { interrupts } = rig({ sgis: "per-source" });
  let seed = 1;
  const random = (n: number) => (seed = (seed * 48271) % 0x7fff_ffff) % n;
  for (let turn = 0; turn < 3000; turn++) {
    const [core, intid] = [random(2), random(96)];
    const [slot, bank, bit] = [
      interrupts.slot(core, intid),
      interrupts.bank(core, intid),
      1 << (intid & 31),
    ];
    const moves = [
      () => interrupts.setLine(core, intid, random(2) === 0),
      () => interrupts.setEnabled(bank, bit, random(3) > 0),
      () => interrupts.setLatched(bank, bit, random(2) === 0),
      () => interrupts.setActive(bank, bit, random(4) === 0),
      () => interrupts.setGroup(bank, random(2) ? bit : 0, bit),
      () => interrupts.setEdge(slot, random(2) === 0),
      () => interrupts.setPriority(slot, random(256)),
      () => intid >= 32 && interrupts.setTargets(slot, random(4), random(2) === 0),
      () => interrupts.sendSgi(core, random(16), random(2)),
      () => {
        const best = interrupts.best(core, 3);
        if (best >= 0) interrupts.acknowledge(core, Candidate.key(best));
      },
    ];
    moves[random(moves.length)]?.();
    for (const groups of [1, 2, 3]) {
      assertEquals(interrupts.best(core, groups), interrupts.pendingFor(core, groups)[0] ?? -1);
    }
  }
});

Deno.test("interrupts: only the cores concerned are touched", () => {
  const { interrupts, touched } = rig();
  interrupts.setLine(1, 27, true);
  interrupts.setLine(1, 27, true);
  interrupts.setLine(0, 40, true);
  interrupts.setPriority(interrupts.slot(0, 3), 0);
  assertEquals(touched, [2, 1, 1]);
  interrupts.setTargets(interrupts.slot(0, 40), 2);
  interrupts.acknowledge(1, 40);
  assertEquals(touched, [2, 1, 1, 3, 2]);
});

Deno.test("interrupts: turning level-sensitive brings the line's level to bear", () => {
  const { interrupts } = rig();
  const slot = interrupts.slot(0, 40);
  interrupts.setEdge(slot, true);
  interrupts.setLine(0, 40, true);
  assertEquals(interrupts.acknowledge(0, 40), 40);
  interrupts.deactivate(0, 40);
  assertEquals(interrupts.best(0, 3), -1);
  interrupts.setEdge(slot, false);
  assertEquals(Candidate.key(interrupts.best(0, 3)), 40);
});

Deno.test("interrupts: deactivating what does not exist is ignored", () => {
  const { interrupts } = rig();
  const before = structuredClone(interrupts.state);
  interrupts.deactivate(0, 96);
  interrupts.deactivate(0, 0xff_ffff);
  assertEquals(interrupts.state, before);
});
