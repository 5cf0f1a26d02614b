/* Entered at EL2: stage 2 under code at EL1 and EL0, the syndromes of its faults, VMIDs, and the
 * traps of HCR_EL2, CPTR_EL2, MDCR_EL2 and CNTHCTL_EL2. */
#include "lib/conformance.h"

enum { VALID = 1, TABLE = 2, MEMORY = 0xf << 2, READ_OK = 1 << 6, WRITE_OK = 2 << 6, INNER = 3 << 8,
       AF = 1 << 10 };
#define XN (1ul << 54)
#define RWX (MEMORY | READ_OK | WRITE_OK | INNER | AF)
enum { TRANSLATION = 0x04, ACCESS_FLAG = 0x08, PERMISSION = 0x0c };
enum { VM = 1 << 0, IMO = 1 << 4, VI = 1 << 7, TWI = 1 << 13, TWE = 1 << 14, TID1 = 1 << 16,
       TID2 = 1 << 17, TID3 = 1 << 18, TSC = 1 << 19, TACR = 1 << 21, TSW = 1 << 22,
       TPC = 1 << 23, TPU = 1 << 24, TTLB = 1 << 25, TVM = 1 << 26, TGE = 1 << 27,
       TDZ = 1 << 28, TRVM = 1 << 30 };
#define RW (1ul << 31)
#define IPA 0x140000000ul

struct granule {
    const char *name;
    unsigned shift, tg0, start;
};
static const struct granule granules[] = { { "4K", 12, 0, 1 }, { "16K", 14, 2, 2 }, { "64K", 16, 1, 2 } };
static const struct granule *granule;

static char roots[2][0x40000] __attribute__((aligned(0x40000)));
static char pool[8][0x10000] __attribute__((aligned(0x10000)));
static char pages[3][0x10000] __attribute__((aligned(0x10000)));
static unsigned pool_used;
static uint64_t *root;

static unsigned level_shift(unsigned level) {
    return granule->shift + (3 - level) * (granule->shift - 3);
}

static void flush(void) { asm volatile("dsb sy; tlbi alle1; dsb sy; ic iallu; isb" ::: "memory"); }

