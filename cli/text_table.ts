/** Columns of text. @module */

/** A column's heading, and the side on which its texts end. */
export interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
}

/** Lines of the table, headings first, two spaces between columns. */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const all = [columns.map(({ heading }) => heading), ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) => {
    const cells = columns.map(({ align }, i) => {
      const [text, width] = [row[i] ?? "", widths[i] ?? 0];
      return align === "left" ? text.padEnd(width) : text.padStart(width);
    });
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}

/** A column that knows its texts. */
export interface TextColumn<T> extends Column {
  readonly text: (row: T) => string;
}

/** A column of words. */
export function left<T>(heading: string, text: (row: T) => string): TextColumn<T> {
  return { heading, align: "left", text };
}

/** A column of numbers. */
export function right<T>(heading: string, text: (row: T) => string): TextColumn<T> {
  return { heading, align: "right", text };
}

/** The table of `rows`. */
export function tableOf<T>(
  rows: readonly T[],
  columns: readonly TextColumn<NoInfer<T>>[],
): string {
  return textTable(columns, rows.map((row) => columns.map(({ text }) => text(row))));
}

/** Lines with a name and a value each; those without a value are left out. */
export function facts(
  rows: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const given = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

/** Virtual time for people. */
export function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

/** A count with its thousands apart. */
export function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, " ");
}
