/** The guest-physical address space: which device answers where. @module */

import { hexRange } from "../hex.ts";
import type { Device, Width } from "./device.ts";

/** Widths in bytes that a core's access may have. */
export type AccessWidth = Width | 8;

/** A device at an address. */
export interface Region {
  /** Unique on its bus; names the device in snapshots, traces and messages. */
  readonly name: string;
  /** How many were mapped before it. */
  readonly index: number;
  /** Guest-physical address of offset 0. */
  readonly base: number;
  /** What answers there. */
  readonly device: Device;
}

/** Regions sorted by base; lookups are by binary search. */
export class Bus {
  readonly #regions: Region[] = [];
  /** Found last: accesses come in runs. */
  #last: Region | undefined;

  /**
   * Puts `device` at `[base, base + device.size)`.
   *
   * @throws {RangeError} When that overlaps a region already mapped, or `name` is taken.
   */
  map(name: string, base: number, device: Device): void {
    const end = base + device.size;
    const range = `"${name}" at ${hexRange(base, device.size)}`;
    for (const other of this.#regions) {
      if (base < other.base + other.device.size && other.base < end) {
        throw new RangeError(`Cannot map ${range}: "${other.name}" is at ${rangeOf(other)}`);
      }
      if (other.name === name) {
        throw new RangeError(`Cannot map ${range}: that name is taken by ${rangeOf(other)}`);
      }
    }
    this.#regions.push({ name, index: this.#regions.length, base, device });
    this.#regions.sort((a, b) => a.base - b.base);
  }

  /** The region containing `address`, if any. */
  find(address: number): Region | undefined {
    const last = this.#last;
    if (last && address >= last.base && address < last.base + last.device.size) return last;
    let [low, high] = [0, this.#regions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#regions[middle] as Region).base <= address) low = middle + 1;
      else high = middle;
    }
    const region = this.#regions[low - 1];
    if (!region || address >= region.base + region.device.size) return undefined;
    this.#last = region;
    return region;
  }

  /**
   * Reads `width` bytes for core `from`; `undefined` when nothing is mapped there.
   *
   * Devices see words: 8 bytes are two accesses, low word first, and an access that crosses a word
   * is one for each byte. Nothing is read unless all of it is mapped.
   */
  read(address: number, width: AccessWidth, from: number): bigint | undefined {
    const parts = partsOf(address, width);
    if (parts === width) {
      const region = this.find(address);
      return region && BigInt(region.device.read(address - region.base, parts, from));
    }
    const regions = this.#under(address, parts, width);
    if (!regions) return undefined;
    let value = 0n;
    for (let at = 0; at < width; at += parts) {
      const { device, base } = regions[at / parts] as Region;
      value |= BigInt(device.read(address + at - base, parts, from)) << BigInt(at * 8);
    }
    return value;
  }

  /**
   * Writes the low `width` bytes of `value` for core `from`, split as {@linkcode Bus.read} splits.
   *
   * False, and nothing written, when part of it is not mapped.
   */
  write(address: number, width: AccessWidth, value: bigint, from: number): boolean {
    const parts = partsOf(address, width);
    const regions = this.#under(address, parts, width);
    if (!regions) return false;
    for (let at = 0; at < width; at += parts) {
      const { device, base } = regions[at / parts] as Region;
      const part = BigInt.asUintN(parts * 8, value >> BigInt(at * 8));
      device.write(address + at - base, parts, Number(part), from);
    }
    return true;
  }

  /** Every region, lowest first. */
  [Symbol.iterator](): IterableIterator<Region> {
    return this.#regions.values();
  }

  #under(address: number, parts: Width, width: AccessWidth): Region[] | undefined {
    const regions: Region[] = [];
    for (let at = 0; at < width; at += parts) {
      const region = this.find(address + at);
      if (!region) return undefined;
      regions.push(region);
    }
    return regions;
  }
}

function partsOf(address: number, width: AccessWidth): Width {
  if (width === 8) return address % 4 === 0 ? 4 : 1;
  return (address % 4) + width <= 4 ? width : 1;
}

function rangeOf(region: Region): string {
  return hexRange(region.base, region.device.size);
}
