import { assertEquals } from "@std/assert";
import { virtualDistributor } from "../../../devices/gic/virtual_distributor.ts";

const Isenabler1 = 0x104;
const Ispendr1 = 0x204;

function distributor(version: 2 | 3, vcpus = 2) {
  const model = virtualDistributor({ version, vcpus, spis: 32, mpidr: (i) => i, log: () => {} });
  const changes: number[] = [];
  model.onChange = (mask) => void changes.push(mask);
  const write = (offset: number, value: number, from = 0) =>
    model.distributor.write(offset, 4, value, from);
  const read = (offset: number, from = 0) => model.distributor.read(offset, 4, from);
  return { model, changes, write, read };
}

Deno.test("virtual distributor: a line of an enabled SPI is offered to its target", () => {
  const { model, changes, write } = distributor(2);
  write(0x000, 1);
  write(Isenabler1, 2);
  model.distributor.write(0x821, 1, 0b10, 0);
  changes.length = 0;
  model.setLine(33, true);
  assertEquals(changes.length > 0, true);
  assertEquals([model.hasPending(0), model.hasPending(1)], [false, true]);
  assertEquals(model.pending(1).map(({ intid, level }) => [intid, level]), [[33, true]]);
  model.setLine(33, false);
  assertEquals(model.hasPending(1), false);
});

Deno.test("virtual distributor: what is taken is offered again only when it is latched again", () => {
  const { model, write, read } = distributor(2, 1);
  write(0x000, 1);
  write(Isenabler1, 2);
  model.latch(0, 33);
  assertEquals(read(Ispendr1), 2);
  const [found] = model.pending(0);
  assertEquals(found && model.take(0, found), true);
  assertEquals(model.hasPending(0), false);
  model.latch(0, 33);
  model.setActive(0, 33, true);
  assertEquals(model.hasPending(0), false);
  model.setActive(0, 33, false);
  assertEquals(model.hasPending(0), true);
});

Deno.test("virtual distributor: GICv2's SGIs keep apart who sent them", () => {
  const { model, write } = distributor(2);
  write(0x000, 1);
  write(0xf00, (1 << 16) | 3, 1);
  write(0xf00, (1 << 16) | 3, 0);
  const sources: number[] = [];
  for (let [found] = model.pending(0); found; [found] = model.pending(0)) {
    sources.push(found.source);
    model.take(0, found);
  }
  assertEquals(sources, [0, 1]);
});

Deno.test("virtual distributor: ICC_SGI1R_EL1 reaches the vCPUs it names", () => {
  const { model, write } = distributor(3);
  write(0x000, 2);
  model.redistributors?.write(0x3_0080, 4, 0xffff_ffff, 0);
  model.redistributors?.write(0x3_0100, 4, 1 << 5, 0);
  model.sendSgi(0, "ICC_SGI1R_EL1", (5n << 24n) | 0b10n);
  assertEquals(model.pending(1).map(({ intid, group }) => [intid, group]), [[5, 1]]);
  assertEquals(model.hasPending(0), false);
});

Deno.test("virtual distributor: reset leaves nothing pending or enabled", () => {
  const { model, write } = distributor(2, 1);
  write(0x000, 1);
  write(Isenabler1, 2);
  model.latch(0, 33);
  model.reset();
  assertEquals(model.isLatched(0, 33), false);
  assertEquals(model.setup(33).enabled, false);
});
