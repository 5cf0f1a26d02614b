import { assertEquals } from "@std/assert";
import { createMemory, Ram } from "../../core/machine/memory.ts";
import { boardParts, directMemory } from "../../platforms/direct_memory.ts";

const Page = 4096;

/** Two banks of four pages each; guest memory is the second one, then the first, in one piece. */
function rig() {
  const banks = [{ base: 0x1000_0000, size: 4 * Page }, { base: 0x2000_0000, size: 4 * Page }];
  const ram = new Ram(createMemory(8 * Page), banks);
  const forgotten: [number, number][] = [];
  const codePage = ram.hostOffset(0x2000_0000 + Page);
  const code = {
    isCodePage: (page: number) => page === codePage,
    codeWritten: (host: number, bytes: number) => void forgotten.push([host - codePage, bytes]),
  };
  const parts = [
    { guest: 0x4000_0000, physical: 0x2000_0000, bytes: 4 * Page },
    { guest: 0x4000_4000, physical: 0x1000_0000, bytes: 4 * Page },
  ];
  const memory = directMemory(ram, () => parts, () => code);
  return { ram, memory, forgotten };
}

Deno.test("directMemory: a guest's addresses lead to its parts of the board's memory", () => {
  const { ram, memory } = rig();
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
  assertEquals(memory.write(0x4000_4000 - 32, bytes), true);
  assertEquals(ram.slice(0x2000_4000 - 32, 32), bytes.subarray(0, 32));
  assertEquals(ram.slice(0x1000_0000, 32), bytes.subarray(32));
  const back = new Uint8Array(64);
  assertEquals([memory.read(0x4000_4000 - 32, back), back], [true, bytes]);
});

Deno.test("directMemory: what is not all memory is refused whole", () => {
  const { ram, memory } = rig();
  const bytes = new Uint8Array(64).fill(9);
  const end = 0x4000_8000;
  for (const address of [0, 0x3fff_ffff, end - 63, end, 0x1000_0000, 2 ** 52, 2 ** 64]) {
    assertEquals(
      [memory.write(address, bytes), memory.read(address, bytes), memory.covers(address, 64)],
      [false, false, false],
    );
  }
  assertEquals(memory.covers(end - 64, 64), true);
  assertEquals(ram.slice(0x1000_0000, 4 * Page).every((byte) => byte === 0), true);
});

Deno.test("directMemory: instructions are forgotten where something is written, and only there", () => {
  const { memory, forgotten } = rig();
  memory.write(0x4000_0000, new Uint8Array(Page));
  memory.write(0x4000_2000, new Uint8Array(Page));
  memory.read(0x4000_1000, new Uint8Array(Page));
  assertEquals(forgotten, []);
  memory.write(0x4000_0ff0, new Uint8Array(Page));
  memory.write(0x4000_1100, new Uint8Array(4));
  assertEquals(forgotten, [[0, Page - 16], [0x100, 4]]);
});

Deno.test("directMemory: parts that are no RAM are no memory", () => {
  const { ram } = rig();
  const parts = [{ guest: 0, physical: 0x0900_0000, bytes: Page }, {
    guest: Page,
    physical: 0x1000_3000,
    bytes: 2 * Page,
  }];
  const memory = directMemory(ram, () => parts, () => undefined);
  assertEquals([0, Page, 2 * Page].map((at) => memory.covers(at, 8)), [false, true, false]);
});

Deno.test("boardParts: a board's memory is at its own addresses", () => {
  const { ram } = rig();
  assertEquals(boardParts(ram)[1], { guest: 0x2000_0000, physical: 0x2000_0000, bytes: 4 * Page });
});
