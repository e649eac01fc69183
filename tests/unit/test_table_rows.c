/* Tables: append, select, link, follow, encode, group. */
#include <math.h>

#include "support/csv_text.h"

#include "base/dict.h"
#include "data/group.h"

static int append(persona_table *table, const char *more, const char *options,
                  persona_error *error)
{
    persona_table *rows = csv_table(more, options);
    int rc = psn_table_append(table, rows, error);
    psn_table_free(rows);
    return rc;
}

static void rows_are_appended_by_column_name(void **state)
{
    (void)state;
    persona_table *table = csv_table("a,b,t,x\n1,1.5,2017-01-31,true\n", NULL);
    assert_int_equal(append(table, "x,t,b,a\nfalse,2017-02-01,2.5,2\n", NULL, NULL), 0);
    csv_is(table, NULL,
           "a,b,t,x\n1,1.5,2017-01-31T00:00:00Z,true\n"
           "2,2.5,2017-02-01T00:00:00Z,false\n");
    psn_table_free(table);
}

static void missing_values_survive_an_append(void **state)
{
    (void)state;
    persona_table *table = csv_table("n,s\n1,a\n2,b\n", NULL);
    assert_int_equal(append(table, "n,s\n,\n4,\"\"\n", "type.s=text type.n=int", NULL),
                     0);
    assert_int_equal(append(table, "n,s\n5,e\n", NULL, NULL), 0);
    csv_is(table, NULL, "n,s\n1,a\n2,b\n,\n4,\"\"\n5,e\n");
    psn_table_free(table);
}

static void a_column_without_gaps_stays_without_validity(void **state)
{
    (void)state;
    persona_table *table = csv_table("n,r,s\n1,1.5,a\n", NULL);
    assert_int_equal(append(table, "n,r,s\n2,,b\n", "type.r=real", NULL), 0);
    for (int c = 0; c < 3; c++) assert_null(table->columns[c].valid);
    csv_is(table, NULL, "n,r,s\n1,1.5,a\n2,,b\n");
    psn_table_free(table);
}

static const char repeats[] = "s\nred\nred\nblue\nred\n";

static void plain_text_goes_onto_a_dictionary(void **state)
{
    (void)state;
    persona_table *table = csv_table(repeats, NULL);
    assert_non_null(table->columns[0].codes);
    assert_int_equal(append(table, "s\nblue\ngreen\n\n", NULL, NULL), 0);
    assert_int_equal(append(table, "s\ngreen\nblue\n", NULL, NULL), 0);
    assert_int_equal(table->columns[0].levels, 3);
    csv_is(table, NULL, "s\nred\nred\nblue\nred\nblue\ngreen\n\ngreen\nblue\n");
    psn_table_free(table);
}

static void dictionary_text_goes_onto_plain(void **state)
{
    (void)state;
    persona_table *table = csv_table("s\nblue\ngreen\n", NULL);
    assert_null(table->columns[0].codes);
    assert_int_equal(append(table, repeats, NULL, NULL), 0);
    csv_is(table, NULL, "s\nblue\ngreen\nred\nred\nblue\nred\n");
    psn_table_free(table);
}

static void dictionary_text_goes_onto_another_dictionary(void **state)
{
    (void)state;
    persona_table *table = csv_table(repeats, NULL);
    assert_int_equal(append(table, "s\nblue\nblue\npink\nblue\n", NULL, NULL), 0);
    assert_int_equal(table->columns[0].levels, 3);
    assert_int_equal(table->columns[0].codes[6], 2);
    csv_is(table, NULL, "s\nred\nred\nblue\nred\nblue\nblue\npink\nblue\n");
    psn_table_free(table);
}

static void a_table_can_be_appended_to_itself(void **state)
{
    (void)state;
    persona_table *table = csv_table("n,s\n1,a\n,b\n", NULL);
    assert_int_equal(psn_table_append(table, table, NULL), PERSONA_OK);
    csv_is(table, NULL, "n,s\n1,a\n,b\n1,a\n,b\n");
    psn_table_free(table);
}

