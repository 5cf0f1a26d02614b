/* System calls: number in x8, arguments in x0..x3, result in x0. */
#include "kernel.h"

enum {
    SYS_READ = 0, SYS_WRITE = 1, SYS_YIELD = 24, SYS_GETPID = 39, SYS_CLONE = 56, SYS_FORK = 57,
    SYS_EXEC = 59, SYS_EXIT = 60, SYS_WAITPID = 61, SYS_GET_TIME_MS = 96, SYS_REBOOT = 169,
    SYS_CLOCK_GETTIME = 228, SYS_CLOCK_NANOSLEEP = 230,
};
enum { TIMER_ABSTIME = 1, WNOHANG = 1 };
#define REBOOT_MAGIC 0xfee1deadu
#define REBOOT_POWER_OFF 0x6f387333u

struct timespec {
    uint64_t seconds, ns;
};

/* Polls for one character; the others run meanwhile. */
static int64_t sys_read(uint64_t fd, uint64_t buffer, uint64_t size) {
    if (fd != 0 || size != 1) return -1;
    int c;
    while ((c = console_get()) < 0) {
        if (tasks_ready()) task_yield();
        else irq_window();
    }
    char byte = (char)c;
    return user_write(current->space, buffer, &byte, 1) ? 1 : -1;
}

static int64_t sys_write(uint64_t fd, uint64_t buffer, uint64_t size) {
    if (fd != 1) return -1;
    char part[64];
    for (uint64_t done = 0; done < size;) {
        uint64_t n = size - done < sizeof part ? size - done : sizeof part;
        if (!user_read(current->space, part, buffer + done, n)) return -1;
        for (uint64_t i = 0; i < n; i++) console_put(part[i]);
        done += n;
    }
    return (int64_t)size;
}

static int64_t sys_clone(const struct trap_frame *frame, uint64_t stack) {
    struct trap_frame child = *frame;
    child.x[0] = 0;
    child.sp = stack;
    current->space->users++;
    return task_new_user(current->space, &child)->pid;
}

static int64_t sys_fork(const struct trap_frame *frame) {
    struct trap_frame child = *frame;
    child.x[0] = 0;
    return task_new_user(space_copy(current->space), &child)->pid;
}

static int64_t sys_exec(struct trap_frame *frame, uint64_t path) {
    char name[32];
    size_t n = 0;
    do {
        if (n == sizeof name || !user_read(current->space, &name[n], path + n, 1)) return -1;
    } while (name[n++] != 0);
    struct address_space *space;
    uint64_t entry;
    if (!program_load(name, &space, &entry)) return -1;
    struct address_space *old = current->space;
    current->space = space;
    vm_activate(space);
    space_release(old);
    *frame = (struct trap_frame){ .elr = entry, .sp = USER_TOP, .spsr = 0 };
    return 0;
}

static int64_t sys_waitpid(int pid, uint64_t status, uint64_t options) {
    int code = 0;
    int found = task_wait(pid, &code, !(options & WNOHANG));
    if (found > 0 && status != 0) user_write(current->space, status, &code, sizeof code);
    return found;
}

static int64_t sys_reboot(uint32_t magic, uint32_t magic2, uint32_t command) {
    bool known = magic2 == 672274793u || magic2 == 0x52564d21u || magic2 == 0x4e696d62u;
    if (magic != REBOOT_MAGIC || !known || command != REBOOT_POWER_OFF) return -1;
    warn("Shutting down...");
    power_off();
}

static int64_t sys_clock_gettime(uint64_t to) {
    uint64_t ns = counter_to_ns(counter());
    struct timespec now = { ns / 1000000000, ns % 1000000000 };
    return user_write(current->space, to, &now, sizeof now) ? 0 : -1;
}

static int64_t sys_clock_nanosleep(uint64_t flags, uint64_t from) {
    struct timespec time;
    if (!user_read(current->space, &time, from, sizeof time)) return -1;
    uint64_t count = counter_from_ns(time.seconds * 1000000000 + time.ns);
    task_sleep_until(flags & TIMER_ABSTIME ? count : counter() + count);
    return 0;
}

void handle_syscall(struct trap_frame *frame) {
    uint64_t *x = frame->x;
    switch (x[8]) {
    case SYS_READ: x[0] = (uint64_t)sys_read(x[0], x[1], x[2]); break;
    case SYS_WRITE: x[0] = (uint64_t)sys_write(x[0], x[1], x[2]); break;
    case SYS_YIELD: task_yield(); x[0] = 0; break;
    case SYS_GETPID: x[0] = (uint64_t)current->pid; break;
    case SYS_CLONE: x[0] = (uint64_t)sys_clone(frame, x[0]); break;
    case SYS_FORK: x[0] = (uint64_t)sys_fork(frame); break;
    case SYS_EXEC: x[0] = (uint64_t)sys_exec(frame, x[0]); break;
    case SYS_EXIT: task_exit((int)x[0]);
    case SYS_WAITPID: x[0] = (uint64_t)sys_waitpid((int)x[0], x[1], x[2]); break;
    case SYS_GET_TIME_MS: x[0] = counter_to_ns(counter()) / 1000000; break;
    case SYS_REBOOT: x[0] = (uint64_t)sys_reboot((uint32_t)x[0], (uint32_t)x[1], (uint32_t)x[2]); break;
    case SYS_CLOCK_GETTIME: x[0] = (uint64_t)sys_clock_gettime(x[1]); break;
    case SYS_CLOCK_NANOSLEEP: x[0] = (uint64_t)sys_clock_nanosleep(x[1], x[2]); break;
    default:
        warn("Unsupported system call %lu @ %#lx, kernel killed it.", x[8], frame->elr);
        task_exit(-1);
    }
}
