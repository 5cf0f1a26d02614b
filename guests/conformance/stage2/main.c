/* Entered at EL2: stage 2 under code at EL1 and EL0, the syndromes of its faults, VMIDs, and the
 * traps of HCR_EL2, CPTR_EL2, MDCR_EL2 and CNTHCTL_EL2. */
#include "stage2.h"

const struct granule granules[3] = { { "4K", 12, 0, 1 }, { "16K", 14, 2, 2 }, { "64K", 16, 1, 2 } };
const struct granule *granule;
char pages[3][0x10000] __attribute__((aligned(0x10000)));

static char roots[2][0x40000] __attribute__((aligned(0x40000)));
static char pool[8][0x10000] __attribute__((aligned(0x10000)));
static unsigned pool_used;
static uint64_t *root;

SHARED_PROBE(load, "ldr x0, [x0]");
SHARED_PROBE(store, "str x1, [x0]");
SHARED_PROBE(jump, "ret x0"); /* not br, which sets PSTATE.BTYPE */

unsigned level_shift(unsigned level) {
    return granule->shift + (3 - level) * (granule->shift - 3);
}

void flush(void) { asm volatile("dsb sy; tlbi alle1; dsb sy; ic iallu; isb" ::: "memory"); }

uint64_t *entry(uint64_t ipa, unsigned level) {
    uint64_t *table = root;
    for (unsigned l = granule->start;; l++) {
        unsigned bits = l == granule->start ? 40 - level_shift(l) : granule->shift - 3;
        uint64_t *e = &table[ipa >> level_shift(l) & ((1ul << bits) - 1)];
        if (l == level) return e;
        if (!(*e & VALID)) {
            *e = (uint64_t)memset(pool[pool_used++ % 8], 0, sizeof pool[0]) | TABLE | VALID;
        }
        table = (uint64_t *)(*e & 0xfffffffff000);
    }
}

void map(uint64_t ipa, unsigned level, uint64_t pa, uint64_t bits) {
    *entry(ipa, level) = pa | bits | VALID | (level == 3 ? TABLE : 0);
    flush();
}

void build(unsigned index, uint64_t vmid) {
    root = (uint64_t *)roots[index];
    memset(root, 0, sizeof roots[0]);
    uint64_t size = 1ul << level_shift(granule->start);
    for (uint64_t pa = 0; pa < 0x80000000; pa += size) {
        uint64_t bits = pa < 0x40000000 ? (RWX & ~(uint64_t)MEMORY) | XN : RWX;
        *entry(pa, granule->start) = pa | bits | VALID;
    }
    WRITE(vttbr_el2, (uint64_t)root | vmid << 48);
}

void use(const struct granule *g) {
    granule = g;
    pool_used = 0;
    unsigned sl0 = g->shift == 12 ? 2 - g->start : 3 - g->start;
    WRITE(vtcr_el2, 1ul << 31 | 2 << 16 | g->tg0 << 14 | 3 << 12 | 1 << 10 | 1 << 8 | sl0 << 6 | 24);
    build(0, 1);
    WRITE(hcr_el2, RW | VM);
    WRITE(sctlr_el1, 0x30d00800);
    flush();
}

void faults(enum mode mode, const char *code, uint64_t va, uint64_t esr, uint64_t ipa) {
    attempt(mode, code, va, 0x5a5a);
    expect_exception(esr, code == jump ? va : (uint64_t)code + (mode == EL0 ? user_offset : 0));
    equal("EL", fault.el, 2);
    equal("vector", fault.vector, 8);
    equal("FAR", fault.far, va);
    if (ipa != 0) equal("HPFAR", fault.hpfar, ipa >> 12 << 4);
    equal("SPSR", fault.spsr, MARK | DAIF | mode);
}

void works(enum mode mode, const char *code, uint64_t va) {
    attempt(mode, code, va, 0x5a5a);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

uint64_t read(uint64_t va) {
    works(EL1H, load, va);
    return attempt_result;
}

uint64_t isv(unsigned sas, bool sse, unsigned srt, bool sf, bool ar, uint64_t rest) {
    return ESR(0x24, 1ul << 24 | sas << 22 | (uint64_t)sse << 21 | srt << 16 | (uint64_t)sf << 15 |
                     (uint64_t)ar << 14 | rest);
}

int main(void) {
    if (boot_el != 2) {
        print("not entered at EL2: nothing to test\n");
        finish();
    }
    WRITE(cnthctl_el2, 3);
    WRITE(cntvoff_el2, 0);
    WRITE(vpidr_el2, READ(midr_el1));
    WRITE(vmpidr_el2, READ(mpidr_el1));
    uint64_t mmfr0 = READ(id_aa64mmfr0_el1);
    for (int i = 0; i < 3; i++) {
        if (i == 1 && (mmfr0 >> 20 & 15) == 0) continue;
        if (i == 2 && (mmfr0 >> 24 & 15) == 15) continue;
        use(&granules[i]);
        levels();
    }
    syndromes();
    both_stages();
    vmids();
    hcr_traps();
    other_traps();
    virtual_irq();
    finish();
}
