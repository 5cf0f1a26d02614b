import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { openPlugs } from "../../cli/plugs.ts";
import { UsageError } from "../../cli/usage_error.ts";

Deno.test("openPlugs() makes disks first, then the network interface", () => {
  const file = Deno.makeTempFileSync();
  Deno.writeFileSync(file, new Uint8Array(512));
  const drive = { file, readOnly: true, snapshot: false };
  const { virtio, capture } = openPlugs({ drive: [drive, drive], net: true }, [], () => {});
  const names = virtio.map((plug) => plug.kind === "block" ? plug.serial : plug.kind);
  assertEquals([names, capture], [["drive0", "drive1", "net"], undefined]);
  Deno.removeSync(file);
});

Deno.test("openPlugs() records the network from the beginning", () => {
  const file = Deno.makeTempFileSync();
  const { capture } = openPlugs({ pcap: file }, [], () => {});
  assertEquals(Deno.statSync(file).size, 24);
  capture?.(1, new Uint8Array(60));
  assertEquals(Deno.statSync(file).size, 24 + 16 + 60);
  Deno.removeSync(file);
  assertThrows(
    () => openPlugs({ pcap: join(file, "x") }, [], () => {}),
    UsageError,
    "Cannot write",
  );
});
