/* Stage 1 at EL1: every granule that the core has, in the TTBR1 half (TTBR0 maps the program). */
#include "lib/conformance.h"

enum { VALID = 1, TABLE = 2, NORMAL = 1 << 2, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8,
       AF = 1 << 10, NG = 1 << 11 };
#define PXN (1ul << 53)
#define UXN (1ul << 54)
#define PXN_TABLE (1ul << 59)
#define XN_TABLE (1ul << 60)
#define AP_TABLE_USER (1ul << 61)
#define AP_TABLE_READ_ONLY (1ul << 62)
#define RW (NORMAL | INNER | AF | PXN | UXN)

enum { TRANSLATION = 0x04, ACCESS_FLAG = 0x08, PERMISSION = 0x0c, ADDRESS_SIZE = 0x00 };

struct granule {
    const char *name;
    unsigned shift, tg0, tg1;
    bool present;
};
static struct granule granules[] = {
    { "4K", 12, 0, 2, true }, { "16K", 14, 2, 1, false }, { "64K", 16, 1, 3, false },
};
static const struct granule *granule;
static unsigned va_bits;

static char pool[24][0x10000] __attribute__((aligned(0x10000)));
static char pages[4][0x10000] __attribute__((aligned(0x10000)));
static unsigned pool_used;
static uint64_t *root;

PROBE(load, "ldr x0, [x0]");
PROBE(load_word, "ldr w0, [x0]");
PROBE(store, "str x1, [x0]");
PROBE(load_user, "ldtr x0, [x0]");
PROBE(store_user, "sttr x1, [x0]");
PROBE(jump, "br x0");
PROBE(call, "stp x29, x30, [sp, #-16]!\n\tblr x0\n\tldp x29, x30, [sp], #16");
PROBE(load_post, "mov x2, x0\n.globl load_post_at\nload_post_at:\n\tldr x1, [x2], #8");
PROBE(load_pair_post, "mov x2, x0\n.globl load_pair_at\nload_pair_at:\n\tldp x1, x3, [x2], #16");
PROBE(load_with_pan, "msr S3_0_C4_C2_3, x1\n.globl load_pan_at\nload_pan_at:\n\tldr x0, [x0]\n\t"
                     "msr S3_0_C4_C2_3, xzr");
PROBE(load_user_with_pan, "msr S3_0_C4_C2_3, x1\n\tldtr x0, [x0]\n\tmsr S3_0_C4_C2_3, xzr");
PROBE(zero_block, "dc zva, x0");

static uint64_t *new_table(void) {
    return memset(pool[pool_used++ % 24], 0, 1ul << granule->shift);
}

static void sync(void) { asm volatile("dsb sy; isb" ::: "memory"); }

static void flush(void) { asm volatile("dsb sy; tlbi vmalle1; dsb sy; isb" ::: "memory"); }

static unsigned level_shift(unsigned level) {
    return granule->shift + (3 - level) * (granule->shift - 3);
}

static unsigned start_level(void) {
    unsigned level = 3;
    while (level > 0 && level_shift(level - 1) < va_bits) level--;
    return level;
}

static uint64_t va_base(void) { return ~0ul << va_bits; }

/* The entry for `va` at `level`, with the tables above it made as needed. */
static uint64_t *entry(uint64_t va, unsigned level) {
    uint64_t *table = root;
    for (unsigned l = start_level();; l++) {
        unsigned bits = l == start_level() ? va_bits - level_shift(l) : granule->shift - 3;
        uint64_t *e = &table[va >> level_shift(l) & ((1ul << bits) - 1)];
        if (l == level) return e;
        if (!(*e & VALID)) *e = (uint64_t)new_table() | TABLE | VALID;
        table = (uint64_t *)(*e & 0xfffffffff000);
    }
}

static void map(uint64_t va, unsigned level, uint64_t pa, uint64_t bits) {
    *entry(va, level) = pa | bits | VALID | (level == 3 ? TABLE : 0);
    sync();
}

