import { assertEquals, assertMatch } from "@std/assert";
import { emulatedKind, kindList, numberingOf } from "../../../core/config/emulated_kinds.ts";

Deno.test("numberingOf: flat files use the old numbers, files with tables the new", () => {
  assertEquals(numberingOf("flat", [1]), "before 2025-07");
  assertEquals(numberingOf("tables", [1, 0x21, 0xe1]), "since 2025-07");
  assertEquals(numberingOf("tables", [1, 4]), "before 2025-07");
});

Deno.test("emulatedKind: one number means different devices by age", () => {
  assertEquals(emulatedKind("before 2025-07", 0), "console");
  assertEquals(emulatedKind("since 2025-07", 0), "dummy");
  assertEquals(emulatedKind("since 2025-07", 2), "console");
  assertEquals(emulatedKind("before 2025-07", 1), "gicd");
  assertEquals(emulatedKind("since 2025-07", 0x20), "gppt-gicr");
  assertEquals(emulatedKind("since 2025-07", 0x99), undefined);
});

Deno.test("kindList: names numbers and words", () => {
  assertMatch(kindList("since 2025-07"), /0x2 \(console\).*0xe1 \(virtio-blk\)/);
});
