/* Making translation tables of any granule, and the probes and checks of the other files. */
#include "mmu.h"

const struct granule *granule;
unsigned va_bits;
uint64_t *root;
char pages[4][0x10000] __attribute__((aligned(0x10000)));

static char pool[24][0x10000] __attribute__((aligned(0x10000)));
static unsigned pool_used;

SHARED_PROBE(load, "ldr x0, [x0]");
SHARED_PROBE(store, "str x1, [x0]");
SHARED_PROBE(load_user, "ldtr x0, [x0]");
SHARED_PROBE(store_user, "sttr x1, [x0]");
SHARED_PROBE(jump, "br x0");
SHARED_PROBE(call, "stp x29, x30, [sp, #-16]!\n\tblr x0\n\tldp x29, x30, [sp], #16");

uint64_t *new_table(void) {
    return memset(pool[pool_used++ % 24], 0, 1ul << granule->shift);
}

void sync(void) { asm volatile("dsb sy; isb" ::: "memory"); }

void flush(void) { asm volatile("dsb sy; tlbi vmalle1; dsb sy; isb" ::: "memory"); }

unsigned level_shift(unsigned level) {
    return granule->shift + (3 - level) * (granule->shift - 3);
}

unsigned start_level(void) {
    unsigned level = 3;
    while (level > 0 && level_shift(level - 1) < va_bits) level--;
    return level;
}

uint64_t va_base(void) { return ~0ul << va_bits; }

uint64_t *entry(uint64_t va, unsigned level) {
    uint64_t *table = root;
    for (unsigned l = start_level();; l++) {
        unsigned bits = l == start_level() ? va_bits - level_shift(l) : granule->shift - 3;
        uint64_t *e = &table[va >> level_shift(l) & ((1ul << bits) - 1)];
        if (l == level) return e;
        if (!(*e & VALID)) *e = (uint64_t)new_table() | TABLE | VALID;
        table = (uint64_t *)(*e & 0xfffffffff000);
    }
}

void map(uint64_t va, unsigned level, uint64_t pa, uint64_t bits) {
    *entry(va, level) = pa | bits | VALID | (level == 3 ? TABLE : 0);
    sync();
}

void use(const struct granule *g, unsigned bits) {
    granule = g;
    va_bits = bits;
    pool_used = 0;
    root = new_table();
    sync();
    uint64_t tcr = READ(tcr_el1) & ~(0xfffful << 16) & ~(1ul << 38);
    WRITE(tcr_el1, tcr | (64ul - bits) << 16 | 1 << 24 | 1 << 26 | 3 << 28 | (uint64_t)g->tg1 << 30);
    WRITE(ttbr1_el1, root);
    flush();
}

void reset(void) {
    pool_used = 0;
    root = new_table();
    WRITE(ttbr1_el1, root);
    flush();
}

void faults(enum mode mode, const char *code, uint64_t va, unsigned kind, unsigned level) {
    attempt(mode, code, va, 0);
    bool fetch = code == jump;
    uint64_t ec = (fetch ? 0x20 : 0x24) + (mode == EL0 ? 0 : 1);
    uint64_t iss = kind + level + (code == store || code == store_user ? (uint64_t)WNR : 0);
    uint64_t elr = fetch ? va : (uint64_t)code + (mode == EL0 ? user_offset : 0);
    expect_exception(ESR(ec, iss), elr);
    equal("FAR", fault.far, va);
}

void works(enum mode mode, const char *code, uint64_t va) {
    attempt(mode, code, va, 0x5a5a);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

uint64_t read(uint64_t va) {
    attempt(EL1H, load, va, 0);
    if (fault.taken) equal("ESR of a read", fault.esr, 0);
    return attempt_result;
}

void write_code(char *page, unsigned value) {
    uint32_t code[] = { 0x52800000 | value << 5, 0xd65f03c0 };
    memcpy(page, code, sizeof code);
    asm volatile("dc cvau, %0; dsb ish; ic ivau, %0; dsb ish; isb" : : "r"(page) : "memory");
}
