import { assertEquals } from "@std/assert";
import { Machine, Ram, S1, Tables } from "./machine.ts";

const Page = Ram.base + 0x2000;

Deno.test("stage 1: each granule maps pages and blocks at their levels", () => {
  for (
    const [granule, input, level, size] of [
      [12, 48, 3, 2 ** 12],
      [12, 48, 2, 2 ** 21],
      [12, 48, 1, 2 ** 30],
      [12, 39, 3, 2 ** 12],
      [12, 25, 3, 2 ** 12],
      [12, 31, 2, 2 ** 21],
      [14, 48, 3, 2 ** 14],
      [14, 47, 2, 2 ** 25],
      [14, 36, 3, 2 ** 14],
      [16, 48, 3, 2 ** 16],
      [16, 42, 2, 2 ** 29],
      [16, 25, 3, 2 ** 16],
    ] as const
  ) {
    const m = new Machine();
    const t = new Tables(m, granule, input);
    const va = 2n ** BigInt(input) - 2n * BigInt(size);
    t.map(va, Ram.base, S1.af, level);
    m.start(t);
    const text = `granule ${granule} input ${input} level ${level}`;
    const offset = BigInt(Math.min(size, Ram.bytes) - 0x123);
    assertEquals(m.pa(va + offset), Ram.base + Number(offset), text);
    const upper = va - 2n ** BigInt(input);
    assertEquals(m.pa(upper + offset), Ram.base + Number(offset), text + " upper");
    assertEquals(m.pa(va - 1n), `0${4 + level}`, text);
    const outside = 2n ** BigInt(input);
    assertEquals(m.read(outside), "04", text + " outside");
    assertEquals(m.read(-outside - 4n), "04", text + " below the upper range");
  }
});

Deno.test("stage 1: a missing descriptor faults at its own level", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af);
  m.start(t);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.read(0x2000n), "07");
  assertEquals(m.read(0x20_0000n), "06");
  assertEquals(m.read(0x4000_0000n), "05");
  assertEquals(m.read(0x80_0000_0000n), "04");
});

Deno.test("stage 1: reserved descriptor forms are invalid", () => {
  for (const [granule, level] of [[12, 0], [14, 0], [14, 1], [16, 1]] as const) {
    const m = new Machine();
    const t = new Tables(m, granule, 48);
    t.map(0n, 0, S1.af, level);
    m.start(t);
    assertEquals(m.read(0n), `0${4 + level}`);
  }
  const m = new Machine();
  const t = new Tables(m);
  m.setWord(t.descriptor(0n, 3), BigInt(Page) | S1.af | 1n);
  m.start(t);
  assertEquals(m.read(0n), "07");
});

Deno.test("stage 1: output addresses beyond IPS or the implementation fault by level", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, 1n << 44n, S1.af);
  t.map(0x2000n, 1n << 40n, S1.af);
  m.setWord(t.descriptor(0x4000_0000n, 1), (1n << 46n) | 3n);
  m.start(t);
  assertEquals(m.read(0x1000n), "03");
  assertEquals(m.read(0x4000_0000n), "01");
  assertEquals(m.pa(0x2000n), 2 ** 40);
  m.set("TCR_EL1", (m.get("TCR_EL1") & ~(7n << 32n)) | (2n << 32n));
  assertEquals(m.read(0x2000n), "03");
  m.set("TTBR0_EL1", 1n << 41n);
  assertEquals(m.read(0x2000n), "00");
});

Deno.test("stage 1: EPD disables a range, TBI ignores the top byte, TTBR1 has its own size", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af);
  m.start(t, 1n << 7n);
  assertEquals(m.read(0x1000n), "04");
  m.start(t, 1n << 23n);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.read(0xffff_0000_0000_1000n), "04");
  m.start(t);
  assertEquals(m.read(0xab00_0000_0000_1000n), "04");
  m.start(t, 1n << 37n);
  assertEquals(m.read(0xab00_0000_0000_1000n), "ok");
  assertEquals(m.fast(0xab00_0000_0000_1008n), Page - Ram.base + Ram.host + 8);
  assertEquals(m.fast(0xac00_0000_0000_1008n), undefined);
  assertEquals(m.read(0xabff_0000_0000_1000n), "04");
  m.start(t, 1n << 38n);
  assertEquals(m.read(0xab00_0000_0000_1000n), "04");
});

Deno.test("stage 1: with TBI1 a tagged upper address translates", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0xffff_8000_0000_1000n, Page, S1.af);
  m.start(t, 1n << 38n);
  assertEquals(m.pa(0xffff_8000_0000_1010n), Page + 0x10);
  assertEquals(m.pa(0x12ff_8000_0000_1010n), Page + 0x10);
  m.start(t);
  assertEquals(m.pa(0x12ff_8000_0000_1010n), "04");
});

