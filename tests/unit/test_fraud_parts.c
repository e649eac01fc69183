/* What a fraud scorer says of itself: JSON, inputs, parts, and the rates of categories.
 */
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

static const persona_model *base_of(const persona_fraud_scorer *model)
{
    return persona_fraud_scorer_model(model);
}

static void drop(persona_fraud_scorer *model)
{
    persona_model_free(persona_fraud_scorer_model(model));
}

static int says(const persona_fraud_scorer *model, const char *words)
{
    persona_buffer *json = NULL;
    assert_int_equal(persona_model_describe(&json, base_of(model), NULL), PERSONA_OK);
    const int found = strstr(persona_buffer_data(json), words) != NULL;
    persona_buffer_free(json);
    return found;
}

static persona_table *part_of(const persona_fraud_scorer *model, const char *name)
{
    persona_error error = {0};
    persona_table *part = NULL;
    if (persona_model_part(&part, base_of(model), name, &error) != PERSONA_OK)
        fail_msg("%s", error.message);
    return part;
}

static double real_of(const persona_table *table, const char *column, int64_t row)
{
    return psn_column_number(psn_table_column(table, psn_table_find(table, column)), row);
}

/* The row where a column of texts says this, or -1. */
static int64_t row_of(const persona_table *table, const char *column, const char *text)
{
    for (int64_t i = 0; i < persona_table_rows(table); i++)
        if (orders_text_is(table, column, i, text)) return i;
    return -1;
}

static void describe_counts_rows_frauds_and_members(void **state)
{
    (void)state;
    char frauds[64];
    int count = 0;
    persona_fraud_scorer *model =
        orders_fit(ORDERS_QUICK "algorithm=gbdt calibrate=none");
    for (int64_t i = 0; i < ORDERS; i++) count += order_fraud(i);
    snprintf(frauds, sizeof frauds, "\"rows\":600,\"labelled\":600,\"frauds\":%d", count);
    assert_true(says(model, frauds));
    assert_true(says(model, "\"dry_run\":false"));
    assert_true(says(model, "\"inputs\":4,\"features\":7,\"members\":{\"gbdt\":1}"));
    assert_true(says(model, "\"calibration\":\"none\""));
    assert_true(says(model, "\"validation\":{\"rows\":"));
    assert_true(says(model, "\"columns\":{\"label\":\"is_fraud\",\"time\":\"ordered_at\","
                            "\"order\":\"order_id\",\"value\":\"amount\"}"));
    assert_true(says(model, "\"options\":{"));
    assert_true(says(model, "\"gbdt.rounds\":\"60\""));
    drop(model);
}

static void describe_of_a_dry_run_or_a_forest_leaves_out_what_is_not_there(void **state)
{
    (void)state;
    persona_fraud_scorer *dry = orders_fit("dry_run=true");
    assert_true(says(dry, "\"dry_run\":true,\"rows\":600"));
    assert_false(says(dry, "\"members\"") || says(dry, "\"columns\""));
    drop(dry);
    persona_fraud_scorer *forest =
        orders_fit("column.label=none exclude=is_fraud iforest.trees=5");
    assert_true(says(forest, "\"members\":{\"iforest\":2}"));
    assert_true(says(forest, "\"labelled\":0,\"frauds\":0"));
    assert_false(says(forest, "\"trees\":") || says(forest, "\"leaves\":"));
    assert_false(says(forest, "\"label\":"));
    drop(forest);
}

static void names_of_columns_are_escaped_in_json(void **state)
{
    (void)state;
    persona_table *table = orders_table(0);
    double odd[ORDERS];
    for (int64_t i = 0; i < ORDERS; i++) odd[i] = (double)(i * 7 % 13);
    assert_int_equal(persona_table_add_real(table, "a\"b\\c\n", odd, ORDERS, NULL),
                     PERSONA_OK);
    persona_params *fit = orders_params("fraud_scorer.fit", "iforest.trees=5");
    persona_params_set_text(fit, "column.label", "none", 4, NULL);
    persona_params_set_text(fit, "column.value", "a\"b\\c\n", PERSONA_NUL, NULL);
    persona_fraud_scorer *model = NULL;
    assert_int_equal(persona_fraud_scorer_fit(&model, table, fit, NULL, NULL),
                     PERSONA_OK);
    assert_true(says(model, "\"value\":\"a\\\"b\\\\c\\n\""));
    persona_params_free(fit);
    persona_table_free(table);
    drop(model);
}

