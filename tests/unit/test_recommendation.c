/* test_recommendation.c: metrics of lists of recommendations, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "measure/recommendation.h"
#include "support/failing_memory.h"

static void near_to(double a, double b)
{
    if (!(fabs(a - b) <= 1e-12)) fail_msg("%.17g is not %.17g", a, b);
}

/* List 7 3 9 1, truth 1 3 5: hits at ranks 2 and 4. */
static const int32_t list[] = {7, 3, 9, 1}, truth[] = {1, 3, 5};

static double of_list(int32_t metric, int64_t k)
{
    return psn_rec_metric(metric, list, 4, k, truth, 3);
}

static void hits_are_divided_by_what_the_name_says(void **state)
{
    (void)state;
    near_to(of_list(PSN_REC_RECALL, 4), 2.0 / 3);
    near_to(of_list(PSN_REC_RECALL, 2), 1.0 / 3);
    near_to(of_list(PSN_REC_RECALL_MIN, 2), 1.0 / 2);
    near_to(of_list(PSN_REC_RECALL_MIN, 4), 2.0 / 3);
    near_to(of_list(PSN_REC_PRECISION, 4), 2.0 / 4);
    near_to(of_list(PSN_REC_PRECISION, 10), 2.0 / 10);
    near_to(of_list(PSN_REC_HIT_RATE, 2), 1);
    near_to(of_list(PSN_REC_HIT_RATE, 1), 0);
}

static void the_rank_of_hits_counts(void **state)
{
    (void)state;
    const double second = 1 / log2(3), third = 0.5, fourth = 1 / log2(5);
    near_to(of_list(PSN_REC_NDCG, 4), (second + fourth) / (1 + second + third));
    near_to(of_list(PSN_REC_NDCG, 2), second / (1 + second));
    near_to(of_list(PSN_REC_NDCG, 1), 0);
    near_to(of_list(PSN_REC_MRR, 4), 0.5);
    near_to(of_list(PSN_REC_MRR, 1), 0);
    near_to(of_list(PSN_REC_MAP, 4), (1.0 / 2 + 2.0 / 4) / 3);
    near_to(of_list(PSN_REC_MAP, 3), (1.0 / 2) / 3);
}

static void a_list_of_all_that_came_is_worth_1(void **state)
{
    (void)state;
    const int32_t perfect[] = {5, 1, 3};
    for (int32_t metric = 0; metric < PSN_REC_METRICS; metric++)
        near_to(psn_rec_metric(metric, perfect, 3, 3, truth, 3), 1);
}

static void missing_places_are_no_hits(void **state)
{
    (void)state;
    const int32_t gaps[] = {-1, -1, 5};
    for (int32_t metric = 0; metric < PSN_REC_METRICS; metric++) {
        near_to(psn_rec_metric(metric, gaps, 2, 3, truth, 3), 0);
        near_to(psn_rec_metric(metric, gaps, 0, 3, truth, 3), 0);
        near_to(psn_rec_metric(metric, list, 4, 3, truth, 0), 0);
    }
    near_to(psn_rec_metric(PSN_REC_MRR, gaps, 3, 3, truth, 3), 1.0 / 3);
}

static void the_mean_is_over_cases(void **state)
{
    (void)state;
    const int32_t lists[] = {4, 2, 0, 1};
    int64_t start[] = {0, 1, 3};
    int32_t came[] = {2, 0, 1};
    const psn_sparse cases = {.rows = 2, .columns = 5, .start = start, .column = came};
    double mean, each[2];
    assert_int_equal(psn_rec_mean(&mean, each, PSN_REC_RECALL, lists, 2, 2, &cases, NULL),
                     PERSONA_OK);
    near_to(mean, 1);
    psn_rec_mean(&mean, each, PSN_REC_MRR, lists, 2, 2, &cases, NULL);
    near_to(each[0], 0.5);
    near_to(each[1], 1);
    near_to(mean, 0.75);
    psn_rec_mean(&mean, NULL, PSN_REC_RECALL, lists, 2, 1, &cases, NULL);
    near_to(mean, 0.25);
}

