/**
 * Boots the guests from power-on to power-off, interpreted, translated at once and by heat, and compares
 * what they leave behind. That takes several minutes; tiers_test.ts has the first part of it.
 *
 * `deno task tiers [TEXT]`: the boots with TEXT in their names, else all. A line for each run: boot, mode, how it
 * ended, instructions, nanoseconds, hash of RAM, regions translated, CPU seconds.
 *
 * @module
 */

import process from "node:process";
import type { EngineOptions } from "../../core/engine/interpreter.ts";
import { espressobin } from "../../platforms/espressobin.ts";
import { fvp } from "../../platforms/fvp.ts";
import { type BareRun, consoleText, loadGuest, runFor } from "./bare_guest.ts";
import { engines, regions, type Remains, remains } from "./tiers.ts";
import { converse, loadVmsOf, type Step, type VmRun } from "./vm_rig.ts";

const GiB = 2 ** 30;
const LimitNs = 30e9;

/** What is left, and how many regions were translated on the way. */
type Left = readonly [Remains, number];

type Boot = (engine: EngineOptions) => Left | Promise<Left>;

/** A VM at whose prompt `commands` are typed, until it has powered off. */
function vm(run: VmRun, prompt: string, commands: readonly string[]): Boot {
  return (engine) => {
    const loaded = loadVmsOf({ memoryBytes: GiB, ...run, engine });
    const steps = commands.map((send): Step => ({ vm: 0, expect: prompt, send }));
    const result = converse(loaded, steps, LimitNs);
    const seen = [loaded.hypervisor.ledger.hash, loaded.text[0]].join("\n");
    return [remains(loaded.simulator, result, seen), regions(loaded.simulator)];
  };
}

/** Debian's kernel as a VM. */
function linuxVm(run: VmRun): Boot {
  return vm(run, "hvsim# ", ["cat /proc/interrupts; echo all $((6*7))\r", "poweroff -f\r"]);
}

/** Its description with four vCPUs, on any core. */
function fourVcpus(): VmRun {
  const toml = Deno.readTextFileSync(new URL("../../guests/linux.toml", import.meta.url))
    .replace("cpu_num = 1\nphys_cpu_sets = [1]", "cpu_num = 4");
  return { vms: ["four.toml"], files: { "four.toml": toml }, cores: 2, gicVersion: 3 };
}

/** The teaching OS as a VM. */
function teachingVm(run: VmRun): Boot {
  return vm(run, ">> ", ["hello_world\r", "usertests\r", "\x04"]);
}

/** Debian's kernel on a bare board. */
function bare(run: Pick<BareRun, "startEl" | "cores"> & Partial<BareRun>, tty = "ttyAMA0"): Boot {
  return async (engine) => {
    const guest = await loadGuest({
      ...{ guest: "cache/Image", initrd: "cache/initramfs.cpio.gz", memoryBytes: GiB / 2 },
      ...{ cpu: "cortex-a72", gicVersion: 3, ...run, engine },
      append: `console=${tty} hvsim.run="nproc; cat /proc/interrupts; echo all $((6*7))"`,
    });
    const result = runFor(guest, LimitNs);
    return [remains(guest.simulator, result, consoleText(guest)), regions(guest.simulator)];
  };
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** What is wrong with what is `left`, when interpretation left `first`. */
function problems(left: Remains, first: Remains): string[] {
  const names = ["result", "instructions", "timeNs", "console", "memory", "cores"] as const;
  const differing = names.filter((name) => String(left[name]) !== String(first[name]));
  return [
    ...(left.result === "limit" ? ["it did not end"] : []),
    ...(/usertests passed!|^all 42/m.test(left.console) ? [] : ["its programs did not run"]),
    ...differing.map((name) => `${name} differs`),
  ];
}

/** All modes of a boot, each a line; whether they agree. */
async function compare(name: string, boot: Boot): Promise<boolean> {
  let first: Remains | undefined;
  let agree = true;
  for (const [mode, engine] of Object.entries(engines)) {
    const before = process.cpuUsage();
    const [left, translated] = await boot(engine);
    const { user, system } = process.cpuUsage(before);
    const { result, instructions, timeNs, memory } = left;
    const seconds = ((user + system) / 1e6).toFixed(1);
    const wrong = problems(left, first ??= left);
    if ((translated > 0) !== engine.translate) wrong.push("translation was not on or off");
    print(
      [name, mode, result, instructions, timeNs, memory.slice(0, 16), translated, seconds, ...wrong]
        .join(" | "),
    );
    agree &&= wrong.length === 0;
  }
  return agree;
}

const fvpTree = { platform: fvp, dtb: "cache/fvp-base-revc.dtb" } as const;
const espressobinTree = {
  ...{ platform: espressobin, dtb: "cache/armada-3720-espressobin.dtb" },
  cpu: "cortex-a53",
} as const;

const boots: Readonly<Record<string, Boot>> = {
  "the teaching OS as a VM on qemu-virt": teachingVm({ vms: ["nimbos.toml"] }),
  "the teaching OS as a VM on qemu-virt with a GICv3": teachingVm({
    vms: ["nimbos.toml"],
    gicVersion: 3,
  }),
  "the teaching OS as a VM on fvp": teachingVm({ vms: ["fvp/nimbos.toml"], platform: fvp }),
  "the teaching OS as a VM on espressobin": teachingVm({
    vms: ["espressobin/nimbos.toml"],
    platform: espressobin,
  }),
  "Linux as a VM with GICv2": linuxVm({ vms: ["linux.toml"], gicVersion: 2 }),
  "Linux as a VM with GICv3": linuxVm({ vms: ["linux.toml"], gicVersion: 3 }),
  "Linux as a VM with four vCPUs on 2 cores": linuxVm(fourVcpus()),
  "Linux at EL1 on 1 core": bare({ startEl: 1, cores: 1 }),
  "Linux at EL1 on 4 cores": bare({ startEl: 1, cores: 4 }),
  "Linux at EL2 on 1 core": bare({ startEl: 2, cores: 1 }),
  "Linux at EL2 on 4 cores": bare({ startEl: 2, cores: 4, gicVersion: 2 }),
  "Linux on fvp": bare({ ...fvpTree, startEl: 2, cores: 1 }),
  "Linux on espressobin": bare({ ...espressobinTree, startEl: 1, cores: 1 }, "ttyMV0"),
  "Linux on both cores of espressobin": bare(
    { ...espressobinTree, startEl: 1, cores: 2 },
    "ttyMV0",
  ),
  "Linux as a VM on fvp": linuxVm({ vms: ["fvp/linux.toml"], platform: fvp }),
  "Linux as a VM on espressobin": linuxVm({
    vms: ["espressobin/linux.toml"],
    platform: espressobin,
  }),
};

if (import.meta.main) {
  const [text = ""] = Deno.args;
  const chosen = Object.entries(boots).filter(([name]) => name.includes(text));
  if (chosen.length === 0) {
    print(`No boot has "${text}" in its name; there are\n${Object.keys(boots).join("\n")}`);
    Deno.exit(2);
  }
  let differing = 0;
  for (const [name, boot] of chosen) if (!await compare(name, boot)) differing++;
  print(`${chosen.length - differing} the same, ${differing} not`);
  Deno.exit(differing > 0 ? 1 : 0);
}
