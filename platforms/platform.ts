/**
 * What a platform file says: a board as data.
 *
 * @module
 */

import type { Ppi, Spi } from "../core/board/irq.ts";

export { ppi, spi } from "../core/board/irq.ts";

/** A range of guest-physical addresses. */
export interface Window {
  /** Address of the first byte. */
  readonly base: number;
  /** Bytes. */
  readonly size: number;
}

/** Which device a {@linkcode DeviceSlot} holds, with what that kind needs to know. */
export type DeviceKind =
  | { readonly kind: "pl011"; readonly irq: Spi; readonly clock: string }
  | {
    readonly kind: "armada-uart";
    readonly layout: "standard" | "extended";
    /** The extended layout has no sum interrupt. */
    readonly irqs: { readonly sum?: Spi; readonly tx: Spi; readonly rx: Spi };
    readonly clock: string;
  }
  | { readonly kind: "pl031"; readonly irq: Spi; readonly clock: string }
  | {
    readonly kind: "pl061";
    readonly irq: Spi;
    readonly clock: string;
    /** Keys wired to its pins. */
    readonly keys: readonly Key[];
  }
  | { readonly kind: "virtio-mmio"; readonly irq: Spi }
  | { readonly kind: "vexpress-sysreg" }
  | { readonly kind: "armada-clocks"; readonly block: "time-base" | "north" | "south" }
  | { readonly kind: "armada-xor"; readonly irqs: readonly [Spi, Spi] }
  | {
    /** A device nobody has modelled: reads as `fill` (zero when omitted), ignores writes. */
    readonly kind: "unclaimed";
    readonly size: number;
    readonly fill?: "ones";
    /** Node that device trees which know the device have for it, when not `/name@base`. */
    readonly path?: string;
    /** Software does better when a tree from elsewhere does not speak of it. */
    readonly disabled?: true;
  };

/** A push button on a GPIO pin, pressed when the pin is high. */
export interface Key {
  /** Name of its node, and of the key towards the outside. */
  readonly name: string;
  /** What it says on it. */
  readonly label: string;
  /** The pin it drives. */
  readonly pin: number;
  /** Linux input event code. */
  readonly code: number;
}

/** One device at one place. */
export type DeviceSlot = DeviceKind & {
  /** Unique on the board. */
  readonly name: string;
  /** Guest-physical address. */
  readonly base: number;
  /** On the bus, but not in the generated device tree. */
  readonly hidden?: true;
};

/** Where the frames of a GICv2 are. */
export interface Gicv2Frames {
  /** GICD. */
  readonly distributor: Window;
  /** GICC. */
  readonly cpuInterface: Window;
  /** GICH. */
  readonly hypervisorInterface: Window;
  /** GICV. */
  readonly virtualCpuInterface: Window;
}

/**
 * Where the frames of a GICv3 are. Boards that give the GICv2-compatible frames an address have them
 * answer as reserved: system registers are the only CPU interface.
 */
export interface Gicv3Frames {
  /** GICD. */
  readonly distributor: Window;
  /** GICR, one pair of 64 KiB frames after the other. */
  readonly redistributors: Window;
  /** GICC. */
  readonly cpuInterface?: Window;
  /** GICH. */
  readonly hypervisorInterface?: Window;
  /** GICV. */
  readonly virtualCpuInterface?: Window;
}

/** Interrupt controller: which versions a board can have, and where each has its frames. */
export interface GicPlan {
  /** What a board has when nobody says. */
  readonly defaultVersion: 2 | 3;
  /** Shared peripheral interrupts, a multiple of 32. */
  readonly spis: number;
  /** How many a GICv3 has, where not as many. */
  readonly v3Spis?: number;
  /** Frames of the GICv2, on boards that can have one. */
  readonly v2?: Gicv2Frames;
  /** Frames of the GICv3, on boards that can have one. */
  readonly v3?: Gicv3Frames;
  /** Maintenance interrupt of the virtual CPU interface. */
  readonly maintenance: Ppi;
}

/** The generic timers. */
export interface TimerPlan {
  /** CNTFRQ_EL0. */
  readonly frequencyHz: number;
  /** CNTPS. */
  readonly el3Physical: Ppi;
  /** CNTP. */
  readonly el1Physical: Ppi;
  /** CNTV. */
  readonly el1Virtual: Ppi;
  /** CNTHP. */
  readonly el2Physical: Ppi;
  /** CNTHV. */
  readonly el2Virtual: Ppi;
}

/** A fixed clock that devices name. */
export interface ClockPlan {
  /** Name of its node, and what slots call it. */
  readonly name: string;
  /** How fast it runs. */
  readonly frequencyHz: number;
  /** `clock-output-names`. */
  readonly output: string;
}

/** The instruction PSCI calls use. */
export type Conduit = "hvc" | "smc";

/** What only the generated device tree shows. */
export interface TreePlan {
  /** `model` of the root. */
  readonly model: string;
  /** `compatible` of the root. */
  readonly compatible: readonly string[];
  /** `compatible` of PSCI. */
  readonly psci: readonly string[];
  /** Whether the timers' interrupts are active high or low. */
  readonly timerLevel: "high" | "low";
  /** `compatible` of the timers. */
  readonly timer: readonly string[];
  /** Whether the timers run while cores sleep. */
  readonly timerAlwaysOn: boolean;
  /** Whether what only EL2 uses (maintenance interrupt, GICH, GICV) shows when software starts at EL1. */
  readonly showsEl2: "always" | "at-el2";
  /** Buses without devices. */
  readonly emptyBuses: readonly (Window & {
    readonly name: string;
    readonly compatible: readonly string[];
  })[];
}