static void inputs_tell_type_unit_and_role(void **state)
{
    (void)state;
    persona_table *inputs = NULL;
    persona_fraud_scorer *model = orders_fit(ORDERS_QUICK);
    assert_int_equal(persona_model_inputs(&inputs, base_of(model), NULL), PERSONA_OK);
    static const char *const columns[] = {"name", "type", "unit", "role"};
    static const char *const expected[ORDER_INPUTS][4] = {
        {"amount", "number", "", "value"},
        {"ordered_at", "time", "ms", "time"},
        {"signed_up_at", "time", "ms", "feature"},
        {"country", "text", "", "feature"}};
    assert_int_equal(persona_table_rows(inputs), ORDER_INPUTS);
    for (int64_t i = 0; i < ORDER_INPUTS; i++) {
        assert_true(real_of(inputs, "input", i) == (double)i);
        for (int c = 0; c < 4; c++)
            assert_true(orders_text_is(inputs, columns[c], i, expected[i][c]));
    }
    persona_table_free(inputs);
    drop(model);
}

static void features_tell_what_they_come_from_and_what_is_usual(void **state)
{
    (void)state;
    persona_fraud_scorer *model = orders_fit(ORDERS_QUICK);
    persona_table *features = part_of(model, "features");
    assert_int_equal(persona_table_rows(features), 7);
    const int64_t amount = row_of(features, "feature", "amount");
    assert_true(orders_text_is(features, "derived", amount, "value"));
    assert_true(orders_text_is(features, "type", amount, "number"));
    /* amounts 20 .. 120, all about as often: a tenth of them below 30, above 110 */
    assert_true(fabs(real_of(features, "low", amount) - 30) < 1.5);
    assert_true(fabs(real_of(features, "high", amount) - 110) < 1.5);
    const int64_t country = row_of(features, "feature", "country");
    assert_true(orders_text_is(features, "derived", country, "level"));
    assert_true(real_of(features, "levels", country) == 4);
    const int64_t hour = row_of(features, "feature", "hour of ordered_at");
    assert_true(orders_text_is(features, "input", hour, "ordered_at"));
    assert_true(orders_text_is(features, "derived", hour, "hour"));
    assert_true(row_of(features, "feature", "hours from signed_up_at to ordered_at") >=
                0);
    persona_table_free(features);
    drop(model);
}

static void trees_are_a_row_a_node_and_a_leaf(void **state)
{
    (void)state;
    char leaves[64];
    int64_t inner = 0, rows;
    persona_fraud_scorer *model = orders_fit(ORDERS_QUICK "algorithm=gbdt");
    persona_table *trees = part_of(model, "trees");
    persona_table *features = part_of(model, "features");
    rows = persona_table_rows(trees);
    for (int64_t i = 0; i < rows; i++) {
        const char *name;
        int64_t length;
        persona_table_text(trees, persona_table_find(trees, "feature"), i, &name,
                           &length);
        char feature[128] = "";
        if (name == NULL || length == 0) continue;
        snprintf(feature, sizeof feature, "%.*s", (int)length, name);
        assert_true(row_of(features, "feature", feature) >= 0);
        inner++;
    }
    /* every tree has one leaf more than it has nodes */
    const double count = real_of(trees, "tree", rows - 1) + 1;
    assert_true((double)(rows - inner) == (double)inner + count);
    snprintf(leaves, sizeof leaves, "\"trees\":%d,\"leaves\":%d", (int)count,
             (int)(rows - inner));
    assert_true(says(model, leaves));
    persona_table_free(trees);
    persona_table_free(features);
    drop(model);
}

