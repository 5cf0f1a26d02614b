/** A growing buffer of WebAssembly code bytes. @module */

const encoder = new TextEncoder();

/** Appends bytes, integers in LEB128 and other buffers. */
export class Code {
  #bytes = new Uint8Array(256);
  /** Bytes written so far. */
  length = 0;

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(this.length + 1);
    this.#bytes[this.length++] = value;
  }
  bytes(values: ArrayLike<number>): void {
    const { length } = values;
    if (this.length + length > this.#bytes.length) this.#grow(this.length + length);
    // `set` costs more than it does for what is short.
    if (length > 8) this.#bytes.set(values, this.length);
    else for (let i = 0; i < length; i++) this.#bytes[this.length + i] = values[i] as number;
    this.length += length;
  }
  /** Unsigned LEB128 of an integer below 2^53. */
  uleb(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }
  /** Signed LEB128 of a 32-bit integer. */
  sleb32(value: number): void {
    value |= 0;
    while (value < -0x40 || value >= 0x40) {
      this.byte((value & 0x7f) | 0x80);
      value >>= 7;
    }
    this.byte(value & 0x7f);
  }
  /** Signed LEB128 of a 64-bit integer. */
  sleb64(value: bigint): void {
    value = BigInt.asIntN(64, value);
    if (value === BigInt.asIntN(32, value)) return this.sleb32(Number(value));
    while (value < -0x40n || value >= 0x40n) {
      this.byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    this.byte(Number(value & 0x7fn));
  }
  text(value: string): void {
    const encoded = encoder.encode(value);
    this.uleb(encoded.length);
    this.bytes(encoded);
  }
  /** The bytes written so far; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }
  clear(): void {
    this.length = 0;
  }
  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
