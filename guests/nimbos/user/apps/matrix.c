/* Thirty workers multiply matrices at the same time; preemption must not disturb any. */
#include "../user.h"

enum { N = 10, MODULUS = 9973, WORKERS = 30 };
typedef uint32_t matrix[N][N];

static void multiply(matrix to, matrix a, matrix b) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            uint32_t sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
            to[i][j] = sum % MODULUS;
        }
    }
}

/* a^(2^steps) for a = ones times `seed`; the expected entry follows from a^2 = seed * N * a. */
static void work(unsigned steps, uint32_t seed) {
    static matrix a, square;
    for (int i = 0; i < N * N; i++) a[i / N][i % N] = seed;
    uint64_t expect = seed;
    for (unsigned step = 0; step < steps; step++) {
        multiply(square, a, a);
        memcpy(a, square, sizeof a);
        expect = expect * expect % MODULUS * N % MODULUS;
    }
    for (int i = 0; i < N * N; i++) CHECK(a[i / N][i % N] == expect);
    printf("pid %d done: %u steps.\n", getpid(), steps);
    exit(0);
}

int main(void) {
    for (uint32_t i = 0; i < WORKERS; i++) {
        if (fork() != 0) continue;
        work(200 + (i * 131 + 17) % 400, i + 2);
    }
    int code;
    for (int i = 0; i < WORKERS; i++) CHECK(waitpid(-1, &code) > 0 && code == 0);
    printf("matrix passed!\n");
    return 0;
}
