/** VMs of a run, from another shell: `hvsim vm ...`. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { inRepository } from "./hvsim.ts";
import { Spin, Ticker } from "./vm_programs.ts";
import { tinyVm } from "./vm_rig.ts";

const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-net"];

function spawn(args: readonly string[], cwd?: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions, inRepository("main.ts"), ...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { HVSIM_MONITOR: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

interface Done {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function outputOf(child: Deno.ChildProcess): Promise<Done> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), error: decoder.decode(stderr) };
}

/** Descriptions of VMs 1 to 3, in a new directory. */
async function writeVms(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const programs = [Spin, Ticker, Spin];
  for (const [i, program] of programs.entries()) {
    for (const [name, content] of Object.entries(tinyVm(i + 1, program, { core: i % 2 }))) {
      if (typeof content === "string") await Deno.writeTextFile(join(folder, name), content);
      else await Deno.writeFile(join(folder, name), content);
    }
  }
  return folder;
}

Deno.test({
  name: "monitor: from another shell VMs are listed, paused, made and deleted while others run",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await writeVms();
    const socket = join(folder, "hv sim.sock");
    const vms = ["--vm", join(folder, "tiny1.toml"), "--vm", join(folder, "tiny2.toml")];
    const run = spawn([
      ...vms,
      ...["--serial", "vm1=null", "--serial", "vm2=null"],
      ...["--cpus", "2", "--monitor", `unix:${socket}`, "--wall-timeout", "120"],
    ]);
    const ended = outputOf(run);
    try {
      await waitFor(socket);
      const ask = (...args: string[]) => outputOf(spawn([...args, "--socket", socket], folder));
      const list = await ask("vm", "list");
      assertEquals([list.code, list.error], [0, ""]);
      assertMatch(list.out, /^id +name +state[^]*\n 1 +tiny1 +running[^]*\n 2 +tiny2 +running/);
      const steps: [args: string[], text: RegExp, code?: number][] = [
        [["vm", "pause", "2"], /^vm2 "tiny2" is paused\n$/],
        [["vm", "pause", "2"], /^Cannot pause vm2: it must be running, it is paused\n$/, 1],
        [["vm", "resume", "vm2"], /^vm2 "tiny2" is running\n$/],
        [["vm", "restart", "2"], /^vm2 "tiny2" is running\n$/],
        [["vm", "create", "tiny3.toml"], /^vm3 "tiny3" is loaded; /], // its own directory's
        [["vm", "start", "3"], /^vm3 "tiny3" is running\n$/],
        [["vm", "delete", "3"], /^Cannot delete vm3: /, 1],
        [["vm", "stop", "3", "--force"], /^vm3 "tiny3" is stopped\n$/],
        [["vm", "delete", "3"], /^vm3 "tiny3" is deleted\n$/],
        [["x/2xw", "4008_0000", "vm1"], /^0x4008_0000: 0x14000000 0x00000000\n$/],
        [["info", "cpus", "--format", "json"], /^\{"ok":true,"virtualNs":\d+,"result":\{"cpus"/],
        [
          ["vm", "stop", "7", "--format", "json"],
          /^\{"ok":false,"virtualNs":\d+,"error":"Cannot/,
          1,
        ],
        [["vm", "stop", "1"], /^vm1 "tiny1" is stopp/],
        [["vm", "stop", "2", "--force"], /^vm2 "tiny2" is stopped\n$/],
      ];
      for (const [args, text, code = 0] of steps) {
        const done = await ask(...args);
        assertMatch(done.out + done.error, text);
        assertEquals(done.code, code, args.join(" "));
      }
      // With all VMs stopped hvsim goes on; one can be started again.
      assertMatch((await ask("vm", "start", "1")).out, /is running/);
      const states = JSON.parse((await ask("vm", "list", "--format=json")).out);
      assertEquals(
        states.result.map(({ id, state }: { id: number; state: string }) => [id, state]),
        [[1, "running"], [2, "stopped"]],
      );
      assertEquals((await ask("quit")).out, "hvsim ends\n");
    } finally {
      await Promise.race([ended, new Promise((resolve) => void setTimeout(resolve, 20_000))]);
      try {
        run.kill("SIGKILL");
      } catch {
        // It has ended, as it should.
      }
    }
    const { code, error } = await ended;
    assertEquals(code, 0, error);
    assertStringIncludes(error, `monitor on unix:${socket}\n`);
    assertMatch(error, /No VM runs any more; hvsim waits for commands .*, quit ends it\n/);
    await assertRejects(() => Deno.lstat(socket), Deno.errors.NotFound);
    const late = await outputOf(spawn(["vm", "list", "--socket", socket]));
    assertEquals([late.code, late.out], [1, ""]);
    assertStringIncludes(late.error, "nobody listens there, there is no such socket");
    const lost = await outputOf(spawn(["vm", "list"]));
    assertEquals(lost.code, 2);
    assertStringIncludes(lost.error, "--socket PATH or the variable HVSIM_MONITOR");
    await Deno.remove(folder, { recursive: true });
  },
});

async function waitFor(path: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    try {
      await Deno.lstat(path);
      return;
    } catch {
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  }
  assert(false, "hvsim does not listen");
}
