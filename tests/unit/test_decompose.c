/* test_decompose.c: gaps, the test for a season, its profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "base/philox.h"
#include "math/decompose.h"

enum { COUNT = 40 };

static void gaps_are_bridged_by_lines(void **state)
{
    (void)state;
    const double y[] = {NAN, 2, NAN, NAN, 8, NAN};
    const double expected[] = {2, 2, 4, 6, 8, 8};
    double out[6];
    assert_int_equal(psn_gaps_fill(out, y, 6), 2);
    for (int i = 0; i < 6; i++) assert_true(out[i] == expected[i]);
}

/* 100 x 0.7, 1.3, 1, 1 on a level; of a missing value nothing is seen. */
static void a_profile_is_multiplied_where_values_are_positive(void **state)
{
    (void)state;
    const double index[] = {0.7, 1.3, 1, 1};
    double y[COUNT], profile[4], scratch[256];
    for (int i = 0; i < COUNT; i++) y[i] = 100 * index[i % 4];
    assert_true(psn_season_scratch(COUNT, 4) <= 256);
    assert_int_equal(psn_season_find(profile, y, y, COUNT, 4, scratch),
                     PSN_SEASON_MULTIPLY);
    for (int j = 0; j < 4; j++) assert_true(fabs(profile[j] - index[j]) < 1e-12);
}

/* -3, 0, 3 on a rising line, which a moving average over the season follows. */
static void a_profile_is_added_where_values_reach_zero(void **state)
{
    (void)state;
    double y[COUNT], profile[3], scratch[256];
    for (int i = 0; i < COUNT; i++) y[i] = i + 3.0 * (i % 3 - 1);
    assert_int_equal(psn_season_find(profile, y, y, COUNT, 3, scratch), PSN_SEASON_ADD);
    for (int j = 0; j < 3; j++) assert_true(fabs(profile[j] - 3 * (j - 1)) < 1e-12);
}

static void noise_alone_has_no_profile_or_little(void **state)
{
    (void)state;
    double y[COUNT], profile[12], scratch[256];
    int32_t none = 0;
    for (uint64_t n = 0; n < 20; n++) {
        psn_random random;
        psn_random_start(&random, 1, 1, n);
        for (int i = 0; i < COUNT; i++) y[i] = 10 + psn_random_unit(&random);
        if (psn_season_find(profile, y, y, COUNT, 12, scratch) == PSN_SEASON_NONE)
            none++;
        else
            for (int j = 0; j < 12; j++) assert_true(fabs(profile[j] - 1) < 0.06);
    }
    assert_true(none >= 5);
}

/* Strong seasons under a trend and noise, less than two and a half years of them. */
static void a_season_is_told_from_trend_and_noise(void **state)
{
    (void)state;
    double y[COUNT], profile[16], scratch[256];
    psn_random random;
    psn_random_start(&random, 1, 1, 3);
    for (int i = 0; i < COUNT; i++)
        y[i] = 100 + i + 20 * (i % 16 == 5) + psn_random_unit(&random);
    assert_int_equal(psn_season_find(profile, y, y, COUNT, 16, scratch),
                     PSN_SEASON_MULTIPLY);
    for (int j = 0; j < 16; j++)
        assert_true(fabs(profile[j] - (j == 5 ? 1.15 : 0.99)) < 0.02);
}

static void the_last_seasons_count_most(void **state)
{
    (void)state;
    double y[COUNT], profile[2], scratch[256];
    for (int i = 0; i < COUNT; i++) y[i] = (i < 20 ? 1.0 : 3.0) * (i % 2 ? 1 : -1);
    assert_int_equal(psn_season_find(profile, y, y, COUNT, 2, scratch), PSN_SEASON_ADD);
    assert_true(profile[1] > 2.2 && profile[1] < 3);
}

static void one_season_and_a_half_have_no_profile(void **state)
{
    (void)state;
    double y[6] = {1, 2, 3, 4, 1, 2}, profile[4], scratch[256];
    assert_int_equal(psn_season_find(profile, y, y, 6, 4, scratch), PSN_SEASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_bridged_by_lines),
        cmocka_unit_test(a_profile_is_multiplied_where_values_are_positive),
        cmocka_unit_test(a_profile_is_added_where_values_reach_zero),
        cmocka_unit_test(noise_alone_has_no_profile_or_little),
        cmocka_unit_test(a_season_is_told_from_trend_and_noise),
        cmocka_unit_test(the_last_seasons_count_most),
        cmocka_unit_test(one_season_and_a_half_have_no_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
