/** What writes down what happens, in one of several formats. @module */

import type { RunObserver } from "../../core/hypervisor/observer.ts";

/** Turns what an observer is told into text. */
export interface Tracer {
  /** A board with so many cores gets power at this virtual time; the observer is its hypervisor's. */
  powerOn(startNs: number, cores: number): RunObserver;
  /** The run is over at this virtual time. */
  end(ns: number): void;
}

/** Takes pieces of the text. */
export type Write = (text: string) => void;
