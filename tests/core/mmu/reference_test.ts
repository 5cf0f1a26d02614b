import { assert, assertEquals } from "@std/assert";
import { faultStatus } from "../../../core/mmu/fault.ts";
import { createCoreMmu, regimeOf } from "../../../core/mmu/core_mmu.ts";
import { RegimeKind, Variant } from "../../../core/mmu/regime.ts";
import { Translate, translate } from "../../../core/mmu/translate.ts";
import { Access } from "../../../core/mmu/walker.ts";
import { halves, Machine, Ram } from "./machine.ts";
import { type ReferenceAccess, type ReferenceMachine, referenceTranslate } from "./reference.ts";

const Pool = { base: Ram.base + 0x40_0000, pages: 16, pageBytes: 0x1_0000 };

/** A sequence of pseudo-random integers below `n`. */
function sequence(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
}

// Any 64 KiB page of the pool, at a 4 KiB offset half of the time.
function poolAddress(random: (n: number) => number): bigint {
  const fine = random(2) === 0 ? random(16) * 4096 : 0;
  return BigInt(Pool.base + random(Pool.pages) * Pool.pageBytes + fine);
}

/** Fills the pool with descriptors that mean something at both stages. */
function fillPool(m: Machine, random: (n: number) => number): void {
  for (let at = 0; at < Pool.pages * Pool.pageBytes; at += 8) {
    let word = poolAddress(random) | 3n;
    const odds = random(64);
    if (odds === 0) word &= ~1n;
    if (odds < 20) word &= ~2n;
    if (odds === 63) word |= 1n << BigInt(32 + random(16));
    // Access flag mostly set; AP, S2AP, memory attributes and table attributes at will.
    if (random(16) !== 0) word |= 1n << 10n;
    word |= BigInt(random(4)) << 2n;
    if (random(4) !== 0) word |= 3n << 4n;
    word |= random(8) === 0 ? BigInt(random(4)) << 6n : 3n << 6n;
    if (random(2) === 0) word ^= 1n << 7n;
    if (random(3) === 0) word |= BigInt(random(4)) << 53n;
    if (random(8) === 0) word |= BigInt(random(32)) << 59n;
    m.setWord(Pool.base + at, word);
  }
}

function referenceOf(m: Machine, xnx: boolean, random: (n: number) => number): ReferenceMachine {
  const tcr = BigInt(16 + random(24)) | (BigInt(random(4)) << 14n) |
    (BigInt(16 + random(24)) << 16n) | (BigInt(random(4)) << 30n) | (BigInt(3 + random(5)) << 32n) |
    (BigInt(random(4)) << 37n) | (random(8) === 0 ? 1n << 7n : 0n) |
    (random(8) === 0 ? 1n << 23n : 0n);
  const vtcr = BigInt(20 + random(20)) | (BigInt(random(4)) << 6n) | (BigInt(random(4)) << 14n) |
    (BigInt(3 + random(5)) << 16n);
  const common = {
    tcr,
    ttbr: [poolAddress(random), poolAddress(random)] as const,
    mair: 0xff44_00ff_ffff_ffffn,
    wxn: random(4) === 0,
    vttbr: poolAddress(random),
    protectedWalk: random(2) === 0,
    addressBits: 44,
    xnx,
    read: (pa: bigint) =>
      pa >= Ram.base && pa < Ram.base + Ram.bytes ? m.word(Number(pa)) : undefined,
  };
  return random(2) === 0 ? common : { ...common, vtcr };
}

function accessOf(reference: ReferenceMachine, random: (n: number) => number): ReferenceAccess {
  const upper = random(2) === 1;
  const tsz = Number((reference.tcr >> (upper ? 16n : 0n)) & 63n);
  const low = BigInt(random(2 ** 26)) | (BigInt(random(2 ** 26)) << 26n);
  const inside = low & ((1n << BigInt(64 - tsz)) - 1n);
  let va = upper ? BigInt.asUintN(64, -1n - inside) : inside;
  if (random(8) === 0) va ^= 1n << BigInt(40 + random(24));
  return {
    va,
    kind: (["read", "write", "fetch"] as const)[random(3)] as "read" | "write" | "fetch",
    el0: random(2) === 0,
    pan: random(2) === 0,
    aligned: random(4) !== 0,
  };
}

function apply(m: Machine, r: ReferenceMachine): void {
  m.set("TCR_EL1", r.tcr);
  m.set("TTBR0_EL1", r.ttbr[0]);
  m.set("TTBR1_EL1", r.ttbr[1]);
  m.set("MAIR_EL1", r.mair);
  m.set("SCTLR_EL1", 1n | (r.wxn ? 1n << 19n : 0n));
  m.set("VTCR_EL2", r.vtcr ?? 0n);
  m.set("VTTBR_EL2", r.vttbr);
  m.set("HCR_EL2", (r.vtcr === undefined ? 0n : 1n) | (r.protectedWalk ? 4n : 0n));
}

Deno.test("translation: agrees with the reference on random tables, registers and accesses", () => {
  const random = sequence(1);
  let [faults, successes, nested] = [0, 0, 0];
  const seen = new Set<string>();
  for (const xnx of [false, true]) {
    const m = new Machine({ xnx });
    fillPool(m, random);
    const core = createCoreMmu(0, m.host, {
      host: m.host,
      words: new Uint32Array(m.memory),
      writable: new Uint8Array(m.memory.byteLength / 4096),
      counts: { fills: 0, invalidations: 0 },
    });
    for (let round = 0; round < 400; round++) {
      const reference = referenceOf(m, xnx, random);
      apply(m, reference);
      for (const regime of core.regimes) regime.current = false;
      const regime = regimeOf(core, RegimeKind.el10);
      for (let i = 0; i < 40; i++) {
        const access = accessOf(reference, random);
        const expected = referenceTranslate(reference, access);
        const { high, low } = halves(access.va);
        const variant = access.el0
          ? Variant.unprivileged
          : access.pan
          ? Variant.privilegedPan
          : Variant.privileged;
        const kind = { read: Access.read, write: Access.write, fetch: Access.execute }[access.kind];
        const options = access.aligned ? 0 : Translate.unaligned;
        const ok = translate(core.walker, regime, high, low, kind, variant, options);
        const { fault, result } = core.walker;
        const actual = ok ? result.pa.toString(16) : "fault " + faultStatus(fault).toString(16) +
          (fault.stage2 ? ` s2${fault.s1ptw ? " ptw" : ""} ${fault.ipa.toString(16)}` : "");
        if (actual !== expected) {
          const shown = { ...reference, ...access, round, i };
          assertEquals(actual, expected, Deno.inspect(shown));
        }
        if (ok) successes++;
        else faults++;
        if (ok && reference.vtcr !== undefined) nested++;
        if (!ok) seen.add(expected.split(" ").slice(0, 3).join(" ") + fault.s1ptw);
      }
    }
  }
  assert(successes > 1000 && faults > 1000 && nested > 100, `${successes} ${faults} ${nested}`);
  assert(seen.size > 30, `kinds of faults: ${seen.size}`);
});
