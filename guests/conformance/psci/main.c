/* PSCI and two cores: calls and their errors, starting and stopping a core, shared memory. Run with
 * two cores; the conduit is SMC when entered at EL2, else HVC. */
#include "../lib/conformance.h"

enum { SUCCESS = 0, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, ALREADY_ON = -4 };
enum { ON = 0, OFF = 1 };
#define PSCI_VERSION 0x84000000ul
#define CPU_OFF 0x84000002ul
#define CPU_ON_32 0x84000003ul
#define CPU_ON 0xc4000003ul
#define AFFINITY_INFO 0xc4000004ul
#define MIGRATE_INFO_TYPE 0x84000006ul
#define PSCI_FEATURES 0x8400000aul
#define ROUNDS 20000

static volatile struct {
    uint64_t arg, el, daif, sctlr, mpidr, sp_selected;
} seen;
static volatile uint64_t arrived, flag, message, answer;
static uint64_t counter, lock, locked_counter;

static void equal_result(const char *what, int64_t found, int64_t expected) {
    equal(what, (uint64_t)found, (uint64_t)expected);
}

static void wait_for(volatile uint64_t *word, uint64_t value) {
    for (uint64_t i = 0; i < 400000000 && *word != value; i++) {}
    check("the other core did not answer", *word == value);
}

static void wait_until_off(uint64_t target) {
    int64_t state = ON;
    for (int i = 0; i < 1000000 && state != OFF; i++) state = psci(AFFINITY_INFO, target, 0, 0);
    equal_result("AFFINITY_INFO", state, OFF);
}

