/**
 * The files that a VM description names: found, read and opened.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "@std/path";
import { FdtError, parseFdt } from "../fdt/blob.ts";
import type { Fdt } from "../fdt/node.ts";
import { ImageError, type KernelImage, openImage } from "../images/image.ts";
import { hex } from "../hex.ts";
import type { Problem } from "./problem.ts";
import type { VmConfig } from "./vm_config.ts";

/** Reads a file whole; a string says why it cannot be read ("no such file"). */
export type ReadFile = (path: string) => Uint8Array | string;

/** What a VM boots from. */
export interface VmImages {
  readonly kernel: KernelImage;
  readonly ramdisk?: Uint8Array;
  /** The device tree that was given. */
  readonly dtb?: Fdt;
  /** Where the image of its disk is; it is not read as a whole. */
  readonly disk?: string;
}

/** Where paths lead and how files are read. */
export interface FileAccess {
  readonly read: ReadFile;
  /** Directory that stands for the hypervisor's file system (`image_location = "fs"`). */
  readonly rootfs?: string | undefined;
}

/** Where `path` of this description leads. */
export function resolvePath(config: VmConfig, path: string, rootfs: string | undefined): string {
  const fromFs = config.values.kernel.image_location === "fs";
  if (!fromFs && isAbsolute(path)) return path;
  // Nothing leads out of a root; without one, paths may go up from where the description is.
  return fromFs && rootfs !== undefined
    ? join(rootfs, join("/", path))
    : join(dirname(config.file), path);
}

/** Reads and opens everything; `images` is missing when something is. */
export function loadImages(
  config: VmConfig,
  { read, rootfs }: FileAccess,
): { images?: VmImages; problems: Problem[] } {
  const { kernel } = config.values;
  const problems: Problem[] = [];

  const open = <T>(key: PathKey, as: (bytes: Uint8Array, path: string) => T): T | undefined => {
    const given = kernel[key];
    if (given === undefined || given === "") return undefined;
    const path = resolvePath(config, given, rootfs);
    const bytes = read(path);
    if (typeof bytes === "string") {
      problems.push(unreadable(config, key, path, bytes, rootfs));
      return undefined;
    }
    try {
      return as(bytes, path);
    } catch (error) {
      problems.push(unusable(config, key, path, error));
      return undefined;
    }
  };

  const image = open("kernel_path", openImage);
  const ramdisk = open("ramdisk_path", notEmpty);
  let dtb: Fdt | undefined;
  if (kernel.dtb_path !== undefined && kernel.dtb_path === kernel.kernel_path) {
    problems.push(config.problem(
      "warning",
      "kernel.dtb_path",
      "a device tree",
      "the kernel itself",
      "a device tree is generated instead",
    ));
  } else dtb = open("dtb_path", parseFdt);

  if (image === undefined || problems.some((p) => p.severity === "error")) return { problems };
  return {
    images: {
      kernel: image,
      ...(ramdisk === undefined ? {} : { ramdisk }),
      ...(dtb === undefined ? {} : { dtb }),
      ...(kernel.disk_path ? { disk: resolvePath(config, kernel.disk_path, rootfs) } : {}),
    },
    problems,
  };
}

type PathKey = "kernel_path" | "ramdisk_path" | "dtb_path";

function notEmpty(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.length === 0) throw new ImageError(path, 0, "a RAM disk", "an empty file");
  return bytes;
}

function unreadable(
  config: VmConfig,
  key: PathKey,
  path: string,
  why: string,
  rootfs: string | undefined,
): Problem {
  const hint = config.values.kernel.image_location === "fs" && rootfs === undefined
    ? "without --rootfs, paths lead beside this file"
    : undefined;
  return config.problem("error", `kernel.${key}`, "a file", `"${path}": ${why}`, hint);
}

function unusable(config: VmConfig, key: PathKey, path: string, error: unknown): Problem {
  if (error instanceof ImageError) {
    const found = `${error.found} in "${path}" at offset ${hex(error.offset)}`;
    return config.problem("error", `kernel.${key}`, error.expected, found);
  }
  if (error instanceof FdtError) {
    const found = `"${path}", offset ${hex(error.offset)}: ${error.reason}`;
    return config.problem("error", `kernel.${key}`, "a device tree blob", found);
  }
  throw error;
}
