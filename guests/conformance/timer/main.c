/* The generic timers: counters, offsets, comparison, ISTATUS and IMASK. Interrupts are the GIC
 * programs' subject. */
#include "../lib/conformance.h"

enum { ENABLE = 1, IMASK = 2, ISTATUS = 4 };

struct timer {
    const char *name;
    uint64_t (*count)(void);
    uint64_t (*ctl)(void), (*cval)(void), (*tval)(void);
    void (*set_ctl)(uint64_t), (*set_cval)(uint64_t), (*set_tval)(uint64_t);
};

#define ACCESSORS(prefix, el, counter) \
    static uint64_t prefix##_count(void) { asm volatile("isb"); return READ(counter); } \
    static uint64_t prefix##_get_ctl(void) { asm volatile("isb"); return READ(prefix##_ctl_##el); } \
    static uint64_t prefix##_get_cval(void) { return READ(prefix##_cval_##el); } \
    static uint64_t prefix##_get_tval(void) { asm volatile("isb"); return READ(prefix##_tval_##el); } \
    static void prefix##_set_ctl(uint64_t v) { WRITE(prefix##_ctl_##el, v); } \
    static void prefix##_set_cval(uint64_t v) { WRITE(prefix##_cval_##el, v); } \
    static void prefix##_set_tval(uint64_t v) { WRITE(prefix##_tval_##el, v); }
#define TIMER(name, prefix) \
    { name, prefix##_count, prefix##_get_ctl, prefix##_get_cval, prefix##_get_tval, \
      prefix##_set_ctl, prefix##_set_cval, prefix##_set_tval }

ACCESSORS(cntp, el0, cntpct_el0)
ACCESSORS(cntv, el0, cntvct_el0)
ACCESSORS(cnthp, el2, cntpct_el0)

static const struct timer timers[] = { TIMER("CNTP", cntp), TIMER("CNTV", cntv), TIMER("CNTHP", cnthp) };

static void check_timer(const struct timer *t) {
    const uint64_t frequency = READ(cntfrq_el0), delay = frequency / 2000;
    t->set_ctl(IMASK);
    test("%s: CVAL reads back", t->name);
    t->set_cval(0x123456789abcdef0);
    equal("CVAL", t->cval(), 0x123456789abcdef0);
    test("%s: CTL reads back", t->name);
    equal("CTL", t->ctl() & 3, IMASK);
    test("%s: a deadline ahead", t->name);
    uint64_t start = t->count();
    t->set_cval(start + delay);
    t->set_ctl(ENABLE | IMASK);
    if (t->count() < start + delay) {
        uint64_t ctl = t->ctl();
        check("ISTATUS set too early", (ctl & ISTATUS) == 0 || t->count() >= start + delay);
    }
    while (t->count() < start + delay) {}
    /* QEMU raises ISTATUS a little later than the counter passes CVAL. */
    while (!(t->ctl() & ISTATUS) && t->count() < start + delay + frequency / 50) {}
    equal("CTL after the deadline", t->ctl(), ENABLE | IMASK | ISTATUS);
    test("%s: ISTATUS does not depend on IMASK", t->name);
    t->set_ctl(IMASK | ENABLE);
    equal("CTL", t->ctl(), ENABLE | IMASK | ISTATUS);
    test("%s: ISTATUS falls with a later CVAL", t->name);
    t->set_cval(t->count() + frequency * 100);
    equal("CTL", t->ctl(), ENABLE | IMASK);
    test("%s: TVAL counts down", t->name);
    uint64_t before = t->count();
    uint32_t tval = (uint32_t)t->tval();
    uint64_t after = t->count(), cval = t->cval();
    check("TVAL", tval <= (uint32_t)(cval - before) && tval >= (uint32_t)(cval - after));
    test("%s: TVAL sets CVAL", t->name);
    before = t->count();
    t->set_tval(1000000);
    after = t->count();
    check("CVAL", t->cval() >= before + 1000000 && t->cval() <= after + 1000000);
    test("%s: a negative TVAL is due at once", t->name);
    before = t->count();
    t->set_tval(0xffffff00);
    after = t->count();
    check("CVAL", t->cval() >= before - 0x100 && t->cval() <= after - 0x100);
    equal("CTL", t->ctl(), ENABLE | IMASK | ISTATUS);
    check("TVAL goes on below zero", (int32_t)t->tval() <= -0x100);
    test("%s: CVAL is compared unsigned", t->name);
    t->set_cval(~0ul);
    equal("CTL", t->ctl(), ENABLE | IMASK);
    t->set_cval(0);
    equal("CTL", t->ctl(), ENABLE | IMASK | ISTATUS);
    t->set_ctl(0);
}

static void counters(void) {
    test("CNTFRQ_EL0 is plausible");
    uint64_t frequency = READ(cntfrq_el0);
    check("frequency", frequency >= 1000000 && frequency <= 1000000000);
    test("counters advance");
    uint64_t p = cntp_count(), v = cntv_count();
    for (int i = 0; i < 1000; i++) {
        uint64_t next_p = cntp_count(), next_v = cntv_count();
        check("CNTPCT went back", next_p >= p);
        check("CNTVCT went back", next_v >= v);
        p = next_p, v = next_v;
    }
    uint64_t start = cntp_count(), i = 0;
    while (cntp_count() == start && i++ < 1000000) {}
    check("CNTPCT stands still", cntp_count() != start);
}

PROBE(read_cntvct, "mrs x0, cntvct_el0");
PROBE(read_cntpct, "mrs x0, cntpct_el0");

static void offsets(void) {
    static const uint64_t values[] = { 0, 1000000, 0x100000000000, ~0ul - 5000000 };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        test("CNTVOFF_EL2 %#lx", values[i]);
        WRITE(cntvoff_el2, values[i]);
        equal("CNTVOFF_EL2", READ(cntvoff_el2), values[i]);
        uint64_t before = cntp_count(), virtual = cntv_count(), after = cntp_count();
        check("CNTVCT is not CNTPCT - CNTVOFF",
              virtual + values[i] - before <= after - before);
        attempt(EL1H, read_cntvct, 0, 0);
        check("CNTVCT trapped at EL1", fault.taken == false);
    }
    test("CNTVOFF_EL2 moves CNTV's deadline");
    WRITE(cntvoff_el2, 0);
    WRITE(cntv_cval_el0, cntv_count() + READ(cntfrq_el0) * 1000);
    WRITE(cntv_ctl_el0, ENABLE | IMASK);
    equal("CTL", cntv_get_ctl(), ENABLE | IMASK);
    WRITE(cntvoff_el2, 0 - READ(cntfrq_el0) * 2000);
    equal("CTL", cntv_get_ctl(), ENABLE | IMASK | ISTATUS);
    WRITE(cntvoff_el2, 0);
    equal("CTL", cntv_get_ctl(), ENABLE | IMASK);
    WRITE(cntv_ctl_el0, 0);
}

int main(void) {
    counters();
    if (boot_el == 2) {
        WRITE(hcr_el2, 1ul << 31);
        WRITE(cnthctl_el2, 3);
        WRITE(cntvoff_el2, 0);
        offsets();
    }
    for (int i = 0; i < (boot_el == 2 ? 3 : 2); i++) check_timer(&timers[i]);
    enter_el1();
    if (boot_el == 2) {
        for (int i = 0; i < 2; i++) {
            struct timer again = timers[i];
            again.name = i == 0 ? "CNTP at EL1" : "CNTV at EL1";
            check_timer(&again);
        }
    }
    finish();
}
