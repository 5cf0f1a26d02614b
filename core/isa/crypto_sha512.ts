/** Cryptographic SHA-512 and SHA-3, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Ops, Val } from "./ops.ts";
import { Lanes } from "./simd_lanes.ts";
import { vectors } from "./simd_text.ts";

type Pair = [low: Val, high: Val];

/** 64-bit arithmetic of which each result is computed once. */
class Doublewords {
  readonly op: Ops;
  constructor(op: Ops) {
    this.op = op;
  }
  #w(name: "add" | "and" | "xor" | "rotr" | "shr_u", a: Val, b: Val): Val {
    return this.op.let(this.op.w(`i64.${name}`, a, b));
  }
  pair(v: Val): Pair {
    const half = (i: number) => this.op.let(this.op.lane("i64x2.extract_lane", i, v));
    return [half(0), half(1)];
  }
  vector([low, high]: Pair): Val {
    const v = this.op.lane("i64x2.replace_lane", 0, this.op.v128(0n, 0n), low);
    return this.op.lane("i64x2.replace_lane", 1, v, high);
  }
  add(...terms: Val[]): Val {
    return terms.reduce((a, b) => this.#w("add", a, b));
  }
  xor(...terms: Val[]): Val {
    return terms.reduce((a, b) => this.#w("xor", a, b));
  }
  and(a: Val, b: Val): Val {
    return this.#w("and", a, b);
  }
  choose(a: Val, b: Val, c: Val): Val {
    return this.xor(this.and(this.xor(b, c), a), c);
  }
  majority(a: Val, b: Val, c: Val): Val {
    return this.xor(this.and(a, b), this.and(a, c), this.and(b, c));
  }
  /** FIPS 180-4 4.1.3: rotations to the right, and a shift where the third is negative. */
  sigma(v: Val, [a, b, c]: readonly [number, number, number]): Val {
    const rotated = (by: number) => this.#w("rotr", v, this.op.i64(by));
    const last = c < 0 ? this.#w("shr_u", v, this.op.i64(-c)) : rotated(c);
    return this.xor(rotated(a), rotated(b), last);
  }
}

const Sum0 = [28, 34, 39] as const;
const Sum1 = [14, 18, 41] as const;
const Sigma0 = [1, 8, -7] as const;
const Sigma1 = [19, 61, -6] as const;

type Update = (w: Doublewords, d: Pair, n: Pair, m: Pair) => Pair;

/** By opcode: SHA512H, SHA512H2, SHA512SU1. */
const Updates: readonly Update[] = [
  (w, d, n, m) => {
    const high = w.add(w.choose(m[1], n[0], n[1]), w.sigma(m[1], Sum1), d[1]);
    const next = w.add(high, m[0]);
    return [w.add(w.choose(next, m[1], n[0]), w.sigma(next, Sum1), d[0]), high];
  },
  (w, d, n, m) => {
    const high = w.add(w.majority(n[0], m[1], m[0]), w.sigma(m[0], Sum0), d[1]);
    return [w.add(w.majority(high, m[0], m[1]), w.sigma(high, Sum0), d[0]), high];
  },
  (w, d, n, m) => [
    w.add(d[0], w.sigma(n[0], Sigma1), m[0]),
    w.add(d[1], w.sigma(n[1], Sigma1), m[1]),
  ],
];

interface Registers {
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

const operandsOf = (f: Registers) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) });

const sha512 = insn(
  "Cryptographic three-register SHA 512",
  "11001110011 Rm:5 1 0 00 opcode:2 Rn:5 Rd:5",
  {
    ref: "SHA512H, SHA512H2, SHA512SU1, RAX1",
    shape: ["opcode"],
    fp: true,
    feature: () => "sha3",
    asm: (f) => {
      if (f.opcode === 3) return `rax1 ${vectors(3, 1, f.Rd, f.Rn, f.Rm)}`;
      if (f.opcode === 2) return `sha512su1 ${vectors(3, 1, f.Rd, f.Rn, f.Rm)}`;
      return `sha512h${f.opcode ? "2" : ""} q${f.Rd}, q${f.Rn}, v${f.Rm}.2d`;
    },
    operands: operandsOf,
    run: (op, f, o) => {
      const w = new Doublewords(op);
      const update = Updates[f.opcode];
      if (update) {
        const [d, n, m] = [w.pair(op.v(o.d)), w.pair(op.v(o.n)), w.pair(op.v(o.m))];
        return op.setV(o.d, w.vector(update(w, d, n, m)));
      }
      const l = new Lanes(op, 3, 128);
      op.setV(o.d, l.xor(op.v(o.n), l.rotatedRight(op.v(o.m), op.i32(63))));
    },
  },
);

const schedule0 = insn(
  "Cryptographic two-register SHA 512: SHA512SU0",
  "11001110110000001000 00 Rn:5 Rd:5",
  {
    ref: "SHA512SU0",
    shape: [],
    fp: true,
    feature: () => "sha3",
    asm: (f) => `sha512su0 ${vectors(3, 1, f.Rd, f.Rn)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const w = new Doublewords(op);
      const d = w.pair(op.v(o.d));
      const next = op.x(o.n);
      op.setV(
        o.d,
        w.vector([w.add(d[0], w.sigma(d[1], Sigma0)), w.add(d[1], w.sigma(next, Sigma0))]),
      );
    },
  },
);

const fourRegister = insn(
  "Cryptographic four-register: EOR3, BCAX",
  "110011100 0 clear:1 Rm:5 0 Ra:5 Rn:5 Rd:5",
  {
    ref: "EOR3, BCAX",
    shape: ["clear"],
    fp: true,
    feature: () => "sha3",
    asm: (f) => `${f.clear ? "bcax" : "eor3"} ${vectors(0, 1, f.Rd, f.Rn, f.Rm, f.Ra)}`,
    operands: (f) => ({ ...operandsOf(f), a: vreg(f.Ra) }),
    run: (op, f, o) => {
      const l = new Lanes(op, 0, 128);
      const [m, a] = [op.v(o.m), op.v(o.a)];
      op.setV(o.d, l.xor(op.v(o.n), f.clear ? l.without(m, a) : l.xor(m, a)));
    },
  },
);

const xorRotate = insn("Cryptographic XAR", "11001110100 Rm:5 imm6:6 Rn:5 Rd:5", {
  ref: "XAR",
  shape: [],
  fp: true,
  feature: () => "sha3",
  asm: (f) => `xar ${vectors(3, 1, f.Rd, f.Rn, f.Rm)}, #${f.imm6}`,
  operands: (f) => ({ ...operandsOf(f), p: f.imm6 }),
  run: (op, _f, o) => {
    const l = new Lanes(op, 3, 128);
    op.setV(o.d, l.rotatedRight(l.xor(op.v(o.n), op.v(o.m)), o.p));
  },
});

/** The definitions of this part. */
export const cryptoSha512: readonly AnyInsn[] = [sha512, schedule0, fourRegister, xorRotate];
