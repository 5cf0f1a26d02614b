/** Arithmetic on infinities and quiet NaNs, which is rare and simple, in FPCR's default mode. @module */

import { unpackFpInfo } from "../fp/table.ts";
import type { Ops, Val } from "../isa/ops.ts";
import { hostFused } from "./fp_fused.ts";
import { FpLane } from "./fp_lane.ts";
import { hasFusedMadd } from "./fused_madd.ts";

/** A result as i64, and the condition (i32) under which it and the flags are right. */
export interface Special {
  readonly result: Val;
  readonly holds: Val;
}

/** What the host computes of operands, in the order in which the architecture looks for NaNs. */
interface Computed {
  readonly operands: readonly Val[];
  readonly result: Val;
  /** The result's sign is turned, a NaN's too. */
  readonly negated?: boolean;
}

const Sums = { add: "add", sub: "sub", mul: "mul", nmul: "mul", div: "div" } as const;
/** Whether the addend is negated, and whether the first factor is. */
const Fused = {
  mulAdd: [false, false],
  mulSub: [false, true],
  negMulAdd: [true, true],
  negMulSub: [true, false],
} as const;

function computed(t: FpLane, operation: string, args: readonly Val[]): Computed | undefined {
  const [x, y, z] = args as [Val, Val, Val];
  if (operation === "sqrt") return { operands: [x], result: t.let(t.w("sqrt", x)) };
  if (operation in Sums) {
    const result = t.let(t.w(Sums[operation as keyof typeof Sums], x, y));
    return { operands: [x, y], result, negated: operation === "nmul" };
  }
  if (!(operation in Fused) || !hasFusedMadd) return undefined;
  const [negateAddend, negateFactor] = Fused[operation as keyof typeof Fused];
  const sign = (v: Val, negate: boolean) => negate ? t.let(t.w("neg", v)) : v;
  const operands = [sign(x, negateAddend), sign(y, negateFactor), z] as const;
  return { operands, result: t.let(hostFused(t, ...operands)) };
}

const isInfinite = (t: FpLane, v: Val) => t.w("eq", t.w("abs", v), t.constant(Infinity));
const isNumber = (t: FpLane, v: Val) => t.w("eq", v, v);
const not = (op: Ops, condition: Val) => op.w("i32.eqz", condition);

/** No NaN, or a quiet one. */
function isQuiet(t: FpLane, v: Val): Val {
  const { op } = t;
  const bit = op.i64(t.double ? 1n << 51n : 1n << 22n);
  return t.or(isNumber(t, v), op.w("i64.ne", op.w("i64.and", t.bits(v), bit), op.i64(0)));
}

/** Results that are infinite because an operand is, and quotients of infinities. */
function ofInfinities(t: FpLane, operation: string, { operands, result }: Computed): Val {
  const some = operands.map((v) => isInfinite(t, v)).reduce((a, b) => t.or(a, b));
  const infinite = t.and(isInfinite(t, result), some);
  if (operation !== "div") return infinite;
  const byInfinity = t.and(isInfinite(t, operands[1] as Val), isNumber(t, result));
  return t.or(infinite, byInfinity);
}

/** The first NaN, where all are quiet; infinity times zero is not, whatever is added to it. */
function ofNans(t: FpLane, { operands, result }: Computed): Special {
  const { op } = t;
  const quiet = operands.map((v) => isQuiet(t, v)).reduce((a, b) => t.and(a, b));
  const bits = operands.map((v) => t.bits(v));
  const first = operands.map((v, i) => [isNumber(t, v), bits[i] as Val] as const)
    .reduceRight((later, [number, own]) => op.select(number, later, own), t.bits(result));
  const numbers = operands.map((v) => isNumber(t, v));
  let some = not(op, numbers.reduce((a, b) => t.and(a, b)));
  if (operands.length === 3) {
    const [, a, b] = operands as [Val, Val, Val];
    const product = isNumber(t, t.w("mul", a, b));
    const factors = t.and(numbers[1] as Val, numbers[2] as Val);
    some = t.and(some, t.or(product, not(op, factors)));
  }
  return { result: first, holds: t.and(quiet, some) };
}

/** The special cases of an operation on i64 bit patterns. */
export function specialFp(
  op: Ops,
  operation: string,
  packed: number,
  args: readonly Val[],
): Special | undefined {
  const { size } = unpackFpInfo(packed);
  if (size === 16) return undefined;
  const t = new FpLane(op, size === 64 ? "f64" : "f32");
  const c = computed(t, operation, args.map((v) => t.fromBits(v)));
  if (!c) return undefined;
  const plain = op.let(ofInfinities(t, operation, c));
  const nan = ofNans(t, c);
  const bits = op.select(plain, t.bits(c.result), nan.result);
  return {
    result: c.negated ? t.bits(t.w("neg", t.fromBits(bits))) : bits,
    holds: t.and(op.field("fpFast"), t.or(plain, nan.holds)),
  };
}
