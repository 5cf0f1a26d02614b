import { assertEquals } from "@std/assert";
import { EventQueue } from "../../core/board/clock.ts";
import { armadaUart, type ArmadaUartLayout } from "../../devices/armada_uart.ts";

const FrameNs = 86_806;

function rig(layout: ArmadaUartLayout = "standard") {
  const clock = new EventQueue();
  const sent: number[] = [];
  const readied: number[] = [];
  const lines = { sum: false, tx: false, rx: false };
  const edges: string[] = [];
  const line = (name: keyof typeof lines) => ({
    set: (l: boolean) => {
      if (l && !lines[name]) edges.push(name);
      lines[name] = l;
    },
  });
  const uart = armadaUart(layout, {
    clock,
    clockHz: 25_000_000,
    sum: line("sum"),
    tx: line("tx"),
    rx: line("rx"),
    transmit: (b) => void sent.push(b),
    ready: () => void readied.push(clock.now()),
    log: () => {},
  });
  const put = (at: number, value: number) => uart.write(at, 4, value, 0);
  const get = (at: number) => uart.read(at, 4, 0);
  return { uart, clock, sent, readied, lines, edges, put, get };
}

Deno.test("armada uart: TSH transmits the low byte and the transmitter stays empty and ready", () => {
  const { put, get, sent } = rig();
  put(0x04, 0x141);
  assertEquals([sent, get(0x0c)], [[0x41], 0x3460]); // TX FIFO empty, RX FIFO empty, half, EMP, RDY
});
Deno.test("armada uart: a received byte raises RX_RDY and the sum and rx lines until read", () => {
  const { uart, put, get, lines } = rig();
  put(0x08, 1 << 4);
  uart.receive(0x61);
  assertEquals(get(0x0c) & (1 << 4 | 1 << 12), 1 << 4);
  assertEquals(lines, { sum: true, tx: false, rx: true });
  assertEquals(get(0x00), 0x61);
  assertEquals(lines, { sum: false, tx: false, rx: false });
  assertEquals(get(0x0c) & (1 << 4 | 1 << 12), 1 << 12);
});
Deno.test("armada uart: TX_RDY interrupts while it is enabled", () => {
  const { put, lines } = rig();
  put(0x08, 1 << 5);
  assertEquals(lines, { sum: true, tx: true, rx: false });
  put(0x08, 0);
  assertEquals(lines, { sum: false, tx: false, rx: false });
});
Deno.test("armada uart: every byte sent makes an edge while TX_RDY interrupts", () => {
  const { put, edges, lines } = rig("extended");
  put(0x1c, 1);
  put(0x20, 1 << 6);
  put(0x1c, 2);
  put(0x1c, 3);
  assertEquals([edges.filter((name) => name === "tx").length, lines.tx], [3, true]);
});
Deno.test("armada uart: the FIFO takes 32 bytes and says when it is half full and full", () => {
  const { uart, get } = rig();
  for (let i = 0; i < 15; i++) uart.receive(i);
  assertEquals(get(0x0c) & 0x180, 0);
  uart.receive(15);
  assertEquals(get(0x0c) & 0x180, 0x080);
  for (let i = 16; i < 32; i++) uart.receive(i);
  assertEquals([get(0x0c) & 0x180, uart.receive(32)], [0x180, false]);
  assertEquals(Array.from({ length: 32 }, () => get(0)), Array.from({ length: 32 }, (_, i) => i));
});
Deno.test("armada uart: FIFO and soft reset drop what was received", () => {
  const { uart, put, get } = rig();
  for (const reset of [0xc000, 0x8000_0000]) {
    uart.receive(1);
    put(0x08, reset);
    put(0x08, 0);
    assertEquals(get(0x0c) & (1 << 4), 0);
  }
});
Deno.test("armada uart: the extended layout has its own places and bits", () => {
  const { uart, put, get, sent, lines } = rig("extended");
  put(0x1c, 0x42);
  assertEquals([sent, get(0x0c) & 0xc030], [[0x42], 0x8000]);
  put(0x20, 1 << 5);
  uart.receive(0x61);
  assertEquals([lines.rx, get(0x0c) & 0xc030], [true, 0xc000]);
  assertEquals([get(0x18), lines.rx], [0x61, false]);
  put(0x20, 1 << 6);
  assertEquals(lines.tx, true);
});
Deno.test("armada uart: the guest listens a frame after enabling RX_RDY, or when it polls", () => {
  const a = rig();
  a.put(0x08, 1 << 4);
  assertEquals(a.uart.canReceive(), false);
  a.clock.advanceTo(FrameNs);
  assertEquals([a.uart.canReceive(), a.readied], [true, [FrameNs]]);
  const b = rig();
  for (let i = 0; i < 16; i++) b.get(0x0c);
  assertEquals([b.uart.canReceive(), b.readied], [true, [0]]);
});
Deno.test("armada uart: the frame follows the generator that BRDV selects, behind its dividers", () => {
  const { uart, clock, put } = rig();
  put(0x10, 1 << 19 | 1 << 10 | 2 << 12 | 5 << 15 | 27); // 500 MHz / (5 * 2) / (16 * 27)
  put(0x08, 1 << 4);
  clock.advanceTo(86_399);
  assertEquals(uart.canReceive(), false);
  clock.advanceTo(86_400);
  assertEquals(uart.canReceive(), true);
});
Deno.test("armada uart: the frame follows the divisor", () => {
  const { uart, clock, put } = rig();
  put(0x10, 163); // 9600 baud from 25 MHz
  put(0x08, 1 << 4);
  clock.advanceTo(1_043_000);
  assertEquals(uart.canReceive(), false);
  clock.advanceTo(1_044_000);
  assertEquals(uart.canReceive(), true);
});
Deno.test("armada uart: reset equals power-on, restore drives the lines", () => {
  const a = rig();
  a.put(0x08, 1 << 4);
  a.uart.receive(9);
  const b = rig();
  b.uart.restore(a.uart.snapshot());
  assertEquals(b.lines, { sum: true, tx: false, rx: true });
  b.uart.reset();
  assertEquals(b.lines, { sum: false, tx: false, rx: false });
  assertEquals(b.uart.snapshot(), rig().uart.snapshot());
});
