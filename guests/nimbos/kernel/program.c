/* Loads an embedded ELF program into a new address space. */
#include "kernel.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

enum { PT_LOAD = 1, PF_X = 1, PF_W = 2 };

static void load_segment(struct address_space *space, const char *image,
                         const struct elf_segment *segment) {
    int flags = (segment->flags & PF_W ? MAP_WRITE : 0) | (segment->flags & PF_X ? MAP_EXECUTE : 0);
    uint64_t start = segment->vaddr, end = start + segment->memsz, file_end = start + segment->filesz;
    for (uint64_t page = page_down(start); page < end; page += PAGE_SIZE) {
        char *to = space_add_page(space, page, flags);
        uint64_t from = page > start ? page : start;
        uint64_t to_end = page + PAGE_SIZE < file_end ? page + PAGE_SIZE : file_end;
        if (from < to_end) {
            memcpy(to + (from - page), image + segment->offset + (from - start), to_end - from);
        }
    }
}

bool program_load(const char *name, struct address_space **space, uint64_t *entry) {
    const struct app *app = apps;
    while (app < apps_end && strcmp(app->name, name) != 0) app++;
    if (app == apps_end) return false;

    const struct elf_header *header = (const struct elf_header *)app->image;
    const struct elf_segment *segments = (const struct elf_segment *)(app->image + header->phoff);
    *space = space_new();
    for (int i = 0; i < header->phnum; i++) {
        if (segments[i].type == PT_LOAD) load_segment(*space, app->image, &segments[i]);
    }
    for (uint64_t va = USER_TOP - USER_STACK_SIZE; va < USER_TOP; va += PAGE_SIZE) {
        space_add_page(*space, va, MAP_WRITE);
    }
    asm volatile("dsb ish; ic iallu; dsb ish; isb" ::: "memory");
    *entry = header->entry;
    return true;
}
