/** Every encoding class, in the order of DDI 0487 C4.1. @module */

import { dataProcessingImmediate } from "./data_processing_immediate.ts";
import type { AnyInsn } from "./insn.ts";

/** All instruction definitions; a class is known by its index here. */
export const instructionClasses: readonly AnyInsn[] = [
  ...dataProcessingImmediate,
];
