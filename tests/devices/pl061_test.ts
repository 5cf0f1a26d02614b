import { assertEquals } from "@std/assert";
import { pl061 } from "../../devices/pl061.ts";

function rig() {
  const levels: boolean[] = [];
  const gpio = pl061({
    irq: { set: (l) => void (levels.at(-1) === l || levels.push(l)) },
    log: () => {},
  });
  const put = (at: number, value: number) => gpio.write(at, 4, value, 0);
  const get = (at: number) => gpio.read(at, 4, 0);
  return { gpio, levels, put, get };
}

Deno.test("pl061: address bits select the pins that GPIODATA reads and changes", () => {
  const { gpio, put, get } = rig();
  put(0x400, 0x0f); // pins 3:0 are outputs
  put(0x3fc, 0xff);
  put(0x008, 0x00); // only pin 1
  gpio.setPin(7, true);
  assertEquals([get(0x3fc), get(0x010), get(0x200)], [0x8d, 0x04, 0x80]);
});
Deno.test("pl061: a rising edge interrupts until cleared", () => {
  const { gpio, put, get, levels } = rig();
  put(0x40c, 1 << 3);
  put(0x410, 1 << 3);
  gpio.setPin(3, true);
  gpio.setPin(3, false);
  assertEquals([get(0x414), get(0x418), levels], [8, 8, [false, true]]);
  put(0x41c, 1 << 3);
  assertEquals([get(0x414), levels], [0, [false, true, false]]);
});
Deno.test("pl061: edges are those that GPIOIEV and GPIOIBE ask for", () => {
  const { gpio, put, get } = rig();
  const press = () => (gpio.setPin(0, true), get(0x414) & 1);
  const release = () => (gpio.setPin(0, false), get(0x414) & 1);
  const seen = [press(), release()]; // falling edge is the default
  put(0x41c, 1);
  put(0x408, 1);
  seen.push(press());
  put(0x41c, 1);
  seen.push(release());
  assertEquals(seen, [0, 1, 1, 1]);
});
Deno.test("pl061: a level interrupts while it lasts", () => {
  const { gpio, put, levels } = rig();
  put(0x404, 1 << 3);
  put(0x40c, 1 << 3);
  put(0x410, 1 << 3);
  gpio.setPin(3, true);
  put(0x41c, 1 << 3);
  gpio.setPin(3, false);
  assertEquals(levels, [false, true, false]);
});
Deno.test("pl061: identification registers spell a PrimeCell GPIO", () => {
  const { get } = rig();
  const ids = Array.from({ length: 8 }, (_, i) => get(0xfe0 + 4 * i));
  assertEquals(ids, [0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
});
Deno.test("pl061: reset equals power-on, restore drives the line", () => {
  const a = rig();
  a.put(0x410, 0xff);
  a.put(0x404, 0xff); // level-sensitive, low
  const b = rig();
  b.gpio.restore(a.gpio.snapshot());
  assertEquals(b.levels, [false, true]);
  b.gpio.reset();
  assertEquals([b.levels, b.gpio.snapshot()], [[false, true, false], rig().gpio.snapshot()]);
});
