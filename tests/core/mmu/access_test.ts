import { assertEquals } from "@std/assert";
import { AccessFlag } from "../../../core/mmu/access.ts";
import { DeviceBase, Machine, Ram, S1, Tables } from "./machine.ts";

const Page = Ram.base + 0x2000;
const Host = Page - Ram.base + Ram.host;

function machine(): { m: Machine; t: Tables } {
  const m = new Machine();
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af);
  t.map(0x2000n, Page + 0x2000, S1.af);
  t.map(0x3000n, DeviceBase, S1.af | S1.device);
  t.map(0x5000n, DeviceBase, S1.af);
  t.map(0x6000n, 0x1000_0000, S1.af | S1.device);
  m.start(t);
  return { m, t };
}

Deno.test("access: a read leaves its bytes in the mailbox and a tag for the next", () => {
  const { m } = machine();
  m.setWord(Page + 8, 0x1122_3344_5566_7788n);
  assertEquals(m.fast(0x1008n), undefined);
  assertEquals(m.read(0x1008n, 8), "ok");
  assertEquals(m.mailbox(), 0x1122_3344_5566_7788n);
  assertEquals(m.fast(0x1008n, "readTag", 8), Host + 8);
  assertEquals(m.fast(0x1ff9n, "readTag", 8), undefined);
  assertEquals(m.fast(0x1ff8n, "writeTag", 8), Host + 0xff8);
  assertEquals(m.fast(0x1000n, "executeTag"), Host);
});

Deno.test("access: addends of upper addresses wrap to the right place", () => {
  const { m, t } = machine();
  t.map(0xffff_ffff_ffff_f000n, Page, S1.af);
  assertEquals(m.read(0xffff_ffff_ffff_fff8n, 8), "ok");
  assertEquals(m.fast(0xffff_ffff_ffff_fff8n, "readTag", 8), Host + 0xff8);
  assertEquals(m.fast(0xffff_ffff_ffff_fffcn, "readTag", 8), undefined);
});

Deno.test("access: one that crosses pages takes its bytes from both", () => {
  const { m } = machine();
  m.setWord(Page + 0xff8, 0x8877_6655_4433_2211n);
  m.setWord(Page + 0x2000, 0xffee_ddcc_bbaa_0099n);
  assertEquals(m.read(0x1ffdn, 8, 0, 8), "ok");
  assertEquals(m.mailbox(), 0xddcc_bbaa_0099_8877n << 8n & 0xffff_ffff_ffff_ffffn | 0x66n);
  assertEquals(m.write(0x1ffdn, 8), "ok");
  m.setMailbox(0x0807_0605_0403_0201n);
  m.mmu.commitWrite(0);
  assertEquals(m.word(Page + 0xff8), 0x0302_0155_4433_2211n);
  assertEquals(m.word(Page + 0x2000), 0xffee_dd08_0706_0504n);
});

Deno.test("access: a fault in the second page is at its first byte, and nothing is written", () => {
  const { m } = machine();
  assertEquals(m.write(0x2ffcn, 8), "21");
  assertEquals(m.mmu.fault(0).vaLow, 0x3000);
  const u = machine();
  u.t.map(0x3000n, Page, S1.af | S1.ap2);
  u.m.setWord(Page + 0x2ff8, 5n);
  assertEquals(u.m.write(0x2ffcn, 8), "0f");
  assertEquals(u.m.mmu.fault(0).vaLow, 0x3000);
  assertEquals(u.m.write(0x3ffcn, 8), "0f");
  assertEquals(u.m.mmu.fault(0).vaLow, 0x3ffc);
  assertEquals(u.m.read(0x3ffcn, 8), "07");
  assertEquals(u.m.mmu.fault(0).vaLow, 0x4000);
  assertEquals(u.m.word(Page + 0x2ff8), 5n);
});

Deno.test("access: crossing the end of the address space faults at address 0", () => {
  const { m, t } = machine();
  t.map(0xffff_ffff_ffff_f000n, Page, S1.af);
  assertEquals(m.read(0xffff_ffff_ffff_fffcn, 8), "07");
  assertEquals([m.mmu.fault(0).vaHigh, m.mmu.fault(0).vaLow], [0, 0]);
});

Deno.test("access: devices get aligned parts of at most 4 bytes, low address first", () => {
  const { m } = machine();
  assertEquals(m.read(0x3008n, 8), "ok");
  assertEquals(m.mailbox(), 0xa500_000c_a500_0008n);
  assertEquals(m.read(0x3002n, 2), "ok");
  assertEquals(m.mailbox() & 0xffffn, 2n);
  assertEquals(m.write(0x3010n, 8), "ok");
  m.setMailbox(0x8000_0002_ffff_fff1n);
  m.mmu.commitWrite(0);
  assertEquals(m.write(0x5001n, 4), "ok");
  m.mmu.commitWrite(0);
  assertEquals(m.busLog, [
    "r4 8 @0",
    "r4 c @0",
    "r2 2 @0",
    "w4 10 fffffff1",
    "w4 14 80000002",
    "w1 1 f1",
    "w2 2 ffff",
    "w1 4 ff",
  ]);
  assertEquals(m.fast(0x3008n), undefined);
  assertEquals(m.read(0x3001n, 4), "21");
  assertEquals(m.read(0x3004n, 8, 0, 4), "ok");
});

