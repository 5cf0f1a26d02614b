import { assertEquals } from "@std/assert";
import {
  addExact,
  divideExact,
  multiplyExact,
  squareRootExact,
  type Target,
} from "../../../core/fp/arithmetic.ts";
import { formatOf, type FpEnv, type FpSize, Rounding } from "../../../core/fp/format.ts";
import { fromNumber, toNumber } from "../../../core/fp/numbers.ts";
import { dice, operand } from "./operands.ts";

type Exact = (a: bigint, b: bigint, target: Target, env: FpEnv) => bigint;
type Host = (a: number, b: number) => number;

const operations: Readonly<Record<string, readonly [Exact, Host]>> = {
  add: [addExact, (a, b) => a + b],
  multiply: [multiplyExact, (a, b) => a * b],
  divide: [divideExact, (a, b) => a / b],
  squareRoot: [(a, _b, target, env) => squareRootExact(a, target, env), (a) => Math.sqrt(a)],
};

function check(name: string, size: FpSize, hostSize: FpSize): void {
  const [exact, host] = operations[name] ?? [addExact, () => NaN];
  const roll = dice(0x0bad_cafe ^ size);
  const target = { format: formatOf(size), mode: Rounding.tieEven };
  for (let i = 0; i < 20_000; i += 1) {
    const [a, b] = [operand(roll, size), operand(roll, size)];
    const result = exact(a, b, target, { fpcr: 0, fpsr: 0 });
    const expected = host(toNumber(a, size), toNumber(b, size));
    const rounded = hostSize === 32 ? Math.fround(expected) : expected;
    // Unlike NaNs, everything else has one pattern.
    if (Number.isNaN(rounded) && Number.isNaN(toNumber(result, size))) continue;
    if (result === fromNumber(rounded, size)) continue;
    assertEquals(result.toString(16), fromNumber(rounded, size).toString(16), `${a} ${b}`);
  }
}

for (const name of Object.keys(operations)) {
  Deno.test(`fp ${name}: double precision to nearest is the host's`, () => check(name, 64, 64));
}

for (const name of ["add", "multiply"]) {
  Deno.test(`fp ${name}: single precision to nearest is the host's`, () => check(name, 32, 32));
}

Deno.test("fp add: directed roundings enclose the sum", () => {
  const roll = dice(77);
  const format = formatOf(64);
  for (let i = 0; i < 5000; i += 1) {
    const [a, b] = [operand(roll, 64), operand(roll, 64)];
    const [nearest, up, down, zero] = [0, 1, 2, 3].map((mode) => {
      const env = { fpcr: 0, fpsr: 0 };
      return toNumber(addExact(a, b, { format, mode: mode as 0 | 1 | 2 | 3 }, env), 64);
    }) as [number, number, number, number];
    if (Number.isNaN(nearest)) continue;
    assertEquals([down <= nearest, nearest <= up], [true, true]);
    assertEquals(Math.abs(zero), Math.min(Math.abs(up), Math.abs(down)));
  }
});
