/* Hot integer loops. */
#include "bench.h"

/* Odd numbers up to 2^18 by the sieve of Eratosthenes. */
static uint64_t sieve(unsigned iterations) {
    enum { HALF = 1 << 17 };
    uint8_t *composite = data_at(0);
    uint64_t primes = 0;
    while (iterations-- > 0) {
        memset(composite, 0, HALF);
        primes++;
        for (unsigned i = 1; i < HALF; i++) {
            if (composite[i]) continue;
            unsigned prime = 2 * i + 1;
            primes++;
            for (unsigned k = 2 * i * (i + 1); k < HALF && i < HALF / prime; k += prime) {
                composite[k] = 1;
            }
        }
    }
    return primes;
}

/* CRC-32 (reflected 0x04c11db7) by a table of 256 words. */
static uint64_t crc32(unsigned iterations) {
    enum { SIZE = 1 << 15 };
    uint32_t *table = data_at(0), crc = 0;
    uint8_t *bytes = data_at(4096);
    struct random random = RANDOM_START;
    for (unsigned i = 0; i < 256; i++) {
        uint32_t value = i;
        for (unsigned k = 0; k < 8; k++) value = value >> 1 ^ (0xedb88320u & -(value & 1));
        table[i] = value;
    }
    for (unsigned i = 0; i < SIZE; i++) bytes[i] = (uint8_t)next_random(&random);
    while (iterations-- > 0) {
        crc = ~crc;
        for (unsigned i = 0; i < SIZE; i++) crc = crc >> 8 ^ table[(uint8_t)crc ^ bytes[i]];
        crc = ~crc;
    }
    return crc;
}

static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotated(uint32_t x, unsigned by) { return x >> by | x << (32 - by); }

/* The compression function (FIPS 180-4 6.2.2). */
static __attribute__((noinline)) void sha256_block(uint32_t hash[8], const uint32_t *words) {
    uint32_t w[64];
    for (unsigned t = 0; t < 16; t++) w[t] = __builtin_bswap32(words[t]);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = w[t - 16] + w[t - 7] + (rotated(x, 7) ^ rotated(x, 18) ^ x >> 3) +
               (rotated(y, 17) ^ rotated(y, 19) ^ y >> 10);
    }
    uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
    uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    for (unsigned t = 0; t < 64; t++) {
        uint32_t first = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + (g ^ (e & (f ^ g))) +
                         sha256_constants[t] + w[t];
        uint32_t second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) | (c & (a | b)));
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + second;
    }
    hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d;
    hash[4] += e, hash[5] += f, hash[6] += g, hash[7] += h;
}

static uint64_t sha256(unsigned iterations) {
    enum { WORDS = 1 << 12 };
    uint32_t hash[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    uint32_t *words = data_at(0);
    struct random random = RANDOM_START;
    for (unsigned i = 0; i < WORDS; i++) words[i] = (uint32_t)next_random(&random);
    while (iterations-- > 0) {
        for (unsigned i = 0; i < WORDS; i += 16) sha256_block(hash, words + i);
    }
    return (uint64_t)hash[0] << 32 | hash[7];
}

/* Product of two matrices of 32-bit integers. */
static uint64_t matmul(unsigned iterations) {
    enum { N = 64 };
    int32_t(*a)[N] = data_at(0), (*b)[N] = a + N, (*c)[N] = b + N;
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < N; k++) {
            a[i][k] = 5 * i - k;
            b[i][k] = i + 3 * k;
        }
    }
    while (iterations-- > 0) {
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < N; k++) {
                int32_t total = 0;
                for (int j = 0; j < N; j++) total += a[i][j] * b[j][k];
                c[i][k] = total;
            }
        }
        for (int i = 0; i < N; i++) sum += (uint32_t)c[i][(i + iterations) % N];
        a[iterations % N][3] ^= (int32_t)iterations;
    }
    return sum;
}

struct machine {
    uint64_t stack[16];
    unsigned top;
};
static void op_constant(struct machine *m, uint64_t x) { m->stack[m->top++ & 15] = x; }
static void op_add(struct machine *m, uint64_t x) { m->stack[(m->top - 1) & 15] += x; }
static void op_rotate(struct machine *m, uint64_t x) {
    uint64_t v = m->stack[(m->top - 1) & 15];
    m->stack[(m->top - 1) & 15] = v >> (x & 31) | v << (64 - (x & 31) - 1);
}
static void op_fold(struct machine *m, uint64_t x) {
    uint64_t v = m->stack[--m->top & 15];
    m->stack[(m->top - 1) & 15] ^= v + x;
}
static void op_scale(struct machine *m, uint64_t x) { m->stack[(m->top - 1) & 15] *= 2 * x + 1; }
static void op_swap(struct machine *m, uint64_t x) {
    uint64_t *a = &m->stack[(m->top - 1) & 15], *b = &m->stack[(m->top - 2) & 15], v = *a + x;
    *a = *b;
    *b = v;
}
static void (*const operations[])(struct machine *, uint64_t) = { op_constant, op_add,   op_rotate,
                                                                  op_fold,     op_scale, op_swap };

/* A stack machine's program in which every step is an indirect call. */
static uint64_t dispatch(unsigned iterations) {
    enum { LENGTH = 4096 };
    uint32_t *program = data_at(0);
    struct machine machine = { .top = 8 };
    struct random random = RANDOM_START;
    for (unsigned i = 0; i < LENGTH; i++) program[i] = (uint32_t)(next_random(&random) >> 20);
    while (iterations-- > 0) {
        for (unsigned i = 0; i < LENGTH; i++) {
            operations[(program[i] & 0xff) * 6 >> 8](&machine, program[i] >> 8);
        }
    }
    uint64_t sum = machine.top;
    for (unsigned i = 0; i < 16; i++) sum ^= machine.stack[i] + i;
    return sum;
}

static __attribute__((noinline)) uint64_t fibonacci(unsigned n) {
    if (n < 2) return n;
    uint64_t sum = fibonacci(n - 1) + fibonacci(n - 2);
    asm volatile("" : "+r"(sum)); /* the second call is no tail call that becomes a loop */
    return sum;
}
static uint64_t fib(unsigned iterations) {
    uint64_t sum = 0;
    while (iterations-- > 0) sum += fibonacci(20 + (iterations & 1));
    return sum;
}

const struct benchmark integer_benchmarks[] = {
    { "sieve", sieve, 300, NULL },       { "crc32", crc32, 1800, NULL },
    { "sha256", sha256, 1500, NULL },    { "matmul", matmul, 300, NULL },
    { "dispatch", dispatch, 2500, NULL }, { "fib", fib, 1000, NULL },
    { NULL, NULL, 0, NULL },
};
