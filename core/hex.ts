/**
 * How numbers are printed: hexadecimal in groups of four digits.
 *
 * @module
 */

/** `0x0900_0000`: at least eight digits, whole groups of four. */
export function hex(value: number | bigint): string {
  const digits = value.toString(16);
  const padded = digits.padStart(Math.max(8, Math.ceil(digits.length / 4) * 4), "0");
  return `0x${padded.replace(/(?=(?:.{4})+$)(?!^)/g, "_")}`;
}

/** A range as `[start, end)`. */
export function hexRange(start: number, bytes: number): string {
  return `[${hex(start)}, ${hex(start + bytes)})`;
}

const Units = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]] as const;

/** `16 MiB`, `1 GiB`, `4096 bytes`: the largest unit that divides evenly. */
export function byteCount(bytes: number): string {
  const [unit, name] = Units.find(([u]) => bytes >= u && bytes % u === 0) ?? [1, "bytes"];
  return `${bytes / unit} ${name}`;
}
