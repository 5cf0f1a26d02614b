/**
 * What to translate together: the blocks of one guest page that are reachable from a hot
 * instruction by direct branches, and the order and nesting in which to emit them.
 *
 * @module
 */

import { branchRegister } from "../../isa/branches.ts";
import { decode, type Decoded } from "../../isa/decode.ts";
import { type Feature, inTypeScript } from "../../isa/insn.ts";

/** Instructions of a guest page. */
export const PageInstructions = 1024;
/** Most instructions one region holds. */
const RegionLimit = 400;
/** Paths taken less often than this part of the entry's count are left out. */
const ColdShare = 64;

/** Most places that a return in the region is compared with. */
const MaxReturns = 4;

/** A run of instructions entered only at its start and left only at its end. */
export interface Block {
  /** Index of the first instruction in the page. */
  readonly start: number;
  readonly instructions: readonly Decoded[];
  /** Index where execution goes on after the last instruction; undefined when it does not. */
  readonly next: number | undefined;
  /** Index of the target of a direct branch at the end that stays in the region. */
  readonly taken: number | undefined;
  /** After a return: where the calls of the region go on. */
  readonly returns: readonly number[];
  /** Position in reverse postorder. */
  order: number;
  /** Immediate dominator, by start; its own for the entry. */
  dominator: number;
  /** The target of a branch back from a block that it dominates. */
  isLoop: boolean;
  /** Part of a loop. */
  repeats: boolean;
  /** If it is a loop's header: the starts of the loop's blocks. */
  readonly loop: Set<number>;
  /** Reached by more than one edge forward: other blocks branch to its label. */
  isMerge: boolean;
  /** Most instructions executed from here before a loop header is reached again. */
  longest: number;
}

/** Blocks by start, and the entry. */
export interface Region {
  readonly entry: number;
  readonly blocks: ReadonlyMap<number, Block>;
  /** Starts of the blocks in reverse postorder. */
  readonly order: readonly number[];
  readonly usesFp: boolean;
  /** Another region begins at that instruction. */
  isEntered(index: number): boolean;
  /** Index of every instruction that is part of it. */
  readonly members: ReadonlySet<number>;
}

/** The words of a page, which extensions they may use, and what is known of their use. */
export interface PageSource {
  word(index: number): number;
  has(feature: Feature): boolean;
  /** Not part of other regions: a region is entered there, or it has never been executed. */
  excludes?(index: number): boolean;
  /** Jumps to an instruction so far, about. */
  heat?(index: number): number;
  /** Jumps that made the region's entry hot. */
  readonly hotCount?: number;
}

/** The region entered at `entry`; undefined when its first instruction cannot be translated. */
export function discover(page: PageSource, entry: number): Region | undefined {
  const region = reachable(page, entry);
  const loop = region && ownLoop(page, region);
  if (!loop) return region;
  const excludes = (index: number) => !loop.has(index) || page.excludes?.(index) === true;
  const alone = reachable({ ...page, excludes }, entry);
  return alone && { ...alone, isEntered: region.isEntered };
}

/** Rounds of an inner loop for one of the outer loop that make it a region of its own. */
const ManyRounds = 8;

/**
 * Instructions of the loop whose header is the entry, if it goes round so often that it is better off
 * alone: machine registers are then its own.
 */
function ownLoop(page: PageSource, { entry, blocks }: Region): ReadonlySet<number> | undefined {
  const { loop } = blocks.get(entry) as Block;
  if (!page.heat || loop.size === 0) return undefined;
  const others = [...blocks.values()].filter((b) => b.isLoop && !loop.has(b.start));
  const hot = page.hotCount ?? 1;
  if (others.length === 0) return undefined;
  if (others.some((b) => (page.heat?.(b.start) ?? hot) * ManyRounds > hot)) return undefined;
  return new Set(
    [...loop].flatMap((start) =>
      (blocks.get(start) as Block).instructions.map((_, i) => start + i)
    ),
  );
}

