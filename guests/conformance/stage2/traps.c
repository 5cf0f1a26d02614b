/* Traps to EL2, and the virtual interrupt of HCR_EL2.VI. */
#include "stage2.h"

enum { IMO = 1 << 4, VI = 1 << 7, TWI = 1 << 13, TWE = 1 << 14, TID1 = 1 << 16, TID2 = 1 << 17,
       TID3 = 1 << 18, TSC = 1 << 19, TACR = 1 << 21, TSW = 1 << 22, TPC = 1 << 23, TPU = 1 << 24,
       TTLB = 1 << 25, TVM = 1 << 26, TGE = 1 << 27, TDZ = 1 << 28, TRVM = 1 << 30 };

PROBE(call_hvc, "hvc #0xabcd");
PROBE(call_smc, "smc #0x12");
PROBE(call_svc, "svc #0x77");
PROBE(do_wfi, "wfi");
PROBE(do_wfe, "wfe");
PROBE(write_sctlr, "msr sctlr_el1, x6");
PROBE(write_ttbr1, "msr ttbr1_el1, x7");
PROBE(read_tcr, "mrs x8, tcr_el1");
PROBE(read_pfr0, "mrs x9, id_aa64pfr0_el1");
PROBE(read_isar0, "mrs x9, id_aa64isar0_el1");
PROBE(read_ctr, "mrs x10, ctr_el0");
PROBE(write_csselr, "msr csselr_el1, x11");
PROBE(read_revidr, "mrs x12, revidr_el1");
PROBE(read_actlr, "mrs x13, actlr_el1");
PROBE(do_tlbi, "tlbi vmalle1");
PROBE(clean_way, "dc csw, x14");
PROBE(clean, "dc civac, x15");
PROBE(invalidate_code, "ic iallu");
PROBE(zero_block, "dc zva, x16");
PROBE(fp_add, "fadd d0, d0, d0");
PROBE(write_cpacr, "msr cpacr_el1, x17");
PROBE(read_dbgbvr0, "mrs x18, dbgbvr0_el1");
PROBE(write_oslar, "msr oslar_el1, x19");
PROBE(read_pmcr, "mrs x20, pmcr_el0");
PROBE(read_cntpct, "mrs x21, cntpct_el0");
PROBE(write_cntp_cval, "msr cntp_cval_el0, x22");
PROBE(read_cntvct, "mrs x23, cntvct_el0");
PROBE(read_midr, "mrs x0, midr_el1");
PROBE(read_mpidr, "mrs x0, mpidr_el1");
PROBE(udf, "udf #0");

static void trapped(const char *code, uint64_t esr, int after) {
    attempt(EL1H, code, 0, 0);
    expect_exception(esr, (uint64_t)code + (uint64_t)after);
    equal("EL", fault.el, 2);
    equal("SPSR", fault.spsr, MARK | DAIF | EL1H);
}

static void untrapped(const char *code) {
    attempt(EL1H, code, 0, 0);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

void hcr_traps(void) {
    const struct { const char *name, *code; uint64_t bits, esr; } traps[] = {
        { "TWI: wfi", do_wfi, TWI, ESR(0x01, 0x1e00000) },
        { "TSC: smc", call_smc, TSC, ESR(0x17, 0x12) },
        { "TVM: msr sctlr_el1", write_sctlr, TVM, ESR_SYSREG(3, 0, 1, 0, 0, 6, 0) },
        { "TVM: msr ttbr1_el1", write_ttbr1, TVM, ESR_SYSREG(3, 0, 2, 0, 1, 7, 0) },
        { "TRVM: mrs tcr_el1", read_tcr, TRVM, ESR_SYSREG(3, 0, 2, 0, 2, 8, 1) },
        { "TID3: mrs id_aa64pfr0_el1", read_pfr0, TID3, ESR_SYSREG(3, 0, 0, 4, 0, 9, 1) },
        { "TID3: mrs id_aa64isar0_el1", read_isar0, TID3, ESR_SYSREG(3, 0, 0, 6, 0, 9, 1) },
        { "TID2: mrs ctr_el0", read_ctr, TID2, ESR_SYSREG(3, 3, 0, 0, 1, 10, 1) },
        { "TID2: msr csselr_el1", write_csselr, TID2, ESR_SYSREG(3, 2, 0, 0, 0, 11, 0) },
        { "TID1: mrs revidr_el1", read_revidr, TID1, ESR_SYSREG(3, 0, 0, 0, 6, 12, 1) },
        { "TACR: mrs actlr_el1", read_actlr, TACR, ESR_SYSREG(3, 0, 1, 0, 1, 13, 1) },
        { "TTLB: tlbi vmalle1", do_tlbi, TTLB, ESR_SYSREG(1, 0, 8, 7, 0, 31, 0) },
        { "TSW: dc csw", clean_way, TSW, ESR_SYSREG(1, 0, 7, 10, 2, 14, 0) },
        { "TPC: dc civac", clean, TPC, ESR_SYSREG(1, 3, 7, 14, 1, 15, 0) },
        { "TPU: ic iallu", invalidate_code, TPU, ESR_SYSREG(1, 0, 7, 5, 0, 31, 0) },
        { "TDZ: dc zva", zero_block, TDZ, ESR_SYSREG(1, 3, 7, 4, 1, 16, 0) },
    };
    WRITE(cpacr_el1, 3 << 20);
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        test("HCR_EL2.%s", traps[i].name);
        WRITE(hcr_el2, RW | VM | traps[i].bits);
        trapped(traps[i].code, traps[i].esr, 0);
    }
    WRITE(hcr_el2, RW | VM | TWE);
    test("HCR_EL2.TWE: wfe");
    attempt(EL1H, do_wfe, 0, 0); /* no trap while the event register is set */
    if (fault.taken) expect_exception(ESR(0x01, 0x1e00001), (uint64_t)do_wfe);
    test("HCR_EL2.TVM leaves reads, TRVM writes");
    WRITE(hcr_el2, RW | VM | TVM);
    untrapped(read_tcr);
    WRITE(hcr_el2, RW | VM);
    test("hvc");
    trapped(call_hvc, ESR(0x16, 0xabcd), 4);
    test("undefined at EL1 goes to EL1");
    attempt(EL1H, udf, 0, 0);
    expect_exception(ESR(0, 0), (uint64_t)udf);
    equal("EL", fault.el, 1);
    test("HCR_EL2.TGE: svc from EL0");
    WRITE(hcr_el2, RW | TGE);
    attempt(EL0, call_svc, 0, 0);
    expect_exception(ESR(0x15, 0x77), (uint64_t)call_svc + 4);
    equal("EL", fault.el, 2);
    equal("vector", fault.vector, 8);
    WRITE(hcr_el2, RW | VM);
    test("VPIDR_EL2 and VMPIDR_EL2");
    uint64_t midr = READ(midr_el1), mpidr = READ(mpidr_el1);
    WRITE(vpidr_el2, 0x410fd034);
    WRITE(vmpidr_el2, 0x80000305);
    untrapped(read_midr);
    equal("MIDR_EL1", attempt_result, 0x410fd034);
    untrapped(read_mpidr);
    equal("MPIDR_EL1", attempt_result, 0x80000305);
    equal("MIDR_EL1 at EL2", READ(midr_el1), midr);
    WRITE(vpidr_el2, midr);
    WRITE(vmpidr_el2, mpidr);
}

