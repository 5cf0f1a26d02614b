// Exception vectors for EL1 and EL2, and try_start(): runs code and survives its exception.

#define FRAME 320

.macro save_x
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
.endm

.macro restore_x
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
    ldr     x30, [sp, #240]
    ldp     x0, x1, [sp], #FRAME
    eret
.endm

.macro vector_table el
.balign 2048
.globl vectors_el\el
vectors_el\el:
    .set    index, 0
    .rept   16
    .balign 128
    sub     sp, sp, #FRAME
    stp     x0, x1, [sp]
    mov     x0, #index
    b       taken_el\el
    .set    index, index + 1
    .endr

taken_el\el:
    save_x
    mrs     x1, elr_el\el
    stp     x30, x1, [sp, #240]
    mrs     x1, spsr_el\el
    mrs     x2, esr_el\el
    stp     x1, x2, [sp, #256]
    mrs     x1, far_el\el
    mov     x2, #0
    .if \el == 2
    mrs     x2, hpfar_el2
    .endif
    stp     x1, x2, [sp, #272]
    mov     x1, #\el
    stp     x0, x1, [sp, #288]
    mov     x0, sp
    bl      on_exception
    ldp     x0, x1, [sp, #248]
    msr     elr_el\el, x0
    msr     spsr_el\el, x1
    restore_x
.endm

.text
    vector_table 1
    vector_table 2

// bool try_start(const struct attempt *): see lib.c
.globl try_start
try_start:
    adrp    x9, jump
    add     x9, x9, :lo12:jump
    stp     x19, x20, [x9, #0]
    stp     x21, x22, [x9, #16]
    stp     x23, x24, [x9, #32]
    stp     x25, x26, [x9, #48]
    stp     x27, x28, [x9, #64]
    stp     x29, x30, [x9, #80]
    mov     x10, sp
    str     x10, [x9, #96]
    ldp     x1, x2, [x0, #0]            // SPSR, PC
    ldp     x3, x30, [x0, #16]          // SP of the target, where it returns to
    mrs     x4, CurrentEL
    cmp     x4, #(2 << 2)
    b.eq    1f
    msr     sp_el0, x3
    msr     spsr_el1, x1
    msr     elr_el1, x2
    b       2f
1:  msr     sp_el1, x3
    msr     sp_el0, x3
    msr     spsr_el2, x1
    msr     elr_el2, x2
2:  isb
    ldp     x2, x3, [x0, #48]           // arguments
    ldp     x0, x1, [x0, #32]
    eret

.globl try_returned, try_resume
try_returned:                           // the code ran to its end at the caller's level
    msr     spsel, #1
    adrp    x9, attempt_result
    str     x0, [x9, :lo12:attempt_result]
try_resume:                             // on_exception() returns here
    msr     daifset, #15
    msr     spsel, #1
    adrp    x9, jump
    add     x9, x9, :lo12:jump
    ldp     x19, x20, [x9, #0]
    ldp     x21, x22, [x9, #16]
    ldp     x23, x24, [x9, #32]
    ldp     x25, x26, [x9, #48]
    ldp     x27, x28, [x9, #64]
    ldp     x29, x30, [x9, #80]
    ldr     x10, [x9, #96]
    mov     sp, x10
    ret

.globl done_svc, done_hvc
done_svc:
    svc     #0xd0e
done_hvc:
    hvc     #0xd0e

.bss
.balign 16
jump: .skip 112
.globl attempt_result
attempt_result: .skip 8
