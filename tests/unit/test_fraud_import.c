/* test_fraud_import.c: fraud scorers out of models of LightGBM and XGBoost. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/options.h"
#include "data/table.h"
#include "support/import_models.h"
#include "persona.h"
#include "support/temp_folder.h"

enum { MOST_TEXT = 8192 };

/* A model in a file, with `from` (may be NULL) replaced by `to`. */
static const char *file_of(const char *name, const char *text, const char *from,
                           const char *to)
{
    static char changed[MOST_TEXT];
    const char *path = temp_path(name);
    const char *at = from == NULL ? text : strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text,
             from == NULL ? "" : to, at + (from == NULL ? 0 : strlen(from)));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(changed, 1, strlen(changed), file), strlen(changed));
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *light_file(void)
{
    return file_of("light.txt", light_model, NULL, NULL);
}

static const char *xgb_file(void)
{
    return file_of("xgb.json", xgb_model_json, "reg:squarederror", "binary:logistic");
}

static persona_fraud_scorer *import_with(const char *path, const char *options)
{
    persona_fraud_scorer *model = NULL;
    persona_params *params = NULL;
    persona_error error = {.message = ""};
    assert_int_equal(persona_params_new(&params, "fraud_scorer.import", &error),
                     PERSONA_OK);
    assert_int_equal(persona_params_parse(params, options, &error), PERSONA_OK);
    const int rc = persona_fraud_scorer_import(&model, path, params, NULL, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(rc, PERSONA_OK);
    persona_params_free(params);
    return model;
}

static persona_fraud_scorer *import(const char *path)
{
    return import_with(path, "");
}

static void drop(persona_fraud_scorer *model)
{
    persona_model_free(persona_fraud_scorer_model(model));
}

static double ask(const persona_fraud_scorer *model, double price, double kind,
                  int32_t *action)
{
    const double numbers[] = {price, kind};
    persona_query *query = NULL;
    double probability = NAN;
    assert_int_equal(persona_fraud_scorer_prepare(&query, model, NULL, NULL), PERSONA_OK);
    assert_int_equal(
        persona_fraud_scorer_score(query, numbers, 2, NAN, &probability, action, NULL),
        PERSONA_OK);
    persona_query_free(query);
    return probability;
}

static void is_response_of(double probability, double score)
{
    assert_true(fabs(probability - 1 / (1 + exp(-score))) < 1e-12);
}

static void refused(const char *path, const char *options, int code, const char *message)
{
    persona_fraud_scorer *model = NULL;
    persona_params *params = NULL;
    persona_error error = {.message = ""};
    assert_int_equal(persona_params_new(&params, "fraud_scorer.import", NULL),
                     PERSONA_OK);
    assert_int_equal(persona_params_parse(params, options, NULL), PERSONA_OK);
    assert_int_equal(persona_fraud_scorer_import(&model, path, params, NULL, &error),
                     code);
    assert_null(model);
    assert_non_null(strstr(error.message, message));
    persona_params_free(params);
}

static double cell(const persona_table *table, const char *name, int64_t row)
{
    return psn_column_number(psn_table_column(table, psn_table_find(table, name)), row);
}

static void text_is(const persona_table *table, const char *name, int64_t row,
                    const char *expected)
{
    const char *bytes = NULL;
    int64_t length = 0;
    psn_column_text(psn_table_column(table, psn_table_find(table, name)), row, &bytes,
                    &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(bytes, expected, (size_t)length);
}

/* Tree 0 gives 1, 2 or 3, tree 1 gives .5 always. */
static void lightgbm_tells_its_own_probability(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(light_file());
    is_response_of(ask(model, 10.5, 33, NULL), 1.5);
    is_response_of(ask(model, 3, 2, NULL), 2.5);
    is_response_of(ask(model, 11, 1, NULL), 3.5);
    is_response_of(ask(model, NAN, 1, NULL), 1.5);
    is_response_of(ask(model, 3, NAN, NULL), 2.5);
    drop(model);
}

/* base_score .5 is 0 on log odds. */
static void xgboost_tells_its_own_probability(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(xgb_file());
    is_response_of(ask(model, 2, 1, NULL), 2);
    is_response_of(ask(model, 2, 0, NULL), 1);
    is_response_of(ask(model, 2.5, 0, NULL), 4);
    is_response_of(ask(model, NAN, NAN, NULL), 4);
    drop(model);
}

static void inputs_are_the_columns_of_the_model(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(light_file());
    persona_table *inputs = NULL;
    assert_int_equal(
        persona_model_inputs(&inputs, persona_fraud_scorer_model(model), NULL),
        PERSONA_OK);
    assert_int_equal(inputs->rows, 2);
    text_is(inputs, "name", 0, "price");
    text_is(inputs, "name", 1, "kind");
    text_is(inputs, "type", 1, "number");
    persona_table_free(inputs);
    drop(model);
}

static void a_saved_import_is_the_same_model(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(xgb_file());
    const char *path = temp_path("x.persona");
    persona_model *loaded = NULL;
    assert_int_equal(
        persona_model_save(persona_fraud_scorer_model(model), path, NULL, NULL),
        PERSONA_OK);
    assert_int_equal(persona_model_load(&loaded, path, NULL, NULL, NULL), PERSONA_OK);
    persona_fraud_scorer *copy = persona_model_fraud_scorer(loaded);
    assert_non_null(copy);
    assert_string_equal(persona_model_digest(loaded),
                        persona_model_digest(persona_fraud_scorer_model(model)));
    for (int i = 0; i < 40; i++)
        assert_true(ask(copy, 0.1 * i, i % 5, NULL) == ask(model, 0.1 * i, i % 5, NULL));
    persona_model_free(loaded);
    drop(model);
}

/* kind {1, 33} gives 1.5 where others give 2.5: kind speaks for fraud at price 3. */
static void it_explains_in_words_what_sums_to_its_score(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(light_file());
    const double numbers[] = {3, 2};
    persona_params *exact = NULL;
    persona_query *query = NULL;
    persona_table *reasons = NULL;
    assert_int_equal(persona_params_new(&exact, "fraud_scorer.query", NULL), PERSONA_OK);
    assert_int_equal(persona_params_parse(exact, "exact=true", NULL), PERSONA_OK);
    assert_int_equal(persona_fraud_scorer_prepare(&query, model, exact, NULL),
                     PERSONA_OK);
    assert_int_equal(persona_fraud_scorer_explain(&reasons, query, numbers, 2, NULL),
                     PERSONA_OK);
    assert_int_equal(reasons->rows, 2);
    /* means: 2.25 of the tree, 1.5 left of price, 2 there for kind 2: v({price}) = 1.5,
     * v({kind}) = (2 + 3) / 2 = 2.5, v(both) = 2; Shapley: price -.625, kind .375 */
    text_is(reasons, "words", 0, "price 3");
    assert_true(fabs(cell(reasons, "effect", 0) + 0.625) < 1e-12);
    text_is(reasons, "words", 1, "kind 2");
    assert_true(fabs(cell(reasons, "effect", 1) - 0.375) < 1e-12);
    persona_table_free(reasons);
    persona_query_free(query);
    persona_params_free(exact);
    drop(model);
}

static void limits_of_the_import_decide(void **state)
{
    (void)state;
    int32_t action = -1;
    persona_fraud_scorer *model =
        import_with(light_file(), "column.value=price review_from=0.9 block_from=0.95");
    ask(model, 3, 1, &action); /* .8176 */
    assert_int_equal(action, PERSONA_ACCEPT);
    ask(model, 3, 2, &action); /* .9241 */
    assert_int_equal(action, PERSONA_REVIEW);
    ask(model, 11, 2, &action); /* .9707 */
    assert_int_equal(action, PERSONA_BLOCK);
    drop(model);
}

static void importance_and_thresholds_are_parts(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(light_file());
    const persona_model *base = persona_fraud_scorer_model(model);
    persona_table *importance = NULL, *thresholds = NULL, *roc = NULL;
    assert_int_equal(persona_model_part(&importance, base, "importance", NULL),
                     PERSONA_OK);
    text_is(importance, "feature", 0, "price");
    assert_true(cell(importance, "gain", 0) == 9 && cell(importance, "gain", 1) == 4);
    assert_true(isnan(cell(importance, "permutation", 0)));
    assert_int_equal(persona_model_part(&thresholds, base, "thresholds", NULL),
                     PERSONA_OK);
    assert_true(cell(thresholds, "amount", 3) == 100);
    /* amount 10: accept 26 p, block 7.5 (1 - p), review 3 + 2.6 p + .15 (1 - p) */
    assert_true(fabs(cell(thresholds, "review_from", 0) - 3.15 / 23.55) < 1e-12);
    assert_true(fabs(cell(thresholds, "block_from", 0) - 4.35 / 9.95) < 1e-12);
    assert_int_equal(persona_model_part(&roc, base, "roc", NULL), PERSONA_EARG);
    persona_table_free(importance);
    persona_table_free(thresholds);
    drop(model);
}

static void a_table_is_scored_by_its_column_names(void **state)
{
    (void)state;
    persona_fraud_scorer *model = import(light_file());
    persona_table *table = NULL, *answers = NULL;
    const double kind[] = {33, 2}, price[] = {10.5, 3};
    assert_int_equal(psn_table_new(&table, NULL), PERSONA_OK);
    assert_int_equal(psn_table_add(table, "kind", PERSONA_TYPE_REAL, kind, NULL, 2, NULL),
                     PERSONA_OK);
    assert_int_equal(
        psn_table_add(table, "price", PERSONA_TYPE_REAL, price, NULL, 2, NULL),
        PERSONA_OK);
    assert_int_equal(
        persona_fraud_scorer_score_table(&answers, model, table, NULL, NULL, NULL),
        PERSONA_OK);
    is_response_of(cell(answers, "probability", 0), 1.5);
    is_response_of(cell(answers, "probability", 1), 2.5);
    persona_table_free(answers);
    persona_table_free(table);
    drop(model);
}

/* p = .1824. Of 3: accept p (3.3 + 15) = 3.3, block (1 - p) 5.15 = 4.2. Of 99,999: accept
 * 20,066, block 4,092. */
static void the_amount_comes_from_the_named_column(void **state)
{
    (void)state;
    int32_t small = -1, large = -1;
    persona_fraud_scorer *model = import_with(
        file_of("low.txt", light_model, "leaf_value=1 2 3", "leaf_value=-2 -2 -2"),
        "column.value=price review=false margin=0.05");
    is_response_of(ask(model, 3, 1, &small), -1.5);
    assert_int_equal(small, PERSONA_ACCEPT);
    ask(model, 99999, 1, &large);
    assert_int_equal(large, PERSONA_BLOCK);
    drop(model);
}

static void other_objectives_are_refused(void **state)
{
    (void)state;
    refused(file_of("sq.json", xgb_model_json, NULL, NULL), "", PERSONA_EDATA,
            "objective is squared; a fraud scorer needs a binary one");
    refused(file_of("po.txt", light_model, "binary sigmoid:1", "poisson"), "",
            PERSONA_EDATA, "objective is poisson");
    refused(file_of("raw.json", xgb_model_json, "reg:squarederror", "binary:logitraw"),
            "", PERSONA_EDATA, "none that tells a probability");
    refused(file_of("hinge.json", xgb_model_json, "reg:squarederror", "binary:hinge"), "",
            PERSONA_EKIND, "");
}

static void other_files_are_refused(void **state)
{
    (void)state;
    refused(temp_path("none.txt"), "", PERSONA_EIO, "none.txt");
    refused(file_of("empty", "", NULL, NULL), "", PERSONA_EFORMAT, "neither the text");
    refused(file_of("csv", "price,kind\n1,2\n", NULL, NULL), "", PERSONA_EFORMAT,
            "neither the text");
    refused(file_of("ubj", "{L", NULL, NULL), "", PERSONA_EFORMAT, "UBJSON");
    refused(file_of("cut", light_model, "end of trees", ""), "", PERSONA_EFORMAT, "");
    refused(light_file(), "max_bytes=100", PERSONA_ELIMIT, "");
}

static void columns_need_names_of_their_own(void **state)
{
    (void)state;
    refused(file_of("same", light_model, "price kind", "price price"), "", PERSONA_EDATA,
            "columns 0 and 1");
    refused(file_of("bytes", light_model, "price kind", "price k\xFFnd"), "",
            PERSONA_EDATA, "column 1 must be UTF-8");
    refused(light_file(), "column.value=cost", PERSONA_EOPTION, "no column \"cost\"");
    refused(light_file(), "column.user=kind", PERSONA_EOPTION,
            "column.user: no such role");
    refused(light_file(), "column.quantity=kind", PERSONA_EOPTION, "has no effect");
}

static void blanks_before_the_content_do_not_matter(void **state)
{
    (void)state;
    static char text[MOST_TEXT];
    snprintf(text, sizeof text, "\xEF\xBB\xBF \n%s", xgb_model_json);
    persona_fraud_scorer *model =
        import(file_of("bom.json", text, "reg:squarederror", "binary:logistic"));
    is_response_of(ask(model, 2, 1, NULL), 2);
    drop(model);
}

static int make_folder(void **state)
{
    (void)state;
    temp_folder_make();
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_folder_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lightgbm_tells_its_own_probability),
        cmocka_unit_test(xgboost_tells_its_own_probability),
        cmocka_unit_test(inputs_are_the_columns_of_the_model),
        cmocka_unit_test(a_saved_import_is_the_same_model),
        cmocka_unit_test(it_explains_in_words_what_sums_to_its_score),
        cmocka_unit_test(limits_of_the_import_decide),
        cmocka_unit_test(the_amount_comes_from_the_named_column),
        cmocka_unit_test(importance_and_thresholds_are_parts),
        cmocka_unit_test(a_table_is_scored_by_its_column_names),
        cmocka_unit_test(other_objectives_are_refused),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(columns_need_names_of_their_own),
        cmocka_unit_test(blanks_before_the_content_do_not_matter),
    };
    return cmocka_run_group_tests_name("fraud_import", tests, make_folder, remove_folder);
}
