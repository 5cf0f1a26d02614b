/**
 * `deno task guests [kernel|initramfs|rootfs|disks|busybox|rt-tests|all ...] [--check] [--force]`: fetches
 * Debian's arm64 kernel, busybox and hackbench into guests/cache/ and builds an initramfs, an
 * addition to it, a small disk and two copies of that from them.
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { type Apt, openApt } from "./fetch/apt.ts";
import { buildInitramfs } from "./fetch/initramfs.ts";
import { plainImage } from "./fetch/kernel.ts";
import { type Member, readPackage } from "./fetch/package.ts";
import { during, say, sizeText } from "./fetch/progress.ts";
import { buildRootfs } from "./fetch/rootfs.ts";
import { buildRtTests, isNeeded } from "./fetch/rt_tests.ts";
import { FetchError } from "./fetch/run.ts";

const cache = fromFileUrl(new URL("./cache/", import.meta.url));

/** Rises whenever a file would come out differently from the same packages. */
const recipe = 2;

const deviceTrees: Readonly<Record<string, RegExp>> = {
  "fvp-base-revc.dtb": /\/arm\/fvp-base-revc\.dtb$/,
  "armada-3720-espressobin.dtb": /\/marvell\/armada-3720-espressobin\.dtb$/,
};

/** What each part makes. */
const parts: Readonly<Record<string, readonly string[]>> = {
  kernel: ["Image", "kernel.config", ...Object.keys(deviceTrees)],
  initramfs: ["initramfs.cpio.gz"],
  rootfs: ["rootfs.ext4"],
  disks: ["disk1.ext4", "disk2.ext4"],
  "rt-tests": ["rt-tests.cpio.gz"],
};

/** Files that guests may change: they stay as long as they are there. */
const kept: ReadonlySet<string> = new Set(parts["disks"]);

const groups: Readonly<Record<string, readonly string[]>> = {
  kernel: ["kernel"],
  initramfs: ["initramfs"],
  rootfs: ["rootfs"],
  disks: ["rootfs", "disks"],
  busybox: ["initramfs", "rootfs", "disks"],
  "rt-tests": ["rt-tests"],
  all: ["kernel", "initramfs", "rootfs", "disks", "rt-tests"],
};

interface Made {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The package, or packages, that it comes from. */
  readonly from: string;
}

interface Manifest {
  readonly recipe: number;
  readonly files: Record<string, Made>;
}

async function readManifest(): Promise<Manifest> {
  try {
    const manifest = JSON.parse(await Deno.readTextFile(join(cache, "manifest.json"))) as Manifest;
    if (manifest.recipe === recipe) return manifest;
  } catch {
    // Absent or unreadable: everything is made again.
  }
  return { recipe, files: {} };
}

async function writeManifest(manifest: Manifest): Promise<void> {
  const files = Object.fromEntries(Object.entries(manifest.files).sort());
  const text = JSON.stringify({ recipe, files }, null, 2);
  await Deno.writeTextFile(join(cache, "manifest.json"), text + "\n");
}

async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is wrong with a file of the cache, or undefined. */
async function complaint(file: string, manifest: Manifest): Promise<string | undefined> {
  const made = manifest.files[file];
  const info = await Deno.stat(join(cache, file)).catch(() => undefined);
  if (info === undefined) return "missing";
  if (kept.has(file)) return undefined;
  if (made === undefined) return "of unknown origin";
  if (info.size !== made.bytes) return `${info.size} bytes, ${made.bytes} were written`;
  return await sha256(join(cache, file)) === made.sha256
    ? undefined
    : "changed since it was written";
}

async function check(wanted: readonly string[]): Promise<number> {
  const manifest = await readManifest();
  let bad = 0;
  for (const file of wanted.flatMap((part) => parts[part] ?? [])) {
    const problem = await complaint(file, manifest);
    if (problem !== undefined) bad++;
    const made = manifest.files[file];
    const from = kept.has(file) ? "guests' own" : made?.from;
    say(`${file.padEnd(28)} ${problem ?? `${sizeText(made?.bytes ?? 0)}, ${from}`}`);
  }
  if (bad > 0) say(`${bad} missing or changed: deno task guests fetches them`);
  return bad === 0 ? 0 : 1;
}

/** Two at a time would write the same files: the second waits, and finds them made. */
async function alone(work: () => Promise<void>): Promise<void> {
  await Deno.mkdir(cache, { recursive: true });
  using file = await Deno.open(join(cache, "lock"), { create: true, write: true });
  await file.lock(true);
  await work();
}

async function fetchParts(wanted: readonly string[], force: boolean): Promise<void> {
  const manifest = await readManifest();
  const due: string[] = [];
  for (const part of wanted) {
    const problems = await Promise.all(
      (parts[part] ?? []).map((file) => complaint(file, manifest)),
    );
    if (force || problems.some((problem) => problem !== undefined)) due.push(part);
  }
  if (due.length === 0) return say("guests/cache is complete; --force makes everything again");
  const sources = await openSources(await openApt(join(cache, "apt")));
  const makers: Record<string, () => Promise<Record<string, string>>> = {
    kernel: () => makeKernel(sources),
    initramfs: () => makeInitramfs(sources),
    rootfs: () => makeRootfs(sources),
    disks: makeDisks,
    "rt-tests": () => makeRtTests(sources),
  };
  for (const part of due) {
    for (const [file, from] of Object.entries(await makers[part]?.() ?? {})) {
      const bytes = (await Deno.stat(join(cache, file))).size;
      manifest.files[file] = { file, bytes, sha256: await sha256(join(cache, file)), from };
      say(`${file.padEnd(28)} ${sizeText(bytes)}, ${from}`);
    }
    await writeManifest(manifest);
  }
}

