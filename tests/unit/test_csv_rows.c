/* CSV: fields, quotes, line ends, separators, header, encodings. */
#include "support/csv_text.h"

#include "base/memory.h"

static void the_first_line_holds_the_names(void **state)
{
    (void)state;
    persona_table *table = csv_table("id, name ,\"with, comma\"\n1,x,2\n", NULL);
    assert_int_equal(table->count, 3);
    assert_string_equal(table->columns[0].name, "id");
    assert_string_equal(table->columns[1].name, "name");
    assert_string_equal(table->columns[2].name, "with, comma");
    psn_table_free(table);
}

static void without_a_header_columns_are_numbered(void **state)
{
    (void)state;
    csv_reads_as("1,a\n2,b\n", "header=false", "c1,c2\n1,a\n2,b\n");
}

static void lf_crlf_and_cr_end_a_line(void **state)
{
    (void)state;
    csv_reads_as("a,b\n1,x\n2,y\n", NULL, "a,b\n1,x\n2,y\n");
    csv_reads_as("a,b\r\n1,x\r\n2,y\r\n", NULL, "a,b\n1,x\n2,y\n");
    csv_reads_as("a,b\r1,x\r2,y\r", NULL, "a,b\n1,x\n2,y\n");
    csv_reads_as("a,b\r1,x\n2,y\r\n3,z\n", NULL, "a,b\n1,x\n2,y\n3,z\n");
}

static void the_last_line_needs_no_end(void **state)
{
    (void)state;
    csv_reads_as("a,b\n1,x\n2,y", NULL, "a,b\n1,x\n2,y\n");
    csv_reads_as("a,b\n1,x\n2,", NULL, "a,b\n1,x\n2,\n");
    csv_reads_as("a,b\n1,\"x\"", NULL, "a,b\n1,x\n");
}

static void a_byte_order_mark_is_no_part_of_the_first_name(void **state)
{
    (void)state;
    csv_reads_as("\xEF\xBB\xBF"
                 "a,b\n1,x\n",
                 NULL, "a,b\n1,x\n");
}

static void blank_lines_are_no_rows(void **state)
{
    (void)state;
    csv_reads_as("\n\r\na,b\n\n1,x\n\r\n\n2,y\n\n\n", NULL, "a,b\n1,x\n2,y\n");
}

static void in_a_single_column_a_blank_line_is_a_missing_value(void **state)
{
    (void)state;
    csv_reads_as("a\n1\n\n3\n", NULL, "a\n1\n\n3\n");
    csv_reads_as("a\n1\n3", NULL, "a\n1\n3\n");
}

static void quotes_hold_separators_and_line_ends(void **state)
{
    (void)state;
    persona_table *table =
        csv_table("a,b\n\"x,1\",\"two\nlines\"\n\"y\",\"\r\n\"\n", NULL);
    csv_says(table, 0, 0, "x,1");
    csv_says(table, 1, 0, "two\nlines");
    csv_says(table, 1, 1, "\r\n");
    assert_int_equal(table->rows, 2);
    psn_table_free(table);
}

static void a_doubled_quote_is_one(void **state)
{
    (void)state;
    persona_table *table =
        csv_table("a\n\"say \"\"hi\"\"\"\n\"\"\"\"\n\"\"\"x\"\n", NULL);
    csv_says(table, 0, 0, "say \"hi\"");
    csv_says(table, 0, 1, "\"");
    csv_says(table, 0, 2, "\"x");
    psn_table_free(table);
}

static void a_quote_inside_a_field_is_a_character(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b\n5\" pipe,x\"y\"\n", NULL);
    csv_says(table, 0, 0, "5\" pipe");
    csv_says(table, 1, 0, "x\"y\"");
    psn_table_free(table);
}

static void blanks_may_stand_around_quotes(void **state)
{
    (void)state;
    persona_table *table = csv_table("a, b\n\"x\" , \"1, 2\"\n", NULL);
    csv_says(table, 0, 0, "x");
    csv_says(table, 1, 0, "1, 2");
    psn_table_free(table);
}

static void text_keeps_its_blanks(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b\n x ,y\n", NULL);
    csv_says(table, 0, 0, " x ");
    psn_table_free(table);
}

