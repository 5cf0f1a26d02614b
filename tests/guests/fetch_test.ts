/**
 * The script that fetches real guests, without the network.
 * @module
 */

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { gunzipSync, gzipSync } from "node:zlib";
import { buildInitramfs } from "../../guests/fetch/initramfs.ts";
import { moduleClosure, plainImage } from "../../guests/fetch/kernel.ts";
import { type Member, readTar } from "../../guests/fetch/package.ts";
import { buildRtTests, isNeeded } from "../../guests/fetch/rt_tests.ts";
import { FetchError, run } from "../../guests/fetch/run.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ignore = Deno.build.os === "windows";

/** Runs the script as `deno task guests` does. */
async function script(...args: string[]): Promise<{ code: number; text: string }> {
  const file = new URL("../../guests/fetch.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", file, ...args],
  }).output();
  return { code, text: decoder.decode(stderr) };
}

function fakeImage(): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(200).map((_, i) => i);
  image.set(encoder.encode("ARMd"), 56);
  return image;
}

function kernelModule(path: string, depends: string): [string, Member] {
  return [path, { path, bytes: encoder.encode(`\x7fELF\0license=GPL\0depends=${depends}\0x`) }];
}

const modules = new Map([
  kernelModule("lib/modules/6/kernel/fs/ext4/ext4.ko", "jbd2,crc16"),
  kernelModule("lib/modules/6/kernel/fs/jbd2/jbd2.ko", "crc16"),
  kernelModule("lib/modules/6/kernel/lib/crc16.ko", ""),
  kernelModule("lib/modules/6/kernel/drivers/virtio/virtio-mmio.ko", ""),
]);

Deno.test("fetch: an Image is found plain, in gzip and in an EFI zboot file", async () => {
  const image = fakeImage();
  assertEquals(await plainImage(image), image);
  const packed = new Uint8Array(gzipSync(image));
  assertEquals(await plainImage(packed), image);
  const zboot = new Uint8Array(64 + packed.length);
  zboot.set(encoder.encode("MZ\0\0zimg"));
  const view = new DataView(zboot.buffer);
  view.setUint32(8, 64, true);
  view.setUint32(12, packed.length, true);
  zboot.set(encoder.encode("gzip"), 24);
  zboot.set(packed, 64);
  assertEquals(await plainImage(zboot), image);
});

Deno.test("fetch: what is no arm64 Image is refused", async () => {
  await assertRejects(() => plainImage(new Uint8Array(100)), FetchError, "ARMd");
});

Deno.test("fetch: modules come after what they depend on, once each", async () => {
  const found = await moduleClosure(["virtio_mmio", "ext4", "crc16", "absent"], modules);
  assertEquals(found.map(({ name }) => name), ["virtio_mmio", "crc16", "jbd2", "ext4"]);
});

Deno.test("fetch: the initramfs is the same each time and holds what init needs", async () => {
  const parts = {
    busybox: encoder.encode("busybox"),
    init: "#!/bin/busybox sh\n",
    kernel: modules,
  };
  const bytes = await buildInitramfs(parts);
  assertEquals(await buildInitramfs(parts), bytes);
  const archive = decoder.decode(gunzipSync(bytes));
  const members = ["init", "bin/busybox", "dev/console", "etc/mods.base", "lib/hvsim/ext4.ko"];
  for (const name of members) assertStringIncludes(archive, `${name}\0`);
  assertStringIncludes(archive, "virtio_mmio\ncrc16\njbd2\next4\n");
  assertStringIncludes(archive, "TRAILER!!!\0");
});

Deno.test("fetch: hackbench is packed with what it is linked to", () => {
  const paths = [
    "usr/bin/hackbench",
    ..."ld-linux-aarch64.so.1 libc.so.6 libpthread.so.0".split(" "),
  ]
    .map((name) => name.includes("/") ? name : `usr/lib/aarch64-linux-gnu/${name}`);
  assertEquals(paths.filter(isNeeded), paths);
  assertEquals(isNeeded("usr/lib/aarch64-linux-gnu/libm.so.6"), false);
  const members = paths.map((path) => ({ path, bytes: encoder.encode(path) }));
  const archive = decoder.decode(gunzipSync(buildRtTests(members)));
  for (const name of ["bin/hackbench", "lib/libc.so.6"]) assertStringIncludes(archive, `${name}\0`);
  assertThrows(() => buildRtTests(members.slice(1)), FetchError, "Cannot find hackbench");
});

Deno.test({
  name: "fetch: a tar archive is read, long names too",
  ignore,
  async fn() {
    const dir = await Deno.makeTempDir();
    const long = `${"directory/".repeat(15)}file`;
    try {
      await Deno.mkdir(`${dir}/${long}`.replace(/\/file$/, ""), { recursive: true });
      await Deno.writeTextFile(`${dir}/${long}`, "long");
      await Deno.writeTextFile(`${dir}/short`, "s".repeat(513));
      const archive = await run("tar", ["--format=gnu", "-cf", "-", "-C", dir, "."]);
      const found = [...readTar(archive)].map(({ path, bytes }) => [path, bytes.length]);
      assertEquals(found.sort(), [[long, 4], ["short", 513]].sort());
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("fetch: a program that fails is named with what it said", async () => {
  await assertRejects(() => run("no-such-program", []), FetchError, "must be installed");
  await assertRejects(
    () => run(Deno.execPath(), ["no-such-file.ts"]),
    FetchError,
    "no-such-file.ts",
  );
});

Deno.test("fetch: an unknown part is refused with the usage", async () => {
  const { code, text } = await script("kernels");
  assertEquals(code, 2);
  assertStringIncludes(text, "Cannot fetch kernels");
  assertStringIncludes(text, "usage: deno task guests");
});
