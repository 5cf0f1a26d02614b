/* The tables under test, in the TTBR1 half (TTBR0 maps the program), and what checks them. */
#pragma once
#include "../lib/conformance.h"

enum { VALID = 1, TABLE = 2, NORMAL = 1 << 2, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8,
       AF = 1 << 10, NG = 1 << 11 };
#define PXN (1ul << 53)
#define UXN (1ul << 54)
#define RW (NORMAL | INNER | AF | PXN | UXN)

enum { TRANSLATION = 0x04, ACCESS_FLAG = 0x08, PERMISSION = 0x0c, ADDRESS_SIZE = 0x00 };

struct granule {
    const char *name;
    unsigned shift, tg0, tg1;
    bool present;
};
extern const struct granule *granule;
extern unsigned va_bits;
extern uint64_t *root;
extern char pages[4][0x10000];

extern char load[], store[], load_user[], store_user[], jump[], call[];

uint64_t *new_table(void);
void sync(void);
void flush(void); /* with TLBI VMALLE1 */
unsigned level_shift(unsigned level);
unsigned start_level(void);
uint64_t va_base(void);
/* The entry for `va` at `level`, with the tables above it made as needed. */
uint64_t *entry(uint64_t va, unsigned level);
void map(uint64_t va, unsigned level, uint64_t pa, uint64_t bits);
void use(const struct granule *g, unsigned bits);
void reset(void); /* empty tables */
/* Code at `page` becomes: mov w0, #value; ret. */
void write_code(char *page, unsigned value);

void faults(enum mode mode, const char *code, uint64_t va, unsigned kind, unsigned level);
void works(enum mode mode, const char *code, uint64_t va);
uint64_t read(uint64_t va);

void levels(void);
void translation_table_control(void);
void translate_instructions(void);
void permissions(void);
void hierarchy(void);
void crossing(void);
void invalidation(void);
void changing_code(void);
void extensions(void);
