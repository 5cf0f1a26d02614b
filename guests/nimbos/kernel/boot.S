// Entry at PA 0x40080000 with the MMU off, at EL2 or EL1: drop to EL1, map the first 2 GiB at both
// the identity and the kernel's half, turn the MMU on and call kernel_main high.

.section .text.boot, "ax"
.globl _start
_start:
    msr     daifset, #15
    mrs     x19, CurrentEL              // kept: kernel_main's argument
    cmp     x19, #(2 << 2)
    b.ne    at_el1

    mov     x0, #(1 << 31)              // HCR_EL2.RW
    msr     hcr_el2, x0
    mov     x0, #3                      // EL1PCTEN | EL1PCEN
    msr     cnthctl_el2, x0
    msr     cntvoff_el2, xzr
    mov     x0, #0x33ff                 // CPTR_EL2: RES1, no trap
    msr     cptr_el2, x0
    msr     hstr_el2, xzr
    mrs     x0, midr_el1
    msr     vpidr_el2, x0
    mrs     x0, mpidr_el1
    msr     vmpidr_el2, x0
    ldr     x0, =0x30d00800             // SCTLR_EL1: RES1, MMU off
    msr     sctlr_el1, x0
    mov     x0, #0x3c5                  // EL1h, DAIF masked
    msr     spsr_el2, x0
    adr     x0, at_el1
    msr     elr_el2, x0
    isb
    eret

at_el1:
    msr     spsel, #1
    adrp    x0, boot_stack_top
    mov     sp, x0

    adrp    x0, sbss                    // page aligned by the linker script
    adrp    x1, zeroed_end
    add     x1, x1, :lo12:zeroed_end
1:  stp     xzr, xzr, [x0], #16
    stp     xzr, xzr, [x0], #16
    stp     xzr, xzr, [x0], #16
    stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b

    adrp    x0, boot_l0
    adrp    x1, boot_l1
    orr     x2, x1, #3
    str     x2, [x0]
    ldr     x2, =0x0060000000000401     // 0..1 GiB: device, AF, never executable
    str     x2, [x1]
    ldr     x2, =0x0000000040000705     // 1..2 GiB: normal, inner shareable, AF
    str     x2, [x1, #8]

    ldr     x2, =0xff04                 // attr 0 Device-nGnRE, attr 1 write-back
    msr     mair_el1, x2
    ldr     x2, =0x00000002b5103510     // both halves 48 bits, 4 KiB, write-back; 40-bit PA
    msr     tcr_el1, x2
    msr     ttbr0_el1, x0
    msr     ttbr1_el1, x0
    ic      iallu
    tlbi    vmalle1
    dsb     sy
    isb
    mrs     x2, sctlr_el1
    mov     x3, #0x1005                 // I | C | M
    orr     x2, x2, x3
    msr     sctlr_el1, x2
    isb

    ldr     x0, =boot_stack_top
    mov     sp, x0
    ldr     x1, =kernel_main
    lsr     x0, x19, #2
    blr     x1
2:  b       2b

.section .bss
.balign 4096
boot_l0: .skip 4096
boot_l1: .skip 4096

.section .stack, "aw", %nobits
.balign 4096
.skip 0x4000
