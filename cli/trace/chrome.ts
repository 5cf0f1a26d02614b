/**
 * `--trace FILE.json`: the run as a timeline for Perfetto (https://ui.perfetto.dev).
 *
 * A process "cores" has a track for each core, all of whose time is in slices: a vCPU's guest, an
 * exit or other work at EL2, or idle. Each VM is a process with a track for each vCPU: slices for
 * where it stands (on a core, ready, blocked) with guest and exits inside, and instants for virtual
 * interrupts that it gets. Counters show how many vCPUs wait in each core's queue.
 *
 * Cores take turns over one clock, so that one may hear of another's future. What would go back in
 * time on a vCPU's track happens at the time that the track has reached. A core may be at EL2 beyond
 * the end of the run; that part is not shown.
 *
 * @module
 */

import { exitText, handlerText, reasonName } from "../../core/hypervisor/exit_text.ts";
import type { ExitRecord } from "../../core/hypervisor/ledger.ts";
import type { RunObserver } from "../../core/hypervisor/observer.ts";
import type { Vcpu } from "../../core/hypervisor/vm.ts";
import { type ChromeEvents, chromeEvents, type Details, type Track } from "./chrome_events.ts";
import type { Tracer, Write } from "./tracer.ts";

const CoresPid = 1;
/** The process of a VM is this and its id. */
const FirstVmPid = 100;

/** Writes a timeline. */
export function chromeTrace(write: Write): Tracer {
  const events = chromeEvents(write);
  let session: Timeline | undefined;
  const end = (ns: number) => session?.end(ns);
  return {
    powerOn(startNs, cores) {
      end(startNs);
      return session = new Timeline(events, startNs, cores);
    },
    end(ns) {
      end(ns);
      events.finish();
    },
  };
}

interface CoreTrack extends Track {
  /** What it does since when. */
  name: string;
  sinceNs: number;
  /** The vCPU that has left its guest, until EL2 is left. */
  leaving: Vcpu | undefined;
  waiting: number;
  /** When the number that waits changed last. */
  waitingNs: number;
}

interface VcpuTrack extends Track {
  vcpu: Vcpu;
  /** Name of the slice that says where it stands, while there is one. */
  place: string | undefined;
  /** The time that the track has reached. */
  nowNs: number;
  inGuest: boolean;
  /** Interrupts that it has been given and not taken. */
  given: ReadonlySet<number>;
  isSignalled: boolean;
}

class Timeline implements RunObserver {
  readonly #events: ChromeEvents;
  readonly #cores: readonly CoreTrack[];
  /** By VM and vCPU: a VM that is started anew goes on where it was. */
  readonly #vcpus = new Map<string, VcpuTrack>();
  readonly #vms = new Set<number>();

