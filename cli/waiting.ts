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
/** Cores that sleep most of this time have nothing urgent to do. */
const IdleNs = 1e9;
/** Programs may sleep, too; few do for as long as this. */
const IdleForGoodNs = 60e9;
/** Share of the time that timers may take in a system that is idle. */
const IdleShare = 0.05;

/** A guest that does not wait. */
export function watchWaiting(): Waiting {
  let reads = new Map<string, number>();
  let pollingSince: number | undefined;
  let quietSince = 0;
  let busyNs = 0; // since quietSince
  let nowNs = 0;
  let listens = false;
  let guests = 1;

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
      return polledNs() >= enoughNs(PollingForGoodNs) || idleNs() >= IdleForGoodNs;
    },
    note(slice) {
      nowNs = slice.nowNs;
      guests = slice.guests;
      listens = slice.consoles.some((console) => console.canReceive());
      const now = new Map(slice.consoles.map((c) => [c.name, c.emptyReads()]));
      const polls = slice.consoles.reduce(
        (sum, { name }) => sum + (now.get(name) ?? 0) - (reads.get(name) ?? 0),
        0,
      );
      reads = now;
      busyNs += slice.instructions;
      if (slice.talked) {
        pollingSince = undefined;
        quietSince = nowNs;
        busyNs = 0;
      } else if (slice.instructions > 0) {
        if (polls * PollNs < slice.instructions) pollingSince = undefined;
        else pollingSince ??= nowNs - slice.lengthNs;
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