static void use(const struct granule *g, unsigned bits) {
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

static void reset(void) {
    pool_used = 0;
    root = new_table();
    WRITE(ttbr1_el1, root);
    flush();
}

static void faults(enum mode mode, const char *code, uint64_t va, unsigned kind, unsigned level) {
    attempt(mode, code, va, 0);
    bool fetch = code == jump;
    uint64_t ec = (fetch ? 0x20 : 0x24) + (mode == EL0 ? 0 : 1);
    uint64_t iss = kind + level + (code == store || code == store_user ? (uint64_t)WNR : 0);
    uint64_t elr = fetch ? va : (uint64_t)code + (mode == EL0 ? user_offset : 0);
    expect_exception(ESR(ec, iss), elr);
    equal("FAR", fault.far, va);
}

static void works(enum mode mode, const char *code, uint64_t va) {
    attempt(mode, code, va, 0x5a5a);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

static uint64_t read(uint64_t va) {
    attempt(EL1H, load, va, 0);
    if (fault.taken) equal("ESR of a read", fault.esr, 0);
    return attempt_result;
}

/* mov w0, #value; ret */
static void write_code(char *page, unsigned value) {
    uint32_t code[] = { 0x52800000 | value << 5, 0xd65f03c0 };
    memcpy(page, code, sizeof code);
    asm volatile("dc cvau, %0; dsb ish; ic ivau, %0; dsb ish; isb" : : "r"(page) : "memory");
}

static void levels(void) {
    const uint64_t va = va_base() + 0x40000000000ul % (1ul << va_bits) + 0x12340;
    *(uint64_t *)(pages[0] + 0x340) = 0x1111;
    for (unsigned level = start_level(); level <= 3; level++) {
        test("%s/%u: invalid at level %u", granule->name, va_bits, level);
        reset();
        entry(va, level);
        faults(EL1H, load, va, TRANSLATION, level);
        faults(EL1H, store, va, TRANSLATION, level);
        faults(EL0, load_word, va, TRANSLATION, level);
        faults(EL1H, jump, va, TRANSLATION, level);
    }
    test("%s/%u: reserved at level 3", granule->name, va_bits);
    *entry(va, 3) = (uint64_t)pages[0] | RW | VALID;
    sync();
    faults(EL1H, load, va, TRANSLATION, 3);
    test("%s/%u: page", granule->name, va_bits);
    reset();
    uint64_t page = va & ~((1ul << granule->shift) - 1);
    map(page, 3, (uint64_t)pages[0], RW);
    equal("word", read(page + 0x340), 0x1111);
    works(EL1H, store, page + 8);
    equal("stored", *(uint64_t *)(pages[0] + 8), 0x5a5a);
    test("%s/%u: block", granule->name, va_bits);
    reset();
    uint64_t size = 1ul << level_shift(2), offset = (uint64_t)pages[0] & (size - 1);
    uint64_t block = va & ~(size - 1);
    map(block, 2, (uint64_t)pages[0] & ~(size - 1), RW);
    equal("word", read(block + offset + 0x340), 0x1111);
    test("%s/%u: out of range", granule->name, va_bits);
    if (va_bits < 48) faults(EL1H, load, va_base() - 0x1000, TRANSLATION, 0);
    faults(EL1H, load, 0xff00000000000000 | 0x1000, TRANSLATION, 0);
}

static void permissions(void) {
    const uint64_t va = va_base() + 0x200000000ul % (1ul << (va_bits - 1));
    for (unsigned level = 2; level <= 3; level++) {
        uint64_t size = 1ul << level_shift(level);
        uint64_t pa = (uint64_t)pages[1] & ~(size - 1), at = va + ((uint64_t)pages[1] & (size - 1));
        const char *g = granule->name;
        reset();
        test("%s level %u: EL1 only", g, level);
        map(va, level, pa, RW);
        works(EL1H, store, at);
        faults(EL0, load, at, PERMISSION, level);
        faults(EL0, store, at, PERMISSION, level);
        faults(EL1H, load_user, at, PERMISSION, level);
        test("%s level %u: EL1 read-only", g, level);
        map(va, level, pa, RW | READ_ONLY);
        flush();
        works(EL1H, load, at);
        faults(EL1H, store, at, PERMISSION, level);
        faults(EL0, load, at, PERMISSION, level);
        test("%s level %u: EL0 and EL1", g, level);
        map(va, level, pa, RW | USER);
        flush();
        works(EL0, store, at);
        works(EL1H, store, at);
        works(EL1H, store_user, at);
        test("%s level %u: EL0 and EL1 read-only", g, level);
        map(va, level, pa, RW | USER | READ_ONLY);
        flush();
        works(EL0, load, at);
        faults(EL0, store, at, PERMISSION, level);
        faults(EL1H, store_user, at, PERMISSION, level);
        test("%s level %u: execute-never", g, level);
        faults(EL1H, jump, at, PERMISSION, level);
        faults(EL0, jump, at, PERMISSION, level);
        test("%s level %u: writable at EL0 is not executable at EL1", g, level);
        map(va, level, pa, NORMAL | INNER | AF | USER);
        flush();
        faults(EL1H, jump, at, PERMISSION, level);
        test("%s level %u: access flag", g, level);
        map(va, level, pa, RW & ~(uint64_t)AF);
        flush();
        faults(EL1H, load, at, ACCESS_FLAG, level);
        faults(EL1H, store, at, ACCESS_FLAG, level);
        test("%s level %u: address size", g, level);
        map(va, level, 1ul << 45, RW);
        flush();
        faults(EL1H, load, at, ADDRESS_SIZE, level);
    }
}

static void hierarchy(void) {
    const uint64_t va = va_base() + 0x40000000;
    uint64_t *above = entry(va, 2);
    const struct { const char *name; uint64_t bits; } cases[] = {
        { "APTable user", AP_TABLE_USER }, { "APTable read-only", AP_TABLE_READ_ONLY },
        { "PXNTable", PXN_TABLE }, { "UXNTable", XN_TABLE },
    };
    reset();
    for (int i = 0; i < 4; i++) {
        test("%s: %s", granule->name, cases[i].name);
        reset();
        write_code(pages[2], 0);
        uint64_t leaf = NORMAL | INNER | AF | (i >= 2 ? READ_ONLY : 0) | (i == 2 ? 0 : USER);
        map(va, 3, (uint64_t)pages[2], leaf);
        above = entry(va, 2);
        works(EL1H, load, va);
        if (i < 2) works(EL0, load, va);
        if (i == 2) works(EL1H, call, va);
        *above |= cases[i].bits;
        flush();
        if (i == 0) {
            faults(EL0, load, va, PERMISSION, 3);
            works(EL1H, store, va);
        } else if (i == 1) {
            works(EL0, load, va);
            faults(EL0, store, va, PERMISSION, 3);
            faults(EL1H, store, va, PERMISSION, 3);
        } else {
            faults(i == 2 ? EL1H : EL0, jump, va, PERMISSION, 3);
        }
    }
    test("%s: contiguous entries", granule->name);
    reset();
    unsigned count = granule->shift == 12 ? 16 : granule->shift == 14 ? 128 : 32;
    uint64_t target = 0x40000000 + 0x4000000;
    for (unsigned i = 0; i < count; i++) {
        uint64_t offset = (uint64_t)i << granule->shift;
        map(va + offset, 3, target + offset, RW | 1ul << 52);
    }
    uint64_t last = (uint64_t)(count - 1) << granule->shift;
    *(uint64_t *)(target + last) = 0x7777;
    equal("word", read(va + last), 0x7777);
}

static void crossing(void) {
    const uint64_t size = 1ul << granule->shift, va = va_base() + 0x40000000, end = va + size;
    reset();
    map(va, 3, (uint64_t)pages[0], RW);
    map(end, 3, (uint64_t)pages[2], RW);
    test("%s: access across pages that are apart", granule->name);
    attempt(EL1H, store, end - 3, 0x8877665544332211);
    equal("first page", *(uint32_t *)(pages[0] + size - 4) >> 8, 0x332211);
    equal("second page", *(uint64_t *)pages[2] & 0xffffffffff, 0x8877665544);
    equal("read back", read(end - 3), 0x8877665544332211);
    test("%s: second page missing", granule->name);
    *entry(end, 3) = 0;
    flush();
    attempt(EL1H, load, end - 3, 0);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load);
    equal("FAR", fault.far, end);
    attempt(EL1H, store, end - 5, 0);
    expect_exception(ESR(0x25, (TRANSLATION + 3) | WNR), (uint64_t)store);
    equal("FAR", fault.far, end);
    test("%s: second page read-only", granule->name);
    map(end, 3, (uint64_t)pages[2], RW | READ_ONLY);
    attempt(EL1H, store, end - 1, 0);
    expect_exception(ESR(0x25, (PERMISSION + 3) | WNR), (uint64_t)store);
    equal("FAR", fault.far, end);
    test("%s: first page missing", granule->name);
    *entry(va, 3) = 0;
    flush();
    attempt(EL1H, load, end - 3, 0);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load);
    equal("FAR", fault.far, end - 3);
    test("%s: a faulting load does not write back", granule->name);
    extern char load_post_at[], load_pair_at[];
    attempt(EL1H, load_post, end - 8, 0x99);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load_post_at);
    equal("base", fault.x[2], end - 8);
    equal("target", fault.x[1], 0x99);
    map(va, 3, (uint64_t)pages[0], RW);
    *entry(end, 3) = 0;
    flush();
    attempt(EL1H, load_pair_post, end - 8, 0x99);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load_pair_at);
    equal("FAR", fault.far, end);
    equal("base", fault.x[2], end - 8);
    test("%s: dc zva", granule->name);
    uint64_t block = 4ul << (READ(dczid_el0) & 15);
    memset(pages[0], 0xff, 3 * block);
    works(EL1H, zero_block, va + block + 5);
    equal("before", (uint8_t)pages[0][block - 1], 0xff);
    equal("first", (uint8_t)pages[0][block], 0);
    equal("last", (uint8_t)pages[0][2 * block - 1], 0);
    equal("after", (uint8_t)pages[0][2 * block], 0xff);
}

