/**
 * Virtio over MMIO (virtio 1.2, 4.2), the register layout without legacy: what all devices share.
 *
 * A device is a {@linkcode VirtioModel}: its identity, features, configuration and what it does with
 * a chain of descriptors. Requests take no virtual time: a notification is served before the
 * driver's next instruction. What exceeds a turn's work goes on after {@linkcode TurnNs}.
 *
 * A driver that breaks a rule of the queues finds DEVICE_NEEDS_RESET in Status.
 *
 * @module
 */

import type { Clock } from "../../core/board/clock.ts";
import { type Chip, device, type Register, type State } from "../../core/board/device.ts";
import type { IrqLine } from "../../core/board/irq.ts";
import type { Chain, GuestMemory } from "./chain.ts";
import { Magic, SlotBytes, Vendor, Version } from "./empty_slot.ts";
import {
  type Answer,
  type QueueContext,
  queueProblem,
  type QueueState,
  serveQueue,
  TurnNs,
  unusedQueue,
} from "./queue.ts";

/** What every virtio device is connected to. */
export interface VirtioWires {
  readonly memory: GuestMemory;
  readonly irq: IrqLine;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

/** What makes a device a disk, a console, ...; `M` is its state besides the transport's. */
export interface VirtioModel<M extends State> {
  /** Model name, such as `virtio-blk`. */
  readonly kind: string;
  /** Device type (virtio 1.2, 5). */
  readonly id: number;
  /** Feature bits of the device type. */
  readonly features: bigint;
  /** The largest size of each queue. */
  readonly queueSizes: readonly number[];
  /** The state at power-on, or after a reset by the driver, given the state before it. */
  readonly reset: (before?: Readonly<M>) => M;
  /** The configuration space. */
  readonly config: (m: Readonly<M>) => Uint8Array;
  /** Does what a chain in queue `queue` asks for; the driver accepted `features`. */
  readonly handle: (m: M, queue: number, chain: Chain, features: bigint) => Answer;
  /** Drives the model's outputs; `running` says that the driver uses the device, with `features`. */
  readonly settle?: (m: M, running: boolean, features: bigint) => void;
}

/** A device behind the transport. */
export interface VirtioDevice<M extends State> extends Chip<VirtioState<M>> {
  /** Applies an outside event, then serves `queue`, which may have waited for it. */
  serve(queue: number, event: (m: M) => void): void;
  /** Applies an event that changes the configuration, and tells the driver. */
  changeConfig(event: (m: M) => void): void;
}

/** The transport's state, and the model's. */
export type VirtioState<M extends State> = {
  status: number;
  deviceFeaturesSel: number;
  driverFeaturesSel: number;
  /** Low word, high word. */
  driverFeatures: number[];
  queueSel: number;
  queues: QueueState[];
  interruptStatus: number;
  configGeneration: number;
  /** Queues with work left, one bit each. */
  unserved: number;
  /** When the next turn begins; -1 without one. */
  resumeNs: number;
  model: M;
};

/** Device status bits (2.1). */
export const Status = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 64,
  failed: 128,
} as const;

/** Feature bits of the transport and the queues (6). */
export const Feature = {
  indirect: 1n << 28n,
  eventIndex: 1n << 29n,
  version1: 1n << 32n,
} as const;

/** InterruptStatus bits. */
const Interrupt = { usedBuffer: 1, configChange: 2 } as const;

/** A hostile driver must not flood the log. */
const MaxComplaints = 8;
const ConfigBytes = 0x100;
/** What the length and the base of a shared memory region read as that does not exist. */
const NoRegion = 0xffff_ffff;

