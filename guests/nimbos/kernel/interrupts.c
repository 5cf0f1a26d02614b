/* GICv2, the EL1 physical timer (PPI 30, 100 Hz tick and sleepers' deadlines) and power off. */
#include "kernel.h"

#define GICD(offset) (*(volatile uint32_t *)(KERNEL_BASE + 0x08000000 + (offset)))
#define GICC(offset) (*(volatile uint32_t *)(KERNEL_BASE + 0x08010000 + (offset)))
enum {
    GICD_CTLR = 0x000, GICD_TYPER = 0x004, GICD_ISENABLER = 0x100, GICD_ICENABLER = 0x180,
    GICD_ICPENDR = 0x280, GICD_ITARGETSR = 0x800, GICD_ICFGR = 0xc00,
    GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_IAR = 0x0c, GICC_EOIR = 0x10,
};
enum { TIMER_INTID = 30, UART_INTID = 33, TICKS_PER_SECOND = 100 };

int boot_el;
static uint64_t frequency, next_tick;

static void gic_init(void) {
    uint32_t typer = GICD(GICD_TYPER);
    uint32_t intids = ((typer & 31) + 1) * 32, cpus = (typer >> 5 & 7) + 1;
    for (uint32_t i = 0; i < intids / 32; i++) {
        GICD(GICD_ICENABLER + 4 * i) = ~0u;
        GICD(GICD_ICPENDR + 4 * i) = ~0u;
    }
    if (cpus > 1) {
        for (uint32_t i = 32; i < intids; i += 4) GICD(GICD_ITARGETSR + i) = 0x01010101;
    }
    for (uint32_t i = 32; i < intids; i++) {
        GICD(GICD_ICFGR + i / 16 * 4) |= 2u << i % 16 * 2; /* edge */
    }
    GICD(GICD_CTLR) = 1;
    GICC(GICC_CTLR) = 1;
    GICC(GICC_PMR) = 0xff;
    GICD(GICD_ICENABLER + UART_INTID / 32 * 4) = 1u << UART_INTID % 32; /* input is polled */
    GICD(GICD_ISENABLER) = 1u << TIMER_INTID;
}

uint64_t counter(void) {
    asm volatile("isb");
    return READ_SYSREG(cntpct_el0);
}

uint64_t counter_from_ns(uint64_t ns) {
    return ns / 1000000000 * frequency + ns % 1000000000 * frequency / 1000000000;
}

uint64_t counter_to_ns(uint64_t count) {
    return count / frequency * 1000000000 + count % frequency * 1000000000 / frequency;
}

/* Wakes who is due and sets the timer to the earlier of the next tick and the next deadline. */
void timer_update(void) {
    uint64_t now = counter(), next = tasks_wake(now);
    if (next > next_tick) next = next_tick;
    WRITE_SYSREG(cntp_tval_el0, next > now ? next - now : 0);
    WRITE_SYSREG(cntp_ctl_el0, 1);
    asm volatile("isb");
}

void interrupts_init(void) {
    frequency = READ_SYSREG(cntfrq_el0);
    gic_init();
    next_tick = counter() + frequency / TICKS_PER_SECOND;
    timer_update();
}

void handle_irq(void) {
    uint32_t iar = GICC(GICC_IAR);
    if ((iar & 0x3ff) >= 0x3fe) return;
    bool tick = false;
    if ((iar & 0x3ff) == TIMER_INTID) {
        tick = counter() >= next_tick;
        while (counter() >= next_tick) next_tick += frequency / TICKS_PER_SECOND;
        timer_update();
    }
    GICC(GICC_EOIR) = iar;
    if (tick) task_tick();
}

/* PSCI SYSTEM_OFF. Nobody answers an HVC when this kernel itself was started at EL2. */
void power_off(void) {
    register uint64_t x0 asm("x0") = 0x84000008;
    if (boot_el == 2) asm volatile("smc #0" : "+r"(x0) : : "memory");
    asm volatile("hvc #0" : "+r"(x0) : : "memory");
    for (;;) {}
}
