/* persona/table.h through the public functions only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "data/arrow.h"
#include "persona.h"
#include "support/temp_folder.h"

static persona_table *new_table(void)
{
    persona_table *table = NULL;
    assert_int_equal(persona_table_new(&table, NULL), PERSONA_OK);
    return table;
}

static persona_table *from_csv(const char *text)
{
    persona_error error = {0};
    persona_table *table = NULL;
    int rc =
        persona_table_from_csv(&table, text, (int64_t)strlen(text), NULL, NULL, &error);
    if (rc != PERSONA_OK) fail_msg("%s", error.message);
    return table;
}

static void assert_text(const persona_table *table, int64_t column, int64_t row,
                        const char *wanted)
{
    const char *bytes = "";
    int64_t length = -1;
    assert_int_equal(persona_table_text(table, column, row, &bytes, &length), PERSONA_OK);
    if (wanted == NULL) {
        assert_null(bytes);
        assert_int_equal(length, 0);
    } else {
        assert_int_equal(length, strlen(wanted));
        assert_memory_equal(bytes, wanted, strlen(wanted));
    }
}

static void columns_of_all_types_read_back(void **state)
{
    (void)state;
    const int64_t ints[] = {1, -2, 3}, ms[] = {0, 86400000, 1};
    const double reals[] = {0.5, NAN, -1e300};
    const float floats[] = {0.25f, 1, 2};
    const uint8_t bools[] = {1, 0, 1}, valid[] = {1, 0, 1};
    persona_table *t = new_table();
    assert_int_equal(persona_table_add_int(t, "i", ints, valid, 3, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_real(t, "r", reals, 3, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_real32(t, "f", floats, 3, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_bool(t, "b", bools, NULL, 3, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_time(t, "t", ms, NULL, 3, NULL), PERSONA_OK);
    assert_int_equal(persona_table_rows(t), 3);
    assert_int_equal(persona_table_columns(t), 5);
    assert_int_equal(persona_table_ints(t, 0)[2], 3);
    assert_int_equal(persona_table_valid(t, 0)[1], 0);
    assert_true(isnan(persona_table_reals(t, 1)[1]));
    assert_null(persona_table_valid(t, 1));
    assert_true(persona_table_reals32(t, 2)[0] == 0.25f);
    assert_int_equal(persona_table_bools(t, 3)[0], 1);
    assert_int_equal(persona_table_times(t, 4)[1], 86400000);
    assert_int_equal(persona_table_type(t, 4), PERSONA_TYPE_TIME);
    assert_null(persona_table_ints(t, 1)); /* of another type */
    persona_table_free(t);
}

static void text_comes_plain_or_by_dictionary(void **state)
{
    (void)state;
    const int64_t offsets[] = {0, 3, 3, 8}, levels[] = {0, 3, 8};
    const uint8_t valid[] = {1, 1, 0};
    const int32_t codes[] = {1, -1, 0};
    persona_table *t = new_table();
    assert_int_equal(
        persona_table_add_text(t, "plain", "onethree", offsets, valid, 3, NULL),
        PERSONA_OK);
    assert_int_equal(
        persona_table_add_codes(t, "codes", codes, 3, "onethree", levels, 2, NULL),
        PERSONA_OK);
    assert_text(t, 0, 0, "one");
    assert_text(t, 0, 1, "");
    assert_text(t, 0, 2, NULL);
    assert_text(t, 1, 0, "three");
    assert_text(t, 1, 1, NULL);
    assert_text(t, 1, 2, "one");
    persona_table_free(t);
}

static void names_and_numbers_find_each_other(void **state)
{
    (void)state;
    persona_table *t = from_csv("user,price\na,1.5\nb,2\n");
    assert_int_equal(persona_table_find(t, "price"), 1);
    assert_int_equal(persona_table_find(t, "nothing"), PERSONA_NONE);
    assert_string_equal(persona_table_name(t, 0), "user");
    assert_null(persona_table_name(t, 2));
    assert_null(persona_table_name(t, -1));
    assert_int_equal(persona_table_type(t, 2), 0);
    assert_null(persona_table_reals(t, 7));
    persona_table_free(t);
}

static void appended_rows_follow_the_old_ones(void **state)
{
    (void)state;
    persona_table *t = from_csv("user,n\na,1\nb,2\n"), *more = from_csv("user,n\nc,3\n");
    assert_int_equal(persona_table_append(t, more, NULL), PERSONA_OK);
    assert_int_equal(persona_table_rows(t), 3);
    assert_text(t, 0, 2, "c");
    assert_int_equal(persona_table_ints(t, 1)[2], 3);
    persona_table_free(more);
    more = from_csv("user,other\nc,3\n");
    assert_int_equal(persona_table_append(t, more, NULL), PERSONA_EARG);
    assert_int_equal(persona_table_rows(t), 3);
    persona_table_free(more);
    persona_table_free(t);
}

