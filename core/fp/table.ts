/** Floating-point operations by number, as generated code calls them. @module */

/** Name of an operation. */
export type FpOperation = string;

const names: string[] = [];

/** Number of an operation. */
export function fpOperationIndex(name: FpOperation): number {
  const i = names.indexOf(name);
  return i >= 0 ? i : names.push(name) - 1;
}
