import { assertEquals } from "@std/assert";
import { keyReader } from "../../cli/keys.ts";

const type = (read: ReturnType<typeof keyReader>, text: string) => {
  const { bytes, commands } = read(new TextEncoder().encode(text));
  return [new TextDecoder().decode(bytes), ...commands];
};

Deno.test("keys: everything but Ctrl-A goes to the guest, Ctrl-C too", () => {
  assertEquals(type(keyReader(), "ls\x03\r"), ["ls\x03\r"]);
});

Deno.test("keys: Ctrl-A x quits, also when the two come apart", () => {
  const read = keyReader();
  assertEquals(type(read, "a\x01"), ["a"]);
  assertEquals(type(read, "xb"), ["b", "quit"]);
});

Deno.test("keys: Ctrl-A twice is one for the guest; unknown keys show the help", () => {
  assertEquals(type(keyReader(), "\x01\x01x\x01h\x01?\x01n"), [
    "\x01x",
    "help",
    "help",
    "next-console",
  ]);
});
