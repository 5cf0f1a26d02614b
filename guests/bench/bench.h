/* CPU benchmarks on the bare machine: what the parts share. */
#pragma once
#include <stdbool.h>
#include "../common/text.h"

#define TEXT(name) #name
#define READ(name) ({ uint64_t v_; asm volatile("mrs %0, " TEXT(name) : "=r"(v_) : : "memory"); v_; })
#define WRITE(name, value) \
    asm volatile("msr " TEXT(name) ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

/* A benchmark. run() returns a checksum of what it computed, the same on every machine. */
struct benchmark {
    const char *name;
    uint64_t (*run)(unsigned iterations);
    unsigned iterations; /* at scale=100 */
    bool (*available)(void); /* NULL: everywhere */
};

extern const struct benchmark integer_benchmarks[], memory_benchmarks[], fp_benchmarks[],
    simd_benchmarks[], cold_benchmarks[], system_benchmarks[]; /* each ends with a NULL name */

/* Memory that nothing clears, mapped by pages of 4 KiB: for data, then for generated code. */
extern uint8_t bss_end[];
#define DATA_BYTES (16ul << 20)
#define CODE_BYTES (8ul << 20)
static inline void *data_at(uint64_t offset) { return bss_end + offset; }
static inline void *code_at(uint64_t offset) { return bss_end + DATA_BYTES + offset; }

/* The exception level that the image was entered at. */
extern uint64_t boot_el;

/* Xorshift, from the same seed in each benchmark. */
struct random {
    uint64_t state;
};
#define RANDOM_START { 0x2545f4914f6cdd1dul }
static inline uint64_t next_random(struct random *r) {
    uint64_t x = r->state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return r->state = x;
}

void paging_enable(void);
