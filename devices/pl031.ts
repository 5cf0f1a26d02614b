/** PL031 real-time clock (DDI 0224C): counts seconds of virtual time. @module */

import type { Clock } from "../core/board/clock.ts";
import { type Device, device } from "../core/board/device.ts";
import type { IrqLine } from "../core/board/irq.ts";

/** What a PL031 is connected to. */
export interface Pl031Wires {
  /** RTCINTR. */
  readonly irq: IrqLine;
  readonly clock: Clock;
  /** What the clock shows at virtual time 0, in seconds since 1970. */
  readonly epochSeconds: number;
  readonly log: (message: string) => void;
}

/** RTCPeriphID and RTCPCellID, as QEMU's model has them. */
const Id = [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1] as const;

const SecondNs = 1e9;

type Pl031State = {
  /** What RTCDR shows beyond the seconds of virtual time, modulo 2^32. */
  offset: number;
  mr: number; // match
  lr: number; // last value loaded
  imsc: number;
  ris: number;
  matchNs: number; // when RTCDR will equal RTCMR; -1 when no match is due
};

/** A powered-on PL031. */
export function pl031(wires: Pl031Wires): Device {
  const { clock } = wires;
  const match = clock.alarm(() => chip.poke(strike));
  const powerOn = (): Pl031State => ({
    offset: wires.epochSeconds >>> 0,
    mr: 0,
    lr: 0,
    imsc: 0,
    ris: 0,
    matchNs: -1,
  });
  const chip = device<Pl031State, Pl031Wires>({
    kind: "pl031",
    size: 0x1000,
    reset: powerOn,
    stray: wires.log,
    registers: [
      { at: 0x000, name: "RTCDR", read: (s, w) => secondsAt(s, w.clock.now()) },
      { at: 0x004, name: "RTCMR", field: "mr", mask: 0xffff_ffff, write: plan },
      { at: 0x008, name: "RTCLR", field: "lr", mask: 0xffff_ffff, write: load },
      { at: 0x00c, name: "RTCCR", read: () => 1, write: () => {} }, // always running
      { at: 0x010, name: "RTCIMSC", field: "imsc", mask: 1 },
      { at: 0x014, name: "RTCRIS", field: "ris" },
      { at: 0x018, name: "RTCMIS", read: (s) => s.ris & s.imsc },
      { at: 0x01c, name: "RTCICR", write: (s, _w, value) => void (s.ris &= ~value) },
      { at: 0xfe0, name: "RTCPeriphID", count: 4, read: (_s, _w, i) => Id[i] as number },
      { at: 0xff0, name: "RTCPCellID", count: 4, read: (_s, _w, i) => Id[i + 4] as number },
    ],
    settle: (s, w) => {
      w.irq.set((s.ris & s.imsc) !== 0);
      match.set(s.matchNs < 0 ? undefined : s.matchNs);
    },
  }, wires);
  return chip;
}

function secondsAt(s: Pl031State, nowNs: number): number {
  return (s.offset + Math.floor(nowNs / SecondNs)) % 2 ** 32;
}

function load(s: Pl031State, w: Pl031Wires): void {
  s.offset = (s.lr - Math.floor(w.clock.now() / SecondNs)) % 2 ** 32;
  if (s.offset < 0) s.offset += 2 ** 32;
  if (s.matchNs >= 0) plan(s, w);
}

/** Finds when RTCDR will next equal RTCMR: now, or at the start of a second to come. */
function plan(s: Pl031State, w: Pl031Wires): void {
  const nowNs = w.clock.now();
  const seconds = (s.mr - secondsAt(s, nowNs) + 2 ** 32) % 2 ** 32;
  if (seconds === 0) strike(s);
  else s.matchNs = (Math.floor(nowNs / SecondNs) + seconds) * SecondNs;
}

function strike(s: Pl031State): void {
  s.ris = 1;
  s.matchNs = -1;
}
