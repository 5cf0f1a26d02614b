/** A region's code, once its emitter has no wrong guesses any more. @module */

import type { FunctionBody } from "../wasm_module.ts";
import type { Region } from "./region.ts";
import { type ExplainedRegion, RegionEmitter } from "./region_emitter.ts";
import type { RegionPlace } from "./region_exits.ts";
import type { RegionHints } from "./region_state.ts";

function emitted(region: Region, place: RegionPlace): readonly [RegionEmitter, FunctionBody] {
  const hints: RegionHints = { kinds: new Map(), writesFpsr: false, readsLate: false };
  for (;;) {
    const e = new RegionEmitter(region, place, hints);
    const body = e.emit();
    if (!e.failed) return [e, body];
  }
}

/** Code of the region, as a handler for the record of its entry. */
export function emitRegion(region: Region, place: RegionPlace): FunctionBody {
  return emitted(region, place)[1];
}

/** The same with explanations. */
export function explainRegion(region: Region, place: RegionPlace): ExplainedRegion {
  const [emitter, body] = emitted(region, place);
  return { body, ...emitter.explain() };
}
