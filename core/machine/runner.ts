/**
 * What generated code calls while a core runs: memory's slow path, exceptions, system registers.
 *
 * One runner serves all cores of a machine: the one whose state is in the window is running.
 *
 * @module
 */

import { currentEl, fpAccessTrap, undefinedInstruction } from "../cpu/controls.ts";
import type { CpuCore } from "../cpu/core.ts";
import {
  dataAbort,
  exceptionReturn,
  executeCall,
  instructionAbort,
  pcAlignmentFault,
  spAlignmentFault,
  takeTrap,
  waitFor,
} from "../cpu/exceptions.ts";
import { writePstate } from "../cpu/pstate.ts";
import { CpuState, StateFields } from "../cpu/state.ts";
import { readSystemRegister, writeSystemRegister } from "../cpu/system_registers.ts";
import type { Trap } from "../cpu/types.ts";
import {
  accessBytes,
  type AccessDescriptor,
  isPlainRead,
  readAccessDescriptor,
} from "../engine/access_descriptor.ts";
import { fpHelper } from "../engine/fp_helper.ts";
import { Fill, type ImportFunctions } from "../engine/imports.ts";
import { type EngineOptions, Interpreter } from "../engine/interpreter.ts";
import { accessSyndrome } from "../isa/access_syndrome.ts";
import { instructionClasses } from "../isa/classes.ts";
import type { Context, SystemCalls } from "../isa/context.ts";
import { disassemble } from "../isa/disassemble.ts";
import type { AnyInsn, Feature } from "../isa/insn.ts";
import { MemoryMap, PageBytes, Tlb } from "../memory_map.ts";
import { AccessFlag } from "../mmu/access.ts";
import { faultAddress, faultStatus } from "../mmu/fault.ts";
import type { DeviceReads } from "../mmu/device_reads.ts";
import type { Mmu } from "../mmu/mmu.ts";
import { Access } from "../mmu/walker.ts";
import { ExceptionLoop } from "./exception_loop.ts";
import { maintain } from "./maintenance.ts";

/** What the runner asks of the machine. */
export interface RunnerHost {
  readonly mmu: Mmu;
  /** The core whose state is in the window. */
  readonly running: CpuCore;
  /** Stops the run after the current instruction. */
  leaveSoon(): void;
  /** The core waits for an interrupt or, with WFE, for an event. */
  wait(kind: "wfi" | "wfe"): void;
  /** SEV: an event for all cores. */
  sendEvent(): void;
  /** The running core takes the same exception at its vector again and again. */
  lost(): void;
}

/** Indices of words of the window: device reads do without looking fields up. */
const Word = {
  address: (MemoryMap.window + StateFields.accessAddress[0]) / 4,
  tlb: (MemoryMap.window + StateFields.tlb[0]) / 4,
  readAhead: (MemoryMap.window + StateFields.readAhead[0]) / 4,
} as const;
/** Records remembered for having accessed devices. */
const MaxDeviceRecords = 4096;

/** Runs instructions of the core in the window. */
export class Runner {
  readonly engine: Interpreter;
  readonly #host: RunnerHost;
  readonly #memory: DataView;
  readonly #words: Int32Array;
  readonly #window: CpuState;
  readonly #devices: DeviceReads;
  readonly #loop = new ExceptionLoop();
  readonly #context: { -readonly [K in keyof Context]: Context[K] };

  constructor(
    memory: WebAssembly.Memory,
    host: RunnerHost,
    has: (feature: Feature) => boolean,
    options: EngineOptions,
  ) {
    this.#host = host;
    this.#memory = new DataView(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#devices = host.mmu.devices;
    this.#window = new CpuState(memory.buffer, MemoryMap.window);
    this.#context = {
      state: this.#window,
      pc: 0n,
      word: 0,
      system: this.#system,
      memory: this.#memory,
    };
    const imports: Omit<ImportFunctions, "decode" | "hot"> = {
      slow: (record, word) => this.#slow(record, word),
      commit: (record) => this.#commit(record),
      execute: (record, classIndex) => this.#execute(record, classIndex),
      fp: fpHelper(this.#window, memory.buffer),
      spFault: (record) => this.#takeAt(record, spAlignmentFault(host.running)),
      fpTrap: (record) => this.#fpTrap(record),
      attend: () => this.#settled(),
      fill: (record, word, low, high, context) => this.#fill(record, word, low, high, context),
    };
    const accessesDevice = (record: number) => this.#atDevices.has(record);
    this.engine = new Interpreter(memory, imports, has, { ...options, accessesDevice });
  }