/** The packages, each fetched and read when first asked for. */
interface Sources {
  kernel(): Promise<{ name: string; members: Map<string, Member> }>;
  busybox(): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>;
  rtTests(): Promise<{ name: string; members: Member[] }>;
}

async function openSources(apt: Apt): Promise<Sources> {
  const depends = await apt.depends("linux-image-arm64");
  const kernelPackage = depends.find((name) => /^linux-image-\d/.test(name));
  if (kernelPackage === undefined) {
    throw new FetchError(
      "Cannot find the kernel: linux-image-arm64 must depend on linux-image-VERSION, " +
        `it depends on ${depends.join(", ") || "nothing"}`,
    );
  }
  return {
    kernel: once(async () => {
      const file = await apt.download(kernelPackage);
      const members = await during(
        () => `unpacking ${kernelPackage}`,
        () => readPackage(file, (path) => /^boot\/|\.dtb$|\.ko(\.xz|\.zst)?$/.test(path)),
      );
      return { name: `${kernelPackage} ${await apt.version(kernelPackage)}`, members };
    }),
    busybox: once(async () => {
      const file = await apt.download("busybox-static");
      const members = await readPackage(file, (path) => path.endsWith("bin/busybox"));
      const bytes = [...members.values()][0]?.bytes;
      if (bytes === undefined) throw new FetchError("Cannot find busybox in busybox-static");
      return { name: `busybox-static ${await apt.version("busybox-static")}`, bytes };
    }),
    rtTests: once(async () => {
      const names = ["rt-tests", "libc6"];
      const files = await Promise.all(names.map((name) => apt.download(name)));
      const versions = await Promise.all(names.map((name) => apt.version(name)));
      const members = await Promise.all(files.map((file) => readPackage(file, isNeeded)));
      return {
        name: names.map((name, i) => `${name} ${versions[i]}`).join(", "),
        members: members.flatMap((found) => [...found.values()]),
      };
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

async function makeKernel(sources: Sources): Promise<Record<string, string>> {
  const { name, members } = await sources.kernel();
  const pick = (pattern: RegExp): Uint8Array<ArrayBuffer> => {
    const member = [...members.values()].find(({ path }) => pattern.test(path));
    if (member === undefined) throw new FetchError(`Cannot find ${pattern} in ${name}`);
    return member.bytes;
  };
  await put("Image", await plainImage(pick(/^boot\/vmlinuz-/)));
  await put("kernel.config", pick(/^boot\/config-/));
  for (const [file, pattern] of Object.entries(deviceTrees)) await put(file, pick(pattern));
  return Object.fromEntries((parts["kernel"] ?? []).map((file) => [file, name]));
}

async function makeInitramfs(sources: Sources): Promise<Record<string, string>> {
  const kernel = await sources.kernel();
  const busybox = await sources.busybox();
  const init = await Deno.readTextFile(new URL("./fetch/init.sh", import.meta.url));
  const bytes = await during(
    () => "building initramfs.cpio.gz",
    () => buildInitramfs({ busybox: busybox.bytes, init, kernel: kernel.members }),
  );
  await put("initramfs.cpio.gz", bytes);
  return { "initramfs.cpio.gz": `${busybox.name}, ${kernel.name}` };
}

async function makeRootfs(sources: Sources): Promise<Record<string, string>> {
  const busybox = await sources.busybox();
  await during(
    () => "building rootfs.ext4",
    () => buildRootfs({ path: join(cache, "rootfs.ext4"), scratch: cache, busybox: busybox.bytes }),
  );
  return { "rootfs.ext4": busybox.name };
}

/** The disks of guests/lineups/ begin as copies. */
async function makeDisks(): Promise<Record<string, string>> {
  const files = [...kept];
  for (const file of files) {
    await Deno.copyFile(join(cache, "rootfs.ext4"), join(cache, `${file}.part`));
    await Deno.rename(join(cache, `${file}.part`), join(cache, file));
  }
  return Object.fromEntries(files.map((file) => [file, "a copy of rootfs.ext4"]));
}

async function makeRtTests(sources: Sources): Promise<Record<string, string>> {
  const { name, members } = await sources.rtTests();
  await put("rt-tests.cpio.gz", buildRtTests(members));
  return { "rt-tests.cpio.gz": name };
}

/** Writes beside and renames, so that a file of the cache is whole or absent. */
async function put(file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const path = join(cache, file);
  await Deno.writeFile(`${path}.part`, bytes);
  await Deno.rename(`${path}.part`, path);
}

const usage = `usage: deno task guests [${Object.keys(groups).join("|")} ...] [--check] [--force]

Fetches Debian's arm64 kernel, busybox and hackbench with apt (no root needed; the machine's own package state
is left alone) and makes in guests/cache/: ${Object.values(parts).flat().join(", ")}.

  --check   only say what is there; exit code 1 if anything is missing or changed
  --force   make everything again, also the disks that guests have written to`;

export async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const flags = args.filter((arg) => arg.startsWith("--"));
  if (flags.includes("--help")) {
    say(usage);
    return 0;
  }
  const unknown = [
    ...names.filter((name) => !Object.hasOwn(groups, name)),
    ...flags.filter((flag) => flag !== "--check" && flag !== "--force"),
  ];
  if (unknown.length > 0) {
    say(`Cannot fetch ${unknown.join(", ")}: unknown\n${usage}`);
    return 2;
  }
  const chosen = names.length === 0 ? ["all"] : names;
  const wanted = [...new Set(chosen.flatMap((name) => groups[name] ?? []))];
  try {
    if (flags.includes("--check")) return await check(wanted);
    await alone(() => fetchParts(wanted, flags.includes("--force")));
    return 0;
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    say(error.message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