static void a_selection_repeats_and_orders_rows(void **state)
{
    (void)state;
    const int64_t rows[] = {2, 0, 2}, bad[] = {3};
    persona_table *t = from_csv("n\n10\n20\n30\n"), *out = NULL;
    assert_int_equal(persona_table_select(&out, t, rows, 3, NULL), PERSONA_OK);
    assert_int_equal(persona_table_ints(out, 0)[0], 30);
    assert_int_equal(persona_table_ints(out, 0)[1], 10);
    assert_int_equal(persona_table_ints(out, 0)[2], 30);
    persona_table_free(out);
    assert_int_equal(persona_table_select(&out, t, bad, 1, NULL), PERSONA_EARG);
    assert_null(out);
    persona_table_free(t);
}

static void a_linked_table_is_frozen_but_may_be_freed(void **state)
{
    (void)state;
    const int64_t more[] = {1, 2};
    persona_table *events = from_csv("item,n\nx,1\ny,2\n");
    persona_table *products = from_csv("sku,color\nx,red\ny,blue\n");
    persona_table *twice = from_csv("sku\nx\nx\n");
    assert_int_equal(persona_table_link(events, "item", products, "sku", NULL),
                     PERSONA_OK);
    assert_true(persona_table_add_int(products, "late", more, NULL, 2, NULL) < 0);
    persona_table_free(products);
    assert_true(persona_table_link(events, "item", twice, "sku", NULL) < 0);
    assert_true(persona_table_link(events, "none", twice, "sku", NULL) < 0);
    persona_table_free(twice);
    persona_table_free(events);
}

static void a_table_survives_a_file_and_a_gzipped_one(void **state)
{
    (void)state;
    static const char *const names[] = {"table.csv", "table.csv.gz"};
    persona_table *t =
        from_csv("user,spend,when\n\"a,\"\"b\",1.5,2017-01-31\nc,,2017-02-01\n");
    for (int i = 0; i < 2; i++) {
        persona_table *read = NULL;
        const char *path = temp_path(names[i]);
        assert_int_equal(persona_table_write_csv(t, path, NULL, NULL, NULL), PERSONA_OK);
        assert_int_equal(persona_table_read_csv(&read, path, NULL, NULL, NULL),
                         PERSONA_OK);
        assert_text(read, 0, 0, "a,\"b");
        assert_true(isnan(persona_table_reals(read, 1)[1]));
        assert_true(persona_table_times(read, 2)[1] == 1485907200000);
        persona_table_free(read);
    }
    persona_table_free(t);
}

static void a_table_survives_an_arrow_stream(void **state)
{
    (void)state;
    persona_error error = {0};
    struct ArrowArrayStream stream = {0};
    persona_table *t = from_csv("user,spend,n\na,1.5,1\n,,2\n"), *read = NULL;
    assert_int_equal(persona_table_to_arrow(&stream, t, &error), PERSONA_OK);
    persona_table_free(t); /* the stream holds on to it */
    assert_int_equal(persona_table_from_arrow(&read, &stream, &error), PERSONA_OK);
    assert_null(stream.release);
    assert_text(read, 0, 0, "a");
    assert_true(isnan(persona_table_reals(read, 1)[1]));
    assert_int_equal(persona_table_ints(read, 2)[1], 2);
    persona_table_free(read);
    assert_int_equal(persona_table_from_arrow(&read, NULL, &error), PERSONA_EARG);
    assert_null(read);
}

static void an_arrow_stream_is_released_when_nothing_can_be_made_of_it(void **state)
{
    (void)state;
    struct ArrowArrayStream stream = {0};
    persona_table *t = from_csv("n\n1\n");
    assert_int_equal(persona_table_to_arrow(&stream, t, NULL), PERSONA_OK);
    assert_int_equal(persona_table_from_arrow(NULL, &stream, NULL), PERSONA_EARG);
    assert_null(stream.release);
    assert_int_equal(persona_table_to_arrow(NULL, t, NULL), PERSONA_EARG);
    assert_int_equal(persona_table_to_arrow(&stream, NULL, NULL), PERSONA_EARG);
    persona_table_free(t);
}

static void bad_rows_are_errors_with_their_line_or_skipped_and_counted(void **state)
{
    (void)state;
    static const char csv[] = "a,b\n1,2\n3\n4,5\n";
    persona_error error = {0};
    persona_table *t = (persona_table *)1;
    persona_params *options = NULL;
    assert_int_equal(persona_table_from_csv(&t, csv, sizeof csv - 1, NULL, NULL, &error),
                     PERSONA_EDATA);
    assert_null(t);
    assert_int_equal(error.where, 3);
    assert_int_equal(persona_params_new(&options, "csv", NULL), PERSONA_OK);
    assert_int_equal(persona_params_parse(options, "bad_rows=skip", NULL), PERSONA_OK);
    assert_int_equal(persona_table_from_csv(&t, csv, sizeof csv - 1, options, NULL, NULL),
                     PERSONA_OK);
    assert_int_equal(persona_table_rows(t), 2);
    assert_int_equal(persona_table_skipped(t), 1);
    persona_table_free(t);
    persona_params_free(options);
}

