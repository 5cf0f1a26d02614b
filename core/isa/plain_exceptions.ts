/**
 * Exceptions, returns and changes of translation tables in generated code, where nothing unusual is
 * about: no trap, no interrupt, no control register written since the mode was entered last.
 *
 * Each does all or nothing: where a condition fails, `execute` does it in TypeScript.
 *
 * @module
 */

import {
  AsidControl,
  AsidCount,
  AsidEntry,
  ContextWords,
  ModeBit,
  ModeEntry,
  PlainCall,
  Spsr,
} from "../cpu/modes.ts";
import { StateLayout } from "../cpu/state.ts";
import { slotOffset } from "../cpu/system_register_slots.ts";
import { AccessGuard } from "../cpu/system_register_traps.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";

/** PSTATE fields that only some cores have, and their bits in an SPSR. */
const OptionalFields = [["dit", 24], ["uao", 23], ["pan", 22], ["ssbs", 12]] as const;

/** Offset of the vector for synchronous exceptions from a lower level. */
const LowerSync = 0x400;
/** Bits of SCTLR_ELx. */
const Sctlr = { SPAN: 23, DSSBS: 44 } as const;

const and = (op: Ops, a: Val, b: Val) => op.w("i32.and", a, b);
const or = (op: Ops, a: Val, b: Val) => op.w("i32.or", a, b);
const bitOf = (op: Ops, v: Val, n: number) => and(op, op.w("i32.shr_u", v, op.i32(n)), op.i32(1));
const isSet = (op: Ops, v: Val, bits: number) =>
  op.w("i32.ne", and(op, v, op.i32(bits)), op.i32(0));

/** What a mode loads. */
interface Entry {
  readonly at: Val;
  readonly tlb: Val;
  readonly tlbUnprivileged: Val;
}

/** The entry of the mode with number `number`; its contexts are 0 when it cannot be used. */
function entryOf(op: Ops, number: Val): Entry {
  const at = op.let(op.w(
    "i32.add",
    op.w("i32.mul", number, op.i32(ModeEntry.bytes)),
    op.i32(StateLayout.modes),
  ));
  const known = op.word(at, ModeEntry.isDerived);
  // An entry without contexts names offset 0 of the block, which is X0: it must not be used as one.
  const context = (offset: number) => {
    const place = op.word(at, offset);
    const address = op.word(place, 0);
    const isKnown = and(op, known, op.w("i32.ne", place, op.i32(0)));
    return op.let(op.select(isKnown, address, op.i32(0)));
  };
  return {
    at,
    tlb: context(ModeEntry.tlb),
    tlbUnprivileged: context(ModeEntry.tlbUnprivileged),
  };
}

const isUsable = (op: Ops, { tlb, tlbUnprivileged }: Entry) =>
  and(op, op.w("i32.ne", tlb, op.i32(0)), op.w("i32.ne", tlbUnprivileged, op.i32(0)));

function enterMode(op: Ops, entry: Entry): void {
  for (const name of ["spCheck", "fpTrap", "sysregTrap"] as const) {
    op.setField(name, op.word(entry.at, ModeEntry[name]));
  }
  const aligned = op.word(entry.at, ModeEntry.alignMask);
  op.setField("alignMask", op.w("i64.extend_i32_s", aligned));
  setContexts(op, entry);
  op.setField("mode", entry.at);
}

function setContexts(op: Ops, { tlb, tlbUnprivileged }: Pick<Entry, "tlb" | "tlbUnprivileged">) {
  op.setField("tlb", op.w("i64.extend_i32_u", tlb));
  op.setField("tlbUnprivileged", op.w("i64.extend_i32_u", tlbUnprivileged));
}

/** Offset of the bank of SP that EL and SPSel select: SP_EL0 to SP_EL2 follow one another. */
function bankOf(op: Ops, el: Val, spSel: Val): Val {
  const index = op.w("i32.mul", el, spSel);
  return op.w("i32.add", op.w("i32.shl", index, op.i32(3)), op.i32(slotOffset("SP_EL0")));
}

function switchStack(op: Ops, sp: SlotRef, el: Val, spSel: Val): void {
  op.setWide(op.let(bankOf(op, op.field("el"), op.field("spSel"))), op.x(sp));
  op.setX(sp, op.wide(op.let(bankOf(op, el, spSel))));
  op.setField("el", el);
  op.setField("spSel", spSel);
}

const setRegister = (op: Ops, slot: Parameters<typeof slotOffset>[0], value: Val) =>
  op.setWide(op.i32(slotOffset(slot)), value);

