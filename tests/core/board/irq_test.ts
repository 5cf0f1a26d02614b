import { assertEquals, assertThrows } from "@std/assert";
import { intid, ppi, spi } from "../../../core/board/irq.ts";

Deno.test("irq: SPIs start at INTID 32 and PPIs at 16", () => {
  assertEquals([intid(spi(0)), intid(spi(987)), intid(ppi(0)), intid(ppi(15))], [32, 1019, 16, 31]);
});
Deno.test("irq: numbers that no GIC has are refused", () => {
  assertThrows(() => spi(988), RangeError, "Cannot name SPI 988: it must be 0 to 987");
  assertThrows(() => spi(1.5), RangeError);
  assertThrows(() => ppi(16), RangeError, "Cannot name PPI 16: it must be 0 to 15");
});
Deno.test("irq: an SPI is level-sensitive unless said otherwise", () => {
  assertEquals([spi(1).trigger, spi(1, "edge").trigger], ["level", "edge"]);
});
