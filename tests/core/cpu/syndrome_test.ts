import { assertEquals } from "@std/assert";
import { abortedAccess, Ec, esr, Iss, systemAccess } from "../../../core/cpu/syndrome.ts";

Deno.test("syndrome: a system register access survives the round trip", () => {
  for (const key of [0xc080, 0xffff, 0x8014, 0x5a5a]) {
    for (const read of [false, true]) {
      assertEquals(systemAccess(Iss.systemRegister(key, 17, read)), { key, rt: 17, read });
    }
  }
});

Deno.test("syndrome: MSR ICC_SGI1R_EL1, X3 has the encoding of the manual", () => {
  const key = (3 << 14) | (0 << 11) | (12 << 7) | (11 << 3) | 5;
  assertEquals(esr(Ec.systemRegister, Iss.systemRegister(key, 3, false)), 0x623a_3076n);
});

Deno.test("syndrome: an aborted access survives the round trip", () => {
  const access = { bytes: 2, signExtend: true, rt: 9, wide: true, acquireRelease: true } as const;
  const iss = Iss.dataAbort({ dfsc: 7, write: true, access });
  assertEquals(abortedAccess(iss), { ...access, write: true });
  assertEquals(iss & 0x3f, 7);
});

Deno.test("syndrome: without ISV there is no access", () => {
  assertEquals(abortedAccess(Iss.dataAbort({ dfsc: 7, write: true })), undefined);
});

Deno.test("syndrome: CM, S1PTW, EA and FnV have their bits", () => {
  const bare = { dfsc: 0, write: false };
  assertEquals(Iss.dataAbort({ ...bare, maintenance: true }), 1 << 8);
  assertEquals(Iss.dataAbort({ ...bare, s1ptw: true }), 1 << 7);
  assertEquals(Iss.dataAbort({ ...bare, external: true }), 1 << 9);
  assertEquals(Iss.dataAbort({ ...bare, farInvalid: true }), 1 << 10);
});
