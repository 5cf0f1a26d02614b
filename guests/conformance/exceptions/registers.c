/* Traps of system registers, instructions and FP from EL0 and EL1; registers that keep a value. */
#include "exceptions.h"

PROBE(read_sctlr, "mrs x0, sctlr_el1");
PROBE(write_midr, "msr S3_0_C0_C0_0, x0");
PROBE(read_unknown, "mrs x0, S3_7_C15_C15_7");
PROBE(read_far_el2, "mrs x0, far_el2");
PROBE(read_ctr, "mrs x7, ctr_el0");
PROBE(read_dczid, "mrs x7, dczid_el0");
PROBE(mask_daif, "msr daifset, #2");
PROBE(read_daif, "mrs x3, daif");
PROBE(do_wfi, "wfi");
PROBE(do_wfe, "wfe");
PROBE(zero_block, "dc zva, x0");
PROBE(clean, "dc civac, x0");
PROBE(invalidate_code, "ic ivau, x0");
PROBE(read_cntvct, "mrs x9, cntvct_el0");
PROBE(read_cntpct, "mrs x9, cntpct_el0");
PROBE(write_cntv_ctl, "msr cntv_ctl_el0, xzr");
PROBE(read_cntp_tval, "mrs x30, cntp_tval_el0");
PROBE(fp_add, "fadd d0, d0, d0");
PROBE(fp_load, "ldr q0, [x0]");

void system_registers(void) {
    uint64_t sctlr = READ(sctlr_el1);
    enum { DZE = 1 << 14, UCT = 1 << 15, NTWI = 1 << 16, NTWE = 1 << 18, UMA = 1 << 9 };
    const uint64_t uci = 1 << 26;
    WRITE(sctlr_el1, sctlr & ~(uint64_t)(DZE | UCT | NTWI | NTWE | UMA) & ~uci);
    test("EL1 register from EL0 is undefined");
    taken(EL0, read_sctlr, 0, UNDEFINED, 0, 8);
    test("write of a read-only register is undefined");
    taken(EL1H, write_midr, 0, UNDEFINED, 0, 4);
    test("unknown register is undefined");
    taken(EL1H, read_unknown, 0, UNDEFINED, 0, 4);
    test("EL2 register from EL1 is undefined");
    taken(EL1H, read_far_el2, 0, UNDEFINED, 0, 4);
    test("SCTLR.UCT traps CTR_EL0 from EL0");
    taken(EL0, read_ctr, 0, ESR_SYSREG(3, 3, 0, 0, 1, 7, 1), 0, 8);
    test("DCZID_EL0 does not trap");
    not_taken(EL0, read_dczid, 0);
    test("SCTLR.UMA traps DAIFSet from EL0");
    taken(EL0, mask_daif, 0, ESR_SYSREG(0, 3, 4, 2, 6, 31, 0), 0, 8);
    test("SCTLR.UMA traps DAIF from EL0");
    taken(EL0, read_daif, 0, ESR_SYSREG(3, 3, 4, 2, 1, 3, 1), 0, 8);
    test("SCTLR.nTWI traps WFI from EL0");
    taken(EL0, do_wfi, 0, ESR(0x01, 0x1e00000), 0, 8);
    test("SCTLR.nTWE traps WFE from EL0");
    attempt(EL0, do_wfe, 0, 0); /* no trap while the event register is set */
    if (fault.taken) expect_exception(ESR(0x01, 0x1e00001), (uint64_t)do_wfe + user_offset);
    test("SCTLR.DZE traps DC ZVA from EL0");
    taken(EL0, zero_block, 0, ESR_SYSREG(1, 3, 7, 4, 1, 0, 0), 0, 8);
    test("SCTLR.UCI traps DC CIVAC from EL0");
    taken(EL0, clean, 0, ESR_SYSREG(1, 3, 7, 14, 1, 0, 0), 0, 8);
    test("SCTLR.UCI traps IC IVAU from EL0");
    taken(EL0, invalidate_code, 0, ESR_SYSREG(1, 3, 7, 5, 1, 0, 0), 0, 8);

    WRITE(sctlr_el1, sctlr | DZE | UCT | UMA | uci);
    test("SCTLR.UCT allows CTR_EL0 from EL0");
    not_taken(EL0, read_ctr, 0);
    test("SCTLR.UMA allows DAIF from EL0");
    not_taken(EL0, read_daif, 0);
    test("SCTLR.UCI allows DC CIVAC from EL0");
    static char line[64] __attribute__((aligned(64)));
    not_taken(EL0, clean, (uint64_t)line + user_offset);
    WRITE(sctlr_el1, sctlr);
}

