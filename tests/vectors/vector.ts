/** The instruction-vector format: one JSON object a line, after a header line. @module */

/** Registers and memory as a vector names them: lower-case hex without 0x. */
export type Registers = Readonly<Record<string, string>>;

/** First line of a vector file. */
export interface VectorHeader {
  readonly pc: string;
  readonly window: readonly [string, string];
  readonly data: readonly [string, string];
  readonly bases: readonly BaseState[];
}

/** A state that vectors start from. */
export interface BaseState {
  readonly x: readonly string[];
  readonly sp: string;
  readonly nzcv: string;
  readonly fpcr: string;
  readonly fpsr: string;
  readonly v: readonly string[];
  readonly mem: string;
}

/** One recorded execution. */
export interface Vector {
  readonly id: number;
  readonly cls: string;
  readonly w: readonly string[];
  readonly asm?: string;
  readonly feat?: readonly string[];
  readonly base: number;
  readonly in: Registers;
  readonly m?: 1;
  readonly exc?: "undef" | "dabort" | "iabort" | "pcalign";
  readonly far?: string;
  readonly wnr?: number;
  readonly out: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** A file's header and its vectors. */
export interface VectorFile {
  readonly header: VectorHeader;
  readonly vectors: readonly Vector[];
}

/**
 * Reads a vector file, gzip'd or not.
 *
 * @throws {SyntaxError} When a line is not JSON or the header is missing.
 */
export async function readVectors(path: string): Promise<VectorFile> {
  const file = await Deno.readFile(path);
  const zipped = file[0] === 0x1f && file[1] === 0x8b;
  const stream = new Blob([file]).stream();
  const text = await new Response(
    zipped ? stream.pipeThrough(new DecompressionStream("gzip")) : stream,
  ).text();
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const header = JSON.parse(lines[0] ?? "null") as VectorHeader | null;
  if (!header?.bases) {
    throw new SyntaxError(`Cannot read vectors from ${path}: the first line must be the header`);
  }
  return { header, vectors: lines.slice(1).map((line) => JSON.parse(line) as Vector) };
}