/** SVC from EL0 to EL1, HVC from EL1 to EL2; `syndrome` is the ESR. */
export function plainCall(op: Ops, kind: "svc" | "hvc", sp: SlotRef, syndrome: Val): void {
  const to = kind === "svc" ? 1 : 2;
  const allowed = and(
    op,
    op.field("plainCalls"),
    op.i32(to === 1 ? PlainCall.guest : PlainCall.hvc),
  );
  const isQuiet = op.w("i32.eqz", op.field("interruptsHigh"));
  const isBelow = op.w("i32.eq", op.field("el"), op.i32(to - 1));
  const sctlr = op.wide(op.i32(slotOffset(to === 1 ? "SCTLR_EL1" : "SCTLR_EL2")));
  const has = op.field("pstateMask");
  const bitOfSctlr = (n: number) =>
    op.w("i32.wrap_i64", op.w("i64.and", op.w("i64.shr_u", sctlr, op.i64(n)), op.i64(1)));
  // Only what goes to EL1 sets PAN here: a host's EL0 calls EL2 in TypeScript.
  const setsPan = to === 1
    ? and(op, bitOf(op, has, 22), op.w("i32.eqz", bitOfSctlr(Sctlr.SPAN)))
    : op.i32(0);
  const pan = op.let(or(op, op.field("pan"), setsPan));
  const number = or(
    op,
    op.i32(to * ModeBit.el | ModeBit.spSel),
    op.w("i32.mul", pan, op.i32(ModeBit.pan)),
  );
  const entry = entryOf(op, number);
  const allowedNow = and(op, op.w("i32.ne", allowed, op.i32(0)), and(op, isQuiet, isBelow));
  op.if(and(op, allowedNow, isUsable(op, entry)), () => {
    const at = (v: Val, n: number) => op.w("i32.shl", v, op.i32(n));
    let spsr = or(op, op.nzcv(), op.field("daif"));
    spsr = or(op, spsr, or(op, at(op.field("el"), 2), op.field("spSel")));
    spsr = or(op, spsr, at(op.field("ss"), 21));
    for (const [name, bit] of OptionalFields) spsr = or(op, spsr, at(op.field(name), bit));
    setRegister(op, to === 1 ? "SPSR_EL1" : "SPSR_EL2", op.w("i64.extend_i32_u", spsr));
    const next = op.w("i64.add", op.pc(), op.i64(4));
    setRegister(op, to === 1 ? "ELR_EL1" : "ELR_EL2", next);
    setRegister(op, to === 1 ? "ESR_EL1" : "ESR_EL2", syndrome);
    switchStack(op, sp, op.i32(to), op.i32(1));
    op.setField("daif", op.i32(Spsr.DAIF));
    op.setField("pan", pan);
    op.setField("uao", op.i32(0));
    op.setField("ssbs", and(op, bitOf(op, has, 12), bitOfSctlr(Sctlr.DSSBS)));
    op.setField("ss", op.i32(0));
    op.setField("calledFromBelow", op.i32(1));
    enterMode(op, entry);
    const vbar = op.wide(op.i32(slotOffset(to === 1 ? "VBAR_EL1" : "VBAR_EL2")));
    op.jumpTo(op.w("i64.add", vbar, op.i64(LowerSync)));
  });
  op.execute();
}

