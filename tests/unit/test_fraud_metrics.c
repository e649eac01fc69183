/* Metrics of scored rows, worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>

#include "shop/fraud/fraud_fit.h"
#include "support/orders.h"

enum { ROWS = 10 };
static const double probability[ROWS] = {.9, .8, .7, .6, .5, .4, .3, .2, .1, .05};
static const double label[ROWS] = {1, 1, 0, 1, 0, 0, 0, 0, 0, 0};
static const double amount[ROWS] = {10, 10, 10, 10, 10, 10, 10, 10, 10, 10};

static psn_fraud_costs costs(void)
{
    psn_fraud_costs out = {.usual_amount = 10, .review_from = NAN, .block_from = NAN};
    out.decision = (psn_decision_costs){.margin = 1, .no_review = 1};
    return out;
}

static double metric(const char *name)
{
    persona_error error = {0};
    const psn_fraud_costs at = costs();
    const psn_fraud_scored scored = {.probability = probability,
                                     .label = label,
                                     .amount = amount,
                                     .rows = ROWS,
                                     .costs = &at,
                                     .level = 0.95,
                                     .draws = 20,
                                     .seed = 1};
    persona_table *table = NULL;
    orders_must(psn_fraud_metrics(&table, &scored, name, &error), &error);
    const double value =
        persona_table_reals(table, persona_table_find(table, "value"))[0];
    persona_table_free(table);
    return value;
}

static void counts_and_order_are_measured(void **state)
{
    (void)state;
    assert_true(metric("rows") == 10);
    assert_true(metric("frauds") == 3);
    assert_true(fabs(metric("auc") - 20.0 / 21) < 1e-12); /* one pair of 21 is wrong */
    assert_true(fabs(metric("average_precision") - (1 + 1 + 0.75) / 3) < 1e-12);
}

static void losses_are_means_over_rows(void **state)
{
    (void)state;
    double log_loss = 0, brier = 0;
    for (int i = 0; i < ROWS; i++) {
        const double p = label[i] > 0 ? probability[i] : 1 - probability[i];
        log_loss -= log(p) / ROWS;
        brier += (1 - p) * (1 - p) / ROWS;
    }
    assert_true(fabs(metric("log_loss") - log_loss) < 1e-12);
    assert_true(fabs(metric("brier") - brier) < 1e-12);
}

static void recall_stops_where_too_many_good_orders_would_be_stopped(void **state)
{
    (void)state;
    assert_true(fabs(metric("recall_at_1pct_fpr") - 2.0 / 3) < 1e-12);
    assert_true(metric("precision_at_1pct") == 1);
}

static void cost_is_that_of_the_actions(void **state)
{
    (void)state;
    /* block from 0.5 on: one fraud is blocked beside two, two good orders too (10 each)
     */
    assert_true(fabs(metric("cost") - 10) <
                1e-9); /* p = .5 costs both the same: accepted */
    assert_true(fabs(metric("cost_accepting_all") - 30) < 1e-9);
    assert_true(fabs(metric("blocked") - 0.4) < 1e-12);
    assert_true(metric("reviewed") == 0);
}

static void unknown_metrics_are_errors(void **state)
{
    (void)state;
    persona_error error = {0};
    const psn_fraud_costs at = costs();
    const psn_fraud_scored scored = {.probability = probability,
                                     .label = label,
                                     .amount = amount,
                                     .rows = 2,
                                     .costs = &at,
                                     .level = 0.95,
                                     .draws = 20};
    persona_table *table = NULL;
    assert_int_equal(psn_fraud_metrics(&table, &scored, "auc,foo", &error),
                     PERSONA_EOPTION);
    assert_int_equal(psn_fraud_metrics(&table, &scored, "auc", &error), PERSONA_EDATA);
    assert_null(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_order_are_measured),
        cmocka_unit_test(losses_are_means_over_rows),
        cmocka_unit_test(recall_stops_where_too_many_good_orders_would_be_stopped),
        cmocka_unit_test(cost_is_that_of_the_actions),
        cmocka_unit_test(unknown_metrics_are_errors),
    };
    return cmocka_run_group_tests_name("fraud metrics", tests, NULL, NULL);
}
