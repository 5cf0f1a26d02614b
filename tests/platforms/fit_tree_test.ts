import { assert, assertEquals } from "@std/assert";
import { parseFdt } from "../../core/fdt/blob.ts";
import { cells, find, node, readCells, readString, strings } from "../../core/fdt/node.ts";
import { absentNodes, fitTree } from "../../platforms/fit_tree.ts";
import { fvp } from "../../platforms/fvp.ts";

const GiB = 2 ** 30;
const Its = "/interrupt-controller@2f000000/msi-controller@2f020000";

function given() {
  const its = node("msi-controller@2f020000", { compatible: strings("arm,gic-v3-its") });
  const root = node("", { "#address-cells": cells(2), "#size-cells": cells(2) }, [
    node("chosen", { "rng-seed": cells(1, 2), bootargs: strings("quiet") }),
    node("cpus", {}),
    node("psci", { method: strings("hvc") }),
    node("iommu@2b400000", { compatible: strings("arm,smmu-v3") }),
    node("interrupt-controller@2f000000", {
      compatible: strings("arm,gic-v3"),
      reg: cells(
        ...[0, 0x2f00_0000, 0, 0x1_0000],
        ...[0, 0x2f10_0000, 0, 0x20_0000],
        ...[0, 0x2c00_0000, 0, 0x2000],
        ...[0, 0x2c02_f000, 0, 0x2000],
      ),
    }, [its]),
  ]);
  return { root, reservations: [], bootCpu: 0 };
}

function fitted(append?: string) {
  const board = { cores: 1, memoryBytes: GiB };
  const fit = { append, startEl: 1, initrd: { base: 0, size: 0 } } as const;
  const { root } = parseFdt(fitTree(fvp, board, given(), fit));
  return (path: string, name: string) => find(root, path)?.properties.get(name);
}

Deno.test("fitTree: what the board lacks is disabled, and named", () => {
  const at = fitted();
  assertEquals(readString(at("/iommu@2b400000", "status")), "disabled");
  assertEquals(readString(at(Its, "status")), "disabled");
  assertEquals(absentNodes(fvp, given().root), ["/iommu@2b400000", Its]);
});

Deno.test("fitTree: a GICv3 keeps its distributor and redistributors alone", () => {
  assertEquals(readCells(fitted()("/interrupt-controller@2f000000", "reg")), [
    ...[0, 0x2f00_0000, 0, 0x1_0000],
    ...[0, 0x2f10_0000, 0, 0x20_0000],
  ]);
});

Deno.test("fitTree: seeds are added where there are none, the command line when one is given", () => {
  const at = fitted();
  assertEquals(at("/chosen", "kaslr-seed")?.length, 8);
  assertEquals(readCells(at("/chosen", "rng-seed")), [1, 2]);
  assertEquals(readString(at("/chosen", "bootargs")), "quiet");
  assertEquals(readString(fitted("debug")("/chosen", "bootargs")), "debug");
});

Deno.test("fitTree: PSCI is called the board's way, and a second fit changes nothing", () => {
  assertEquals(readString(fitted()("/psci", "method")), "smc");
  const board = { cores: 1, memoryBytes: GiB };
  const fit = { append: undefined, startEl: 1, initrd: { base: 0, size: 0 } } as const;
  const once = fitTree(fvp, board, given(), fit);
  const twice = fitTree(fvp, board, parseFdt(once), fit);
  assert(once.every((byte, i) => byte === twice[i]));
});
