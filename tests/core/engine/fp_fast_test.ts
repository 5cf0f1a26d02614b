import { assert, assertEquals } from "@std/assert";

import { Fpsr } from "../../../core/fp/format.ts";
import { type FpSize, Rounding } from "../../../core/fp/ops.ts";
import {
  type FpInfo,
  type FpOperation,
  fpOperationIndex,
  fpOperations,
  packFpInfo,
} from "../../../core/fp/table.ts";
import { dice, operand } from "../fp/operands.ts";
import { probe, type Probed } from "./fp_probe.ts";

interface Case extends Probed {
  readonly size: FpSize;
  readonly named: string;
}

function cases(operation: string, info: Partial<FpInfo> = {}): Case[] {
  const { arity } = fpOperations[fpOperationIndex(operation)] as FpOperation;
  return ([32, 64] as const).flatMap((size): Case[] => {
    const packed = packFpInfo({ to: size, ...info, size });
    const named = `${operation} ${JSON.stringify({ size, ...info })}`;
    const scalar: Case = { operation, info: packed, arity, size, named };
    const sameSize = (info.to ?? size) === size;
    if (operation === "convert") return sameSize ? [] : [scalar];
    if (operation.startsWith("compare") || !sameSize) return [scalar];
    const counts = [64 / size, 128 / size].filter((lanes) => lanes > 1);
    const vectors = counts.map((lanes) => ({ ...scalar, lanes, named: `${named} x${lanes}` }));
    return [scalar, ...vectors];
  });
}

/** Conversions from or to half precision. */
function halves(sizes: readonly FpSize[], { to }: { readonly to: FpSize }): Case[] {
  return sizes.map((size) => {
    const info = packFpInfo({ size, to, mode: Rounding.current });
    return { operation: "convert", info, arity: 1, size, named: `convert ${size} to ${to}` };
  });
}

const modes = [0, 1, 2, 3, 4, Rounding.current] as const;
const plain = [
  ...["add", "sub", "absDiff", "mul", "mulX", "nmul", "div", "sqrt", "abs", "neg"],
  ...["mulAdd", "mulSub", "negMulAdd", "negMulSub", "max", "min", "maxNum", "minNum"],
  ...["compare", "compareSignalling", "equal", "greaterEqual", "greater"],
  ...["absGreaterEqual", "absGreater"],
  ...["recipStep", "rsqrtStep", "recipEstimate", "rsqrtEstimate"],
];
const all: readonly Case[] = [
  ...plain.flatMap((name) => cases(name)),
  ...modes.flatMap((mode) => cases("roundInt", { mode })),
  ...cases("roundInt", { mode: Rounding.current, flag: true }),
  ...halves([16], { to: 32 }),
  ...halves([16], { to: 64 }),
  ...halves([32, 64], { to: 16 }),
  ...([32, 64] as const).flatMap((to) => [
    ...cases("convert", { to, mode: Rounding.current }),
    ...cases("convert", { to, mode: Rounding.odd }),
    ...[false, true].flatMap((flag) => [
      ...cases("fixedToFp", { to, mode: Rounding.current, flag }),
      ...cases("fixedToFp", { to, mode: Rounding.current, flag, fractionBits: 32 }),
      ...modes.flatMap((mode) => cases("toFixed", { to, mode, flag })),
      ...cases("toFixed", { to, mode: Rounding.zero, flag, fractionBits: 13 }),
    ]),
  ]),
];

const hex = (v: bigint) => v.toString(16);

/** Runs every case and compares with core/fp; gives the share that went the exact way. */
function compare(rounds: number, fpsr: number, fpFast: number): number {
  const machine = probe(all);
  const { state } = machine;
  const roll = dice(0x1234_5678);
  let elements = 0;
  for (let round = 0; round < rounds; round++) {
    all.forEach((c, i) => {
      const count = c.lanes ?? 1;
      const { run } = fpOperations[fpOperationIndex(c.operation)] as FpOperation;
      const env = { fpcr: 0, fpsr: 0 };
      const inputs = [0, 1, 2].map(() => {
        return Array.from({ length: 128 / c.size }, () => operand(roll, c.size));
      });
      // Whole numbers at the limits of precision, and sums that cancel, are rare otherwise.
      if (c.operation === "fixedToFp" && roll(2) === 0) {
        const near = () => (1n << BigInt(roll(c.size))) + BigInt(roll(5) - 2);
        inputs[0] = inputs[0]?.map(() => BigInt.asUintN(c.size, near())) as bigint[];
      }
      if (roll(4) === 0) inputs[1] = inputs[0] as bigint[];
      const pack = (lanes: readonly bigint[]) =>
        lanes.reduce((v, lane, at) => v | (lane << BigInt(at * c.size)), 0n);
      inputs.forEach((lanes, r) => {
        state.v[r * 2] = BigInt.asUintN(64, pack(lanes));
        state.v[r * 2 + 1] = pack(lanes) >> 64n;
      });
      const want = Array.from({ length: count }, (_, lane) => {
        const [a, b, d] = inputs.map((lanes) => lanes[lane] as bigint) as [bigint, bigint, bigint];
        return run(a, b, d, c.info, env);
      });
      state.setU32("fpcr", 0);
      state.setU32("fpsr", fpsr);
      state.setU32("fpFast", fpFast);
      (machine.run[i] as () => void)();
      elements += count;
      const got = (state.v[6] as bigint) | ((state.v[7] as bigint) << 64n);
      const bits = c.lanes ? count * c.size : 64;
      const operands = inputs.map((lanes) => lanes.slice(0, count).map(hex).join(" ")).join(", ");
      assertEquals(hex(BigInt.asUintN(bits, got)), hex(pack(want)), `${c.named} of ${operands}`);
      assertEquals(state.u32("fpsr"), fpsr | env.fpsr, `FPSR of ${c.named} of ${operands}`);
    });
  }
  return machine.calls() / elements;
}

Deno.test("fast floating point: results and flags are those of the exact way", () => {
  assert(compare(300, Fpsr.IXC, 1) < 0.6, "most operations must take the fast way");
});

Deno.test("fast floating point: results that underflow are taken once FPSR.UFC is set", () => {
  const share = compare(100, Fpsr.IXC | Fpsr.UFC, 1);
  assert(share < 0.3, `${share} of the operations took the exact way`);
});

Deno.test("fast floating point: inexactness is found out while FPSR.IXC is clear", () => {
  assert(compare(100, 0, 1) < 0.9, "operations that are surely exact must take the fast way");
});

Deno.test("fast floating point: another mode of FPCR always takes the exact way", () => {
  // Changes of the sign have no other way.
  const signs = all.filter((c) => c.operation === "abs" || c.operation === "neg");
  const count = (list: readonly Case[]) => list.reduce((n, c) => n + (c.lanes ?? 1), 0);
  assertEquals(compare(3, Fpsr.IXC, 0), 1 - count(signs) / count(all));
});
