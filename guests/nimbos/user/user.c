#include "user.h"

enum {
    SYS_READ = 0, SYS_WRITE = 1, SYS_YIELD = 24, SYS_GETPID = 39, SYS_FORK = 57, SYS_EXEC = 59,
    SYS_EXIT = 60, SYS_WAITPID = 61, SYS_CLOCK_GETTIME = 228, SYS_CLOCK_NANOSLEEP = 230,
};

struct timespec {
    uint64_t seconds, ns;
};

extern int64_t syscall4(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t number);

/* Written out when full and at the end of each printf, so that a line appears as a whole. */
struct line {
    size_t size;
    char text[80];
};

static void line_write(struct line *line) {
    syscall4(1, (uint64_t)line->text, line->size, 0, SYS_WRITE);
    line->size = 0;
}

static void line_put(char c, void *context) {
    struct line *line = context;
    line->text[line->size++] = c;
    if (line->size == sizeof line->text) line_write(line);
}

int printf(const char *text, ...) {
    struct line line = { .size = 0 };
    va_list args;
    va_start(args, text);
    format(line_put, &line, text, args);
    va_end(args);
    line_write(&line);
    return 0;
}

void put_char(char c) { syscall4(1, (uint64_t)&c, 1, 0, SYS_WRITE); }

int get_char(void) {
    char c = 0;
    return syscall4(0, (uint64_t)&c, 1, 0, SYS_READ) == 1 ? (uint8_t)c : -1;
}

void yield(void) { syscall4(0, 0, 0, 0, SYS_YIELD); }
int getpid(void) { return (int)syscall4(0, 0, 0, 0, SYS_GETPID); }
int fork(void) { return (int)syscall4(0, 0, 0, 0, SYS_FORK); }
int exec(const char *name) { return (int)syscall4((uint64_t)name, 0, 0, 0, SYS_EXEC); }

void exit(int code) {
    syscall4((uint64_t)code, 0, 0, 0, SYS_EXIT);
    for (;;) {}
}

int waitpid(int pid, int *code) {
    return (int)syscall4((uint64_t)pid, (uint64_t)code, 0, 0, SYS_WAITPID);
}

uint64_t time_us(void) {
    struct timespec now;
    syscall4(0, (uint64_t)&now, 0, 0, SYS_CLOCK_GETTIME);
    return now.seconds * 1000000 + now.ns / 1000;
}

static void nanosleep(uint64_t us, uint64_t flags) {
    struct timespec time = { us / 1000000, us % 1000000 * 1000 };
    syscall4(0, flags, (uint64_t)&time, 0, SYS_CLOCK_NANOSLEEP);
}

void sleep_us(uint64_t us) { nanosleep(us, 0); }
void sleep_until_us(uint64_t us) { nanosleep(us, 1); }
