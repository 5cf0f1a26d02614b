/* A guest that does whatever might harm its hypervisor or its neighbours, and then does not end. */
#include <stdbool.h>
#include "../common/text.h"

/* What follows the last act; the word `ending` of the header is patched to choose. */
enum ending { SPIN, LOST, RESET };

/* PL011, GICv2 and devices where the description puts them. */
#define UART 0x09000000ul
#define GICD 0x08000000ul
#define GICC 0x08010000ul
#define MEMORY 0x40000000ul
#define MEMORY_END 0x41000000ul
enum { DEVICES = 3, DEVICE_BYTES = 0x200 };
#define VIRTIO(device) (0x0a000000ul + (device) * DEVICE_BYTES)
/* What the host or other guests might have. */
static const uint64_t elsewhere[] = {
    0, 0x1000, 0x00ff0000, 0x08030000, 0x08040000, 0x09010000, 0x0a003e00, 0x10000000,
    MEMORY - 4096, MEMORY_END, MEMORY_END + 0x200000, 0x48000000, 0x60000000, 0x7ffff000,
    0x80000000, 0xffffffff000, 0xfffffffff000, 1ul << 47,
};

extern const volatile uint64_t ending;
extern volatile uint64_t faults, interrupts;
typedef uint64_t access(uint64_t address, uint64_t value);
extern access load8, load4, load8b, load_pair, load_exclusive, store1, store4, store8, store_zero,
    clean, translate, execute;
extern uint64_t call_hvc(uint64_t, uint64_t, uint64_t, uint64_t);
extern uint64_t call_smc(uint64_t, uint64_t, uint64_t, uint64_t);

static uint64_t seed = 0x243f6a8885a308d3;

static uint64_t any(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}
static uint64_t below(uint64_t n) { return any() % n; }
static uint64_t word(void) { return below(2) ? any() : 1ul << below(64); }

static void put(char c, void *context) {
    (void)context;
    store4(UART, (uint8_t)c);
}
static void print(const char *text, ...) {
    va_list args;
    va_start(args, text);
    format(put, NULL, text, args);
    va_end(args);
}

static access *const accesses[] = {
    load8, load4, load8b, load_pair, load_exclusive, store1, store4, store8, store_zero, clean, translate,
};
#define SOME(list) (list)[below(sizeof(list) / sizeof *(list))]

/* Registers of every device at any offset, but for the UART that it speaks on. */
static void wild_mmio(void) {
    for (int i = 0; i < 4000; i++) {
        uint64_t base = below(4) ? GICD + below(0x20000) : VIRTIO(0) + below(0x4000);
        if (below(16) == 0) base = below(1ul << 48);
        if (base - UART < 0x1000) continue;
        if (below(3)) base &= ~3ul;
        SOME(accesses)(base, word());
    }
}

/* Reads and writes what is not its own, also across the edges of its memory. */
static void probing(void) {
    for (int i = 0; i < 3000; i++) {
        uint64_t at = SOME(elsewhere) + below(4096);
        if (below(8) == 0) at = MEMORY_END - below(16);
        SOME(accesses)(at, word());
    }
}

struct queue {
    struct { uint64_t address; uint32_t bytes; uint16_t flags, next; } descriptors[64];
    struct { uint16_t flags, index, ring[64], event; } available;
    struct { uint16_t flags, index; uint32_t ring[128]; uint16_t event; } used __attribute__((aligned(8)));
};
static struct queue queues[DEVICES][2] __attribute__((aligned(4096)));
static uint8_t buffers[0x4000];

static void set(uint64_t device, uint64_t at, uint64_t value) { store4(VIRTIO(device) + at, value); }

static void start_device(uint64_t device) {
    uint64_t features = below(2) ? any() : 0;
    for (uint64_t status = 0; status < 4; status++) set(device, 0x70, (1u << status) - 1);
    set(device, 0x24, 0);
    set(device, 0x20, load4(VIRTIO(device) + 0x10, 0) & features);
    set(device, 0x24, 1);
    set(device, 0x20, 1);
    set(device, 0x70, 11);
    for (int q = 0; q < 2; q++) {
        struct queue *queue = &queues[device][q];
        memset(queue, 0, sizeof *queue);
        set(device, 0x30, q);
        set(device, 0x38, 64);
        const uint64_t areas[] = {
            (uint64_t)queue->descriptors, (uint64_t)&queue->available, (uint64_t)&queue->used,
        };
        for (int a = 0; a < 3; a++) {
            uint64_t at = below(40) ? areas[a] : word();
            set(device, 0x80 + a * 0x10, at);
            set(device, 0x84 + a * 0x10, at >> 32);
        }
        set(device, 0x44, 1);
    }
    set(device, 0x70, 15);
}

