/* test_loss.c: losses, deviances, NDCG. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "measure/loss.h"
#include "measure/ranking.h"

static int near(double a, double b)
{
    return fabs(a - b) <= 1e-14 * fmax(1, fabs(b));
}

static void losses_of_one_row_are_their_formulas(void **state)
{
    (void)state;
    assert_true(near(psn_loss_of(PSN_LOSS_LOG, 0, 0.25, 1), log(4)));
    assert_true(near(psn_loss_of(PSN_LOSS_LOG, 0, 0.25, 0), log(4.0 / 3)));
    assert_true(psn_loss_of(PSN_LOSS_BRIER, 0, 0.25, 1) == 0.5625);
    assert_true(psn_loss_of(PSN_LOSS_ABSOLUTE, 0, 5, 2) == 3);
    assert_true(psn_loss_of(PSN_LOSS_PINBALL, 0.75, 1, 5) == 3);
    assert_true(psn_loss_of(PSN_LOSS_PINBALL, 0.75, 5, 1) == 1);
    assert_true(psn_loss_of(PSN_LOSS_POISSON, 0, 3, 0) == 6);
    assert_true(near(psn_loss_of(PSN_LOSS_POISSON, 0, 1, 2), 2 * (2 * log(2) - 1)));
    assert_true(near(psn_loss_of(PSN_LOSS_GAMMA, 0, 1, 2), 2 * (1 - log(2))));
}

/* p = 1.5, y = 4, m = 1: 2 (2 / -.25 + 4 / .5 + 1 / .5) = 4 */
static void tweedie_lies_between_poisson_and_gamma(void **state)
{
    (void)state;
    assert_true(near(psn_loss_of(PSN_LOSS_TWEEDIE, 1.5, 1, 4), 4));
    assert_true(psn_loss_of(PSN_LOSS_TWEEDIE, 1, 2, 3) ==
                psn_loss_of(PSN_LOSS_POISSON, 0, 2, 3));
    assert_true(psn_loss_of(PSN_LOSS_TWEEDIE, 2, 2, 3) ==
                psn_loss_of(PSN_LOSS_GAMMA, 0, 2, 3));
}

static void a_certain_miss_is_cut_at_2_to_the_minus_52(void **state)
{
    (void)state;
    assert_true(near(psn_loss_of(PSN_LOSS_LOG, 0, 0, 1), 52 * log(2)));
}

static void means_are_weighted(void **state)
{
    (void)state;
    const double predicted[] = {1, 2}, label[] = {3, 2}, weight[] = {1, 3};
    double mean, each[2];
    psn_loss_mean(&mean, each, PSN_LOSS_SQUARED, 0, predicted, label, weight, 2, NULL);
    assert_true(mean == 1 && each[0] == 4 && each[1] == 0);
    psn_loss_root(&mean, predicted, label, NULL, 2, NULL);
    assert_true(mean == sqrt(2));
}

static void a_negative_count_names_its_row(void **state)
{
    (void)state;
    const double predicted[] = {1, 1}, label[] = {1, -1};
    persona_error error;
    double mean;
    assert_int_equal(psn_loss_mean(&mean, NULL, PSN_LOSS_POISSON, 0, predicted, label,
                                   NULL, 2, &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 1);
}

static void rows_of_many_classes_are_divided_by_their_sum(void **state)
{
    (void)state;
    const double p[] = {1, 1, 2, 0.5, 0.25, 0.25}, label[] = {2, 0};
    double mean;
    assert_int_equal(psn_loss_classes(&mean, p, 3, label, NULL, 2, NULL), PERSONA_OK);
    assert_true(near(mean, log(2)));
}

/* Labels 1 2 0 by scores 3 2 1: (1 + 3 / log2 3) / (3 + 1 / log2 3). */
static void ndcg_divides_by_the_best_order(void **state)
{
    (void)state;
    const double score[] = {1, 3, 2}, label[] = {0, 1, 2}, third = log(2) / log(3);
    const int64_t start[] = {0, 3};
    double mean;
    psn_ranking_ndcg(&mean, NULL, score, label, start, 1, NULL, 5, 0, NULL);
    assert_true(near(mean, (1 + 3 * third) / (3 + third)));
    psn_ranking_ndcg(&mean, NULL, score, label, start, 1, NULL, 1, 0, NULL);
    assert_true(near(mean, 1.0 / 3));
}

static void a_list_without_gain_counts_as_told(void **state)
{
    (void)state;
    const double score[] = {1, 2, 5, 6}, label[] = {0, 1, 0, 0};
    const int64_t start[] = {0, 2, 4};
    double mean, each[2];
    psn_ranking_ndcg(&mean, each, score, label, start, 2, NULL, 5, 0, NULL);
    assert_true(mean == 0.5 && each[0] == 1 && each[1] == 0);
    psn_ranking_ndcg(&mean, NULL, score, label, start, 2, NULL, 5, 1, NULL);
    assert_true(mean == 1);
    psn_ranking_ndcg(&mean, each, score, label, start, 2, NULL, 5, NAN, NULL);
    assert_true(mean == 1 && isnan(each[1]));
}

static void equal_scores_keep_the_order_of_the_rows(void **state)
{
    (void)state;
    const double score[] = {1, 1}, label[] = {0, 1};
    const int64_t start[] = {0, 2};
    double mean;
    psn_ranking_ndcg(&mean, NULL, score, label, start, 1, NULL, 5, 0, NULL);
    assert_true(near(mean, log(2) / log(3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_of_one_row_are_their_formulas),
        cmocka_unit_test(tweedie_lies_between_poisson_and_gamma),
        cmocka_unit_test(a_certain_miss_is_cut_at_2_to_the_minus_52),
        cmocka_unit_test(means_are_weighted),
        cmocka_unit_test(a_negative_count_names_its_row),
        cmocka_unit_test(rows_of_many_classes_are_divided_by_their_sum),
        cmocka_unit_test(ndcg_divides_by_the_best_order),
        cmocka_unit_test(a_list_without_gain_counts_as_told),
        cmocka_unit_test(equal_scores_keep_the_order_of_the_rows),
    };
    return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}
