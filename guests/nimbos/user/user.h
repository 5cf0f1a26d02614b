/* What user programs have: system calls, printf and time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../common/text.h"

int printf(const char *text, ...);
void put_char(char c);
int get_char(void);

void yield(void);
int getpid(void);
int fork(void);
int exec(const char *name);
void exit(int code) __attribute__((noreturn));
int waitpid(int pid, int *code); /* pid -1: any child; -1 when there is none */
int thread_create(void (*run)(void *), void *arg, void *stack_top);

uint64_t time_us(void);
void sleep_us(uint64_t us);
void sleep_until_us(uint64_t us); /* on time_us()'s clock */

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            printf("%s: check failed: %s\n", __func__, #condition); \
            exit(-2); \
        } \
    } while (0)
