import { assert, assertEquals } from "@std/assert";
import { machineRig, Start } from "./rig.ts";

const Vectors = Start + 0x800;
const Code = Start + 0x10_0000;

Deno.test("machine: reading every system register encoding does no harm", () => {
  const rig = machineRig([
    0xd518_c008, // msr vbar_el1, x8
    0xd61f_0020, // br x1
  ]);
  // Synchronous exception from the current EL: go on with the next instruction.
  rig.load(Vectors + 0x200, [
    0xd538_4029, // mrs x9, elr_el1
    0x9100_1129, // add x9, x9, #4
    0xd518_4029, // msr elr_el1, x9
    0x9100_054a, // add x10, x10, #1
    0xd69f_03e0, // eret
  ]);
  const reads = Array.from({ length: 2 ** 15 }, (_, key) => (0xd530_0000 | (key << 5)) >>> 0);
  rig.load(Code, [...reads, 0x1400_0000]); // b .
  const { x } = rig.core.state;
  [x[1], x[8]] = [BigInt(Code), BigInt(Vectors)];
  rig.run(1_000_000);
  const { state } = rig.core;
  assertEquals(state.u64("pc"), BigInt(Code + reads.length * 4));
  const defined = reads.length - Number(state.x[10]);
  assert(defined > 100 && defined < 1000, `${defined} registers`);
});
