import { assert, assertEquals } from "@std/assert";
import { vectorFiles } from "./files.ts";
import {
  compareTexts,
  describeFailure,
  engineNames,
  type Outcome,
  rigFor,
  runVectors,
} from "./run.ts";
import { readVectors, type Vector } from "./vector.ts";

/** The group of a class: `v_3same` of `v_3same/add`. */
function groupOf({ cls }: Vector): string {
  return cls.split("/")[0] as string;
}

function assertAllPass({ passed, failures }: Outcome): void {
  const shown = failures.slice(0, 10).map(describeFailure).join("\n");
  assertEquals(failures.length, 0, `${failures.length} of ${passed + failures.length}:\n${shown}`);
  assert(passed > 0);
}

const files = vectorFiles();

for (const path of files) {
  const name = path.split("/").at(-1);
  const file = await readVectors(path);

  for (const engine of engineNames) {
    const rig = rigFor(file, engine);
    for (const [group, vectors] of Map.groupBy(file.vectors, groupOf)) {
      Deno.test(`vectors: the ${engine} does what ${name} records of ${group}`, () => {
        assertAllPass(runVectors(rig, vectors));
      });
    }
  }

  Deno.test(`vectors: the disassembler prints the texts of ${name}`, () => {
    const distinct = new Map(file.vectors.filter((v) => v.asm).map((v) => [v.w.join(), v]));
    assertAllPass(compareTexts([...distinct.values()]));
  });
}

if (files.length === 0) {
  Deno.test.ignore("vectors: run (skipped: neither HVSIM_VECTORS nor ../shared/vectors)", () => {});
}
