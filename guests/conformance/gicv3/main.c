/* GICv3 of the virt board: distributor, redistributor, ICC and, entered at EL2, ICH registers. */
#include "../gic/gic.h"

#define GICD(offset) (*(volatile uint32_t *)(0x08000000ul + (offset)))
#define GICR(offset) (*(volatile uint32_t *)(0x080a0000ul + 0x20000 * (READ(mpidr_el1) & 0xff) + (offset)))
#define BIT(intid) (1u << ((intid) & 31))
#define WORD(intid) ((intid) / 32 * 4)

/* A register of one bit per INTID: below 32 the redistributor has it. */
static volatile uint32_t *bits(unsigned offset, unsigned i) {
    return i < 32 ? &GICR(0x10000 + offset) : &GICD(offset + WORD(i));
}
static volatile uint8_t *priority_byte(unsigned i) {
    return (volatile uint8_t *)(i < 32 ? &GICR(0x10400) : &GICD(0x400)) + i;
}
static void wait_for_write(void) {
    while (GICD(0) >> 31) {}
    while (GICR(0) >> 3 & 1) {}
}

unsigned gic_intids(void) { return ((GICD(4) & 31) + 1) * 32; }
void gic_forward(bool on) {
    GICD(0) = 1 << 4 | (on ? 2 : 0); /* ARE, EnableGrp1 */
    wait_for_write();
}
void gic_enable(unsigned i, bool on) {
    *bits(on ? 0x100 : 0x180, i) = BIT(i);
    wait_for_write();
}
bool gic_enabled(unsigned i) { return (*bits(0x100, i) & BIT(i)) != 0; }
void gic_pend(unsigned i) { *bits(0x200, i) = BIT(i); }
void gic_unpend(unsigned i) { *bits(0x280, i) = BIT(i); }
bool gic_pending(unsigned i) { return (*bits(0x200, i) & BIT(i)) != 0; }
bool gic_active(unsigned i) { return (*bits(0x300, i) & BIT(i)) != 0; }
void gic_deactivate(unsigned i) { *bits(0x380, i) = BIT(i); }
void gic_set_priority(unsigned i, unsigned priority) { *priority_byte(i) = (uint8_t)priority; }
unsigned gic_priority(unsigned i) { return *priority_byte(i); }

void gic_sgi(unsigned i, unsigned core) {
    asm volatile("dsb sy");
    WRITE(icc_sgi1r_el1, (uint64_t)i << 24 | 1u << core);
}

void gic_set_edge(unsigned i, bool edge) {
    uint32_t bit = 2u << i % 16 * 2;
    volatile uint32_t *word = i < 32 ? &GICR(0x10c00 + i / 16 * 4) : &GICD(0xc00 + i / 16 * 4);
    *word = (*word & ~bit) | (edge ? bit : 0);
}

void gic_init(void) {
    GICR(0x14) &= ~2u; /* WAKER.ProcessorSleep */
    while (GICR(0x14) & 4) {}
    if ((READ(mpidr_el1) & 0xff) == 0) gic_forward(true);
    for (unsigned i = 0; i < gic_intids(); i += 32) {
        if (i >= 32 && (READ(mpidr_el1) & 0xff) != 0) break;
        *bits(0x180, i) = ~0u;
        *bits(0x280, i) = ~0u;
        *bits(0x380, i) = ~0u;
        *bits(0x080, i) = ~0u; /* group 1 */
        for (unsigned k = i; k < i + 32; k++) {
            gic_set_priority(k, 0xa0);
            /* IROUTER: affinity 0.0.0.0 */
            if (k >= 32) *(volatile uint64_t *)(0x08006000ul + 8 * k) = 0;
        }
    }
    wait_for_write();
    WRITE(icc_sre_el1, 7);
    WRITE(icc_pmr_el1, 0xff);
    WRITE(icc_bpr1_el1, 0);
    WRITE(icc_ctlr_el1, 0);
    WRITE(icc_igrpen1_el1, 1);
}

unsigned gic_ack(void) {
    unsigned intid = (unsigned)READ(icc_iar1_el1);
    asm volatile("dsb sy");
    return intid;
}
void gic_eoi(unsigned i) { WRITE(icc_eoir1_el1, i); }
void gic_dir(unsigned i) { WRITE(icc_dir_el1, i); }
unsigned gic_highest_pending(void) { return (unsigned)READ(icc_hppir1_el1); }
unsigned gic_running_priority(void) { return (unsigned)READ(icc_rpr_el1); }
void gic_set_mask(unsigned priority) { WRITE(icc_pmr_el1, priority); }
void gic_set_binary_point(unsigned value) { WRITE(icc_bpr1_el1, value); }
void gic_split_eoi(bool on) { WRITE(icc_ctlr_el1, on ? 2 : 0); }
void gic_interface(bool on) { WRITE(icc_igrpen1_el1, on); }

static uint64_t write_hcr(uint64_t value, uint64_t unused) {
    (void)unused;
    WRITE(hcr_el2, value);
    return 0;
}
void virtual_on(bool on) { at_el2(write_hcr, 1ul << 31 | (on ? 1 << 4 : 0), 0); } /* RW, IMO */

