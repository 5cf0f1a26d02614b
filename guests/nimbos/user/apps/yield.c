#include "../user.h"

int main(void) {
    printf("Hello, I am process %d.\n", getpid());
    for (int i = 0; i < 5; i++) {
        yield();
        printf("Back in process %d, iteration %d.\n", getpid(), i);
    }
    printf("yield passed!\n");
    return 0;
}
