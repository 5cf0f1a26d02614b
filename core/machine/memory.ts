/** The linear memory of a machine, and where guest RAM lies in it. @module */

import { MemoryMap, PageBytes } from "../memory_map.ts";

/** A bank of guest RAM. */
export interface RamBank {
  /** Guest-physical address. */
  readonly base: number;
  /** Bytes: a multiple of the page size. */
  readonly size: number;
}

const WasmPage = 65536;

/** The one memory: CPU state, TLBs, decoded records and RAM. Pages are not touched until used. */
export function createMemory(ramBytes: number): WebAssembly.Memory {
  const pages = BigInt(Math.ceil((MemoryMap.ram + ramBytes) / WasmPage));
  const descriptor = { initial: pages, maximum: pages, address: "i64" };
  return new WebAssembly.Memory(descriptor as unknown as WebAssembly.MemoryDescriptor);
}

/** Guest-physical addresses as offsets in the linear memory. */
export class Ram {
  readonly banks: readonly RamBank[];
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #hosts: readonly number[];

  constructor(memory: WebAssembly.Memory, banks: readonly RamBank[]) {
    this.banks = banks;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    let host: number = MemoryMap.ram;
    this.#hosts = banks.map((bank) => {
      const at = host;
      host += Math.ceil(bank.size / PageBytes) * PageBytes;
      return at;
    });
  }

  /** Bytes of RAM in all banks. */
  get size(): number {
    return this.banks.reduce((sum, bank) => sum + bank.size, 0);
  }

  /** Offset in the linear memory of the byte at `pa`; −1 when it is not RAM. */
  hostOffset(pa: number): number {
    for (let i = 0; i < this.banks.length; i++) {
      const { base, size } = this.banks[i] as RamBank;
      if (pa >= base && pa < base + size) return (this.#hosts[i] as number) + (pa - base);
    }
    return -1;
  }

  /**
   * A view of `size` bytes of RAM at `pa`.
   *
   * @throws {RangeError} When they are not all in one bank.
   */
  slice(pa: number, size: number): Uint8Array {
    const host = this.hostOffset(pa);
    if (host < 0 || (size > 0 && this.hostOffset(pa + size - 1) !== host + size - 1)) {
      const range = `0x${pa.toString(16)}..0x${(pa + size).toString(16)}`;
      throw new RangeError(`Cannot reach ${range}: it must lie in one bank of RAM`);
    }
    return this.bytes.subarray(host, host + size);
  }
}
