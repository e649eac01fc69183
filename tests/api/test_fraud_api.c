/* persona/fraud_scorer.h: every public function, and what it does with wrong input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"
#include "support/orders.h"

static persona_fraud_scorer *scorer;
static persona_query *query;

static int prepare_once(void **state)
{
    (void)state;
    scorer = orders_fit(ORDERS_QUICK);
    return persona_fraud_scorer_prepare(&query, scorer, NULL, NULL);
}

static int free_once(void **state)
{
    (void)state;
    persona_query_free(query);
    persona_model_free(persona_fraud_scorer_model(scorer));
    return 0;
}

static double probability_of(int64_t i, int32_t *action)
{
    double numbers[ORDER_INPUTS], probability = -1;
    order_numbers(i, numbers);
    persona_query_text(query, ORDER_COUNTRY, order_country(i), 2, NULL);
    assert_int_equal(persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, NAN,
                                                &probability, action, NULL),
                     PERSONA_OK);
    return probability;
}

static void frauds_score_higher_than_good_orders(void **state)
{
    (void)state;
    double fraud = 0, good = 0;
    int frauds = 0;
    for (int64_t i = 0; i < ORDERS; i++) {
        if (i % 40 == 7) continue; /* nobody can tell those */
        frauds += order_fraud(i);
        *(order_fraud(i) ? &fraud : &good) += probability_of(i, NULL);
    }
    assert_true(fraud / frauds > 0.5);
    assert_true(good / (ORDERS - frauds) < 0.15);
}

static void a_table_gets_the_answers_of_its_rows_bit_for_bit(void **state)
{
    (void)state;
    static const char *const names[] = {"accept", "review", "block"};
    persona_table *table = orders_table(0), *out = NULL;
    assert_int_equal(
        persona_fraud_scorer_score_table(&out, scorer, table, NULL, NULL, NULL),
        PERSONA_OK);
    const double *told = persona_table_reals(out, persona_table_find(out, "probability"));
    assert_non_null(told);
    for (int64_t i = 0; i < ORDERS; i++) {
        int32_t action;
        const double one = probability_of(i, &action);
        assert_memory_equal(&told[i], &one, sizeof one);
        assert_true(orders_text_is(out, "action", i, names[action]));
    }
    persona_table_free(out);
    persona_table_free(table);
}

static void the_id_of_a_scored_row_is_that_of_the_order(void **state)
{
    (void)state;
    persona_table *table = orders_table(0), *out = NULL;
    persona_fraud_scorer_score_table(&out, scorer, table, NULL, NULL, NULL);
    assert_string_equal(persona_table_name(out, 0), "row");
    assert_string_equal(persona_table_name(out, 1), "id");
    assert_int_equal(persona_table_ints(out, 0)[3], 3);
    assert_int_equal(persona_table_ints(out, 1)[3], 5003);
    persona_table_free(out);
    persona_table_free(table);
}

static void effects_are_ordered_and_speak_in_words(void **state)
{
    (void)state;
    persona_table *why = NULL;
    double numbers[ORDER_INPUTS];
    order_numbers(2, numbers);
    numbers[ORDER_AMOUNT] = 119;
    persona_query_text(query, ORDER_COUNTRY, "BR", 2, NULL);
    assert_int_equal(
        persona_fraud_scorer_explain(&why, query, numbers, ORDER_INPUTS, NULL),
        PERSONA_OK);
    const double *effect = persona_table_reals(why, persona_table_find(why, "effect"));
    for (int64_t i = 1; i < persona_table_rows(why); i++)
        assert_true(fabs(effect[i]) <= fabs(effect[i - 1]));
    assert_true(effect[0] > 0);
    const int country_first = orders_text_is(why, "words", 0, "country BR");
    assert_true(country_first || orders_text_is(why, "words", 0, "amount 119 is high"));
    persona_table_free(why);
}

static void a_country_not_seen_counts_as_rare(void **state)
{
    (void)state;
    double numbers[ORDER_INPUTS], probability;
    persona_table *why = NULL;
    order_numbers(1, numbers);
    persona_query_text(query, ORDER_COUNTRY, "Atlantis", 8, NULL);
    assert_int_equal(persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, NAN,
                                                &probability, NULL, NULL),
                     PERSONA_OK);
    assert_true(probability >= 0 && probability <= 1);
    persona_fraud_scorer_explain(&why, query, numbers, ORDER_INPUTS, NULL);
    int found = 0;
    for (int64_t i = 0; i < persona_table_rows(why); i++)
        found |= orders_text_is(why, "words", i, "country is rare or new");
    assert_true(found);
    persona_table_free(why);
}

