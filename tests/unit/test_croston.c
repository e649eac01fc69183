/* test_croston.c: learners of intermittent demand, worked out by hand with gains of 1/2;
 * what all of them must bear; tuning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/intermittent.h"
#include "support/fail_each.h"

enum { LEARNERS = 7, ROOM = 256 };
static const psn_local_learner *const learners[LEARNERS] = {
    &psn_croston_learner, &psn_sba_learner,       &psn_tsb_learner,  &psn_adida_learner,
    &psn_imapa_learner,   &psn_empirical_learner, &psn_count_learner};
static const psn_intermittent_options halves = {.rate = 0.5, .size = 0.5, .window = 3};
static const double now_and_then[] = {2, 0, 0, 4, 0, 2}, often[] = {1, 0, 3, 0, 1, 0};

static double rate_of(const psn_local_learner *learner, const double *value,
                      int32_t count, const psn_intermittent_options *options)
{
    double room[ROOM], mean[2];
    const psn_series series = {value, count, 1};
    psn_local_model model = {.value = room};
    assert_int_equal(learner->fit(&model, &series, options, NULL), 1);
    assert_true(model.count <= learner->room(1) && learner->check(&model));
    learner->forecast(&model, 2, mean);
    assert_true(mean[0] == mean[1]);
    return mean[0];
}

/* Sizes 2, then (2 + 4) / 2 = 3, then 2.5; intervals 3, then (3 + 2) / 2 = 2.5. */
static void croston_divides_size_by_interval(void **state)
{
    (void)state;
    assert_true(rate_of(&psn_croston_learner, now_and_then, 6, &halves) == 1);
}

static void sba_takes_off_half_the_gain(void **state)
{
    (void)state;
    assert_true(rate_of(&psn_sba_learner, now_and_then, 6, &halves) == 0.75);
}

/* Probability 1, 1/2, 1/4, 5/8, 5/16, 21/32; size 2.5. */
static void tsb_multiplies_size_by_probability(void **state)
{
    (void)state;
    assert_true(rate_of(&psn_tsb_learner, now_and_then, 6, &halves) == 21.0 / 32 * 2.5);
}

/* Mean interval 2: buckets 1, 3, 1, halves of them smoothed: .5, 1, .75. */
static void adida_smooths_buckets_as_long_as_the_interval(void **state)
{
    (void)state;
    assert_true(rate_of(&psn_adida_learner, often, 6, &halves) == 0.75);
}

/* Length 1: 1, .5, 1.75, .875, .9375, .46875; length 2: .75. */
static void imapa_averages_over_lengths(void **state)
{
    (void)state;
    assert_true(rate_of(&psn_imapa_learner, often, 6, &halves) == (0.46875 + 0.75) / 2);
}

static void empirical_is_the_mean_of_the_window_that_moves(void **state)
{
    (void)state;
    const double value[] = {9, 1, 2, 3}, more = 6;
    double room[ROOM], mean;
    const psn_series series = {value, 4, 1};
    psn_local_model model = {.value = room};
    assert_true(psn_empirical_learner.fit(&model, &series, &halves, NULL));
    psn_empirical_learner.forecast(&model, 1, &mean);
    assert_true(mean == 2);
    psn_empirical_learner.advance(&model, &more, 1);
    psn_empirical_learner.forecast(&model, 1, &mean);
    assert_true(mean == 11.0 / 3);
}

static void a_factor_multiplies_the_forecast(void **state)
{
    (void)state;
    psn_intermittent_options options = halves;
    options.factor = 0.75;
    for (int i = 0; i < LEARNERS; i++) {
        const double plain = rate_of(learners[i], now_and_then, 6, &halves);
        assert_true(rate_of(learners[i], now_and_then, 6, &options) == 0.75 * plain);
    }
}

static void no_sales_give_zero_and_no_values_give_no_model(void **state)
{
    (void)state;
    const double zeros[] = {0, 0, 0, 0, 0}, none[] = {NAN, NAN}, one = 3;
    const psn_series missing = {none, 2, 1};
    double room[ROOM];
    psn_local_model model = {.value = room};
    for (int i = 0; i < LEARNERS; i++) {
        for (int32_t count = 1; count <= 5; count++)
            assert_true(rate_of(learners[i], zeros, count, NULL) == 0);
        assert_true(rate_of(learners[i], &one, 1, NULL) == 3);
        assert_int_equal(learners[i]->fit(&model, &missing, NULL, NULL), 0);
    }
}

static void one_old_sale_is_spread_over_its_age(void **state)
{
    (void)state;
    const double value[] = {6, 0, 0};
    assert_true(rate_of(&psn_croston_learner, value, 3, &halves) == 2);
    assert_true(rate_of(&psn_empirical_learner, value, 3, &halves) == 2);
}

/* What advance does is what fit does; the aggregates choose lengths by the whole. */
static void going_on_is_the_same_as_fitting_the_whole(void **state)
{
    (void)state;
    double whole[ROOM], part[ROOM], value[60], a[9], b[9];
    const psn_series all = {value, 60, 7}, first = {value, 41, 7};
    for (int t = 0; t < 60; t++) value[t] = t * t % 5 * (t % 3 != 1);
    value[50] = NAN;
    for (int i = 0; i < LEARNERS; i++) {
        psn_local_model x = {.value = whole}, y = {.value = part};
        if (i >= 3 && i <= 5) continue;
        assert_true(learners[i]->fit(&x, &all, &halves, NULL));
        assert_true(learners[i]->fit(&y, &first, &halves, NULL));
        learners[i]->advance(&y, value + 41, 19);
        learners[i]->forecast(&x, 9, a);
        learners[i]->forecast(&y, 9, b);
        assert_memory_equal(a, b, sizeof a);
    }
}

