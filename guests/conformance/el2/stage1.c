/* Stage 1 of the EL2 regime: one range, no EL0. */
#include "el2.h"

static void enable(void) {
    build_tables(false);
    WRITE(mair_el2, 0xff00);
    WRITE(tcr_el2, 1ul << 31 | 1 << 23 | 2 << 16 | 3 << 12 | 1 << 10 | 1 << 8 | 16); /* PS 40 bits */
    WRITE(ttbr0_el2, l0);
    flush();
    WRITE(sctlr_el2, 0x30c50830 | 1 << 12 | 1 << 3 | 1 << 2 | 1);
}

static void table_faults(void) {
    test("EL2: invalid at each level");
    faults(EL2H, load, 0x10000000000, TRANSLATION + 0);
    faults(EL2H, load, 0x140000008, TRANSLATION + 1);
    faults(EL2H, store, TEST_VA + 0x200010, TRANSLATION + 2);
    faults(EL2H, load, TEST_VA + 0x18, TRANSLATION + 3);
    faults(EL2H, jump, TEST_VA + 0x1c, TRANSLATION + 3);
    test("EL2: no ISV for a stage 1 fault");
    attempt(EL2H, load, TEST_VA + 0x18, 0);
    equal("ESR", fault.esr, ESR(0x25, TRANSLATION + 3));
    test("EL2: upper half");
    faults(EL2H, load, 0xffff000000000000, TRANSLATION + 0);
    test("EL2: page");
    *(uint64_t *)pages[0] = 0x1111;
    *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE;
    flush();
    equal("word", read(TEST_VA), 0x1111);
    works(EL2H, store, TEST_VA);
    equal("stored", *(uint64_t *)pages[0], 0x5a5a);
    test("EL2: execute-never");
    faults(EL2H, jump, TEST_VA, PERMISSION + 3);
    test("EL2: read-only");
    *page(TEST_VA) |= READ_ONLY;
    flush();
    works(EL2H, load, TEST_VA);
    faults(EL2H, store, TEST_VA, PERMISSION + 3);
    test("EL2: access flag");
    *page(TEST_VA) &= ~(uint64_t)AF;
    flush();
    faults(EL2H, load, TEST_VA, ACCESS_FLAG + 3);
    test("SCTLR_EL2.A: alignment");
    *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE;
    flush();
    works(EL2H, load, TEST_VA + 3);
    WRITE(sctlr_el2, READ(sctlr_el2) | 2);
    faults(EL2H, load, TEST_VA + 3, 0x21);
    WRITE(sctlr_el2, READ(sctlr_el2) & ~2ul);
    test("TCR_EL2.TBI");
    *(uint64_t *)pages[0] = 0x1111;
    faults(EL2H, load, TEST_VA | 0x5aul << 56, TRANSLATION + 0);
    WRITE(tcr_el2, READ(tcr_el2) | 1 << 20);
    flush();
    equal("word", read(TEST_VA | 0x5aul << 56), 0x1111);
    WRITE(tcr_el2, READ(tcr_el2) & ~(1ul << 20));
    flush();
}

static void addresses(void) {
    test("AT S1E2R and S1E2W");
    *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE | READ_ONLY;
    flush();
    asm volatile("at s1e2r, %0; isb" : : "r"(TEST_VA + 0x123) : "memory");
    equal("PAR.F and PA", READ(par_el1) & 0xfffffffff001, (uint64_t)pages[0]);
    asm volatile("at s1e2w, %0; isb" : : "r"(TEST_VA + 0x123) : "memory");
    equal("PAR.F and FST", READ(par_el1) & 0x7f, 1 | (PERMISSION + 3) << 1);
}

#define INVALIDATION(name) \
    static void name(void) { \
        asm volatile("dsb sy; tlbi " #name ", %0; dsb sy; isb" : : "r"(TEST_VA >> 12) : "memory"); \
    }
INVALIDATION(vae2)
INVALIDATION(vae2is)
INVALIDATION(vale2)
INVALIDATION(vale2is)
static void alle2(void) { asm volatile("dsb sy; tlbi alle2; dsb sy; isb" ::: "memory"); }
static void alle2is(void) { asm volatile("dsb sy; tlbi alle2is; dsb sy; isb" ::: "memory"); }

static void invalidation(void) {
    static const struct { const char *name; void (*run)(void); } forms[] = {
        { "vae2", vae2 }, { "vae2is", vae2is }, { "vale2", vale2 }, { "vale2is", vale2is },
        { "alle2", alle2 }, { "alle2is", alle2is },
    };
    *(uint64_t *)pages[0] = 0xaaaa;
    *(uint64_t *)pages[1] = 0xbbbb;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test("EL2: tlbi %s", forms[i].name);
        *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE;
        flush();
        equal("first page", read(TEST_VA), 0xaaaa);
        *page(TEST_VA) = 0;
        forms[i].run();
        faults(EL2H, load, TEST_VA, TRANSLATION + 3);
        *page(TEST_VA) = (uint64_t)pages[1] | RW_PAGE;
        asm volatile("dsb sy; isb");
        equal("second page", read(TEST_VA), 0xbbbb);
    }
}

void stage1(void) {
    enable();
    table_faults();
    addresses();
    invalidation();
    WRITE(sctlr_el2, 0x30c50830);
    flush();
}