static void every_input_may_be_missing(void **state)
{
    (void)state;
    double numbers[ORDER_INPUTS] = {NAN, NAN, NAN, NAN}, probability = -1;
    int32_t action = -1;
    persona_query_clear(query);
    assert_int_equal(persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, NAN,
                                                &probability, &action, NULL),
                     PERSONA_OK);
    assert_true(probability >= 0 && probability <= 1);
    assert_in_range(action, PERSONA_ACCEPT, PERSONA_BLOCK);
}

static void a_larger_amount_is_never_treated_more_kindly(void **state)
{
    (void)state;
    double numbers[ORDER_INPUTS];
    int32_t small, large;
    for (int64_t i = 0; i < 50; i++) {
        order_numbers(i, numbers);
        persona_query_text(query, ORDER_COUNTRY, order_country(i), 2, NULL);
        persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, 1, NULL, &small, NULL);
        persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, 1e6, NULL, &large, NULL);
        assert_true(large >= small || small == PERSONA_BLOCK);
    }
}

static void own_limits_go_before_costs(void **state)
{
    (void)state;
    persona_params *params =
        orders_params("fraud_scorer.query", "review_from=0 block_from=2");
    persona_query *other = NULL;
    double numbers[ORDER_INPUTS];
    int32_t action;
    assert_int_equal(persona_fraud_scorer_prepare(&other, scorer, params, NULL),
                     PERSONA_OK);
    order_numbers(1, numbers);
    persona_fraud_scorer_score(other, numbers, ORDER_INPUTS, NAN, NULL, &action, NULL);
    assert_int_equal(action, PERSONA_REVIEW);
    persona_query_free(other);
    persona_params_free(params);
}

static void an_infinity_is_an_error_with_the_input_in_where(void **state)
{
    (void)state;
    persona_error error = {0};
    double numbers[ORDER_INPUTS];
    order_numbers(1, numbers);
    numbers[ORDER_SIGNED_UP] = -INFINITY;
    assert_int_equal(
        persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, NAN, NULL, NULL, &error),
        PERSONA_EDATA);
    assert_int_equal(error.where, ORDER_SIGNED_UP);
    numbers[ORDER_SIGNED_UP] = 0;
    numbers[ORDER_AMOUNT] = 1e300;
    assert_int_equal(
        persona_fraud_scorer_score(query, numbers, ORDER_INPUTS, NAN, NULL, NULL, &error),
        PERSONA_OK);
}

