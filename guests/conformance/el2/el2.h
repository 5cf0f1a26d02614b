/* Tables of the EL2 and EL2&0 regimes, and what checks them. */
#pragma once
#include "../lib/conformance.h"

enum { VALID = 1, TABLE = 2, NORMAL = 1 << 2, USER = 1 << 6, READ_ONLY = 1 << 7, INNER = 3 << 8,
       AF = 1 << 10, NG = 1 << 11 };
#define PXN (1ul << 53)
#define XN (1ul << 54)
#define RW_PAGE (NORMAL | INNER | AF | XN | TABLE | VALID)
enum { TRANSLATION = 0x04, ACCESS_FLAG = 0x08, PERMISSION = 0x0c };
#define RW (1ul << 31)
#define TGE (1ul << 27)
#define E2H (1ul << 34)
#define TEST_VA 0x100000000ul /* page(TEST_VA) to page(TEST_VA + 2 MiB): level 3 */

extern char load[], store[], jump[];
extern char pages[3][4096];
extern uint64_t l0[512], l0_high[512];

uint64_t *page(uint64_t va); /* its level-3 entry */
void build_tables(bool with_el0);
void flush(void); /* with TLBI ALLE2 and VMALLE1 */

/* An exception from `mode` to EL2. */
void taken(enum mode mode, const char *code, uint64_t a, uint64_t esr, int64_t elr_offset);
void faults(enum mode mode, const char *code, uint64_t va, uint64_t iss);
void works(enum mode mode, const char *code, uint64_t va);
uint64_t read(uint64_t va);

void calls(void);
void read_back(void);
void stage1(void);
void redirection(void);
void el2_and_0(void);
