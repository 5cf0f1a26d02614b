/** How generated code tells the slow path what it wants, in one i32. @module */

import type { AccessKind, AccessOptions } from "../isa/ops.ts";

/** An access as the slow path sees it. */
export interface AccessDescriptor {
  readonly bytes: number;
  readonly kind: AccessKind;
  readonly unprivileged: boolean;
  /** The address must be a multiple of `unit` whatever SCTLR_ELx.A says. */
  readonly mustAlign: boolean;
  /** Bytes of one element. */
  readonly unit: number;
}

const Kinds: readonly AccessKind[] = ["read", "write", "update"];

/** Packs an access. */
export function describeAccess(bytes: number, kind: AccessKind, options: AccessOptions): number {
  const unit = options.align ?? options.element ?? bytes;
  return bytes | (Kinds.indexOf(kind) << 8) | (options.unprivileged ? 1 << 10 : 0) |
    (options.align ? 1 << 11 : 0) | (unit << 12);
}

/** A read with the rights of the level that executes. */
export function isPlainRead(word: number): boolean {
  return (word & (3 << 8 | 1 << 10)) === 0;
}

/** Bytes of an access. */
export function accessBytes(word: number): number {
  return word & 0xff;
}

const decoded = new Map<number, AccessDescriptor>();

/** Unpacks what {@linkcode describeAccess} packed. */
export function readAccessDescriptor(word: number): AccessDescriptor {
  let d = decoded.get(word);
  if (!d) {
    d = {
      bytes: word & 0xff,
      kind: Kinds[(word >> 8) & 3] as AccessKind,
      unprivileged: (word & (1 << 10)) !== 0,
      mustAlign: (word & (1 << 11)) !== 0,
      unit: word >> 12,
    };
    decoded.set(word, d);
  }
  return d;
}
