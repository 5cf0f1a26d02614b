/* What the conformance programs share: reporting, exceptions that are expected, EL changes. */
#pragma once
#include <stdbool.h>
#include "../../common/text.h"

#define TEXT(name) #name
#define READ(name) ({ uint64_t v_; asm volatile("mrs %0, " TEXT(name) : "=r"(v_) : : "memory"); v_; })
#define WRITE(name, value) \
    asm volatile("msr " TEXT(name) ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

/* A function in assembly whose first instruction is the one under test. */
#define PROBE(name, text) \
    asm(".pushsection .text\n.balign 4\n" #name ":\n\t" text "\n\tret\n.popsection"); \
    extern char name[] __attribute__((visibility("hidden")))

/* The same for a probe that several files of a program use. */
#define SHARED_PROBE(name, text) \
    asm(".pushsection .text\n.balign 4\n.globl " #name "\n" #name ":\n\t" text "\n\tret\n.popsection")

/* Reporting: each test ends where the next begins, or in finish(). */
void print(const char *text, ...);
void test(const char *name, ...);
void equal(const char *what, uint64_t found, uint64_t expected);
void check(const char *what, bool ok);
void finish(void) __attribute__((noreturn));

/* PSCI by SMC when EL2 is ours, else by HVC. */
int64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

extern int boot_el;
void enter_el1(void);
static inline unsigned current_el(void) { return READ(CurrentEL) >> 2 & 3; }
/* Calls a function at EL2 from EL1 (only when boot_el is 2). */
uint64_t at_el2(uint64_t (*run)(uint64_t, uint64_t), uint64_t a, uint64_t b);

/* The layout up to `el` is vectors.S's. */
struct exception {
    uint64_t x[31], elr, spsr, esr, far, hpfar, vector, el;
    bool taken;
};
extern struct exception fault; /* the last that attempt() met */
extern uint64_t attempt_result; /* x0 when it met none and ran at the caller's level */

enum mode { EL0 = 0x0, EL1T = 0x4, EL1H = 0x5, EL2T = 0x8, EL2H = 0x9 };
enum { DAIF = 0x3c0, MARK = 0xa0000000 }; /* PSTATE that attempt() starts with, besides the mode */

/* Runs `code` in `mode` with up to four arguments; true when an exception ended it. */
bool attempt4(enum mode mode, const void *code, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
static inline bool attempt(enum mode mode, const void *code, uint64_t a, uint64_t b) {
    return attempt4(mode, code, a, b, 0, 0);
}
extern uint64_t attempt_sp; /* stack pointer for other modes than the caller's */
void expect_exception(uint64_t esr, uint64_t elr);

/* ESR of a trapped MRS/MSR: EC 0x18 and the register's encoding. */
#define ESR_SYSREG(op0, op1, crn, crm, op2, rt, read) \
    (0x18ul << 26 | 1ul << 25 | (op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | \
     (crm) << 1 | (read))
#define ESR(ec, iss) ((uint64_t)(ec) << 26 | 1ul << 25 | (iss))
enum { WNR = 1 << 6, S1PTW = 1 << 7, CM = 1 << 8 };

extern void (*on_irq)(struct exception *frame);
extern volatile unsigned irq_count;

/* paging.c: an identity map of 0..2 GiB for EL1, and RAM again for EL0 at USER_OFFSET. */
#define USER_OFFSET 0x8000000000ul
extern uint64_t user_offset; /* 0 while paging is off */
void paging_enable(void);
extern uint64_t paging_l1[512];

/* Second core: calls run(arg) there, once; see second_core_entry. */
struct second_core {
    void (*run)(uint64_t);
    uint64_t arg;
};
extern char second_core_entry[];
