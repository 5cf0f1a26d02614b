/* A wait without children fails, a wait for one succeeds, and another one outlives its parent. */
#include "../user.h"

int main(void) {
    int code = 0;
    CHECK(waitpid(-1, &code) == -1);
    printf("waitpid without child processes ok.\n");
    printf("parent start, pid = %d\n", getpid());
    int pid = fork();
    if (pid == 0) {
        printf("hello from the child process, pid = %d\n", getpid());
        exit(100);
    }
    printf("parent waits for child %d\n", pid);
    CHECK(waitpid(pid, &code) == pid && code == 100);
    printf("child process %d exited with code %d\n", pid, code);
    if (fork() == 0) {
        sleep_us(20000);
        printf("the child in the background ends, pid = %d\n", getpid());
        exit(0);
    }
    printf("forktest_simple passed!\n");
    return 0;
}
