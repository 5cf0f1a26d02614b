/* Scalar floating point, with fused multiply-add where the compiler makes it (the default). */
#include "bench.h"

#define DEFINE_MATMUL(name, type)                                                          \
    static uint64_t name(unsigned iterations) {                                            \
        enum { N = 48 };                                                                   \
        type(*a)[N] = data_at(0), (*b)[N] = a + N, (*c)[N] = b + N, sum = 0;               \
        for (int i = 0; i < N; i++) {                                                      \
            for (int k = 0; k < N; k++) {                                                  \
                a[i][k] = (type)(i - 2 * k) * (type)0.37;                                  \
                b[i][k] = (type)(3 * i + k) * (type)0.11;                                  \
            }                                                                              \
        }                                                                                  \
        while (iterations-- > 0) {                                                         \
            for (int i = 0; i < N; i++) {                                                  \
                for (int k = 0; k < N; k++) {                                              \
                    type total = 0;                                                        \
                    for (int j = 0; j < N; j++) total += a[i][j] * b[j][k];                \
                    c[i][k] = total;                                                       \
                }                                                                          \
            }                                                                              \
            sum = sum * (type)0.5 + c[iterations % N][7];                                  \
            a[iterations % N][5] += (type)0.013;                                           \
        }                                                                                  \
        return (uint64_t)(int64_t)(sum * (type)1024);                                      \
    }
DEFINE_MATMUL(double_matmul, double)
DEFINE_MATMUL(float_matmul, float)

/* Five bodies under gravity, steps of a leapfrog. */
static uint64_t nbody(unsigned iterations) {
    enum { N = 5, STEPS = 200 };
    struct body {
        double x[3], v[3], mass;
    } *body = data_at(0);
    struct random random = RANDOM_START;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 3; k++) {
            body[i].x[k] = (double)(int64_t)(next_random(&random) >> 40) * 0x1p-20 - 8;
            body[i].v[k] = (double)(int64_t)(next_random(&random) >> 40) * 0x1p-24 - 0.5;
        }
        body[i].mass = 1.0 / (i + 1);
    }
    for (uint64_t step = (uint64_t)iterations * STEPS; step > 0; step--) {
        for (int i = 0; i < N; i++) {
            for (int j = i + 1; j < N; j++) {
                double d[3], square = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = body[i].x[k] - body[j].x[k];
                    square += d[k] * d[k];
                }
                double pull = 0.001 / (square * __builtin_sqrt(square));
                for (int k = 0; k < 3; k++) {
                    body[i].v[k] -= d[k] * body[j].mass * pull;
                    body[j].v[k] += d[k] * body[i].mass * pull;
                }
            }
        }
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < 3; k++) body[i].x[k] += 0.001 * body[i].v[k];
        }
    }
    double sum = 0;
    for (int i = 0; i < N; i++) sum += body[i].x[0] + body[i].v[1] * 3;
    return (uint64_t)(int64_t)(sum * 0x1p30);
}

/* Steps before points of a 32 by 32 grid leave the circle of radius 2. */
static uint64_t mandelbrot(unsigned iterations) {
    enum { N = 32, LIMIT = 200 };
    uint64_t sum = 0;
    while (iterations-- > 0) {
        for (int y = 0; y < N; y++) {
            for (int x = 0; x < N; x++) {
                double re = x * (2.8 / N) - 2.1, im = y * (2.4 / N) - 1.2, zr = re, zi = im;
                int steps = 0;
                for (; steps < LIMIT; steps++) {
                    double rr = zr * zr, ii = zi * zi;
                    if (rr + ii > 4.0) break;
                    zi = (zr + zr) * zi + im;
                    zr = rr - ii + re;
                }
                sum = sum * 5 + (unsigned)steps;
            }
        }
    }
    return sum;
}

const struct benchmark fp_benchmarks[] = {
    { "dmatmul", double_matmul, 400, NULL },
    { "fmatmul", float_matmul, 400, NULL },
    { "nbody", nbody, 1000, NULL },
    { "mandelbrot", mandelbrot, 300, NULL },
    { NULL, NULL, 0, NULL },
};
