/**
 * Guests of a few instructions, as words at offsets from where they are loaded.
 *
 * @module
 * @table
 */

/** A program: words, and the offset of the first. */
export type Program = readonly (readonly [offset: number, words: readonly number[]])[];

/** The bytes of a program. */
export function programBytes(program: Program): Uint8Array {
  const end = Math.max(...program.map(([offset, words]) => offset + words.length * 4));
  const view = new DataView(new ArrayBuffer(end));
  for (const [offset, words] of program) {
    words.forEach((word, i) => view.setUint32(offset + i * 4, word, true));
  }
  return new Uint8Array(view.buffer);
}

/** Says A and jumps to where there is no memory. */
export const Lost: Program = [
  [0x0, [
    0xd2a1_2001, // mov x1, #0x9000000
    0x5280_0820, // mov w0, #0x41
    0xb900_0020, // str w0, [x1]
    0xd2a4_0002, // mov x2, #0x20000000
    0xd61f_0040, // br x2
  ]],
];

/** Loads from where nothing is; so does its handler. */
export const Loop: Program = [
  [0x0, [
    0xd2a4_0002, // mov x2, #0x20000000
    0xd2a8_0103, // mov x3, #0x40080000
    0x9120_0063, // add x3, x3, #0x800
    0xd518_c003, // msr vbar_el1, x3
    0xf940_0040, // ldr x0, [x2]
  ]],
  [0xa00, [
    0xf940_0040, // ldr x0, [x2]
  ]],
];

/** Turns on an MMU that maps neither where it jumps to nor its vectors. */
export const FetchLoop: Program = [
  [0x0, [
    0xd2b4_0003, // mov x3, #0xa0000000
    0xd518_c003, // msr vbar_el1, x3
    0x1000_7fc4, // adr x4, 1000 <table>
    0xd518_2004, // msr ttbr0_el1, x4
    0xd286_a325, // mov x5, #0x3519
    0xf2c0_0025, // movk x5, #0x1, lsl #32
    0xd518_2045, // msr tcr_el1, x5
    0xd280_1fe6, // mov x6, #0xff
    0xd518_a206, // msr mair_el1, x6
    0xd503_3fdf, // isb
    0xd538_1007, // mrs x7, sctlr_el1
    0xb240_00e7, // orr x7, x7, #0x1
    0xd518_1007, // msr sctlr_el1, x7
    0xd503_3fdf, // isb
    0xd2b0_0008, // mov x8, #0x80000000
    0xd61f_0100, // br x8
  ]],
  [0x1008, [
    0x4000_0711,
  ]],
];

/** Stores to where nothing is; its handler says E, D and F for the right EC, DFSC and FAR. */
export const Abort: Program = [
  [0x0, [
    0xd2a4_0002, // mov x2, #0x20000000
    0xd2a8_0103, // mov x3, #0x40080000
    0x9120_0063, // add x3, x3, #0x800
    0xd518_c003, // msr vbar_el1, x3
    0xb900_0840, // str w0, [x2, #8]
    0x1400_0000, // b 14 <.text+0x14>
  ]],
  [0xa00, [
    0xd538_5204, // mrs x4, esr_el1
    0xd538_6005, // mrs x5, far_el1
    0xd538_4026, // mrs x6, elr_el1
    0xd2a1_2001, // mov x1, #0x9000000
    0xd35a_fc87, // lsr x7, x4, #26
    0xf100_94ff, // cmp x7, #0x25
    0x5280_08a0, // mov w0, #0x45
    0x5280_0ca8, // mov w8, #0x65
    0x1a88_0000, // csel w0, w0, w8, eq
    0xb900_0020, // str w0, [x1]
    0x9240_1487, // and x7, x4, #0x3f
    0xf100_40ff, // cmp x7, #0x10
    0x5280_0880, // mov w0, #0x44
    0x1a88_0000, // csel w0, w0, w8, eq
    0xb900_0020, // str w0, [x1]
    0x9100_2042, // add x2, x2, #0x8
    0xeb02_00bf, // cmp x5, x2
    0x5280_08c0, // mov w0, #0x46
    0x1a88_0000, // csel w0, w0, w8, eq
    0xb900_0020, // str w0, [x1]
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0003, // smc #0x0
  ]],
];