static uint64_t *entry(uint64_t ipa, unsigned level) {
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

static void map(uint64_t ipa, unsigned level, uint64_t pa, uint64_t bits) {
    *entry(ipa, level) = pa | bits | VALID | (level == 3 ? TABLE : 0);
    flush();
}

/* A stage 2 with 0..2 GiB as they are, and nothing above. */
static void build(unsigned index, uint64_t vmid) {
    root = (uint64_t *)roots[index];
    memset(root, 0, sizeof roots[0]);
    uint64_t size = 1ul << level_shift(granule->start);
    for (uint64_t pa = 0; pa < 0x80000000; pa += size) {
        uint64_t bits = pa < 0x40000000 ? (RWX & ~(uint64_t)MEMORY) | XN : RWX;
        *entry(pa, granule->start) = pa | bits | VALID;
    }
    WRITE(vttbr_el2, (uint64_t)root | vmid << 48);
}

static void use(const struct granule *g) {
    granule = g;
    pool_used = 0;
    unsigned sl0 = g->shift == 12 ? 2 - g->start : 3 - g->start;
    WRITE(vtcr_el2, 1ul << 31 | 2 << 16 | g->tg0 << 14 | 3 << 12 | 1 << 10 | 1 << 8 | sl0 << 6 | 24);
    build(0, 1);
    WRITE(hcr_el2, RW | VM);
    WRITE(sctlr_el1, 0x30d00800);
    flush();
}

PROBE(load, "ldr x0, [x0]");
PROBE(store, "str x1, [x0]");
PROBE(jump, "ret x0"); /* not br, which sets PSTATE.BTYPE */

static void faults(enum mode mode, const char *code, uint64_t va, uint64_t esr, uint64_t ipa) {
    attempt(mode, code, va, 0x5a5a);
    expect_exception(esr, code == jump ? va : (uint64_t)code + (mode == EL0 ? user_offset : 0));
    equal("EL", fault.el, 2);
    equal("vector", fault.vector, 8);
    equal("FAR", fault.far, va);
    if (ipa != 0) equal("HPFAR", fault.hpfar, ipa >> 12 << 4);
    equal("SPSR", fault.spsr, MARK | DAIF | mode);
}

static void works(enum mode mode, const char *code, uint64_t va) {
    attempt(mode, code, va, 0x5a5a);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

static uint64_t read(uint64_t va) {
    works(EL1H, load, va);
    return attempt_result;
}

/* ISS of a data abort with a valid syndrome. */
static uint64_t isv(unsigned sas, bool sse, unsigned srt, bool sf, bool ar, uint64_t rest) {
    return ESR(0x24, 1ul << 24 | sas << 22 | (uint64_t)sse << 21 | srt << 16 | (uint64_t)sf << 15 |
                     (uint64_t)ar << 14 | rest);
}
#define LOAD_X0(dfsc) isv(3, false, 0, true, false, dfsc)
#define STORE_X1(dfsc) isv(3, false, 1, true, false, (dfsc) | WNR)

static void levels(void) {
    const char *g = granule->name;
    for (unsigned level = granule->start; level <= 3; level++) {
        test("%s: unmapped at level %u", g, level);
        use(granule);
        uint64_t ipa = IPA + 0x12340 + level * 8;
        entry(ipa, level);
        flush();
        faults(EL1H, load, ipa, LOAD_X0(TRANSLATION + level), ipa);
        faults(EL1H, store, ipa, STORE_X1(TRANSLATION + level), ipa);
        faults(EL0, load, ipa, LOAD_X0(TRANSLATION + level), ipa);
        faults(EL1H, jump, ipa, ESR(0x20, TRANSLATION + level), ipa);
    }
    for (unsigned level = 2; level <= 3; level++) {
        use(granule);
        uint64_t size = 1ul << level_shift(level), pa = (uint64_t)pages[0] & ~(size - 1);
        uint64_t ipa = IPA + ((uint64_t)pages[0] & (size - 1));
        *(uint64_t *)pages[0] = 0x1111;
        test("%s level %u: read, write and execute", g, level);
        map(IPA, level, pa, RWX);
        equal("word", read(ipa), 0x1111);
        works(EL1H, store, ipa);
        equal("stored", *(uint64_t *)pages[0], 0x5a5a);
        test("%s level %u: read-only", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)WRITE_OK);
        works(EL1H, load, ipa);
        faults(EL1H, store, ipa, STORE_X1(PERMISSION + level), 0);
        faults(EL0, store, ipa, STORE_X1(PERMISSION + level), 0);
        test("%s level %u: write-only", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)READ_OK);
        works(EL1H, store, ipa);
        faults(EL1H, load, ipa, LOAD_X0(PERMISSION + level), 0);
        test("%s level %u: no access", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)(READ_OK | WRITE_OK));
        faults(EL1H, load, ipa, LOAD_X0(PERMISSION + level), 0);
        faults(EL1H, store, ipa, STORE_X1(PERMISSION + level), 0);
        test("%s level %u: execute-never", g, level);
        map(IPA, level, pa, RWX | XN);
        works(EL1H, load, ipa);
        faults(EL1H, jump, ipa, ESR(0x20, PERMISSION + level), 0);
        test("%s level %u: access flag", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)AF);
        faults(EL1H, load, ipa, LOAD_X0(ACCESS_FLAG + level), ipa);
    }
}

