/* Advanced SIMD kernels. */
#include <arm_neon.h>
#include "bench.h"

/* y += a x over floats. */
static uint64_t saxpy(unsigned iterations) {
    enum { N = 1 << 13 };
    float *x = data_at(0), *y = data_at(1 << 20);
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i % 97 - 48) * 0.125f;
        y[i] = (float)(i % 31);
    }
    while (iterations-- > 0) {
        float32x4_t a = vdupq_n_f32(iterations & 1 ? 0.75f : -0.625f);
        for (int i = 0; i < N; i += 8) {
            vst1q_f32(y + i, vfmaq_f32(vld1q_f32(y + i), a, vld1q_f32(x + i)));
            vst1q_f32(y + i + 4, vfmaq_f32(vld1q_f32(y + i + 4), a, vld1q_f32(x + i + 4)));
        }
    }
    float sum = 0;
    for (int i = 0; i < N; i += 5) sum += y[i];
    return (uint64_t)(int64_t)(sum * 256);
}

/* Dot product of 16-bit integers. */
static uint64_t dot(unsigned iterations) {
    enum { N = 1 << 14 };
    int16_t *a = data_at(0), *b = data_at(1 << 20);
    uint64_t sum = 0;
    struct random random = RANDOM_START;
    for (int i = 0; i < N; i++) {
        a[i] = (int16_t)next_random(&random);
        b[i] = (int16_t)(next_random(&random) >> 24);
    }
    while (iterations-- > 0) {
        int32x4_t low = vdupq_n_s32(0), high = low;
        for (int i = 0; i < N; i += 8) {
            int16x8_t x = vld1q_s16(a + i), y = vld1q_s16(b + i);
            low = vmlal_s16(low, vget_low_s16(x), vget_low_s16(y));
            high = vmlal_high_s16(high, x, y);
        }
        sum = sum * 3 + (uint32_t)vaddvq_s32(vaddq_s32(low, high));
        a[iterations % N]++;
    }
    return sum;
}

/* Greatest byte, and how many bytes are above a bound. */
static uint64_t byte_max(unsigned iterations) {
    enum { N = 1 << 16 };
    uint8_t *bytes = data_at(0);
    uint64_t sum = 0;
    struct random random = RANDOM_START;
    for (int i = 0; i < N; i++) bytes[i] = (uint8_t)(next_random(&random) % 251);
    while (iterations-- > 0) {
        uint8x16_t greatest = vdupq_n_u8(0), bound = vdupq_n_u8((uint8_t)iterations);
        uint16x8_t above = vdupq_n_u16(0);
        for (int i = 0; i < N; i += 16) {
            uint8x16_t x = vld1q_u8(bytes + i);
            greatest = vmaxq_u8(greatest, x);
            above = vpadalq_u8(above, vshrq_n_u8(vcgtq_u8(x, bound), 7));
        }
        sum = sum * 5 + vmaxvq_u8(greatest) + vaddlvq_u16(above);
        bytes[iterations % N] ^= (uint8_t)iterations;
    }
    return sum;
}

/* Bytes looked up in a table of 32, shuffled and mixed as ciphers and codecs do. */
static uint64_t shuffle(unsigned iterations) {
    enum { N = 1 << 14 };
    uint8_t *bytes = data_at(0);
    struct random random = RANDOM_START;
    for (int i = 0; i < N; i++) bytes[i] = (uint8_t)next_random(&random);
    const uint8x16x2_t table = { { vld1q_u8(bytes), vld1q_u8(bytes + 16) } };
    const uint8x16_t low = vdupq_n_u8(31);
    while (iterations-- > 0) {
        uint8x16_t last = vdupq_n_u8((uint8_t)iterations);
        for (int i = 0; i < N; i += 16) {
            uint8x16_t x = vld1q_u8(bytes + i);
            uint8x16_t found = vqtbl2q_u8(table, vandq_u8(veorq_u8(x, last), low));
            uint32x4_t mixed = vreinterpretq_u32_u8(vzip1q_u8(found, vrev64q_u8(x)));
            mixed = veorq_u32(vshlq_n_u32(mixed, 7), vshrq_n_u32(mixed, 25));
            last = vextq_u8(vreinterpretq_u8_u32(mixed), x, 5);
            vst1q_u8(bytes + i, vaddq_u8(x, last));
        }
    }
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) sum = sum * 31 + bytes[i];
    return sum;
}

const struct benchmark simd_benchmarks[] = {
    { "saxpy", saxpy, 3000, NULL },
    { "dot", dot, 3000, NULL },
    { "bytemax", byte_max, 4000, NULL },
    { "shuffle", shuffle, 5000, NULL },
    { NULL, NULL, 0, NULL },
};
