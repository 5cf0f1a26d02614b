/* Recurses until the stack ends; the kernel must kill this process and nothing else. */
#include "../user.h"

static int __attribute__((noinline, noclone)) descend(volatile int d) {
    printf("d = %d\n", d);
    return d < 0 ? 0 : descend(d + 1) + d;
}

int main(void) {
    printf("It should trigger a page fault:\n");
    return descend(0);
}
