/**
 * Virtio entropy device (virtio 1.2, 5.4): numbers that look random and are the same in every run.
 *
 * The generator is xoshiro128** (Blackman and Vigna), its state part of the device's. Guests get no
 * secrets from it, which is the price of runs that can be repeated.
 *
 * @module
 */

import type { Chain } from "./chain.ts";
import { type VirtioDevice, virtioMmio, type VirtioModel, type VirtioWires } from "./mmio.ts";
import type { Answer } from "./queue.ts";

/** What an entropy device is connected to. */
export interface RngWires extends VirtioWires {
  /** Devices with equal seeds deliver equal numbers; 0 to 2³² − 1. */
  readonly seed: number;
}

const QueueSize = 8;
/** Most bytes that a request gets. */
const MaxBytes = 65536;

type RngState = { words: number[] };

/** An entropy source at the beginning of its sequence. */
export function virtioRng(wires: RngWires): VirtioDevice<RngState> {
  const model: VirtioModel<RngState> = {
    kind: "virtio-rng",
    id: 4,
    features: 0n,
    queueSizes: [QueueSize],
    // The driver's reset does not start the sequence again: numbers would come twice.
    reset: (before) => ({ words: [...before?.words ?? seeded(wires.seed)] }),
    config: () => new Uint8Array(),
    handle: fill,
  };
  return virtioMmio(model, wires);
}

function fill({ words }: RngState, _queue: number, chain: Chain): Answer {
  const bytes = new Uint8Array(Math.min(chain.writableBytes, MaxBytes));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4) {
    const word = nextWord(words);
    if (at + 4 <= bytes.length) view.setUint32(at, word, true);
    else for (let i = at; i < bytes.length; i++) bytes[i] = word >>> (8 * (i - at));
  }
  return chain.write(0, bytes);
}

function rotate(x: number, by: number): number {
  return x << by | x >>> (32 - by);
}

function nextWord(s: number[]): number {
  let [a = 0, b = 0, c = 0, d = 0] = s;
  const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = rotate(d, 11);
  s.splice(0, 4, a >>> 0, b >>> 0, c >>> 0, d >>> 0);
  return result;
}

/** Four words from one, by the finalizer of MurmurHash3 over a Weyl sequence. */
function seeded(seed: number): number[] {
  return [1, 2, 3, 4].map((i) => {
    let h = (seed + Math.imul(i, 0x9e37_79b9)) >>> 0;
    h = Math.imul(h ^ h >>> 16, 0x85eb_ca6b);
    h = Math.imul(h ^ h >>> 13, 0xc2b2_ae35);
    return (h ^ h >>> 16) >>> 0;
  });
}
