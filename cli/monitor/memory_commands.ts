/** `x` and `xp`: memory by virtual and by physical addresses. @module */

import { stored } from "../../core/cpu/controls.ts";
import type { CpuCore } from "../../core/cpu/core.ts";
import type { SystemSlot } from "../../core/cpu/system_register_slots.ts";
import { hex } from "../../core/hex.ts";
import { Hcr } from "../../core/cpu/controls.ts";
import type { Vcpu, Vm } from "../../core/hypervisor/vm.ts";
import { VtcrEl2 } from "../../core/hypervisor/stage2.ts";
import { disassemble } from "../../core/isa/disassemble.ts";
import { lookThrough } from "../../core/machine/look.ts";
import type { MmuRegister } from "../../core/mmu/host.ts";
import { RegimeKind } from "../../core/mmu/regime.ts";
import { UsageError } from "../usage_error.ts";
import { type Args, command, type MonitorHost } from "./command.ts";
import { findTarget, type Target } from "./target.ts";
import { vcpuRegister } from "./vcpu_view.ts";

/** How memory is shown. */
interface Format {
  readonly count: number;
  readonly letter: "x" | "d" | "u" | "c" | "s" | "i";
  readonly bytes: 1 | 2 | 4 | 8;
}

const Sizes = { b: 1, h: 2, w: 4, g: 8 } as const;
const MaxCount = 4096;
const PageBytes = 4096;

/** @throws {UsageError} When it is no format. */
export function parseFormat(text: string | undefined): Format {
  const [, digits, letters] = /^\/(\d*)([xduscibhwg]*)$/.exec(text ?? "/") ?? [];
  const shown = [...letters ?? ""].filter((each) => !(each in Sizes));
  const sizes = [...letters ?? ""].filter((each) => each in Sizes);
  const count = digits ? Number(digits) : 1;
  if (
    letters === undefined || shown.length > 1 || sizes.length > 1 || count < 1 || count > MaxCount
  ) {
    throw new UsageError(
      `Cannot show memory as ${text}: it must be a count up to ${MaxCount}, one of x, d, u, c, s ` +
        "or i, and one of b, h, w or g, as in /8xw",
    );
  }
  const letter = (shown[0] ?? "x") as Format["letter"];
  const usual = letter === "c" || letter === "s" ? "b" : "w";
  const size = (sizes[0] ?? usual) as keyof typeof Sizes;
  return { count, letter, bytes: letter === "s" ? 1 : letter === "i" ? 4 : Sizes[size] };
}

/** @throws {UsageError} When it is no address. */
function parseAddress(text: string): bigint {
  const digits = /^(?:0x)?([\da-f][\da-f_]*)$/i.exec(text)?.[1]?.replaceAll("_", "");
  if (digits !== undefined && digits.length <= 16) return BigInt(`0x${digits}`);
  throw new UsageError(
    `Cannot examine "${text}": it must be a hexadecimal address, such as 0x4008_0000`,
  );
}

/** Memory from an address on. */
export interface Examined {
  readonly of: string;
  readonly lines: readonly {
    readonly address: string;
    /** What the address stands for in RAM of the board. */
    readonly physical: string;
    readonly values: readonly string[];
  }[];
}

/** Where addresses lead: physical addresses, or why not. */
interface Space {
  readonly of: string;
  physical(address: bigint): number | { readonly why: string };
}

/** What is at `address`, unless it is RAM, in words. */
function found(name: string | undefined): { why: string } {
  return { why: name === undefined ? "nothing is there" : `the device ${name} is there` };
}

function boardSpace({ session }: MonitorHost): Space {
  const { ram, board } = session.simulator;
  return {
    of: "board",
    physical(address) {
      const pa = Number(address);
      return ram.hostOffset(pa) >= 0 ? pa : found(board.bus.find(pa)?.name);
    },
  };
}

function vmSpace(host: MonitorHost, vm: Vm): Space {
  if (vm.ended) {
    throw new UsageError(
      `Cannot examine memory of ${vm.label}: it must not have ended, it is ${vm.state}`,
    );
  }
  const { ram, board } = host.session.simulator;
  return {
    of: vm.label,
    physical(address) {
      const gpa = Number(address);
      const pa = vm.stage2.translate(gpa);
      if (pa === undefined) return found(vm.bus.find(gpa)?.name);
      return ram.hostOffset(pa) >= 0 ? pa : found(board.bus.find(pa)?.name);
    },
  };
}

/** Virtual addresses; `physical` knows what they lead to. */
function virtualSpace(of: string, look: (va: bigint) => number | undefined, behind: Space): Space {
  return {
    of,
    physical(address) {
      const pa = look(address);
      return pa === undefined ? { why: "it is not mapped" } : behind.physical(BigInt(pa));
    },
  };
}

function vcpuSpace(host: MonitorHost, vm: Vm, vcpu: Vcpu): Space {
  vmSpace(host, vm); // it has memory
  const own: Partial<Record<MmuRegister, bigint>> = {
    HCR_EL2: Hcr.VM,
    VTCR_EL2: VtcrEl2,
    VTTBR_EL2: vm.stage2.vttbr(vm.vmid),
    SCTLR_EL2: 0n,
  };
  const register = (name: MmuRegister) =>
    own[name] ?? (name.endsWith("_EL1") ? vcpuRegister(vcpu, name as SystemSlot) : 0n);
  const { machine } = host.session.simulator;
  const look = lookThrough(machine, RegimeKind.el10, register);
  return virtualSpace(`${vm.label}.${vcpu.index}`, look, boardSpace(host));
}

