/* test_count.c: the count model: level, profile, units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "learn/intermittent.h"

static const psn_local_learner *const count = &psn_count_learner;

static void ask(const double *value, int32_t many, int32_t season,
                const psn_intermittent_options *options, int32_t steps, double *mean)
{
    double room[128];
    const psn_series series = {value, many, season};
    psn_local_model model = {.value = room};
    assert_true(count->room(season) <= 128);
    assert_int_equal(count->fit(&model, &series, options, NULL), 1);
    assert_true(count->check(&model));
    count->forecast(&model, steps, mean);
}

/* a = 4, b = 1; then a = 4 / 2 + 2 = 4, b = 1 / 2 + 1. */
static void the_level_is_a_discounted_mean(void **state)
{
    (void)state;
    const psn_intermittent_options half = {.rate = 0.5};
    const double value[] = {4, 2};
    double mean;
    ask(value, 2, 1, &half, 1, &mean);
    assert_true(fabs(mean - 4 / 1.5) < 1e-15);
}

/* Saturdays sell twice as much: phase 5 of 7. */
static void a_clear_profile_is_learnt(void **state)
{
    (void)state;
    double value[20 * 7 + 3], mean[7];
    for (int t = 0; t < 20 * 7 + 3; t++) value[t] = (t % 7 == 5 ? 20 : 10) + t % 2;
    ask(value, 20 * 7 + 3, 7, NULL, 7, mean);
    for (int h = 0; h < 7; h++) {
        const double expected = (h + 3) % 7 == 5 ? 20.5 : 10.5;
        assert_true(fabs(mean[h] - expected) < 0.1 * expected);
    }
}

/* One sale a month says nothing about weekdays. */
static void rare_sales_make_no_profile(void **state)
{
    (void)state;
    double value[140], mean[7];
    for (int t = 0; t < 140; t++) value[t] = t % 28 == 5;
    ask(value, 140, 7, NULL, 7, mean);
    for (int h = 0; h < 7; h++) assert_true(fabs(mean[h] / mean[0] - 1) < 0.15);
}

static void forecasts_are_in_the_unit_of_the_values(void **state)
{
    (void)state;
    double value[100], mean[14], large[14];
    for (int t = 0; t < 100; t++) value[t] = t * t % 11 % 4 + (t % 7 == 0);
    ask(value, 100, 7, NULL, 14, mean);
    for (int t = 0; t < 100; t++) value[t] *= 1024;
    ask(value, 100, 7, NULL, 14, large);
    for (int h = 0; h < 14; h++) assert_true(large[h] == 1024 * mean[h]);
}

static void huge_and_negative_values_stay_finite(void **state)
{
    (void)state;
    double value[60], mean[30];
    for (int t = 0; t < 60; t++) value[t] = (t % 3 - 1) * 1e100;
    ask(value, 60, 7, NULL, 30, mean);
    for (int h = 0; h < 30; h++) assert_true(isfinite(mean[h]));
    for (int t = 0; t < 60; t++) value[t] = -5;
    ask(value, 60, 7, NULL, 1, mean);
    assert_true(fabs(mean[0] + 5) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_is_a_discounted_mean),
        cmocka_unit_test(a_clear_profile_is_learnt),
        cmocka_unit_test(rare_sales_make_no_profile),
        cmocka_unit_test(forecasts_are_in_the_unit_of_the_values),
        cmocka_unit_test(huge_and_negative_values_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
