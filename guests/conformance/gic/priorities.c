/* Priorities, mask, preemption, binary point, EOI and deactivation. */
#include "gic.h"

static void masks(void) {
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
}

static void preemption(void) {
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
}

static void split_eoi(void) {
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
    void (*usual)(struct exception *) = on_irq;
    on_irq = nested_irq;
    gic_pend(C);
    equal("interrupts taken", window(), 2);
    equal("first", taken[0], C);
    equal("second", taken[1], B);
    on_irq = usual;
}

void priorities(void) {
    masks();
    preemption();
    split_eoi();
    nesting();
}
