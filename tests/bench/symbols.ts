/** Names of the benchmarks' functions, where their ELF file has been built. @module */

import { fromFileUrl } from "@std/path";

/** Where the image is loaded; its ELF file is linked to run at 0. */
const ImageBase = 0x4020_0000n;
const elfFile = fromFileUrl(new URL("../../guests/build/bench.elf", import.meta.url));

/** Names an address: `function+0x10`; undefined where nothing is known. */
export type Symbols = (address: bigint) => string | undefined;

/** Values of an ELF file (System V ABI, chapter 4, Sections and Symbol Table). */
const Elf = { sections: 0x28, sectionCount: 0x3c, symbolTable: 2, symbolBytes: 24 } as const;
const SectionBytes = 64;
/** Types of symbols that are places in code. */
const CodeTypes = [0, 2];

/** The symbols of code in an ELF64 file, by value. */
export function readSymbols(bytes: Uint8Array): [value: bigint, name: string][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => view.getUint32(at, true);
  const long = (at: number) => Number(view.getBigUint64(at, true));
  const section = (index: number) => {
    const at = long(Elf.sections) + index * SectionBytes;
    return { type: word(at + 4), offset: long(at + 24), size: long(at + 32), link: word(at + 40) };
  };
  const count = view.getUint16(Elf.sectionCount, true);
  const table = Array.from({ length: count }, (_, i) => section(i))
    .find(({ type }) => type === Elf.symbolTable);
  if (!table) return [];
  const names = section(table.link).offset;
  const found: [bigint, string][] = [];
  for (let at = table.offset; at < table.offset + table.size; at += Elf.symbolBytes) {
    const start = names + word(at);
    const name = new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
    // $x and $d are the linker's own marks.
    if (!CodeTypes.includes(view.getUint8(at + 4) & 15) || name === "" || name[0] === "$") continue;
    found.push([view.getBigUint64(at + 8, true), name]);
  }
  return found.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** The names of the benchmarks' functions; of nothing when they have not been built. */
export async function benchSymbols(): Promise<Symbols> {
  const bytes = await Deno.readFile(elfFile).catch(() => undefined);
  const symbols = bytes ? readSymbols(bytes) : [];
  return (address) => {
    const value = address - ImageBase;
    const [at, name] = symbols.findLast(([start]) => start <= value) ?? [];
    if (at === undefined || value - at >= 4096n) return undefined;
    return value === at ? name : `${name}+0x${(value - at).toString(16)}`;
  };
}
