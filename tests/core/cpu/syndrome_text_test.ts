import { assertEquals } from "@std/assert";
import { Ec, esr, Iss } from "../../../core/cpu/syndrome.ts";
import { describeFault } from "../../../core/cpu/exception_classes.ts";
import { decodeSyndrome } from "../../../core/cpu/syndrome_text.ts";
import { keyNamed } from "./rig.ts";

const access = { bytes: 4, signExtend: false, rt: 1, wide: false, acquireRelease: false } as const;

Deno.test("syndrome text: a data abort says what, where in the tables, and by which register", () => {
  const iss = Iss.dataAbort({ dfsc: 7, write: true, access });
  assertEquals(
    decodeSyndrome(esr(Ec.dataAbortLower, iss)),
    "Data abort from a lower EL, translation fault level 3, write of 4 bytes by W1",
  );
  assertEquals(
    decodeSyndrome(esr(Ec.dataAbort, Iss.dataAbort({ dfsc: 0x21, write: false }))),
    "Data abort, alignment fault, read",
  );
  const walk = { dfsc: 0xf, write: false, s1ptw: true };
  assertEquals(
    decodeSyndrome(esr(Ec.dataAbortLower, Iss.dataAbort(walk))),
    "Data abort from a lower EL, permission fault level 3 on a stage 1 table walk, read",
  );
});

Deno.test("syndrome text: a sign-extending byte load into ZR reads well", () => {
  const byte = { ...access, bytes: 1, signExtend: true, rt: 31, wide: true } as const;
  assertEquals(
    decodeSyndrome(esr(Ec.dataAbortLower, Iss.dataAbort({ dfsc: 5, write: false, access: byte }))),
    "Data abort from a lower EL, translation fault level 1, read of 1 byte by XZR, sign-extended",
  );
});

Deno.test("syndrome text: trapped system registers have names", () => {
  const iss = (name: string, read: boolean) => Iss.systemRegister(keyNamed(name), 3, read);
  assertEquals(
    decodeSyndrome(esr(Ec.systemRegister, iss("ICC_SGI1R_EL1", false))),
    "Trapped system instruction, write of ICC_SGI1R_EL1 from X3",
  );
  assertEquals(
    decodeSyndrome(esr(Ec.systemRegister, iss("CNTPCT_EL0", true))),
    "Trapped system instruction, read of CNTPCT_EL0 into X3",
  );
});

Deno.test("syndrome text: calls, waits and unknown classes", () => {
  assertEquals(decodeSyndrome(esr(Ec.hvc, 0x4a48)), "HVC #0x4a48");
  assertEquals(decodeSyndrome(esr(Ec.wfx, Iss.wfx("wfe"))), "Trapped WFE");
  assertEquals(decodeSyndrome(esr(Ec.unknown, 0)), "Undefined instruction");
  assertEquals(
    decodeSyndrome(esr(0x3f, 5)),
    "Exception class 0x0000_003f, syndrome 0x0000_0005",
  );
});

Deno.test("syndrome text: every fault status has words", () => {
  assertEquals(describeFault(0x0b), "access flag fault level 3");
  assertEquals(describeFault(0x15), "synchronous external abort on a table walk, level 1");
  assertEquals(describeFault(0x3e), "fault status 0x0000_003e");
});
