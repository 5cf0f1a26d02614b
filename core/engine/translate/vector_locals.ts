/**
 * V registers in the locals of a region: as numbers where the region knows a register as a scalar of
 * one precision only, so that scalar code needs no conversions, else as vectors.
 *
 * @module
 */

import { StateLayout } from "../../cpu/state.ts";
import type { Val } from "../../isa/ops.ts";
import type { WasmType } from "../../isa/wasm_ops.ts";
import { asNode, type Emitter, stateAddress } from "../emitter.ts";

/** What a register is kept as. A number's register has zeros above it once it has been written. */
export type VectorKind = "v128" | "f64" | "f32";

/** Registers of which the kind is known before code is emitted, by offset in the state. */
export type VectorKinds = Map<number, VectorKind>;

interface Vector {
  readonly offset: number;
  readonly kind: VectorKind;
  readonly local: number;
  /** Only known constants were written, so that the kind was a guess. */
  guess: boolean;
}

const VectorBytes = 16;

/** Told of what instructions do to registers, by number. */
export interface VectorNotes {
  read(register: number): void;
  write(register: number): void;
}

/** The V registers of one region. */
export class VectorLocals {
  readonly #e: Emitter;
  readonly #ownLocal: (type: WasmType) => number;
  readonly #kinds: VectorKinds;
  readonly #notes: VectorNotes;
  readonly #vectors = new Map<number, Vector>();
  /** Local of bits by register: which numbers were written. */
  #touched: number | undefined;
  /** Those written since the block began, which the local does not know. */
  pending = 0n;
  /** Some register's kind was wrong: what was emitted is, too, and `kinds` knows better. */
  failed = false;

  constructor(
    e: Emitter,
    ownLocal: (type: WasmType) => number,
    kinds: VectorKinds,
    notes: VectorNotes,
  ) {
    this.#e = e;
    this.#notes = notes;
    this.#ownLocal = ownLocal;
    this.#kinds = kinds;
  }

