/* CSV: how the type of a column is found, and what its values become. */
#include <math.h>

#include "support/csv_text.h"

#include "data/datetime.h"

static void type_is(const char *csv, const char *options, int type)
{
    persona_table *table = csv_table(csv, options);
    assert_int_equal(csv_type(table, 0), type);
    psn_table_free(table);
}

static void whole_numbers_are_int(void **state)
{
    (void)state;
    persona_table *table = csv_table("n\n0\n-17\n9223372036854775807\n"
                                     "-9223372036854775808\n\"12\"\n 5 \n",
                                     NULL);
    assert_int_equal(csv_int(table, 0, 0), 0);
    assert_int_equal(csv_int(table, 0, 1), -17);
    assert_true(csv_int(table, 0, 2) == INT64_MAX);
    assert_true(csv_int(table, 0, 3) == INT64_MIN);
    assert_int_equal(csv_int(table, 0, 4), 12);
    assert_int_equal(csv_int(table, 0, 5), 5);
    psn_table_free(table);
}

static void leading_zeros_and_plus_signs_are_text(void **state)
{
    (void)state;
    type_is("n\n1\n00123\n", NULL, PERSONA_TYPE_TEXT);
    type_is("n\n1.5\n00.5\n", NULL, PERSONA_TYPE_TEXT);
    type_is("n\n+4930123456\n", NULL, PERSONA_TYPE_TEXT);
    persona_table *table = csv_table("n\n00123\n+7\n", "type.n=int");
    assert_int_equal(csv_int(table, 0, 0), 123);
    assert_int_equal(csv_int(table, 0, 1), 7);
    psn_table_free(table);
}

static void whole_numbers_above_int64_are_ids_and_so_text(void **state)
{
    (void)state;
    type_is("n\n1\n9223372036854775808\n", NULL, PERSONA_TYPE_TEXT);
    type_is("n\n18446744073709551615\n", NULL, PERSONA_TYPE_TEXT);
}

static void beside_decimals_a_huge_whole_number_is_real(void **state)
{
    (void)state;
    persona_table *table = csv_table("n\n1\n18446744073709551616\n0.5\n", NULL);
    assert_true(csv_real(table, 0, 1) == 18446744073709551616.0);
    psn_table_free(table);
}

static void decimals_are_real(void **state)
{
    (void)state;
    persona_table *table =
        csv_table("r\n1\n-0.25\n1e3\n0.1\n123456789.123456789\n.5\n5.\n", NULL);
    const double expected[] = {1, -0.25, 1000, 0.1, 123456789.123456789, 0.5, 5};
    for (int i = 0; i < 7; i++) assert_true(csv_real(table, 0, i) == expected[i]);
    psn_table_free(table);
}

static void infinity_is_a_real(void **state)
{
    (void)state;
    persona_table *table = csv_table("r\n1\ninf\n-Infinity\n", NULL);
    assert_true(isinf(csv_real(table, 0, 1)));
    assert_true(csv_real(table, 0, 2) < 0);
    psn_table_free(table);
}

static void words_for_missing_count_in_number_columns_only(void **state)
{
    (void)state;
    persona_table *table =
        csv_table("r,n,s\n1.5,1,a\nNA,NULL,NA\nnan,,null\n,null,\n", NULL);
    for (int row = 1; row < 4; row++) {
        assert_true(isnan(csv_real(table, 0, row)));
        assert_true(csv_missing(table, 1, row));
    }
    csv_says(table, 2, 1, "NA");
    csv_says(table, 2, 2, "null");
    assert_true(csv_missing(table, 2, 3));
    psn_table_free(table);
}

static void more_words_for_missing_can_be_given(void **state)
{
    (void)state;
    persona_table *table = csv_table("n,s\n1,a\n?,?\n-,\"?\"\n", "missing=?,-");
    assert_true(csv_missing(table, 0, 1));
    assert_true(csv_missing(table, 0, 2));
    assert_true(csv_missing(table, 1, 1));
    csv_says(table, 1, 2, "?"); /* in quotes it is text */
    psn_table_free(table);
}

static void empty_quotes_are_empty_text_but_a_missing_number(void **state)
{
    (void)state;
    persona_table *table = csv_table("s,n\n\"\",\"\"\n,1\na,2\n", NULL);
    csv_says(table, 0, 0, "");
    assert_true(csv_missing(table, 0, 1));
    assert_true(csv_missing(table, 1, 0));
    psn_table_free(table);
}