static void a_mean_needs_cases_a_metric_and_k(void **state)
{
    (void)state;
    int64_t start[] = {0};
    const psn_sparse none = {.rows = 0, .columns = 5, .start = start};
    double mean;
    assert_int_equal(psn_rec_mean(&mean, NULL, 0, list, 4, 4, &none, NULL),
                     PERSONA_EDATA);
    assert_int_equal(psn_rec_mean(&mean, NULL, 0, list, 4, 0, &none, NULL), PERSONA_EARG);
    assert_int_equal(psn_rec_mean(&mean, NULL, PSN_REC_METRICS, list, 4, 4, &none, NULL),
                     PERSONA_EARG);
}

/* ---- beyond accuracy: 4 users; item 0 is had by all, 1 by two, 2 by one, 3 by none. */
static int64_t user_start[] = {0, 2, 4, 5, 6};
static int32_t user_items[] = {0, 1, 0, 1, 0, 0};
static int32_t with_rare[] = {0, 1, 0, 2, 0, 0};
static const psn_sparse profile = {
    .rows = 4, .columns = 4, .start = user_start, .column = user_items};
static const psn_sparse rare_profile = {
    .rows = 4, .columns = 4, .start = user_start, .column = with_rare};

static psn_rec_beyond beyond(const int32_t *lists, int64_t rows, int64_t k,
                             const psn_sparse *of, const psn_sparse *similar)
{
    psn_rec_beyond out;
    persona_error error;
    if (psn_rec_beyond_accuracy(&out, lists, rows, k, of, similar, &error) != PERSONA_OK)
        fail_msg("%s", error.message);
    return out;
}

static void coverage_and_gini_tell_how_evenly_items_are_listed(void **state)
{
    (void)state;
    const int32_t lists[] = {0, 1, 0, -1, 0, 1};
    const psn_rec_beyond out = beyond(lists, 3, 2, &profile, NULL);
    near_to(out.coverage, 2.0 / 4);
    assert_int_equal(out.short_lists, 1);
    /* listed 0 0 2 3: 2 (3 x 2 + 4 x 3) / (4 x 5) - 5/4 */
    near_to(out.gini, 36.0 / 20 - 1.25);
    const int32_t even[] = {0, 1, 2, 3};
    near_to(beyond(even, 2, 2, &profile, NULL).gini, 0);
    near_to(beyond(even, 2, 2, &profile, NULL).coverage, 1);
}

static void novelty_is_the_information_of_what_is_listed(void **state)
{
    (void)state;
    const int32_t lists[] = {0, 1, 2, 3};
    const psn_rec_beyond out = beyond(lists, 2, 2, &profile, NULL);
    /* shares 4/4, 2/4 and, as if one had them, 1/4 and 1/4: 0, 1, 2, 2 bits */
    near_to(out.novelty, 5.0 / 4);
}

static void popularity_bias_compares_with_what_users_have(void **state)
{
    (void)state;
    const int32_t popular[] = {0, -1}, all[] = {0, 1, 2, 3};
    /* events' items: four times 4 users, two times 2: mean 20 / 6 */
    near_to(beyond(popular, 1, 2, &profile, NULL).popularity_bias, 4 / (20.0 / 6));
    near_to(beyond(all, 1, 4, &profile, NULL).popularity_bias, (6.0 / 4) / (20.0 / 6));
}

static void diversity_is_one_minus_the_cosine_of_pairs(void **state)
{
    (void)state;
    const int32_t pair[] = {0, 1};
    near_to(beyond(pair, 1, 2, &profile, NULL).diversity, 1 - 2 / sqrt(8.0));
    /* 0: 4 users, 1 and 2: one of them each, 3: nobody; pairs 1/2, 1/2, 0, 0, 0, 0 */
    const int32_t all[] = {0, 1, 2, 3};
    near_to(beyond(all, 1, 4, &rare_profile, NULL).diversity, 1 - 1.0 / 6);
    /* lists of one item do not count */
    const int32_t some[] = {0, 1, 2, -1};
    near_to(beyond(some, 2, 2, &profile, NULL).diversity, 1 - 2 / sqrt(8.0));
}

