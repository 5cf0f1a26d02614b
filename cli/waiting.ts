/**
 * Notices when guests do nothing but wait for input: idle cores, or a UART polled and polled.
 *
 * All is told in virtual time, so that the same run notices at the same instruction.
 *
 * @module
 */

import type { Console } from "./console_line.ts";

/** What one slice of a run did. */
export interface Slice {
  /** Virtual time at its end. */
  readonly nowNs: number;
  readonly lengthNs: number;
  readonly instructions: number;
  /** Something was printed, or typed and taken. */
  readonly talked: boolean;
  readonly consoles: readonly Console[];
  /** How many guests there are. */
  readonly guests: number;
}

/** What guests wait for. */
export interface Waiting {
  /** The last slices were polling and nothing else. */
  readonly polling: boolean;
  /** They have polled, or slept with receiver ready, for so long that only input is lacking. */
  readonly forInput: boolean;
  /** They have for so long that without input nothing more is to be expected. */
  readonly forGood: boolean;
  note(slice: Slice): void;
}

/** A poll of the UART takes fewer instructions than this, its trap to a hypervisor included. */
const PollNs = 8000;
/** Polling for this long is more than a look between two other things. */
const PollingNs = 2e6;
/** The same for each of several guests, which may have a core in turns. */
const SharedPollingNs = 25e6;
/** Polling for this long, with nothing printed, is all that a guest does. */
const PollingForGoodNs = 20e6;
/** The same where guests are asleep beside those that poll: what they sleep for may be near. */
const PollingBesideForGoodNs = 2e9;
/** What guests that do not poll may do beside those that do, in a row. */
const BesideBurstNs = 1e6;
/** Cores that sleep most of this time have nothing urgent to do. */
const IdleNs = 1e9;
/** Programs may sleep, too; few do for as long as this. */
const IdleForGoodNs = 60e9;
/** Share of the time that timers may take in a system that is idle. */
const IdleShare = 0.05;

/** A guest that does not wait. */
export function watchWaiting(): Waiting {
  let reads = new Map<string, number>();
  let ran = new Map<string, number>();
  /** Since pollingSince: who has polled, and what others have done. */
  const pollers = new Set<string>();
  let besideNs = 0;
  let asleep = false;
  let pollingSince: number | undefined;
  let quietSince = 0;
  let busyNs = 0; // since quietSince
  let nowNs = 0;
  let listens = false;
  let guests = 1;

  const doNotPoll = () => {
    pollingSince = undefined;
    pollers.clear();
    besideNs = 0;
  };
  const polledNs = () => pollingSince === undefined ? 0 : nowNs - pollingSince;
  const enoughNs = (alone: number) => guests === 1 ? alone : guests * SharedPollingNs;
  const idleNs = () =>
    listens && busyNs <= (nowNs - quietSince) * IdleShare ? nowNs - quietSince : 0;

  return {
    get polling() {
      return polledNs() >= enoughNs(PollingNs);
    },
    get forInput() {
      return polledNs() >= enoughNs(PollingNs) || idleNs() >= IdleNs;
    },
    get forGood() {
      const enough = asleep ? PollingBesideForGoodNs : enoughNs(PollingForGoodNs);
      return polledNs() >= enough || idleNs() >= IdleForGoodNs;
    },
    note(slice) {
      nowNs = slice.nowNs;
      guests = slice.guests;
      listens = slice.consoles.some((console) => console.canReceive());
      const now = new Map(slice.consoles.map((c) => [c.name, c.emptyReads()]));
      const runs = new Map(slice.consoles.map((c) => [c.name, c.ranNs?.() ?? 0]));
      const pollsOf = (name: string) => (now.get(name) ?? 0) - (reads.get(name) ?? 0);
      let polls = 0;
      for (const { name } of slice.consoles) {
        polls += pollsOf(name);
        if (pollsOf(name) > 0) pollers.add(name);
        const ranNs = (runs.get(name) ?? 0) - (ran.get(name) ?? 0);
        besideNs += Math.max(0, ranNs - pollsOf(name) * PollNs);
      }
      asleep = slice.consoles.some((c) => !pollers.has(c.name) && c.ranNs && !c.ended?.());
      reads = now;
      ran = runs;
      busyNs += slice.instructions;
      if (slice.talked) {
        doNotPoll();
        quietSince = nowNs;
        busyNs = 0;
      } else if (slice.instructions > 0) {
        const besideMostNs = polledNs() * IdleShare + BesideBurstNs;
        if (polls * PollNs < slice.instructions || besideNs > besideMostNs) {
          doNotPoll();
        } else pollingSince ??= nowNs - slice.lengthNs;
      }
      // A system that has become idle is judged by what it does from then on.
      if (slice.instructions > 0 && busyNs > (nowNs - quietSince) * IdleShare + BusyBurstNs) {
        quietSince = nowNs;
        busyNs = 0;
      }
    },
  };
}

/** Work that an idle system may do at one go. */
const BusyBurstNs = 20e6;
