/**
 * What Debian's kernel package holds: the Image in whatever wrapping, and its modules.
 * @module
 */

import { gunzipSync } from "node:zlib";
import type { Member } from "./package.ts";
import { FetchError, run } from "./run.ts";

/** The kernel without its wrapping: gzip, or the EFI "zboot" form that newer packages have. */
export async function plainImage(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const image = await unwrap(bytes);
  // Linux Documentation/arch/arm64/booting.rst: "ARM\x64" at offset 56.
  if (ascii(image, 56, 4) === "ARMd") return image;
  throw new FetchError('Cannot use the kernel: an arm64 Image must have "ARMd" at offset 56');
}

async function unwrap(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return new Uint8Array(gunzipSync(bytes));
  // Linux drivers/firmware/efi/libstub/zboot-header.S: "zimg" at 4, offset, size, method at 24.
  if (ascii(bytes, 4, 4) !== "zimg") return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offset = view.getUint32(8, true);
  const payload = bytes.slice(offset, offset + view.getUint32(12, true));
  const method = ascii(bytes, 24, 8).replace(/\0.*$/, "");
  if (method === "gzip") return new Uint8Array(gunzipSync(payload));
  if (method.startsWith("zstd")) return await run("zstd", ["-dc"], { input: payload });
  if (method === "xzkern" || method === "xz" || method === "lzma") {
    return await run("xz", ["-dc"], { input: payload });
  }
  throw new FetchError(
    `Cannot unpack the kernel: the method must be gzip, zstd or xz, it is "${method}"`,
  );
}

function ascii(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

/** A module ready to load. */
export interface Module {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The modules that `names` need, dependencies first. Names that are built into this kernel, or that
 * it does not have, are left out.
 */
export async function moduleClosure(
  names: readonly string[],
  members: ReadonlyMap<string, Member>,
): Promise<Module[]> {
  const files = new Map<string, Member>();
  for (const member of members.values()) {
    const file = /([^/]+)\.ko(\.xz|\.zst)?$/.exec(member.path)?.[1];
    if (file !== undefined) files.set(canonical(file), member);
  }
  const ordered = new Map<string, Module>();
  const visit = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (file === undefined || ordered.has(name)) return;
    const bytes = await plainModule(file);
    for (const dependency of dependencies(bytes)) await visit(dependency);
    ordered.set(name, { name, bytes });
  };
  for (const name of names) await visit(canonical(name));
  return [...ordered.values()];
}

function canonical(name: string): string {
  return name.replaceAll("-", "_");
}

async function plainModule({ path, bytes }: Member): Promise<Uint8Array<ArrayBuffer>> {
  if (path.endsWith(".xz")) return await run("xz", ["-dc"], { input: bytes });
  if (path.endsWith(".zst")) return await run("zstd", ["-dc"], { input: bytes });
  return bytes;
}

/** The module's own list, from its .modinfo section. */
function dependencies(bytes: Uint8Array<ArrayBuffer>): string[] {
  const list = /\0depends=([^\0]*)\0/.exec(new TextDecoder("latin1").decode(bytes))?.[1] ?? "";
  return list.split(",").filter((name) => name !== "").map(canonical);
}
