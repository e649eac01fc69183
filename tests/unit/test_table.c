/* Tables: adding columns, what is refused, reading values. */
#include <math.h>

#include "support/csv_text.h"

#include "base/memory.h"
#include "data/column.h"

static persona_table *new_table(void)
{
    persona_table *table;
    assert_int_equal(psn_table_new(&table, NULL), PERSONA_OK);
    return table;
}

static const int64_t three_ints[3] = {7, -8, 9};

static void a_new_table_is_empty(void **state)
{
    (void)state;
    persona_table *table = new_table();
    assert_int_equal(table->rows, 0);
    assert_int_equal(table->count, 0);
    assert_int_equal(psn_table_find(table, "x"), PERSONA_NONE);
    assert_null(psn_table_column(table, 0));
    psn_table_free(table);
    psn_table_free(NULL);
}

static void values_are_copied(void **state)
{
    (void)state;
    int64_t values[3] = {1, 2, 3};
    persona_table *table = new_table();
    psn_table_add(table, "n", PERSONA_TYPE_INT, values, NULL, 3, NULL);
    values[0] = 99;
    assert_int_equal(csv_int(table, 0, 0), 1);
    assert_int_equal(table->rows, 3);
    psn_table_free(table);
}

static void each_type_of_number_is_kept(void **state)
{
    (void)state;
    double reals[2] = {1.5, NAN};
    float reals32[2] = {0.25f, NAN};
    uint8_t bools[2] = {1, 0};
    int64_t times[2] = {86400000, 0};
    persona_table *table = new_table();
    psn_table_add(table, "r", PERSONA_TYPE_REAL, reals, NULL, 2, NULL);
    psn_table_add(table, "f", PERSONA_TYPE_REAL32, reals32, NULL, 2, NULL);
    psn_table_add(table, "b", PERSONA_TYPE_BOOL, bools, NULL, 2, NULL);
    psn_table_add(table, "t", PERSONA_TYPE_TIME, times, NULL, 2, NULL);
    csv_is(table, NULL,
           "r,f,b,t\n1.5,0.25,true,1970-01-02T00:00:00Z\n"
           ",,false,1970-01-01T00:00:00Z\n");
    psn_table_free(table);
}

static void a_missing_value_becomes_zero_and_valid_is_0_or_1(void **state)
{
    (void)state;
    uint8_t valid[3] = {200, 0, 1};
    persona_table *table = new_table();
    psn_table_add(table, "n", PERSONA_TYPE_INT, three_ints, valid, 3, NULL);
    const psn_column *column = psn_table_column(table, 0);
    assert_int_equal(column->valid[0], 1);
    assert_int_equal(((int64_t *)column->values)[1], 0);
    assert_true(psn_column_missing(column, 1));
    assert_true(isnan(psn_column_number(column, 1)));
    assert_true(psn_column_number(column, 2) == 9.0);
    psn_table_free(table);
}

static void validity_of_a_real_becomes_nan(void **state)
{
    (void)state;
    double reals[2] = {1, 2};
    uint8_t valid[2] = {1, 0};
    persona_table *table = new_table();
    psn_table_add(table, "r", PERSONA_TYPE_REAL, reals, valid, 2, NULL);
    assert_null(psn_table_column(table, 0)->valid);
    assert_true(isnan(csv_real(table, 0, 1)));
    psn_table_free(table);
}

static void validity_without_gaps_is_dropped(void **state)
{
    (void)state;
    uint8_t valid[3] = {1, 1, 1};
    persona_table *table = new_table();
    psn_table_add(table, "n", PERSONA_TYPE_INT, three_ints, valid, 3, NULL);
    assert_null(psn_table_column(table, 0)->valid);
    psn_table_free(table);
}

