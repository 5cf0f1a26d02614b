/* Tests that GICv2 and GICv3 have in common: start, and what the other files share. */
#include "gic.h"

volatile unsigned taken[8], taken_vector, taken_el;

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

unsigned window(void) {
    irq_count = 0;
    asm volatile("msr daifclr, #2\n\tisb\n\tnop\n\tmsr daifset, #2" : : : "memory");
    return irq_count;
}

bool irq_line(void) {
    asm volatile("dsb sy; isb" : : : "memory");
    return READ(isr_el1) >> 7 & 1;
}

void spi_reset(void) {
    for (unsigned i = A; i <= C; i++) {
        gic_enable(i, true);
        gic_set_priority(i, 0xa0);
        gic_set_edge(i, true);
        gic_unpend(i);
        gic_deactivate(i);
    }
}

void gic_tests(void) {
    enter_el1();
    gic_init();
    on_irq = take_irq;
    test("INTIDs");
    check("fewer than 128", gic_intids() >= 128);
    interrupts();
    priorities();
    timers_and_cores();
    if (boot_el == 2) virtual_interrupts();
}
