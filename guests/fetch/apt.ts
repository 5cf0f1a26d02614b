/**
 * Debian packages for arm64, fetched by apt with a state of its own: nothing of the machine's own
 * package state is read or changed but its list of sources and its keys.
 * @module
 */

import { join } from "@std/path";
import { during, say, sizeText } from "./progress.ts";
import { FetchError, present, run, runText } from "./run.ts";

const dayMs = 24 * 60 * 60 * 1000;
const debianKeys = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Sources in place of those of a machine that is no Debian. */
function sourcesOf(mirror: string): string {
  const suites = ["bookworm", "bookworm-updates"];
  return suites.map((s) => `deb [signed-by=${debianKeys}] ${mirror} ${s} main\n`).join("");
}

/** A private apt. */
export interface Apt {
  /** The newest version of a package, or undefined. */
  version(name: string): Promise<string | undefined>;
  /** What a package depends on directly. */
  depends(name: string): Promise<string[]>;
  /** The package's file, downloaded unless it is there already. */
  download(name: string): Promise<string>;
}

/**
 * Sets up a private apt under `dir`, with fresh package lists.
 * @throws {FetchError} when apt is absent, or no source offers arm64 packages
 */
export async function openApt(dir: string): Promise<Apt> {
  for (const program of ["apt-get", "apt-cache", "dpkg-deb"]) {
    if (await present(program)) continue;
    throw new FetchError(
      `Cannot fetch guests: ${program} must be installed, it was not found. ` +
        "The packages come from Debian's archive by apt; on another system, run this on a " +
        "Debian or Ubuntu machine or container and copy guests/cache/ here",
    );
  }
  const own = await prepare(join(dir, "machine"), undefined);
  if (await offersArm64(own)) return own;
  const mirror = Deno.env.get("HVSIM_DEBIAN_MIRROR");
  if (!mirror) {
    throw new FetchError(
      "Cannot fetch guests: this machine's apt sources must offer Debian's linux-image-arm64, they " +
        "do not. HVSIM_DEBIAN_MIRROR=URL names a mirror of Debian's archive to use instead",
    );
  }
  if (!await exists(debianKeys)) {
    throw new FetchError(
      `Cannot use ${mirror}: ${debianKeys} must exist to check its signatures, ` +
        "install the package debian-archive-keyring",
    );
  }
  const debian = await prepare(join(dir, "debian"), sourcesOf(mirror));
  if (await offersArm64(debian)) return debian;
  throw new FetchError("Cannot fetch guests: no apt source offers the package linux-image-arm64");
}

async function offersArm64(apt: Apt): Promise<boolean> {
  return await apt.version("linux-image-arm64") !== undefined &&
    await apt.version("busybox-static") !== undefined;
}

async function prepare(dir: string, sources: string | undefined): Promise<Apt> {
  const lists = join(dir, "lists");
  const archives = join(dir, "archives");
  await Deno.mkdir(join(lists, "partial"), { recursive: true });
  await Deno.mkdir(join(archives, "partial"), { recursive: true });
  await Deno.writeTextFile(join(dir, "status"), "");
  const settings = [
    'APT::Architecture "arm64";',
    'APT::Architectures { "arm64"; };',
    'APT::Sandbox::User "";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    'Debug::NoLocking "true";',
    `Dir::State "${dir}";`,
    `Dir::State::lists "${lists}";`,
    `Dir::State::status "${join(dir, "status")}";`,
    `Dir::Cache "${dir}";`,
    `Dir::Cache::archives "${archives}";`,
  ];
  if (sources !== undefined) {
    await Deno.writeTextFile(join(dir, "sources.list"), sources);
    settings.push(`Dir::Etc::sourcelist "${join(dir, "sources.list")}";`);
    settings.push('Dir::Etc::sourceparts "/dev/null";');
  }
  await Deno.writeTextFile(join(dir, "apt.conf"), settings.join("\n") + "\n");
  const env = { APT_CONFIG: join(dir, "apt.conf") };
  if (await listsAge(lists) > dayMs) {
    // One unreachable extra source must not stop the rest: what is missing shows in version().
    await during(
      () => "reading package lists",
      () => run("apt-get", ["update"], { env }).catch((error) => say(String(error.message))),
    );
  }
  return {
    version: (name) => version(name, env),
    depends: (name) => depends(name, env),
    download: (name) => download(name, { dir: archives, env }),
  };
}

async function listsAge(lists: string): Promise<number> {
  let newest = 0;
  for await (const entry of Deno.readDir(lists)) {
    if (!/_Packages(\.\w+)?$/.test(entry.name)) continue;
    newest = Math.max(newest, (await Deno.stat(join(lists, entry.name))).mtime?.getTime() ?? 0);
  }
  return Date.now() - newest;
}

async function version(name: string, env: Record<string, string>): Promise<string | undefined> {
  const policy = await runText("apt-cache", ["policy", name], { env });
  const candidate = /Candidate: (\S+)/.exec(policy)?.[1];
  return candidate === "(none)" ? undefined : candidate;
}

async function depends(name: string, env: Record<string, string>): Promise<string[]> {
  const text = await runText("apt-cache", ["depends", name], { env });
  return [...text.matchAll(/^ *Depends: (\S+)$/gm)].map((match) => match[1] as string);
}

async function download(
  name: string,
  { dir, env }: { dir: string; env: Record<string, string> },
): Promise<string> {
  const uris = await runText("apt-get", ["download", "--print-uris", name], { env });
  const found = /^'[^']+' (\S+) (\d+)/m.exec(uris);
  if (found === null) throw new FetchError(`Cannot fetch ${name}: apt knows no address for it`);
  const [, file, size] = found as unknown as [string, string, string];
  const path = join(dir, file);
  if (await sizeOf(path) === Number(size)) return path;
  await during(
    () => {
      const have = sizeNow(path) ?? sizeNow(join(dir, "partial", file)) ?? 0;
      return have === 0
        ? `fetching ${file} (${sizeText(Number(size))})`
        : `fetching ${file} (${sizeText(have)} of ${sizeText(Number(size))})`;
    },
    () => run("apt-get", ["download", name], { cwd: dir, env }),
  );
  if (await sizeOf(path) !== Number(size)) {
    throw new FetchError(
      `Cannot fetch ${name}: ${path} must have ${size} bytes after the download`,
    );
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return await sizeOf(path) !== undefined;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return await Deno.stat(path).then((info) => info.size, () => undefined);
}

function sizeNow(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch {
    return undefined;
  }
}
