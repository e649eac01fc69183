/* Columns by role, options as they were in the end, columns as inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shop/inputs.h"
#include "shop/roles.h"
#include "shop/settings.h"

static const char *const names[] = {"user", "value"};
static const psn_roles plain = {names, 2, 0}, with_none = {names, 2, 1};

static const psn_option options[] = {
    {"k", PSN_OPTION_INT, "auto", 1, 99, NULL, "", "", "0.1"},
    {"threads", PSN_OPTION_INT, "1", 1, 99, NULL, "", "", "0.1"},
    {"weight.*", PSN_OPTION_REAL, "", 0, 9, NULL, "", "", "0.1"},
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "", "", "0.1"},
};
static const psn_schema schema = {"test.fit", options, 4};

static persona_params *params_of(const char *text)
{
    persona_params *params = NULL;
    assert_int_equal(psn_params_new(&params, &schema, NULL), PERSONA_OK);
    assert_int_equal(psn_params_parse(params, text, NULL), PERSONA_OK);
    return params;
}

/* Columns id (text, a dictionary), spend (reals), when (times). */
static persona_table *table_new(void)
{
    persona_table *table = NULL;
    const int32_t codes[] = {1, -1, 0};
    const int64_t offsets[] = {0, 1, 3}, when[] = {1, 2, 3};
    const double spend[] = {1, 2, 3};
    psn_table_new(&table, NULL);
    psn_table_add_codes(table, "id", codes, 3, "abb", offsets, 2, NULL);
    psn_table_add(table, "spend", PERSONA_TYPE_REAL, spend, NULL, 3, NULL);
    psn_table_add(table, "when", PERSONA_TYPE_TIME, when, NULL, 3, NULL);
    return table;
}

static int named_fails(const psn_roles *roles, const char *text, const char *message)
{
    int64_t at[2];
    persona_error error = {0};
    persona_table *table = table_new();
    persona_params *params = params_of(text);
    const int rc = psn_roles_named(at, NULL, roles, table, params, &error);
    assert_string_equal(error.message, message);
    psn_params_free(params);
    psn_table_free(table);
    return rc;
}

static void options_name_the_columns_of_roles(void **state)
{
    (void)state;
    int64_t at[2];
    int given[2] = {0};
    persona_table *table = table_new();
    persona_params *params = params_of("column.value=spend");
    assert_int_equal(psn_roles_named(at, given, &plain, table, params, NULL), PERSONA_OK);
    assert_true(at[0] == PERSONA_NONE && at[1] == 1 && !given[0] && given[1]);
    psn_params_free(params);
    params = params_of("column.value=none");
    assert_int_equal(psn_roles_named(at, given, &with_none, table, params, NULL), 0);
    assert_true(at[1] == PERSONA_NONE && given[1]);
    psn_params_free(params);
    psn_table_free(table);
}

static void a_wrong_role_or_column_lists_what_there_is(void **state)
{
    (void)state;
    assert_int_equal(named_fails(&plain, "column.owner=id",
                                 "column.owner: no such role here; there are user value"),
                     PERSONA_EOPTION);
    assert_int_equal(named_fails(&plain, "column.user=none",
                                 "there is no column \"none\" (role user); the columns "
                                 "are id, spend, when"),
                     PERSONA_EDATA);
    assert_int_equal(named_fails(&plain, "column.user=", "column.user: names no column"),
                     PERSONA_EOPTION);
}

static void a_model_keeps_the_names_of_its_columns(void **state)
{
    (void)state;
    char *kept[2] = {NULL};
    const int64_t at[] = {0, PERSONA_NONE};
    psn_text json = {0};
    persona_table *table = table_new();
    assert_int_equal(psn_roles_keep(kept, &plain, table, at, NULL), PERSONA_OK);
    assert_string_equal(psn_roles_of(&plain, kept, "id"), "user");
    assert_null(psn_roles_of(&plain, kept, "spend"));
    psn_roles_describe(&json, &plain, kept);
    assert_string_equal(json.bytes, ",\"columns\":{\"user\":\"id\"}");
    psn_roles_free(kept, &plain);
    psn_text_free(&json);
    psn_table_free(table);
}

/* ---- settings */

static int is_silent(const void *fit, const char *name)
{
    (void)fit;
    return strcmp(name, "threads") == 0;
}

static void resolve(char *out, size_t capacity, const void *fit, const char *name)
{
    if (strcmp(name, "k") == 0) psn_format(out, capacity, "%d", *(const int *)fit);
}

static void options_are_told_as_they_came_to_be(void **state)
{
    (void)state;
    const int k = 5;
    psn_text json = {0};
    persona_table *table = NULL;
    persona_params *params = params_of("threads=2 weight.age=3");
    const psn_settings settings = {&schema, params, &k, is_silent, resolve, "age,city"};
    assert_int_equal(psn_settings_resolved(&table, &settings, NULL), PERSONA_OK);
    psn_settings_describe(&json, table);
    assert_string_equal(json.bytes, ",\"options\":{\"k\":\"5\",\"weight.age\":\"3\","
                                    "\"features\":\"age,city\"}");
    assert_string_equal(psn_settings_any(&schema, params, "thr"), "threads");
    assert_null(psn_settings_any(&schema, params, "k"));
    psn_text_free(&json);
    psn_table_free(table);
    psn_params_free(params);
}

/* ---- inputs */

static void levels_are_found_by_their_text(void **state)
{
    (void)state;
    int32_t level[3];
    persona_table *table = table_new();
    psn_dict *levels = psn_dict_new();
    psn_dict_add(levels, "zz", 2);
    psn_dict_add(levels, "bb", 2);
    assert_int_equal(psn_inputs_levels(level, levels, table->columns, 3, -2, NULL), 0);
    assert_true(level[0] == 1 && level[1] == -1 && level[2] == -2);
    psn_dict_free(levels);
    psn_table_free(table);
}

static void a_column_of_another_type_is_refused(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *table = table_new();
    assert_int_equal(psn_inputs_need(table->columns + 1, 3, 0, NULL), PERSONA_OK);
    assert_int_equal(psn_inputs_need(table->columns + 2, 3, 0, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "column \"when\" must hold numbers");
    assert_int_equal(psn_inputs_need(table->columns + 1, 3, 1, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "column \"spend\" must hold times");
    psn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_name_the_columns_of_roles),
        cmocka_unit_test(a_wrong_role_or_column_lists_what_there_is),
        cmocka_unit_test(a_model_keeps_the_names_of_its_columns),
        cmocka_unit_test(options_are_told_as_they_came_to_be),
        cmocka_unit_test(levels_are_found_by_their_text),
        cmocka_unit_test(a_column_of_another_type_is_refused),
    };
    return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