/** A board, as data. */
export interface Platform {
  /** What `--platform` selects. */
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  /** Where the numbers come from. */
  readonly source: string;
  /** The cores. */
  readonly cpus: {
    /** Most that there can be. */
    readonly max: number;
    /** MPIDR_EL1 of core `index`. */
    readonly mpidr: (index: number) => bigint;
  };
  /** Random access memory. */
  readonly ram: {
    /** Filled in order; `size` is the most a bank can hold. */
    readonly banks: readonly Window[];
    /** How much there is when nobody says. */
    readonly defaultBytes: number;
  };
  /** Interrupt controller. */
  readonly gic: GicPlan;
  /** Generic timers. */
  readonly timers: TimerPlan;
  /** Interrupt of the performance monitors. */
  readonly pmu: Ppi;
  /** By the exception level at which software starts. */
  readonly psci: { readonly el1: Conduit; readonly el2: Conduit };
  /** Fixed clocks. */
  readonly clocks: readonly ClockPlan[];
  /** Everything on the bus but RAM and the GIC, in the order of the device tree. */
  readonly devices: readonly DeviceSlot[];
  /** Names of the serial ports, the console first. */
  readonly consoles: readonly string[];
  /** What a core gets from an address where nothing is. */
  readonly unmapped: "abort" | "zero";
  /** For the device tree alone. */
  readonly tree: TreePlan;
}

/** Bytes that a modelled device decodes. */
const Sizes = {
  pl011: 0x1000,
  pl031: 0x1000,
  pl061: 0x1000,
  "virtio-mmio": 0x200,
  "vexpress-sysreg": 0x1000,
  "armada-clocks": 0x100,
  "armada-xor": 0x300,
} as const;
const ArmadaUartSizes = { standard: 0x18, extended: 0x30 } as const;

/** The addresses that the device in `slot` decodes. */
export function windowOf(slot: DeviceSlot): Window {
  const size = slot.kind === "unclaimed"
    ? slot.size
    : slot.kind === "armada-uart"
    ? ArmadaUartSizes[slot.layout]
    : Sizes[slot.kind];
  return { base: slot.base, size };
}

/** Where the device in `slot` signals, in the order of its node's `interrupts`. */
export function interruptsOf(slot: DeviceSlot): Spi[] {
  switch (slot.kind) {
    case "unclaimed":
    case "vexpress-sysreg":
    case "armada-clocks":
      return [];
    case "armada-xor":
      return [...slot.irqs];
    case "armada-uart": {
      const { sum, tx, rx } = slot.irqs;
      return [...(sum ? [sum] : []), tx, rx];
    }
    default:
      return [slot.irq];
  }
}

/** An unmodelled device, for {@linkcode Platform.devices}. */
export function unclaimedSlot(
  name: string,
  base: number,
  size: number,
  path?: string,
): DeviceSlot {
  return { kind: "unclaimed", name, base, size, ...(path === undefined ? {} : { path }) };
}

/** Most RAM that `platform` can have. */
export function maxRamBytes(platform: Platform): number {
  return platform.ram.banks.reduce((sum, bank) => sum + bank.size, 0);
}

/**
 * Where `bytes` of RAM lie on `platform`.
 *
 * @throws {RangeError} When the board cannot have that much, or `bytes` is not whole pages.
 */
export function ramBanks(platform: Platform, bytes: number): Window[] {
  const most = maxRamBytes(platform);
  if (!(bytes > 0 && bytes <= most) || bytes % 4096 !== 0) {
    throw new RangeError(
      `Cannot give ${platform.name} ${bytes} bytes of RAM: ` +
        `it must be a multiple of 4096 up to ${most / 2 ** 30} GiB`,
    );
  }
  const banks: Window[] = [];
  let left = bytes;
  for (const { base, size } of platform.ram.banks) {
    if (left > 0) banks.push({ base, size: Math.min(left, size) });
    left -= size;
  }
  return banks;
}

/**
 * The frames of the GIC when it follows `version`.
 *
 * @throws {RangeError} When the board has no such GIC.
 */
export function gicFrames(platform: Platform, version: 2 | 3): Gicv2Frames | Gicv3Frames {
  const frames = version === 2 ? platform.gic.v2 : platform.gic.v3;
  if (!frames) {
    throw new RangeError(
      `Cannot give ${platform.name} a GICv${version}: it has a GICv${version === 2 ? 3 : 2} only`,
    );
  }
  return frames;
}

/** How many shared peripheral interrupts the GIC has when it follows `version`. */
export function spiCount({ gic }: Platform, version: 2 | 3): number {
  return version === 3 ? gic.v3Spis ?? gic.spis : gic.spis;
}

/** The frames of {@linkcode gicFrames} by name. */
export function gicWindows(platform: Platform, version: 2 | 3): [name: string, window: Window][] {
  return Object.entries<Window>({ ...gicFrames(platform, version) });
}

/** The frequency of the clock that a slot of `platform` names. */
export function clockHz(platform: Platform, name: string): number {
  const clock = platform.clocks.find((c) => c.name === name);
  if (!clock) {
    throw new Error(`Cannot find clock "${name}": ${platform.name} has none of that name`);
  }
  return clock.frequencyHz;
}
