/** Interrupt lines: the only way a device reaches an interrupt controller. @module */

/** A wire into an interrupt controller. */
export interface IrqLine {
  /** Drives the wire. Driving the level it already has is a no-op. */
  set(level: boolean): void;
}

/** A line that leads nowhere. */
export const Unconnected: IrqLine = { set: () => {} };

/** How a line signals: by being high, or by going high. */
export type Trigger = "level" | "edge";

/** Shared peripheral interrupt: `spi: n` is INTID `32 + n`. */
export interface Spi {
  /** 0 to 987. */
  readonly spi: number;
  /** What the device tree says of it; the controller is configured by the guest. */
  readonly trigger: Trigger;
}

/** Private peripheral interrupt: `ppi: n` is INTID `16 + n` of each core. */
export interface Ppi {
  /** 0 to 15. */
  readonly ppi: number;
}

/**
 * Names SPI `n`.
 *
 * @throws {RangeError} When `n` is not 0 to 987.
 */
export function spi(n: number, trigger: Trigger = "level"): Spi {
  if (!Number.isInteger(n) || n < 0 || n > 987) {
    throw new RangeError(`Cannot name SPI ${n}: it must be 0 to 987`);
  }
  return { spi: n, trigger };
}

/**
 * Names PPI `n`.
 *
 * @throws {RangeError} When `n` is not 0 to 15.
 */
export function ppi(n: number): Ppi {
  if (!Number.isInteger(n) || n < 0 || n > 15) {
    throw new RangeError(`Cannot name PPI ${n}: it must be 0 to 15`);
  }
  return { ppi: n };
}

/** The interrupt identifier a GIC knows the line by. */
export function intid(line: Spi | Ppi): number {
  return "spi" in line ? 32 + line.spi : 16 + line.ppi;
}

/** An interrupt as an interrupt controller holds it. */
export interface InterruptView {
  readonly intid: number;
  /** The core whose private interrupt it is. */
  readonly core?: number;
  readonly enabled: boolean;
  readonly pending: boolean;
  readonly active: boolean;
  readonly edge: boolean;
  readonly priority: number;
  readonly group: number;
  /** Cores that it may go to. */
  readonly targets: readonly number[];
}