static void plain_text_keeps_empty_and_missing_apart(void **state)
{
    (void)state;
    int64_t offsets[4] = {0, 2, 2, 2};
    uint8_t valid[3] = {1, 1, 0};
    persona_table *table = new_table();
    psn_table_add_text(table, "s", "ab", offsets, valid, 3, NULL);
    csv_says(table, 0, 0, "ab");
    csv_says(table, 0, 1, "");
    assert_true(csv_missing(table, 0, 2));
    assert_true(isnan(psn_column_number(psn_table_column(table, 0), 0)));
    psn_table_free(table);
}

static void codes_point_into_the_dictionary(void **state)
{
    (void)state;
    int32_t codes[4] = {1, -1, 0, 1};
    int64_t offsets[3] = {0, 3, 7};
    persona_table *table = new_table();
    psn_table_add_codes(table, "s", codes, 4, "redblue", offsets, 2, NULL);
    csv_says(table, 0, 0, "blue");
    assert_true(csv_missing(table, 0, 1));
    csv_says(table, 0, 2, "red");
    psn_table_free(table);
}

static void a_level_that_comes_twice_is_merged(void **state)
{
    (void)state;
    int32_t codes[4] = {0, 1, 2, 3};
    int64_t offsets[5] = {0, 1, 2, 3, 4};
    persona_table *table = new_table();
    psn_table_add_codes(table, "s", codes, 4, "abac", offsets, 4, NULL);
    const psn_column *column = psn_table_column(table, 0);
    assert_int_equal(column->levels, 3);
    assert_int_equal(column->codes[2], 0);
    assert_int_equal(column->codes[3], 2);
    csv_says(table, 0, 3, "c");
    psn_table_free(table);
}

static void strings_may_be_null_for_missing(void **state)
{
    (void)state;
    const char *texts[3] = {"one", NULL, ""};
    persona_table *table = new_table();
    assert_int_equal(psn_table_add_strings(table, "s", texts, 3, NULL), PERSONA_OK);
    csv_is(table, NULL, "s\none\n\n\"\"\n");
    psn_table_free(table);
}

/* ---- refusals: code, place and words */

static void refused(int rc, const persona_error *error, int code, int64_t where,
                    const char *message)
{
    assert_string_equal(error->message, message);
    assert_int_equal(rc, code);
    assert_int_equal(error->where, where);
}

static void a_second_column_of_a_name_is_refused(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = new_table();
    psn_table_add(table, "n", PERSONA_TYPE_INT, three_ints, NULL, 3, NULL);
    int rc = psn_table_add(table, "n", PERSONA_TYPE_INT, three_ints, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"n\": the table has it already");
    assert_int_equal(table->count, 1);
    psn_table_free(table);
}

static void names_have_1_to_255_bytes_of_utf8(void **state)
{
    (void)state;
    char name[300];
    persona_error error;
    persona_table *table = new_table();
    int rc = psn_table_add(table, "", PERSONA_TYPE_INT, three_ints, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, -1, "name: is empty");
    rc = psn_table_add(table, NULL, PERSONA_TYPE_INT, three_ints, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, -1, "name: is NULL");
    memset(name, 'x', sizeof name);
    name[256] = '\0';
    rc = psn_table_add(table, name, PERSONA_TYPE_INT, three_ints, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, -1, "name: has 256 bytes, at most 255 are allowed");
    name[255] = '\0';
    assert_int_equal(
        psn_table_add(table, name, PERSONA_TYPE_INT, three_ints, NULL, 3, NULL),
        PERSONA_OK);
    rc = psn_table_add(table, "\xFF", PERSONA_TYPE_INT, three_ints, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, -1, "name: is not valid UTF-8");
    psn_table_free(table);
}

static void a_column_of_other_length_is_refused(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = new_table();
    psn_table_add(table, "a", PERSONA_TYPE_INT, three_ints, NULL, 3, NULL);
    int rc = psn_table_add(table, "b", PERSONA_TYPE_INT, three_ints, NULL, 2, &error);
    refused(rc, &error, PERSONA_EARG, -1,
            "column \"b\": has 2 rows, but the table has 3");
    rc = psn_table_add(table, "b", PERSONA_TYPE_INT, three_ints, NULL, -1, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"b\": rows is negative");
    psn_table_free(table);
}