static void add_exclusive(uint64_t *word) {
    uint64_t value;
    uint32_t failed;
    do {
        asm volatile("ldxr %0, [%2]\n\tadd %0, %0, #1\n\tstxr %w1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed) : "r"(word) : "memory");
    } while (failed);
}

static void take(uint64_t *word) {
    uint32_t value, one = 1;
    asm volatile("sevl\n1:\twfe\n2:\tldaxr %w0, [%1]\n\tcbnz %w0, 1b\n\tstxr %w0, %w2, [%1]\n\tcbnz %w0, 2b"
                 : "=&r"(value) : "r"(word), "r"(one) : "memory");
}

static void give(uint64_t *word) { asm volatile("stlr wzr, [%0]" : : "r"(word) : "memory"); }

static void count_together(void) {
    for (int i = 0; i < ROUNDS; i++) add_exclusive(&counter);
    for (int i = 0; i < ROUNDS; i++) {
        take(&lock);
        locked_counter++;
        give(&lock);
    }
}

static void report_and_stop(uint64_t arg) {
    seen.arg = arg;
    seen.el = current_el();
    seen.daif = READ(daif);
    seen.sctlr = seen.el == 2 ? READ(sctlr_el2) : READ(sctlr_el1);
    seen.mpidr = READ(mpidr_el1);
    arrived = 1;
    psci(CPU_OFF, 0, 0, 0);
}

static void work_together(uint64_t arg) {
    enter_el1();
    paging_enable();
    arrived = arg;
    wait_for(&flag, 1);
    count_together();
    arrived = arg + 1;
    while (message == 0) asm volatile("wfe");
    answer = message + 1;
    asm volatile("dsb sy; sev");
    psci(CPU_OFF, 0, 0, 0);
}

static void single_core(uint64_t self) {
    test("PSCI_VERSION is 1.0 or newer");
    check("version", psci(PSCI_VERSION, 0, 0, 0) >= 0x10000);
    test("PSCI_FEATURES");
    equal_result("CPU_ON", psci(PSCI_FEATURES, CPU_ON, 0, 0), SUCCESS);
    equal_result("CPU_OFF", psci(PSCI_FEATURES, CPU_OFF, 0, 0), SUCCESS);
    equal_result("AFFINITY_INFO", psci(PSCI_FEATURES, AFFINITY_INFO, 0, 0), SUCCESS);
    equal_result("SYSTEM_OFF", psci(PSCI_FEATURES, 0x84000008, 0, 0), SUCCESS);
    equal_result("SYSTEM_RESET", psci(PSCI_FEATURES, 0x84000009, 0, 0), SUCCESS);
    equal_result("a function that is none", psci(PSCI_FEATURES, 0x8400001f, 0, 0), NOT_SUPPORTED);
    test("unknown function");
    equal_result("result", psci(0x8400001f, 0, 0, 0), NOT_SUPPORTED);
    test("MIGRATE_INFO_TYPE");
    equal_result("result", psci(MIGRATE_INFO_TYPE, 0, 0, 0), 2);
    test("AFFINITY_INFO of this core");
    equal_result("result", psci(AFFINITY_INFO, self, 0, 0), ON);
    test("AFFINITY_INFO of no core");
    equal_result("result", psci(AFFINITY_INFO, 0x7f0000, 0, 0), INVALID_PARAMETERS);
    test("CPU_ON of this core");
    equal_result("result", psci(CPU_ON, self, (uint64_t)second_core_entry, 0), ALREADY_ON);
    test("CPU_ON of no core");
    equal_result("result", psci(CPU_ON, 0x7f0000, (uint64_t)second_core_entry, 0), INVALID_PARAMETERS);
    test("SMCCC_VERSION, if announced");
    if (psci(PSCI_FEATURES, 0x80000000, 0, 0) >= 0) {
        check("version", psci(0x80000000, 0, 0, 0) >= 0x10001);
        equal_result("unknown fast call", psci(0x8300ff00, 0, 0, 0), NOT_SUPPORTED);
    }
}

static void start(uint64_t target, uint64_t function, void (*run)(uint64_t), uint64_t arg) {
    static struct second_core core;
    core = (struct second_core){ run, arg };
    asm volatile("dsb sy");
    equal_result("CPU_ON", psci(function, target, (uint64_t)second_core_entry, (uint64_t)&core), SUCCESS);
}

static void two_cores(uint64_t other) {
    test("AFFINITY_INFO of a core that is off");
    equal_result("result", psci(AFFINITY_INFO, other, 0, 0), OFF);
    for (uint64_t round = 0; round < 3; round++) {
        test("CPU_ON and CPU_OFF, round %lu", round);
        arrived = 0;
        start(other, round == 1 ? CPU_ON_32 : CPU_ON, report_and_stop, 0x1234 + round);
        wait_for(&arrived, 1);
        equal("argument", seen.arg, 0x1234 + round);
        equal("EL", seen.el, (uint64_t)boot_el);
        equal("DAIF", seen.daif, DAIF);
        equal("SCTLR M, C and I", seen.sctlr & 0x1005, 0);
        equal("MPIDR", seen.mpidr & 0xff00ffffff, other);
        wait_until_off(other);
    }
    enter_el1();
    paging_enable();
    arrived = 0;
    test("CPU_ON of a core that is on");
    start(other, CPU_ON, work_together, 10);
    wait_for(&arrived, 10);
    equal_result("CPU_ON", psci(CPU_ON, other, (uint64_t)second_core_entry, 0), ALREADY_ON);
    equal_result("AFFINITY_INFO", psci(AFFINITY_INFO, other, 0, 0), ON);
    test("exclusives and a lock on two cores");
    flag = 1;
    count_together();
    wait_for(&arrived, 11);
    equal("exclusive counter", counter, 2 * ROUNDS);
    equal("locked counter", locked_counter, 2 * ROUNDS);
    test("wfe and sev");
    message = 41;
    asm volatile("dsb sy; sev");
    while (answer == 0) asm volatile("wfe");
    equal("answer", answer, 42);
    test("CPU_OFF of a core in use");
    wait_until_off(other);
}

int main(void) {
    uint64_t self = READ(mpidr_el1) & 0xff00ffffff;
    single_core(self);
    if (psci(AFFINITY_INFO, self + 1, 0, 0) >= 0) two_cores(self + 1);
    else print("one core only: the tests with a second core are left out\n");
    finish();
}
