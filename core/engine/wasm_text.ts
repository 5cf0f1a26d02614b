/**
 * Readable text of a function body: WebAssembly's text format with folded expressions, in which the
 * name of a local stands for its value and a number for a constant.
 *
 * @module
 */

import { LaneOps, LoadOps, StoreOps, WasmOps } from "../isa/wasm_ops.ts";
import type { FunctionBody, FunctionType } from "./wasm_module.ts";

/** What numbers in code stand for. */
export interface WasmNames {
  readonly types: readonly FunctionType[];
  /** Functions in the order of their numbers: name and type. */
  readonly functions: readonly (readonly [name: string, type: number])[];
  /** Locals that have names, parameters included. */
  readonly locals: ReadonlyMap<number, string>;
  /** Remarks on what follows an offset in the code, in order. */
  readonly remarks: readonly (readonly [at: number, text: string])[];
}

/** An operator with its operands. */
interface Tree {
  readonly head: string;
  readonly operands: readonly Tree[];
  /** It stands for itself: a local or a constant. */
  readonly isLeaf?: true;
}

type Immediate = "none" | "memory" | "lane";

interface Row {
  readonly name: string;
  readonly takes: number;
  readonly gives: boolean;
  readonly immediate: Immediate;
}

/** Sub-opcodes of a prefix byte are numbered from here times the prefix. */
const Prefix = 0x1_0000;

function opcodeNumber([first = 0, ...rest]: readonly number[]): number {
  if (rest.length === 0) return first;
  return first * Prefix + rest.reduce((sum, byte, i) => sum + (byte & 0x7f) * 128 ** i, 0);
}

/** Everything in the tables of wasm_ops.ts, by opcode. */
const rows: ReadonlyMap<number, Row> = new Map([
  ...Object.entries(WasmOps).map(([name, [code, params]]) =>
    [opcodeNumber(code), row(name, params.length, true, "none")] as const
  ),
  ...Object.entries(LaneOps).map(([name, [code, params]]) =>
    [opcodeNumber(code), row(name, params.length, true, "lane")] as const
  ),
  ...Object.entries(LoadOps).map(([name, [code]]) =>
    [opcodeNumber(code), row(name, 1, true, "memory")] as const
  ),
  ...Object.entries(StoreOps).map(([name, [code]]) =>
    [opcodeNumber(code), row(name, 2, false, "memory")] as const
  ),
]);

function row(name: string, takes: number, gives: boolean, immediate: Immediate): Row {
  return { name, takes, gives, immediate };
}

/** Longest line that is not broken. */
const Width = 100;

/** The function as lines of text. */
export function wasmText(body: FunctionBody, names: WasmNames): string {
  return new Listing(body, names).text();
}

class Listing {
  readonly #body: FunctionBody;
  readonly #names: WasmNames;
  readonly #lines: string[] = [];
  readonly #labels: string[] = [];
  #stack: Tree[] = [];
  #at = 0;
  #blocks = 0;
  #remarks = 0;

  constructor(body: FunctionBody, names: WasmNames) {
    this.#body = body;
    this.#names = names;
  }