/** IVCPublish, an unknown hypercall, PSCI_VERSION by SMC, MPIDR, CurrentEL; then off by HVC. */
export const Calls: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd280_0060, // mov x0, #0x3
    0xd400_0002, // hvc #0x0
    0xb100_041f, // cmn x0, #0x1
    0x1a9f_17e1, // cset w1, eq
    0x1100_c021, // add w1, w1, #0x30
    0xb900_0121, // str w1, [x9]
    0xd280_09a0, // mov x0, #0x4d
    0xd400_0002, // hvc #0x0
    0xf101_341f, // cmp x0, #0x4d
    0x1a9f_17e1, // cset w1, eq
    0x1100_c021, // add w1, w1, #0x30
    0xb900_0121, // str w1, [x9]
    0xd2b0_8000, // mov x0, #0x84000000
    0xd400_0003, // smc #0x0
    0x5310_7c01, // lsr w1, w0, #16
    0x1100_c021, // add w1, w1, #0x30
    0xb900_0121, // str w1, [x9]
    0xd538_00a0, // mrs x0, mpidr_el1
    0x1200_1c01, // and w1, w0, #0xff
    0x1100_c021, // add w1, w1, #0x30
    0xb900_0121, // str w1, [x9]
    0xd538_4240, // mrs x0, currentel
    0x5302_7c01, // lsr w1, w0, #2
    0x1100_c021, // add w1, w1, #0x30
    0xb900_0121, // str w1, [x9]
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];

/** Never ends. */
export const Spin: Program = [
  [0x0, [
    0x1400_0000, // b 0 <.text>
  ]],
];

/** Says what memory and a register of the UART hold, changes them and resets. */
export const Reset: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd2a8_0a02, // mov x2, #0x40500000
    0xb940_0043, // ldr w3, [x2]
    0x1100_c061, // add w1, w3, #0x30
    0xb900_0121, // str w1, [x9]
    0x5280_00a4, // mov w4, #0x5
    0xb900_0044, // str w4, [x2]
    0xb940_2123, // ldr w3, [x9, #32]
    0x1100_c061, // add w1, w3, #0x30
    0xb900_0121, // str w1, [x9]
    0xb900_2124, // str w4, [x9, #32]
    0xd280_0120, // mov x0, #0x9
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];

/**
 * Loads and stores that syndromes do not describe, on a PL011 that is played: writes abccd, then 1
 * for a base that was written back, 5 and @ for identification registers.
 */