static void translation_table_control(void) {
    const uint64_t va = va_base() + 0x40000000;
    reset();
    map(va, 3, (uint64_t)pages[0], RW);
    *(uint64_t *)pages[0] = 0x2222;
    uint64_t tcr = READ(tcr_el1);
    test("TCR.EPD1 disables walks");
    WRITE(tcr_el1, tcr | 1 << 23);
    flush();
    faults(EL1H, load, va, TRANSLATION, 0);
    WRITE(tcr_el1, tcr);
    flush();
    equal("word", read(va), 0x2222);
    test("TCR.TBI1 ignores the top byte");
    const uint64_t tagged = (va & ~(0xfful << 56)) | 0xa5ul << 56;
    faults(EL1H, load, tagged, TRANSLATION, 0);
    WRITE(tcr_el1, tcr | 1ul << 38);
    flush();
    equal("word", read(tagged), 0x2222);
    WRITE(tcr_el1, tcr);
    flush();
    test("a new valid entry needs no TLBI");
    faults(EL1H, load, va + (1ul << granule->shift), TRANSLATION, 3);
    map(va + (1ul << granule->shift), 3, (uint64_t)pages[0], RW);
    equal("word", read(va + (1ul << granule->shift)), 0x2222);
}

static uint64_t at(const char *which, uint64_t va) {
    if (strcmp(which, "S1E1R") == 0) asm volatile("at s1e1r, %0; isb" : : "r"(va) : "memory");
    if (strcmp(which, "S1E1W") == 0) asm volatile("at s1e1w, %0; isb" : : "r"(va) : "memory");
    if (strcmp(which, "S1E0R") == 0) asm volatile("at s1e0r, %0; isb" : : "r"(va) : "memory");
    if (strcmp(which, "S1E0W") == 0) asm volatile("at s1e0w, %0; isb" : : "r"(va) : "memory");
    return READ(par_el1);
}