static void diversity_takes_similarities_that_are_given(void **state)
{
    (void)state;
    int64_t start[] = {0, 2, 3, 4, 4};
    int32_t column[] = {1, 2, 0, 0};
    float value[] = {0.5F, 1, 0.5F, 1};
    const psn_sparse similar = {4, 4, start, column, value};
    const int32_t three[] = {2, 0, 1};
    near_to(beyond(three, 1, 3, &profile, &similar).diversity, 1 - 1.5 / 3);
}

static void nothing_listed_is_zero_everywhere(void **state)
{
    (void)state;
    const int32_t none[] = {-1, -1};
    const psn_rec_beyond out = beyond(none, 1, 2, &profile, NULL);
    near_to(out.coverage + out.novelty + out.diversity + out.popularity_bias + out.gini,
            0);
    assert_int_equal(out.short_lists, 1);
}

static void an_item_out_of_range_is_refused_with_its_row(void **state)
{
    (void)state;
    const int32_t lists[] = {0, 1, 0, 4};
    psn_rec_beyond out;
    persona_error error;
    assert_int_equal(psn_rec_beyond_accuracy(&out, lists, 2, 2, &profile, NULL, &error),
                     PERSONA_EARG);
    assert_int_equal(error.where, 1);
    assert_string_equal(error.message, "list 1 holds an item that is not in the "
                                       "catalogue");
    assert_int_equal(psn_rec_beyond_accuracy(&out, lists, 1, 2, &profile, &profile, NULL),
                     PERSONA_OK); /* 4 x 4 is a shape that fits */
    const psn_sparse narrow = {.rows = 4, .columns = 3, .start = user_start};
    assert_int_equal(psn_rec_beyond_accuracy(&out, lists, 1, 2, &profile, &narrow, NULL),
                     PERSONA_EARG);
}

static void every_failed_allocation_is_an_error_without_a_leak(void **state)
{
    (void)state;
    const int32_t lists[] = {0, 1, 2, 3};
    int rc = PERSONA_ENOMEM, failures = 0;
    for (int after = 0; rc != PERSONA_OK; after++) {
        psn_rec_beyond out;
        failing_memory_arm(after, 0);
        rc = psn_rec_beyond_accuracy(&out, lists, 2, 2, &profile, NULL, NULL);
        failures += failing_memory_disarm();
        if (rc != PERSONA_OK) assert_int_equal(rc, PERSONA_ENOMEM);
        assert_int_equal(atomic_load(&memory_live), 0);
    }
    assert_true(failures >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits_are_divided_by_what_the_name_says),
        cmocka_unit_test(the_rank_of_hits_counts),
        cmocka_unit_test(a_list_of_all_that_came_is_worth_1),
        cmocka_unit_test(missing_places_are_no_hits),
        cmocka_unit_test(the_mean_is_over_cases),
        cmocka_unit_test(a_mean_needs_cases_a_metric_and_k),
        cmocka_unit_test(coverage_and_gini_tell_how_evenly_items_are_listed),
        cmocka_unit_test(novelty_is_the_information_of_what_is_listed),
        cmocka_unit_test(popularity_bias_compares_with_what_users_have),
        cmocka_unit_test(diversity_is_one_minus_the_cosine_of_pairs),
        cmocka_unit_test(diversity_takes_similarities_that_are_given),
        cmocka_unit_test(nothing_listed_is_zero_everywhere),
        cmocka_unit_test(an_item_out_of_range_is_refused_with_its_row),
        cmocka_unit_test(every_failed_allocation_is_an_error_without_a_leak),
    };
    failing_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