void other_traps(void) {
    test("CPTR_EL2.TFP");
    WRITE(cptr_el2, 0x33ff | 1 << 10);
    trapped(fp_add, ESR(0x07, 0x1e00000), 0);
    WRITE(cptr_el2, 0x33ff);
    untrapped(fp_add);
    test("CPACR_EL1 before CPTR_EL2");
    WRITE(cpacr_el1, 0);
    WRITE(cptr_el2, 0x33ff | 1 << 10);
    attempt(EL1H, fp_add, 0, 0);
    expect_exception(ESR(0x07, 0x1e00000), (uint64_t)fp_add);
    equal("EL", fault.el, 1);
    test("CPTR_EL2.TCPAC");
    WRITE(cptr_el2, 0x33ff | 1ul << 31);
    trapped(write_cpacr, ESR_SYSREG(3, 0, 1, 0, 2, 17, 0), 0);
    WRITE(cptr_el2, 0x33ff);
    test("MDCR_EL2.TDA");
    uint64_t mdcr = READ(mdcr_el2);
    WRITE(mdcr_el2, mdcr | 1 << 9 | 1 << 10 | 1 << 11);
    trapped(read_dbgbvr0, ESR_SYSREG(2, 0, 0, 0, 4, 18, 1), 0);
    test("MDCR_EL2.TDOSA");
    WRITE(mdcr_el2, mdcr | 1 << 10);
    trapped(write_oslar, ESR_SYSREG(2, 0, 1, 0, 4, 19, 0), 0);
    test("MDCR_EL2.TPM");
    WRITE(mdcr_el2, mdcr | 1 << 6);
    trapped(read_pmcr, ESR_SYSREG(3, 3, 9, 12, 0, 20, 1), 0);
    WRITE(mdcr_el2, mdcr);
    test("CNTHCTL_EL2.EL1PCTEN");
    WRITE(cnthctl_el2, 2);
    trapped(read_cntpct, ESR_SYSREG(3, 3, 14, 0, 1, 21, 1), 0);
    test("CNTHCTL_EL2.EL1PCEN");
    WRITE(cnthctl_el2, 1);
    trapped(write_cntp_cval, ESR_SYSREG(3, 3, 14, 2, 2, 22, 0), 0);
    WRITE(cnthctl_el2, 0);
    test("CNTHCTL_EL2 leaves CNTVCT_EL0");
    untrapped(read_cntvct);
    WRITE(cnthctl_el2, 3);
    test("CNTHCTL_EL2 allows the physical counter and timer");
    untrapped(read_cntpct);
    untrapped(write_cntp_cval);
}

PROBE(open_irq, "msr daifclr, #2\n\tisb\n.globl after_irq\nafter_irq:\n\tnop\n\tmsr daifset, #2");
PROBE(read_isr, "mrs x0, isr_el1");
static volatile uint64_t irq_el, irq_vector, irq_elr;

static void mask_and_return(struct exception *frame) {
    irq_el = frame->el;
    irq_vector = frame->vector;
    irq_elr = frame->elr;
    frame->spsr |= 1 << 7;
}

void virtual_irq(void) {
    test("HCR_EL2.VI raises a virtual IRQ");
    extern char after_irq[];
    on_irq = mask_and_return;
    WRITE(hcr_el2, RW | VM | IMO | VI);
    untrapped(read_isr);
    equal("ISR_EL1", attempt_result & 0x1c0, 0x80);
    irq_count = 0;
    untrapped(open_irq);
    equal("interrupts taken", irq_count, 1);
    equal("EL", irq_el, 1);
    equal("vector", irq_vector, 5);
    check("ELR", irq_elr > (uint64_t)open_irq && irq_elr <= (uint64_t)after_irq);
    test("HCR_EL2.VI clear: none");
    WRITE(hcr_el2, RW | VM | IMO);
    irq_count = 0;
    untrapped(open_irq);
    equal("interrupts taken", irq_count, 0);
    WRITE(hcr_el2, RW | VM);
}
