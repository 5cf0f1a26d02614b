import { assertEquals } from "@std/assert";
import { EventQueue } from "../../../core/board/clock.ts";

function rig() {
  const events = new EventQueue();
  const rung: string[] = [];
  const alarm = (name: string) => events.alarm(() => void rung.push(`${name}@${events.now()}`));
  return { events, rung, alarm };
}

Deno.test("clock: alarms ring in order of deadline, each at its own time", () => {
  const { events, rung, alarm } = rig();
  const [a, b, c] = [alarm("a"), alarm("b"), alarm("c")];
  a.set(30);
  b.set(10);
  c.set(50);
  events.advanceTo(40);
  assertEquals(rung, ["b@10", "a@30"]);
  assertEquals([events.now(), events.nextDeadline()], [40, 50]);
});
Deno.test("clock: equal deadlines ring in order of creation, whichever was set first", () => {
  const { events, rung, alarm } = rig();
  const [a, b, c] = [alarm("a"), alarm("b"), alarm("c")];
  c.set(5);
  a.set(5);
  b.set(5);
  events.advanceTo(5);
  assertEquals(rung, ["a@5", "b@5", "c@5"]);
});
Deno.test("clock: an alarm rings once, moves, and can be turned off", () => {
  const { events, rung, alarm } = rig();
  const [a, b] = [alarm("a"), alarm("b")];
  a.set(10);
  a.set(20);
  b.set(15);
  b.set(undefined);
  events.advanceTo(100);
  assertEquals([rung, events.nextDeadline()], [["a@20"], undefined]);
});
Deno.test("clock: an alarm set while ringing rings in the same advance when due", () => {
  const events = new EventQueue();
  const times: number[] = [];
  const tick = events.alarm(() => {
    times.push(events.now());
    tick.set(events.now() + 10);
  });
  tick.set(10);
  events.advanceTo(35);
  assertEquals([times, events.nextDeadline()], [[10, 20, 30], 40]);
});
Deno.test("clock: a deadline already past rings at the present time", () => {
  const { events, rung, alarm } = rig();
  events.advanceTo(100);
  alarm("late").set(50);
  assertEquals(events.nextDeadline(), 50);
  events.advanceTo(100);
  assertEquals([rung, events.now()], [["late@100"], 100]);
});
Deno.test("clock: time does not run backwards", () => {
  const { events } = rig();
  events.advanceTo(100);
  events.advanceTo(10);
  assertEquals(events.now(), 100);
});
Deno.test("clock: restore takes over the time and leaves every alarm off", () => {
  const { events, rung, alarm } = rig();
  const a = alarm("a");
  a.set(10);
  events.restore(5);
  assertEquals([events.now(), events.nextDeadline()], [5, undefined]);
  a.set(10);
  events.advanceTo(10);
  assertEquals(rung, ["a@10"]);
});
