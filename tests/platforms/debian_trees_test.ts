import { assertEquals } from "@std/assert";
import { parseFdt } from "../../core/fdt/blob.ts";
import {
  cellCounts,
  type FdtNode,
  find,
  readCells,
  readReg,
  readStrings,
} from "../../core/fdt/node.ts";
import { assemble } from "../../platforms/assemble.ts";
import { deviceTree } from "../../platforms/device_tree.ts";
import { espressobin } from "../../platforms/espressobin.ts";
import { fvp } from "../../platforms/fvp.ts";
import {
  gicWindows,
  interruptsOf,
  type Platform,
  type Window,
  windowOf,
} from "../../platforms/platform.ts";

/** A node whose registers cores reach, at their addresses. */
interface Placed {
  readonly path: string;
  readonly compatible: readonly string[];
  readonly windows: readonly Window[];
  /** SPI numbers. */
  readonly spis: readonly number[];
}

const Boards: [Platform, string][] = [
  [fvp, "fvp-base-revc.dtb"],
  [espressobin, "armada-3720-espressobin.dtb"],
];

/** Debian's own tree for the board, where `deno task guests` has fetched it. */
function debianTree(file: string): FdtNode | undefined {
  try {
    return parseFdt(Deno.readFileSync(new URL(`../../guests/cache/${file}`, import.meta.url))).root;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Every node under `at` that has registers in the cores' address space. */
function placed(at: FdtNode, path: string, translate: (base: number) => number): Placed[] {
  return at.children.flatMap((child): Placed[] => {
    const here = `${path}/${child.name}`;
    const reg = at.name === "cpus" ? [] : readReg(child.properties.get("reg"), at);
    const self = {
      path: here,
      compatible: readStrings(child.properties.get("compatible")),
      windows: reg.map(({ base, bytes }) => ({ base: translate(base), size: bytes })),
      // An engine with channels has a child, with an interrupt, for each.
      spis: [child, ...child.children.filter((channel) => !channel.properties.has("reg"))]
        .flatMap((n) => spis(readCells(n.properties.get("interrupts")))),
    };
    const inner = through(child, at, translate);
    return [...(reg.length > 0 ? [self] : []), ...(inner ? placed(child, here, inner) : [])];
  });
}

/** How addresses of `bus` become the cores', if they do. */
function through(bus: FdtNode, parent: FdtNode, outer: (base: number) => number) {
  const ranges = readCells(bus.properties.get("ranges"));
  if (!bus.properties.has("ranges")) return undefined;
  if (ranges.length === 0) return outer;
  const [inside, outside] = [cellCounts(bus), cellCounts(parent).address];
  const join = (cells: readonly number[]) => cells.reduce((sum, cell) => sum * 2 ** 32 + cell, 0);
  const step = inside.address + outside + inside.size;
  return (base: number): number => {
    for (let at = 0; at < ranges.length; at += step) {
      const from = join(ranges.slice(at, at + inside.address));
      const to = join(ranges.slice(at + inside.address, at + inside.address + outside));
      const size = join(ranges.slice(at + step - inside.size, at + step));
      if (base >= from && base < from + size) return outer(base - from + to);
    }
    return NaN;
  };
}

/** Three cells for each at the GIC; one behind the interrupt map of the FVP's buses, one to one. */
function spis(cells: readonly number[]): number[] {
  if (cells.length < 3) return [...cells];
  return cells.filter((_, i) => i % 3 === 1 && cells[i - 1] === 0);
}

/** The range from the first of `windows` to the end of the last. */
function hull(windows: readonly Window[]): Window {
  const base = Math.min(...windows.map((w) => w.base));
  return { base, size: Math.max(...windows.map((w) => w.base + w.size)) - base };
}

for (const [platform, file] of Boards) {
  const tree = debianTree(file);
  const needs = { ignore: tree === undefined };
  const root: FdtNode = tree ?? { name: "", properties: new Map(), children: [] };
  const nodes = placed(root, "", (base) => base);
  const board = () =>
    assemble(platform, {
      cores: 1,
      memoryBytes: platform.ram.defaultBytes,
      gicVersion: 3,
      epochSeconds: 0,
    }, { lines: () => {}, log: () => {} });
  const ours = deviceTree(platform, {
    cores: platform.cpus.max,
    memoryBytes: platform.ram.defaultBytes,
    gicVersion: 3,
    startEl: 2,
    cpuCompatible: "arm,armv8",
  });

  Deno.test(`${platform.name}: modelled devices are where ${file} has them`, needs, () => {
    for (const slot of platform.devices.filter(({ kind }) => kind !== "unclaimed")) {
      const window = windowOf(slot);
      const theirs = nodes.find((n) => n.windows[0]?.base === window.base);
      assertEquals([hull(theirs?.windows ?? []), theirs?.spis], [
        window,
        interruptsOf(slot).map((line) => line.spi),
      ], slot.name);
    }
  });
  Deno.test(`${platform.name}: the GIC's frames are those of ${file}`, needs, () => {
    const gic = nodes.find((n) => n.compatible.includes("arm,gic-v3"));
    assertEquals(gic?.windows, gicWindows(platform, 3).map(([, window]) => window));
  });
  Deno.test(`${platform.name}: cores and timers are those of ${file}`, needs, () => {
    const cells = (at: FdtNode, path: string, name: string) =>
      readCells(find(at, path)?.properties.get(name));
    const cores = find(root, "/cpus")?.children.filter((n) => n.name.startsWith("cpu@")) ?? [];
    assertEquals(
      cores.map((n) => readCells(n.properties.get("reg")).at(-1)),
      Array.from(
        { length: platform.cpus.max },
        (_, i) => Number(platform.cpus.mpidr(i) & 0xff_ffffn),
      ),
    );
    assertEquals(cells(ours, "/timer", "interrupts"), cells(root, "/timer", "interrupts"));
  });
  Deno.test(`${platform.name}: whatever registers ${file} names, something answers`, needs, () => {
    const { bus, ram } = board();
    const inRam = (at: number) => ram.some(({ base, size }) => at >= base && at < base + size);
    // There are as many redistributors as cores, which may be fewer than the window could hold.
    const ends = (base: number, size: number) =>
      bus.find(base)?.name === "gic.redistributors" || bus.find(base + size - 4);
    const dead = nodes.flatMap(({ path, windows }) =>
      windows.filter(({ base, size }) => !inRam(base) && !(bus.find(base) && ends(base, size))).map(
        ({ base }) => `${path} ${base.toString(16)}`,
      )
    );
    assertEquals(dead, []);
  });
}
