/** The interrupts of a GIC that somebody has a use for, to be looked at. @module */

import type { InterruptView } from "../../core/board/irq.ts";
import type { Interrupts } from "./interrupts.ts";
import { word } from "./words.ts";

/** Those that are enabled, pending or active: private ones by core, then the shared ones. */
export function interruptList(interrupts: Interrupts): readonly InterruptView[] {
  const { state, config, banks } = interrupts;
  const views: InterruptView[] = [];
  for (let bank = 0; bank < banks; bank++) {
    const isPrivate = bank < config.cores;
    const pending = interrupts.pending(bank);
    const active = word(state.active, bank);
    // GICv2's SGIs cannot be disabled, so that says nothing of them.
    const fixed = isPrivate && config.sgis === "per-source" ? 0xffff : 0;
    const used = pending | active | (word(state.enabled, bank) & ~fixed);
    for (let bit = 0; bit < 32; bit++) {
      if (((used >>> bit) & 1) === 0) continue;
      const slot = bank * 32 + bit;
      const has = (bits: number) => ((bits >>> bit) & 1) !== 0;
      const targets = word(state.targets, slot);
      views.push({
        intid: isPrivate ? bit : (bank - config.cores + 1) * 32 + bit,
        ...(isPrivate ? { core: bank } : {}),
        enabled: has(word(state.enabled, bank)),
        pending: has(pending),
        active: has(active),
        edge: has(word(state.edge, bank)),
        priority: word(state.priority, slot),
        group: has(word(state.group, bank)) ? 1 : 0,
        targets: Array.from({ length: config.cores }, (_, core) => core)
          .filter((core) => (targets >>> core) & 1),
      });
    }
  }
  return views;
}
