/* Wakes every millisecond and reports how late it was. */
#include "../user.h"

enum { INTERVAL_US = 1000, CYCLES = 3000, REPORT_EVERY = 250 };

int main(void) {
    uint64_t next = time_us(), sum = 0, min = ~0ul, max = 0;
    for (uint64_t cycle = 1; cycle <= CYCLES; cycle++) {
        next += INTERVAL_US;
        sleep_until_us(next);
        uint64_t now = time_us(), late = now > next ? now - next : 0;
        sum += late;
        if (late < min) min = late;
        if (late > max) max = late;
        if (cycle % REPORT_EVERY == 0) {
            printf("\r\x1b[KT: %d I: %d C: %6lu Min: %4lu Act: %4lu Avg: %4lu Max: %5lu", getpid(),
                   INTERVAL_US, cycle, min, late, sum / cycle, max);
        }
    }
    printf("\ncyclictest passed!\n");
    return 0;
}
