/** Runs programs in the interpreter and in the translator and tells what differs. @module */

import { setRegister } from "../../core/cpu/system_registers.ts";
import { SystemSlots } from "../../core/cpu/system_register_slots.ts";
import type { CpuCore } from "../../core/cpu/core.ts";
import type { StateField } from "../../core/cpu/state.ts";
import { HeatBytes, MemoryMap } from "../../core/memory_map.ts";
import { disassemble } from "../../core/isa/disassemble.ts";
import type { EngineOptions } from "../../core/engine/interpreter.ts";
import type { TranslatorStats } from "../../core/engine/meter.ts";
import type { BoardState } from "../../platforms/assemble.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { buildSimulator, type Simulator } from "../../platforms/simulator.ts";
import { page, Pages, Ram, RamBytes, TranslationRegisters } from "./layout.ts";
import type { Program } from "./program.ts";
import { Cpu } from "./words.ts";

const TimerIntid = 30n;
const PrivateFrame = 0x1_0000;

/** One simulator that programs are loaded into, one after the other. */
export class Half {
  readonly #simulator: Simulator;
  readonly #fresh: BoardState;
  #program: Program | undefined;

  constructor(engine: EngineOptions, cores: number) {
    const board = { cores, memoryBytes: RamBytes, gicVersion: 3 } as const;
    this.#simulator = buildSimulator(qemuVirt, {
      ...board,
      cpu: Cpu,
      epochSeconds: 0,
      hasEl2: false,
      engine,
      log: () => {},
    });
    const { bus } = this.#simulator.board;
    bus.write(0x0800_0000, 4, 0x12n, 0); // GICD_CTLR: affinity routing, Group 1
    for (let core = 0; core < cores; core++) {
      const frame = 0x080a_0000 + core * 2 * PrivateFrame + PrivateFrame;
      bus.write(frame + 0x80, 4, 0xffff_ffffn, core); // GICR_IGROUPR0
      bus.write(frame + 0x100, 4, 1n << TimerIntid, core); // GICR_ISENABLER0
    }
    this.#fresh = this.#simulator.board.snapshot();
    this.#chooseWhatIsHot();
  }

  /** What is hot is translated only where the program wants it. */
  #chooseWhatIsHot(): void {
    const { engine } = this.#simulator.machine.runner;
    const { translator } = engine;
    if (!translator) return;
    const hot = translator.hot.bind(translator);
    translator.hot = (record) => {
      if (this.#isWanted(engine.hostAddress(record) - MemoryMap.ram)) hot(record);
    };
  }

  #isWanted(at: number): boolean {
    const { seed = 0, share = 1, vectorsToo } = this.#program ?? {};
    if (at >> 12 === Pages.vectors) return vectorsToo === true;
    return (Math.imul(at ^ seed, 0x9e37_79b1) >>> 16) % share === 0;
  }

  /** Figures of its translator. */
  get stats(): TranslatorStats | undefined {
    return this.#simulator.machine.runner.engine.translator?.stats;
  }

  /** Exceptions and interrupts that the program has taken. */
  get counts(): readonly [exceptions: number, interrupts: number] {
    const { buffer, byteOffset } = this.ram;
    const log = new BigUint64Array(buffer, byteOffset + Pages.log * 4096, 2);
    return [Number(log[0]), Number(log[1])];
  }

  /** RAM. */
  get ram(): Uint8Array {
    return this.#simulator.ram.slice(Ram, RamBytes);
  }

  /** Brings the machine to the program's start. */
  load(program: Program): void {
    const { board, machine, ram } = this.#simulator;
    this.#program = program;
    machine.running.leaveWindow();
    board.restore(this.#fresh);
    machine.restartTurns();
    this.ram.set(program.image);
    machine.runner.engine.dropAllCode();
    machine.mmu.flush();
    ram.bytes.fill(0, MemoryMap.heat, MemoryMap.heat + HeatBytes);
    for (const core of machine.cores) this.#start(core, program);
  }

  #start(core: CpuCore, program: Program): void {
    const { machine } = this.#simulator;
    const { mode } = program;
    core.reset({ pc: BigInt(program.entry), el: 1 });
    machine.resume(core);
    machine.power.start(core);
    const { state } = core;
    for (const [name, value] of Object.entries(TranslationRegisters)) {
      setRegister(core, name, value);
    }
    setRegister(core, "VBAR_EL1", BigInt(page(Pages.vectors)));
    setRegister(core, "CPACR_EL1", BigInt(program.fpen) << 20n);
    setRegister(core, "CNTKCTL_EL1", 0x303n);
    setRegister(core, "ICC_PMR_EL1", 0xffn);
    setRegister(core, "ICC_IGRPEN1_EL1", 1n);
    // Caches, SA, SA0; nTWI, nTWE, DZE, UCI, UCT: EL0 may use what EL1 may
    const options = 0x30d0_0800n | 0x1004n | 0x18n | 0x0405_c000n;
    setRegister(core, "SCTLR_EL1", options | (mode.mmu ? 1n : 0n) | (mode.strict ? 2n : 0n));
    if (mode.interrupts && mode.atEl0) {
      setRegister(core, "CNTP_TVAL_EL0", 5n);
      setRegister(core, "CNTP_CTL_EL0", 1n);
    }
    setRegister(core, "FPCR", BigInt(program.fpcr));
    program.x.forEach((value, i) => state.x[i === 31 ? 32 : i] = value);
    // The second core differs in what it computes with.
    for (let i = 0; i < core.index * 8; i++) state.x[i] = program.x[7 - i] as bigint;
    setRegister(core, "SP_EL0", program.x[31] as bigint);
    program.v.forEach((value, i) => state.v[i] = value);
    state.setNzcv(program.nzcv);
  }

  /** Runs to a virtual time; before that, what has become hot is translated. */
  run(untilNs: number): void {
    const { machine } = this.#simulator;
    machine.runner.engine.translator?.flush();
    machine.run(untilNs);
  }

  /** Drops all decoded and translated code, as a full cache does. */
  forget(): void {
    this.#simulator.machine.runner.engine.dropAllCode();
  }

  /** Everything that programs can see, by name. */
  registers(): ReadonlyMap<string, bigint> {
    const { machine } = this.#simulator;
    const all = new Map<string, bigint>();
    all.set("time", BigInt(machine.nowNs));
    all.set("instructions", BigInt(machine.instructions));
    for (const core of machine.cores) {
      const prefix = core.index === 0 ? "" : `core ${core.index} `;
      this.#registersOf(core, (name, value) => void all.set(prefix + name, value));
    }
    return all;
  }

  #registersOf({ state }: CpuCore, put: (name: string, value: bigint) => void): void {
    put("PC", state.u64("pc"));
    for (let i = 0; i < 33; i++) put(i < 31 ? `X${i}` : i === 32 ? "SP" : "zero", at(state.x, i));
    put("NZCV", BigInt(state.nzcv()));
    for (const name of Fields) put(name, BigInt(state.u32(name)));
    put("exclusiveAddress", state.u64("exclusiveAddress"));
    for (let i = 0; i < 64; i++) put(`V${i >> 1}.D[${i & 1}]`, at(state.v, i));
    for (const [name, slot] of Slots) put(name, at(state.system, slot));
  }

  /** Virtual address of the instruction that comes next. */
  get pc(): number {
    return Number(this.#simulator.machine.running.state.u64("pc"));
  }

  /** The word that the next instruction is, where its address is a physical one. */
  get text(): string {
    const pc = this.pc;
    if (pc < Ram || pc + 4 > Ram + RamBytes) return "?";
    const ram = this.ram;
    const word = new DataView(ram.buffer, ram.byteOffset).getUint32(pc - Ram, true);
    return disassemble(word, BigInt(pc));
  }
}