static void translate_instructions(void) {
    const uint64_t va = va_base() + 0x40000000, fault_bits = 0x7f;
    reset();
    map(va, 3, (uint64_t)pages[0], RW | USER | READ_ONLY);
    test("AT, success");
    uint64_t par = at("S1E1R", va + 0x678);
    equal("PAR.F", par & 1, 0);
    equal("PAR.PA", par & 0xfffffffff000, (uint64_t)pages[0] & ~0xffful);
    equal("PAR.ATTR", par >> 56, 0xff);
    equal("PAR.SH", par >> 7 & 3, 3);
    equal("PAR of S1E0R", at("S1E0R", va) & 0xfffffffff001, (uint64_t)pages[0]);
    test("AT, permission");
    equal("PAR of S1E1W", at("S1E1W", va) & fault_bits, 1 | (PERMISSION + 3) << 1);
    equal("PAR of S1E0W", at("S1E0W", va) & fault_bits, 1 | (PERMISSION + 3) << 1);
    test("AT, translation");
    *entry(va, 2) = 0;
    flush();
    par = at("S1E1R", va);
    equal("PAR", par & fault_bits, 1 | (TRANSLATION + 2) << 1);
    equal("PAR.S", par >> 9 & 1, 0);
    equal("PAR[11]", par >> 11 & 1, 1);
    test("AT, access flag");
    map(va, 3, (uint64_t)pages[0], RW & ~(uint64_t)AF);
    equal("PAR", at("S1E1R", va) & fault_bits, 1 | (ACCESS_FLAG + 3) << 1);
    test("AT, device attribute");
    map(va, 3, 0x09000000, (AF | PXN | UXN));
    flush();
    equal("PAR.ATTR", at("S1E1R", va) >> 56, 0);
}

