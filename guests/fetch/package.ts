/**
 * The files inside a Debian package, read without unpacking it to disk.
 * @module
 */

import { run } from "./run.ts";

const blockBytes = 512;

/** A regular file of a package. */
export interface Member {
  /** Path without the leading "./". */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Reads the regular files of a package whose path `wanted` accepts. */
export async function readPackage(
  file: string,
  wanted: (path: string) => boolean,
): Promise<Map<string, Member>> {
  const archive = await run("dpkg-deb", ["--fsys-tarfile", file]);
  const members = new Map<string, Member>();
  for (const member of readTar(archive)) {
    if (wanted(member.path)) members.set(member.path, member);
  }
  return members;
}

/** Walks a tar archive as dpkg writes it: ustar, with GNU long names. */
export function* readTar(archive: Uint8Array<ArrayBuffer>): Generator<Member> {
  let longName: string | undefined;
  let at = 0;
  while (at + blockBytes <= archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + blockBytes);
    const size = parseInt(text(header, 124, 12).trim() || "0", 8);
    const type = String.fromCharCode(header[156] ?? 0);
    const bytes = archive.subarray(at + blockBytes, at + blockBytes + size);
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
    if (type === "L") {
      longName = text(bytes, 0, size);
      continue;
    }
    const prefix = text(header, 257, 5) === "ustar" && header[263] === 0x30
      ? text(header, 345, 155)
      : "";
    const name = longName ?? (prefix === "" ? "" : `${prefix}/`) + text(header, 0, 100);
    longName = undefined;
    if (type === "0" || type === "\0") yield { path: name.replace(/^\.\//, ""), bytes };
  }
}

function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