#define FORM(name, text) PROBE(form_##name, text)
FORM(ldrb, "ldrb w3, [x0]");
FORM(ldrh, "ldrh w4, [x0]");
FORM(ldr_w, "ldr w5, [x0]");
FORM(ldr_x, "ldr x30, [x0]");
FORM(ldrsb_w, "ldrsb w7, [x0]");
FORM(ldrsb_x, "ldrsb x8, [x0]");
FORM(ldrsh_w, "ldrsh w9, [x0]");
FORM(ldrsh_x, "ldrsh x10, [x0]");
FORM(ldrsw, "ldrsw x11, [x0]");
FORM(ldur, "ldur w12, [x0, #0]");
FORM(ldr_reg, "ldr x13, [x0, xzr]");
FORM(ldar, "ldar w14, [x0]");
FORM(ldarb, "ldarb w15, [x0]");
FORM(strb, "strb w16, [x0]");
FORM(strh, "strh w17, [x0]");
FORM(str_w, "str w18, [x0]");
FORM(str_xzr, "str xzr, [x0]");
FORM(stlr, "stlr x19, [x0]");
FORM(sttr, "sttr w20, [x0]");
FORM(ldp, "ldp x1, x2, [x0]");
FORM(stp, "stp w1, w2, [x0]");
FORM(ldxr, "ldxr x1, [x0]");
FORM(ldaxr, "ldaxr w1, [x0]");
FORM(ldr_post, "ldr x1, [x0], #8");
FORM(str_pre, "str x1, [x0, #0]!");
FORM(ldr_q, "ldr q1, [x0]");
FORM(str_d, "str d1, [x0]");
FORM(ld1, "ld1 {v1.16b}, [x0]");

static void syndromes(void) {
    const uint64_t l3 = TRANSLATION + 3, none = ESR(0x24, l3);
    const struct { const char *name, *code; uint64_t esr; } forms[] = {
        { "ldrb w", form_ldrb, isv(0, 0, 3, 0, 0, l3) },
        { "ldrh w", form_ldrh, isv(1, 0, 4, 0, 0, l3) },
        { "ldr w", form_ldr_w, isv(2, 0, 5, 0, 0, l3) },
        { "ldr x30", form_ldr_x, isv(3, 0, 30, 1, 0, l3) },
        { "ldrsb w", form_ldrsb_w, isv(0, 1, 7, 0, 0, l3) },
        { "ldrsb x", form_ldrsb_x, isv(0, 1, 8, 1, 0, l3) },
        { "ldrsh w", form_ldrsh_w, isv(1, 1, 9, 0, 0, l3) },
        { "ldrsh x", form_ldrsh_x, isv(1, 1, 10, 1, 0, l3) },
        { "ldrsw x", form_ldrsw, isv(2, 1, 11, 1, 0, l3) },
        { "ldur w", form_ldur, isv(2, 0, 12, 0, 0, l3) },
        { "ldr x, register offset", form_ldr_reg, isv(3, 0, 13, 1, 0, l3) },
        { "ldar w", form_ldar, isv(2, 0, 14, 0, 1, l3) },
        { "ldarb w", form_ldarb, isv(0, 0, 15, 0, 1, l3) },
        { "strb w", form_strb, isv(0, 0, 16, 0, 0, l3 | WNR) },
        { "strh w", form_strh, isv(1, 0, 17, 0, 0, l3 | WNR) },
        { "str w", form_str_w, isv(2, 0, 18, 0, 0, l3 | WNR) },
        { "str xzr", form_str_xzr, isv(3, 0, 31, 1, 0, l3 | WNR) },
        { "stlr x", form_stlr, isv(3, 0, 19, 1, 1, l3 | WNR) },
        { "sttr w", form_sttr, isv(2, 0, 20, 0, 0, l3 | WNR) },
        { "ldp", form_ldp, none },
        { "stp", form_stp, none | WNR },
        { "ldxr", form_ldxr, none },
        { "ldaxr", form_ldaxr, none },
        { "ldr, post-index", form_ldr_post, none },
        { "str, pre-index", form_str_pre, none | WNR },
        { "ldr q", form_ldr_q, none },
        { "str d", form_str_d, none | WNR },
        { "ld1", form_ld1, none },
    };
    use(&granules[0]);
    map(IPA, 3, (uint64_t)pages[0], RWX);
    WRITE(cpacr_el1, 3 << 20);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test("syndrome of %s", forms[i].name);
        faults(EL1H, forms[i].code, IPA + 0x1080, forms[i].esr, IPA + 0x1000);
    }
}

