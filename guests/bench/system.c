/* Round trips: to EL2 of this image, to the firmware or hypervisor, to a device, to a handler. */
#include "bench.h"

#define GICD(offset) (*(volatile uint32_t *)(0x08000000ul + (offset)))
#define GICC(offset) (*(volatile uint32_t *)(0x08010000ul + (offset)))
#define UARTFR (*(volatile uint32_t *)0x09000018ul)

static bool has_el2(void) { return boot_el == 2; }
static bool has_no_el2(void) { return boot_el == 1; }

/* HVC to the vector in start.S and back. */
static uint64_t hvc(unsigned iterations) {
    register uint64_t x0 asm("x0") = 0;
    while (iterations-- > 0) asm volatile("hvc #0" : "+r"(x0) : : "memory");
    return x0;
}

/* PSCI_VERSION, by HVC. */
static uint64_t psci_version(unsigned iterations) {
    uint64_t answers = 0;
    while (iterations-- > 0) {
        register uint64_t x0 asm("x0") = 0x84000000;
        asm volatile("hvc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
        answers += (int32_t)x0 > 0;
    }
    return answers;
}

/* The UART's flag register: its receiver is empty. */
static uint64_t mmio(unsigned iterations) {
    uint64_t empty = 0;
    while (iterations-- > 0) empty += UARTFR >> 4 & 1;
    return empty;
}

extern volatile uint64_t interrupts;

static bool has_gicv2(void) { return (GICD(0xfe8) >> 4 & 15) == 2; }

/* The virtual timer's interrupts, each of which asks for the next at once. */
static uint64_t timer(unsigned iterations) {
    enum { PPI = 27 };
    GICD(0) = 1;
    GICD(0x100) = 1 << PPI;
    GICC(4) = 0xff;
    GICC(0) = 1;
    interrupts = 0;
    WRITE(cntv_tval_el0, 2);
    WRITE(cntv_ctl_el0, 1);
    asm volatile("msr daifclr, #2" ::: "memory");
    while (interrupts < iterations) {}
    asm volatile("msr daifset, #2" ::: "memory");
    uint64_t taken = interrupts > iterations ? iterations : interrupts;
    WRITE(cntv_ctl_el0, 0);
    GICC(0) = 0;
    return taken;
}

const struct benchmark system_benchmarks[] = {
    { "hvc", hvc, 1500000, has_el2 },
    { "psci", psci_version, 1000000, has_no_el2 },
    { "mmio", mmio, 8000000, NULL },
    { "timer", timer, 20000, has_gicv2 },
    { NULL, NULL, 0, NULL },
};
