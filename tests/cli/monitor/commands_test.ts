import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { complete, monitorCommands } from "../../../cli/monitor/monitor.ts";
import { remoteCommands } from "../../../cli/monitor/commands.ts";
import type { Command } from "../../../cli/monitor/command.ts";
import { bareRun, vmRun } from "./monitor_rig.ts";

interface Listed {
  readonly id: number;
  readonly state: string;
  readonly memoryBytes: number;
}

Deno.test("monitor: VMs go through their states, and each answer says where they stand", () => {
  const run = vmRun({ vms: [1] });
  const steps: [line: string, text: RegExp, states: string][] = [
    ["vm list", /id +name +state[^]* 1 +tiny1 +running +1 +1 running +16 MiB .*stdio/, "running"],
    ["vm pause 1", /^vm1 "tiny1" is paused\n$/, "paused"],
    ["vm pause vm1", /^Cannot pause vm1: it must be running, it is paused\n$/, "paused"],
    ["vm resume 1", /^vm1 "tiny1" is running\n$/, "running"],
    ["vm create tiny3.toml", /^vm3 "tiny3" is loaded; vm start 3 starts it\n$/, "running loaded"],
    ["vm create tiny3.toml", /^Cannot create vm3: there is a VM with that id/, "running loaded"],
    ["vm create none.toml", /none\.toml[^]*a VM description in TOML/, "running loaded"],
    ["vm create bad.toml", /bad\.toml:1/, "running loaded"],
    ["vm create /dev/zero", /\/dev\/zero[^]*found a device or a pipe/, "running loaded"],
    ["vm start 3", /^vm3 "tiny3" is running\n$/, "running running"],
    ["vm delete 3", /^Cannot delete vm3: it must be .*, it is running\n$/, "running running"],
    ["vm stop 3", /^vm3 "tiny3" is stopped, cut off: it has no power key/, "running stopped"],
    ["vm restart 3", /^vm3 "tiny3" is running\n$/, "running running"],
    ["vm stop 3 --force", /^vm3 "tiny3" is stopped\n$/, "running stopped"],
    ["vm start 3", /^vm3 "tiny3" is running\n$/, "running running"],
    ["vm delete 3 --force", /^vm3 "tiny3" is deleted\n$/, "running"],
    ["vm delete 3", /^Cannot delete vm3: there is no such VM; there is vm1\n$/, "running"],
    ["vm start x", /^Cannot start x: it must be a VM's id, such as 2 or vm2\n$/, "running"],
  ];
  assert(run.session.vms);
  run.session.vms.hypervisor.isAttended = true;
  for (const [line, text, states] of steps) {
    run.session.run(run.session.nowNs + 100_000);
    assertMatch(run.text(line), text, line);
    const list = run.result<readonly Listed[]>("vm list");
    assertEquals(list.map(({ state }) => state).join(" "), states, line);
  }
});

Deno.test("monitor: what text shows is what JSON has", () => {
  for (const gic of ["2", "3"] as const) {
    const run = vmRun({ gic, cpus: 2 });
    run.session.run(2e6);
    const lines = [
      ...Object.keys(remoteCommands).filter((name) => /^info|^vm list/.test(name)),
      ...["vm show 1", "vm show vm2", "info cpus vm1", "info cpus vm1.1", "info cpus cpu1"],
      ...["info mem vm1", "info gic vm2", "info timers vm1", "info timers vm1.0", "info irq vm1"],
      ...["info devices vm1", "info exits vm2", "xp/3xg 4008_0000 vm1", "x/2i 0x4008_0000 vm2"],
      ...["help", "help vm"],
    ];
    for (const line of lines) {
      const name = Object.keys(monitorCommands).find((each) =>
        line.replace("/", " /").startsWith(each)
      );
      const row = monitorCommands[name ?? ""] as Command<unknown>;
      const text = run.text(line);
      assertEquals(row.text(run.result(line)), text, line);
      assert(text.endsWith("\n") && !text.includes("undefined") && !text.includes("NaN"), text);
      for (const each of text.split("\n")) assert(each === each.trimEnd(), `"${each}"`);
    }
  }
});

Deno.test("monitor: addresses are those of the VM, its vCPU, a core or the board", () => {
  const run = vmRun();
  run.session.run(1e6);
  const values = (line: string) =>
    run.result<{ lines: { address: string; physical: string; values: string[] }[] }>(line).lines;
  const [first] = values("xp/2xw 0x4008_0000 vm1");
  assertEquals(first?.address, "0x4008_0000");
  const word = "0x14000000"; // b .
  assertEquals(values("xp 40080000 vm1")[0]?.values, [word]);
  assertEquals(values("x 40080000 vm1")[0]?.values, [word]);
  assertEquals(values("x 40080000 vm1.0")[0]?.values, [word]);
  assertEquals(values("x/i 40080000 vm1")[0]?.values, ["b 0x40080000"]);
  assertEquals(values(`xp ${first?.physical} board`)[0]?.values, [word]);
  assertEquals(values("x/5xb 0x4008_0000 vm1")[0]?.values.slice(0, 4), [
    ...["0x00", "0x00", "0x00", "0x14"],
  ]);
  assertEquals(values("xp/dw 40080000 vm1")[0]?.values, [String(0x1400_0000)]);
  assertEquals(values("x/40xw 0x4008_0000 vm1").length, 10);
  assertEquals(values("x/4c 0x4008_0000 vm1")[0]?.values[3], '"\\x14"');
  assertEquals(values("x/s 0x4008_0003 vm1")[0]?.values, ['"\\x14"']);
  const wrong: [line: string, text: string][] = [
    ["x 40080000", "Cannot examine 40080000: whose it is must follow, vm1 or vm2, cpu0 or board"],
    ["x 1000 vm1", "Cannot examine 0x0000_1000 of vm1.0: it must be memory, it is not mapped"],
    ["xp 1000 vm1", "Cannot examine 0x0000_1000 of vm1: it must be memory, nothing is there"],
    ["xp 900_0000 vm1", "of vm1: it must be memory, the device console is there"],
    ["xp 900_0000 board", "of board: it must be memory, the device uart0 is there"],
    ["xp/4097xb 0 vm1", "Cannot show memory as /4097xb: it must be a count up to 4096"],
    ["xp/zz 0 vm1", "Cannot show memory as /zz"],
    ["xp 12g vm1", 'Cannot examine "12g": it must be a hexadecimal address'],
    ["xp ffff_ffff_ffff_fffc vm1", "must be memory, nothing is there"],
    ["x 0 vm1.1", "Cannot examine 0 of vm1.1: vm1 has vCPU 0 only"],
    ["x 0 vm9", "Cannot examine 0 of vm9: there is no such VM; there is vm1, vm2"],
    ["x 0 cpu2", "Cannot examine 0 of cpu2: the board has cpu0 to cpu1"],
    ["info mem cpu0", "Cannot show the memory of cpu0: it must be the board or a VM"],
    ["info irq nobody", 'Cannot show interrupts of "nobody": it must be vm2, vm2.1, cpu0 or board'],
  ];
  for (const [line, text] of wrong) {
    assertStringIncludes(run.text(line), text);
    const answer = run.json(line);
    assert(!answer.ok && answer.error.includes(text), line);
  }
  assertMatch(run.text("vm stop 1 --force"), /stopped/);
  assertStringIncludes(run.text("xp 40080000 vm1"), "it must not have ended, it is stopped");
});

Deno.test("monitor: looking changes nothing in the run", () => {
  const trace = (looks: boolean) => {
    const run = vmRun({ cpus: 2 });
    const { session } = run;
    for (let i = 1; i <= 20; i++) {
      session.run(i * 100_000);
      if (!looks) continue;
      for (const name of Object.keys(remoteCommands)) {
        if (name.startsWith("info")) run.text(name) + run.text(`${name} vm1`);
      }
      for (const line of ["vm list", "vm show 1", "x/64xw 40080000 vm1.1", "x/8i 40080000 cpu0"]) {
        run.text(line);
      }
    }
    return [session.ledger?.hash, session.instructions, session.nowNs];
  };
  assertEquals(trace(true), trace(false));
});

Deno.test("monitor: the same commands at the same times give the same run", () => {
  const trace = () => {
    const run = vmRun();
    const { session } = run;
    const lines = ["vm pause 1", "vm restart 2", "vm resume 1", "vm stop 2 --force", "vm start 2"];
    for (const [i, line] of lines.entries()) {
      session.run((i + 1) * 700_000);
      assert(run.json(line).ok, line);
    }
    session.run(9e6);
    return [session.ledger?.hash, session.instructions, run.text("info sched")];
  };
  assertEquals(trace(), trace());
});

Deno.test("monitor: consoles come to the front, and quit ends the run", () => {
  const run = vmRun();
  assertEquals(run.text("vm console 1"), "");
  assertEquals(run.brought, ["vm1"]);
  const why = "Cannot show the console of vm2: it must be on the terminal\n";
  assertEquals(run.text("vm console 2"), why);
  assertEquals(run.text("quit"), "hvsim ends\n");
  assert(run.hasQuit);
  assertEquals(run.text(" \t"), "");
});

Deno.test("monitor: VMs and cores are completed", () => {
  const run = vmRun();
  assertEquals(complete(run.host, "vm stop v"), ["vm1", "vm2"]);
  assertEquals(complete(run.host, "info irq "), ["vm1", "vm2", "cpu0", "cpu1", "board"]);
  assertEquals(complete(run.host, "help in"), ["info"]);
});

Deno.test("monitor: on a bare board cores, memory and devices can be seen", () => {
  const run = bareRun("bench=crc32");
  run.session.run(3e6);
  for (const name of ["cpus", "mem", "gic", "timers", "irq", "devices"]) {
    assert(run.json(`info ${name}`).ok, name);
  }
  assertMatch(run.text("info cpus"), /cpu0 +(runs|waits) +- /);
  assertMatch(run.text("info devices"), /0x0900_0000 +4 KiB +uart0 +pl011 +33/);
  assertMatch(run.text("info cpus cpu0"), /X0 +0x[0-9a-f]{16}/);
  assertMatch(run.text("x/2i 0x4020_0000"), /^0x4020_0000: \w/);
  const bare = "there must be VMs, found a kernel on the bare board\n";
  for (const line of ["vm list", "info sched", "info exits", "vm stop 1", "x 0 vm1"]) {
    assertStringIncludes(run.text(line), bare, line);
  }
});
