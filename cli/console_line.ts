/** One console from outside: what the guest has printed and what waits for it. @module */

import { ring } from "./ring.ts";
import { screenState } from "./screen_state.ts";

/** A guest's end of a serial line, with a name for people. */
export interface Console {
  /** `vm1`, or a serial port's name; the same after a restart. */
  readonly name: string;
  canReceive(): boolean;
  receive(byte: number): boolean;
  /** Reads that found nothing, ever. */
  emptyReads(): number;
  onTransmit(take: (byte: number) => void): void;
  /** Virtual time that the guest has run, ever; absent where the board is its alone. */
  ranNs?(): number;
  /** The guest has ended, nobody listens; absent where guests do not end alone. */
  ended?(): boolean;
}

/** While this much waits for the guest, nobody should type more. */
const MaxTyped = 1 << 16;

/** A line outlives the guests that are plugged into it: restarts go on in the same one. */
export class ConsoleLine {
  readonly name: string;
  /** The last that was printed. */
  readonly printed = ring();
  /** What it means for a screen. */
  readonly screen = screenState();
  /** Called when something was typed. */
  onTyped: () => void = () => {};
  #guest: Console | undefined;
  #typed: Uint8Array[] = [];
  #typedBytes = 0;
  #room: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The guest that is plugged in. */
  get guest(): Console | undefined {
    return this.#guest;
  }

  /** Plugs a guest in; what is printed goes to `take` until another one is. */
  connect(guest: Console | undefined, take: (byte: number) => void): void {
    this.#guest?.onTransmit(() => {});
    this.#guest = guest;
    guest?.onTransmit(take);
    if (guest === undefined) this.#forget();
  }

  /** Somebody may read what is typed. */
  get alive(): boolean {
    return this.#guest !== undefined && !(this.#guest.ended?.() ?? false);
  }

  /** Notes what the guest has printed. */
  note(bytes: Uint8Array): void {
    this.printed.push(bytes);
    this.screen.note(bytes);
  }

  /** Types; the guest gets it at a slice's end. */
  type(bytes: Uint8Array): void {
    if (bytes.length === 0 || !this.alive) return;
    this.#typed.push(bytes);
    this.#typedBytes += bytes.length;
    this.onTyped();
  }

  /** Resolves when there is room for more to be typed. */
  room(): Promise<void> {
    if (this.#typedBytes < MaxTyped) return Promise.resolve();
    return new Promise((resolve) => void this.#room.push(resolve));
  }

  /** Bytes that wait for the guest. */
  get waiting(): number {
    return this.#typedBytes;
  }

  /** Hands the guest as much as it takes: how many bytes. */
  deliver(): number {
    const guest = this.#guest;
    if (guest === undefined || !this.alive) {
      this.#forget();
      return 0;
    }
    let count = 0;
    for (let next = this.#typed[0]; next !== undefined; next = this.#typed[0]) {
      let taken = 0;
      while (taken < next.length && guest.canReceive() && guest.receive(next[taken] as number)) {
        taken++;
      }
      count += taken;
      if (taken < next.length) {
        this.#typed[0] = next.subarray(taken);
        break;
      }
      this.#typed.shift();
    }
    this.#typedBytes -= count;
    this.#makeRoom();
    return count;
  }

  #forget(): void {
    this.#typed = [];
    this.#typedBytes = 0;
    this.#makeRoom();
  }

  #makeRoom(): void {
    if (this.#typedBytes >= MaxTyped) return;
    for (const go of this.#room.splice(0)) go();
  }
}
