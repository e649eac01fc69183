/* test_scale.c: raw numbers onto one scale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "math/scale.h"
#include "math/simd.h"

static const psn_scale_column plain = {0, 1, -1e150, 1e150, 0, 1, 0};

static void a_number_is_clamped_logged_shifted_and_scaled(void **state)
{
    (void)state;
    const psn_scale_column columns[] = {{0, 1, 0, 1023, 1, 2, 1}, {0, 1, -5, 5, 1, 3, 0}};
    const double raw[] = {4096, -9};
    double out[2];
    psn_scale *scale = psn_scale_new(columns, 2);
    assert_int_equal(psn_scale_one(scale, raw, out), 1);
    assert_true(fabs(out[0] - (log(1024) - 1) * 2) < 1e-14);
    assert_true(out[1] == -18); /* (-5 - 1) * 3 */
    assert_true(fabs(psn_scale_back(scale, 0, out[0]) - 1023) < 1e-10);
    psn_scale_free(scale);
}

static void numbers_below_zero_have_the_logarithm_of_their_size(void **state)
{
    (void)state;
    psn_scale_column column = plain;
    column.log = 1;
    const double raw[2] = {-7, 7};
    double minus, plus;
    psn_scale *scale = psn_scale_new(&column, 1);
    psn_scale_one(scale, &raw[0], &minus);
    psn_scale_one(scale, &raw[1], &plus);
    assert_true(minus == -plus);
    assert_true(fabs(plus - log(8)) < 1e-15);
    assert_true(fabs(psn_scale_back(scale, 0, minus) + 7) < 1e-13);
    psn_scale_free(scale);
}

static void a_time_becomes_an_age(void **state)
{
    (void)state;
    const psn_scale_column age = {
        86400000.0 * 10, -1.0 / 86400000, -1e150, 1e150, 0, 1, 0};
    const double raw = 86400000.0 * 7;
    double out;
    psn_scale *scale = psn_scale_new(&age, 1);
    psn_scale_one(scale, &raw, &out);
    assert_true(fabs(out - 3) < 1e-12);
    assert_true(fabs(psn_scale_value(scale, 0, raw) - 3) < 1e-12);
    psn_scale_free(scale);
}

static void missing_stays_missing_and_an_infinity_is_refused(void **state)
{
    (void)state;
    const psn_scale_column columns[] = {plain, plain, plain};
    double row[] = {NAN, 1, 2}, lanes[PSN_SCALE_LANES] = {0}, out[PSN_SCALE_LANES];
    psn_scale *scale = psn_scale_new(columns, 3);
    assert_int_equal(psn_scale_one(scale, row, out), 1);
    assert_true(isnan(out[0]));
    assert_true(out[1] == 1 && out[2] == 2);
    row[2] = -INFINITY;
    assert_int_equal(psn_scale_one(scale, row, out), 0);
    lanes[63] = INFINITY;
    assert_int_equal(psn_scale_lanes(scale, 0, lanes, out), 0);
    psn_scale_free(scale);
}

static void huge_numbers_stay_squarable(void **state)
{
    (void)state;
    const psn_scale_column column = {0, 1, -1e150, 1e150, 0, 1e100, 0};
    const double raw = 1e308;
    double out;
    psn_scale *scale = psn_scale_new(&column, 1);
    assert_int_equal(psn_scale_one(scale, &raw, &out), 1);
    assert_true(out == PSN_SCALE_MOST);
    psn_scale_free(scale);
}

enum { WIDE = 11 };

/* WIDE columns, every other one logged, for 64 rows. */
static void wide_case(psn_scale **scale, double raw[WIDE][PSN_SCALE_LANES])
{
    psn_scale_column columns[WIDE];
    psn_random random;
    psn_random_start(&random, 7, 1, 0);
    for (int j = 0; j < WIDE; j++) {
        columns[j] = (psn_scale_column){0, 1, -90, 900, j, 1.0 / (j + 3), j % 2};
        for (int r = 0; r < PSN_SCALE_LANES; r++)
            raw[j][r] = r % 9 == j ? NAN : 1000 * psn_random_unit(&random) - 100;
    }
    *scale = psn_scale_new(columns, WIDE);
}

static void a_row_and_a_column_give_the_same_bits_on_every_level(void **state)
{
    (void)state;
    psn_scale *scale;
    double raw[WIDE][PSN_SCALE_LANES], first[WIDE][PSN_SCALE_LANES];
    double lanes[PSN_SCALE_LANES], row[WIDE], out[WIDE];
    wide_case(&scale, raw);
    for (int level = 0, seen = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        for (int j = 0; j < WIDE; j++) {
            psn_scale_lanes(scale, j, raw[j], lanes);
            if (!seen) memcpy(first[j], lanes, sizeof lanes);
            assert_memory_equal(first[j], lanes, sizeof lanes);
        }
        for (int r = 0; r < PSN_SCALE_LANES; r++) {
            for (int j = 0; j < WIDE; j++) row[j] = raw[j][r];
            psn_scale_one(scale, row, out);
            for (int j = 0; j < WIDE; j++)
                assert_memory_equal(&out[j], &first[j][r], sizeof(double));
        }
        seen = 1;
    }
    psn_simd_force(-1);
    psn_scale_free(scale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_clamped_logged_shifted_and_scaled),
        cmocka_unit_test(numbers_below_zero_have_the_logarithm_of_their_size),
        cmocka_unit_test(a_time_becomes_an_age),
        cmocka_unit_test(missing_stays_missing_and_an_infinity_is_refused),
        cmocka_unit_test(huge_numbers_stay_squarable),
        cmocka_unit_test(a_row_and_a_column_give_the_same_bits_on_every_level),
    };
    return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
