/* CSV: writing. */
#include <math.h>

#include "support/csv_text.h"

#include "base/memory.h"
#include "base/os.h"
#include "base/philox.h"
#include "store/gz.h"
#include "support/temp_folder.h"

static persona_table *texts(const char *const *values, int64_t rows)
{
    persona_table *table;
    psn_table_new(&table, NULL);
    assert_int_equal(psn_table_add_strings(table, "s", values, rows, NULL), PERSONA_OK);
    return table;
}

static persona_table *reals(const double *values, int64_t rows)
{
    persona_table *table;
    psn_table_new(&table, NULL);
    psn_table_add(table, "r", PERSONA_TYPE_REAL, values, NULL, rows, NULL);
    psn_table_add(table, "n", PERSONA_TYPE_REAL, values, NULL, rows, NULL);
    return table;
}

static void text_is_quoted_only_where_it_must_be(void **state)
{
    (void)state;
    const char *values[] = {"plain",  "a,b", "say \"hi\"", "two\nlines", "cr\r", " blank",
                            "blank ", "",    NULL,         "a;b",        "5\""};
    persona_table *table = texts(values, 11);
    csv_is(table, NULL,
           "s\nplain\n\"a,b\"\n\"say \"\"hi\"\"\"\n\"two\nlines\"\n\"cr\r\"\n"
           "\" blank\"\n\"blank \"\n\"\"\n\na;b\n\"5\"\"\"\n");
    csv_is(table, "separator=;",
           "s\nplain\na,b\n\"say \"\"hi\"\"\"\n\"two\nlines\"\n"
           "\"cr\r\"\n\" blank\"\n\"blank \"\n\"\"\n\n\"a;b\"\n"
           "\"5\"\"\"\n");
    psn_table_free(table);
}

static void reals_are_written_in_their_shortest_form(void **state)
{
    (void)state;
    const double values[] = {0.1, 1.0 / 3, -2.5, 1e300, 5e-324, NAN, INFINITY};
    persona_table *table = reals(values, 7);
    csv_is(table, "columns=r",
           "r\n0.1\n0.3333333333333333\n-2.5\n1e+300\n5e-324\n\ninf\n");
    psn_table_free(table);
}

static void a_decimal_comma_comes_with_semicolons_or_quotes(void **state)
{
    (void)state;
    const double values[] = {0.5, 2};
    persona_table *table = reals(values, 2);
    csv_is(table, "decimal=,", "r;n\n0,5;0,5\n2;2\n");
    csv_is(table, "decimal=, separator=,", "r,n\n\"0,5\",\"0,5\"\n2,2\n");
    csv_is(table, "separator=tab", "r\tn\n0.5\t0.5\n2\t2\n");
    psn_table_free(table);
}

static void single_precision_is_written_short_and_reads_back(void **state)
{
    (void)state;
    const float values[] = {0.1f, 16777216.0f, 1e-10f, -3.4e38f, 123.456f};
    persona_table *table, *again;
    psn_table_new(&table, NULL);
    psn_table_add(table, "f", PERSONA_TYPE_REAL32, values, NULL, 5, NULL);
    psn_text csv = {0};
    psn_csv_to_text(&csv, table, NULL, NULL);
    assert_memory_equal(csv.bytes, "f\n0.1\n", 6);
    assert_non_null(strstr(csv.bytes, "\n123.456\n"));
    again = csv_table(csv.bytes, "type.f=real32");
    assert_memory_equal(again->columns[0].values, values, sizeof values);
    psn_table_free(again);
    psn_table_free(table);
    psn_text_free(&csv);
}

static void times_are_written_in_utc(void **state)
{
    (void)state;
    csv_reads_as("t\n2017-01-31\n2017-01-31T06:00:00.250+02:00\n\n", NULL,
                 "t\n2017-01-31T00:00:00Z\n2017-01-31T04:00:00.250Z\n\n");
}

static void some_columns_and_no_header_can_be_written(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b,c\n1,x,2\n3,y,4\n", NULL);
    csv_is(table, "columns=c,a header=false", "1,2\n3,4\n");
    psn_table_free(table);
}

static void options_of_reading_are_refused(void **state)
{
    (void)state;
    const char *const options[] = {"bad_rows=skip", "missing=x", "type.a=int",
                                   "max_rows=1", "columns=nix"};
    const char *const messages[] = {
        "bad_rows: has no effect on writing", "missing: has no effect on writing",
        "type.*: has no effect on writing", "max_rows: has no effect on writing",
        "columns: there is no column \"nix\"; there are: a"};
    persona_table *table = csv_table("a\n1\n", NULL);
    for (int i = 0; i < 5; i++) {
        psn_text out = {0};
        persona_error error;
        persona_params *params = csv_params(options[i]);
        assert_int_equal(psn_csv_to_text(&out, table, params, &error), PERSONA_EOPTION);
        assert_string_equal(error.message, messages[i]);
        psn_params_free(params);
        psn_text_free(&out);
    }
    psn_table_free(table);
}

