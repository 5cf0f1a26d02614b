/**
 * Just enough of A64's floating-point instructions to run recorded vectors through the operation
 * table: sizes and register numbers come from the word, the operation from the vector's mnemonic.
 *
 * @module
 */

import { complexAdd, complexMulAdd, type Turns } from "../../../core/fp/complex.ts";
import { type FpEnv, type FpSize, Rounding } from "../../../core/fp/ops.ts";
import { fpOperationIndex, fpOperations, packFpInfo } from "../../../core/fp/table.ts";
import type { Registers, Vector } from "./vectors.ts";

/** What an instruction changed. */
export interface Effect {
  readonly v?: bigint;
  readonly x?: bigint;
  readonly nzcv?: number;
  readonly fpsr: number;
}

const named: Readonly<Record<string, string>> = {
  fabs: "abs",
  fneg: "neg",
  fadd: "add",
  faddp: "add",
  fsub: "sub",
  fmul: "mul",
  fmulx: "mulX",
  fnmul: "nmul",
  fdiv: "div",
  fabd: "absDiff",
  fsqrt: "sqrt",
  fmadd: "mulAdd",
  fmla: "mulAdd",
  fmsub: "mulSub",
  fmls: "mulSub",
  fnmadd: "negMulAdd",
  fnmsub: "negMulSub",
  frecps: "recipStep",
  frsqrts: "rsqrtStep",
  frecpe: "recipEstimate",
  frsqrte: "rsqrtEstimate",
  frecpx: "recpX",
  urecpe: "unsignedRecipEstimate",
  ursqrte: "unsignedRSqrtEstimate",
  fmax: "max",
  fmaxp: "max",
  fmaxv: "max",
  fmin: "min",
  fminp: "min",
  fminv: "min",
  fmaxnm: "maxNum",
  fmaxnmp: "maxNum",
  fmaxnmv: "maxNum",
  fminnm: "minNum",
  fminnmp: "minNum",
  fminnmv: "minNum",
  fcmp: "compare",
  fccmp: "compare",
  fcmpe: "compareSignalling",
  fccmpe: "compareSignalling",
  fcmeq: "equal",
  fcmge: "greaterEqual",
  fcmgt: "greater",
  facge: "absGreaterEqual",
  facgt: "absGreater",
  bfcvt: "convertToBrain",
  bfcvtn: "convertToBrain",
  bfcvtn2: "convertToBrain",
  bfdot: "brainDotAdd",
  bfmmla: "brainDotAdd",
  bfmlalb: "brainMulAdd",
  bfmlalt: "brainMulAdd",
  fmlal: "halfMulAdd",
  fmlal2: "halfMulAdd",
  fmlsl: "halfMulSub",
  fmlsl2: "halfMulSub",
  fjcvtzs: "toFixedJavaScript",
};

const modes = {
  n: Rounding.tieEven,
  p: Rounding.plusInfinity,
  m: Rounding.minusInfinity,
  z: Rounding.zero,
  a: Rounding.tieAway,
  x: Rounding.current,
  i: Rounding.current,
} as const;

type Run = (a: bigint, b?: bigint, c?: bigint) => bigint;

/** Gives the operation of a mnemonic; `to` is the integer's or the result's width. */
function operation(mnemonic: string, size: FpSize, to: FpSize, fractionBits: number, env: FpEnv) {
  const call = (name: string, info: number): Run => {
    const row = fpOperations[fpOperationIndex(name)];
    return (a, b = 0n, c = 0n) => row?.run(a, b, c, info, env) ?? 0n;
  };
  const name = named[mnemonic];
  if (name !== undefined) return call(name, packFpInfo({ size }));
  const within = /^frint(32|64)([xz])$/.exec(mnemonic);
  if (within !== null) {
    const mode = within[2] === "z" ? Rounding.zero : Rounding.current;
    return call("roundIntN", packFpInfo({ size, to: Number(within[1]) as FpSize, mode }));
  }
  const toInteger = /^fcvt([nmpza])([su])$/.exec(mnemonic);
  if (toInteger !== null) {
    const mode = modes[toInteger[1] as keyof typeof modes];
    const info = packFpInfo({ size, to, mode, flag: toInteger[2] === "u", fractionBits });
    return call("toFixed", info);
  }
  const integral = /^frint([nmpzaxi])$/.exec(mnemonic);
  if (integral !== null) {
    const mode = modes[integral[1] as keyof typeof modes];
    return call("roundInt", packFpInfo({ size, mode, flag: mnemonic === "frintx" }));
  }
  if (mnemonic === "scvtf" || mnemonic === "ucvtf") {
    const flag = mnemonic === "ucvtf";
    const info = { size: to, to: size, mode: Rounding.current, flag, fractionBits };
    return call("fixedToFp", packFpInfo(info));
  }
  if (/^fcvt(l2?|n2?)?$/.test(mnemonic)) {
    return call("convert", packFpInfo({ size, to, mode: Rounding.current }));
  }
  if (/^fcvtxn2?$/.test(mnemonic)) {
    return call("convert", packFpInfo({ size: 64, to: 32, mode: Rounding.odd }));
  }
  throw new Error(`Cannot run vector: unknown mnemonic ${mnemonic}`);
}

