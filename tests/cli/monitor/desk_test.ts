import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openDesk } from "../../../cli/monitor/desk.ts";
import { vmRun } from "./monitor_rig.ts";

/** The monitor of a run with two VMs, and its prompt. */
function rig() {
  const run = vmRun();
  let said = "";
  let left = 0;
  const desk = openDesk({
    ...run.host,
    session: run.session,
    arrived() {},
    leave: () => void left++,
    say: (text) => void (said += text),
  });
  let shown = "";
  desk.prompt.onTransmit((byte) => void (shown += String.fromCharCode(byte)));
  return {
    ...{ run, desk },
    /** What the prompt shows of what is typed. */
    type(text: string) {
      shown = "";
      for (const byte of new TextEncoder().encode(text)) assert(desk.prompt.receive(byte));
      return shown;
    },
    said: () => said,
    left: () => left,
  };
}

Deno.test("monitor: once it was opened the run goes on when all VMs have ended, and says so", () => {
  const { run, desk, type, said } = rig();
  const slice = () => {
    const result = run.session.run(run.session.nowNs + 100_000);
    desk.commands.serve(run.session);
    return result;
  };
  assertEquals([slice(), desk.isAttended], ["limit", false]);
  desk.attend();
  slice();
  for (const id of [1, 2]) type(`vm stop ${id} --force\r`);
  assertEquals([slice(), slice()], ["limit", "limit"]);
  const waits = "No VM runs any more; hvsim waits for commands (Ctrl-A c), quit ends it\n";
  assertEquals(said(), waits);
  type("vm start 2\r");
  assertEquals(slice(), "limit");
  type("vm stop 2 --force\rvm delete 2\rvm delete 1\r");
  slice();
  assertEquals(said(), waits + waits);
  assertStringIncludes(type("vm list\r"), "There is no VM; vm create FILE makes one\r\nhvsim> ");
  type("quit\r");
  assert(run.hasQuit);
});

Deno.test("monitor: without it the run ends with the last VM", () => {
  const { run, desk } = rig();
  assert(run.session.vms);
  desk.commands.serve(run.session);
  for (const id of [1, 2]) assert(run.session.vms.hypervisor.kill(id).ok);
  assertEquals(run.session.run(1e9), "stopped");
});

Deno.test("monitor: the prompt echoes, completes, and leaves with Ctrl-D", () => {
  const { type, left } = rig();
  assertEquals(type("vm pa\t1"), "vm pause 1");
  assertEquals(type("\r"), '\r\nvm1 "tiny1" is paused\r\nhvsim> ');
  assertEquals(type("\r"), "\r\nhvsim> ");
  assertStringIncludes(type("bogus\r"), 'Cannot do "bogus": there is no such command');
  type("\x04");
  assertEquals(left(), 1);
});
