/* SGIs to this core and SPIs pended by software. */
#include "gic.h"

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

void interrupts(void) {
    sgis();
    spis();
}