/** Builds a device, reset. */
export function virtioMmio<M extends State>(
  model: VirtioModel<M>,
  wires: VirtioWires,
): VirtioDevice<M> {
  type S = VirtioState<M>;
  const offered = model.features | Feature.indirect | Feature.eventIndex | Feature.version1;
  const complain = atMost(MaxComplaints, wires.log);
  const resume = wires.clock.alarm(() => chip.poke(resumeWork));

  const powerOn = (before?: M): S => ({
    status: 0,
    deviceFeaturesSel: 0,
    driverFeaturesSel: 0,
    driverFeatures: [0, 0],
    queueSel: 0,
    queues: model.queueSizes.map(unusedQueue),
    interruptStatus: 0,
    configGeneration: 0,
    unserved: 0,
    resumeNs: -1,
    model: model.reset(before),
  });

  /** Steps of initialization (3.1.1): a bit sticks when what comes before it is done. */
  const steps: readonly { bit: number; after: number; when?: (s: S) => boolean }[] = [
    { bit: Status.acknowledge, after: 0 },
    { bit: Status.driver, after: Status.acknowledge },
    { bit: Status.featuresOk, after: Status.driver, when: acceptable },
    { bit: Status.driverOk, after: Status.featuresOk },
    { bit: Status.failed, after: 0 },
  ];

  function acceptable(s: S): boolean {
    const accepted = featuresOf(s);
    return (accepted & ~offered) === 0n && (accepted & Feature.version1) !== 0n;
  }

  function setStatus(s: S, value: number): void {
    if (value === 0) {
      Object.assign(s, { ...powerOn(s.model), configGeneration: s.configGeneration });
      return;
    }
    const ranBefore = isRunning(s);
    for (const { bit, after, when } of steps) {
      const isNew = (value & bit) !== 0 && (s.status & bit) === 0;
      if (isNew && (s.status & after) === after && (when?.(s) ?? true)) s.status |= bit;
    }
    // What was made available before DRIVER_OK may have been announced before it, too.
    if (isRunning(s) && !ranBefore) s.queues.forEach((_, i) => serve(s, i));
  }

  function context(s: S): QueueContext {
    const features = featuresOf(s);
    return {
      memory: wires.memory,
      indirect: (features & Feature.indirect) !== 0n,
      eventIndex: (features & Feature.eventIndex) !== 0n,
    };
  }

  function setReady(s: S, value: number): void {
    const q = s.queues[s.queueSel];
    const maxSize = model.queueSizes[s.queueSel];
    if (!q || maxSize === undefined) return;
    const wasReady = q.ready;
    q.ready = (value & 1) !== 0;
    if (!q.ready || wasReady) return;
    q.nextAvailable = 0;
    q.nextUsed = 0;
    const problem = queueProblem(q, context(s), maxSize);
    if (problem) fail(s, s.queueSel, problem);
  }

  function serve(s: S, index: number): void {
    const q = s.queues[index];
    if (!q?.ready || !isRunning(s)) return;
    const features = featuresOf(s);
    const nowNs = wires.clock.now();
    const turn = serveQueue(q, context(s), nowNs, (chain) => {
      return model.handle(s.model, index, chain, features);
    });
    if (turn.interrupt) s.interruptStatus |= Interrupt.usedBuffer;
    if (turn.violation !== undefined) fail(s, index, turn.violation);
    else if (turn.more) {
      s.unserved |= 1 << index;
      if (s.resumeNs < 0) s.resumeNs = nowNs + TurnNs;
    }
  }

  function resumeWork(s: S): void {
    const { unserved } = s;
    s.unserved = 0;
    s.resumeNs = -1;
    s.queues.forEach((_, i) => {
      if (unserved & (1 << i)) serve(s, i);
    });
  }

  function fail(s: S, queue: number, problem: string): void {
    complain(`queue ${queue}: ${problem}; the device needs a reset`);
    s.queues.forEach((q) => void (q.ready = false));
    s.unserved = 0;
    s.resumeNs = -1;
    s.status |= Status.needsReset;
    if (s.status & Status.driverOk) s.interruptStatus |= Interrupt.configChange;
  }

  const chip = device<S, VirtioWires>({
    kind: model.kind,
    size: SlotBytes,
    reset: () => powerOn(),
    stray: wires.log,
    registers: [
      { at: 0x000, name: "MagicValue", read: () => Magic },
      { at: 0x004, name: "Version", read: () => Version },
      { at: 0x008, name: "DeviceID", read: () => model.id },
      { at: 0x00c, name: "VendorID", read: () => Vendor },
      { at: 0x010, name: "DeviceFeatures", read: (s) => wordOf(offered, s.deviceFeaturesSel) },
      {
        at: 0x014,
        name: "DeviceFeaturesSel",
        write: (s, _w, value) => void (s.deviceFeaturesSel = value),
      },
      { at: 0x020, name: "DriverFeatures", write: setFeatures },
      {
        at: 0x024,
        name: "DriverFeaturesSel",
        write: (s, _w, value) => void (s.driverFeaturesSel = value),
      },
      { at: 0x030, name: "QueueSel", write: (s, _w, value) => void (s.queueSel = value) },
      { at: 0x034, name: "QueueNumMax", read: (s) => model.queueSizes[s.queueSel] ?? 0 },
      {
        at: 0x038,
        name: "QueueNum",
        write: (s, _w, value) => setUp(s, (q) => void (q.size = value)),
      },
      {
        at: 0x044,
        name: "QueueReady",
        read: (s) => Number(s.queues[s.queueSel]?.ready ?? false),
        write: (s, _w, value) => setReady(s, value),
      },
      { at: 0x050, name: "QueueNotify", write: (s, _w, value) => serve(s, value) },
      { at: 0x060, name: "InterruptStatus", field: "interruptStatus" },
      {
        at: 0x064,
        name: "InterruptACK",
        write: (s, _w, value) => void (s.interruptStatus &= ~value),
      },
      { at: 0x070, name: "Status", field: "status", write: (s, _w, value) => setStatus(s, value) },
      queueArea(0x080, "QueueDesc", "descriptors"),
      queueArea(0x090, "QueueDriver", "available"),
      queueArea(0x0a0, "QueueDevice", "used"),
      { at: 0x0ac, name: "SHMSel", write: () => {} },
      { at: 0x0b0, name: "SHMLen", count: 2, read: () => NoRegion },
      { at: 0x0b8, name: "SHMBase", count: 2, read: () => NoRegion },
      { at: 0x0fc, name: "ConfigGeneration", field: "configGeneration" },
      {
        at: 0x100,
        name: "Config",
        count: ConfigBytes / 4,
        read: (s, _w, i) => wordAt(model.config(s.model), i),
        write: () => {}, // no model here has configuration for the driver to write
      },
    ],
    settle(s, w) {
      w.irq.set(s.interruptStatus !== 0);
      resume.set(s.resumeNs < 0 ? undefined : s.resumeNs);
      model.settle?.(s.model, isRunning(s), featuresOf(s));
    },
  }, wires);

  return {
    ...chip,
    serve: (queue, event) =>
      chip.poke((s) => {
        event(s.model);
        serve(s, queue);
      }),
    changeConfig: (event) =>
      chip.poke((s) => {
        event(s.model);
        s.configGeneration = (s.configGeneration + 1) >>> 0;
        if (isRunning(s)) s.interruptStatus |= Interrupt.configChange;
      }),
  };
}

