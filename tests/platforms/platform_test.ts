import { assertEquals, assertThrows } from "@std/assert";
import { findPlatform, platforms } from "../../platforms/mod.ts";
import {
  clockHz,
  gicFrames,
  maxRamBytes,
  type Platform,
  ramBanks,
} from "../../platforms/platform.ts";

const GiB = 2 ** 30;

function named(name: string): Platform {
  const platform = findPlatform(name);
  if (!platform) throw new Error(`no platform ${name}`);
  return platform;
}

Deno.test("platform: boards are found by name", () => {
  assertEquals(platforms.map((p) => p.name), ["qemu-virt", "fvp", "espressobin"]);
  assertEquals(findPlatform("raspi"), undefined);
});
Deno.test("platform: every core has an MPIDR of its own", () => {
  for (const { name, cpus } of platforms) {
    const all = Array.from({ length: cpus.max }, (_, i) => cpus.mpidr(i));
    assertEquals(new Set(all).size, cpus.max, name);
    assertEquals(all.every((m) => (m & 0xffff_ffff_c000_0000n) === 0x8000_0000n), true, name);
  }
  assertEquals(named("fvp").cpus.mpidr(7), 0x8101_0300n);
});
Deno.test("platform: RAM fills the banks in order", () => {
  const fvp = named("fvp");
  assertEquals(ramBanks(fvp, GiB), [{ base: 0x8000_0000, size: GiB }]);
  assertEquals(ramBanks(fvp, 3 * GiB), [
    { base: 0x8000_0000, size: 2 * GiB },
    { base: 0x8_8000_0000, size: GiB },
  ]);
  assertEquals(maxRamBytes(fvp), 8 * GiB);
});
Deno.test("platform: RAM that the board cannot have is refused", () => {
  const board = named("espressobin");
  const message = "Cannot give espressobin 3221225472 bytes of RAM: " +
    "it must be a multiple of 4096 up to 2 GiB";
  assertThrows(() => ramBanks(board, 3 * GiB), RangeError, message);
  for (const bytes of [0, -4096, 4097, NaN]) assertThrows(() => ramBanks(board, bytes), RangeError);
});
Deno.test("platform: a GIC that the board cannot have is refused", () => {
  assertThrows(
    () => gicFrames(named("fvp"), 2),
    RangeError,
    "Cannot give fvp a GICv2: it has a GICv3 only",
  );
});
Deno.test("platform: defaults are things the board can have, and slots name clocks there are", () => {
  for (const platform of platforms) {
    ramBanks(platform, platform.ram.defaultBytes);
    gicFrames(platform, platform.gic.defaultVersion);
    for (const slot of platform.devices) if ("clock" in slot) clockHz(platform, slot.clock);
  }
});
