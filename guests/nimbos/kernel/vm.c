/* Page tables: 4 KiB granule, four levels; the kernel in TTBR1, one user space at a time in TTBR0,
 * without ASIDs: the TLB is emptied on every switch. */
#include "kernel.h"

enum { VALID = 1, TABLE = 2, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8, ACCESSED = 1 << 10 };
#define NOT_GLOBAL (1ul << 11)
#define PXN (1ul << 53)
#define UXN (1ul << 54)
#define ADDRESS 0x0000fffffffff000ul
#define BLOCK_SIZE 0x200000ul

extern char stext[], etext[], srodata[], erodata[], sdata[], edata[], sbss[], ebss[];
extern char boot_stack[], boot_stack_top[], ekernel[];

static uint64_t kernel_root, empty_root;

static uint64_t leaf_bits(int flags) {
    uint64_t bits = VALID | ACCESSED;
    bits |= flags & MAP_DEVICE ? 0 : 1 << 2 | INNER;
    if (!(flags & MAP_WRITE)) bits |= READ_ONLY;
    if (flags & MAP_USER) {
        bits |= USER | NOT_GLOBAL | PXN;
        if (!(flags & MAP_EXECUTE)) bits |= UXN;
    } else {
        bits |= UXN;
        if (!(flags & MAP_EXECUTE)) bits |= PXN;
    }
    return bits;
}

/* The entry for `va` at `level`; NULL when a table is missing and `create` is false. */
static uint64_t *walk(uint64_t root, uint64_t va, int level, bool create) {
    uint64_t *table = to_virtual(root);
    for (int l = 0;; l++) {
        uint64_t *entry = &table[va >> (39 - 9 * l) & 511];
        if (l == level) return entry;
        if (!(*entry & VALID)) {
            if (!create) return NULL;
            *entry = frame_alloc() | TABLE | VALID;
        }
        table = to_virtual(*entry & ADDRESS);
    }
}

static void map_kernel(const char *what, uint64_t start, uint64_t end, int flags) {
    print("Mapping %s: [%#lx, %#lx)\n", what, start, end);
    while (start < end) {
        bool block = (start & (BLOCK_SIZE - 1)) == 0 && end - start >= BLOCK_SIZE;
        uint64_t bits = leaf_bits(flags) | (block ? 0 : TABLE);
        *walk(kernel_root, start, block ? 2 : 3, true) = (start - KERNEL_BASE) | bits;
        start += block ? BLOCK_SIZE : PAGE_SIZE;
    }
}

void vm_init(void) {
    kernel_root = frame_alloc();
    empty_root = frame_alloc();
    map_kernel(".text", (uint64_t)stext, (uint64_t)etext, MAP_EXECUTE);
    map_kernel(".rodata", (uint64_t)srodata, (uint64_t)erodata, 0);
    map_kernel(".data", (uint64_t)sdata, (uint64_t)edata, MAP_WRITE);
    map_kernel(".bss", (uint64_t)sbss, (uint64_t)ebss, MAP_WRITE);
    map_kernel("boot stack", (uint64_t)boot_stack, (uint64_t)boot_stack_top, MAP_WRITE);
    map_kernel("physical memory", (uint64_t)ekernel, KERNEL_BASE + RAM_END, MAP_WRITE);
    map_kernel("MMIO", KERNEL_BASE + 0x09000000, KERNEL_BASE + 0x09001000, MAP_WRITE | MAP_DEVICE);
    map_kernel("MMIO", KERNEL_BASE + 0x08000000, KERNEL_BASE + 0x08020000, MAP_WRITE | MAP_DEVICE);
    asm volatile("dsb ish" ::: "memory");
    WRITE_SYSREG(ttbr1_el1, kernel_root);
    vm_activate(NULL);
}

void vm_activate(const struct address_space *space) {
    asm volatile("dsb ishst" ::: "memory");
    WRITE_SYSREG(ttbr0_el1, space != NULL ? space->root : empty_root);
    asm volatile("isb; tlbi vmalle1; dsb nsh; isb" ::: "memory");
}

struct address_space *space_new(void) {
    struct address_space *space = heap_alloc(sizeof *space);
    space->root = frame_alloc();
    space->users = 1;
    return space;
}

static uint64_t copy_table(uint64_t from, int level) {
    uint64_t to = frame_alloc();
    const uint64_t *source = to_virtual(from);
    uint64_t *target = to_virtual(to);
    for (int i = 0; i < 512; i++) {
        if (!(source[i] & VALID)) continue;
        uint64_t pa = source[i] & ADDRESS, copy;
        if (level < 3) {
            copy = copy_table(pa, level + 1);
        } else {
            copy = frame_alloc();
            memcpy(to_virtual(copy), to_virtual(pa), PAGE_SIZE);
        }
        target[i] = copy | (source[i] & ~ADDRESS);
    }
    return to;
}

struct address_space *space_copy(const struct address_space *from) {
    struct address_space *space = heap_alloc(sizeof *space);
    space->root = copy_table(from->root, 0);
    space->users = 1;
    asm volatile("dsb ish; ic iallu; dsb ish; isb" ::: "memory");
    return space;
}

static void free_table(uint64_t table, int level) {
    const uint64_t *entries = to_virtual(table);
    for (int i = 0; i < 512; i++) {
        if (!(entries[i] & VALID)) continue;
        if (level < 3) free_table(entries[i] & ADDRESS, level + 1);
        else frame_free(entries[i] & ADDRESS);
    }
    frame_free(table);
}

void space_release(struct address_space *space) {
    if (space == NULL || --space->users > 0) return;
    free_table(space->root, 0);
    heap_free(space);
}

void *space_add_page(struct address_space *space, uint64_t va, int flags) {
    uint64_t *entry = walk(space->root, va, 3, true);
    if (!(*entry & VALID)) *entry = frame_alloc() | leaf_bits(flags | MAP_USER) | TABLE;
    return to_virtual(*entry & ADDRESS);
}

/* The kernel's view of a user byte; user pages are reached through the direct map only. */
static char *user_byte(const struct address_space *space, uint64_t va, bool write) {
    if (va >= USER_TOP) return NULL;
    const uint64_t *entry = walk(space->root, va, 3, false);
    if (entry == NULL || !(*entry & VALID)) return NULL;
    if (write && (*entry & READ_ONLY)) return NULL;
    return (char *)to_virtual(*entry & ADDRESS) + va % PAGE_SIZE;
}

bool user_read(const struct address_space *space, void *to, uint64_t va, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t part = PAGE_SIZE - (va + done) % PAGE_SIZE;
        if (part > size - done) part = size - done;
        const char *from = user_byte(space, va + done, false);
        if (from == NULL) return false;
        memcpy((char *)to + done, from, part);
        done += part;
    }
    return true;
}

bool user_write(const struct address_space *space, uint64_t va, const void *from, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t part = PAGE_SIZE - (va + done) % PAGE_SIZE;
        if (part > size - done) part = size - done;
        char *to = user_byte(space, va + done, true);
        if (to == NULL) return false;
        memcpy(to, (const char *)from + done, part);
        done += part;
    }
    return true;
}
