/** A guest's end of a serial line, for tests. @module */

import type { Console } from "../../cli/console_line.ts";

/** A console that a test plays the guest of. */
export interface FakeConsole extends Console {
  print(text: string): void;
  /** What was typed. */
  readonly typed: string;
  /** How much it takes before it is full. */
  room: number;
  hasEnded: boolean;
}

/** A guest that takes all that is typed. */
export function fakeConsole(name: string): FakeConsole {
  let take: (byte: number) => void = () => {};
  let typed = "";
  const it: FakeConsole = {
    name,
    room: Infinity,
    hasEnded: false,
    canReceive: () => it.room > 0,
    receive(byte) {
      typed += String.fromCharCode(byte);
      it.room--;
      return true;
    },
    emptyReads: () => 0,
    onTransmit: (to) => void (take = to),
    ended: () => it.hasEnded,
    print: (text) => new TextEncoder().encode(text).forEach((byte) => take(byte)),
    get typed() {
      return typed;
    },
  };
  return it;
}
