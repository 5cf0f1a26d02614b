import { assertEquals } from "@std/assert";
import type { AtName } from "../../../core/mmu/address_translation.ts";
import { halves, Machine, Ram, S1, S2, Tables } from "./machine.ts";

const Page = Ram.base + 0x2000;
const Res = (1n << 11n) | (1n << 9n);

function at(m: Machine, name: AtName, va: bigint): bigint | undefined {
  const { high, low } = halves(va);
  return m.mmu.addressTranslation(0, name, high, low);
}

/** PAR_EL1 of a failed AT. */
function failed(status: number, bits = 0n): bigint {
  return (1n << 11n) | 1n | (BigInt(status) << 1n) | bits;
}

function machine(): { m: Machine; t: Tables } {
  const m = new Machine({ hafdbs: true });
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af | S1.ap1 | (3n << 8n));
  t.map(0x2000n, Page, S1.af | S1.ap2 | S1.device);
  t.map(0x3000n, Page, S1.ap1 | (2n << 2n));
  m.start(t);
  return { m, t };
}

Deno.test("AT: stage 1 gives the page, its attributes and shareability", () => {
  const { m } = machine();
  assertEquals(at(m, "S1E1R", 0x1234n), Res | BigInt(Page) | (0xffn << 56n) | (3n << 7n));
  assertEquals(at(m, "S1E1R", 0x2000n), Res | BigInt(Page) | (2n << 7n));
  assertEquals(m.fast(0x1000n), undefined);
});

Deno.test("AT: rights are those of the level and direction named", () => {
  const { m } = machine();
  assertEquals(at(m, "S1E1W", 0x2000n), failed(0xf));
  assertEquals(at(m, "S1E0R", 0x2000n), failed(0xf));
  assertEquals(at(m, "S1E0W", 0x1000n), at(m, "S1E1R", 0x1000n));
  assertEquals(at(m, "S1E1R", 0x4000n), failed(7));
  assertEquals(at(m, "S1E1R", 0x3000n), failed(0xb));
});

Deno.test("AT: only the RP and WP forms heed PSTATE.PAN", () => {
  const { m } = machine();
  assertEquals(at(m, "S1E1RP", 0x1000n), at(m, "S1E1R", 0x1000n));
  m.field("pan", 1);
  assertEquals(at(m, "S1E1RP", 0x1000n), failed(0xf));
  assertEquals(at(m, "S1E1WP", 0x1000n), failed(0xf));
  assertEquals(at(m, "S1E1R", 0x1000n)?.toString(16).endsWith("1"), false);
});

Deno.test("AT: changes no descriptor", () => {
  const { m, t } = machine();
  m.start(t, 1n << 39n);
  const entry = t.descriptor(0x3000n, 3);
  assertEquals(at(m, "S1E1R", 0x3000n), Res | BigInt(Page) | (0x44n << 56n) | (2n << 7n));
  assertEquals(m.word(entry) & S1.af, 0n);
});

Deno.test("AT: at EL2, S12 forms go through stage 2 and S1 forms stop at the IPA", () => {
  const { m, t } = machine();
  const s2 = new Tables(m, 12, 40, 1);
  for (let offset = 0; offset < Ram.bytes; offset += 0x20_0000) {
    s2.map(BigInt(Ram.base + offset), Ram.base + offset, S2.all, 2);
  }
  t.map(0x5000n, 0x8000_0000, S1.af);
  t.map(0x6000n, 0x9000_0000, S1.af);
  s2.map(0x8000_0000n, Page, S2.af | S2.read | (5n << 2n) | (3n << 8n));
  m.set("VTCR_EL2", 24n | (1n << 6n) | (4n << 16n));
  m.set("VTTBR_EL2", BigInt(s2.root));
  m.set("HCR_EL2", 1n);
  m.el(2);
  assertEquals(at(m, "S12E1R", 0x5000n), Res | BigInt(Page) | (0x44n << 56n) | (2n << 7n));
  assertEquals(at(m, "S1E1R", 0x5000n), Res | 0x8000_0000n | (0xffn << 56n));
  assertEquals(at(m, "S12E1W", 0x5000n), failed(0xf, 1n << 9n));
  assertEquals(at(m, "S12E1R", 0x6000n), failed(6, 1n << 9n));
  assertEquals(at(m, "S12E0R", 0x6000n), failed(0xf));
  assertEquals(at(m, "S12E0W", 0x1000n), Res | BigInt(Page) | (0xffn << 56n) | (3n << 7n));
  m.setWord(s2.descriptor(BigInt(t.root), 2), 0n);
  assertEquals(at(m, "S12E1R", 0x5000n), failed(6, 3n << 8n));
  assertEquals(at(m, "S1E1R", 0x5000n), failed(6, 3n << 8n));
  m.el(1);
  assertEquals(at(m, "S1E1R", 0x5000n), undefined);
  assertEquals(m.faultText(), "06 s2 ptw");
});

Deno.test("AT: S1E2 forms use EL2's regime; a flat one gives Device memory", () => {
  const { m, t } = machine();
  m.el(2);
  assertEquals(at(m, "S1E2R", 0x1234_5678n), Res | 0x1234_5000n | (2n << 7n));
  m.set("MAIR_EL2", 0x44n);
  m.set("TCR_EL2", 16n | (4n << 16n));
  m.set("TTBR0_EL2", BigInt(t.root));
  m.set("SCTLR_EL2", 1n);
  assertEquals(at(m, "S1E2W", 0x1000n), Res | BigInt(Page) | (0x44n << 56n) | (2n << 7n));
  assertEquals(at(m, "S1E2W", 0x2000n), failed(0xf));
  assertEquals(at(m, "S1E1R", 0x1000n), Res | BigInt(Page) | (0xffn << 56n) | (3n << 7n));
});
