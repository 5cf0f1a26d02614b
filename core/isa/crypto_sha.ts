/** Cryptographic SHA-1 and SHA-256, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Ops, Val } from "./ops.ts";
import { Lanes } from "./simd_lanes.ts";
import { vectors } from "./simd_text.ts";

/** The four words of a register, computed with as i32. */
export type Words = [Val, Val, Val, Val];

/** 32-bit arithmetic of which each result is computed once. */
export class WordOps {
  readonly op: Ops;
  constructor(op: Ops) {
    this.op = op;
  }
  #w(name: "add" | "and" | "or" | "xor" | "rotl" | "shr_u", a: Val, b: Val): Val {
    return this.op.let(this.op.w(`i32.${name}`, a, b));
  }
  words(v: Val): Words {
    const word = (i: number) => this.op.let(this.op.lane("i32x4.extract_lane", i, v));
    return [word(0), word(1), word(2), word(3)];
  }
  vector(words: Words): Val {
    return words.reduce(
      (v, word, i) => this.op.lane("i32x4.replace_lane", i, v, word),
      this.op.v128(0n, 0n),
    );
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
  or(a: Val, b: Val): Val {
    return this.#w("or", a, b);
  }
  rol(a: Val, by: number): Val {
    return this.#w("rotl", a, this.op.i32(by));
  }
  shr(a: Val, by: number): Val {
    return this.#w("shr_u", a, this.op.i32(by));
  }
  /** Bits of `b` where `a` is 1, else of `c`. */
  choose(a: Val, b: Val, c: Val): Val {
    return this.xor(this.and(this.xor(b, c), a), c);
  }
  majority(a: Val, b: Val, c: Val): Val {
    return this.or(this.and(a, b), this.and(this.or(a, b), c));
  }
}

/** FIPS 180-4 4.1.2: rotations to the right, and a shift where the third is negative. */
function sigma(w: WordOps, v: Val, [a, b, c]: readonly [number, number, number]): Val {
  const last = c < 0 ? w.shr(v, -c) : w.rol(v, 32 - c);
  return w.xor(w.rol(v, 32 - a), w.rol(v, 32 - b), last);
}
const Sum0 = [2, 13, 22] as const;
const Sum1 = [6, 11, 25] as const;
const Sigma0 = [7, 18, -3] as const;
const Sigma1 = [17, 19, -10] as const;

// -- SHA-1 ----------------------------------------------------------------------------------------

const Functions = [
  (w: WordOps, x: Words) => w.choose(x[1], x[2], x[3]),
  (w: WordOps, x: Words) => w.xor(x[1], x[2], x[3]),
  (w: WordOps, x: Words) => w.majority(x[1], x[2], x[3]),
] as const;

const sha1Rounds = insn(
  "Cryptographic three-register SHA: SHA1C, SHA1P, SHA1M",
  "01011110 00 0 Rm:5 0 0 opcode:2 00 Rn:5 Rd:5",
  {
    ref: "SHA1C, SHA1P, SHA1M",
    shape: ["opcode"],
    fp: true,
    undefined: (f) => f.opcode === 3,
    feature: () => "sha2",
    asm: (f) => `sha1${"cpm"[f.opcode]} q${f.Rd}, s${f.Rn}, v${f.Rm}.4s`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const w = new WordOps(op);
      const mix = Functions[f.opcode] as (typeof Functions)[number];
      let x = w.words(op.v(o.d));
      let y = op.w32(o.n);
      for (const schedule of w.words(op.v(o.m))) {
        const first = w.add(y, w.rol(x[0], 5), mix(w, x), schedule);
        y = x[3];
        x = [first, x[0], w.rol(x[1], 30), x[2]];
      }
      op.setV(o.d, w.vector(x));
    },
  },
);

const sha1Schedule0 = insn(
  "Cryptographic three-register SHA: SHA1SU0",
  "01011110 00 0 Rm:5 0 011 00 Rn:5 Rd:5",
  {
    ref: "SHA1SU0",
    shape: [],
    fp: true,
    feature: () => "sha2",
    asm: (f) => `sha1su0 ${vectors(2, 1, f.Rd, f.Rn, f.Rm)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, _f, o) => {
      const l = new Lanes(op, 3, 128);
      const d = op.v(o.d);
      op.setV(o.d, l.xor(l.xor(l.elements((i) => i + 1, d, op.v(o.n)), d), op.v(o.m)));
    },
  },
);

const sha1Hash = insn(
  "Cryptographic two-register SHA: SHA1H",
  "01011110 00 10100 00000 10 Rn:5 Rd:5",
  {
    ref: "SHA1H",
    shape: [],
    fp: true,
    feature: () => "sha2",
    asm: (f) => `sha1h s${f.Rd}, s${f.Rn}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => op.setS(o.d, new WordOps(op).rol(op.w32(o.n), 30)),
  },
);

