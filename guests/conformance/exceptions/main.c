/* Exceptions taken to EL1 (and HVC to EL2 when that is ours): vector, ESR, ELR, FAR and SPSR. */
#include "exceptions.h"

void taken(enum mode mode, const char *code, uint64_t a, uint64_t esr, int64_t elr_offset,
                  uint64_t vector) {
    attempt(mode, code, a, 0);
    expect_exception(esr, (uint64_t)code + (mode == EL0 ? user_offset : 0) + (uint64_t)elr_offset);
    equal("SPSR", fault.spsr, SPSR_START | mode);
    equal("vector", fault.vector, vector);
    equal("EL", fault.el, 1);
}

void not_taken(enum mode mode, const char *code, uint64_t a) {
    attempt(mode, code, a, 0);
    if (fault.taken) equal("ESR of an exception", fault.esr, 0);
}

int main(void) {
    enter_el1();
    paging_enable();
    calls();
    system_registers();
    timers_and_fp();
    aborts();
    sp_alignment();
    illegal_returns();
    state();
    read_back();
    finish();
}
