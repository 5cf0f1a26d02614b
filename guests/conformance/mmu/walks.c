/* Levels, blocks and pages, TCR_EL1's controls, AT and PAR_EL1. */
#include "mmu.h"

PROBE(load_word, "ldr w0, [x0]");

void levels(void) {
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

void translation_table_control(void) {
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

void translate_instructions(void) {
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
