/* Tasks: a round-robin queue with a quantum of five ticks, sleeping, waiting and exiting. */
#include "kernel.h"

enum { QUANTUM_TICKS = 5 };

struct task *current;
static struct task *all_tasks, *ready_head, *ready_tail, *root;
static int last_pid;

extern void switch_context(struct context *from, const struct context *to);
extern char restore_frame[], kernel_task_start[];

static void make_ready(struct task *task) {
    task->state = TASK_READY;
    task->next_ready = NULL;
    *(ready_head != NULL ? &ready_tail->next_ready : &ready_head) = task;
    ready_tail = task;
}

static struct task *task_new(void) {
    struct task *task = heap_alloc(sizeof *task);
    task->stack = heap_alloc(KERNEL_STACK_SIZE);
    task->pid = ++last_pid;
    task->ticks_left = QUANTUM_TICKS;
    task->parent = current;
    task->next = all_tasks;
    all_tasks = task;
    return task;
}

/* The caller becomes the root task and keeps the boot stack. */
void tasks_init(void) {
    root = current = task_new();
    root->state = TASK_RUNNING;
}

struct task *task_new_kernel(void (*run)(uint64_t), uint64_t arg) {
    struct task *task = task_new();
    task->context.x19_x30[0] = (uint64_t)run;
    task->context.x19_x30[1] = arg;
    task->context.x19_x30[11] = (uint64_t)kernel_task_start;
    task->context.sp = (uint64_t)task->stack + KERNEL_STACK_SIZE;
    make_ready(task);
    return task;
}

struct task *task_new_user(struct address_space *space, const struct trap_frame *frame) {
    struct task *task = task_new();
    struct trap_frame *top = (struct trap_frame *)(task->stack + KERNEL_STACK_SIZE) - 1;
    *top = *frame;
    task->space = space;
    task->context.x19_x30[11] = (uint64_t)restore_frame;
    task->context.sp = (uint64_t)top;
    make_ready(task);
    return task;
}

bool tasks_ready(void) { return ready_head != NULL; }

/* Runs the next ready task; with none, idles on the stack of the one that stopped. */
static void schedule(void) {
    while (ready_head == NULL) {
        asm volatile("dsb sy; wfi" ::: "memory");
        irq_window();
    }
    struct task *from = current, *to = ready_head;
    ready_head = to->next_ready;
    to->state = TASK_RUNNING;
    to->ticks_left = QUANTUM_TICKS;
    if (to == from) return;
    current = to;
    if (to->space != from->space) vm_activate(to->space);
    switch_context(&from->context, &to->context);
}

void task_yield(void) {
    make_ready(current);
    schedule();
}

/* Only a task that was interrupted at EL0 is switched (see trap.c): the kernel is not preempted. */
void task_tick(void) {
    if (current->ticks_left > 0) current->ticks_left--;
}

void task_sleep_until(uint64_t count) {
    current->wake_at = count;
    current->state = TASK_SLEEPING;
    timer_update();
    schedule(); /* even when already due: it waits in the queue then */
}

uint64_t tasks_wake(uint64_t now) {
    uint64_t next = ~0ul;
    for (struct task *task = all_tasks; task != NULL; task = task->next) {
        if (task->state != TASK_SLEEPING) continue;
        if (task->wake_at <= now) make_ready(task);
        else if (task->wake_at < next) next = task->wake_at;
    }
    return next;
}

void task_exit(int code) {
    if (current == root) panic("the root task must not exit");
    if (current->space != NULL) {
        vm_activate(NULL);
        space_release(current->space);
        current->space = NULL;
    }
    for (struct task *task = all_tasks; task != NULL; task = task->next) {
        if (task->parent == current) task->parent = root;
    }
    if (root->state == TASK_WAITING) make_ready(root);
    if (current->parent->state == TASK_WAITING) make_ready(current->parent);
    current->exit_code = code;
    current->state = TASK_ZOMBIE;
    schedule();
    panic("task %d ran after its exit", current->pid);
}

static void reap(struct task *task) {
    struct task **link = &all_tasks;
    while (*link != task) link = &(*link)->next;
    *link = task->next;
    heap_free(task->stack);
    heap_free(task);
}

/* The pid of a child that has exited; -1 without such a child, 0 when none has and not `block`. */
int task_wait(int pid, int *code, bool block) {
    for (;;) {
        bool any = false;
        for (struct task *task = all_tasks; task != NULL; task = task->next) {
            if (task->parent != current || (pid != -1 && task->pid != pid)) continue;
            any = true;
            if (task->state != TASK_ZOMBIE) continue;
            int found = task->pid;
            *code = task->exit_code;
            reap(task);
            return found;
        }
        if (!any && current != root) return -1;
        if (!block) return 0;
        current->state = TASK_WAITING;
        schedule();
    }
}
