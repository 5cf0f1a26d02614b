/* A child counts seconds while the parent sleeps for five. */
#include "../user.h"

int main(void) {
    int pid = fork();
    if (pid == 0) {
        for (int i = 1; i <= 5; i++) {
            sleep_us(1000000);
            printf("sleep %d x 1 second.\n", i);
        }
        exit(0);
    }
    int code = 1;
    uint64_t start = time_us();
    CHECK(waitpid(pid, &code) == pid && code == 0);
    uint64_t used = time_us() - start;
    CHECK(used >= 5000000 - 1000);
    printf("use %lu usecs.\n", used);
    printf("sleep passed!\n");
    return 0;
}
