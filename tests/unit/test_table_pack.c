/* Tables as bytes and back; hostile bytes. */
#include <math.h>

#include "support/csv_text.h"

#include "base/memory.h"
#include "base/philox.h"

static persona_table *sample(void)
{
    persona_table *table = csv_table(
        "n,r,b,t,s,d\n1,1.5,true,2017-01-31,one,x\n,,,,,\n"
        "-3,2,false,2017-02-01T00:00:00.001Z,\"\",y\n4,0,true,1970-01-01,four,x\n"
        "5,0.5,true,1970-01-01,f\xC3\xBCnf,x\n6,0.5,true,1970-01-01,six,y\n",
        NULL);
    const float more[6] = {1, NAN, 3, 4, 5, 6};
    psn_table_add(table, "f", PERSONA_TYPE_REAL32, more, NULL, 6, NULL);
    table->skipped = 3;
    return table;
}

static psn_text packed(const persona_table *table)
{
    psn_text out = {0};
    assert_int_equal(psn_table_pack(&out, table, NULL), PERSONA_OK);
    return out;
}

static void same(const persona_table *a, const persona_table *b)
{
    psn_text csv = {0};
    psn_csv_to_text(&csv, a, NULL, NULL);
    psn_text_append(&csv, "", 0);
    csv_is(b, NULL, csv.bytes);
    for (int64_t c = 0; c < a->count; c++) {
        assert_int_equal(csv_type(a, c), csv_type(b, c));
        assert_int_equal(a->columns[c].codes != NULL, b->columns[c].codes != NULL);
    }
    psn_text_free(&csv);
}

static void every_type_goes_through(void **state)
{
    (void)state;
    persona_table *again, *table = sample();
    psn_text bytes = packed(table);
    assert_int_equal(psn_table_unpack(&again, bytes.bytes, bytes.length, NULL),
                     PERSONA_OK);
    same(table, again);
    assert_int_equal(again->skipped, 3);
    assert_null(again->columns[4].codes);
    assert_non_null(again->columns[5].codes);
    psn_text twice = packed(again);
    assert_int_equal(twice.length, bytes.length);
    assert_memory_equal(twice.bytes, bytes.bytes, bytes.length);
    psn_text_free(&twice);
    psn_text_free(&bytes);
    psn_table_free(again);
    psn_table_free(table);
}

static void tables_without_rows_or_columns_go_through(void **state)
{
    (void)state;
    persona_table *again, *table = csv_table("a,b\n", "type.b=text");
    psn_text bytes = packed(table);
    assert_int_equal(psn_table_unpack(&again, bytes.bytes, bytes.length, NULL),
                     PERSONA_OK);
    same(table, again);
    psn_text_free(&bytes);
    psn_table_free(again);
    psn_table_free(table);
    psn_table_new(&table, NULL);
    bytes = packed(table);
    assert_int_equal(bytes.length, 24);
    assert_int_equal(psn_table_unpack(&again, bytes.bytes, bytes.length, NULL),
                     PERSONA_OK);
    assert_int_equal(again->count, 0);
    psn_text_free(&bytes);
    psn_table_free(again);
    psn_table_free(table);
}

static void an_unpacked_dictionary_can_grow(void **state)
{
    (void)state;
    persona_table *again, *more = csv_table("d\nz\nx\n", NULL);
    persona_table *table = csv_table("d\nx\nx\ny\nx\n", NULL);
    psn_text bytes = packed(table);
    psn_table_unpack(&again, bytes.bytes, bytes.length, NULL);
    assert_int_equal(psn_table_append(again, more, NULL), PERSONA_OK);
    csv_is(again, NULL, "d\nx\nx\ny\nx\nz\nx\n");
    psn_text_free(&bytes);
    psn_table_free(more);
    psn_table_free(again);
    psn_table_free(table);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    persona_table *again, *table = sample();
    psn_text bytes = packed(table);
    for (size_t size = 0; size < bytes.length; size++) {
        persona_error error;
        char *exact = psn_copy(bytes.bytes, size); /* so that a read beyond is seen */
        assert_int_equal(psn_table_unpack(&again, exact, size, &error), PERSONA_EFORMAT);
        assert_null(again);
        psn_release(exact);
    }
    psn_text_append(&bytes, "x", 1);
    assert_int_equal(psn_table_unpack(&again, bytes.bytes, bytes.length, NULL),
                     PERSONA_EFORMAT);
    psn_text_free(&bytes);
    psn_table_free(table);
}

