/* test_bootstrap.c: intervals, verdicts, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "measure/bootstrap.h"

enum { ROWS = 500 };

static double a[ROWS], b[ROWS], label[ROWS];

/* a tells the labels apart, b says nothing. */
static void make_scores(void)
{
    psn_random random;
    psn_random_start(&random, 5, 1, 0);
    for (int i = 0; i < ROWS; i++) {
        label[i] = i % 4 == 0;
        a[i] = psn_random_unit(&random) + label[i] / 2;
        b[i] = psn_random_unit(&random);
    }
}

static void the_better_score_is_called_better(void **state)
{
    (void)state;
    psn_bootstrap_options options;
    psn_bootstrap_result one, other;
    psn_bootstrap_defaults(&options);
    make_scores();
    psn_bootstrap_paired(&one, PSN_BOOTSTRAP_AUC, a, b, label, NULL, ROWS, &options, NULL,
                         NULL);
    psn_bootstrap_paired(&other, PSN_BOOTSTRAP_AUC, b, a, label, NULL, ROWS, &options,
                         NULL, NULL);
    assert_int_equal(one.verdict, 1);
    assert_int_equal(other.verdict, -1);
    assert_true(one.low > 0 && one.low < one.value && one.value < one.high);
    assert_true(other.low == -one.high && one.draws == 1000);
}

static void a_score_does_not_beat_itself(void **state)
{
    (void)state;
    psn_bootstrap_options options;
    psn_bootstrap_result result;
    psn_bootstrap_defaults(&options);
    make_scores();
    psn_bootstrap_paired(&result, PSN_BOOTSTRAP_AP, a, a, label, NULL, ROWS, &options,
                         NULL, NULL);
    assert_int_equal(result.verdict, 0);
    assert_true(result.low == 0 && result.high == 0 && result.share_better == 0);
}

/* The mean of 0 .. 499 has standard error 144.3 / sqrt(500) = 6.455. */
static void the_standard_error_of_a_mean_is_right(void **state)
{
    (void)state;
    psn_bootstrap_options options;
    psn_bootstrap_result result;
    psn_bootstrap_defaults(&options);
    for (int i = 0; i < ROWS; i++) a[i] = i;
    psn_bootstrap_paired(&result, PSN_BOOTSTRAP_MEAN, a, NULL, NULL, NULL, ROWS, &options,
                         NULL, NULL);
    assert_true(result.value == 249.5);
    assert_true(fabs(result.standard_error - 6.455) < 0.45);
    assert_true(fabs(result.high - result.low - 3.92 * 6.455) < 2);
}

static void lower_losses_can_be_better(void **state)
{
    (void)state;
    psn_bootstrap_options options;
    psn_bootstrap_result result;
    psn_bootstrap_defaults(&options);
    options.higher_is_better = 0;
    for (int i = 0; i < ROWS; i++) {
        a[i] = 1 + i % 3;
        b[i] = 2 + i % 3;
    }
    psn_bootstrap_paired(&result, PSN_BOOTSTRAP_MEAN, a, b, NULL, NULL, ROWS, &options,
                         NULL, NULL);
    assert_int_equal(result.verdict, 1);
    assert_true(fabs(result.value + 1) < 1e-12 && result.share_better == 1);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    psn_pool *pool;
    psn_bootstrap_options options;
    psn_bootstrap_result one, two;
    psn_bootstrap_defaults(&options);
    make_scores();
    assert_int_equal(psn_pool_open(&pool, 3, NULL), PERSONA_OK);
    psn_bootstrap_paired(&one, PSN_BOOTSTRAP_AUC, a, b, label, NULL, ROWS, &options, NULL,
                         NULL);
    psn_bootstrap_paired(&two, PSN_BOOTSTRAP_AUC, a, b, label, NULL, ROWS, &options, pool,
                         NULL);
    psn_pool_close(pool);
    assert_memory_equal(&one, &two, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_score_is_called_better),
        cmocka_unit_test(a_score_does_not_beat_itself),
        cmocka_unit_test(the_standard_error_of_a_mean_is_right),
        cmocka_unit_test(lower_losses_can_be_better),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
}