/* Every length of field across the windows of the scanner: quoted, doubled, CRLF. */
static void fields_of_any_length_are_found(void **state)
{
    (void)state;
    for (int length = 0; length < 200; length++) {
        psn_text csv = {0};
        psn_text_format(&csv, "a,b,c\r\n");
        for (int i = 0; i < length; i++) psn_text_format(&csv, "x");
        psn_text_format(&csv, ",\"\"\"");
        for (int i = 0; i < length; i++) psn_text_format(&csv, ",");
        psn_text_format(&csv, "\"\"\r\n\",%d\r\n", length);
        persona_table *table = csv_table(csv.bytes, NULL);
        const char *bytes;
        int64_t size;
        psn_column_text(&table->columns[0], 0, &bytes, &size);
        assert_int_equal(length == 0 ? 0 : size, length);
        psn_column_text(&table->columns[1], 0, &bytes, &size);
        assert_int_equal(size, length + 4);
        assert_memory_equal(bytes + size - 3, "\"\r\n", 3);
        assert_int_equal(csv_int(table, 2, 0), length);
        psn_table_free(table);
        psn_text_free(&csv);
    }
}

/* ---- separators */

static void the_separator_is_found(void **state)
{
    (void)state;
    csv_reads_as("a;b\n1;x\n", NULL, "a,b\n1,x\n");
    csv_reads_as("a\tb\n1\tx\n", NULL, "a,b\n1,x\n");
    csv_reads_as("a|b\n1|x\n", NULL, "a,b\n1,x\n");
    csv_reads_as("a\n1\n", NULL, "a\n1\n");
}

static void a_separator_inside_quotes_does_not_count(void **state)
{
    (void)state;
    csv_reads_as("\"a,b,c\";d\n\"1,x\";3\n", NULL, "\"a,b,c\",d\n\"1,x\",3\n");
}

static void decimal_commas_do_not_make_a_comma_file(void **state)
{
    (void)state;
    csv_reads_as("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5\n", NULL,
                 "a,b,c\n1.5,2.5,3.5\n4.5,5.5,6.5\n");
    csv_reads_as("1,5;2,5\n4,5;5,5\n", "header=false", "c1,c2\n1.5,2.5\n4.5,5.5\n");
}

static void the_header_decides_when_lines_hold_other_separators(void **state)
{
    (void)state;
    csv_reads_as("a,b\nx;y;z,1\nu;v;w,2\n", NULL, "a,b\nx;y;z,1\nu;v;w,2\n");
}

static void the_separator_can_be_given(void **state)
{
    (void)state;
    csv_reads_as("a,b;c\n1,2;3\n", "separator=,", "a,b;c\n1,2;3\n");
    csv_reads_as("a,b\tc\n1,x\t3\n", "separator=tab", "\"a,b\",c\n\"1,x\",3\n");
}

/* ---- encodings */

static void latin1_is_read_by_option(void **state)
{
    (void)state;
    persona_table *table = csv_table("st\xE4"
                                     "dte\nK\xF6ln\n",
                                     "encoding=latin1");
    assert_string_equal(table->columns[0].name, "st\xC3\xA4"
                                                "dte");
    csv_says(table, 0, 0, "K\xC3\xB6ln");
    psn_table_free(table);
}

static void windows_1252_has_the_euro_sign(void **state)
{
    (void)state;
    persona_table *table = csv_table("a\n5 \x80\n", "encoding=cp1252");
    csv_says(table, 0, 0, "5 \xE2\x82\xAC");
    psn_table_free(table);
}

static void utf8_is_kept(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b\nK\xC3\xB6ln,\xF0\x9F\x98\x80\n", NULL);
    csv_says(table, 0, 0, "K\xC3\xB6ln");
    csv_says(table, 1, 0, "\xF0\x9F\x98\x80");
    psn_table_free(table);
}

/* ---- which rows and columns */

static void only_the_columns_asked_for_are_read(void **state)
{
    (void)state;
    csv_reads_as("a,b,c\n1,x,2\n3,y,4\n", "columns=c,a", "a,c\n1,2\n3,4\n");
    csv_reads_as("a,\"b,c\"\n1,x\n", "columns='\"b,c\"'", "\"b,c\"\nx\n");
}

static void a_column_asked_for_must_be_there(void **state)
{
    (void)state;
    csv_refused("a,b\n1,x\n", "columns=a,price", PERSONA_EOPTION, -1,
                "columns: there is no column \"price\"; there are: a, b");
    csv_refused("a,b\n1,x\n", "type.price=int", PERSONA_EOPTION, -1,
                "type.*: there is no column \"price\"; there are: a, b");
    csv_refused("a,b\n1,x\n", "type.b=int columns=a", PERSONA_EOPTION, -1,
                "type.b: has no effect, columns leaves the column out");
}