#define EL2_READ(name, reg) \
    static uint64_t name(uint64_t a, uint64_t b) { (void)a, (void)b; return READ(reg); }
EL2_READ(read_vtr, ich_vtr_el2)
EL2_READ(read_misr, ich_misr_el2)
EL2_READ(read_eisr, ich_eisr_el2)
EL2_READ(read_elrsr, ich_elrsr_el2)
EL2_READ(read_hcr, ich_hcr_el2)
EL2_READ(read_lr0, ich_lr0_el2)
EL2_READ(read_lr1, ich_lr1_el2)

static uint64_t write_lr(uint64_t index, uint64_t value) {
    switch (index) {
    case 0: WRITE(ich_lr0_el2, value); break;
    case 1: WRITE(ich_lr1_el2, value); break;
    case 2: WRITE(ich_lr2_el2, value); break;
    case 3: WRITE(ich_lr3_el2, value); break;
    }
    return 0;
}
static uint64_t write_ich_hcr(uint64_t value, uint64_t unused) {
    (void)unused;
    WRITE(ich_hcr_el2, value);
    return 0;
}

static uint64_t run_at_el2(uint64_t (*run)(uint64_t, uint64_t), uint64_t a, uint64_t b) {
    return current_el() == 2 ? run(a, b) : at_el2(run, a, b);
}

unsigned list_registers(void) { return (unsigned)(at_el2(read_vtr, 0, 0) & 31) + 1; }
void set_lr(unsigned index, struct list_register lr) {
    uint64_t value = lr.intid | (uint64_t)lr.priority << 48 | 1ul << 60 | (uint64_t)lr.state << 62;
    if (lr.hw) value |= 1ul << 61 | (uint64_t)lr.physical << 32;
    else if (lr.eoi) value |= 1ul << 41;
    at_el2(write_lr, index, lr.intid == 0 ? 0 : value);
}
unsigned lr_state(unsigned index) {
    return (unsigned)(at_el2(index == 0 ? read_lr0 : read_lr1, 0, 0) >> 62);
}
void set_hypervisor_control(unsigned bits) { run_at_el2(write_ich_hcr, bits, 0); }
unsigned eoi_count(void) { return (unsigned)at_el2(read_hcr, 0, 0) >> 27; }
unsigned maintenance_status(void) { return (unsigned)at_el2(read_misr, 0, 0); }
unsigned ended_lrs(void) { return (unsigned)at_el2(read_eisr, 0, 0); }
unsigned empty_lrs(void) { return (unsigned)at_el2(read_elrsr, 0, 0); }

static uint64_t open_el1_access(uint64_t a, uint64_t b) {
    (void)a, (void)b;
    WRITE(icc_sre_el2, 0xf);
    WRITE(ich_hcr_el2, 0);
    WRITE(ich_vmcr_el2, 0);
    return 0;
}

static void identification(void) {
    test("identification");
    equal("GICD_PIDR2 architecture", GICD(0xffe8) >> 4 & 15, 3);
    equal("GICR_PIDR2 architecture", GICR(0xffe8) >> 4 & 15, 3);
    equal("ID_AA64PFR0.GIC", READ(id_aa64pfr0_el1) >> 24 & 15, 1);
    equal("GICR_TYPER affinity", GICR(0x0c), READ(mpidr_el1) & 0xffffff);
    equal("ICC_SRE_EL1.SRE", READ(icc_sre_el1) & 1, 1);
    equal("GICD_CTLR.ARE", GICD(0) >> 4 & 1, 1);
    test("IROUTER reads back");
    volatile uint64_t *router = (volatile uint64_t *)(0x08006000ul + 8 * 100);
    *router = 1ul << 31;
    equal("any core", *router, 1ul << 31);
    *router = 0;
    equal("affinity 0", *router, 0);
    test("SGI configuration is fixed");
    equal("ICFGR0", GICR(0x10c00), 0xaaaaaaaa);
    test("SGI to all the others");
    gic_enable(7, true);
    WRITE(icc_sgi1r_el1, 1ul << 40 | 7 << 24);
    equal("INTID", gic_ack(), SPURIOUS);
    test("group 0 is a fast interrupt");
    *bits(0x080, 100) &= ~BIT(100);
    gic_enable(100, true);
    GICD(0) |= 1;
    WRITE(icc_igrpen0_el1, 1);
    gic_pend(100);
    asm volatile("dsb sy; isb");
    equal("ISR_EL1", READ(isr_el1) >> 6 & 3, 1);
    equal("IAR1", gic_ack(), SPURIOUS);
    equal("IAR0", READ(icc_iar0_el1), 100);
    WRITE(icc_eoir0_el1, 100);
    equal("active", gic_active(100), 0);
    WRITE(icc_igrpen0_el1, 0);
}

int main(void) {
    if (boot_el == 2) open_el1_access(0, 0);
    gic_tests();
    identification();
    finish();
}
