/* test_decision.c: accept, review, block by expected cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "plan/decision.h"

/* Amount 100: a fraud costs 150, a good order refused 30, a look 3 (finds 80 %). */
static psn_decision_costs plain_costs(void)
{
    return (psn_decision_costs){.fee = .1,
                                .fixed_fee = 40,
                                .margin = .2,
                                .insult = 10,
                                .review = 3,
                                .review_miss = .2,
                                .review_wrong = .1};
}

static void each_action_costs_what_the_formula_says(void **state)
{
    (void)state;
    const psn_decision_costs costs = plain_costs();
    double cost[PSN_DECISION_ACTIONS];
    psn_decision_expect(cost, &costs, .5, 100);
    assert_true(fabs(cost[PSN_DECISION_ACCEPT] - 75) < 1e-12);
    assert_true(fabs(cost[PSN_DECISION_BLOCK] - 15) < 1e-12);
    assert_true(fabs(cost[PSN_DECISION_REVIEW] - (3 + .5 * .2 * 150 + .5 * .1 * 30)) <
                1e-12);
}

/* review undercuts accept: 150 p = 6 + 27 p -> 6/123; block review: 6 + 27 p = 30 - 30 p.
 */
static void limits_are_where_the_lines_cross(void **state)
{
    (void)state;
    const psn_decision_costs costs = plain_costs();
    double review, block;
    psn_decision_limits(&costs, 100, &review, &block);
    assert_true(fabs(review - 6.0 / 123) < 1e-12);
    assert_true(fabs(block - 24.0 / 57) < 1e-12);
}

static void choices_agree_with_the_limits(void **state)
{
    (void)state;
    const psn_decision_costs costs = plain_costs();
    for (double amount = 0; amount < 500; amount += 20) {
        double review, block;
        psn_decision_limits(&costs, amount, &review, &block);
        assert_true(review <= block);
        for (double p = 0.003; p < 1; p += .01) {
            const int action = p < review  ? PSN_DECISION_ACCEPT
                               : p < block ? PSN_DECISION_REVIEW
                                           : PSN_DECISION_BLOCK;
            assert_int_equal(psn_decision_choose(&costs, p, amount), action);
        }
    }
}

static void a_dear_review_is_never_chosen(void **state)
{
    (void)state;
    psn_decision_costs costs = plain_costs();
    double review, block;
    costs.review = 1000;
    psn_decision_limits(&costs, 100, &review, &block);
    assert_true(review == block && fabs(block - 30.0 / 180) < 1e-12);
    costs.review = 3;
    costs.no_review = 1;
    psn_decision_limits(&costs, 100, &review, &block);
    assert_true(review == block && fabs(block - 30.0 / 180) < 1e-12);
}

static void larger_amounts_are_looked_at_sooner(void **state)
{
    (void)state;
    const psn_decision_costs costs = plain_costs();
    double small, large, block;
    psn_decision_limits(&costs, 10, &small, &block);
    psn_decision_limits(&costs, 1000, &large, &block);
    assert_true(large < small);
}

static void an_unknown_probability_is_looked_at(void **state)
{
    (void)state;
    psn_decision_costs costs = plain_costs();
    assert_int_equal(psn_decision_choose(&costs, NAN, 100), PSN_DECISION_REVIEW);
    costs.no_review = 1;
    assert_int_equal(psn_decision_choose(&costs, NAN, 100), PSN_DECISION_ACCEPT);
}

/* Frauds at .9 and .2, good orders at .5 and .1, amount 100 each. */
static void the_curve_knows_what_each_limit_would_have_cost(void **state)
{
    (void)state;
    const psn_decision_costs costs = plain_costs();
    const double p[] = {.9, .5, .2, .1}, label[] = {1, 0, 1, 0};
    const double amount[] = {100, 100, 100, 100}, want[] = {300, 150, 180, 30, 60};
    psn_decision_point points[5];
    int64_t count;
    assert_int_equal(
        psn_decision_curve(points, &count, &costs, p, amount, label, 4, NULL),
        PERSONA_OK);
    assert_int_equal(count, 5);
    for (int i = 0; i < 5; i++) assert_true(fabs(points[i].cost - want[i]) < 1e-9);
    assert_true(points[3].threshold == .2 && points[3].caught == 2 &&
                points[3].blocked == 3);
}

static void a_negative_cost_is_refused_by_name(void **state)
{
    (void)state;
    psn_decision_costs costs = plain_costs();
    persona_error error;
    costs.margin = -1;
    assert_int_equal(psn_decision_check(&costs, &error), PERSONA_EOPTION);
    assert_string_equal(error.message, "margin must be in 0 .. 1e15");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_costs_what_the_formula_says),
        cmocka_unit_test(limits_are_where_the_lines_cross),
        cmocka_unit_test(choices_agree_with_the_limits),
        cmocka_unit_test(a_dear_review_is_never_chosen),
        cmocka_unit_test(larger_amounts_are_looked_at_sooner),
        cmocka_unit_test(an_unknown_probability_is_looked_at),
        cmocka_unit_test(the_curve_knows_what_each_limit_would_have_cost),
        cmocka_unit_test(a_negative_cost_is_refused_by_name),
    };
    return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
