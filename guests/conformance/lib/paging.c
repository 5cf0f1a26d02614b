/* A plain stage-1 map for programs that run at EL1: 4 KiB granule, 48 bits, blocks of 1 GiB. */
#include "conformance.h"

#define TABLE_ALIGNED __attribute__((aligned(4096)))
static uint64_t l0[512] TABLE_ALIGNED, l1_user[512] TABLE_ALIGNED;
uint64_t paging_l1[512] TABLE_ALIGNED;

void paging_enable(void) {
    enum { TABLE = 3, BLOCK = 1, NORMAL = 1 << 2, USER = 1 << 6, INNER = 3 << 8, AF = 1 << 10 };
    const uint64_t pxn = 1ul << 53, uxn = 1ul << 54;
    l0[0] = (uint64_t)paging_l1 | TABLE;
    l0[1] = (uint64_t)l1_user | TABLE;
    paging_l1[0] = BLOCK | AF | uxn | pxn;
    paging_l1[1] = 0x40000000 | BLOCK | NORMAL | INNER | AF | uxn;
    l1_user[1] = 0x40000000 | BLOCK | NORMAL | INNER | USER | AF | pxn;
    asm volatile("dsb sy" ::: "memory");
    WRITE(mair_el1, 0xff00); /* 0 Device-nGnRnE, 1 write-back */
    WRITE(tcr_el1, 2ul << 32 | 1ul << 23 | 3ul << 12 | 1ul << 10 | 1ul << 8 | 16); /* EPD1, IPS 40 */
    WRITE(ttbr0_el1, l0);
    asm volatile("tlbi vmalle1; dsb sy; isb; ic iallu; dsb sy; isb" ::: "memory");
    WRITE(sctlr_el1, 0x30d00800 | 1 << 12 | 1 << 4 | 1 << 3 | 1 << 2 | 1); /* I SA0 SA C M */
    user_offset = USER_OFFSET;
}
