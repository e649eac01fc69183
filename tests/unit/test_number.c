/* test_number.c: numbers from text and back, on hard cases and on random bits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/number.h"
#include "base/philox.h"

static int parse(const char *text, double *out)
{
    return psn_parse_real(text, strlen(text), '.', out);
}

static double parsed(const char *text)
{
    double value = 0.0;
    assert_true(parse(text, &value));
    return value;
}

static void assert_prints(double value, const char *expected)
{
    char out[PSN_NUMBER_BYTES];
    assert_int_equal(psn_print_real(out, value), strlen(expected));
    assert_string_equal(out, expected);
}

static void assert_prints_fixed(double value, int decimals, const char *expected)
{
    char out[400];
    assert_int_equal(psn_print_fixed(out, value, decimals), strlen(expected));
    assert_string_equal(out, expected);
}

static void whole_numbers_parse_up_to_the_ends_of_int64(void **state)
{
    (void)state;
    int64_t value;
    assert_true(psn_parse_int("9223372036854775807", 19, &value));
    assert_true(value == INT64_MAX);
    assert_true(psn_parse_int("-9223372036854775808", 20, &value));
    assert_true(value == INT64_MIN);
    assert_false(psn_parse_int("9223372036854775808", 19, &value));
    assert_false(psn_parse_int("-9223372036854775809", 20, &value));
    assert_true(psn_parse_int("+0012x", 5, &value));
    assert_int_equal(value, 12);
}

static void what_is_no_whole_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "-",   "+",   "1.0", " 1",
                                        "1 ", "0x1", "--1", "1e3"};
    int64_t value;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(psn_parse_int(texts[i], strlen(texts[i]), &value));
    }
}

static void every_form_of_a_real_is_read(void **state)
{
    (void)state;
    assert_true(parsed("12.5") == 12.5);
    assert_true(parsed("+.5") == 0.5);
    assert_true(parsed("5.") == 5.0);
    assert_true(parsed("-1E2") == -100.0);
    assert_true(parsed("25e-2") == 0.25);
    assert_true(isinf(parsed("-INF")) && parsed("-INF") < 0.0);
    assert_true(isinf(parsed("Infinity")));
    assert_true(isnan(parsed("NaN")));
    assert_true(signbit(parsed("-0")));
}

static void the_decimal_mark_may_be_a_comma(void **state)
{
    (void)state;
    double value;
    assert_true(psn_parse_real("3,25", 4, ',', &value));
    assert_true(value == 3.25);
    assert_false(psn_parse_real("3.25", 4, ',', &value));
}

static void what_is_no_real_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      ".",   "-",    "e5",    "1e",  "1e+",
                                        "1.2.3", " 1",  "1 ",   "0x1p3", "in",  "nano",
                                        "1_0",   "--1", "1e5.", "+-1",   "1,5", "infi"};
    double value;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(parse(texts[i], &value));
    }
}

static void
reals_beyond_the_largest_are_refused_and_below_the_smallest_are_zero(void **state)
{
    (void)state;
    double value;
    assert_true(parsed("1.7976931348623157e308") == 0x1.fffffffffffffp1023);
    assert_true(parsed("1.7976931348623158e308") == 0x1.fffffffffffffp1023);
    assert_false(
        parse("1.7976931348623159e308", &value)); /* half way to 2^1024 is ..15807 */
    assert_false(parse("1e309", &value));
    assert_false(parse("1e99999999999999999999", &value));
    assert_true(parsed("5e-324") == 0x1p-1074);
    assert_true(parsed("2.4703282292062328e-324") == 0x1p-1074); /* above half of it */
    assert_true(parsed("2.4703282292062327e-324") == 0.0);
    assert_true(parsed("1e-99999999999999999999") == 0.0);
    assert_true(parsed("0e99999") == 0.0);
}

static void ties_go_to_the_even_neighbour(void **state)
{
    (void)state;
    assert_true(parsed("9007199254740993") == 9007199254740992.0);
    assert_true(parsed("9007199254740993.0000000000000000000000000000000000000001") ==
                9007199254740994.0);
    assert_true(parsed("9007199254740995") == 9007199254740996.0);
    assert_true(parsed("4503599627370497.5") == 4503599627370498.0);
    assert_true(parsed("9007199254740992.99999999999999999999999999999999999999999999") ==
                9007199254740992.0);
}

static void known_hard_decimals_round_right(void **state)
{
    (void)state;
    assert_true(parsed("2.2250738585072011e-308") == 0x0.fffffffffffffp-1022);
    assert_true(parsed("2.2250738585072014e-308") == 0x1p-1022);
    assert_true(parsed("1.00000000000000011102230246251565404236316680908203125") == 1.0);
    assert_true(parsed("1.00000000000000011102230246251565404236316680908203126") ==
                0x1.0000000000001p0);
    assert_true(parsed("123456789012345678901234567890") ==
                123456789012345678901234567890.0);
    assert_true(parsed("0.000000000000000000000000000001") == 1e-30);
}

/* 1 followed by 900 zeros and a last digit, scaled back: one digit far out decides a tie.
 */
static void digits_far_beyond_still_decide(void **state)
{
    (void)state;
    char text[1000] = "9007199254740993.";
    size_t length = strlen(text);
    memset(text + length, '0', 900);
    strcpy(text + length + 900, "0");
    assert_true(parsed(text) == 9007199254740992.0);
    strcpy(text + length + 900, "1");
    assert_true(parsed(text) == 9007199254740994.0);
}

