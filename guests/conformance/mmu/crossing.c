/* Accesses across pages, faults in the second page, write-back, DC ZVA. */
#include "mmu.h"

PROBE(load_post, "mov x2, x0\n.globl load_post_at\nload_post_at:\n\tldr x1, [x2], #8");
PROBE(load_pair_post, "mov x2, x0\n.globl load_pair_at\nload_pair_at:\n\tldp x1, x3, [x2], #16");
PROBE(zero_block, "dc zva, x0");

void crossing(void) {
    const uint64_t size = 1ul << granule->shift, va = va_base() + 0x40000000, end = va + size;
    reset();
    map(va, 3, (uint64_t)pages[0], RW);
    map(end, 3, (uint64_t)pages[2], RW);
    test("%s: access across pages that are apart", granule->name);
    attempt(EL1H, store, end - 3, 0x8877665544332211);
    equal("first page", *(uint32_t *)(pages[0] + size - 4) >> 8, 0x332211);
    equal("second page", *(uint64_t *)pages[2] & 0xffffffffff, 0x8877665544);
    equal("read back", read(end - 3), 0x8877665544332211);
    test("%s: second page missing", granule->name);
    *entry(end, 3) = 0;
    flush();
    attempt(EL1H, load, end - 3, 0);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load);
    equal("FAR", fault.far, end);
    attempt(EL1H, store, end - 5, 0);
    expect_exception(ESR(0x25, (TRANSLATION + 3) | WNR), (uint64_t)store);
    equal("FAR", fault.far, end);
    test("%s: second page read-only", granule->name);
    map(end, 3, (uint64_t)pages[2], RW | READ_ONLY);
    attempt(EL1H, store, end - 1, 0);
    expect_exception(ESR(0x25, (PERMISSION + 3) | WNR), (uint64_t)store);
    equal("FAR", fault.far, end);
    test("%s: first page missing", granule->name);
    *entry(va, 3) = 0;
    flush();
    attempt(EL1H, load, end - 3, 0);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load);
    equal("FAR", fault.far, end - 3);
    test("%s: a faulting load does not write back", granule->name);
    extern char load_post_at[], load_pair_at[];
    attempt(EL1H, load_post, end - 8, 0x99);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load_post_at);
    equal("base", fault.x[2], end - 8);
    equal("target", fault.x[1], 0x99);
    map(va, 3, (uint64_t)pages[0], RW);
    *entry(end, 3) = 0;
    flush();
    attempt(EL1H, load_pair_post, end - 8, 0x99);
    expect_exception(ESR(0x25, TRANSLATION + 3), (uint64_t)load_pair_at);
    equal("FAR", fault.far, end);
    equal("base", fault.x[2], end - 8);
    test("%s: dc zva", granule->name);
    uint64_t block = 4ul << (READ(dczid_el0) & 15);
    memset(pages[0], 0xff, 3 * block);
    works(EL1H, zero_block, va + block + 5);
    equal("before", (uint8_t)pages[0][block - 1], 0xff);
    equal("first", (uint8_t)pages[0][block], 0);
    equal("last", (uint8_t)pages[0][2 * block - 1], 0);
    equal("after", (uint8_t)pages[0][2 * block], 0xff);
}
