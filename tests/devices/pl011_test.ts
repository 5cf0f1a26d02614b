import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventQueue } from "../../core/board/clock.ts";
import { pl011 } from "../../devices/pl011.ts";

const FrameNs = 86_806; // ten bits at 115200 baud
const TimeoutNs = 277_778; // 32 bits
const Rx = 1 << 4;
const Tx = 1 << 5;
const RxTimeout = 1 << 6;

function rig() {
  const clock = new EventQueue();
  const sent: number[] = [];
  const log: string[] = [];
  const levels: boolean[] = [];
  const readied: number[] = [];
  const uart = pl011({
    clock,
    clockHz: 24_000_000,
    irq: { set: (l) => void (levels.at(-1) === l || levels.push(l)) },
    transmit: (b) => void sent.push(b),
    ready: () => void readied.push(clock.now()),
    log: (m) => void log.push(m),
  });
  const put = (at: number, value: number) => uart.write(at, 4, value, 0);
  const get = (at: number) => uart.read(at, 4, 0);
  return { uart, clock, sent, log, levels, readied, put, get };
}

/** As Linux leaves it: FIFOs on, receive interrupts unmasked, enabled, and a frame later. */
function listening() {
  const it = rig();
  it.put(0x2c, 0x70);
  it.put(0x38, Rx | RxTimeout);
  it.put(0x30, 0x301);
  it.clock.advanceTo(FrameNs);
  return it;
}

