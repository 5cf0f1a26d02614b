/* Instructions that raise exceptions, and illegal returns from them. */
#include "exceptions.h"

PROBE(svc_1234, "svc #0x1234");
PROBE(svc_ffff, "svc #0xffff");
PROBE(brk_beef, "brk #0xbeef");
PROBE(hvc_5, "hvc #5");
PROBE(smc_0, "smc #0");
PROBE(udf_0, "udf #0");
PROBE(udf_1234, "udf #0x1234");
PROBE(unallocated, ".inst 0x02000000");
PROBE(eret_only, "eret");
PROBE(hlt_1, "hlt #1");
PROBE(return_to, "msr spsr_el1, x0\n\tadr x1, 1f\n\tmsr elr_el1, x1\n\teret\n"
                 ".globl return_target\nreturn_target:\n1:\tmov x0, #1");
extern char return_target[];

void calls(void) {
    test("svc from EL1h");
    taken(EL1H, svc_1234, 0, ESR(0x15, 0x1234), 4, 4);
    test("svc from EL1t");
    taken(EL1T, svc_1234, 0, ESR(0x15, 0x1234), 4, 0);
    test("svc from EL0");
    taken(EL0, svc_ffff, 0, ESR(0x15, 0xffff), 4, 8);
    test("brk from EL1h");
    taken(EL1H, brk_beef, 0, ESR(0x3c, 0xbeef), 0, 4);
    test("brk from EL0");
    taken(EL0, brk_beef, 0, ESR(0x3c, 0xbeef), 0, 8);
    test("hvc from EL0 is undefined");
    taken(EL0, hvc_5, 0, UNDEFINED, 0, 8);
    test("smc from EL0 is undefined");
    taken(EL0, smc_0, 0, UNDEFINED, 0, 8);
    test("udf from EL1h");
    taken(EL1H, udf_0, 0, UNDEFINED, 0, 4);
    test("udf from EL0");
    taken(EL0, udf_1234, 0, UNDEFINED, 0, 8);
    test("unallocated encoding");
    taken(EL1H, unallocated, 0, UNDEFINED, 0, 4);
    test("eret from EL0 is undefined");
    taken(EL0, eret_only, 0, UNDEFINED, 0, 8);
    test("hlt is undefined without halting debug");
    taken(EL1H, hlt_1, 0, UNDEFINED, 0, 4);
    if (boot_el == 2) {
        test("hvc from EL1h is taken to EL2");
        attempt(EL1H, hvc_5, 0, 0);
        expect_exception(ESR(0x16, 5), (uint64_t)hvc_5 + 4);
        equal("SPSR", fault.spsr, SPSR_START | EL1H);
        equal("vector", fault.vector, 8);
        equal("EL", fault.el, 2);
    }
}

void illegal_returns(void) {
    const struct { const char *name; uint64_t mode; } illegal[] = {
        { "to EL3", 0xd }, { "to EL2", 0x9 }, { "EL0 with SP_EL1", 0x1 },
        { "bit 1 of the mode", 0x6 }, { "reserved AArch32 mode", 0x14 },
    };
    for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++) {
        test("illegal return: %s", illegal[i].name);
        attempt(EL1H, return_to, 0x50000000 | DAIF | illegal[i].mode, 0);
        expect_exception(ESR(0x0e, 0), (uint64_t)return_target);
        equal("SPSR", fault.spsr, 0x50000000 | DAIF | 1 << 20 | EL1H);
        equal("vector", fault.vector, 4);
    }
    test("return with PSTATE.IL set");
    attempt(EL1H, return_to, 0x50000000 | DAIF | 1 << 20 | EL1H, 0);
    expect_exception(ESR(0x0e, 0), (uint64_t)return_target);
    test("legal return");
    not_taken(EL1H, return_to, 0x50000000 | DAIF | EL1H);
    equal("x0", attempt_result, 1);
}
