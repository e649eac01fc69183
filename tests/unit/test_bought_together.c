/* test_bought_together.c: what goes into the same basket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "learn/bought_together.h"
#include "support/sparse_data.h"

static int fit_default(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                       persona_task *task, persona_error *error)
{
    psn_bought_together_options options;
    psn_bought_together_defaults(&options);
    options.neighbors = 30;
    options.min_count = 1;
    psn_sparse *counts;
    const int rc =
        psn_bought_together_fit(weights, &counts, x, &options, pool, task, error);
    psn_sparse_free(counts);
    return rc;
}

static int fit_wilson(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                      persona_task *task, persona_error *error)
{
    const psn_bought_together_options options = {PSN_BASKET_WILSON, 30, 1, 100};
    return psn_bought_together_fit(weights, NULL, x, &options, pool, task, error);
}

/* Ten baskets: item 0 in 4, item 1 in 5, both in 3; item 2 in 4, once with 1. */
static const char *const TEN = "01|01|01|0|12|1|2|2|2|3";

static psn_sparse *fit(int32_t measure, int32_t min_count, int32_t longest)
{
    psn_sparse *x = sparse_of(TEN, 4, NULL), *weights;
    const psn_bought_together_options options = {measure, 10, min_count, longest};
    assert_int_equal(
        psn_bought_together_fit(&weights, NULL, x, &options, NULL, NULL, NULL),
        PERSONA_OK);
    psn_sparse_free(x);
    return weights;
}

static void lift_is_how_many_times_above_chance(void **state)
{
    (void)state;
    psn_sparse *w = fit(PSN_BASKET_LIFT, 1, 10);
    assert_true(sparse_near(w, 0, 1, 3 * 10 / (4.0 * 5)));
    assert_true(sparse_near(w, 1, 0, 3 * 10 / (4.0 * 5)));
    assert_true(sparse_near(w, 1, 2, 1 * 10 / (5.0 * 4)));
    assert_int_equal(w->start[4], 4);
    psn_sparse_free(w);
}

/* Cells 3 1 2 4 where chance gives 2 2 3 3; below chance there is no entry. */
static void likelihood_is_the_root_of_the_ratio_of_the_table(void **state)
{
    (void)state;
    psn_sparse *w = fit(PSN_BASKET_LIKELIHOOD, 1, 10);
    const double ratio =
        2 * (3 * log(1.5) + log(0.5) + 2 * log(2.0 / 3) + 4 * log(4.0 / 3));
    assert_true(fabs(ratio - 1.726092) < 1e-5);
    assert_true(sparse_near(w, 0, 1, sqrt(ratio)) && sparse_near(w, 1, 0, sqrt(ratio)));
    assert_int_equal(w->start[4], 2);
    psn_sparse_free(w);
}

/* The interval of 3 of 4 begins at .3006, of 3 of 5 at .2307. */
static void wilson_is_the_lower_end_over_the_share(void **state)
{
    (void)state;
    psn_sparse *w = fit(PSN_BASKET_WILSON, 1, 10);
    assert_true(fabs(sparse_at(w, 0, 1) - 0.30064 / 0.5) < 1e-4);
    assert_true(fabs(sparse_at(w, 1, 0) - 0.23072 / 0.4) < 1e-4);
    psn_sparse_free(w);
}

static void pairs_seen_too_seldom_are_left_out(void **state)
{
    (void)state;
    psn_sparse *w = fit(PSN_BASKET_LIFT, 2, 10);
    assert_int_equal(w->start[4], 2);
    psn_sparse_free(w);
}

/* Without baskets of two there are no pairs. Without the one of three, 0 and 1 meet once
 * in two baskets, always. */
static void large_baskets_do_not_count(void **state)
{
    (void)state;
    psn_sparse *w = fit(PSN_BASKET_LIFT, 1, 1);
    assert_int_equal(w->start[4], 0);
    psn_sparse_free(w);
    psn_sparse *x = sparse_of("012|01|2", 3, NULL);
    const psn_bought_together_options options = {PSN_BASKET_LIFT, 10, 1, 2};
    assert_int_equal(psn_bought_together_fit(&w, NULL, x, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(w->start[3], 2);
    assert_true(sparse_near(w, 0, 1, 1 * 2 / (1.0 * 1)));
    psn_sparse_free(w);
    psn_sparse_free(x);
}

static void counts_have_the_shape_of_the_weights(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of(TEN, 4, NULL), *w, *counts;
    const psn_bought_together_options options = {PSN_BASKET_WILSON, 1, 1, 10};
    assert_int_equal(psn_bought_together_fit(&w, &counts, x, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(counts->start[4], w->start[4]);
    assert_memory_equal(counts->column, w->column, (size_t)w->start[4] * 4);
    assert_true(sparse_at(counts, 0, 1) == 3 && sparse_at(counts, 1, 0) == 3);
    assert_true(sparse_at(counts, 2, 1) == 1 && sparse_at(counts, 1, 2) == 0);
    psn_sparse_free(w);
    psn_sparse_free(counts);
    psn_sparse_free(x);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01", 2, NULL), *w;
    const psn_bought_together_options bad[] = {
        {3, 9, 1, 9}, {-1, 9, 1, 9}, {0, 0, 1, 9}, {0, 9, 0, 9}, {0, 9, 1, 0}};
    for (int i = 0; i < 5; i++)
        assert_int_equal(psn_bought_together_fit(&w, NULL, x, &bad[i], NULL, NULL, NULL),
                         PERSONA_EARG);
    psn_sparse_free(x);
}

static void threads_do_not_matter_to_wilson(void **state)
{
    (void)state;
    check_threads(fit_wilson, 0);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    check_threads(fit_default, 0);
}

static void every_refused_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    check_memory(fit_default, 0);
}

static void a_cancelled_fit_ends(void **state)
{
    (void)state;
    check_cancel(fit_default, 0);
}

static void no_events_give_no_weights(void **state)
{
    (void)state;
    check_empty(fit_default);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lift_is_how_many_times_above_chance),
        cmocka_unit_test(likelihood_is_the_root_of_the_ratio_of_the_table),
        cmocka_unit_test(wilson_is_the_lower_end_over_the_share),
        cmocka_unit_test(pairs_seen_too_seldom_are_left_out),
        cmocka_unit_test(large_baskets_do_not_count),
        cmocka_unit_test(counts_have_the_shape_of_the_weights),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(threads_do_not_matter_to_wilson),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(every_refused_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_cancelled_fit_ends),
        cmocka_unit_test(no_events_give_no_weights),
    };
    failing_memory_install();
    return cmocka_run_group_tests_name("bought_together", tests, NULL, NULL);
}
