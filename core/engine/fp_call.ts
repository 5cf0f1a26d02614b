/** Code of a floating-point operation: the fast way where it holds, else the exact one. @module */

import { sizeOfInfo } from "../fp/table.ts";
import type { Ops, Val } from "../isa/ops.ts";
import { gather, laneOf } from "../isa/simd_fp_lanes.ts";
import type { WasmType } from "../isa/wasm_ops.ts";
import { type FastFp, fastFp, fastFpLanes } from "./fp_fast.ts";

/** What this needs of an emitter beyond {@linkcode Ops}. */
export interface FpHost extends Ops {
  /** A local that may be set more than once. */
  variable(type: WasmType): { readonly get: Val; set(value: Val): void };
  /** Calls core/fp for one element. */
  fpExact(operation: string, info: number, args: readonly Val[]): Val;
}

function either(e: FpHost, type: WasmType, fast: FastFp | undefined, exact: () => Val): Val {
  if (!fast) return exact();
  const { result, holds, holdsToo } = fast;
  if (!holds) return result;
  const variable = e.variable(type);
  variable.set(result);
  const otherwise = () => variable.set(exact());
  e.if(e.w("i32.eqz", holds), () => {
    if (holdsToo) e.if(e.w("i32.eqz", holdsToo()), otherwise);
    else otherwise();
  });
  return variable.get;
}

/** {@linkcode Ops.fp}. */
export function emitFp(e: FpHost, operation: string, info: number, args: readonly Val[]): Val {
  const operands = args.map((v) => e.let(v));
  const fast = fastFp(e, operation, info, operands);
  return either(e, "i64", fast, () => e.fpExact(operation, info, operands));
}

/** {@linkcode Ops.fpLanes}. */
export function emitFpLanes(
  e: FpHost,
  operation: string,
  info: number,
  lanes: number,
  args: readonly Val[],
): Val {
  const operands = args.map((v) => e.let(v));
  const size = sizeOfInfo(info);
  const fast = fastFpLanes(e, operation, info, lanes, operands);
  // Elements one by one may still go the fast way where vectors have none.
  const one = (elements: Val[]) =>
    fast ? e.fpExact(operation, info, elements) : e.fp(operation, info, ...elements);
  return either(e, "v128", fast, () => {
    const results = Array.from({ length: lanes }, (_, i) => {
      return one(operands.map((v) => laneOf(e, v, size, i)));
    });
    return gather(e, size, results);
  });
}
