/* The shell: reads a program's name, runs it, reports its exit code. Ctrl-D leaves. */
#include "../user.h"

enum { LINE_SIZE = 256, CTRL_D = 4, BACKSPACE = 8, DELETE = 127, NOT_FOUND = -4 };

/* The typed line without the blanks around it; NULL at Ctrl-D on an empty line. */
static char *read_line(char *line) {
    int size = 0;
    for (;;) {
        int c = get_char();
        if (c == '\r' || c == '\n') break;
        if (c == CTRL_D && size == 0) return NULL;
        if (c == BACKSPACE || c == DELETE) {
            if (size == 0) continue;
            size--;
            printf("\b \b");
        } else if (c >= ' ' && size < LINE_SIZE - 1) {
            line[size++] = (char)c;
            put_char((char)c);
        }
    }
    printf("\n");
    while (size > 0 && line[size - 1] == ' ') size--;
    line[size] = 0;
    while (*line == ' ') line++;
    return line;
}

int main(void) {
    char buffer[LINE_SIZE];
    printf("Rust user shell\n");
    for (;;) {
        printf(">> ");
        const char *line = read_line(buffer);
        if (line == NULL) {
            printf("\n");
            return 0;
        }
        if (*line == 0) continue;
        int pid = fork();
        if (pid == 0) {
            exec(line);
            printf("command not found: \"%s\"\n", line);
            exit(NOT_FOUND);
        }
        int code = 0;
        waitpid(pid, &code);
        printf("Shell: Process %d exited with code %d\n", pid, code);
    }
}