function reachable(page: PageSource, entry: number): Region | undefined {
  const { known, leaders, returns } = collect(page, entry);
  if (!known.has(entry)) return undefined;
  const blocks = new Map<number, Block>();
  for (const start of leaders) {
    if (known.has(start)) blocks.set(start, makeBlock(known, leaders, returns, start));
  }
  const order = reversePostorder(blocks, entry);
  for (const start of blocks.keys()) if (!order.includes(start)) blocks.delete(start);
  order.forEach((start, i) => (blocks.get(start) as Block).order = i);
  dominate(blocks, order);
  classify(blocks, order);
  const all = [...blocks.values()];
  return {
    entry,
    blocks,
    order,
    isEntered: (index) => page.excludes?.(index) === true,
    usesFp: all.some((b) => b.instructions.some(usesFp)),
    members: new Set(all.flatMap((b) => b.instructions.map((_, i) => b.start + i))),
  };
}

function usesFp({ insn, fields }: Decoded): boolean {
  return typeof insn.fp === "function" ? insn.fp(fields) : insn.fp === true;
}

/** Where an instruction may go on inside its page. */
function successors(d: Decoded, index: number): { next?: number; taken?: number } {
  const out: { next?: number; taken?: number } = {};
  if (!d.insn.ends) out.next = index + 1;
  if (d.insn.branch) {
    const taken = index + Number(d.operands.imm as bigint) / 4;
    if (taken >= 0 && taken < PageInstructions) out.taken = taken;
  }
  return out;
}

/** BL: the one direct branch that ends a run and links. */
const isCall = (d: Decoded) => d.insn.branch === true && d.insn.ends === true && d.fields.op === 1;
/** RET. */
const isReturn = (d: Decoded) => d.insn === branchRegister && d.fields.opc === 2;

interface Collected {
  readonly known: Map<number, Decoded>;
  readonly leaders: Set<number>;
  /** Where calls inside the region go on. */
  readonly returns: Set<number>;
}

function collect(page: PageSource, entry: number): Collected {
  const returns = new Set<number>();
  const known = new Map<number, Decoded>();
  const leaders = new Set([entry]);
  const hot = page.hotCount ?? 1;
  const pending: [at: number, count: number][] = [[entry, hot]];
  const follow = (to: number, count: number) => {
    if (count * ColdShare >= hot) pending.push([to, count]);
  };
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const [at, count] = next;
    let left = count;
    for (let i: number | undefined = at; i !== undefined && !known.has(i);) {
      if (i >= PageInstructions || known.size >= RegionLimit) break;
      if (i !== entry && page.excludes?.(i)) break;
      const d: Decoded | undefined = decode(page.word(i), page.has);
      if (!d || d.insn.run === inTypeScript || d.insn.interpreted) break;
      known.set(i, d);
      const { next, taken }: { next?: number; taken?: number } = successors(d, i);
      if (taken !== undefined) {
        leaders.add(taken);
        // Without counts every path is followed.
        const jumps = page.heat && next !== undefined ? page.heat(taken) : left;
        follow(taken, jumps);
        // The way out of a loop is as hot as the way into it.
        if (page.heat && taken > i) left = Math.max(0, left - jumps);
        if (isCall(d) && returns.size < MaxReturns) {
          returns.add(i + 1);
          leaders.add(i + 1);
          follow(i + 1, count);
        }
      }
      if (d.insn.branch && next !== undefined) {
        leaders.add(next);
        if (page.heat) left = Math.max(left, page.heat(next));
        if (left * ColdShare < hot) break;
      }
      i = next;
    }
  }
  return { known, leaders, returns };
}

function makeBlock(
  known: ReadonlyMap<number, Decoded>,
  leaders: ReadonlySet<number>,
  returns: ReadonlySet<number>,
  start: number,
): Block {
  const instructions: Decoded[] = [];
  let index = start;
  let next: number | undefined;
  let taken: number | undefined;
  for (;;) {
    const d = known.get(index) as Decoded;
    instructions.push(d);
    ({ next, taken } = { next: undefined, taken: undefined, ...successors(d, index) });
    if (next === undefined || taken !== undefined || d.insn.branch) break;
    if (leaders.has(next) || !known.has(next)) break;
    index = next;
  }
  const last = instructions.at(-1) as Decoded;
  const calls = isReturn(last) ? [...returns].filter((r) => known.has(r)) : [];
  const rest = {
    returns: calls,
    order: -1,
    dominator: -1,
    isLoop: false,
    repeats: false,
    loop: new Set<number>(),
    isMerge: false,
    longest: 0,
  };
  return { start, instructions, next, taken, ...rest };
}

