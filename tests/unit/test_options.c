/* test_options.c: options by name over a schema made for the purpose. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/options.h"

static const psn_option fit_options[] = {
    {"k", PSN_OPTION_INT, "auto", 1, 1000000, NULL, "", "Number of clusters.", "0.1"},
    {"seed", PSN_OPTION_INT, "0", 0, 9223372036854775807.0, NULL, "", "Seed.", "0.1"},
    {"limit", PSN_OPTION_INT, "", 0, 10, NULL, "", "Limit.", "0.1"},
    {"share", PSN_OPTION_REAL, "0.25", 0, 1, NULL, "", "A share.", "0.1"},
    {"scale", PSN_OPTION_REAL, "1", 0.5, (double)INFINITY, NULL, "", "Scale.", "0.1"},
    {"swaps", PSN_OPTION_BOOL, "true", 0, 0, NULL, "", "Swap search.", "0.1"},
    {"transform", PSN_OPTION_CHOICE, "auto", 0, 0, "auto none log1p", "", "Shape.",
     "0.1"},
    {"features", PSN_OPTION_LIST, "", 0, 0, NULL, "", "Columns to use.", "0.1"},
    {"as_of", PSN_OPTION_TEXT, "", 0, 0, NULL, "", "Date.", "0.1"},
    {"weight.*", PSN_OPTION_REAL, "1", 0, 1000, NULL, "", "Weight of a column.", "0.1"},
};
static const psn_schema fit = {"segmenter.fit", fit_options,
                               sizeof fit_options / sizeof fit_options[0]};
static const psn_schema other = {"csv", fit_options, 1};

static int open_params(void **state)
{
    persona_params *params;
    int rc = psn_params_new(&params, &fit, NULL);
    *state = params;
    return rc;
}

static int close_params(void **state)
{
    psn_params_free(*state);
    return 0;
}

static void assert_refused(persona_params *params, const char *name, const char *value,
                           const char *message)
{
    persona_error error;
    int rc = psn_params_set_text(params, name, value, PERSONA_NUL, &error);
    assert_int_equal(rc, PERSONA_EOPTION);
    assert_string_equal(error.message, message);
}

static void assert_set(persona_params *params, const char *name, const char *value)
{
    assert_int_equal(psn_params_set_text(params, name, value, PERSONA_NUL, NULL),
                     PERSONA_OK);
}

static void what_was_not_set_has_the_default(void **state)
{
    int is_auto = 0;
    assert_int_equal(psn_params_int(NULL, &fit, "k", &is_auto), 0);
    assert_int_equal(is_auto, 1);
    assert_int_equal(psn_params_int(*state, &fit, "limit", &is_auto), 0);
    assert_int_equal(is_auto, 1);
    assert_true(psn_params_real(*state, &fit, "share", &is_auto) == 0.25);
    assert_int_equal(is_auto, 0);
    assert_int_equal(psn_params_bool(*state, &fit, "swaps"), 1);
    assert_string_equal(psn_params_text(*state, &fit, "transform"), "auto");
    assert_true(psn_params_real(*state, &fit, "weight.recency", NULL) == 1.0);
    assert_int_equal(psn_params_is_set(*state, "k"), 0);
}

static void what_was_set_is_read_back_and_replaced(void **state)
{
    int is_auto = 1;
    assert_int_equal(psn_params_set_int(*state, "k", 6, NULL), PERSONA_OK);
    assert_int_equal(psn_params_int(*state, &fit, "k", &is_auto), 6);
    assert_int_equal(is_auto, 0);
    assert_int_equal(psn_params_is_set(*state, "k"), 1);
    assert_set(*state, "k", "auto");
    psn_params_int(*state, &fit, "k", &is_auto);
    assert_int_equal(is_auto, 1);
    assert_int_equal(psn_params_set_real(*state, "share", 0.1 + 0.2, NULL), PERSONA_OK);
    assert_true(psn_params_real(*state, &fit, "share", NULL) == 0.1 + 0.2);
    assert_int_equal(psn_params_set_int(*state, "seed", INT64_MAX, NULL), PERSONA_OK);
    assert_true(psn_params_int(*state, &fit, "seed", NULL) == INT64_MAX);
}

static void numbers_pass_between_int_and_real_when_whole(void **state)
{
    persona_error error;
    assert_int_equal(psn_params_set_int(*state, "share", 1, NULL), PERSONA_OK);
    assert_int_equal(psn_params_set_real(*state, "k", 6.0, NULL), PERSONA_OK);
    assert_int_equal(psn_params_int(*state, &fit, "k", NULL), 6);
    assert_set(*state, "k", "1e6");
    assert_int_equal(psn_params_int(*state, &fit, "k", NULL), 1000000);
    assert_int_equal(psn_params_set_real(*state, "k", 6.5, &error), PERSONA_EOPTION);
    assert_string_equal(error.message, "k must be a whole number or auto");
    assert_int_equal(psn_params_set_real(*state, "scale", (double)NAN, &error),
                     PERSONA_EOPTION);
    assert_string_equal(error.message, "scale must be finite");
    assert_int_equal(psn_params_set_real(*state, "scale", (double)INFINITY, NULL),
                     PERSONA_EOPTION);
}

static void bounds_are_named(void **state)
{
    assert_refused(*state, "k", "0", "k = 0; must be 1 .. 1000000 or auto");
    assert_refused(*state, "k", "1000001", "k = 1000001; must be 1 .. 1000000 or auto");
    assert_refused(*state, "limit", "-1", "limit = -1; must be 0 .. 10");
    assert_refused(*state, "share", "1.5", "share = 1.5; must be 0 .. 1");
    assert_refused(*state, "scale", "0.25", "scale = 0.25; must be at least 0.5");
    assert_refused(*state, "weight.x", "-2", "weight.x = -2; must be 0 .. 1000");
    assert_int_equal(psn_params_is_set(*state, "k"), 0);
}

static void wrong_types_are_named(void **state)
{
    assert_refused(*state, "k", "six", "k must be a whole number or auto");
    assert_refused(*state, "seed", "auto", "seed must be a whole number");
    assert_refused(*state, "share", "", "share must be a number");
    assert_refused(*state, "share", "inf", "share must be a number");
    assert_refused(*state, "swaps", "maybe", "swaps must be true or false");
    assert_refused(*state, "transform", "sqrt",
                   "transform = sqrt; must be one of: auto, none, log1p");
    assert_refused(*state, "as_of", "\xff", "as_of must be UTF-8 without a NUL");
    assert_refused(
        *state, "features", "'a",
        "features: an item is longer than 255 bytes or its quote is not closed");
}

static void bools_have_six_spellings(void **state)
{
    static const char *const no[] = {"false", "0", "no"};
    static const char *const yes[] = {"true", "1", "yes"};
    for (int i = 0; i < 3; i++) {
        assert_set(*state, "swaps", no[i]);
        assert_int_equal(psn_params_bool(*state, &fit, "swaps"), 0);
        assert_set(*state, "swaps", yes[i]);
        assert_int_equal(psn_params_bool(*state, &fit, "swaps"), 1);
    }
    assert_int_equal(psn_params_set_int(*state, "swaps", 2, NULL), PERSONA_EOPTION);
}

static void unknown_names_get_the_nearest(void **state)
{
    assert_refused(*state, "sede", "1",
                   "unknown option \"sede\" of segmenter.fit; did you mean \"seed\"?");
    assert_refused(*state, "transfrom", "none",
                   "unknown option \"transfrom\" of segmenter.fit; did you mean "
                   "\"transform\"?");
    assert_refused(*state, "n_clusters", "5",
                   "unknown option \"n_clusters\" of segmenter.fit; did you mean \"k\"?");
    assert_refused(*state, "weigth.recency", "5",
                   "unknown option \"weigth.recency\" of segmenter.fit; did you mean "
                   "\"weight.recency\"?");
    assert_refused(*state, "weight.", "5",
                   "unknown option \"weight.\" of segmenter.fit; did you mean "
                   "\"weight.<key>\"?");
    assert_refused(*state, "verbosity", "1",
                   "unknown option \"verbosity\"; see persona schema segmenter.fit");
    assert_refused(*state, "", "1",
                   "unknown option \"\"; see persona schema segmenter.fit");
}

static void families_take_any_key(void **state)
{
    const char *value;
    assert_set(*state, "weight.recency", "2");
    assert_set(*state, "k", "3");
    assert_set(*state, "weight.total spend", "0.5");
    assert_true(psn_params_real(*state, &fit, "weight.recency", NULL) == 2.0);
    assert_string_equal(psn_params_member(*state, "weight.*", 0, &value), "recency");
    assert_string_equal(value, "2");
    assert_string_equal(psn_params_member(*state, "weight.*", 1, &value), "total spend");
    assert_null(psn_params_member(*state, "weight.*", 2, &value));
    assert_null(psn_params_member(NULL, "weight.*", 0, &value));
    assert_int_equal(psn_params_is_set(*state, "weight.*"), 1);
    assert_int_equal(psn_params_is_set(*state, "weight.frequency"), 0);
}

static void a_line_sets_several_and_the_last_wins(void **state)
{
    const char *line =
        " k=6 seed=1\tfeatures='recency,total spend' as_of=\"it's \"\"x\"\"\" k=7 ";
    assert_int_equal(psn_params_parse(*state, line, NULL), PERSONA_OK);
    assert_int_equal(psn_params_int(*state, &fit, "k", NULL), 7);
    assert_int_equal(psn_params_int(*state, &fit, "seed", NULL), 1);
    assert_string_equal(psn_params_text(*state, &fit, "features"), "recency,total spend");
    assert_string_equal(psn_params_text(*state, &fit, "as_of"), "it's \"x\"");
    assert_int_equal(psn_params_parse(*state, "", NULL), PERSONA_OK);
    assert_int_equal(psn_params_parse(*state, "as_of=", NULL), PERSONA_OK);
    assert_string_equal(psn_params_text(*state, &fit, "as_of"), "");
}

static void a_line_with_one_fault_sets_nothing(void **state)
{
    assert_set(*state, "k", "2");
    assert_int_equal(psn_params_parse(*state, "k=6 seed=x", NULL), PERSONA_EOPTION);
    assert_int_equal(psn_params_int(*state, &fit, "k", NULL), 2);
    assert_int_equal(psn_params_is_set(*state, "seed"), 0);
}

static void faults_of_a_line_are_placed(void **state)
{
    persona_error error;
    assert_int_equal(psn_params_parse(*state, "k=6 seed", &error), PERSONA_EOPTION);
    assert_string_equal(error.message, "options, byte 4: name=value expected");
    assert_int_equal(error.where, 4);
    psn_params_parse(*state, "as_of='x", &error);
    assert_string_equal(error.message, "options, byte 6: the quote is not closed");
    psn_params_parse(*state, "as_of='x'y", &error);
    assert_string_equal(error.message,
                        "options, byte 6: a blank must follow the closing quote");
    psn_params_parse(*state, "=1", &error);
    assert_string_equal(error.message, "options, byte 0: name=value expected");
    assert_int_equal(psn_params_parse(*state, NULL, NULL), PERSONA_EARG);
}

static void params_of_another_schema_are_refused(void **state)
{
    persona_error error;
    assert_int_equal(psn_params_expect(NULL, &fit, NULL), PERSONA_OK);
    assert_int_equal(psn_params_expect(*state, &fit, NULL), PERSONA_OK);
    assert_int_equal(psn_params_expect(*state, &other, &error), PERSONA_EOPTION);
    assert_string_equal(error.message,
                        "options are of schema segmenter.fit; this call takes csv");
}

static void lengths_end_a_text_before_its_nul(void **state)
{
    persona_error error;
    assert_int_equal(psn_params_set_text(*state, "k", "123", 2, NULL), PERSONA_OK);
    assert_int_equal(psn_params_int(*state, &fit, "k", NULL), 12);
    assert_int_equal(psn_params_set_text(*state, "as_of", "a\0b", 3, &error),
                     PERSONA_EOPTION);
    assert_int_equal(psn_params_set_text(*state, "as_of", "a", -2, NULL), PERSONA_EARG);
    assert_int_equal(psn_params_set_text(NULL, "k", "1", 1, NULL), PERSONA_EARG);
    assert_int_equal(psn_params_set_text(*state, NULL, "1", 1, NULL), PERSONA_EARG);
    assert_int_equal(psn_params_set_text(*state, "k", NULL, 0, NULL), PERSONA_EARG);
}

static void assert_next(const char **cursor, const char *expected)
{
    char item[16];
    assert_int_equal(psn_list_next(cursor, item, sizeof item), 1);
    assert_string_equal(item, expected);
}

static void lists_split_at_commas_outside_quotes(void **state)
{
    (void)state;
    char item[4];
    const char *cursor = " a, b c ,,'c,d',\"e\"\"f\" , ''";
    assert_next(&cursor, "a");
    assert_next(&cursor, "b c");
    assert_next(&cursor, "c,d");
    assert_next(&cursor, "e\"f");
    assert_next(&cursor, "");
    assert_int_equal(psn_list_next(&cursor, item, sizeof item), 0);
    cursor = "abcd";
    assert_int_equal(psn_list_next(&cursor, item, sizeof item), -1);
    cursor = "'abcd'";
    assert_int_equal(psn_list_next(&cursor, item, sizeof item), -1);
    cursor = "'a'b";
    assert_int_equal(psn_list_next(&cursor, item, sizeof item), -1);
}

#define WITH_PARAMS(test) cmocka_unit_test_setup_teardown(test, open_params, close_params)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PARAMS(what_was_not_set_has_the_default),
        WITH_PARAMS(what_was_set_is_read_back_and_replaced),
        WITH_PARAMS(numbers_pass_between_int_and_real_when_whole),
        WITH_PARAMS(bounds_are_named),
        WITH_PARAMS(wrong_types_are_named),
        WITH_PARAMS(bools_have_six_spellings),
        WITH_PARAMS(unknown_names_get_the_nearest),
        WITH_PARAMS(families_take_any_key),
        WITH_PARAMS(a_line_sets_several_and_the_last_wins),
        WITH_PARAMS(a_line_with_one_fault_sets_nothing),
        WITH_PARAMS(faults_of_a_line_are_placed),
        WITH_PARAMS(params_of_another_schema_are_refused),
        WITH_PARAMS(lengths_end_a_text_before_its_nul),
        cmocka_unit_test(lists_split_at_commas_outside_quotes),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
