import { assert, assertEquals } from "@std/assert";
import { openLibc, SetNow, TermiosBytes } from "../../cli/libc.ts";
import { openPty } from "../../cli/pty.ts";
import { inRepository } from "../boot/hvsim.ts";

/** Sends "R" to QEMU virt's PL011, masks every interrupt and stays there. */
const Spinning = Uint32Array.of(
  0xd2a1_2000, // mov x0, #0x9000000
  0x5280_0a41, // mov w1, #'R'
  0x3900_0001, // strb w1, [x0]
  0xd503_4fdf, // msr DAIFSet, #15
  0x1400_0000, // b .
);
const PromptMs = 5000;

/** Arguments for `deno` that run the spinning guest. */
function spin(): Promise<string[]> {
  return runOf(Spinning);
}

/** The same for a guest of these instructions. */
async function runOf(instructions: Uint32Array<ArrayBuffer>): Promise<string[]> {
  const file = await Deno.makeTempFile({ suffix: ".bin" });
  await Deno.writeFile(file, new Uint8Array(instructions.buffer));
  const permissions = ["--quiet", "--allow-read", "--allow-write", "--allow-env"];
  return ["run", ...permissions, inRepository("main.ts"), "--kernel", file];
}

const ignore = Deno.build.os === "windows";

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
  Deno.test({
    name: `signals: ${signal} ends a guest that spins with interrupts masked`,
    ignore,
    fn: async () => {
      const child = new Deno.Command(Deno.execPath(), {
        args: await spin(),
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      assertEquals(new TextDecoder().decode(value), "R");
      const limit = setTimeout(() => child.kill("SIGKILL"), PromptMs);
      child.kill(signal);
      assertEquals((await child.status).code, code);
      clearTimeout(limit);
      await reader.cancel();
    },
  });
}

/** Sends "R" to QEMU virt's PL011 without end. */
const Printing = Uint32Array.of(
  0xd2a1_2000, // mov x0, #0x9000000
  0x5280_0a41, // mov w1, #'R'
  0x3900_0001, // strb w1, [x0]
  0x17ff_ffff, // b .-4
);

Deno.test({
  name: "signals: SIGTERM ends a guest whose output nobody reads, within a second",
  ignore,
  fn: async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: await runOf(Printing),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    // Until the pipe is full and the guest waits.
    await new Promise((resolve) => void setTimeout(resolve, 1000));
    const startMs = performance.now();
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 143);
    const ms = performance.now() - startMs;
    assert(ms < 1000, `${ms} ms`);
    await reader.cancel();
  },
});

Deno.test({
  name: "signals: a reader that is slow gets all that was printed",
  ignore,
  fn: async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...await runOf(Printing), "--max-insns", "1M"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    await new Promise((resolve) => void setTimeout(resolve, 1500));
    const { code, stdout } = await child.output();
    assertEquals([code, stdout.length], [4, 499_999]);
  },
});

/** A terminal of its own, from util-linux. */
const hasScript = Deno.build.os === "linux" &&
  await Deno.stat("/usr/bin/script").then(() => true, () => false);

Deno.test({
  name: "signals: SIGTERM leaves the terminal as it was" +
    (hasScript ? "" : " (skipped: there is no /usr/bin/script)"),
  ignore: !hasScript,
  fn: async () => {
    const run = [Deno.execPath(), ...await spin()].map((word) => `'${word}'`).join(" ");
    // Waits until hvsim has changed the terminal.
    const commands = `stty -g; before=$(stty -g); ${run} </dev/tty & hvsim=$!; n=0; ` +
      'while [ "$(stty -g)" = "$before" ] && [ $n -lt 150 ]; do sleep 0.2; n=$((n + 1)); done; ' +
      "stty -g; kill -TERM $hvsim; wait $hvsim; echo code $?; stty -g";
    const file = await Deno.makeTempFile({ suffix: ".sh" });
    await Deno.writeTextFile(file, commands);
    const { stdout } = await new Deno.Command("/usr/bin/script", {
      args: ["-qec", `sh ${file}`, "/dev/null"],
      stdin: "null",
      stdout: "piped",
    }).output();
    const text = new TextDecoder().decode(stdout);
    const [before, during, after] = text.match(/\b[0-9a-f]+(:[0-9a-f]+){10,}/g) ?? [];
    assertEquals([/code (\d+)/.exec(text)?.[1], after], ["143", before], text);
    assert(during !== before, text);
  },
});

Deno.test({
  name: "signals: on a terminal that nobody reads, Ctrl-A x and SIGTERM end and leave it in order",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    for (const [by, expected] of [["SIGTERM", 143], ["keys", 0]] as const) {
      const pty = openPty();
      const libc = openLibc().call;
      const fd = libc.open(new TextEncoder().encode(`${pty.path}\0`), 2 | 0o400);
      const [before, after] = [new Uint8Array(TermiosBytes), new Uint8Array(TermiosBytes)];
      libc.tcgetattr(fd, before);
      before[12] = (before[12] as number) | 0x02; // ICANON, so that there is something to undo
      libc.tcsetattr(fd, SetNow, before);
      const command = [Deno.execPath(), ...await runOf(Printing)].map((word) => `'${word}'`)
        .join(" ");
      const child = new Deno.Command("sh", {
        args: ["-c", `exec ${command} <${pty.path} >${pty.path} 2>&1`],
      }).spawn();
      await new Promise((resolve) => void setTimeout(resolve, 2000));
      const startMs = performance.now();
      if (by === "SIGTERM") child.kill("SIGTERM");
      else pty.write(new TextEncoder().encode("\x01x"));
      assertEquals((await child.status).code, expected);
      const ms = performance.now() - startMs;
      assert(ms < 1000, `${ms} ms`);
      libc.tcgetattr(fd, after);
      assertEquals(after, before);
      libc.close(fd);
      pty.close();
    }
  },
});
