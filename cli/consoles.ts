/** What guests print, and what is typed to them. @module */

import { type Console, ConsoleLine } from "./console_line.ts";
import type { KeyCommand } from "./keys.ts";
import { screen, type ScreenHost } from "./screen.ts";

/** Somewhere else than the terminal where a console can be. */
export interface Backend {
  /** What it is, for people: `unix:/tmp/vm1`. */
  readonly about: string;
  /** Something was printed. */
  wake(): void;
  /** Input may come from there. */
  readonly listens: boolean;
  /** Hands over what is left, within `graceMs`, and ends. */
  close(graceMs: number): Promise<void>;
}

/** A console in a list of them. */
export interface ConsoleInfo {
  readonly name: string;
  /** `stdio` or what its backend is. */
  readonly where: string;
  readonly front: boolean;
  /** Nobody reads what is typed there any more. */
  readonly ended: boolean;
  /** Bytes that the terminal has not shown. */
  readonly unseenBytes: number;
}

/** What a run says and asks besides. */
export interface ConsolesHost extends ScreenHost {
  /** Gets all that guests print. */
  listen(bytes: Uint8Array, name: string): void;
  /** Backends of the consoles that are not on the terminal; called once for a console. */
  open?(line: ConsoleLine): Backend | undefined;
}

/** All consoles of a run. */
export interface Consoles {
  /**
   * Plugs them in, in place of earlier ones. Consoles with the same name go on in the same line,
   * what it has kept included, unless they were not there in between; `labelled` ones say from the
   * start whose lines are whose.
   */
  connect(consoles: readonly Console[], labelled: boolean): void;
  readonly lines: readonly ConsoleLine[];
  /** The one that the terminal types to. */
  readonly focus: ConsoleLine | undefined;
  /** Types what the terminal has read. */
  type(bytes: Uint8Array): void;
  /** Types to the console with this name, if there is one; without a name, to the focus. */
  typeTo(name: string | undefined, bytes: Uint8Array): void;
  /** Does what a key asks for, as far as it is about consoles. */
  command(key: Exclude<KeyCommand, "quit" | "help">): void;
  /** Brings the console with this name to the front; false if it is not on the terminal. */
  bring(name: string): boolean;
  /** A prompt of hvsim's own, as one more console that Ctrl-A c brings to the front, and back. */
  addMonitor(monitor: Console): void;
  list(): readonly ConsoleInfo[];
  /** Says lines to the user, among what guests print. */
  say(text: string): void;
  /** Bytes that guests have printed, ever. */
  readonly printed: number;
  /** The last thing printed did not end its line. */
  readonly midLine: boolean;
  /** Hands over what was printed since the last time. */
  hand(nowNs: number): void;
  /** The same at the end of a slice, when prompts that have stood for a while are shown, too. */
  flush(nowNs: number): void;
  /** Types what guests take; how many bytes they took. */
  deliver(): number;
  /** Bytes wait for guests. */
  readonly waiting: boolean;
  /** Something was typed since the last {@linkcode deliver}. */
  readonly arrived: boolean;
  /** Called when something is typed. */
  onArrival: () => void;
  /** Backends from which something may be typed. */
  readonly listens: boolean;
  /** Shows what is left, and ends the backends. */
  close(graceMs: number): Promise<void>;
}

/** So much may be printed before it is handed over, ends of slices or not: less than a ring keeps. */
const MaxHeldBytes = 1 << 16;

interface Piece {
  readonly line: ConsoleLine;
  readonly bytes: number[];
}

/** No consoles yet. */
export function consoles(host: ConsolesHost): Consoles {
  return new AllConsoles(host);
}

class AllConsoles implements Consoles {
  readonly #host: ConsolesHost;
  readonly #screen;
  readonly #known = new Map<string, ConsoleLine>();
  readonly #backends = new Map<ConsoleLine, Backend>();
  #lines: ConsoleLine[] = [];
  #monitor: ConsoleLine | undefined;
  /** What was in front when the monitor came there. */
  #behindMonitor: ConsoleLine | undefined;
  /** What was printed since the last flush, in its order. */
  #pieces: Piece[] = [];
  #heldBytes = 0;
  #handedNs = 0;
  #arrived = false;
  #printed = 0;
  onArrival: () => void = () => {};

  constructor(host: ConsolesHost) {
    this.#host = host;
    this.#screen = screen(host);
  }

  connect(consoles: readonly Console[], labelled: boolean): void {
    const present = new Set(consoles.map(({ name }) => name));
    for (const line of this.#lines) {
      if (present.has(line.name)) continue;
      line.connect(undefined, () => {});
      // VMs may come and go without end; sockets wait for the next one of that name.
      if (!this.#backends.has(line)) this.#known.delete(line.name);
    }
    this.#lines = consoles.map((console) => {
      const line = this.#lineOf(console.name);
      line.connect(console, (byte) => this.#take(line, byte));
      return line;
    });
    this.#screen.show(this.#lines.filter((line) => !this.#backends.has(line)), labelled);
  }

  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  get focus(): ConsoleLine | undefined {
    return this.#screen.focus;
  }