export const Undescribed: Program = [
  [0x0, [
    0xd2a1_2001, // mov x1, #0x9000000
    0xd2a0_0609, // mov x9, #0x300000
    0xd518_1049, // msr cpacr_el1, x9
    0xd503_3fdf, // isb
    0x5280_0c20, // mov w0, #0x61
    0x3800_4420, // strb w0, [x1], #4
    0xd100_1026, // sub x6, x1, #0x4
    0xaa06_03e1, // mov x1, x6
    0x5280_0c40, // mov w0, #0x62
    0x5280_0002, // mov w2, #0x0
    0x2900_0820, // stp w0, w2, [x1]
    0x5280_0c60, // mov w0, #0x63
    0x1e27_0000, // fmov s0, w0
    0xbd00_0020, // str s0, [x1]
    0x3d80_0020, // str q0, [x1]
    0xaa01_03ea, // mov x10, x1
    0x9100_015f, // mov sp, x10
    0x5280_0c80, // mov w0, #0x64
    0xb800_0fe0, // str w0, [sp, #0]!
    0xd2a1_2007, // mov x7, #0x9000000
    0x913f_80e7, // add x7, x7, #0xfe0
    0x28c1_10e3, // ldp w3, w4, [x7], #8
    0x0b04_0063, // add w3, w3, w4
    0xb840_44e4, // ldr w4, [x7], #4
    0x0b04_0063, // add w3, w3, w4
    0x1200_1863, // and w3, w3, #0x7f
    0xd100_30e7, // sub x7, x7, #0xc
    0xd2a1_2008, // mov x8, #0x9000000
    0x913f_8108, // add x8, x8, #0xfe0
    0xeb08_00ff, // cmp x7, x8
    0x1a9f_17e4, // cset w4, eq
    0x1100_c084, // add w4, w4, #0x30
    0xb900_0024, // str w4, [x1]
    0xb900_0023, // str w3, [x1]
    0xfd40_0101, // ldr d1, [x8]
    0x9e66_0023, // fmov x3, d1
    0xd360_fc63, // lsr x3, x3, #32
    0x1100_c063, // add w3, w3, #0x30
    0xb900_0023, // str w3, [x1]
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];

/**
 * Publishes a page under key 7 (says 0, and 1 for its size), cannot do so again (1), writes H into it,
 * waits for another character, says that and takes the page back (0).
 */
export const Publisher: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd2a8_0a0a, // mov x10, #0x40500000
    0xd280_0060, // mov x0, #0x3
    0xd280_00e1, // mov x1, #0x7
    0xaa0a_03e2, // mov x2, x10
    0x9100_2143, // add x3, x10, #0x8
    0xd286_0004, // mov x4, #0x3000
    0xf900_0064, // str x4, [x3]
    0xd400_0002, // hvc #0x0
    0x1100_c000, // add w0, w0, #0x30
    0xb900_0120, // str w0, [x9]
    0xf940_0145, // ldr x5, [x10]
    0xf940_0546, // ldr x6, [x10, #8]
    0xf140_04df, // cmp x6, #0x1, lsl #12
    0x1a9f_17e6, // cset w6, eq
    0x1100_c0c6, // add w6, w6, #0x30
    0xb900_0126, // str w6, [x9]
    0x5280_0907, // mov w7, #0x48
    0xb900_10a7, // str w7, [x5, #16]
    0xd280_0060, // mov x0, #0x3
    0xd400_0002, // hvc #0x0
    0xb100_041f, // cmn x0, #0x1
    0x1a9f_17e6, // cset w6, eq
    0x1100_c0c6, // add w6, w6, #0x30
    0xb900_0126, // str w6, [x9]
    0xb940_10a7, // ldr w7, [x5, #16]
    0x7101_20ff, // cmp w7, #0x48
    0x54ff_ffc0, // b.eq 64 <.text+0x64>
    0xb900_0127, // str w7, [x9]
    0xd280_00a0, // mov x0, #0x5
    0xd400_0002, // hvc #0x0
    0x1100_c000, // add w0, w0, #0x30
    0xb900_0120, // str w0, [x9]
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];

/**
 * Subscribes to VM 1's key 7, says what it finds there and the header, answers with h, gives it up
 * (0) and reads once more where nothing is then.
 */
export const Subscriber: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd2a8_0a0a, // mov x10, #0x40500000
    0xd280_0021, // mov x1, #0x1
    0xd280_00e2, // mov x2, #0x7
    0xaa0a_03e3, // mov x3, x10
    0x9100_2144, // add x4, x10, #0x8
    0xd280_0080, // mov x0, #0x4
    0xd400_0002, // hvc #0x0
    0xb5ff_ffc0, // cbnz x0, 18 <.text+0x18>
    0xf940_0145, // ldr x5, [x10]
    0xb940_10a7, // ldr w7, [x5, #16]
    0x34ff_ffe7, // cbz w7, 28 <.text+0x28>
    0xb900_0127, // str w7, [x9]
    0xb940_00a6, // ldr w6, [x5]
    0x1100_c0c6, // add w6, w6, #0x30
    0xb900_0126, // str w6, [x9]
    0xb940_08a6, // ldr w6, [x5, #8]
    0x1100_c0c6, // add w6, w6, #0x30
    0xb900_0126, // str w6, [x9]
    0x5280_0d07, // mov w7, #0x68
    0xb900_10a7, // str w7, [x5, #16]
    0xd280_00c0, // mov x0, #0x6
    0xd400_0002, // hvc #0x0
    0x1100_c000, // add w0, w0, #0x30
    0xb900_0120, // str w0, [x9]
    0xb940_00a7, // ldr w7, [x5]
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];

