/* GICv2 of the virt board: distributor, CPU interface and, entered at EL2, GICH and GICV. */
#include "../gic/gic.h"

#define GICD(offset) (*(volatile uint32_t *)(0x08000000ul + (offset)))
#define GICD_BYTE(offset) (*(volatile uint8_t *)(0x08000000ul + (offset)))
#define GICH(offset) (*(volatile uint32_t *)(0x08030000ul + (offset)))
#define GICC(offset) (*(volatile uint32_t *)(interface() + (offset)))
#define BIT(intid) (1u << ((intid) & 31))
#define WORD(intid) ((intid) / 32 * 4)

static bool use_gicv;

/* GICC, or GICV for what runs at EL1 meanwhile. */
static uint64_t interface(void) { return use_gicv && current_el() == 1 ? 0x08040000 : 0x08010000; }

unsigned gic_intids(void) { return ((GICD(4) & 31) + 1) * 32; }
void gic_forward(bool on) { GICD(0) = on; }
void gic_enable(unsigned i, bool on) { GICD((on ? 0x100 : 0x180) + WORD(i)) = BIT(i); }
bool gic_enabled(unsigned i) { return (GICD(0x100 + WORD(i)) & BIT(i)) != 0; }
void gic_pend(unsigned i) { GICD(0x200 + WORD(i)) = BIT(i); }
void gic_unpend(unsigned i) { GICD(0x280 + WORD(i)) = BIT(i); }
bool gic_pending(unsigned i) { return (GICD(0x200 + WORD(i)) & BIT(i)) != 0; }
bool gic_active(unsigned i) { return (GICD(0x300 + WORD(i)) & BIT(i)) != 0; }
void gic_deactivate(unsigned i) { GICD(0x380 + WORD(i)) = BIT(i); }
void gic_set_priority(unsigned i, unsigned priority) { GICD_BYTE(0x400 + i) = (uint8_t)priority; }
unsigned gic_priority(unsigned i) { return GICD_BYTE(0x400 + i); }
void gic_sgi(unsigned i, unsigned core) { GICD(0xf00) = 1u << (16 + core) | i; }

void gic_set_edge(unsigned i, bool edge) {
    uint32_t bit = 2u << i % 16 * 2;
    GICD(0xc00 + i / 16 * 4) = (GICD(0xc00 + i / 16 * 4) & ~bit) | (edge ? bit : 0);
}

void gic_init(void) {
    for (unsigned i = 0; i < gic_intids(); i += 32) {
        GICD(0x180 + WORD(i)) = ~0u;
        GICD(0x280 + WORD(i)) = ~0u;
        GICD(0x380 + WORD(i)) = ~0u;
    }
    for (unsigned i = 0; i < gic_intids(); i += 4) GICD(0x400 + i) = 0xa0a0a0a0;
    for (unsigned i = 32; i < gic_intids(); i += 4) GICD(0x800 + i) = 0x01010101;
    GICD(0) = 1;
    GICC(4) = 0xff;
    GICC(8) = 0;
    GICC(0) = 1;
}

static unsigned last_source; /* the core bits of the last IAR, which EOIR and DIR want back */
unsigned gic_ack(void) {
    uint32_t iar = GICC(0x0c);
    last_source = iar & 0x1c00;
    return iar & 0x3ff;
}
void gic_eoi(unsigned i) { GICC(0x10) = i | (i < 16 ? last_source : 0); }
void gic_dir(unsigned i) { GICC(0x1000) = i; }
unsigned gic_highest_pending(void) { return GICC(0x18) & 0x3ff; }
unsigned gic_running_priority(void) { return GICC(0x14); }
void gic_set_mask(unsigned priority) { GICC(4) = priority; }
void gic_set_binary_point(unsigned value) { GICC(8) = value; }
void gic_split_eoi(bool on) { GICC(0) = 1 | (on ? 1 << 9 : 0); }
void gic_interface(bool on) { GICC(0) = on; }

static uint64_t write_hcr(uint64_t value, uint64_t unused) {
    (void)unused;
    WRITE(hcr_el2, value);
    return 0;
}

void virtual_on(bool on) {
    use_gicv = on;
    at_el2(write_hcr, 1ul << 31 | (on ? 1 << 4 : 0), 0); /* RW, IMO */
}

unsigned list_registers(void) { return (GICH(4) & 0x3f) + 1; }
void set_lr(unsigned index, struct list_register lr) {
    GICH(0x100 + 4 * index) = lr.intid | lr.priority >> 3 << 23 | lr.state << 28 |
                              (lr.hw ? 1u << 31 | lr.physical << 10 : lr.eoi ? 1u << 19 : 0);
}
unsigned lr_state(unsigned index) { return GICH(0x100 + 4 * index) >> 28 & 3; }
void set_hypervisor_control(unsigned bits) { GICH(0) = bits; }
unsigned eoi_count(void) { return GICH(0) >> 27; }
unsigned maintenance_status(void) { return GICH(0x10); }
unsigned ended_lrs(void) { return GICH(0x20); }
unsigned empty_lrs(void) { return GICH(0x30); }

static void identification(void) {
    test("GICD and GICC identification");
    equal("ICPIDR2 architecture", GICD(0xfe8) >> 4 & 15, 2);
    equal("GICC_IIDR architecture", GICC(0xfc) >> 16 & 15, 2);
    test("SGI configuration is fixed");
    equal("ICFGR0", GICD(0xc00), 0xaaaaaaaa);
    test("SGI pending by source");
    gic_enable(7, true);
    GICD_BYTE(0xf20 + 7) = 1;
    equal("pending", gic_pending(7), 1);
    equal("CPENDSGIR", GICD_BYTE(0xf10 + 7), 1);
    GICD_BYTE(0xf10 + 7) = 1;
    equal("pending after", gic_pending(7), 0);
    test("SGI filters: this core, the others");
    GICD(0xf00) = 2u << 24 | 7;
    equal("INTID", gic_ack(), 7);
    gic_eoi(7);
    GICD(0xf00) = 1u << 24 | 7;
    equal("INTID", gic_ack(), SPURIOUS);
}

int main(void) {
    gic_tests();
    identification();
    finish();
}
