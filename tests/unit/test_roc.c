/* test_roc.c: AUC, average precision, curves, DeLong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "measure/roc.h"

static void auc_counts_pairs_in_order_and_half_of_ties(void **state)
{
    (void)state;
    /* positives .9 .5, negatives .5 .3 .6: pairs won 1+1+1, .5 (tie), 1, 0 -> 4.5 of 6 */
    const double score[] = {.9, .5, .5, .3, .6}, label[] = {1, 1, 0, 0, 0};
    double auc;
    assert_int_equal(psn_roc_auc(&auc, score, label, NULL, 5, NULL), PERSONA_OK);
    assert_true(auc == 4.5 / 6);
}

static void a_weight_of_two_is_the_row_twice(void **state)
{
    (void)state;
    const double score[] = {3, 2, 1}, label[] = {1, 0, 1}, weight[] = {1, 1, 2};
    const double score_twice[] = {3, 2, 1, 1}, label_twice[] = {1, 0, 1, 1};
    double a, b;
    psn_roc_auc(&a, score, label, weight, 3, NULL);
    psn_roc_auc(&b, score_twice, label_twice, NULL, 4, NULL);
    assert_true(a == b && a == 1.0 / 3);
    psn_roc_average_precision(&a, score, label, weight, 3, NULL);
    psn_roc_average_precision(&b, score_twice, label_twice, NULL, 4, NULL);
    assert_true(fabs(a - b) < 1e-15);
}

static void average_precision_adds_precision_at_each_gain_of_recall(void **state)
{
    (void)state;
    /* order: + - + -: 1/2 x 1 + 1/2 x 2/3 */
    const double score[] = {4, 3, 2, 1}, label[] = {1, 0, 1, 0};
    double ap;
    assert_int_equal(psn_roc_average_precision(&ap, score, label, NULL, 4, NULL),
                     PERSONA_OK);
    assert_true(fabs(ap - (0.5 + 1.0 / 3)) < 1e-15);
}

static void equal_scores_are_one_point_of_the_curve(void **state)
{
    (void)state;
    const double score[] = {2, 2, 1, 0}, label[] = {1, 0, 1, 0};
    psn_roc_point points[4];
    int64_t count;
    psn_roc_points(points, &count, score, label, NULL, 4, NULL);
    assert_int_equal(count, 3);
    assert_true(points[0].threshold == 2 && points[0].precision == 0.5);
    assert_true(points[0].recall == 0.5 && points[0].false_rate == 0.5);
    assert_true(points[1].recall == 1 && points[1].precision == 2.0 / 3);
    assert_true(points[2].false_rate == 1 && points[2].precision == 0.5);
}

static void labels_of_one_kind_are_refused(void **state)
{
    (void)state;
    const double score[] = {1, 2}, ones[] = {1, 1}, zeros[] = {0, 0};
    persona_error error;
    double auc;
    assert_int_equal(psn_roc_auc(&auc, score, ones, NULL, 2, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "no label is negative");
    assert_int_equal(psn_roc_auc(&auc, score, zeros, NULL, 2, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "no label is positive");
}

static void a_missing_score_names_its_row(void **state)
{
    (void)state;
    const double score[] = {1, NAN}, label[] = {1, 0};
    persona_error error;
    double auc;
    assert_int_equal(psn_roc_auc(&auc, score, label, NULL, 2, &error), PERSONA_EDATA);
    assert_int_equal(error.where, 1);
}

static void a_thinned_curve_keeps_its_ends(void **state)
{
    (void)state;
    psn_roc_point points[1000];
    double score[1000], label[1000];
    int64_t count;
    for (int i = 0; i < 1000; i++) {
        score[i] = i;
        label[i] = i % 2;
    }
    psn_roc_points(points, &count, score, label, NULL, 1000, NULL);
    count = psn_roc_thin(points, count, 20);
    assert_true(count <= 20 && count >= 18);
    assert_true(points[0].threshold == 999 && points[count - 1].threshold == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auc_counts_pairs_in_order_and_half_of_ties),
        cmocka_unit_test(a_weight_of_two_is_the_row_twice),
        cmocka_unit_test(average_precision_adds_precision_at_each_gain_of_recall),
        cmocka_unit_test(equal_scores_are_one_point_of_the_curve),
        cmocka_unit_test(labels_of_one_kind_are_refused),
        cmocka_unit_test(a_missing_score_names_its_row),
        cmocka_unit_test(a_thinned_curve_keeps_its_ends),
    };
    return cmocka_run_group_tests_name("roc", tests, NULL, NULL);
}
