/* Exceptions from EL2 to EL2, and registers of EL2 that keep a value. */
#include "el2.h"

PROBE(svc_42, "svc #0x42");
PROBE(hvc_43, "hvc #0x43");
PROBE(brk_44, "brk #0x44");
PROBE(udf, "udf #0");
PROBE(fp_add, "fadd d0, d0, d0");
PROBE(write_el12, "msr S3_5_C6_C0_0, x0"); /* FAR_EL12 */
PROBE(return_to, "msr spsr_el2, x0\n\tadr x1, 1f\n\tmsr elr_el2, x1\n\teret\n"
                 ".globl return_target\nreturn_target:\n1:\tmov x0, #1");
extern char return_target[];

void calls(void) {
    test("svc from EL2h");
    taken(EL2H, svc_42, 0, ESR(0x15, 0x42), 4);
    test("svc from EL2t");
    taken(EL2T, svc_42, 0, ESR(0x15, 0x42), 4);
    test("hvc from EL2h");
    taken(EL2H, hvc_43, 0, ESR(0x16, 0x43), 4);
    test("brk from EL2h");
    taken(EL2H, brk_44, 0, ESR(0x3c, 0x44), 0);
    test("udf from EL2h");
    taken(EL2H, udf, 0, ESR(0, 0), 0);
    test("FAR_EL12 without E2H is undefined");
    taken(EL2H, write_el12, 0, ESR(0, 0), 0);
    test("CPTR_EL2.TFP at EL2");
    WRITE(cptr_el2, 0x33ff | 1 << 10);
    taken(EL2H, fp_add, 0, ESR(0x07, 0x1e00000), 0);
    WRITE(cptr_el2, 0x33ff);
    works(EL2H, fp_add, 0);
    test("illegal return from EL2 to EL3");
    attempt(EL2H, return_to, 0x60000000 | DAIF | 0xd, 0);
    expect_exception(ESR(0x0e, 0), (uint64_t)return_target);
    equal("SPSR", fault.spsr, 0x60000000 | DAIF | 1 << 20 | EL2H);
    test("illegal return from EL2 to EL1 with TGE");
    WRITE(hcr_el2, RW | TGE);
    attempt(EL2H, return_to, 0x60000000 | DAIF | EL1H, 0);
    expect_exception(ESR(0x0e, 0), (uint64_t)return_target);
    equal("SPSR", fault.spsr, 0x60000000 | DAIF | 1 << 20 | EL2H);
    WRITE(hcr_el2, RW);
    test("HVC_EL2 and SVC leave SP_EL1 and SP_EL0 alone");
    WRITE(sp_el1, 0x1230);
    WRITE(sp_el0, 0x4560);
    equal("SP_EL1", READ(sp_el1), 0x1230);
    equal("SP_EL0", READ(sp_el0), 0x4560);
}

#define READ_BACK(name, value) \
    do { \
        test(#name " reads back"); \
        WRITE(name, value); \
        equal(#name, READ(name), value); \
    } while (0)

void read_back(void) {
    READ_BACK(tpidr_el2, 0x0123456789abcdef);
    READ_BACK(elr_el2, 0x0123456789abcdef);
    READ_BACK(far_el2, 0xfedcba9876543210);
    READ_BACK(esr_el2, 0x93c08045);
    READ_BACK(hpfar_el2, 0x4000);
    READ_BACK(mair_el2, 0xff00);
    READ_BACK(vttbr_el2, 0x0007000041234000);
    READ_BACK(spsr_el2, 0x600003c5);
    READ_BACK(vpidr_el2, 0x410fd034);
    READ_BACK(vmpidr_el2, 0x80000203);
    READ_BACK(cntvoff_el2, 0x123456789);
    WRITE(vttbr_el2, 0);
    WRITE(cntvoff_el2, 0);
    WRITE(vpidr_el2, READ(midr_el1));
    WRITE(vmpidr_el2, READ(mpidr_el1));
}
