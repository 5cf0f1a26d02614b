/**
 * A given device tree made to fit a VM: its memory, its CPUs, what it boots with.
 *
 * @module
 */

import {
  cellCounts,
  cells,
  cells64,
  cellsOfWidth,
  clone,
  concat,
  ensure,
  type Fdt,
  type FdtNode,
  node,
  phandleOf,
  readCells,
  readReg,
  readString,
  remove,
  strings,
  walk,
} from "./node.ts";

/** What the tree must say; what is left out stays as it is. */
export interface FdtPatch {
  /** RAM, the main range first. */
  readonly memory?: readonly { readonly base: number; readonly bytes: number }[];
  /** The kernel's command line. */
  readonly bootargs?: string;
  readonly initrd?: { readonly start: number; readonly bytes: number };
  /** Affinities (MPIDR without its flag bits) of the CPUs there are. */
  readonly cpus?: readonly number[];
  /** Paths of nodes to take out, with everything under them. */
  readonly exclude?: readonly string[];
}

/** A changed copy of `tree`. */
export function patchFdt(tree: Fdt, patch: FdtPatch): Fdt {
  const root = clone(tree.root);
  // A path without unit address means every node of that name.
  for (const path of patch.exclude ?? []) while (remove(root, path));
  if (patch.memory !== undefined) setMemory(root, patch.memory);
  if (patch.cpus !== undefined) setCpus(root, patch.cpus);
  const chosen = ensure(root, "/chosen");
  if (patch.bootargs !== undefined) chosen.properties.set("bootargs", strings(patch.bootargs));
  if (patch.initrd !== undefined) {
    const { start, bytes } = patch.initrd;
    chosen.properties.set("linux,initrd-start", cells64(start));
    chosen.properties.set("linux,initrd-end", cells64(start + bytes));
  }
  return { root, reservations: tree.reservations.map((r) => ({ ...r })), bootCpu: tree.bootCpu };
}

function isMemory(at: FdtNode): boolean {
  return readString(at.properties.get("device_type")) === "memory" ||
    /^memory(@|$)/.test(at.name);
}

/** Replaces every memory node with one node a range. */
function setMemory(
  root: FdtNode,
  memory: readonly { readonly base: number; readonly bytes: number }[],
): void {
  const { address, size } = cellCounts(root);
  const at = root.children.findIndex(isMemory);
  root.children = root.children.filter((c) => !isMemory(c));
  const nodes = memory.map(({ base, bytes }) =>
    node(`memory@${base.toString(16)}`, {
      device_type: strings("memory"),
      reg: concat(cellsOfWidth(base, address), cellsOfWidth(bytes, size)),
    })
  );
  root.children.splice(at < 0 ? root.children.length : at, 0, ...nodes);
}

/**
 * Leaves exactly the CPUs with these affinities: others go, missing ones are copies of the first.
 * What pointed at the ones that went (`cpu-map`, `interrupt-affinity`) goes or shrinks with them.
 */
function setCpus(root: FdtNode, affinities: readonly number[]): void {
  const cpus = ensure(root, "/cpus");
  if (!cpus.properties.has("#address-cells")) cpus.properties.set("#address-cells", cells(1));
  if (!cpus.properties.has("#size-cells")) cpus.properties.set("#size-cells", cells(0));
  const isCpu = (c: FdtNode) => /^cpu@/.test(c.name);
  const old = cpus.children.filter(isCpu);
  const affinityOf = (c: FdtNode) => readReg(c.properties.get("reg"), cpus)[0]?.base;
  const template = old[0] ?? node("cpu", { device_type: strings("cpu") });

  const wanted = affinities.map((affinity) =>
    old.find((c) => affinityOf(c) === affinity) ?? cpuLike(template, affinity, cpus)
  );
  if (affinities.length > 1) {
    for (const cpu of wanted) {
      if (!cpu.properties.has("enable-method")) {
        cpu.properties.set("enable-method", strings("psci"));
      }
    }
  }
  const gone = old.filter((c) => !wanted.includes(c));
  cpus.children = [...wanted, ...cpus.children.filter((c) => !isCpu(c))];
  if (gone.length > 0 || wanted.length > old.length) remove(root, "/cpus/cpu-map");
  dropReferences(root, gone.map(phandleOf).filter((p) => p !== undefined));
}

function cpuLike(template: FdtNode, affinity: number, cpus: FdtNode): FdtNode {
  const cpu = clone(template);
  cpu.name = `cpu@${affinity.toString(16)}`;
  cpu.properties.set("reg", cellsOfWidth(affinity, cellCounts(cpus).address));
  cpu.properties.delete("phandle");
  cpu.properties.delete("linux,phandle");
  return cpu;
}

function dropReferences(root: FdtNode, phandles: readonly number[]): void {
  if (phandles.length === 0) return;
  for (const { node: at } of walk(root)) {
    const list = at.properties.get("interrupt-affinity");
    if (list === undefined) continue;
    const kept = readCells(list).filter((p) => !phandles.includes(p));
    if (kept.length > 0) at.properties.set("interrupt-affinity", cells(...kept));
    else at.properties.delete("interrupt-affinity");
  }
}