static void a_column_of_missing_values_is_real(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b\n1,\n2,\n3,NA\n", NULL);
    for (int row = 0; row < 3; row++) assert_true(isnan(csv_real(table, 1, row)));
    psn_table_free(table);
}

static void a_column_of_empty_quotes_is_text(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b\n1,\"\"\n2,\n", NULL);
    csv_says(table, 1, 0, "");
    assert_true(csv_missing(table, 1, 1));
    psn_table_free(table);
}

static void true_and_false_are_bool(void **state)
{
    (void)state;
    persona_table *table = csv_table("b\ntrue\nFalse\nTRUE\n", NULL);
    const uint8_t *values = table->columns[0].values;
    assert_int_equal(csv_type(table, 0), PERSONA_TYPE_BOOL);
    assert_true(values[0] && !values[1] && values[2]);
    psn_table_free(table);
    type_is("b\ntrue\nyes\n", NULL, PERSONA_TYPE_TEXT);
    type_is("b\n1\n0\n", NULL, PERSONA_TYPE_INT);
    type_is("b\n1\n0\n", "type.b=bool", PERSONA_TYPE_BOOL);
}

static void types_can_be_given(void **state)
{
    (void)state;
    type_is("a\n1\n", "type.a=real", PERSONA_TYPE_REAL);
    type_is("a\n1\n", "type.a=real32", PERSONA_TYPE_REAL32);
    type_is("a\n1\n", "type.a=text", PERSONA_TYPE_TEXT);
    type_is("a\n2017-01-31\n", "type.a=time", PERSONA_TYPE_TIME);
    type_is("a\n\n", "type.a=int", PERSONA_TYPE_INT);
}

/* ---- decimal commas */

static void decimal_commas_are_found_column_by_column(void **state)
{
    (void)state;
    persona_table *table = csv_table("a;b\n1;2.5\n0,5;3\n-12,25;4.125\n", NULL);
    assert_true(csv_real(table, 0, 0) == 1);
    assert_true(csv_real(table, 0, 1) == 0.5);
    assert_true(csv_real(table, 0, 2) == -12.25);
    assert_true(csv_real(table, 1, 2) == 4.125);
    psn_table_free(table);
}

static void two_decimal_marks_in_one_column_are_text(void **state)
{
    (void)state;
    type_is("a;b\n1,5;0\n2.5;0\n", NULL, PERSONA_TYPE_TEXT);
    type_is("a;b\n1.234,56;0\n", NULL, PERSONA_TYPE_TEXT);
}

static void the_decimal_mark_can_be_given(void **state)
{
    (void)state;
    type_is("a;b\n1,5;0\n", "decimal=.", PERSONA_TYPE_TEXT);
    type_is("a,b\n\"1,5\",0\n", "decimal=,", PERSONA_TYPE_REAL);
    type_is("a,b\n\"1,5\",0\n", NULL, PERSONA_TYPE_TEXT);
}

/* ---- types over the whole file */

/* `first` on many lines, then `last`. */
static persona_table *late(const char *first, const char *last)
{
    psn_text csv = {0};
    psn_text_format(&csv, "a,b\n");
    for (int i = 0; i < 50000; i++) psn_text_format(&csv, "%s,%d\n", first, i);
    psn_text_format(&csv, "%s,50000\n", last);
    persona_table *table = csv_table(csv.bytes, NULL);
    psn_text_free(&csv);
    assert_int_equal(table->rows, 50001);
    assert_int_equal(csv_int(table, 1, 50000), 50000);
    return table;
}

static void a_late_decimal_makes_ints_real(void **state)
{
    (void)state;
    persona_table *table = late("7", "0.5");
    assert_true(csv_real(table, 0, 0) == 7);
    assert_true(csv_real(table, 0, 50000) == 0.5);
    psn_table_free(table);
    table = late("", "0.5");
    assert_true(isnan(csv_real(table, 0, 49999)));
    psn_table_free(table);
}

static void a_late_word_makes_everything_text_as_it_was_written(void **state)
{
    (void)state;
    const char *const first[] = {"7.50", "-0", "true", "2017-01-31", "NA", "\"\"", "1e3"};
    const char *const expected[] = {"7.50", "-0", "true", "2017-01-31", "NA", "", "1e3"};
    for (int i = 0; i < 7; i++) {
        persona_table *table = late(first[i], "word");
        csv_says(table, 0, 0, expected[i]);
        csv_says(table, 0, 49999, expected[i]);
        csv_says(table, 0, 50000, "word");
        assert_non_null(table->columns[0].codes);
        psn_table_free(table);
    }
}