static void an_empty_table_takes_the_columns_of_the_first_chunk(void **state)
{
    (void)state;
    persona_table *table;
    psn_table_new(&table, NULL);
    for (int i = 0; i < 100; i++)
        assert_int_equal(append(table, "n,s\n1,a\n2,b\n", NULL, NULL), PERSONA_OK);
    assert_int_equal(table->rows, 200);
    assert_int_equal(csv_int(table, 0, 199), 2);
    csv_says(table, 1, 198, "a");
    psn_table_free(table);
}

static void columns_to_append_must_match(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = csv_table("n,s\n1,a\n", NULL);
    assert_int_equal(append(table, "n,s\n1.5,a\n", NULL, &error), PERSONA_EARG);
    assert_string_equal(error.message,
                        "append: column \"n\" is int in the table, but real "
                        "in the rows to append");
    assert_int_equal(append(table, "n,t\n1,a\n", NULL, &error), PERSONA_EARG);
    assert_string_equal(error.message,
                        "append: column \"s\" is missing in the rows to append");
    assert_int_equal(append(table, "n,s,t\n1,a,b\n", NULL, &error), PERSONA_EARG);
    assert_string_equal(error.message,
                        "append: the table has 2 columns, the rows to append have 3");
    csv_is(table, NULL, "n,s\n1,a\n");
    psn_table_free(table);
}

/* ---- select */

static void selected_rows_come_in_the_given_order(void **state)
{
    (void)state;
    int64_t rows[4] = {2, 0, 2, 1};
    persona_table *picked, *table = csv_table("n,s,d\n1,a,u\n,b,\n3,\"\",u\n", NULL);
    assert_int_equal(psn_table_select(&picked, table, rows, 4, NULL), PERSONA_OK);
    csv_is(picked, NULL, "n,s,d\n3,\"\",u\n1,a,u\n3,\"\",u\n,b,\n");
    psn_table_free(picked);
    assert_int_equal(psn_table_select(&picked, table, NULL, 0, NULL), PERSONA_OK);
    csv_is(picked, NULL, "n,s,d\n");
    psn_table_free(picked);
    psn_table_free(table);
}

static void a_row_outside_the_table_cannot_be_selected(void **state)
{
    (void)state;
    int64_t rows[2] = {0, 1};
    persona_error error;
    persona_table *picked, *table = csv_table("n\n1\n", NULL);
    assert_int_equal(psn_table_select(&picked, table, rows, 2, &error), PERSONA_EARG);
    assert_string_equal(error.message,
                        "rows: entry 1 must be 0 to 0, a row of the table");
    assert_int_equal(error.where, 1);
    assert_null(picked);
    psn_table_free(table);
}

/* ---- links */

static void follow_is(const char *left, const char *right, const int64_t *expected)
{
    int64_t rows[8];
    persona_table *table = csv_table(left, NULL), *other = csv_table(right, NULL);
    assert_int_equal(psn_table_link(table, "item", other, "sku", NULL), PERSONA_OK);
    psn_table_free(other); /* the link holds it */
    assert_int_equal(psn_table_follow(table, &table->link[0], rows, NULL), PERSONA_OK);
    for (int64_t i = 0; i < table->rows; i++) assert_int_equal(rows[i], expected[i]);
    psn_table_free(table);
}

static void links_find_rows_by_int(void **state)
{
    (void)state;
    follow_is("item\n7\n9\n\n8\n", "sku,x\n8,0\n7,0\n,0\n", (int64_t[]){1, -1, -1, 0});
}

static void links_find_rows_by_text(void **state)
{
    (void)state;
    follow_is("item\na\nb\nc\n", "sku\nc\na\n", (int64_t[]){1, -1, 0});
    follow_is("item\na\na\nc\na\n", "sku\nc\na\n", (int64_t[]){1, 1, 0, 1});
}

static void an_int_matches_its_decimal_form(void **state)
{
    (void)state;
    follow_is("item\n7\n8\n", "sku\nx\n007\n7\n", (int64_t[]){2, -1});
    follow_is("item\nx\n007\n7\n", "sku\n8\n7\n", (int64_t[]){-1, -1, 1});
}

