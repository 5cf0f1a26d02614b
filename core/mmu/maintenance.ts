/**
 * TLB maintenance instructions: which contexts each one drops what from.
 *
 * @module
 */

import { Hcr, RegimeKind } from "./regime.ts";
import { type Context, type CoreTlb, dropAddress, flushContext } from "./tlb.ts";

/** What an instruction selects. */
type Scope =
  /** One page of the EL1&0 regime (EL2&0 in a host) for the current VMID. */
  | "address"
  /** One ASID of it. */
  | "asid"
  /** All of it for the current VMID. */
  | "vmid"
  /** The EL1&0 regime for all VMIDs. */
  | "allEl1"
  /** An IPA of the current VMID. */
  | "ipa"
  /** One page of EL2's own regime. */
  | "addressEl2"
  /** EL2's own regime. */
  | "allEl2";

/** Instructions by name, without the IS suffix. */
const Scopes = {
  VMALLE1: "vmid",
  VMALLS12E1: "vmid",
  ALLE1: "allEl1",
  ALLE2: "allEl2",
  VAE1: "address",
  VAAE1: "address",
  VALE1: "address",
  VAALE1: "address",
  ASIDE1: "asid",
  IPAS2E1: "ipa",
  IPAS2LE1: "ipa",
  VAE2: "addressEl2",
  VALE2: "addressEl2",
} as const satisfies Record<string, Scope>;

type Base = keyof typeof Scopes;

/** Name of a TLBI instruction. */
export type TlbiName = Base | `${Base}IS`;

const Instructions = new Map<TlbiName, { scope: Scope; innerShareable: boolean }>(
  (Object.keys(Scopes) as Base[]).flatMap((name) => [
    [name, { scope: Scopes[name], innerShareable: false }],
    [`${name}IS`, { scope: Scopes[name], innerShareable: true }],
  ]),
);

/** All TLBI names. */
export const TlbiNames: readonly TlbiName[] = [...Instructions.keys()];

/** What a TLBI depends on besides its operand. */
export interface TlbiCall {
  readonly el: number;
  readonly hcrHigh: number;
  readonly hcrLow: number;
  /** Current VMID. */
  readonly vmid: number;
}

/** Whether the instruction reaches all cores: an IS form, or HCR_EL2.FB at EL1. */
export function isBroadcast(name: TlbiName, call: TlbiCall): boolean {
  return Instructions.get(name)?.innerShareable === true ||
    (call.el === 1 && (call.hcrLow & (Hcr.fb | Hcr.tge)) === Hcr.fb);
}

/** Carries out a TLBI on one core. (high, low) is the operand register. */
export function invalidate(
  tlb: CoreTlb,
  name: TlbiName,
  call: TlbiCall,
  high: number,
  low: number,
): void {
  const scope = Instructions.get(name)?.scope ?? "allEl1";
  // In a host (E2H and TGE at EL2) the EL1 forms act on the EL2&0 regime.
  const inHost = call.el === 2 && (call.hcrHigh & Hcr.e2hHigh) !== 0 &&
    (call.hcrLow & Hcr.tge) !== 0;
  // The operand has VA[55:12] in its bits 43:0 and the ASID in 63:48.
  const vaHigh = ((high & 0xfff) << 12) | (low >>> 20);
  const vaLow = low << 12;
  const asid = high >>> 16;
  for (const context of tlb.contexts) {
    if (!isConcerned(context, scope, inHost, call.vmid, asid)) continue;
    if (scope === "address" || scope === "addressEl2") {
      dropAddress(tlb.memory.words, context, vaHigh, vaLow);
    } else flushContext(tlb.memory.words, context);
  }
}

// Entries that are dropped although the ASID differs, or belong to both EL2 regimes, are correct
// to drop: a TLB may forget at any time.
function isConcerned(
  context: Context,
  scope: Scope,
  inHost: boolean,
  vmid: number,
  asid: number,
): boolean {
  const kind = context.kind;
  switch (scope) {
    case "allEl1":
      return kind === RegimeKind.el10;
    case "allEl2":
    case "addressEl2":
      return kind !== RegimeKind.el10;
    case "ipa":
      return context.stage2 && context.vmid === vmid;
    case "address":
    case "vmid":
      return inHost ? kind === RegimeKind.el20 : kind === RegimeKind.el10 && context.vmid === vmid;
    case "asid":
      // An 8-bit ASID ignores the operand's upper byte.
      return (context.asid === asid || context.asid === (asid & 0xff)) &&
        (inHost ? kind === RegimeKind.el20 : kind === RegimeKind.el10 && context.vmid === vmid);
  }
}
