import { assertEquals, assertThrows } from "@std/assert";
import { MemoryMap } from "../../../core/memory_map.ts";
import { Slot } from "../../../core/cpu/state.ts";
import { mrs, rig } from "./rig.ts";

Deno.test("core: reset starts at the highest EL, masked, with SP_ELx and X0", () => {
  const { core } = rig();
  core.state.x[5] = 9n;
  core.reset({ pc: 0x8000_0000n, x0: 0x4400_0000n });
  const { state } = core;
  assertEquals([state.u32("el"), state.u32("spSel"), state.u32("daif")], [2, 1, 0x3c0]);
  assertEquals([state.u64("pc"), state.x[0], state.x[5]], [0x8000_0000n, 0x4400_0000n, 0n]);
  assertEquals(state.nzcv(), 0);
  core.reset({ pc: 0n, el: 1 });
  assertEquals(core.state.u32("el"), 1);
  const bare = rig({ hasEl2: false }).core;
  assertEquals(bare.state.u32("el"), 1);
});

Deno.test("core: the state moves into the window and back", () => {
  const { core } = rig({ index: 3 });
  assertEquals(core.state.base, MemoryMap.saved + 3 * MemoryMap.stateBytes);
  core.state.x[Slot.sp] = 7n;
  core.enterWindow();
  assertEquals([core.active, core.state.base, core.state.x[Slot.sp]], [true, MemoryMap.window, 7n]);
  core.state.x[Slot.sp] = 8n;
  core.leaveWindow();
  assertEquals([core.active, core.state.x[Slot.sp]], [false, 8n]);
  assertEquals(mrs(core, "MPIDR_EL1"), 0x8000_0003n);
});

Deno.test("core: a report is made once for each key", () => {
  const { core, log } = rig();
  core.report("a", "first");
  core.report("a", "again");
  core.report("b", "second");
  assertEquals(log, ["first", "second"]);
});

Deno.test("core: an index that no state block serves is refused", () => {
  assertThrows(() => rig({ index: 8 }), RangeError, "Cannot make core 8: it must be 0 to 7");
});
