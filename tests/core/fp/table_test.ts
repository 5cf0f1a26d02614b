import { assertEquals, assertThrows } from "@std/assert";
import { Fpcr, type FpEnv, Fpsr, Rounding } from "../../../core/fp/format.ts";
import { fpAdd, fpConvert, fpExtreme, fpSub, fpToFixed } from "../../../core/fp/ops.ts";
import { fpOperationIndex, fpOperations, packFpInfo } from "../../../core/fp/table.ts";

function environment(fpcr = 0): FpEnv {
  return { fpcr, fpsr: 0 };
}

Deno.test("fp table: every name is found at its own index", () => {
  const indexes = fpOperations.map((operation) => fpOperationIndex(operation.name));
  assertEquals(indexes, fpOperations.map((_, index) => index));
  assertThrows(() => fpOperationIndex("fadd"), RangeError, "Cannot find operation");
});

Deno.test("fp table: operations ignore what lies above their operands and return none", () => {
  const clean = environment();
  const dirty = environment();
  for (const operation of fpOperations) {
    if (operation.name === "toFixedJavaScript") continue; // always takes 64 bits
    const info = packFpInfo({ size: 32, to: 32 });
    const operands = [0x4049_0fdbn, 0x402d_f854n, 0x3f35_04f3n] as const;
    const [a, b, c] = operands.map((bits) => BigInt.asIntN(64, bits | (0xdead_beefn << 32n)));
    const result = operation.run(...operands, info, clean);
    assertEquals(operation.run(a ?? 0n, b ?? 0n, c ?? 0n, info, dirty), result, operation.name);
    assertEquals(result >> 33n, 0n, operation.name);
  }
  assertEquals(dirty.fpsr, clean.fpsr);
});

Deno.test("fp table: an immediate carries widths, rounding, flag and fraction", () => {
  const half = 0x3fe0_0000_0000_0000n;
  const info = packFpInfo({ size: 64, to: 64, mode: Rounding.zero, flag: true, fractionBits: 64 });
  const row = fpOperations[fpOperationIndex("toFixed")];
  assertEquals(row?.run(half, 0n, 0n, info, environment()), 1n << 63n);
});

Deno.test("fpSub: a NaN keeps its sign", () => {
  const nan = 0x7fc0_1234n;
  assertEquals(fpSub(0n, nan, 32, environment()), nan);
});

Deno.test("fpAdd: a signalling NaN goes first, is made quiet and sets IOC", () => {
  const env = environment();
  assertEquals(fpAdd(0x7fc0_0001n, 0xff80_0002n, 32, env), 0xffc0_0002n);
  assertEquals(env.fpsr, Fpsr.IOC);
  assertEquals(fpAdd(0x7fc0_0001n, 0xff80_0002n, 32, environment(Fpcr.DN)), 0x7fc0_0000n);
});

Deno.test("fpAdd: FZ flushes operands with IDC, FZ16 without", () => {
  const single = environment(Fpcr.FZ);
  assertEquals(fpAdd(1n, 0x8000_0001n, 32, single), 0n);
  assertEquals(single.fpsr, Fpsr.IDC);
  const half = environment(Fpcr.FZ16);
  assertEquals(fpAdd(0x8001n, 0x8001n, 16, half), 0x8000n);
  assertEquals(half.fpsr, 0);
});

Deno.test("fpAdd: an exact zero is negative only when rounding down", () => {
  const one = 0x3f80_0000n;
  assertEquals(fpAdd(one, one | 0x8000_0000n, 32, environment()), 0n);
  assertEquals(fpAdd(one, one | 0x8000_0000n, 32, environment(2 << Fpcr.RMode)), 0x8000_0000n);
});

Deno.test("fpExtreme: a number wins over a quiet NaN only when asked", () => {
  const [one, nan] = [0x3c00n, 0x7e01n];
  const extreme = { size: 16, larger: true } as const;
  assertEquals(fpExtreme(one, nan, { ...extreme, numbers: true }, environment()), one);
  assertEquals(fpExtreme(one, nan, { ...extreme, numbers: false }, environment()), nan);
});

Deno.test("fpConvert: alternative half precision has no infinity", () => {
  const conversion = { from: 32, to: 16, mode: Rounding.tieEven } as const;
  const env = environment(Fpcr.AHP);
  assertEquals(fpConvert(0xff80_0000n, conversion, env), 0xffffn);
  assertEquals(env.fpsr, Fpsr.IOC);
  assertEquals(fpConvert(0x47ff_e000n, conversion, environment(Fpcr.AHP)), 0x7fffn);
});

Deno.test("fpConvert: alternative half precision overflows with IOC and keeps an older IXC", () => {
  const env: FpEnv = { fpcr: Fpcr.AHP, fpsr: Fpsr.IXC };
  const conversion = { from: 32, to: 16, mode: Rounding.tieEven } as const;
  assertEquals(fpConvert(0x4800_0001n, conversion, env), 0x7fffn);
  assertEquals(env.fpsr, Fpsr.IXC | Fpsr.IOC);
});

Deno.test("fpToFixed: saturates with IOC and without IXC", () => {
  const env = environment();
  const conversion = {
    size: 64,
    bits: 32,
    mode: Rounding.zero,
    fractionBits: 0,
    unsigned: false,
  } as const;
  assertEquals(fpToFixed(0xc1e0_0000_0010_0000n, conversion, env), 0x8000_0000n);
  assertEquals(env.fpsr, Fpsr.IXC);
  const above = environment();
  assertEquals(fpToFixed(0x41e0_0000_0010_0000n, conversion, above), 0x7fff_ffffn);
  assertEquals(above.fpsr, Fpsr.IOC);
});
