/* Stage 1 at EL1, with every granule that the core has. */
#include "mmu.h"

static struct granule granules[] = {
    { "4K", 12, 0, 2, true }, { "16K", 14, 2, 1, false }, { "64K", 16, 1, 3, false },
};

int main(void) {
    enter_el1();
    paging_enable();
    WRITE(tcr_el1, READ(tcr_el1) & ~(1ul << 23));
    uint64_t mmfr0 = READ(id_aa64mmfr0_el1);
    granules[1].present = (mmfr0 >> 20 & 15) != 0;
    granules[2].present = (mmfr0 >> 24 & 15) != 15;
    static const unsigned sizes[] = { 48, 39, 36, 30, 25 };
    for (int g = 0; g < 3; g++) {
        if (!granules[g].present) continue;
        for (int i = 0; i < 5; i++) {
            use(&granules[g], sizes[i]);
            if (start_level() > 2) continue;
            levels();
        }
        use(&granules[g], 39);
        permissions();
        hierarchy();
        crossing();
        invalidation();
        changing_code();
    }
    use(&granules[0], 39);
    translation_table_control();
    translate_instructions();
    extensions();
    finish();
}
