/* Permissions of leaves and tables, and those of newer cores. */
#include "mmu.h"

#define PXN_TABLE (1ul << 59)
#define XN_TABLE (1ul << 60)
#define AP_TABLE_USER (1ul << 61)
#define AP_TABLE_READ_ONLY (1ul << 62)

PROBE(load_with_pan, "msr S3_0_C4_C2_3, x1\n.globl load_pan_at\nload_pan_at:\n\tldr x0, [x0]\n\t"
                     "msr S3_0_C4_C2_3, xzr");
PROBE(load_user_with_pan, "msr S3_0_C4_C2_3, x1\n\tldtr x0, [x0]\n\tmsr S3_0_C4_C2_3, xzr");

void permissions(void) {
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

void hierarchy(void) {
    const uint64_t va = va_base() + 0x40000000;
    const struct { const char *name; uint64_t bits; } cases[] = {
        { "APTable user", AP_TABLE_USER }, { "APTable read-only", AP_TABLE_READ_ONLY },
        { "PXNTable", PXN_TABLE }, { "UXNTable", XN_TABLE },
    };
    for (int i = 0; i < 4; i++) {
        test("%s: %s", granule->name, cases[i].name);
        reset();
        write_code(pages[2], 0);
        uint64_t leaf = NORMAL | INNER | AF | (i >= 2 ? READ_ONLY : 0) | (i == 2 ? 0 : USER);
        map(va, 3, (uint64_t)pages[2], leaf);
        works(EL1H, load, va);
        if (i < 2) works(EL0, load, va);
        if (i == 2) works(EL1H, call, va);
        *entry(va, 2) |= cases[i].bits;
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

/* What only newer cores have; each says nothing when the ID registers deny it. */
void extensions(void) {
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
