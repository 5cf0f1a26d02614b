/* Interrupt controller tests that GICv2 and GICv3 have in common. */
#include "gic.h"

enum { A = 100, B = 101, C = 102 }; /* SPIs that no device of the board uses */

static volatile unsigned taken[8], taken_vector, taken_el;

static void take_irq(struct exception *frame) {
    unsigned intid = gic_ack();
    if (irq_count <= 8) taken[irq_count - 1] = intid;
    taken_vector = (unsigned)frame->vector;
    taken_el = (unsigned)frame->el;
    if (intid == CNTP_PPI) WRITE(cntp_ctl_el0, 0);
    if (intid == CNTV_PPI) WRITE(cntv_ctl_el0, 0);
    if (intid == MAINTENANCE) set_hypervisor_control(0);
    if (intid < 1020) gic_eoi(intid);
}

/* Opens PSTATE.I for a moment; the number of interrupts taken. */
static unsigned window(void) {
    irq_count = 0;
    asm volatile("msr daifclr, #2\n\tisb\n\tnop\n\tmsr daifset, #2" : : : "memory");
    return irq_count;
}

static bool irq_line(void) {
    asm volatile("dsb sy; isb" : : : "memory");
    return READ(isr_el1) >> 7 & 1;
}

static void spi_reset(void) {
    for (unsigned i = A; i <= C; i++) {
        gic_enable(i, true);
        gic_set_priority(i, 0xa0);
        gic_set_edge(i, true);
        gic_unpend(i);
        gic_deactivate(i);
    }
}

static void sgis(void) {
    test("SGI to this core");
    gic_enable(5, true);
    equal("ISR_EL1.I before", irq_line(), 0);
    gic_sgi(5, 0);
    equal("ISR_EL1.I", irq_line(), 1);
    equal("pending", gic_pending(5), 1);
    equal("highest pending", gic_highest_pending(), 5);
    equal("interrupts taken", window(), 1);
    equal("INTID", taken[0], 5);
    equal("vector", taken_vector, 5);
    equal("EL", taken_el, 1);
    equal("pending after", gic_pending(5), 0);
    equal("ISR_EL1.I after", irq_line(), 0);
    equal("spurious", gic_ack(), SPURIOUS);
    test("all SGIs in order");
    for (unsigned i = 0; i < 16; i++) gic_enable(i, true);
    for (unsigned i = 15; i < 16; i--) gic_sgi(i, 0);
    for (unsigned i = 0; i < 16; i++) {
        equal("INTID", gic_ack(), i);
        equal("active", gic_active(i), 1);
        gic_eoi(i);
        equal("active after", gic_active(i), 0);
    }
    equal("last", gic_ack(), SPURIOUS);
}

static void spis(void) {
    spi_reset();
    test("SPI pended by software");
    gic_enable(A, false);
    equal("enabled", gic_enabled(A), 0);
    gic_pend(A);
    equal("pending", gic_pending(A), 1);
    equal("INTID while disabled", gic_ack(), SPURIOUS);
    gic_enable(A, true);
    equal("enabled", gic_enabled(A), 1);
    equal("ISR_EL1.I", irq_line(), 1);
    equal("INTID", gic_ack(), A);
    equal("pending when active", gic_pending(A), 0);
    equal("active", gic_active(A), 1);
    test("pending again while active");
    gic_pend(A);
    equal("pending", gic_pending(A), 1);
    equal("INTID", gic_ack(), SPURIOUS);
    gic_eoi(A);
    equal("active", gic_active(A), 0);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    equal("pending", gic_pending(A), 0);
    test("ICPENDR withdraws");
    gic_pend(A);
    equal("ISR_EL1.I", irq_line(), 1);
    gic_unpend(A);
    equal("ISR_EL1.I", irq_line(), 0);
    equal("INTID", gic_ack(), SPURIOUS);
    test("ICACTIVER ends an interrupt");
    gic_pend(A);
    equal("INTID", gic_ack(), A);
    gic_deactivate(A);
    equal("active", gic_active(A), 0);
    gic_eoi(A);
    test("the distributor's enable");
    gic_forward(false);
    gic_pend(A);
    equal("ISR_EL1.I", irq_line(), 0);
    gic_forward(true);
    equal("ISR_EL1.I", irq_line(), 1);
    test("the interface's enable");
    gic_interface(false);
    equal("ISR_EL1.I", irq_line(), 0);
    gic_interface(true);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    test("the highest INTIDs");
    unsigned last = gic_intids() - 1;
    gic_set_edge(last, true);
    gic_set_priority(last, 0x20);
    gic_enable(last, true);
    gic_pend(last);
    equal("INTID", gic_ack(), last);
    gic_eoi(last);
    gic_enable(last, false);
}

