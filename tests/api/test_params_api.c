/* persona/params.h: options by name, and schemas as tables that bindings walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "persona.h"

static const char *const schemas[] = {"csv", "model.load", "segmenter.fit",
                                      "segmenter.query"};

static persona_params *new_params(const char *schema)
{
    persona_params *params = NULL;
    assert_int_equal(persona_params_new(&params, schema, NULL), PERSONA_OK);
    return params;
}

/* The text of a cell, NUL-terminated. */
static const char *cell(const persona_table *table, const char *column, int64_t row)
{
    static char text[512];
    const char *bytes;
    int64_t length;
    assert_int_equal(persona_table_text(table, persona_table_find(table, column), row,
                                        &bytes, &length),
                     PERSONA_OK);
    assert_true(length < (int64_t)sizeof text);
    memcpy(text, bytes == NULL ? "" : bytes, (size_t)length);
    text[length] = '\0';
    return text;
}

static void an_unknown_schema_names_those_there_are(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_params *params = (persona_params *)1;
    assert_int_equal(persona_params_new(&params, "segmenter", &error), PERSONA_EARG);
    assert_null(params);
    for (int i = 0; i < 4; i++) assert_non_null(strstr(error.message, schemas[i]));
    persona_table *table = (persona_table *)1;
    assert_int_equal(persona_params_schema(&table, "", &error), PERSONA_EARG);
    assert_null(table);
}

static void every_schema_is_a_table_with_name_type_and_doc(void **state)
{
    (void)state;
    static const char *const types = " int real bool text choice list ";
    static const char *const columns[] = {"name",    "type", "default", "min",  "max",
                                          "choices", "unit", "doc",     "since"};
    for (int i = 0; i < 4; i++) {
        persona_table *table = NULL;
        assert_int_equal(persona_params_schema(&table, schemas[i], NULL), PERSONA_OK);
        assert_int_equal(persona_table_columns(table), 9);
        for (int c = 0; c < 9; c++)
            assert_string_equal(persona_table_name(table, c), columns[c]);
        assert_true(persona_table_rows(table) > 0);
        for (int64_t row = 0; row < persona_table_rows(table); row++) {
            assert_true(cell(table, "name", row)[0] != '\0');
            assert_non_null(strstr(types, cell(table, "type", row)));
            assert_true(strlen(cell(table, "doc", row)) > 10);
            assert_non_null(strchr(cell(table, "since", row), '.'));
        }
        persona_table_free(table);
    }
}

/* What the schema says is a bound is one: the bound itself is taken, the next is not. */
static void the_bounds_of_every_number_are_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        persona_table *table = NULL;
        persona_params *params = new_params(schemas[i]);
        assert_int_equal(persona_params_schema(&table, schemas[i], NULL), PERSONA_OK);
        const double *min = persona_table_reals(table, persona_table_find(table, "min"));
        const double *max = persona_table_reals(table, persona_table_find(table, "max"));
        for (int64_t row = 0; row < persona_table_rows(table); row++) {
            char name[128];
            strcpy(name, cell(table, "name", row));
            if (isnan(min[row]) || strchr(name, '*') != NULL) continue;
            assert_int_equal(persona_params_set_real(params, name, min[row], NULL), 0);
            assert_int_equal(persona_params_set_real(params, name, max[row], NULL), 0);
            assert_int_equal(persona_params_set_real(params, name, min[row] - 1, NULL),
                             PERSONA_EOPTION);
            assert_int_equal(
                persona_params_set_real(params, name, max[row] * 2 + 1, NULL),
                PERSONA_EOPTION);
            assert_int_equal(persona_params_set_real(params, name, NAN, NULL),
                             PERSONA_EOPTION);
        }
        persona_params_free(params);
        persona_table_free(table);
    }
}

static void an_unknown_option_suggests_the_nearest(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_params *params = new_params("segmenter.fit");
    assert_int_equal(persona_params_set_int(params, "sede", 1, &error), PERSONA_EOPTION);
    assert_non_null(strstr(error.message, "seed"));
    assert_int_equal(persona_params_set_int(params, "threds", 1, &error),
                     PERSONA_EOPTION);
    assert_non_null(strstr(error.message, "threads"));
    persona_params_free(params);
}

static void a_text_of_options_is_set_whole_or_not_at_all(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_params *params = new_params("segmenter.fit");
    assert_int_equal(
        persona_params_parse(params, "k=6 seed=1 features='a,total spend'", &error),
        PERSONA_OK);
    assert_int_equal(persona_params_parse(params, "k=0", &error), PERSONA_EOPTION);
    assert_int_equal(persona_params_parse(params, "k", &error), PERSONA_EOPTION);
    assert_int_equal(persona_params_parse(params, "features='open", &error),
                     PERSONA_EOPTION);
    assert_int_equal(persona_params_parse(params, "", &error), PERSONA_OK);
    persona_params_free(params);
}

static void values_of_the_wrong_type_are_refused(void **state)
{
    (void)state;
    persona_params *params = new_params("segmenter.fit");
    assert_int_equal(persona_params_set_text(params, "k", "six", PERSONA_NUL, NULL),
                     PERSONA_EOPTION);
    assert_int_equal(persona_params_set_text(params, "k", "auto", PERSONA_NUL, NULL),
                     PERSONA_OK);
    assert_int_equal(persona_params_set_text(params, "k", "77", 1, NULL), PERSONA_OK);
    assert_int_equal(persona_params_set_real(params, "k", 2.5, NULL), PERSONA_EOPTION);
    assert_int_equal(
        persona_params_set_text(params, "transform", "sqrt", PERSONA_NUL, NULL),
        PERSONA_EOPTION);
    assert_int_equal(persona_params_set_int(params, "transform", 1, NULL),
                     PERSONA_EOPTION);
    persona_params_free(params);
}

static void null_arguments_are_named(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_params *params = new_params("csv");
    assert_int_equal(persona_params_new(NULL, "csv", &error), PERSONA_EARG);
    assert_int_equal(persona_params_set_int(NULL, "k", 1, &error), PERSONA_EARG);
    assert_string_equal(error.message, "params: is NULL");
    assert_int_equal(persona_params_set_int(params, NULL, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_params_set_real(params, NULL, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_params_set_text(params, "k", NULL, PERSONA_NUL, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_params_set_text(params, "k", "1", -2, &error), PERSONA_EARG);
    assert_int_equal(persona_params_parse(params, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_params_schema(NULL, "csv", &error), PERSONA_EARG);
    persona_params_free(NULL);
    persona_params_free(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_schema_names_those_there_are),
        cmocka_unit_test(every_schema_is_a_table_with_name_type_and_doc),
        cmocka_unit_test(the_bounds_of_every_number_are_kept),
        cmocka_unit_test(an_unknown_option_suggests_the_nearest),
        cmocka_unit_test(a_text_of_options_is_set_whole_or_not_at_all),
        cmocka_unit_test(values_of_the_wrong_type_are_refused),
        cmocka_unit_test(null_arguments_are_named),
    };
    return cmocka_run_group_tests_name("params api", tests, NULL, NULL);
}
