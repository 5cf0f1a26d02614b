/* TLB invalidation in its forms, ASIDs, and code that changes. */
#include "mmu.h"

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

void invalidation(void) {
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

void changing_code(void) {
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
