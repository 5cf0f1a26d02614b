import { assert, assertEquals } from "@std/assert";
import {
  addExact,
  divideExact,
  multiplyAddExact,
  multiplyExact,
  squareRootExact,
} from "../../../core/fp/arithmetic.ts";
import { compareExact } from "../../../core/fp/compare.ts";
import { convertExact } from "../../../core/fp/convert.ts";
import { fromFixedExact, toFixedExact } from "../../../core/fp/fixed.ts";
import { formatOf, type FpEnv, type FpSize, Fpsr, Rounding } from "../../../core/fp/format.ts";
import { roundToIntegral } from "../../../core/fp/integral.ts";
import {
  quickAdd,
  quickDivide,
  quickMultiply,
  quickMultiplyAdd,
  quickSquareRoot,
  quickSubtract,
} from "../../../core/fp/quick.ts";
import {
  quickCompare,
  quickConvert,
  quickFromFixed,
  quickRoundToIntegral,
  quickToFixed,
} from "../../../core/fp/quick_convert.ts";
import { type Dice, dice, operand } from "./operands.ts";

type Result = bigint | number | undefined;
/** Both ways to a result of the same operands. */
interface Ways {
  readonly quick: (env: FpEnv) => Result;
  readonly exact: (env: FpEnv) => Result;
}

const sizes: readonly FpSize[] = [16, 32, 64];
const roundings = [0, 1, 2, 3, 4] as const;
const integerBits = [16, 32, 64] as const;

/** Asserts that the quick way, where it answers, answers as the exact way does. */
function agree(subject: string, ways: (roll: Dice, size: FpSize) => Ways): void {
  for (const size of sizes) {
    Deno.test(`quick ${subject}: agrees with the exact way in ${size} bits, flags too`, () => {
      const roll = dice(0x1234_5678 + size);
      let answered = 0;
      for (let i = 0; i < 6000; i += 1) {
        const { quick, exact } = ways(roll, size);
        const quickEnv: FpEnv = { fpcr: 0, fpsr: 0 };
        const result = quick(quickEnv);
        if (result === undefined) {
          assertEquals(quickEnv.fpsr, 0);
          continue;
        }
        answered += 1;
        const env: FpEnv = { fpcr: 0, fpsr: 0 };
        const expected = exact(env);
        if (result === expected && quickEnv.fpsr === env.fpsr) continue;
        assertEquals([result, quickEnv.fpsr], [expected, env.fpsr], `${exact} of case ${i}`);
      }
      assert(answered > 1000, `only ${answered} quick answers`);
    });
  }
}

function target(size: FpSize) {
  return { format: formatOf(size), mode: Rounding.tieEven };
}

agree("add", (roll, size) => {
  const [a, b] = [operand(roll, size), operand(roll, size)];
  return {
    quick: (env) => quickAdd(a, b, size, env),
    exact: (env) => addExact(a, b, target(size), env),
  };
});

agree("subtract", (roll, size) => {
  const [a, b] = [operand(roll, size), operand(roll, size)];
  return {
    quick: (env) => quickSubtract(a, b, size, env),
    exact: (env) => addExact(a, b, { ...target(size), subtract: true }, env),
  };
});

agree("multiply", (roll, size) => {
  const [a, b] = [operand(roll, size), operand(roll, size)];
  return {
    quick: (env) => quickMultiply(a, b, size, env),
    exact: (env) => multiplyExact(a, b, target(size), env),
  };
});

agree("divide", (roll, size) => {
  const [a, b] = [operand(roll, size), operand(roll, size)];
  return {
    quick: (env) => quickDivide(a, b, size, env),
    exact: (env) => divideExact(a, b, target(size), env),
  };
});

agree("divide of a multiple", (roll, size) => {
  const [a, b] = [operand(roll, size), operand(roll, size)];
  const product = multiplyExact(a, b, target(size), { fpcr: 0, fpsr: 0 });
  return {
    quick: (env) => quickDivide(product, b, size, env),
    exact: (env) => divideExact(product, b, target(size), env),
  };
});

