/* Stage-2 tables, what checks them, and constants of the other files. */
#pragma once
#include "../lib/conformance.h"

enum { VALID = 1, TABLE = 2, MEMORY = 0xf << 2, READ_OK = 1 << 6, WRITE_OK = 2 << 6, INNER = 3 << 8,
       AF = 1 << 10 };
#define XN (1ul << 54)
#define RWX (MEMORY | READ_OK | WRITE_OK | INNER | AF)
enum { TRANSLATION = 0x04, ACCESS_FLAG = 0x08, PERMISSION = 0x0c };
enum { VM = 1 << 0 };
#define RW (1ul << 31)
#define IPA 0x140000000ul /* nothing is mapped from here on */

struct granule {
    const char *name;
    unsigned shift, tg0, start;
};
extern const struct granule granules[3];
extern const struct granule *granule;
extern char pages[3][0x10000];

extern char load[], store[], jump[];

void flush(void); /* with TLBI ALLE1 */
unsigned level_shift(unsigned level);
uint64_t *entry(uint64_t ipa, unsigned level);
void map(uint64_t ipa, unsigned level, uint64_t pa, uint64_t bits);
/* A stage 2 with 0..2 GiB as they are, and nothing above; in one of two roots. */
void build(unsigned index, uint64_t vmid);
void use(const struct granule *g);

void faults(enum mode mode, const char *code, uint64_t va, uint64_t esr, uint64_t ipa);
void works(enum mode mode, const char *code, uint64_t va);
uint64_t read(uint64_t va);

/* ESR of a data abort with a valid syndrome. */
uint64_t isv(unsigned sas, bool sse, unsigned srt, bool sf, bool ar, uint64_t rest);
#define LOAD_X0(dfsc) isv(3, false, 0, true, false, dfsc)
#define STORE_X1(dfsc) isv(3, false, 1, true, false, (dfsc) | WNR)

void levels(void);
void syndromes(void);
void both_stages(void);
void vmids(void);
void hcr_traps(void);
void other_traps(void);
void virtual_irq(void);