// [AP[2:1] | PXN | UXN bits, EL1 rights, EL0 rights]
const Rights: [bits: bigint, el1: string, el0: string][] = [
  [0n, "rwx", "x"],
  [S1.ap1, "rw", "rwx"],
  [S1.ap2, "rx", "x"],
  [S1.ap1 | S1.ap2, "rx", "rx"],
  [S1.pxn, "rw", "x"],
  [S1.uxn, "rwx", ""],
  [S1.ap1 | S1.uxn, "rw", "rw"],
  [S1.ap1 | S1.ap2 | S1.pxn | S1.uxn, "r", "r"],
];

function rights(m: Machine, va: bigint, fault = "0f"): string {
  const one = (text: string, result: string) => {
    if (result !== "ok") assertEquals(result, fault);
    return result === "ok" ? text : "";
  };
  return one("r", m.read(va)) + one("w", m.write(va)) + one("x", m.fetch(va));
}

Deno.test("stage 1: AP, PXN and UXN give each level its rights", () => {
  const m = new Machine();
  const t = new Tables(m);
  Rights.forEach(([bits], i) => t.map(BigInt(i) << 12n, Page, S1.af | bits));
  m.start(t);
  Rights.forEach(([, el1, el0], i) => {
    const va = BigInt(i) << 12n;
    m.el(1);
    assertEquals(rights(m, va), el1, `row ${i} at EL1`);
    m.el(0);
    assertEquals(rights(m, va), el0, `row ${i} at EL0`);
  });
});

Deno.test("stage 1: WXN makes what is writable not executable", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af);
  t.map(0x2000n, Page, S1.af | S1.ap1);
  t.map(0x3000n, Page, S1.af | S1.ap1 | S1.ap2);
  m.start(t, 0n, 1n << 19n);
  assertEquals(rights(m, 0x1000n), "rw");
  assertEquals(rights(m, 0x3000n), "rx");
  m.el(0);
  assertEquals(rights(m, 0x2000n), "rw");
  assertEquals(rights(m, 0x3000n), "rx");
});

Deno.test("stage 1: table permissions restrict what is below, unless HPD disables them", () => {
  for (
    const [bits, el1, el0] of [
      [S1.apTable0, "rwx", "x"],
      [S1.apTable1, "rx", "rx"],
      [S1.pxnTable, "rw", "rwx"],
      [S1.uxnTable, "rw", "rw"],
    ] as const
  ) {
    const m = new Machine({ hpds: true });
    const t = new Tables(m);
    t.map(0x1000n, Page, S1.af | S1.ap1, 3, bits);
    m.start(t);
    assertEquals(rights(m, 0x1000n), el1);
    m.el(0);
    assertEquals(rights(m, 0x1000n), el0);
    m.start(t, 1n << 41n);
    assertEquals(rights(m, 0x1000n), "rwx");
  }
});

Deno.test("stage 1: HPD means nothing without FEAT_HPDS", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af, 3, S1.apTable1);
  m.start(t, 1n << 41n);
  assertEquals(m.write(0x1000n), "0f");
});

Deno.test("stage 1: PAN bars EL1 from what EL0 may access, but not LDTR", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af | S1.ap1);
  t.map(0x2000n, Page, S1.af);
  m.start(t);
  assertEquals(m.read(0x1000n), "ok");
  m.field("pan", 1);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.read(0x1000n), "0f");
  assertEquals(m.write(0x1000n), "0f");
  assertEquals(m.read(0x1000n, 4, 1), "ok");
  assertEquals(m.fast(0x1000n, "readTag", 4, "tlbUnprivileged") !== undefined, true);
  assertEquals(m.read(0x2000n), "ok");
  assertEquals(m.read(0x2000n, 4, 1), "0f");
  m.field("uao", 1);
  assertEquals(m.read(0x1000n, 4, 1), "0f");
  assertEquals(m.read(0x2000n, 4, 1), "ok");
  m.field("pan", 0);
  assertEquals(m.read(0x1000n), "ok");
});

Deno.test("stage 1: a clear access flag faults, or is set by hardware", () => {
  const m = new Machine();
  const t = new Tables(m);
  const at = t.map(0x1000n, Page, 0n);
  t.map(0x20_0000n, 0, 0n, 2);
  m.start(t, 1n << 39n);
  assertEquals(m.read(0x1000n), "0b");
  assertEquals(m.read(0x20_0000n), "0a");
  const max = new Machine({ hafdbs: true });
  const u = new Tables(max);
  const entry = u.map(0x1000n, Page, S1.ap2);
  max.start(u, 1n << 39n);
  assertEquals(max.pa(0x1000n), Page);
  assertEquals(max.word(entry) & S1.af, 0n);
  assertEquals(max.write(0x1000n), "0f");
  assertEquals(max.word(entry) & S1.af, 0n);
  assertEquals(max.read(0x1000n), "ok");
  assertEquals(max.word(entry) & S1.af, S1.af);
  assertEquals(m.word(at) & S1.af, 0n);
});

