import { assertEquals } from "@std/assert";
import { Tlb } from "../../../core/memory_map.ts";
import type { TlbiName } from "../../../core/mmu/maintenance.ts";
import { Machine, Ram, S1, S2, Tables } from "./machine.ts";

const Page = Ram.base + 0x2000;
const Other = Ram.base + 0x3000;

function host(pa: number): number {
  return pa - Ram.base + Ram.host;
}

function machine(cores = 1): { m: Machine; t: Tables } {
  const m = new Machine({}, cores);
  const t = new Tables(m);
  for (let i = 1; i < 16; i++) {
    t.map(BigInt(i) << 12n, Page, S1.af | S1.ap1 | (i & 1 ? S1.nG : 0n));
  }
  m.start(t);
  for (let core = 1; core < cores; core++) {
    for (const name of ["MAIR_EL1", "TCR_EL1", "TTBR0_EL1", "TTBR1_EL1", "SCTLR_EL1"] as const) {
      m.set(name, m.get(name), core);
    }
    m.el(1, core);
  }
  return { m, t };
}

function asid(m: Machine, t: Tables, value: number): void {
  m.set("TTBR0_EL1", BigInt(t.root) | (BigInt(value) << 48n));
}

/** TLBI with an operand of VA and ASID. */
function tlbi(m: Machine, name: TlbiName, va = 0n, tag = 0, core = 0): void {
  const low = Number((va >> 12n) & 0xffff_ffffn);
  const high = Number((va >> 44n) & 0xfffn) | (tag << 16);
  m.mmu.invalidateTlb(core, name, high, low);
}

Deno.test("TLB: entries outlive a change of the tables until they are invalidated", () => {
  const { m, t } = machine();
  assertEquals(m.read(0x1000n), "ok");
  t.map(0x1000n, Other, S1.af);
  assertEquals(m.fast(0x1000n), host(Page));
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.fast(0x1000n), host(Page));
  tlbi(m, "VAAE1", 0x1000n);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.fast(0x1000n), host(Other));
});

Deno.test("TLB: faults are not remembered", () => {
  const { m, t } = machine();
  assertEquals(m.read(0x10_0000n), "07");
  t.map(0x10_0000n, Page, S1.af);
  assertEquals(m.read(0x10_0000n), "ok");
});

Deno.test("TLBI: every form by address drops that page and no other", () => {
  for (const name of ["VAE1", "VAAE1", "VALE1", "VAALE1", "VAE1IS", "VAALE1IS"] as const) {
    const { m } = machine();
    for (const va of [0x1000n, 0x2000n, 0x3000n]) assertEquals(m.read(va), "ok");
    assertEquals(m.read(0x2000n, 4, 1), "ok");
    tlbi(m, name, 0x2000n);
    assertEquals(m.fast(0x1000n), host(Page), name);
    assertEquals(m.fast(0x2000n), undefined, name);
    assertEquals(m.fast(0x2000n, "readTag", 4, "tlbUnprivileged"), undefined, name);
    assertEquals(m.fast(0x2000n, "writeTag"), undefined, name);
    assertEquals(m.fast(0x2000n, "executeTag"), undefined, name);
    assertEquals(m.fast(0x3000n), host(Page), name);
  }
});

Deno.test("TLBI: by the address of an upper range page, whatever the pointer's tag", () => {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0xffff_8000_0000_1000n, Page, S1.af);
  m.start(t, 1n << 38n);
  const va = 0xffff_8000_0000_1000n;
  const tagged = 0x12ff_8000_0000_1000n;
  assertEquals(m.read(va), "ok");
  tlbi(m, "VAE1", va & 0xffff_7fff_ffff_ffffn);
  assertEquals(m.fast(va), host(Page));
  tlbi(m, "VAE1", va);
  assertEquals(m.fast(va), undefined);
  assertEquals(m.read(tagged), "ok");
  tlbi(m, "VAE1", va);
  assertEquals(m.fast(tagged), undefined);
});

Deno.test("TLBI: any address of a block drops all of the block, and only it", () => {
  for (
    const [granule, level, size] of [
      [12, 2, 0x20_0000n],
      [12, 1, 0x4000_0000n],
      [14, 3, 0x4000n],
      [16, 3, 0x1_0000n],
      [16, 2, 0x2000_0000n],
    ] as const
  ) {
    const m = new Machine();
    const t = new Tables(m, granule);
    const base = 0x80_0000_0000n;
    t.map(base, Ram.base, S1.af, level);
    t.map(base + size, Ram.base, S1.af, level);
    m.start(t);
    const inside = [base, base + 0x3000n, base + (size > 0x10_0000n ? 0x8_0000n : 0x1000n)];
    const outside = base + size + 0x2000n;
    for (const va of [...inside, outside]) assertEquals(m.read(va), "ok");
    tlbi(m, "VAALE1IS", base + 0x2000n);
    assertEquals(inside.map((va) => m.fast(va)), [undefined, undefined, undefined]);
    assertEquals(m.fast(outside), host(Ram.base + 0x2000));
    assertEquals(m.read(inside[1] as bigint), "ok");
    tlbi(m, "VAE1", base);
    assertEquals(m.fast(inside[1] as bigint), undefined);
    tlbi(m, "VAE1", base + size);
    assertEquals(m.fast(outside), undefined);
  }
});

