/**
 * PSCI 1.1 (DEN 0022), SMCCC 1.1 (DEN 0028) and stolen time (DEN 0057), one row per function.
 *
 * Serves the firmware of a board and the virtual firmware of a VM alike.
 *
 * @module
 */

import type { Firmware } from "./types.ts";

/** Whether a core runs; "pending": it was turned on and has not started yet. */
export type PowerState = "on" | "off" | "pending";

/** What PSCI commands. Cores are named by the affinity fields of their MPIDR_EL1. */
export interface PowerController {
  /** `undefined` when there is no such core. */
  powerOf(affinity: bigint): PowerState | undefined;
  /** Starts a core at `entry`, in its initial exception level, with `context` in X0. */
  turnOn(affinity: bigint, entry: bigint, context: bigint): void;
  /** Stops the calling core. */
  turnOff(affinity: bigint): void;
  /** Has the calling core wait for an interrupt. */
  suspend(affinity: bigint): void;
  systemOff(): void;
  systemReset(): void;
  /** Whether there is memory to execute at `entry`; as far as is known, there is without this. */
  isExecutable?(entry: bigint): boolean;
  /** Where the calling core finds its stolen time; −1 when nowhere. Only a VM's cores lose any. */
  stolenTime?(): bigint;
}

/** Return codes (DEN 0022 5.2.2). */
export const PsciStatus = {
  success: 0n,
  notSupported: -1n,
  invalidParameters: -2n,
  denied: -3n,
  alreadyOn: -4n,
  onPending: -5n,
  internalFailure: -6n,
  notPresent: -7n,
  disabled: -8n,
  invalidAddress: -9n,
} as const;

/** Aff3 and Aff2 to Aff0 of an MPIDR. */
export const AffinityMask = 0xff_00ff_ffffn;

/** A call: who makes it, and its arguments. */
export interface PsciCall {
  readonly power: PowerController;
  /** The calling core. */
  readonly affinity: bigint;
  readonly args: readonly [bigint, bigint, bigint];
}

/** What X0 becomes; `undefined` when the call does not return. */
export type PsciAnswer = bigint | undefined;

/** One function. */
export interface PsciFunction {
  readonly name: string;
  /** SMC32 identifier; functions that take addresses also exist as SMC64. */
  readonly id: number;
  readonly smc64?: true;
  /** Whether there is the function at all; there is without this. */
  readonly isThere?: (power: PowerController) => boolean;
  readonly run: (call: PsciCall) => PsciAnswer;
}

const smc64Bit = 0x4000_0000;

/** Functions of DEN 0057, which exist as SMC64 alone. */
const PvTime = { features: 0xc500_0020, stolen: 0xc500_0021 } as const;

/** The functions that answer. */
export const psciFunctions: readonly PsciFunction[] = [
  { name: "SMCCC_VERSION", id: 0x8000_0000, run: () => 0x1_0001n },
  { name: "SMCCC_ARCH_FEATURES", id: 0x8000_0001, run: architectural },
  { name: "PSCI_VERSION", id: 0x8400_0000, run: () => 0x1_0001n },
  { name: "CPU_SUSPEND", id: 0x8400_0001, smc64: true, run: cpuSuspend },
  { name: "CPU_OFF", id: 0x8400_0002, run: cpuOff },
  { name: "CPU_ON", id: 0x8400_0003, smc64: true, run: cpuOn },
  { name: "AFFINITY_INFO", id: 0x8400_0004, smc64: true, run: affinityInfo },
  // No Trusted OS that would have to migrate.
  { name: "MIGRATE_INFO_TYPE", id: 0x8400_0006, run: () => 2n },
  { name: "SYSTEM_OFF", id: 0x8400_0008, run: ({ power }) => void power.systemOff() },
  { name: "SYSTEM_RESET", id: 0x8400_0009, run: ({ power }) => void power.systemReset() },
  { name: "PSCI_FEATURES", id: 0x8400_000a, run: features },
  { name: "PV_TIME_FEATURES", id: PvTime.features, isThere: losesTime, run: pvTimeFeatures },
  {
    name: "PV_TIME_ST",
    id: PvTime.stolen,
    isThere: losesTime,
    run: ({ power }) => power.stolenTime?.(),
  },
];

const byId = new Map<number, PsciFunction>();
for (const f of psciFunctions) {
  byId.set(f.id, f);
  if (f.smc64) byId.set((f.id | smc64Bit) >>> 0, f);
}

