/* A binary tree of processes, four levels below the first: 31 lines. */
#include "../user.h"

enum { DEPTH = 4 };

static void tree(char *bits, int depth) {
    printf("pid%d: %s\n", getpid(), bits);
    if (depth == DEPTH) return;
    int children[2], code;
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            bits[depth] = (char)('0' + i);
            bits[depth + 1] = 0;
            tree(bits, depth + 1);
            exit(0);
        }
        yield();
    }
    for (int i = 0; i < 2; i++) CHECK(waitpid(children[i], &code) > 0 && code == 0);
}

int main(void) {
    char bits[DEPTH + 1] = "";
    tree(bits, 0);
    printf("forktree passed!\n");
    return 0;
}