static void missing_values_before_a_late_type_stay_missing(void **state)
{
    (void)state;
    persona_table *table = late("", "word");
    assert_true(csv_missing(table, 0, 0));
    csv_says(table, 0, 50000, "word");
    psn_table_free(table);
    table = late("NA", "12");
    assert_true(csv_missing(table, 0, 49999));
    assert_int_equal(csv_int(table, 0, 50000), 12);
    psn_table_free(table);
}

static void a_late_huge_whole_number_makes_ids_text(void **state)
{
    (void)state;
    persona_table *table = late("7", "99999999999999999999");
    csv_says(table, 0, 0, "7");
    csv_says(table, 0, 50000, "99999999999999999999");
    psn_table_free(table);
}

static void repeated_texts_become_a_dictionary(void **state)
{
    (void)state;
    persona_table *table = csv_table("s,t\na,p\nb,q\na,r\nb,s\n", NULL);
    assert_non_null(table->columns[0].codes);
    assert_int_equal(table->columns[0].levels, 2);
    assert_null(table->columns[1].codes);
    psn_table_free(table);
}

/* Mostly new texts: the dictionary is given up on the way, and codes become texts. */
static void many_different_texts_become_plain(void **state)
{
    (void)state;
    psn_text csv = {0};
    psn_text_format(&csv, "s,n\n");
    for (int i = 0; i < 200000; i++)
        psn_text_format(&csv, i % 1000 == 7 ? ",%d\n" : "id-%d,%d\n", i, i);
    persona_table *table = csv_table(csv.bytes, NULL);
    assert_null(table->columns[0].codes);
    for (int i = 0; i < 200000; i += 25003) {
        char expected[20];
        psn_format(expected, sizeof expected, "id-%d", i);
        csv_says(table, 0, i, expected);
    }
    assert_true(csv_missing(table, 0, 7) && csv_missing(table, 0, 199007));
    assert_false(csv_missing(table, 0, 8));
    psn_table_free(table);
    psn_text_free(&csv);
}

static void a_single_precision_column_can_have_gaps(void **state)
{
    (void)state;
    persona_table *table = csv_table("f,g\n0.5,1\nNA,\n", "type.f=real32 type.g=bool");
    assert_true(((float *)table->columns[0].values)[0] == 0.5f);
    assert_true(csv_missing(table, 0, 1) && csv_missing(table, 1, 1));
    psn_table_free(table);
}

/* ---- times */

static void time_is(const char *text, int64_t expected)
{
    int64_t ms;
    if (!psn_parse_time(text, strlen(text), &ms)) fail_msg("%s", text);
    assert_int_equal(ms, expected);
}

static void dates_and_times_are_read(void **state)
{
    (void)state;
    const int64_t day = 1485820800000; /* 2017-01-31 */
    time_is("2017-01-31", day);
    time_is("2017/01/31", day);
    time_is("31.01.2017", day);
    time_is("2017-01-31 06:00", day + 6 * 3600000);
    time_is("2017-01-31T06:00:30", day + 6 * 3600000 + 30000);
    time_is("2017-01-31T06:00:00.123Z", day + 6 * 3600000 + 123);
    time_is("2017-01-31T06:00:00.1239999Z", day + 6 * 3600000 + 123);
    time_is("2017-01-31T06:00:00.5", day + 6 * 3600000 + 500);
    time_is("2017-01-31T06:00+02:00", day + 4 * 3600000);
    time_is("2017-01-31T06:00-0130", day + 7 * 3600000 + 1800000);
    time_is("2017-01-31 06:00:00 +02", day + 4 * 3600000);
    time_is("31.01.2017 06:00", day + 6 * 3600000);
    time_is("31.1.2017 6:00:01", day + 6 * 3600000 + 1000);
    time_is("1970-01-01", 0);
    time_is("1969-12-31T23:59:59.999Z", -1);
    time_is("0000-03-01", -62162035200000);
    time_is("1600-02-29", -11670998400000);
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"31.02.2017",
                               "2017-02-29",
                               "2100-02-29",
                               "2017-13-01",
                               "2017-00-10",
                               "2017-01-00",
                               "2017-01-32",
                               "2017-1-31",
                               "17-01-31",
                               "2017-01/31",
                               "2017-01-31T",
                               "2017-01-31 ",
                               "2017-01-31T24:00",
                               "2017-01-31T06",
                               "2017-01-31T06:60",
                               "2017-01-31T06:00:60",
                               "2017-01-31T06:00:00.",
                               "2017-01-31T06:00+",
                               "2017-01-31T06:00+2",
                               "20170131",
                               "2017-01-31T06:00Zx",
                               "31.01.17",
                               "1.2",
                               "2017",
                               "2017-01-31T06:00+24:00",
                               "",
                               "-"};
    int64_t ms;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (psn_parse_time(bad[i], strlen(bad[i]), &ms)) fail_msg("%s", bad[i]);
}

