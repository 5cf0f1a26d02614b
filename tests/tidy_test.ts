/**
 * Rules about the source tree itself.
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../", import.meta.url));

/** Which folders a folder may import from, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli", "platforms", "devices", "core", "guests", "deno.json"],
  cli: ["platforms", "devices", "core", "guests", "deno.json"],
  platforms: ["devices", "core"],
  devices: ["core"],
  core: [],
  guests: [],
  tests: ["main.ts", "cli", "platforms", "devices", "core", "guests", "deno.json"],
};

/** Parts of core that know nothing of the rest of it. */
const leaves: Readonly<Record<string, readonly string[]>> = {
  "core/board": ["core/hex.ts"],
  // The layout of the CPU state, system registers and floating-point operations are tables.
  "core/isa": [
    "core/hex.ts",
    "core/cpu/modes.ts",
    "core/cpu/state.ts",
    "core/cpu/syndrome.ts",
    "core/cpu/system_register_slots.ts",
    "core/cpu/system_register_traps.ts",
    "core/cpu/system_registers.ts",
    "core/fp/table.ts",
  ],
  // Device trees and images are file formats: they know nothing of the machine either.
  "core/config": ["core/hex.ts", "core/fdt/", "core/images/"],
  "core/fdt": ["core/hex.ts"],
  "core/images": ["core/hex.ts"],
};

/** Packages that sources may import by name. */
const packages = ["@std/assert", "@std/cli", "@std/path", "@std/toml", "toml-eslint-parser"];

const lineLimit = 400;

/** A file whose module doc has the tag @table is rows of data, and may be longer. */
const tableMark = /@table\b/;
const tableLimit = 1000;

/** Words that have no place in sources and documents, in parts so that this file passes. */
const forbidden = [
  ["regis", "try.npmjs"],
  ["the ", "brief"],
  ["sub", "agents?"],
  ["/wo", "rk/\\w*"],
  ["FIX", "ME"],
  ["X", "XX"],
].map((parts) => new RegExp(`(?<!\\w)${parts.join("")}(?!\\w)`));

interface Source {
  /** Path from the root, with "/". */
  readonly path: string;
  readonly text: string;
}

async function* files(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(join(root, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    const skipped = /^\.git$|^node_modules$|^third_party$|^guests\/(cache|build)$|^build$/;
    if (skipped.test(path)) continue;
    if (entry.isDirectory) yield* files(path);
    else if (entry.isFile) yield path;
  }
}

async function read(pattern: RegExp): Promise<Source[]> {
  const found: Source[] = [];
  for await (const path of files("")) {
    if (!pattern.test(path)) continue;
    found.push({ path, text: await Deno.readTextFile(join(root, path)) });
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

const sources = await read(/\.ts$/);

/** The files and packages that a source imports. */
function imports({ path, text }: Source): string[] {
  const named = /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gm;
  const bare = /^\s*import\s*"([^"]+)"/gm;
  const dynamic = /\bimport\(\s*"([^"]+)"/g;
  return [named, bare, dynamic].flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => match[1] as string)
    .map((target) =>
      target.startsWith(".") ? new URL(target, `file:///${path}`).pathname.slice(1) : target
    );
}

function isPackage(target: string): boolean {
  return target.startsWith("node:") || packages.includes(target);
}

function folderOf(path: string): string {
  return path.split("/")[0] as string;
}

Deno.test("tidy: the top level has no other folders with sources", () => {
  const others = sources.filter(({ path }) => !Object.hasOwn(mayImport, folderOf(path)));
  assertEquals(others.map(({ path }) => path), []);
  assert(sources.length > 0);
});

Deno.test("tidy: imports point inwards", () => {
  const wrong: string[] = [];
  for (const source of sources) {
    const folder = folderOf(source.path);
    for (const target of imports(source)) {
      const to = folderOf(target);
      if (isPackage(target) || to === folder || mayImport[folder]?.includes(to)) continue;
      wrong.push(`${source.path} imports ${target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("tidy: board, isa, config and the file formats are leaves of core", () => {
  const wrong: string[] = [];
  for (const source of sources) {
    const leaf = Object.keys(leaves).find((folder) => source.path.startsWith(`${folder}/`));
    if (leaf === undefined) continue;
    for (const target of imports(source)) {
      if (isPackage(target) || target.startsWith(`${leaf}/`)) continue;
      if (!leaves[leaf]?.some((allowed) => target.startsWith(allowed))) {
        wrong.push(`${source.path} imports ${target}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("tidy: no import leads back to where it started", () => {
  const graph = new Map(sources.map((source) => [source.path, imports(source)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      cycles.push([...trail.slice(at), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  assertEquals(cycles, []);
});

Deno.test("tidy: every module opens with its documentation", () => {
  const bare = sources.filter(({ path, text }) => {
    if (path.endsWith("_test.ts")) return false;
    const doc = /^\/\*\*([\s\S]*?)\*\//.exec(text.replace(/^\/\/ deno-lint-ignore-file.*\n/, ""))
      ?.[1];
    return doc === undefined || !/@module\b/.test(doc) ||
      !/[A-Za-z`]{2}/.test(doc.replace("@module", ""));
  });
  assertEquals(bare.map(({ path }) => path), []);
});

Deno.test(`tidy: files fit in ${lineLimit} lines, tables in ${tableLimit}`, () => {
  const long: string[] = [];
  for (const { path, text } of sources) {
    const doc = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
    const count = text.split("\n").length - 1;
    if (count > (tableMark.test(doc) ? tableLimit : lineLimit)) {
      long.push(`${path}: ${count} lines`);
    }
  }
  assertEquals(long, []);
});

Deno.test("tidy: files and folders have snake_case names", () => {
  const odd = sources.filter(({ path }) => !/^([a-z0-9_]+\/)*[a-z0-9_]+\.ts$/.test(path));
  assertEquals(odd.map(({ path }) => path), []);
});

Deno.test("tidy: no default exports, enums or namespaces", () => {
  const found = sources.filter(({ path, text }) =>
    path !== "tests/lint_plugin.ts" &&
    /^export default\b|^(export )?(const )?enum\b|^(export )?namespace\b/m.test(text)
  );
  assertEquals(found.map(({ path }) => path), []);
});

Deno.test("tidy: nothing speaks of the machine or the way that it was written on", async () => {
  const texts = await read(
    /\.(ts|md|toml|json|lock|yml|sh|c|h|S|ld|dts)$|^LICENSE$|\/Makefile$|^\.ci\//,
  );
  const found = texts.flatMap(({ path, text }) =>
    forbidden.filter((word) => word.test(text)).map((word) => `${path}: ${word}`)
  );
  assertEquals(found, []);
});

Deno.test("tidy: deno.lock names no server", async () => {
  const lock = await Deno.readTextFile(join(root, "deno.lock"));
  assertEquals(lock.match(/\b\w+:\/\/[^"]+/g), null);
});