static void coefficients_know_which_country_is_bad(void **state)
{
    (void)state;
    persona_fraud_scorer *model =
        orders_fit("algorithm=logistic draws=5 logistic.l2=0.1");
    persona_table *table = part_of(model, "coefficients");
    double best = -INFINITY;
    int64_t worst = -1, amount = row_of(table, "feature", "amount");
    assert_true(amount >= 0 && real_of(table, "coefficient", amount) > 0);
    for (int64_t i = 0; i < persona_table_rows(table); i++) {
        /* a level that no row has (rare, missing): nothing was learnt of it */
        const int learnt = real_of(table, "coefficient", i) != 0;
        assert_true(learnt ? real_of(table, "error", i) > 0
                           : isnan(real_of(table, "error", i)));
        if (!orders_text_is(table, "feature", i, "country")) continue;
        if (real_of(table, "coefficient", i) > best) {
            best = real_of(table, "coefficient", i);
            worst = (int64_t)real_of(table, "level", i);
        }
    }
    size_t length;
    const char *name = psn_dict_text(model->input[ORDER_COUNTRY].levels, worst, &length);
    assert_true(length == 2 && memcmp(name, "BR", 2) == 0);
    persona_table_free(table);
    drop(model);
}

static void refused(const persona_fraud_scorer *model, const char *name,
                    const char *words)
{
    persona_error error = {0};
    persona_table *part = NULL;
    assert_int_equal(persona_model_part(&part, base_of(model), name, &error),
                     PERSONA_EARG);
    assert_null(part);
    if (strstr(error.message, words) == NULL) fail_msg("%s", error.message);
}

/* Every part that is listed is there, and no other. */
static void parts_are_listed_as_they_are(void **state)
{
    (void)state;
    static const char *const fits[] = {
        ORDERS_QUICK "algorithm=gbdt", "algorithm=logistic draws=5",
        "algorithm=iforest iforest.trees=5 draws=5", "dry_run=true"};
    static const int64_t least[] = {11, 10, 8, 2};
    for (int k = 0; k < 4; k++) {
        persona_fraud_scorer *model = orders_fit(fits[k]);
        persona_table *parts = part_of(model, "parts");
        assert_true(persona_table_rows(parts) >= least[k]);
        for (int64_t i = 0; i < persona_table_rows(parts); i++) {
            char name[64];
            const char *bytes;
            int64_t length;
            persona_table_text(parts, 0, i, &bytes, &length);
            snprintf(name, sizeof name, "%.*s", (int)length, bytes);
            persona_table *part = part_of(model, name);
            assert_true(persona_table_columns(part) > 0);
            persona_table_free(part);
        }
        assert_int_equal(row_of(parts, "part", "trees") >= 0, k == 0);
        assert_int_equal(row_of(parts, "part", "coefficients") >= 0, k == 1);
        if (k != 0 && k != 3) refused(model, "trees", "no trees");
        if (k == 0) refused(model, "coefficients", "no logistic regression");
        if (k == 3) refused(model, "metrics", "no part metrics");
        refused(model, "nosuch", "must be one of metrics roc");
        persona_table_free(parts);
        drop(model);
    }
}

static void there_is_no_user_to_forget(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_model *without = NULL;
    persona_fraud_scorer *model = orders_fit("algorithm=iforest iforest.trees=5");
    assert_int_equal(persona_model_without_user(&without, base_of(model), "5001",
                                                PERSONA_NUL, NULL, &error),
                     PERSONA_EDATA);
    assert_null(without);
    drop(model);
}

/* ---- rates of categories with many levels */

enum { DEVICES = 250, DEVICE_ROWS = 24 };

/* 24 orders of each of 250 devices; all of every fifth device are frauds. */
static persona_table *devices_table(void)
{
    enum { ROWS = DEVICES * DEVICE_ROWS };
    static char bytes[ROWS * 4];
    static int64_t offsets[ROWS + 1], fraud[ROWS];
    static double amount[ROWS];
    persona_table *table = NULL;
    for (int64_t i = 0; i < ROWS; i++) {
        const int device = (int)(i * 7 % DEVICES);
        snprintf(bytes + 3 * i, 4, "%03d", device);
        offsets[i + 1] = 3 * i + 3;
        fraud[i] = device % 5 == 0;
        amount[i] = (double)(i * 31 % 97);
    }
    assert_int_equal(persona_table_new(&table, NULL), PERSONA_OK);
    persona_table_add_text(table, "device", bytes, offsets, NULL, ROWS, NULL);
    persona_table_add_real(table, "amount", amount, ROWS, NULL);
    assert_int_equal(persona_table_add_int(table, "is_fraud", fraud, NULL, ROWS, NULL),
                     PERSONA_OK);
    return table;
}

