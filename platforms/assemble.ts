/**
 * A platform's data and a machine's size → a board. The only module that knows every kind of device.
 *
 * @module
 */

import { Bus } from "../core/board/bus.ts";
import { EventQueue } from "../core/board/clock.ts";
import type { Device, State } from "../core/board/device.ts";
import { intid, type IrqLine, type Spi, Unconnected } from "../core/board/irq.ts";
import { armadaClocks } from "../devices/armada_clocks.ts";
import { armadaUart } from "../devices/armada_uart.ts";
import { armadaXor } from "../devices/armada_xor.ts";
import type { Gic, GicConfig, GicWires } from "../devices/gic/gic.ts";
import { gicv2 } from "../devices/gic/gicv2.ts";
import { gicv3 } from "../devices/gic/gicv3.ts";
import { pl011 } from "../devices/pl011.ts";
import { pl031 } from "../devices/pl031.ts";
import { pl061 } from "../devices/pl061.ts";
import type { SerialPort } from "../devices/serial.ts";
import { unclaimed } from "../devices/unclaimed.ts";
import { vexpressSysreg } from "../devices/vexpress_sysreg.ts";
import type { GuestMemory } from "../devices/virtio/chain.ts";
import { virtioMmioSlot } from "../devices/virtio/empty_slot.ts";
import { Switch } from "../devices/virtio/switch.ts";
import {
  clockHz,
  type DeviceSlot,
  gicWindows,
  type Platform,
  ramBanks,
  spiCount,
  type Window,
} from "./platform.ts";
import { assignSlots, virtioDevice, type VirtioPlug } from "./virtio.ts";

/** How much of a board to build. */
export interface BoardOptions {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly gicVersion: 2 | 3;
  /** What real-time clocks show at virtual time 0, in seconds since 1970. */
  readonly epochSeconds: number;
  /** What is in the virtio slots, the one with the highest address first. */
  readonly virtio?: readonly VirtioPlug[];
}

/** What the outside lends a board. */
export interface BoardHost {
  /** What the GIC signals to `core` has become `mask`, bits of the GIC's `Output`. */
  lines(core: number, mask: number): void;
  /** A device turns the board off, or starts it anew. */
  power?(request: "off" | "reset"): void;
  /** What devices with direct access see of memory; without it they see none. */
  readonly memory?: GuestMemory;
  /** Sees every frame on the board's network. */
  readonly capture?: (nowNs: number, frame: Uint8Array) => void;
  /** A remark of the device called `device`. */
  log(device: string, message: string): void;
}

/** The outside's end of a serial line, which nobody has plugged in at first. */
export interface Serial extends SerialPort {
  /** From now on `take` gets every byte the guest transmits; bytes before that are lost. */
  onTransmit(take: (byte: number) => void): void;
  /** From now on `ready` is called whenever {@linkcode SerialPort.canReceive} has become true. */
  onReady(ready: () => void): void;
}

/** The state of every device, as {@linkcode Board.snapshot} gives it. */
export interface BoardState {
  readonly nowNs: number;
  readonly gic: State;
  readonly network: State;
  /** By region name. */
  readonly devices: { readonly [name: string]: State };
}

/** A board with its devices mapped and wired. */
export interface Board {
  readonly platform: Platform;
  readonly options: BoardOptions;
  readonly bus: Bus;
  readonly gic: Gic;
  /** The board's virtual time; whoever runs the cores moves it. */
  readonly events: EventQueue;
  /** What network interfaces are connected to. */
  readonly network: Switch;
  /** Where RAM is, lowest bank first. */
  readonly ram: readonly Window[];
  /** Serial ports by name, the console first. */
  readonly serials: ReadonlyMap<string, Serial>;
  /** Push buttons by name: true presses, false lets go. */
  readonly keys: ReadonlyMap<string, (pressed: boolean) => void>;
  /** Returns every device to its power-on state; time goes on. */
  reset(): void;
  /** A copy of every device's state, safe to keep. */
  snapshot(): BoardState;
  /**
   * Takes over a state and its time.
   *
   * @throws {TypeError} When `state` was taken from a board of another shape.
   */
  restore(state: BoardState): void;
}

