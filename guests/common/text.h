/* Text formatting and memory routines shared by every guest; all freestanding. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*put_fn)(char c, void *context);

/* %d %u %x %s %c %%, with `l`, a width and a leading 0; %x also takes `#`. */
void format(put_fn put, void *context, const char *text, va_list args);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
