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
 * @throws {SyntaxError} When it is no vector file.
 * @throws {Deno.errors.NotFound} When there is no such file.
 */
export async function readVectors(path: string): Promise<VectorFile> {
  const refuse = (problem: string) =>
    new SyntaxError(`Cannot read vectors from ${path}: ${problem}`);
  const bytes = await Deno.readFile(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw refuse(String(error.message ?? error));
    throw new Deno.errors.NotFound(`Cannot read vectors from ${path}: there is no such file`);
  });
  const text = await expand(bytes).catch(() => {
    throw refuse("its gzip data is damaged");
  });
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const [header, ...vectors] = lines.map((line, i) => {
    try {
      return JSON.parse(line);
    } catch {
      throw refuse(`line ${i + 1} must be JSON`);
    }
  });
  if (!Array.isArray(header?.bases)) throw refuse("the first line must be the header");
  const odd = vectors.findIndex((v) => !isVector(v, header));
  if (odd >= 0) throw refuse(`line ${odd + 2} must be a vector (cls, w, base, in, out)`);
  return { header, vectors };
}

async function expand(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const stream = new Blob([bytes]).stream();
  return await new Response(
    zipped ? stream.pipeThrough(new DecompressionStream("gzip")) : stream,
  ).text();
}

function isVector(v: Partial<Vector> | null, header: VectorHeader): v is Vector {
  return typeof v?.cls === "string" && Array.isArray(v.w) && v.in !== undefined &&
    v.out !== undefined && header.bases[v.base ?? -1] !== undefined;
}
