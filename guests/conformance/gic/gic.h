/* What the common tests need of a GIC; gicv2 and gicv3 have one each. */
#pragma once
#include "../lib/conformance.h"

enum { SPURIOUS = 1023, MAINTENANCE = 25, CNTV_PPI = 27, CNTP_PPI = 30 };

/* Distributor, or the redistributor for INTIDs below 32. */
void gic_init(void); /* of this core: everything disabled, priority 0xa0, PMR open */
unsigned gic_intids(void);
void gic_forward(bool on); /* the distributor's enable */
void gic_enable(unsigned intid, bool on);
bool gic_enabled(unsigned intid);
void gic_pend(unsigned intid);
void gic_unpend(unsigned intid);
bool gic_pending(unsigned intid);
bool gic_active(unsigned intid);
void gic_deactivate(unsigned intid); /* through ICACTIVER */
void gic_set_priority(unsigned intid, unsigned priority);
unsigned gic_priority(unsigned intid);
void gic_set_edge(unsigned intid, bool edge);
void gic_sgi(unsigned intid, unsigned core);

/* CPU interface: the physical one, or the virtual one where virtual_on(true) says so. */
unsigned gic_ack(void); /* the INTID */
void gic_eoi(unsigned intid);
void gic_dir(unsigned intid);
unsigned gic_highest_pending(void);
unsigned gic_running_priority(void);
void gic_set_mask(unsigned priority);
void gic_set_binary_point(unsigned value);
void gic_split_eoi(bool on);
void gic_interface(bool on);

/* Hypervisor interface. */
struct list_register {
    unsigned intid, priority, state; /* 1 pending, 2 active */
    bool hw, eoi;
    unsigned physical;
};
enum { H_EN = 1, H_UIE = 2, H_LRENPIE = 4, H_NPIE = 8 };
void virtual_on(bool on);
unsigned list_registers(void);
void set_lr(unsigned index, struct list_register lr);
unsigned lr_state(unsigned index);
void set_hypervisor_control(unsigned bits);
unsigned eoi_count(void);
unsigned maintenance_status(void); /* MISR: 1 EOI, 2 U, 4 LRENP, 8 NP */
unsigned ended_lrs(void);          /* EISR */
unsigned empty_lrs(void);          /* ELRSR */

/* The tests' own parts. */
extern volatile unsigned taken[8], taken_vector, taken_el;
unsigned window(void); /* opens PSTATE.I for a moment; the number of interrupts taken */
bool irq_line(void);   /* ISR_EL1.I */
enum { A = 100, B = 101, C = 102 }; /* SPIs that no device of the board uses */
void spi_reset(void);
void interrupts(void);
void priorities(void);
void timers_and_cores(void);
void virtual_interrupts(void);

void gic_tests(void);
