/* Aborts and alignment faults of data, code and the stack pointer. */
#include "exceptions.h"

PROBE(load, "ldr x0, [x0]");
PROBE(load_byte, "ldrb w0, [x0]");
PROBE(store, "str x0, [x0]");
PROBE(load_pair, "ldp x1, x2, [x0]");
PROBE(load_exclusive, "ldxr x0, [x0]");
PROBE(load_exclusive_pair, "ldxp x1, x2, [x0]");
PROBE(zero_block, "dc zva, x0");
PROBE(clean, "dc civac, x0");
PROBE(jump, "br x0");
PROBE(misaligned_sp, "ldr x0, [sp]");
PROBE(sp_pair, "stp x29, x30, [sp, #-16]!");

static void data_abort(const char *title, enum mode mode, const char *code, uint64_t address,
                       uint64_t iss) {
    test("%s at EL%u", title, mode >> 2);
    taken(mode, code, address, ESR(mode == EL0 ? 0x24 : 0x25, iss), 0, mode == EL0 ? 8 : 4);
    equal("FAR", fault.far, address);
}

void aborts(void) {
    enum { TRANSLATION_L0 = 0x04, TRANSLATION_L1 = 0x05, ALIGNMENT = 0x21 };
    for (int i = 0; i < 2; i++) {
        enum mode mode = i == 0 ? EL0 : EL1H;
        data_abort("load abort", mode, load, UNMAPPED + 8, TRANSLATION_L1);
        data_abort("load abort, level 0", mode, load_byte, 0x10000000123, TRANSLATION_L0);
        data_abort("load abort, non-canonical", mode, load, 0x00ff000000001000, TRANSLATION_L0);
        data_abort("store abort", mode, store, UNMAPPED + 16, TRANSLATION_L1 | WNR);
        data_abort("load pair abort", mode, load_pair, UNMAPPED, TRANSLATION_L1);
        data_abort("load exclusive abort", mode, load_exclusive, UNMAPPED, TRANSLATION_L1);
    }
    data_abort("dc zva abort", EL1H, zero_block, UNMAPPED, TRANSLATION_L1 | WNR);
    data_abort("dc civac abort", EL1H, clean, UNMAPPED, TRANSLATION_L1 | WNR | CM);

    uint64_t base = (uint64_t)&fault & ~15ul;
    data_abort("unaligned ldxr", EL1H, load_exclusive, base + 4, ALIGNMENT);
    data_abort("unaligned ldxp", EL1H, load_exclusive_pair, base + 8, ALIGNMENT);
    data_abort("alignment before translation", EL1H, load_exclusive, UNMAPPED + 1, ALIGNMENT);
    test("unaligned ldr of normal memory");
    not_taken(EL1H, load, base + 3);
    WRITE(sctlr_el1, READ(sctlr_el1) | 2);
    data_abort("SCTLR.A, unaligned ldr", EL1H, load, base + 3, ALIGNMENT);
    data_abort("SCTLR.A, unaligned str", EL1H, store, base + 6, ALIGNMENT | WNR);
    test("SCTLR.A, ldp needs 8 bytes only");
    not_taken(EL1H, load_pair, base + 8);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~2ul);

    test("fetch abort at EL1");
    attempt(EL1H, jump, UNMAPPED + 4, 0);
    expect_exception(ESR(0x21, TRANSLATION_L1), UNMAPPED + 4);
    equal("FAR", fault.far, UNMAPPED + 4);
    test("fetch abort at EL0");
    attempt(EL0, jump, UNMAPPED + 8, 0);
    expect_exception(ESR(0x20, TRANSLATION_L1), UNMAPPED + 8);
    equal("FAR", fault.far, UNMAPPED + 8);
    test("fetch of an EL1 page from EL0");
    attempt(EL0, jump, (uint64_t)load, 0);
    expect_exception(ESR(0x20, 0x0d), (uint64_t)load);
    test("fetch of an EL0 page from EL1 (PXN)");
    attempt(EL1H, jump, (uint64_t)load + user_offset, 0);
    expect_exception(ESR(0x21, 0x0d), (uint64_t)load + user_offset);
    test("PC alignment at EL1");
    attempt(EL1H, jump, (uint64_t)load + 2, 0);
    expect_exception(ESR(0x22, 0), (uint64_t)load + 2);
    equal("FAR", fault.far, (uint64_t)load + 2);
    test("PC alignment at EL0");
    attempt(EL0, jump, (uint64_t)load + user_offset + 3, 0);
    expect_exception(ESR(0x22, 0), (uint64_t)load + user_offset + 3);
    test("PC alignment before translation");
    attempt(EL0, jump, UNMAPPED + 1, 0);
    expect_exception(ESR(0x22, 0), UNMAPPED + 1);
    equal("FAR", fault.far, UNMAPPED + 1);
}

void sp_alignment(void) {
    static char stack[256] __attribute__((aligned(16)));
    uint64_t sp = (uint64_t)stack + 128;
    attempt_sp = sp + 8;
    test("SP alignment at EL1t");
    taken(EL1T, misaligned_sp, 0, ESR(0x26, 0), 0, 0);
    attempt_sp = UNMAPPED + 8;
    test("SP alignment before translation");
    taken(EL0, misaligned_sp, 0, ESR(0x26, 0), 0, 8);
    attempt_sp = sp + 4 + user_offset;
    test("SP alignment at EL0, write-back");
    taken(EL0, sp_pair, 0, ESR(0x26, 0), 0, 8);
    test("a faulting write-back leaves SP");
    equal("SP_EL0", READ(sp_el0), attempt_sp);
    WRITE(sctlr_el1, READ(sctlr_el1) & ~(1ul << 4));
    attempt_sp = sp + 8 + user_offset;
    test("SCTLR.SA0 0 allows it at EL0");
    not_taken(EL0, misaligned_sp, 0);
    WRITE(sctlr_el1, READ(sctlr_el1) | 1ul << 4);
    attempt_sp = 0;
}