static void arrays_must_be_there_when_there_are_rows(void **state)
{
    (void)state;
    persona_error error;
    int64_t offsets[2] = {0, 1};
    persona_table *table = new_table();
    int rc = psn_table_add(table, "a", PERSONA_TYPE_INT, NULL, NULL, 1, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"a\": values is NULL");
    rc = psn_table_add_text(table, "a", "x", NULL, NULL, 1, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"a\": offsets is NULL");
    rc = psn_table_add_text(table, "a", NULL, offsets, NULL, 1, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"a\": bytes is NULL");
    rc = psn_table_add_codes(table, "a", NULL, 1, "x", offsets, 1, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"a\": codes is NULL");
    assert_int_equal(psn_table_add(table, "a", PERSONA_TYPE_INT, NULL, NULL, 0, NULL),
                     PERSONA_OK);
    assert_int_equal(psn_table_add_text(table, "b", NULL, NULL, NULL, 0, NULL),
                     PERSONA_OK);
    psn_table_free(table);
}

static void a_bool_is_0_or_1(void **state)
{
    (void)state;
    persona_error error;
    uint8_t bools[3] = {0, 1, 2};
    persona_table *table = new_table();
    int rc = psn_table_add(table, "b", PERSONA_TYPE_BOOL, bools, NULL, 3, &error);
    refused(rc, &error, PERSONA_EDATA, 2, "column \"b\": row 2 is not 0 or 1");
    assert_int_equal(table->count, 0);
    psn_table_free(table);
}

static void offsets_begin_at_0_and_never_fall(void **state)
{
    (void)state;
    persona_error error;
    int64_t late[3] = {1, 1, 2}, falling[3] = {0, 2, 1};
    persona_table *table = new_table();
    int rc = psn_table_add_text(table, "s", "ab", late, NULL, 2, &error);
    refused(rc, &error, PERSONA_EARG, 0,
            "column \"s\": offsets must begin with 0 and never fall (row 0)");
    rc = psn_table_add_text(table, "s", "ab", falling, NULL, 2, &error);
    refused(rc, &error, PERSONA_EARG, 1,
            "column \"s\": offsets must begin with 0 and never fall (row 1)");
    psn_table_free(table);
}

static void text_must_be_utf8_row_by_row(void **state)
{
    (void)state;
    persona_error error;
    int64_t bad[4] = {0, 1, 2, 3}, split[3] = {0, 1, 2};
    persona_table *table = new_table();
    int rc = psn_table_add_text(table, "s",
                                "a\xFF"
                                "b",
                                bad, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, 1, "column \"s\": row 1 is not valid UTF-8");
    /* The two bytes of an e with acute, one in each row. */
    rc = psn_table_add_text(table, "s", "\xC3\xA9", split, NULL, 2, &error);
    refused(rc, &error, PERSONA_EARG, 0, "column \"s\": row 0 is not valid UTF-8");
    psn_table_free(table);
}

static void codes_must_be_in_range(void **state)
{
    (void)state;
    persona_error error;
    int32_t high[2] = {0, 1}, low[2] = {-2, 0};
    int64_t offsets[2] = {0, 1};
    persona_table *table = new_table();
    int rc = psn_table_add_codes(table, "s", high, 2, "x", offsets, 1, &error);
    refused(rc, &error, PERSONA_EARG, 1,
            "column \"s\": the code of row 1 must be -1 to 0");
    rc = psn_table_add_codes(table, "s", low, 2, "x", offsets, 1, &error);
    refused(rc, &error, PERSONA_EARG, 0,
            "column \"s\": the code of row 0 must be -1 to 0");
    rc = psn_table_add_codes(table, "s", low, 2, "x", offsets, -1, &error);
    refused(rc, &error, PERSONA_EARG, -1, "column \"s\": levels must be 0 to 2147483647");
    psn_table_free(table);
}

