/* Faults of stage 2 by level and kind, and the syndrome of every form of access. */
#include "stage2.h"

void levels(void) {
    const char *g = granule->name;
    for (unsigned level = granule->start; level <= 3; level++) {
        test("%s: unmapped at level %u", g, level);
        use(granule);
        uint64_t ipa = IPA + 0x12340 + level * 8;
        entry(ipa, level);
        flush();
        faults(EL1H, load, ipa, LOAD_X0(TRANSLATION + level), ipa);
        faults(EL1H, store, ipa, STORE_X1(TRANSLATION + level), ipa);
        faults(EL0, load, ipa, LOAD_X0(TRANSLATION + level), ipa);
        faults(EL1H, jump, ipa, ESR(0x20, TRANSLATION + level), ipa);
    }
    for (unsigned level = 2; level <= 3; level++) {
        use(granule);
        uint64_t size = 1ul << level_shift(level), pa = (uint64_t)pages[0] & ~(size - 1);
        uint64_t ipa = IPA + ((uint64_t)pages[0] & (size - 1));
        *(uint64_t *)pages[0] = 0x1111;
        test("%s level %u: read, write and execute", g, level);
        map(IPA, level, pa, RWX);
        equal("word", read(ipa), 0x1111);
        works(EL1H, store, ipa);
        equal("stored", *(uint64_t *)pages[0], 0x5a5a);
        test("%s level %u: read-only", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)WRITE_OK);
        works(EL1H, load, ipa);
        faults(EL1H, store, ipa, STORE_X1(PERMISSION + level), 0);
        faults(EL0, store, ipa, STORE_X1(PERMISSION + level), 0);
        test("%s level %u: write-only", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)READ_OK);
        works(EL1H, store, ipa);
        faults(EL1H, load, ipa, LOAD_X0(PERMISSION + level), 0);
        test("%s level %u: no access", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)(READ_OK | WRITE_OK));
        faults(EL1H, load, ipa, LOAD_X0(PERMISSION + level), 0);
        faults(EL1H, store, ipa, STORE_X1(PERMISSION + level), 0);
        test("%s level %u: execute-never", g, level);
        map(IPA, level, pa, RWX | XN);
        works(EL1H, load, ipa);
        faults(EL1H, jump, ipa, ESR(0x20, PERMISSION + level), 0);
        test("%s level %u: access flag", g, level);
        map(IPA, level, pa, RWX & ~(uint64_t)AF);
        faults(EL1H, load, ipa, LOAD_X0(ACCESS_FLAG + level), ipa);
    }
}

#define FORM(name, text) PROBE(form_##name, text)
FORM(ldrb, "ldrb w3, [x0]");
FORM(ldrh, "ldrh w4, [x0]");
FORM(ldr_w, "ldr w5, [x0]");
FORM(ldr_x, "ldr x30, [x0]");
FORM(ldrsb_w, "ldrsb w7, [x0]");
FORM(ldrsb_x, "ldrsb x8, [x0]");
FORM(ldrsh_w, "ldrsh w9, [x0]");
FORM(ldrsh_x, "ldrsh x10, [x0]");
FORM(ldrsw, "ldrsw x11, [x0]");
FORM(ldur, "ldur w12, [x0, #0]");
FORM(ldr_reg, "ldr x13, [x0, xzr]");
FORM(ldar, "ldar w14, [x0]");
FORM(ldarb, "ldarb w15, [x0]");
FORM(strb, "strb w16, [x0]");
FORM(strh, "strh w17, [x0]");
FORM(str_w, "str w18, [x0]");
FORM(str_xzr, "str xzr, [x0]");
FORM(stlr, "stlr x19, [x0]");
FORM(sttr, "sttr w20, [x0]");
FORM(ldp, "ldp x1, x2, [x0]");
FORM(stp, "stp w1, w2, [x0]");
FORM(ldxr, "ldxr x1, [x0]");
FORM(ldaxr, "ldaxr w1, [x0]");
FORM(ldr_post, "ldr x1, [x0], #8");
FORM(str_pre, "str x1, [x0, #0]!");
FORM(ldr_q, "ldr q1, [x0]");
FORM(str_d, "str d1, [x0]");
FORM(ld1, "ld1 {v1.16b}, [x0]");

void syndromes(void) {
    const uint64_t l3 = TRANSLATION + 3, none = ESR(0x24, l3);
    const struct { const char *name, *code; uint64_t esr; } forms[] = {
        { "ldrb w", form_ldrb, isv(0, 0, 3, 0, 0, l3) },
        { "ldrh w", form_ldrh, isv(1, 0, 4, 0, 0, l3) },
        { "ldr w", form_ldr_w, isv(2, 0, 5, 0, 0, l3) },
        { "ldr x30", form_ldr_x, isv(3, 0, 30, 1, 0, l3) },
        { "ldrsb w", form_ldrsb_w, isv(0, 1, 7, 0, 0, l3) },
        { "ldrsb x", form_ldrsb_x, isv(0, 1, 8, 1, 0, l3) },
        { "ldrsh w", form_ldrsh_w, isv(1, 1, 9, 0, 0, l3) },
        { "ldrsh x", form_ldrsh_x, isv(1, 1, 10, 1, 0, l3) },
        { "ldrsw x", form_ldrsw, isv(2, 1, 11, 1, 0, l3) },
        { "ldur w", form_ldur, isv(2, 0, 12, 0, 0, l3) },
        { "ldr x, register offset", form_ldr_reg, isv(3, 0, 13, 1, 0, l3) },
        { "ldar w", form_ldar, isv(2, 0, 14, 0, 1, l3) },
        { "ldarb w", form_ldarb, isv(0, 0, 15, 0, 1, l3) },
        { "strb w", form_strb, isv(0, 0, 16, 0, 0, l3 | WNR) },
        { "strh w", form_strh, isv(1, 0, 17, 0, 0, l3 | WNR) },
        { "str w", form_str_w, isv(2, 0, 18, 0, 0, l3 | WNR) },
        { "str xzr", form_str_xzr, isv(3, 0, 31, 1, 0, l3 | WNR) },
        { "stlr x", form_stlr, isv(3, 0, 19, 1, 1, l3 | WNR) },
        { "sttr w", form_sttr, isv(2, 0, 20, 0, 0, l3 | WNR) },
        { "ldp", form_ldp, none },
        { "stp", form_stp, none | WNR },
        { "ldxr", form_ldxr, none },
        { "ldaxr", form_ldaxr, none },
        { "ldr, post-index", form_ldr_post, none },
        { "str, pre-index", form_str_pre, none | WNR },
        { "ldr q", form_ldr_q, none },
        { "str d", form_str_d, none | WNR },
        { "ld1", form_ld1, none },
    };
    use(&granules[0]);
    map(IPA, 3, (uint64_t)pages[0], RWX);
    WRITE(cpacr_el1, 3 << 20);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        test("syndrome of %s", forms[i].name);
        faults(EL1H, forms[i].code, IPA + 0x1080, forms[i].esr, IPA + 0x1000);
    }
}
