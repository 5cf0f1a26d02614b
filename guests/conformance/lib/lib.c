#include "conformance.h"

#define UART(offset) (*(volatile uint32_t *)(0x09000000ul + (offset)))

struct exception fault;
uint64_t attempt_sp, user_offset;
void (*on_irq)(struct exception *frame);
volatile unsigned irq_count;

static bool attempting;
static unsigned attempt_el;
static char name[64], what[160];
static size_t name_size, what_size;
static unsigned passed, failed;

struct attempt {
    uint64_t spsr, pc, sp, lr, arguments[4];
};
extern bool try_start(const struct attempt *attempt);
extern char try_returned[], try_resume[], done_svc[], done_hvc[];

static void put(char c, void *context) {
    (void)context;
    while (UART(0x18) & 1 << 5) {}
    if (c == '\n') UART(0) = '\r';
    UART(0) = (uint8_t)c;
}

void print(const char *text, ...) {
    va_list args;
    va_start(args, text);
    format(put, NULL, text, args);
    va_end(args);
}

static void put_name(char c, void *context) {
    (void)context;
    if (name_size < sizeof name - 1) name[name_size++] = c;
}

static void put_what(char c, void *context) {
    (void)context;
    if (what_size < sizeof what - 1) what[what_size++] = c;
}

static void fail(const char *text, ...) {
    if (what_size > 0) return; /* the first reason is the one shown */
    va_list args;
    va_start(args, text);
    format(put_what, NULL, text, args);
    va_end(args);
    what[what_size] = 0;
}

static void end_test(void) {
    if (name_size == 0) return;
    if (what_size > 0) print("FAIL %s: %s\n", name, what);
    else print("PASS %s\n", name);
    *(what_size > 0 ? &failed : &passed) += 1;
    name_size = what_size = 0;
}

void test(const char *text, ...) {
    end_test();
    va_list args;
    va_start(args, text);
    format(put_name, NULL, text, args);
    va_end(args);
    name[name_size] = 0;
}

void equal(const char *subject, uint64_t found, uint64_t expected) {
    if (found != expected) fail("%s is %#lx, expected %#lx", subject, found, expected);
}

void check(const char *subject, bool ok) {
    if (!ok) fail("%s", subject);
}

int64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c) {
    register uint64_t x0 asm("x0") = function, x1 asm("x1") = a, x2 asm("x2") = b, x3 asm("x3") = c;
    if (boot_el == 2) asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    else asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return (int64_t)x0;
}

void finish(void) {
    end_test();
    print("%u passed, %u failed\n", passed, failed);
    psci(0x84000008, 0, 0, 0);
    for (;;) {}
}

uint64_t at_el2(uint64_t (*run)(uint64_t, uint64_t), uint64_t a, uint64_t b) {
    register uint64_t x0 asm("x0") = (uint64_t)run, x1 asm("x1") = a, x2 asm("x2") = b;
    asm volatile("hvc #0xca1" : "+r"(x0) : "r"(x1), "r"(x2) : "memory");
    return x0;
}

bool attempt4(enum mode mode, const void *code, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    static char stack[0x1000] __attribute__((aligned(16)));
    attempt_el = current_el();
    uint64_t sp = attempt_sp != 0 ? attempt_sp : (uint64_t)stack + sizeof stack;
    const char *back = mode >> 2 == attempt_el ? try_returned : mode == EL0 ? done_svc : done_hvc;
    uint64_t offset = mode == EL0 ? user_offset : 0;
    if (attempt_sp == 0) sp += offset;
    struct attempt start = { .spsr = MARK | DAIF | mode, .pc = (uint64_t)code + offset, .sp = sp,
                             .lr = (uint64_t)back + offset, .arguments = { a, b, c, d } };
    fault = (struct exception){ .taken = false };
    attempt_result = 0;
    attempting = true;
    try_start(&start);
    attempting = false;
    return fault.taken;
}

void expect_exception(uint64_t esr, uint64_t elr) {
    check("no exception was taken", fault.taken);
    equal("ESR", fault.esr, esr);
    equal("ELR", fault.elr, elr);
}

static bool is_call(const struct exception *frame, unsigned imm) {
    uint64_t ec = frame->esr >> 26 & 0x3f;
    return (frame->vector & 3) == 0 && (ec == 0x15 || ec == 0x16) && (frame->esr & 0xffff) == imm;
}

void on_exception(struct exception *frame) {
    if ((frame->vector & 3) == 1) {
        irq_count++;
        if (on_irq != NULL) on_irq(frame);
        return;
    }
    if (is_call(frame, 0xca1) && frame->el == 2) {
        frame->x[0] = ((uint64_t(*)(uint64_t, uint64_t))frame->x[0])(frame->x[1], frame->x[2]);
        return;
    }
    if (!attempting) {
        fail("unexpected exception at EL%lu, vector %lu: ESR %#lx, ELR %#lx, FAR %#lx", frame->el,
             frame->vector, frame->esr, frame->elr, frame->far);
        finish();
    }
    if (is_call(frame, 0xd0e)) {
        if (!fault.taken) attempt_result = frame->x[0];
    } else if (!fault.taken) {
        memcpy(&fault, frame, offsetof(struct exception, taken));
        fault.taken = true;
    }
    bool home = frame->el == attempt_el;
    frame->elr = (uint64_t)(home ? try_resume : done_hvc);
    frame->spsr = DAIF | frame->el << 2 | 1;
    /* An exception to EL2 during an attempt that began at EL1 goes back to EL1. */
    if (frame->el > attempt_el) {
        frame->elr = (uint64_t)try_resume;
        frame->spsr = DAIF | EL1H;
    }
}

void second_core_main(struct second_core *core) { core->run(core->arg); }
