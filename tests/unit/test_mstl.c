/* test_mstl.c: loess, decomposition into seasons, forecasts with several of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "base/philox.h"
#include "learn/mstl.h"
#include "math/loess.h"

enum { DAY = 4, WEEK = 28, COUNT = 280, STEPS = 56, ROOM = 256 };

/* Window 3 around 1: distances 1, 0, 1 over a reach of 1.001: the outer weights are
 * (1 - (1/1.001)^3)^3, about 3e-8: the value itself. */
static void a_narrow_window_keeps_the_value(void **state)
{
    (void)state;
    const double y[] = {1, 5, 3};
    assert_true(fabs(psn_loess_at(y, 3, 3, 0, 1) - 5) < 1e-6);
}

/* Window 5 around 2: weights of distance 1: (1 - 1/8)^3 = 0.669921875 where the reach is
 * 2; of distance 2: none. (2 x 0.67 + 6 + 10 x 0.67) / (1 + 2 x 0.67). */
static void the_weights_are_tricube(void **state)
{
    (void)state;
    const double y[] = {100, 2, 6, 10, -100}, w = 0.669921875;
    const double expected = (6 + 12 * w) / (1 + 2 * w);
    assert_true(fabs(psn_loess_at(y, 5, 5, 0, 2) - expected) < 0.01);
}

static void a_line_stays_a_line_and_goes_on(void **state)
{
    (void)state;
    double y[50], out[50];
    for (int i = 0; i < 50; i++) y[i] = 3 + 2.0 * i;
    psn_loess_smooth(out, y, 50, 21, 1, 3);
    for (int i = 0; i < 50; i++) assert_true(fabs(out[i] - y[i]) < 1e-9);
    assert_true(fabs(psn_loess_at(y, 50, 21, 1, 52) - 107) < 1e-9);
}

static double truth(int i)
{
    static const double day[DAY] = {-3, 1, 4, -2};
    return 50 + 0.1 * i + day[i % DAY] + ((i / DAY) % 7 == 6 ? 6 : -1);
}

static void make(double *y, double noise)
{
    psn_random random;
    psn_random_start(&random, 1, 1, 1);
    for (int i = 0; i < COUNT; i++)
        y[i] = truth(i) + noise * (psn_random_unit(&random) - 0.5);
}

static void two_seasons_and_a_trend_are_taken_apart(void **state)
{
    (void)state;
    static double y[COUNT], season[2 * COUNT], trend[COUNT], scratch[8 * COUNT];
    const int32_t lengths[] = {DAY, WEEK};
    make(y, 0);
    assert_true(psn_mstl_scratch(COUNT, WEEK) <= 8 * COUNT);
    psn_mstl_decompose(season, trend, y, COUNT, lengths, 2, scratch);
    for (int i = WEEK; i < COUNT - WEEK; i++) {
        assert_true(fabs(trend[i] - (50 + 0.1 * i)) < 0.3);
        assert_true(fabs(y[i] - trend[i] - season[i] - season[COUNT + i]) < 0.3);
    }
    assert_true(fabs(season[COUNT / 2 / DAY * DAY + 2] - 4) < 0.3);
}

static void forecast(const double *y, const psn_mstl_options *options, double *mean)
{
    double value[ROOM];
    const size_t bytes = psn_mstl_learner.scratch(COUNT, WEEK);
    void *scratch = aligned_alloc(64, (bytes + 63) / 64 * 64);
    psn_local_model model = {.value = value};
    const psn_series series = {y, COUNT, WEEK};
    assert_true(psn_mstl_learner.room(WEEK) <= ROOM);
    assert_int_equal(psn_mstl_learner.fit(&model, &series, options, scratch), 1);
    assert_int_equal(psn_mstl_learner.check(&model), 1);
    psn_mstl_learner.forecast(&model, STEPS, mean);
    free(scratch);
}

static double error_of(const double *mean)
{
    double sum = 0;
    for (int h = 0; h < STEPS; h++) sum += fabs(mean[h] - truth(COUNT + h)) / STEPS;
    return sum;
}

static void both_seasons_go_on_in_any_order_of_options(void **state)
{
    (void)state;
    double y[COUNT], mean[STEPS], turned[STEPS];
    make(y, 1);
    forecast(y, &(psn_mstl_options){2, {DAY, WEEK}}, mean);
    forecast(y, &(psn_mstl_options){3, {WEEK, 200, DAY}}, turned); /* 200: not twice */
    assert_true(error_of(mean) < 1);
    for (int h = 0; h < STEPS; h++) assert_true(mean[h] == turned[h]);
}

static void gaps_are_filled_with_their_season(void **state)
{
    (void)state;
    double y[COUNT], mean[STEPS];
    make(y, 1);
    for (int i = 100; i < 120; i++) y[i] = NAN;
    y[200] = NAN;
    forecast(y, &(psn_mstl_options){2, {DAY, WEEK}}, mean);
    assert_true(error_of(mean) < 1.2);
}

static void negative_values_have_added_seasons(void **state)
{
    (void)state;
    double y[COUNT], mean[STEPS];
    make(y, 1);
    for (int i = 0; i < COUNT; i++) y[i] -= 60;
    forecast(y, &(psn_mstl_options){2, {DAY, WEEK}}, mean);
    for (int h = 0; h < STEPS; h++) mean[h] += 60;
    assert_true(error_of(mean) < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_narrow_window_keeps_the_value),
        cmocka_unit_test(the_weights_are_tricube),
        cmocka_unit_test(a_line_stays_a_line_and_goes_on),
        cmocka_unit_test(two_seasons_and_a_trend_are_taken_apart),
        cmocka_unit_test(both_seasons_go_on_in_any_order_of_options),
        cmocka_unit_test(gaps_are_filled_with_their_season),
        cmocka_unit_test(negative_values_have_added_seasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
