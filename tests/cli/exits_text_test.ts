import { assertEquals } from "@std/assert";
import { exitsText } from "../../cli/exits_text.ts";

Deno.test("exits: the most frequent reason comes first, and all of them last", () => {
  const text = exitsText("vm1", [
    { reason: "alarm", count: 2, costNs: 3000 },
    { reason: "MMIO uart0", count: 36_140, costNs: 36_140_000 },
  ]);
  assertEquals(text.split("\n"), [
    "exits of vm1   count       time     mean",
    "MMIO uart0    36 140  36.140 ms  1000 ns",
    "alarm              2   0.003 ms  1500 ns",
    "all           36 142  36.143 ms  1000 ns",
    "",
  ]);
  assertEquals(exitsText("vm2", []).split("\n")[1], "all               0  0.000 ms     -");
});