Deno.test("stage 1: DBM makes a clean page writable and marks it dirty on the first write", () => {
  const m = new Machine({ hafdbs: true });
  const t = new Tables(m);
  const at = t.map(0x1000n, Page, S1.af | S1.ap2 | S1.dbm);
  t.map(0x2000n, Page, S1.af | S1.ap2);
  t.map(0x80_0000_1000n, Page, S1.af | S1.ap2 | S1.dbm, 3, S1.apTable1);
  m.start(t, 3n << 39n);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.fast(0x1000n, "writeTag"), undefined);
  assertEquals(m.word(at) & S1.ap2, S1.ap2);
  assertEquals(m.write(0x1000n), "ok");
  assertEquals(m.word(at) & S1.ap2, 0n);
  assertEquals(m.fast(0x1000n, "writeTag") !== undefined, true);
  assertEquals(m.write(0x2000n), "0f");
  assertEquals(m.write(0x80_0000_1000n), "0f");
});

Deno.test("stage 1: a table outside RAM is an external abort at its level", () => {
  const m = new Machine();
  const t = new Tables(m);
  m.setWord(t.descriptor(0n, 1), 0x1000_0000n | 3n);
  m.start(t);
  assertEquals(m.read(0n), "16");
  m.set("TTBR0_EL1", 0x1000_0000n);
  assertEquals(m.read(0n), "14");
});

Deno.test("stage 1: an unsupported granule reads as 4 KiB; ASID and CnP bits are no address", () => {
  const m = new Machine({ granule16K: false });
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af);
  m.start(t, 2n << 14n);
  m.set("TTBR0_EL1", BigInt(t.root) | (0x1234n << 48n) | 1n);
  assertEquals(m.pa(0x1000n), Page);
});

Deno.test("stage 1: big-endian tables are read in their byte order", () => {
  const m = new Machine({ hafdbs: true });
  const t = new Tables(m);
  const at = t.map(0x1000n, Page, 0n);
  const swap = (pa: number) => {
    const offset = pa - Ram.base + Ram.host;
    m.view.setBigUint64(offset, m.view.getBigUint64(offset, true), false);
  };
  for (const level of [0, 1, 2].map((l) => t.descriptor(0x1000n, l))) swap(level);
  swap(at);
  m.start(t, 1n << 39n, 1n << 25n);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.view.getBigUint64(at - Ram.base + Ram.host, false), BigInt(Page) | 3n | S1.af);
});

Deno.test("stage 1 off: addresses pass through, data is Device memory, tags still work", () => {
  const m = new Machine();
  assertEquals(m.pa(BigInt(Page)), Page);
  assertEquals(m.read(BigInt(Page), 8), "ok");
  assertEquals(m.fast(BigInt(Page), "readTag", 8), Page - Ram.base + Ram.host);
  assertEquals(m.read(BigInt(Page) + 1n, 4), "21");
  assertEquals(m.fast(BigInt(Page) + 1n), undefined);
  assertEquals(m.read(BigInt(Page) + 4n, 8, 0, 4), "ok");
  assertEquals(m.fetch(BigInt(Page)), "ok");
  assertEquals(m.read(BigInt(Page) + 2n, 4), "21");
  assertEquals(m.read(1n << 44n), "00");
  assertEquals(m.read(0xff00_0000_0000_0000n), "00");
  assertEquals(m.read(0x1n, 2), "21");
  assertEquals(m.fast(1n, "readTag", 2), undefined);
});

Deno.test("EL2: one range, no EL0 rights, upper addresses fault", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af | S1.ap1);
  t.map(0x2000n, Page, S1.af | S1.ap2 | S1.uxn);
  m.el(2);
  m.set("MAIR_EL2", 0xffn);
  m.set("TCR_EL2", 16n | (4n << 16n));
  m.set("TTBR0_EL2", BigInt(t.root));
  m.set("SCTLR_EL2", 1n);
  assertEquals(rights(m, 0x1000n), "rwx");
  assertEquals(rights(m, 0x2000n), "r");
  assertEquals(m.read(0xffff_0000_0000_1000n), "04");
  m.field("pan", 1);
  assertEquals(m.read(0x1000n), "ok");
});

Deno.test("EL2&0: E2H gives EL2 two ranges, and TGE gives them to EL0", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af | S1.ap1 | S1.nG);
  m.el(2);
  m.set("HCR_EL2", (1n << 34n) | (1n << 27n));
  m.set("MAIR_EL2", 0xffn);
  m.set("TCR_EL2", 16n | (16n << 16n) | (2n << 30n) | (5n << 32n));
  m.set("TTBR0_EL2", BigInt(t.root));
  m.set("TTBR1_EL2", BigInt(t.root));
  m.set("SCTLR_EL2", 1n);
  assertEquals(rights(m, 0x1000n), "rw");
  assertEquals(m.read(0xffff_0000_0000_1000n), "ok");
  m.field("pan", 1);
  assertEquals(m.read(0x1000n), "0f");
  assertEquals(m.read(0x1000n, 4, 1), "ok");
  m.el(0);
  assertEquals(rights(m, 0x1000n), "rwx");
  m.set("HCR_EL2", 1n << 34n);
  m.el(2);
  assertEquals(m.read(0x1000n, 4, 1), "0f");
});
