/* Code that runs once: functions made at run time, all different, each called one time. */
#include "bench.h"

enum { FUNCTION_WORDS = 32, FUNCTIONS = CODE_BYTES / 4 / FUNCTION_WORDS, RET = 0xd65f03c0u };

/* A word that works on x0 to x5 and on the memory at x1; `left` words follow it. */
static uint32_t make_word(uint64_t random, unsigned left) {
    uint32_t r = (uint32_t)(random >> 8), d = 2 + r % 4, n = (r >> 2) % 2 == 0 ? 0 : 2 + (r >> 3) % 4;
    uint32_t registers = n << 5 | d, imm12 = (r >> 6 & 0xfff) << 10, skip = 2 + (r >> 18) % 2;
    if (skip > left) skip = left;
    switch (random & 15) {
    case 0: return 0xd2800000u | (r >> 6 & 0xffff) << 5 | d;      /* movz */
    case 1: return 0xf2a00000u | (r >> 6 & 0xffff) << 5 | d;      /* movk, lsl #16 */
    case 2: return 0x91000000u | imm12 | registers;               /* add, immediate */
    case 3: return 0xd1000000u | imm12 | registers;               /* sub, immediate */
    case 4: case 5: return 0x8b000000u | d << 16 | n << 5;        /* add x0, n, d */
    case 6: return 0xcac00000u | d << 16 | (r >> 20 & 63) << 10;  /* eor x0, x0, d, ror */
    case 7: return 0x9b000000u | d << 16 | d << 10 | registers;   /* madd */
    case 8: return 0xd3400000u | (r >> 6 & 31) << 16 | 63 << 10 | registers; /* ubfm: lsr */
    case 9: case 10: return 0xf9400000u | (imm12 & 511 << 10) | 1 << 5 | d;  /* ldr */
    case 11: return 0xf9000000u | (imm12 & 511 << 10) | 1 << 5;   /* str x0 */
    case 12: return 0xeb000000u | d << 16 | n << 5 | 31;          /* cmp n, d */
    case 13: return 0x9a800000u | (r >> 22) % 14 << 12 | d << 16 | n << 5;   /* csel x0 */
    case 14: return 0xb4000000u | skip << 5 | d;                  /* cbz, forward */
    default: return 0x54000000u | skip << 5 | (r >> 22) % 14;     /* b.cond, forward */
    }
}

static void make_function(uint32_t *words, struct random *random) {
    for (unsigned i = 0; i < FUNCTION_WORDS - 1; i++) {
        words[i] = make_word(next_random(random), FUNCTION_WORDS - 1 - i);
    }
    words[FUNCTION_WORDS - 1] = RET;
}

/* Calls code that the compiler knows nothing of, with defined scratch registers. */
static uint64_t call(const uint32_t *code, uint64_t value, uint64_t *memory) {
    register uint64_t x0 asm("x0") = value;
    register uint64_t *x1 asm("x1") = memory;
    asm volatile("mov x2, x0; mov x3, #3; mov x4, #4; mov x5, #5; subs xzr, x0, #0; blr %2"
                 : "+r"(x0), "+r"(x1)
                 : "r"(code)
                 : "x2", "x3", "x4", "x5", "x30", "cc", "memory");
    return x0;
}

static uint64_t cold(unsigned iterations) {
    struct random random = RANDOM_START;
    uint64_t *memory = data_at(0), sum = 1;
    memset(memory, 0, 512 * 8);
    while (iterations > 0) {
        unsigned count = iterations < FUNCTIONS ? iterations : FUNCTIONS;
        uint32_t *code = code_at(0);
        for (unsigned i = 0; i < count; i++) make_function(code + i * FUNCTION_WORDS, &random);
        for (unsigned i = 0; i < count * FUNCTION_WORDS; i += 16) {
            asm volatile("dc cvau, %0" : : "r"(code + i) : "memory");
        }
        asm volatile("dsb ish; ic iallu; dsb ish; isb" ::: "memory");
        for (unsigned i = 0; i < count; i++) sum = call(code + i * FUNCTION_WORDS, sum, memory);
        iterations -= count;
    }
    return sum;
}

const struct benchmark cold_benchmarks[] = {
    { "cold", cold, 41000, NULL },
    { NULL, NULL, 0, NULL },
};