/* Random texts of the characters that matter, read back as they were. */
static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    static const char letters[] = "ab,;\t|\"\"\n\r .1";
    psn_random random;
    psn_random_start(&random, 7, 0, 0);
    for (int round = 0; round < 2000; round++) {
        char words[8][12];
        const char *values[8];
        for (int i = 0; i < 8; i++) {
            int64_t length = psn_random_below(&random, 10);
            for (int64_t k = 0; k < length; k++)
                words[i][k] = letters[psn_random_below(&random, sizeof letters - 1)];
            words[i][length] = '\0';
            values[i] = words[i];
        }
        persona_table *table = texts(values, 8);
        psn_text csv = {0};
        psn_csv_to_text(&csv, table, NULL, NULL);
        persona_table *again = csv_table(csv.bytes, "separator=, type.s=text");
        assert_int_equal(again->rows, 8);
        for (int i = 0; i < 8; i++) csv_says(again, 0, i, values[i]);
        psn_table_free(again);
        psn_table_free(table);
        psn_text_free(&csv);
    }
}

/* More than one buffer of the writer. */
static void many_rows_are_written_whole(void **state)
{
    (void)state;
    enum { ROWS = 60000 };
    psn_text csv = {0};
    psn_text_format(&csv, "n,s\n");
    for (int i = 0; i < ROWS; i++) psn_text_format(&csv, "%d,text %d\n", i, i % 7);
    csv_reads_as(csv.bytes, NULL, csv.bytes);
    persona_table *table = csv_table(csv.bytes, NULL), *again;
    assert_int_equal(psn_csv_write(table, temp_path("long.csv"), NULL, NULL, NULL), 0);
    assert_int_equal(psn_csv_read(&again, temp_path("long.csv"), NULL, NULL, NULL), 0);
    csv_is(again, NULL, csv.bytes);
    psn_table_free(again);
    psn_table_free(table);
    psn_text_free(&csv);
}

/* ---- files */

static void a_file_is_written_and_read(void **state)
{
    (void)state;
    persona_table *again, *table = csv_table("a,b\n1,x\n2,y\n", NULL);
    const char *path = temp_path("out.csv");
    assert_int_equal(psn_csv_write(table, path, NULL, NULL, NULL), PERSONA_OK);
    assert_int_equal(psn_csv_read(&again, path, NULL, NULL, NULL), PERSONA_OK);
    csv_is(again, NULL, "a,b\n1,x\n2,y\n");
    psn_table_free(again);
    psn_table_free(table);
}

static void a_path_that_ends_in_gz_is_gzipped(void **state)
{
    (void)state;
    void *bytes;
    size_t size;
    persona_table *again, *table = csv_table("a,b\n1,x\n2,y\n", NULL);
    const char *path = temp_path("out.csv.gz");
    assert_int_equal(psn_csv_write(table, path, NULL, NULL, NULL), PERSONA_OK);
    assert_int_equal(psn_os_read_all(path, 1000, &bytes, &size, NULL, NULL), PERSONA_OK);
    assert_true(psn_gz_is(bytes, size));
    psn_release(bytes);
    assert_int_equal(psn_csv_read(&again, path, NULL, NULL, NULL), PERSONA_OK);
    csv_is(again, NULL, "a,b\n1,x\n2,y\n");
    psn_table_free(again);
    psn_table_free(table);
}

static void a_folder_that_is_not_there_is_an_io_error(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = csv_table("a\n1\n", NULL);
    assert_int_equal(psn_csv_write(table, "no/such/folder/x.csv", NULL, NULL, &error),
                     PERSONA_EIO);
    assert_int_equal(psn_csv_write(table, NULL, NULL, NULL, &error), PERSONA_EARG);
    assert_int_equal(psn_csv_write(NULL, "x.csv", NULL, NULL, &error), PERSONA_EARG);
    psn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_quoted_only_where_it_must_be),
        cmocka_unit_test(reals_are_written_in_their_shortest_form),
        cmocka_unit_test(a_decimal_comma_comes_with_semicolons_or_quotes),
        cmocka_unit_test(single_precision_is_written_short_and_reads_back),
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(some_columns_and_no_header_can_be_written),
        cmocka_unit_test(options_of_reading_are_refused),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(many_rows_are_written_whole),
        cmocka_unit_test(a_file_is_written_and_read),
        cmocka_unit_test(a_path_that_ends_in_gz_is_gzipped),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_io_error),
    };
    temp_folder_make();
    int failed = cmocka_run_group_tests_name("csv write", tests, NULL, NULL);
    temp_folder_remove();
    return failed;
}