Deno.test("ASID: entries belong to their address space, also on the way back", () => {
  const { m, t } = machine();
  const u = new Tables(m);
  u.map(0x1000n, Other, S1.af | S1.nG);
  asid(m, t, 1);
  assertEquals(m.read(0x1000n), "ok");
  asid(m, u, 2);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.fast(0x1000n), host(Other));
  asid(m, t, 1);
  assertEquals(m.fast(0x1000n), host(Page));
  tlbi(m, "ASIDE1", 0n, 2);
  assertEquals(m.fast(0x1000n), host(Page));
  asid(m, u, 2);
  assertEquals(m.fast(0x1000n), undefined);
  tlbi(m, "ASIDE1IS", 0n, 1);
  asid(m, t, 1);
  assertEquals(m.fast(0x1000n), undefined);
});

Deno.test("ASID: TCR.A1 takes it from TTBR1, TCR.AS widens it", () => {
  const { m, t } = machine();
  const tcr = m.get("TCR_EL1");
  asid(m, t, 0x101);
  assertEquals(m.read(0x1000n), "ok");
  asid(m, t, 1);
  assertEquals(m.fast(0x1000n), host(Page));
  m.set("TCR_EL1", tcr | (1n << 36n));
  assertEquals(m.read(0x1000n), "ok");
  asid(m, t, 0x101);
  assertEquals(m.fast(0x1000n), undefined);
  m.set("TCR_EL1", tcr | (1n << 36n) | (1n << 22n));
  m.set("TTBR1_EL1", BigInt(t.root) | (1n << 48n));
  assertEquals(m.fast(0x1000n), host(Page));
});

Deno.test("TLBI: VMALLE1 and ALLE1 empty what they name, on one core or all", () => {
  for (
    const [name, other] of [
      ["VMALLE1", true],
      ["VMALLE1IS", false],
      ["ALLE1", true],
      ["ALLE1IS", false],
      ["VMALLS12E1", true],
      ["VMALLS12E1IS", false],
    ] as const
  ) {
    const { m } = machine(2);
    assertEquals(m.read(0x1000n), "ok");
    assertEquals(m.read(0x1000n, 4, 0, 4, 1), "ok");
    tlbi(m, name);
    assertEquals(m.fast(0x1000n), undefined, name);
    assertEquals(m.fast(0x1000n, "readTag", 4, "tlb", 1) !== undefined, other, name);
  }
});

Deno.test("TLBI: HCR_EL2.FB makes EL1's forms reach all cores", () => {
  const { m } = machine(2);
  assertEquals(m.read(0x1000n, 4, 0, 4, 1), "ok");
  m.set("HCR_EL2", 1n << 9n);
  tlbi(m, "VAE1", 0x1000n);
  assertEquals(m.fast(0x1000n, "readTag", 4, "tlb", 1), undefined);
});

Deno.test("TLBI: VMIDs keep virtual machines apart", () => {
  const { m } = machine();
  const s2 = new Tables(m, 12, 40, 1);
  for (let at = 0; at < Ram.bytes; at += 0x20_0000) {
    s2.map(BigInt(Ram.base + at), Ram.base + at, S2.all, 2);
  }
  m.set("VTCR_EL2", 24n | (1n << 6n) | (4n << 16n));
  const vm = (vmid: bigint) => m.set("VTTBR_EL2", BigInt(s2.root) | (vmid << 48n));
  m.set("HCR_EL2", 1n);
  vm(1n);
  assertEquals(m.read(0x1000n), "ok");
  vm(2n);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.read(0x1000n), "ok");
  tlbi(m, "VMALLE1");
  assertEquals(m.fast(0x1000n), undefined);
  vm(1n);
  assertEquals(m.fast(0x1000n), host(Page));
  m.mmu.invalidateTlb(0, "IPAS2E1IS", 0, Page / 4096);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.read(0x1000n), "ok");
  vm(2n);
  m.mmu.invalidateTlb(0, "IPAS2LE1", 0, Page / 4096);
  vm(1n);
  assertEquals(m.fast(0x1000n), host(Page));
  tlbi(m, "ALLE1");
  assertEquals(m.fast(0x1000n), undefined);
});