function lane(vector: bigint, index: number, size: number): bigint {
  return BigInt.asUintN(size, vector >> BigInt(index * size));
}

function join(lanes: readonly bigint[], size: number): bigint {
  return lanes.reduce((sum, value, index) => sum | (value << BigInt(index * size)), 0n);
}

function range<T>(count: number, f: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => f(index));
}

const scalarSizes: readonly FpSize[] = [32, 64, 64, 16];

/** Whether an A64 condition holds. */
function holds(condition: number, nzcv: number): boolean {
  const [n, z, c, v] = [8, 4, 2, 1].map((bit) => (nzcv & bit) !== 0);
  const rows = [z, c, n, v, c && !z, n === v, n === v && !z, true];
  const result = rows[condition >> 1] ?? true;
  return (condition & 1) !== 0 && condition !== 15 ? !result : result;
}

/** Runs the instruction of a vector. */
export function execute({ group, mnemonic, word, before }: Vector): Effect {
  const env: FpEnv = { fpcr: before.fpcr, fpsr: before.fpsr };
  const result = group.startsWith("fp_")
    ? runScalar(group, mnemonic, word, before, env)
    : { v: runVector(group, mnemonic, word, before, env) };
  return { ...result, fpsr: env.fpsr };
}

function runScalar(group: string, mnemonic: string, word: number, r: Registers, env: FpEnv) {
  const v = (position: number) => r.v[(word >>> position) & 31] ?? 0n;
  const size = scalarSizes[(word >>> 22) & 3] ?? 32;
  const integerSize: FpSize = word >>> 31 !== 0 ? 64 : 32;
  const n = (word >>> 5) & 31;
  const run = (to: FpSize, fractionBits = 0) => operation(mnemonic, size, to, fractionBits, env);
  switch (group) {
    case "fp_dp1": {
      if (mnemonic === "fmov") return { v: lane(v(5), 0, size) };
      const to = scalarSizes[(word >>> 15) & 3] ?? 32;
      return { v: run(to)(v(5)) };
    }
    case "fp_dp2":
      return { v: run(size)(v(5), v(16)) };
    case "fp_dp3":
      return { v: run(size)(v(10), v(5), v(16)) };
    case "fp_cmp":
      return { nzcv: Number(run(size)(v(5), (word & 8) !== 0 ? 0n : v(16))) };
    case "fp_ccmp": {
      if (!holds((word >>> 12) & 15, r.nzcv)) return { nzcv: word & 15 };
      return { nzcv: Number(run(size)(v(5), v(16))) };
    }
    default: {
      const fractionBits = group === "fp_fixed" ? 64 - ((word >>> 10) & 63) : 0;
      if (mnemonic.endsWith("cvtf")) {
        return { v: run(integerSize, fractionBits)(n === 31 ? 0n : r.x[n] ?? 0n) };
      }
      const value = run(integerSize, fractionBits)(v(5));
      if (mnemonic !== "fjcvtzs") return { x: value };
      return { x: BigInt.asUintN(32, value), nzcv: value >> 32n !== 0n ? 4 : 0 };
    }
  }
}

function vectorSize(group: string, mnemonic: string, word: number): FpSize {
  if (group.endsWith("fp16")) return 16;
  if (group.endsWith("shimm")) {
    const immh = (word >>> 19) & 15;
    return immh >= 8 ? 64 : immh >= 4 ? 32 : 16;
  }
  if (group.endsWith("indexed") && !mnemonic.startsWith("fcmla")) {
    return ([16, 16, 32, 64] as const)[(word >>> 22) & 3] ?? 32;
  }
  if (/^fc(mla|add)$/.test(mnemonic)) return ([16, 16, 32, 64] as const)[(word >>> 22) & 3] ?? 32;
  if (group === "s_pairwise" || group === "v_across") {
    if ((word & (1 << 29)) === 0) return 16;
  }
  return (word & (1 << 22)) !== 0 ? 64 : 32;
}