static void keys_must_be_unique(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = csv_table("item\n1\n", NULL);
    persona_table *other = csv_table("sku\n1\n2\n1\n", NULL);
    assert_int_equal(psn_table_link(table, "item", other, "sku", &error), PERSONA_EDATA);
    assert_int_equal(error.where, 2);
    assert_string_equal(error.message,
                        "key \"sku\": row 2 has the key of an earlier row; "
                        "keys must be unique");
    assert_int_equal(atomic_load(&other->references), 1);
    psn_table_free(other);
    psn_table_free(table);
}

static void a_linked_table_is_frozen_until_the_link_is_gone(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = csv_table("item\n1\n", NULL),
                  *other = csv_table("sku\n1\n", NULL);
    assert_int_equal(psn_table_link(table, "item", other, "sku", NULL), PERSONA_OK);
    assert_int_equal(append(other, "sku\n2\n", NULL, &error), PERSONA_EARG);
    assert_string_equal(error.message,
                        "table: is linked or in use and can no longer be changed");
    psn_table_free(table);
    assert_int_equal(append(other, "sku\n2\n", NULL, NULL), PERSONA_OK);
    psn_table_free(other);
}

static void links_that_cannot_be_are_refused(void **state)
{
    (void)state;
    persona_error error;
    persona_table *table = csv_table("item,r\n1,1.5\n", NULL);
    persona_table *other = csv_table("sku\n1\n", NULL);
    assert_int_equal(psn_table_link(table, "item", table, "item", &error), PERSONA_EARG);
    assert_string_equal(error.message, "other: a table cannot be linked to itself");
    assert_int_equal(psn_table_link(table, "r", other, "sku", &error), PERSONA_EDATA);
    assert_string_equal(error.message, "column \"r\": is real; ids must be text or int");
    assert_int_equal(psn_table_link(table, "item", other, "nix", &error), PERSONA_EARG);
    assert_string_equal(error.message, "key: there is no column \"nix\"");
    assert_int_equal(psn_table_link(table, "item", other, "sku", NULL), PERSONA_OK);
    assert_int_equal(psn_table_link(table, "item", other, "sku", &error), PERSONA_EARG);
    assert_string_equal(error.message, "column \"item\": is linked already");
    psn_table_free(other);
    psn_table_free(table);
}

static void a_selection_keeps_the_links(void **state)
{
    (void)state;
    int64_t one = 1, row;
    persona_table *picked, *table = csv_table("item\n1\n2\n", NULL);
    persona_table *other = csv_table("sku\n3\n2\n", NULL);
    psn_table_link(table, "item", other, "sku", NULL);
    assert_int_equal(psn_table_select(&picked, table, &one, 1, NULL), PERSONA_OK);
    psn_table_free(table);
    psn_table_free(other);
    assert_int_equal(psn_table_follow(picked, &picked->link[0], &row, NULL), PERSONA_OK);
    assert_int_equal(row, 1);
    psn_table_free(picked);
}

/* ---- encode and group */

static void encode_is(const char *csv, const int32_t *expected, const char *second)
{
    int32_t codes[8];
    struct psn_dict *dict;
    size_t length;
    persona_table *table = csv_table(csv, NULL);
    assert_int_equal(psn_table_encode(table, 0, codes, &dict, NULL), PERSONA_OK);
    for (int64_t i = 0; i < table->rows; i++) assert_int_equal(codes[i], expected[i]);
    const char *text = psn_dict_text(dict, 1, &length);
    assert_int_equal(length, strlen(second));
    assert_memory_equal(text, second, length);
    psn_dict_free(dict);
    psn_table_free(table);
}

static void ids_are_numbered_in_order_of_first_sight(void **state)
{
    (void)state;
    const int32_t expected[5] = {0, 1, 0, -1, 1};
    encode_is("id,x\n30,\n-4,\n30,\n,\n-4,\n", expected, "-4");
    encode_is("id,x\nb,\na,\nb,\n,\na,\n", expected, "a");
    encode_is("id,x\ntrue,\nfalse,\ntrue,\n,\nfalse,\n", expected, "false");
}

