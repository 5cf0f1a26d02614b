/**
 * What both stages of a table walk share: access kinds, results, descriptor memory.
 *
 * @module
 */

import { emptyFault, type Fault, type FaultKind } from "./fault.ts";
import { swap32 } from "./descriptors.ts";
import type { MmuHost } from "./host.ts";

/** Kinds of access, as bits so that a set of permissions is their sum. */
export const Access = { read: 1, write: 2, execute: 4, all: 7 } as const;

/** Outcome of stage 2. */
export interface Stage2Result {
  pa: number;
  /** log2 of the mapping's size. */
  pageBits: number;
  /** `Access` bits. */
  permissions: number;
  /** MemAttr[3:0]. */
  memAttr: number;
  shareability: number;
  /** Level of the descriptor that gave the mapping. */
  level: number;
}

/** Outcome of a whole translation; one record is reused. */
export interface Translation {
  /** Physical address of the byte asked for; the intermediate one when stage 2 was left out. */
  pa: number;
  /** log2 of the stage 1 mapping's size: what TLBI by VA acts on. 12 while stage 1 is off. */
  stage1Bits: number;
  /** log2 of the largest range around `pa` that both stages map alike. */
  pageBits: number;
  /** `Access` bits the privilege asked for holds, and a TLB may grant without a new walk. */
  permissions: number;
  /** Device memory. */
  device: boolean;
  /** Device only because stage 1 is off: alignment is checked for the whole regime anyway. */
  flat: boolean;
  /** Memory attributes as a MAIR byte, and SH. */
  attribute: number;
  shareability: number;
  /** Valid for every ASID. */
  global: boolean;
}

/** Pages of stage 1 tables whose stage 2 translation is remembered. */
const RememberedPages = 64;

/** Working storage of walks on one machine. */
export interface Walker {
  readonly host: MmuHost;
  /** The whole linear memory. */
  readonly words: Uint32Array;
  readonly fault: Fault;
  readonly result: Translation;
  readonly stage2: Stage2Result;
  /** Intermediate page of a stage 1 table → its offset in the linear memory. */
  readonly tableIpa: Float64Array;
  readonly tableHost: Float64Array;
  /** Whether anything is remembered in the two above. */
  tablesRemembered: boolean;
}

/** Working storage for walks over `host`'s memory. */
export function createWalker(host: MmuHost): Walker {
  return {
    host,
    words: new Uint32Array(host.memory),
    fault: emptyFault(),
    result: {
      pa: 0,
      stage1Bits: 12,
      pageBits: 12,
      permissions: 0,
      device: false,
      flat: false,
      attribute: 0,
      shareability: 0,
      global: false,
    },
    stage2: { pa: 0, pageBits: 12, permissions: 0, memAttr: 0, shareability: 0, level: 0 },
    tableIpa: new Float64Array(RememberedPages).fill(-1),
    tableHost: new Float64Array(RememberedPages),
    tablesRemembered: false,
  };
}

/** Forgets where stage 1 tables lie; due whenever stage 2 may have changed. */
export function forgetTables(walker: Walker): void {
  if (!walker.tablesRemembered) return;
  walker.tableIpa.fill(-1);
  walker.tablesRemembered = false;
}

/** Slot of a page in the memory of stage 1 table pages. */
export function tableSlot(page: number): number {
  return (page / 4096) & (RememberedPages - 1);
}

/** Records a fault of stage 1; returns false, which is what the caller returns. */
export function fail(walker: Walker, kind: FaultKind, level: number): boolean {
  const fault = walker.fault;
  fault.kind = kind;
  fault.level = level;
  fault.stage2 = false;
  fault.s1ptw = false;
  fault.walk = false;
  fault.ipa = 0;
  return false;
}

/** Records a fault of stage 2 for `ipa`; returns false. */
export function failStage2(walker: Walker, kind: FaultKind, level: number, ipa: number): boolean {
  fail(walker, kind, level);
  walker.fault.stage2 = true;
  walker.fault.ipa = ipa;
  return false;
}

/** A descriptor's half as the table's byte order has it. */
export function inOrder(word: number, bigEndian: boolean): number {
  return bigEndian ? swap32(word) : word;
}

/**
 * Rewrites the low half of the descriptor at linear-memory offset `at` (hardware update of the
 * access flag and of the dirty state).
 */
export function updateDescriptor(
  walker: Walker,
  at: number,
  bigEndian: boolean,
  set: number,
  clear: number,
): void {
  const host = walker.host;
  if (host.isCodePage(at - (at & 4095))) host.codeWritten(at, 8);
  const index = at / 4 + (bigEndian ? 1 : 0);
  const word = inOrder(walker.words[index] as number, bigEndian);
  walker.words[index] = inOrder((word | set) & ~clear, bigEndian);
}
