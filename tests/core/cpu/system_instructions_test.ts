import { assert, assertEquals } from "@std/assert";
import { Ec, Iss } from "../../../core/cpu/syndrome.ts";
import {
  checkSystemInstruction,
  findSystemInstruction,
  systemInstructions,
} from "../../../core/cpu/system_instructions.ts";
import { keyOf } from "../../../core/cpu/system_register_rows.ts";
import { AtNames } from "../../../core/mmu/address_translation.ts";
import { TlbiNames } from "../../../core/mmu/maintenance.ts";
import type { El } from "../../../core/cpu/types.ts";
import { rig, set } from "./rig.ts";

const keyNamed = (name: string) => {
  const row = systemInstructions.find((r) => r.name === name);
  assert(row, name);
  return keyOf(row.at);
};

const trap = (to: 1 | 2, name: string) => ({
  to,
  ec: Ec.systemRegister,
  iss: Iss.systemRegister(keyNamed(name), 4, false),
});

function check(name: string, el: El, hcr = 0n, sctlr = 0n) {
  const { core } = rig({ el });
  set(core, "HCR_EL2", hcr);
  set(core, "SCTLR_EL1", sctlr);
  const result = checkSystemInstruction(core, keyNamed(name), 4);
  return "name" in result ? result.name : result;
}

Deno.test("system instructions: encodings are unique and as the manual has them", () => {
  assertEquals(
    new Set(systemInstructions.map((r) => keyOf(r.at))).size,
    systemInstructions.length,
  );
  assertEquals(findSystemInstruction(keyOf([1, 0, 8, 3, 7]))?.name, "VAALE1IS");
  assertEquals(findSystemInstruction(keyOf([1, 4, 8, 0, 1]))?.name, "IPAS2E1IS");
  assertEquals(findSystemInstruction(keyOf([1, 3, 7, 14, 1]))?.name, "CIVAC");
  assertEquals(findSystemInstruction(keyOf([1, 4, 7, 8, 4]))?.name, "S12E1R");
});

Deno.test("system instructions: TTLB, TPC, TPU, TSW and TDZ trap EL1 to EL2", () => {
  const cases = [
    [25, "VAE1IS"],
    [23, "CIVAC"],
    [23, "IVAC"],
    [24, "IVAU"],
    [24, "CVAU"],
    [24, "IALLUIS"],
    [22, "CISW"],
    [28, "ZVA"],
  ] as const;
  for (const [bit, name] of cases) {
    assertEquals(check(name, 1), name);
    assertEquals(check(name, 1, 1n << BigInt(bit)), trap(2, name));
    assertEquals(check(name, 2, 1n << BigInt(bit)), name);
  }
});

Deno.test("system instructions: SCTLR_EL1.UCI and DZE let EL0 maintain caches", () => {
  for (const [bit, name] of [[26, "CVAU"], [26, "IVAU"], [26, "CIVAC"], [14, "ZVA"]] as const) {
    assertEquals(check(name, 0), trap(1, name));
    assertEquals(check(name, 0, 0n, 1n << BigInt(bit)), name);
  }
});

Deno.test("system instructions: what needs privilege is undefined without it", () => {
  const undefinedAt1 = { to: 1 as const, ec: 0, iss: 0 };
  assertEquals(check("VAE1", 0), undefinedAt1);
  assertEquals(check("ALLE2", 1), undefinedAt1);
  assertEquals(check("ISW", 0), undefinedAt1);
  assertEquals(check("CVAP", 1), undefinedAt1);
});

Deno.test("system instructions: an unknown one is undefined and said once", () => {
  const { core, log } = rig({ el: 1 });
  const key = keyOf([1, 6, 7, 1, 1]);
  assertEquals(checkSystemInstruction(core, key, 0), { to: 1, ec: 0, iss: 0 });
  checkSystemInstruction(core, key, 0);
  assertEquals(log, ["sys S1_6_C7_C1_1: no such instruction"]);
});

Deno.test("system instructions: the MMU executes every AT and TLBI there is", () => {
  const named = (kind: string) =>
    systemInstructions.filter((r) => r.kind === kind).map((r) => r.name).toSorted();
  assertEquals(named("at"), [...AtNames].toSorted() as string[]);
  assertEquals(named("tlbi"), [...TlbiNames].toSorted() as string[]);
});