static void random_bits_read_back_and_agree_with_the_system(void **state)
{
    (void)state;
    psn_random random;
    psn_random_start(&random, 1, 2, 3);
    for (int i = 0; i < 200000; i++) {
        char out[PSN_NUMBER_BYTES];
        uint64_t bits = psn_random_u64(&random);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        size_t length = psn_print_real(out, value);
        assert_true(length < PSN_NUMBER_BYTES);
        assert_true(psn_parse_real(out, length, '.', &back));
        assert_memory_equal(&back, &value, sizeof back);
        assert_true(strtod(out, NULL) == value);
    }
}

static void random_decimals_parse_like_the_system(void **state)
{
    (void)state;
    psn_random random;
    psn_random_start(&random, 4, 5, 6);
    for (int i = 0; i < 50000; i++) {
        char text[80];
        size_t length = 0, digits = 1 + (size_t)psn_random_below(&random, 30);
        for (size_t j = 0; j < digits; j++) {
            text[length++] = (char)('0' + psn_random_below(&random, 10));
        }
        text[length++] = 'e';
        length += psn_print_int(text + length, psn_random_below(&random, 660) - 350);
        double expected = strtod(text, NULL), value = 0.0;
        int fits = psn_parse_real(text, length, '.', &value);
        assert_int_equal(fits, !isinf(expected));
        if (fits) assert_true(value == expected);
    }
}

static void reals_print_with_the_fewest_digits(void **state)
{
    (void)state;
    assert_prints(0.0, "0");
    assert_prints(-0.0, "-0");
    assert_prints(0.1, "0.1");
    assert_prints(100.0, "100");
    assert_prints(0.1 + 0.2, "0.30000000000000004");
    assert_prints(1.0 / 3.0, "0.3333333333333333");
    assert_prints(123456.789, "123456.789");
    assert_prints(0x1p-44,
                  "5.684341886080802e-14"); /* %.16g is not the nearest that reads */
    assert_prints(5e-324, "5e-324");
    assert_prints(0x1.fffffffffffffp1023, "1.7976931348623157e+308");
    assert_prints(9007199254740992.0, "9007199254740992");
    assert_prints(2.0e-7, "2e-07");
}

static void small_and_large_reals_have_an_exponent(void **state)
{
    (void)state;
    assert_prints(1e300, "1e+300");
    assert_prints(1e16, "1e+16");
    assert_prints(1e15, "1000000000000000");
    assert_prints(0.0001, "0.0001");
    assert_prints(0.00001, "1e-05");
    assert_prints(-1.5e-10, "-1.5e-10");
    assert_prints((double)NAN, "nan");
    assert_prints((double)INFINITY, "inf");
    assert_prints(-(double)INFINITY, "-inf");
}

static void whole_numbers_print_to_the_ends_of_int64(void **state)
{
    (void)state;
    char out[PSN_NUMBER_BYTES];
    assert_int_equal(psn_print_int(out, INT64_MIN), 20);
    assert_string_equal(out, "-9223372036854775808");
    assert_int_equal(psn_print_int(out, 0), 1);
    assert_string_equal(out, "0");
    psn_print_int(out, 1234567);
    assert_string_equal(out, "1234567");
}

static void fixed_decimals_round_the_exact_value(void **state)
{
    (void)state;
    assert_prints_fixed(0.125, 2, "0.12"); /* exact ties: to even */
    assert_prints_fixed(0.375, 2, "0.38");
    assert_prints_fixed(2.5, 0, "2");
    assert_prints_fixed(3.5, 0, "4");
    assert_prints_fixed(2.675, 2, "2.67"); /* it is 2.67499999999999982... */
    assert_prints_fixed(-0.999, 2, "-1.00");
    assert_prints_fixed(-0.001, 2, "0.00");
    assert_prints_fixed(1234.5, 3, "1234.500");
    assert_prints_fixed(1e22, 1, "10000000000000000000000.0");
    assert_prints_fixed(1e-300, 9, "0.000000000");
    assert_prints_fixed((double)NAN, 2, "nan");
}

static void the_largest_real_prints_all_its_digits(void **state)
{
    (void)state;
    char out[400];
    assert_int_equal(psn_print_fixed(out, -0x1.fffffffffffffp1023, 9), 1 + 309 + 10);
    assert_memory_equal(out, "-17976931348623157081452742373170435679807056752584", 51);
    assert_string_equal(out + 300, "4124858368.000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_parse_up_to_the_ends_of_int64),
        cmocka_unit_test(what_is_no_whole_number_is_refused),
        cmocka_unit_test(every_form_of_a_real_is_read),
        cmocka_unit_test(the_decimal_mark_may_be_a_comma),
        cmocka_unit_test(what_is_no_real_is_refused),
        cmocka_unit_test(
            reals_beyond_the_largest_are_refused_and_below_the_smallest_are_zero),
        cmocka_unit_test(ties_go_to_the_even_neighbour),
        cmocka_unit_test(known_hard_decimals_round_right),
        cmocka_unit_test(digits_far_beyond_still_decide),
        cmocka_unit_test(random_bits_read_back_and_agree_with_the_system),
        cmocka_unit_test(random_decimals_parse_like_the_system),
        cmocka_unit_test(reals_print_with_the_fewest_digits),
        cmocka_unit_test(small_and_large_reals_have_an_exponent),
        cmocka_unit_test(whole_numbers_print_to_the_ends_of_int64),
        cmocka_unit_test(fixed_decimals_round_the_exact_value),
        cmocka_unit_test(the_largest_real_prints_all_its_digits),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
