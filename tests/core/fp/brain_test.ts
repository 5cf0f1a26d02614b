import { assertEquals } from "@std/assert";
import { brainDotAdd, halfToSingle } from "../../../core/fp/brain.ts";
import { complexAdd, complexMulAdd, type Turns } from "../../../core/fp/complex.ts";
import { Fpcr, type FpEnv, Rounding } from "../../../core/fp/format.ts";
import { fromNumber, toNumber } from "../../../core/fp/numbers.ts";
import { fpConvert } from "../../../core/fp/ops.ts";

const one = 0x3f80n;

Deno.test("brainDotAdd: adds two products", () => {
  const pair = (0x4000n << 16n) | one;
  assertEquals(brainDotAdd(0x3f80_0000n, pair, pair), 0x40c0_0000n); // 1 + (1 + 4)
});

Deno.test("brainDotAdd: rounds to odd, and flushes subnormal addends", () => {
  assertEquals(brainDotAdd(0x3000_0000n, one, one), 0x3f80_0001n); // 2^-31 + 1
  assertEquals(brainDotAdd(0x0000_0001n, 0n, 0n), 0n);
});

Deno.test("halfToSingle: is the conversion, except that a signalling NaN stays one", () => {
  for (let half = 0; half < 0x1_0000; half += 1) {
    const env: FpEnv = { fpcr: 0, fpsr: 0 };
    const result = halfToSingle(BigInt(half), env);
    const mode = Rounding.tieEven;
    const converted = fpConvert(BigInt(half), { from: 16, to: 32, mode }, env);
    const quiet = Number.isNaN(toNumber(result, 32)) ? 0x0040_0000n : 0n;
    if ((result | quiet) !== converted) assertEquals(result, converted, half.toString(16));
  }
  assertEquals(halfToSingle(0x7d00n, { fpcr: 0, fpsr: 0 }), 0x7fa0_0000n);
  assertEquals(halfToSingle(0x8001n, { fpcr: Fpcr.FZ16, fpsr: 0 }), 0x8000_0000n);
});

function complex(real: number, imaginary: number): readonly [bigint, bigint] {
  return [fromNumber(real, 32), fromNumber(imaginary, 32)];
}

Deno.test("complexMulAdd: two turns a quarter apart make a product", () => {
  const env: FpEnv = { fpcr: 0, fpsr: 0 };
  const operands = [complex(2, 3), complex(5, 7)] as const;
  const turned = (turns: Turns, from = complex(0, 0)) => {
    return complexMulAdd(from, operands, { turns, size: 32 }, env);
  };
  assertEquals(turned(1, turned(0)), complex(2 * 5 - 3 * 7, 2 * 7 + 3 * 5));
  assertEquals(turned(3, turned(2)), complex(-(2 * 5 - 3 * 7), -(2 * 7 + 3 * 5)));
  assertEquals(env.fpsr, 0);
});

Deno.test("complexAdd: turns the second operand by 90 or 270 degrees", () => {
  const env: FpEnv = { fpcr: 0, fpsr: 0 };
  const [a, b] = [complex(1, 2), complex(10, 20)];
  assertEquals(complexAdd(a, b, { turns: 1, size: 32 }, env), complex(-19, 12));
  assertEquals(complexAdd(a, b, { turns: 3, size: 32 }, env), complex(21, -8));
});
