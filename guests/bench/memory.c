/* Loops whose time goes to memory: sorting, chasing pointers, copying, scanning. */
#include "bench.h"

static void insertion_sort(uint64_t *first, uint64_t *last) {
    for (uint64_t *p = first + 1; p <= last; p++) {
        uint64_t value = *p, *hole = p;
        for (; hole > first && hole[-1] > value; hole--) *hole = hole[-1];
        *hole = value;
    }
}

static void quicksort(uint64_t *first, uint64_t *last) {
    while (last - first > 12) {
        uint64_t pivot = first[(last - first) / 2], *low = first - 1, *high = last + 1;
        for (;;) {
            do low++; while (*low < pivot);
            do high--; while (*high > pivot);
            if (low >= high) break;
            uint64_t value = *low;
            *low = *high;
            *high = value;
        }
        quicksort(first, high);
        first = high + 1;
    }
    insertion_sort(first, last);
}

static uint64_t qsort(unsigned iterations) {
    enum { N = 10000 };
    uint64_t *keys = data_at(0), sum = 0;
    struct random random = RANDOM_START;
    while (iterations-- > 0) {
        for (unsigned i = 0; i < N; i++) keys[i] = next_random(&random);
        quicksort(keys, keys + N - 1);
        for (unsigned i = 1; i < N; i++) sum += keys[i - 1] <= keys[i];
        sum ^= keys[N / 2];
    }
    return sum;
}

struct node {
    struct node *next;
    uint64_t value, unused[6];
};

/* One round through a list in random order that fills 4 MiB, a node in each cache line. */
static uint64_t chase(unsigned iterations) {
    enum { N = (4 << 20) / sizeof(struct node) };
    struct node *nodes = data_at(0);
    uint32_t *order = data_at(8 << 20);
    uint64_t sum = 0;
    struct random random = RANDOM_START;
    for (unsigned i = 0; i < N; i++) order[i] = i;
    for (unsigned i = N - 1; i > 0; i--) {
        unsigned k = (unsigned)((uint32_t)next_random(&random) * (uint64_t)(i + 1) >> 32);
        uint32_t value = order[i];
        order[i] = order[k];
        order[k] = value;
    }
    for (unsigned i = 0; i < N; i++) {
        nodes[order[i]].next = &nodes[order[(i + 1) % N]];
        nodes[order[i]].value = i * 7 + 1;
    }
    const struct node *p = nodes;
    while (iterations-- > 0) {
        for (unsigned i = 0; i < N; i++) {
            sum = (sum << 1 | sum >> 63) + p->value;
            p = p->next;
        }
    }
    return sum;
}

static __attribute__((noinline)) void copy(uint64_t *to, const uint64_t *from, size_t words) {
    for (; words >= 4; words -= 4, to += 4, from += 4) {
        uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    while (words-- > 0) *to++ = *from++;
}

/* Copies of 256 KiB between buffers 4 MiB apart, and of many small pieces. */
static uint64_t memory_copy(unsigned iterations) {
    enum { WORDS = (256 << 10) / 8 };
    uint64_t *from = data_at(0), *to = data_at(4 << 20), sum = 0;
    struct random random = RANDOM_START;
    for (unsigned i = 0; i < WORDS; i++) from[i] = next_random(&random);
    while (iterations-- > 0) {
        copy(to, from, WORDS - (iterations & 7));
        for (unsigned i = 0; i + 64 <= WORDS; i += 97) copy(from + i, to + i + 1, 1 + (i & 31));
        sum = sum * 3 + to[iterations * 31 % WORDS];
    }
    return sum;
}

static __attribute__((noinline)) size_t length(const char *text) {
    const char *end = text;
    while (*end != 0) end++;
    return (size_t)(end - text);
}

static uint64_t string_length(unsigned iterations) {
    enum { SIZE = 1 << 17 };
    char *text = data_at(0);
    uint64_t sum = 0;
    struct random random = RANDOM_START;
    for (unsigned i = 0; i < SIZE; i++) text[i] = (char)('a' + i % 26);
    for (unsigned i = 40; i < SIZE; i += 1 + (unsigned)(next_random(&random) & 127)) text[i] = 0;
    text[SIZE - 1] = 0;
    while (iterations-- > 0) {
        for (unsigned i = 0; i < SIZE;) {
            size_t size = length(text + i);
            sum = (sum << 1 | sum >> 63) + size;
            i += (unsigned)size + 1;
        }
    }
    return sum;
}

const struct benchmark memory_benchmarks[] = {
    { "qsort", qsort, 400, NULL },
    { "chase", chase, 80, NULL },
    { "memcpy", memory_copy, 1500, NULL },
    { "strlen", string_length, 1000, NULL },
    { NULL, NULL, 0, NULL },
};