const sha1Schedule1 = insn(
  "Cryptographic two-register SHA: SHA1SU1",
  "01011110 00 10100 00001 10 Rn:5 Rd:5",
  {
    ref: "SHA1SU1",
    shape: [],
    fp: true,
    feature: () => "sha2",
    asm: (f) => `sha1su1 ${vectors(2, 1, f.Rd, f.Rn)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const w = new WordOps(op);
      const d = w.words(op.v(o.d));
      const n = w.words(op.v(o.n));
      const [a, b, c] = [w.xor(d[0], n[1]), w.xor(d[1], n[2]), w.xor(d[2], n[3])];
      const last = w.xor(w.rol(d[3], 1), w.rol(a, 2));
      op.setV(o.d, w.vector([w.rol(a, 1), w.rol(b, 1), w.rol(c, 1), last]));
    },
  },
);

// -- SHA-256 --------------------------------------------------------------------------------------

/** Four rounds on a–d in `x` and e–h in `y`. */
function sha256(w: WordOps, x: Words, y: Words, schedule: Words): [Words, Words] {
  for (const word of schedule) {
    const chosen = w.choose(y[0], y[1], y[2]);
    const t = w.add(y[3], sigma(w, y[0], Sum1), chosen, word);
    const first = w.add(t, sigma(w, x[0], Sum0), w.majority(x[0], x[1], x[2]));
    const fifth = w.add(x[3], t);
    x = [first, x[0], x[1], x[2]];
    y = [fifth, y[0], y[1], y[2]];
  }
  return [x, y];
}

const sha256Rounds = insn(
  "Cryptographic three-register SHA: SHA256H, SHA256H2",
  "01011110 00 0 Rm:5 0 10 second:1 00 Rn:5 Rd:5",
  {
    ref: "SHA256H, SHA256H2",
    shape: ["second"],
    fp: true,
    feature: () => "sha2",
    asm: (f) => `sha256h${f.second ? "2" : ""} q${f.Rd}, q${f.Rn}, v${f.Rm}.4s`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const w = new WordOps(op);
      const [d, n] = [w.words(op.v(o.d)), w.words(op.v(o.n))];
      const schedule = w.words(op.v(o.m));
      const result = f.second ? sha256(w, n, d, schedule)[1] : sha256(w, d, n, schedule)[0];
      op.setV(o.d, w.vector(result));
    },
  },
);

const sha256Schedule0 = insn(
  "Cryptographic two-register SHA: SHA256SU0",
  "01011110 00 10100 00010 10 Rn:5 Rd:5",
  {
    ref: "SHA256SU0",
    shape: [],
    fp: true,
    feature: () => "sha2",
    asm: (f) => `sha256su0 ${vectors(2, 1, f.Rd, f.Rn)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const w = new WordOps(op);
      const d = w.words(op.v(o.d));
      const next = op.w32(o.n);
      const from = (i: number, v: Val) => w.add(d[i] as Val, sigma(w, v, Sigma0));
      op.setV(o.d, w.vector([from(0, d[1]), from(1, d[2]), from(2, d[3]), from(3, next)]));
    },
  },
);

const sha256Schedule1 = insn(
  "Cryptographic three-register SHA: SHA256SU1",
  "01011110 00 0 Rm:5 0 110 00 Rn:5 Rd:5",
  {
    ref: "SHA256SU1",
    shape: [],
    fp: true,
    feature: () => "sha2",
    asm: (f) => `sha256su1 ${vectors(2, 1, f.Rd, f.Rn, f.Rm)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, _f, o) => {
      const w = new WordOps(op);
      const d = w.words(op.v(o.d));
      const n = w.words(op.v(o.n));
      const m = w.words(op.v(o.m));
      const a = w.add(d[0], n[1], sigma(w, m[2], Sigma1));
      const b = w.add(d[1], n[2], sigma(w, m[3], Sigma1));
      const c = w.add(d[2], n[3], sigma(w, a, Sigma1));
      op.setV(o.d, w.vector([a, b, c, w.add(d[3], m[0], sigma(w, b, Sigma1))]));
    },
  },
);

/** The definitions of this part. */
export const cryptoSha: readonly AnyInsn[] = [
  sha1Rounds,
  sha1Schedule0,
  sha1Hash,
  sha1Schedule1,
  sha256Rounds,
  sha256Schedule0,
  sha256Schedule1,
];
