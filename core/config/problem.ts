/**
 * What is wrong with what a user wrote, and where.
 *
 * @module
 */

/** A position in a text file, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One finding; anything but a warning makes the input unusable. */
export interface Problem extends Place {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** The key concerned, as the file spells its path; empty when it is the file as a whole. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string;
}

/** Input that cannot be used; the message lists every problem. */
export class ConfigError extends TypeError {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join("\n"));
    this.problems = problems;
  }
}

/** `file:line:column: error: key: expected ..., found ... (hint)`. */
export function problemText(p: Problem): string {
  const key = p.key === "" ? "" : `${p.key}: `;
  const hint = p.hint === undefined ? "" : ` (${p.hint})`;
  return `${p.file}:${p.line}:${p.column}: ${p.severity}: ${key}` +
    `expected ${p.expected}, found ${p.found}${hint}`;
}

/** Whether any of them is more than a warning. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((p) => p.severity === "error");
}

/** The candidate that `word` most likely means, if one is close enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(4, Math.ceil(word.length / 2) + 1);
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
