/** Floating-point operations as functions, for code that cannot do them in the short way. @module */

import { Fpcr } from "../fp/format.ts";
import {
  type FpOperation,
  fpOperationIndex,
  fpOperations,
  type FpSize,
  unpackFpInfo,
} from "../fp/table.ts";
import type { Val } from "../isa/ops.ts";
import { asNode } from "./emitter.ts";
import { HelperEmitter } from "./helper_emitter.ts";
import { fastFp } from "./fp_fast.ts";
import { specialFp } from "./fp_special.ts";
import type { FunctionBody, FunctionType } from "./wasm_module.ts";

/** Types of the routines: three operands, of which those that an operation lacks are ignored. */
export const FpRoutineTypes: readonly FunctionType[] = [
  { params: ["i64", "i64", "i64"], results: ["i64"] },
  { params: ["v128", "v128", "v128"], results: ["v128"] },
];
/** Where modules have those types. */
export const FpTypes = { scalar: 4, vector: 5 } as const;

/** Operations of which the result is no number. */
const Integers: readonly string[] = [
  ...["toFixed", "compare", "compareSignalling", "equal", "greaterEqual", "greater"],
  ...["absGreaterEqual", "absGreater"],
];

class RoutineEmitter extends HelperEmitter {
  readonly #scalarSlot: number | undefined;
  constructor(scalarSlot: number | undefined) {
    super(3);
    this.#scalarSlot = scalarSlot;
  }
  routine(operation: string, info: number, lanes: number | undefined): FunctionBody {
    const { arity } = fpOperations[fpOperationIndex(operation)] as FpOperation;
    const type = lanes === undefined ? "i64" : "v128";
    const args = [0, 1, 2].slice(0, arity).map((n) => this.local(n, type));
    if (lanes === undefined) this.#flushing(operation, info, args);
    const result = lanes === undefined
      ? this.fp(operation, info, ...args)
      : this.fpLanes(operation, info, lanes, ...args);
    asNode(result).emit(this.code);
    const number = lanes === undefined ? FpTypes.scalar : FpTypes.vector;
    return { type: number, locals: this.locals, code: this.code.view().slice() };
  }
  /** With FPCR.FZ alone, results are no others while neither operands nor result are subnormal. */
  #flushing(operation: string, packed: number, args: readonly Val[]): void {
    const { size, to } = unpackFpInfo(packed);
    const isInteger = operation === "fixedToFp";
    if (size === 16 && !isInteger || to === 16) return;
    this.if(this.w("i32.eq", this.field("fpcr"), this.i32(Fpcr.FZ)), () => {
      const fast = fastFp(this, operation, packed, args, "flushing");
      if (!fast?.holds) return;
      const result = this.let(fast.result);
      const checked: [Val, FpSize][] = isInteger ? [] : args.map((v) => [v, size]);
      if (!Integers.includes(operation)) checked.push([result, to || size]);
      const plain = checked.map(([v, bits]) => this.#isPlain(v, bits))
        .reduce((a, b) => this.w("i32.and", a, b), this.i32(1));
      this.if(this.w("i32.and", plain, fast.holds), () => {
        asNode(result).emit(this.code);
        this.code.byte(0x0f); // return
      });
    });
  }
  /** Not subnormal. */
  #isPlain(pattern: Val, size: FpSize): Val {
    const double = size === 64;
    const int = double ? "i64" : "i32";
    const constant = (v: bigint) => double ? this.i64(v) : this.i32(Number(v));
    const bits = double ? pattern : this.w("i32.wrap_i64", pattern);
    const magnitude = this.let(this.w(`${int}.shl`, bits, constant(1n)));
    const least = constant(double ? 1n << 53n : 1n << 24n);
    return this.w(
      "i32.or",
      this.w(`${int}.eqz`, magnitude),
      this.w(`${int}.ge_u`, magnitude, least),
    );
  }
  override fpExact(operation: string, info: number, args: readonly Val[]): Val {
    if (this.#scalarSlot !== undefined) {
      for (const v of [...args, this.i64(0), this.i64(0)].slice(0, 3)) asNode(v).emit(this.code);
      asNode(this.i32(this.#scalarSlot)).emit(this.code);
      this.code.bytes([0x11, FpTypes.scalar, 0]); // call_indirect
      const local = this.newLocal("i64");
      this.setLocal(local);
      return this.local(local, "i64");
    }
    const special = specialFp(this, operation, info, args);
    if (!special) return super.fpExact(operation, info, args);
    const result = this.variable("i64");
    this.if(special.holds, () => result.set(special.result), () => {
      result.set(super.fpExact(operation, info, args));
    });
    return result.get;
  }
}

/**
 * The function for an operation, on `lanes` elements of vectors or on scalars; that for vectors calls
 * the one for scalars, which is in table slot `scalarSlot`.
 */
export function emitFpRoutine(
  operation: string,
  info: number,
  lanes?: number,
  scalarSlot?: number,
): FunctionBody {
  return new RoutineEmitter(scalarSlot).routine(operation, info, lanes);
}
