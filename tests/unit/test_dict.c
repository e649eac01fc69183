/* test_dict.c: texts to numbers and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/dict.h"
#include "base/number.h"

static int open_dict(void **state)
{
    *state = psn_dict_new();
    return *state == NULL;
}

static int close_dict(void **state)
{
    psn_dict_free(*state);
    return 0;
}

static void texts_are_numbered_in_order_of_first_sight(void **state)
{
    psn_dict *dict = *state;
    assert_int_equal(psn_dict_add(dict, "pear", 4), 0);
    assert_int_equal(psn_dict_add(dict, "apple", 5), 1);
    assert_int_equal(psn_dict_add(dict, "pear", 4), 0);
    assert_int_equal(psn_dict_add(dict, "", 0), 2);
    assert_int_equal(psn_dict_add(dict, "pe\0r", 4), 3);
    assert_int_equal(psn_dict_count(dict), 4);
}

static void an_unknown_text_is_not_found_and_not_added(void **state)
{
    psn_dict *dict = *state;
    assert_int_equal(psn_dict_find(dict, "x", 1), -1);
    psn_dict_add(dict, "xy", 2);
    assert_int_equal(psn_dict_find(dict, "x", 1), -1);
    assert_int_equal(psn_dict_find(dict, "xyz", 3), -1);
    assert_int_equal(psn_dict_find(dict, "xy", 2), 0);
    assert_int_equal(psn_dict_count(dict), 1);
}

static void the_block_and_its_offsets_hold_all_texts(void **state)
{
    psn_dict *dict = *state;
    size_t length;
    assert_int_equal(psn_dict_offsets(dict)[0], 0);
    psn_dict_add(dict, "ab", 2);
    psn_dict_add(dict, "", 0);
    psn_dict_add(dict, "cde", 3);
    assert_memory_equal(psn_dict_bytes(dict), "abcde", 5);
    const int64_t expected[] = {0, 2, 2, 5};
    assert_memory_equal(psn_dict_offsets(dict), expected, sizeof expected);
    assert_memory_equal(psn_dict_text(dict, 2, &length), "cde", 3);
    assert_int_equal(length, 3);
    assert_null(psn_dict_text(dict, 3, &length));
    assert_null(psn_dict_text(dict, -1, &length));
}

static void a_hundred_thousand_texts_are_found_again(void **state)
{
    psn_dict *dict = *state;
    char id[PSN_NUMBER_BYTES];
    for (int64_t i = 0; i < 100000; i++) {
        assert_int_equal(psn_dict_add(dict, id, psn_print_int(id, i * 7919)), i);
    }
    for (int64_t i = 99999; i >= 0; i--) {
        assert_int_equal(psn_dict_find(dict, id, psn_print_int(id, i * 7919)), i);
        assert_int_equal(psn_dict_find(dict, id, psn_print_int(id, i * 7919 + 1)), -1);
    }
}

static void long_texts_differ_in_any_byte(void **state)
{
    psn_dict *dict = *state;
    char text[100];
    memset(text, 'a', sizeof text);
    for (size_t length = 0; length < sizeof text; length++) {
        assert_int_equal(psn_dict_add(dict, text, length), (int64_t)length);
    }
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = 'b';
        assert_int_equal(psn_dict_find(dict, text, 99), i < 99 ? -1 : 99);
        text[i] = 'a';
    }
}

/* Each input bit should flip half of the output bits, whatever the length. */
static void one_bit_of_the_input_flips_half_of_the_hash(void **state)
{
    (void)state;
    unsigned char bytes[40] = {0};
    for (size_t length = 1; length <= sizeof bytes; length++) {
        int flips = 0;
        uint64_t before = psn_hash(bytes, length, 0);
        for (size_t bit = 0; bit < 8 * length; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            flips += __builtin_popcountll(before ^ psn_hash(bytes, length, 0));
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        double mean = flips / (8.0 * (double)length);
        assert_true(mean > 26.0 && mean < 38.0);
    }
}

static void the_hash_is_the_same_for_ever(void **state)
{
    (void)state;
    assert_true(psn_hash("persona", 7, 0) == psn_hash("xpersona" + 1, 7, 0));
    assert_true(psn_hash("", 0, 0) != psn_hash("\0", 1, 0));
    assert_true(psn_hash("customer-000123", 15, 0) == 0x6611918265326bd4u);
    assert_true(psn_hash("a longer text of several words", 30, 0) == 0x286f6ef097dbb342u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_numbered_in_order_of_first_sight,
                                        open_dict, close_dict),
        cmocka_unit_test_setup_teardown(an_unknown_text_is_not_found_and_not_added,
                                        open_dict, close_dict),
        cmocka_unit_test_setup_teardown(the_block_and_its_offsets_hold_all_texts,
                                        open_dict, close_dict),
        cmocka_unit_test_setup_teardown(a_hundred_thousand_texts_are_found_again,
                                        open_dict, close_dict),
        cmocka_unit_test_setup_teardown(long_texts_differ_in_any_byte, open_dict,
                                        close_dict),
        cmocka_unit_test(one_bit_of_the_input_flips_half_of_the_hash),
        cmocka_unit_test(the_hash_is_the_same_for_ever),
    };
    return cmocka_run_group_tests_name("dict", tests, NULL, NULL);
}
