/* CSV: what is refused, with which words; and what bad_rows=skip leaves out. */
#include "support/csv_text.h"

#include "base/memory.h"
#include "base/task.h"
#include "store/gz.h"

static void a_row_of_other_length_is_refused(void **state)
{
    (void)state;
    csv_refused("a,b\n1,2\n\n3\n", NULL, PERSONA_EDATA, 4,
                "line 4: 1 fields, but the header has 2");
    csv_refused("a,b\n1,2,3\n", NULL, PERSONA_EDATA, 2,
                "line 2: 3 fields, but the header has 2");
    csv_refused("1,2\n3\n", "header=false", PERSONA_EDATA, 2,
                "line 2: 1 fields, but the first line has 2");
}

static void lines_inside_quotes_are_counted(void **state)
{
    (void)state;
    csv_refused("a,b\n\"x\ny\r\nz\rw\",1\n1\n", NULL, PERSONA_EDATA, 6,
                "line 6: 1 fields, but the header has 2");
}

static void a_value_that_does_not_fit_its_type_is_refused(void **state)
{
    (void)state;
    csv_refused("id,price\n1,2.5\n2,secret\n", "type.price=real", PERSONA_EDATA, 3,
                "line 3, column \"price\": not a number");
    csv_refused("a\n1.5\n", "type.a=int", PERSONA_EDATA, 2,
                "line 2, column \"a\": not a whole number");
    csv_refused("a\n2\n", "type.a=bool", PERSONA_EDATA, 2,
                "line 2, column \"a\": not true or false");
    csv_refused("a\n31.02.2017\n", "type.a=time", PERSONA_EDATA, 2,
                "line 2, column \"a\": not a date or time");
    csv_refused("a\n1e300\n", "type.a=real32", PERSONA_EDATA, 2,
                "line 2, column \"a\": not a number");
}

static void the_first_bad_line_is_the_one_told(void **state)
{
    (void)state;
    csv_refused("a,b\n1,x\ny,2\n1\n", "type.a=int type.b=int", PERSONA_EDATA, 2,
                "line 2, column \"b\": not a whole number");
    csv_refused("a,b\n1\ny,2\n", "type.a=int", PERSONA_EDATA, 2,
                "line 2: 1 fields, but the header has 2");
}

static void an_open_quote_is_refused_where_it_opens(void **state)
{
    (void)state;
    csv_refused("a,b\n1,2\n\"x\ny\",\"z\n3,4\n", NULL, PERSONA_EDATA, 4,
                "line 4, column \"b\": a quote is never closed");
    csv_refused("a,\"b\n1,2\n", NULL, PERSONA_EDATA, 1,
                "line 1, column 2: a quote is never closed");
    csv_refused("a,b\n1,2\n\"1,", NULL, PERSONA_EDATA, 3,
                "line 3, column \"a\": a quote is never closed");
    csv_refused("a\n\"", NULL, PERSONA_EDATA, 2,
                "line 2, column \"a\": a quote is never closed");
}

static void text_behind_a_closing_quote_is_refused(void **state)
{
    (void)state;
    csv_refused("a,b\n1,\"x\"y\n", NULL, PERSONA_EDATA, 2,
                "line 2, column \"b\": text after a closing quote");
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
    (void)state;
    csv_refused("a,b\n1,x\n2,K\xF6ln\n", NULL, PERSONA_EDATA, 3,
                "line 3, column \"b\": not valid UTF-8 (option encoding=latin1 reads "
                "Latin-1)");
}

