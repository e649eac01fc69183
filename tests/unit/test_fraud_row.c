/* One order through a model: features, effects, words, action. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/memory.h"
#include "shop/fraud/fraud_model.h"
#include "support/orders.h"

static void hours_and_weekdays_are_of_utc(void **state)
{
    (void)state;
    psn_fraud_feature hour = {.derive = PSN_FRAUD_HOUR},
                      day = {.derive = PSN_FRAUD_WEEKDAY};
    double at = 0; /* Thursday, midnight */
    assert_true(psn_fraud_derive_one(&hour, &at) == 0);
    assert_true(psn_fraud_derive_one(&day, &at) == 3);
    at = (double)order_first + 90 * 60000; /* Wednesday 01:30 */
    assert_true(psn_fraud_derive_one(&hour, &at) == 1.5);
    assert_true(psn_fraud_derive_one(&day, &at) == 2);
    at = -3600000; /* Wednesday 23:00, before 1970 */
    assert_true(psn_fraud_derive_one(&hour, &at) == 23);
    assert_true(psn_fraud_derive_one(&day, &at) == 2);
    at = 1e300;
    assert_true(isnan(psn_fraud_derive_one(&hour, &at)));
    assert_true(isnan(psn_fraud_derive_one(&day, &at)));
}

static void an_age_is_in_hours_and_needs_both_times(void **state)
{
    (void)state;
    psn_fraud_feature age = {.derive = PSN_FRAUD_AGE, .input = 1, .other = 0};
    double times[] = {1000000, 1000000 + 7200000};
    assert_true(psn_fraud_derive_one(&age, times) == 2);
    times[0] = NAN;
    assert_true(isnan(psn_fraud_derive_one(&age, times)));
}

static void a_rate_is_looked_up_and_missing_stays_missing(void **state)
{
    (void)state;
    double rates[] = {-1, -2, -3}, level = 1;
    psn_fraud_feature rate = {.derive = PSN_FRAUD_RATE, .lookup = rates, .lookups = 3};
    assert_true(psn_fraud_derive_one(&rate, &level) == -2);
    level = NAN;
    assert_true(isnan(psn_fraud_derive_one(&rate, &level)));
}

static void levels_not_seen_come_after_the_known_ones(void **state)
{
    (void)state;
    psn_fraud_input input = {.type = PSN_FRAUD_CODE, .levels = psn_dict_new()};
    psn_dict_add(input.levels, "7", 1);
    psn_dict_add(input.levels, "12", 2);
    assert_true(psn_fraud_code_level(&input, 7) == 0);
    assert_true(psn_fraud_code_level(&input, 12.0) == 1);
    assert_true(psn_fraud_code_level(&input, 13) == 2);
    assert_true(psn_fraud_code_level(&input, -0.0) == 2);
    assert_true(isnan(psn_fraud_code_level(&input, NAN)));
    assert_true(psn_fraud_text_level(&input, "12", 2) == 1);
    assert_true(isnan(psn_fraud_text_level(&input, NULL, 0)));
    psn_dict_free(input.levels);
}

/* Of any model: the sum of the effects and what no feature did is the raw score. */
static double effects_and_raw_differ(const char *options, int exact, double *spread)
{
    persona_fraud_scorer *model = orders_fit(options);
    double values[ORDER_INPUTS], row[16], effects[16], least = INFINITY, most = -INFINITY;
    double *scratch = psn_alloc_aligned(psn_fraud_scratch(model), sizeof(double));
    assert_in_range(model->features, 1, 16);
    *spread = 0;
    for (int64_t i = 0; i < 40; i++) {
        order_numbers(i, values);
        values[ORDER_COUNTRY] =
            psn_fraud_text_level(model->input + ORDER_COUNTRY, order_country(i), 2);
        psn_fraud_features(model, values, row);
        const double raw = psn_fraud_raw(model, row, scratch);
        psn_fraud_effects(model, row, exact, scratch, effects);
        double rest = raw;
        for (int32_t f = 0; f < model->features; f++) rest -= effects[f];
        least = fmin(least, rest);
        most = fmax(most, rest);
        *spread = fmax(*spread, fabs(raw));
    }
    psn_release_aligned(scratch);
    persona_model_free(persona_fraud_scorer_model(model));
    return most - least;
}

static void effects_leave_the_same_rest_in_every_row(void **state)
{
    (void)state;
    double spread;
    assert_true(effects_and_raw_differ(ORDERS_QUICK, 0, &spread) < 1e-9);
    assert_true(spread > 0.5);
    assert_true(effects_and_raw_differ(ORDERS_QUICK, 1, &spread) < 1e-9);
    assert_true(effects_and_raw_differ("algorithm=logistic draws=20", 0, &spread) < 1e-9);
    assert_true(effects_and_raw_differ("algorithm=iforest draws=20", 0, &spread) < 1e-9);
}

static void words_name_level_size_and_time(void **state)
{
    (void)state;
    persona_fraud_scorer *model = orders_fit(ORDERS_QUICK);
    double values[ORDER_INPUTS], row[16];
    int found = 0;
    order_numbers(3, values);
    values[ORDER_AMOUNT] = 1000;
    values[ORDER_COUNTRY] = NAN;
    values[ORDER_SIGNED_UP] = values[ORDER_AT] - 1800000;
    psn_fraud_features(model, values, row);
    for (int32_t f = 0; f < model->features; f++) {
        static const char *const known[] = {
            "amount 1000 is high", "ordered_at at 03:00", "country is unknown",
            "0.5000 hours from signed_up_at to ordered_at is short"};
        psn_text words = {0};
        psn_fraud_words(&words, model, f, values, row);
        for (int k = 0; k < 4; k++) found += strcmp(words.bytes, known[k]) == 0;
        psn_text_free(&words);
    }
    assert_int_equal(found, 4);
    persona_model_free(persona_fraud_scorer_model(model));
}

static void an_action_follows_costs_and_own_limits(void **state)
{
    (void)state;
    psn_fraud_costs costs = {.usual_amount = 100, .review_from = NAN, .block_from = NAN};
    costs.decision = (psn_decision_costs){.fee = 0, .margin = 0.5, .no_review = 1};
    /* accepting costs p 100, blocking (1 - p) 50: even at p = 1/3 */
    assert_int_equal(psn_fraud_action(&costs, 0.33, 100), PSN_DECISION_ACCEPT);
    assert_int_equal(psn_fraud_action(&costs, 0.34, 100), PSN_DECISION_BLOCK);
    assert_int_equal(psn_fraud_action(&costs, 0.34, NAN), PSN_DECISION_BLOCK);
    costs.block_from = 0.9;
    costs.review_from = 0.1;
    assert_int_equal(psn_fraud_action(&costs, 0.05, 100), PSN_DECISION_ACCEPT);
    assert_int_equal(psn_fraud_action(&costs, 0.34, 100), PSN_DECISION_REVIEW);
    assert_int_equal(psn_fraud_action(&costs, 0.95, 100), PSN_DECISION_BLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_and_weekdays_are_of_utc),
        cmocka_unit_test(an_age_is_in_hours_and_needs_both_times),
        cmocka_unit_test(a_rate_is_looked_up_and_missing_stays_missing),
        cmocka_unit_test(levels_not_seen_come_after_the_known_ones),
        cmocka_unit_test(effects_leave_the_same_rest_in_every_row),
        cmocka_unit_test(words_name_level_size_and_time),
        cmocka_unit_test(an_action_follows_costs_and_own_limits),
    };
    return cmocka_run_group_tests_name("fraud row", tests, NULL, NULL);
}
