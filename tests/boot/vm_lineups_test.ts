/**
 * The line-ups of guests/lineups/, each on two cores and on one: every VM is typed to on a console of
 * its own, and what Linux writes to its root is in the disk's file, clean, after power-off.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { type Client, connect } from "./console_client.ts";
import { inRepository } from "./hvsim.ts";
import { diskFile, isClean } from "./disk_tools.ts";

type Guest = "nimbos" | "linux";

/** What is typed to a VM from its prompt to its end. */
const dialogues: Readonly<Record<Guest, (console: Client, vm: number) => Promise<void>>> = {
  nimbos: async (console, vm) => {
    const program = ["hello_world", "fantastic_text"][vm - 1] as string;
    await console.until("Rust user shell");
    await console.until(">> ");
    await console.type(`${program}\n`);
    const answer = await console.until("\n>> ");
    assertMatch(answer, new RegExp(`${program}[^]*Shell: Process \\d+ exited with code 0`));
    assertEquals(answer.includes("Hello world from user mode program!"), vm === 1);
    await console.type("\x04");
  },
  linux: async (console, vm) => {
    await console.until(`linux${vm}:/# `);
    await console.type(`echo $((6 * 7)) of vm${vm} > /note; sync; cat /note; mount | grep vda\r`);
    const answer = await console.until(`linux${vm}:/# `);
    assertMatch(answer, new RegExp(`\\n42 of vm${vm}\\r\\n/dev/vda on / type ext4 \\(rw`));
    await console.type("poweroff\r");
    await console.until("Power down");
  },
};

/** Runs two VMs until both have powered off, and looks at the disks. */
async function run(guests: readonly [Guest, Guest], cores: number): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const files = await Promise.all(guests.map((guest, i) => copied(folder, guest, i + 1)));
    const sockets = guests.map((_, i) => join(folder, `s${i + 1}`));
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--allow-read", "--allow-write", "--allow-env", "--allow-net"],
        ...[inRepository("main.ts"), "--cpus", String(cores), "--wall-timeout", "200"],
        ...files.flatMap((file, i) => [
          ...["--vm", file, "--serial", `vm${i + 1}=unix:${sockets[i]}`],
        ]),
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    try {
      const consoles = await Promise.all(sockets.map(connect));
      await Promise.all(guests.map((guest, i) => {
        return dialogues[guest](consoles[i] as Client, i + 1);
      }));
      for (const console of consoles) console.close();
    } catch (error) {
      child.kill("SIGTERM");
      const said = new TextDecoder().decode((await output).stderr);
      throw new Error(`hvsim said: ${said}`, { cause: error });
    }
    const { code, stderr } = await output;
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    for (const [i, guest] of guests.entries()) {
      if (guest !== "linux") continue;
      const disk = join(folder, `cache/disk${i + 1}.ext4`);
      assert(await isClean(disk), disk);
      const note = await diskFile(disk, "/note");
      if (note !== undefined) assertEquals(note, `42 of vm${i + 1}\n`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A copy of a description that finds what it names, its disk a copy of its own. */
async function copied(folder: string, guest: Guest, vm: number): Promise<string> {
  const name = `${guest}${vm}.toml`;
  const [lineups, cache] = [join(folder, "lineups"), join(folder, "cache")];
  for (const directory of [lineups, cache]) await Deno.mkdir(directory, { recursive: true });
  await Deno.copyFile(inRepository(`guests/lineups/${name}`), join(lineups, name));
  const links = guest === "linux"
    ? ["Image", "initramfs.cpio.gz"].map((file) => `guests/cache/${file}`)
    : ["guests/nimbos-aarch64.bin"];
  for (const link of links) {
    const path = join(folder, link.replace("guests/", ""));
    await Deno.symlink(inRepository(link), path).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  }
  if (guest === "linux") {
    await Deno.copyFile(guestPath("rootfs.ext4"), join(cache, `disk${vm}.ext4`));
  }
  return join(lineups, name);
}

const lineups = [["linux", "linux"], ["linux", "nimbos"]] as const;

for (const cores of [2, 1]) {
  const where = cores === 2 ? "two cores" : "one core";
  Deno.test(`line-ups: two teaching OSs on ${where}`, () => run(["nimbos", "nimbos"], cores));
  // The disks of the line-ups are newer than the other files: without them all of those are made anew.
  await realGuestTests(
    ["Image", "initramfs.cpio.gz", "rootfs.ext4", "disk1.ext4"],
    Object.fromEntries(lineups.map((guests) => [
      `line-ups: ${guests.join(" and ")} on ${where}`,
      () => run(guests, cores),
    ])),
  );
}