#define TLBI(name, text, value) \
    static void name(uint64_t va) { \
        uint64_t page = va >> 12 & 0xfffffffffff, asid = 5ul << 48; \
        (void)page, (void)asid; \
        asm volatile("dsb ishst; tlbi " text "; dsb sy; isb" : : "r"(value) : "memory"); \
    }
TLBI(vmalle1, "vmalle1", page)
TLBI(vmalle1is, "vmalle1is", page)
TLBI(vae1, "vae1, %0", page | asid)
TLBI(vae1is, "vae1is, %0", page | asid)
TLBI(vale1, "vale1, %0", page | asid)
TLBI(vale1is, "vale1is, %0", page | asid)
TLBI(vaae1, "vaae1, %0", page)
TLBI(vaae1is, "vaae1is, %0", page)
TLBI(vaale1, "vaale1, %0", page)
TLBI(vaale1is, "vaale1is, %0", page)
TLBI(aside1, "aside1, %0", asid)
TLBI(aside1is, "aside1is, %0", asid)

static void set_asid(uint64_t asid) { WRITE(ttbr1_el1, (uint64_t)root | asid << 48); }

static void invalidation(void) {
    static const struct { const char *name; void (*run)(uint64_t); } forms[] = {
        { "vmalle1", vmalle1 }, { "vmalle1is", vmalle1is }, { "vae1", vae1 }, { "vae1is", vae1is },
        { "vale1", vale1 }, { "vale1is", vale1is }, { "vaae1", vaae1 }, { "vaae1is", vaae1is },
        { "vaale1", vaale1 }, { "vaale1is", vaale1is }, { "aside1", aside1 }, { "aside1is", aside1is },
    };
    const uint64_t va = va_base() + 0x40000000;
    uint64_t tcr = READ(tcr_el1);
    WRITE(tcr_el1, tcr | 1 << 22); /* A1: the ASID is TTBR1's */
    *(uint64_t *)pages[0] = 0xaaaa;
    *(uint64_t *)pages[1] = 0xbbbb;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test("%s: tlbi %s", granule->name, forms[i].name);
        reset();
        set_asid(5);
        map(va, 3, (uint64_t)pages[0], RW | NG);
        equal("first page", read(va), 0xaaaa);
        *entry(va, 3) = 0;
        forms[i].run(va);
        faults(EL1H, load, va, TRANSLATION, 3);
        map(va, 3, (uint64_t)pages[1], RW | NG);
        equal("second page", read(va), 0xbbbb);
        *entry(va, 3) |= READ_ONLY;
        forms[i].run(va);
        faults(EL1H, store, va, PERMISSION, 3);
    }
    test("%s: tlbi by an address inside a block", granule->name);
    reset();
    set_asid(5);
    uint64_t size = 1ul << level_shift(2), offset = (uint64_t)pages[0] & (size - 1);
    map(va & ~(size - 1), 2, (uint64_t)pages[0] & ~(size - 1), RW | NG);
    equal("word", read((va & ~(size - 1)) + offset), 0xaaaa);
    *entry(va & ~(size - 1), 2) = 0;
    vae1((va & ~(size - 1)) + offset);
    faults(EL1H, load, (va & ~(size - 1)) + offset, TRANSLATION, 2);

    test("%s: ASIDs keep translations apart", granule->name);
    reset();
    uint64_t *root_a = root;
    map(va, 3, (uint64_t)pages[0], RW | NG);
    root = new_table();
    map(va, 3, (uint64_t)pages[1], RW | NG);
    uint64_t *root_b = root;
    for (int i = 0; i < 3; i++) {
        root = root_a;
        set_asid(5);
        equal("ASID 5", read(va), 0xaaaa);
        root = root_b;
        set_asid(6);
        equal("ASID 6", read(va), 0xbbbb);
    }
    test("%s: tlbi aside1 of one ASID", granule->name);
    root = root_a;
    *entry(va, 3) = 0;
    aside1(va);
    set_asid(5);
    faults(EL1H, load, va, TRANSLATION, 3);
    root = root_b;
    set_asid(6);
    equal("ASID 6", read(va), 0xbbbb);
    WRITE(tcr_el1, tcr);
    WRITE(ttbr1_el1, root);
    flush();
}

