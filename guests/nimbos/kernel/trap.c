/* What happens on an exception; trap.S calls these with the saved frame. */
#include "kernel.h"

enum { EC_UNKNOWN = 0x00, EC_SVC64 = 0x15, EC_FETCH_USER = 0x20, EC_FETCH_KERNEL = 0x21,
       EC_DATA_USER = 0x24, EC_DATA_KERNEL = 0x25 };

void trap_user_sync(struct trap_frame *frame) {
    uint64_t esr = READ_SYSREG(esr_el1), far = READ_SYSREG(far_el1);
    uint64_t ec = esr >> 26 & 0x3f, iss = esr & 0x1ffffff;
    switch (ec) {
    case EC_SVC64: handle_syscall(frame); return;
    case EC_FETCH_USER:
    case EC_DATA_USER:
        warn("%s Page Fault @ %#lx, FAR=%#lx, ISS=%#lx, kernel killed it.",
             ec == EC_DATA_USER ? "Data" : "Instruction", frame->elr, far, iss);
        break;
    default:
        warn("Exception @ %#lx, EC=%#lx, ISS=%#lx, kernel killed it.", frame->elr, ec, iss);
        break;
    }
    task_exit(-1);
}

void trap_user_irq(struct trap_frame *frame) {
    (void)frame;
    handle_irq();
    if (current->ticks_left == 0 && tasks_ready()) task_yield();
}

/* Taken in irq_window() only. */
void trap_kernel_irq(struct trap_frame *frame) {
    (void)frame;
    handle_irq();
}

void trap_kernel_sync(struct trap_frame *frame) {
    panic("kernel exception @ %#lx, ESR=%#lx, FAR=%#lx", frame->elr, READ_SYSREG(esr_el1),
          READ_SYSREG(far_el1));
}

void trap_unexpected(struct trap_frame *frame) {
    panic("unexpected exception @ %#lx, ESR=%#lx, SPSR=%#lx", frame->elr, READ_SYSREG(esr_el1),
          frame->spsr);
}
