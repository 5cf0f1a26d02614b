/** Statements without control flow: computing, loading and storing, flags. @module */

import type { Assembler } from "./assembler.ts";
import { page, Pages, Uart } from "./layout.ts";
import type { Random } from "./random.ts";
import { randomWord } from "./words.ts";

/** What statements need. */
export interface Surroundings {
  readonly r: Random;
  readonly a: Assembler;
}

/** X16 and X17 hold what a statement needs for itself. */
export const Scratch = 16;
/** See {@linkcode Scratch}. */
export const Scratch2 = 17;

/** Where a base register points. */
export function place(r: Random, register: number): number | undefined {
  const aligned = r.oneIn(2) ? 0 : r.below(64);
  switch (register) {
    case 19:
      return page(Pages.data) + r.below(60) * 64 + aligned;
    case 20:
      return page(r.pick([9, 10, 11, 12, 16, 22])) + 4096 - r.below(24);
    case 21:
      return page(r.pick([Pages.dataAlias, Pages.data + 1, Pages.data + 4])) + 512 + aligned;
    case 22:
      return Uart;
    case 23:
      return page(r.pick([16, 16, 16, 17, 17, 18, 21, 22, 28, 29, 40])) + r.below(500) * 8 +
        aligned;
    case 27:
      return page(Pages.moving) + r.below(1000) * 8;
    case 31:
      return page(Pages.data + 6) + r.below(200) * 16 + (r.oneIn(20) ? 8 : 0);
  }
  return undefined;
}

/** Integer instructions. */
export function straight({ r, a }: Surroundings): void {
  const count = r.between(1, 8);
  for (let i = 0; i < count; i++) a.word(randomWord(r, "integer"));
}

/** Floating-point and SIMD instructions. */
export function vector({ r, a }: Surroundings): void {
  const count = r.between(1, 5);
  for (let i = 0; i < count; i++) a.word(randomWord(r, "vector"));
}

/** Loads and stores. */
export function memory({ r, a }: Surroundings): void {
  if (r.oneIn(12)) {
    a.word(randomWord(r, "literal", { imm19: r.between(-20, 20) & 0x7_ffff }));
    return;
  }
  if (r.oneIn(12)) {
    const zva = { L: 0, op1: 3, CRn: 7, CRm: 4, op2: 1 };
    return a.insn("System instructions", { ...zva, Rt: r.pick([19, 19, 20, 21, 23, 27]) });
  }
  const count = r.between(1, 4);
  let Rn = 19;
  for (let i = 0; i < count; i++) {
    // Often the same page again, so that an access finds what another left in the TLB.
    if (i === 0 || r.oneIn(2)) {
      Rn = r.weighted([[50, 19], [16, 20], [10, 21], [10, 23], [6, 27], [12, 31]]);
    }
    const sized = { imm12: r.below(r.oneIn(3) ? 512 : 24), imm7: r.oneIn(2) ? 0 : r.below(128) };
    // X16 is a small index.
    const n = r.below(16);
    if (r.oneIn(3)) {
      const mask = { sf: 1, opc: 0, N: 1, immr: r.pick([0, 0, 61]), imms: r.between(1, 6) };
      a.insn("Logical (immediate)", { ...mask, Rn: n, Rd: Scratch });
    } else a.mov(Scratch, r.below(r.pick([8, 64, 300])));
    const imm9 = r.oneIn(2) ? r.below(32) : r.below(512);
    a.word(randomWord(r, "memory", { Rn, Rm: Scratch, ...sized, imm9 }));
  }
}

/** Sets flags and uses them in some way. */
export function condition({ r, a }: Surroundings): void {
  const sf = r.below(2);
  // Random values rarely overflow.
  const edges = r.oneIn(2) ? [] : [r.below(8), r.below(8)];
  for (const edge of edges) a.mov(edge, r.edge());
  const reg = () => r.oneIn(12) ? 31 : edges.length > 0 ? r.pick(edges) : r.below(8);
  const cond = r.oneIn(2) ? r.between(8, 13) : r.below(16);
  const flags = { sf, op: r.below(2), S: 1, Rn: reg(), Rd: r.oneIn(2) ? 31 : r.below(8) };
  if (r.oneIn(2)) a.insn("Add/subtract (shifted register)", { ...flags, shift: 0, Rm: reg() });
  else {
    const imm12 = r.pick([0, 1, 255, 4095]);
    a.insn("Add/subtract (immediate)", { ...flags, Rn: r.below(8), sh: 0, imm12 });
  }
  if (r.oneIn(3)) a.word(randomWord(r, "integer"));
  if (r.oneIn(3)) {
    const compare = { sf, op: r.below(2), Rm: reg(), cond: r.below(16), imm: r.below(2) };
    a.insn("Conditional compare", { ...compare, Rn: reg(), nzcv: r.below(16) });
  }
  const select = { sf: r.below(2), op: r.below(2), op2: r.below(2), cond };
  a.insn("Conditional select", { ...select, Rm: reg(), Rn: reg(), Rd: r.below(8) });
}

/** A load and a store of a pair, or one without the other. */
export function exclusive({ r, a }: Surroundings): void {
  const [size, pair] = r.oneIn(3) ? [r.between(2, 3), 1] : [r.below(4), 0];
  const Rn = r.pick([19, 19, 21, 23, 27, 31]);
  const fields = { size, pair, o0: r.below(2), Rn };
  const again = a.here();
  if (!r.oneIn(6)) {
    const target = { L: 1, Rs: 31, Rt: 1, Rt2: pair ? 2 : 31 };
    a.insn("Load/store exclusive", { ...fields, ...target });
  }
  if (r.oneIn(3)) straight({ r, a });
  if (r.oneIn(10)) a.insn("Barriers", { CRm: 15, op2: 2 });
  const stored = { L: 0, Rs: 9, Rt: r.below(8), Rt2: pair ? r.below(8) : 31 };
  a.insn("Load/store exclusive", { ...fields, size: r.oneIn(9) ? 3 : size, ...stored });
  if (r.oneIn(20)) a.cb(1, 0, 9, again);
}

/** Reads the UART's flags; sometimes sends. */
export function uart({ r, a }: Surroundings): void {
  const place = { size: 2, V: 0, imm12: 6, Rn: 22, Rt: r.below(8) };
  a.insn("Load/store register (unsigned immediate)", { ...place, opc: 1 });
  if (r.oneIn(6)) {
    a.insn("Load/store register (unsigned immediate)", { ...place, imm12: 0, opc: 0 });
  }
}

/** Points a base register somewhere again. */
export function refresh({ r, a }: Surroundings): void {
  const register = r.pick([19, 19, 20, 21, 22, 23, 27, 31]);
  const address = place(r, register) as number;
  a.mov(register === 31 ? Scratch : register, address);
  if (register !== 31) return;
  const copy = { sf: 1, op: 0, S: 0, sh: 0, imm12: 0, Rn: Scratch, Rd: 31 };
  a.insn("Add/subtract (immediate)", copy);
}
