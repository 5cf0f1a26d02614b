/* What the parts of the kernel share. Interrupts stay masked in the kernel except in
 * irq_window(), so nothing here needs a lock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../common/text.h"

#define PAGE_SIZE 4096ul
#define KERNEL_STACK_SIZE 0x4000ul
#define USER_STACK_SIZE 0x4000ul
#define USER_TOP 0xfffffffff000ul
#define KERNEL_BASE 0xffff000000000000ul
#define RAM_END 0x48000000ul

#define READ_SYSREG(name) ({ uint64_t v_; asm volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define WRITE_SYSREG(name, value) asm volatile("msr " #name ", %0" : : "r"((uint64_t)(value)))

static inline void *to_virtual(uint64_t pa) { return (void *)(pa + KERNEL_BASE); }
static inline uint64_t to_physical(const void *va) { return (uint64_t)va - KERNEL_BASE; }
static inline uint64_t page_down(uint64_t a) { return a & ~(PAGE_SIZE - 1); }
static inline uint64_t page_up(uint64_t a) { return page_down(a + PAGE_SIZE - 1); }
static inline void irq_window(void) { asm volatile("msr daifclr, #2; isb; msr daifset, #2" ::: "memory"); }

/* The layout is trap.S's. */
struct trap_frame {
    uint64_t x[31], sp, elr, spsr, tpidr, unused;
};

struct context {
    uint64_t x19_x30[12], sp;
};

struct address_space {
    uint64_t root; /* PA of the level-0 table */
    int users;     /* tasks that run in it */
};

enum task_state { TASK_READY, TASK_RUNNING, TASK_SLEEPING, TASK_WAITING, TASK_ZOMBIE };

struct task {
    struct context context;
    struct task *next_ready, *next, *parent;
    struct address_space *space; /* none for a kernel task */
    char *stack;
    uint64_t wake_at; /* counter value, while sleeping */
    int pid, exit_code, ticks_left;
    enum task_state state;
};

struct app {
    const char *name;
    const char *image;
    uint64_t size;
};

/* console.c */
void console_init(void);
void console_put(char c);
int console_get(void); /* -1 when nothing was typed */
void print(const char *text, ...);
void warn(const char *text, ...);
void panic(const char *text, ...) __attribute__((noreturn));

/* memory.c */
void heap_init(void);
void *heap_alloc(size_t size);
void heap_free(void *p);
void frames_init(void);
uint64_t frame_alloc(void); /* zeroed; PA */
void frame_free(uint64_t pa);

/* vm.c */
enum { MAP_WRITE = 1, MAP_EXECUTE = 2, MAP_USER = 4, MAP_DEVICE = 8 };
void vm_init(void);
void vm_activate(const struct address_space *space);
struct address_space *space_new(void);
struct address_space *space_copy(const struct address_space *from);
void space_release(struct address_space *space);
void *space_add_page(struct address_space *space, uint64_t va, int flags);
bool user_read(const struct address_space *space, void *to, uint64_t va, size_t size);
bool user_write(const struct address_space *space, uint64_t va, const void *from, size_t size);

/* interrupts.c */
extern int boot_el; /* the level that the kernel was entered at */
void interrupts_init(void);
void handle_irq(void);
void timer_update(void); /* after a new deadline */
uint64_t counter(void);
uint64_t counter_from_ns(uint64_t ns);
uint64_t counter_to_ns(uint64_t count);
void power_off(void) __attribute__((noreturn));

/* task.c */
extern struct task *current;
void tasks_init(void);
struct task *task_new_kernel(void (*run)(uint64_t), uint64_t arg);
struct task *task_new_user(struct address_space *space, const struct trap_frame *frame);
void task_yield(void);
void task_tick(void);
void task_sleep_until(uint64_t count);
uint64_t tasks_wake(uint64_t now); /* returns the next deadline */
bool tasks_ready(void);
void task_exit(int code) __attribute__((noreturn));
int task_wait(int pid, int *code, bool block);

/* program.c */
extern const struct app apps[], apps_end[];
bool program_load(const char *name, struct address_space **space, uint64_t *entry);

/* trap.c, syscall.c */
void handle_syscall(struct trap_frame *frame);
