/** Statements that change how the core works, or that are exceptions. @module */

import { Attribute, dataPage, descriptorAt, page, Pages } from "./layout.ts";
import { memory, Scratch, Scratch2, type Surroundings, vector } from "./plain_statements.ts";
import { access, mrs, msr, type Registers } from "./vectors.ts";

type RegisterName = keyof typeof Registers;
const ReadAnywhere: readonly RegisterName[] = [
  "TPIDR_EL0",
  "TPIDRRO_EL0",
  "NZCV",
  "FPCR",
  "FPSR",
  "CNTVCT_EL0",
  "CNTPCT_EL0",
  "CurrentEL",
  "MIDR_EL1",
  "DAIF",
  "PAR_EL1",
  "ESR_EL1",
  "SPSR_EL1",
];

/** MRS, MSR and the flag instructions. */
export function systemMove({ r, a }: Surroundings): void {
  switch (r.below(8)) {
    case 7: // sevl; wfe
      a.insn("Hints", { CRm: 0, op2: 5 });
      return a.insn("Hints", { CRm: 0, op2: 2 });
    case 6: // nop, yield, sev, sevl and hints that do nothing
      return a.insn(
        "Hints",
        r.oneIn(2) ? { CRm: 0, op2: r.pick([0, 1, 4, 5]) } : { CRm: 4, op2: 4 },
      );
    case 0:
      a.mov(Scratch, r.below(32) << 22);
      return msr(a, "FPCR", r.oneIn(2) ? 31 : Scratch);
    case 1:
      return msr(a, r.pick(["NZCV", "TPIDR_EL0", "FPSR"]), r.below(8));
    case 2:
      return a.insn("PSTATE", { op1: 0, op2: r.below(3), Rt: 31 }); // cfinv and its like
    default:
      return mrs(a, r.below(16), r.pick(ReadAnywhere));
  }
}

/** SVC or BRK. */
export function serviceCall({ r, a }: Surroundings): void {
  const imm16 = r.below(65536);
  if (r.oneIn(4)) a.insn("Exception generation: BRK, HLT", { brk: 1, hlt: 0, imm16 });
  else a.insn("Exception generation: SVC, HVC, SMC", { imm16, LL: 1 });
}

/** What should not be: words that are no instruction, jumps to nowhere. */
export function odd({ r, a }: Surroundings, start: number): void {
  switch (r.below(6)) {
    case 0:
      a.mov(Scratch, page(r.pick([17, 8, 20, 1])) + r.below(8) * 2);
      return r.oneIn(4)
        ? a.insn("Unconditional branch (register)", { opc: 1, Rn: Scratch })
        : undefined;
    case 1:
      return a.word(r.word());
    case 2: {
      // The first page of code at its other address.
      const inPage = start % 4096 + 4 * r.below(60);
      a.mov(Scratch, page(Pages.executeAlias) + inPage % 4096);
      const opc = r.below(2);
      return start < page(Pages.code + 1)
        ? a.insn("Unconditional branch (register)", { opc, Rn: Scratch })
        : undefined;
    }
    default:
      return a.word(r.below(65536));
  }
}

/** Starts the physical timer. */
export function armTimer({ r, a }: Surroundings): void {
  a.mov(Scratch, r.between(1, 40));
  msr(a, "CNTP_TVAL_EL0", Scratch);
  a.mov(Scratch, 1);
  msr(a, "CNTP_CTL_EL0", Scratch);
}

/** Maps one of the moving pages to another page, with or without a TLBI. */
export function remap({ r, a }: Surroundings): void {
  const index = Pages.moving + r.below(2);
  const attributes = r.pick([0, 0, 0, Attribute.readOnly, Attribute.el0]);
  const value = r.oneIn(10) ? 0n : dataPage(r.between(8, 16), attributes);
  a.mov(Scratch, value);
  a.mov(Scratch2, descriptorAt(index));
  access(a, 0, Scratch, Scratch2, 0);
  a.insn("Barriers", { CRm: 11, op2: 4 });
  if (!r.oneIn(5)) {
    a.mov(Scratch, page(index) / 4096);
    const [CRm, op2, Rt] = r.pick([[7, 1, 16], [7, 3, 16], [3, 1, 16], [7, 0, 31], [3, 0, 31]]);
    const tlbi = { L: 0, op1: 0, CRn: 8, CRm: CRm as number, op2: op2 as number };
    a.insn("System instructions", { ...tlbi, Rt: Rt as number });
    a.insn("Barriers", { CRm: 15, op2: 6 });
  }
  memory({ r, a });
}

/** What is jumped to is translated, so FP instructions are met there by translated code. */
function jumpToVector({ r, a }: Surroundings): void {
  const next = a.label();
  a.b(next);
  a.bind(next);
  vector({ r, a });
}

/** Changes how the core works. */
export function control({ r, a }: Surroundings): void {
  switch (r.below(8)) {
    case 0: // traps FP, or does not
    case 6:
      a.mov(Scratch, r.below(4) << 20);
      msr(a, "CPACR_EL1", Scratch);
      return jumpToVector({ r, a });
    case 1: // PAN
      return a.insn("PSTATE", { op1: 0, op2: 4, CRm: r.below(2), Rt: 31 });
    case 2: // SPSel
      return a.insn("PSTATE", { op1: 0, op2: 5, CRm: r.below(2), Rt: 31 });
    case 3: // DAIFSet, DAIFClr
      return a.insn("PSTATE", { op1: 3, op2: r.between(6, 7), CRm: 2, Rt: 31 });
    case 4: // another ASID
      a.mov(Scratch, BigInt(page(Pages.tables)) | (BigInt(r.below(3)) << 48n));
      return msr(a, "TTBR0_EL1", Scratch);
    case 5: { // SCTLR_EL1.A or SA
      const bit = r.pick([1, 3]);
      mrs(a, Scratch, "SCTLR_EL1");
      const flip = { sf: 1, opc: 2, N: 1, immr: 64 - bit, imms: 0, Rn: Scratch, Rd: Scratch };
      a.insn("Logical (immediate)", flip);
      return msr(a, "SCTLR_EL1", Scratch);
    }
    default: { // at s1e1r
      const at = { L: 0, op1: 0, CRn: 7, CRm: 8, op2: r.below(4), Rt: r.pick([19, 20, 23, 27]) };
      return a.insn("System instructions", at);
    }
  }
}
