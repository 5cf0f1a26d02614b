import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { virtioRng } from "../../../devices/virtio/rng.ts";
import { BufferBase, Driver, wires } from "./rig.ts";

function rig(seed: number) {
  const parts = wires();
  const chip = virtioRng({ ...parts.virtio, seed });
  const driver = new Driver(chip, parts.memory).start(1);
  const take = (bytes: number) => {
    driver.send(0, [{ address: BufferBase, bytes, w: true }]);
    return driver.load(BufferBase, driver.used(0)[0]?.[1] as number);
  };
  return { chip, driver, take };
}

Deno.test("rng: equal seeds give equal numbers, different seeds different ones", () => {
  const [a, b, c] = [rig(1), rig(1), rig(2)].map(({ take }) => take(33));
  assertEquals(a, b);
  assertNotEquals(a, c);
  assertEquals(a?.length, 33);
});

Deno.test("rng: every byte comes about as often as any other", () => {
  const counts = new Array<number>(256).fill(0);
  for (const byte of rig(3).take(65_536)) counts[byte] = (counts[byte] ?? 0) + 1;
  assert(Math.min(...counts) > 180 && Math.max(...counts) < 340);
});

Deno.test("rng: a reset by the driver goes on with the sequence, one by the board begins again", () => {
  const { chip, driver, take } = rig(4);
  const first = take(16);
  driver.start(1);
  assertNotEquals(take(16), first);
  chip.reset();
  driver.start(1);
  assertEquals(take(16), first);
});

Deno.test("rng: a restored device goes on where the snapshot was taken", () => {
  const { chip, take } = rig(5);
  const saved = chip.snapshot();
  const numbers = take(16);
  const other = rig(99);
  other.chip.restore(saved);
  other.driver.start(1);
  assertEquals(other.take(16), numbers);
});

Deno.test("rng: a request without room gets nothing", () => {
  const { driver } = rig(6);
  driver.send(0, [{ address: BufferBase, bytes: 8 }]);
  assertEquals(driver.used(0), [[0, 0]]);
});
