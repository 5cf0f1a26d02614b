/* Text attributes and colours of an ANSI terminal. */
#include "../user.h"

static const char *const attributes[] = { "plain", "bold", "faint", "italic", "underlined" };
static const char *const colours[] = { "black", "red",     "green", "yellow",
                                       "blue",  "magenta", "cyan",  "white" };

int main(void) {
    for (int i = 0; i < 5; i++) printf("\x1b[%dm%s\x1b[0m ", i, attributes[i]);
    printf("\n");
    for (int bright = 0; bright < 2; bright++) {
        for (int i = 0; i < 8; i++) printf("\x1b[%dm%s\x1b[0m ", i + (bright ? 90 : 30), colours[i]);
        printf("\n");
    }
    for (int i = 0; i < 8; i++) printf("\x1b[%dm %s \x1b[0m", 40 + i, colours[i]);
    printf("\n");
    return 0;
}
