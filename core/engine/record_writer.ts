/**
 * Decoded records, made once for each distinct instruction word: the same words come again and again.
 *
 * @module
 */

import { PageBytes } from "../memory_map.ts";
import { decode, type Decoded } from "../isa/decode.ts";
import type { Feature } from "../isa/insn.ts";
import { RecordLayout } from "./handler_emitter.ts";

/** A record as four 32-bit words, with what depends on its place. */
interface Template {
  /** Without the handler of a direct branch. */
  readonly words: readonly [number, number, number, number];
  readonly ends: boolean;
  /** Of a direct branch: bytes to its target, and the handlers by where that lies. */
  readonly branch: Branch | undefined;
}

interface Branch {
  readonly offset: number;
  /** In the same page; 0 until needed. */
  near: number;
  /** Elsewhere; 0 until needed. */
  far: number;
  readonly decoded: Decoded;
}

/** Words kept before all are forgotten: more than any system executes, but bounded. */
const MaxTemplates = 1 << 19;

/** What the writer needs of the interpreter. */
export interface RecordWriterHost {
  readonly memory: ArrayBufferLike;
  has(feature: Feature): boolean;
  /** Table slot of the handler of an instruction. */
  handlerOf(decoded: Decoded, near: boolean): number;
  /** Table slot of the handler of words that are no instruction. */
  readonly undefinedSlot: number;
}

/** Writes records. */
export class RecordWriter {
  readonly #host: RecordWriterHost;
  readonly #u32: Uint32Array;
  readonly #templates = new Map<number, Template>();
  readonly #scratch = new DataView(new ArrayBuffer(16));

  constructor(host: RecordWriterHost) {
    this.#host = host;
    this.#u32 = new Uint32Array(host.memory);
  }

  /**
   * Writes the record at `record` for `word`, which lies `inPage` bytes into its page.
   *
   * @returns Whether the instruction ends a straight run.
   */
  write(record: number, word: number, inPage: number): boolean {
    let template = this.#templates.get(word);
    if (template === undefined) {
      if (this.#templates.size === MaxTemplates) this.#templates.clear();
      template = this.#make(word);
      this.#templates.set(word, template);
    }
    const { words, branch } = template;
    const at = record >>> 2;
    this.#u32[at] = branch ? words[0] | this.#branchHandler(branch, inPage) : words[0];
    this.#u32[at + 1] = words[1];
    this.#u32[at + 2] = words[2];
    this.#u32[at + 3] = words[3];
    return template.ends;
  }

  /** Makes the handlers that `word` needs. */
  prepare(word: number): void {
    const decoded = decode(word, () => true);
    if (!decoded) return;
    this.#host.handlerOf(decoded, false);
    if (decoded.insn.branch) this.#host.handlerOf(decoded, true);
  }

  #branchHandler(branch: Branch, inPage: number): number {
    const to = inPage + branch.offset;
    if (to >= 0 && to < PageBytes) {
      return branch.near ||= this.#host.handlerOf(branch.decoded, true);
    }
    return branch.far ||= this.#host.handlerOf(branch.decoded, false);
  }

  #make(word: number): Template {
    const decoded = decode(word, (feature) => this.#host.has(feature));
    const view = this.#scratch;
    for (let i = 0; i < 16; i += 4) view.setUint32(i, 0);
    if (!decoded) view.setUint16(RecordLayout.handler, this.#host.undefinedSlot, true);
    else writeOperands(view, decoded);
    const branch = decoded?.insn.branch
      ? { offset: Number(decoded.operands.imm), near: 0, far: 0, decoded }
      : undefined;
    if (decoded && !branch) {
      view.setUint16(RecordLayout.handler, this.#host.handlerOf(decoded, false), true);
    }
    const at = (i: number) => view.getUint32(i * 4, true);
    const words = [at(0), at(1), at(2), at(3)] as const;
    return { words, ends: decoded?.insn.ends ?? !decoded, branch };
  }
}

function writeOperands(view: DataView, { operands: o }: Decoded): void {
  view.setUint16(RecordLayout.d, o.d ?? 0, true);
  view.setUint16(RecordLayout.n, o.n ?? 0, true);
  view.setUint16(RecordLayout.m, o.m ?? 0, true);
  if (o.imm !== undefined) view.setBigInt64(RecordLayout.imm, o.imm, true);
  if (o.list) o.list.forEach((s, i) => view.setUint16(RecordLayout.list + i * 2, s, true));
  if (o.p !== undefined) view.setInt32(RecordLayout.p, o.p, true);
  if (o.a !== undefined) view.setUint16(RecordLayout.a, o.a, true);
  if (o.q !== undefined) view.setInt32(RecordLayout.q, o.q, true);
}
