/* A child's exit code reaches the parent that waits for it, once. */
#include "../user.h"

enum { CODE = -0x10384 };

int main(void) {
    printf("I am the parent. Forking a child...\n");
    int pid = fork();
    if (pid == 0) {
        printf("I am the child.\n");
        for (int i = 0; i < 7; i++) yield();
        exit(CODE);
    }
    printf("I am the parent, my child is %d. Waiting now.\n", pid);
    int code = 0;
    CHECK(waitpid(pid, &code) == pid && code == CODE);
    CHECK(waitpid(pid, &code) == -1);
    printf("waitpid %d ok.\n", pid);
    printf("exit passed!\n");
    return 0;
}