static void priorities(void) {
    spi_reset();
    test("priorities read back");
    gic_set_priority(A, 0xa0);
    gic_set_priority(B, 0x40);
    gic_set_priority(C, 0x80);
    equal("A", gic_priority(A), 0xa0);
    equal("B", gic_priority(B), 0x40);
    test("acknowledged by priority");
    gic_pend(A), gic_pend(B), gic_pend(C);
    static const unsigned order[] = { B, C, A };
    for (int i = 0; i < 3; i++) {
        equal("INTID", gic_ack(), order[i]);
        gic_eoi(order[i]);
    }
    test("equal priorities: the lower INTID");
    gic_set_priority(B, 0xa0);
    gic_pend(B), gic_pend(A);
    equal("first", gic_ack(), A);
    equal("no second meanwhile", gic_ack(), SPURIOUS);
    gic_eoi(A);
    equal("second", gic_ack(), B);
    gic_eoi(B);
    gic_set_priority(B, 0x40);
    test("priority mask");
    gic_set_mask(0x80);
    gic_pend(A), gic_pend(C);
    equal("ISR_EL1.I", irq_line(), 0);
    equal("INTID", gic_ack(), SPURIOUS);
    gic_set_mask(0x88);
    equal("INTID", gic_ack(), C);
    gic_eoi(C);
    gic_set_mask(0xff);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    test("running priority and preemption");
    equal("idle", gic_running_priority(), 0xff);
    gic_pend(C);
    equal("INTID", gic_ack(), C);
    equal("running", gic_running_priority(), 0x80);
    gic_pend(A);
    equal("a lower one waits", irq_line(), 0);
    gic_pend(B);
    equal("a higher one preempts", irq_line(), 1);
    equal("INTID", gic_ack(), B);
    equal("running", gic_running_priority(), 0x40);
    gic_eoi(B);
    equal("running after", gic_running_priority(), 0x80);
    equal("INTID", gic_ack(), SPURIOUS);
    gic_eoi(C);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    equal("idle again", gic_running_priority(), 0xff);
    test("binary point: no preemption within a group");
    gic_set_binary_point(7); /* group priority: bit 7, or none */
    gic_set_priority(C, 0x60);
    gic_pend(C);
    equal("INTID", gic_ack(), C);
    gic_pend(B);
    equal("ISR_EL1.I", irq_line(), 0);
    gic_eoi(C);
    equal("INTID", gic_ack(), B);
    gic_eoi(B);
    gic_set_binary_point(0);
    gic_set_priority(C, 0x80);
    test("EOI and deactivation apart");
    gic_split_eoi(true);
    gic_pend(A);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    equal("running", gic_running_priority(), 0xff);
    equal("active", gic_active(A), 1);
    gic_pend(A);
    equal("INTID while active", gic_ack(), SPURIOUS);
    gic_dir(A);
    equal("active after", gic_active(A), 0);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    gic_dir(A);
    gic_split_eoi(false);
}

static void nested_irq(struct exception *frame) {
    unsigned intid = gic_ack();
    uint64_t elr = frame->elr;
    taken[irq_count - 1] = intid;
    if (intid == C) {
        gic_pend(B);
        asm volatile("msr daifclr, #2\n\tisb\n\tnop\n\tmsr daifset, #2" : : : "memory");
    }
    gic_eoi(intid);
    equal("saved ELR", frame->elr, elr);
}

static void nesting(void) {
    test("an interrupt inside an interrupt");
    on_irq = nested_irq;
    gic_pend(C);
    equal("interrupts taken", window(), 2);
    equal("first", taken[0], C);
    equal("second", taken[1], B);
    on_irq = take_irq;
}

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

static void list_register_states(void) {
    struct list_register first = { .intid = 40, .priority = 0x80, .state = 1 };
    struct list_register second = { .intid = 41, .priority = 0x40, .state = 1 };
    test("list registers are empty at first");
    for (unsigned i = 0; i < list_registers(); i++) set_lr(i, (struct list_register){ .state = 0 });
    equal("ELRSR", empty_lrs(), (1u << list_registers()) - 1);
    test("a list register raises the virtual IRQ");
    virtual_on(true);
    gic_interface(true);
    gic_set_mask(0xf8);
    set_lr(0, first);
    equal("ISR_EL1.I, not enabled", irq_line(), 0);
    set_hypervisor_control(H_EN);
    equal("ISR_EL1.I", irq_line(), 1);
    equal("ELRSR", empty_lrs(), ((1u << list_registers()) - 1) & ~1u);
    equal("highest pending", gic_highest_pending(), 40);
    equal("interrupts taken", window(), 1);
    equal("EL", taken_el, 1);
    equal("vector", taken_vector, 5);
    equal("INTID", taken[0], 40);
    equal("state after", lr_state(0), 0);
    test("list register states");
    set_lr(0, first);
    equal("pending", lr_state(0), 1);
    equal("INTID", gic_ack(), 40);
    equal("active", lr_state(0), 2);
    equal("running priority", gic_running_priority(), 0x80);
    set_lr(1, second);
    equal("a higher one preempts", gic_ack(), 41);
    gic_eoi(41);
    equal("state of the second", lr_state(1), 0);
    gic_eoi(40);
    equal("state of the first", lr_state(0), 0);
    equal("running priority after", gic_running_priority(), 0xff);
    equal("nothing left", gic_ack(), SPURIOUS);
    test("virtual priority mask");
    gic_set_mask(0x80);
    set_lr(0, first);
    equal("ISR_EL1.I", irq_line(), 0);
    gic_set_mask(0xf8);
    equal("ISR_EL1.I", irq_line(), 1);
    equal("INTID", gic_ack(), 40);
    gic_eoi(40);
    virtual_on(false);
    set_hypervisor_control(0);
}

