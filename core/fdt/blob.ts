/**
 * Device tree blobs: bytes to a tree and back (Devicetree Specification 0.4, chapter 5).
 *
 * @module
 */

import { hex } from "../hex.ts";
import type { Fdt, FdtNode, Reservation } from "./node.ts";

/** A blob that is not a device tree; `offset` is the byte at which it stops being one. */
export class FdtError extends SyntaxError {
  override readonly name = "FdtError";
  readonly offset: number;
  readonly reason: string;
  constructor(offset: number, reason: string) {
    super(`Cannot read device tree at offset ${hex(offset)}: ${reason}`);
    this.offset = offset;
    this.reason = reason;
  }
}

const Magic = 0xd00d_feed;
const HeaderBytes = 40;
const Version = 17;
const LastCompatible = 16;
const Token = { beginNode: 1, endNode: 2, prop: 3, nop: 4, end: 9 } as const;

/** Far deeper than real trees; keeps walks over hostile ones from exhausting the stack. */
const MaxDepth = 64;

/** Bounds the work that names sharing one long string could cause. */
const MaxNameLength = 255;

interface Block {
  start: number;
  end: number;
}

interface Header {
  total: number;
  structure: Block;
  strings: Block;
  reserveMap: number;
  bootCpu: number;
}

/** @throws {FdtError} When `bytes` are not a valid device tree; nothing else is thrown. */
export function parseFdt(bytes: Uint8Array): Fdt {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = parseHeader(view);
  const reservations = parseReservations(view, header);
  return { root: parseStructure(view, header), reservations, bootCpu: header.bootCpu };
}

/** Whether the bytes begin like a device tree. */
export function looksLikeFdt(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === Magic;
}

function parseHeader(view: DataView): Header {
  if (view.byteLength < HeaderBytes) {
    throw new FdtError(
      view.byteLength,
      `the header must have ${HeaderBytes} bytes, the blob has ${view.byteLength}`,
    );
  }
  const word = (at: number) => view.getUint32(at);
  if (word(0) !== Magic) {
    throw new FdtError(0, `the magic must be ${hex(Magic)}, found ${hex(word(0))}`);
  }
  const total = word(4);
  if (total < HeaderBytes || total > view.byteLength) {
    throw new FdtError(
      4,
      `the total size must be ${HeaderBytes}..${view.byteLength}, the bytes there are, ` +
        `found ${total}`,
    );
  }
  if (word(20) < LastCompatible || word(24) > Version) {
    throw new FdtError(
      20,
      `the version must be compatible with ${Version}, ` +
        `found version ${word(20)} (compatible from ${word(24)})`,
    );
  }
  const block = (name: string, offsetAt: number, sizeAt: number, align: number): Block => {
    const start = word(offsetAt);
    // Version 16 has no size_dt_struct: the block may reach to the end.
    const bytes = sizeAt === 36 && word(20) < 17 ? total - start : word(sizeAt);
    if (start < HeaderBytes || start > total || start % align !== 0) {
      throw new FdtError(
        offsetAt,
        `the ${name} block must start inside the blob, ${align}-byte aligned, found ${hex(start)}`,
      );
    }
    if (bytes < 0 || start + bytes > total) {
      throw new FdtError(
        sizeAt,
        `the ${name} block must end inside the blob (${hex(total)}), ends at ${hex(start + bytes)}`,
      );
    }
    return { start, end: start + bytes };
  };
  const structure = block("structure", 8, 36, 4);
  const strings = block("strings", 12, 32, 1);
  const reserveMap = word(16);
  if (reserveMap < HeaderBytes || reserveMap % 8 !== 0 || reserveMap + 16 > total) {
    throw new FdtError(
      16,
      `the reservation block must start inside the blob, 8-byte aligned, found ${hex(reserveMap)}`,
    );
  }
  return { total, structure, strings, reserveMap, bootCpu: word(28) };
}

function parseReservations(view: DataView, header: Header): Reservation[] {
  const found: Reservation[] = [];
  for (let at = header.reserveMap;; at += 16) {
    if (at + 16 > header.total) {
      throw new FdtError(at, "the reservation block must end with a pair of zeros, found none");
    }
    const address = view.getBigUint64(at);
    const bytes = view.getBigUint64(at + 8);
    if (address === 0n && bytes === 0n) return found;
    if (address + bytes > 1n << 52n) {
      throw new FdtError(at, `a reservation must end below 2^52, ends at ${hex(address + bytes)}`);
    }
    found.push({ address: Number(address), bytes: Number(bytes) });
  }
}

