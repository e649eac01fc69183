/* test_text.c: the growing text, the formatter, JSON, and buffers made of texts. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"

static void every_conversion_prints_its_argument(void **state)
{
    (void)state;
    char out[200];
    psn_format(out, sizeof out, "%s|%.*s|%.2s|%c|%d|%u|%lld|%llu|%zu|%x|%%", "text", 3,
               "abcdef", "xyz", 'c', -42, 42u, -9223372036854775807LL - 1,
               18446744073709551615ULL, (size_t)7, 0xbeefu);
    assert_string_equal(out, "text|abc|xy|c|-42|42|-9223372036854775808|"
                             "18446744073709551615|7|beef|%");
}

static void reals_print_shortest_or_with_fixed_decimals(void **state)
{
    (void)state;
    char out[100];
    psn_format(out, sizeof out, "%g %g %g %.2f %.0f %f", 0.1, 100.0, 1e300, 2.675, 0.5,
               1.5);
    assert_string_equal(out, "0.1 100 1e+300 2.67 0 1.500000");
}

static void widths_pad_whole_numbers(void **state)
{
    (void)state;
    char out[100];
    psn_format(out, sizeof out, "%04d|%4d|%02x|%016llx|%ld|%05d", 17, 17, 10u, 255ULL, 3L,
               -17);
    assert_string_equal(out, "0017|  17|0a|00000000000000ff|3|-0017");
}

static void no_locale_changes_the_decimal_point(void **state)
{
    (void)state;
    char out[32];
    setlocale(LC_ALL, "de_DE.UTF-8"); /* may not be installed: then it proves less */
    psn_format(out, sizeof out, "%g %.1f", 1.5, 2.5);
    setlocale(LC_ALL, "C");
    assert_string_equal(out, "1.5 2.5");
}

static void a_full_buffer_ends_before_the_split_character(void **state)
{
    (void)state;
    char out[6];
    assert_int_equal(psn_format(out, sizeof out, "abc%s%s", "\xe2\x82\xac", "d"), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(psn_format(out, sizeof out, "ab%s%s", "\xe2\x82\xac", "d"), 5);
    assert_string_equal(out, "ab\xe2\x82\xac");
    assert_int_equal(psn_format(out, 0, "abc"), 0);
}

static void a_text_grows_and_stays_terminated(void **state)
{
    (void)state;
    psn_text text = {0};
    for (int i = 0; i < 1000; i++) psn_text_format(&text, "%d,", i % 10);
    assert_int_equal(text.failed, 0);
    assert_int_equal(text.length, 2000);
    assert_int_equal(strlen(text.bytes), 2000);
    assert_memory_equal(text.bytes + 18, "9,0,1,", 6);
    psn_text_free(&text);
    assert_null(text.bytes);
}

static void an_impossible_append_fails_once_and_for_all(void **state)
{
    (void)state;
    psn_text text = {0};
    psn_text_append(&text, "abc", 3);
    psn_text_append(&text, "", SIZE_MAX - 1);
    psn_text_append(&text, "def", 3);
    assert_int_equal(text.failed, 1);
    assert_string_equal(text.bytes, "abc");
    psn_text_free(&text);
}

static void json_strings_are_escaped_and_valid(void **state)
{
    (void)state;
    psn_text text = {0};
    psn_text_json(&text, "a\"b\\c\n\x01\xc3\xa9\xff", -1);
    psn_text_json(&text, "abc", 2);
    psn_text_json(&text, "", 0);
    assert_string_equal(text.bytes,
                        "\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\xef\xbf\xbd\"\"ab\"\"\"");
    psn_text_free(&text);
}

static void json_has_no_infinity(void **state)
{
    (void)state;
    psn_text text = {0};
    psn_text_json_real(&text, -0.25);
    psn_text_append(&text, " ", 1);
    psn_text_json_real(&text, (double)INFINITY);
    psn_text_append(&text, " ", 1);
    psn_text_json_real(&text, (double)NAN);
    assert_string_equal(text.bytes, "-0.25 null null");
    psn_text_free(&text);
}

static void a_buffer_takes_the_bytes_of_a_text(void **state)
{
    (void)state;
    persona_buffer *buffer;
    psn_text text = {0};
    psn_text_append(&text, "a\0b", 3);
    assert_int_equal(psn_buffer_from_text(&buffer, &text, NULL), PERSONA_OK);
    assert_null(text.bytes);
    assert_int_equal(psn_buffer_size(buffer), 3);
    assert_memory_equal(psn_buffer_data(buffer), "a\0b", 4);
    psn_buffer_free(buffer);
    assert_int_equal(psn_buffer_from_text(&buffer, &text, NULL), PERSONA_OK);
    assert_int_equal(psn_buffer_size(buffer), 0);
    assert_string_equal(psn_buffer_data(buffer), "");
    psn_buffer_free(buffer);
}

static void a_failed_text_gives_no_buffer(void **state)
{
    (void)state;
    persona_buffer *buffer = (persona_buffer *)state;
    psn_text text = {0};
    psn_text_append(&text, "abc", 3);
    text.failed = 1;
    assert_int_equal(psn_buffer_from_text(&buffer, &text, NULL), PERSONA_ENOMEM);
    assert_null(buffer);
    assert_null(text.bytes);
    psn_buffer_free(NULL);
    assert_null(psn_buffer_data(NULL));
    assert_int_equal(psn_buffer_size(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversion_prints_its_argument),
        cmocka_unit_test(reals_print_shortest_or_with_fixed_decimals),
        cmocka_unit_test(widths_pad_whole_numbers),
        cmocka_unit_test(no_locale_changes_the_decimal_point),
        cmocka_unit_test(a_full_buffer_ends_before_the_split_character),
        cmocka_unit_test(a_text_grows_and_stays_terminated),
        cmocka_unit_test(an_impossible_append_fails_once_and_for_all),
        cmocka_unit_test(json_strings_are_escaped_and_valid),
        cmocka_unit_test(json_has_no_infinity),
        cmocka_unit_test(a_buffer_takes_the_bytes_of_a_text),
        cmocka_unit_test(a_failed_text_gives_no_buffer),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
