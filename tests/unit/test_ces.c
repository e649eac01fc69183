/* test_ces.c: complex exponential smoothing: its step, its fits, its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "base/philox.h"
#include "learn/ces_fit.h"
#include "math/simd.h"

enum { COUNT = 72, SEASON = 12, ROOM = 64, STEPS = 24 };

/* l = 10, c = 8, a0 = 1.5, a1 = 0.75, e = 2:
 * l' = 10 - 0.25 x 8 + 0.75 x 2 = 9.5, c' = 10 - 0.5 x 8 + 2.25 x 2 = 10.5. */
static void one_step_is_that_of_the_paper(void **state)
{
    (void)state;
    double model[CES_SEASON] = {1.5, 0.75, 0, 0, 0, 0, 20, 10, 8};
    assert_true(psn_ces_step(model, PSN_CES_NONE, 1, 12) == 10);
    assert_true(model[CES_LEVEL] == 9.5 && model[CES_POTENTIAL] == 10.5);
    psn_ces_step(model, PSN_CES_NONE, 1, NAN); /* 9.5 - 0.25 x 10.5 */
    assert_true(model[CES_LEVEL] == 6.875);
}

/* The same, a season of two added, b0 = 0.5: s' = 3 + 0.5 x (-1). */
static void a_partial_season_follows_the_errors(void **state)
{
    (void)state;
    double model[CES_SEASON + 2] = {1.5, 0.75, 0.5, 0, 0, 0, 20, 10, 8, 3, -3};
    assert_true(psn_ces_step(model, PSN_CES_PARTIAL, 2, 12) == 13);
    assert_true(model[CES_SEASON] == 2.5 && model[CES_SEASON + 1] == -3);
    assert_true(model[CES_POSITION] == 1);
}

static void errors_die_away_where_the_paper_says(void **state)
{
    (void)state;
    assert_int_equal(ces_stable(1.3, 1.0), 1);
    assert_int_equal(ces_stable(0.7, 1.0), 0); /* (a0 - .5)^2 + (a1 - 1)^2 < .25 */
    assert_int_equal(ces_stable(2.4, 0.5), 0); /* (a0 - 2.5)^2 + a1^2 < 1.25 */
    assert_int_equal(ces_stable(1.5, 1.8), 0); /* (a0 - 1.5)^2 + (a1 - .5)^2 > 1.5 */
}

static void make(double *value, double noise)
{
    psn_random random;
    psn_random_start(&random, 1, 1, 1);
    for (int i = 0; i < COUNT; i++)
        value[i] = 100 + 20 * (i % SEASON == 3) - 10 * (i % SEASON == 8) +
                   noise * (psn_random_unit(&random) - 0.5);
}

static void forecast(const double *y, int32_t count, int32_t form, double *mean)
{
    double value[ROOM];
    const size_t bytes = psn_ces_learner.scratch(count, SEASON);
    void *scratch = aligned_alloc(64, (bytes + 63) / 64 * 64);
    psn_local_model model = {.value = value};
    const psn_series series = {y, count, SEASON};
    const psn_ces_options options = {form};
    assert_true(psn_ces_learner.room(SEASON) <= ROOM);
    assert_int_equal(psn_ces_learner.fit(&model, &series, &options, scratch), 1);
    assert_int_equal(psn_ces_learner.check(&model), 1);
    psn_ces_learner.forecast(&model, STEPS, mean);
    free(scratch);
}

static void every_seasonal_form_finds_the_season(void **state)
{
    (void)state;
    double y[COUNT], mean[STEPS];
    make(y, 2);
    for (int32_t form = PSN_CES_AUTO; form < PSN_CES_FORMS; form++) {
        if (form == PSN_CES_NONE) continue;
        forecast(y, COUNT, form, mean);
        for (int h = 0; h < STEPS; h++) {
            const int j = h % SEASON;
            const double truth = 100 + 20 * (j == 3) - 10 * (j == 8);
            assert_true(fabs(mean[h] - truth) < 4);
        }
    }
}

static void a_trend_goes_on_and_is_held_in_the_end(void **state)
{
    (void)state;
    double y[COUNT], mean[STEPS];
    for (int i = 0; i < COUNT; i++) y[i] = 100 * exp(0.03 * i);
    forecast(y, COUNT, PSN_CES_NONE, mean);
    assert_true(mean[0] > 0.98 * 100 * exp(0.03 * COUNT));
    assert_true(mean[STEPS - 1] > 1.3 * mean[0]);
    assert_true(mean[STEPS - 1] < 4 * y[COUNT - 1]);
}

static void every_level_of_simd_finds_the_same(void **state)
{
    (void)state;
    double y[COUNT], profile[SEASON] = {0};
    void *scratch = aligned_alloc(64, psn_ces_fit_scratch(SEASON));
    const ces_start_values start = {100, profile};
    make(y, 10);
    for (int32_t form = 0; form < PSN_CES_FORMS; form++) {
        ces_found fast, slow;
        psn_ces_search(&fast, form, y, COUNT, SEASON, &start, 0, scratch);
        psn_simd_force(PSN_SIMD_SCALAR);
        psn_ces_search(&slow, form, y, COUNT, SEASON, &start, 0, scratch);
        psn_simd_force(-1);
        assert_memory_equal(&fast, &slow, offsetof(ces_found, errors));
    }
    free(scratch);
}

/* The closed form of the first states: none near it leaves less, the prior included. */
static void the_first_states_are_the_best(void **state)
{
    (void)state;
    double y[COUNT];
    ces_found found;
    const ces_start_values start = {95, NULL};
    make(y, 30);
    void *scratch = aligned_alloc(64, psn_ces_fit_scratch(1));
    assert_int_equal(
        psn_ces_search(&found, PSN_CES_NONE, y, COUNT, 1, &start, 0, scratch), 1);
    const double a0 = found.parameter[0], a1 = found.parameter[1];
    double least = INFINITY;
    for (int k = 0; k < 9; k++) {
        double l = found.level + 2 * (k % 3 - 1), c = found.potential + 2 * (k / 3 - 1);
        double square = (l - 95) * (l - 95) + (c - 95 / a0) * (c - 95 / a0);
        for (int t = 0; t < COUNT; t++) {
            square += (y[t] - l) * (y[t] - l);
            ces_move(a0, a1, &l, &c, y[t] - l);
        }
        if (k != 4) assert_true(square > found.square);
        if (k == 4) least = square;
    }
    assert_true(fabs(least / found.square - 1) < 1e-9);
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step_is_that_of_the_paper),
        cmocka_unit_test(a_partial_season_follows_the_errors),
        cmocka_unit_test(errors_die_away_where_the_paper_says),
        cmocka_unit_test(every_seasonal_form_finds_the_season),
        cmocka_unit_test(a_trend_goes_on_and_is_held_in_the_end),
        cmocka_unit_test(every_level_of_simd_finds_the_same),
        cmocka_unit_test(the_first_states_are_the_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
