/* PSTATE as programs see it, and the exclusive monitor. */
#include "exceptions.h"

PROBE(flags_after, "msr nzcv, x0\n\tmrs x0, nzcv");
PROBE(daif_bits, "msr daifclr, #15\n\tmsr daifset, #5\n\tmrs x0, daif\n\tmsr daifset, #15");
PROBE(lost_exclusive, "ldxr x1, [x0]\n\tclrex\n\tstxr w2, x1, [x0]\n\tmov x0, x2");
PROBE(kept_exclusive, "mov x3, x0\n1:\tldxr x1, [x3]\n\tadd x1, x1, #1\n\tstxr w0, x1, [x3]\n\tcbnz w0, 1b");
PROBE(exclusive_then_call, "ldxr x1, [x0]\n\tret");
PROBE(store_exclusive, "stxr w2, x1, [x0]\n\tmov x0, x2");

void state(void) {
    test("NZCV reads back");
    attempt(EL0, flags_after, ~0ul, 0);
    equal("NZCV", attempt_result, 0xf0000000);
    test("DAIFSet and DAIFClr");
    attempt(EL1H, daif_bits, 0, 0);
    equal("DAIF", attempt_result, 0x140);
    test("SPSel reads back");
    equal("SPSel", READ(SPSel), 1);
    equal("CurrentEL", READ(CurrentEL), 1 << 2);
    static uint64_t word;
    test("clrex makes stxr fail");
    attempt(EL1H, lost_exclusive, (uint64_t)&word, 0);
    equal("status", attempt_result, 1);
    test("ldxr and stxr increment");
    attempt(EL1H, kept_exclusive, (uint64_t)&word, 0);
    equal("status", attempt_result, 0);
    equal("word", word, 1);
    test("an exception return clears the monitor");
    attempt(EL0, exclusive_then_call, (uint64_t)&word + user_offset, 0);
    attempt(EL0, store_exclusive, (uint64_t)&word + user_offset, 7);
    equal("status", attempt_result, 1);
    equal("word", word, 1);
}
