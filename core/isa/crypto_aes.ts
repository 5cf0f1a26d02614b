/** Cryptographic AES, DDI 0487 C4.1. @module */

import { substituted, substitutionBox } from "./crypto_substitution.ts";
import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { Lanes } from "./simd_lanes.ts";
import { vectors } from "./simd_text.ts";

/** FIPS 197 5.1.1: the inverse in GF(2^8), then an affine map. */
const SubBytes = substitutionBox({ polynomial: 0x11b, after: [0xf1, 0x63] });
const InvSubBytes = SubBytes.map((_, i) => SubBytes.indexOf(i));

/** Twice every byte in GF(2^8). */
function doubled(l: Lanes, a: Val): Val {
  const carry = l.shr(0, a, l.op.i32(7));
  return l.xor(l.add(a, a), l.and(carry, l.every(0x1bn)));
}

/** Columns rotated by `by` bytes. */
const rotated = (l: Lanes, by: number, a: Val) => l.bytes((i) => (i & ~3) | ((i + by) & 3), a);

function mixColumns(l: Lanes, a: Val): Val {
  const next = rotated(l, 1, a);
  const both = l.xor(a, next);
  return l.xor(l.xor(doubled(l, both), next), rotated(l, 2, both));
}

/** InvMixColumns is MixColumns after a multiplication by 5 + 4x^2. */
function invMixColumns(l: Lanes, a: Val): Val {
  const fourfold = doubled(l, doubled(l, l.xor(a, rotated(l, 2, a))));
  return mixColumns(l, l.xor(a, fourfold));
}

const Rounds: readonly ((l: Lanes, d: Val, n: Val) => Val)[] = [
  (l, d, n) => substituted(l, SubBytes, l.bytes((i) => (5 * i) % 16, l.xor(d, n))),
  (l, d, n) => substituted(l, InvSubBytes, l.bytes((i) => (13 * i) % 16, l.xor(d, n))),
  (l, _d, n) => mixColumns(l, n),
  (l, _d, n) => invMixColumns(l, n),
];

const aes = insn("Cryptographic AES", "01001110 00 10100 001 opcode:2 10 Rn:5 Rd:5", {
  ref: "AESE, AESD, AESMC, AESIMC",
  shape: ["opcode"],
  fp: true,
  feature: () => "aes",
  asm: (f) => `aes${["e", "d", "mc", "imc"][f.opcode]} ${vectors(0, 1, f.Rd, f.Rn)}`,
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
  run: (op, f, o) => {
    const round = Rounds[f.opcode] as (typeof Rounds)[number];
    op.setV(o.d, round(new Lanes(op, 0, 128), op.v(o.d), op.v(o.n)));
  },
});

/** The definitions of this part. */
export const cryptoAes: readonly AnyInsn[] = [aes];
