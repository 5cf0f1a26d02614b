/** A core at EL0 with two mapped areas, on which vectors run. @module */

import { CpuState, StateLayout } from "../../core/cpu/state.ts";
import { readAccessDescriptor } from "../../core/engine/access_descriptor.ts";
import { type EngineOptions, Interpreter } from "../../core/engine/interpreter.ts";
import { fpHelper } from "../../core/engine/fp_helper.ts";
import { instructionClasses } from "../../core/isa/classes.ts";
import type { Context, SystemCalls } from "../../core/isa/context.ts";
import type { AnyInsn } from "../../core/isa/insn.ts";
import { MemoryMap, PageBytes, Tlb } from "../../core/memory_map.ts";
import type { BaseState, Vector, VectorHeader } from "./vector.ts";

const Mailbox = MemoryMap.window + StateLayout.mailbox;

/** More instructions than any vector executes. */
const LongestRun = 100_000;

/** Mapped memory. */
interface Area {
  readonly va: number;
  readonly size: number;
  readonly host: number;
}

/** What stopped a run other than its end. */
export interface Stop {
  readonly exc: "undef" | "dabort" | "iabort" | "pcalign";
  readonly far?: number;
  readonly wnr?: number;
}

/** Each vector is written over the one before: the page stays code. */
const storesToData = 2 ** 20;

/** How vectors may be run: interpreted, or translated before they are first executed. */
export const Engines = {
  interpreter: { translate: false, storesToData },
  translator: { translate: true, hotCount: 1, storesToData },
} as const satisfies Readonly<Record<string, EngineOptions>>;

/** 3 GiB, in pages of linear memory. */
const Pages = 0xc000n;

