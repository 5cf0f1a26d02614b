import { assertEquals } from "@std/assert";
import { Formats, Fpcr, type FpEnv, Fpsr, Rounding } from "../../../core/fp/format.ts";
import { bitLength, Lost, lostBits, roundExact } from "../../../core/fp/round.ts";

Deno.test("bitLength: counts to the highest set bit", () => {
  for (const length of [1, 2, 31, 32, 33, 63, 64, 65, 68, 69, 128, 2100]) {
    const high = 1n << BigInt(length - 1);
    assertEquals(bitLength(high), length);
    assertEquals(bitLength(2n * high - 1n), length);
  }
});

Deno.test("lostBits: tells a half from less and more", () => {
  const lost = [0b1000n, 0b1001n, 0b1100n, 0b1101n].map((value) => lostBits(value, 3));
  assertEquals(lost, [Lost.nothing, Lost.belowHalf, Lost.half, Lost.aboveHalf]);
  assertEquals(lostBits(1n, -4), Lost.nothing);
});

Deno.test("roundExact: each rounding takes its side of a tie", () => {
  // 1 + 1.5 units in the last place of half precision
  const tie = { negative: true, mantissa: (1n << 11n) + 3n, exponent: -11 };
  const expected: readonly (readonly [keyof typeof Rounding, bigint])[] = [
    ["tieEven", 0xbc02n],
    ["tieAway", 0xbc02n],
    ["plusInfinity", 0xbc01n],
    ["minusInfinity", 0xbc02n],
    ["zero", 0xbc01n],
    ["odd", 0xbc01n],
  ];
  for (const [name, result] of expected) {
    const env: FpEnv = { fpcr: 0, fpsr: 0 };
    assertEquals(roundExact(tie, Formats.half, Rounding[name], env), result, name);
    assertEquals(env.fpsr, Fpsr.IXC);
  }
});

Deno.test("roundExact: underflow is detected before rounding, and only if inexact", () => {
  const format = Formats.half;
  const env: FpEnv = { fpcr: 0, fpsr: 0 };
  const nearly = { negative: false, mantissa: (1n << 20n) - 1n, exponent: -34 };
  assertEquals(roundExact(nearly, format, Rounding.tieEven, env), 0x0400n);
  assertEquals(env.fpsr, Fpsr.UFC | Fpsr.IXC);
  const exact: FpEnv = { fpcr: 0, fpsr: 0 };
  roundExact({ negative: false, mantissa: 3n, exponent: -24 }, format, Rounding.tieEven, exact);
  assertEquals(exact.fpsr, 0);
});

Deno.test("roundExact: a tiny result is flushed to its zero with UFC alone", () => {
  const tiny = { negative: true, mantissa: 3n, exponent: -25 };
  const env: FpEnv = { fpcr: Fpcr.FZ16, fpsr: 0 };
  assertEquals(roundExact(tiny, Formats.half, Rounding.tieEven, env), 0x8000n);
  assertEquals(env.fpsr, Fpsr.UFC);
});

Deno.test("roundExact: too large becomes infinity or the largest number", () => {
  const large = { negative: false, mantissa: 1n, exponent: 16 };
  const results = [0, 1, 2, 3, 4, 5, 6].map((mode) => {
    const env: FpEnv = { fpcr: 0, fpsr: 0 };
    const result = roundExact(large, Formats.half, mode as 0 | 1 | 2 | 3 | 4 | 5 | 6, env);
    assertEquals(env.fpsr, Fpsr.OFC | Fpsr.IXC);
    return result;
  });
  const [infinity, largest] = [0x7c00n, 0x7bffn];
  const expected = [infinity, infinity, largest, largest, infinity, largest, infinity];
  assertEquals(results, expected);
});
