/* test_ruletree.c: one short rule for a class. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "learn/ruletree.h"

static void a_cut_is_the_roundest_number_between_two_values(void **state)
{
    (void)state;
    assert_true(psn_round_between(30.2, 31.7) == 31);
    assert_true(psn_round_between(812.4, 955.1) == 900);
    assert_true(psn_round_between(0.1213, 0.1289) == 0.125);
    assert_true(psn_round_between(-3, 2) == 0);
    assert_true(psn_round_between(-31.7, -30.2) == -31);
    assert_true(psn_round_between(2, 3) == 2); /* x <= 2 keeps 2 on its side */
    assert_true(psn_round_between(1e-20, 2e-20) == 1e-20);
}

static psn_rule rule_of(const double *const *columns, int32_t dims, int64_t rows,
                        const double *weights, const int32_t *labels, int32_t target)
{
    psn_ruletree *tree = NULL;
    psn_rule rule;
    persona_error error = {0};
    assert_int_equal(psn_ruletree_new(&tree, columns, dims, rows, weights, &error), 0);
    assert_int_equal(psn_ruletree_rule(&rule, tree, labels, target, &error), 0);
    psn_ruletree_free(tree);
    return rule;
}

static void one_cut_that_parts_the_class_is_the_whole_rule(void **state)
{
    (void)state;
    const double noise[] = {5, 1, 4, 2, 3, 6, 7, 8},
                 spend[] = {10, 20, 30, 40, 90, 95, 97, 99};
    const double *const columns[] = {noise, spend};
    const int32_t labels[] = {0, 0, 0, 0, 1, 1, 1, 1};
    const psn_rule rule = rule_of(columns, 2, 8, NULL, labels, 1);
    assert_int_equal(rule.count, 1);
    assert_int_equal(rule.condition[0].column, 1);
    assert_int_equal(rule.condition[0].above, 1);
    assert_true(rule.condition[0].threshold == 50);
    assert_true(rule.precision == 1 && rule.recall == 1);
}

static void two_conditions_when_one_is_not_enough(void **state)
{
    (void)state;
    const double a[] = {1, 1, 9, 9, 1, 1, 9, 9, 9, 9},
                 b[] = {1, 9, 1, 9, 1, 9, 1, 9, 9, 1};
    const double *const columns[] = {a, b};
    const int32_t labels[] = {0, 0, 0, 1, 0, 0, 0, 1, 1, 0}; /* a and b high */
    const psn_rule rule = rule_of(columns, 2, 10, NULL, labels, 1);
    assert_int_equal(rule.count, 2);
    assert_true(rule.condition[0].above && rule.condition[1].above);
    assert_true(rule.condition[0].threshold == 5 && rule.condition[1].threshold == 5);
    assert_true(rule.precision == 1 && rule.recall == 1);
}

static void both_bounds_of_one_column_make_a_range(void **state)
{
    (void)state;
    double x[30];
    int32_t labels[30];
    for (int i = 0; i < 30; i++) {
        x[i] = i;
        labels[i] = i >= 10 && i < 20;
    }
    const double *const columns[] = {x};
    const psn_rule rule = rule_of(columns, 1, 30, NULL, labels, 1);
    assert_int_equal(rule.count, 2);
    for (int c = 0; c < 2; c++)
        assert_true(rule.condition[c].threshold == (rule.condition[c].above ? 9 : 19));
    assert_true(rule.precision == 1 && rule.recall == 1);
}

static void a_missing_value_fulfils_no_condition(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, NAN, 7, 8, 9, NAN};
    const double *const columns[] = {x};
    const int32_t labels[] = {0, 0, 0, 0, 1, 1, 1, 1};
    const psn_rule rule = rule_of(columns, 1, 8, NULL, labels, 1);
    assert_int_equal(rule.count, 1);
    assert_true(rule.precision == 1);
    assert_true(rule.recall == 0.75); /* one of the four is unknown */
}

static void weights_count_as_that_many_rows(void **state)
{
    (void)state;
    const double x[] = {1, 2, 7, 8}, weights[] = {1, 1, 1, 3};
    const double *const columns[] = {x};
    const int32_t labels[] = {0, 0, 0, 1}; /* the best cut still takes 8 alone */
    const psn_rule rule = rule_of(columns, 1, 4, weights, labels, 1);
    assert_int_equal(rule.count, 1);
    assert_true(rule.condition[0].threshold == 7);
    assert_true(rule.precision == 1 && rule.recall == 1);
}

static void columns_that_tell_nothing_give_everybody(void **state)
{
    (void)state;
    const double x[] = {1, 1, 1, 1};
    const double *const columns[] = {x};
    const int32_t labels[] = {0, 1, 1, 1};
    const psn_rule rule = rule_of(columns, 1, 4, NULL, labels, 1);
    assert_int_equal(rule.count, 0);
    assert_true(rule.precision == 0.75 && rule.recall == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_is_the_roundest_number_between_two_values),
        cmocka_unit_test(one_cut_that_parts_the_class_is_the_whole_rule),
        cmocka_unit_test(two_conditions_when_one_is_not_enough),
        cmocka_unit_test(both_bounds_of_one_column_make_a_range),
        cmocka_unit_test(a_missing_value_fulfils_no_condition),
        cmocka_unit_test(weights_count_as_that_many_rows),
        cmocka_unit_test(columns_that_tell_nothing_give_everybody),
    };
    return cmocka_run_group_tests_name("ruletree", tests, NULL, NULL);
}
