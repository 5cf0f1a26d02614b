/**
 * Capture files of network traffic, as Wireshark and tcpdump read them: pcap with nanoseconds.
 *
 * @module
 */

const Magic = 0xa1b2_3c4d;
const VersionMajor = 2;
const VersionMinor = 4;
/** Frames that are not cut into segments yet are longer than 65535 bytes. */
const SnapLength = 262_144;
const Ethernet = 1;

/** The beginning of a file. */
export function pcapHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, Magic, true);
  view.setUint16(4, VersionMajor, true);
  view.setUint16(6, VersionMinor, true);
  view.setUint32(16, SnapLength, true);
  view.setUint32(20, Ethernet, true);
  return new Uint8Array(view.buffer);
}

/** A frame that was sent at `nowNs` of virtual time. */
export function pcapRecord(nowNs: number, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(nowNs / 1e9), true);
  view.setUint32(4, Math.floor(nowNs % 1e9), true);
  view.setUint32(8, frame.length, true);
  view.setUint32(12, frame.length, true);
  bytes.set(frame, 16);
  return bytes;
}
