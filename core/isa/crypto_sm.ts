/** Cryptographic SM3 and SM4, DDI 0487 C4.1. @module */

import { WordOps, type Words } from "./crypto_sha.ts";
import { substituted, substitutionBox } from "./crypto_substitution.ts";
import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { elementSlot, Lanes } from "./simd_lanes.ts";
import { element, vectors } from "./simd_text.ts";

interface Registers {
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

const operandsOf = (f: Registers) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) });

// -- SM3 ------------------------------------------------------------------------------------------

/** v ^ rol(v, a) ^ rol(v, b): the permutations P0 (9, 17) and P1 (15, 23). */
const permuted = (w: WordOps, v: Val, a: number, b: number) => w.xor(v, w.rol(v, a), w.rol(v, b));

const sm3Start = insn("Cryptographic four-register: SM3SS1", "110011100 10 Rm:5 0 Ra:5 Rn:5 Rd:5", {
  ref: "SM3SS1",
  shape: [],
  fp: true,
  feature: () => "sm4",
  asm: (f) => `sm3ss1 ${vectors(2, 1, f.Rd, f.Rn, f.Rm, f.Ra)}`,
  operands: (f) => ({
    d: vreg(f.Rd),
    n: elementSlot(f.Rn, 2, 3),
    m: elementSlot(f.Rm, 2, 3),
    a: elementSlot(f.Ra, 2, 3),
  }),
  run: (op, _f, o) => {
    const w = new WordOps(op);
    const sum = w.add(w.rol(op.w32(o.n), 12), op.w32(o.m), op.w32(o.a));
    const zero = op.v128(0n, 0n);
    op.setV(o.d, op.lane("i32x4.replace_lane", 3, zero, w.rol(sum, 7)));
  },
});

/** A round; `k` is n's top word, `word` that of the schedule. */
type Round = (w: WordOps, d: Words, k: Val, word: Val) => Words;

const firstHalf = (mix: (w: WordOps, d: Words) => Val): Round => (w, d, k, word) => {
  const sum = w.add(mix(w, d), d[0], w.xor(k, w.rol(d[3], 12)), word);
  return [d[1], w.rol(d[2], 9), d[3], sum];
};
const secondHalf = (mix: (w: WordOps, d: Words) => Val): Round => (w, d, k, word) => {
  const sum = w.add(mix(w, d), d[0], k, word);
  return [d[1], w.rol(d[2], 19), d[3], permuted(w, sum, 9, 17)];
};
const parity = (w: WordOps, d: Words) => w.xor(d[1], d[2], d[3]);

const Rounds: readonly Round[] = [
  firstHalf(parity),
  firstHalf((w, d) => w.majority(d[1], d[2], d[3])),
  secondHalf(parity),
  secondHalf((w, d) => w.choose(d[3], d[2], d[1])),
];

const sm3Round = insn(
  "Cryptographic three-register, imm2",
  "11001110010 Rm:5 10 imm2:2 opcode:2 Rn:5 Rd:5",
  {
    ref: "SM3TT1A, SM3TT1B, SM3TT2A, SM3TT2B",
    shape: ["opcode"],
    fp: true,
    feature: () => "sm4",
    asm: (f) => {
      const name = `sm3tt${f.opcode >> 1 ? 2 : 1}${f.opcode & 1 ? "b" : "a"}`;
      return `${name} ${vectors(2, 1, f.Rd, f.Rn)}, ${element(f.Rm, 2, f.imm2)}`;
    },
    operands: (f) => ({
      d: vreg(f.Rd),
      n: elementSlot(f.Rn, 2, 3),
      m: elementSlot(f.Rm, 2, f.imm2),
    }),
    run: (op, f, o) => {
      const w = new WordOps(op);
      const round = Rounds[f.opcode] as Round;
      op.setV(o.d, w.vector(round(w, w.words(op.v(o.d)), op.w32(o.n), op.w32(o.m))));
    },
  },
);