/* Stage 1 on as well: VA 0x8000000000 + n and IPA n are the same byte for EL0 (see paging.c). */
static void both_stages(void) {
    enum { S1_NORMAL = 1 << 2, S1_USER = 1 << 6 };
    use(&granules[0]);
    attempt(EL1H, (const char *)paging_enable, 0, 0);
    uint64_t *l0 = (uint64_t *)(READ(ttbr0_el1) & 0xfffffffff000);
    const uint64_t va = 0x100000000; /* -> IPA: paging_l1[4], a block of 1 GiB */
    paging_l1[4] = IPA | S1_NORMAL | INNER | AF | VALID;
    map(IPA, 3, (uint64_t)pages[0], RWX);
    test("two stages: VA, IPA and PA differ");
    *(uint64_t *)pages[0] = 0x2222;
    equal("word", read(va), 0x2222);
    test("two stages: FAR has the VA, HPFAR the IPA");
    faults(EL1H, load, va + 0x1238, LOAD_X0(TRANSLATION + 3), IPA + 0x1000);
    faults(EL1H, jump, va + 0x2238, ESR(0x20, TRANSLATION + 3), IPA + 0x2000);
    test("two stages: access across pages");
    faults(EL1H, store, va + 0x2ffd, STORE_X1(TRANSLATION + 3), IPA + 0x2000);
    attempt(EL1H, load, va + 0xffd, 0);
    check("no exception was taken", fault.taken);
    equal("FAR", fault.far, va + 0x1000);
    equal("HPFAR", fault.hpfar, (IPA + 0x1000) >> 12 << 4);
    test("two stages: a stage 1 fault goes to EL1");
    attempt(EL1H, load, 0x180000000, 0);
    expect_exception(ESR(0x25, TRANSLATION + 1), (uint64_t)load);
    equal("EL", fault.el, 1);
    equal("FAR", fault.far, 0x180000000);
    test("two stages: stage 1 permission before stage 2");
    paging_l1[4] |= 1 << 7;
    flush();
    attempt(EL1H, store, va + 0x1000, 0);
    expect_exception(ESR(0x25, (PERMISSION + 1) | WNR), (uint64_t)store);
    equal("EL", fault.el, 1);
    paging_l1[4] &= ~(1ul << 7);
    flush();

    test("stage 1 table not mapped at stage 2");
    const uint64_t table = IPA + 0x5000, walked = 2ul << 39;
    l0[2] = table | TABLE | VALID;
    flush();
    faults(EL1H, load, walked + 0x40001238, ESR(0x24, S1PTW | (TRANSLATION + 3)), table);
    faults(EL1H, jump, walked + 0x40001238, ESR(0x20, S1PTW | (TRANSLATION + 3)), table);
    test("stage 1 table in a page without access");
    map(table, 3, (uint64_t)pages[1], MEMORY | INNER | AF);
    faults(EL1H, load, walked, ESR(0x24, S1PTW | (PERMISSION + 3)), table);
    test("stage 1 table in a read-only page");
    map(table, 3, (uint64_t)pages[1], MEMORY | INNER | AF | READ_OK);
    *(uint64_t *)pages[1] = IPA | S1_NORMAL | INNER | AF | VALID;
    equal("word", read(walked), 0x2222);

    test("AT S12E1R");
    asm volatile("at s12e1r, %0; isb" : : "r"(va + 0x18) : "memory");
    equal("PAR.F and PA", READ(par_el1) & 0xfffffffff001, (uint64_t)pages[0]);
    test("AT S12E1W of what stage 2 lacks");
    asm volatile("at s12e1w, %0; isb" : : "r"(va + 0x1018) : "memory");
    equal("PAR.F, FST and S", READ(par_el1) & 0x27f, 1 | (TRANSLATION + 3) << 1 | 1 << 9);
    test("AT S1E1R gives the IPA");
    asm volatile("at s1e1r, %0; isb" : : "r"(va + 0x1018) : "memory");
    equal("PAR.F and PA", READ(par_el1) & 0xfffffffff001, IPA + 0x1000);

    test("tlbi ipas2e1is and vmalle1is");
    *entry(IPA, 3) = 0;
    asm volatile("dsb sy; tlbi ipas2e1is, %0; dsb sy; tlbi vmalle1is; dsb sy; isb" : : "r"(IPA >> 12) : "memory");
    faults(EL1H, load, va, LOAD_X0(TRANSLATION + 3), IPA);
    user_offset = 0;
    WRITE(sctlr_el1, 0x30d00800);
}

