import { assertEquals } from "@std/assert";
import { getRegister } from "../../../core/cpu/system_registers.ts";
import { machineRig, Start } from "./rig.ts";

const Vectors = 0x4000_1000n;
const Nothing = 0x8000_0000n;

interface Case {
  readonly name: string;
  readonly word: number;
  /** X1 before. */
  readonly x1?: bigint;
  readonly esr: bigint;
  readonly far?: bigint;
  /** Distance of the return address from the instruction. */
  readonly elr?: bigint;
}

/** At EL1 with the MMU off, so that data accesses are to Device memory. */
const cases: readonly Case[] = [
  { name: "SVC", word: 0xd400_00a1, esr: 0x5600_0005n, elr: 4n },
  { name: "BRK", word: 0xd420_0020, esr: 0xf200_0001n },
  { name: "UDF", word: 0x0000_0001, esr: 0x0200_0000n },
  { name: "an unallocated word", word: 0x0200_0000, esr: 0x0200_0000n },
  { name: "an instruction this core lacks (LDADD)", word: 0xf820_0020, esr: 0x0200_0000n },
  { name: "a read of a register that is not there", word: 0xd53b_ffe0, esr: 0x0200_0000n },
  { name: "FP while CPACR_EL1.FPEN is 0", word: 0x1e60_4000, esr: 0x1fe0_0000n },
  {
    name: "a load from where nothing is",
    word: 0xf940_0020,
    x1: Nothing,
    esr: 0x9600_0010n,
    far: Nothing,
  },
  {
    name: "a store to where nothing is",
    word: 0xf900_0020,
    x1: Nothing,
    esr: 0x9600_0050n,
    far: Nothing,
  },
  {
    name: "a misaligned load",
    word: 0xf940_0020,
    x1: 0x4000_0001n,
    esr: 0x9600_0021n,
    far: 0x4000_0001n,
  },
  {
    name: "a misaligned exclusive load",
    word: 0xc85f_7c20,
    x1: 0x4000_0004n,
    esr: 0x9600_0021n,
    far: 0x4000_0004n,
  },
  {
    name: "a store pair of which the second half is misaligned",
    word: 0xa900_0020,
    x1: 0x4000_0004n,
    esr: 0x9600_0061n,
    far: 0x4000_0004n,
  },
];

for (const { name, word, x1, esr, far, elr } of cases) {
  Deno.test(`machine: ${name} is taken to EL1 with ESR ${esr.toString(16)}`, () => {
    const rig = machineRig([0xd518_c008, word]); // msr vbar_el1, x8; the instruction
    const { x } = rig.core.state;
    [x[0], x[1], x[8]] = [0x1234n, x1 ?? 0n, Vectors];
    rig.run(2);
    const { core } = rig;
    assertEquals(getRegister(core, "ESR_EL1").toString(16), esr.toString(16));
    assertEquals(getRegister(core, "ELR_EL1"), BigInt(Start + 4) + (elr ?? 0n));
    if (far !== undefined) assertEquals(getRegister(core, "FAR_EL1"), far);
    assertEquals(core.state.x[0], 0x1234n);
    assertEquals(core.state.u64("pc") & ~0x7ffn, Vectors);
  });
}
