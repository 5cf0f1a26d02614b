// Program start, the raw system call and thread creation.

.section .text.start, "ax"
.globl _start
_start:
    mov     x29, xzr
    mov     x30, xzr
    bl      main
    b       exit

.text
// int64_t syscall4(a, b, c, d, number)
.globl syscall4
syscall4:
    mov     x8, x4
    svc     #0
    ret

// int thread_create(void (*run)(void *), void *arg, void *stack_top)
.globl thread_create
thread_create:
    mov     x9, x0
    mov     x10, x1
    mov     x0, x2
    mov     x8, #56                     // clone
    svc     #0
    cbz     x0, 1f
    ret
1:  mov     x29, xzr
    mov     x30, xzr
    mov     x0, x10
    blr     x9
    mov     w0, #0
    b       exit