/* Descriptors that loop, point nowhere or everywhere, and rings with any index. */
static void bad_queues(void) {
    for (int i = 0; i < 3000; i++) {
        uint64_t device = below(DEVICES);
        if (i < 16 || below(8) == 0) start_device(device);
        struct queue *queue = &queues[device][below(2)];
        for (int k = 0; k < 8; k++) {
            uint64_t d = below(64);
            queue->descriptors[d].address = below(6) ? (uint64_t)buffers + below(0x3000)
                : below(2) ? (uint64_t)queue->descriptors : SOME(elsewhere);
            queue->descriptors[d].bytes = below(6) ? 16 * below(256) : any();
            queue->descriptors[d].flags = below(6) ? below(4) : any();
            queue->descriptors[d].next = below(6) ? below(64) : any();
        }
        for (int k = 0; k < 4; k++) buffers[below(sizeof buffers)] = any();
        queue->available.ring[queue->available.index % 64] = below(12) ? below(64) : any();
        queue->available.index += below(30) ? 1 : any();
        queue->available.flags = below(4) == 0;
        set(device, 0x50, below(10) ? below(2) : any());
        if (below(4) == 0) set(device, 0x64, 3);
    }
}

static void unmask(void) { asm volatile("msr daifclr, #2" ::: "memory"); }
static void mask(void) { asm volatile("msr daifset, #15" ::: "memory"); }

static void start_gic(void) {
    store4(GICD, 1);
    for (uint64_t i = 0; i < 0x20; i += 4) store4(GICD + 0x100 + i, 0xffffffff);
    store4(GICC + 4, 0xff);
    store4(GICC, 1);
}

/* Interrupts to itself and to cores that are not there, faster than they can be taken. */
static void interrupt_storm(void) {
    start_gic();
    unmask();
    for (int i = 0; i < 4000; i++) {
        store4(GICD + 0xf00, below(3) ? (2ul << 24) | below(16) : any());
        if (below(50) == 0) store4(GICD + 0x200 + 4 * below(8), any());
    }
    mask();
}

/* Timers that are always due. */
static void timer_storm(void) {
    start_gic();
    unmask();
    for (int i = 0; i < 2000; i++) {
        if (below(2)) {
            asm volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1" :: "r"(below(4) ? 0 : any()), "r"(1ul));
        } else {
            asm volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1" :: "r"(below(4) ? 0 : any()), "r"(1ul));
        }
        asm volatile("isb");
    }
    mask();
}

/* Waiting that ends at once, as an interrupt is pending. */
static void wait_storm(void) {
    asm volatile("msr cntv_cval_el0, xzr\n\tmsr cntv_ctl_el0, %0\n\tisb" :: "r"(1ul));
    for (int i = 0; i < 5000; i++) asm volatile("wfi\n\tsev\n\twfe\n\tsevl\n\twfe\n\tyield");
    asm volatile("msr cntv_ctl_el0, xzr");
}

/* Every call that firmware and hypervisors know, with arguments that they do not; none that ends it. */
static void call_storm(void) {
    static const uint64_t ends[] = { 2, 8, 9, 0xc, 1, 0xe, 0x12, 0xd };
    for (int i = 0; i < 5000; i++) {
        static const uint64_t groups[] = { 0, 0x84000000, 0xc4000000, 0x80000000, 0xc5000020, 0x86000000 };
        uint64_t group = SOME(groups);
        uint64_t number = below(0x30);
        bool ended = false;
        for (unsigned k = 0; k < sizeof ends / sizeof *ends; k++) ended |= number == ends[k];
        if (ended && (group >> 24 & 0xbf) == 0x84) continue;
        uint64_t function = below(8) ? group + number : any() & ~(4ul << 24);
        uint64_t a = below(2) ? word() : below(8), b = below(2) ? SOME(elsewhere) : word();
        (below(2) ? call_hvc : call_smc)(function, a, b, word());
    }
}

