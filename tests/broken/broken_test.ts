import { assert, assertEquals, assertMatch } from "@std/assert";
import { configCheck } from "../../core/config/report.ts";
import { FdtError, parseFdt } from "../../core/fdt/blob.ts";
import { ImageError, openImage } from "../../core/images/image.ts";
import { qemuVirt } from "../core/config/boards.ts";
import { reader } from "../core/config/files.ts";
import type { BrokenCase } from "./broken_case.ts";
import { cases } from "./cases.ts";
import { options } from "./options.ts";

/** The values of an option. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.filter((_, i) => args[i - 1] === option);
}

/** What the parts under the command line say. */
function answer({ args, files }: BrokenCase): { text: string; code: number } {
  const read = reader(files);
  const vms = args[0] === "config" ? args.slice(2) : valuesOf(args, "--vm");
  if (vms.length > 0) return configCheck(vms, { read }, qemuVirt({ cpus: 2, ramBytes: 2 ** 30 }));
  try {
    for (const [option, open] of [["--kernel", openImage], ["--dtb", parseFdt]] as const) {
      for (const path of valuesOf(args, option)) {
        const bytes = read(path);
        if (typeof bytes !== "string") open(bytes, path);
      }
    }
  } catch (error) {
    if (error instanceof ImageError || error instanceof FdtError) {
      return { text: error.message, code: 2 };
    }
    throw error;
  }
  return { text: "", code: 0 };
}

for (const broken of cases.filter((c) => !options.includes(c))) {
  Deno.test(`broken input: ${broken.name} is refused with its message`, () => {
    const { text, code } = answer(broken);
    assertMatch(text, broken.expect);
    assertEquals(code, broken.code);
    assert(!/\n\s+at .*:\d+/.test(text), "there is a stack trace");
  });
}

Deno.test("broken input: there are enough cases, each with a name of its own", () => {
  assert(cases.length >= 60);
  assertEquals(new Set(cases.map((c) => c.name)).size, cases.length);
});
