/* test_segment_columns.c: which columns group the customers, and what the fit says of
 * those that do not. */
#include "unit/segment_case.h"

#include <stdlib.h>

enum { ROWS = 200 };

/* A table of columns x (two groups) and `name`, whose value in row i `value` prints. */
static persona_table *table_with(const char *name, int rows,
                                 void (*value)(char *out, int i))
{
    char *csv = malloc((size_t)rows * 64 + 64);
    size_t used = psn_format(csv, 64, "%s,x\n", name);
    for (int i = 0; i < rows; i++) {
        char text[40];
        value(text, i);
        used += psn_format(csv + used, 64, "%s,%d.5\n", text, i % 2 * 100 + i % 7);
    }
    persona_table *table = csv_table(csv, NULL);
    free(csv);
    return table;
}

static persona_segmenter *fit_with(const char *name, void (*value)(char *out, int i))
{
    persona_segmenter *model = NULL;
    persona_error error = {0};
    persona_table *table = table_with(name, ROWS, value);
    if (fit_table(&model, table, "k=2", &error)) fail_msg("%s", error.message);
    psn_table_free(table);
    return model;
}

/* 1 if only x is left and there is a note of the code about it. */
static int leaves_out(const char *name, void (*value)(char *out, int i), const char *code)
{
    persona_segmenter *model = fit_with(name, value);
    const int out = model->inputs == 1 && note_count(model, code) > 0;
    drop(model);
    return out;
}

static int takes(const char *name, void (*value)(char *out, int i), const char *code)
{
    persona_segmenter *model = fit_with(name, value);
    const int in = model->inputs == 2 && (!code || note_count(model, code) > 0);
    drop(model);
    return in;
}

static void from_0(char *out, int i)
{
    psn_format(out, 40, "%d", i);
}

static void mixed_from_1(char *out, int i)
{
    psn_format(out, 40, "%d", i * 73 % ROWS + 1);
}

static void far_apart(char *out, int i)
{
    psn_format(out, 40, "%d", i * 7919 % 10007 + 4000);
}

static void two_ids(char *out, int i)
{
    psn_format(out, 40, "u%d,%d", i, i * 7919 % 10007 + 4000);
}

static void few_numbers(char *out, int i)
{
    psn_format(out, 40, "%d", 10000 + i % 60);
}

static void decimals(char *out, int i)
{
    psn_format(out, 40, "%d.25", i * 73 % ROWS);
}

static void row_numbers_are_left_out_whatever_their_name_and_order(void **state)
{
    (void)state;
    assert_true(leaves_out("", from_0, "row_number"));
    assert_true(leaves_out("shelf", from_0, "row_number"));
    assert_true(leaves_out("shelf", mixed_from_1, "row_number"));
}

static void distinct_numbers_named_like_ids_are_left_out(void **state)
{
    (void)state;
    static const char *const ids[] = {"CustomerKey", "client_no", "account number",
                                      "SKU",         "phone1",    "card_code"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char named[64]; /* after a first id, which is taken as the customers' own */
        psn_format(named, sizeof named, "user_id,%s", ids[i]);
        assert_true(leaves_out(named, two_ids, "id_like"));
    }
}

static void post_codes_are_left_out_though_they_repeat(void **state)
{
    (void)state;
    assert_true(leaves_out("zip_code", few_numbers, "id_like"));
    assert_true(takes("income", few_numbers, NULL));
}

static void distinct_whole_numbers_group_with_a_warning_and_decimals_without(void **state)
{
    (void)state;
    assert_true(takes("income", far_apart, "distinct_numbers"));
    assert_true(takes("number_of_visits", far_apart, "distinct_numbers"));
    persona_segmenter *model = fit_with("income", decimals);
    assert_int_equal(model->inputs, 2);
    assert_int_equal(note_count(model, "distinct_numbers"), -1);
    drop(model);
}

/* ---- texts */

static void names_of_people(char *out, int i)
{
    psn_format(out, 40, "%c%c Miller", 'A' + i % 20, 'a' + i / 9);
}

static void colours(char *out, int i)
{
    static const char *const words[] = {"red", "green", "blue", "rare"};
    psn_format(out, 40, "%s", words[i == 77 ? 3 : i % 3]);
}

static void thirty_words(char *out, int i)
{
    psn_format(out, 40, "word %c", 'A' + i % 30);
}

static void personal_names_never_become_categories(void **state)
{
    (void)state;
    assert_true(leaves_out("friend", names_of_people, "many_levels"));
    assert_true(leaves_out("word", thirty_words, "many_levels")); /* 30 > 200 / 10 */
    assert_true(takes("colour", colours, NULL));
}

static void a_model_says_that_it_holds_texts_of_customers(void **state)
{
    (void)state;
    persona_segmenter *model = fit_with("colour", colours);
    psn_text json = {0};
    psn_segment_kind.describe(&model->base, &json, NULL);
    assert_non_null(strstr(json.bytes, "values of the text columns colour (4)"));
    psn_text_free(&json);
    drop(model);
    model = fit_with("income", decimals);
    psn_segment_kind.describe(&model->base, &json, NULL);
    assert_non_null(strstr(json.bytes, "\"personal_data\":\"none"));
    psn_text_free(&json);
    drop(model);
}

