/* The kernel heap (first fit) and the physical frames (a bitmap, lowest frame first, so that a
 * machine with less memory than declared works as long as it suffices). */
#include "kernel.h"

extern char heap_start[], heap_end[];

struct block {
    size_t size; /* with this header */
    struct block *next;
};
static struct block *free_list;

void heap_init(void) {
    print("Initializing kernel heap at: [%#lx, %#lx)\n", (uint64_t)heap_start,
          (uint64_t)heap_end);
    free_list = (struct block *)heap_start;
    free_list->size = (size_t)(heap_end - heap_start);
    free_list->next = NULL;
}

void *heap_alloc(size_t size) {
    size = (size + sizeof(struct block) + 15) & ~15ul;
    for (struct block **link = &free_list; *link != NULL; link = &(*link)->next) {
        struct block *found = *link;
        if (found->size < size) continue;
        if (found->size > size) {
            struct block *rest = (struct block *)((char *)found + size);
            rest->size = found->size - size;
            rest->next = found->next;
            found->size = size;
            *link = rest;
        } else {
            *link = found->next;
        }
        return memset(found + 1, 0, size - sizeof *found);
    }
    panic("heap_alloc: no room for %lu bytes", size);
}

static void join(struct block *a) {
    if (a->next != NULL && (char *)a + a->size == (char *)a->next) {
        a->size += a->next->size;
        a->next = a->next->next;
    }
}

void heap_free(void *p) {
    struct block *block = (struct block *)p - 1, *before = NULL;
    for (struct block *b = free_list; b != NULL && b < block; b = b->next) before = b;
    block->next = before != NULL ? before->next : free_list;
    *(before != NULL ? &before->next : &free_list) = block;
    join(block);
    if (before != NULL) join(before);
}

extern char ekernel[];
static uint64_t frames_used[(RAM_END - 0x40000000) / PAGE_SIZE / 64];
static uint64_t first_frame, lowest_free;

void frames_init(void) {
    first_frame = to_physical(ekernel);
    lowest_free = 0;
    print("Initializing frame allocator at: [PA:%#lx, PA:%#lx)\n", first_frame, RAM_END);
}

uint64_t frame_alloc(void) {
    uint64_t count = (RAM_END - first_frame) / PAGE_SIZE;
    for (uint64_t i = lowest_free; i < count; i++) {
        if (frames_used[i / 64] >> (i % 64) & 1) continue;
        frames_used[i / 64] |= 1ul << (i % 64);
        lowest_free = i + 1;
        uint64_t pa = first_frame + i * PAGE_SIZE;
        memset(to_virtual(pa), 0, PAGE_SIZE);
        return pa;
    }
    panic("frame_alloc: out of memory");
}

void frame_free(uint64_t pa) {
    uint64_t i = (pa - first_frame) / PAGE_SIZE;
    frames_used[i / 64] &= ~(1ul << (i % 64));
    if (i < lowest_free) lowest_free = i;
}