  /** Runs from the state's PC for at most the state's budget; returns early for any reason. */
  run(): void {
    this.engine.run();
  }

  /**
   * After a run that lacked records for PC: provides them, or takes the fault of the fetch.
   *
   * @returns Whether there are records.
   */
  lookUp(): boolean {
    const { mmu, running } = this.#host;
    const state = this.#window;
    const pc = state.u64("pc");
    if (pc & 3n) return this.#take(pcAlignmentFault(running, pc)) === 0;
    const page = mmu.fetch(running.index, state.high32("pc"), state.u32("pc"));
    if (page < 0) return this.#take(this.#fetchFault()) === 0;
    if (!this.engine.isCodePage(page)) {
      this.engine.addCodePage(page);
      mmu.dropWriteTags(page);
    }
    return true;
  }

  #fetchFault(): Trap {
    const { mmu, running } = this.#host;
    const fault = mmu.fault(running.index);
    const info = { far: faultAddress(fault), stage2: fault.stage2, ipa: fault.ipa };
    return instructionAbort(running, info, { ifsc: faultStatus(fault), s1ptw: fault.s1ptw });
  }

  /** Makes PC exact for the instruction of `record`. */
  #settlePc(record: number): bigint {
    const bias = this.#window.u64("pcBias");
    const pc = BigInt.asUintN(64, bias + BigInt(record >>> 2));
    this.#window.setU64("pc", pc);
    return pc;
  }

  #takeAt(record: number, trap: Trap): number {
    this.#settlePc(record);
    return this.#take(trap);
  }

  #take(trap: Trap): number {
    const { running } = this.#host;
    const from = currentEl(running);
    takeTrap(running, trap);
    if (this.#window.u32("calledFromBelow") !== 0) {
      this.#window.setU32("calledFromBelow", 0);
      this.#loop.reset();
    }
    if (this.#loop.note(running, from, trap.to)) this.#host.lost();
    return 1;
  }

  /** Ends a call that may have raised an interrupt. */
  #settled(): number {
    if (this.#window.u32("attention") !== 0) this.#host.leaveSoon();
    return 0;
  }

  #slow(record: number, word: number): number {
    const words = this.#words;
    if (words[Word.readAhead] === record) {
      words[Word.readAhead] = 0;
      return this.#settled();
    }
    const d = readAccessDescriptor(word);
    const { mmu, running } = this.#host;
    if (isPlainRead(word) && this.#atDevices.has(record)) {
      const [low, high] = [words[Word.address] as number, words[Word.address + 1] as number];
      const context = words[Word.tlb] as number;
      if (this.#devices.read(context, high, low, d.bytes)) return this.#settled();
    }
    const flags = (d.unprivileged ? AccessFlag.unprivileged : 0) |
      (d.mustAlign ? AccessFlag.aligned : 0);
    const failed = d.kind === "read"
      ? mmu.read(running.index, d.bytes, d.unit, flags)
      : d.kind === "update"
      ? mmu.update(running.index, d.bytes, d.unit, flags)
      : mmu.probeWrite(running.index, d.bytes, d.unit, flags);
    if (failed) return this.#abort(record);
    if (mmu.resolvedHostAddress(running.index) < 0) this.#noteDevice(record);
    return this.#settled();
  }

  /** Fills the TLB for an access of translated code, or reads a device. */
  #fill(record: number, word: number, low: number, high: number, context: number): number {
    const words = this.#words;
    if (record !== this.#lastAtDevice) {
      if (!this.#atDevices.has(record)) {
        return this.#fillEntry(readAccessDescriptor(word)) ? Fill.filled : Fill.refused;
      }
      this.#lastAtDevice = record;
    }
    if (!isPlainRead(word)) return Fill.refused;
    if (words[Word.readAhead] === record) {
      words[Word.readAhead] = 0;
      return Fill.read;
    }
    const bytes = accessBytes(word);
    if (this.#devices.read(context, high, low, bytes)) return Fill.read;
    const found = this.#devices.find(this.#host.running.index, high, low);
    return found && this.#devices.read(context, high, low, bytes) ? Fill.read : Fill.refused;
  }

  #fillEntry(d: AccessDescriptor): boolean {
    const { mmu, running } = this.#host;
    const state = this.#window;
    const low = state.u32("accessAddress");
    const high = state.high32("accessAddress");
    const inPage = low & (PageBytes - 1);
    if (inPage + d.bytes > PageBytes || (d.mustAlign && (low & (d.unit - 1)) !== 0)) return false;
    const access = d.kind === "read" ? Access.read : Access.write;
    const flags = d.unprivileged ? AccessFlag.unprivileged : 0;
    if (!mmu.probe(running.index, high, low, d.bytes, 1, access, flags)) return false;
    const context = state.u32(d.unprivileged ? "tlbUnprivileged" : "tlb");
    const entry = context + ((low >>> 12) % Tlb.entries) * Tlb.entryBytes;
    const tag = entry + (d.kind === "read" ? Tlb.readTag : Tlb.writeTag);
    const page = low - inPage;
    const view = this.#memory;
    return view.getUint32(tag, true) === page >>> 0 && view.getUint32(tag + 4, true) === high;
  }

  /** An instruction that reached a device will again: translated code need not ask the MMU first. */
  #noteDevice(record: number): void {
    if (this.#atDevices.size >= MaxDeviceRecords) {
      this.#atDevices.clear();
      this.#lastAtDevice = 0;
    }
    this.#atDevices.add(record);
  }

  #commit(_record: number): number {
    const { mmu, running } = this.#host;
    mmu.commitWrite(running.index);
    return this.#settled();
  }

  #abort(record: number, maintenance = false): number {
    const { mmu, running } = this.#host;
    this.#settlePc(record);
    const fault = mmu.fault(running.index);
    const info = { far: faultAddress(fault), stage2: fault.stage2, ipa: fault.ipa };
    const access = maintenance ? undefined : accessSyndrome(this.engine.wordAt(record));
    return this.#take(dataAbort(running, info, {
      dfsc: faultStatus(fault),
      write: fault.write || maintenance,
      s1ptw: fault.s1ptw,
      maintenance,
      ...(access ? { access } : {}),
    }));
  }

  #fpTrap(record: number): number {
    const trap = fpAccessTrap(this.#host.running);
    return trap ? this.#takeAt(record, trap) : 0;
  }

  #record = 0;
  /** The one of `#atDevices` that was asked about last. */
  #lastAtDevice = 0;
  /** Records of instructions that accessed devices. */
  readonly #atDevices = new Set<number>();

  #execute(record: number, classIndex: number): number {
    this.#record = record;
    const c = this.#context;
    c.pc = this.#settlePc(record);
    c.word = this.engine.wordAt(record);
    if (classIndex < 0) return this.#unknown();
    const insn = instructionClasses[classIndex] as AnyInsn;
    const fields = insn.pattern.decode(c.word);
    return insn.execute?.(c, fields as never) || this.#settled();
  }

  #unknown(): number {
    const { running } = this.#host;
    const { word, pc } = this.#context;
    const text = disassemble(word, pc);
    if (!text.startsWith(".inst")) {
      running.report(
        `insn ${text.split(" ")[0]}`,
        `${text} at PC 0x${pc.toString(16)}: this core does not have it`,
      );
    }
    return this.#take(undefinedInstruction(running));
  }

  readonly #system: SystemCalls = {
    undefined: () => this.#take(undefinedInstruction(this.#host.running)),
    call: (kind, imm) => executeCall(this.#host.running, kind, imm) === "taken" ? 1 : 0,
    eret: () => {
      const trap = exceptionReturn(this.#host.running);
      return trap ? this.#take(trap) : 1;
    },
    mrs: (key, t) => {
      const value = readSystemRegister(this.#host.running, key, t);
      if (typeof value !== "bigint") return this.#take(value);
      if (t !== 31) this.#window.x[t] = value;
      return 0;
    },
    msr: (key, t) => {
      const value = this.#window.x[t] as bigint;
      const trap = writeSystemRegister(this.#host.running, key, value, t);
      return trap ? this.#take(trap) : 0;
    },
    msrImmediate: (op1, op2, crm) => {
      const trap = writePstate(this.#host.running, op1, op2, crm);
      return trap ? this.#take(trap) : 0;
    },
    sys: (key, t) => {
      const { running, mmu } = this.#host;
      const result = maintain(running, mmu, key, t, this.#window.x[t] as bigint);
      if (result === undefined) return 0;
      return result === "fault" ? this.#abort(this.#record, true) : this.#take(result);
    },
    hint: (kind) => this.#hint(kind),
    fpTrapped: () => this.#fpTrap(this.#record),
  };

  #hint(kind: "wfi" | "wfe" | "sev" | "sevl"): number {
    switch (kind) {
      case "sevl":
        this.#window.setU32("eventRegister", 1);
        return 0;
      case "sev":
        this.#host.sendEvent();
        return 0;
      default: {
        const result = waitFor(this.#host.running, kind);
        if (typeof result === "object") return this.#take(result);
        if (result === "wait") this.#host.wait(kind);
        return 0;
      }
    }
  }
}
