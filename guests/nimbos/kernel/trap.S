// Exception vectors, the trap frame (see struct trap_frame) and the context switch.

#define FRAME 288

.macro entry handler
    .balign 128
    sub     sp, sp, #FRAME
    stp     x0, x1, [sp, #0]
    adr     x0, \handler
    b       save_frame
.endm

.text
.balign 2048
.globl vectors
vectors:
    entry   trap_unexpected             // current EL with SP_EL0
    entry   trap_unexpected
    entry   trap_unexpected
    entry   trap_unexpected
    entry   trap_kernel_sync            // current EL with SP_EL1
    entry   trap_kernel_irq
    entry   trap_unexpected
    entry   trap_unexpected
    entry   trap_user_sync              // EL0, AArch64
    entry   trap_user_irq
    entry   trap_unexpected
    entry   trap_unexpected
    entry   trap_unexpected             // EL0, AArch32
    entry   trap_unexpected
    entry   trap_unexpected
    entry   trap_unexpected

save_frame:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, sp_el0
    stp     x30, x1, [sp, #240]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #256]
    mrs     x1, tpidr_el0
    str     x1, [sp, #272]
    mov     x1, x0
    mov     x0, sp
    blr     x1
    // falls through: a handler returns to what was interrupted

.globl restore_frame
restore_frame:
    ldr     x1, [sp, #272]
    msr     tpidr_el0, x1
    ldp     x1, x2, [sp, #256]
    msr     elr_el1, x1
    msr     spsr_el1, x2
    ldp     x30, x1, [sp, #240]
    msr     sp_el0, x1
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldp     x0, x1, [sp, #0]
    add     sp, sp, #FRAME
    eret

// void switch_context(struct context *from, const struct context *to)
.globl switch_context
switch_context:
    stp     x19, x20, [x0, #0]
    stp     x21, x22, [x0, #16]
    stp     x23, x24, [x0, #32]
    stp     x25, x26, [x0, #48]
    stp     x27, x28, [x0, #64]
    stp     x29, x30, [x0, #80]
    mov     x2, sp
    str     x2, [x0, #96]
    ldp     x19, x20, [x1, #0]
    ldp     x21, x22, [x1, #16]
    ldp     x23, x24, [x1, #32]
    ldp     x25, x26, [x1, #48]
    ldp     x27, x28, [x1, #64]
    ldp     x29, x30, [x1, #80]
    ldr     x2, [x1, #96]
    mov     sp, x2
    ret

// First code of a kernel task: x19 = function, x20 = its argument.
.globl kernel_task_start
kernel_task_start:
    mov     x0, x20
    blr     x19
    mov     w0, #0
    b       task_exit