/** Runs single vectors; keep one for many. */
export class VectorRig {
  readonly #header: VectorHeader;
  readonly #memory = new WebAssembly.Memory(
    // deno-lint-ignore no-explicit-any
    { initial: Pages, maximum: Pages, address: "i64" } as any,
  );
  readonly state: CpuState;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #engine: Interpreter;
  readonly #window: Area;
  readonly #data: Area;
  readonly #baseBytes: readonly Uint8Array[];
  #stop: Stop | undefined;
  /** The run reached the UDF after its words. */
  #ended = false;
  /** The record that is running in TypeScript. */
  #record = 0;
  #dirty = false;

  constructor(header: VectorHeader, options: EngineOptions = { translate: false }) {
    this.#header = header;
    const buffer = this.#memory.buffer;
    this.state = new CpuState(buffer, MemoryMap.window);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    const area = (range: readonly [string, string], host: number) => ({
      va: parseInt(range[0], 16),
      size: parseInt(range[1], 16),
      host,
    });
    this.#window = area(header.window, MemoryMap.ram);
    this.#data = area(header.data, MemoryMap.ram + 0x10_0000);
    this.#baseBytes = header.bases.map((b) => hexBytes(b.mem));
    const never = () => 1;
    this.#engine = new Interpreter(
      this.#memory,
      {
        slow: (record, word) => this.#slow(record, word),
        commit: (_record, word) => this.#commit(readAccessDescriptor(word).bytes),
        execute: (record, classIndex) => this.#execute(record, classIndex),
        fp: fpHelper(this.state, buffer),
        spFault: never,
        fpTrap: never,
        attend: () => 0,
        fill: () => 1,
      },
      () => true,
      options,
    );
    this.state.setU64("tlb", BigInt(MemoryMap.tlb));
    this.state.setU64("tlbUnprivileged", BigInt(MemoryMap.tlb));
    for (let i = 0; i < Tlb.entries; i++) {
      for (const tag of [Tlb.readTag, Tlb.writeTag, Tlb.executeTag]) {
        this.#view.setBigUint64(MemoryMap.tlb + i * Tlb.entryBytes + tag, Tlb.empty, true);
      }
    }
    for (const a of [this.#window, this.#data]) {
      for (let page = 0; page < a.size; page += PageBytes) {
        this.#map(a.va + page, a.host + page, a === this.#window);
      }
    }
  }

  #map(va: number, host: number, code: boolean): void {
    const entry = MemoryMap.tlb + ((va / PageBytes) % Tlb.entries) * Tlb.entryBytes;
    this.#view.setBigUint64(entry + Tlb.addend, BigInt(host - va), true);
    this.#view.setBigUint64(entry + Tlb.readTag, BigInt(va), true);
    if (code) {
      this.#view.setBigUint64(entry + Tlb.executeTag, BigInt(va), true);
      this.#engine.addCodePage(host);
    } else this.#view.setBigUint64(entry + Tlb.writeTag, BigInt(va), true);
  }

  /** Regions translated so far. */
  get translations(): number {
    return this.#engine.translator?.stats.regions ?? 0;
  }

  /** Runs a vector and lists what differs from what it records. */
  run(v: Vector): string[] {
    this.#prepare(v);
    const pc = parseInt(this.#header.pc, 16);
    const code = this.#hostOf(pc, 4) as number;
    v.w.forEach((w, i) => this.#view.setUint32(code + i * 4, parseInt(w, 16), true));
    this.#engine.codeWritten(code, v.w.length * 4);
    this.#stop = undefined;
    this.state.setU64("pc", BigInt(pc));
    const stop = this.#go();
    const problems = this.#compare(v, stop, pc + v.w.length * 4);
    this.#bytes.fill(0, code, code + v.w.length * 4);
    this.#engine.codeWritten(code, v.w.length * 4);
    return problems;
  }

  #go(): Stop | undefined {
    this.#ended = false;
    this.state.setU64("budget", BigInt(LongestRun));
    this.#engine.run();
    if (this.#ended) return undefined;
    if (this.#stop) return this.#stop;
    const far = Number(this.state.u64("pc"));
    return { exc: far % 4 !== 0 ? "pcalign" : "iabort", far };
  }

  #prepare(v: Vector): void {
    const base = this.#header.bases[v.base] as BaseState;
    const value = (name: string, otherwise: string) => BigInt("0x" + (v.in[name] ?? otherwise));
    const s = this.state;
    for (let i = 0; i < 31; i++) s.x[i] = value(`x${i}`, base.x[i] as string);
    s.x[32] = value("sp", base.sp);
    s.setNzcv(Number(value("nzcv", base.nzcv)));
    s.setU32("fpcr", Number(value("fpcr", base.fpcr)));
    s.setU32("fpsr", Number(value("fpsr", base.fpsr)));
    s.setU32("fpFast", s.u32("fpcr") === 0 ? 1 : 0);
    s.setU32("exclusiveBytes", 0);
    for (let i = 0; i < 32; i++) {
      const x = value(`v${i}`, base.v[i] as string);
      s.v[i * 2] = BigInt.asUintN(64, x);
      s.v[i * 2 + 1] = x >> 64n;
    }
    if (v.m) this.#bytes.set(this.#baseBytes[v.base] as Uint8Array, this.#data.host);
    if (this.#dirty) {
      this.#bytes.fill(0, this.#window.host, this.#window.host + this.#window.size);
    }
    this.#dirty = false;
  }

  #compare(v: Vector, stop: Stop | undefined, end: number): string[] {
    const problems: string[] = [];
    const s = this.state;
    const base = this.#header.bases[v.base] as BaseState;
    const differs = (name: string, got: bigint, before: string) => {
      const want = v.out[name] as string | undefined ?? v.in[name] ?? before;
      if (BigInt("0x" + want) !== got) {
        problems.push(`${name}: want ${want}, got ${got.toString(16)}`);
      }
    };
    if (stop?.exc !== v.exc) {
      problems.push(`want ${v.exc ?? "no exception"}, got ${stop?.exc ?? "none"}`);
    } else if (v.exc === "dabort") {
      if (v.far !== undefined && stop?.far !== parseInt(v.far, 16)) {
        problems.push(`far: want ${v.far}, got ${stop?.far?.toString(16)}`);
      }
      if (v.wnr !== undefined && stop?.wnr !== v.wnr) problems.push(`wnr: want ${v.wnr}`);
    }
    for (let i = 0; i < 31; i++) differs(`x${i}`, s.x[i] as bigint, base.x[i] as string);
    differs("sp", s.x[32] as bigint, base.sp);
    differs("nzcv", BigInt(s.nzcv()), base.nzcv);
    differs("fpcr", BigInt(s.u32("fpcr")), base.fpcr);
    differs("fpsr", BigInt(s.u32("fpsr")), base.fpsr);
    for (let i = 0; i < 32; i++) differs(`v${i}`, vector(s, i), base.v[i] as string);
    const stays = v.exc === "undef" || v.exc === "dabort";
    const at = stays ? parseInt(this.#header.pc, 16) : end;
    differs("pc", s.u64("pc"), at.toString(16));
    if (v.m) this.#compareMemory(v, problems);
    return problems;
  }

  #compareMemory(v: Vector, problems: string[]): void {
    const want = (this.#baseBytes[v.base] as Uint8Array).slice();
    for (const [offset, bytes] of Object.entries(v.out.mem ?? {})) {
      want.set(hexBytes(bytes), parseInt(offset, 16));
    }
    const area = this.#data;
    const got = this.#bytes.subarray(area.host, area.host + area.size);
    for (let i = 0; i < want.length; i++) {
      if (want[i] !== got[i]) {
        problems.push(
          `mem ${i.toString(16)}: want ${want[i]?.toString(16)}, got ${got[i]?.toString(16)}`,
        );
        return;
      }
    }
  }

  #hostOf(va: number, bytes: number): number | undefined {
    for (const a of [this.#window, this.#data]) {
      if (va >= a.va && va + bytes <= a.va + a.size) return a.host + va - a.va;
    }
    return undefined;
  }

  #slow(record: number, word: number): number {
    const d = readAccessDescriptor(word);
    const va = this.state.high32("accessAddress") * 2 ** 32 + this.state.u32("accessAddress");
    const write = d.kind !== "read";
    this.#settlePc(record);
    for (let i = 0; i < d.bytes; i++) {
      const host = this.#hostOf(va + i, 1);
      if (host === undefined) {
        this.#stop = { exc: "dabort", far: va + i, wnr: write ? 1 : 0 };
        return 1;
      }
      if (d.kind !== "write") this.#bytes[Mailbox + i] = this.#bytes[host] as number;
    }
    return 0;
  }

  #commit(bytes: number): number {
    const va = Number(this.state.u64("accessAddress"));
    for (let i = 0; i < bytes; i++) {
      const host = this.#hostOf(va + i, 1) as number;
      this.#bytes[host] = this.#bytes[Mailbox + i] as number;
      if (host < this.#data.host) this.#engine.codeWritten(host, 1);
    }
    this.#dirty = true;
    return 0;
  }

  #settlePc(record: number): bigint {
    const pc = BigInt.asUintN(64, this.state.u64("pcBias") + (BigInt(record >>> 0) >> 2n));
    this.state.setU64("pc", pc);
    return pc;
  }

  #execute(record: number, classIndex: number): number {
    const pc = this.#settlePc(record);
    this.#record = record;
    if (classIndex < 0) return this.#undefined();
    const insn = instructionClasses[classIndex] as AnyInsn;
    const word = this.#engine.wordAt(record);
    const context: Context = {
      state: this.state,
      pc,
      word,
      system: this.#system,
      memory: this.#view,
    };
    return insn.execute?.(context, insn.pattern.decode(word) as never) ?? this.#system.undefined();
  }

  /** The first UDF after the start ends a vector; another undefined word is what it records. */
  #undefined(): number {
    const atStart = this.state.u64("pc") === BigInt(`0x${this.#header.pc}`);
    this.#ended = !atStart && this.#engine.wordAt(this.#record) === 0;
    if (!this.#ended) this.#stop = { exc: "undef" };
    return 1;
  }

  readonly #system: SystemCalls = {
    undefined: () => this.#undefined(),
    call: () => 1,
    eret: () => this.#system.undefined(),
    mrs: (key, t) => {
      const value = this.#el0Register(key)?.read();
      if (value === undefined) return this.#system.undefined();
      if (t !== 31) this.state.x[t] = value;
      return 0;
    },
    msr: (key, t) => {
      const row = this.#el0Register(key);
      if (!row) return this.#system.undefined();
      row.write(this.state.x[t] as bigint);
      return 0;
    },
    msrImmediate: () => this.#system.undefined(),
    sys: () => 0,
    hint: () => 0,
    fpTrapped: () => 1,
  };

  /** The registers that vectors touch at EL0. */
  #el0Register(key: number): { read(): bigint; write(v: bigint): void } | undefined {
    const s = this.state;
    const word = (op1: number, crn: number, crm: number, op2: number) =>
      (3 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
    switch (key & 0xffff) {
      case word(3, 4, 2, 0):
        return {
          read: () => BigInt(s.nzcv()),
          write: (v) => s.setNzcv(Number(BigInt.asUintN(32, v))),
        };
      case word(3, 4, 4, 0):
        return {
          read: () => BigInt(s.u32("fpcr")),
          write: (v) => s.setU32("fpcr", Number(v & 0x07f7_9f00n) & 0x07f7_0000),
        };
      case word(3, 4, 4, 1):
        return {
          read: () => BigInt(s.u32("fpsr")),
          write: (v) => s.setU32("fpsr", Number(v & 0x0800_009fn)),
        };
      default:
        return undefined;
    }
  }
}

function vector(s: CpuState, n: number): bigint {
  return (s.v[n * 2] as bigint) | ((s.v[n * 2 + 1] as bigint) << 64n);
}

function hexBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return out;
}
