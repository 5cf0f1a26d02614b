/**
 * Data aborts of a guest: accesses to devices that the hypervisor plays, and to where nothing is.
 *
 * @module
 */

import type { Region } from "../board/bus.ts";
import { hex } from "../hex.ts";
import { stored } from "../cpu/controls.ts";
import { abortedAccess, type AccessSyndrome } from "../cpu/syndrome.ts";
import { describeFault } from "../cpu/exception_classes.ts";
import { type Exit, readGeneral, writeGeneral } from "./exit.ts";
import { ReasonKind, reasonOf } from "./exit_reasons.ts";
import { externalDataAbort } from "./guest_exceptions.ts";
import { addressOf, decodeLoadStore, guestRegisterFile, performLoadStore } from "./load_store.ts";
import { type Outcome, reflect, skip } from "./outcome.ts";

/** An access that stage 2 stopped. */
export interface DataAccess {
  readonly far: bigint;
  /** Guest-physical address. */
  readonly ipa: number;
  readonly write: boolean;
  /** What the instruction does; undefined for those that the syndrome does not describe. */
  readonly access: AccessSyndrome | undefined;
  /** The access was stage 1's, walking its tables. */
  readonly isWalk: boolean;
  /** Fault status code. */
  readonly fault: number;
}

/** The access that the syndrome and address registers describe. */
export function readDataAccess({ core, iss }: Exit): DataAccess {
  const far = stored(core, "FAR_EL2");
  const page = (stored(core, "HPFAR_EL2") >> 4n) << 12n;
  const isWalk = (iss & (1 << 7)) !== 0;
  return {
    far,
    ipa: Number(isWalk ? page : page | (far & 0xfffn)),
    write: (iss & (1 << 6)) !== 0,
    access: abortedAccess(iss),
    isWalk,
    fault: iss & 0x3f,
  };
}

/** Serves a data abort. */
export function handleDataAbort(exit: Exit): Outcome {
  const abort = readDataAccess(exit);
  const { vm } = exit.vcpu;
  const region = abort.isWalk ? undefined : vm.bus.find(abort.ipa);
  if (!region) return refuse(exit, abort, "nothing is there");
  const { ledger } = exit.services;
  ledger.because(reasonOf(ReasonKind.mmio, region.index), abort.ipa - region.base);
  const problem = abort.access
    ? perform(exit, abort.ipa, abort.write, abort.access) ? undefined : Beyond
    : performUndescribed(exit, abort, region);
  if (problem) return refuse(exit, abort, `${problem} "${region.name}"`);
  if (abort.write && vm.isInterruptController(region.device)) {
    exit.services.distributorChanged(exit.core, exit.vcpu);
  }
  return skip;
}

function perform(exit: Exit, ipa: number, write: boolean, access: AccessSyndrome): boolean {
  const { vcpu } = exit;
  const { bytes, rt } = access;
  if (write) {
    const value = BigInt.asUintN(bytes * 8, readGeneral(exit, rt));
    exit.services.ledger.value(value);
    return vcpu.vm.bus.write(ipa, bytes, value, vcpu.index);
  }
  const value = vcpu.vm.bus.read(ipa, bytes, vcpu.index);
  if (value === undefined) return false;
  exit.services.ledger.value(value);
  writeGeneral(exit, rt, extend(value, access));
  return true;
}

const Beyond = "it goes beyond";

/** An access that only its instruction describes; the result is why it cannot be done. */
function performUndescribed(exit: Exit, abort: DataAccess, region: Region): string | undefined {
  const { core, vcpu, services } = exit;
  const { bus } = vcpu.vm;
  const word = services.instructionWord(core, vcpu);
  const access = word === undefined ? undefined : decodeLoadStore(word);
  if (!access) return "only loads and stores of registers reach";
  const registers = guestRegisterFile(core, vcpu.pstate);
  const end = abort.ipa + access.bytes;
  const isWhole = BigInt.asUintN(48, addressOf(access, registers) ^ abort.far) === 0n;
  if (!isWhole || end > region.base + region.device.size) return Beyond;
  performLoadStore(access, registers, {
    read: (offset, bytes) => bus.read(abort.ipa + offset, bytes, vcpu.index) ?? 0n,
    write: (offset, bytes, value) => void bus.write(abort.ipa + offset, bytes, value, vcpu.index),
  });
  return undefined;
}

/** What the register gets: the value, sign-extended to the register's width where asked. */
export function extend(value: bigint, access: AccessSyndrome): bigint {
  if (!access.signExtend) return value;
  return BigInt.asUintN(access.wide ? 64 : 32, BigInt.asIntN(access.bytes * 8, value));
}

/** The guest gets an external abort, as where a bus has no device. */
function refuse(exit: Exit, abort: DataAccess, why: string): Outcome {
  const { core, vcpu, services, iss } = exit;
  const { vm } = vcpu;
  const verb = abort.write ? "write" : "read";
  services.ledger.because(reasonOf(ReasonKind.externalAbort));
  if (vm.first(`${verb} ${Math.floor(abort.ipa / 4096)}`)) {
    const what = abort.isWalk ? "table walk" : verb;
    services.log(
      "warn",
      vm.label,
      `${what} at IPA ${hex(abort.ipa)} (${describeFault(abort.fault)}): ${why}; ` +
        `PC ${hex(vcpu.pc)}: ${services.instruction(core, vcpu)}; the guest gets an external abort`,
    );
  }
  const level = abort.isWalk ? abort.fault & 3 : undefined;
  return reflect(externalDataAbort(vcpu, abort.far, iss, level));
}
