/**
 * Broken command lines.
 *
 * @module
 */

import { rawKernel } from "../core/config/files.ts";
import { vmToml } from "../core/config/vm_files.ts";
import type { BrokenCase } from "./broken_case.ts";

const files = { "vm.toml": vmToml(), "kernel.bin": rawKernel() };

function line(name: string, args: readonly string[], expect: RegExp): BrokenCase {
  return { name, files, args, expect, code: 2 };
}

const vm = ["--vm", "vm.toml"];

/** Messages name the option and what was given; the wording between is the command line's. */
export const options: readonly BrokenCase[] = [
  line("an unknown option", [...vm, "--colour"], /--colour/),
  line(
    "a misspelt option, naming the right one",
    [...vm, "--platfrom", "fvp"],
    /--platfrom[^]*--platform/,
  ),
  line(
    "an unknown platform, naming those there are",
    ["--platform", "virt", ...vm],
    /virt[^]*qemu-virt[^]*fvp/,
  ),
  line("an option without its value", ["--vm"], /--vm/),
  line("a stray argument", [...vm, "stray"], /stray/),
  line("no core", [...vm, "--cpus", "0"], /--cpus[^]*0/),
  line("cores that are no number", [...vm, "--cpus", "two"], /--cpus[^]*two/),
  line("more cores than the board has", [...vm, "--cpus", "99"], /--cpus[^]*99/),
  line("memory that is no size", [...vm, "--memory", "much"], /--memory[^]*much/),
  line("more memory than the board has", [...vm, "--memory", "1T"], /--memory[^]*1T/),
  line("a GIC of no version", [...vm, "--gic", "4"], /--gic[^]*4/),
  line("an unknown core", [...vm, "--cpu", "cortex-m3"], /--cpu[^]*cortex-m3/),
  line("an exception level of no kernel", ["--kernel", "kernel.bin", "--el", "3"], /--el[^]*3/),
  line("an unknown log level", [...vm, "--log", "loud"], /--log[^]*loud/),
  line("a time limit that is no time", [...vm, "--timeout", "soon"], /--timeout[^]*soon/),
  line("an unknown pace", [...vm, "--pace", "slow"], /--pace[^]*slow/),
  line("a console nowhere", [...vm, "--serial", "vm1=tty"], /--serial[^]*vm1=tty[^]*unix:/),
  line("a console that is not there", [...vm, "--serial", "uart0=null"], /uart0=null[^]*vm1/),
  line(
    "a console in two places",
    [...vm, "--serial", "vm1=null", "--serial", "vm1=file:x"],
    /vm1=file:x[^]*one place/,
  ),
  line("a console in a directory", [...vm, "--serial", "vm1=file:."], /vm1=file:\.[^]*a directory/),
  line("a socket in place of a file", [...vm, "--serial", "vm1=unix:vm.toml"], /unix:vm\.toml/),
  line("a socket nowhere", [...vm, "--serial", "vm1=unix:no/where"], /unix:no\/where/),
  line(
    "a VM and a bare kernel at once",
    [...vm, "--kernel", "kernel.bin"],
    /--vm[^]*--kernel|--kernel[^]*--vm/,
  ),
  line(
    "a RAM disk without kernel",
    ["--initrd", "kernel.bin"],
    /--initrd[^]*--kernel|--kernel[^]*--initrd/,
  ),
  line("a bare kernel that is not there", ["--kernel", "no.bin"], /no\.bin/),
  line("an unknown command of config", ["config", "chek", "vm.toml"], /chek/),
];
