/**
 * Where everything lies in the one WebAssembly memory: CPU state, TLBs, decoded records, guest RAM.
 *
 * @module
 */

/** Bytes of guest memory one TLB entry and one record page cover. */
export const PageBytes = 4096;

/** Most cores a board may have. */
export const MaxCores = 8;

/** Byte addresses and sizes in the linear memory. */
export const MemoryMap = {
  /** State of the core that is running now; generated code addresses it by constants. */
  window: 0x1000,
  /** Bytes of state a core has. */
  stateBytes: 0x2000,
  /** Pages that the loops of the running region access: {@linkcode MaxSites} pairs of VA and addend. */
  sites: 0x4000,
  /** State of the cores that are not running, one block each. */
  saved: 0x10_0000,
  /** Jump counters of the interpreter, {@linkcode HeatBytes} of them. */
  heat: 0x20_0000,
  /** Software TLBs: {@linkcode Tlb.contexts} tables a core. */
  tlb: 0x100_0000,
  /** One u32 for each 4 KiB page of RAM: index of its record page plus one, 0 when it has none. */
  pageRecords: 0x500_0000,
  /** Record pages, handed out in order. */
  records: 0x600_0000,
  /** Most record pages that may exist at once. */
  maxRecordPages: 16384,
  /** First byte of guest RAM. */
  ram: 0x1800_0000,
} as const;

/** Most accesses of one region that remember their page. */
export const MaxSites = 64;

/** Bytes of the jump counters. */
export const HeatBytes = 0x10_0000;

/** Geometry of the software TLB (see core/mmu/tlb.ts). */
export const Tlb = {
  /** Entries in the table of one context; direct-mapped by the lowest bits of the VA's page number. */
  entries: 4096,
  /** read tag i64, write tag i64, execute tag i64, addend i64. */
  entryBytes: 32,
  readTag: 0,
  writeTag: 8,
  executeTag: 16,
  addend: 24,
  /** Contexts (regime, EL0 or not, VMID, ASID) a core keeps at once. */
  contexts: 64,
  /** Tag that nothing matches: bit 11 is set neither in a page address nor in a misalignment. */
  empty: 0x800n,
} as const;

/** A VA shifted right by 7 and masked by this is the offset of its entry in a context. */
export const TlbIndexMask = (Tlb.entries - 1) * Tlb.entryBytes;

/** Bytes of one TLB context. */
export const TlbContextBytes = Tlb.entries * Tlb.entryBytes;

/** Geometry of decoded records. */
export const Records = {
  recordBytes: 16,
  /** 1024 instructions and the end-of-page record. */
  perPage: 1025,
  /** Bytes from one record page to the next: a multiple of 16 above 1025 × 16. */
  pageStride: 1025 * 16 + 16,
} as const;
