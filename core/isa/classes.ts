/** Every encoding class, in the order of DDI 0487 C4.1. @module */

import { atomics } from "./atomics.ts";
import { branches } from "./branches.ts";
import { dataProcessingImmediate } from "./data_processing_immediate.ts";
import { dataProcessingRegister } from "./data_processing_register.ts";
import { dataProcessingSources } from "./data_processing_sources.ts";
import { floatingPoint } from "./fp_classes.ts";
import type { AnyInsn } from "./insn.ts";
import { loadsStores } from "./loads_stores.ts";
import { scalableVector } from "./scalable_vector.ts";
import { advancedSimd } from "./simd_classes.ts";
import { system } from "./system.ts";

/** All instruction definitions; a class is known by its index here. */
export const instructionClasses: readonly AnyInsn[] = [
  ...dataProcessingImmediate,
  ...system,
  ...branches,
  ...dataProcessingRegister,
  ...dataProcessingSources,
  ...loadsStores,
  ...atomics,
  ...floatingPoint,
  ...advancedSimd,
  ...scalableVector,
];
