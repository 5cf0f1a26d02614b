import { assertEquals } from "@std/assert";
import {
  deaf,
  listens,
  listensFrom,
  noteInterrupts,
  notePoll,
  onRise,
} from "../../devices/serial.ts";

Deno.test("serial: the time that interrupts have been enabled counts from the first notice", () => {
  const listening = deaf();
  noteInterrupts(listening, true, 100);
  noteInterrupts(listening, true, 150);
  assertEquals(listensFrom(listening, 50), 150);
  assertEquals([listens(listening, 50, 149), listens(listening, 50, 150)], [false, true]);
  noteInterrupts(listening, false, 160);
  assertEquals([listensFrom(listening, 50), listens(listening, 50, 1000)], [undefined, false]);
});
Deno.test("serial: the count of polls stops at what is enough", () => {
  const listening = deaf();
  for (let i = 0; i < 1000; i++) notePoll(listening);
  assertEquals([listening.polls, listens(listening, 50, 0)], [16, true]);
});
Deno.test("serial: onRise() calls on every change from false to true", () => {
  let calls = 0;
  const tell = onRise(() => void calls++);
  for (const now of [false, true, true, false, true]) tell(now);
  assertEquals(calls, 2);
});