static void a_shared_table_is_frozen(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = new_table(), *other = psn_table_ref(table);
    int rc = psn_table_add(table, "a", PERSONA_TYPE_INT, three_ints, NULL, 3, &error);
    refused(rc, &error, PERSONA_EARG, -1,
            "table: is linked or in use and can no longer be changed");
    psn_table_free(other);
    assert_int_equal(
        psn_table_add(table, "a", PERSONA_TYPE_INT, three_ints, NULL, 3, NULL),
        PERSONA_OK);
    psn_table_free(table);
}

static void a_refused_column_to_adopt_is_released(void **state)
{
    (void)state;
    persona_table *table = new_table();
    psn_table_add(table, "n", PERSONA_TYPE_INT, three_ints, NULL, 3, NULL);
    psn_column column = {.type = PERSONA_TYPE_INT};
    column.name = psn_copy_text("n", 1);
    column.values = psn_alloc(3, 8);
    assert_int_equal(psn_table_adopt(table, &column, 3, NULL), PERSONA_EARG);
    assert_null(column.values);
    psn_table_free(table);
}

static void a_table_has_at_most_65536_columns(void **state)
{
    (void)state;
    enum { MOST = 65536 };
    persona_error error;
    persona_table *table = new_table();
    for (int i = 0; i < MOST; i++) {
        psn_column column = {.type = PERSONA_TYPE_BOOL};
        column.name = psn_copy_text("n", 1); /* names are not looked at here */
        column.values = psn_alloc(0, 1);
        assert_int_equal(psn_table_push(table, &column, 0, NULL), PERSONA_OK);
    }
    int rc = psn_table_add(table, "more", PERSONA_TYPE_INT, NULL, NULL, 0, &error);
    refused(rc, &error, PERSONA_ELIMIT, -1, "table: at most 65536 columns are allowed");
    psn_table_free(table);
}

static void a_message_with_a_long_name_still_says_why(void **state)
{
    (void)state;
    char name[256];
    persona_error error;
    persona_table *table = new_table();
    memset(name, 'n', 255);
    name[255] = '\0';
    psn_table_add(table, name, PERSONA_TYPE_INT, NULL, NULL, 1, &error);
    assert_non_null(strstr(error.message, "values is NULL"));
    psn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_table_is_empty),
        cmocka_unit_test(values_are_copied),
        cmocka_unit_test(each_type_of_number_is_kept),
        cmocka_unit_test(a_missing_value_becomes_zero_and_valid_is_0_or_1),
        cmocka_unit_test(validity_of_a_real_becomes_nan),
        cmocka_unit_test(validity_without_gaps_is_dropped),
        cmocka_unit_test(plain_text_keeps_empty_and_missing_apart),
        cmocka_unit_test(codes_point_into_the_dictionary),
        cmocka_unit_test(a_level_that_comes_twice_is_merged),
        cmocka_unit_test(strings_may_be_null_for_missing),
        cmocka_unit_test(a_second_column_of_a_name_is_refused),
        cmocka_unit_test(names_have_1_to_255_bytes_of_utf8),
        cmocka_unit_test(a_column_of_other_length_is_refused),
        cmocka_unit_test(arrays_must_be_there_when_there_are_rows),
        cmocka_unit_test(a_bool_is_0_or_1),
        cmocka_unit_test(offsets_begin_at_0_and_never_fall),
        cmocka_unit_test(text_must_be_utf8_row_by_row),
        cmocka_unit_test(codes_must_be_in_range),
        cmocka_unit_test(a_shared_table_is_frozen),
        cmocka_unit_test(a_refused_column_to_adopt_is_released),
        cmocka_unit_test(a_table_has_at_most_65536_columns),
        cmocka_unit_test(a_message_with_a_long_name_still_says_why),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