agree("square root", (roll, size) => {
  const a = operand(roll, size) & ~formatOf(size).signBit;
  return {
    quick: (env) => quickSquareRoot(a, size, env),
    exact: (env) => squareRootExact(a, target(size), env),
  };
});

agree("square root of a square", (roll, size) => {
  const a = operand(roll, size);
  const square = multiplyExact(a, a, target(size), { fpcr: 0, fpsr: 0 });
  return {
    quick: (env) => quickSquareRoot(square, size, env),
    exact: (env) => squareRootExact(square, target(size), env),
  };
});

agree("multiply-add", (roll, size) => {
  const [z, a, b] = [operand(roll, size), operand(roll, size), operand(roll, size)];
  return {
    quick: (env) => quickMultiplyAdd(z, [a, b], size, env),
    exact: (env) => multiplyAddExact(z, [a, b], target(size), env),
  };
});

agree("multiply-add that cancels", (roll, size) => {
  const [a, b] = [operand(roll, size), operand(roll, size)];
  const product = multiplyExact(a, b, target(size), { fpcr: 0, fpsr: 0 });
  const z = (product ^ formatOf(size).signBit) + BigInt(roll(3));
  return {
    quick: (env) => quickMultiplyAdd(z, [a, b], size, env),
    exact: (env) => multiplyAddExact(z, [a, b], target(size), env),
  };
});

agree("compare", (roll, size) => {
  const a = operand(roll, size);
  const b = roll(4) === 0 ? a : operand(roll, size);
  return {
    quick: (env) => quickCompare(a, b, size, env),
    exact: (env) => compareExact(a, b, { format: formatOf(size), signalling: false }, env),
  };
});

agree("convert", (roll, from) => {
  const a = operand(roll, from);
  const to = sizes.filter((size) => size !== from)[roll(2)] ?? 64;
  const mode = Rounding.tieEven;
  return {
    quick: (env) => quickConvert(a, { from, to }, env),
    exact: (env) => convertExact(a, { from, to, mode }, env),
  };
});

agree("round to integral", (roll, size) => {
  const a = operand(roll, size);
  const mode = roundings[roll(5)] ?? 0;
  const exact = roll(2) === 0;
  return {
    quick: (env) => quickRoundToIntegral(a, { size, mode, exact }, env),
    exact: (env) => roundToIntegral(a, { format: formatOf(size), mode, exact }, env),
  };
});

agree("to fixed", (roll, size) => {
  const a = operand(roll, size);
  const bits = integerBits[roll(3)] ?? 64;
  const fractionBits = roll(2) === 0 ? 0 : roll(bits + 1);
  const unsigned = roll(2) === 0;
  const conversion = { size, bits, mode: roundings[roll(5)] ?? 0, fractionBits, unsigned };
  return {
    quick: (env) => quickToFixed(a, conversion, env),
    exact: (env) => toFixedExact(a, { ...conversion, format: formatOf(size) }, env),
  };
});

agree("from fixed", (roll, size) => {
  const bits = integerBits[roll(3)] ?? 64;
  const a = operand(roll, 64) >> BigInt(roll(64));
  const fractionBits = roll(2) === 0 ? 0 : roll(bits + 1);
  const unsigned = roll(2) === 0;
  const conversion = { size, bits, mode: Rounding.tieEven, fractionBits, unsigned };
  return {
    quick: (env) => quickFromFixed(a, conversion, env),
    exact: (env) => fromFixedExact(a, { ...conversion, format: formatOf(size) }, env),
  };
});

Deno.test("quick: leaves other roundings and flushing to the exact way", () => {
  const one = 0x3ff0_0000_0000_0000n;
  for (const fpcr of [1 << 22, 1 << 23, 1 << 24, 1 << 19]) {
    assertEquals(quickAdd(one, one, 64, { fpcr, fpsr: 0 }), undefined);
  }
});

Deno.test("quick: keeps the flags that are set", () => {
  const env = { fpcr: 0, fpsr: Fpsr.DZC };
  quickDivide(0x3f80_0000n, 0x4040_0000n, 32, env);
  assertEquals(env.fpsr, Fpsr.DZC | Fpsr.IXC);
});