static void vmids(void) {
    use(&granules[0]);
    *(uint64_t *)pages[0] = 0xaaaa;
    *(uint64_t *)pages[1] = 0xbbbb;
    build(1, 2);
    map(IPA, 3, (uint64_t)pages[1], RWX);
    uint64_t *second = entry(IPA, 3), second_vttbr = READ(vttbr_el2);
    build(0, 1);
    map(IPA, 3, (uint64_t)pages[0], RWX);
    uint64_t *first = entry(IPA, 3), first_vttbr = READ(vttbr_el2);
    test("VMIDs keep translations apart");
    for (int i = 0; i < 3; i++) {
        WRITE(vttbr_el2, first_vttbr);
        equal("VMID 1", read(IPA), 0xaaaa);
        WRITE(vttbr_el2, second_vttbr);
        equal("VMID 2", read(IPA), 0xbbbb);
    }
    test("tlbi vmalls12e1 of one VMID");
    *second = 0;
    asm volatile("dsb sy; tlbi vmalls12e1; dsb sy; isb" ::: "memory");
    faults(EL1H, load, IPA, LOAD_X0(TRANSLATION + 3), IPA);
    WRITE(vttbr_el2, first_vttbr);
    equal("VMID 1", read(IPA), 0xaaaa);
    test("tlbi alle1is");
    *first = 0;
    asm volatile("dsb sy; tlbi alle1is; dsb sy; isb" ::: "memory");
    faults(EL1H, load, IPA, LOAD_X0(TRANSLATION + 3), IPA);
    test("a new stage 2 entry needs no TLBI");
    *first = (uint64_t)pages[1] | RWX | TABLE | VALID;
    asm volatile("dsb sy; isb" ::: "memory");
    equal("word", read(IPA), 0xbbbb);
}

PROBE(call_hvc, "hvc #0xabcd");
PROBE(call_smc, "smc #0x12");
PROBE(call_svc, "svc #0x77");
PROBE(do_wfi, "wfi");
PROBE(do_wfe, "wfe");
PROBE(write_sctlr, "msr sctlr_el1, x6");
PROBE(write_ttbr1, "msr ttbr1_el1, x7");
PROBE(read_tcr, "mrs x8, tcr_el1");
PROBE(read_pfr0, "mrs x9, id_aa64pfr0_el1");
PROBE(read_isar0, "mrs x9, id_aa64isar0_el1");
PROBE(read_ctr, "mrs x10, ctr_el0");
PROBE(write_csselr, "msr csselr_el1, x11");
PROBE(read_revidr, "mrs x12, revidr_el1");
PROBE(read_actlr, "mrs x13, actlr_el1");
PROBE(do_tlbi, "tlbi vmalle1");
PROBE(clean_way, "dc csw, x14");
PROBE(clean, "dc civac, x15");
PROBE(invalidate_code, "ic iallu");
PROBE(zero_block, "dc zva, x16");
PROBE(fp_add, "fadd d0, d0, d0");
PROBE(write_cpacr, "msr cpacr_el1, x17");
PROBE(read_dbgbvr0, "mrs x18, dbgbvr0_el1");
PROBE(write_oslar, "msr oslar_el1, x19");
PROBE(read_pmcr, "mrs x20, pmcr_el0");
PROBE(read_cntpct, "mrs x21, cntpct_el0");
PROBE(write_cntp_cval, "msr cntp_cval_el0, x22");
PROBE(read_cntvct, "mrs x23, cntvct_el0");
PROBE(read_midr, "mrs x0, midr_el1");
PROBE(read_mpidr, "mrs x0, mpidr_el1");
PROBE(udf, "udf #0");

static void trapped(const char *code, uint64_t esr, int after) {
    attempt(EL1H, code, 0, 0);
    expect_exception(esr, (uint64_t)code + (uint64_t)after);
    equal("EL", fault.el, 2);
    equal("SPSR", fault.spsr, MARK | DAIF | EL1H);
}

