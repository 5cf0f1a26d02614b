/** Where programs have their pages, and the tables that map them. @module */

/** Bytes of RAM of the simulators that run programs. */
export const RamBytes = 0x2_0000;
/** Where it begins. */
export const Ram = 0x4000_0000;
const Page = 4096;

/** Address of a page of RAM, mapped or as the MMU sees it. */
export const page = (index: number): number => Ram + index * Page;

/** Pages by their use; the virtual address equals the physical one unless said otherwise. */
export const Pages = {
  vectors: 0,
  log: 1,
  /** Four pages of code, writable. */
  code: 2,
  /** Tables of branch targets. */
  targets: 6,
  /** Eight pages of data; the fifth is open to EL0 even in programs at EL1. */
  data: 8,
  readOnly: 16,
  unmapped: 17,
  /** Virtual: the second data page again. */
  dataAlias: 18,
  /** Virtual: the second code page again, to write to. */
  codeAlias: 19,
  /** Virtual: the first code page again, to execute. */
  executeAlias: 20,
  noAccessFlag: 21,
  /** Data, with nothing after it. */
  last: 22,
  tables: 24,
  /** Virtual: two pages that programs map anew. */
  moving: 28,
} as const;

/** The UART. */
export const Uart = 0x0900_0000;

const Valid = 3;
const AccessFlag = 1 << 10;
const Shared = 3 << 8;
const NotGlobal = 1 << 11;
const El0 = 1 << 6;
const ReadOnly = 1 << 7;
const NoExecute = 3n << 53n;

/** Descriptor of a page of data. */
export function dataPage(index: number, attributes = 0): bigint {
  const low = page(index) + (Valid | AccessFlag | Shared | NotGlobal | attributes);
  return BigInt(low) | NoExecute;
}

/** Attribute bits for {@linkcode dataPage}. */
export const Attribute = { el0: El0, readOnly: ReadOnly } as const;

/** Address of the descriptor of a page's address. */
export const descriptorAt = (index: number): number => page(Pages.tables + 2) + index * 8;

/** Values of the registers that say how to translate. */
export const TranslationRegisters = {
  TTBR0_EL1: BigInt(page(Pages.tables)),
  TCR_EL1: 25n | (3n << 12n) | (5n << 8n) | (1n << 23n),
  MAIR_EL1: 0x00ffn,
} as const;

/** Writes the tables for a program whose code runs at EL0 or at EL1. */
export function writeTables(image: Uint8Array, atEl0: boolean): void {
  const view = new DataView(image.buffer);
  const put = (table: number, index: number, value: bigint) =>
    view.setBigUint64((table * Page) + index * 8, value, true);
  const t = Pages.tables;
  put(t, 0, BigInt(page(t + 3) + Valid));
  put(t, 1, BigInt(page(t + 1) + Valid));
  put(t + 1, 0, BigInt(page(t + 2) + Valid));
  const device = BigInt(Uart + (1 | AccessFlag | El0 | (1 << 2))) | NoExecute;
  put(t + 3, Uart >>> 21, device);
  const map = (at: number, value: bigint) => put(t + 2, at, value);
  const own = atEl0 ? El0 : 0;
  const code = (index: number) => BigInt(page(index) + (Valid | AccessFlag | Shared | own));
  map(Pages.vectors, BigInt(page(0) + (Valid | AccessFlag | Shared | ReadOnly)));
  map(Pages.log, dataPage(Pages.log));
  for (let i = 0; i < 4; i++) map(Pages.code + i, code(Pages.code + i));
  for (const i of [Pages.targets, Pages.last]) map(i, dataPage(i, own));
  for (let i = 0; i < 8; i++) map(Pages.data + i, dataPage(Pages.data + i, i === 4 ? El0 : own));
  map(Pages.readOnly, dataPage(Pages.readOnly, ReadOnly | own));
  map(Pages.dataAlias, dataPage(Pages.data + 1, own));
  map(Pages.codeAlias, dataPage(Pages.code + 1, own));
  map(Pages.executeAlias, code(Pages.code));
  map(Pages.noAccessFlag, dataPage(Pages.noAccessFlag, own) ^ BigInt(AccessFlag));
  for (let i = 0; i < 3; i++) map(Pages.tables + i, dataPage(Pages.tables + i));
  for (let i = 0; i < 2; i++) map(Pages.moving + i, dataPage(Pages.data + i, own));
}
