/* What a fit makes of a table: roles, labels, columns left out, folds, members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/memory.h"
#include "shop/fraud/fraud_fit.h"
#include "support/orders.h"

static persona_table *from_csv(const char *csv)
{
    persona_error error = {0};
    persona_table *table = NULL;
    orders_must(
        persona_table_from_csv(&table, csv, (int64_t)strlen(csv), NULL, NULL, &error),
        &error);
    return table;
}

/* The code of a fit of this CSV, and its message. */
static int fit_csv(const char *csv, const char *options, persona_error *error)
{
    persona_table *table = from_csv(csv);
    persona_params *params = orders_params("fraud_scorer.fit", options);
    persona_fraud_scorer *model = NULL;
    *error = (persona_error){0};
    const int rc = persona_fraud_scorer_fit(&model, table, params, NULL, error);
    assert_true((rc == PERSONA_OK) == (model != NULL));
    persona_model_free(persona_fraud_scorer_model(model));
    persona_params_free(params);
    persona_table_free(table);
    return rc;
}

static void assert_fails(const char *csv, const char *options, int code,
                         const char *words)
{
    persona_error error;
    assert_int_equal(fit_csv(csv, options, &error), code);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, error.message);
    assert_null(strchr(error.message, '\n'));
}

static void a_label_needs_two_values(void **state)
{
    (void)state;
    assert_fails("amount,label\n1,0\n2,0\n3,0\n", "", PERSONA_EDATA, "one value only");
    assert_fails("amount,label\n1,0\n2,1\n3,2\n", "", PERSONA_EDATA, "column.label");
    assert_fails("amount,kind\n1,a\n2,b\n3,c\n", "column.label=kind", PERSONA_EDATA,
                 "more than two values");
    assert_fails("amount,kind\n1,a\n2,b\n3,c\n4,d\n5,e\n6,c\n7,f\n8,d\n9,g\n",
                 "column.label=kind", PERSONA_EDATA, "more than two values");
    assert_fails("amount,country\n1,a\n2,b\n3,c\n", "algorithm=gbdt", PERSONA_EDATA,
                 "role label");
}

static void tables_that_teach_nothing_are_errors(void **state)
{
    (void)state;
    assert_fails("amount,label\n", "", PERSONA_EDATA, "no rows");
    assert_fails("amount,label\n1,0\n", "", PERSONA_EDATA, "1 row");
    assert_fails("amount,label\n5,0\n5,1\n5,0\n", "", PERSONA_EDATA, "no column is left");
    assert_fails("order_id,label\n1,0\n2,1\n3,0\n", "", PERSONA_EDATA,
                 "no column is left");
}

static void a_limit_of_review_needs_somebody_who_reviews(void **state)
{
    (void)state;
    assert_fails("amount,label\n1,0\n2,1\n3,0\n", "review=false review_from=0.3",
                 PERSONA_EOPTION, "review_from has no effect");
    assert_fails("amount,label\n1,0\n2,1\n3,0\n", "review_from=0.9 block_from=0.3",
                 PERSONA_EOPTION, "must not be above block_from");
}