static void a_wrong_count_or_handle_is_an_error(void **state)
{
    (void)state;
    persona_error error = {0};
    double numbers[ORDER_INPUTS] = {0};
    persona_table *why = NULL;
    assert_int_equal(
        persona_fraud_scorer_score(query, numbers, 3, NAN, NULL, NULL, &error),
        PERSONA_EARG);
    assert_non_null(strstr(error.message, "4"));
    assert_int_equal(
        persona_fraud_scorer_score(query, NULL, ORDER_INPUTS, NAN, NULL, NULL, NULL),
        PERSONA_EARG);
    assert_int_equal(
        persona_fraud_scorer_score(NULL, numbers, ORDER_INPUTS, NAN, NULL, NULL, NULL),
        PERSONA_EARG);
    assert_int_equal(
        persona_fraud_scorer_explain(&why, NULL, numbers, ORDER_INPUTS, NULL),
        PERSONA_EARG);
    assert_int_equal(persona_fraud_scorer_fit(NULL, NULL, NULL, NULL, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_query_text(query, ORDER_AMOUNT, "x", 1, NULL), PERSONA_EARG);
}

static void a_model_of_another_kind_is_told_apart(void **state)
{
    (void)state;
    persona_model *model = persona_fraud_scorer_model(scorer);
    assert_ptr_equal(persona_model_fraud_scorer(model), scorer);
    assert_null(persona_model_segmenter(model));
    assert_null(persona_model_fraud_scorer(NULL));
    assert_string_equal(persona_model_kind(model), "fraud_scorer");
}

static void other_columns_are_an_error_that_names_them(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *table = NULL, *out = NULL;
    const double values[] = {1, 2};
    persona_table_new(&table, NULL);
    persona_table_add_real(table, "weight_kg", values, 2, NULL);
    assert_int_equal(
        persona_fraud_scorer_score_table(&out, scorer, table, NULL, NULL, &error),
        PERSONA_EDATA);
    assert_null(out);
    assert_non_null(strstr(error.message, "amount"));
    assert_non_null(strstr(error.message, "weight_kg"));
    persona_table_free(table);
}

static void a_saved_scorer_answers_the_same(void **state)
{
    (void)state;
    persona_buffer *bytes = NULL;
    persona_model *back = NULL;
    persona_query *other = NULL;
    double numbers[ORDER_INPUTS], here, there;
    persona_model *model = persona_fraud_scorer_model(scorer);
    assert_int_equal(persona_model_to_bytes(&bytes, model, NULL), PERSONA_OK);
    assert_int_equal(persona_model_from_bytes(&back, persona_buffer_data(bytes),
                                              persona_buffer_size(bytes), NULL, NULL),
                     PERSONA_OK);
    assert_string_equal(persona_model_digest(back), persona_model_digest(model));
    persona_fraud_scorer_prepare(&other, persona_model_fraud_scorer(back), NULL, NULL);
    for (int64_t i = 0; i < 60; i++) {
        order_numbers(i, numbers);
        persona_query_text(other, ORDER_COUNTRY, order_country(i), 2, NULL);
        persona_fraud_scorer_score(other, numbers, ORDER_INPUTS, NAN, &there, NULL, NULL);
        here = probability_of(i, NULL);
        assert_memory_equal(&here, &there, sizeof here);
    }
    persona_query_free(other);
    persona_model_free(back);
    persona_buffer_free(bytes);
}

static void evaluating_holds_back_the_latest_orders(void **state)
{
    (void)state;
    persona_table *table = orders_table(0), *metrics = NULL;
    persona_params *fit = orders_params("fraud_scorer.fit", ORDERS_QUICK);
    persona_params *how =
        orders_params("fraud_scorer.evaluate", "split=time draws=50 metrics=rows,auc");
    assert_int_equal(
        persona_fraud_scorer_evaluate(&metrics, NULL, table, fit, how, NULL, NULL),
        PERSONA_OK);
    assert_int_equal(persona_table_rows(metrics), 2);
    assert_true(orders_text_is(metrics, "metric", 1, "auc"));
    const double *value = persona_table_reals(metrics, 1);
    const double *low = persona_table_reals(metrics, 2);
    const double *high = persona_table_reals(metrics, 3);
    assert_true(value[0] == ORDERS / 5);
    assert_true(value[1] > 0.7 && low[1] <= value[1] && value[1] <= high[1]);
    persona_table_free(metrics);
    persona_params_free(how);
    persona_params_free(fit);
    persona_table_free(table);
}

static void evaluating_a_model_judges_the_whole_table(void **state)
{
    (void)state;
    persona_table *table = orders_table(4), *metrics = NULL;
    persona_params *how = orders_params("fraud_scorer.evaluate", "metrics=rows draws=20");
    persona_params *fit = orders_params("fraud_scorer.fit", "");
    assert_int_equal(
        persona_fraud_scorer_evaluate(&metrics, scorer, table, NULL, how, NULL, NULL),
        PERSONA_OK);
    assert_true(persona_table_reals(metrics, 1)[0] == ORDERS * 3 / 4); /* known ones */
    persona_table_free(metrics);
    assert_int_equal(
        persona_fraud_scorer_evaluate(&metrics, scorer, table, fit, how, NULL, NULL),
        PERSONA_EARG);
    assert_null(metrics);
    persona_params_free(fit);
    persona_params_free(how);
    persona_table_free(table);
}

static void a_cancelled_fit_ends_with_that_code(void **state)
{
    (void)state;
    persona_task *task = NULL;
    persona_table *table = orders_table(0);
    persona_fraud_scorer *made = NULL;
    persona_task_new(&task, NULL);
    persona_task_cancel(task);
    assert_int_equal(persona_fraud_scorer_fit(&made, table, NULL, task, NULL),
                     PERSONA_ECANCEL);
    assert_null(made);
    persona_task_free(task);
    persona_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frauds_score_higher_than_good_orders),
        cmocka_unit_test(a_table_gets_the_answers_of_its_rows_bit_for_bit),
        cmocka_unit_test(the_id_of_a_scored_row_is_that_of_the_order),
        cmocka_unit_test(effects_are_ordered_and_speak_in_words),
        cmocka_unit_test(a_country_not_seen_counts_as_rare),
        cmocka_unit_test(every_input_may_be_missing),
        cmocka_unit_test(a_larger_amount_is_never_treated_more_kindly),
        cmocka_unit_test(own_limits_go_before_costs),
        cmocka_unit_test(an_infinity_is_an_error_with_the_input_in_where),
        cmocka_unit_test(a_wrong_count_or_handle_is_an_error),
        cmocka_unit_test(a_model_of_another_kind_is_told_apart),
        cmocka_unit_test(other_columns_are_an_error_that_names_them),
        cmocka_unit_test(a_saved_scorer_answers_the_same),
        cmocka_unit_test(evaluating_holds_back_the_latest_orders),
        cmocka_unit_test(evaluating_a_model_judges_the_whole_table),
        cmocka_unit_test(a_cancelled_fit_ends_with_that_code),
    };
    return cmocka_run_group_tests_name("fraud api", tests, prepare_once, free_once);
}
