// Image header, entry at EL1 or EL2, and the vectors of both levels.

#define AREAS 0x1800000                 // data and generated code, after .bss

.section .text.header, "ax"
.globl image_header
image_header:
    b       entry
    .long   0
    .quad   0                           // text_offset: any 2 MiB boundary
    .quad   bss_end + AREAS
    .quad   0xa                         // little endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

entry:
    msr     daifset, #15
    msr     spsel, #1
    mov     x20, x0                     // device tree
    adrp    x0, bss
    add     x0, x0, :lo12:bss
    adrp    x1, bss_end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b

    adr     x2, image_header            // R_AARCH64_RELATIVE: offset, type, addend
    adrp    x0, relocations
    add     x0, x0, :lo12:relocations
    adrp    x1, relocations_end
    add     x1, x1, :lo12:relocations_end
2:  cmp     x0, x1
    b.hs    3f
    ldr     x3, [x0]
    ldr     x4, [x0, #16]
    add     x4, x4, x2
    str     x4, [x3, x2]
    add     x0, x0, #24
    b       2b

3:  mrs     x0, CurrentEL
    lsr     x0, x0, #2
    adrp    x1, boot_el
    str     x0, [x1, :lo12:boot_el]
    cmp     x0, #2
    b.ne    4f
    adr     x0, vectors_el2
    msr     vbar_el2, x0
    mov     x0, #(1 << 31)              // HCR_EL2.RW
    msr     hcr_el2, x0
    mov     x0, #3
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #0x33ff
    msr     cptr_el2, x0
    ldr     x0, =0x30d00800
    msr     sctlr_el1, x0
    mov     x0, #0x3c5
    msr     spsr_el2, x0
    adr     x0, 4f
    msr     elr_el2, x0
    isb
    eret
4:  msr     spsel, #1
    adrp    x0, stack_top
    add     sp, x0, :lo12:stack_top
    adr     x0, vectors_el1
    msr     vbar_el1, x0
    mov     x0, #(3 << 20)              // FP and SIMD
    msr     cpacr_el1, x0
    isb
    mov     x0, x20
    bl      main
    .globl  power_off
power_off:
    ldr     w0, =0x84000008             // PSCI SYSTEM_OFF
    adrp    x1, boot_el
    ldr     x1, [x1, :lo12:boot_el]
    cmp     x1, #2
    b.eq    5f
    hvc     #0
5:  smc     #0
6:  wfi
    b       6b

// EL2 answers a call with one more than the argument, and nothing else.
.text
.balign 2048
vectors_el2:
    .set    index, 0
    .rept   16
    .balign 128
    .if index == 8
    add     x0, x0, #1
    eret
    .else
    b       stray_el2
    .endif
    .set    index, index + 1
    .endr
stray_el2:
    mrs     x0, esr_el2
    mrs     x1, elr_el2
    mrs     x2, far_el2
    mov     x3, #2
    adrp    x4, stack_top
    add     sp, x4, :lo12:stack_top
    b       stray

.balign 2048
vectors_el1:
    .set    index, 0
    .rept   16
    .balign 128
    .if index == 5
    stp     x0, x1, [sp, #-16]!
    stp     x2, x3, [sp, #-16]!
    b       interrupt
    .else
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    mov     x3, #1
    b       stray
    .endif
    .set    index, index + 1
    .endr
stray:
    bl      on_stray_exception
    b       power_off

// Acknowledges the timer's interrupt, counts it and asks for the next one.
interrupt:
    adrp    x0, interrupts
    add     x0, x0, :lo12:interrupts
    mov     x1, #0x08010000             // GICC
    ldr     w2, [x1, #0xc]              // IAR
    ldr     x3, [x0]
    add     x3, x3, #1
    str     x3, [x0]
    mov     x3, #2
    msr     cntv_tval_el0, x3
    isb
    str     w2, [x1, #0x10]             // EOIR
    ldp     x2, x3, [sp], #16
    ldp     x0, x1, [sp], #16
    eret

.bss
.balign 16
    .skip   0x10000
stack_top:
.globl boot_el, interrupts
boot_el: .skip 8
interrupts: .skip 8
