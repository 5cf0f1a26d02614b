/**
 * Whether this host's relaxed multiply-add rounds once, as the architecture's does.
 *
 * @module
 */

/** `f32x4.relaxed_madd` and `f64x2.relaxed_madd` as functions of three numbers. */
function compile(code: number, number: number, splat: number, extract: number) {
  const type = [1, 8, 1, 0x60, 3, number, number, number, 1, number];
  const operands = [0, 1, 2].flatMap((n) => [0x20, n, 0xfd, splat]);
  const body = [0, ...operands, 0xfd, code, 2, 0xfd, extract, 0, 0x0b];
  const module = new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...type,
    ...[3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  return exports.f as (a: number, b: number, c: number) => number;
}

/** The product's last bit is lost unless it is added before rounding. */
function isFused(madd: (a: number, b: number, c: number) => number, bits: number): boolean {
  const e = 2 ** -bits;
  return madd(1 + e, 1 - e, -1) === -e * e && madd(1 + e, -1 - e, 1 + 2 * e) === -e * e;
}

function probe(): boolean {
  try {
    return isFused(compile(0x85, 0x7d, 0x13, 0x1f), 13) &&
      isFused(compile(0x87, 0x7c, 0x14, 0x21), 30);
  } catch {
    return false;
  }
}

/** See the module. */
export const hasFusedMadd: boolean = probe();