  type(bytes: Uint8Array): void {
    this.#screen.type(bytes);
  }

  typeTo(name: string | undefined, bytes: Uint8Array): void {
    const line = name === undefined
      ? this.focus ?? this.#lines[0]
      : this.#lines.find((each) => each.name === name);
    line?.type(bytes);
  }

  command(key: Exclude<KeyCommand, "quit" | "help">): void {
    if (key === "next-console") this.#screen.step(1);
    else if (key === "previous-console") this.#screen.step(-1);
    else if (key === "all-consoles") this.#screen.together();
    else if (key === "monitor") this.#toggleMonitor();
    else {
      const line = this.#lines.find(({ name }) => numberOf(name) === key.console);
      if (line === undefined) {
        const all = this.#lines.map(({ name }) => name).join(", ");
        this.say(`No console has the number ${key.console}; there is ${all}\n`);
      } else if (!this.bring(line.name)) {
        this.say(`The console of ${line.name} is ${this.#backends.get(line)?.about}\n`);
      }
    }
  }

  /** Brings the monitor to the front, or what was there before it. */
  #toggleMonitor(): void {
    const { front } = this.#screen;
    if (this.#monitor === undefined || !this.#host.interactive) {
      this.say("hvsim's own prompt needs a terminal for input and output\n");
    } else if (front !== this.#monitor) {
      this.#behindMonitor = front;
      this.#screen.bring(this.#monitor);
    } else {
      const [only, another] = this.#screen.lines;
      const before = this.#behindMonitor;
      const back = before && this.#screen.lines.includes(before)
        ? before
        : another
        ? undefined
        : only;
      if (back) this.#screen.bring(back);
      else this.#screen.together();
    }
  }

  bring(name: string): boolean {
    const line = this.#lines.find((each) => each.name === name);
    if (line === undefined || this.#backends.has(line)) return false;
    this.#screen.bring(line);
    return true;
  }

  addMonitor(monitor: Console): void {
    const line = this.#monitor ??= new ConsoleLine(monitor.name);
    line.onTyped = () => this.#arrival();
    line.connect(monitor, (byte) => {
      this.#take(line, byte);
      this.onArrival();
    });
  }

  list(): readonly ConsoleInfo[] {
    return this.#lines.map((line) => ({
      name: line.name,
      where: this.#backends.get(line)?.about ?? "stdio",
      front: this.#screen.front === line,
      ended: !line.alive,
      unseenBytes: this.#backends.has(line) ? 0 : this.#screen.unseen(line),
    }));
  }

  say(text: string): void {
    this.#screen.say(text);
  }

  get printed(): number {
    return this.#printed;
  }

  get midLine(): boolean {
    return this.#screen.midLine;
  }

  flush(nowNs: number): void {
    this.hand(nowNs);
    this.#screen.settle(nowNs);
  }

  hand(nowNs: number): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#heldBytes = 0;
    this.#handedNs = nowNs;
    for (const { line, bytes: list } of pieces) {
      const bytes = new Uint8Array(list);
      line.note(bytes);
      if (line !== this.#monitor) this.#host.listen(bytes, line.name);
      const backend = this.#backends.get(line);
      if (backend) backend.wake();
      else this.#screen.print(line, bytes, nowNs);
    }
  }

  deliver(): number {
    this.#arrived = false;
    let count = 0;
    for (const line of this.#lines) count += line.deliver();
    this.#monitor?.deliver();
    return count;
  }

  get waiting(): boolean {
    return this.#lines.some((line) => line.waiting > 0) || (this.#monitor?.waiting ?? 0) > 0;
  }

  get arrived(): boolean {
    return this.#arrived;
  }

  get listens(): boolean {
    return [...this.#backends.values()].some((backend) => backend.listens);
  }

  async close(graceMs: number): Promise<void> {
    this.flush(Infinity);
    await Promise.all([...this.#backends.values()].map((backend) => backend.close(graceMs)));
  }

  #lineOf(name: string): ConsoleLine {
    let line = this.#known.get(name);
    if (line === undefined) {
      this.#known.set(name, line = new ConsoleLine(name));
      line.onTyped = () => this.#arrival();
      const backend = this.#host.open?.(line);
      if (backend) this.#backends.set(line, backend);
    }
    return line;
  }

  #arrival(): void {
    this.#arrived = true;
    this.onArrival();
  }

  #take(line: ConsoleLine, byte: number): void {
    if (line !== this.#monitor) this.#printed++;
    const last = this.#pieces.at(-1);
    if (last?.line === line) last.bytes.push(byte);
    else this.#pieces.push({ line, bytes: [byte] });
    if (++this.#heldBytes >= MaxHeldBytes) this.hand(this.#handedNs);
  }
}

/** The number in a console's name, by which keys know it. */
function numberOf(name: string): number | undefined {
  const digits = /\d+$/.exec(name)?.[0];
  return digits === undefined ? undefined : Number(digits);
}
