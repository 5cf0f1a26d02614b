import { assertEquals } from "@std/assert";
import { keyReader } from "../../cli/keys.ts";

const type = (read: ReturnType<typeof keyReader>, text: string) =>
  read(new TextEncoder().encode(text)).map((typed) =>
    typed instanceof Uint8Array ? `"${new TextDecoder().decode(typed)}"` : typed
  );

Deno.test("keys: everything but Ctrl-A goes to the guest, Ctrl-C too", () => {
  assertEquals(type(keyReader(), "ls\x03\r"), ['"ls\x03\r"']);
});

Deno.test("keys: Ctrl-A x quits, also when the two come apart, or Ctrl is still held", () => {
  const read = keyReader();
  assertEquals(type(read, "a\x01"), ['"a"']);
  assertEquals(type(read, "xb"), ["quit", '"b"']);
  assertEquals(type(read, "\x01\x18"), ["quit"]);
});

Deno.test("keys: what is typed keeps its order among commands", () => {
  assertEquals(type(keyReader(), "a\x012b\x01nc\x01p"), [
    '"a"',
    { console: 2 },
    '"b"',
    "next-console",
    '"c"',
    "previous-console",
  ]);
});

Deno.test("keys: Ctrl-A twice is one for the guest; unknown keys show the help", () => {
  assertEquals(type(keyReader(), "\x01\x01x\x01h\x01?\x01c\x01a"), [
    '"\x01x"',
    "help",
    "help",
    "monitor",
    "all-consoles",
  ]);
});
