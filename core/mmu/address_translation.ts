/**
 * Address translation instructions (AT) and the PAR_EL1 value they leave.
 *
 * @module
 */

import { StateFields } from "../cpu/state.ts";
import { type CoreMmu, hcrOf, isHost, regimeOf } from "./core_mmu.ts";
import { faultStatus } from "./fault.ts";
import { RegimeKind, Variant } from "./regime.ts";
import { Translate, translate } from "./translate.ts";
import { Access } from "./walker.ts";

interface Row {
  /** Of EL2's own regime. */
  readonly el2?: true;
  readonly bothStages?: true;
  readonly access: number;
  readonly variant: number;
}

/** AT instructions by name; `privilegedPan` applies only while PSTATE.PAN is set. */
const Rows = {
  S1E1R: { access: Access.read, variant: Variant.privileged },
  S1E1W: { access: Access.write, variant: Variant.privileged },
  S1E0R: { access: Access.read, variant: Variant.unprivileged },
  S1E0W: { access: Access.write, variant: Variant.unprivileged },
  S1E1RP: { access: Access.read, variant: Variant.privilegedPan },
  S1E1WP: { access: Access.write, variant: Variant.privilegedPan },
  S1E2R: { el2: true, access: Access.read, variant: Variant.privileged },
  S1E2W: { el2: true, access: Access.write, variant: Variant.privileged },
  S12E1R: { bothStages: true, access: Access.read, variant: Variant.privileged },
  S12E1W: { bothStages: true, access: Access.write, variant: Variant.privileged },
  S12E0R: { bothStages: true, access: Access.read, variant: Variant.unprivileged },
  S12E0W: { bothStages: true, access: Access.write, variant: Variant.unprivileged },
} as const satisfies Record<string, Row>;

/** Name of an AT instruction. */
export type AtName = keyof typeof Rows;

/** All AT names. */
export const AtNames = Object.keys(Rows) as readonly AtName[];

const Par = { fault: 1n, walk: 1n << 8n, stage2: 1n << 9n, nonSecure: 1n << 9n, res1: 1n << 11n };

/**
 * Executes an AT instruction on the address (high, low).
 *
 * @return PAR_EL1, or undefined when the instruction itself aborts with `core.walker.fault`: an
 * external abort on the walk, or a stage 2 fault on the walk of a stage 1 AT at EL1 (taken to EL2).
 */
export function addressTranslation(
  core: CoreMmu,
  name: AtName,
  high: number,
  low: number,
): bigint | undefined {
  const row: Row = Rows[name];
  const state = core.host.stateBase(core.index);
  const words = core.walker.words;
  const el = words[(state + StateFields.el[0]) / 4] as number;
  const hcr = hcrOf(core);
  const e2h = (hcr.high & 4) !== 0;
  let kind: number = RegimeKind.el10;
  if (row.el2) kind = e2h ? RegimeKind.el20 : RegimeKind.el2;
  else if (el === 2 && isHost(hcr.high, hcr.low)) kind = RegimeKind.el20;
  let variant = row.variant;
  if (variant === Variant.privilegedPan && words[(state + StateFields.pan[0]) / 4] === 0) {
    variant = Variant.privileged;
  }
  const options = Translate.pure | (row.bothStages ? 0 : Translate.stage1Only);
  const regime = regimeOf(core, kind);
  if (translate(core.walker, regime, high, low, row.access, variant, options)) {
    return success(core);
  }
  const fault = core.walker.fault;
  const aborts = fault.kind === "external" || (fault.s1ptw && el === 1 && !row.bothStages);
  if (aborts) return undefined;
  return Par.res1 | Par.fault | (BigInt(faultStatus(fault)) << 1n) |
    (fault.s1ptw ? Par.walk : 0n) | (fault.stage2 ? Par.stage2 : 0n);
}

function success(core: CoreMmu): bigint {
  const { pa, attribute, shareability } = core.walker.result;
  const page = BigInt(pa - (pa % 4096));
  return (BigInt(attribute) << 56n) | page | Par.res1 | Par.nonSecure |
    (BigInt(shareability) << 7n);
}
