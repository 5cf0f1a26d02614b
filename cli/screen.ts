/**
 * Several consoles on one terminal: together, line by line, or one of them in front.
 *
 * @module
 */

import type { ConsoleLine } from "./console_line.ts";
import { labelOf, lineLabels } from "./line_labels.ts";
import { lostText } from "./ring.ts";
import { withoutQuestions } from "./screen_state.ts";

/** What the screen is made of. */
export interface ScreenHost {
  /** Shows guests' output. */
  write(bytes: Uint8Array): void;
  /** Says a line to the user, outside of what guests print. */
  say(text: string): void;
  /** A person sees it and types: one console can have it for itself. */
  readonly interactive: boolean;
  readonly colours: boolean;
}

/** What a terminal shows, and to whom it types. */
export interface Screen {
  /** Takes these consoles in place of earlier ones; `labelled` ones say from the start whose lines are whose. */
  show(lines: readonly ConsoleLine[], labelled: boolean): void;
  /** Those that it shows. */
  readonly lines: readonly ConsoleLine[];
  /** Shows what `line` has printed, which it has noted already. */
  print(line: ConsoleLine, bytes: Uint8Array, nowNs: number): void;
  /** Looks after what time does. */
  settle(nowNs: number): void;
  /** The console that is typed to. */
  readonly focus: ConsoleLine | undefined;
  /** The console that has the screen for itself. */
  readonly front: ConsoleLine | undefined;
  type(bytes: Uint8Array): void;
  /** Brings a console to the front, or types to it from now on. */
  bring(line: ConsoleLine): void;
  /** Brings the next console to the front, or with -1 the previous one. */
  step(by: 1 | -1): void;
  /** Shows all consoles line by line, until something is typed. */
  together(): void;
  /** Says lines to the user; soon an unfinished line, a prompt for example, is shown once more. */
  say(text: string): void;
  /** Bytes of `line` that were not shown. */
  unseen(line: ConsoleLine): number;
  /** The last thing shown did not end its line. */
  readonly midLine: boolean;
}

const Newline = 0x0a;
/** Of longer lines that were seen in part, only the rest is shown. */
const LongLine = 1024;
/** Colours and the cursor as they should be for the next console. */
const Normal = "\x1b[0m\x1b[?25h";
const LeaveOwnScreen = "\x1b[?1049l";

/** A screen without consoles. */
export function screen(host: ScreenHost): Screen {
  return new OneScreen(host);
}

class OneScreen implements Screen {
  readonly #host: ScreenHost;
  readonly #encoder = new TextEncoder();
  readonly #labels;
  #lines: readonly ConsoleLine[] = [];
  /** Names in the order of their first appearance, for their colours. */
  readonly #names: string[] = [];
  readonly #voices = new Set<string>();
  /** Up to where each console was shown. */
  readonly #seen = new WeakMap<ConsoleLine, number>();
  #front: ConsoleLine | undefined;
  /** Somebody could read what was typed there, when last seen. */
  #frontLived = false;
  /** The one that was chosen, where none has the screen for itself. */
  #chosen: ConsoleLine | undefined;
  #speaker: ConsoleLine | undefined;
  #midLine = false;
  /** Lines of hvsim's own stand where a console's unfinished one was. */
  #disturbed = false;
  #hinted = false;
  /** The console that nobody reads at, once that was said. */
  #deaf: ConsoleLine | undefined;

  constructor(host: ScreenHost) {
    this.#host = host;
    this.#labels = lineLabels((bytes) => host.write(bytes), (name) => this.#label(name));
  }

  get lines(): readonly ConsoleLine[] {
    return this.#lines;
  }

