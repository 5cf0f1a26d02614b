/**
 * What every UART model offers the outside, and how it knows that the guest listens.
 *
 * A line that delivers its bytes the moment it is plugged in loses them: drivers reset or drain the
 * receive FIFO when they start. So a UART asks for input only once its guest listens, which shows
 * in one of two ways: receive interrupts have been enabled for the time one frame takes, or the
 * guest has polled an empty receiver many times running.
 *
 * @module
 */

import type { Clock } from "../core/board/clock.ts";

/** The outside's end of a serial line. */
export interface SerialWires {
  readonly clock: Clock;
  /** Takes every byte the guest transmits. */
  readonly transmit: (byte: number) => void;
  /** Called when {@linkcode SerialPort.canReceive} has become true. */
  readonly ready: () => void;
  readonly log: (message: string) => void;
}

/** The guest's end of a serial line. */
export interface SerialPort {
  /** Whether the guest listens and there is room for a byte. */
  canReceive(): boolean;
  /** Delivers a byte; false, and nothing happens, when there is no room for it. */
  receive(byte: number): boolean;
  /** How many reads have found the receiver empty: grows fast while a guest polls for input. */
  emptyReads(): number;
}

/** Part of a UART's state: signs that the guest listens. */
export type Listening = {
  /** Since when receive interrupts have been enabled, in ns; -1 while they are not. */
  sinceNs: number;
  /** Reads that found the receiver empty, with nothing sent or received in between. */
  polls: number;
  /** Reads that found the receiver empty, ever. */
  emptyReads: number;
};

/** Drivers look at the status register a few times between bytes they send. */
const EnoughPolls = 16;

/** Nobody listens. */
export function deaf(): Listening {
  return { sinceNs: -1, polls: 0, emptyReads: 0 };
}

/** Whether another such read shows nothing new. */
export function isPolled(listening: Readonly<Listening>): boolean {
  return listening.polls >= EnoughPolls;
}

/** Notes a read that found nothing. */
export function notePoll(listening: Listening): void {
  listening.polls = Math.min(listening.polls + 1, EnoughPolls);
  listening.emptyReads++;
}

/** Notes whether receive interrupts are enabled. */
export function noteInterrupts(listening: Listening, enabled: boolean, nowNs: number): void {
  if (!enabled) listening.sinceNs = -1;
  else if (listening.sinceNs < 0) listening.sinceNs = nowNs;
}

/** When interrupts will have been enabled for `frameNs`; undefined when they are not enabled. */
export function listensFrom(listening: Listening, frameNs: number): number | undefined {
  return listening.sinceNs < 0 ? undefined : listening.sinceNs + frameNs;
}

/** Whether the guest listens at `nowNs`. */
export function listens(listening: Readonly<Listening>, frameNs: number, nowNs: number): boolean {
  return listening.polls >= EnoughPolls ||
    nowNs >= (listensFrom(listening, frameNs) ?? Infinity);
}

/** Calls `ready` whenever `now` turns true. */
export function onRise(ready: () => void): (now: boolean) => void {
  let before = false;
  return (now) => {
    const rose = now && !before;
    before = now;
    if (rose) ready();
  };
}
