/** An engine over flat memory: pages of code and data that a test maps, and no system around them. @module */

import { CpuState } from "../../../core/cpu/state.ts";
import { readAccessDescriptor } from "../../../core/engine/access_descriptor.ts";
import { Exit } from "../../../core/engine/handler_emitter.ts";
import { type EngineOptions, Interpreter } from "../../../core/engine/interpreter.ts";
import { createMemory } from "../../../core/machine/memory.ts";
import { MemoryMap, PageBytes, Tlb } from "../../../core/memory_map.ts";
import { StateLayout } from "../../../core/cpu/state.ts";

const Mailbox = MemoryMap.window + StateLayout.mailbox;

/** Both ways of running code: interpreted, and translated as soon as it is jumped to. */
export const engines: Readonly<Record<string, EngineOptions>> = {
  interpreter: { translate: false },
  translator: { translate: true, hotCount: 1 },
};

const refuse = () => {
  throw new Error("these programs make no such call");
};

/** See the module. */
export class EngineRig {
  readonly engine: Interpreter;
  readonly state: CpuState;
  /** What {@linkcode Interpreter.addCodePage} answered. */
  readonly kept: boolean[] = [];
  readonly #view: DataView;
  readonly #hosts = new Map<number, number>();

  constructor(options: EngineOptions, ramBytes = 2 ** 20) {
    const memory = createMemory(ramBytes);
    this.#view = new DataView(memory.buffer);
    this.state = new CpuState(memory.buffer, MemoryMap.window);
    this.engine = new Interpreter(
      memory,
      {
        slow: (_record, word) => this.#slow(readAccessDescriptor(word).bytes),
        commit: (_record, word) => this.#commit(readAccessDescriptor(word).bytes),
        fill: () => 1,
        execute: refuse,
        fp: refuse,
        spFault: refuse,
        fpTrap: refuse,
        attend: () => 0,
      },
      () => true,
      options,
    );
    for (const field of ["tlb", "tlbUnprivileged"] as const) {
      this.state.setU64(field, BigInt(MemoryMap.tlb));
    }
    for (let i = 0; i < Tlb.entries; i++) {
      for (const tag of [Tlb.readTag, Tlb.writeTag, Tlb.executeTag]) {
        this.#view.setBigUint64(MemoryMap.tlb + i * Tlb.entryBytes + tag, Tlb.empty, true);
      }
    }
  }

  /** Maps the page at `va` to the page of RAM at `offset`; stores to code take the slow path. */
  map(va: number, offset: number, kind: "code" | "data"): void {
    const host = MemoryMap.ram + offset;
    this.#hosts.set(va, host);
    const entry = MemoryMap.tlb + ((va / PageBytes) % Tlb.entries) * Tlb.entryBytes;
    const tags = kind === "code" ? [Tlb.readTag, Tlb.executeTag] : [Tlb.readTag, Tlb.writeTag];
    for (const tag of tags) this.#view.setBigUint64(entry + tag, BigInt(va), true);
    this.#view.setBigInt64(entry + Tlb.addend, BigInt(host - va), true);
  }

  /** Writes words from outside, as a device does. */
  load(va: number, words: readonly number[]): void {
    words.forEach((word, i) => {
      const host = this.#host(va + i * 4);
      this.#view.setUint32(host, word, true);
      this.engine.codeWritten(host, 4);
    });
  }

  read64(va: number): bigint {
    return this.#view.getBigUint64(this.#host(va), true);
  }

  write64(va: number, value: bigint): void {
    this.#view.setBigUint64(this.#host(va), value, true);
  }

  /** Runs `count` instructions; returns how many are left when the PC is in no page of code. */
  run(count: number): number {
    this.state.setU64("budget", BigInt(count));
    for (;;) {
      this.engine.run();
      const left = this.state.u32("budget");
      if (left === 0) return 0;
      if (this.state.u32("exit") !== Exit.lookup) continue;
      const page = this.#hosts.get(this.#pc() - this.#pc() % PageBytes);
      if (page === undefined || this.engine.isCodePage(page)) return left;
      this.kept.push(this.engine.addCodePage(page));
    }
  }

  /** Registers, flags and PC in one text. */
  snapshot(): string {
    const registers = [...this.state.x.slice(0, 33)].map((value) => value.toString(16));
    return [...registers, this.state.nzcv().toString(16), this.#pc().toString(16)].join(" ");
  }

  #pc(): number {
    return Number(this.state.u64("pc"));
  }

  #host(va: number): number {
    const page = this.#hosts.get(va - va % PageBytes);
    if (page === undefined) throw new RangeError(`Cannot reach ${va.toString(16)}: not mapped`);
    return page + va % PageBytes;
  }

  #slow(bytes: number): number {
    const va = Number(this.state.u64("accessAddress"));
    for (let i = 0; i < bytes; i++) {
      this.#view.setUint8(Mailbox + i, this.#view.getUint8(this.#host(va + i)));
    }
    return 0;
  }

  #commit(bytes: number): number {
    const va = Number(this.state.u64("accessAddress"));
    for (let i = 0; i < bytes; i++) {
      this.#view.setUint8(this.#host(va + i), this.#view.getUint8(Mailbox + i));
      this.engine.codeWritten(this.#host(va + i), 1);
    }
    return 0;
  }
}
