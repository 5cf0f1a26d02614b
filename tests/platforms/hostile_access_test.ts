/** Every device of every board, and of a VM, under random accesses. */

import { assert, assertEquals } from "@std/assert";
import type { Bus, Region } from "../../core/board/bus.ts";
import type { EventQueue } from "../../core/board/clock.ts";
import type { Width } from "../../core/board/device.ts";
import { assemble } from "../../platforms/assemble.ts";
import { platforms } from "../../platforms/mod.ts";
import { Ending, loadHostile, noHarm } from "../boot/vm_hostile.ts";
import { random, TestMemory } from "../devices/virtio/rig.ts";

const Sequences = 10_000;
const Cores = 2;

type Pick = (n: number) => number;

/** Registers that drivers use are at the beginning of a device or of one of its pages, mostly. */
function offset(pick: Pick, size: number, width: Width): number {
  const page = pick(Math.ceil(size / 4096)) * 4096;
  const at = [pick(size), pick(0x100), pick(0x1000), page + pick(0x400)][pick(4)] as number;
  return Math.min(at - at % width, size - width);
}

/** Any word, few bits, or a small number. */
function value(pick: Pick): number {
  return [pick(2 ** 32), 2 ** pick(32), pick(64), 0xffff_ffff][pick(4)] as number;
}

/** A few accesses at a time to one device, and time that passes. */
function hammer({ device, name }: Region, cores: number, pass: (ns: number) => void): void {
  const pick = random(name.length * 7919 + device.size);
  for (let i = 0; i < Sequences; i++) {
    for (let left = 2 + pick(3); left > 0; left--) {
      const width = [1, 2, 4, 4][pick(4)] as Width;
      const at = offset(pick, device.size, width);
      if (pick(2) === 0) {
        device.write(at, width, value(pick) % 2 ** (8 * width), pick(cores));
      } else {
        const read = device.read(at, width, pick(cores));
        assert(Number.isInteger(read) && read >= 0 && read < 2 ** (8 * width), `${name} ${at}`);
      }
    }
    if (pick(16) === 0) pass(pick(1_000_000));
  }
}

/** The devices, of several empty slots one. */
function distinct(bus: Bus): Region[] {
  const kinds = new Set<string>();
  return [...bus].filter(({ name, device }) => {
    const kind = name.startsWith("virtio") ? device.kind : name;
    return !kinds.has(kind) && kinds.add(kind);
  });
}

for (const platform of platforms) {
  for (const gicVersion of [2, 3] as const) {
    if (!(gicVersion === 2 ? platform.gic.v2 : platform.gic.v3)) continue;
    const name = `${platform.name} with GICv${gicVersion}`;
    Deno.test(`${name}: ${Sequences} random sequences on each device neither throw nor hang`, () => {
      const memory = new TestMemory();
      const board = assemble(platform, {
        cores: Cores,
        memoryBytes: 2 ** 30,
        gicVersion,
        epochSeconds: 1_700_000_000,
      }, { lines: () => {}, log: () => {}, memory });
      for (const region of distinct(board.bus)) {
        hammer(region, Cores, (ns) => advance(board.events, ns));
        for (const serial of board.serials.values()) if (serial.canReceive()) serial.receive(0x55);
        assert(memory.intact(), region.name);
      }
      const saved = board.snapshot();
      board.restore(saved);
      assertEquals(board.snapshot(), saved);
    });
  }
}

/** Lets time pass; what devices want to do over and over again has a limit. */
function advance(events: EventQueue, ns: number): void {
  const end = events.now() + ns;
  let turns = 0;
  for (let next = events.nextDeadline(); next !== undefined && next <= end;) {
    assert(turns++ < 100_000, "it never ends");
    events.advanceTo(next);
    next = events.nextDeadline();
  }
  events.advanceTo(end);
}

for (const gicVersion of [2, 3] as const) {
  Deno.test(`a VM's devices: ${Sequences} random sequences on each do no harm, GICv${gicVersion}`, () => {
    const loaded = loadHostile({ gicVersion }, 1, 0, Ending.spin);
    const { machine } = loaded.simulator;
    const [vm] = loaded.hypervisor.vms;
    assert(vm);
    for (const region of vm.bus) hammer(region, 1, () => {});
    machine.run(machine.nowNs + 5_000_000);
    assertEquals(vm.state, "running");
    noHarm(loaded);
  });
}
