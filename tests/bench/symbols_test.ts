import { assertEquals } from "@std/assert";
import { readSymbols } from "./symbols.ts";

/** An ELF file of a symbol table and its names, as far as they are looked at. */
function elf(symbols: readonly (readonly [type: number, value: number, name: string])[]) {
  const names = new TextEncoder().encode(`\0${symbols.map(([, , name]) => `${name}\0`).join("")}`);
  const [tableAt, namesAt] = [64, 64 + symbols.length * 24];
  const sectionsAt = namesAt + names.length;
  const bytes = new Uint8Array(sectionsAt + 2 * 64);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x28, BigInt(sectionsAt), true);
  view.setUint16(0x3c, 2, true);
  bytes.set(names, namesAt);
  let nameAt = 1;
  symbols.forEach(([type, value, name], i) => {
    const at = tableAt + i * 24;
    view.setUint32(at, nameAt, true);
    view.setUint8(at + 4, type);
    view.setBigUint64(at + 8, BigInt(value), true);
    nameAt += name.length + 1;
  });
  view.setUint32(sectionsAt + 4, 3, true); // the names
  view.setBigUint64(sectionsAt + 24, BigInt(namesAt), true);
  view.setUint32(sectionsAt + 64 + 4, 2, true); // the symbols, whose names are in section 0
  view.setBigUint64(sectionsAt + 64 + 24, BigInt(tableAt), true);
  view.setBigUint64(sectionsAt + 64 + 32, BigInt(symbols.length * 24), true);
  return bytes;
}

Deno.test("bench: functions and labels are symbols of code, in order; data and marks are not", () => {
  const bytes = elf([[2, 64, "sieve"], [1, 32, "table"], [0, 16, "entry"], [0, 8, "$x"]]);
  assertEquals(readSymbols(bytes), [[16n, "entry"], [64n, "sieve"]]);
});
