// Image header with the word that says how it ends, vectors that survive everything.

.section .text.header, "ax"
.globl image_header
image_header:
    b       entry
    .long   0
    .quad   0                           // text_offset: any 2 MiB boundary
    .quad   bss_end
    .quad   0xa                         // little endian, 4 KiB pages, anywhere in memory
.globl ending
ending:
    .quad   0                           // see enum ending
    .quad   0, 0
    .ascii  "ARM\x64"
    .long   0

entry:
    msr     daifset, #15
    msr     spsel, #1
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
6:  cmp     x0, x1
    b.hs    7f
    ldr     x3, [x0]
    ldr     x4, [x0, #16]
    add     x4, x4, x2
    str     x4, [x3, x2]
    add     x0, x0, #24
    b       6b
7:
    adrp    x0, stack_end
    add     sp, x0, :lo12:stack_end
    adr     x0, vectors
    msr     vbar_el1, x0
    isb
    bl      main
2:  b       2b

// What faults is skipped; what cannot be fetched returns to its caller. Interrupts are acknowledged. No
// stack is needed.
.balign 2048
vectors:
    .set    index, 0
    .rept   16
    .balign 128
    msr     tpidr_el1, x0
    msr     tpidrro_el0, x1
    .if (index & 3) == 1
    b       interrupt
    .else
    b       fault
    .endif
    .set    index, index + 1
    .endr

.balign 128
fault:
    mrs     x0, esr_el1
    lsr     x0, x0, #26
    cmp     x0, #0x20                   // instruction aborts, PC alignment
    b.eq    3f
    cmp     x0, #0x21
    b.eq    3f
    cmp     x0, #0x22
    b.eq    3f
    mrs     x0, elr_el1
    add     x0, x0, #4
    b       4f
3:  mov     x0, x30
4:  msr     elr_el1, x0
    adrp    x0, faults
    add     x0, x0, :lo12:faults
    b       5f

interrupt:
    mov     x0, #0x08010000             // GICC
    ldr     w1, [x0, #0xc]
    str     w1, [x0, #0x10]
    mov     x0, #0x08000000             // GICD: devices that nobody serves would never be quiet
    mov     w1, #-1
    str     w1, [x0, #0x184]
    str     w1, [x0, #0x188]
    msr     cntv_ctl_el0, xzr
    msr     cntp_ctl_el0, xzr
    adrp    x0, interrupts
    add     x0, x0, :lo12:interrupts

5:  ldr     x1, [x0]
    add     x1, x1, #1
    str     x1, [x0]
    mrs     x1, tpidrro_el0
    mrs     x0, tpidr_el1
    eret

// Load, store and call that may fault: on one the result is what x0 was.
.globl load8
load8:  ldrb    w0, [x0]
    ret
.globl load4
load4:  ldr     w0, [x0]
    ret
.globl load8b
load8b: ldr     x0, [x0]
    ret
.globl load_pair
load_pair:
    ldp     x1, x2, [x0], #16
    ret
.globl load_exclusive
load_exclusive:
    ldaxr   x1, [x0]
    stlxr   w2, x1, [x0]
    ret
.globl store1
store1: strb    w1, [x0]
    ret
.globl store4
store4: str     w1, [x0]
    ret
.globl store8
store8: str     x1, [x0]
    ret
.globl store_zero
store_zero:
    dc      zva, x0
    ret
.globl clean
clean:  dc      civac, x0
    ret
.globl translate
translate:
    at      s1e1w, x0
    ret
.globl execute
execute:
    stp     x29, x30, [sp, #-16]!
    blr     x0
    ldp     x29, x30, [sp], #16
    ret

// call(x0..x3): by HVC, or SMC
.globl call_hvc
call_hvc:
    hvc     #0
    ret
.globl call_smc
call_smc:
    smc     #0
    ret

.bss
.balign 16
    .skip   0x4000
stack_end:
.globl faults, interrupts
faults: .skip 8
interrupts: .skip 8
