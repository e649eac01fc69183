/* test_simd.c: the level the kernels use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "math/simd.h"

static void the_level_in_use_is_the_best_the_processor_has(void **state)
{
    (void)state;
    int best = PSN_SIMD_SCALAR;
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (psn_simd_has(level)) best = level;
    }
    assert_int_equal(psn_simd_level(), best);
}

static void scalar_runs_everywhere_and_numbers_off_the_list_nowhere(void **state)
{
    (void)state;
    assert_true(psn_simd_has(PSN_SIMD_SCALAR));
    assert_false(psn_simd_has(-1));
    assert_false(psn_simd_has(PSN_SIMD_LEVELS));
}

static void a_forced_level_stays_until_it_is_undone(void **state)
{
    (void)state;
    const int best = psn_simd_level();
    psn_simd_force(PSN_SIMD_SCALAR);
    assert_int_equal(psn_simd_level(), PSN_SIMD_SCALAR);
    psn_simd_force(-1);
    assert_int_equal(psn_simd_level(), best);
}

static void forcing_a_level_the_processor_lacks_changes_nothing(void **state)
{
    (void)state;
    const int best = psn_simd_level();
    for (int level = -3; level < PSN_SIMD_LEVELS + 3; level++) {
        if (psn_simd_has(level)) continue;
        psn_simd_force(level);
        assert_int_equal(psn_simd_level(), best);
    }
}

static void products_of_bytes_are_of_the_highest_level_only(void **state)
{
    (void)state;
    for (int level = 0; level < PSN_SIMD_AVX512; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        assert_false(psn_simd_bytes());
    }
    psn_simd_force(-1);
}

static void names_are_short_words_and_null_off_the_list(void **state)
{
    (void)state;
    assert_string_equal(psn_simd_name(PSN_SIMD_SCALAR), "scalar");
    assert_string_equal(psn_simd_name(PSN_SIMD_NEON), "neon");
    assert_string_equal(psn_simd_name(PSN_SIMD_AVX2), "avx2");
    assert_string_equal(psn_simd_name(PSN_SIMD_AVX512), "avx512");
    assert_null(psn_simd_name(-1));
    assert_null(psn_simd_name(PSN_SIMD_LEVELS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_in_use_is_the_best_the_processor_has),
        cmocka_unit_test(scalar_runs_everywhere_and_numbers_off_the_list_nowhere),
        cmocka_unit_test(a_forced_level_stays_until_it_is_undone),
        cmocka_unit_test(forcing_a_level_the_processor_lacks_changes_nothing),
        cmocka_unit_test(products_of_bytes_are_of_the_highest_level_only),
        cmocka_unit_test(names_are_short_words_and_null_off_the_list),
    };
    return cmocka_run_group_tests_name("simd", tests, NULL, NULL);
}