Deno.test("pl011: UARTDR write transmits the low byte and raises the transmit interrupt", () => {
  const { sent, put, get, levels } = rig();
  put(0x38, Tx);
  put(0, 0x141);
  assertEquals(sent, [0x41]);
  assertEquals([get(0x3c), get(0x40)], [Tx, Tx]);
  put(0x44, Tx);
  assertEquals(levels, [false, true, false]);
});
Deno.test("pl011: without FIFOs a received byte interrupts until it is read", () => {
  const { uart, levels, put, get } = rig();
  put(0x38, Rx);
  assert(uart.receive(0x61));
  assertEquals(uart.receive(0x62), false);
  assertEquals(get(0x18), 0xc0); // TXFE, RXFF
  assertEquals(get(0), 0x61);
  assertEquals(get(0x18), 0x90); // TXFE, RXFE
  assertEquals(levels, [false, true, false]);
});
Deno.test("pl011: the receive interrupt rises at the FIFO level that UARTIFLS names", () => {
  for (const [select, level] of [2, 4, 8, 12, 14].entries()) {
    const { uart, put, get } = listening();
    put(0x34, select << 3);
    for (let i = 1; i < level; i++) uart.receive(i);
    assertEquals(get(0x3c), 0);
    uart.receive(level);
    assertEquals(get(0x3c), Rx, `level ${level}`);
    get(0);
    assertEquals(get(0x3c), 0);
  }
});
Deno.test("pl011: the FIFO takes 16 bytes and gives them back in order", () => {
  const { uart, get } = listening();
  const taken = Array.from({ length: 20 }, (_, i) => uart.receive(i)).filter((x) => x).length;
  assertEquals(taken, 16);
  assertEquals(get(0x18), 0xc0);
  assertEquals(Array.from({ length: 16 }, () => get(0)), Array.from({ length: 16 }, (_, i) => i));
});
Deno.test("pl011: bytes below the level interrupt after 32 bit times of silence", () => {
  const { uart, clock, get, levels } = listening();
  const start = clock.now();
  uart.receive(1);
  clock.advanceTo(start + 100_000);
  uart.receive(2);
  clock.advanceTo(start + 100_000 + TimeoutNs - 1);
  assertEquals([get(0x3c), levels.at(-1)], [0, false]);
  clock.advanceTo(start + 100_000 + TimeoutNs);
  assertEquals([get(0x3c), levels.at(-1)], [RxTimeout, true]);
  get(0);
  assertEquals(get(0x3c), RxTimeout);
  get(0);
  assertEquals([get(0x3c), levels.at(-1)], [0, false]);
});
Deno.test("pl011: the timeout follows the programmed rate", () => {
  const { uart, clock, get, put } = listening();
  put(0x24, 0x27);
  put(0x28, 0x09); // 38,323 baud
  const start = clock.now();
  uart.receive(1);
  clock.advanceTo(start + 834_900);
  assertEquals(get(0x3c), 0);
  clock.advanceTo(start + 835_100);
  assertEquals(get(0x3c), RxTimeout);
});
Deno.test("pl011: a timeout cleared with bytes left comes again", () => {
  const { uart, clock, get, put } = listening();
  uart.receive(1);
  clock.advanceTo(clock.now() + TimeoutNs);
  put(0x44, RxTimeout);
  assertEquals(get(0x3c), 0);
  clock.advanceTo(clock.now() + TimeoutNs);
  assertEquals(get(0x3c), RxTimeout);
});
Deno.test("pl011: nobody listens at power-on", () => {
  const { uart, clock } = rig();
  clock.advanceTo(1e9);
  assertEquals(uart.canReceive(), false);
});
Deno.test("pl011: a guest with receive interrupts listens a frame after enabling them", () => {
  const { uart, clock, readied, put } = rig();
  put(0x38, Rx);
  put(0x30, 0x301);
  clock.advanceTo(FrameNs - 1);
  assertEquals([uart.canReceive(), readied.length], [false, 0]);
  clock.advanceTo(FrameNs);
  assertEquals([uart.canReceive(), readied], [true, [FrameNs]]);
});
Deno.test("pl011: a driver that enables, drains and masks within a frame is left alone", () => {
  const { uart, clock, readied, put } = rig();
  put(0x38, Rx);
  put(0x30, 0x301);
  clock.advanceTo(FrameNs / 2);
  put(0x30, 0x300);
  clock.advanceTo(10 * FrameNs);
  assertEquals([uart.canReceive(), readied], [false, []]);
});
Deno.test("pl011: a guest that polls the empty receiver listens", () => {
  const { uart, readied, get } = rig();
  for (let i = 0; i < 15; i++) get(0x18);
  assertEquals(uart.canReceive(), false);
  get(0x18);
  assertEquals([uart.canReceive(), readied.length], [true, 1]);
});
Deno.test("pl011: looking at UARTFR between bytes sent is no polling", () => {
  const { uart, get, put } = rig();
  for (let i = 0; i < 100; i++) {
    get(0x18);
    put(0, 0x2e);
    get(0x18);
  }
  assertEquals(uart.canReceive(), false);
});
Deno.test("pl011: ready is called again whenever a full FIFO has room", () => {
  const { uart, readied, get } = listening();
  while (uart.canReceive()) uart.receive(0);
  const before = readied.length;
  get(0);
  get(0);
  assertEquals([readied.length - before, uart.canReceive()], [1, true]);
});
Deno.test("pl011: input fed on ready arrives whole, FIFOs or not", () => {
  for (const lcrH of [0x70, 0]) {
    const clock = new EventQueue();
    const pending = Array.from({ length: 50 }, (_, i) => i);
    const uart = pl011({
      clock,
      clockHz: 24_000_000,
      irq: { set: () => {} },
      transmit: () => {},
      log: () => {},
      ready: () => {
        while (pending.length > 0 && uart.canReceive()) uart.receive(pending.shift() as number);
      },
    });
    uart.write(0x2c, 4, lcrH, 0);
    const got: number[] = [];
    for (let i = 0; i < 2000 && got.length < 50; i++) {
      if ((uart.read(0x18, 4, 0) & 0x10) === 0) got.push(uart.read(0, 4, 0));
    }
    assertEquals(got, Array.from({ length: 50 }, (_, i) => i));
  }
});
Deno.test("pl011: in loopback the guest hears itself", () => {
  const { sent, put, get } = rig();
  put(0x30, 0x381);
  put(0, 0x55);
  assertEquals([sent, get(0)], [[], 0x55]);
});
Deno.test("pl011: registers keep the bits they have", () => {
  const widths = {
    0x20: 0xff,
    0x24: 0xffff,
    0x28: 0x3f,
    0x2c: 0xff,
    0x30: 0xff87,
    0x34: 0x3f,
    0x38: 0x7ff,
    0x48: 7,
  };
  const { put, get } = rig();
  for (const [at, mask] of Object.entries(widths)) {
    put(Number(at), 0xffff_ffff);
    assertEquals(get(Number(at)), mask);
  }
});
Deno.test("pl011: identification registers spell a PrimeCell UART r1p1", () => {
  const { get } = rig();
  const ids = Array.from({ length: 8 }, (_, i) => get(0xfe0 + 4 * i));
  assertEquals(ids, [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
});
Deno.test("pl011: reset equals power-on for every member of the state", () => {
  const { uart, put, clock } = listening();
  const fresh = rig().uart.snapshot();
  for (let at = 0; at < 0x50; at += 4) put(at, 0xffff_ffff);
  uart.receive(1);
  uart.reset();
  assertEquals(uart.snapshot(), fresh);
  clock.advanceTo(1e9);
  assertEquals(uart.snapshot(), fresh);
});
Deno.test("pl011: restore drives the line and the alarms that the saved state implies", () => {
  const a = listening();
  a.uart.receive(7);
  const b = rig();
  b.clock.restore(a.clock.now());
  b.uart.restore(a.uart.snapshot());
  assertEquals([b.levels, b.uart.canReceive()], [[false], true]);
  b.clock.advanceTo(b.clock.now() + TimeoutNs);
  assertEquals(b.levels, [false, true]);
  assertEquals(b.get(0), 7);
});
Deno.test("pl011: restore rejects a snapshot of another shape", () => {
  const { uart } = rig();
  assertThrows(() => uart.restore({ ilpr: 0, ibrd: true }), TypeError, "Cannot restore pl011.ibrd");
});
Deno.test("pl011: stray accesses are reported with offset and register", () => {
  const { put, get, log } = rig();
  put(0x18, 1);
  get(0x100);
  assertEquals(log, [
    "write32 0x0000_0001 at 0x0000_0018: UARTFR is read-only",
    "read32 at 0x0000_0100: no register there",
  ]);
});