Deno.test("access: an address nobody answers is an external abort", () => {
  const { m } = machine();
  assertEquals(m.read(0x6000n), "10");
  assertEquals(m.read(0x6004n), "10");
  assertEquals(m.mmu.fault(0).vaLow, 0x6004);
  assertEquals(m.write(0x6004n), "10");
  assertEquals(m.mmu.fault(0).write, true);
  assertEquals(m.fetch(0x6000n), "10");
  assertEquals(m.fetch(0x3000n), "10");
});

Deno.test("access: alignment is checked by SCTLR.A, by request, and never for elements", () => {
  const { m, t } = machine();
  assertEquals(m.read(0x1001n, 4), "ok");
  assertEquals(m.read(0x1001n, 4, AccessFlag.aligned), "21");
  assertEquals(m.read(0x1ffen, 8, AccessFlag.aligned), "21");
  assertEquals(m.mmu.fault(0).vaLow, 0x1ffe);
  m.start(t, 0n, 2n);
  assertEquals(m.read(0x1001n, 4), "21");
  assertEquals(m.fast(0x1001n, "readTag", 4), undefined);
  assertEquals(m.fast(0x1004n, "readTag", 4) !== undefined, true);
  assertEquals(m.read(0x1008n, 16, 0, 8), "ok");
  assertEquals(m.read(0x9001n, 4), "21");
});

Deno.test("access: DC ZVA faults on Device memory even when aligned", () => {
  const { m } = machine();
  assertEquals(m.write(0x1040n, 64, AccessFlag.normalOnly), "ok");
  assertEquals(m.write(0x3040n, 64, AccessFlag.normalOnly), "21");
  assertEquals(m.write(0x3040n, 4), "ok");
  assertEquals(m.write(0x3040n, 64, AccessFlag.normalOnly), "21");
});

Deno.test("access: stores to pages with decoded code are reported and stay slow", () => {
  const { m } = machine();
  assertEquals(m.write(0x1000n), "ok");
  assertEquals(m.fast(0x1000n, "writeTag") !== undefined, true);
  m.codePages.add(Host);
  m.mmu.dropWriteTags(Host);
  assertEquals(m.fast(0x1000n, "writeTag"), undefined);
  assertEquals(m.fast(0x1000n) !== undefined, true);
  assertEquals(m.write(0x1010n, 8), "ok");
  assertEquals(m.codeWrites, []);
  m.setMailbox(77n);
  m.mmu.commitWrite(0);
  assertEquals(m.codeWrites, [[Host + 0x10, 8]]);
  assertEquals(m.word(Page + 0x10), 77n);
  assertEquals(m.fast(0x1000n, "writeTag"), undefined);
  m.codePages.delete(Host);
  assertEquals(m.write(0x1010n, 8), "ok");
  assertEquals(m.fast(0x1000n, "writeTag") !== undefined, true);
});

Deno.test("access: write tags of a new code page go on all cores and in all contexts", () => {
  const m = new Machine({}, 2);
  const t = new Tables(m);
  t.map(0x1000n, Page, S1.af | S1.ap1);
  t.map(0x7000n, Page, S1.af | S1.ap1);
  m.start(t);
  for (const name of ["MAIR_EL1", "TCR_EL1", "TTBR0_EL1", "SCTLR_EL1"] as const) {
    m.set(name, m.get(name), 1);
  }
  m.el(1, 1);
  assertEquals(m.write(0x1000n), "ok");
  assertEquals(m.write(0x1000n, 4, AccessFlag.unprivileged), "ok");
  assertEquals(m.write(0x7000n, 4, 0, 4, 1), "ok");
  const tags = () => [
    m.fast(0x1000n, "writeTag"),
    m.fast(0x1000n, "writeTag", 4, "tlbUnprivileged"),
    m.fast(0x7000n, "writeTag", 4, "tlb", 1),
  ];
  assertEquals(tags(), [Host, Host, Host]);
  m.codePages.add(Host);
  m.mmu.dropWriteTags(Host);
  assertEquals(tags(), [undefined, undefined, undefined]);
});

Deno.test("access: fetches use execute rights and leave an execute tag", () => {
  const { m, t } = machine();
  t.map(0x8000n, Page, S1.af | S1.pxn);
  assertEquals(m.fetch(0x1000n), "ok");
  assertEquals(m.fast(0x1000n, "executeTag"), Host);
  assertEquals(m.fetch(0x8000n), "0f");
  assertEquals(m.mmu.fault(0).fetch, true);
  assertEquals(m.read(0x8000n), "ok");
  assertEquals(m.fast(0x8000n, "executeTag"), undefined);
});

Deno.test("access: an atomic reads, then writes back; its fault is a write's if a read would do", () => {
  const { m, t } = machine();
  t.map(0x8000n, Page, S1.af | S1.ap2);
  m.setWord(Page + 0x10, 41n);
  assertEquals(m.update(0x1010n), "ok");
  assertEquals(m.mailbox(), 41n);
  m.setMailbox(m.mailbox() + 1n);
  m.mmu.commitWrite(0);
  assertEquals(m.word(Page + 0x10), 42n);
  assertEquals(m.update(0x8010n), "0f w");
  assertEquals(m.update(0x9010n), "07");
  assertEquals(m.update(0x1011n), "21");
});
