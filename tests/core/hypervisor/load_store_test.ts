import { assertEquals } from "@std/assert";
import {
  addressOf,
  decodeLoadStore,
  type GuestRegisterFile,
  type LoadStore,
  performLoadStore,
} from "../../../core/hypervisor/load_store.ts";

const Base = 0x1000n;

/** Registers: Xn is n, but X3 and SP are the base and X4 is -1 in 32 bits. */
function registerFile() {
  const x = Array.from({ length: 31 }, (_, n) => BigInt(n));
  x[3] = Base;
  x[4] = 0xffff_ffffn;
  const v = Array.from({ length: 64 }, (_, n) => BigInt(0x100 + n));
  let sp = Base;
  const file: GuestRegisterFile = {
    read: (n) => x[n] ?? 0n,
    write: (n, value) => void (x[n] = value),
    readBase: (n) => n === 31 ? sp : x[n] ?? 0n,
    writeBase: (n, value) => n === 31 ? void (sp = value) : void (x[n] = value),
    readHalf: (n, half) => v[n * 2 + half] as bigint,
    writeHalf: (n, half, value) => void (v[n * 2 + half] = value),
  };
  return { x, v, file, sp: () => sp };
}

/** Executes a word on memory whose byte at offset i is 0x80 + i. */
function execute(word: number) {
  const registers = registerFile();
  const access = decodeLoadStore(word) as LoadStore;
  const address = addressOf(access, registers.file);
  const writes: [offset: number, bytes: number, value: bigint][] = [];
  performLoadStore(access, registers.file, {
    read: (offset, bytes) => {
      let value = 0n;
      for (let i = 0; i < bytes; i++) value |= BigInt(0x80 + offset + i) << BigInt(i * 8);
      return value;
    },
    write: (...write) => void writes.push(write),
  });
  return { ...registers, access, offset: Number(address - Base), writes };
}

Deno.test("load_store: pairs of general registers", () => {
  const loaded = execute(0xa941_0861); // ldp x1, x2, [x3, #16]
  assertEquals([loaded.offset, loaded.x[3]], [16, Base]);
  assertEquals(loaded.x.slice(1, 3), [0x8786_8584_8382_8180n, 0x8f8e_8d8c_8b8a_8988n]);
  const written = execute(0x28bf_0861); // stp w1, w2, [x3], #-8
  assertEquals([written.offset, written.x[3]], [0, Base - 8n]);
  assertEquals(written.writes, [[0, 4, 1n], [4, 4, 2n]]);
  const signed = execute(0x69c1_0be1); // ldpsw x1, x2, [sp, #8]!
  assertEquals([signed.offset, signed.sp()], [8, Base + 8n]);
  assertEquals(signed.x.slice(1, 3), [0xffff_ffff_8382_8180n, 0xffff_ffff_8786_8584n]);
  assertEquals(execute(0xa87f_0861).offset, -16); // ldnp x1, x2, [x3, #-16]
});

Deno.test("load_store: pairs of SIMD registers", () => {
  const loaded = execute(0xad40_0861); // ldp q1, q2, [x3]
  assertEquals(loaded.v.slice(2, 6).map((half) => half & 0xffn), [0x80n, 0x88n, 0x90n, 0x98n]);
  const written = execute(0x6d81_0861); // stp d1, d2, [x3, #16]!
  assertEquals([written.offset, written.x[3]], [16, Base + 16n]);
  assertEquals(written.writes, [[0, 8, 0x102n], [8, 8, 0x104n]]);
});

Deno.test("load_store: general registers with write-back", () => {
  const post = execute(0x3840_1461); // ldrb w1, [x3], #1
  assertEquals([post.offset, post.x[3], post.x[1]], [0, Base + 1n, 0x80n]);
  const pre = execute(0x781f_ec61); // strh w1, [x3, #-2]!
  assertEquals([pre.offset, pre.x[3], pre.writes], [-2, Base - 2n, [[0, 2, 1n]]]);
  assertEquals(execute(0xb880_4461).x[1], 0xffff_ffff_8382_8180n); // ldrsw x1, [x3], #4
  assertEquals(execute(0x38c0_1c61).x[1], 0xffff_ff80n); // ldrsb w1, [x3, #1]!
});

Deno.test("load_store: SIMD registers with every kind of offset", () => {
  const q = execute(0x3dc0_0861); // ldr q1, [x3, #32]
  assertEquals([q.offset, q.v[2], q.v[3]], [32, 0x8786_8584_8382_8180n, 0x8f8e_8d8c_8b8a_8988n]);
  const b = execute(0x3d00_0c61); // str b1, [x3, #3]
  assertEquals([b.offset, b.writes], [3, [[0, 1, 2n]]]);
  const s = execute(0xbc64_d861); // ldr s1, [x3, w4, sxtw #2]
  assertEquals([s.offset, s.v[2], s.v[3]], [-4, 0x8382_8180n, 0n]);
  const x = execute(0x3ca4_7861); // str q1, [x3, x4, lsl #4]
  assertEquals([x.offset, x.access.bytes], [0xffff_ffff * 16, 16]);
  assertEquals(execute(0xfc5f_8061).offset, -8); // ldur d1, [x3, #-8]
});

Deno.test("load_store: what is none of these is left alone", () => {
  const others = [
    0xf980_0060, // prfm pldl1keep, [x3]
    0xc85f_7c61, // ldxr x1, [x3]
    0xf821_0062, // ldadd x1, x2, [x3]
    0x4c40_7061, // ld1 {v1.16b}, [x3]
    0x8b03_0041, // add x1, x2, x3
    0x5800_0041, // ldr x1, 8
  ];
  assertEquals(others.map(decodeLoadStore), others.map(() => undefined));
});
