#include "../user.h"

int main(void) {
    uint64_t start = time_us();
    printf("start time = %lu us\n", start);
    sleep_us(1000000);
    uint64_t end = time_us();
    CHECK(end - start >= 1000000);
    printf("end time = %lu us, delta = %lu us\n", end, end - start);
    printf("simple_sleep passed!\n");
    return 0;
}
