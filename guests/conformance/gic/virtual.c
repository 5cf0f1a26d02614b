/* List registers, the virtual CPU interface and the maintenance interrupt. */
#include "gic.h"

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

void virtual_interrupts(void) {
    list_register_states();
    maintenance();
    hardware_interrupt();
}
