import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventQueue } from "../../../core/board/clock.ts";
import { LatencyNs, Switch } from "../../../devices/virtio/switch.ts";

/** A switch with `count` ports, all connected. */
function rig(count = 3) {
  const clock = new EventQueue();
  const captured: [number, number][] = [];
  const hub = new Switch({ clock, capture: (ns, frame) => void captured.push([ns, frame.length]) });
  const told = new Array<number>(count).fill(0);
  const ports = told.map((_, i) => hub.port(() => void (told[i] = (told[i] ?? 0) + 1)));
  for (const port of ports) port.connect(true);
  const send = (from: number, to: number, source = from, bytes = 60) =>
    ports[from]?.send(frame(to, source, bytes));
  /** Takes what waits at every port; the last byte of each frame's source address. */
  const taken = () =>
    ports.map((port) => {
      const sources: number[] = [];
      for (let next = port.first(); next; next = port.first()) {
        sources.push(next.bytes[11] as number);
        port.drop();
      }
      return sources;
    });
  return { clock, hub, ports, told, captured, send, taken };
}

const Broadcast = 0xff;

function frame(to: number, from: number, bytes: number): Uint8Array {
  const all = new Uint8Array(Math.max(bytes, 12));
  all.set(to === Broadcast ? Array(6).fill(0xff) : [2, 0, 0, 0, 0, to]);
  all.set([2, 0, 0, 0, 0, from], 6);
  return all.subarray(0, bytes);
}

Deno.test("switch: a frame to an unknown address goes to all other ports", () => {
  const { clock, send, taken } = rig();
  send(0, 1);
  clock.advanceTo(1e6);
  assertEquals(taken(), [[], [0], [0]]);
});

Deno.test("switch: a frame to an address that has sent goes to its port", () => {
  const { clock, send, taken } = rig();
  send(1, Broadcast);
  clock.advanceTo(1e6);
  assertEquals(taken(), [[1], [], [1]]);
  send(0, 1);
  send(1, 1); // to itself
  clock.advanceTo(2e6);
  assertEquals(taken(), [[], [0], []]);
});

Deno.test("switch: an address that moves is followed", () => {
  const { clock, send, taken } = rig();
  send(1, Broadcast, 9);
  send(2, Broadcast, 9);
  clock.advanceTo(1e6);
  taken();
  send(0, 9);
  clock.advanceTo(2e6);
  assertEquals(taken(), [[], [], [0]]);
});

Deno.test("switch: frames take time for their length, and then some", () => {
  const { clock, send, told } = rig(2);
  send(0, 1, 0, 1000);
  send(0, 1, 0, 1000);
  const arrivals = [800, 1600].map((ns) => ns + LatencyNs);
  assertEquals(clock.nextDeadline(), arrivals[0]);
  clock.advanceTo(arrivals[0] as number);
  assertEquals([told, clock.nextDeadline()], [[0, 1], arrivals[1]]);
});

Deno.test("switch: a sender's frames arrive in their order", () => {
  const { clock, ports, taken } = rig(2);
  for (let i = 0; i < 50; i++) ports[0]?.send(frame(200, i, 1500 - 29 * i));
  clock.advanceTo(1e9);
  assertEquals(taken()[1], Array.from({ length: 50 }, (_, i) => i));
});

Deno.test("switch: what is too short or too long for Ethernet is dropped", () => {
  const { clock, send, captured } = rig(2);
  for (const bytes of [0, 13, 14, 1518, 1519]) send(0, 1, 0, bytes);
  assertEquals([captured, clock.nextDeadline() !== undefined], [[[0, 14], [0, 1518]], true]);
});

Deno.test("switch: a port that takes nothing loses frames, and they are counted", () => {
  const { clock, send, taken, hub } = rig(2);
  for (let i = 0; i < 3000; i++) {
    send(0, 1);
    clock.advanceTo(i * 100_000);
  }
  clock.advanceTo(1e12);
  assertEquals([taken()[1]?.length, hub.lost], [1024, 3000 - 1024]);
});

Deno.test("switch: a port without a connection gets nothing and forgets what waited", () => {
  const { clock, send, ports, taken } = rig(2);
  send(0, 1);
  clock.advanceTo(1e6);
  ports[1]?.connect(false);
  send(0, 1);
  ports[1]?.connect(true);
  clock.advanceTo(2e6);
  assertEquals(taken()[1], []);
});

Deno.test("switch: it remembers 1024 addresses, however many it is shown", () => {
  const { hub, ports } = rig(2);
  for (let i = 0; i < 5000; i++) {
    const bytes = frame(1, 0, 60);
    bytes[8] = i >> 8;
    bytes[9] = i;
    ports[0]?.send(bytes);
  }
  const { addresses } = hub.snapshot() as { addresses: unknown[] };
  assertEquals(addresses.length, 1024);
});

Deno.test("switch: a reset forgets addresses, and frames on their way or waiting", () => {
  const { clock, hub, ports, send, taken } = rig();
  const fresh = hub.snapshot();
  send(1, Broadcast);
  clock.advanceTo(1e6);
  send(0, 1);
  hub.reset();
  assertEquals([hub.snapshot(), clock.nextDeadline(), taken()], [fresh, undefined, [[], [], []]]);
  assertEquals(ports.length, 3);
});

Deno.test("switch: a restored switch delivers what was on its way", () => {
  const a = rig();
  a.send(2, Broadcast);
  a.clock.advanceTo(1e6);
  a.send(0, 2);
  const offload = { checksumStart: 20, checksumOffset: 6, tcp: "none", segmentBytes: 0 } as const;
  a.ports[0]?.send(frame(2, 0, 60), offload);
  const b = rig();
  b.clock.restore(1e6);
  b.hub.restore(a.hub.snapshot());
  assertEquals(b.hub.snapshot(), a.hub.snapshot());
  for (const { clock } of [a, b]) clock.advanceTo(2e6);
  assertEquals(b.taken(), a.taken());
  assertThrows(() => rig(2).hub.restore(a.hub.snapshot()), TypeError, "must have 2 ports");
  assert(a.captured.length === 3);
});

Deno.test("switch: a port that is removed loses its frames, and its number is given again", () => {
  const { clock, hub, ports, send, taken } = rig();
  send(1, Broadcast);
  send(0, Broadcast);
  ports[1]?.remove();
  clock.advanceTo(1e6);
  assertEquals(taken(), [[1], [], [1, 0]]);
  send(0, 1); // nobody is known to have that address any more
  clock.advanceTo(2e6);
  assertEquals(taken(), [[], [], [0]]);
  const next = hub.port(() => {});
  next.connect(true);
  send(2, Broadcast);
  clock.advanceTo(3e6);
  assertEquals(next.first()?.bytes[11], 2);
  assertEquals((hub.snapshot().ports as unknown[]).length, 3);
});

Deno.test("switch: a frame that becomes more than there is room for is lost as a whole", () => {
  const { clock, hub, ports, taken } = rig(2);
  const bytes = new Uint8Array(54 + 2000);
  bytes.set(frame(1, 0, 12));
  bytes[46] = 0x50;
  const long = { checksumStart: 34, checksumOffset: 16, tcp: "tcp4", segmentBytes: 1 } as const;
  ports[0]?.send(bytes, long);
  clock.advanceTo(1e9);
  assertEquals([taken(), hub.lost], [[[], []], 1]);
  ports[1]?.connect(true, { checksum: true, tcp4: true, tcp6: false });
  ports[0]?.send(bytes, long);
  clock.advanceTo(2e9);
  assertEquals([ports[1]?.first()?.offload, hub.lost], [long, 1]);
});
