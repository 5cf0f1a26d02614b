/** VMs that come and go beside one that stays. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert, assertEquals } from "@std/assert";
import type { Hypervisor } from "../../core/hypervisor/hypervisor.ts";
import type { Result } from "../../core/hypervisor/lifecycle.ts";
import { type Program, Ticker } from "./vm_programs.ts";
import { loadVmsOf, runUntil, tinyVm } from "./vm_rig.ts";

const SliceNs = 100_000;
const Rounds = 200;
/** Slices of a round, each followed by an operation. */
const SlicesARound = 8;
const MiB = 2 ** 20;
/** Of VM 1 and its core; there are more while VM 2 is there. */
const MaxAlarms = 4;
/** In 150 rounds: what is translated anew takes some, a VM with its devices would take much more. */
const MaxGrowthMiB = 6;

/** A console, a network interface and a disk that nobody has given. */
const Devices = '["console", 0x900_0000, 0x1000, 33, 2, []], ' +
  '["net", 0xa00_1000, 0x200, 49, 0xe2, []], ["disk", 0xa00_0000, 0x200, 48, 0xe1, []]';

const description = (id: number, program: Program, core: number) =>
  tinyVm(id, program, { emulated: Devices, core, memory: "[[0x4000_0000, 0x80_0000, 0x7, 0]]" });

type Loaded = ReturnType<typeof loadVmsOf>;

/** Runs VM 1 on core 1; `between` is called after each slice. What VM 1 printed, and when. */
function run(between: (loaded: Loaded, slice: number) => void) {
  const files = { ...description(1, Ticker, 1), ...description(2, Ticker, 0) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files, cores: 2 });
  const { machine } = loaded.simulator;
  const printed: [ns: number, byte: number][] = [];
  loaded.hypervisor.find(1)?.console?.onTransmit((byte) => printed.push([machine.nowNs, byte]));
  for (let slice = 0; slice < Rounds * SlicesARound; slice++) {
    assertEquals(runUntil(loaded, (slice + 1) * SliceNs), "limit");
    between(loaded, slice);
  }
  return printed;
}

function does(result: Result): void {
  if (!result.ok) throw new Error(result.why);
}

/** What a VM could leave behind. */
function footprint({ hypervisor, simulator: { machine, board } }: Loaded) {
  const { network } = board.snapshot() as { network: { ports?: unknown[] } };
  return {
    ram: hypervisor.resources.memory.freeBytes,
    tables: hypervisor.resources.freeTableBytes,
    vms: hypervisor.vms.length,
    codePages: machine.runner.engine.codePages,
    devices: [...board.bus].length,
    ports: network.ports?.length,
  };
}

/** One round: VM 2 is made, started, paused, resumed, started anew, stopped and deleted. */
const steps: readonly ((hypervisor: Hypervisor, loaded: Loaded) => void)[] = [
  (hypervisor, loaded) => does(hypervisor.create(planOf(loaded))),
  (hypervisor) => does(hypervisor.start(2)),
  (hypervisor) => does(hypervisor.pause(2)),
  (hypervisor) => does(hypervisor.resume(2)),
  (hypervisor) => does(hypervisor.restart(2)),
  (hypervisor) => does(hypervisor.stop(2)),
  (hypervisor) => does(hypervisor.start(2)),
  (hypervisor) => {
    does(hypervisor.kill(2));
    does(hypervisor.delete(2));
  },
];

function planOf(loaded: Loaded) {
  const [plan] = loaded.plansOf(["tiny2.toml"]);
  if (!plan) throw new Error("Cannot plan VM 2: its description must be right");
  return plan;
}

/** Bytes of the heap that are in use. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return Deno.memoryUsage().heapUsed;
}

Deno.test(`churn: VMs that come and go ${Rounds} times leave nothing behind`, () => {
  const alone = run(() => {});
  assert(alone.length > 1000, `${alone.length}`);
  const footprints: string[] = [];
  const heap: number[] = [];
  let talked = 0;
  const beside = run((loaded, slice) => {
    const { hypervisor, simulator: { board } } = loaded;
    if (slice === 0) footprints.push(JSON.stringify(footprint(loaded)));
    steps[slice % SlicesARound]?.(hypervisor, loaded);
    hypervisor.find(2)?.console?.onTransmit(() => talked++);
    if (slice % SlicesARound !== SlicesARound - 1) return;
    loaded.log.length = 0;
    footprints.push(JSON.stringify(footprint(loaded)));
    assert(board.events.pending <= MaxAlarms, `${board.events.pending}`);
    if (footprints.length % (Rounds / 4) === 1) heap.push(heapBytes());
  });
  assertEquals(beside, alone);
  assert(talked > Rounds * 4, `${talked}`);
  assertEquals(new Set(footprints).size, 1);
  const growth = ((heap[3] ?? 0) - (heap[0] ?? 0)) / MiB;
  assert(growth < MaxGrowthMiB, `${growth} MiB`);
});
