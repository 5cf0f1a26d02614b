/* The child and the parent have memory of their own after a fork. */
#include "../user.h"

static volatile int shared = 1;

int main(void) {
    int pid = fork();
    if (pid == 0) {
        shared = 2;
        printf("child: pid = %d, value = %d\n", getpid(), shared);
        exit(shared);
    }
    int code = 0;
    CHECK(waitpid(pid, &code) == pid && code == 2);
    CHECK(shared == 1);
    printf("parent: pid = %d, value = %d\n", getpid(), shared);
    printf("forktest_simple_c passed!\n");
    return 0;
}
