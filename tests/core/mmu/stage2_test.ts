import { assertEquals } from "@std/assert";
import { isHpfarValid } from "../../../core/mmu/fault.ts";
import type { MmuFeatures } from "../../../core/mmu/host.ts";
import { DeviceBase, Machine, Ram, S1, S2, Tables } from "./machine.ts";

const Page = Ram.base + 0x2000;
// IPAs of RAM lie here: IPA = PA + Shift.
const Shift = 0x4000_0000n;
const Ipa = (pa: number) => BigInt(pa) + Shift;

const Tg0 = { 12: 0n, 14: 2n, 16: 1n } as const;

/** Stage 2 on with `tables`; `sl0` follows from the start level. */
function enable(m: Machine, t: Tables, vtcr = 0n, hcr = 0n): void {
  const granule = t.granuleBits as 12 | 14 | 16;
  const sl0 = BigInt((granule === 12 ? 2 : 3) - t.startLevel);
  m.set(
    "VTCR_EL2",
    BigInt(64 - t.inputBits) | (sl0 << 6n) | (Tg0[granule] << 14n) | (4n << 16n) | vtcr,
  );
  m.set("VTTBR_EL2", BigInt(t.root) | (7n << 48n));
  m.set("HCR_EL2", 1n | hcr);
}

/** RAM mapped at its shifted IPA with 2 MiB blocks, stage 1 off. */
function simple(features: Partial<MmuFeatures> = {}): { m: Machine; t: Tables } {
  const m = new Machine(features);
  const t = new Tables(m, 12, 40, 1);
  for (let at = 0; at < Ram.bytes; at += 0x20_0000) {
    t.map(Ipa(Ram.base + at), Ram.base + at, S2.all, 2);
  }
  return { m, t };
}

/** Both stages: stage 1 tables of EL1 whose addresses are IPAs. */
function nested(features: Partial<MmuFeatures> = {}): { m: Machine; t: Tables; s1: Tables } {
  const { m, t } = simple(features);
  const s1 = new Tables(m);
  return { m, t, s1 };
}

/** Rewrites the table addresses of `s1` to IPAs, and switches both stages on. */
function startNested(m: Machine, t: Tables, s1: Tables, vtcr = 0n, hcr = 0n, tcr = 0n): void {
  const visit = (table: number, level: number) => {
    for (let at = table; at < table + 4096; at += 8) {
      const word = m.word(at);
      if ((word & 3n) !== 3n || level === 3) continue;
      visit(Number(word & 0xffff_ffff_f000n), level + 1);
      m.setWord(at, word + Shift);
    }
  };
  visit(s1.root, 0);
  m.start(s1, tcr);
  m.set("TTBR0_EL1", Ipa(s1.root));
  m.set("TTBR1_EL1", Ipa(s1.root));
  enable(m, t, vtcr, hcr);
}

Deno.test("stage 2: each granule and start level translates, with concatenated tables", () => {
  for (
    const [granule, input, start, level, size] of [
      [12, 40, 1, 3, 2 ** 12],
      [12, 40, 1, 2, 2 ** 21],
      [12, 39, 1, 1, 2 ** 30],
      [12, 43, 1, 3, 2 ** 12],
      [12, 34, 2, 3, 2 ** 12],
      [12, 44, 0, 3, 2 ** 12],
      [14, 40, 2, 3, 2 ** 14],
      [14, 40, 1, 2, 2 ** 25],
      [16, 42, 2, 3, 2 ** 16],
      [16, 44, 2, 2, 2 ** 29],
      [16, 33, 3, 3, 2 ** 16],
    ] as const
  ) {
    const text = `granule ${granule} input ${input} start ${start} level ${level}`;
    const m = new Machine();
    const t = new Tables(m, granule, input, start);
    const ipa = 2n ** BigInt(input) - BigInt(size);
    t.map(ipa, Ram.base, S2.all, level);
    enable(m, t);
    assertEquals(m.pa(ipa + 0x124n), Ram.base + 0x124, text);
    assertEquals(m.read(ipa + 0x124n), "ok", text);
    assertEquals(m.read(ipa - 4n), `0${4 + level} s2`, text);
    if (input < 44) assertEquals(m.read(2n ** BigInt(input)), "04 s2", text);
    assertEquals(m.read(2n ** 44n), "00", text);
  }
});

Deno.test("stage 2: a start level that does not fit the input size faults at level 0", () => {
  for (
    const [granule, input, start] of [[12, 44, 1], [12, 30, 1], [14, 41, 2], [16, 34, 3]] as const
  ) {
    const m = new Machine();
    const t = new Tables(m, granule, Math.min(input, 40), start);
    t.map(0n, Ram.base, S2.all);
    enable(m, t);
    m.set("VTCR_EL2", (m.get("VTCR_EL2") & ~63n) | BigInt(64 - input));
    assertEquals(m.read(0n), "04 s2", `granule ${granule} input ${input}`);
  }
  const small = new Machine({ addressBits: 40 });
  const t = new Tables(small, 12, 40, 0);
  enable(small, t);
  assertEquals(small.read(0n), "04 s2");
});