static void untrapped(const char *code) {
    attempt(EL1H, code, 0, 0);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

static void hcr_traps(void) {
    const struct { const char *name, *code; uint64_t bits, esr; } traps[] = {
        { "TWI: wfi", do_wfi, TWI, ESR(0x01, 0x1e00000) },
        { "TSC: smc", call_smc, TSC, ESR(0x17, 0x12) },
        { "TVM: msr sctlr_el1", write_sctlr, TVM, ESR_SYSREG(3, 0, 1, 0, 0, 6, 0) },
        { "TVM: msr ttbr1_el1", write_ttbr1, TVM, ESR_SYSREG(3, 0, 2, 0, 1, 7, 0) },
        { "TRVM: mrs tcr_el1", read_tcr, TRVM, ESR_SYSREG(3, 0, 2, 0, 2, 8, 1) },
        { "TID3: mrs id_aa64pfr0_el1", read_pfr0, TID3, ESR_SYSREG(3, 0, 0, 4, 0, 9, 1) },
        { "TID3: mrs id_aa64isar0_el1", read_isar0, TID3, ESR_SYSREG(3, 0, 0, 6, 0, 9, 1) },
        { "TID2: mrs ctr_el0", read_ctr, TID2, ESR_SYSREG(3, 3, 0, 0, 1, 10, 1) },
        { "TID2: msr csselr_el1", write_csselr, TID2, ESR_SYSREG(3, 2, 0, 0, 0, 11, 0) },
        { "TID1: mrs revidr_el1", read_revidr, TID1, ESR_SYSREG(3, 0, 0, 0, 6, 12, 1) },
        { "TACR: mrs actlr_el1", read_actlr, TACR, ESR_SYSREG(3, 0, 1, 0, 1, 13, 1) },
        { "TTLB: tlbi vmalle1", do_tlbi, TTLB, ESR_SYSREG(1, 0, 8, 7, 0, 31, 0) },
        { "TSW: dc csw", clean_way, TSW, ESR_SYSREG(1, 0, 7, 10, 2, 14, 0) },
        { "TPC: dc civac", clean, TPC, ESR_SYSREG(1, 3, 7, 14, 1, 15, 0) },
        { "TPU: ic iallu", invalidate_code, TPU, ESR_SYSREG(1, 0, 7, 5, 0, 31, 0) },
        { "TDZ: dc zva", zero_block, TDZ, ESR_SYSREG(1, 3, 7, 4, 1, 16, 0) },
    };
    WRITE(cpacr_el1, 3 << 20);
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        test("HCR_EL2.%s", traps[i].name);
        WRITE(hcr_el2, RW | VM | traps[i].bits);
        trapped(traps[i].code, traps[i].esr, 0);
    }
    WRITE(hcr_el2, RW | VM | TWE);
    test("HCR_EL2.TWE: wfe");
    attempt(EL1H, do_wfe, 0, 0); /* no trap while the event register is set */
    if (fault.taken) expect_exception(ESR(0x01, 0x1e00001), (uint64_t)do_wfe);
    test("HCR_EL2.TVM leaves reads, TRVM writes");
    WRITE(hcr_el2, RW | VM | TVM);
    untrapped(read_tcr);
    WRITE(hcr_el2, RW | VM);
    test("hvc");
    trapped(call_hvc, ESR(0x16, 0xabcd), 4);
    test("undefined at EL1 goes to EL1");
    attempt(EL1H, udf, 0, 0);
    expect_exception(ESR(0, 0), (uint64_t)udf);
    equal("EL", fault.el, 1);
    test("HCR_EL2.TGE: svc from EL0");
    WRITE(hcr_el2, RW | TGE);
    attempt(EL0, call_svc, 0, 0);
    expect_exception(ESR(0x15, 0x77), (uint64_t)call_svc + 4);
    equal("EL", fault.el, 2);
    equal("vector", fault.vector, 8);
    WRITE(hcr_el2, RW | VM);
    test("VPIDR_EL2 and VMPIDR_EL2");
    uint64_t midr = READ(midr_el1), mpidr = READ(mpidr_el1);
    WRITE(vpidr_el2, 0x410fd034);
    WRITE(vmpidr_el2, 0x80000305);
    untrapped(read_midr);
    equal("MIDR_EL1", attempt_result, 0x410fd034);
    untrapped(read_mpidr);
    equal("MPIDR_EL1", attempt_result, 0x80000305);
    equal("MIDR_EL1 at EL2", READ(midr_el1), midr);
    WRITE(vpidr_el2, midr);
    WRITE(vmpidr_el2, mpidr);
}

