/** Random words of encoding classes, with the registers that programs may use. @module */

import { cpuModel, type CpuName } from "../../core/cpu/cpu_models.ts";
import { instructionClasses } from "../../core/isa/classes.ts";
import { identify } from "../../core/isa/decode.ts";
import { type AnyInsn, inTypeScript } from "../../core/isa/insn.ts";
import { hasFeature } from "../../core/machine/features.ts";
import type { FieldValues } from "./assembler.ts";
import type { Random } from "./random.ts";

/** The core that runs programs: the one with all extensions. */
export const Cpu: CpuName = "max";
const model = cpuModel(Cpu);

/** A class and the widths of its fields. */
interface Template {
  readonly insn: AnyInsn;
  readonly fields: readonly (readonly [name: string, width: number])[];
}

function template(insn: AnyInsn): Template {
  const tokens: string[] = insn.pattern.text.split(" ");
  const named = tokens.filter((t) => t.includes(":"));
  return {
    insn,
    fields: named.map((t) => [t.split(":")[0] as string, Number(t.split(":")[1])]),
  };
}

/** Classes by title: those that share one are as likely as one. */
function group(accept: (insn: AnyInsn) => boolean): readonly (readonly Template[])[] {
  const chosen = instructionClasses.filter((insn) => insn.run !== inTypeScript && accept(insn));
  const groups = Map.groupBy(chosen.map(template), ({ insn }) => insn.name);
  return [...groups.values()];
}

const isVector = ({ name }: AnyInsn) =>
  /^(Floating-point|Conversion|Advanced SIMD|Cryptographic)/.test(name) &&
  !/load\/store/.test(name);
const isInteger = ({ name }: AnyInsn) =>
  /^(PC-rel|Add\/|Logical|Move wide|Bitfield|Extract|Rotate|Evaluate|Conditional (compare|select)|Data-pro|CRC32)/
    .test(name);
const isMemory = ({ name }: AnyInsn) =>
  /^(Load\/store|LDAPR|Compare and swap|Atomic|Advanced SIMD load)/.test(name);

const groups = {
  vector: group(isVector),
  integer: group(isInteger),
  memory: group(isMemory),
  literal: group(({ name }) => name === "Load register (literal)"),
};

/** Last register that ordinary instructions write. */
const Pool = 15;

function randomField(r: Random, name: string, width: number): number {
  switch (name) {
    case "Rd":
    case "Rt":
    case "Rt2":
    case "Rs":
      return r.oneIn(24) ? 31 : r.oneIn(2) ? r.below(5) : r.below(Pool + 1);
    case "Rn":
    case "Rm":
    case "Ra":
      if (width === 5) return r.oneIn(10) ? r.below(32) : r.oneIn(2) ? r.below(5) : r.below(16);
  }
  return r.below(2 ** width);
}

/** A random word of one of the classes of `kind`, with `fixed` fields where it has them. */
export function randomWord(r: Random, kind: keyof typeof groups, fixed: FieldValues = {}): number {
  for (;;) {
    const { insn, fields } = r.pick(r.pick(groups[kind]));
    for (let tries = 0; tries < 8; tries++) {
      const values: Record<string, number> = {};
      for (const [name, width] of fields) {
        values[name] = fixed[name] ?? randomField(r, name, width);
      }
      const word = insn.pattern.encode(values as never);
      const found = identify(word);
      if (found?.insn !== insn) continue;
      const feature = insn.feature?.(found.fields as never);
      if (!feature || hasFeature(model, feature)) return word;
    }
  }
}
