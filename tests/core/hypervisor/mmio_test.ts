import { assertEquals } from "@std/assert";
import { extend } from "../../../core/hypervisor/mmio.ts";

const access = { rt: 0, acquireRelease: false } as const;

Deno.test("mmio: a load without sign extension has zeros above the value", () => {
  const plain = { ...access, bytes: 1, signExtend: false, wide: true } as const;
  assertEquals(extend(0x80n, plain), 0x80n);
});

Deno.test("mmio: LDRSB into a W register has zeros in the upper half", () => {
  const narrow = { ...access, bytes: 1, signExtend: true, wide: false } as const;
  assertEquals(extend(0x80n, narrow), 0xffff_ff80n);
});

Deno.test("mmio: LDRSW extends to 64 bits", () => {
  const wide = { ...access, bytes: 4, signExtend: true, wide: true } as const;
  assertEquals(extend(0x8000_0000n, wide), 0xffff_ffff_8000_0000n);
});
