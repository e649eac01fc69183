/* test_gbdt_import.c: models of LightGBM and XGBoost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/philox.h"
#include "support/import_models.h"
#include "learn/gbdt_import.h"
#include "learn/gbdt_shap.h"

static psn_gbdt *read_light(const char *text)
{
    psn_gbdt *model;
    persona_error error = {.message = ""};
    const int rc = psn_gbdt_import_lightgbm(&model, NULL, text, strlen(text), &error);
    assert_string_equal(error.message, "");
    assert_int_equal(rc, PERSONA_OK);
    return model;
}

static psn_gbdt *read_xgb(void)
{
    psn_gbdt *model;
    assert_int_equal(psn_gbdt_import_xgboost(&model, NULL, xgb_model_json,
                                             strlen(xgb_model_json), NULL),
                     PERSONA_OK);
    return model;
}

static double score(const psn_gbdt *model, double price, double kind)
{
    const double row[] = {price, kind};
    double out;
    psn_gbdt_walk(model, row, &out);
    return out;
}

/* Text with `from` replaced by `to`. */
static const char *changed(const char *text, const char *from, const char *to)
{
    static char out[8192];
    const char *at = strstr(text, from);
    assert_non_null(at);
    const size_t before = (size_t)(at - text);
    memcpy(out, text, before);
    strcpy(out + before, to);
    strcat(out, at + strlen(from));
    return out;
}

static void lightgbm_scores_are_its_leaves(void **state)
{
    (void)state;
    psn_gbdt *model = read_light(light_model);
    assert_true(score(model, 10.5, 1) == 1.5 && score(model, 10.5, 33) == 1.5);
    assert_true(score(model, 3, 2) == 2.5 && score(model, 3, 1000) == 2.5);
    assert_true(score(model, 3, NAN) == 2.5 && score(model, NAN, 1) == 1.5);
    assert_true(score(model, 11, 1) == 3.5);
    assert_int_equal(model->objective, PSN_GBDT_BINARY);
    psn_gbdt_free(model);
}

static void missing_types_decide_what_nan_and_zero_do(void **state)
{
    (void)state;
    /* 2: nothing is missing, NaN is 0; 6: zero and NaN go left; 4: they go right */
    static const char *const types[] = {"decision_type=2 1", "decision_type=6 1",
                                        "decision_type=4 1"};
    static const double of_nan[] = {1.5, 1.5, 3.5}, of_zero[] = {1.5, 1.5, 3.5};
    for (int i = 0; i < 3; i++) {
        psn_gbdt *model =
            read_light(changed(light_model, "decision_type=10 1", types[i]));
        assert_true(score(model, NAN, 1) == of_nan[i] &&
                    score(model, 0, 1) == of_zero[i]);
        assert_true(score(model, 11, 1) == 3.5);
        psn_gbdt_free(model);
    }
}

static void a_sigmoid_of_two_doubles_the_log_odds(void **state)
{
    (void)state;
    psn_gbdt *model = read_light(changed(light_model, "sigmoid:1", "sigmoid:2"));
    assert_true(score(model, 11, 1) == 7);
    psn_gbdt_free(model);
}

static void names_come_along(void **state)
{
    (void)state;
    psn_gbdt *model;
    psn_gbdt_names names = {0};
    assert_int_equal(
        psn_gbdt_import_lightgbm(&model, &names, light_model, strlen(light_model), NULL),
        PERSONA_OK);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.name[1], "kind");
    psn_gbdt_names_free(&names);
    psn_gbdt_free(model);
    assert_int_equal(psn_gbdt_import_xgboost(&model, &names, xgb_model_json,
                                             strlen(xgb_model_json), NULL),
                     PERSONA_OK);
    assert_string_equal(names.name[0], "price");
    psn_gbdt_names_free(&names);
    psn_gbdt_free(model);
}

static void what_cannot_be_said_here_is_refused_by_name(void **state)
{
    (void)state;
    psn_gbdt *model;
    persona_error error;
    const char *linear = changed(light_model, "is_linear=0", "is_linear=1");
    assert_int_equal(
        psn_gbdt_import_lightgbm(&model, NULL, linear, strlen(linear), &error),
        PERSONA_EKIND);
    assert_string_equal(error.message, "models with linear trees cannot be imported");
    const char *apart =
        changed(light_model, "binary sigmoid:1", "multiclassova num_class:1");
    assert_int_equal(psn_gbdt_import_lightgbm(&model, NULL, apart, strlen(apart), &error),
                     PERSONA_EKIND);
    const char *hinge = changed(xgb_model_json, "reg:squarederror", "binary:hinge");
    assert_int_equal(psn_gbdt_import_xgboost(&model, NULL, hinge, strlen(hinge), &error),
                     PERSONA_EKIND);
    assert_null(model);
}