static const psn_fraud_feature *feature_of(const persona_fraud_scorer *model, int derive)
{
    for (int32_t f = 0; f < model->features; f++)
        if (model->feature[f].derive == derive) return &model->feature[f];
    fail_msg("no such feature");
    return NULL;
}

static double logit(double p)
{
    return log(p / (1 - p));
}

/* p = 1/5 of all are frauds, which counts as ten rows: (24 + 2) / 34, (0 + 2) / 34, and p
 * itself where nothing is known. */
static void rates_and_frequencies_of_levels_are_the_worked_ones(void **state)
{
    (void)state;
    persona_table *table = devices_table();
    persona_fraud_scorer *model = orders_fit_table(
        table, "search=1 gbdt.rounds=5 draws=2 algorithm=gbdt categories=device");
    const psn_fraud_feature *rate = feature_of(model, PSN_FRAUD_RATE);
    const psn_fraud_feature *count = feature_of(model, PSN_FRAUD_COUNT);
    const psn_dict *levels = model->input[rate->input].levels;
    assert_int_equal(psn_dict_count(levels), DEVICES);
    assert_int_equal(rate->lookups, DEVICES + 1);
    assert_string_equal(rate->name, "fraud rate of device");
    assert_string_equal(count->name, "frequency of device");
    const int64_t bad = psn_dict_find(levels, "005", 3);
    const int64_t good = psn_dict_find(levels, "006", 3);
    assert_true(fabs(rate->lookup[bad] - logit(26.0 / 34)) < 1e-12);
    assert_true(fabs(rate->lookup[good] - logit(2.0 / 34)) < 1e-12);
    assert_true(fabs(rate->lookup[DEVICES] - logit(0.2)) < 1e-12);
    for (int l = 0; l < DEVICES; l++)
        assert_true(fabs(count->lookup[l] - log(1 + DEVICE_ROWS)) < 1e-12);
    assert_true(count->lookup[DEVICES] == 0);
    persona_table_free(table);
    drop(model);
}

/* Labels by lot: a rate that knew its own row's label would tell them all. */
static void a_rate_does_not_know_the_label_of_its_row(void **state)
{
    (void)state;
    persona_table *table = devices_table();
    int64_t *fraud = ((psn_column *)psn_table_column(table, 2))->values;
    for (int64_t i = 0; i < persona_table_rows(table); i++)
        fraud[i] = (i * 2654435761 >> 8) % 5 == 0;
    persona_fraud_scorer *model = orders_fit_table(
        table, "search=1 gbdt.rounds=30 draws=2 algorithm=gbdt categories=device "
               "gbdt.early_stopping=0");
    persona_table *metrics = part_of(model, "metrics");
    const double auc = real_of(metrics, "value", row_of(metrics, "metric", "auc"));
    assert_true(auc > 0.4 && auc < 0.6);
    persona_table_free(metrics);
    persona_table_free(table);
    drop(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describe_counts_rows_frauds_and_members),
        cmocka_unit_test(describe_of_a_dry_run_or_a_forest_leaves_out_what_is_not_there),
        cmocka_unit_test(names_of_columns_are_escaped_in_json),
        cmocka_unit_test(inputs_tell_type_unit_and_role),
        cmocka_unit_test(features_tell_what_they_come_from_and_what_is_usual),
        cmocka_unit_test(trees_are_a_row_a_node_and_a_leaf),
        cmocka_unit_test(coefficients_know_which_country_is_bad),
        cmocka_unit_test(parts_are_listed_as_they_are),
        cmocka_unit_test(there_is_no_user_to_forget),
        cmocka_unit_test(rates_and_frequencies_of_levels_are_the_worked_ones),
        cmocka_unit_test(a_rate_does_not_know_the_label_of_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
