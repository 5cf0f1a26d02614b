/* Thirty children, each of which prints a line. */
#include "../user.h"

enum { CHILDREN = 30 };

int main(void) {
    for (int i = 0; i < CHILDREN; i++) {
        int pid = fork();
        if (pid == 0) {
            printf("I am child %d\n", i);
            exit(0);
        }
        CHECK(pid > 0);
        printf("forked child pid = %d\n", pid);
    }
    int code;
    for (int i = 0; i < CHILDREN; i++) CHECK(waitpid(-1, &code) > 0 && code == 0);
    CHECK(waitpid(-1, &code) == -1);
    printf("forktest passed!\n");
    return 0;
}
