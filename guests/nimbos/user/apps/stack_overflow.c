/* Recurses until the stack ends; the kernel must kill this process and nothing else. */
#include "../user.h"

static int __attribute__((noinline, noclone)) descend(int d) {
    volatile int kept[2] = { d, 0 };
    printf("d = %d\n", d);
    return d < 0 ? 0 : descend(d + 1) + kept[0];
}

int main(void) {
    printf("It should trigger a page fault:\n");
    return descend(0);
}