static void many_int_ids_are_numbered_and_linked(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    int64_t values[COUNT], rows[COUNT];
    int32_t codes[COUNT];
    struct psn_dict *dict;
    persona_table *table, *other;
    psn_table_new(&table, NULL);
    psn_table_new(&other, NULL);
    for (int64_t i = 0; i < COUNT; i++) values[i] = (i * 7919 % COUNT) << 32;
    psn_table_add(table, "item", PERSONA_TYPE_INT, values, NULL, COUNT, NULL);
    for (int64_t i = 0; i < COUNT; i++) values[i] = i << 32;
    psn_table_add(other, "sku", PERSONA_TYPE_INT, values, NULL, COUNT, NULL);
    assert_int_equal(psn_table_encode(table, 0, codes, &dict, NULL), PERSONA_OK);
    assert_int_equal(psn_dict_count(dict), COUNT);
    assert_int_equal(psn_table_link(table, "item", other, "sku", NULL), PERSONA_OK);
    assert_int_equal(psn_table_follow(table, &table->link[0], rows, NULL), PERSONA_OK);
    for (int64_t i = 0; i < COUNT; i++) {
        assert_int_equal(codes[i], i);
        assert_int_equal(rows[i], i * 7919 % COUNT);
    }
    psn_dict_free(dict);
    psn_table_free(other);
    psn_table_free(table);
}

static void reals_and_times_are_no_ids(void **state)
{
    (void)state;
    int32_t codes[1];
    struct psn_dict *dict;
    persona_error error;
    persona_table *table = csv_table("r,t\n1.5,2017-01-31\n", NULL);
    assert_int_equal(psn_table_encode(table, 0, codes, &dict, NULL), PERSONA_EDATA);
    assert_int_equal(psn_table_encode(table, 1, codes, &dict, &error), PERSONA_EDATA);
    assert_string_equal(error.message, "column \"t\": is time; ids must be text or int");
    assert_null(dict);
    psn_table_free(table);
}

static void rows_are_grouped_in_their_order(void **state)
{
    (void)state;
    const int32_t codes[7] = {2, 0, -1, 2, 0, 2, -1};
    const int64_t order[5] = {1, 4, 0, 3, 5}, starts[4] = {0, 2, 2, 5};
    psn_group group;
    assert_int_equal(psn_group_build(&group, codes, 7, 3, NULL), PERSONA_OK);
    assert_memory_equal(group.order, order, sizeof order);
    assert_memory_equal(group.starts, starts, sizeof starts);
    psn_group_free(&group);
}

static void a_code_above_the_groups_is_refused(void **state)
{
    (void)state;
    const int32_t codes[2] = {0, 1};
    persona_error error;
    psn_group group;
    assert_int_equal(psn_group_build(&group, codes, 2, 1, &error), PERSONA_EARG);
    assert_int_equal(error.where, 1);
    assert_null(group.order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_appended_by_column_name),
        cmocka_unit_test(missing_values_survive_an_append),
        cmocka_unit_test(a_column_without_gaps_stays_without_validity),
        cmocka_unit_test(plain_text_goes_onto_a_dictionary),
        cmocka_unit_test(dictionary_text_goes_onto_plain),
        cmocka_unit_test(dictionary_text_goes_onto_another_dictionary),
        cmocka_unit_test(a_table_can_be_appended_to_itself),
        cmocka_unit_test(an_empty_table_takes_the_columns_of_the_first_chunk),
        cmocka_unit_test(columns_to_append_must_match),
        cmocka_unit_test(selected_rows_come_in_the_given_order),
        cmocka_unit_test(a_row_outside_the_table_cannot_be_selected),
        cmocka_unit_test(links_find_rows_by_int),
        cmocka_unit_test(links_find_rows_by_text),
        cmocka_unit_test(an_int_matches_its_decimal_form),
        cmocka_unit_test(keys_must_be_unique),
        cmocka_unit_test(a_linked_table_is_frozen_until_the_link_is_gone),
        cmocka_unit_test(links_that_cannot_be_are_refused),
        cmocka_unit_test(a_selection_keeps_the_links),
        cmocka_unit_test(ids_are_numbered_in_order_of_first_sight),
        cmocka_unit_test(many_int_ids_are_numbered_and_linked),
        cmocka_unit_test(reals_and_times_are_no_ids),
        cmocka_unit_test(rows_are_grouped_in_their_order),
        cmocka_unit_test(a_code_above_the_groups_is_refused),
    };
    return cmocka_run_group_tests_name("table rows", tests, NULL, NULL);
}
