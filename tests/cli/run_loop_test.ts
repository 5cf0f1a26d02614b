import { assert, assertEquals } from "@std/assert";
import type { RunResult } from "../../core/machine/machine.ts";
import type { Console } from "../../cli/console_line.ts";
import { consoles } from "../../cli/consoles.ts";
import { pacer } from "../../cli/pacer.ts";
import { type RunHost, runLoop, SliceNs } from "../../cli/run_loop.ts";
import { playScript, type ScriptStep } from "../../cli/script.ts";
import type { Session } from "../../cli/session.ts";

/** How a fake guest spends its time; what it returns ends a run. */
interface Guest {
  /** Runs from `nowNs` to `untilNs`: how many instructions, and why it ended earlier. */
  run(nowNs: number, untilNs: number, rig: Rig): { insns: number; result?: RunResult };
  nextDeadline?(nowNs: number): number | undefined;
}

interface Rig {
  host: RunHost;
  shown: string;
  received: { byte: string; atNs: number }[];
  nowMs: number;
  /** Milliseconds that the host has slept. */
  sleptMs: number;
  reads: number;
  powerOns: number[];
  print(text: string): void;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** A run over a fake guest, a fake clock and a script. */
function rig(guest: Guest, options: Partial<RunHost> & { steps?: ScriptStep[] } = {}): Rig {
  let transmit: (byte: number) => void = () => {};
  const screen = consoles({
    write: (shown) => void (it.shown += new TextDecoder().decode(shown)),
    say: () => {},
    listen: (printed, name) => script.printed(printed, name),
    interactive: false,
    colours: false,
  });
  const script = playScript(options.steps ?? []);
  const clock = { ms: 0 };
  const sleep = (ms: number) => {
    it.nowMs += ms;
    it.sleptMs += ms;
    return Promise.resolve();
  };
  const it: Rig = {
    shown: "",
    received: [],
    get nowMs() {
      return clock.ms;
    },
    set nowMs(ms) {
      clock.ms = ms;
    },
    sleptMs: 0,
    reads: 0,
    powerOns: [],
    print: (text) => bytes(text).forEach((byte) => transmit(byte)),
    host: {
      powerOn(startNs): Session {
        it.powerOns.push(startNs);
        let now = startNs;
        let instructions = 0;
        const console: Console = {
          name: "uart0",
          canReceive: () => true,
          receive(byte) {
            it.received.push({ byte: String.fromCharCode(byte), atNs: now });
            return true;
          },
          emptyReads: () => it.reads,
          onTransmit: (take) => void (transmit = take),
        };
        return {
          run(untilNs) {
            const { insns, result } = guest.run(now, untilNs, it);
            instructions += insns;
            now = untilNs;
            return result ?? "limit";
          },
          skipTo: (ns) => void (now = Math.max(now, ns)),
          get nowNs() {
            return now;
          },
          get instructions() {
            return instructions;
          },
          cores: 1,
          nextDeadline: () => guest.nextDeadline?.(now),
          core: () => 0,
          consoles: [console],
          labelled: false,
          guests: () => [],
          translation: () => undefined,
        };
      },
      consoles: screen,
      input: { over: true, arrival: sleep },
      output: { full: false, drained: () => Promise.resolve(true) },
      script,
      limits: {},
      pacer: pacer(() => clock.ms),
      pace: "free",
      nowMs: () => it.nowMs,
      breathe: () => Promise.resolve(),
      stopped: () => undefined,
      progress: () => {},
      ...options,
    },
  };
  return it;
}

/** Executes an instruction each nanosecond. */
const busy: Guest = { run: (now, until) => ({ insns: until - now }) };

Deno.test("run loop: limits hold to the instruction and to the nanosecond", async () => {
  const counted = await runLoop(rig(busy, { limits: { instructions: 1_234_567 } }).host);
  assertEquals([counted.code, counted.instructions], [4, 1_234_567]);
  const timed = await runLoop(rig(busy, { limits: { timeoutNs: 2_500_001 } }).host);
  assertEquals([timed.code, timed.session.nowNs], [4, 2_500_001]);
});

Deno.test("run loop: commands are done at the ends of slices, and wake who sleeps", async () => {
  const served: number[] = [];
  let waiting = false;
  const idle: Guest = { run: () => ({ insns: 0 }), nextDeadline: () => 10e9 };
  const it: Rig = rig(idle, {
    pace: "real",
    limits: { timeoutNs: 1e9 },
    commands: {
      get waiting() {
        return waiting;
      },
      serve(session) {
        served.push(session.nowNs);
        waiting = served.length < 5;
      },
    },
  });
  await runLoop(it.host);
  assertEquals(served.filter((ns) => ns % SliceNs !== 0), []);
  // Four slices at the beginning did not sleep, as a command was waiting.
  assertEquals(served.slice(0, 4).every((ns) => ns <= 5 * SliceNs), true);
  assert(served.length < 100 && it.sleptMs > 900, `${served.length} slices`);
});

Deno.test("run loop: with a pace, virtual time does not run ahead of the clock", async () => {
  const it = rig(busy, { pace: "real", limits: { timeoutNs: 50e6 } });
  await runLoop(it.host);
  assert(Math.abs(it.sleptMs - 50) < 2, `it slept ${it.sleptMs} ms`);
  const free = rig(busy, { limits: { timeoutNs: 50e6 } });
  await runLoop(free.host);
  assertEquals(free.sleptMs, 0);
});

Deno.test("run loop: without a pace, idle time costs neither sleep nor slices", async () => {
  let slices = 0;
  const idle: Guest = {
    run: () => ({ insns: 0 * slices++ }),
    nextDeadline: (now) => (Math.floor(now / 1e9) + 1) * 1e9,
  };
  const it = rig(idle, { limits: { timeoutNs: 20e9 } });
  await runLoop(it.host);
  assert(slices < 100, `${slices} slices`);
  assertEquals(it.sleptMs, 0);
});

Deno.test("run loop: an alarm at the very end of a slice does not make the next one long", async () => {
  const lengths: number[] = [];
  const guest: Guest = {
    run(now, until) {
      lengths.push(until - now);
      return { insns: now >= 1e6 ? until - now : 0 };
    },
    nextDeadline: (now) => now < 1e6 ? 1e6 : 9e9,
  };
  await runLoop(rig(guest, { limits: { timeoutNs: 2e6 } }).host);
  assertEquals(Math.max(...lengths.slice(2)), SliceNs);
});

Deno.test("run loop: a guest that only polls leaves the host nearly idle, and time goes on", async () => {
  const pollMs = 3;
  const polls: Guest = {
    run(now, until, it) {
      it.nowMs += pollMs * (until - now) / SliceNs;
      it.reads += 100;
      return { insns: until - now };
    },
  };
  const it = rig(polls, { pace: "real", limits: { wallTimeoutMs: 20_000 } });
  const host = { ...it.host, input: { ...it.host.input, over: false } };
  const { session } = await runLoop(host);
  assert(it.sleptMs > 0.95 * it.nowMs, `it slept ${it.sleptMs} of ${it.nowMs} ms`);
  assert(session.nowNs / 1e6 > 0.9 * it.nowMs, `virtual time came to ${session.nowNs} ns`);
});

Deno.test("run loop: when input is over and the guest polls, that is the end", async () => {
  const polls: Guest = {
    run: (now, until, it) => ({ insns: (it.reads += 100, until - now) }),
  };
  const ending = await runLoop(rig(polls).host);
  assertEquals(ending.code, 0);
  assert(ending.text?.includes("input"), ending.text);
  assert(ending.session.nowNs < 1e9);
});

Deno.test("run loop: when input is over and nothing is due, that is the end at once", async () => {
  const ending = await runLoop(rig({ run: () => ({ insns: 0 }) }).host);
  assertEquals([ending.code, ending.session.nowNs], [0, SliceNs]);
});

Deno.test("run loop: a script is typed between slices, and what never comes is a failure", async () => {
  const guest: Guest = {
    run(now, until, it) {
      if (now === 3 * SliceNs) it.print("login: ");
      return { insns: until - now, ...(it.received.length === 3 ? { result: "off" } : {}) };
    },
  };
  const steps: ScriptStep[] = [
    { kind: "expect", text: "login: " },
    { kind: "send", text: "me\n" },
    { kind: "expect", text: "welcome" },
  ];
  const it = rig(guest, { steps });
  const ending = await runLoop(it.host);
  assertEquals(it.received.map(({ byte }) => byte).join(""), "me\n");
  assertEquals(it.received[0]?.atNs, 4 * SliceNs);
  assertEquals([ending.code, it.shown], [3, "login: "]);
});

Deno.test("run loop: a reset powers the board on again, where time goes on", async () => {
  const guest: Guest = {
    run: (now, until, it) => ({
      insns: until - now,
      result: now < 5 * SliceNs ? "limit" : it.powerOns.length < 2 ? "reset" : "off",
    }),
  };
  const it = rig(guest);
  const ending = await runLoop(it.host);
  assertEquals(it.powerOns, [0, 6 * SliceNs]);
  assertEquals([ending.code, ending.instructions], [0, 7 * SliceNs]);
});

Deno.test("run loop: guests wait for output that nobody reads; who wants to end does not", async () => {
  let asked = 0;
  const it = rig(busy, {
    output: { full: true, drained: () => Promise.resolve(++asked < 0) },
    stopped: () => asked < 5 ? undefined : 143,
  });
  const { code, instructions } = await runLoop(it.host);
  assertEquals([code, asked], [143, 5]);
  assert(instructions <= 2 * SliceNs, `${instructions} instructions`);
});

Deno.test("run loop: a new list of consoles is plugged in at the next slice", async () => {
  let slices = 0;
  const it = rig({ run: (now, until) => ({ insns: until - now + 0 * ++slices }) }, {
    limits: { timeoutNs: 5 * SliceNs },
  });
  const names: string[][] = [];
  const { consoles: screen, powerOn } = it.host;
  const connect = screen.connect.bind(screen);
  screen.connect = (list, labelled) => {
    names.push(list.map(({ name }) => name));
    connect(list, labelled);
  };
  await runLoop({
    ...it.host,
    powerOn(startNs) {
      const session = powerOn(startNs);
      const first = session.consoles;
      const second = [...first, { ...first[0] as Console, name: "vm2" }];
      return Object.defineProperty(session, "consoles", {
        get: () => slices < 3 ? first : second,
      });
    },
  });
  assertEquals(names, [["uart0"], ["uart0", "vm2"]]);
});