/**
 * Builds the board that `platform` describes.
 *
 * @throws {RangeError} When `platform` cannot have what `options` ask for.
 */
export function assemble(platform: Platform, options: BoardOptions, host: BoardHost): Board {
  if (!(options.cores >= 1 && options.cores <= platform.cpus.max)) {
    throw new RangeError(
      `Cannot give ${platform.name} ${options.cores} cores: it must be 1 to ${platform.cpus.max}`,
    );
  }
  const ram = ramBanks(platform, options.memoryBytes);
  const bus = new Bus();
  const events = new EventQueue();
  const gic = mapGic(platform, options, host, bus);
  const { capture } = host;
  const network = new Switch({ clock: events, ...(capture ? { capture } : {}) });
  const parts: Parts = {
    platform,
    options,
    host,
    events,
    gic,
    network,
    plugs: assignSlots(platform, options.virtio ?? []),
    serials: new Map(),
    keys: new Map(),
  };
  const devices = platform.devices.map((slot): [string, Device] => [slot.name, build(slot, parts)]);
  platform.devices.forEach(({ name, base }, i) => bus.map(name, base, (devices[i] as Entry)[1]));
  return {
    platform,
    options,
    bus,
    gic,
    events,
    network,
    ram,
    serials: new Map(
      platform.consoles.flatMap((name) => {
        const serial = parts.serials.get(name);
        return serial ? [[name, serial]] : [];
      }),
    ),
    keys: parts.keys,
    reset() {
      for (const [, device] of devices) device.reset();
      network.reset();
      gic.reset();
    },
    snapshot: () => ({
      nowNs: events.now(),
      gic: gic.snapshot(),
      network: network.snapshot(),
      devices: Object.fromEntries(devices.map(([name, device]) => [name, device.snapshot()])),
    }),
    restore(state) {
      assertSameNames(platform, devices.map(([name]) => name), Object.keys(state.devices));
      events.restore(state.nowNs);
      network.restore(state.network);
      // The GIC comes last: what its inputs do while devices settle must not leave traces in it.
      for (const [name, device] of devices) device.restore(state.devices[name] ?? {});
      gic.restore(state.gic);
    },
  };
}

function assertSameNames(
  platform: Platform,
  present: readonly string[],
  saved: readonly string[],
): void {
  const odd = present.find((n) => !saved.includes(n)) ?? saved.find((n) => !present.includes(n));
  if (odd === undefined) return;
  const [here, there] = [present, saved].map((names) => names.includes(odd) ? "has" : "lacks");
  throw new TypeError(
    `Cannot restore ${platform.name}: devices must be the same, ` +
      `the board ${here} "${odd}", the snapshot ${there} it`,
  );
}

type Entry = readonly [name: string, device: Device];

/** What devices are wired to, and what they give the board. */
interface Parts {
  readonly platform: Platform;
  readonly options: BoardOptions;
  readonly host: BoardHost;
  readonly events: EventQueue;
  readonly gic: Gic;
  readonly network: Switch;
  readonly plugs: ReadonlyMap<string, VirtioPlug>;
  readonly serials: Map<string, Serial>;
  readonly keys: Map<string, (pressed: boolean) => void>;
}

