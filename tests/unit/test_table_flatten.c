/* Columns of linked tables come into the rows that name them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <cmocka.h>

#include "data/table.h"
#include "data/table_flatten.h"

static void attributes_are_joined_and_unknown_keys_are_missing(void **state)
{
    (void)state;
    persona_table *rows = NULL, *users = NULL, *flat = NULL;
    const char *const who[] = {"ann", "bob", "eve", "ann"}, *const known[] = {"bob",
                                                                              "ann"};
    const char *const town[] = {"Rome", NULL};
    const double limit[] = {50, 70}, amount[] = {1, 2, 3, 4};
    psn_table_new(&rows, NULL);
    psn_table_add_strings(rows, "user", who, 4, NULL);
    psn_table_add(rows, "limit", PERSONA_TYPE_REAL, amount, NULL, 4, NULL);
    psn_table_new(&users, NULL);
    psn_table_add_strings(users, "id", known, 2, NULL);
    psn_table_add_strings(users, "town", town, 2, NULL);
    psn_table_add(users, "limit", PERSONA_TYPE_REAL, limit, NULL, 2, NULL);
    assert_int_equal(psn_table_link(rows, "user", users, "id", NULL), PERSONA_OK);
    assert_int_equal(psn_table_flatten(&flat, rows, NULL), PERSONA_OK);
    assert_int_equal(flat->count, 4);
    const psn_column *joined = psn_table_column(flat, psn_table_find(flat, "user.limit"));
    assert_non_null(joined);
    assert_true(psn_column_number(joined, 0) == 70 && psn_column_number(joined, 1) == 50);
    assert_true(isnan(psn_column_number(joined, 2)) &&
                psn_column_number(joined, 3) == 70);
    joined = psn_table_column(flat, psn_table_find(flat, "town"));
    assert_true(psn_column_missing(joined, 0) && !psn_column_missing(joined, 1));
    psn_table_free(flat);
    psn_table_free(users);
    psn_table_free(rows);
}

static void a_table_without_links_is_handed_on(void **state)
{
    (void)state;
    persona_table *table = NULL, *flat = NULL;
    psn_table_new(&table, NULL);
    assert_int_equal(psn_table_flatten(&flat, table, NULL), PERSONA_OK);
    assert_ptr_equal(flat, table);
    psn_table_free(flat);
    psn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_are_joined_and_unknown_keys_are_missing),
        cmocka_unit_test(a_table_without_links_is_handed_on),
    };
    return cmocka_run_group_tests_name("table flatten", tests, NULL, NULL);
}
