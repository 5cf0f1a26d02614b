/* What the parts of the program share. */
#pragma once
#include "../lib/conformance.h"

enum { SPSR_START = MARK | DAIF };
#define UNMAPPED 0x140000000ul
#define UNDEFINED ESR(0x00, 0)

/* An exception to EL1 whose ELR is `elr_offset` behind the probe's first instruction. */
void taken(enum mode mode, const char *code, uint64_t a, uint64_t esr, int64_t elr_offset,
           uint64_t vector);
void not_taken(enum mode mode, const char *code, uint64_t a);

void calls(void);
void illegal_returns(void);
void system_registers(void);
void timers_and_fp(void);
void read_back(void);
void aborts(void);
void sp_alignment(void);
void state(void);