const at = (list: BigUint64Array, i: number) => list[i] as bigint;
const Fields: readonly StateField[] = [
  ...["fpcr", "fpsr", "el", "spSel", "daif", "pan", "uao", "ssbs", "dit", "il", "ss", "btype"],
  ...["fpTrap", "fpFast", "attention", "exclusiveBytes", "eventRegister", "spCheck"],
] as StateField[];
const Slots = Object.entries(SystemSlots);

/** An interpreter and a translator for each number of cores and count of jumps. */
export class Twin {
  readonly #second: EngineOptions | undefined;
  readonly #halves = new Map<string, Half>();

  /** `second` runs programs the second time, in place of the translator. */
  constructor(second?: EngineOptions) {
    this.#second = second;
  }

  #half(key: string, cores: number, engine: EngineOptions): Half {
    const half = this.#halves.get(key) ?? new Half(engine, cores);
    this.#halves.set(key, half);
    return half;
  }

  /** What runs `program` first. */
  interpreter({ cores }: Program): Half {
    return this.#half(`${cores}`, cores, { translate: false });
  }

  /** What runs `program` the second time. */
  translator({ cores, hotCount }: Program): Half {
    const engine = this.#second ?? { translate: true, hotCount, storesToData: 10 };
    return this.#half(`${cores}, ${hotCount}`, cores, engine);
  }
}

/** What differs after a run to `untilNs` of virtual time, the translator's cut in pieces. */
export function differences(twin: Twin, program: Program, untilNs = program.lengthNs): string[] {
  const interpreter = twin.interpreter(program);
  const translator = twin.translator(program);
  runTo(interpreter, program, untilNs, program.cores > 1);
  runTo(translator, program, untilNs, true);
  return compare(interpreter, translator);
}

function runTo(half: Half, program: Program, untilNs: number, isCut: boolean): void {
  half.load(program);
  for (const [i, cut] of program.cuts.entries()) {
    if (!isCut || cut >= untilNs) break;
    half.run(cut);
    if (program.forgets.includes(i)) half.forget();
  }
  half.run(untilNs);
}

function compare(interpreter: Half, translator: Half): string[] {
  const found: string[] = [];
  const got = translator.registers();
  for (const [name, value] of interpreter.registers()) {
    const other = got.get(name);
    if (other !== value) {
      found.push(`${name}: interpreter ${value.toString(16)}, translator ${other?.toString(16)}`);
    }
  }
  const [a, b] = [interpreter.ram, translator.ram];
  const [x, y] = [a, b].map((ram) => new BigUint64Array(ram.buffer, ram.byteOffset, RamBytes / 8));
  const odd = (x as BigUint64Array).findIndex((word, i) => word !== y?.[i]);
  if (odd >= 0) {
    const [p, q] = [x, y].map((words) => words?.[odd]?.toString(16));
    found.push(`memory at ${(Ram + odd * 8).toString(16)}: interpreter ${p}, translator ${q}`);
  }
  return found;
}

/** The first time at which the runs differ, the instruction before it and what differs then. */
export function firstDifference(twin: Twin, program: Program): string[] {
  let [same, differs] = [0, program.lengthNs];
  while (differs - same > 1) {
    const middle = Math.floor((same + differs) / 2);
    if (differences(twin, program, middle).length > 0) differs = middle;
    else same = middle;
  }
  const interpreter = twin.interpreter(program);
  runTo(interpreter, program, differs - 1, program.cores > 1);
  const { pc, text } = interpreter;
  const found = differences(twin, program, differs);
  return [`after ${differs} ns, at ${pc.toString(16)}: ${text}`, ...found];
}
