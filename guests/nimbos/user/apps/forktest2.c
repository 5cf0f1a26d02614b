/* Thirty children sleep for different times at once. */
#include "../user.h"

enum { CHILDREN = 30 };

int main(void) {
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() != 0) continue;
        uint64_t start = time_us();
        int pid = getpid();
        unsigned expect_ms = (unsigned)((start / 1000 + (uint64_t)pid * 37) % 1000 + 1000);
        printf("pid %d begins to sleep %u ms\n", pid, expect_ms);
        sleep_us(expect_ms * 1000ul);
        unsigned actual_ms = (unsigned)((time_us() - start) / 1000);
        CHECK(actual_ms >= expect_ms);
        printf("pid %d OK! expect sleep %u ms, actual sleep %u ms\n", pid, expect_ms, actual_ms);
        exit(0);
    }
    int code;
    for (int i = 0; i < CHILDREN; i++) CHECK(waitpid(-1, &code) > 0 && code == 0);
    CHECK(waitpid(-1, &code) == -1);
    printf("forktest2 test passed!\n");
    return 0;
}
