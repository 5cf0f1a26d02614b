import { assertEquals } from "@std/assert";
import { type Console, consoles } from "../../cli/consoles.ts";

function console(name: string): Console & { print(text: string): void } {
  let take: (byte: number) => void = () => {};
  return {
    name,
    canReceive: () => false,
    receive: () => false,
    emptyReads: () => 0,
    onTransmit: (to) => void (take = to),
    print: (text) => new TextEncoder().encode(text).forEach((byte) => take(byte)),
  };
}

function rig(labelled: boolean) {
  const [a, b] = [console("vm1"), console("vm2")];
  let shown = "";
  let heard = "";
  const decoder = new TextDecoder();
  const all = consoles(
    (bytes) => void (shown += decoder.decode(bytes)),
    (bytes) => void (heard += decoder.decode(bytes)),
  );
  all.connect([a, b], labelled);
  return { a, b, all, shown: () => (all.flush(), shown), heard: () => (all.flush(), heard) };
}

Deno.test("consoles: one that speaks alone is shown as it is", () => {
  const { a, all, shown } = rig(false);
  a.print("one\r\ntw");
  assertEquals([shown(), all.midLine, all.printed], ["one\r\ntw", true, 7]);
});

Deno.test("consoles: when several speak, each line says whose it is; scripts hear no names", () => {
  const { a, b, shown, heard } = rig(true);
  a.print("on");
  b.print("x\r\n");
  a.print("e\r\n");
  assertEquals(shown(), "vm1| on\r\nvm2| x\r\nvm1| e\r\n");
  assertEquals(heard(), "onx\r\ne\r\n");
});

Deno.test("consoles: the focus goes round", () => {
  const { all } = rig(true);
  assertEquals([all.focus?.name, all.focusNext()?.name, all.focusNext()?.name], [
    "vm1",
    "vm2",
    "vm1",
  ]);
});