/** Whether the driver uses the device. */
export function isRunning({ status }: { readonly status: number }): boolean {
  return (status & (Status.driverOk | Status.needsReset)) === Status.driverOk;
}

function featuresOf({ driverFeatures: [low = 0, high = 0] }: { driverFeatures: number[] }): bigint {
  return BigInt(high) << 32n | BigInt(low);
}

/** The word of feature bits that a selector chooses. */
function wordOf(features: bigint, sel: number): number {
  return sel < 2 ? Number(BigInt.asUintN(32, features >> BigInt(32 * sel))) : 0;
}

/** Features are settled once the device has agreed to them. */
function setFeatures<M extends State>(s: VirtioState<M>, _w: VirtioWires, value: number): void {
  const sel = s.driverFeaturesSel;
  if (sel < 2 && (s.status & Status.featuresOk) === 0) s.driverFeatures[sel] = value;
}

/** Changes the selected queue, unless it is in use. */
function setUp<M extends State>(s: VirtioState<M>, change: (q: QueueState) => void): void {
  const q = s.queues[s.queueSel];
  if (q && !q.ready) change(q);
}

/** The two registers with the address of a queue's area. */
function queueArea<M extends State>(
  at: number,
  name: string,
  area: "descriptors" | "available" | "used",
): Register<VirtioState<M>, VirtioWires> {
  return {
    at,
    name: `${name}Low/High`,
    count: 2,
    write: (s, _w, value, i) => setUp(s, (q) => void (q[area][i] = value)),
  };
}

/** A little-endian word of a configuration space, zero beyond its end. */
function wordAt(bytes: Uint8Array, i: number): number {
  const at = (k: number) => bytes[4 * i + k] ?? 0;
  return (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24) >>> 0;
}

function atMost(times: number, tell: (message: string) => void): (message: string) => void {
  let left = times;
  return (message) => {
    if (left-- > 0) tell(message);
  };
}