static void a_damaged_list_names_its_tree(void **state)
{
    (void)state;
    psn_gbdt *model;
    persona_error error;
    const char *loop = changed(light_model, "left_child=1 -1", "left_child=0 -1");
    assert_int_equal(psn_gbdt_import_lightgbm(&model, NULL, loop, strlen(loop), &error),
                     PERSONA_EFORMAT);
    const char *cut = changed(light_model, "leaf_value=1 2 3", "leaf_value=1 2 x");
    assert_int_equal(psn_gbdt_import_lightgbm(&model, NULL, cut, strlen(cut), &error),
                     PERSONA_EFORMAT);
    assert_non_null(strstr(error.message, "tree 0"));
}

/* 2.5 as float: the double just below still rounds to 2.5, which is not < 2.5. */
static void xgboost_compares_rounded_values(void **state)
{
    (void)state;
    psn_gbdt *model = read_xgb();
    assert_true(score(model, 2.5, 0) == 4.5);
    assert_true(score(model, nextafter(2.5, 0), 0) == 4.5);
    assert_true(score(model, (double)nextafterf(2.5F, 0), 0) == 1.5);
    psn_gbdt_free(model);
}

static void xgboost_sends_listed_codes_right(void **state)
{
    (void)state;
    psn_gbdt *model = read_xgb();
    assert_true(score(model, 1, 1) == 2.5 && score(model, 1, 3) == 2.5);
    assert_true(score(model, 1, 0) == 1.5 && score(model, 1, 2) == 1.5);
    assert_true(score(model, 1, 4) == 1.5 && score(model, 1, 99) == 1.5);
    assert_true(score(model, 1, NAN) == 2.5 && score(model, NAN, 0) == 4.5);
    psn_gbdt_free(model);
}

static void base_score_passes_through_the_link(void **state)
{
    (void)state;
    psn_gbdt *model;
    static char text[8192];
    strcpy(text, changed(xgb_model_json, "reg:squarederror", "count:poisson"));
    assert_int_equal(psn_gbdt_import_xgboost(&model, NULL, text, strlen(text), NULL),
                     PERSONA_OK);
    assert_true(fabs(model->base[0] - log(.5)) < 1e-15);
    double mean = score(model, 3, 0);
    psn_gbdt_respond(model, &mean);
    assert_true(fabs(mean - .5 * exp(4)) < 1e-12);
    psn_gbdt_free(model);
}

/* Numbers and letters changed at random: refused, or a model that answers. */
static void altered_models_never_harm(void **state)
{
    (void)state;
    static const char letters[] = "0123456789-.,= []{}\":\neE";
    psn_random random;
    psn_random_start(&random, 31, 1, 0);
    for (int round = 0; round < 30000; round++) {
        const int light = round % 2;
        char text[4096];
        const char *from = light ? light_model : xgb_model_json;
        const size_t size = strlen(from);
        psn_gbdt *model;
        memcpy(text, from, size);
        for (int64_t i = psn_random_below(&random, 4); i >= 0; i--)
            text[psn_random_below(&random, (int64_t)size)] =
                letters[psn_random_below(&random, sizeof letters - 1)];
        const int rc = light ? psn_gbdt_import_lightgbm(&model, NULL, text, size, NULL)
                             : psn_gbdt_import_xgboost(&model, NULL, text, size, NULL);
        if (rc != PERSONA_OK) continue;
        if (model->features == 2 && model->outputs == 1)
            assert_false(isnan(score(model, 3, 1)) && isnan(score(model, NAN, 7)));
        psn_gbdt_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lightgbm_scores_are_its_leaves),
        cmocka_unit_test(missing_types_decide_what_nan_and_zero_do),
        cmocka_unit_test(a_sigmoid_of_two_doubles_the_log_odds),
        cmocka_unit_test(names_come_along),
        cmocka_unit_test(what_cannot_be_said_here_is_refused_by_name),
        cmocka_unit_test(a_damaged_list_names_its_tree),
        cmocka_unit_test(xgboost_compares_rounded_values),
        cmocka_unit_test(xgboost_sends_listed_codes_right),
        cmocka_unit_test(base_score_passes_through_the_link),
        cmocka_unit_test(altered_models_never_harm),
    };
    return cmocka_run_group_tests_name("gbdt_import", tests, NULL, NULL);
}
