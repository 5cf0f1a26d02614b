import { assertEquals } from "@std/assert";
import type { CpuName } from "../../../core/cpu/cpu_models.ts";
import { store } from "../../../core/cpu/controls.ts";
import { forgetModes } from "../../../core/cpu/modes.ts";
import { type StateField, StateFields } from "../../../core/cpu/state.ts";
import { setRegister } from "../../../core/cpu/system_registers.ts";
import { type MachineRig, machineRig, Start } from "./rig.ts";

const Vectors = Start + 0x1000;
const Code = Start + 0x2000;
const CodeWords = 1000;
const Steps = 20_000;

/** Encodings with register X0 and immediate 0. */
const Word = {
  svc: 0xd400_0001,
  hvc: 0xd400_0002,
  smc: 0xd400_0003,
  eret: 0xd69f_03e0,
  daifSet: 0xd503_40df,
  daifClear: 0xd503_40ff,
  spSelect: 0xd500_40bf,
  pan: 0xd500_409f,
  uao: 0xd500_407f,
  daif: 0xd51b_4220,
  ttbr0: 0xd518_2000,
  ttbr1: 0xd518_2020,
  tcr: 0xd518_2040,
  sctlr: 0xd518_1000,
  cpacr: 0xd518_1040,
  hcr: 0xd51c_1100,
  spEl0: 0xd518_4100,
  add: 0x9100_03ff, // add sp, sp, #0
  b: 0x1400_0000,
} as const;
const Spsr = [0xd518_4000, 0xd51c_4000] as const;
const Elr = [0xd518_4020, 0xd51c_4020] as const;

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** An instruction that exceptions and their like depend on; registers hold what suits it. */
function instruction(random: (below: number) => number): number {
  const [spsr, elr, tables, others] = [0, 8, 16, 24].map((first) => first + random(6)) as [
    number,
    number,
    number,
    number,
  ];
  const imm = random(16) << 8;
  const choices = [
    ...[Word.svc | random(100) << 5, Word.svc, Word.hvc, Word.hvc | random(100) << 5, Word.smc],
    ...[Word.eret, Word.eret, Word.eret, Word.daifSet | imm, Word.daifClear | imm],
    ...[Word.spSelect | random(2) << 8, Word.pan | random(2) << 8, Word.uao | random(2) << 8],
    ...[Word.daif | spsr, Word.ttbr0 | tables, Word.ttbr1 | tables, Word.ttbr0 | tables],
    ...[Spsr[0] | spsr, Spsr[1] | spsr, Spsr[0] | spsr, Spsr[1] | spsr],
    ...[Elr[0] | elr, Elr[1] | elr, Elr[0] | elr, Elr[1] | elr],
    ...[Word.add | 16 << 10, Word.spEl0 | elr],
    ...(random(8) === 0
      ? [Word.tcr | others, Word.sctlr | others, Word.cpacr | others, Word.hcr | others]
      : []),
  ];
  return (choices[random(choices.length)] as number) >>> 0;
}

function makeRig(cpu: CpuName, seed: number): MachineRig {
  const random = randomNumbers(seed);
  const rig = machineRig([Word.b | (Code - Start) / 4], { hasEl2: true, cpu });
  const code = Array.from({ length: CodeWords }, () => instruction(random));
  rig.load(Code, [...code, (Word.b | (-CodeWords & 0x3ff_ffff)) >>> 0]);
  for (let i = 0; i < 16; i++) {
    const at = Vectors + i * 0x80;
    const words = Array.from({ length: 8 }, () => instruction(random));
    rig.load(at, [...words, Word.b | ((Code + random(CodeWords) * 4 - at - 32) / 4 & 0x3ff_ffff)]);
  }
  const { state } = rig.core;
  for (let i = 0; i < 8; i++) {
    const [el, sp] = [random(8) === 0 ? 2 : random(2), random(2)];
    const fields = random(4) === 0 ? random(2 ** 31) & 0x01e0_1000 : random(2) << 22;
    const wild = random(10) === 0 ? random(2 ** 31) : 0;
    state.x[i] = BigInt((random(16) << 28 | fields | random(16) << 6 | wild | el << 2 | sp) >>> 0);
    state.x[8 + i] = BigInt(Code + random(CodeWords) * 4);
    state.x[16 + i] = BigInt(random(6)) << 48n | BigInt(Start + random(16) * 4096);
  }
  // A1 and AS of TCR_EL1, UMA, SA, SA0 and SPAN of SCTLR_EL1, FPEN, TVM, RW and the like of HCR_EL2.
  const controls = [0x40_0000n, 0n, 0x10_0080_0218n, 0x8400_0000n, 0x8000_0000n, 0x30_0000n];
  controls.forEach((value, i) => state.x[24 + i] = value);
  for (const name of ["VBAR_EL1", "VBAR_EL2"] as const) setVector(rig, name);
  return rig;
}

function setVector({ core }: MachineRig, name: "VBAR_EL1" | "VBAR_EL2"): void {
  store(core, name, BigInt(Vectors));
}

/** Of no account to a guest, or different by the way of running. */
const Private: readonly StateField[] = [
  "budget",
  "exit",
  "mode",
  "pcBias",
  "tablesChanged",
  "asidControl",
  "calledFromBelow",
  ...(["nFlag", "zFlag", "cFlag", "vFlag"] as const),
];

function stateOf({ core }: MachineRig): Record<string, unknown> {
  const { state } = core;
  const fields = Object.entries(StateFields)
    .filter(([name]) => !Private.includes(name as StateField))
    .map(([name, [, type]]) => [
      name,
      type === "u32" ? state.u32(name as StateField) : state.u64(name as StateField),
    ]);
  return {
    ...Object.fromEntries(fields),
    nzcv: state.nzcv(),
    x: [...state.x],
    system: [...state.system],
  };
}

for (const cpu of ["cortex-a72", "max"] as const) {
  Deno.test(`plain exceptions: ${cpu} ends up where TypeScript alone takes it`, () => {
    for (let seed = 1; seed <= 6; seed++) {
      const [fast, slow] = [makeRig(cpu, seed), makeRig(cpu, seed)];
      for (let done = 0; done < Steps;) {
        const count = 1 + (done * 7) % 97;
        fast.run(count);
        for (let i = 0; i < count; i++) {
          forgetModes(slow.core.state);
          slow.run(1);
        }
        done += count;
        assertEquals(stateOf(fast), stateOf(slow), `seed ${seed}, after ${done} instructions`);
      }
    }
  });
}

Deno.test("plain exceptions: EL0 maintains caches only while SCTLR_EL1.UCI is 1", () => {
  const [dcCvau, icIvau] = [0xd50b_7b20, 0xd50b_7520];
  for (const word of [dcCvau, icIvau]) {
    for (const uci of [0n, 1n << 26n]) {
      const rig = machineRig([Word.eret]);
      rig.load(Code, [word, word, Word.b]);
      rig.load(Vectors + 0x400, [Word.b]);
      const { core } = rig;
      setVector(rig, "VBAR_EL1");
      store(core, "ELR_EL1", BigInt(Code));
      store(core, "SPSR_EL1", 0n);
      setRegister(core, "SCTLR_EL1", 0x30d0_0800n | uci);
      core.state.x[0] = BigInt(Start);
      rig.run(10);
      assertEquals(core.state.u64("pc"), BigInt(uci ? Code + 8 : Vectors + 0x400));
    }
  }
});