  text(): string {
    const { types } = this.#names;
    const { params, results } = types[this.#body.type] ?? { params: [], results: [] };
    const list = (word: string, all: readonly string[]) => all.map((each) => ` (${word} ${each})`);
    const parameters = params.map((type, i) => `${this.#local(i)} ${type}`);
    this.#line(`(func${list("param", parameters).join("")}${list("result", results).join("")}`, -1);
    this.#locals(params.length);
    while (this.#at < this.#body.code.length) this.#instruction();
    this.#flush();
    this.#lines[this.#lines.length - 1] += ")";
    return this.#lines.join("\n");
  }

  /** Declares the locals, those of a type together. */
  #locals(first: number): void {
    const byType = Map.groupBy(this.#body.locals.keys(), (i) => this.#body.locals[i] as string);
    for (const [type, indices] of byType) {
      for (let i = 0; i < indices.length; i += 12) {
        const some = indices.slice(i, i + 12).map((index) => this.#local(first + index));
        this.#line(`(local ${type} ${some.join(" ")})`);
      }
    }
  }

  #local(index: number): string {
    return `$${this.#names.locals.get(index) ?? `t${index}`}`;
  }

  // -- reading ------------------------------------------------------------------------------------
  #byte(): number {
    return this.#body.code[this.#at++] as number;
  }
  #unsigned(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
    }
  }
  #signed(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 128) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }

  // -- writing ------------------------------------------------------------------------------------
  #line(text: string, deeper = 0): void {
    this.#lines.push(`${"  ".repeat(this.#labels.length + 1 + deeper)}${text}`);
  }
  #statement(tree: Tree): void {
    this.#flush();
    this.#print(tree, 0);
  }
  /** Values that are still on the stack stay before what follows. */
  #flush(): void {
    const pending = this.#stack;
    this.#stack = [];
    for (const tree of pending) this.#print(tree, 0);
  }
  /** Prints `tree`, after which `closing` parentheses follow on its line. */
  #print(tree: Tree, deeper: number, closing = 0): void {
    const text = inline(tree);
    const room = Width - 2 * (this.#labels.length + 1 + deeper) - closing;
    if (text.length <= room || tree.operands.length === 0) return this.#line(text, deeper);
    this.#line(`(${tree.head}`, deeper);
    const last = tree.operands.length - 1;
    tree.operands.forEach((operand, i) =>
      this.#print(operand, deeper + 1, i === last ? closing + 1 : 0)
    );
    this.#lines[this.#lines.length - 1] += ")";
  }

  // -- instructions -------------------------------------------------------------------------------
  #pop(count: number): Tree[] {
    const missing = Math.max(0, count - this.#stack.length);
    const found = this.#stack.splice(this.#stack.length - (count - missing));
    return [...Array.from({ length: missing }, () => ({ head: "?", operands: [] })), ...found];
  }
  #push(head: string, takes = 0): void {
    this.#stack.push({ head, operands: this.#pop(takes) });
  }
  #leaf(head: string): void {
    this.#stack.push({ head, operands: [], isLeaf: true });
  }
  #do(head: string, takes: number): void {
    const operands = this.#pop(takes);
    this.#statement({ head, operands });
  }
  #open(word: string): void {
    this.#byte(); // the empty block type
    const operands = word === "if" ? this.#pop(1) : [];
    const label = `$${word}${this.#blocks++}`;
    this.#statement({ head: `${word} ${label}`, operands });
    const last = this.#lines.length - 1;
    this.#lines[last] = (this.#lines[last] as string).replace(/\)$/, "");
    this.#labels.push(label);
  }
  #close(): void {
    this.#flush();
    this.#labels.pop();
    this.#line(")");
  }
  #label(depth: number): string {
    return this.#labels.at(-1 - depth) ?? "$func";
  }
  #call(word: string): void {
    const [name, type] = this.#names.functions[this.#unsigned()] ?? ["?", -1];
    const { params, results } = this.#names.types[type] ?? { params: [], results: [] };
    if (results.length > 0 && word === "call") this.#push(`call $${name}`, params.length);
    else this.#do(`${word} $${name}`, params.length);
  }

  /** Reads the type and the table of an indirect call; its operands, with the slot. */
  #indirect(): number {
    const type = this.#names.types[this.#unsigned()];
    this.#unsigned();
    return (type?.params.length ?? 0) + 1;
  }

  #instruction(): void {
    for (;;) {
      const [at, text] = this.#names.remarks[this.#remarks] ?? [Infinity, ""];
      if (at > this.#at) break;
      this.#remarks++;
      this.#flush();
      this.#line(`;; ${text}`);
    }
    const first = this.#byte();
    const opcode = first === 0xfc || first === 0xfd ? first * Prefix + this.#unsigned() : first;
    const known = rows.get(opcode);
    if (known) return this.#plain(known);
    const special = this.#special[opcode];
    if (!special) throw new Error(`Cannot list code: opcode 0x${opcode.toString(16)} is unknown`);
    special();
  }
  #plain({ name, takes, gives, immediate }: Row): void {
    let head = name;
    if (immediate === "lane") head += ` ${this.#byte()}`;
    if (immediate === "memory") {
      this.#unsigned(); // alignment
      const offset = this.#unsigned();
      if (offset > 0) head += ` offset=${number(BigInt(offset))}`;
    }
    if (gives) this.#push(head, takes);
    else this.#do(head, takes);
  }
  readonly #special: Readonly<Record<number, () => void>> = {
    0x00: () => this.#do("unreachable", 0),
    0x02: () => this.#open("block"),
    0x03: () => this.#open("loop"),
    0x04: () => this.#open("if"),
    0x05: () => {
      this.#flush();
      this.#line("else", -1);
    },
    0x0b: () => this.#close(),
    0x0c: () => this.#do(`br ${this.#label(this.#unsigned())}`, 0),
    0x0d: () => this.#do(`br_if ${this.#label(this.#unsigned())}`, 1),
    0x0e: () => {
      const labels = Array.from({ length: this.#unsigned() + 1 }, () => this.#unsigned());
      this.#do(`br_table ${labels.map((depth) => this.#label(depth)).join(" ")}`, 1);
    },
    0x0f: () => this.#do("return", 0),
    0x10: () => this.#call("call"),
    0x11: () => this.#push("call_indirect", this.#indirect()),
    0x12: () => this.#call("return_call"),
    0x13: () => this.#do("return_call_indirect", this.#indirect()),
    0x1a: () => this.#do("drop", 1),
    0x1b: () => this.#push("select", 3),
    0x1c: () => {
      for (let i = this.#unsigned(); i > 0; i--) this.#byte();
      this.#push("select", 3);
    },
    0x20: () => this.#leaf(this.#local(this.#unsigned())),
    0x21: () => {
      const local = this.#local(this.#unsigned());
      const operands = this.#pop(1);
      // What is on the stack below and does not know the local may as well come later.
      if (this.#stack.some((tree) => mentions(tree, local))) this.#flush();
      this.#print({ head: `local.set ${local}`, operands }, 0);
    },
    0x22: () => this.#push(`local.tee ${this.#local(this.#unsigned())}`, 1),
    0x41: () => this.#leaf(number(this.#signed())),
    0x42: () => this.#leaf(number(this.#signed())),
    [0xfd * Prefix + 12]: () => {
      const bytes = Array.from({ length: 16 }, () => this.#byte().toString(16).padStart(2, "0"));
      this.#leaf(`0x${bytes.reverse().join("")}`);
    },
    [0xfd * Prefix + 13]: () => {
      const lanes = Array.from({ length: 16 }, () => this.#byte());
      this.#push(`i8x16.shuffle ${lanes.join(" ")}`, 2);
    },
  };
}

function inline({ head, operands, isLeaf }: Tree): string {
  return isLeaf ? head : `(${[head, ...operands.map(inline)].join(" ")})`;
}

function mentions({ head, operands }: Tree, local: string): boolean {
  return head === local || head === `local.tee ${local}` ||
    operands.some((operand) => mentions(operand, local));
}

/** Small numbers are counts, large ones addresses and masks. */
function number(value: bigint): string {
  if (value > -65536n && value < 65536n) return `${value}`;
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
