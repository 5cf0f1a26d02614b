/* Chooses benchmarks by the kernel command line, times them and prints a line for each:
 * name, iterations, ticks of the virtual counter, checksum. */
#include "bench.h"

#define UART(offset) (*(volatile uint32_t *)(0x09000000ul + (offset)))

static void put(char c, void *context) {
    (void)context;
    while (UART(0x18) & 1 << 5) {}
    if (c == '\n') UART(0) = '\r';
    UART(0) = (uint8_t)c;
}

static void print(const char *text, ...) {
    va_list args;
    va_start(args, text);
    format(put, NULL, text, args);
    va_end(args);
}

void on_stray_exception(uint64_t esr, uint64_t elr, uint64_t far, unsigned el) {
    print("FAIL exception at EL%u: ESR %#lx, ELR %#lx, FAR %#lx\n", el, esr, elr, far);
}

static uint32_t cell(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The property "bootargs" of a flattened device tree (Devicetree Specification 5.4). */
static const char *boot_arguments(const uint8_t *tree) {
    if (tree == NULL || cell(tree) != 0xd00dfeed) return "";
    const uint8_t *p = tree + cell(tree + 8);
    const char *names = (const char *)tree + cell(tree + 12);
    for (;;) {
        switch (cell(p)) {
        case 1: p += 4 + ((strlen((const char *)p + 4) + 4) & ~3ul); break;
        case 2: case 4: p += 4; break;
        case 3:
            if (strcmp(names + cell(p + 8), "bootargs") == 0) return (const char *)p + 12;
            p += 12 + ((cell(p + 4) + 3) & ~3u);
            break;
        default: return "";
        }
    }
}

/* What follows `key` in a list of words; NULL when no word begins with it. */
static const char *value_of(const char *words, const char *key) {
    for (const char *at = words; *at != 0;) {
        const char *p = at, *k = key;
        while (*k != 0 && *p == *k) p++, k++;
        if (*k == 0) return p;
        while (*at != 0 && *at != ' ') at++;
        while (*at == ' ') at++;
    }
    return NULL;
}

static bool is_word(const char *word, const char *name) {
    while (*name != 0 && *word == *name) word++, name++;
    return *name == 0 && (*word == 0 || *word == ' ');
}

static uint64_t now(void) {
    asm volatile("isb" ::: "memory");
    return READ(cntvct_el0);
}

static void run(const struct benchmark *b, unsigned scale) {
    if (b->available != NULL && !b->available()) {
        print("%s unavailable\n", b->name);
        return;
    }
    unsigned iterations = (unsigned)((uint64_t)b->iterations * scale / 100);
    if (iterations == 0 && scale > 0) iterations = 1;
    uint64_t start = now();
    uint64_t checksum = iterations > 0 ? b->run(iterations) : 0;
    print("%s %u %lu %016lx\n", b->name, iterations, now() - start, checksum);
}

void main(const uint8_t *tree) {
    const struct benchmark *const groups[] = { integer_benchmarks, memory_benchmarks, fp_benchmarks,
                                               simd_benchmarks, cold_benchmarks, system_benchmarks };
    const char *arguments = boot_arguments(tree);
    const char *only = value_of(arguments, "bench="), *digits = value_of(arguments, "scale=");
    unsigned scale = digits == NULL ? 100 : 0;
    for (; digits != NULL && *digits >= '0' && *digits <= '9'; digits++) {
        scale = scale * 10 + (unsigned)(*digits - '0');
    }
    paging_enable();
    for (unsigned g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const struct benchmark *b = groups[g]; b->name != NULL; b++) {
            if (only == NULL || is_word(only, b->name)) run(b, scale);
        }
    }
}