void timers_and_fp(void) {
    WRITE(cntkctl_el1, 0);
    test("CNTKCTL.EL0VCTEN traps CNTVCT_EL0");
    taken(EL0, read_cntvct, 0, ESR_SYSREG(3, 3, 14, 0, 2, 9, 1), 0, 8);
    test("CNTKCTL.EL0PCTEN traps CNTPCT_EL0");
    taken(EL0, read_cntpct, 0, ESR_SYSREG(3, 3, 14, 0, 1, 9, 1), 0, 8);
    test("CNTKCTL.EL0VTEN traps CNTV_CTL_EL0");
    taken(EL0, write_cntv_ctl, 0, ESR_SYSREG(3, 3, 14, 3, 1, 31, 0), 0, 8);
    test("CNTKCTL.EL0PTEN traps CNTP_TVAL_EL0");
    taken(EL0, read_cntp_tval, 0, ESR_SYSREG(3, 3, 14, 2, 0, 30, 1), 0, 8);
    WRITE(cntkctl_el1, 3);
    test("CNTKCTL allows the counters");
    not_taken(EL0, read_cntvct, 0);
    check("CNTPCT_EL0 trapped", !attempt(EL0, read_cntpct, 0, 0));

    static uint64_t q[2] __attribute__((aligned(16)));
    WRITE(cpacr_el1, 0);
    test("CPACR.FPEN 0 traps FP at EL1");
    taken(EL1H, fp_add, 0, ESR(0x07, 0x1e00000), 0, 4);
    test("CPACR.FPEN 0 traps SIMD loads at EL0");
    taken(EL0, fp_load, 0, ESR(0x07, 0x1e00000), 0, 8);
    WRITE(cpacr_el1, 1 << 20);
    test("CPACR.FPEN 1 traps FP at EL0 only");
    taken(EL0, fp_add, 0, ESR(0x07, 0x1e00000), 0, 8);
    not_taken(EL1H, fp_load, (uint64_t)q);
    WRITE(cpacr_el1, 3 << 20);
    test("CPACR.FPEN 3 traps no FP");
    not_taken(EL0, fp_load, (uint64_t)q + user_offset);
    not_taken(EL1H, fp_add, 0);
}

#define READ_BACK(name, value, expected) \
    do { \
        test(#name " reads back"); \
        WRITE(name, value); \
        equal(#name, READ(name), expected); \
    } while (0)

void read_back(void) {
    const uint64_t pattern = 0x0123456789abcdef;
    READ_BACK(tpidr_el0, pattern, pattern);
    READ_BACK(tpidrro_el0, pattern, pattern);
    READ_BACK(tpidr_el1, ~pattern, ~pattern);
    READ_BACK(contextidr_el1, 0x89abcdef, 0x89abcdef);
    READ_BACK(elr_el1, pattern, pattern);
    READ_BACK(far_el1, pattern, pattern);
    READ_BACK(esr_el1, 0x96000045, 0x96000045);
    READ_BACK(mair_el1, 0xff00, 0xff00);
    READ_BACK(sp_el0, 0x1230, 0x1230);
    test("OSLAR_EL1 drives OSLSR_EL1.OSLK");
    WRITE(oslar_el1, 1);
    equal("OSLK", READ(oslsr_el1) >> 1 & 1, 1);
    WRITE(oslar_el1, 0);
    equal("OSLK", READ(oslsr_el1) >> 1 & 1, 0);
    READ_BACK(dbgbvr0_el1, 0x40081230, 0x40081230);
    READ_BACK(dbgbcr0_el1, 0x1e4, 0x1e4); /* disabled, BAS 0xf, EL0 */
    READ_BACK(dbgwvr0_el1, 0x40081238, 0x40081238);
    READ_BACK(dbgwcr0_el1, 0x1ff8, 0x1ff8); /* disabled, BAS 0xff, load and store, EL1 and EL0 */
    READ_BACK(mdscr_el1, 1 << 12 | 1, 1 << 12 | 1); /* TDCC, and SS without KDE: no step at EL1 */
    WRITE(mdscr_el1, 0);
}