static uint32_t code[2048] __attribute__((aligned(4096)));
enum { RETURN = 0xd65f03c0, MOVE = 0xd2800000 };

static void publish(uint32_t *at) {
    asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" :: "r"(at) : "memory");
}

/* Writes code and runs it, within a page and across two, and counts what came out wrong. */
static void changing_code(void) {
    uint64_t wrong = 0;
    for (int i = 0; i < 4000; i++) {
        uint32_t *at = below(2) ? &code[1023] : &code[below(2000)];
        uint64_t value = below(0x10000);
        at[0] = MOVE | value << 5;
        at[1] = RETURN;
        publish(at);
        publish(at + 1);
        wrong += execute((uint64_t)at, 0) != value;
    }
    if (wrong) print("%lu wrong\n", wrong);
}

/* Registers of every encoding: all read, and written but for those without which it could not go on. */
static void wild_registers(void) {
    for (int i = 0; i < 6000; i++) {
        uint64_t op0 = 1 + below(3), op1 = below(2) ? 0 : below(8), op2 = below(8);
        uint64_t crn = below(16), crm = below(2) ? below(4) : below(16);
        bool read = below(2) || op0 == 1;
        /* SCTLR, TTBR, SPSR, ELR, SP, PAR, MAIR, VBAR, TPIDR; anything with Rt in op0 1 is an operation. */
        if (!read && op0 == 3 && (crn <= 2 || crn == 4 || crn >= 10)) read = true;
        if (op0 == 1 && crn == 7 && crm == 9) continue;
        code[0] = 0xd5000000 | (read && op0 > 1) << 21 | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5;
        code[1] = RETURN;
        publish(code);
        execute((uint64_t)code, word());
    }
    mask();
}

static uint64_t level1[512] __attribute__((aligned(4096))), wild[512] __attribute__((aligned(4096)));

/* Tables that point to themselves, into nowhere, and to memory that it has not. */
static void wild_tables(void) {
    for (uint64_t i = 0; i < 4; i++) level1[i] = i << 30 | (i == 1 ? 0x705 : 0x401) | 1ul << 10;
    asm volatile("msr mair_el1, %0\n\tmsr tcr_el1, %1\n\tmsr ttbr0_el1, %2\n\tmsr ttbr1_el1, %3\n\tisb"
        :: "r"(0xff00ul), "r"(25ul | 25ul << 16 | 2ul << 30 | 1ul << 32), "r"(level1), "r"(wild));
    uint64_t control;
    asm volatile("mrs %0, sctlr_el1" : "=r"(control));
    asm volatile("tlbi vmalle1\n\tdsb ish\n\tisb\n\tmsr sctlr_el1, %0\n\tisb" :: "r"(control | 1));
    for (int i = 0; i < 3000; i++) {
        uint64_t at = below(512);
        wild[at] = below(4) ? ((below(2) ? (uint64_t)wild : SOME(elsewhere) & ~0xffful) | 0x703) : any();
        if (below(4) == 0) asm volatile("tlbi vmalle1\n\tdsb ish\n\tisb");
        uint64_t address = 0xffffff8000000000 | at << 30 | (below(1 << 30));
        SOME(accesses)(address, word());
    }
    asm volatile("msr sctlr_el1, %0\n\tisb" :: "r"(control));
}

static const struct { const char *name; void (*run)(void); } acts[] = {
    { "wild MMIO", wild_mmio }, { "probing", probing }, { "bad queues", bad_queues },
    { "interrupt storm", interrupt_storm }, { "timer storm", timer_storm }, { "wait storm", wait_storm },
    { "call storm", call_storm }, { "changing code", changing_code }, { "wild registers", wild_registers },
    { "wild tables", wild_tables },
};

void main(void) {
    for (unsigned i = 0; i < sizeof acts / sizeof *acts; i++) {
        uint64_t before = faults, taken = interrupts;
        acts[i].run();
        print("%s: %lu faults, %lu interrupts\n", acts[i].name, faults - before, interrupts - taken);
    }
    if (ending == LOST) {
        asm volatile("msr vbar_el1, %0\n\tisb" :: "r"(0xdead0000ul));
        execute(0xdead0000, 0);
    }
    if (ending == RESET) call_hvc(0x84000009, 0, 0, 0);
    print("spinning\n");
    mask();
    for (;;) {}
}