/* Every number of a model spoiled in turn: refused, or still finite. */
static void spoiled_models_are_refused_or_harmless(void **state)
{
    (void)state;
    const double bad[] = {NAN, INFINITY, -1e300, 1e300, -1, 0, 0.5, 1e9, 1e18};
    double room[ROOM], spoiled[ROOM], mean[8];
    const psn_series series = {often, 6, 1};
    for (int i = 0; i < LEARNERS; i++) {
        psn_local_model model = {.value = room};
        assert_true(learners[i]->fit(&model, &series, NULL, NULL));
        for (int32_t v = 0; v < 9 * model.count; v++) {
            psn_local_model other = model;
            other.value = memcpy(spoiled, room, sizeof room);
            spoiled[v / 9] = bad[v % 9];
            if (!learners[i]->check(&other)) continue;
            for (int round = 0; round < 3; round++) {
                learners[i]->advance(&other, often, 6);
                learners[i]->forecast(&other, 8, mean);
                assert_true(isfinite(mean[0]) && isfinite(mean[7]));
            }
        }
        model.count--;
        assert_false(learners[i]->check(&model));
        model.count = INT32_MIN;
        assert_false(learners[i]->check(&model));
    }
}

enum { MANY = 40, LONG = 120 };

/* A level that takes steps of `moving` and values that differ from it by `noise`. */
static void make_series(double value[MANY][LONG], psn_series *series, double moving,
                        double noise)
{
    for (int i = 0; i < MANY; i++) {
        psn_random random;
        double level = 20;
        psn_random_start(&random, 5, 1, (uint64_t)i);
        for (int t = 0; t < LONG; t++) {
            level += moving * (psn_random_unit(&random) - 0.5);
            value[i][t] = level + noise * (psn_random_unit(&random) - 0.5);
        }
        series[i] = (psn_series){value[i], LONG, 1};
    }
}

static void tuning_tells_a_still_level_from_a_moving_one(void **state)
{
    (void)state;
    static double value[MANY][LONG];
    psn_series series[MANY];
    psn_intermittent_options still, moving;
    make_series(value, series, 0, 10);
    assert_int_equal(
        psn_intermittent_tune(&still, &psn_count_learner, series, MANY, 5, NULL, NULL),
        0);
    make_series(value, series, 4, 1);
    assert_int_equal(
        psn_intermittent_tune(&moving, &psn_count_learner, series, MANY, 5, NULL, NULL),
        0);
    assert_true(still.rate <= 0.03 && moving.rate >= 0.22);
    assert_true(fabs(still.factor - 1) < 0.02);
}

static void tuning_expects_less_where_everything_fades(void **state)
{
    (void)state;
    static double value[MANY][LONG];
    psn_series series[MANY];
    psn_intermittent_options options;
    make_series(value, series, 0, 1);
    for (int i = 0; i < MANY; i++)
        for (int t = 0; t < LONG; t++) value[i][t] *= pow(0.97, t);
    assert_int_equal(psn_intermittent_tune(&options, &psn_empirical_learner, series, MANY,
                                           10, NULL, NULL),
                     0);
    /* The window's middle lies two values back, that of the horizon 5.5 ahead. */
    assert_int_equal(options.window, 4);
    assert_true(fabs(options.factor - pow(0.97, 7)) < 0.02);
    assert_int_equal(psn_intermittent_tune(&options, &psn_empirical_learner, series, 2,
                                           10, NULL, NULL),
                     0);
    assert_true(options.window == 0 && options.factor == 1);
}

static int tune_few(persona_error *error)
{
    const psn_series series[] = {{now_and_then, 6, 1}, {often, 6, 1}};
    psn_intermittent_options options;
    return psn_intermittent_tune(&options, &psn_count_learner, series, 2, 2, NULL, error);
}

static void tuning_without_memory_is_an_error(void **state)
{
    (void)state;
    fail_each(tune_few, 0);
}

int main(void)
{
    if (failing_memory_install() != PERSONA_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(croston_divides_size_by_interval),
        cmocka_unit_test(sba_takes_off_half_the_gain),
        cmocka_unit_test(tsb_multiplies_size_by_probability),
        cmocka_unit_test(adida_smooths_buckets_as_long_as_the_interval),
        cmocka_unit_test(imapa_averages_over_lengths),
        cmocka_unit_test(empirical_is_the_mean_of_the_window_that_moves),
        cmocka_unit_test(a_factor_multiplies_the_forecast),
        cmocka_unit_test(no_sales_give_zero_and_no_values_give_no_model),
        cmocka_unit_test(one_old_sale_is_spread_over_its_age),
        cmocka_unit_test(going_on_is_the_same_as_fitting_the_whole),
        cmocka_unit_test(spoiled_models_are_refused_or_harmless),
        cmocka_unit_test(tuning_tells_a_still_level_from_a_moving_one),
        cmocka_unit_test(tuning_expects_less_where_everything_fades),
        cmocka_unit_test(tuning_without_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