  /** What listings call the locals. */
  names(): (readonly [local: number, name: string])[] {
    return [...this.#vectors.values()].map(({ offset, kind, local }) => {
      const letter = { v128: "v", f64: "d", f32: "s" }[kind];
      return [local, `${letter}${(offset - StateLayout.v) / VectorBytes}`];
    });
  }

  /** The register at `offset`, seen as `kind`; the first to ask decides. */
  #vector(offset: number, kind: VectorKind, guess = false): Vector {
    const known = this.#vectors.get(offset);
    if (known) {
      if (known.kind !== kind && !guess) this.#mistaken(known, kind);
      if (known.kind === kind && !guess) known.guess = false;
      return known;
    }
    const chosen = this.#kinds.get(offset) ?? kind;
    const local = this.#ownLocal(chosen);
    const v = { offset, kind: chosen, local, guess };
    this.#vectors.set(offset, v);
    return this.#vector(offset, kind, guess);
  }
  #mistaken({ offset, kind, guess }: Vector, wanted: VectorKind): void {
    if (kind === "v128") return;
    this.#kinds.set(offset, guess && !this.#kinds.has(offset) ? wanted : "v128");
    this.failed = true;
  }

  #get({ offset, local, kind }: Vector): Val {
    this.#notes.read(numberOf(offset));
    return this.#e.let(this.#e.local(local, kind));
  }
  #set(v: Vector, value: Val): void {
    const e = this.#e;
    asNode(value).emit(e.code);
    e.setLocal(v.local);
    this.#notes.write(numberOf(v.offset));
    if (v.kind === "v128") return;
    this.#touched ??= this.#ownLocal("i64");
    this.pending |= bitOf(v);
  }
  /** Notes for the paths from here what was written, except for what is in `known`. */
  settle(known = 0n): void {
    const e = this.#e;
    const bits = this.pending & ~known;
    if (bits === 0n || this.#touched === undefined) return;
    asNode(e.w("i64.or", e.local(this.#touched, "i64"), e.i64(bits))).emit(e.code);
    e.setLocal(this.#touched);
  }

  /** A whole register. */
  read(offset: number): Val {
    const v = this.#vector(offset, "v128");
    return v.kind === "v128" ? this.#get(v) : this.#e.v128(0n, 0n);
  }
  write(offset: number, value: Val): void {
    const v = this.#vector(offset, "v128");
    if (v.kind === "v128") this.#set(v, value);
  }

  /** The low bits of a register as i64: 64 of them, or 32 and zeros. */
  scalar(size: number, offset: number): Val {
    const e = this.#e;
    if (size < 32) return this.part(64, offset);
    const v = this.#vector(offset, size === 64 ? "f64" : "f32");
    if (v.kind !== "v128") return pattern(e, this.#get(v));
    const name = size === 64 ? "f64x2.extract_lane" : "f32x4.extract_lane";
    return pattern(e, e.let(e.lane(name, 0, this.#get(v))));
  }
  /** Writes the low bits, given as i64, and zeros above them; `any`: of whatever kind. */
  writeScalar(size: number, offset: number, value: Val, any?: "any"): void {
    const e = this.#e;
    const { constant } = asNode(value);
    const small = constant !== undefined && constant >= 0n && constant < 1n << 32n;
    let kind: VectorKind = size === 64 ? "f64" : size === 32 ? "f32" : "v128";
    if (any && constant === undefined) kind = "v128";
    const v = this.#vector(offset, kind, small && any !== undefined);
    if (v.kind === "v128") {
      const number = asNode(value).view?.name === "i64.reinterpret_f64";
      const [name, part] = number
        ? ["f64x2.replace_lane", e.w("f64.reinterpret_i64", value)] as const
        : ["i64x2.replace_lane", value] as const;
      this.#set(v, e.lane(name, 0, e.v128(0n, 0n), part));
    } else if (v.kind === "f64") this.#set(v, e.w("f64.reinterpret_i64", value));
    else this.#set(v, e.w("f32.reinterpret_i32", e.w("i32.wrap_i64", value)));
  }

  /** 64 or 32 bits at any byte, as i64 or i32; what those near the end have above is of no account. */
  part(size: 64 | 32, offset: number): Val {
    const e = this.#e;
    const byte = (offset - StateLayout.v) % VectorBytes;
    const known = this.#vectors.get(offset)?.kind ?? this.#kinds.get(offset);
    if (byte === 0 && known === (size === 64 ? "f64" : "f32")) {
      const bits = this.scalar(size, offset);
      return size === 64 ? bits : e.w("i32.wrap_i64", bits);
    }
    const v = this.read(offset - byte);
    const name = size === 64 ? "i64x2.extract_lane" : "i32x4.extract_lane";
    if (byte % (size / 8) === 0) return e.let(e.lane(name, byte / (size / 8), v));
    const rotated = e.shuffle(Array.from({ length: 16 }, (_, i) => (i + byte) % 16), v, v);
    return e.let(e.lane(name, 0, rotated));
  }
  /** Writes half a register. */
  setPart(offset: number, value: Val): void {
    const byte = (offset - StateLayout.v) % VectorBytes;
    const vector = offset - byte;
    this.write(
      vector,
      this.#e.lane("i64x2.replace_lane", byte / 8, this.read(vector), value),
    );
  }

  /** Loads what is in locals, of `needed` registers. */
  load(needed: { has(register: number): boolean }): void {
    const e = this.#e;
    for (const { offset, kind, local } of this.#vectors.values()) {
      if (!needed.has(numberOf(offset))) continue;
      asNode(e.loadAt(`${kind}.load`, stateAddress(offset))).emit(e.code);
      e.setLocal(local);
    }
  }
  /** Stores those of `dirty` that were written; of `pending` ones the path knows it. */
  store(dirty: { has(register: number): boolean }, pending: bigint): void {
    const e = this.#e;
    for (const v of this.#vectors.values()) {
      if (!dirty.has(numberOf(v.offset))) continue;
      const store = () => {
        if (v.kind !== "v128") e.storeAt("v128.store", stateAddress(v.offset), e.v128(0n, 0n));
        e.storeAt(`${v.kind}.store`, stateAddress(v.offset), e.local(v.local, v.kind));
      };
      if (v.kind === "v128" || (pending & bitOf(v)) !== 0n) store();
      else {
        const touched = e.local(this.#touched as number, "i64");
        const bit = e.w("i64.and", touched, e.i64(bitOf(v)));
        asNode(e.w("i64.ne", bit, e.i64(0))).emit(e.code);
        e.code.bytes([0x04, 0x40]);
        store();
        e.code.byte(0x0b);
      }
    }
  }
}

/** Number of a V register in journals, after those of the X registers. */
const numberOf = (offset: number) => FirstVector + (offset - StateLayout.v) / VectorBytes;
const FirstVector = 34;

/** A bit for each register, which fits a positive constant. */
const bitOf = ({ offset }: Vector) => 1n << BigInt((offset - StateLayout.v) / VectorBytes);

/** A number's bits as i64. */
function pattern(e: Emitter, number: Val): Val {
  if (asNode(number).type === "f64") return e.w("i64.reinterpret_f64", number);
  return e.w("i64.extend_i32_u", e.w("i32.reinterpret_f32", number));
}
