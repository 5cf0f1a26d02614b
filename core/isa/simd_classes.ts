/** Advanced SIMD on integers and cryptographic instructions: all its encoding classes. @module */

import { cryptoAes } from "./crypto_aes.ts";
import { cryptoSha } from "./crypto_sha.ts";
import { cryptoSha512 } from "./crypto_sha512.ts";
import { cryptoSm } from "./crypto_sm.ts";
import type { AnyInsn } from "./insn.ts";
import { simdAcross } from "./simd_across.ts";
import { simdByElement } from "./simd_by_element.ts";
import { simdLoadsStores } from "./simd_loads_stores.ts";
import { simdMoves } from "./simd_moves.ts";
import { simdPermutes } from "./simd_permutes.ts";
import { simdShiftImmediate } from "./simd_shift_immediate.ts";
import { simdThreeDifferent } from "./simd_three_different.ts";
import { simdThreeSame } from "./simd_three_same.ts";
import { simdThreeSameExtra } from "./simd_three_same_extra.ts";
import { simdTwoMisc } from "./simd_two_misc.ts";

/** The definitions of these files. */
export const advancedSimd: readonly AnyInsn[] = [
  ...simdLoadsStores,
  ...simdMoves,
  ...simdPermutes,
  ...simdThreeSame,
  ...simdThreeSameExtra,
  ...simdThreeDifferent,
  ...simdByElement,
  ...simdTwoMisc,
  ...simdAcross,
  ...simdShiftImmediate,
  ...cryptoAes,
  ...cryptoSha,
  ...cryptoSha512,
  ...cryptoSm,
];