const sm3Schedule = insn(
  "Cryptographic three-register SHA 512: SM3",
  "11001110011 Rm:5 1 1 00 0 second:1 Rn:5 Rd:5",
  {
    ref: "SM3PARTW1, SM3PARTW2",
    shape: ["second"],
    fp: true,
    feature: () => "sm4",
    asm: (f) => `sm3partw${f.second + 1} ${vectors(2, 1, f.Rd, f.Rn, f.Rm)}`,
    operands: operandsOf,
    run: (op, f, o) => {
      const w = new WordOps(op);
      const [d, n, m] = [w.words(op.v(o.d)), w.words(op.v(o.n)), w.words(op.v(o.m))];
      const mixed = (v: Val) => permuted(w, v, 15, 23);
      const at = (words: Words, i: number) => words[i] as Val;
      if (f.second) {
        const t = (i: number) => w.xor(at(n, i), w.rol(at(m, i), 7));
        const first = t(0);
        const last = w.xor(d[3], t(3), mixed(w.rol(first, 15)));
        op.setV(o.d, w.vector([w.xor(d[0], first), w.xor(d[1], t(1)), w.xor(d[2], t(2)), last]));
      } else {
        const t = (i: number) => mixed(w.xor(at(d, i), at(n, i), w.rol(at(m, i + 1), 15)));
        const first = t(0);
        const last = mixed(w.xor(d[3], n[3], w.rol(first, 15)));
        op.setV(o.d, w.vector([first, t(1), t(2), last]));
      }
    },
  },
);

// -- SM4 ------------------------------------------------------------------------------------------

const Box = substitutionBox({ polynomial: 0x1f5, before: [0xa7, 0xd3], after: [0xa7, 0xd3] });

/** Four rounds: the S-box and a linear map of rotations. */
function sm4(w: WordOps, data: Words, keys: Words, rotations: readonly number[]): Words {
  const bytes = new Lanes(w.op, 0, 128);
  let x = data;
  for (const key of keys) {
    const mixed = w.op.lane("i32x4.replace_lane", 0, bytes.zero, w.xor(x[3], x[2], x[1], key));
    const s = substituted(bytes, Box, w.op.let(mixed));
    const word = w.op.let(w.op.lane("i32x4.extract_lane", 0, s));
    const linear = w.xor(word, ...rotations.map((by) => w.rol(word, by)));
    x = [x[1], x[2], x[3], w.xor(linear, x[0])];
  }
  return x;
}

const sm4Encrypt = insn(
  "Cryptographic two-register SHA 512: SM4E",
  "11001110110000001000 01 Rn:5 Rd:5",
  {
    ref: "SM4E",
    shape: [],
    fp: true,
    feature: () => "sm4",
    asm: (f) => `sm4e ${vectors(2, 1, f.Rd, f.Rn)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const w = new WordOps(op);
      const [data, keys] = [w.words(op.v(o.d)), w.words(op.v(o.n))];
      op.setV(o.d, w.vector(sm4(w, data, keys, [2, 10, 18, 24])));
    },
  },
);

const sm4Key = insn(
  "Cryptographic three-register SHA 512: SM4EKEY",
  "11001110011 Rm:5 1 1 00 10 Rn:5 Rd:5",
  {
    ref: "SM4EKEY",
    shape: [],
    fp: true,
    feature: () => "sm4",
    asm: (f) => `sm4ekey ${vectors(2, 1, f.Rd, f.Rn, f.Rm)}`,
    operands: operandsOf,
    run: (op, _f, o) => {
      const w = new WordOps(op);
      const [data, keys] = [w.words(op.v(o.n)), w.words(op.v(o.m))];
      op.setV(o.d, w.vector(sm4(w, data, keys, [13, 23])));
    },
  },
);

/** The definitions of this part. */
export const cryptoSm: readonly AnyInsn[] = [sm3Start, sm3Round, sm3Schedule, sm4Encrypt, sm4Key];
