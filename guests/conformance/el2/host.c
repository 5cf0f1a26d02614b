/* Virtualization Host Extensions: names of EL1 registers at EL2, and the EL2&0 regime. */
#include "el2.h"

/* Names of EL12 and EL02 by their encoding: older assemblers lack them. */
#define FAR_EL12 S3_5_C6_C0_0
#define ESR_EL12 S3_5_C5_C2_0
#define ELR_EL12 S3_5_C4_C0_1
#define SPSR_EL12 S3_5_C4_C0_0
#define VBAR_EL12 S3_5_C12_C0_0
#define TTBR0_EL12 S3_5_C2_C0_0
#define CONTEXTIDR_EL12 S3_5_C13_C0_1
#define CONTEXTIDR_EL2 S3_4_C13_C0_1
#define TTBR1_EL2 S3_4_C2_C0_1
#define CNTV_CVAL_EL02 S3_5_C14_C3_2
#define CNTHV_CTL_EL2 S3_4_C14_C3_1
#define CNTHV_CVAL_EL2 S3_4_C14_C3_2

static void host(bool on) {
    WRITE(hcr_el2, on ? RW | E2H | TGE : RW);
    WRITE(cptr_el2, on ? 3 << 20 : 0x33ff);
}

#define REDIRECTED(el1, el2, el12, a, b) \
    do { \
        test("E2H: " #el1 " means " #el2); \
        host(false); \
        WRITE(el1, a); \
        WRITE(el2, b); \
        host(true); \
        equal(#el1, READ(el1), b); \
        equal(#el12, READ(el12), a); \
        WRITE(el1, a); \
        WRITE(el12, b); \
        host(false); \
        equal(#el1 " without E2H", READ(el1), b); \
        equal(#el2 " without E2H", READ(el2), a); \
    } while (0)

void redirection(void) {
    REDIRECTED(far_el1, far_el2, FAR_EL12, 0x111, 0x222);
    REDIRECTED(esr_el1, esr_el2, ESR_EL12, 0x96000005, 0x92000007);
    REDIRECTED(elr_el1, elr_el2, ELR_EL12, 0x1110, 0x2220);
    REDIRECTED(spsr_el1, spsr_el2, SPSR_EL12, 0x600003c5, 0x800003c4);
    REDIRECTED(ttbr0_el1, ttbr0_el2, TTBR0_EL12, 0x41111000, 0x42222000);
    test("E2H: contextidr_el1 means CONTEXTIDR_EL2");
    host(true);
    WRITE(contextidr_el1, 5);
    WRITE(CONTEXTIDR_EL12, 6);
    equal("CONTEXTIDR_EL2", READ(CONTEXTIDR_EL2), 5);
    host(false);
    equal("CONTEXTIDR_EL1", READ(contextidr_el1), 6);
    test("E2H: cntp and cntv mean CNTHP and CNTHV");
    WRITE(cntv_cval_el0, 0x1111);
    host(true);
    WRITE(cntp_cval_el0, 0x2222);
    WRITE(cntv_cval_el0, 0x3333);
    equal("CNTHP_CVAL_EL2", READ(cnthp_cval_el2), 0x2222);
    equal("CNTHV_CVAL_EL2", READ(CNTHV_CVAL_EL2), 0x3333);
    equal("CNTV_CVAL_EL02", READ(CNTV_CVAL_EL02), 0x1111);
    host(false);
    test("CNTHV");
    WRITE(CNTHV_CVAL_EL2, 0);
    WRITE(CNTHV_CTL_EL2, 3);
    equal("CTL", READ(CNTHV_CTL_EL2), 7);
    WRITE(CNTHV_CVAL_EL2, ~0ul);
    equal("CTL", READ(CNTHV_CTL_EL2), 3);
    WRITE(CNTHV_CTL_EL2, 0);
}

PROBE(svc_1, "svc #1");
PROBE(fp_add, "fadd d0, d0, d0");

static void enable(void) {
    build_tables(true);
    host(true);
    WRITE(mair_el1, 0xff00);
    WRITE(tcr_el1, 2ul << 32 | 2ul << 30 | 3 << 28 | 1 << 26 | 1 << 24 | 16 << 16 | 3 << 12 |
                       1 << 10 | 1 << 8 | 16);
    WRITE(ttbr0_el1, (uint64_t)l0 | 3ul << 48);
    WRITE(ttbr1_el1, l0_high);
    flush();
    WRITE(sctlr_el1, 0x30d00800 | 1 << 12 | 1 << 4 | 1 << 3 | 1 << 2 | 1 | 1ul << 23); /* SPAN */
    user_offset = USER_OFFSET;
}

void el2_and_0(void) {
    enable();
    const uint64_t high = 0xffff000000000000 + TEST_VA;
    test("EL2&0: both halves");
    *(uint64_t *)pages[0] = 0xaaaa;
    *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE | PXN;
    flush();
    equal("lower", read(TEST_VA), 0xaaaa);
    equal("upper", read(high), 0xaaaa);
    faults(EL2H, load, high + 0x1000, TRANSLATION + 3);
    faults(EL2H, jump, high, PERMISSION + 3);
    test("EL2&0: calls from EL0 come to EL2");
    taken(EL0, svc_1, 0, ESR(0x15, 1), 4);
    test("EL2&0: faults from EL0 come to EL2");
    faults(EL0, load, TEST_VA, PERMISSION + 3);
    faults(EL0, store, TEST_VA + 0x1000, TRANSLATION + 3);
    faults(EL0, jump, TEST_VA + 0x2000, TRANSLATION + 3);
    test("EL2&0: a page of EL0");
    *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE | PXN | USER;
    flush();
    works(EL0, store, TEST_VA);
    works(EL2H, load, TEST_VA);
    test("EL2&0: a page of EL0 is not executable at EL2");
    faults(EL2H, jump, (uint64_t)load + USER_OFFSET, PERMISSION + 1);
    test("EL2&0: tlbi vae1 and vmalle1");
    for (int i = 0; i < 2; i++) {
        *(uint64_t *)pages[0] = 0xaaaa;
        *(uint64_t *)pages[1] = 0xbbbb;
        *page(TEST_VA) = (uint64_t)pages[0] | RW_PAGE | PXN | NG;
        flush();
        equal("first page", read(TEST_VA), 0xaaaa);
        *page(TEST_VA) = 0;
        if (i == 0) asm volatile("dsb sy; tlbi vae1, %0; dsb sy; isb" : : "r"(TEST_VA >> 12 | 3ul << 48));
        else asm volatile("dsb sy; tlbi vmalle1is; dsb sy; isb");
        faults(EL2H, load, TEST_VA, TRANSLATION + 3);
        *page(TEST_VA) = (uint64_t)pages[1] | RW_PAGE | PXN | NG;
        asm volatile("dsb sy; isb");
        equal("second page", read(TEST_VA), 0xbbbb);
    }
    test("EL2&0: AT S1E1R and S1E0R");
    asm volatile("at s1e1r, %0; isb" : : "r"(TEST_VA) : "memory");
    equal("PAR.F and PA", READ(par_el1) & 0xfffffffff001, (uint64_t)pages[1]);
    asm volatile("at s1e0r, %0; isb" : : "r"(TEST_VA) : "memory");
    equal("PAR.F and FST", READ(par_el1) & 0x7f, 1 | (PERMISSION + 3) << 1);
    test("E2H: CPTR_EL2.FPEN");
    WRITE(cpacr_el1, 0);
    taken(EL2H, fp_add, 0, ESR(0x07, 0x1e00000), 0);
    taken(EL0, fp_add, 0, ESR(0x07, 0x1e00000), 0);
    WRITE(cpacr_el1, 1 << 20);
    works(EL2H, fp_add, 0);
    taken(EL0, fp_add, 0, ESR(0x07, 0x1e00000), 0);
    WRITE(cpacr_el1, 3 << 20);
    works(EL0, fp_add, 0);
    WRITE(sctlr_el1, 0x30d00800);
    user_offset = 0;
    host(false);
    flush();
}