/** The function with that identifier. */
export function psciFunction(id: number): PsciFunction | undefined {
  return byId.get(id);
}

const word = (value: bigint): number => Number(BigInt.asUintN(32, value));

/** The function with that identifier, if there is one here. */
function find(id: bigint, power: PowerController): PsciFunction | undefined {
  const f = byId.get(word(id));
  return f && (f.isThere?.(power) ?? true) ? f : undefined;
}

function features({ power, args: [id] }: PsciCall): bigint {
  const f = find(id, power);
  return f && !f.isThere ? PsciStatus.success : PsciStatus.notSupported;
}

/** SMCCC_ARCH_FEATURES speaks of the Arm Architecture Calls, of which there is no workaround. */
function architectural({ power, args: [id] }: PsciCall): bigint {
  const isKnown = word(id) >>> 16 === 0x8000 || word(id) === PvTime.features;
  return isKnown && find(id, power) ? PsciStatus.success : PsciStatus.notSupported;
}

function losesTime({ stolenTime }: PowerController): boolean {
  return stolenTime !== undefined;
}

function pvTimeFeatures({ args: [id] }: PsciCall): bigint {
  const isPvTime = word(id) === PvTime.features || word(id) === PvTime.stolen;
  return isPvTime ? PsciStatus.success : PsciStatus.notSupported;
}

/** Bits of a power state in the original format that are not defined (DEN 0022 5.4.2). */
const ReservedPowerState = 0xfcfe_0000n;
const PowerDown = 1n << 16n;

/** Waits in any state; one that powers down is left as a standby state is, which is allowed. */
function cpuSuspend({ power, affinity, args: [state, entry] }: PsciCall): PsciAnswer {
  if (state & ReservedPowerState) return PsciStatus.invalidParameters;
  if (state & PowerDown && !isEntry(power, entry)) return PsciStatus.invalidAddress;
  power.suspend(affinity);
  return PsciStatus.success;
}

function cpuOff({ power, affinity }: PsciCall): PsciAnswer {
  power.turnOff(affinity);
  return undefined;
}

function cpuOn({ power, args: [target, entry, context] }: PsciCall): PsciAnswer {
  switch (power.powerOf(target)) {
    case undefined:
      return PsciStatus.invalidParameters;
    case "on":
      return PsciStatus.alreadyOn;
    case "pending":
      return PsciStatus.onPending;
    case "off":
      if (!isEntry(power, entry)) return PsciStatus.invalidAddress;
      power.turnOn(target, entry, context);
      return PsciStatus.success;
  }
}

function isEntry(power: PowerController, entry: bigint): boolean {
  return (entry & 3n) === 0n && (power.isExecutable?.(entry) ?? true);
}

const affinityStates = { on: 0n, off: 1n, pending: 2n } as const;

function affinityInfo({ power, args: [target, level] }: PsciCall): PsciAnswer {
  if (level > 3n) return PsciStatus.invalidParameters;
  if (level > 0n) return affinityStates.on; // whatever holds the cores is never off
  const state = power.powerOf(target);
  return state === undefined ? PsciStatus.invalidParameters : affinityStates[state];
}

/** Registers of the caller. */
export interface CallRegisters {
  x(n: number): bigint;
  setX(n: number, value: bigint): void;
}

/**
 * Serves the call in the caller's X0 to X3. Functions that nobody knows get NOT_SUPPORTED, as
 * SMCCC asks.
 *
 * @returns The function that answered, if one did.
 */
export function callPsci(
  registers: CallRegisters,
  power: PowerController,
  affinity: bigint,
): PsciFunction | undefined {
  const id = word(registers.x(0));
  const f = find(BigInt(id), power);
  const wide = (id & smc64Bit) !== 0;
  const argument = (n: number) => wide ? registers.x(n) : BigInt.asUintN(32, registers.x(n));
  const answer = f
    ? f.run({ power, affinity, args: [argument(1), argument(2), argument(3)] })
    : PsciStatus.notSupported;
  if (answer !== undefined) registers.setX(0, BigInt.asUintN(64, answer));
  return f;
}

/** The firmware of a board. */
export function psciFirmware(power: PowerController): Firmware {
  return (core) => {
    const x = core.state.x;
    const registers: CallRegisters = {
      x: (n) => x[n] as bigint,
      setX: (n, value) => void (x[n] = value),
    };
    callPsci(registers, power, core.mpidr & AffinityMask);
    return true;
  };
}