static void a_nul_byte_behind_the_first_4_kb_is_a_bad_row(void **state)
{
    (void)state;
    size_t size = 6000;
    persona_table *table;
    persona_error error;
    char *text = psn_alloc(size, 1);
    for (size_t i = 0; i < size; i += 4) memcpy(text + i, i == 0 ? "a,b\n" : "1,2\n", 4);
    text[5002] = '\0';
    assert_int_equal(csv_try(&table, text, size, NULL, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "line 1251, column \"b\": has a NUL byte");
    assert_int_equal(error.where, 1251);
    assert_int_equal(csv_try(&table, text, size, "bad_rows=skip", &error), PERSONA_OK);
    assert_int_equal(table->rows, 1498);
    psn_table_free(table);
    psn_release(text);
}

static void empty_and_blank_files_are_refused(void **state)
{
    (void)state;
    csv_refused("", NULL, PERSONA_EDATA, -1, "the file is empty");
    csv_refused("\xEF\xBB\xBF", NULL, PERSONA_EDATA, -1, "the file is empty");
    csv_refused("\n\n\n", NULL, PERSONA_EDATA, -1,
                "the file has no header, only blank lines");
}

static void binary_files_are_refused(void **state)
{
    (void)state;
    persona_table *table;
    persona_error error;
    assert_int_equal(csv_try(&table, "PNG\0\1,\n", 7, NULL, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "the file is binary (NUL at byte 3), not CSV");
    assert_int_equal(csv_try(&table,
                             "\xFF\xFE"
                             "a\0\n\0",
                             6, NULL, &error),
                     PERSONA_EDATA);
    assert_string_equal(error.message,
                        "the file is UTF-16; CSV must be UTF-8, Latin-1 or Windows-1252");
}

static void a_column_without_a_name_gets_its_number(void **state)
{
    (void)state;
    csv_reads_as(",a,\n0,1,2\n", NULL, "c1,a,c3\n0,1,2\n");
    csv_refused("c2,\n1,2\n", NULL, PERSONA_EDATA, 1,
                "line 1: column 2 has the same name as column 1");
}

static void columns_need_names_of_their_own(void **state)
{
    (void)state;
    csv_refused("\na,b,a\n1,2,3\n", NULL, PERSONA_EDATA, 2,
                "line 2: column 3 has the same name as column 1");
}

static void a_file_above_max_bytes_is_refused(void **state)
{
    (void)state;
    csv_refused("a\n1\n2\n", "max_bytes=5", PERSONA_ELIMIT, -1,
                "the data have 6 bytes, max_bytes is 5");
    csv_reads_as("a\n1\n2\n", "max_bytes=6", "a\n1\n2\n");
}

static void gzip_is_found_by_content_and_limited_expanded(void **state)
{
    (void)state;
    psn_text packed, csv = {0};
    persona_table *table;
    persona_error error;
    psn_text_format(&csv, "a\n");
    for (int i = 0; i < 1000; i++) psn_text_format(&csv, "1\n");
    psn_gz_pack(&packed, csv.bytes, csv.length, NULL);
    assert_int_equal(csv_try(&table, packed.bytes, packed.length, NULL, &error),
                     PERSONA_OK);
    assert_int_equal(table->rows, 1000);
    psn_table_free(table);
    assert_int_equal(
        csv_try(&table, packed.bytes, packed.length, "max_bytes=2001", &error),
        PERSONA_ELIMIT);
    assert_int_equal(csv_try(&table, packed.bytes, packed.length - 9, NULL, &error),
                     PERSONA_EDATA);
    psn_text_free(&packed);
    psn_text_free(&csv);
}

/* ---- skipping */

static void skips(const char *csv, const char *options, int64_t skipped,
                  const char *expected)
{
    psn_text all = {0};
    psn_text_format(&all, "bad_rows=skip %s", options == NULL ? "" : options);
    persona_table *table = csv_table(csv, all.bytes);
    csv_is(table, NULL, expected);
    assert_int_equal(table->skipped, skipped);
    psn_table_free(table);
    psn_text_free(&all);
}

static void bad_rows_can_be_left_out_and_are_counted(void **state)
{
    (void)state;
    skips("a,b\n1,2\n3\n4,5,6\n7,\xFF\n8,9\n", NULL, 3, "a,b\n1,2\n8,9\n");
    skips("a,b\n1,2\n", NULL, 0, "a,b\n1,2\n");
    skips("a,b\n1\n2\n", NULL, 2, "a,b\n");
}

static void rows_whose_values_do_not_fit_can_be_left_out(void **state)
{
    (void)state;
    skips("a,b,s\n1,2,u\nx,3,v\n4,y,w\nx,y,x\n5,6,y\n", "type.a=int type.b=real", 3,
          "a,b,s\n1,2,u\n5,6,y\n");
}

static void a_bad_quote_costs_only_its_own_line(void **state)
{
    (void)state;
    skips("a,b\n1,\"x\n2,y\n3,\"z\"\n", NULL, 1, "a,b\n2,y\n3,z\n");
    skips("a,b\n1,x\n2,\"y\n3,z\n", NULL, 1, "a,b\n1,x\n3,z\n");
    skips("a,b\r\n1,\"x\r\n2,y\r\n", NULL, 1, "a,b\n2,y\n");
    skips("a,b\n1,x\n2,\"y", NULL, 1, "a,b\n1,x\n");
}

static void a_second_pass_leaves_out_the_same_rows(void **state)
{
    (void)state;
    psn_text csv = {0};
    psn_text_format(&csv, "a,b\n");
    for (int i = 0; i < 30000; i++)
        psn_text_format(&csv,
                        i % 3 == 0   ? "%d,x\n"
                        : i % 3 == 1 ? "%d\n"
                                     : "%d,%d\n",
                        i, i);
    psn_text_format(&csv, "word,1\n");
    persona_table *table = csv_table(csv.bytes, "bad_rows=skip type.b=int");
    assert_int_equal(table->rows, 10001);
    assert_int_equal(table->skipped, 20000);
    csv_says(table, 0, 9999, "29999");
    assert_int_equal(csv_int(table, 1, 9999), 29999);
    csv_says(table, 0, 10000, "word");
    psn_table_free(table);
    psn_text_free(&csv);
}

static void max_rows_counts_good_rows(void **state)
{
    (void)state;
    skips("a,b\n1\n2,x\n3\n4,y\n5\n6,z\n", "max_rows=2", 2, "a,b\n2,x\n4,y\n");
}

/* Every line opens a quote that never closes: looking again must not be quadratic. */
static void many_bad_quotes_end_in_time(void **state)
{
    (void)state;
    psn_text csv = {0};
    psn_text_format(&csv, "a,b\n");
    for (int i = 0; i < 200000; i++) psn_text_format(&csv, "1,\"\"\"x\"\"\n");
    persona_table *table = csv_table(csv.bytes, "bad_rows=skip");
    assert_true(table->skipped > 0);
    psn_table_free(table);
    psn_text_free(&csv);
}

static void reading_can_be_cancelled(void **state)
{
    (void)state;
    persona_task *task;
    persona_table *table;
    persona_error error;
    psn_task_new(&task, NULL);
    psn_task_cancel(task);
    assert_int_equal(psn_csv_from_bytes(&table, "a\n1\n", 4, NULL, task, &error),
                     PERSONA_ECANCEL);
    assert_null(table);
    psn_task_free(task);
}

static void a_missing_file_is_an_io_error(void **state)
{
    (void)state;
    persona_table *table;
    persona_error error;
    assert_int_equal(psn_csv_read(&table, "no/such/file.csv", NULL, NULL, &error),
                     PERSONA_EIO);
    assert_int_equal(psn_csv_read(&table, NULL, NULL, NULL, &error), PERSONA_EARG);
    assert_int_equal(psn_csv_from_bytes(&table, NULL, 1, NULL, NULL, &error),
                     PERSONA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_other_length_is_refused),
        cmocka_unit_test(lines_inside_quotes_are_counted),
        cmocka_unit_test(a_value_that_does_not_fit_its_type_is_refused),
        cmocka_unit_test(the_first_bad_line_is_the_one_told),
        cmocka_unit_test(an_open_quote_is_refused_where_it_opens),
        cmocka_unit_test(text_behind_a_closing_quote_is_refused),
        cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
        cmocka_unit_test(a_nul_byte_behind_the_first_4_kb_is_a_bad_row),
        cmocka_unit_test(empty_and_blank_files_are_refused),
        cmocka_unit_test(binary_files_are_refused),
        cmocka_unit_test(a_column_without_a_name_gets_its_number),
        cmocka_unit_test(columns_need_names_of_their_own),
        cmocka_unit_test(a_file_above_max_bytes_is_refused),
        cmocka_unit_test(gzip_is_found_by_content_and_limited_expanded),
        cmocka_unit_test(bad_rows_can_be_left_out_and_are_counted),
        cmocka_unit_test(rows_whose_values_do_not_fit_can_be_left_out),
        cmocka_unit_test(a_bad_quote_costs_only_its_own_line),
        cmocka_unit_test(a_second_pass_leaves_out_the_same_rows),
        cmocka_unit_test(max_rows_counts_good_rows),
        cmocka_unit_test(many_bad_quotes_end_in_time),
        cmocka_unit_test(reading_can_be_cancelled),
        cmocka_unit_test(a_missing_file_is_an_io_error),
    };
    return cmocka_run_group_tests_name("csv bad", tests, NULL, NULL);
}