/** Successors of a block that are blocks of the region. */
export function edges(blocks: ReadonlyMap<number, Block>, b: Block): number[] {
  const out: number[] = [];
  for (const to of [b.taken, b.next, ...b.returns]) {
    if (to !== undefined && blocks.has(to) && !out.includes(to)) out.push(to);
  }
  return out;
}

function reversePostorder(blocks: ReadonlyMap<number, Block>, entry: number): number[] {
  const seen = new Set<number>();
  const postorder: number[] = [];
  const stack: { at: number; rest: number[] }[] = [];
  const visit = (at: number) => {
    seen.add(at);
    stack.push({ at, rest: edges(blocks, blocks.get(at) as Block) });
  };
  visit(entry);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const to = top.rest.shift();
    if (to === undefined) {
      postorder.push(top.at);
      stack.pop();
    } else if (!seen.has(to)) visit(to);
  }
  return postorder.reverse();
}

/** Immediate dominators (Cooper, Harvey and Kennedy's iteration). */
function dominate(blocks: ReadonlyMap<number, Block>, order: readonly number[]): void {
  const block = (start: number) => blocks.get(start) as Block;
  const predecessors = predecessorsOf(blocks, order);
  const entry = block(order[0] as number);
  entry.dominator = entry.start;
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      if (block(a).order > block(b).order) a = block(a).dominator;
      else b = block(b).dominator;
    }
    return a;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const start of order.slice(1)) {
      const done = (predecessors.get(start) ?? []).filter((p) => block(p).dominator >= 0);
      const dominator = done.reduce(meet);
      if (dominator === block(start).dominator) continue;
      block(start).dominator = dominator;
      changed = true;
    }
  }
}

/** Whether `a` dominates `b`. */
export function dominates(blocks: ReadonlyMap<number, Block>, a: number, b: number): boolean {
  for (let at = b;;) {
    if (at === a) return true;
    const up = (blocks.get(at) as Block).dominator;
    if (up === at) return false;
    at = up;
  }
}

/** Whether the edge goes back to a loop header; one that goes back elsewhere leaves the region. */
export function isBackEdge(from: Block, to: Block): boolean {
  return to.order <= from.order;
}

/** The blocks of a loop are those from which its end is reached without passing its header. */
function markLoops(
  blocks: ReadonlyMap<number, Block>,
  order: readonly number[],
  loops: readonly (readonly [header: number, end: number])[],
): void {
  if (loops.length === 0) return;
  const before = predecessorsOf(blocks, order);
  for (const [header, end] of loops) {
    const members = new Set([header]);
    const pending = [end];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (members.has(at)) continue;
      members.add(at);
      pending.push(...before.get(at) ?? []);
    }
    for (const start of members) {
      (blocks.get(start) as Block).repeats = true;
      blocks.get(header)?.loop.add(start);
    }
  }
}

function predecessorsOf(
  blocks: ReadonlyMap<number, Block>,
  order: readonly number[],
): Map<number, number[]> {
  const predecessors = new Map<number, number[]>(order.map((start) => [start, []]));
  for (const from of order) {
    for (const to of edges(blocks, blocks.get(from) as Block)) predecessors.get(to)?.push(from);
  }
  return predecessors;
}

function classify(blocks: ReadonlyMap<number, Block>, order: readonly number[]): void {
  const forward = new Map<number, number>();
  const loops: [header: number, end: number][] = [];
  for (const from of order) {
    const b = blocks.get(from) as Block;
    for (const to of edges(blocks, b)) {
      const target = blocks.get(to) as Block;
      // A branch to the next instruction is two edges to one block.
      const count = b.taken === b.next ? 2 : 1;
      if (!isBackEdge(b, target)) forward.set(to, (forward.get(to) ?? 0) + count);
      else if (dominates(blocks, to, from)) {
        target.isLoop = true;
        loops.push([to, from]);
      }
    }
  }
  markLoops(blocks, order, loops);
  for (const [start, count] of forward) (blocks.get(start) as Block).isMerge = count > 1;
  for (const start of [...order].reverse()) {
    const b = blocks.get(start) as Block;
    let longest = 0;
    for (const to of edges(blocks, b)) {
      const target = blocks.get(to) as Block;
      if (!isBackEdge(b, target) && !target.isLoop) longest = Math.max(longest, target.longest);
    }
    b.longest = longest + b.instructions.length;
  }
}
