/* Stage 1 on top of stage 2: addresses of both kinds, S1PTW, AT, invalidation, VMIDs. */
#include "stage2.h"

/* Stage 1 on as well: VA 0x8000000000 + n and IPA n are the same byte for EL0 (see paging.c). */
void both_stages(void) {
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

void vmids(void) {
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
