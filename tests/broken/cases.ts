/** All broken input. @module */

import type { BrokenCase } from "./broken_case.ts";
import { descriptions } from "./descriptions.ts";
import { images } from "./images.ts";
import { options } from "./options.ts";
import { trees } from "./trees.ts";

export const cases: readonly BrokenCase[] = [...descriptions, ...images, ...trees, ...options];
