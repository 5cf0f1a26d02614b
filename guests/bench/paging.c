/* An identity map: the first GiB is for devices, the second for memory; what this image walks and
 * runs is mapped by pages of 4 KiB, the rest of memory by blocks of 2 MiB. */
#include "bench.h"

enum { TABLE = 3, BLOCK = 1, PAGE = 3, NORMAL = 1 << 2, INNER = 3 << 8, AF = 1 << 10 };
#define EXECUTE_NEVER (3ul << 53)
#define GIB (1ul << 30)
#define L2_BYTES (2ul << 20)
#define TABLE_ALIGNED __attribute__((aligned(4096)))

extern uint8_t image_header[];

static uint64_t l1[512] TABLE_ALIGNED, l2[512] TABLE_ALIGNED, l3[16][512] TABLE_ALIGNED;

void paging_enable(void) {
    const uint64_t start = (uint64_t)image_header, end = (uint64_t)code_at(CODE_BYTES);
    unsigned used = 0;
    l1[0] = BLOCK | AF | EXECUTE_NEVER;
    l1[1] = (uint64_t)l2 | TABLE;
    for (unsigned i = 0; i < 512; i++) {
        uint64_t at = GIB + i * L2_BYTES;
        bool ours = at + L2_BYTES > start && at < end;
        if (!ours || used == 16) {
            l2[i] = at | BLOCK | NORMAL | INNER | AF;
            continue;
        }
        uint64_t *pages = l3[used++];
        for (unsigned k = 0; k < 512; k++) pages[k] = (at + k * 4096) | PAGE | NORMAL | INNER | AF;
        l2[i] = (uint64_t)pages | TABLE;
    }
    asm volatile("dsb sy" ::: "memory");
    WRITE(mair_el1, 0xff00); /* 0 Device-nGnRnE, 1 write-back */
    WRITE(tcr_el1, 2ul << 32 | 1ul << 23 | 3ul << 12 | 1ul << 10 | 1ul << 8 | 25); /* EPD1, IPS 40 */
    WRITE(ttbr0_el1, l1);
    asm volatile("tlbi vmalle1; dsb sy; isb; ic iallu; dsb sy; isb" ::: "memory");
    WRITE(sctlr_el1, 0x30d00800 | 1 << 12 | 1 << 4 | 1 << 3 | 1 << 2 | 1); /* I SA0 SA C M */
}