static void slash_is(const char *text, int orders, int64_t expected)
{
    int64_t ms = 0;
    if (psn_parse_slash_time(text, strlen(text), &ms) != orders) fail_msg("%s", text);
    if (orders != 0) assert_int_equal(ms, expected);
}

static void dates_with_slashes_tell_the_orders_they_allow(void **state)
{
    (void)state;
    const int64_t day = 1485820800000, hour = 3600000; /* 2017-01-31 */
    slash_is("1/31/2017", PSN_MONTH_FIRST, day);
    slash_is("31/01/2017", PSN_DAY_FIRST, day);
    slash_is("01/02/2017", PSN_MONTH_FIRST | PSN_DAY_FIRST, 1483315200000); /* Jan 2 */
    slash_is("2/29/2016 18:30", PSN_MONTH_FIRST, 1456704000000 + 37 * hour / 2);
    slash_is("1/31/2017 6:05:07 PM", PSN_MONTH_FIRST, day + 18 * hour + 307000);
    slash_is("1/31/2017 12:00 am", PSN_MONTH_FIRST, day);
    slash_is("1/31/2017 12:00PM", PSN_MONTH_FIRST, day + 12 * hour);
    const char *const bad[] = {
        "2/29/2017",          "13/13/2017",      "1/31/17",           "1/31/2017 ",
        "1/31/2017 6",        "0/1/2017",        "1/31/2017T",        "1/31/2017 6:00 XM",
        "1/31/2017 13:00 PM", "1/31/2017 6:00Z", "1/31/2017 0:00 AM", "1-31-2017"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) slash_is(bad[i], 0, 0);
}

static void day_and_month_change_places(void **state)
{
    (void)state;
    assert_int_equal(psn_swap_day_month(1483315200000 + 7), 1485907200000 + 7);
    assert_int_equal(psn_swap_day_month(1485820800000), 1485820800000); /* the 31st */
    assert_int_equal(psn_swap_day_month(-62135510400000 + 5), -62132918400000 + 5);
}

static void times_print_and_read_back(void **state)
{
    (void)state;
    const int64_t times[] = {0,
                             -1,
                             1,
                             1485820800123,
                             -62167219200000,
                             253402300799999,
                             253402300800000,
                             -62167219200001,
                             INT64_MAX,
                             INT64_MIN};
    char text[PSN_TIME_BYTES];
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        time_is(memset(text, 0, sizeof text) ? (psn_print_time(text, times[i]), text)
                                             : "",
                times[i]);
}

static void a_column_of_dates_with_slashes_has_one_order(void **state)
{
    (void)state;
    persona_table *table = csv_table("us,eu\n1/2/2017,1/2/2017\n,NA\n"
                                     "1/31/2017 6:00,31/1/2017\n2/1/2017,2/1/2017\n",
                                     NULL);
    assert_int_equal(csv_time(table, 0, 0), 1483315200000); /* January 2 */
    assert_int_equal(csv_time(table, 0, 2), 1485842400000);
    assert_int_equal(csv_time(table, 0, 3), 1485907200000); /* February 1 */
    assert_int_equal(csv_time(table, 1, 0), 1485907200000); /* February 1 */
    assert_int_equal(csv_time(table, 1, 2), 1485820800000);
    assert_int_equal(csv_time(table, 1, 3), 1483315200000); /* January 2 */
    assert_true(csv_missing(table, 0, 1) && csv_missing(table, 1, 1));
    psn_table_free(table);
}

static void dates_that_fit_no_order_or_both_are_text(void **state)
{
    (void)state;
    type_is("t\n1/2/2017\n3/4/2017\n", NULL, PERSONA_TYPE_TEXT);
    type_is("t\n1/31/2017\n31/1/2017\n", NULL, PERSONA_TYPE_TEXT);
    type_is("t\n1/31/2017\n2017-01-31\n", NULL, PERSONA_TYPE_TEXT);
    type_is("t\n31.1.2017\n1/31/2017\n", NULL, PERSONA_TYPE_TEXT);
    type_is("t\n1/31/2017\n1/31\n", NULL, PERSONA_TYPE_TEXT);
    persona_table *table = csv_table("t\n1/2/2017\n3/4/2017\n", NULL);
    csv_says(table, 0, 1, "3/4/2017");
    psn_table_free(table);
}

