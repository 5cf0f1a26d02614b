/* Exceptions taken to EL1 (and HVC to EL2 when that is ours): vector, ESR, ELR, FAR and SPSR. */
#include "lib/conformance.h"

enum { SPSR_START = MARK | DAIF };
#define UNMAPPED 0x140000000ul
#define UNDEFINED ESR(0x00, 0)

static void taken(enum mode mode, const char *code, uint64_t a, uint64_t esr, int64_t elr_offset,
                  uint64_t vector) {
    attempt(mode, code, a, 0);
    expect_exception(esr, (uint64_t)code + (mode == EL0 ? user_offset : 0) + (uint64_t)elr_offset);
    equal("SPSR", fault.spsr, SPSR_START | mode);
    equal("vector", fault.vector, vector);
    equal("EL", fault.el, 1);
}

static void not_taken(enum mode mode, const char *code, uint64_t a) {
    attempt(mode, code, a, 0);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

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

static void calls(void) {
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

static void system_registers(void) {
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

static void timers_and_fp(void) {
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

PROBE(load, "ldr x0, [x0]");
PROBE(load_byte, "ldrb w0, [x0]");
PROBE(store, "str x0, [x0]");
PROBE(load_pair, "ldp x1, x2, [x0]");
PROBE(load_exclusive, "ldxr x0, [x0]");
PROBE(load_exclusive_pair, "ldxp x1, x2, [x0]");
PROBE(load_acquire, "ldar x0, [x0]");
PROBE(jump, "br x0");
PROBE(misaligned_sp, "ldr x0, [sp]");
PROBE(sp_pair, "stp x29, x30, [sp, #-16]!");

static void data_abort(const char *title, enum mode mode, const char *code, uint64_t address,
                       uint64_t iss) {
    test("%s at EL%u", title, mode >> 2);
    taken(mode, code, address, ESR(mode == EL0 ? 0x24 : 0x25, iss), 0, mode == EL0 ? 8 : 4);
    equal("FAR", fault.far, address);
}

static void aborts(void) {
    enum { TRANSLATION_L0 = 0x04, TRANSLATION_L1 = 0x05, ALIGNMENT = 0x21 };
    for (int i = 0; i < 2; i++) {
        enum mode mode = i == 0 ? EL0 : EL1H;
        data_abort("load abort", mode, load, UNMAPPED + 8, TRANSLATION_L1);
        data_abort("load abort, level 0", mode, load_byte, 0x10000000123, TRANSLATION_L0);
        data_abort("load abort, non-canonical", mode, load, 0x00ff000000001000, TRANSLATION_L0);
        data_abort("store abort", mode, store, UNMAPPED + 16, TRANSLATION_L1 | WNR);
        data_abort("load pair abort", mode, load_pair, UNMAPPED, TRANSLATION_L1);
        data_abort("load exclusive abort", mode, load_exclusive, UNMAPPED, TRANSLATION_L1);
    }
    data_abort("dc zva abort", EL1H, zero_block, UNMAPPED, TRANSLATION_L1 | WNR);
    data_abort("dc civac abort", EL1H, clean, UNMAPPED, TRANSLATION_L1 | WNR | CM);

    uint64_t base = (uint64_t)&fault & ~15ul;
    data_abort("unaligned ldxr", EL1H, load_exclusive, base + 4, ALIGNMENT);
    data_abort("unaligned ldxp", EL1H, load_exclusive_pair, base + 8, ALIGNMENT);
    data_abort("alignment before translation", EL1H, load_exclusive, UNMAPPED + 1, ALIGNMENT);
    test("unaligned ldr of normal memory");
    not_taken(EL1H, load, base + 3);
    WRITE(sctlr_el1, READ(sctlr_el1) | 2);
    data_abort("SCTLR.A, unaligned ldr", EL1H, load, base + 3, ALIGNMENT);
    data_abort("SCTLR.A, unaligned str", EL1H, store, base + 6, ALIGNMENT | WNR);
    test("SCTLR.A, ldp needs 8 bytes only");
    not_taken(EL1H, load_pair, base + 8);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~2ul);

    test("fetch abort at EL1");
    attempt(EL1H, jump, UNMAPPED + 4, 0);
    expect_exception(ESR(0x21, TRANSLATION_L1), UNMAPPED + 4);
    equal("FAR", fault.far, UNMAPPED + 4);
    test("fetch abort at EL0");
    attempt(EL0, jump, UNMAPPED + 8, 0);
    expect_exception(ESR(0x20, TRANSLATION_L1), UNMAPPED + 8);
    equal("FAR", fault.far, UNMAPPED + 8);
    test("fetch of an EL1 page from EL0");
    attempt(EL0, jump, (uint64_t)load, 0);
    expect_exception(ESR(0x20, 0x0d), (uint64_t)load);
    test("fetch of an EL0 page from EL1 (PXN)");
    attempt(EL1H, jump, (uint64_t)load + user_offset, 0);
    expect_exception(ESR(0x21, 0x0d), (uint64_t)load + user_offset);
    test("PC alignment at EL1");
    attempt(EL1H, jump, (uint64_t)load + 2, 0);
    expect_exception(ESR(0x22, 0), (uint64_t)load + 2);
    equal("FAR", fault.far, (uint64_t)load + 2);
    test("PC alignment at EL0");
    attempt(EL0, jump, (uint64_t)load + user_offset + 3, 0);
    expect_exception(ESR(0x22, 0), (uint64_t)load + user_offset + 3);
    test("PC alignment before translation");
    attempt(EL0, jump, UNMAPPED + 1, 0);
    expect_exception(ESR(0x22, 0), UNMAPPED + 1);
    equal("FAR", fault.far, UNMAPPED + 1);
}

static void sp_alignment(void) {
    static char stack[256] __attribute__((aligned(16)));
    uint64_t sp = (uint64_t)stack + 128;
    attempt_sp = sp + 8;
    test("SP alignment at EL1t");
    taken(EL1T, misaligned_sp, 0, ESR(0x26, 0), 0, 0);
    attempt_sp = UNMAPPED + 8;
    test("SP alignment before translation");
    taken(EL0, misaligned_sp, 0, ESR(0x26, 0), 0, 8);
    attempt_sp = sp + 4 + user_offset;
    test("SP alignment at EL0, write-back");
    taken(EL0, sp_pair, 0, ESR(0x26, 0), 0, 8);
    test("a faulting write-back leaves SP");
    equal("SP_EL0", READ(sp_el0), attempt_sp);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 4));
    attempt_sp = sp + 8 + user_offset;
    test("SCTLR.SA0 0 allows it at EL0");
    not_taken(EL0, misaligned_sp, 0);
    WRITE(sctlr_el1, READ(sctlr_el1) | 1ul << 4);
    attempt_sp = 0;
}

PROBE(return_to, "msr spsr_el1, x0\n\tadr x1, 1f\n\tmsr elr_el1, x1\n\teret\n"
                 ".globl return_target\nreturn_target:\n1:\tmov x0, #1");
extern char return_target[];

static void illegal_returns(void) {
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

PROBE(flags_after, "msr nzcv, x0\n\tmrs x0, nzcv");
PROBE(daif_bits, "msr daifclr, #15\n\tmsr daifset, #5\n\tmrs x0, daif\n\tmsr daifset, #15");
PROBE(lost_exclusive, "ldxr x1, [x0]\n\tclrex\n\tstxr w2, x1, [x0]\n\tmov x0, x2");
PROBE(kept_exclusive, "mov x3, x0\n1:\tldxr x1, [x3]\n\tadd x1, x1, #1\n\tstxr w0, x1, [x3]\n\tcbnz w0, 1b");
PROBE(exclusive_then_call, "ldxr x1, [x0]\n\tret");
PROBE(store_exclusive, "stxr w2, x1, [x0]\n\tmov x0, x2");

static void state(void) {
    test("NZCV reads back");
    attempt(EL0, flags_after, ~0ul, 0);
    equal("NZCV", attempt_result, 0xf0000000);
    test("DAIFSet and DAIFClr");
    attempt(EL1H, daif_bits, 0, 0);
    equal("DAIF", attempt_result, 0x140);
    test("SPSel reads back");
    equal("SPSel", READ(SPSel), 1);
    equal("CurrentEL", READ(CurrentEL), 1 << 2);
    static uint64_t word;
    test("clrex makes stxr fail");
    attempt(EL1H, lost_exclusive, (uint64_t)&word, 0);
    equal("status", attempt_result, 1);
    test("ldxr and stxr increment");
    attempt(EL1H, kept_exclusive, (uint64_t)&word, 0);
    equal("status", attempt_result, 0);
    equal("word", word, 1);
    test("an exception return clears the monitor");
    attempt(EL0, exclusive_then_call, (uint64_t)&word + user_offset, 0);
    attempt(EL0, store_exclusive, (uint64_t)&word + user_offset, 7);
    equal("status", attempt_result, 1);
    equal("word", word, 1);
}

#define READ_BACK(name, value, expected) \
    do { \
        test(#name " reads back"); \
        WRITE(name, value); \
        equal(#name, READ(name), expected); \
    } while (0)

static void read_back(void) {
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

int main(void) {
    enter_el1();
    paging_enable();
    calls();
    system_registers();
    timers_and_fp();
    aborts();
    sp_alignment();
    illegal_returns();
    state();
    read_back();
    finish();
}
