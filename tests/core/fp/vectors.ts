/**
 * Reads recorded instruction vectors: what real instructions did to V registers and FPSR.
 *
 * @module
 */

import { vectorFiles } from "../../vectors/files.ts";

/** The registers an instruction of these tests sees. */
export interface Registers {
  readonly x: bigint[];
  readonly v: bigint[];
  readonly fpcr: number;
  readonly fpsr: number;
  readonly nzcv: number;
}

/** One vector. */
export interface Vector {
  readonly id: number;
  readonly group: string;
  readonly mnemonic: string;
  readonly word: number;
  readonly asm: string;
  readonly before: Registers;
  readonly after: Registers;
}

interface Line {
  readonly id: number;
  readonly cls: string;
  readonly w: readonly string[];
  readonly asm?: string;
  readonly base: number;
  readonly in?: Readonly<Record<string, string>>;
  readonly out?: Readonly<Record<string, string>>;
  readonly exc?: string;
}

interface Base {
  readonly x: readonly string[];
  readonly v: readonly string[];
  readonly fpcr: string;
  readonly fpsr: string;
  readonly nzcv: string;
}

function hex(text: string | undefined): bigint {
  return BigInt(`0x${text ?? "0"}`);
}

function change(from: Registers, changes: Readonly<Record<string, string>> = {}): Registers {
  const [x, v] = [[...from.x], [...from.v]];
  let { fpcr, fpsr, nzcv } = from;
  for (const [name, text] of Object.entries(changes)) {
    const value = name === "mem" ? 0n : hex(text);
    if (name === "fpcr") fpcr = Number(value);
    else if (name === "fpsr") fpsr = Number(value);
    else if (name === "nzcv") nzcv = Number(value >> 28n);
    else if (/^x\d+$/.test(name)) x[Number(name.slice(1))] = value;
    else if (/^v\d+$/.test(name)) v[Number(name.slice(1))] = value;
  }
  return { x, v, fpcr, fpsr, nzcv };
}

/** The vectors of these groups that run to their end, or nothing where there is no file. */
export async function readVectors(groups: ReadonlySet<string>): Promise<Vector[] | undefined> {
  const files = vectorFiles();
  if (files.length === 0) return undefined;
  return (await Promise.all(files.map((path) => readFile(path, groups)))).flat();
}

async function readFile(path: string, groups: ReadonlySet<string>): Promise<Vector[]> {
  const file = await Deno.open(path);
  const text = await new Response(
    file.readable.pipeThrough(new DecompressionStream("gzip")),
  ).text();
  const [header = "", ...lines] = text.trimEnd().split("\n");
  const bases = (JSON.parse(header).bases as Base[]).map((base): Registers => ({
    x: base.x.map(hex),
    v: base.v.map(hex),
    fpcr: Number(hex(base.fpcr)),
    fpsr: Number(hex(base.fpsr)),
    nzcv: Number(hex(base.nzcv) >> 28n),
  }));
  return lines.flatMap((line): Vector[] => {
    const name = /"cls": ?"(\w+)/.exec(line)?.[1];
    if (name === undefined || !groups.has(name)) return [];
    const { id, cls, w, asm = "", base, exc, ...rest } = JSON.parse(line) as Line;
    const from = bases[base];
    if (exc !== undefined || from === undefined) return [];
    const [group = "", mnemonic = ""] = cls.split("/");
    const before = change(from, rest.in);
    const word = Number(hex(w[0]));
    return [{ id, group, mnemonic, word, asm, before, after: change(before, rest.out) }];
  });
}