static void bad_numbers_name_column_and_row(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(fit_csv("amount,label\n1,0\ninf,1\n3,0\n", "", &error),
                     PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    assert_non_null(strstr(error.message, "amount"));
    assert_int_equal(
        fit_csv("amount,w,label\n1,1,0\n2,2,1\n3,-1,0\n", "column.weight=w", &error),
        PERSONA_EDATA);
    assert_int_equal(error.where, 2);
    assert_int_equal(fit_csv("amount,label\n1e300,0\n-1e300,1\n3,0\n2,1\n", "", &error),
                     PERSONA_OK);
}

static void options_without_effect_are_errors(void **state)
{
    (void)state;
    const char *csv = "amount,label\n1,0\n2,1\n3,0\n4,1\n";
    assert_fails(csv, "iforest.trees=5", PERSONA_EOPTION, "iforest.trees");
    assert_fails(csv, "algorithm=iforest gbdt.rounds=5", PERSONA_EOPTION, "gbdt.rounds");
    assert_fails(csv, "algorithm=logistic search=5", PERSONA_EOPTION, "search");
    assert_fails(csv, "monotone.amuont=1", PERSONA_EOPTION, "amuont");
    assert_fails(csv, "column.colour=amount", PERSONA_EOPTION, "no such role");
    assert_fails(csv, "column.time=when", PERSONA_EDATA, "when");
    assert_fails(csv, "validation=time", PERSONA_EOPTION, "column.time");
    assert_fails(csv, "exclude=amuont", PERSONA_EDATA, "amuont");
    assert_fails(csv, "features=label", PERSONA_EOPTION, "label");
    assert_fails(csv, "review_from=0.5 block_from=0.4", PERSONA_EOPTION, "review_from");
    assert_fails(csv, "max_bytes=10", PERSONA_ELIMIT, "max_bytes");
}

static void a_column_named_for_one_role_is_not_found_for_another(void **state)
{
    (void)state;
    persona_table *table =
        from_csv("amount,price,is_fraud\n1,5,0\n2,6,1\n1,7,0\n2,5,1\n");
    persona_fraud_scorer *model =
        orders_fit_table(table, "column.label=amount exclude=is_fraud");
    assert_string_equal(model->role[PSN_FRAUD_ROLE_LABEL], "amount");
    assert_null(model->role[PSN_FRAUD_ROLE_VALUE]);
    assert_string_equal(model->role[PSN_FRAUD_ROLE_PRICE], "price");
    persona_model_free(&model->base);
    persona_table_free(table);
}

static void ids_and_constants_are_left_out_and_noted(void **state)
{
    (void)state;
    persona_fraud_scorer *model = orders_fit(ORDERS_QUICK);
    const persona_table *notes = model->base.notes;
    int ids = 0;
    assert_int_equal(model->inputs, ORDER_INPUTS);
    for (int64_t i = 0; i < notes->rows; i++)
        ids += orders_text_is(notes, "code", i, "id_column");
    assert_int_equal(ids, 1);
    assert_string_equal(model->role[PSN_FRAUD_ROLE_ORDER], "order_id");
    assert_string_equal(model->role[PSN_FRAUD_ROLE_LABEL], "is_fraud");
    assert_string_equal(model->role[PSN_FRAUD_ROLE_TIME], "ordered_at");
    assert_int_equal(model->value, ORDER_AMOUNT);
    persona_model_free(&model->base);
}

static void times_become_hour_weekday_and_age(void **state)
{
    (void)state;
    persona_fraud_scorer *model = orders_fit(ORDERS_QUICK);
    int ages = 0, hours = 0, values = 0;
    for (int32_t f = 0; f < model->features; f++) {
        ages += model->feature[f].derive == PSN_FRAUD_AGE;
        hours += model->feature[f].derive == PSN_FRAUD_HOUR;
        values += model->feature[f].derive == PSN_FRAUD_VALUE;
        if (model->feature[f].derive == PSN_FRAUD_AGE)
            assert_string_equal(model->feature[f].name,
                                "hours from signed_up_at to ordered_at");
    }
    assert_int_equal(ages, 1);
    assert_int_equal(hours, 2);
    assert_int_equal(values, 1); /* the amount: no time as it is */
    persona_model_free(&model->base);
}

static void words_for_labels_are_understood(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"yes", "no"}, {"true", "false"}, {"fraud", "legit"}, {"Y", "N"},
        {"1", "0"},    {"1", "-1"},       {"bad", "good"}};
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        char csv[4000];
        size_t used = (size_t)snprintf(csv, sizeof csv, "amount,target\n");
        for (int i = 0; i < 60; i++)
            used += (size_t)snprintf(csv + used, sizeof csv - used, "%d,%s\n", i,
                                     pairs[p][i % 3 != 0]);
        persona_table *table = from_csv(csv);
        persona_fraud_scorer *model = orders_fit_table(table, ORDERS_QUICK);
        assert_int_equal(model->frauds, 20);
        persona_model_free(&model->base);
        persona_table_free(table);
    }
}