function mapGic(platform: Platform, options: BoardOptions, host: BoardHost, bus: Bus): Gic {
  const config: GicConfig = {
    cores: options.cores,
    spis: spiCount(platform, options.gicVersion),
    mpidr: (core) => Number(platform.cpus.mpidr(core)),
    maintenance: intid(platform.gic.maintenance),
  };
  const wires: GicWires = {
    lines: (core, mask) => host.lines(core, mask),
    log: (message) => host.log("gic", message),
  };
  const windows = gicWindows(platform, options.gicVersion);
  const gic = options.gicVersion === 2 ? gicv2(config, wires) : gicv3(config, wires);
  for (const [name, { base, size }] of windows) {
    const frame = gic.frames.find((f) => f.name === name);
    const log = (message: string) => host.log(`gic.${name}`, message);
    bus.map(`gic.${name}`, base, frame?.device ?? unclaimed(size, log));
  }
  return gic;
}

function build(slot: DeviceSlot, parts: Parts): Device {
  const { platform, options, host, events: clock } = parts;
  const log = (message: string) => host.log(slot.name, message);
  const line = (irq: Spi | undefined): IrqLine => irq ? parts.gic.spi(intid(irq)) : Unconnected;
  switch (slot.kind) {
    case "pl011": {
      const hz = clockHz(platform, slot.clock);
      return plugIn(
        slot,
        parts,
        (ends) => pl011({ ...ends, clock, log, irq: line(slot.irq), clockHz: hz }),
      );
    }
    case "armada-uart": {
      const hz = clockHz(platform, slot.clock);
      const { sum, tx, rx } = slot.irqs;
      const lines = { sum: line(sum), tx: line(tx), rx: line(rx) };
      return plugIn(
        slot,
        parts,
        (ends) => armadaUart(slot.layout, { ...ends, ...lines, clock, log, clockHz: hz }),
      );
    }
    case "pl031":
      return pl031({ clock, log, irq: line(slot.irq), epochSeconds: options.epochSeconds });
    case "pl061": {
      const gpio = pl061({ log, irq: line(slot.irq) });
      for (const key of slot.keys) {
        parts.keys.set(key.name, (pressed) => gpio.setPin(key.pin, pressed));
      }
      return gpio;
    }
    case "vexpress-sysreg":
      return vexpressSysreg({ log, power: (request) => host.power?.(request) });
    case "armada-clocks":
      return armadaClocks(slot.block, { log });
    case "armada-xor": {
      const [first, second] = slot.irqs;
      const memory = host.memory ?? NoMemory;
      return armadaXor({ memory, irqs: [line(first), line(second)], log });
    }
    case "virtio-mmio": {
      const plug = parts.plugs.get(slot.name);
      return plug ? virtio(plug, slot, log, parts) : virtioMmioSlot(log);
    }
    case "unclaimed":
      return unclaimed(slot.size, log, slot.fill);
  }
}

/** Memory of a board that nobody has given any. */
const NoMemory: GuestMemory = { covers: () => false, read: () => false, write: () => false };

function virtio(
  plug: VirtioPlug,
  { name, irq }: { readonly name: string; readonly irq: Spi },
  log: (message: string) => void,
  { host, events, gic, network, plugs }: Parts,
): Device {
  const nics = [...plugs.keys()].filter((slot) => plugs.get(slot)?.kind === "net");
  const memory = host.memory ?? NoMemory;
  const wires = { memory, irq: gic.spi(intid(irq)), clock: events, log };
  return virtioDevice(plug, wires, { hub: network, vm: 0, nic: nics.indexOf(name) });
}

/** Gives the outside the other end of a serial device's line. */
function plugIn<D extends Device & SerialPort>(
  slot: DeviceSlot,
  parts: Parts,
  make: (ends: { transmit: (byte: number) => void; ready: () => void }) => D,
): D {
  let transmit: (byte: number) => void = () => {};
  let ready = () => {};
  const port = make({ transmit: (byte) => transmit(byte), ready: () => ready() });
  parts.serials.set(slot.name, {
    canReceive: () => port.canReceive(),
    receive: (byte) => port.receive(byte),
    emptyReads: () => port.emptyReads(),
    onTransmit: (take) => void (transmit = take),
    onReady: (call) => void (ready = call),
  });
  return port;
}
