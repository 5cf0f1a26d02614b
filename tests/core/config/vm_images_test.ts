import { assertEquals } from "@std/assert";
import { readVmConfig } from "../../../core/config/vm_config.ts";
import { loadImages, resolvePath } from "../../../core/config/vm_images.ts";
import { deviceTree, type Files, rawKernel, reader } from "./files.ts";
import { type Keys, vmToml } from "./vm_files.ts";

function config(kernel: Keys, file = "conf/vm.toml") {
  const found = readVmConfig(new TextEncoder().encode(vmToml({ kernel })), file).config;
  if (found === undefined) throw new Error("the description is in order");
  return found;
}

const fs = (file?: string) => config({ image_location: '"fs"' }, file);
const memory = config({ image_location: '"memory"' });

Deno.test('resolvePath: "memory" leads beside the file, absolute paths as they are', () => {
  assertEquals(resolvePath(memory, "a/k.bin", undefined), "conf/a/k.bin");
  assertEquals(resolvePath(memory, "../k.bin", undefined), "k.bin");
  assertEquals(resolvePath(memory, "/k.bin", "root"), "/k.bin");
});

Deno.test('resolvePath: "fs" leads below the root, and no further', () => {
  assertEquals(resolvePath(fs(), "/guest/k.bin", "root"), "root/guest/k.bin");
  assertEquals(resolvePath(fs(), "k.bin", "/fs"), "/fs/k.bin");
  assertEquals(resolvePath(fs(), "../../k.bin", "/fs"), "/fs/k.bin");
});

Deno.test('resolvePath: without a root, "fs" leads beside the file', () => {
  assertEquals(resolvePath(fs(), "/guest/k.bin", undefined), "conf/guest/k.bin");
  assertEquals(resolvePath(fs(), "../k.bin", undefined), "k.bin");
  assertEquals(resolvePath(fs("vm.toml"), "k.bin", undefined), "k.bin");
});

function load(kernel: Keys, files: Files) {
  const { images, problems } = loadImages(config(kernel, "vm.toml"), { read: reader(files) });
  return { images, problems: problems.map((p) => `${p.severity} ${p.key}: ${p.found}`) };
}

Deno.test("loadImages: reads the kernel, the RAM disk and the device tree", () => {
  const { images, problems } = load(
    { ramdisk_path: '"disk"', dtb_path: '"tree"' },
    { "kernel.bin": rawKernel(), disk: "cpio", tree: deviceTree() },
  );
  assertEquals(problems, []);
  assertEquals(images?.kernel.kind, "raw");
  assertEquals(images?.ramdisk?.length, 4);
  assertEquals(images?.dtb?.root.children.length, 3);
});

Deno.test("loadImages: every file that is missing or unusable is a problem", () => {
  const paths = { ramdisk_path: '"disk"', dtb_path: '"tree"' };
  assertEquals(load(paths, { tree: "no tree, yet long enough for a header of its own" }), {
    images: undefined,
    problems: [
      'error kernel.kernel_path: "kernel.bin": no such file',
      'error kernel.ramdisk_path: "disk": no such file',
      'error kernel.dtb_path: "tree", offset 0x0000_0000: the magic must be 0xd00d_feed, found 0x6e6f_2074',
    ],
  });
  assertEquals(load({ ramdisk_path: '"disk"' }, { "kernel.bin": "", disk: "" }).problems, [
    'error kernel.kernel_path: an empty file in "kernel.bin" at offset 0x0000_0000',
    'error kernel.ramdisk_path: an empty file in "disk" at offset 0x0000_0000',
  ]);
});

Deno.test("loadImages: empty paths are none; a kernel is no device tree of its own", () => {
  const files = { "kernel.bin": rawKernel() };
  assertEquals(load({ dtb_path: '""' }, files).problems, []);
  const { images, problems } = load({ dtb_path: '"kernel.bin"' }, files);
  assertEquals(problems, ["warning kernel.dtb_path: the kernel itself"]);
  assertEquals(images?.dtb, undefined);
});
