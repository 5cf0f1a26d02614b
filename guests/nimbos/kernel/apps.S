// The user programs, embedded in .data in the order of their names.

.macro app name
    .pushsection .data.apps, "aw"
    .balign 8
app_\name: .incbin "\name\().elf"
app_\name\()_end:
    .popsection
    .pushsection .rodata.names, "a"
name_\name: .asciz "\name"
    .popsection
    .xword  name_\name, app_\name, app_\name\()_end - app_\name
.endm

.section .rodata.apps, "a"
.balign 8
.globl apps, apps_end
apps:
    app cyclictest
    app exit
    app fantastic_text
    app forktest
    app forktest2
    app forktest_simple
    app forktest_simple_c
    app forktree
    app hello_c
    app hello_world
    app matrix
    app sleep
    app sleep_simple
    app stack_overflow
    app thread_simple
    app user_shell
    app usertests
    app yield
apps_end:
