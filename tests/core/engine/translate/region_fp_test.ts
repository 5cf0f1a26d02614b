import { assert, assertEquals } from "@std/assert";
import { Engines, VectorRig } from "../../../vectors/rig.ts";
import type { VectorHeader } from "../../../vectors/vector.ts";
import { dice } from "../../fp/operands.ts";
import { fpProgram } from "./fp_programs.ts";

const Data = 0x4011_2000;
const zeros = (count: number) => Array<string>(count).fill("0");
const header = {
  pc: "40108000",
  window: ["40100000", "10000"],
  data: [Data.toString(16), "1000"],
  bases: [{ x: zeros(31), sp: "0", nzcv: "0", fpcr: "0", fpsr: "0", v: zeros(32), mem: "00" }],
} as unknown as VectorHeader;

const seen = ["x", "v"] as const;

/** Registers and flags after a run. */
function stateOf({ state }: VectorRig): Record<string, string> {
  const registers = seen.flatMap((file) =>
    [...state[file].slice(0, 64)].map((v, i) => [`${file}[${i}]`, v.toString(16)])
  );
  const rest = { pc: state.u64("pc"), nzcv: state.nzcv() >>> 0, fpsr: state.u32("fpsr") };
  const others = Object.entries(rest).map(([name, v]) => [name, v.toString(16)]);
  return Object.fromEntries([...registers, ...others]);
}

Deno.test("translated floating point: random loops leave what the interpreter leaves", () => {
  const [interpreter, translator] = [Engines.interpreter, Engines.translator].map((engine) =>
    new VectorRig(header, engine)
  ) as [VectorRig, VectorRig];
  const roll = dice(0x2545_f491);
  for (let i = 0; i < 800; i++) {
    const program = fpProgram(roll, Data);
    const vector = { id: i, cls: "", base: 0, m: 1, out: {}, ...program } as const;
    const [want, got] = [interpreter, translator].map((rig) => {
      rig.run(vector as unknown as Parameters<VectorRig["run"]>[0]);
      return stateOf(rig);
    });
    assertEquals(got, want, `program ${i}: ${JSON.stringify(program)}`);
  }
  assert(translator.translations > 800, "programs must have been translated");
});
