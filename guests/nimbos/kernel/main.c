/* The kernel's main: banner, initialisation in order, then the root task, which starts the first
 * user program and powers off when that exits. */
#include "kernel.h"

static const char banner[] =
    "\n"
    "NN    N  iii                  bb        OOOOOO    SSSSSS\n"
    "NNN   N       mmm mm  mmmm    bb       OO    OO  SS\n"
    "NN N  N  iii  mm mm mm   mm   bbbbbb   OO    OO   SSSSS\n"
    "NN  N N  iii  mm    mm   mm   bb   bb  OO    OO       SS\n"
    "NN   NN  iii  mm    mm   mm   bbbbbb    OOOOOO   SSSSSS\n"
    "\n"
    "arch = aarch64\n"
    "platform = qemu-virt-arm\n"
    "build_mode = release\n"
    "log_level = warn\n"
    "\n";

extern char vectors[];

static void test_task(uint64_t arg) {
    print("test kernel task: pid = TaskId(%d), arg = %#lx\n", current->pid, arg);
}

static void list_apps(void) {
    print("/**** APPS ****\n");
    for (const struct app *app = apps; app < apps_end; app++) print("%s\n", app->name);
    print("**************/\n");
}

void kernel_main(int el) {
    boot_el = el;
    WRITE_SYSREG(vbar_el1, vectors);
    asm volatile("isb");
    print("%s", banner);
    heap_init();
    frames_init();
    vm_init();
    print("Initializing drivers...\n");
    console_init();
    interrupts_init();
    print("Initializing task manager...\n");
    tasks_init();
    list_apps();
    print("Running tasks...\n");

    task_new_kernel(test_task, 0xdead);
    task_new_kernel(test_task, 0xbeef);
    struct trap_frame frame = { .sp = USER_TOP };
    struct address_space *space;
    if (!program_load("user_shell", &space, &frame.elr)) panic("no user_shell");
    int first = task_new_user(space, &frame)->pid;

    int code;
    while (task_wait(-1, &code, true) != first) {}
    power_off();
}
