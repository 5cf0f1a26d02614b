/** The values of `--dump-dtb`. @module */

import type { Value } from "./values.ts";

/** A device tree that is wanted in a file. */
export interface TreeDump {
  readonly file: string;
  /** The id of its VM; without one it is the bare board's. */
  readonly vm?: number;
}

/** `vm1=FILE`, or a file for the bare board's. */
export const treeDump: Value<TreeDump> = {
  expected: "vm1=FILE for the tree of VM 1, or FILE for the bare board's",
  parse(text) {
    const [, vm, file = text] = /^vm(\d{1,5})=(.*)$/s.exec(text) ?? [];
    if (file === "") return undefined;
    return vm === undefined ? { file } : { file, vm: Number(vm) };
  },
};
