/* test_error.c: what a failed call leaves in the caller's persona_error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/utf8.h"

static void a_failure_fills_code_message_and_no_place(void **state)
{
    (void)state;
    persona_error error;
    memset(&error, 0xaa, sizeof error);

    int rc = psn_fail(&error, PERSONA_EARG, "k = %d; must be 1 .. %lld", 0, 10LL);

    assert_int_equal(rc, PERSONA_EARG);
    assert_int_equal(error.code, PERSONA_EARG);
    assert_int_equal(error.reserved, 0);
    assert_int_equal(error.where, -1);
    assert_string_equal(error.message, "k = 0; must be 1 .. 10");
}

static void a_failure_at_a_row_tells_the_row(void **state)
{
    (void)state;
    persona_error error;
    int rc = psn_fail_at(&error, PERSONA_EDATA, 17, "column '%s' is infinite", "price");
    assert_int_equal(rc, PERSONA_EDATA);
    assert_int_equal(error.where, 17);
    assert_string_equal(error.message, "column 'price' is infinite");
}

static void without_an_error_the_code_still_comes_back(void **state)
{
    (void)state;
    assert_int_equal(psn_fail(NULL, PERSONA_EIO, "x"), PERSONA_EIO);
    assert_int_equal(psn_fail_at(NULL, PERSONA_EIO, 1, "x"), PERSONA_EIO);
    assert_int_equal(psn_fail_memory(NULL), PERSONA_ENOMEM);
}

static void line_breaks_and_controls_become_blanks(void **state)
{
    (void)state;
    persona_error error;
    psn_fail(&error, PERSONA_EARG, "a%sb", "\r\n\t\x1b\x7f");
    assert_string_equal(error.message, "a     b");
}

static void bytes_that_are_no_utf8_become_question_marks(void **state)
{
    (void)state;
    persona_error error;
    psn_fail(&error, PERSONA_EARG, "%s", "gr\xfc\xdf M\xc3\xbcller \xe2\x82");
    assert_string_equal(error.message, "gr?? M\xc3\xbcller ??");
}

static void a_long_message_is_cut_between_two_characters(void **state)
{
    (void)state;
    persona_error error;
    char euros[400] = "";
    for (int i = 0; i < 100; i++) strcat(euros, "\xe2\x82\xac");

    psn_fail(&error, PERSONA_EARG, "%s", euros);

    assert_int_equal(strlen(error.message), 237); /* 79 x 3; 240 needs a place for NUL */
    assert_int_equal(psn_utf8_valid(error.message, 237), 237);
}

static void the_struct_has_256_bytes_for_ever(void **state)
{
    (void)state;
    assert_int_equal(sizeof(persona_error), 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_fills_code_message_and_no_place),
        cmocka_unit_test(a_failure_at_a_row_tells_the_row),
        cmocka_unit_test(without_an_error_the_code_still_comes_back),
        cmocka_unit_test(line_breaks_and_controls_become_blanks),
        cmocka_unit_test(bytes_that_are_no_utf8_become_question_marks),
        cmocka_unit_test(a_long_message_is_cut_between_two_characters),
        cmocka_unit_test(the_struct_has_256_bytes_for_ever),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