function parseStructure(view: DataView, { structure, strings }: Header): FdtNode {
  const open: FdtNode[] = [];
  let root: FdtNode | undefined;
  let at = structure.start;
  const need = (bytes: number, what: string) => {
    if (at + bytes > structure.end) {
      throw new FdtError(at, `${what} must end inside the structure block, which ends too early`);
    }
  };
  for (;;) {
    need(4, "a token");
    const tokenAt = at;
    const token = view.getUint32(at);
    at += 4;
    const top = open.at(-1);
    if (token === Token.nop) continue;
    if (token === Token.beginNode) {
      const name = text(view, at, structure.end, "a node name");
      at = align4(at + name.length + 1);
      const begun: FdtNode = { name, properties: new Map(), children: [] };
      root = adopt(begun, top, root, open.length, tokenAt);
      open.push(begun);
    } else if (token === Token.prop && top !== undefined) {
      need(8, "a property");
      const bytes = view.getUint32(at);
      const nameAt = strings.start + view.getUint32(at + 4);
      if (nameAt >= strings.end) {
        throw new FdtError(at + 4, "a property name must lie inside the strings block");
      }
      const name = text(view, nameAt, strings.end, "a property name");
      if (name === "" || top.properties.has(name)) {
        throw new FdtError(
          tokenAt,
          `a property of "${top.name || "/"}" must have a name of its own, found "${name}"`,
        );
      }
      at += 8;
      need(bytes, `the value of "${name}"`);
      top.properties.set(name, new Uint8Array(view.buffer, view.byteOffset + at, bytes).slice());
      at = align4(at + bytes);
    } else if (token === Token.endNode && top !== undefined) {
      open.pop();
    } else if (token === Token.end && top === undefined && root !== undefined) {
      return root;
    } else {
      throw new FdtError(tokenAt, unexpected(token, top, root));
    }
  }
}

/** Hangs a new node under `top`, or makes it the root. */
function adopt(
  begun: FdtNode,
  top: FdtNode | undefined,
  root: FdtNode | undefined,
  depth: number,
  offset: number,
): FdtNode {
  if (depth >= MaxDepth) {
    throw new FdtError(offset, `nodes must nest less than ${MaxDepth} deep, found more`);
  }
  if (top === undefined) {
    if (root !== undefined) throw new FdtError(offset, "there must be one root, found another");
    begun.name = "";
    return begun;
  }
  if (begun.name === "" || begun.name.includes("/")) {
    throw new FdtError(offset, `a node name must be text without "/", found "${begun.name}"`);
  }
  top.children.push(begun);
  return root as FdtNode;
}

function unexpected(token: number, top: FdtNode | undefined, root: FdtNode | undefined): string {
  const name = Object.entries(Token).find(([, t]) => t === token)?.[0];
  if (name === undefined) return `a token must be 1, 2, 3, 4 or 9, found ${hex(token)}`;
  const where = top !== undefined
    ? `inside node "${top.name || "/"}"`
    : root === undefined
    ? "before the root node"
    : "after the root node";
  return `a token must fit its place, found ${name} ${where}`;
}

function text(view: DataView, start: number, end: number, what: string): string {
  let out = "";
  for (let at = start; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte === 0) return out;
    if (byte < 0x20 || byte > 0x7e) {
      throw new FdtError(at, `${what} must be printable ASCII, found byte ${hex(byte)}`);
    }
    if (out.length === MaxNameLength) {
      throw new FdtError(
        start,
        `${what} must have at most ${MaxNameLength} characters, found more`,
      );
    }
    out += String.fromCharCode(byte);
  }
  throw new FdtError(start, `${what} must end with a NUL inside its block, found none`);
}

/** The blob of a tree (version 17). */
export function writeFdt(
  root: FdtNode,
  reservations: readonly Reservation[] = [],
  bootCpu = 0,
): Uint8Array {
  const names = new Map<string, number>();
  let nameBytes = 0;
  let structureBytes = 4;
  const measure = (at: FdtNode) => {
    structureBytes += 8 + align4(at.name.length + 1);
    for (const [name, value] of at.properties) {
      structureBytes += 12 + align4(value.length);
      if (!names.has(name)) {
        names.set(name, nameBytes);
        nameBytes += name.length + 1;
      }
    }
    at.children.forEach(measure);
  };
  measure(root);

  const reserveMap = HeaderBytes;
  const structureAt = reserveMap + 16 * (reservations.length + 1);
  const stringsAt = structureAt + structureBytes;
  const out = new Uint8Array(Math.ceil((stringsAt + nameBytes) / 8) * 8);
  const view = new DataView(out.buffer);
  let at = 0;
  const word = (value: number) => {
    view.setUint32(at, value);
    at += 4;
  };
  const ascii = (value: string) => {
    for (let i = 0; i < value.length; i++) out[at + i] = value.charCodeAt(i);
  };
  [Magic, out.length, structureAt, stringsAt, reserveMap, Version, LastCompatible, bootCpu]
    .forEach(word);
  [nameBytes, structureBytes].forEach(word);
  for (const { address, bytes } of reservations) {
    view.setBigUint64(at, BigInt(address));
    view.setBigUint64(at + 8, BigInt(bytes));
    at += 16;
  }
  at = structureAt;
  const emit = (node: FdtNode) => {
    word(Token.beginNode);
    ascii(node.name);
    at += align4(node.name.length + 1);
    for (const [name, value] of node.properties) {
      word(Token.prop);
      word(value.length);
      word(names.get(name) ?? 0);
      out.set(value, at);
      at += align4(value.length);
    }
    node.children.forEach(emit);
    word(Token.endNode);
  };
  emit(root);
  word(Token.end);
  for (const name of names.keys()) {
    ascii(name);
    at += name.length + 1;
  }
  return out;
}

function align4(value: number): number {
  return Math.ceil(value / 4) * 4;
}
