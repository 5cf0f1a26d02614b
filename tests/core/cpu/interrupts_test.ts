import { assertEquals } from "@std/assert";
import { AttentionInterrupt, pendingInterrupt, wakes } from "../../../core/cpu/interrupts.ts";
import { writePstate } from "../../../core/cpu/pstate.ts";
import { type El, Line } from "../../../core/cpu/types.ts";
import { mrs, rig, set } from "./rig.ts";

const Imo = 1n << 4n;
const Fmo = 1n << 3n;
const Vi = 1n << 7n;
const Tge = 1n << 27n;
const E2h = 1n << 34n;
const Masked = 0x3c0;

function at(el: El, hcr: bigint, lines: number, daif: number, hasEl2 = true) {
  const parts = rig({ el, cpu: "max", hasEl2 });
  if (hasEl2) set(parts.core, "HCR_EL2", hcr);
  set(parts.core, "DAIF", BigInt(daif));
  parts.core.setLine(lines, true);
  return parts.core;
}

const pending = (...args: Parameters<typeof at>) => pendingInterrupt(at(...args));

Deno.test("interrupts: without routing, IRQ and FIQ go to EL1 and PSTATE masks them", () => {
  assertEquals(pending(1, 0n, Line.irq, 0), { kind: "irq", to: 1 });
  assertEquals(pending(0, 0n, Line.fiq, 0), { kind: "fiq", to: 1 });
  assertEquals(pending(1, 0n, Line.irq, 0x80), undefined);
  assertEquals(pending(1, 0n, Line.irq, 0x40), { kind: "irq", to: 1 });
  assertEquals(pending(1, 0n, Line.irq, 0, false), { kind: "irq", to: 1 });
});

Deno.test("interrupts: what EL1 takes stays pending while at EL2", () => {
  assertEquals(pending(2, 0n, Line.irq, 0), undefined);
});

Deno.test("interrupts: IMO and FMO route to EL2, which lower levels cannot mask", () => {
  assertEquals(pending(1, Imo, Line.irq, Masked), { kind: "irq", to: 2 });
  assertEquals(pending(0, Fmo, Line.fiq, Masked), { kind: "fiq", to: 2 });
  assertEquals(pending(2, Imo, Line.irq, Masked), undefined);
  assertEquals(pending(2, Imo, Line.irq, 0), { kind: "irq", to: 2 });
});

Deno.test("interrupts: TGE routes all to EL2; in the host EL0 can mask", () => {
  assertEquals(pending(0, Tge, Line.irq, Masked), { kind: "irq", to: 2 });
  assertEquals(pending(0, Tge | E2h, Line.irq, Masked), undefined);
  assertEquals(pending(0, Tge | E2h, Line.irq, 0), { kind: "irq", to: 2 });
  assertEquals(pending(2, Tge | E2h, Line.irq, 0), { kind: "irq", to: 2 });
});

Deno.test("interrupts: virtual ones go to EL1 when enabled, from the line or from HCR_EL2", () => {
  assertEquals(pending(1, Imo, Line.virq, 0), { kind: "virq", to: 1 });
  assertEquals(pending(1, Imo | Vi, 0, 0), { kind: "virq", to: 1 });
  assertEquals(pending(1, Imo | Vi, 0, 0x80), undefined);
  assertEquals(pending(1, 0n, Line.virq, 0), undefined);
  assertEquals(pending(2, Imo | Vi, Line.virq, 0), undefined);
  assertEquals(pending(0, Imo | Vi | Tge, Line.virq, 0), undefined);
  assertEquals(pending(0, Fmo, Line.vfiq, 0), { kind: "vfiq", to: 1 });
  assertEquals(pending(1, 1n << 5n | 1n << 8n, 0, 0), { kind: "vserror", to: 1 });
});

Deno.test("interrupts: attention says whether one can be taken, and leaves other bits alone", () => {
  const core = at(1, 0n, Line.irq, Masked);
  core.state.setU32("attention", core.state.u32("attention") | 8);
  assertEquals([core.state.u32("attention"), core.state.u32("interruptMaskable")], [8, 0x80]);
  writePstate(core, 3, 7, 2); // DAIFClr #I
  assertEquals(core.state.u32("attention"), 8 | AttentionInterrupt);
  writePstate(core, 3, 6, 2); // DAIFSet #I
  assertEquals(core.state.u32("attention"), 8);
  set(core, "HCR_EL2", Imo);
  assertEquals(core.state.u32("attention"), 8 | AttentionInterrupt);
  core.setLine(Line.irq, false);
  assertEquals(core.state.u32("attention"), 8);
});

Deno.test("interrupts: WFI ends for a masked interrupt, but not for a virtual one that is off", () => {
  assertEquals(wakes(at(1, 0n, Line.irq, Masked)), true);
  assertEquals(wakes(at(1, Imo, Line.virq, Masked)), true);
  assertEquals(wakes(at(1, 0n, Line.virq, Masked)), false);
  assertEquals(wakes(at(1, 0n, 0, 0)), false);
});

Deno.test("interrupts: ISR_EL1 shows virtual interrupts at EL1 for what is routed to EL2", () => {
  assertEquals(mrs(at(1, 0n, Line.irq, 0), "ISR_EL1"), 0x80n);
  assertEquals(mrs(at(1, Imo, Line.irq, 0), "ISR_EL1"), 0n);
  assertEquals(mrs(at(1, Imo, Line.virq | Line.fiq, 0), "ISR_EL1"), 0xc0n);
  assertEquals(mrs(at(2, Imo, Line.irq, 0), "ISR_EL1"), 0x80n);
});
