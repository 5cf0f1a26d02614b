import { assert, assertEquals } from "@std/assert";
import {
  exceptionClass,
  exceptionClasses,
  syndromeFields,
} from "../../../core/cpu/exception_classes.ts";
import { Ec, esr, Iss, systemAccess } from "../../../core/cpu/syndrome.ts";
import { keyNamed } from "./rig.ts";

const fieldsOf = (ec: number, iss: number) => syndromeFields(Number(esr(ec, iss)));
const valuesOf = (ec: number, iss: number) =>
  Object.fromEntries(fieldsOf(ec, iss).map(({ name, value }) => [name, value]));

Deno.test("exception classes: numbers are unique, in order, and every class of ours has a row", () => {
  const numbers = exceptionClasses.map(({ ec }) => ec);
  assertEquals(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  for (const ec of Object.values(Ec)) assert(exceptionClass(ec), `EC ${ec}`);
});

Deno.test("exception classes: fields lie in the 25 bits of ISS, apart, from the highest down", () => {
  for (const { name, fields } of exceptionClasses) {
    let below = 25;
    for (const { name: field, high, low } of fields) {
      assert(low >= 0 && low <= high && high < below, `${name}, ${field}`);
      below = low;
    }
  }
});

Deno.test("exception classes: fields have what was put into the syndrome", () => {
  const access = { bytes: 8, signExtend: true, rt: 17, wide: true, acquireRelease: true } as const;
  const abort = Iss.dataAbort({ dfsc: 0xf, write: true, access });
  const none = { VNCR: 0, SET: 0, FnV: 0, EA: 0, CM: 0, S1PTW: 0 };
  assertEquals(valuesOf(Ec.dataAbortLower, abort), {
    ...{ ISV: 1, SAS: 3, SSE: 1, SRT: 17, SF: 1, AR: 1 },
    ...none,
    ...{ WnR: 1, DFSC: 0xf },
  });
  const key = keyNamed("ICC_SGI1R_EL1");
  const iss = Iss.systemRegister(key, 5, false);
  assertEquals(systemAccess(iss).key, key);
  assertEquals(valuesOf(Ec.systemRegister, iss), {
    ...{ Op0: 3, Op2: 5, Op1: 0, CRn: 12, Rt: 5, CRm: 11, Direction: 0 },
  });
  assertEquals(valuesOf(Ec.hvc, 0x1234), { imm16: 0x1234 });
  assertEquals(valuesOf(Ec.wfx, Iss.wfx("wfe")), { CV: 1, COND: 14, RN: 0, RV: 0, TI: 1 });
});

Deno.test("exception classes: fields say what they mean", () => {
  const meanings = (ec: number, iss: number) =>
    fieldsOf(ec, iss).flatMap(({ name, meaning }) =>
      meaning === undefined ? [] : [`${name}: ${meaning}`]
    );
  const described = meanings(Ec.dataAbortLower, 1 << 24 | 2 << 22 | 31 << 16 | 1 << 6 | 7);
  assert(described.includes("SAS: word"));
  assert(described.includes("SRT: ZR"));
  assert(described.includes("DFSC: translation fault level 3"));
  assert(meanings(Ec.dataAbortLower, 7).includes("SAS: not given"));
  assert(meanings(Ec.instructionAbortLower, 0x8d).includes("S1PTW: on a stage 1 walk"));
});