  show(lines: readonly ConsoleLine[], labelled: boolean): void {
    this.#lines = lines;
    for (const { name } of lines) if (!this.#names.includes(name)) this.#names.push(name);
    if (labelled && lines.length > 1) { for (const { name } of lines) this.#voices.add(name); }
    const gone = (line: ConsoleLine | undefined) => line !== undefined && !lines.includes(line);
    if (gone(this.#speaker)) this.#speaker = undefined;
    if (gone(this.#chosen)) this.#chosen = undefined;
  }

  print(line: ConsoleLine, bytes: Uint8Array, nowNs: number): void {
    // Of hvsim's own prompt nothing is shown until it is asked for.
    if (!this.#lines.includes(line) && this.#front !== line) return;
    const isNew = !this.#voices.has(line.name);
    if (this.#lines.includes(line)) this.#voices.add(line.name);
    if (this.#front === undefined) {
      if (this.#labelled) this.#labels.print(line.name, bytes, nowNs);
      else this.#write(bytes);
      this.#speaker = line;
    } else if (this.#front === line) this.#write(bytes);
    else {
      if (isNew) {
        this.#disturbed ||= this.#midLine;
        this.#remark(`${this.#label(line.name)} has begun to print, in the background`);
      }
      return;
    }
    this.#seen.set(line, line.printed.end);
  }

  settle(nowNs: number): void {
    this.#redraw();
    if (this.#front === undefined) {
      this.#labels.settle(nowNs);
      return;
    }
    const ends = this.#frontLived && !this.#front.alive;
    this.#frontLived = this.#front.alive;
    if (!ends) return;
    const next = this.#lines.find((line) => line.alive);
    if (next === undefined) return;
    this.#remark(`${this.#label(this.#front.name)} has ended`);
    this.bring(next);
  }

  get focus(): ConsoleLine | undefined {
    if (this.#front !== undefined) return this.#front;
    const alive = (line: ConsoleLine | undefined) => line?.alive ? line : undefined;
    const speaker = this.#host.interactive ? alive(this.#speaker) : undefined;
    return alive(this.#chosen) ?? speaker ?? this.#lines.find((line) => line.alive) ??
      this.#lines[0];
  }

  get front(): ConsoleLine | undefined {
    return this.#front;
  }

  type(bytes: Uint8Array): void {
    const line = this.focus;
    if (line === undefined) {
      if (this.#host.interactive && !this.#hinted) {
        this.say("No console is on this terminal; Ctrl-A h helps\n");
      }
      this.#hinted = true;
      return;
    }
    if (this.#front === undefined && this.#labelled && this.#host.interactive) this.bring(line);
    if (line.alive) line.type(bytes);
    else if (this.#host.interactive && this.#deaf !== line) {
      this.#deaf = line;
      this.say(`${line.name} has ended, nobody reads what is typed; Ctrl-A h helps\n`);
    }
  }

  bring(line: ConsoleLine): void {
    if (!this.#host.interactive) {
      this.#chosen = line;
      this.say(`${line.name} gets what is typed\n`);
      return;
    }
    if (line !== this.#front) this.#leave();
    const hint = this.#hinted ? "" : " (Ctrl-A n: the next one, Ctrl-A h: help)";
    this.#hinted = true;
    this.#disturbed = false;
    this.#front = line;
    this.#frontLived = line.alive;
    const ended = line.alive ? "" : "; it has ended";
    this.#remark(`${this.#label(line.name)} is in front${ended}${hint}`);
    this.#replay(line);
  }

  step(by: 1 | -1): void {
    const candidates = this.#lines.filter((line) => line.alive || line === this.#front);
    const from = this.#front ?? this.focus;
    const at = from === undefined ? -1 : candidates.indexOf(from);
    // From all together, the first step is to the one that would be typed to.
    const isFirst = this.#host.interactive && this.#front === undefined && this.#labelled;
    const count = candidates.length;
    const start = at < 0 && by < 0 ? 0 : at;
    const next = candidates[isFirst && at >= 0 ? at : (start + by + count) % Math.max(1, count)];
    if (next === undefined) this.say("There is no console on this terminal\n");
    else if (count === 1 && next === from && !this.#labelled) {
      this.say(`${next.name} is the only console on this terminal\n`);
    } else this.bring(next);
  }

  together(): void {
    if (this.#front === undefined) return;
    this.#leave();
    this.#front = undefined;
    if (!this.#labelled) { for (const { name } of this.#lines) this.#voices.add(name); }
    this.#remark("All consoles, line by line, until a key is pressed");
    for (const line of this.#lines) {
      const { bytes, lost } = line.printed.read(this.#unfinished(line));
      if (lost > 0) this.#remark(lostText(lost, line.name));
      this.#labels.print(line.name, withoutQuestions(bytes), -Infinity);
      this.#seen.set(line, line.printed.end);
    }
    this.#midLine = this.#labels.midLine;
  }

  say(text: string): void {
    this.#host.say(this.midLine ? `\n${text}` : text);
    if (!this.#host.interactive) return;
    this.#disturbed ||= this.midLine || this.#front?.screen.ownScreen !== undefined;
    this.#midLine = false;
    this.#labels.interrupt();
  }

  unseen(line: ConsoleLine): number {
    return this.#front === undefined || this.#front === line
      ? 0
      : line.printed.end - this.#seenOf(line);
  }

  get midLine(): boolean {
    return this.#front === undefined && this.#labelled ? this.#labels.midLine : this.#midLine;
  }

  /** Lines say whose they are. */
  get #labelled(): boolean {
    return this.#voices.size > 1;
  }

  #seenOf(line: ConsoleLine): number {
    return this.#seen.get(line) ?? 0;
  }

  /** From where on something was not seen, or belongs to a line that goes on or has gone on. */
  #unfinished(line: ConsoleLine): number {
    const seen = this.#seenOf(line);
    if (seen >= line.screen.lineStart) return line.screen.lineStart;
    const from = Math.max(line.printed.start, seen - LongLine);
    if (from >= seen) return seen;
    const newline = line.printed.read(from, seen - from).bytes.lastIndexOf(Newline);
    return newline < 0 && from > 0 ? seen : from + newline + 1;
  }

  #label(name: string): string {
    return labelOf(name, Math.max(0, this.#names.indexOf(name)), this.#host.colours);
  }

  /** What is on the screen makes room for another console. */
  #leave(): void {
    if (this.#front !== undefined) {
      const leave = this.#front.screen.ownScreen === undefined ? "" : LeaveOwnScreen;
      this.#host.write(this.#encoder.encode(leave + Normal));
    } else if (this.#labelled) {
      // Unfinished lines are shown whole when their console comes to the front.
      if (this.#labels.midLine) this.#midLine = true;
      this.#labels.forget();
      for (const line of this.#lines) {
        this.#seen.set(line, this.#unfinished(line));
      }
    }
  }

  /** Shows again what lines of hvsim's own have disturbed. */
  #redraw(): void {
    if (!this.#disturbed) return;
    this.#disturbed = false;
    const line = this.#front ?? (this.#labelled ? undefined : this.#speaker);
    if (line !== undefined && !this.#midLine) this.#replay(line);
  }

  /** Shows what was not seen, or the unfinished line, or all of a screen of the program's own. */
  #replay(line: ConsoleLine): void {
    const { ownScreen } = line.screen;
    const whole = ownScreen !== undefined && ownScreen >= line.printed.start;
    const { bytes, lost } = line.printed.read(whole ? ownScreen : this.#unfinished(line));
    if (lost > 0) this.#remark(lostText(lost, line.name));
    this.#write(withoutQuestions(bytes));
    this.#seen.set(line, line.printed.end);
  }

  #write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      // A carriage return alone goes back in the line, it does not end it.
      this.#midLine = byte !== Newline && (this.#midLine || byte !== 0x0d);
    }
    this.#host.write(bytes);
  }

  /** A line of hvsim's own among the guests' output. */
  #remark(text: string): void {
    const begin = this.midLine || this.#midLine ? "\r\n" : "";
    this.#host.write(this.#encoder.encode(`${begin}${text}\r\n`));
    this.#midLine = false;
  }
}
