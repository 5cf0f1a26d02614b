import { assert, assertEquals } from "@std/assert";
import { refuse, Transitions, wrongState } from "../../../core/hypervisor/lifecycle.ts";

Deno.test("lifecycle: every state can be left, and reached", () => {
  const states = ["loaded", "running", "paused", "stopping", "stopped", "failed"] as const;
  const rows = Object.values(Transitions);
  for (const state of states) assert(rows.some(({ from }) => from.includes(state)), state);
  // A VM is loaded when it is made, and fails by itself.
  for (const state of ["running", "paused", "stopping", "stopped"] as const) {
    assert(rows.some(({ to }) => to === state), state);
  }
});

Deno.test("lifecycle: what is wrong is said", () => {
  assertEquals(wrongState("pause", "running"), undefined);
  assertEquals(wrongState("pause", "stopped"), "it must be running, it is stopped");
  assertEquals(wrongState("start", "paused"), "it must be loaded, stopped or failed, it is paused");
  assertEquals(refuse("start", "vm2", "there is no such VM"), {
    ok: false,
    why: "Cannot start vm2: there is no such VM",
  });
});
