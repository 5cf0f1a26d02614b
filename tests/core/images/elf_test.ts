import { assertEquals, assertThrows } from "@std/assert";
import { openElf } from "../../../core/images/elf.ts";
import { ImageError } from "../../../core/images/image_error.ts";
import { elf } from "../config/files.ts";

const code = new Uint8Array(0x100).fill(0xd5);

function good(): Uint8Array {
  return elf(0x4008_0010, [
    { address: 0x4009_0000, bytes: code, memoryBytes: 0x1000 },
    { address: 0x4008_0000, bytes: code },
  ]);
}

/** The file with a 16-, 32- or 64-bit field changed. */
function changed(at: number, value: number | bigint, bytes: 1 | 2 | 4 | 8): Uint8Array {
  const file = good();
  const view = new DataView(file.buffer);
  if (bytes === 1) view.setUint8(at, Number(value));
  if (bytes === 2) view.setUint16(at, Number(value), true);
  if (bytes === 4) view.setUint32(at, Number(value), true);
  if (bytes === 8) view.setBigUint64(at, BigInt(value), true);
  return file;
}

function refused(file: Uint8Array, found: string, offset?: number): void {
  const error = assertThrows(() => openElf(file, "k"), ImageError, found);
  if (offset !== undefined) assertEquals(error.offset, offset);
}

Deno.test("openElf: segments come in order of address, zeros after their bytes", () => {
  const image = openElf(good(), "k");
  assertEquals(image.entry, 0x4008_0010);
  assertEquals(image.segments.map((s) => [s.address, s.bytes.length, s.memoryBytes]), [
    [0x4008_0000, 0x100, 0x100],
    [0x4009_0000, 0x100, 0x1000],
  ]);
  assertEquals(image.segments[0]?.bytes, code);
});

Deno.test("openElf: an entry point at a virtual address becomes physical", () => {
  const high = 0xffff_0000_4008_0000n;
  assertEquals(
    openElf(elf(high + 8n, [{ address: 0x4008_0000, virtual: high, bytes: code }]), "k").entry,
    0x4008_0008,
  );
  assertEquals(
    openElf(elf(0x4008_0008, [{ address: 0x4008_0000, virtual: high, bytes: code }]), "k").entry,
    0x4008_0008,
  );
});

Deno.test("openElf: files for other machines are refused", () => {
  refused(changed(4, 1, 1), "expected a 64-bit ELF file, found class 1", 4);
  refused(changed(5, 2, 1), "expected a little-endian ELF file, found encoding 2", 5);
  refused(changed(18, 62, 2), "expected an ELF file for AArch64, found x86-64", 18);
  refused(changed(18, 999, 2), "found machine 999", 18);
});

Deno.test("openElf: object files and programs of an operating system are refused", () => {
  refused(changed(16, 1, 2), "expected an executable ELF file, found type 1", 16);
  refused(changed(64, 3, 4), "found a program for an operating system", 64);
});

Deno.test("openElf: headers that cannot be true are refused with their offset", () => {
  refused(good().subarray(0, 40), "the end of the file", 40);
  refused(changed(56, 0, 2), "expected program headers, found none", 56);
  refused(changed(54, 32, 2), "program headers of 56 bytes", 54);
  refused(changed(32, 0xffff_ffff_ffff_ffffn, 8), "program headers inside the file", 32);
  refused(changed(24, 0, 8), "expected an entry point in a segment", 24);
});

Deno.test("openElf: segments that cannot be true are refused with their offset", () => {
  refused(good().subarray(0, good().length - 1), "expected segments inside the file", 128);
  refused(changed(64 + 8, 0xffff_ffff_ffff_ff00n, 8), "expected segments inside the file", 72);
  refused(changed(64 + 40, 0x10, 8), "no larger in the file than in memory", 96);
  refused(changed(64 + 24, 0xffff_0000_4009_0000n, 8), "physical addresses below 2^52", 88);
  refused(changed(64 + 24, 0x4008_0080, 8), "segments that do not overlap");
  const empty = changed(64, 0, 4);
  new DataView(empty.buffer).setUint32(120, 0, true);
  refused(empty, "expected a segment to load, found none");
});
