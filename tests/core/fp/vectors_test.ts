import { assert, assertEquals } from "@std/assert";
import { execute } from "./machine.ts";
import { readVectors, type Vector } from "./vectors.ts";

const scalarGroups = ["fp_dp1", "fp_dp2", "fp_dp3", "fp_int", "fp_fixed", "fp_cmp", "fp_ccmp"];
const simdGroups = [
  ...["s_3same", "s_3same_fp16", "s_2misc", "s_2misc_fp16", "s_pairwise", "s_indexed", "s_shimm"],
  ...["v_3same", "v_3same_fp16", "v_3same_extra", "v_2misc", "v_2misc_fp16", "v_across"],
  ...["v_indexed", "v_shimm"],
];

const arithmetic = /^(f|bf|[su]cvtf|urecpe|ursqrte)/;

const vectors = await readVectors(new Set([...scalarGroups, ...simdGroups]));

/** What differs between the recorded and our result. */
function difference(vector: Vector): string | undefined {
  const { before, after, word } = vector;
  const effect = execute(vector);
  const expected = {
    v: after.v[word & 31],
    x: (word & 31) === 31 ? effect.x : after.x[word & 31],
    nzcv: after.nzcv,
    fpsr: after.fpsr,
  };
  const problems = (["v", "x", "nzcv", "fpsr"] as const).flatMap((name) => {
    const [want, got] = [expected[name], effect[name]];
    if (got === undefined || got === want) return [];
    return [`${name} must be ${want?.toString(16)}, got ${got.toString(16)}`];
  });
  if (problems.length === 0) return undefined;
  const n = before.v[(word >>> 5) & 31]?.toString(16);
  const m = before.v[(word >>> 16) & 31]?.toString(16);
  const fpcr = before.fpcr.toString(16);
  return `${vector.id} ${vector.asm} (n ${n}, m ${m}, fpcr ${fpcr}): ${problems.join(", ")}`;
}

function run(group: string): void {
  const chosen = (vectors ?? []).filter((vector) => {
    if (vector.group !== group || !arithmetic.test(vector.mnemonic)) return false;
    return group !== "fp_int" || vector.mnemonic !== "fmov";
  });
  assert(chosen.length >= 100, `only ${chosen.length} vectors`);
  const differences = chosen.map(difference).filter((text) => text !== undefined);
  assertEquals(differences.slice(0, 20), [], `${differences.length} of ${chosen.length} differ`);
}

for (const group of [...scalarGroups, ...simdGroups]) {
  const name = vectors === undefined
    ? `fp vectors: ${group} (skipped: neither HVSIM_VECTORS nor ../shared/vectors)`
    : `fp vectors: ${group} gives the recorded results and flags`;
  Deno.test({ name, ignore: vectors === undefined, fn: () => run(group) });
}