static void changing_code(void) {
    const uint64_t va = va_base() + 0x40000000;
    reset();
    write_code(pages[0], 1);
    write_code(pages[1], 2);
    map(va, 3, (uint64_t)pages[0], NORMAL | INNER | AF | READ_ONLY);
    test("%s: code behind an alias", granule->name);
    attempt(EL1H, call, va, 0);
    equal("result", attempt_result, 1);
    test("%s: changed code after ic ivau", granule->name);
    for (unsigned i = 3; i < 20; i++) {
        write_code(pages[0], i);
        attempt(EL1H, call, va, 0);
        equal("result", attempt_result, i);
    }
    test("%s: changed code mapping", granule->name);
    for (unsigned i = 0; i < 8; i++) {
        *entry(va, 3) = 0;
        flush();
        map(va, 3, (uint64_t)pages[i & 1], NORMAL | INNER | AF | READ_ONLY);
        attempt(EL1H, call, va, 0);
        equal("result", attempt_result, i & 1 ? 2 : 19);
    }
    test("%s: code that loses its permission", granule->name);
    *entry(va, 3) |= PXN;
    flush();
    faults(EL1H, jump, va, PERMISSION, 3);
}

/* What only newer cores have; each says nothing when the ID registers deny it. */
static void extensions(void) {
    const uint64_t va = va_base() + 0x40000000;
    uint64_t mmfr1 = READ(id_aa64mmfr1_el1);
    if ((mmfr1 >> 20 & 15) >= 1) {
        test("PAN");
        reset();
        map(va, 3, (uint64_t)pages[0], RW | USER);
        WRITE(S3_0_C4_C2_3, 1 << 22);
        equal("PSTATE.PAN", READ(S3_0_C4_C2_3), 1 << 22);
        WRITE(S3_0_C4_C2_3, 0);
        works(EL1H, load, va);
        extern char load_pan_at[];
        attempt(EL1H, load_with_pan, va, 1 << 22);
        expect_exception(ESR(0x25, PERMISSION + 3), (uint64_t)load_pan_at);
        equal("SPSR.PAN", fault.spsr & 1 << 22, 1 << 22);
        works(EL0, load, va);
        attempt(EL1H, load_user_with_pan, va, 1 << 22);
        check("ldtr must not heed PAN", !fault.taken);
    }
    if ((mmfr1 & 15) >= 1) {
        test("hardware access flag");
        reset();
        map(va, 3, (uint64_t)pages[0], RW & ~(uint64_t)AF);
        uint64_t tcr = READ(tcr_el1);
        WRITE(tcr_el1, tcr | 1ul << 39);
        flush();
        works(EL1H, load, va);
        equal("AF", *entry(va, 3) & AF, AF);
        if ((mmfr1 & 15) >= 2) {
            test("hardware dirty state");
            map(va, 3, (uint64_t)pages[0], RW | READ_ONLY | 1ul << 51);
            WRITE(tcr_el1, tcr | 3ul << 39);
            flush();
            works(EL1H, load, va);
            equal("AP[2] after a read", *entry(va, 3) & READ_ONLY, READ_ONLY);
            works(EL1H, store, va);
            equal("AP[2] after a write", *entry(va, 3) & READ_ONLY, 0);
        }
        WRITE(tcr_el1, tcr);
        flush();
    }
}

int main(void) {
    enter_el1();
    paging_enable();
    WRITE(tcr_el1, READ(tcr_el1) & ~(1ul << 23));
    uint64_t mmfr0 = READ(id_aa64mmfr0_el1);
    granules[1].present = (mmfr0 >> 20 & 15) != 0;
    granules[2].present = (mmfr0 >> 24 & 15) != 15;
    static const unsigned sizes[] = { 48, 39, 36, 30, 25 };
    for (int g = 0; g < 3; g++) {
        if (!granules[g].present) continue;
        for (int i = 0; i < 5; i++) {
            use(&granules[g], sizes[i]);
            if (start_level() > 2) continue;
            levels();
        }
        use(&granules[g], 39);
        permissions();
        hierarchy();
        crossing();
        invalidation();
        changing_code();
    }
    use(&granules[0], 39);
    translation_table_control();
    translate_instructions();
    extensions();
    finish();
}
