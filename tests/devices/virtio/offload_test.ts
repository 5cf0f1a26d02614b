import { assert, assertEquals } from "@std/assert";
import {
  finish,
  HeaderBytes,
  isTaken,
  type Offload,
  readHeader,
  segmentCount,
  Unable,
  wireBytes,
  writeHeader,
} from "../../../devices/virtio/offload.ts";

const Able = { checksum: true, tcp4: true, tcp6: true };
const Ipv4At = 14;
const TcpHeader = 32; // with options

/** Sum of halfwords, folded; 0xffff over what holds its own checksum. */
function sum(bytes: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) total += (bytes[i] as number) << (i % 2 ? 0 : 8);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** A TCP segment in Ethernet, with CWR, PSH and FIN set; no field that is to be finished is right. */
function tcpFrame(family: 4 | 6, payload: number, vlan = false) {
  const at = Ipv4At + (vlan ? 4 : 0);
  const tcp = at + (family === 4 ? 20 : 40);
  const bytes = new Uint8Array(tcp + TcpHeader + payload);
  const view = new DataView(bytes.buffer);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
  if (vlan) view.setUint32(12, 0x8100_0005);
  view.setUint16(at - 2, family === 4 ? 0x0800 : 0x86dd);
  if (family === 4) {
    bytes[at] = 0x45;
    bytes[at + 9] = 6;
    view.setUint16(at + 4, 0xfffe);
    bytes.set([10, 0, 0, 1, 10, 0, 0, 2], at + 12);
  } else {
    bytes[at] = 0x60;
    bytes[at + 6] = 6;
    bytes.set(Array.from({ length: 32 }, (_, i) => i * 9), at + 8);
  }
  view.setUint32(tcp + 4, 0xffff_fff0);
  bytes[tcp + 12] = (TcpHeader / 4) << 4;
  bytes[tcp + 13] = 0x99;
  for (let i = 0; i < payload; i++) bytes[tcp + TcpHeader + i] = i * 7 + (i >> 8);
  const offload: Offload = {
    checksumStart: tcp,
    checksumOffset: 16,
    tcp: family === 4 ? "tcp4" : "tcp6",
    segmentBytes: 1000,
  };
  return { bytes, at, tcp, offload };
}

for (const family of [4, 6] as const) {
  for (const vlan of [false, true]) {
    const name = `IPv${family}${vlan ? " with a VLAN tag" : ""}`;
    Deno.test(`offload: a long segment over ${name} becomes segments with all they need`, () => {
      const { bytes, at, tcp, offload } = tcpFrame(family, 2500, vlan);
      const parts = finish(bytes, offload);
      const payloads = parts.map((part) => [...part.subarray(tcp + TcpHeader)]);
      assertEquals(payloads.map((payload) => payload.length), [1000, 1000, 500]);
      assertEquals(payloads.flat(), [...bytes.subarray(tcp + TcpHeader)]);
      assertEquals(parts.map((part) => part[tcp + 13]), [0x90, 0x10, 0x19]);
      parts.forEach((part, i) => {
        const view = new DataView(part.buffer);
        assertEquals(view.getUint32(tcp + 4), (0xffff_fff0 + i * 1000) >>> 0);
        const addresses = family === 4
          ? part.subarray(at + 12, at + 20)
          : part.subarray(at + 8, tcp);
        const pseudo = [...addresses, 0, 6, (part.length - tcp) >> 8, (part.length - tcp) & 0xff];
        assertEquals(sum([...pseudo, ...part.subarray(tcp)]), 0xffff);
        if (family === 4) {
          assertEquals(view.getUint16(at + 2), part.length - at);
          assertEquals(view.getUint16(at + 4), (0xfffe + i) & 0xffff);
          assertEquals(sum(part.subarray(at, tcp)), 0xffff);
        } else assertEquals(view.getUint16(at + 4), part.length - tcp);
      });
      assertEquals(segmentCount(bytes, offload), 3);
      assertEquals(wireBytes(bytes, offload), bytes.length + 2 * (tcp + TcpHeader));
    });
  }
}

Deno.test("offload: a checksum alone is finished over what it covers, an odd byte included", () => {
  const frame = Uint8Array.from({ length: 51 }, (_, i) => i * 5);
  const offload: Offload = { checksumStart: 20, checksumOffset: 6, tcp: "none", segmentBytes: 0 };
  const before = frame.slice();
  const [done, ...rest] = finish(frame, offload);
  assertEquals([frame, rest], [before, []]);
  const covered = (done as Uint8Array).subarray(20);
  // The field held the sum of the pseudo header: with it the whole is right.
  assertEquals(sum([...covered, 0, ...before.subarray(26, 28)]), 0xffff);
});

Deno.test("offload: a header that is written is read as the same", () => {
  for (const family of [4, 6] as const) {
    const { bytes, offload } = tcpFrame(family, 2500);
    const header = writeHeader(bytes, offload);
    assertEquals(readHeader(header, bytes, Able), offload);
    assertEquals([header.length, header[10]], [HeaderBytes, 1]);
  }
  const none = writeHeader(new Uint8Array(60), undefined);
  assertEquals(readHeader(none, new Uint8Array(60), Able), undefined);
});

Deno.test("offload: what was not promised is not read, or wrong", () => {
  const { bytes, offload } = tcpFrame(4, 2500);
  const header = writeHeader(bytes, offload);
  assertEquals(readHeader(header, bytes, Unable), "wrong");
  assertEquals(readHeader(header, bytes, { ...Able, tcp4: false }), "wrong");
  assertEquals(readHeader(Uint8Array.of(1, ...Array(11).fill(0)), bytes, Unable), undefined);
});

Deno.test("offload: what is not as the header says is wrong", () => {
  const broken: [name: string, change: (frame: Uint8Array, header: DataView) => void][] = [
    ["kind", (_f, h) => h.setUint8(1, 3)],
    ["ECN, which is not offered", (_f, h) => h.setUint8(1, 0x81)],
    ["the other IP", (_f, h) => h.setUint8(1, 4)],
    ["no checksum", (_f, h) => h.setUint8(0, 0)],
    ["no segment size", (_f, h) => h.setUint16(4, 0, true)],
    ["checksum outside", (_f, h) => h.setUint16(6, 0xfff0, true)],
    ["checksum not TCP's", (_f, h) => h.setUint16(8, 6, true)],
    ["TCP not behind IP", (_f, h) => h.setUint16(6, 36, true)],
    ["type", (f) => void (f[12] = 9)],
    ["protocol", (f) => void (f[Ipv4At + 9] = 17)],
    ["length of IP's header", (f) => void (f[Ipv4At] = 0x46)],
    ["TCP's header too short", (f) => void (f[34 + 12] = 0x40)],
  ];
  for (const [name, change] of broken) {
    const { bytes, offload } = tcpFrame(4, 100);
    const header = writeHeader(bytes, offload);
    change(bytes, new DataView(header.buffer));
    assertEquals(readHeader(header, bytes, Able), "wrong", name);
  }
  const { bytes, offload, tcp } = tcpFrame(4, 0);
  assertEquals(readHeader(writeHeader(bytes, offload), bytes.subarray(0, tcp + 20), Able), "wrong");
});

Deno.test("offload: who takes what", () => {
  const { offload } = tcpFrame(6, 2500);
  assert(isTaken(undefined, Unable) && isTaken(offload, Able));
  assert(
    !isTaken(offload, { ...Able, tcp6: false }) && !isTaken(offload, { ...Able, checksum: false }),
  );
  assert(isTaken({ ...offload, tcp: "none" }, { ...Unable, checksum: true }));
});
