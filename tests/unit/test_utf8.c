/* test_utf8.c: valid UTF-8 by RFC 3629, and cuts between characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/utf8.h"

static void assert_bad_at(const char *bytes, size_t position)
{
    assert_int_equal(psn_utf8_valid(bytes, strlen(bytes)), position);
}

static void the_ends_of_every_length_are_valid(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\x01\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "plain ascii of more than 16 bytes",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_bad_at(texts[i], strlen(texts[i]));
    }
}

static void overlong_surrogates_and_too_large_are_bad(void **state)
{
    (void)state;
    assert_bad_at("a\x80", 1);
    assert_bad_at("\xc0\xaf", 0);
    assert_bad_at("\xc1\xbf", 0);
    assert_bad_at("\xe0\x9f\xbf", 0);
    assert_bad_at("\xed\xa0\x80", 0);
    assert_bad_at("\xf0\x8f\xbf\xbf", 0);
    assert_bad_at("\xf4\x90\x80\x80", 0);
    assert_bad_at("\xf5\x80\x80\x80", 0);
    assert_bad_at("12345678\xff", 8);
}

static void characters_that_end_too_early_are_bad(void **state)
{
    (void)state;
    assert_bad_at("ab\xc3", 2);
    assert_bad_at("ab\xe2\x82", 2);
    assert_bad_at("ab\xf0\x9f\x98", 2);
    assert_bad_at("\xe2\x82z", 0);
    assert_bad_at("0123456789abcde\xe2\x82z", 15);
}

static void a_cut_never_splits_a_character(void **state)
{
    (void)state;
    const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"; /* 1 + 2 + 3 + 4 bytes */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t limit = 0; limit < 12; limit++) {
        assert_int_equal(psn_utf8_cut(text, 10, limit), expected[limit]);
    }
}

static void what_is_no_utf8_is_cut_anywhere(void **state)
{
    (void)state;
    assert_int_equal(psn_utf8_cut("\x80\x80\x80\x80\x80\x80\x80", 7, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_of_every_length_are_valid),
        cmocka_unit_test(overlong_surrogates_and_too_large_are_bad),
        cmocka_unit_test(characters_that_end_too_early_are_bad),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(what_is_no_utf8_is_cut_anywhere),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
