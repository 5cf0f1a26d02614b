/**
 * The device tree as a value: nodes, property values and the ways to find and change them.
 *
 * @module
 */

/** A node; properties and children keep the order in which they were added. */
export interface FdtNode {
  name: string;
  properties: Map<string, Uint8Array>;
  children: FdtNode[];
}

/** A range of memory that the tree's reader must leave alone. */
export interface Reservation {
  address: number;
  bytes: number;
}

/** A whole tree, as a blob carries it. */
export interface Fdt {
  root: FdtNode;
  reservations: Reservation[];
  bootCpu: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false });

/** A node from a record of properties; `undefined` values are left out. */
export function node(
  name: string,
  properties: Readonly<Record<string, Uint8Array | undefined>> = {},
  children: readonly FdtNode[] = [],
): FdtNode {
  const present = Object.entries(properties).filter(([, v]) => v !== undefined);
  return {
    name,
    properties: new Map(present as [string, Uint8Array][]),
    children: [...children],
  };
}

/** A property that is there and says nothing. */
export const empty = new Uint8Array(0);

/** 32-bit big-endian cells. */
export function cells(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  values.forEach((v, i) => view.setUint32(i * 4, v));
  return out;
}

/** 64-bit values, two cells each, the high one first. */
export function cells64(...values: readonly (number | bigint)[]): Uint8Array {
  const out = new Uint8Array(values.length * 8);
  const view = new DataView(out.buffer);
  values.forEach((v, i) => view.setBigUint64(i * 8, BigInt(v)));
  return out;
}

/** One number in `width` cells (0 to 2), as `#address-cells` and `#size-cells` ask for. */
export function cellsOfWidth(value: number, width: number): Uint8Array {
  return width === 0 ? empty : width === 1 ? cells(value) : cells64(value);
}

/** NUL-terminated strings one after another. */
export function strings(...values: readonly string[]): Uint8Array {
  return encoder.encode(values.map((v) => `${v}\0`).join(""));
}

/** Property values joined, for mixed cells. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The 32-bit cells of a property value; bytes after the last whole cell are not read. */
export function readCells(value: Uint8Array | undefined): number[] {
  if (value === undefined) return [];
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length >> 2 }, (_, i) => view.getUint32(i * 4));
}

/** The strings of a property value. */
export function readStrings(value: Uint8Array | undefined): string[] {
  if (value === undefined || value.length === 0) return [];
  const text = decoder.decode(value);
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

/** The first string of a property value. */
export function readString(value: Uint8Array | undefined): string | undefined {
  return readStrings(value)[0];
}

/** Reads `reg`-like pairs with the cell counts that the parent node declares. */
export function readReg(
  value: Uint8Array | undefined,
  parent: FdtNode,
): { base: number; bytes: number }[] {
  const { address, size } = cellCounts(parent);
  const all = readCells(value);
  const step = address + size;
  if (step === 0) return [];
  const join = (from: number, n: number) =>
    all.slice(from, from + n).reduce((sum, cell) => sum * 2 ** 32 + cell, 0);
  return Array.from({ length: Math.floor(all.length / step) }, (_, i) => ({
    base: join(i * step, address),
    bytes: join(i * step + address, size),
  }));
}

/** `#address-cells` and `#size-cells` for the children of `parent`, with the standard's defaults. */
export function cellCounts(parent: FdtNode): { address: number; size: number } {
  const count = (name: string, fallback: number) =>
    readCells(parent.properties.get(name))[0] ?? fallback;
  return { address: count("#address-cells", 2), size: count("#size-cells", 1) };
}

/**
 * The node at `path`. A component without unit address finds the first node of that base name; a
 * path that does not start with `/` starts at an alias.
 */
export function find(root: FdtNode, path: string): FdtNode | undefined {
  return locate(root, path)?.node;
}

/** Like {@linkcode find}, with the parent (none for the root). */
export function locate(
  root: FdtNode,
  path: string,
): { node: FdtNode; parent: FdtNode | undefined } | undefined {
  let at: { node: FdtNode; parent: FdtNode | undefined } = { node: root, parent: undefined };
  for (const part of expandAlias(root, path).split("/").filter((p) => p !== "")) {
    const next = child(at.node, part);
    if (next === undefined) return undefined;
    at = { node: next, parent: at.node };
  }
  return at;
}

function expandAlias(root: FdtNode, path: string): string {
  if (path.startsWith("/")) return path;
  const [alias = "", ...rest] = path.split("/");
  const target = readString(child(root, "aliases")?.properties.get(alias));
  return target?.startsWith("/") ? [target, ...rest].join("/") : `/${path}`;
}

/** The child with this name, or the first with this base name when no unit address is given. */
export function child(parent: FdtNode, name: string): FdtNode | undefined {
  return parent.children.find((c) => c.name === name) ??
    (name.includes("@")
      ? undefined
      : parent.children.find((c) => c.name.slice(0, c.name.indexOf("@")) === name));
}

/** The node at `path`, made (with its parents) where it is missing. */
export function ensure(root: FdtNode, path: string): FdtNode {
  let at = root;
  for (const part of path.split("/").filter((p) => p !== "")) {
    let next = child(at, part);
    if (next === undefined) at.children.push(next = node(part));
    at = next;
  }
  return at;
}

/** Removes the node at `path` with everything under it; says whether there was one. */
export function remove(root: FdtNode, path: string): boolean {
  const found = locate(root, path);
  if (found?.parent === undefined) return false;
  found.parent.children.splice(found.parent.children.indexOf(found.node), 1);
  return true;
}

/** Every node with its path, parents first. */
export function* walk(
  root: FdtNode,
  path = "",
): Generator<{ path: string; node: FdtNode; parent: FdtNode | undefined }> {
  yield* walkUnder(root, path, undefined);
}

function* walkUnder(
  at: FdtNode,
  path: string,
  parent: FdtNode | undefined,
): Generator<{ path: string; node: FdtNode; parent: FdtNode | undefined }> {
  yield { path: path === "" ? "/" : path, node: at, parent };
  for (const next of at.children) yield* walkUnder(next, `${path}/${next.name}`, at);
}

/** The node's phandle, by either of its two names. */
export function phandleOf(at: FdtNode): number | undefined {
  return readCells(at.properties.get("phandle"))[0] ??
    readCells(at.properties.get("linux,phandle"))[0];
}

/** The node that carries this phandle. */
export function findByPhandle(root: FdtNode, phandle: number): FdtNode | undefined {
  for (const { node: at } of walk(root)) if (phandleOf(at) === phandle) return at;
  return undefined;
}

/** The phandle of `at`, given a fresh one if it has none. */
export function ensurePhandle(root: FdtNode, at: FdtNode): number {
  const existing = phandleOf(at);
  if (existing !== undefined) return existing;
  let highest = 0;
  // 0xffff_ffff is not a phandle, and values next to it are no base to count on from.
  for (const { node: other } of walk(root)) {
    const phandle = phandleOf(other) ?? 0;
    if (phandle < 0xffff_0000) highest = Math.max(highest, phandle);
  }
  at.properties.set("phandle", cells(highest + 1));
  return highest + 1;
}

/** A deep copy. */
export function clone(at: FdtNode): FdtNode {
  return {
    name: at.name,
    properties: new Map([...at.properties].map(([k, v]) => [k, v.slice()])),
    children: at.children.map(clone),
  };
}
