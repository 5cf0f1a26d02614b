/**
 * What a region does when an access misses the TLB: TypeScript fills the entry or reads the device
 * that is there, and where neither will do, the interpreter executes the instruction.
 *
 * @module
 */

import { StateLayout } from "../../cpu/state.ts";
import { MemoryMap, Tlb } from "../../memory_map.ts";
import type { Val } from "../../isa/ops.ts";
import { asNode } from "../emitter.ts";
import { Fill, Imports } from "../imports.ts";
import type { RegionState } from "./region_state.ts";

const Call = 0x10;
const Mailbox = MemoryMap.window + StateLayout.mailbox;
const DeviceEntry = MemoryMap.window + StateLayout.deviceEntry;

/** An access that has missed. */
interface Miss {
  readonly va: Val;
  /** Address of the TLB context. */
  readonly context: Val;
  /** As `describeAccess` packs it. */
  readonly descriptor: number;
  /** Address of the instruction's record. */
  readonly record: Val;
  /** Instructions left, this one included. */
  readonly budget: Val;
  /** Leaves the region before the instruction, with so many instructions left. */
  leave(budget: Val): void;
}

/** Emits the call and what follows from it; the result is the entry to use, instead of `entry`. */
export function emitMiss(e: RegionState, miss: Miss, entry: Val): Val {
  const { va, context, record, budget } = miss;
  e.setField("accessAddress", va);
  e.setField("budget", e.w("i64.extend_i32_u", budget));
  const high = e.w("i64.shr_u", va, e.i64(32));
  const halves = [va, high, context].map((v) => e.w("i32.wrap_i64", v));
  for (const v of [record, e.i32(miss.descriptor), ...halves]) asNode(v).emit(e.code);
  e.code.byte(Call);
  e.code.uleb(Imports.fill);
  const local = e.newLocal("i32");
  e.setLocal(local);
  const answer = e.local(local, "i32");
  e.ifSeldom(answer, () => {
    // Where a device has shortened the run or raised an interrupt, the interpreter finishes.
    const now = e.let(e.w("i32.wrap_i64", e.field("budget")));
    const ended = e.w("i32.or", e.w("i32.ne", now, budget), e.field("attention"));
    const refused = e.w("i32.eq", answer, e.i32(Fill.refused));
    e.ifSeldom(e.w("i32.or", refused, ended), () => {
      e.setField("readAhead", e.select(refused, e.i32(0), record));
      miss.leave(now);
    });
    const addend = e.w("i64.sub", e.i64(Mailbox), va);
    e.setWide(e.i32(StateLayout.deviceEntry + Tlb.addend), addend);
  });
  return e.select(e.w("i32.eqz", answer), entry, e.i64(DeviceEntry));
}