/* Whatever is altered: an error, or a table that can be used. */
static void altered_bytes_never_do_harm(void **state)
{
    (void)state;
    persona_table *again, *table = sample();
    psn_text bytes = packed(table);
    psn_random random;
    psn_random_start(&random, 1, 0, 0);
    for (int round = 0; round < 20000; round++) {
        char *bad = psn_copy(bytes.bytes, bytes.length);
        for (int64_t k = psn_random_below(&random, 3); k >= 0; k--)
            bad[psn_random_below(&random, (int64_t)bytes.length)] =
                (char)psn_random_u32(&random);
        if (psn_table_unpack(&again, bad, bytes.length, NULL) == PERSONA_OK) {
            psn_text csv = {0};
            assert_int_equal(psn_csv_to_text(&csv, again, NULL, NULL), PERSONA_OK);
            psn_text_free(&csv);
            psn_table_free(again);
        }
        psn_release(bad);
    }
    psn_text_free(&bytes);
    psn_table_free(table);
}

/* One byte of a packed one-column table changed: which check must see it. */
static void refused(const char *csv, size_t at, char byte, const char *what)
{
    persona_table *again, *table = csv_table(csv, NULL);
    persona_error error;
    psn_text bytes = packed(table);
    assert_true(at < bytes.length);
    bytes.bytes[at] = byte;
    assert_int_equal(psn_table_unpack(&again, bytes.bytes, bytes.length, &error),
                     PERSONA_EFORMAT);
    if (strstr(error.message, what) == NULL) fail_msg("%s, not %s", error.message, what);
    psn_text_free(&bytes);
    psn_table_free(table);
}

/* Header 24 bytes; column: type 24, form 25, name length 26, name 28 .. */
static void each_check_sees_its_fault(void **state)
{
    (void)state;
    refused("a\n1\n", 0, 'X', "does not begin as a table");
    refused("a\n1\n", 7, 1, "impossible sizes");
    refused("a\n1\n", 15, 1, "impossible sizes");
    refused("a\n1\n", 23, (char)0x80, "impossible sizes");
    refused("a\n1\n", 24, 9, "unknown type");
    refused("a\n1\n", 25, 2, "unknown type");
    refused("a\n1.5\n", 25, 1, "unknown type");
    refused("a\n1\n", 28, 0, "no proper name");
    refused("a,b\n1,2\n", 28 + 1 + 8 + 4, 'a', "a column twice");
    refused("a\ntrue\n", 29, 2, "neither 0 nor 1");
    refused("a,b\n1,x\n,y\n", 30 + 8, 1, "missing value is not 0");
    refused("a\nx\ny\n", 29 + 8 + 4, 3, "out of order");
    refused("a\nx\ny\n", 29 + 8 + 12, (char)0xC3, "not valid UTF-8");
    refused("a\nx\nx\ny\ny\n", 29 + 4 + 8 + 12 + 1, 'x', "a level twice");
    refused("a\nx\nx\ny\ny\n", 29 + 4 + 8 + 12 + 2, 3, "above the dictionary");
}

static void bytes_must_be_there(void **state)
{
    (void)state;
    persona_table *again;
    psn_text out = {0};
    assert_int_equal(psn_table_unpack(&again, NULL, 5, NULL), PERSONA_EARG);
    assert_int_equal(psn_table_unpack(&again, NULL, 0, NULL), PERSONA_EFORMAT);
    assert_int_equal(psn_table_pack(&out, NULL, NULL), PERSONA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_goes_through),
        cmocka_unit_test(tables_without_rows_or_columns_go_through),
        cmocka_unit_test(an_unpacked_dictionary_can_grow),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(altered_bytes_never_do_harm),
        cmocka_unit_test(each_check_sees_its_fault),
        cmocka_unit_test(bytes_must_be_there),
    };
    return cmocka_run_group_tests_name("table pack", tests, NULL, NULL);
}
