/* Runs the tests in order; each must exit with the code it should. */
#include "../user.h"

static const struct {
    const char *name;
    int expect;
} tests[] = {
    { "exit", 0 },           { "fantastic_text", 0 }, { "forktest", 0 }, { "forktest2", 0 },
    { "forktest_simple", 0 }, { "hello_world", 0 },    { "matrix", 0 },   { "sleep", 0 },
    { "sleep_simple", 0 },   { "stack_overflow", -1 }, { "yield", 0 },    { "thread_simple", 0 },
    { "cyclictest", 0 },
};

int main(void) {
    int failed = 0;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        printf("Usertests: Running '%s':\n", tests[i].name);
        int pid = fork();
        if (pid == 0) {
            exec(tests[i].name);
            exit(-4);
        }
        int code = 0;
        waitpid(pid, &code);
        bool passed = code == tests[i].expect;
        if (!passed) failed++;
        printf("\x1b[%dmUsertests: Test '%s' in Process %d exited with code %d.\x1b[0m\n",
               passed ? 32 : 31, tests[i].name, pid, code);
    }
    printf(failed == 0 ? "usertests passed!\n" : "usertests failed!\n");
    return failed;
}