  constructor(events: ChromeEvents, startNs: number, cores: number) {
    this.#events = events;
    events.process(CoresPid, "cores");
    this.#cores = Array.from({ length: cores }, (_, index) => {
      const track = { pid: CoresPid, tid: index + 1 };
      events.thread(track, `core ${index}`);
      events.counter(CoresPid, queueName(index), startNs, { ready: 0 });
      const state = { name: "idle", sinceNs: startNs, leaving: undefined };
      return { ...track, ...state, waiting: 0, waitingNs: startNs };
    });
  }

  left(core: number, vcpu: Vcpu | undefined, ns: number): void {
    const track = this.#cores[core] as CoreTrack;
    this.#events.reach(ns);
    this.#events.slice(track, track.name, track.sinceNs, ns);
    track.sinceNs = ns;
    track.leaving = vcpu;
    if (!vcpu) return;
    const own = this.#trackOf(vcpu, ns);
    this.#leaveGuest(own, ns);
    own.given = new Set(vcpu.interrupts.offered);
  }

  entered(core: number, vcpu: Vcpu | undefined, ns: number, exit: ExitRecord | undefined): void {
    const track = this.#cores[core] as CoreTrack;
    const { leaving } = track;
    const name = leaving && exit ? reasonName(leaving.vm, exit.reason) : "hypervisor";
    const number = exit && { exit: exit.number };
    this.#events.slice(track, name, track.sinceNs, ns, number);
    if (leaving) {
      const own = this.#trackOf(leaving, ns);
      const details = exit && detailsOf(leaving, exit);
      this.#events.slice(own, name, own.nowNs, ns, details);
      own.nowNs = Math.max(own.nowNs, ns);
    }
    track.sinceNs = ns;
    track.leaving = undefined;
    track.name = vcpu ? nameOf(vcpu) : "idle";
    this.#settle(ns);
    if (!vcpu) return;
    const next = this.#trackOf(vcpu, ns);
    next.nowNs = Math.max(next.nowNs, ns);
    next.inGuest = true;
    this.#inject(next);
  }

  woken(vcpu: Vcpu, ns: number): void {
    this.#trackOf(vcpu, ns);
    this.#settle(ns);
  }

  /** Closes what is open. */
  end(ns: number): void {
    for (const track of this.#cores) this.#events.slice(track, track.name, track.sinceNs, ns);
    for (const track of this.#vcpus.values()) this.#move(track, undefined, ns);
    this.#events.cut(ns);
  }

  #trackOf(vcpu: Vcpu, ns: number): VcpuTrack {
    const { vm, index } = vcpu;
    const name = nameOf(vcpu);
    const known = this.#vcpus.get(name);
    if (known) {
      known.vcpu = vcpu;
      return known;
    }
    const pid = FirstVmPid + vm.id;
    if (!this.#vms.has(vm.id)) this.#events.process(pid, `${vm.label} ${vm.name}`);
    this.#vms.add(vm.id);
    const ids = { pid, tid: index + 1 };
    this.#events.thread(ids, `vCPU ${index}`);
    const track: VcpuTrack = {
      ...ids,
      vcpu,
      place: undefined,
      nowNs: ns,
      inGuest: false,
      given: new Set(),
      isSignalled: false,
    };
    this.#vcpus.set(name, track);
    return track;
  }

  #leaveGuest(track: VcpuTrack, ns: number): void {
    if (track.inGuest) this.#events.slice(track, "guest", track.nowNs, ns);
    track.inGuest = false;
    track.nowNs = Math.max(track.nowNs, ns);
  }

  /** Looks where every vCPU stands, and how many wait for each core. */
  #settle(ns: number): void {
    const waiting = new Array<number>(this.#cores.length).fill(0);
    for (const track of this.#vcpus.values()) {
      const { core } = track.vcpu;
      const place = placeOf(track.vcpu);
      this.#move(track, place, ns);
      if (place === "ready") waiting[core] = (waiting[core] ?? 0) + 1;
    }
    this.#cores.forEach((track, core) => {
      const count = waiting[core] as number;
      if (count === track.waiting) return;
      track.waiting = count;
      track.waitingNs = Math.max(track.waitingNs, ns);
      this.#events.counter(CoresPid, queueName(core), track.waitingNs, { ready: count });
    });
  }

  #move(track: VcpuTrack, place: string | undefined, ns: number): void {
    if (place === track.place) return;
    this.#leaveGuest(track, ns);
    if (track.place !== undefined) this.#events.end(track, track.nowNs);
    track.place = place;
    if (place !== undefined) this.#events.begin(track, place, track.nowNs);
  }

  /** Instants for interrupts that the vCPU finds when it enters its guest, and had not before. */
  #inject(track: VcpuTrack): void {
    const { vcpu } = track;
    const instant = (intid: number) =>
      this.#events.instant(track, `interrupt ${intid}`, track.nowNs, { intid });
    const { lists, isSignalled } = vcpu.interrupts;
    for (const held of lists) {
      if (held?.pending && !track.given.has(held.intid)) instant(held.intid);
    }
    if (isSignalled && !track.isSignalled) {
      const [first] = vcpu.vm.gic.distributor.pending(vcpu.index);
      if (first) instant(first.intid);
    }
    track.isSignalled = isSignalled;
  }
}

const queueName = (core: number): string => `run queue of core ${core}`;

const nameOf = ({ vm, index }: Vcpu): string => `${vm.label}.${index}`;

function placeOf({ state, core, vm }: Vcpu): string | undefined {
  if (state === "off") return undefined;
  if (vm.state === "paused") return "paused";
  return state === "running" ? `core ${core}` : state;
}

function detailsOf({ vm }: Vcpu, exit: ExitRecord): Details {
  return {
    handler: handlerText(vm, exit),
    exit: exit.number,
    instructions: exit.instructions,
    outcome: exit.outcome,
    text: exitText(vm, exit),
  };
}
