/** What has become of the code at an address: for listings and profiles. @module */

import { Records } from "../memory_map.ts";
import { Access } from "../mmu/walker.ts";
import { listTranslation } from "../engine/translate/listing.ts";
import type { Machine } from "./machine.ts";

/** Record of the instruction at `pc`, an address of the running core or else a physical one. */
function recordAt({ parts, mmu, running, runner }: Machine, pc: bigint): number | undefined {
  const high = Number(pc >> 32n);
  const pa = mmu.peek(running.index, high, Number(pc & 0xffff_ffffn), Access.execute);
  const host = parts.ram.hostOffset(pa >= 0 ? pa : Number(pc));
  return host < 0 ? undefined : runner.engine.recordAt(host);
}

/** Whether the instruction at `pc` has been translated. */
export function isTranslated(machine: Machine, pc: bigint): boolean {
  const { translator } = machine.runner.engine;
  const record = translator && recordAt(machine, pc);
  return record !== undefined && translator?.isTranslated(record) === true;
}

/** A listing of the translated region that holds the instruction at `pc`, if there is one. */
export function translationAt(machine: Machine, pc: bigint): string | undefined {
  const { engine } = machine.runner;
  const record = recordAt(machine, pc);
  const translation = record === undefined ? undefined : engine.translator?.explain(record);
  return translation && listTranslation(translation, {
    address: pc - (pc & 0xfffn),
    word: (index) => engine.wordAt(translation.records + index * Records.recordBytes),
  });
}
