/**
 * Frames that are sent unfinished (virtio 1.2, 5.1.6): without their checksum, or as one long TCP
 * segment, for whoever receives them to take as they are or to have finished.
 *
 * @module
 */

/** What is left to do with a frame. */
export interface Offload {
  /** Where what the checksum covers begins, in the frame. */
  readonly checksumStart: number;
  /** Where the checksum is, from there on; it holds the sum of the pseudo header. */
  readonly checksumOffset: number;
  readonly tcp: TcpKind;
  /** Payload of a segment, unless `tcp` is none. */
  readonly segmentBytes: number;
}

/** Whether a frame is a long TCP segment, and over what. */
export type TcpKind = "none" | "tcp4" | "tcp6";

/** What somebody does with unfinished frames. */
export interface Abilities {
  readonly checksum: boolean;
  readonly tcp4: boolean;
  readonly tcp6: boolean;
}

/** Somebody for whom every frame must be finished. */
export const Unable: Abilities = { checksum: false, tcp4: false, tcp6: false };

/** struct virtio_net_hdr with num_buffers, which VIRTIO_F_VERSION_1 implies. */
export const HeaderBytes = 12;
/** Destination, source, type. */
export const EthernetHeaderBytes = 14;

const NeedsChecksum = 1;
const GsoTypes: Readonly<Record<number, TcpKind>> = { 0: "none", 1: "tcp4", 4: "tcp6" };
const GsoType = { none: 0, tcp4: 1, tcp6: 4 } as const;
/** Fields of the header. */
const At = { type: 1, bytes: 2, segment: 4, checksumStart: 6, checksumOffset: 8, buffers: 10 };
const EtherType = { vlan: 0x8100, ipv4: 0x0800, ipv6: 0x86dd } as const;
/** Fields of IPv4's header (RFC 791). */
const Ipv4 = { bytes: 20, total: 2, id: 4, protocol: 9, checksum: 10, addresses: 12 } as const;
/** Fields of IPv6's header (RFC 8200). */
const Ipv6 = { bytes: 40, payload: 4, addresses: 8 } as const;
/** Fields of TCP's header (RFC 9293). */
const Tcp = { bytes: 20, sequence: 4, offset: 12, flags: 13, checksum: 16 } as const;
const TcpFlag = { fin: 0x01, psh: 0x08, cwr: 0x80 } as const;
const TcpProtocol = 6;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * What the header of a frame asks of those who can do `promised`: undefined when nothing, and "wrong" when
 * that cannot be done with this frame.
 */
export function readHeader(
  header: Uint8Array,
  frame: Uint8Array,
  promised: Abilities,
): Offload | undefined | "wrong" {
  const view = viewOf(header);
  const tcp = GsoTypes[view.getUint8(At.type)];
  if (tcp === undefined || (tcp !== "none" && !promised[tcp])) return "wrong";
  if (!promised.checksum || (view.getUint8(0) & NeedsChecksum) === 0) {
    return tcp === "none" ? undefined : "wrong";
  }
  const offload = {
    checksumStart: view.getUint16(At.checksumStart, true),
    checksumOffset: view.getUint16(At.checksumOffset, true),
    tcp,
    segmentBytes: tcp === "none" ? 0 : view.getUint16(At.segment, true),
  };
  return isSound(frame, offload) ? offload : "wrong";
}

/** The header of a frame that is received. */
export function writeHeader(frame: Uint8Array, offload: Offload | undefined): Uint8Array {
  const header = new Uint8Array(HeaderBytes);
  const view = viewOf(header);
  view.setUint16(At.buffers, 1, true);
  if (offload === undefined) return header;
  view.setUint8(0, NeedsChecksum);
  view.setUint16(At.checksumStart, offload.checksumStart, true);
  view.setUint16(At.checksumOffset, offload.checksumOffset, true);
  if (offload.tcp !== "none") {
    view.setUint8(At.type, GsoType[offload.tcp]);
    view.setUint16(At.bytes, headersOf(frame, offload), true);
    view.setUint16(At.segment, offload.segmentBytes, true);
  }
  return header;
}

/** Where the payload of a long segment begins. */
function headersOf(frame: Uint8Array, { checksumStart }: Offload): number {
  return checksumStart + ((frame[checksumStart + Tcp.offset] ?? 0) >> 4) * 4;
}

/** Where the IP header begins, and what the type says of it. */
function networkHeader(frame: Uint8Array): { type: number; at: number } {
  const view = viewOf(frame);
  const at = view.getUint16(12) === EtherType.vlan ? 18 : EthernetHeaderBytes;
  return { type: at <= frame.length ? view.getUint16(at - 2) : 0, at };
}

