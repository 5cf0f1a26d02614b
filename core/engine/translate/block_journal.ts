/**
 * What a region's blocks do to the registers, noted while they are emitted; afterwards it says which
 * registers have to be stored at each exit and which have to be loaded at the entry.
 *
 * @module
 */

/** Words of a set of registers: X and V together are fewer than 96. */
const Words = 3;

/** A set of registers by number. */
export class RegisterSet {
  readonly #words = new Int32Array(Words);

  has(register: number): boolean {
    return (((this.#words[register >> 5] as number) >>> (register & 31)) & 1) !== 0;
  }
  add(register: number): void {
    const at = register >> 5;
    this.#words[at] = (this.#words[at] as number) | (1 << (register & 31));
  }
  /** Adds all of `other` but those in `but`; whether that changed anything. */
  addAll(other: RegisterSet, but?: RegisterSet): boolean {
    let changed = false;
    for (let i = 0; i < Words; i++) {
      const before = this.#words[i] as number;
      const more = (other.#words[i] as number) & ~(but ? but.#words[i] as number : 0);
      this.#words[i] = before | more;
      changed ||= this.#words[i] !== before;
    }
    return changed;
  }
}

/** One block. */
export class BlockJournal {
  /** Registers in the order in which the block first writes them. */
  readonly written: number[] = [];
  /** Written whatever path is taken inside the block. */
  readonly defined = new RegisterSet();
  /** Their value at the block's start matters. */
  readonly used = new RegisterSet();
  /** Have been written since they were stored last, on some way to here. */
  readonly dirty = new RegisterSet();
  /** In a loop's header: are stored before the loop is entered, as the loop does not write them. */
  readonly stored = new RegisterSet();
  /** Whether the region can be left from here. */
  hasExits = false;
  /** What is done first to the flags that the block was given. */
  flags: "set" | "observed" | undefined;
  readonly #known = new RegisterSet();

  read(register: number): void {
    if (!this.defined.has(register)) this.used.add(register);
  }
  /** `always`: not only on one of the block's paths. */
  write(register: number, always: boolean): void {
    if (!this.#known.has(register)) {
      this.#known.add(register);
      this.written.push(register);
    }
    if (always) this.defined.add(register);
    else this.read(register);
  }
}

/** A block and where it goes. */
export interface JournalNode {
  readonly journal: BlockJournal;
  /** Position in reverse postorder. */
  readonly order: number;
  readonly successors: readonly JournalNode[];
  /** The blocks of the loop whose header this is. */
  readonly loop: readonly JournalNode[];
}

/**
 * Follows what is written forward to all blocks; `nodes` are in reverse postorder. What a loop does
 * not write is stored before it, so that its exits need not keep it in a machine register.
 */
export function spreadDirty(nodes: readonly JournalNode[]): void {
  const writtenIn = new Map(nodes.map((node) => [node, loopWrites(node)]));
  for (let changed = true; changed;) {
    changed = false;
    for (const { journal, order, successors } of nodes) {
      const out = new RegisterSet();
      out.addAll(journal.dirty);
      for (const register of journal.written) out.add(register);
      for (const to of successors) {
        const into = to.journal;
        const written = to.order > order ? writtenIn.get(to) : undefined;
        if (!written) changed = into.dirty.addAll(out) || changed;
        else {
          into.stored.addAll(out, written);
          changed = into.dirty.addAll(out, into.stored) || changed;
        }
      }
    }
  }
}

/** Registers that a header's loop writes; undefined for blocks that are no header. */
function loopWrites({ loop }: JournalNode): RegisterSet | undefined {
  if (loop.length === 0) return undefined;
  const set = new RegisterSet();
  for (const { journal } of loop) for (const register of journal.written) set.add(register);
  return set;
}

/** Registers whose value at the entry, the first of `nodes`, matters. */
export function neededAtEntry(nodes: readonly JournalNode[]): RegisterSet {
  const live = new Map<JournalNode, RegisterSet>();
  for (const node of nodes) {
    const { used, dirty, stored, hasExits } = node.journal;
    const set = new RegisterSet();
    set.addAll(used);
    // An exit stores what may have been written before the block, so it must have a value.
    if (hasExits) set.addAll(dirty);
    // So does what is stored before a loop.
    set.addAll(stored);
    live.set(node, set);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const node of [...nodes].reverse()) {
      const set = live.get(node) as RegisterSet;
      for (const to of node.successors) {
        changed = set.addAll(live.get(to) as RegisterSet, node.journal.defined) || changed;
      }
    }
  }
  return live.get(nodes[0] as JournalNode) as RegisterSet;
}
