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