static void reading_stops_at_max_rows(void **state)
{
    (void)state;
    csv_reads_as("a\n1\n2\nx\n", "max_rows=2", "a\n1\n2\n");
    csv_reads_as("a,b\n1,2\n3\n", "max_rows=1", "a,b\n1,2\n");
    csv_reads_as("a\n1\n2\n", "max_rows=9", "a\n1\n2\n");
}

static void a_header_alone_is_a_table_without_rows(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b", NULL);
    assert_int_equal(table->rows, 0);
    assert_int_equal(table->count, 2);
    psn_table_free(table);
    csv_reads_as("a,b\n", "type.a=int type.b=text", "a,b\n");
}

/* ---- many columns, long lines */

static void ten_thousand_columns_are_read(void **state)
{
    (void)state;
    psn_text csv = {0};
    for (int row = 0; row < 3; row++)
        for (int c = 0; c < 10000; c++)
            psn_text_format(&csv, row == 0 ? "n%d%c" : "%d%c", row == 0 ? c : row * c,
                            c == 9999 ? '\n' : ',');
    persona_table *table = csv_table(csv.bytes, NULL);
    assert_int_equal(table->count, 10000);
    assert_int_equal(csv_int(table, 9999, 1), 2 * 9999);
    psn_table_free(table);
    psn_text_free(&csv);
}

static void more_than_65536_columns_are_refused(void **state)
{
    (void)state;
    psn_text csv = {0};
    for (int c = 0; c < 65537; c++) psn_text_format(&csv, "n%d,", c);
    csv_refused(csv.bytes, NULL, PERSONA_ELIMIT, -1,
                "the first line has 65538 fields, at most 65536 are allowed");
    psn_text_free(&csv);
}

/* 100 MB in one line: as a name, as many separators, as one quoted text. */
static void a_line_of_100_mb_is_read_or_refused(void **state)
{
    (void)state;
    size_t size = 100000000;
    persona_table *table;
    persona_error error;
    char *line = psn_alloc(size + 8, 1);
    assert_non_null(line);
    memset(line, 'x', size);
    assert_int_equal(csv_try(&table, line, size, NULL, &error), PERSONA_EDATA);
    assert_string_equal(error.message,
                        "line 1: column 1 has a name longer than 255 bytes");
    memset(line, ';', size);
    assert_int_equal(csv_try(&table, line, size, NULL, &error), PERSONA_ELIMIT);
    memset(line, 'x', size);
    memcpy(line, "a\n\"", 3);
    line[size - 1] = '"';
    assert_int_equal(csv_try(&table, line, size, NULL, &error), PERSONA_OK);
    assert_int_equal(table->columns[0].offsets[1], size - 4);
    psn_table_free(table);
    psn_release(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_holds_the_names),
        cmocka_unit_test(without_a_header_columns_are_numbered),
        cmocka_unit_test(lf_crlf_and_cr_end_a_line),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_name),
        cmocka_unit_test(blank_lines_are_no_rows),
        cmocka_unit_test(in_a_single_column_a_blank_line_is_a_missing_value),
        cmocka_unit_test(quotes_hold_separators_and_line_ends),
        cmocka_unit_test(a_doubled_quote_is_one),
        cmocka_unit_test(a_quote_inside_a_field_is_a_character),
        cmocka_unit_test(blanks_may_stand_around_quotes),
        cmocka_unit_test(text_keeps_its_blanks),
        cmocka_unit_test(fields_of_any_length_are_found),
        cmocka_unit_test(the_separator_is_found),
        cmocka_unit_test(a_separator_inside_quotes_does_not_count),
        cmocka_unit_test(decimal_commas_do_not_make_a_comma_file),
        cmocka_unit_test(the_header_decides_when_lines_hold_other_separators),
        cmocka_unit_test(the_separator_can_be_given),
        cmocka_unit_test(latin1_is_read_by_option),
        cmocka_unit_test(windows_1252_has_the_euro_sign),
        cmocka_unit_test(utf8_is_kept),
        cmocka_unit_test(only_the_columns_asked_for_are_read),
        cmocka_unit_test(a_column_asked_for_must_be_there),
        cmocka_unit_test(reading_stops_at_max_rows),
        cmocka_unit_test(a_header_alone_is_a_table_without_rows),
        cmocka_unit_test(ten_thousand_columns_are_read),
        cmocka_unit_test(more_than_65536_columns_are_refused),
        cmocka_unit_test(a_line_of_100_mb_is_read_or_refused),
    };
    return cmocka_run_group_tests_name("csv rows", tests, NULL, NULL);
}
