#include "text.h"

static void put_number(put_fn put, void *context, uint64_t value, unsigned base, int width,
                       char pad) {
    char digits[20];
    int n = 0;
    do {
        unsigned digit = value % base;
        digits[n++] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value /= base;
    } while (value != 0);
    for (; width > n; width--) put(pad, context);
    while (n > 0) put(digits[--n], context);
}

static void put_string(put_fn put, void *context, const char *s, int width) {
    int n = 0;
    for (; s[n] != 0; n++) put(s[n], context);
    for (; n < width; n++) put(' ', context);
}

void format(put_fn put, void *context, const char *text, va_list args) {
    for (; *text != 0; text++) {
        if (*text != '%') {
            put(*text, context);
            continue;
        }
        char pad = ' ';
        int width = 0, is_long = 0, prefix = 0;
        for (text++;; text++) {
            if (*text == '#') prefix = 1;
            else if (*text == 'l') is_long = 1;
            else if (*text == '0' && width == 0) pad = '0';
            else if (*text >= '0' && *text <= '9') width = width * 10 + *text - '0';
            else break;
        }
        switch (*text) {
        case 'd': {
            int64_t value = is_long ? va_arg(args, int64_t) : va_arg(args, int32_t);
            if (value < 0) {
                put('-', context);
                value = -value;
                width--;
            }
            put_number(put, context, (uint64_t)value, 10, width, pad);
            break;
        }
        case 'u':
        case 'x': {
            uint64_t value = is_long ? va_arg(args, uint64_t) : va_arg(args, uint32_t);
            if (prefix) put_string(put, context, "0x", 0);
            put_number(put, context, value, *text == 'x' ? 16 : 10, width, pad);
            break;
        }
        case 's': put_string(put, context, va_arg(args, const char *), width); break;
        case 'c': put((char)va_arg(args, int), context); break;
        default: put(*text, context); break;
        }
    }
}

void *memcpy(void *to, const void *from, size_t size) {
    char *d = to;
    const char *s = from;
    if ((((uintptr_t)d | (uintptr_t)s) & 7) == 0) {
        for (; size >= 8; size -= 8, d += 8, s += 8) *(uint64_t *)d = *(const uint64_t *)s;
    }
    while (size-- > 0) *d++ = *s++;
    return to;
}

void *memset(void *to, int value, size_t size) {
    char *d = to;
    uint64_t word = 0x0101010101010101ull * (uint8_t)value;
    if (((uintptr_t)d & 7) == 0) {
        for (; size >= 8; size -= 8, d += 8) *(uint64_t *)d = word;
    }
    while (size-- > 0) *d++ = (char)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *x = a, *y = b;
    for (; size > 0; size--, x++, y++) {
        if (*x != *y) return *x - *y;
    }
    return 0;
}

size_t strlen(const char *s) {
    size_t n = 0;
    while (s[n] != 0) n++;
    return n;
}

int strcmp(const char *a, const char *b) {
    while (*a != 0 && *a == *b) a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}