/** Whether the frame is what its header says. */
function isSound(frame: Uint8Array, offload: Offload): boolean {
  const { checksumStart, checksumOffset, tcp, segmentBytes } = offload;
  if (frame.length < EthernetHeaderBytes) return false;
  if (checksumStart + checksumOffset + 2 > frame.length) return false;
  if (tcp === "none") return true;
  if (segmentBytes === 0 || checksumOffset !== Tcp.checksum) return false;
  const { type, at } = networkHeader(frame);
  const fits = tcp === "tcp4"
    ? type === EtherType.ipv4 && at + Ipv4.bytes <= checksumStart &&
      at + ((frame[at] ?? 0) & 15) * 4 === checksumStart &&
      frame[at + Ipv4.protocol] === TcpProtocol
    : type === EtherType.ipv6 && at + Ipv6.bytes <= checksumStart;
  const headers = headersOf(frame, offload);
  return fits && headers >= checksumStart + Tcp.bytes && headers <= frame.length;
}

/** How many frames it is for those who cannot take it as one. */
export function segmentCount(frame: Uint8Array, offload: Offload | undefined): number {
  if (offload === undefined || offload.tcp === "none") return 1;
  return Math.max(1, Math.ceil((frame.length - headersOf(frame, offload)) / offload.segmentBytes));
}

/** What goes over a cable for it. */
export function wireBytes(frame: Uint8Array, offload: Offload | undefined): number {
  if (offload === undefined || offload.tcp === "none") return frame.length;
  return frame.length + (segmentCount(frame, offload) - 1) * headersOf(frame, offload);
}

/** Whether `able` takes it as it is. */
export function isTaken(offload: Offload | undefined, able: Abilities): boolean {
  return offload === undefined || able.checksum && (offload.tcp === "none" || able[offload.tcp]);
}

/** The finished frames that a frame becomes. */
export function finish(frame: Uint8Array, offload: Offload): Uint8Array[] {
  if (offload.tcp !== "none") return segments(frame, offload);
  const { checksumStart, checksumOffset } = offload;
  const whole = frame.slice();
  setChecksum(whole, checksumStart + checksumOffset, sum(whole, checksumStart, whole.length));
  return [whole];
}

function segments(frame: Uint8Array, offload: Offload): Uint8Array[] {
  const { checksumStart: tcp, segmentBytes } = offload;
  const headers = headersOf(frame, offload);
  const count = segmentCount(frame, offload);
  return Array.from({ length: count }, (_, i) => {
    const from = headers + i * segmentBytes;
    const payload = frame.subarray(from, from + segmentBytes);
    const one = new Uint8Array(headers + payload.length);
    one.set(frame.subarray(0, headers));
    one.set(payload, headers);
    const view = viewOf(one);
    view.setUint32(tcp + Tcp.sequence, view.getUint32(tcp + Tcp.sequence) + i * segmentBytes);
    let flags = view.getUint8(tcp + Tcp.flags);
    if (i > 0) flags &= ~TcpFlag.cwr;
    if (i < count - 1) flags &= ~(TcpFlag.fin | TcpFlag.psh);
    view.setUint8(tcp + Tcp.flags, flags);
    const addresses = offload.tcp === "tcp4" ? finishIpv4(view, i) : finishIpv6(view);
    view.setUint16(tcp + Tcp.checksum, 0);
    const pseudo = sum(one, addresses.at, addresses.at + addresses.bytes) + TcpProtocol +
      one.length - tcp;
    setChecksum(one, tcp + Tcp.checksum, pseudo + sum(one, tcp, one.length));
    return one;
  });
}

/** Length, identification and checksum of segment `i`'s IPv4 header; where the addresses are. */
function finishIpv4(view: DataView, i: number): { at: number; bytes: number } {
  const one = new Uint8Array(view.buffer);
  const { at } = networkHeader(one);
  view.setUint16(at + Ipv4.total, one.length - at);
  view.setUint16(at + Ipv4.id, view.getUint16(at + Ipv4.id) + i);
  view.setUint16(at + Ipv4.checksum, 0);
  setChecksum(one, at + Ipv4.checksum, sum(one, at, at + (view.getUint8(at) & 15) * 4));
  return { at: at + Ipv4.addresses, bytes: 8 };
}

function finishIpv6(view: DataView): { at: number; bytes: number } {
  const one = new Uint8Array(view.buffer);
  const { at } = networkHeader(one);
  view.setUint16(at + Ipv6.payload, one.length - at - Ipv6.bytes);
  return { at: at + Ipv6.addresses, bytes: 32 };
}

/** Sum of big-endian halfwords (RFC 1071); an odd byte at the end is a high one. */
function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) {
    total += (i - from) % 2 === 0 ? (bytes[i] ?? 0) << 8 : bytes[i] ?? 0;
  }
  return total;
}

/** Stores the complement of a sum; zero, which says that there is none, as its other form. */
function setChecksum(bytes: Uint8Array, at: number, total: number): void {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  viewOf(bytes).setUint16(at, (~folded & 0xffff) || 0xffff);
}