static void maintenance(void) {
    struct list_register lr = { .intid = 40, .priority = 0x80, .state = 1, .eoi = true };
    virtual_on(true);
    set_hypervisor_control(H_EN);
    test("maintenance: end of interrupt");
    set_lr(0, lr);
    equal("MISR before", maintenance_status(), 0);
    equal("INTID", gic_ack(), 40);
    gic_eoi(40);
    equal("EISR", ended_lrs(), 1);
    equal("MISR", maintenance_status(), 1);
    set_lr(0, (struct list_register){ .state = 0 });
    equal("MISR after", maintenance_status(), 0);
    test("maintenance: underflow");
    set_hypervisor_control(H_EN | H_UIE);
    equal("MISR, none valid", maintenance_status(), 2);
    lr.eoi = false;
    set_lr(0, lr);
    equal("MISR, one valid", maintenance_status(), 2);
    lr.intid = 42;
    set_lr(1, lr);
    equal("MISR, two valid", maintenance_status(), 0);
    test("maintenance: nothing pending");
    set_hypervisor_control(H_EN | H_NPIE);
    equal("MISR", maintenance_status(), 0);
    gic_eoi(gic_ack()); /* both have the same priority: the lower INTID first */
    gic_eoi(gic_ack());
    equal("MISR after", maintenance_status(), 8);
    test("maintenance: EOI without a list register");
    set_hypervisor_control(H_EN | H_LRENPIE);
    equal("EOIcount", eoi_count(), 0);
    set_lr(0, lr);
    unsigned intid = gic_ack();
    set_lr(0, (struct list_register){ .state = 0 });
    gic_eoi(intid);
    equal("EOIcount after", eoi_count(), 1);
    equal("MISR", maintenance_status(), 4);
    set_hypervisor_control(0);
    virtual_on(false);
    test("maintenance: the PPI");
    virtual_on(true);
    set_hypervisor_control(H_EN | H_UIE);
    equal("pending", gic_pending(MAINTENANCE), 1);
    irq_count = 0;
    gic_enable(MAINTENANCE, true); /* PSTATE.I of EL1 does not mask what is routed to EL2 */
    asm volatile("dsb sy; isb; nop" : : : "memory");
    equal("interrupts taken", irq_count, 1);
    equal("INTID", taken[0], MAINTENANCE);
    equal("EL", taken_el, 2);
    equal("vector", taken_vector, 9);
    equal("pending after", gic_pending(MAINTENANCE), 0);
    virtual_on(false);
    gic_enable(MAINTENANCE, false);
}

static void hardware_interrupt(void) {
    test("list register with a physical interrupt");
    spi_reset();
    gic_split_eoi(true);
    gic_pend(A);
    equal("INTID", gic_ack(), A);
    gic_eoi(A);
    equal("active", gic_active(A), 1);
    virtual_on(true);
    set_hypervisor_control(H_EN);
    set_lr(0, (struct list_register){ .intid = 40, .priority = 0x80, .state = 1, .hw = true, .physical = A });
    equal("virtual INTID", gic_ack(), 40);
    equal("active before", gic_active(A), 1);
    gic_eoi(40);
    equal("active after", gic_active(A), 0);
    set_hypervisor_control(0);
    virtual_on(false);
    gic_split_eoi(false);
}

void gic_tests(void) {
    enter_el1();
    gic_init();
    on_irq = take_irq;
    test("INTIDs");
    check("fewer than 128", gic_intids() >= 128);
    sgis();
    spis();
    priorities();
    nesting();
    timer("CNTP", CNTP_PPI, false);
    timer("CNTV", CNTV_PPI, true);
    two_cores();
    if (boot_el != 2) return;
    list_register_states();
    maintenance();
    hardware_interrupt();
}
