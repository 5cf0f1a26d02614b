/** Cores and vCPUs, as rows, and the registers of one. @module */

import { stored } from "../../core/cpu/controls.ts";
import { hex } from "../../core/hex.ts";
import { left, right, tableOf } from "../text_table.ts";
import type { MonitorHost } from "./command.ts";
import type { Target } from "./target.ts";
import { vcpuEl, vcpuPc, vcpuRegister } from "./vcpu_view.ts";

/** A core or a vCPU. */
export interface CpuRow {
  /** `cpu0`, `vm1.0`. */
  readonly cpu: string;
  readonly mpidr: string;
  /** `off`, `waits` or what it does; for vCPUs as the scheduler has it. */
  readonly state: string;
  readonly el: number;
  readonly pc: string;
  /** A core's vCPU, or a vCPU's core. */
  readonly with: string;
  /** That a core has retired. */
  readonly instructions?: number;
}

/** Rows of those that are meant. */
export function cpuRows({ session }: MonitorHost, target: Target): readonly CpuRow[] {
  if (target.kind === "vm") {
    const chosen = target.vcpu ? [target.vcpu] : target.vm.vcpus;
    return chosen.map((vcpu) => ({
      cpu: `${target.vm.label}.${vcpu.index}`,
      mpidr: hex(vcpu.mpidr),
      state: vcpu.state,
      el: vcpuEl(vcpu),
      pc: hex(vcpuPc(vcpu)),
      with: `cpu${vcpu.core}`,
    }));
  }
  const { machine } = session.simulator;
  const scheduled = session.vms?.hypervisor.scheduling().cores;
  const cores = target.kind === "core" ? [target.core] : machine.cores;
  return cores.map((core) => {
    const running = scheduled?.[core.index]?.running;
    const waits = machine.waitsBy(core) !== undefined;
    const awake = waits ? "waits" : "runs";
    return {
      cpu: `cpu${core.index}`,
      mpidr: hex(core.mpidr),
      state: machine.power.stateOf(core.index) === "on" ? awake : "off",
      el: core.state.u32("el"),
      pc: hex(core.state.u64("pc")),
      with: running ?? "",
      instructions: Number(core.state.u64("retired")),
    };
  });
}

export function cpuTable(rows: readonly CpuRow[]): string {
  const ofCores = rows.some(({ instructions }) => instructions !== undefined);
  return tableOf(rows, [
    left("CPU", ({ cpu }) => cpu),
    left("state", ({ state }) => state),
    left(ofCores ? "vCPU" : "core", (row) => row.with || "-"),
    left("MPIDR", ({ mpidr }) => mpidr),
    left("EL", ({ el }) => String(el)),
    left("PC", ({ pc }) => pc),
    ...(ofCores
      ? [right<CpuRow>("instructions", ({ instructions }) => String(instructions ?? ""))]
      : []),
  ]);
}

/** Registers by name, in the order in which they are shown. */
export type Registers = { readonly [name: string]: string };

const Shown = [
  "SP_EL0",
  "SP_EL1",
  "ELR_EL1",
  "SPSR_EL1",
  "ESR_EL1",
  "FAR_EL1",
  "VBAR_EL1",
  "SCTLR_EL1",
  "TCR_EL1",
  "TTBR0_EL1",
  "TTBR1_EL1",
  "TPIDR_EL1",
] as const;

/** The registers of a single CPU; nothing where several are meant. */
export function registersOf(target: Target): Registers | undefined {
  if (target.kind === "core") {
    const { core } = target;
    return named([...core.state.x.subarray(0, 31)], (name) => stored(core, name));
  }
  if (target.kind !== "vm" || !target.vcpu) return undefined;
  const { vcpu } = target;
  const x = vcpu.loadedOn
    ? [...vcpu.loadedOn.state.x.subarray(0, 31)]
    : vcpu.context.snapshot().x as readonly bigint[];
  return named(x, (name) => vcpuRegister(vcpu, name));
}

function named(
  x: readonly bigint[],
  register: (name: typeof Shown[number]) => bigint,
): Registers {
  const word = (value: bigint) => `0x${value.toString(16).padStart(16, "0")}`;
  return Object.fromEntries([
    ...x.map((value, n) => [`X${n}`, word(value)]),
    ...Shown.map((name) => [name, word(register(name))]),
  ]);
}

const PerRow = 3;

export function registersText(registers: Registers): string {
  const cells = Object.entries(registers).map(([name, value]) => `${name.padEnd(9)} ${value}`);
  let text = "";
  for (let i = 0; i < cells.length; i += PerRow) {
    text += `${cells.slice(i, i + PerRow).join("  ")}\n`;
  }
  return text;
}
