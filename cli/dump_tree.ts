/** `--dump-dtb`: device trees as guests will see them, into files. @module */

import { writeTree } from "../platforms/bare_boot.ts";
import { treeOfVm } from "../platforms/vm_device_tree.ts";
import { bareBoard, loadBare } from "./bare_session.ts";
import { chooseBoard } from "./board_choice.ts";
import type { CommandLine } from "./command_line.ts";
import { readFile, writeFile } from "./files.ts";
import type { Terminal } from "./terminal.ts";
import type { TreeDump } from "./tree_dump.ts";
import { UsageError } from "./usage_error.ts";
import { loadVmPlans, type VmLoad } from "./vm_session.ts";

/**
 * Writes the trees; what is to be said of it.
 *
 * @throws {UsageError} When there is no such tree, or its file cannot be written.
 */
export function dumpTrees(
  line: CommandLine,
  dumps: readonly TreeDump[],
  terminal: Terminal,
): string {
  let load: VmLoad | undefined;
  if (line.options.vm && dumps.some(({ vm }) => vm !== undefined)) {
    load = loadVmPlans(line, { read: readFile, rootfs: line.options.rootfs });
    terminal.say(load.warnings);
  }
  const trees = dumps.map(({ file, vm }) => {
    return { file, tree: vm === undefined ? boardTree(line) : vmTree(load, vm) };
  });
  return trees.map(({ file, tree }) => {
    writeFile(file, tree);
    return `${file}: ${tree.length} bytes\n`;
  }).join("");
}

/** The tree of the bare board, as its kernel would get it. */
function boardTree(line: CommandLine): Uint8Array {
  const { options } = line;
  if (options.vm) {
    throw new UsageError(
      "Cannot use --dump-dtb FILE: with --vm it must be vm1=FILE for VM 1, found no VM",
    );
  }
  const choice = chooseBoard(line);
  const load = options.kernel === undefined ? undefined : loadBare(choice, options);
  return load?.segments.find(({ address }) => address === load.deviceTree)?.bytes ??
    writeTree(choice.platform, bareBoard(choice), { startEl: options.el ?? 1 });
}

function vmTree(load: VmLoad | undefined, id: number): Uint8Array {
  const fail = (must: string, found: string) =>
    new UsageError(`Cannot use --dump-dtb vm${id}: ${must}, found ${found}`);
  const plan = load?.plans.find((each) => each.id === id);
  if (!load || !plan) {
    const ids = load?.plans.map((each) => each.id).join(", ") ?? "no --vm";
    throw fail("it must be the id of a VM", ids);
  }
  const { platform, ...board } = load.choice;
  const tree = treeOfVm(platform, board, plan);
  if (!tree) throw fail("the VM must get a device tree", "that its description asks for none");
  return tree;
}
