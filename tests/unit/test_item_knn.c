/* test_item_knn.c: items that the same users have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "learn/item_knn.h"
#include "support/sparse_data.h"

static int fit_as(int32_t similarity, psn_sparse **weights, const psn_sparse *x,
                  psn_pool *pool, persona_task *task, persona_error *error)
{
    psn_item_knn_options options;
    psn_item_knn_defaults(&options);
    options.neighbors = 30;
    options.shrinkage = 0;
    options.similarity = similarity;
    return psn_item_knn_fit(weights, x, &options, pool, task, error);
}

static int fit_default(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                       persona_task *task, persona_error *error)
{
    return fit_as(PSN_KNN_BM25, weights, x, pool, task, error);
}

static int fit_cosine(psn_sparse **weights, const psn_sparse *x, psn_pool *pool,
                      persona_task *task, persona_error *error)
{
    return fit_as(PSN_KNN_COSINE, weights, x, pool, task, error);
}

/* Items have 3, 2, 1 users, users 2, 3, 1 items. */
static psn_sparse *fit(int32_t similarity, double shrinkage, const float *values)
{
    psn_sparse *x = sparse_of("01|012|0", 3, values), *weights;
    psn_item_knn_options options;
    psn_item_knn_defaults(&options);
    options.similarity = similarity;
    options.shrinkage = shrinkage;
    options.k1 = options.b = 1;
    assert_int_equal(psn_item_knn_fit(&weights, x, &options, NULL, NULL, NULL),
                     PERSONA_OK);
    psn_sparse_free(x);
    return weights;
}

static void cosine_is_common_users_over_lengths(void **state)
{
    (void)state;
    psn_sparse *w = fit(PSN_KNN_COSINE, 0, NULL);
    assert_int_equal(w->start[3], 6);
    assert_true(sparse_near(w, 0, 1, 2 / sqrt(6)) && sparse_near(w, 1, 0, 2 / sqrt(6)));
    assert_true(sparse_near(w, 0, 2, 1 / sqrt(3)) && sparse_near(w, 1, 2, 1 / sqrt(2)));
    psn_sparse_free(w);
    w = fit(PSN_KNN_COSINE, 1, NULL);
    assert_true(sparse_near(w, 0, 1, 2 / (sqrt(6) + 1)));
    psn_sparse_free(w);
}

/* Items (1 2 4), (3 1 0): 5 / (sqrt(21) sqrt(10)). */
static void cosine_counts_weights_of_events(void **state)
{
    (void)state;
    const float values[] = {1, 3, 2, 1, 1, 4};
    psn_sparse *w = fit(PSN_KNN_COSINE, 0, values);
    assert_true(sparse_near(w, 0, 1, 5 / sqrt(210)));
    psn_sparse_free(w);
}

static void jaccard_is_common_users_over_users_of_either(void **state)
{
    (void)state;
    const float values[] = {1, 3, 2, 1, 1, 4}; /* do not matter */
    psn_sparse *w = fit(PSN_KNN_JACCARD, 0, values);
    assert_true(sparse_near(w, 0, 1, 2.0 / 3) && sparse_near(w, 0, 2, 1.0 / 3));
    assert_true(sparse_near(w, 1, 2, 1.0 / 2));
    psn_sparse_free(w);
    w = fit(PSN_KNN_JACCARD, 1, NULL);
    assert_true(sparse_near(w, 0, 1, 2.0 / 4));
    psn_sparse_free(w);
}

/* Of four items: idf of the users log(4 / 3), log(4 / 4), log(4 / 2) = a, 0, c; items
 * (a 0 c), (a 0 .), so the cosine is a / sqrt(a^2 + c^2). */
static void tfidf_hears_little_from_users_with_many_items(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01|012|0", 4, NULL), *w;
    assert_int_equal(fit_as(PSN_KNN_TFIDF, &w, x, NULL, NULL, NULL), PERSONA_OK);
    const double a = log(4.0 / 3), c = log(2.0);
    assert_int_equal(w->start[4], 2);
    assert_true(sparse_near(w, 0, 1, a / sqrt(a * a + c * c)));
    psn_sparse_free(w);
    psn_sparse_free(x);
}

/* Four items with 3, 2, 1, 0 users, 1.5 in the mean: with k1 = b = 1 and weights of 1 an
 * entry is idf 2 / (d / 1.5 + 1), so 2/3 a for item 0 and 6/7 a for item 1. */
static void bm25_saturates_and_divides_by_popularity(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01|012|0", 4, NULL), *w;
    psn_item_knn_options options;
    psn_item_knn_defaults(&options);
    options.similarity = PSN_KNN_BM25;
    options.k1 = options.b = 1;
    assert_int_equal(psn_item_knn_fit(&w, x, &options, NULL, NULL, NULL), PERSONA_OK);
    const double a = log(4.0 / 3);
    assert_true(sparse_near(w, 0, 1, a * a * (2.0 / 3) * (6.0 / 7)));
    assert_int_equal(w->start[4], 2);
    psn_sparse_free(w);
    psn_sparse_free(x);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    psn_sparse *x = sparse_of("01", 2, NULL), *w;
    const psn_item_knn_options bad[] = {{4, 9, 0, 1, 0, 9},   {-1, 9, 0, 1, 0, 9},
                                        {0, 0, 0, 1, 0, 9},   {0, 9, -1, 1, 0, 9},
                                        {0, 9, 0, NAN, 0, 9}, {0, 9, 0, 1, 2, 9},
                                        {0, 9, 0, 1, 0, 0}};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(psn_item_knn_fit(&w, x, &bad[i], NULL, NULL, NULL),
                         PERSONA_EARG);
        assert_null(w);
    }
    psn_sparse_free(x);
}

static void threads_do_not_matter_to_cosine(void **state)
{
    (void)state;
    check_threads(fit_cosine, 0);
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
        cmocka_unit_test(cosine_is_common_users_over_lengths),
        cmocka_unit_test(cosine_counts_weights_of_events),
        cmocka_unit_test(jaccard_is_common_users_over_users_of_either),
        cmocka_unit_test(tfidf_hears_little_from_users_with_many_items),
        cmocka_unit_test(bm25_saturates_and_divides_by_popularity),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(threads_do_not_matter_to_cosine),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(every_refused_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_cancelled_fit_ends),
        cmocka_unit_test(no_events_give_no_weights),
    };
    failing_memory_install();
    return cmocka_run_group_tests_name("item_knn", tests, NULL, NULL);
}