function runVector(group: string, mnemonic: string, word: number, r: Registers, env: FpEnv) {
  const bit = (position: number) => (word >>> position) & 1;
  const d = r.v[word & 31] ?? 0n;
  const n = r.v[(word >>> 5) & 31] ?? 0n;
  const scalar = group.startsWith("s_");
  const size = vectorSize(group, mnemonic, word);
  const width = scalar ? size : 64 << bit(30);
  const count = width / size;
  const indexed = group.endsWith("indexed");
  const [l, m0, h] = [bit(21), bit(20), bit(11)];
  const widening = /^(bfmlal|fmlal|fmlsl)/.test(mnemonic);
  const shortRm = indexed && (widening || (size === 16 && !/^(fcmla|bfdot)$/.test(mnemonic)));
  const m = r.v[(word >>> 16) & (shortRm ? 15 : 31)] ?? 0n;
  const shape = { turns: 0 as Turns, size };

  if (mnemonic === "fcadd" || mnemonic === "fcmla") {
    const pair = (from: bigint, i: number) =>
      [lane(from, 2 * i, size), lane(from, 2 * i + 1, size)] as const;
    const pairs = range(count / 2, (i) => {
      if (mnemonic === "fcadd") {
        return complexAdd(pair(n, i), pair(m, i), { ...shape, turns: bit(12) !== 0 ? 3 : 1 }, env);
      }
      const turns = ((word >>> (indexed ? 13 : 11)) & 3) as Turns;
      const index = indexed ? (size === 16 ? h * 2 + l : h) : i;
      return complexMulAdd(pair(d, i), [pair(n, i), pair(m, index)], { ...shape, turns }, env);
    });
    return join(pairs.flat(), size);
  }
  if (mnemonic === "bfdot") {
    const run = operation(mnemonic, 32, 32, 0, env);
    const index = h * 2 + l;
    const lanes = range(2 << bit(30), (i) => {
      return run(lane(d, i, 32), lane(n, i, 32), lane(m, indexed ? index : i, 32));
    });
    return join(lanes, 32);
  }
  if (mnemonic === "bfmmla") {
    const run = operation(mnemonic, 32, 32, 0, env);
    const lanes = range(4, (i) => {
      const [row, column] = [(i >> 1) * 2, (i & 1) * 2];
      const first = run(lane(d, i, 32), lane(n, row, 32), lane(m, column, 32));
      return run(first, lane(n, row + 1, 32), lane(m, column + 1, 32));
    });
    return join(lanes, 32);
  }
  if (widening) {
    const run = operation(mnemonic, 32, 32, 0, env);
    const brain = mnemonic.startsWith("bf");
    const lanes = brain ? 4 : 2 << bit(30);
    const top = mnemonic.endsWith("2") ? lanes : 0;
    const values = range(lanes, (i) => {
      const from = brain ? 2 * i + bit(30) : top + i;
      const index = indexed ? h * 4 + l * 2 + m0 : from;
      return run(lane(d, i, 32), lane(n, from, 16), lane(m, index, 16));
    });
    return join(values, 32);
  }
  if (/^(fcvtl2?|fcvtx?n2?|bfcvtn2?)$/.test(mnemonic)) {
    const wide: FpSize = bit(22) !== 0 && !mnemonic.startsWith("bf") ? 64 : 32;
    const narrow: FpSize = wide === 64 ? 32 : 16;
    if (scalar) return operation(mnemonic, 64, 32, 0, env)(n);
    const each = 64 / narrow;
    if (mnemonic.startsWith("fcvtl")) {
      const run = operation(mnemonic, narrow, wide, 0, env);
      return join(range(each, (i) => run(lane(n, i + bit(30) * each, narrow))), wide);
    }
    const run = operation(mnemonic, wide, narrow, 0, env);
    const half = join(range(each, (i) => run(lane(n, i, wide))), narrow);
    return bit(30) !== 0 ? (half << 64n) | BigInt.asUintN(64, d) : half;
  }

  const fractionBits = group.endsWith("shimm") ? size * 2 - ((word >>> 16) & 127) : 0;
  const run = operation(mnemonic.replace(/^fcml/, "fcmg"), size, size, fractionBits, env);
  if (group === "v_across") {
    let lanes = range(count, (i) => lane(n, i, size));
    while (lanes.length > 1) {
      const half = lanes.length / 2;
      lanes = range(half, (i) => run(lanes[2 * i] ?? 0n, lanes[2 * i + 1]));
    }
    return lanes[0] ?? 0n;
  }
  if (group === "s_pairwise") return run(lane(n, 0, size), lane(n, 1, size));
  if (/p$/.test(mnemonic) && group.includes("3same")) {
    const both = n & ((1n << BigInt(width)) - 1n) | (m << BigInt(width));
    return join(
      range(count, (i) => run(lane(both, 2 * i, size), lane(both, 2 * i + 1, size))),
      size,
    );
  }
  const lanes = range(count, (i) => {
    const a = lane(n, i, size);
    if (group.includes("2misc")) {
      // FCMLT and FCMLE compare zero with the operand.
      return mnemonic.startsWith("fcml") ? run(0n, a) : run(a, 0n);
    }
    if (group.endsWith("shimm")) return run(a);
    const index = size === 64 ? h : size === 32 ? h * 2 + l : h * 4 + l * 2 + m0;
    const b = lane(m, indexed ? index : i, size);
    return /^fml[as]$/.test(mnemonic) ? run(lane(d, i, size), a, b) : run(a, b);
  });
  return join(lanes, size);
}