static void question_mark(char *out, int i)
{
    psn_format(out, 40, i % 20 ? "%d" : "?", 100 + i * 37 % 90);
}

static void dollars(char *out, int i)
{
    psn_format(out, 40, i % 2 ? "$%d.50" : "\"$1,%d\"", 100 + i);
}

static void one_bad_day(char *out, int i)
{
    if (i == 5)
        psn_format(out, 40, "soon");
    else
        psn_format(out, 40, "20%d-%d-%d%d", i % 20 + 10, i % 3 + 10, i % 3, i % 9 + 1);
}

static void leading_zeros(char *out, int i)
{
    psn_format(out, 40, "0%d", 1000 + i % 100);
}

static void numbers_and_times_that_were_read_as_text_are_a_warning(void **state)
{
    (void)state;
    assert_true(leaves_out("income", question_mark, "numbers_as_text"));
    assert_true(leaves_out("income", dollars, "numbers_as_text"));
    assert_true(leaves_out("since", one_bad_day, "times_as_text"));
    assert_true(leaves_out("area", leading_zeros, "many_levels")); /* codes */
}

/* ---- outcomes */

static void yes_or_no(char *out, int i)
{
    psn_format(out, 40, "%s", i % 3 ? "true" : "false");
}

static void outcomes_that_group_are_noted(void **state)
{
    (void)state;
    assert_true(takes("Revenue", yes_or_no, "label_like"));
    assert_true(takes("Response", few_numbers, "label_like"));
    persona_segmenter *model = fit_with("revenue", decimals);
    assert_int_equal(note_count(model, "label_like"), -1);
    drop(model);
}

static void an_empty_list_of_features_is_refused_as_such(void **state)
{
    (void)state;
    assert_int_equal(
        fit_fails("a,b\n1,2\n2,5\n3,4\n9,9\n", "features=", "names no column"),
        PERSONA_EOPTION);
}

/* ---- logs whose time was not understood */

static const char either_dates[] = "customer_id,order_date,price\n"
                                   "7,01/12/1997,5\n7,01/11/1997,5\n8,02/01/1997,6\n";

static void a_log_whose_dates_were_not_read_is_no_table_of_customers(void **state)
{
    (void)state;
    assert_int_equal(fit_fails(either_dates, "k=2", "type.order_date=time"),
                     PERSONA_EDATA);
    assert_int_equal(fit_fails("customer_id,date,price\n7,2021-01-01,5\n7,never,5\n"
                               "8,2021-01-02,6\n",
                               "k=2", "row 1"),
                     PERSONA_EDATA);
    assert_int_equal(fit_fails("customer_id,date,price\n7,400,5\n7,401,5\n8,402,6\n",
                               "k=2", "\"date\""),
                     PERSONA_EDATA);
}

static void dates_with_slashes_that_tell_their_order_are_times(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of("customer_id,order_date,price\n7,1/12/2021,5\n"
                                      "7,1/31/2021,5\n8,1/02/2021,6\n9,12/31/2020,99\n",
                                      "k=2");
    assert_int_equal(model->log, 1);
    assert_true(model->as_of == 1612137600000); /* the end of 31 January 2021 */
    drop(model);
}

static void days_as_whole_numbers_are_times(void **state)
{
    (void)state;
    persona_segmenter *model = fit_of("customer_id,date,price\n7,20210101,5\n"
                                      "7,20210131,5\n8,20210102,6\n9,20201231,99\n",
                                      "k=2");
    assert_int_equal(model->log, 1);
    assert_true(model->as_of == 1612137600000); /* the end of 31 January 2021 */
    drop(model);
    assert_int_equal(fit_fails("customer_id,date,price\n7,20210101,5\n7,20210231,5\n",
                               "k=2", "\"date\""),
                     PERSONA_EDATA); /* no such day */
}

static void repeating_users_without_any_time_are_a_warning(void **state)
{
    (void)state;
    persona_segmenter *model =
        fit_of("customer_id,price\n7,5\n7,6\n8,60\n9,66\n", "k=2 features=price");
    assert_int_equal(note_count(model, "rows_as_customers"), 4);
    drop(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_numbers_are_left_out_whatever_their_name_and_order),
        cmocka_unit_test(distinct_numbers_named_like_ids_are_left_out),
        cmocka_unit_test(post_codes_are_left_out_though_they_repeat),
        cmocka_unit_test(
            distinct_whole_numbers_group_with_a_warning_and_decimals_without),
        cmocka_unit_test(personal_names_never_become_categories),
        cmocka_unit_test(a_model_says_that_it_holds_texts_of_customers),
        cmocka_unit_test(numbers_and_times_that_were_read_as_text_are_a_warning),
        cmocka_unit_test(outcomes_that_group_are_noted),
        cmocka_unit_test(an_empty_list_of_features_is_refused_as_such),
        cmocka_unit_test(a_log_whose_dates_were_not_read_is_no_table_of_customers),
        cmocka_unit_test(dates_with_slashes_that_tell_their_order_are_times),
        cmocka_unit_test(days_as_whole_numbers_are_times),
        cmocka_unit_test(repeating_users_without_any_time_are_a_warning),
    };
    return cmocka_run_group_tests_name("segment_columns", tests, NULL, NULL);
}