static void a_missing_label_is_not_yet_known(void **state)
{
    (void)state;
    persona_table *table = orders_table(3);
    persona_fraud_scorer *model = orders_fit_table(table, ORDERS_QUICK);
    assert_int_equal(model->rows, ORDERS);
    assert_int_equal(model->labelled, ORDERS - ORDERS / 3);
    persona_model_free(&model->base);
    model = orders_fit_table(table, "column.label=none draws=20");
    assert_int_equal(model->labelled, 0);
    assert_null(model->trees);
    assert_non_null(model->forest);
    persona_model_free(&model->base);
    persona_table_free(table);
}

static void the_same_model_for_any_number_of_threads(void **state)
{
    (void)state;
    persona_fraud_scorer *one = orders_fit(ORDERS_QUICK "threads=1");
    persona_fraud_scorer *three = orders_fit(ORDERS_QUICK "threads=3");
    assert_string_equal(one->base.digest, three->base.digest);
    persona_model_free(&one->base);
    persona_model_free(&three->base);
}

/* Folds of this table: fills fold[] in the order of the rows. */
static void split_of(const persona_table *table, const char *options, int8_t *fold)
{
    persona_error error = {0};
    persona_params *params = orders_params("fraud_scorer.fit", options);
    void *made = NULL;
    psn_model_new(&made, sizeof(persona_fraud_scorer), &psn_fraud_kind, NULL);
    psn_fraud_fitting fit = {
        .table = table, .rows = ORDERS, .params = params, .model = made};
    orders_must(psn_fraud_fit_roles(&fit, &error), &error);
    orders_must(psn_fraud_fit_labels(&fit, &error), &error);
    orders_must(psn_fraud_fit_split(&fit, &error), &error);
    memcpy(fold, fit.fold, ORDERS);
    psn_release(fit.label);
    psn_release(fit.time);
    psn_release(fit.fold);
    psn_release(fit.moment);
    psn_model_free(made);
    persona_params_free(params);
}

static void the_latest_orders_validate_whatever_the_order_of_the_rows(void **state)
{
    (void)state;
    persona_table *table = orders_table(0), *turned = NULL;
    int64_t rows[ORDERS];
    int8_t fold[ORDERS], other[ORDERS];
    for (int64_t i = 0; i < ORDERS; i++) rows[i] = ORDERS - 1 - i;
    orders_must(persona_table_select(&turned, table, rows, ORDERS, NULL), NULL);
    split_of(table, "", fold);
    split_of(turned, "", other);
    for (int64_t i = 0; i < ORDERS; i++) {
        assert_int_equal(fold[i], other[ORDERS - 1 - i]);
        /* three windows of a fifth; two fifths always learn */
        const int wanted = i >= ORDERS * 4 / 5   ? 0
                           : i >= ORDERS * 3 / 5 ? 1
                           : i >= ORDERS * 2 / 5 ? 2
                                                 : PSN_FRAUD_LEARNS;
        assert_int_equal(fold[i], wanted);
    }
    persona_table_free(table);
    persona_table_free(turned);
}

static void random_folds_have_the_same_share_of_frauds(void **state)
{
    (void)state;
    persona_table *table = orders_table(0);
    int8_t fold[ORDERS];
    int rows[5] = {0}, frauds[5] = {0};
    split_of(table, "validation=random", fold);
    for (int64_t i = 0; i < ORDERS; i++) {
        assert_in_range(fold[i], 0, 4);
        rows[fold[i]]++;
        frauds[fold[i]] += order_fraud(i);
    }
    for (int k = 1; k < 5; k++) {
        assert_true(abs(rows[k] - rows[0]) <= 2);
        assert_true(abs(frauds[k] - frauds[0]) <= 1);
    }
    persona_table_free(table);
}