static void files_that_are_not_there_or_no_csv_are_one_line_errors(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *t = NULL;
    assert_int_equal(persona_table_read_csv(&t, temp_path("none"), NULL, NULL, &error),
                     PERSONA_EIO);
    assert_int_equal(persona_table_from_csv(&t, "", 0, NULL, NULL, &error),
                     PERSONA_EDATA);
    assert_null(strchr(error.message, '\n'));
    assert_int_equal(
        persona_table_from_csv(&t, "\0\1\2\xff\xfe\0", 6, NULL, NULL, &error),
        PERSONA_EDATA);
    assert_null(t);
}

static void duplicate_empty_and_overlong_names_are_refused(void **state)
{
    (void)state;
    const int64_t value = 1;
    char name[300];
    persona_table *t = new_table();
    memset(name, 'x', sizeof name);
    name[256] = '\0';
    assert_int_equal(persona_table_add_int(t, "n", &value, NULL, 1, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_int(t, "n", &value, NULL, 1, NULL), PERSONA_EARG);
    assert_int_equal(persona_table_add_int(t, "", &value, NULL, 1, NULL), PERSONA_EARG);
    assert_int_equal(persona_table_add_int(t, name, &value, NULL, 1, NULL), PERSONA_EARG);
    name[255] = '\0';
    assert_int_equal(persona_table_add_int(t, name, &value, NULL, 1, NULL), PERSONA_OK);
    assert_int_equal(persona_table_add_int(t, "m", &value, NULL, 0, NULL), PERSONA_EARG);
    assert_int_equal(persona_table_columns(t), 2);
    persona_table_free(t);
}

static void offsets_and_codes_out_of_order_are_refused(void **state)
{
    (void)state;
    const int64_t first[] = {1, 2}, falling[] = {0, 3, 2}, good[] = {0, 1};
    const int32_t codes[] = {1}, low[] = {-2};
    persona_table *t = new_table();
    assert_int_equal(persona_table_add_text(t, "t", "abc", first, NULL, 1, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_table_add_text(t, "t", "abc", falling, NULL, 2, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_table_add_codes(t, "c", codes, 1, "a", good, 1, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_table_add_codes(t, "c", low, 1, "a", good, 1, NULL),
                     PERSONA_EARG);
    assert_int_equal(persona_table_columns(t), 0);
    persona_table_free(t);
}

static void null_arguments_are_named(void **state)
{
    (void)state;
    persona_error error = {0};
    const int64_t value = 1;
    persona_table *t = new_table(), *out = NULL;
    assert_int_equal(persona_table_new(NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_table_read_csv(&out, NULL, NULL, NULL, &error),
                     PERSONA_EARG);
    assert_string_equal(error.message, "path: is NULL");
    assert_int_equal(persona_table_add_int(NULL, "n", &value, NULL, 1, &error),
                     PERSONA_EARG);
    assert_string_equal(error.message, "table: is NULL");
    assert_int_equal(persona_table_add_int(t, NULL, &value, NULL, 1, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_table_add_int(t, "n", NULL, NULL, 1, &error), PERSONA_EARG);
    assert_string_equal(error.message, "values: is NULL");
    assert_int_equal(persona_table_add_int(t, "n", &value, NULL, -1, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_table_add_text(t, "n", "a", NULL, NULL, 1, &error),
                     PERSONA_EARG);
    assert_int_equal(persona_table_append(t, NULL, &error), PERSONA_EARG);
    assert_int_equal(persona_table_select(&out, t, NULL, 1, &error), PERSONA_EARG);
    assert_int_equal(persona_table_write_csv(t, NULL, NULL, NULL, NULL), PERSONA_EARG);
    assert_int_equal(persona_table_rows(NULL), 0);
    assert_int_equal(persona_table_columns(NULL), 0);
    assert_int_equal(persona_table_find(NULL, "n"), PERSONA_NONE);
    assert_null(persona_table_name(NULL, 0));
    assert_int_equal(persona_table_text(NULL, 0, 0, NULL, NULL), PERSONA_EARG);
    persona_table_free(NULL);
    persona_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_all_types_read_back),
        cmocka_unit_test(text_comes_plain_or_by_dictionary),
        cmocka_unit_test(names_and_numbers_find_each_other),
        cmocka_unit_test(appended_rows_follow_the_old_ones),
        cmocka_unit_test(a_selection_repeats_and_orders_rows),
        cmocka_unit_test(a_linked_table_is_frozen_but_may_be_freed),
        cmocka_unit_test(a_table_survives_a_file_and_a_gzipped_one),
        cmocka_unit_test(a_table_survives_an_arrow_stream),
        cmocka_unit_test(an_arrow_stream_is_released_when_nothing_can_be_made_of_it),
        cmocka_unit_test(bad_rows_are_errors_with_their_line_or_skipped_and_counted),
        cmocka_unit_test(files_that_are_not_there_or_no_csv_are_one_line_errors),
        cmocka_unit_test(duplicate_empty_and_overlong_names_are_refused),
        cmocka_unit_test(offsets_and_codes_out_of_order_are_refused),
        cmocka_unit_test(null_arguments_are_named),
    };
    temp_folder_make();
    int failed = cmocka_run_group_tests_name("table api", tests, NULL, NULL);
    temp_folder_remove();
    return failed;
}
