/** `--drive`: disks in files of the host. @module */

import { type BlockBackend, overlay, SectorBytes } from "../devices/virtio/block_backend.ts";
import { reason } from "./files.ts";
import { UsageError } from "./usage_error.ts";
import type { Value } from "./values.ts";

/** What a drive is. */
export interface Drive {
  readonly file: string;
  /** The guest cannot write. */
  readonly readOnly: boolean;
  /** What the guest writes stays in memory. */
  readonly snapshot: boolean;
  /** The VM that gets it; the board does when there is none. */
  readonly vm?: number;
  /** Where it is asked for, when not by the option. */
  readonly origin?: string;
}

const Switches: Readonly<Record<string, boolean>> = { on: true, off: false };

const keywords = ["file", "readonly", "snapshot", "vm"];

/** `file=F[,readonly=on][,snapshot=on][,vm=ID]`; a comma in a name is written twice, as QEMU does it. */
export const drive: Value<Drive> = {
  expected: "file=FILE, which ,readonly=on, ,snapshot=on or ,vm=ID may follow",
  parse(text) {
    const pairs = text.split(/(?<!,),(?!,)/).map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1).replaceAll(",,", ",")] as const;
    });
    const keys = new Map(pairs);
    const file = keys.get("file");
    const readOnly = Switches[keys.get("readonly") ?? "off"];
    const snapshot = Switches[keys.get("snapshot") ?? "off"];
    const known = [...keys.keys()].every((key) => keywords.includes(key));
    const vm = keys.get("vm");
    if (!file || !known || keys.size !== pairs.length) return undefined;
    if (readOnly === undefined || snapshot === undefined) return undefined;
    if (vm !== undefined && !/^\d{1,5}$/.test(vm)) return undefined;
    return { file, readOnly, snapshot, ...(vm === undefined ? {} : { vm: Number(vm) }) };
  },
};

/** The files of drives that are open. */
export interface DriveFiles {
  /**
   * Opens the files of drives. They stay open until they are closed, or hvsim ends.
   *
   * @throws {UsageError} When one is no disk, or cannot be opened as the drive asks.
   */
  open(drives: readonly Drive[]): readonly BlockBackend[];
  close(disks: readonly BlockBackend[]): void;
}

/** No files yet; `log` is told of those that fail later. */
export function driveFiles(log: (message: string) => void): DriveFiles {
  /** Who writes to which file. */
  const writers = new Map<string, BlockBackend>();
  const close = (disk: BlockBackend) => {
    for (const [path, writer] of writers) if (writer === disk) writers.delete(path);
    disk.close?.();
  };
  return {
    open(drives) {
      const opened: BlockBackend[] = [];
      try {
        for (const each of drives) {
          const disk = openDrive(each, log);
          opened.push(disk);
          if (each.readOnly || each.snapshot) continue;
          const path = Deno.realPathSync(each.file);
          if (writers.has(path)) {
            fail(each, "the only drive that writes to its file", "another one");
          }
          writers.set(path, disk);
        }
      } catch (error) {
        opened.forEach(close);
        throw error;
      }
      return opened;
    },
    close: (disks) => disks.forEach(close),
  };
}

function openDrive(drive: Drive, log: (message: string) => void): BlockBackend {
  const { file: name, readOnly, snapshot } = drive;
  const writable = !readOnly && !snapshot;
  const info = attempt(() => Deno.statSync(name), (why) => fail(drive, "a file", why));
  if (info.isDirectory) fail(drive, "a file", "a directory");
  if (!info.isFile) fail(drive, "a file", "a device or a pipe");
  if (info.size === 0) fail(drive, "a disk", "an empty file");
  if (info.size % SectorBytes !== 0) {
    const sizes = `${info.size} bytes; is it cut off?`;
    fail(drive, `whole sectors of ${SectorBytes} bytes`, sizes);
  }
  const must = writable ? "writable, or have readonly=on or snapshot=on" : "readable";
  const file = attempt(
    () => Deno.openSync(name, { read: true, write: writable }),
    (why) => fail(drive, must, why),
  );
  const disk = fileBackend(file, name, info.size / SectorBytes, !writable, log);
  return snapshot && !readOnly ? overlay(disk) : disk;
}

function fail({ file, origin }: Drive, must: string, found: string): never {
  const what = origin ?? `--drive file=${file}`;
  throw new UsageError(`Cannot use ${what}: it must be ${must}, found ${found}`);
}

function attempt<T>(act: () => T, fail: (why: string) => never): T {
  try {
    return act();
  } catch (error) {
    return fail(reason(error));
  }
}

function fileBackend(
  file: Deno.FsFile,
  name: string,
  sectors: number,
  readOnly: boolean,
  log: (message: string) => void,
): BlockBackend {
  /** Does it at `sector`; the guest is told of a failure, and so is the user. */
  const tried = (verb: string, sector: number, act: () => void): boolean => {
    try {
      file.seekSync(sector * SectorBytes, Deno.SeekMode.Start);
      act();
      return true;
    } catch (error) {
      log(`Cannot ${verb} "${name}" at sector ${sector}: ${reason(error)}`);
      return false;
    }
  };
  return {
    sectors,
    readOnly,
    read: (sector, into) =>
      tried("read", sector, () => {
        for (let done = 0; done < into.length;) {
          const count = file.readSync(into.subarray(done));
          if (count === null) throw new RangeError("the file has become shorter");
          done += count;
        }
      }),
    write: (sector, bytes) =>
      tried("write", sector, () => {
        for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
      }),
    flush: () => tried("flush", 0, () => file.syncSync()),
    close: () => file.close(),
  };
}
