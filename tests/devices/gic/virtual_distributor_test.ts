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

const Gicc = { ctlr: 0x00, pmr: 0x04, iar: 0x0c, eoir: 0x10, rpr: 0x14, hppir: 0x18, dir: 0x1000 };

/** A GICv2 whose CPU interfaces are models, both set up to take anything. */
function withInterfaces() {
  const config = { version: 2, vcpus: 2, spis: 32, hasInterfaces: true } as const;
  const model = virtualDistributor({ ...config, mpidr: (i) => i, log: () => {} });
  const { cpuInterface } = model;
  if (!cpuInterface) throw new Error("Cannot test CPU interfaces: the model must have them");
  const gicd = (offset: number, value: number, from = 0) =>
    model.distributor.write(offset, 4, value, from);
  const gicc = (offset: number, value: number, from = 0) =>
    cpuInterface.device.write(offset, 4, value, from);
  const read = (offset: number, from = 0) => cpuInterface.device.read(offset, 4, from);
  gicd(0x000, 1);
  for (const vcpu of [0, 1]) {
    gicc(Gicc.ctlr, 1, vcpu);
    gicc(Gicc.pmr, 0xff, vcpu);
  }
  return { model, cpuInterface, gicd, gicc, read };
}

Deno.test("virtual distributor: an emulated CPU interface signals, acknowledges and ends", () => {
  const { model, cpuInterface, gicd, gicc, read } = withInterfaces();
  gicd(0x100, 1 << 30);
  assertEquals(cpuInterface.signals(0), false);
  model.latch(0, 30);
  assertEquals([cpuInterface.signals(0), cpuInterface.signals(1)], [true, false]);
  assertEquals([read(Gicc.hppir), read(Gicc.iar), read(Gicc.iar)], [30, 30, 1023]);
  assertEquals([model.isActive(0, 30), cpuInterface.signals(0), read(Gicc.rpr)], [true, false, 0]);
  gicc(Gicc.eoir, 30);
  assertEquals([model.isActive(0, 30), read(Gicc.rpr)], [false, 0xff]);
});

Deno.test("virtual distributor: what is withdrawn is no longer signalled", () => {
  const { model, cpuInterface, gicd, read } = withInterfaces();
  gicd(0x100, 1 << 30);
  model.latch(0, 30);
  model.unlatch(0, 30);
  assertEquals([cpuInterface.signals(0), read(Gicc.iar)], [false, 1023]);
});

Deno.test("virtual distributor: an SGI is signalled to the vCPU it names and says who sent it", () => {
  const { cpuInterface, gicd, gicc, read } = withInterfaces();
  gicd(0xf00, (1 << 17) | 3, 0);
  gicd(0xf00, (1 << 17) | 3, 1);
  assertEquals([cpuInterface.signals(0), cpuInterface.signals(1)], [false, true]);
  const first = read(Gicc.iar, 1);
  gicc(Gicc.eoir, first, 1);
  assertEquals([first, read(Gicc.iar, 1)], [3, (1 << 10) | 3]);
});

Deno.test("virtual distributor: the mask and running priority hold less urgent interrupts back", () => {
  const { model, cpuInterface, gicd, gicc, read } = withInterfaces();
  gicd(0x100, 3 << 29);
  gicd(0x41c, 0x0040_8000); // 29: 0x80, 30: 0x40
  model.latch(0, 29);
  gicc(Gicc.pmr, 0x80);
  assertEquals(cpuInterface.signals(0), false);
  gicc(Gicc.pmr, 0xf0);
  assertEquals([cpuInterface.signals(0), read(Gicc.iar)], [true, 29]);
  model.latch(0, 30);
  assertEquals([cpuInterface.signals(0), read(Gicc.iar), read(Gicc.rpr)], [true, 30, 0x40]);
  gicc(Gicc.eoir, 30);
  assertEquals(read(Gicc.rpr), 0x80);
});

Deno.test("virtual distributor: with EOImode an interrupt ends in two steps", () => {
  const { model, gicd, gicc, read } = withInterfaces();
  gicd(0x100, 1 << 30);
  gicc(Gicc.ctlr, 0x201);
  model.latch(0, 30);
  assertEquals(read(Gicc.iar), 30);
  gicc(Gicc.eoir, 30);
  assertEquals([model.isActive(0, 30), read(Gicc.rpr)], [true, 0xff]);
  gicc(Gicc.dir, 30);
  assertEquals(model.isActive(0, 30), false);
});

Deno.test("virtual distributor: reset leaves the emulated CPU interface off", () => {
  const { model, read, cpuInterface } = withInterfaces();
  model.reset();
  assertEquals([read(Gicc.ctlr), read(Gicc.pmr), cpuInterface.signals(0)], [0, 0, false]);
});