/**
 * Says what it finds in memory; then, every 40 µs or so, counts there by exclusive accesses, waits
 * for its timer, and says how often an exclusive store had to be done again.
 */
export const Ticker: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd2a1_000a, // mov x10, #0x8000000
    0xd2a1_002b, // mov x11, #0x8010000
    0x5280_0020, // mov w0, #0x1
    0xb900_0140, // str w0, [x10]
    0x52a1_0000, // mov w0, #0x8000000
    0xb901_0140, // str w0, [x10, #256]
    0x5280_1fe0, // mov w0, #0xff
    0xb900_0560, // str w0, [x11, #4]
    0x5280_0020, // mov w0, #0x1
    0xb900_0160, // str w0, [x11]
    0xd2a8_0a02, // mov x2, #0x40500000
    0xb940_0043, // ldr w3, [x2]
    0x1100_c061, // add w1, w3, #0x30
    0xb900_0121, // str w1, [x9]
    0xd281_3880, // mov x0, #0x9c4
    0xd51b_e300, // msr cntv_tval_el0, x0
    0xd280_0020, // mov x0, #0x1
    0xd51b_e320, // msr cntv_ctl_el0, x0
    0x5280_2587, // mov w7, #0x12c
    0x885f_7c44, // ldxr w4, [x2]
    0x1100_0484, // add w4, w4, #0x1
    0x8805_7c44, // stxr w5, w4, [x2]
    0x0b05_00c6, // add w6, w6, w5
    0x35ff_ff85, // cbnz w5, 50 <again>
    0x7100_04e7, // subs w7, w7, #0x1
    0x54ff_ff41, // b.ne 50 <again>
    0xd503_207f, // wfi
    0xb940_0d63, // ldr w3, [x11, #12]
    0xd51b_e33f, // msr cntv_ctl_el0, xzr
    0xb900_1163, // str w3, [x11, #16]
    0x1200_0cc1, // and w1, w6, #0xf
    0x1101_8421, // add w1, w1, #0x61
    0xb900_0121, // str w1, [x9]
    0x17ff_ffed, // b 3c <tick>
  ]],
];

/** Waits, busily, for the board's power key; then says P and powers off. */
export const PowerKey: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd2a1_206a, // mov x10, #0x9030000
    0xb940_2140, // ldr w0, [x10, #32]
    0x34ff_ffe0, // cbz w0, 8 <poll>
    0x5280_0a01, // mov w1, #0x50
    0xb900_0121, // str w1, [x9]
    0xd280_0100, // mov x0, #0x8
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];

/** Waits for an interrupt that never comes. */
export const Idle: Program = [
  [0x0, [
    0xd503_207f, // wfi
    0x17ff_ffff, // b 0 <.text>
  ]],
];

/** Turns vCPU 1 on again and again and says O; that one says o and turns itself off. */
export const Comings: Program = [
  [0x0, [
    0xd2a1_2009, // mov x9, #0x9000000
    0xd280_0034, // mov x20, #0x1
    0xd280_0060, // mov x0, #0x3
    0xf2b8_8000, // movk x0, #0xc400, lsl #16
    0xaa14_03e1, // mov x1, x20
    0x1000_0122, // adr x2, 38 <other>
    0xaa14_03e3, // mov x3, x20
    0xd400_0002, // hvc #0x0
    0x5280_09e1, // mov w1, #0x4f
    0xb900_0121, // str w1, [x9]
    0x5280_fa04, // mov w4, #0x7d0
    0x7100_0484, // subs w4, w4, #0x1
    0x54ff_ffe1, // b.ne 2c <again+0x24>
    0x17ff_fff5, // b 8 <again>
    0xd2a1_2009, // mov x9, #0x9000000
    0x5280_0de1, // mov w1, #0x6f
    0xb900_0121, // str w1, [x9]
    0x5282_7104, // mov w4, #0x1388
    0x7100_0484, // subs w4, w4, #0x1
    0x54ff_ffe1, // b.ne 48 <other+0x10>
    0xd280_0040, // mov x0, #0x2
    0xf2b0_8000, // movk x0, #0x8400, lsl #16
    0xd400_0002, // hvc #0x0
  ]],
];