Deno.test("TLBI: a stage 2 edit shows in walks after IPAS2E1", () => {
  const { m, t } = machine();
  const s2 = new Tables(m, 12, 40, 1);
  for (let at = 0; at < Ram.bytes; at += 0x20_0000) {
    s2.map(BigInt(Ram.base + at), Ram.base + at, S2.all, 2);
  }
  m.set("VTCR_EL2", 24n | (1n << 6n) | (4n << 16n));
  m.set("VTTBR_EL2", BigInt(s2.root));
  m.set("HCR_EL2", 1n);
  assertEquals(m.read(0x1000n), "ok");
  const block = s2.descriptor(BigInt(t.root), 2);
  m.setWord(block, 0n);
  m.mmu.invalidateTlb(0, "IPAS2E1IS", 0, t.root / 4096);
  assertEquals(m.read(0x1000n), "06 s2 ptw");
});

Deno.test("TLBI: EL2's forms leave EL1 alone and the other way round", () => {
  const { m, t } = machine();
  assertEquals(m.read(0x1000n), "ok");
  m.el(2);
  m.set("MAIR_EL2", 0xffn);
  m.set("TCR_EL2", 16n | (4n << 16n));
  m.set("TTBR0_EL2", BigInt(t.root));
  m.set("SCTLR_EL2", 1n);
  for (const va of [0x1000n, 0x2000n]) assertEquals(m.read(va), "ok");
  tlbi(m, "ALLE1");
  tlbi(m, "VAE1", 0x1000n);
  assertEquals(m.fast(0x1000n), host(Page));
  tlbi(m, "VAE2", 0x1000n);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.fast(0x2000n), host(Page));
  m.el(1);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.read(0x1000n), "ok");
  m.el(2);
  tlbi(m, "ALLE2IS");
  assertEquals(m.fast(0x2000n), undefined);
  m.el(1);
  assertEquals(m.fast(0x1000n), host(Page));
});

Deno.test("TLBI: in a host at EL2 the EL1 forms act on EL2&0", () => {
  const { m, t } = machine();
  assertEquals(m.read(0x1000n), "ok");
  m.el(2);
  m.set("MAIR_EL2", 0xffn);
  m.set("TCR_EL2", m.get("TCR_EL1"));
  m.set("TTBR0_EL2", BigInt(t.root));
  m.set("TTBR1_EL2", BigInt(t.root));
  m.set("SCTLR_EL2", 1n);
  m.set("HCR_EL2", (1n << 34n) | (1n << 27n));
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.read(0x2000n), "ok");
  tlbi(m, "VALE1IS", 0x1000n);
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.fast(0x2000n), host(Page));
  tlbi(m, "VMALLE1");
  assertEquals(m.fast(0x2000n), undefined);
  m.set("HCR_EL2", 0n);
  m.el(1);
  assertEquals(m.fast(0x1000n), host(Page));
});

Deno.test("TLB: switching stage 1 on, or changing TCR or MAIR, empties the context", () => {
  const m = new Machine();
  const t = new Tables(m);
  const va = BigInt(Other);
  t.map(va, Page, S1.af);
  m.start(t);
  m.set("SCTLR_EL1", 0n);
  assertEquals(m.read(va), "ok");
  assertEquals(m.fast(va), host(Other));
  m.set("SCTLR_EL1", 1n);
  assertEquals(m.read(va), "ok");
  assertEquals(m.fast(va), host(Page));
  m.set("MAIR_EL1", 0n);
  assertEquals(m.fast(va), undefined);
});

Deno.test("TLB: more address spaces than contexts reuse the oldest, never the current", () => {
  const { m, t } = machine();
  m.set("TCR_EL1", m.get("TCR_EL1") | (1n << 36n));
  for (let i = 0; i < 3 * Tlb.contexts; i++) {
    asid(m, t, i);
    assertEquals(m.fast(0x1000n), undefined, `ASID ${i}`);
    assertEquals(m.read(0x1000n), "ok");
    assertEquals(m.read(0x1000n, 4, 1), "ok");
    assertEquals(m.fast(0x1000n), host(Page));
    assertEquals(m.fast(0x1000n, "readTag", 4, "tlbUnprivileged"), host(Page));
  }
  asid(m, t, 3 * Tlb.contexts - 2);
  assertEquals(m.fast(0x1000n), host(Page));
  asid(m, t, 1);
  assertEquals(m.fast(0x1000n), undefined);
});

Deno.test("TLB: pages as far apart as a table reaches share a slot and replace each other", () => {
  const { m, t } = machine();
  const far = 0x1000n + BigInt(Tlb.entries * 4096);
  t.map(far, Other, S1.af);
  assertEquals(m.read(0x1000n), "ok");
  assertEquals(m.read(far), "ok");
  assertEquals(m.fast(0x1000n), undefined);
  assertEquals(m.fast(far), host(Other));
  m.mmu.flush();
  assertEquals(m.fast(far), undefined);
});

Deno.test("TLB: an address of 0 is not in an empty table", () => {
  const { m } = machine();
  assertEquals(m.fast(0n), undefined);
  m.start(new Tables(m), 0n, 2n);
  for (const va of [1n, 3n, 0x21n]) assertEquals(m.fast(va, "readTag", 64), undefined);
});
