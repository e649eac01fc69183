/* test_json.c: reading JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "text/json.h"

static psn_json read_good(const char *text)
{
    psn_json root;
    assert_int_equal(psn_json_check(&root, text, strlen(text), NULL), PERSONA_OK);
    return root;
}

static void members_are_found_by_name(void **state)
{
    (void)state;
    const psn_json root =
        read_good(" { \"a\" : [1, 2.5e1, \"7\"], \"b\":{\"c\":true}, \"n\":null}");
    psn_json a, b, c;
    double real;
    int64_t whole;
    int flag;
    assert_true(psn_json_find(&a, root, "a") && psn_json_count(a) == 3);
    assert_true(psn_json_first(&c, a) && psn_json_int(c, &whole) && whole == 1);
    assert_true(psn_json_next(&c) && psn_json_real(c, &real) && real == 25);
    assert_false(psn_json_int(c, &whole));
    assert_true(psn_json_next(&c) && psn_json_int(c, &whole) && whole == 7);
    assert_false(psn_json_next(&c));
    assert_true(psn_json_find(&b, root, "b") && psn_json_find(&c, b, "c"));
    assert_true(psn_json_bool(c, &flag) && flag);
    assert_true(psn_json_find(&c, root, "n") && psn_json_kind_of(c) == PSN_JSON_NULL);
    assert_false(psn_json_find(&c, root, "c"));
    assert_false(psn_json_find(&c, a, "a"));
}

static void brackets_in_strings_are_no_brackets(void **state)
{
    (void)state;
    const psn_json root = read_good("{\"x\":[\"]}\\\\\\\"[\",{}],\"y\":3}");
    psn_json y;
    int64_t whole;
    assert_true(psn_json_find(&y, root, "y") && psn_json_int(y, &whole) && whole == 3);
}

static void escapes_are_undone(void **state)
{
    (void)state;
    const psn_json root = read_good("[\"a\\n\\u00e9\\ud83d\\ude00\\ud800\\/\"]");
    psn_text text = {0};
    psn_json item;
    assert_true(psn_json_first(&item, root) && psn_json_text(&text, item));
    assert_string_equal(text.bytes, "a\n\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd/");
    psn_text_free(&text);
}

static void wrong_texts_are_refused_at_their_byte(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",         " ",          "1",          "\"a\"", "[1,]",      "[1 2]",
        "{\"a\"}",  "{\"a\":}",   "{a:1}",      "[01]",  "[1.]",      "[.5]",
        "[+1]",     "[1e]",       "[NaN]",      "[tru]", "[\"\\x\"]", "[\"\\u12g4\"]",
        "[\"\n\"]", "[\"\xff\"]", "[\"a]",      "[1",    "{\"a\":1",  "[1]]",
        "[1}",      "[1] x",      "{\"a\":1,}", "[-]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        psn_json root;
        persona_error error;
        assert_int_equal(psn_json_check(&root, wrong[i], strlen(wrong[i]), &error),
                         PERSONA_EFORMAT);
    }
    persona_error error;
    psn_json root;
    assert_int_equal(psn_json_check(&root, "[1,x]", 5, &error), PERSONA_EFORMAT);
    assert_int_equal(error.where, 3);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    char text[2 * PSN_JSON_DEPTH + 3];
    psn_json root;
    memset(text, '[', PSN_JSON_DEPTH);
    memset(text + PSN_JSON_DEPTH, ']', PSN_JSON_DEPTH);
    assert_int_equal(psn_json_check(&root, text, 2 * PSN_JSON_DEPTH, NULL), PERSONA_OK);
    memset(text, '[', PSN_JSON_DEPTH + 1);
    memset(text + PSN_JSON_DEPTH + 1, ']', PSN_JSON_DEPTH + 1);
    assert_int_equal(psn_json_check(&root, text, 2 * PSN_JSON_DEPTH + 2, NULL),
                     PERSONA_EFORMAT);
}

static void empty_brackets_have_no_first(void **state)
{
    (void)state;
    psn_json item;
    assert_false(psn_json_first(&item, read_good("[ ]")));
    assert_false(psn_json_first(&item, read_good("{ }")));
    assert_int_equal(psn_json_count(read_good("[[],{}, [] ]")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_by_name),
        cmocka_unit_test(brackets_in_strings_are_no_brackets),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(wrong_texts_are_refused_at_their_byte),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(empty_brackets_have_no_first),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
