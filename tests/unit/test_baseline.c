/* test_baseline.c: the simplest forecasts, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "learn/baseline.h"

enum { ROOM = 64 };

typedef struct fitted {
    double value[ROOM], mean[ROOM];
    psn_local_model model;
} fitted;

/* Fits and forecasts; the learner must take the series. */
static fitted fit(const psn_local_learner *learner, const double *value, int32_t count,
                  int32_t season)
{
    fitted f = {.value = {0}};
    f.model.value = f.value;
    const psn_series series = {value, count, season};
    assert_true(learner->room(season) <= ROOM);
    assert_int_equal(learner->fit(&f.model, &series, NULL, NULL), 1);
    assert_int_equal(learner->check(&f.model), 1);
    learner->forecast(&f.model, 8, f.mean);
    f.model.value = NULL; /* of the copy that is given back */
    return f;
}

static void the_naive_forecast_is_the_last_known_value(void **state)
{
    (void)state;
    const double y[] = {4, 7, 5, NAN};
    const fitted f = fit(&psn_naive_learner, y, 4, 1);
    assert_true(f.mean[0] == 5 && f.mean[7] == 5);
    assert_true(fabs(f.model.sigma - sqrt((9.0 + 4.0) / 2)) < 1e-12);
}

static void the_seasonal_naive_forecast_repeats_the_season(void **state)
{
    (void)state;
    const double y[] = {1, 2, 3, 4, NAN, 6}; /* 1 stands in for the missing one */
    const fitted f = fit(&psn_seasonal_naive_learner, y, 6, 3);
    assert_true(f.mean[0] == 4 && f.mean[1] == 2 && f.mean[2] == 6 && f.mean[3] == 4);
    assert_true(fabs(f.model.sigma - 3) < 1e-12);
}

static void drift_goes_on_along_the_line_through_both_ends(void **state)
{
    (void)state;
    const double y[] = {10, 99, NAN, 16}; /* 2 a period */
    const fitted f = fit(&psn_drift_learner, y, 4, 1);
    assert_true(fabs(f.mean[0] - 18) < 1e-12 && fabs(f.mean[7] - 32) < 1e-12);
}

static void drift_counts_the_missing_periods_at_the_end(void **state)
{
    (void)state;
    double value[4], mean[1];
    psn_local_model model = {.value = value};
    const double y[] = {10, 12}, later[] = {NAN, NAN};
    const psn_series series = {y, 2, 1};
    assert_int_equal(psn_drift_learner.fit(&model, &series, NULL, NULL), 1);
    psn_drift_learner.advance(&model, later, 2);
    psn_drift_learner.forecast(&model, 1, mean);
    assert_true(fabs(mean[0] - 18) < 1e-12);
}

static void the_moving_mean_takes_the_window_only(void **state)
{
    (void)state;
    const double y[] = {100, 1, 2, 3, 4, 5, 6, 7, 8}; /* the first is beyond 8 */
    const fitted f = fit(&psn_moving_mean_learner, y, 9, 1);
    assert_true(fabs(f.mean[0] - 4.5) < 1e-12 && f.mean[7] == f.mean[0]);
}

static void the_moving_mean_takes_the_window_of_its_option(void **state)
{
    (void)state;
    double value[ROOM], mean[1];
    const double y[] = {9, 9, 1, 3};
    const psn_moving_mean_options options = {.window = 2};
    psn_local_model model = {.value = value};
    const psn_series series = {y, 4, 1};
    assert_int_equal(psn_moving_mean_learner.fit(&model, &series, &options, NULL), 1);
    psn_moving_mean_learner.forecast(&model, 1, mean);
    assert_true(fabs(mean[0] - 2) < 1e-12);
    psn_moving_mean_learner.advance(&model, (double[]){5}, 1);
    psn_moving_mean_learner.forecast(&model, 1, mean);
    assert_true(fabs(mean[0] - 4) < 1e-12);
}

/* Two of five seasons of 2: level of the last four (3, 9, 3, 9, 3, 9, 3, 9) is 6, profile
 * of all five means 3.4 and 8.2, mean 5.8. */
static void the_profile_gives_a_recent_level_its_season(void **state)
{
    (void)state;
    const double y[] = {5, 5, 3, 9, 3, 9, 3, 9, 3, 9};
    const fitted f = fit(&psn_profile_learner, y, 10, 2);
    assert_true(fabs(f.mean[0] - 6 * 3.4 / 5.8) < 1e-12);
    assert_true(fabs(f.mean[1] - 6 * 8.2 / 5.8) < 1e-12);
    assert_true(f.mean[2] == f.mean[0]);
}

static void the_profile_is_added_where_values_are_negative(void **state)
{
    (void)state;
    const double y[] = {-1, 1, -1, 1};
    const fitted f = fit(&psn_profile_learner, y, 4, 2);
    assert_true(fabs(f.mean[0] + 1) < 1e-12 && fabs(f.mean[1] - 1) < 1e-12);
}

static void the_profile_goes_on_as_if_fitted_to_all(void **state)
{
    (void)state;
    double y[60], value[ROOM], mean[8];
    for (int i = 0; i < 60; i++) y[i] = (double)((i * 7) % 11) + i % 3;
    const fitted whole = fit(&psn_profile_learner, y, 60, 3);
    psn_local_model model = {.value = value};
    const psn_series part = {y, 41, 3};
    assert_int_equal(psn_profile_learner.fit(&model, &part, NULL, NULL), 1);
    psn_profile_learner.advance(&model, y + 41, 19);
    psn_profile_learner.forecast(&model, 8, mean);
    for (int h = 0; h < 8; h++) assert_true(fabs(mean[h] - whole.mean[h]) < 1e-12);
}

static void a_season_without_two_of_them_is_declined(void **state)
{
    (void)state;
    double value[ROOM];
    psn_local_model model = {.value = value};
    const double y[] = {1, 2, 3, 4, 5};
    const psn_series series = {y, 5, 3};
    assert_int_equal(psn_profile_learner.fit(&model, &series, NULL, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_naive_forecast_is_the_last_known_value),
        cmocka_unit_test(the_seasonal_naive_forecast_repeats_the_season),
        cmocka_unit_test(drift_goes_on_along_the_line_through_both_ends),
        cmocka_unit_test(drift_counts_the_missing_periods_at_the_end),
        cmocka_unit_test(the_moving_mean_takes_the_window_only),
        cmocka_unit_test(the_moving_mean_takes_the_window_of_its_option),
        cmocka_unit_test(the_profile_gives_a_recent_level_its_season),
        cmocka_unit_test(the_profile_is_added_where_values_are_negative),
        cmocka_unit_test(the_profile_goes_on_as_if_fitted_to_all),
        cmocka_unit_test(a_season_without_two_of_them_is_declined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
