/** Looks at where addresses lead without changing anything: no TLB, no table, no register. @module */

import { StateLayout } from "../cpu/state.ts";
import { SystemSlots } from "../cpu/system_register_slots.ts";
import { type MmuHost, type MmuRegister, MmuRegisters } from "../mmu/host.ts";
import { emptyRegime, readRegime, type RegimeKind, Variant } from "../mmu/regime.ts";
import { Translate, translate } from "../mmu/translate.ts";
import { Access, createWalker } from "../mmu/walker.ts";
import type { Machine } from "./machine.ts";
import { mmuHost } from "./mmu_host.ts";

/** Physical address that `va` leads to; undefined when a read of the privileged level would fault. */
export type Look = (va: bigint) => number | undefined;

/** Translates as a core would whose registers are these. */
export function lookThrough(
  machine: Machine,
  kind: typeof RegimeKind[keyof typeof RegimeKind],
  register: (name: MmuRegister) => bigint,
): Look {
  const host: MmuHost = mmuHost(machine.parts, {
    cores: () => machine.cores,
    code: () => machine.runner.engine,
  });
  const slots = StateLayout.systemRegisterSlots;
  const words = new Uint32Array(StateLayout.systemRegisters / 4 + slots * 2);
  const registers = new BigUint64Array(words.buffer, StateLayout.systemRegisters, slots);
  for (const name of MmuRegisters) registers[SystemSlots[name]] = register(name);
  const regime = emptyRegime(kind, host.registerSlots);
  readRegime(host, words, 0, regime);
  const walker = createWalker(host);
  return (va) => {
    const [high, low] = [Number(va >> 32n), Number(va & 0xffff_ffffn)];
    const { read } = Access;
    const { privileged } = Variant;
    return translate(walker, regime, high, low, read, privileged, Translate.pure)
      ? walker.result.pa
      : undefined;
  };
}
