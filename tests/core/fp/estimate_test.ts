import { assert, assertEquals } from "@std/assert";
import {
  reciprocalEstimate,
  reciprocalExponent,
  reciprocalRootEstimate,
  unsignedReciprocalEstimate,
  unsignedReciprocalRootEstimate,
} from "../../../core/fp/estimate.ts";
import { Formats, Fpcr, type FpEnv, Fpsr } from "../../../core/fp/format.ts";
import { fromNumber, toNumber } from "../../../core/fp/numbers.ts";
import { dice } from "./operands.ts";

function environment(fpcr = 0): FpEnv {
  return { fpcr, fpsr: 0 };
}

Deno.test("fp estimates: are right to eight bits and raise nothing", () => {
  const roll = dice(4242);
  const env = environment();
  for (let i = 0; i < 2000; i += 1) {
    const x = (1 + roll(1 << 20) / 2 ** 20) * 2 ** (roll(80) - 40);
    const bits = fromNumber(x, 64);
    const reciprocal = toNumber(reciprocalEstimate(bits, Formats.double, env), 64);
    const root = toNumber(reciprocalRootEstimate(bits, Formats.double, env), 64);
    assert(Math.abs(reciprocal * x - 1) < 2 ** -8, `1/${x}`);
    assert(Math.abs(root * root * x - 1) < 2 ** -7, `1/sqrt(${x})`);
  }
  assertEquals(env.fpsr, 0);
});

Deno.test("fp estimates: a zero gives an infinity of its sign and DZC", () => {
  for (const estimate of [reciprocalEstimate, reciprocalRootEstimate]) {
    const env = environment();
    assertEquals(estimate(0x8000_0000n, Formats.single, env), 0xff80_0000n);
    assertEquals(env.fpsr, Fpsr.DZC);
  }
});

Deno.test("fp estimates: the reciprocal of a tiny number overflows as the rounding says", () => {
  const expected = [0x7f80_0000n, 0x7f80_0000n, 0x7f7f_ffffn, 0x7f7f_ffffn];
  expected.forEach((result, mode) => {
    const env = environment(mode << Fpcr.RMode);
    assertEquals(reciprocalEstimate(1n, Formats.single, env), result);
    assertEquals(env.fpsr, Fpsr.OFC | Fpsr.IXC);
  });
});

Deno.test("fp estimates: a reciprocal that is subnormal is flushed with UFC only under FZ", () => {
  const big = 0x7f00_0000n; // 2^127
  assertEquals(reciprocalEstimate(big, Formats.single, environment()), 0x003f_e000n);
  const env = environment(Fpcr.FZ);
  assertEquals(reciprocalEstimate(big, Formats.single, env), 0n);
  assertEquals(env.fpsr, Fpsr.UFC);
});

Deno.test("fp estimates: FRECPX inverts the exponent field and drops the fraction", () => {
  const env = environment();
  assertEquals(reciprocalExponent(0xbf81_2345n, Formats.single, env), 0xc000_0000n);
  assertEquals(reciprocalExponent(0n, Formats.single, env), 0x7f00_0000n);
});

Deno.test("fp estimates: unsigned operands below the range give all ones", () => {
  assertEquals(unsignedReciprocalEstimate(0x7fff_ffffn), 0xffff_ffffn);
  assertEquals(unsignedReciprocalEstimate(0x8000_0000n), 0xff80_0000n);
  assertEquals(unsignedReciprocalRootEstimate(0x3fff_ffffn), 0xffff_ffffn);
  assertEquals(unsignedReciprocalRootEstimate(0x4000_0000n), 0xff80_0000n);
});
