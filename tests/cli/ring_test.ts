import { assertEquals } from "@std/assert";
import { ring } from "../../cli/ring.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (from: string) => new TextEncoder().encode(from);

Deno.test("ring: a reader gets what follows his position, and learns what he has missed", () => {
  const it = ring(8);
  it.push(bytes("abc"));
  assertEquals([text(it.read(1).bytes), it.read(0, 2).bytes.length], ["bc", 2]);
  it.push(bytes("defghij"));
  assertEquals([it.start, it.end], [2, 10]);
  assertEquals([text(it.read(0).bytes), it.read(0).lost], ["cdefghij", 2]);
  assertEquals([text(it.read(10).bytes), it.read(10).lost], ["", 0]);
});

Deno.test("ring: of more than it holds the end is kept", () => {
  const it = ring(8);
  it.push(bytes("xy"));
  it.push(bytes("0123456789abcdefghi"));
  assertEquals([text(it.read(0).bytes), it.read(0).lost], ["bcdefghi", 13]);
});

Deno.test("ring: random pieces read as the end of all that was pushed", () => {
  const it = ring(1 << 13);
  let all = "";
  for (let i = 0; i < 300; i++) {
    const piece = String.fromCharCode(33 + i % 90).repeat((i * 7919) % 211);
    all += piece;
    it.push(bytes(piece));
    assertEquals(text(it.read(it.start).bytes), all.slice(-(1 << 13)));
  }
});
