/**
 * Address translation written for reading only: 64-bit integers, one access, no caches, no updates.
 *
 * @module
 */

/** Registers and surroundings of a reference translation: EL1&0 without hardware updates. */
export interface ReferenceMachine {
  readonly tcr: bigint;
  readonly ttbr: readonly [bigint, bigint];
  readonly mair: bigint;
  readonly wxn: boolean;
  /** Absent: stage 2 is off. */
  readonly vtcr?: bigint;
  readonly vttbr: bigint;
  readonly protectedWalk: boolean;
  readonly addressBits: number;
  readonly xnx: boolean;
  /** The 64-bit word at a physical address; undefined outside RAM. */
  read(pa: bigint): bigint | undefined;
}

/** One access. */
export interface ReferenceAccess {
  readonly va: bigint;
  readonly kind: "read" | "write" | "fetch";
  readonly el0: boolean;
  readonly pan: boolean;
  readonly aligned: boolean;
}

/** A fault as text: status code, " s2", " ptw" and the IPA of stage 2. */
class ReferenceFault {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const bit = (x: bigint, at: number): boolean => ((x >> BigInt(at)) & 1n) === 1n;
const bits = (x: bigint, high: number, low: number): bigint =>
  (x >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);

const Kind = { addressSize: 0, translation: 4, accessFlag: 8, permission: 12, walk: 0x14 };

const SizeBits = [32, 36, 40, 42, 44, 48, 48, 48];

interface Leaf {
  readonly descriptor: bigint;
  readonly level: number;
  readonly output: bigint;
  readonly tables: readonly bigint[];
}

function findLeaf(
  address: bigint,
  base: bigint,
  page: number,
  inputBits: number,
  firstLevel: number,
  outputBits: number,
  read: (at: bigint, level: number) => bigint,
  fault: (kind: number, level: number) => never,
): Leaf {
  if (base >> BigInt(outputBits) !== 0n) fault(Kind.addressSize, 0);
  const tables: bigint[] = [];
  let table = base;
  let top = inputBits - 1;
  for (let level = firstLevel;; level++) {
    const low = page + (3 - level) * (page - 3);
    const descriptor = read(table + bits(address, top, low) * 8n, level);
    const type = Number(descriptor & 3n);
    const blocks = page === 12 ? [1, 2] : [2];
    const isLeaf = level === 3 ? type === 3 : type === 1 && blocks.includes(level);
    const isTable = level < 3 && type === 3;
    if (!isLeaf && !isTable) fault(Kind.translation, level);
    const at = isLeaf ? low : page;
    const output = bits(descriptor, 47, at) << BigInt(at);
    if (output >> BigInt(outputBits) !== 0n) fault(Kind.addressSize, level);
    if (isLeaf) return { descriptor, level, output: output | bits(address, low - 1, 0), tables };
    tables.push(descriptor);
    table = output;
    top = low - 1;
  }
}

function stage2(
  m: ReferenceMachine,
  ipa: bigint,
  access: ReferenceAccess | "walk",
): { pa: bigint; device: boolean } {
  const vtcr = m.vtcr as bigint;
  const suffix = ` s2${access === "walk" ? " ptw" : ""} ${ipa.toString(16)}`;
  const fault = (kind: number, level: number): never => {
    throw new ReferenceFault((kind + level).toString(16) + suffix);
  };
  const page = [12, 16, 14, 12][Number(bits(vtcr, 15, 14))] as number;
  const sl0 = Number(bits(vtcr, 7, 6));
  const inputBits = Math.min(m.addressBits, 64 - Number(bits(vtcr, 5, 0)));
  const firstLevel = (page === 12 ? 2 : 3) - sl0;
  const outputBits = Math.min(m.addressBits, SizeBits[Number(bits(vtcr, 18, 16))] as number);
  const firstBits = inputBits - page - (3 - firstLevel) * (page - 3);
  if (sl0 === 3 || firstBits < 1 || firstBits > page + 1) fault(Kind.translation, 0);
  if (ipa >> BigInt(inputBits) !== 0n) fault(Kind.translation, 0);
  const tableBytes = 8n << BigInt(firstBits);
  const base = (bits(m.vttbr, 47, 0) / tableBytes) * tableBytes;
  const read = (at: bigint, level: number) => m.read(at) ?? fault(Kind.walk, level);
  const leaf = findLeaf(ipa, base, page, inputBits, firstLevel, outputBits, read, fault);
  const d = leaf.descriptor;
  if (!bit(d, 10)) fault(Kind.accessFlag, leaf.level);
  const device = bits(d, 5, 4) === 0n;
  const isFetch = access !== "walk" && access.kind === "fetch";
  if (device && access !== "walk" && !access.aligned && !isFetch) {
    throw new ReferenceFault("21" + suffix);
  }
  let allowed: boolean;
  if (isFetch) {
    const xn = Number(bits(d, 54, 53));
    const el0 = access.el0;
    allowed = m.xnx ? (el0 ? xn === 0 || xn === 1 : xn === 0 || xn === 3) : xn < 2;
  } else allowed = bit(d, access !== "walk" && access.kind === "write" ? 7 : 6);
  if (!allowed || (device && access === "walk" && m.protectedWalk)) {
    fault(Kind.permission, leaf.level);
  }
  return { pa: leaf.output, device };
}

function stage1(m: ReferenceMachine, access: ReferenceAccess): bigint {
  const fault = (kind: number, level: number): never => {
    throw new ReferenceFault((kind + level).toString(16));
  };
  const { va } = access;
  const upper = bit(va, 55) ? 1 : 0;
  const tsz = Number(upper ? bits(m.tcr, 21, 16) : bits(m.tcr, 5, 0));
  const tg = Number(upper ? bits(m.tcr, 31, 30) : bits(m.tcr, 15, 14));
  const page = (upper ? [12, 14, 12, 16] : [12, 16, 14, 12])[tg] as number;
  const inputBits = 64 - Math.min(39, Math.max(16, tsz));
  const top = bit(m.tcr, 37 + upper) ? 55 : 63;
  const outside = bits(va, top, inputBits);
  const width = BigInt(top - inputBits + 1);
  if (outside !== (upper ? (1n << width) - 1n : 0n)) fault(Kind.translation, 0);
  if (bit(m.tcr, upper ? 23 : 7)) fault(Kind.translation, 0);
  const outputBits = Math.min(m.addressBits, SizeBits[Number(bits(m.tcr, 34, 32))] as number);
  let firstLevel = 3;
  while (page + (4 - firstLevel) * (page - 3) < inputBits) firstLevel--;
  const tableBytes = 8n << BigInt(inputBits - page - (3 - firstLevel) * (page - 3));
  const base = (bits(m.ttbr[upper] as bigint, 47, 0) / tableBytes) * tableBytes;
  const read = (at: bigint, level: number) => {
    const pa = m.vtcr === undefined ? at : stage2(m, at, "walk").pa;
    return m.read(pa) ?? fault(Kind.walk, level);
  };
  const leaf = findLeaf(va, base, page, inputBits, firstLevel, outputBits, read, fault);
  const d = leaf.descriptor;
  if (!bit(d, 10)) fault(Kind.accessFlag, leaf.level);
  const device = bits(m.mair >> (bits(d, 4, 2) * 8n), 7, 4) === 0n;
  if (device && !access.aligned && access.kind !== "fetch") throw new ReferenceFault("21");
  const inherited = (at: number) => leaf.tables.some((table) => bit(table, at));
  const user = bit(d, 6) && !inherited(61);
  const readOnly = bit(d, 7) || inherited(62);
  const userWrite = user && !readOnly;
  let allowed: boolean;
  if (access.kind === "fetch") {
    allowed = access.el0
      ? !(bit(d, 54) || inherited(60) || (m.wxn && userWrite))
      : !(bit(d, 53) || inherited(59) || userWrite || (m.wxn && !readOnly));
  } else {
    allowed = access.el0 ? user : !(access.pan && user);
    if (access.kind === "write" && readOnly) allowed = false;
  }
  if (!allowed) fault(Kind.permission, leaf.level);
  return leaf.output;
}

/** Physical address, or the fault as text. */
export function referenceTranslate(m: ReferenceMachine, access: ReferenceAccess): string {
  try {
    const ipa = stage1(m, access);
    const pa = m.vtcr === undefined ? ipa : stage2(m, ipa, access).pa;
    return pa.toString(16);
  } catch (error) {
    if (error instanceof ReferenceFault) return "fault " + error.text;
    throw error;
  }
}
