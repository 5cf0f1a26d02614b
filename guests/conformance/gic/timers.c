/* The timers' PPIs, WFI, and SGIs between two cores. */
#include "gic.h"

static void timer(const char *name, unsigned intid, bool virtual) {
    uint64_t frequency = READ(cntfrq_el0);
    gic_enable(intid, true);
    test("%s: level-sensitive PPI", name);
    if (virtual) {
        WRITE(cntv_cval_el0, 0);
        WRITE(cntv_ctl_el0, 1);
    } else {
        WRITE(cntp_cval_el0, 0);
        WRITE(cntp_ctl_el0, 1);
    }
    equal("pending", gic_pending(intid), 1);
    equal("ISR_EL1.I", irq_line(), 1);
    if (virtual) WRITE(cntv_ctl_el0, 3);
    else WRITE(cntp_ctl_el0, 3);
    equal("ISR_EL1.I when masked", irq_line(), 0);
    equal("pending when masked", gic_pending(intid), 0);
    if (virtual) WRITE(cntv_ctl_el0, 1);
    else WRITE(cntp_ctl_el0, 1);
    equal("INTID", gic_ack(), intid);
    equal("still pending", gic_pending(intid), 1);
    gic_eoi(intid);
    equal("ISR_EL1.I again", irq_line(), 1);
    equal("interrupts taken", window(), 1);
    equal("INTID", taken[0], intid);
    equal("pending after", gic_pending(intid), 0);
    test("%s: wfi until the deadline", name);
    uint64_t start = READ(cntpct_el0);
    if (virtual) WRITE(cntv_tval_el0, frequency / 200);
    else WRITE(cntp_tval_el0, frequency / 200);
    if (virtual) WRITE(cntv_ctl_el0, 1);
    else WRITE(cntp_ctl_el0, 1);
    unsigned waits = 0;
    while (!irq_line() && waits++ < 100000) asm volatile("wfi" : : : "memory");
    uint64_t passed = READ(cntpct_el0) - start;
    check("woken too early", passed >= frequency / 200);
    check("woken too late", passed < frequency);
    equal("interrupts taken", window(), 1);
    equal("INTID", taken[0], intid);
    gic_enable(intid, false);
}

static volatile uint64_t other_state, other_intid;

static void answer_sgi(uint64_t arg) {
    (void)arg;
    enter_el1();
    gic_init();
    gic_enable(3, true);
    other_state = 1;
    while (!irq_line()) asm volatile("wfi" : : : "memory");
    other_intid = gic_ack();
    gic_eoi((unsigned)other_intid);
    asm volatile("dsb sy");
    gic_sgi(4, 0);
    psci(0x84000002, 0, 0, 0);
}

static void two_cores(void) {
    uint64_t other = (READ(mpidr_el1) & 0xff00ffffff) + 1;
    static struct second_core core = { answer_sgi, 0 };
    if (psci(0xc4000004, other, 0, 0) != 1) return;
    test("SGIs between two cores");
    equal("CPU_ON", (uint64_t)psci(0xc4000003, other, (uint64_t)second_core_entry, (uint64_t)&core), 0);
    while (other_state == 0) {}
    gic_enable(4, true);
    gic_sgi(3, 1);
    for (unsigned i = 0; i < 100000 && !irq_line(); i++) asm volatile("yield");
    while (!irq_line()) asm volatile("wfi" : : : "memory");
    equal("interrupts taken", window(), 1);
    equal("INTID here", taken[0] & 0x3ff, 4);
    equal("INTID there", other_intid & 0x3ff, 3);
    equal("own SGI 3", gic_pending(3), 0);
}

void timers_and_cores(void) {
    timer("CNTP", CNTP_PPI, false);
    timer("CNTV", CNTV_PPI, true);
    two_cores();
}