static void a_prevalence_shifts_the_odds(void **state)
{
    (void)state;
    persona_fraud_scorer *as_is = orders_fit(ORDERS_QUICK);
    persona_fraud_scorer *rare = orders_fit(ORDERS_QUICK "prevalence=0.001");
    const double p = psn_fraud_probability(as_is, -0.5);
    const double q = psn_fraud_probability(rare, -0.5);
    const double share = as_is->prevalence;
    const double factor = 0.001 / 0.999 / (share / (1 - share));
    assert_true(fabs(q / (1 - q) - p / (1 - p) * factor) < 1e-12);
    persona_model_free(&as_is->base);
    persona_model_free(&rare->base);
}

static void attributes_of_a_linked_table_are_inputs(void **state)
{
    (void)state;
    persona_table *table = orders_table(0);
    persona_table *other = from_csv("code,risk\nDE,1\nFR,2\nBR,9\nUS,4\n");
    orders_must(persona_table_link(table, "country", other, "code", NULL), NULL);
    persona_fraud_scorer *model = orders_fit_table(table, ORDERS_QUICK "exclude=country");
    int found = 0;
    for (int32_t i = 0; i < model->inputs; i++)
        found |= strcmp(model->input[i].name, "risk") == 0;
    assert_true(found);
    persona_model_free(&model->base);
    persona_table_free(other);
    persona_table_free(table);
}

static void a_monotone_number_never_lowers_the_risk(void **state)
{
    (void)state;
    persona_fraud_scorer *model =
        orders_fit(ORDERS_QUICK "algorithm=gbdt monotone.amount=1");
    double values[ORDER_INPUTS], row[16], last = -INFINITY;
    double scratch[4096] __attribute__((aligned(64)));
    assert_in_range(psn_fraud_scratch(model), 1, 4096);
    order_numbers(3, values);
    values[ORDER_COUNTRY] = 2;
    for (double amount = 0; amount < 200; amount += 3) {
        values[ORDER_AMOUNT] = amount;
        psn_fraud_features(model, values, row);
        const double raw = psn_fraud_raw(model, row, scratch);
        assert_true(raw >= last);
        last = raw;
    }
    persona_model_free(&model->base);
}

static void a_dry_run_only_notes(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_query *query = NULL;
    persona_fraud_scorer *model = orders_fit("dry_run=true");
    assert_int_equal(model->ready, 0);
    assert_int_equal(persona_fraud_scorer_prepare(&query, model, NULL, &error),
                     PERSONA_EARG);
    persona_model_free(&model->base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_needs_two_values),
        cmocka_unit_test(tables_that_teach_nothing_are_errors),
        cmocka_unit_test(a_limit_of_review_needs_somebody_who_reviews),
        cmocka_unit_test(bad_numbers_name_column_and_row),
        cmocka_unit_test(options_without_effect_are_errors),
        cmocka_unit_test(a_column_named_for_one_role_is_not_found_for_another),
        cmocka_unit_test(ids_and_constants_are_left_out_and_noted),
        cmocka_unit_test(times_become_hour_weekday_and_age),
        cmocka_unit_test(words_for_labels_are_understood),
        cmocka_unit_test(a_missing_label_is_not_yet_known),
        cmocka_unit_test(the_same_model_for_any_number_of_threads),
        cmocka_unit_test(the_latest_orders_validate_whatever_the_order_of_the_rows),
        cmocka_unit_test(random_folds_have_the_same_share_of_frauds),
        cmocka_unit_test(a_prevalence_shifts_the_odds),
        cmocka_unit_test(attributes_of_a_linked_table_are_inputs),
        cmocka_unit_test(a_monotone_number_never_lowers_the_risk),
        cmocka_unit_test(a_dry_run_only_notes),
    };
    return cmocka_run_group_tests_name("fraud fit", tests, NULL, NULL);
}