static void other_traps(void) {
    test("CPTR_EL2.TFP");
    WRITE(cptr_el2, 0x33ff | 1 << 10);
    trapped(fp_add, ESR(0x07, 0x1e00000), 0);
    WRITE(cptr_el2, 0x33ff);
    untrapped(fp_add);
    test("CPACR_EL1 before CPTR_EL2");
    WRITE(cpacr_el1, 0);
    WRITE(cptr_el2, 0x33ff | 1 << 10);
    attempt(EL1H, fp_add, 0, 0);
    expect_exception(ESR(0x07, 0x1e00000), (uint64_t)fp_add);
    equal("EL", fault.el, 1);
    test("CPTR_EL2.TCPAC");
    WRITE(cptr_el2, 0x33ff | 1ul << 31);
    trapped(write_cpacr, ESR_SYSREG(3, 0, 1, 0, 2, 17, 0), 0);
    WRITE(cptr_el2, 0x33ff);
    test("MDCR_EL2.TDA");
    uint64_t mdcr = READ(mdcr_el2);
    WRITE(mdcr_el2, mdcr | 1 << 9 | 1 << 10 | 1 << 11);
    trapped(read_dbgbvr0, ESR_SYSREG(2, 0, 0, 0, 4, 18, 1), 0);
    test("MDCR_EL2.TDOSA");
    WRITE(mdcr_el2, mdcr | 1 << 10);
    trapped(write_oslar, ESR_SYSREG(2, 0, 1, 0, 4, 19, 0), 0);
    test("MDCR_EL2.TPM");
    WRITE(mdcr_el2, mdcr | 1 << 6);
    trapped(read_pmcr, ESR_SYSREG(3, 3, 9, 12, 0, 20, 1), 0);
    WRITE(mdcr_el2, mdcr);
    test("CNTHCTL_EL2.EL1PCTEN");
    WRITE(cnthctl_el2, 2);
    trapped(read_cntpct, ESR_SYSREG(3, 3, 14, 0, 1, 21, 1), 0);
    test("CNTHCTL_EL2.EL1PCEN");
    WRITE(cnthctl_el2, 1);
    trapped(write_cntp_cval, ESR_SYSREG(3, 3, 14, 2, 2, 22, 0), 0);
    WRITE(cnthctl_el2, 0);
    test("CNTHCTL_EL2 leaves CNTVCT_EL0");
    untrapped(read_cntvct);
    WRITE(cnthctl_el2, 3);
    test("CNTHCTL_EL2 allows the physical counter and timer");
    untrapped(read_cntpct);
    untrapped(write_cntp_cval);
}

PROBE(open_irq, "msr daifclr, #2\n\tisb\n.globl after_irq\nafter_irq:\n\tnop\n\tmsr daifset, #2");
PROBE(read_isr, "mrs x0, isr_el1");
static volatile uint64_t irq_el, irq_vector, irq_elr;

static void mask_and_return(struct exception *frame) {
    irq_el = frame->el;
    irq_vector = frame->vector;
    irq_elr = frame->elr;
    frame->spsr |= 1 << 7;
}

static void virtual_irq(void) {
    test("HCR_EL2.VI raises a virtual IRQ");
    extern char after_irq[];
    on_irq = mask_and_return;
    WRITE(hcr_el2, RW | VM | IMO | VI);
    untrapped(read_isr);
    equal("ISR_EL1", attempt_result & 0x1c0, 0x80);
    irq_count = 0;
    untrapped(open_irq);
    equal("interrupts taken", irq_count, 1);
    equal("EL", irq_el, 1);
    equal("vector", irq_vector, 5);
    check("ELR", irq_elr > (uint64_t)open_irq && irq_elr <= (uint64_t)after_irq);
    test("HCR_EL2.VI clear: none");
    WRITE(hcr_el2, RW | VM | IMO);
    irq_count = 0;
    untrapped(open_irq);
    equal("interrupts taken", irq_count, 0);
    WRITE(hcr_el2, RW | VM);
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
