/* The PL011, polled, and the kernel's print functions. */
#include "kernel.h"

#define UART(offset) (*(volatile uint32_t *)(KERNEL_BASE + 0x09000000 + (offset)))
enum { DR = 0x00, FR = 0x18, CR = 0x30, IFLS = 0x34, IMSC = 0x38, ICR = 0x44 };
enum { FR_RXFE = 1 << 4, FR_TXFF = 1 << 5 };

void console_init(void) {
    UART(ICR) = 0x3ff;
    UART(IFLS) = 0;
    UART(IMSC) = 0x10;
    UART(CR) = 0x301;
}

static void put_raw(char c) {
    while (UART(FR) & FR_TXFF) {}
    UART(DR) = (uint8_t)c;
}

void console_put(char c) {
    if (c == '\n') put_raw('\r');
    put_raw(c);
}

int console_get(void) {
    return UART(FR) & FR_RXFE ? -1 : (int)(UART(DR) & 0xff);
}

static void put(char c, void *context) {
    (void)context;
    console_put(c);
}

void print(const char *text, ...) {
    va_list args;
    va_start(args, text);
    format(put, NULL, text, args);
    va_end(args);
}

void warn(const char *text, ...) {
    uint64_t us = counter_to_ns(counter()) / 1000;
    print("\x1b[93m[%3lu.%06lu WARN] ", us / 1000000, us % 1000000);
    va_list args;
    va_start(args, text);
    format(put, NULL, text, args);
    va_end(args);
    print("\x1b[m\n");
}

void panic(const char *text, ...) {
    print("\x1b[91mkernel panicked at ");
    va_list args;
    va_start(args, text);
    format(put, NULL, text, args);
    va_end(args);
    print("\x1b[m\n");
    power_off();
}