/** ERET to EL0 or EL1. */
export function plainReturn(op: Ops, sp: SlotRef): void {
  const el = op.field("el");
  const fromEl2 = op.w("i32.eq", el, op.i32(2));
  const banked = (name: "SPSR" | "ELR") =>
    op.wide(op.let(op.select(
      fromEl2,
      op.i32(slotOffset(`${name}_EL2`)),
      op.i32(slotOffset(`${name}_EL1`)),
    )));
  const spsr = op.let(op.w("i32.wrap_i64", banked("SPSR")));
  const target = op.let(and(op, op.w("i32.shr_u", spsr, op.i32(2)), op.i32(3)));
  const spSel = op.let(and(op, spsr, op.i32(1)));
  const optional = op.let(and(op, spsr, op.field("pstateMask")));
  let number = or(
    op,
    op.w("i32.mul", target, op.i32(ModeBit.el)),
    op.w("i32.mul", spSel, op.i32(ModeBit.spSel)),
  );
  // Targets above EL1 are refused below; the number stays in the table.
  number = and(op, number, op.i32(ModeBit.el | ModeBit.spSel));
  number = or(op, number, op.w("i32.mul", bitOf(op, optional, 22), op.i32(ModeBit.pan)));
  number = or(op, number, op.w("i32.mul", bitOf(op, optional, 23), op.i32(ModeBit.uao)));
  const entry = entryOf(op, number);
  const unusual = isSet(op, spsr, Spsr.nRW | 2 | Spsr.SS | Spsr.IL);
  const toTop = op.w("i32.gt_u", target, op.i32(1));
  const atBottom = op.w("i32.eqz", el);
  const wrongStack = op.w("i32.gt_u", spSel, target);
  const hosted = op.w("i32.eqz", and(op, op.field("plainCalls"), op.i32(PlainCall.guest)));
  const refused = or(
    op,
    or(op, or(op, unusual, toTop), or(op, atBottom, wrongStack)),
    or(op, hosted, op.field("interruptsHigh")),
  );
  op.if(and(op, op.w("i32.eqz", refused), isUsable(op, entry)), () => {
    const pc = banked("ELR");
    switchStack(op, sp, target, spSel);
    op.setNzcv(spsr);
    op.setField("daif", and(op, spsr, op.i32(Spsr.DAIF)));
    for (const [name, bit] of OptionalFields) op.setField(name, bitOf(op, optional, bit));
    op.setField("ss", op.i32(0));
    op.setField("exclusiveBytes", op.i32(0));
    op.setField("eventRegister", op.i32(1));
    enterMode(op, entry);
    op.jumpTo(pc);
  });
  op.execute();
}

/** Changes DAIF unless that is trapped or lets an interrupt come. */
export function plainDaif(op: Ops, value: Val): void {
  const daif = op.let(value);
  const all = op.w("i32.xor", daif, op.i32(Spsr.DAIF));
  const waiting = or(op, op.field("attention"), and(op, op.field("interruptMaskable"), all));
  const trapped = and(op, op.field("sysregTrap"), op.i32(AccessGuard.el0));
  op.if(or(op, waiting, trapped), () => op.execute(), () => op.setField("daif", daif));
}

/** MSR TTBR0_EL1 or TTBR1_EL1 at EL1; `place` is the register's storage. */
export function plainTables(op: Ops, fromTtbr1: boolean, place: SlotRef, value: Val): void {
  const guards = AccessGuard.tvm | AccessGuard.redirected;
  const trapped = and(op, op.field("sysregTrap"), op.i32(guards));
  const control = op.field("asidControl");
  const isAtEl1 = op.w("i32.eq", op.field("el"), op.i32(1));
  const free = and(op, isSet(op, control, AsidControl.known), isAtEl1);
  const tables = op.let(value);
  const store = () => {
    op.setX(place, tables);
    op.setField("tablesChanged", op.i32(1));
  };
  op.if(or(op, trapped, op.w("i32.eqz", free)), () => op.execute(), () => {
    const decides = op.w("i32.eq", isSet(op, control, AsidControl.fromTtbr1), op.i32(+fromTtbr1));
    op.if(decides, () => {
      const high = op.w("i32.wrap_i64", op.w("i64.shr_u", tables, op.i64(48)));
      const asid = op.let(and(op, high, and(op, control, op.i32(AsidControl.mask))));
      const index = and(op, asid, op.i32(AsidCount - 1));
      const entry = op.let(op.w(
        "i32.add",
        op.w("i32.mul", index, op.i32(AsidEntry.bytes)),
        op.i32(StateLayout.asids),
      ));
      const isKnown = op.w(
        "i32.eq",
        op.word(entry, AsidEntry.key),
        op.w("i32.add", asid, op.i32(1)),
      );
      // At EL1 the contexts of the mode are those of EL1&0, as in the entry.
      const context = (name: "tlb" | "tlbUnprivileged") => {
        const variant = op.w(
          "i32.sub",
          op.word(op.field("mode"), ModeEntry[name]),
          op.i32(StateLayout.contexts),
        );
        return op.word(op.let(op.w("i32.add", entry, variant)), AsidEntry.contexts);
      };
      const contexts = { tlb: context("tlb"), tlbUnprivileged: context("tlbUnprivileged") };
      const ready = and(
        op,
        op.w("i32.ne", contexts.tlb, op.i32(0)),
        op.w("i32.ne", contexts.tlbUnprivileged, op.i32(0)),
      );
      op.if(and(op, isKnown, ready), () => {
        store();
        for (let i = 0; i < ContextWords.variants; i++) {
          const context = op.word(entry, AsidEntry.contexts + i * 4);
          op.setWord(op.i32(StateLayout.contexts + i * 4), context);
        }
        setContexts(op, contexts);
      }, () => op.execute());
    }, store);
  });
}
