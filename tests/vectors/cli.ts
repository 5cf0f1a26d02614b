/** `deno task vectors FILE... [--class PREFIX] [--show N]`: runs vector files and names what differs. @module */

import { disassemble } from "../../core/isa/disassemble.ts";
import { VectorRig } from "./rig.ts";
import { readVectors, type Vector } from "./vector.ts";

const args = [...Deno.args];
function option(name: string): string | undefined {
  const i = args.indexOf(name);
  return i < 0 ? undefined : args.splice(i, 2)[1];
}
const prefix = option("--class");
const show = Number(option("--show") ?? 20);
const text = args.includes("--text") ? args.splice(args.indexOf("--text"), 1).length > 0 : false;

let passed = 0;
let failed = 0;
const byClass = new Map<string, [number, number]>();
for (const path of args) {
  const { header, vectors } = await readVectors(path);
  const rig = new VectorRig(header);
  for (const v of vectors) {
    if (prefix && !v.cls.split(",").some((c) => c.startsWith(prefix))) continue;
    let problems: string[];
    try {
      problems = text ? compareText(v) : rig.run(v);
    } catch (e) {
      problems = [String(e instanceof Error ? e.stack : e).split("\n").slice(0, 4).join(" | ")];
    }
    const group = byClass.get(v.cls) ?? [0, 0];
    byClass.set(v.cls, group);
    group[problems.length ? 1 : 0]++;
    if (problems.length === 0) passed++;
    else if (failed++ < show) {
      console.log(`${v.id} ${v.cls} ${v.w.join(" ")} ${v.asm ?? ""}`);
      for (const p of problems.slice(0, 6)) console.log(`    ${p}`);
    }
  }
}
const bad = [...byClass].filter(([, [, f]]) => f > 0);
if (bad.length) console.log(bad.map(([c, [p, f]]) => `${c} ${f}/${p + f}`).join(", "));
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed ? 1 : 0);

function compareText({ id, w, asm }: Vector): string[] {
  if (asm === undefined || w.length !== 1) return [];
  const word = parseInt(w[0] as string, 16);
  // Texts were taken from a listing of all words or from the window; branches have lost their target.
  const texts = [BigInt(id * 4), 0x4010_8000n].map((pc) => disassemble(word, pc, { aliases: false }));
  const same = texts.includes(asm) || (!asm.includes(" ") && texts[0]?.split(" ")[0] === asm);
  return same ? [] : [`want ${asm}`, `got  ${texts[0]}`];
}