static void the_order_of_dates_can_be_given(void **state)
{
    (void)state;
    persona_table *table = csv_table("t\n1/2/2017\n", "dates=month_first");
    assert_int_equal(csv_time(table, 0, 0), 1483315200000);
    psn_table_free(table);
    table = csv_table("t\n1/2/2017\n", "dates=day_first type.t=time");
    assert_int_equal(csv_time(table, 0, 0), 1485907200000);
    psn_table_free(table);
    type_is("t\n1/31/2017\n", "dates=day_first", PERSONA_TYPE_TEXT);
    csv_refused("t\n1/2/2017\n2/3/2017\n", "type.t=time", PERSONA_EDATA, -1,
                "column \"t\": its dates can be read day first and month first; option "
                "dates says which");
    csv_refused("t\n1/31/2017\n31/1/2017\n", "type.t=time", PERSONA_EDATA, 3,
                "line 3, column \"t\": not a date or time");
    table = csv_table("t,n\n1/31/2017,1\n31/1/2017,2\n2/1/2017,3\n",
                      "type.t=time bad_rows=skip");
    assert_int_equal(table->rows, 2);
    assert_int_equal(csv_time(table, 0, 1), 1485907200000);
    psn_table_free(table);
}

static void a_column_of_dates_is_time(void **state)
{
    (void)state;
    persona_table *table = csv_table("t,u\n2017-01-31,31.01.2017 06:00\n,NA\n", NULL);
    assert_int_equal(csv_time(table, 0, 0), 1485820800000);
    assert_int_equal(csv_time(table, 1, 0), 1485842400000);
    assert_true(csv_missing(table, 0, 1) && csv_missing(table, 1, 1));
    psn_table_free(table);
    type_is("t\n2017-01-31\n2017-02-31\n", NULL, PERSONA_TYPE_TEXT);
    type_is("t\n2017-01-31\n5\n", NULL, PERSONA_TYPE_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_int),
        cmocka_unit_test(leading_zeros_and_plus_signs_are_text),
        cmocka_unit_test(whole_numbers_above_int64_are_ids_and_so_text),
        cmocka_unit_test(beside_decimals_a_huge_whole_number_is_real),
        cmocka_unit_test(decimals_are_real),
        cmocka_unit_test(infinity_is_a_real),
        cmocka_unit_test(words_for_missing_count_in_number_columns_only),
        cmocka_unit_test(more_words_for_missing_can_be_given),
        cmocka_unit_test(empty_quotes_are_empty_text_but_a_missing_number),
        cmocka_unit_test(a_column_of_missing_values_is_real),
        cmocka_unit_test(a_column_of_empty_quotes_is_text),
        cmocka_unit_test(true_and_false_are_bool),
        cmocka_unit_test(types_can_be_given),
        cmocka_unit_test(decimal_commas_are_found_column_by_column),
        cmocka_unit_test(two_decimal_marks_in_one_column_are_text),
        cmocka_unit_test(the_decimal_mark_can_be_given),
        cmocka_unit_test(a_late_decimal_makes_ints_real),
        cmocka_unit_test(a_late_word_makes_everything_text_as_it_was_written),
        cmocka_unit_test(missing_values_before_a_late_type_stay_missing),
        cmocka_unit_test(a_late_huge_whole_number_makes_ids_text),
        cmocka_unit_test(repeated_texts_become_a_dictionary),
        cmocka_unit_test(many_different_texts_become_plain),
        cmocka_unit_test(a_single_precision_column_can_have_gaps),
        cmocka_unit_test(dates_and_times_are_read),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(dates_with_slashes_tell_the_orders_they_allow),
        cmocka_unit_test(day_and_month_change_places),
        cmocka_unit_test(times_print_and_read_back),
        cmocka_unit_test(a_column_of_dates_with_slashes_has_one_order),
        cmocka_unit_test(dates_that_fit_no_order_or_both_are_text),
        cmocka_unit_test(the_order_of_dates_can_be_given),
        cmocka_unit_test(a_column_of_dates_is_time),
    };
    return cmocka_run_group_tests_name("csv types", tests, NULL, NULL);
}
