import { assert } from "@std/assert";
import { HandlerSlots } from "../../../core/engine/interpreter.ts";
import { instructionClasses } from "../../../core/isa/classes.ts";
import type { AnyInsn } from "../../../core/isa/insn.ts";
import { randomWords } from "../isa/random_words.ts";

/** All combinations of the fields that a class's shape names, `sp` apart. */
function* shapes({ shape, pattern }: AnyInsn): Generator<Record<string, number>> {
  const names = (shape as string[]).filter((name) => name !== "sp");
  const ones = pattern.decode(0xffff_ffff) as Record<string, number>;
  const counts = names.map((name) => (ones[name] as number) + 1);
  const total = counts.reduce((product, count) => product * count, 1);
  for (let code = 0; code < total; code++) {
    let rest = code;
    yield Object.fromEntries(names.map((name, i) => {
      const count = counts[i] as number;
      const value = rest % count;
      rest = (rest - value) / count;
      return [name, value];
    }));
  }
}

/** How many handlers a class can have; a few shapes that only some words allow may be missed. */
function handlers(insn: AnyInsn): number {
  const words = randomWords(1);
  const isAllocated = (fields: Record<string, number>) =>
    Array.from({ length: 4 }).some(() => {
      const word = { ...insn.pattern.decode(words.next().value), ...fields };
      return !insn.undefined?.(insn.pattern.decode(insn.pattern.encode(word)));
    });
  let count = 0;
  for (const fields of shapes(insn)) if (!insn.rare?.(fields) && isAllocated(fields)) count++;
  const withSp = (insn.shape as string[]).includes("sp") ? 2 : 1;
  return count * withSp * (insn.branch ? 2 : 1) + 1;
}

Deno.test("handlers: a guest that executes everything does not run out of them", () => {
  const total = instructionClasses.reduce((sum, insn) => sum + handlers(insn), 0);
  assert(total > 1000);
  assert(total * 1.25 < HandlerSlots, `${total} handlers`);
});
