/* Names of columns as people mean them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdio.h>
#include <cmocka.h>

#include "data/name.h"
#include "data/table.h"

static void a_plain_name_has_letters_and_digits_only(void **state)
{
    (void)state;
    char plain[16];
    psn_name_plain(plain, sizeof plain, "Order-Time (2)");
    assert_string_equal(plain, "ordertime2");
    psn_name_plain(plain, 4, "abcdef");
    assert_string_equal(plain, "abc");
}

static void a_word_is_found_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(psn_name_in("time", "datetime time"));
    assert_false(psn_name_in("date", "datetime time"));
    assert_false(psn_name_in("", "a b"));
}

static void the_earlier_word_wins_and_a_missing_column_lists_all(void **state)
{
    (void)state;
    persona_error error = {0};
    persona_table *table = NULL;
    const double x = 1;
    int64_t at;
    psn_table_new(&table, NULL);
    psn_table_add(table, "Date", PERSONA_TYPE_REAL, &x, NULL, 1, NULL);
    psn_table_add(table, "Order Time", PERSONA_TYPE_REAL, &x, NULL, 1, NULL);
    assert_int_equal(psn_name_find(table, "ordertime date"), 1);
    assert_int_equal(psn_name_find(table, "foo date"), 0);
    assert_int_equal(psn_name_find(table, "foo"), PERSONA_NONE);
    assert_int_equal(psn_name_column(&at, table, "Date", "role time", &error),
                     PERSONA_OK);
    assert_int_equal(psn_name_column(&at, table, "when", "role time", &error),
                     PERSONA_EDATA);
    assert_string_equal(error.message,
                        "there is no column \"when\" (role time); the columns "
                        "are Date, Order Time");
    psn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_name_has_letters_and_digits_only),
        cmocka_unit_test(a_word_is_found_whole_or_not_at_all),
        cmocka_unit_test(the_earlier_word_wins_and_a_missing_column_lists_all),
    };
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