function coreSpace(host: MonitorHost, core: CpuCore): Space {
  const hcr = core.hasEl2 ? stored(core, "HCR_EL2") : 0n;
  const isHost = (hcr & Hcr.E2H) !== 0n;
  const el = core.state.u32("el");
  const kind = el < 2 && !(isHost && (hcr & Hcr.TGE) !== 0n)
    ? RegimeKind.el10
    : isHost
    ? RegimeKind.el20
    : RegimeKind.el2;
  const register = (name: MmuRegister) => name === "HCR_EL2" ? hcr : stored(core, name);
  const look = lookThrough(host.session.simulator.machine, kind, register);
  return virtualSpace(`cpu${core.index}`, look, boardSpace(host));
}

/** Whose memory is meant when nobody says: the only VM's, or that of a bare board. */
function usual(host: MonitorHost, where: string | undefined, address: string): Target {
  if (where !== undefined) return findTarget(host, where, `examine ${address}`);
  const { vms } = host.session;
  if (!vms) return { kind: "board" };
  const [vm, another] = vms.hypervisor.vms;
  if (vm && !another) return { kind: "vm", vm };
  const labels = vms.hypervisor.vms.map(({ label }) => label).join(" or ");
  throw new UsageError(
    `Cannot examine ${address}: whose it is must follow, ${
      labels ? `${labels}, ` : ""
    }cpu0 or board`,
  );
}

function spaceOf(host: MonitorHost, target: Target, isVirtual: boolean): Space {
  if (target.kind === "vm") {
    const { vm, vcpu = vm.vcpus[0] as Vcpu } = target;
    return isVirtual ? vcpuSpace(host, vm, vcpu) : vmSpace(host, vm);
  }
  if (!isVirtual || (target.kind === "board" && host.session.vms)) return boardSpace(host);
  const core = target.kind === "core" ? target.core : host.session.simulator.machine.cores[0];
  return coreSpace(host, core as CpuCore);
}

function examine(host: MonitorHost, { operands }: Args, isVirtual: boolean): Examined {
  const { ADDRESS = "", WHERE, "/FMT": fmt } = operands;
  const { count, letter, bytes } = parseFormat(fmt);
  const start = parseAddress(ADDRESS);
  const space = spaceOf(host, usual(host, WHERE, ADDRESS), isVirtual);
  const { ram } = host.session.simulator;
  let page = -1n;
  let base = 0;
  const physical = (address: bigint): number => {
    if (address / BigInt(PageBytes) !== page) {
      page = address / BigInt(PageBytes);
      const led = space.physical(page * BigInt(PageBytes));
      if (typeof led !== "number") {
        throw new UsageError(
          `Cannot examine ${hex(address)} of ${space.of}: it must be memory, ${led.why}`,
        );
      }
      base = led;
    }
    return base + Number(address % BigInt(PageBytes));
  };
  const byteAt = (address: bigint) =>
    ram.bytes[ram.hostOffset(physical(BigInt.asUintN(64, address)))] as number;
  const itemAt = (address: bigint) => {
    let value = 0n;
    for (let i = 0; i < bytes; i++) value |= BigInt(byteAt(address + BigInt(i))) << BigInt(i * 8);
    return value;
  };
  const perLine = letter === "i" || letter === "s" ? 1 : Math.max(1, 16 / bytes);
  const lines: Examined["lines"][number][] = [];
  let at = start;
  for (let done = 0; done < count;) {
    const address = BigInt.asUintN(64, at);
    const where = { address: hex(address), physical: hex(physical(address)) };
    if (letter === "s") {
      const text = stringAt(byteAt, at);
      lines.push({ ...where, values: [quotedText(text)] });
      at += BigInt(text.length + 1);
      done++;
      continue;
    }
    const values: string[] = [];
    for (; values.length < perLine && done < count; done++, at += BigInt(bytes)) {
      const value = itemAt(at);
      values.push(itemText(value, letter, bytes, BigInt.asUintN(64, at)));
    }
    lines.push({ ...where, values });
  }
  return { of: space.of, lines };
}

/** Text in ASCII, with escapes for all else. */
function quotedText(bytes: readonly number[]): string {
  const chars = bytes.map((byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `"${chars.join("")}"`;
}

const MaxString = 256;

function stringAt(byteAt: (address: bigint) => number, from: bigint): number[] {
  const text: number[] = [];
  for (let at = from; text.length < MaxString; at++) {
    const byte = byteAt(at);
    if (byte === 0) break;
    text.push(byte);
  }
  return text;
}

function itemText(value: bigint, letter: Format["letter"], bytes: number, address: bigint): string {
  switch (letter) {
    case "d":
      return String(BigInt.asIntN(bytes * 8, value));
    case "u":
      return String(value);
    case "c":
      return quotedText([Number(value & 0xffn)]);
    case "i":
      return disassemble(Number(value), address);
    default:
      return `0x${value.toString(16).padStart(bytes * 2, "0")}`;
  }
}

function examinedText({ lines }: Examined): string {
  const width = Math.max(...lines.flatMap(({ values }) => values.map((value) => value.length)));
  return lines.map(({ address, values }) =>
    `${address}: ${
      values.map((value) => value.padStart(values.length > 1 ? width : 0)).join(" ")
    }\n`
  ).join("");
}

const row = (isVirtual: boolean, help: string) =>
  command<Examined>({
    operands: ["[/FMT]", "ADDRESS", "[WHERE]"],
    help,
    run: (host, args) => examine(host, args, isVirtual),
    text: examinedText,
  });

/** Commands on memory. */
export const memoryCommands = {
  x: row(true, "memory at a virtual address of a vCPU or core"),
  xp: row(false, "memory at a physical address of a VM or of the board"),
} as const;