Deno.test("stage 2: levels of faults, and the IPA they report", () => {
  const { m, t } = simple();
  t.map(Ipa(Ram.base) + 0x1000_0000n, Page, 0n, 3);
  t.map(Ipa(Ram.base) + 0x1000_1000n, 1n << 44n, S2.all, 3);
  enable(m, t);
  assertEquals(m.read(Ipa(Page)), "ok");
  assertEquals(m.read(0x40n), "05 s2");
  assertEquals(m.mmu.fault(0).ipa, 0x40);
  assertEquals(isHpfarValid(m.mmu.fault(0)), true);
  assertEquals(m.read(Ipa(Ram.base) + 0x2000_0000n), "06 s2");
  assertEquals(m.read(Ipa(Ram.base) + 0x1000_2000n), "07 s2");
  assertEquals(m.read(Ipa(Ram.base) + 0x1000_0000n), "0b s2");
  assertEquals(m.read(Ipa(Ram.base) + 0x1000_1000n), "03 s2");
  assertEquals(m.fetch(Ipa(Ram.base) + 0x1000_0000n), "0b s2");
  m.set("VTTBR_EL2", 1n << 45n);
  assertEquals(m.read(0n), "00 s2");
  m.set("VTTBR_EL2", 0x1000_0000n);
  assertEquals(m.read(0n), "15 s2");
});

Deno.test("stage 2: S2AP and XN limit what stage 1 grants", () => {
  const { m, t } = simple();
  const at = Ipa(Ram.base) + 0x1000_0000n;
  t.map(at, Page, S2.af | S2.normal);
  t.map(at + 0x1000n, Page, S2.af | S2.normal | S2.read);
  t.map(at + 0x2000n, Page, S2.af | S2.normal | S2.write | S2.xn1);
  enable(m, t);
  const rights = (va: bigint) => [m.read(va), m.write(va), m.fetch(va)].join();
  assertEquals(rights(at), "0f s2,0f s2,ok");
  assertEquals(isHpfarValid({ ...m.mmu.fault(0), kind: "permission", s1ptw: false }), false);
  assertEquals(rights(at + 0x1000n), "ok,0f s2,ok");
  assertEquals(m.fast(at + 0x1000n) !== undefined, true);
  assertEquals(m.fast(at + 0x1000n, "writeTag"), undefined);
  assertEquals(rights(at + 0x2000n), "0f s2,ok,0f s2");
  assertEquals(m.fast(at + 0x2000n, "writeTag"), undefined);
  assertEquals(m.update(at + 0x2000n), "0f s2");
});

Deno.test("stage 2: XN[1:0] tells EL0 from EL1 with FEAT_XNX only", () => {
  for (
    const [bits, el1, el0, plain] of [
      [0n, "ok", "ok", "ok"],
      [S2.xn0, "0f s2", "ok", "ok"],
      [S2.xn1, "0f s2", "0f s2", "0f s2"],
      [S2.xn0 | S2.xn1, "ok", "0f s2", "0f s2"],
    ] as const
  ) {
    for (const xnx of [true, false]) {
      const { m, t } = simple({ xnx });
      const at = Ipa(Ram.base) + 0x1000_0000n;
      t.map(at, Page, S2.all | bits);
      enable(m, t);
      assertEquals(m.fetch(at), xnx ? el1 : plain);
      m.el(0);
      assertEquals(m.fetch(at), xnx ? el0 : plain);
    }
  }
});

Deno.test("stage 2: hardware sets the access flag and the dirty state", () => {
  const { m, t } = simple({ hafdbs: true });
  const at = Ipa(Ram.base) + 0x1000_0000n;
  const entry = t.map(at, Page, S2.normal | S2.read | S2.dbm);
  enable(m, t, 3n << 21n);
  assertEquals(m.read(at), "ok");
  assertEquals(m.word(entry) & (S2.af | S2.write), S2.af);
  assertEquals(m.fast(at, "writeTag"), undefined);
  assertEquals(m.write(at), "ok");
  assertEquals(m.word(entry) & (S2.af | S2.write), S2.af | S2.write);
});

Deno.test("both stages: pages of both granules combine", () => {
  const { m, t, s1 } = nested();
  s1.map(0x1000n, Ipa(Page), S1.af);
  s1.map(0x20_0000n, Ipa(Ram.base), S1.af, 2);
  startNested(m, t, s1);
  assertEquals(m.pa(0x1234n), Page + 0x234);
  assertEquals(m.read(0x1234n), "ok");
  assertEquals(m.fast(0x1234n), Page + 0x234 - Ram.base + Ram.host);
  assertEquals(m.pa(0x20_0000n + 0x2010n), Page + 0x10);
  assertEquals(m.read(0x2000n), "07");
});

Deno.test("both stages: a fault on the final address carries its IPA and no S1PTW", () => {
  const { m, t, s1 } = nested();
  s1.map(0x1000n, 0x1234_5000n, S1.af);
  startNested(m, t, s1);
  assertEquals(m.write(0x1678n), "05 s2");
  const fault = m.mmu.fault(0);
  assertEquals([fault.ipa, fault.write, fault.vaLow], [0x1234_5678, true, 0x1678]);
});

