/* Two threads share the parent's memory and exit with their own negated pid. */
#include "../user.h"

enum { LINES = 100 };

static char stacks[2][0x2000] __attribute__((aligned(16)));
static volatile int lines_printed[2];

static void run(void *arg) {
    uint64_t index = (uint64_t)arg;
    for (int i = 0; i < LINES; i++) {
        printf("thread %lu (pid %d): line %d\n", index, getpid(), i);
        lines_printed[index]++;
        if (i % 10 == 9) yield();
    }
    exit(-getpid());
}

int main(void) {
    int pids[2];
    for (uint64_t i = 0; i < 2; i++) {
        pids[i] = thread_create(run, (void *)i, stacks[i] + sizeof stacks[i]);
        printf("created thread %d\n", pids[i]);
    }
    for (int i = 0; i < 2; i++) {
        int code = 0;
        CHECK(waitpid(pids[i], &code) == pids[i] && code == -pids[i]);
        CHECK(lines_printed[i] == LINES);
        printf("thread %d exited with code %d\n", pids[i], code);
    }
    printf("thread_simple passed!\n");
    return 0;
}
