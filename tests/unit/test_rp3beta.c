/* test_rp3beta.c: random walks item -> user -> item. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "learn/rp3beta.h"
#include "support/sparse_data.h"

static int fit_default(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                       persona_task *task, persona_error *error)
{
    psn_rp3beta_options options;
    psn_rp3beta_defaults(&options);
    options.neighbors = 30;
    return psn_rp3beta_fit(weights, x, &options, pool, task, error);
}

static psn_sparse *fit(const psn_sparse *x, double alpha, double beta, int32_t neighbors,
                       int32_t longest)
{
    psn_sparse *weights;
    const psn_rp3beta_options options = {alpha, beta, neighbors, longest};
    assert_int_equal(psn_rp3beta_fit(&weights, x, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    return weights;
}

/* Items have 3, 2, 1 users, users 2, 3, 1 items: with alpha = beta = 1
 * w_01 = 1/3 (1/2 + 1/3) 1/2. */
static void weights_are_those_of_the_walk(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01|012|0", 3, NULL), *w = fit(x, 1, 1, 10, 10);
    assert_int_equal(w->start[3], 6); /* nobody leads to himself */
    assert_true(sparse_near(w, 0, 1, 5.0 / 36) && sparse_near(w, 1, 0, 5.0 / 36));
    assert_true(sparse_near(w, 0, 2, 1.0 / 9) && sparse_near(w, 2, 0, 1.0 / 9));
    assert_true(sparse_near(w, 1, 2, 1.0 / 6) && sparse_near(w, 2, 1, 1.0 / 6));
    psn_sparse_free(w);
    w = fit(x, 1, 0, 10, 10); /* without the last factor each way has its own weight */
    assert_true(sparse_near(w, 0, 1, 5.0 / 18) && sparse_near(w, 1, 0, 5.0 / 12));
    psn_sparse_free(w);
    psn_sparse_free(x);
}

static void only_so_many_neighbors_stay(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01|012|0", 3, NULL), *w = fit(x, 1, 1, 1, 10);
    assert_int_equal(w->start[3], 3);
    assert_true(sparse_at(w, 0, 1) > 0 && sparse_at(w, 1, 2) > 0);
    assert_true(sparse_at(w, 2, 1) > 0);
    psn_sparse_free(w);
    psn_sparse_free(x);
}

/* Sums count in units of the mean event: the unit of the weights falls out. */
static void twice_every_weight_changes_the_scale_only(void **state)
{
    (void)state;
    const float one[] = {1, 3, 2, 1, 1, 4}, two[] = {2, 6, 4, 2, 2, 8};
    psn_sparse *x = sparse_of("01|012|0", 3, one), *y = sparse_of("01|012|0", 3, two);
    psn_sparse *w = fit(x, 0.8, 0.3, 10, 10), *v = fit(y, 0.8, 0.3, 10, 10);
    for (int32_t i = 0; i < 3; i++)
        for (int32_t j = 0; j < 3; j++)
            assert_true(sparse_near(v, i, j, 4 * sparse_at(w, i, j)));
    psn_sparse_free(w);
    psn_sparse_free(v);
    psn_sparse_free(x);
    psn_sparse_free(y);
}

static void a_long_user_counts_with_the_heaviest_items(void **state)
{
    (void)state;
    const float weight[] = {3, 1, 2};
    psn_sparse *x = sparse_of("012", 3, weight), *w = fit(x, 0, 0, 10, 2);
    assert_int_equal(w->start[3], 2);
    assert_true(sparse_near(w, 0, 2, 6) && sparse_near(w, 2, 0, 6));
    psn_sparse_free(w);
    psn_sparse_free(x);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01", 2, NULL), *w;
    const psn_rp3beta_options bad[] = {
        {0.8, 0.3, 0, 9}, {NAN, 0.3, 9, 9}, {0.8, -1, 9, 9}, {0.8, 0.3, 9, 0}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(psn_rp3beta_fit(&w, x, &bad[i], NULL, NULL, NULL), PERSONA_EARG);
        assert_null(w);
    }
    psn_sparse_free(x);
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
        cmocka_unit_test(weights_are_those_of_the_walk),
        cmocka_unit_test(only_so_many_neighbors_stay),
        cmocka_unit_test(twice_every_weight_changes_the_scale_only),
        cmocka_unit_test(a_long_user_counts_with_the_heaviest_items),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(every_refused_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_cancelled_fit_ends),
        cmocka_unit_test(no_events_give_no_weights),
    };
    failing_memory_install();
    return cmocka_run_group_tests_name("rp3beta", tests, NULL, NULL);
}