Deno.test("both stages: a stage 1 permission fault comes before any stage 2 fault", () => {
  const { m, t, s1 } = nested();
  s1.map(0x1000n, 0x1234_5000n, S1.af | S1.ap2);
  startNested(m, t, s1);
  assertEquals(m.write(0x1000n), "0f");
  assertEquals(m.read(0x1000n), "05 s2");
});

Deno.test("both stages: faults of the walk itself carry S1PTW and the descriptor's IPA", () => {
  const { m, t, s1 } = nested();
  s1.map(0x1000n, Ipa(Page), S1.af);
  const level2 = s1.descriptor(0n, 2);
  startNested(m, t, s1);
  const good = m.word(level2);
  m.setWord(level2, 0x1234_5000n | 3n);
  assertEquals(m.read(0x1000n), "05 s2 ptw");
  assertEquals(m.mmu.fault(0).ipa, 0x1234_5008);
  assertEquals(isHpfarValid(m.mmu.fault(0)), true);
  m.setWord(level2, good);
  assertEquals(m.read(0x1000n), "ok");
});

Deno.test("both stages: an unreadable table page is a permission fault with a valid HPFAR", () => {
  const { m, t, s1 } = nested();
  s1.map(0x1000n, Ipa(Page), S1.af);
  const other = Ipa(Ram.base) + 0x1000_0000n;
  startNested(m, t, s1);
  t.map(other, s1.root, S2.af | S2.normal | S2.write);
  m.set("TTBR0_EL1", other);
  assertEquals(m.read(0x1000n), "0f s2 ptw");
  assertEquals(isHpfarValid(m.mmu.fault(0)), true);
});

Deno.test("both stages: with HCR_EL2.PTW a walk through Device memory is refused", () => {
  const { m, t, s1 } = nested();
  s1.map(0x1000n, Ipa(Page), S1.af);
  const other = Ipa(Ram.base) + 0x1000_0000n;
  startNested(m, t, s1);
  t.map(other, s1.root, S2.af | S2.read | S2.write);
  m.set("TTBR0_EL1", other);
  assertEquals(m.read(0x1000n), "ok");
  m.mmu.invalidateTlb(0, "VMALLE1", 0, 0);
  m.set("HCR_EL2", 1n | (1n << 2n));
  assertEquals(m.read(0x1000n), "0f s2 ptw");
});

Deno.test("both stages: hardware cannot update a descriptor that stage 2 protects", () => {
  const { m, t, s1 } = nested({ hafdbs: true });
  const entry = s1.map(0x1000n, Ipa(Page), 0n);
  startNested(m, t, s1, 0n, 0n, 1n << 39n);
  const block = t.descriptor(Ipa(entry), 2);
  const good = m.word(block);
  m.setWord(block, good & ~S2.write);
  assertEquals(m.read(0x1000n), "0e s2 ptw");
  assertEquals(m.mmu.fault(0).write, true);
  m.setWord(block, good);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.word(entry) & S1.af, S1.af);
});

Deno.test("both stages: Device at either stage makes unaligned accesses fault", () => {
  const { m, t, s1 } = nested();
  const other = Ipa(Ram.base) + 0x1000_0000n;
  t.map(other, Page, S2.af | S2.read | S2.write);
  s1.map(0x1000n, other, S1.af);
  s1.map(0x2000n, Ipa(Page), S1.af | S1.device);
  s1.map(0x3000n, Ipa(Page), S1.af);
  startNested(m, t, s1);
  assertEquals(m.read(0x1001n), "21 s2");
  assertEquals(m.read(0x1004n), "ok");
  assertEquals(m.fast(0x1004n), undefined);
  assertEquals(m.read(0x1001n), "21");
  assertEquals(m.read(0x2001n), "21");
  assertEquals(m.read(0x3001n), "ok");
});

Deno.test("stage 2: passes devices through and leaves EL2 alone", () => {
  const { m, t } = simple();
  t.map(0x5_0000_0000n, DeviceBase, S2.af | S2.read | S2.write);
  enable(m, t);
  assertEquals(m.read(0x5_0000_0008n), "ok");
  assertEquals(m.busLog, ["r4 8 @0"]);
  m.el(2);
  assertEquals(m.read(BigInt(Page)), "ok");
  assertEquals(m.pa(0x5_0000_0008n), 0x5_0000_0008);
  assertEquals(m.read(0x5_0000_0008n), "10");
});

Deno.test("HCR_EL2.DC: stage 1 is off, data is Normal, stage 2 is on", () => {
  const { m, t, s1 } = nested();
  startNested(m, t, s1);
  m.set("HCR_EL2", 1n << 12n);
  assertEquals(m.read(Ipa(Page) + 1n), "ok");
  assertEquals(m.fast(Ipa(Page) + 1n), Page + 1 - Ram.base + Ram.host);
  assertEquals(m.read(BigInt(Page)), "05 s2");
});
