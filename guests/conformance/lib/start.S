// Image header, entry of the first core and of those that PSCI starts, change to EL1.

.section .text.header, "ax"
.globl image_header
image_header:
    b       entry
    .long   0
    .quad   0                           // text_offset: any 2 MiB boundary
    .quad   bss_end
    .quad   0xa                         // little endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
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
2:  cmp     x0, x1
    b.hs    3f
    ldr     x3, [x0]
    ldr     x4, [x0, #16]
    add     x4, x4, x2
    str     x4, [x3, x2]
    add     x0, x0, #24
    b       2b
3:
    adrp    x0, stacks
    add     x0, x0, :lo12:stacks
    add     sp, x0, #0x4000
    mrs     x0, CurrentEL
    lsr     x0, x0, #2
    adrp    x1, boot_el
    str     w0, [x1, :lo12:boot_el]
    bl      install_vectors
    bl      main
    b       finish

// Entry for CPU_ON; x0 = context: struct second_core *
.globl second_core_entry
second_core_entry:
    msr     daifset, #15
    msr     spsel, #1
    adrp    x1, stacks
    add     x1, x1, :lo12:stacks
    add     sp, x1, #0x8000
    mov     x19, x0
    bl      install_vectors
    mov     x0, x19
    bl      second_core_main
4:  wfi
    b       4b

install_vectors:
    mrs     x0, CurrentEL
    cmp     x0, #(2 << 2)
    b.ne    5f
    adr     x0, vectors_el2
    msr     vbar_el2, x0
    mov     x0, #0x33ff
    msr     cptr_el2, x0
5:  adr     x0, vectors_el1
    msr     vbar_el1, x0
    isb
    ret

// void enter_el1(void): from EL2 to EL1h on the same stack, stage 2 and every trap off
.globl enter_el1
enter_el1:
    mrs     x0, CurrentEL
    cmp     x0, #(1 << 2)
    b.eq    6f
    mov     x0, #(1 << 31)              // HCR_EL2.RW
    msr     hcr_el2, x0
    mov     x0, #3
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    ldr     x0, =0x30d00800
    msr     sctlr_el1, x0
    mov     x0, #0x3c5
    msr     spsr_el2, x0
    msr     elr_el2, x30
    mov     x0, sp
    msr     sp_el1, x0
    adrp    x0, stacks                  // EL2 keeps a stack of its own
    add     x0, x0, :lo12:stacks
    add     x0, x0, #0xc000
    mov     sp, x0
    isb
    eret
6:  ret

.bss
.balign 16
stacks: .skip 0xc000
.globl boot_el
boot_el: .skip 4
