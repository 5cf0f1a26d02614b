import { assertEquals } from "@std/assert";
import {
  cells,
  cells64,
  type Fdt,
  find,
  node,
  readCells,
  readReg,
  readString,
  strings,
} from "../../../core/fdt/node.ts";
import { patchFdt } from "../../../core/fdt/patch.ts";

function board(): Fdt {
  const cpu = (n: number) =>
    node(`cpu@${n}`, { device_type: strings("cpu"), reg: cells(n), phandle: cells(10 + n) });
  const root = node("", { "#address-cells": cells(2), "#size-cells": cells(2) }, [
    node("chosen", { bootargs: strings("old"), "stdout-path": strings("/pl011@9000000") }),
    node("memory@40000000", { device_type: strings("memory"), reg: cells64(0x4000_0000, 1) }),
    node("cpus", { "#address-cells": cells(1), "#size-cells": cells(0) }, [
      node("cpu-map"),
      cpu(0),
      cpu(1),
    ]),
    node("pmu", { "interrupt-affinity": cells(10, 11) }),
    node("pcie@10000000", {}, [node("dev")]),
    node("pcie@20000000"),
  ]);
  return { root, reservations: [], bootCpu: 0 };
}

Deno.test("patchFdt: memory nodes are replaced, one node a range", () => {
  const memory = [{ base: 0x8000_0000, bytes: 0x1000_0000 }, { base: 0x2_0000_0000, bytes: 4096 }];
  const { root } = patchFdt(board(), { memory });
  const nodes = root.children.filter((c) => c.name.startsWith("memory"));
  assertEquals(nodes.map((n) => n.name), ["memory@80000000", "memory@200000000"]);
  assertEquals(nodes.flatMap((n) => readReg(n.properties.get("reg"), root)), memory);
  assertEquals(nodes.map((n) => readString(n.properties.get("device_type"))), ["memory", "memory"]);
});

Deno.test("patchFdt: chosen gets the command line and the initrd and keeps the rest", () => {
  const initrd = { start: 0x4800_0000, bytes: 0x1234 };
  const { root } = patchFdt(board(), { bootargs: "console=ttyAMA0", initrd });
  const chosen = find(root, "/chosen");
  assertEquals(readString(chosen?.properties.get("bootargs")), "console=ttyAMA0");
  assertEquals(readString(chosen?.properties.get("stdout-path")), "/pl011@9000000");
  assertEquals(readCells(chosen?.properties.get("linux,initrd-start")), [0, 0x4800_0000]);
  assertEquals(readCells(chosen?.properties.get("linux,initrd-end")), [0, 0x4800_1234]);
});

Deno.test("patchFdt: CPUs that the VM lacks go, with what points at them", () => {
  const { root } = patchFdt(board(), { cpus: [1] });
  assertEquals(find(root, "/cpus")?.children.map((c) => c.name), ["cpu@1"]);
  assertEquals(readCells(find(root, "/pmu")?.properties.get("interrupt-affinity")), [11]);
});

Deno.test("patchFdt: CPUs that the tree lacks are added and start by PSCI", () => {
  const { root } = patchFdt(board(), { cpus: [0, 0x100] });
  const cpus = find(root, "/cpus")?.children ?? [];
  assertEquals(cpus.map((c) => c.name), ["cpu@0", "cpu@100"]);
  assertEquals(cpus.map((c) => readCells(c.properties.get("reg"))), [[0], [0x100]]);
  assertEquals(cpus.map((c) => readString(c.properties.get("enable-method"))), ["psci", "psci"]);
  assertEquals(cpus[1]?.properties.has("phandle"), false);
});

Deno.test("patchFdt: excluded nodes go with what is under them; the given tree stays", () => {
  const given = board();
  const { root } = patchFdt(given, { exclude: ["/pcie", "/not-there"], memory: [] });
  assertEquals(find(root, "/pcie"), undefined);
  assertEquals(given, board());
});
