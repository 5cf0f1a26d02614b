/* Code at EL2 itself: its exceptions, its stage 1, and the Virtualization Host Extensions. */
#include "el2.h"

#define PAGE_ALIGNED __attribute__((aligned(4096)))
uint64_t l0[512] PAGE_ALIGNED, l0_high[512] PAGE_ALIGNED;
static uint64_t l1[512] PAGE_ALIGNED, l1_user[512] PAGE_ALIGNED, l2[512] PAGE_ALIGNED;
static uint64_t l3[512] PAGE_ALIGNED;
char pages[3][4096] PAGE_ALIGNED;

SHARED_PROBE(load, "ldr x0, [x0]");
SHARED_PROBE(store, "str x1, [x0]");
SHARED_PROBE(jump, "ret x0"); /* not br, which sets PSTATE.BTYPE */

uint64_t *page(uint64_t va) { return &l3[va >> 12 & 511]; }

/* 0..2 GiB as they are; TEST_VA by pages, the same again at the bottom of the upper half; with
 * EL0, RAM also at USER_OFFSET. */
void build_tables(bool with_el0) {
    uint64_t never = with_el0 ? XN | PXN : XN, code = with_el0 ? XN : 0; /* XN is UXN then */
    l0[0] = l0_high[0] = (uint64_t)l1 | TABLE | VALID;
    l0[1] = with_el0 ? (uint64_t)l1_user | TABLE | VALID : 0;
    l1[0] = AF | VALID | never;
    l1[1] = 0x40000000 | NORMAL | INNER | AF | VALID | code;
    l1[4] = (uint64_t)l2 | TABLE | VALID;
    l1_user[1] = 0x40000000 | NORMAL | INNER | AF | USER | PXN | VALID;
    memset(l2, 0, sizeof l2);
    memset(l3, 0, sizeof l3);
    l2[0] = (uint64_t)l3 | TABLE | VALID;
    asm volatile("dsb sy");
}

void flush(void) {
    asm volatile("dsb sy; tlbi alle2; tlbi vmalle1; dsb sy; ic iallu; dsb sy; isb" ::: "memory");
}

void taken(enum mode mode, const char *code, uint64_t a, uint64_t esr, int64_t elr_offset) {
    attempt(mode, code, a, 0);
    expect_exception(esr, (uint64_t)code + (mode == EL0 ? user_offset : 0) + (uint64_t)elr_offset);
    equal("EL", fault.el, 2);
    equal("SPSR", fault.spsr, MARK | DAIF | mode);
    equal("vector", fault.vector, mode == EL2H ? 4 : mode == EL2T ? 0 : 8);
}

void faults(enum mode mode, const char *code, uint64_t va, uint64_t iss) {
    attempt(mode, code, va, 0);
    uint64_t ec = (code == jump ? 0x20 : 0x24) + (mode == EL0 ? 0 : 1);
    uint64_t pc = code == jump ? va : (uint64_t)code + (mode == EL0 ? user_offset : 0);
    fault.esr &= ~0x1ffc000ul; /* ISV and what goes with it: a test of its own */
    expect_exception(ESR(ec, iss | (code == store ? (uint64_t)WNR : 0)), pc);
    equal("EL", fault.el, 2);
    equal("FAR", fault.far, va);
    equal("SPSR", fault.spsr, MARK | DAIF | mode);
}

void works(enum mode mode, const char *code, uint64_t va) {
    attempt(mode, code, va, 0x5a5a);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

uint64_t read(uint64_t va) {
    works(EL2H, load, va);
    return attempt_result;
}

int main(void) {
    if (boot_el != 2) {
        print("not entered at EL2: nothing to test\n");
        finish();
    }
    WRITE(hcr_el2, RW);
    WRITE(cnthctl_el2, 3);
    calls();
    read_back();
    stage1();
    if ((READ(id_aa64mmfr1_el1) >> 8 & 15) >= 1) {
        redirection();
        el2_and_0();
    }
    finish();
}
