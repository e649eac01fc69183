/* Arrow streams in and out. The arrays of the tests are made by hand, as a host would. */
#include <math.h>

#include "support/csv_text.h"

#include "base/memory.h"
#include "data/arrow.h"

enum { COLUMNS_MAX = 4, CHUNKS_MAX = 3 };

/* A stream of what a test has put here; counts how often each part was released. */
typedef struct source {
    struct ArrowSchema schema, fields[COLUMNS_MAX], levels;
    struct ArrowSchema *field[COLUMNS_MAX];
    struct ArrowArray chunks[CHUNKS_MAX], columns[CHUNKS_MAX][COLUMNS_MAX];
    struct ArrowArray *column[CHUNKS_MAX][COLUMNS_MAX];
    int count, next, fail_at;
    int streams_released, schemas_released, arrays_released;
} source;

static source made;

static void release_schema(struct ArrowSchema *schema)
{
    made.schemas_released++;
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    made.arrays_released++;
    array->release = NULL;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    made.streams_released++;
    stream->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    (void)stream;
    *out = made.schema;
    out->release = release_schema;
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    (void)stream;
    if (made.next == made.fail_at) return 5;
    memset(out, 0, sizeof *out);
    if (made.next == made.count) return 0;
    *out = made.chunks[made.next++];
    out->release = release_array;
    return 0;
}

static void begin(void)
{
    memset(&made, 0, sizeof made);
    made.fail_at = -1;
    made.schema.format = "+s";
    made.schema.children = made.field;
}

static void field(const char *name, const char *format)
{
    int64_t c = made.schema.n_children++;
    made.fields[c] = (struct ArrowSchema){.name = name, .format = format};
    made.field[c] = &made.fields[c];
}

static struct ArrowArray *chunk(int64_t rows, int64_t offset)
{
    struct ArrowArray *array = &made.chunks[made.count];
    *array = (struct ArrowArray){.length = rows, .offset = offset};
    array->children = made.column[made.count++];
    return array;
}

/* The next column of the last chunk. */
static struct ArrowArray *column(const void **buffers, int64_t count, int64_t rows,
                                 int64_t offset)
{
    struct ArrowArray *parent = &made.chunks[made.count - 1];
    int64_t c = parent->n_children++;
    struct ArrowArray *array = &made.columns[made.count - 1][c];
    *array = (struct ArrowArray){.length = rows,
                                 .offset = offset,
                                 .null_count = -1,
                                 .n_buffers = count,
                                 .buffers = buffers};
    made.column[made.count - 1][c] = array;
    return array;
}

/* Everything is released exactly once, whatever comes out. */
static int import(persona_table **out, persona_error *error)
{
    struct ArrowArrayStream stream = {
        .get_schema = get_schema, .get_next = get_next, .release = release_stream};
    memset(error, 0, sizeof *error);
    int rc = psn_arrow_import(out, &stream, error);
    assert_null(stream.release);
    assert_int_equal(made.streams_released, 1);
    assert_int_equal(made.schemas_released, 1);
    assert_int_equal(made.arrays_released, made.next);
    if (rc != PERSONA_OK) assert_null(*out);
    return rc;
}

static void import_is(const char *csv)
{
    persona_table *table;
    persona_error error;
    if (import(&table, &error) != PERSONA_OK) fail_msg("%s", error.message);
    csv_is(table, NULL, csv);
    psn_table_free(table);
}

static void import_refused(const char *message)
{
    persona_table *table;
    persona_error error;
    assert_int_equal(import(&table, &error), PERSONA_EDATA);
    assert_string_equal(error.message, message);
}

/* One column of three values, the second null (bit map 101). */
static void one(const char *format, const void *values)
{
    static const uint8_t valid[1] = {5};
    static const void *buffers[3];
    begin();
    field("x", format);
    chunk(3, 0);
    buffers[0] = valid;
    buffers[1] = values;
    column(buffers, 2, 3, 0);
}

static void whole_numbers_of_every_width_are_int(void **state)
{
    (void)state;
    one("c", (int8_t[]){-1, 99, 127});
    import_is("x\n-1\n\n127\n");
    one("C", (uint8_t[]){255, 99, 1});
    import_is("x\n255\n\n1\n");
    one("s", (int16_t[]){-300, 0, 300});
    import_is("x\n-300\n\n300\n");
    one("S", (uint16_t[]){65535, 0, 1});
    import_is("x\n65535\n\n1\n");
    one("i", (int32_t[]){INT32_MIN, 0, 1});
    import_is("x\n-2147483648\n\n1\n");
    one("I", (uint32_t[]){UINT32_MAX, 0, 1});
    import_is("x\n4294967295\n\n1\n");
    one("l", (int64_t[]){INT64_MIN, 0, INT64_MAX});
    import_is("x\n-9223372036854775808\n\n9223372036854775807\n");
    one("L", (uint64_t[]){INT64_MAX, UINT64_MAX, 1});
    import_is("x\n9223372036854775807\n\n1\n");
}

static void uint64_above_int64_is_refused(void **state)
{
    (void)state;
    one("L", (uint64_t[]){1, 2, (uint64_t)INT64_MAX + 1});
    import_refused("arrow: column \"x\": row 2 does not fit int64");
}

static void reals_and_bools_are_taken(void **state)
{
    (void)state;
    one("g", (double[]){0.5, 9, -1});
    import_is("x\n0.5\n\n-1\n");
    one("f", (float[]){0.25f, 9, -1});
    import_is("x\n0.25\n\n-1\n");
    one("b", (uint8_t[]){4});
    import_is("x\nfalse\n\ntrue\n");
}

static void dates_and_timestamps_become_milliseconds(void **state)
{
    (void)state;
    one("tdD", (int32_t[]){1, 0, -1});
    import_is("x\n1970-01-02T00:00:00Z\n\n1969-12-31T00:00:00Z\n");
    one("tdm", (int64_t[]){86400000, 0, 0});
    import_is("x\n1970-01-02T00:00:00Z\n\n1970-01-01T00:00:00Z\n");
    one("tss:", (int64_t[]){1, 0, -1});
    import_is("x\n1970-01-01T00:00:01Z\n\n1969-12-31T23:59:59Z\n");
    one("tsm:UTC", (int64_t[]){1, 0, 0});
    import_is("x\n1970-01-01T00:00:00.001Z\n\n1970-01-01T00:00:00Z\n");
    one("tsu:Europe/Berlin", (int64_t[]){1999, 0, -1});
    import_is("x\n1970-01-01T00:00:00.001Z\n\n1969-12-31T23:59:59.999Z\n");
    one("tsn:", (int64_t[]){1000000, 0, -1});
    import_is("x\n1970-01-01T00:00:00.001Z\n\n1969-12-31T23:59:59.999Z\n");
    one("tss:", (int64_t[]){INT64_MAX, 0, 0});
    import_refused("arrow: column \"x\": row 0 is a time beyond milliseconds in int64");
}

static void text_of_both_widths_is_taken(void **state)
{
    (void)state;
    static const uint8_t valid[1] = {5};
    int32_t narrow[4] = {1, 3, 9, 9};
    int64_t wide[4] = {1, 3, 9, 9};
    const void *buffers[3] = {valid, narrow, "-ab\xFF\xFF\xFF\xFF\xFF\xFF"};
    for (int i = 0; i < 2; i++) {
        begin();
        field("x", i == 0 ? "u" : "U");
        buffers[1] = i == 0 ? (void *)narrow : wide;
        chunk(3, 0);
        column(buffers, 3, 3, 0);
        import_is("x\nab\n\n\"\"\n");
    }
}

static void offsets_and_chunks_are_honoured(void **state)
{
    (void)state;
    int64_t a[5] = {1, 2, 3, 4, 5}, b[2] = {6, 7};
    uint8_t valid[1] = {0x17}; /* the fourth is null */
    const void *first[2] = {valid, a}, *second[2] = {NULL, b};
    begin();
    field("x", "l");
    chunk(2, 1); /* offset 1 of the struct, 1 more of the column: from the third on */
    column(first, 2, 4, 1);
    chunk(0, 0);
    column(second, 2, 0, 0);
    chunk(2, 0);
    column(second, 2, 2, 0);
    import_is("x\n3\n\n6\n7\n");
}

/* Levels "b", null, "a"; codes 0 1 2 0. */
static void dictionary(int8_t last)
{
    static int32_t offsets[4] = {0, 1, 1, 2};
    static uint8_t valid[1] = {5};
    static int8_t codes[4];
    static const void *buffers[2] = {NULL, codes}, *texts[3] = {valid, offsets, "ba"};
    static struct ArrowArray levels;
    memcpy(codes, (int8_t[]){0, 1, 2, last}, 4);
    begin();
    field("x", "c");
    made.levels = (struct ArrowSchema){.format = "u"};
    made.fields[0].dictionary = &made.levels;
    chunk(4, 0);
    levels = (struct ArrowArray){.length = 3, .n_buffers = 3, .buffers = texts};
    column(buffers, 2, 4, 0)->dictionary = &levels;
}

static void dictionaries_become_dictionaries(void **state)
{
    (void)state;
    dictionary(0);
    import_is("x\nb\n\na\nb\n");
    dictionary(3);
    import_refused("arrow: column \"x\": row 3 is not in the dictionary");
    dictionary(-1);
    import_refused("arrow: column \"x\": row 3 is not in the dictionary");
    dictionary(0);
    made.columns[0][0].dictionary = NULL;
    import_refused("arrow: column \"x\": has no dictionary");
}

static void a_stream_without_chunks_gives_its_columns(void **state)
{
    (void)state;
    begin();
    field("x", "l");
    field("s", "u");
    field("d", "i");
    made.levels = (struct ArrowSchema){.format = "U"};
    made.fields[2].dictionary = &made.levels;
    field("n", "n");
    import_is("x,s,d,n\n");
}

static void a_column_of_type_null_is_real_and_missing(void **state)
{
    (void)state;
    int64_t a[2] = {1, 2};
    const void *buffers[2] = {NULL, a};
    begin();
    field("x", "n");
    field("y", "l");
    chunk(2, 0);
    column(NULL, 0, 2, 0);
    column(buffers, 2, 2, 0);
    import_is("x,y\n,1\n,2\n");
}

/* ---- hostile and broken streams */

static void structs_that_lie_are_refused(void **state)
{
    (void)state;
    int64_t a[3] = {1, 2, 3};
    one("l", a);
    made.chunks[0].length = -1;
    import_refused("arrow: bad chunk: length or offset out of range");
    one("l", a);
    made.chunks[0].children = NULL;
    import_refused("arrow: bad chunk: its number of columns is not that of the schema");
    one("l", a);
    made.column[0][0] = NULL;
    import_refused("arrow: bad chunk: a column is NULL");
    one("l", a);
    made.chunks[0].null_count = 1;
    import_refused("arrow: bad chunk: rows that are null as a whole are not supported");
    one("l", a);
    made.columns[0][0].length = 2;
    import_refused("arrow: column \"x\": is shorter than its chunk");
    one("l", a);
    made.columns[0][0].offset = -1;
    import_refused("arrow: column \"x\": length or offset out of range");
    one("l", a);
    made.columns[0][0].buffers = NULL;
    import_refused("arrow: column \"x\": has the wrong number of buffers");
    one("l", NULL);
    import_refused("arrow: column \"x\": has no values");
    one("u", a);
    import_refused("arrow: column \"x\": has the wrong number of buffers");
    one("l", a);
    made.columns[0][0].buffers[0] = NULL;
    made.columns[0][0].null_count = 1;
    import_refused("arrow: column \"x\": has nulls but no validity");
}

static void rows_that_are_null_as_a_whole_are_refused(void **state)
{
    (void)state;
    static const uint8_t all[1] = {7}, some[1] = {6};
    const void *valid[1] = {all};
    for (int i = 0; i < 2; i++) {
        one("l", (int64_t[]){1, 2, 3});
        made.chunks[0].buffers = valid;
        made.chunks[0].n_buffers = 1;
        made.chunks[0].null_count = -1;
        valid[0] = i == 0 ? all : some;
        if (i == 0)
            import_is("x\n1\n\n3\n");
        else
            import_refused(
                "arrow: bad chunk: rows that are null as a whole are not supported");
    }
}

static void texts_that_lie_are_refused(void **state)
{
    (void)state;
    int32_t falling[3] = {0, 2, 1}, negative[3] = {-1, 0, 0}, fine[3] = {0, 1, 2};
    const void *buffers[3] = {NULL, falling, "ab"};
    const char *const messages[] = {"arrow: column \"x\": text offsets are out of order",
                                    "arrow: column \"x\": text offsets are out of order",
                                    "arrow: column \"x\": has no bytes"};
    for (int i = 0; i < 3; i++) {
        begin();
        field("x", "u");
        chunk(2, 0);
        column(buffers, 3, 2, 0);
        buffers[1] = i == 0 ? falling : i == 1 ? negative : fine;
        buffers[2] = i == 2 ? NULL : "ab";
        import_refused(messages[i]);
    }
}

static void schemas_that_do_not_serve_are_refused(void **state)
{
    (void)state;
    one("l", NULL);
    made.schema.format = "l";
    import_refused("arrow: the stream is not one of structs");
    one("l", NULL);
    made.schema.n_children = -1;
    import_refused("arrow: the schema has no columns");
    one("l", NULL);
    made.field[0] = NULL;
    import_refused("arrow: column 1 of the schema is NULL");
    const char *const formats[] = {"+l", "tsx:", "ts", "tsm", "w:3", "e", "", "ll", NULL};
    for (int i = 0; i < 9; i++) {
        one(formats[i], (int64_t[]){1, 2, 3});
        import_refused("arrow: column \"x\": its Arrow type is not supported");
    }
}

static void a_stream_that_fails_is_released_too(void **state)
{
    (void)state;
    persona_table *table;
    persona_error error;
    one("l", (int64_t[]){1, 2, 3});
    made.fail_at = 1;
    import_refused("arrow: the stream failed to give a chunk");
    assert_int_equal(psn_arrow_import(&table, NULL, &error), PERSONA_EARG);
    struct ArrowArrayStream gone = {.release = NULL};
    assert_int_equal(psn_arrow_import(&table, &gone, &error), PERSONA_EARG);
    assert_string_equal(error.message, "stream: has been released");
}

/* ---- export */

static const char mixed[] = "n,r,b,t,s,d\n1,1.5,true,2017-01-31T00:00:00Z,one,x\n,,,,,\n"
                            "-3,2.25,false,2017-02-01T00:00:00.001Z,\"\",x\n"
                            "4,0.5,true,1970-01-01T00:00:00Z,four,y\n";

static void what_is_exported_imports_to_the_same(void **state)
{
    (void)state;
    persona_table *again, *table = csv_table(mixed, NULL);
    struct ArrowArrayStream stream;
    assert_non_null(table->columns[5].codes);
    assert_int_equal(psn_arrow_export(&stream, table, NULL), PERSONA_OK);
    assert_int_equal(psn_arrow_import(&again, &stream, NULL), PERSONA_OK);
    csv_is(again, NULL, mixed);
    assert_non_null(again->columns[5].codes);
    assert_int_equal(atomic_load(&table->references), 1);
    psn_table_free(table);
    psn_table_free(again);
}

static void exported_nulls_are_in_the_bit_map(void **state)
{
    (void)state;
    persona_table *table = csv_table(mixed, NULL);
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    psn_arrow_export(&stream, table, NULL);
    assert_int_equal(stream.get_next(&stream, &array), 0);
    for (int64_t c = 0; c < 6; c++) {
        assert_int_equal(array.children[c]->null_count, 1);
        assert_int_equal(((const uint8_t *)array.children[c]->buffers[0])[0], 0x0D);
    }
    assert_ptr_equal(array.children[0]->buffers[1], table->columns[0].values);
    array.release(&array);
    assert_int_equal(stream.get_next(&stream, &array), 0);
    assert_null(array.release);
    stream.release(&stream);
    psn_table_free(table);
}

static void a_child_may_outlive_its_parent_stream_and_table(void **state)
{
    (void)state;
    persona_table *table = csv_table(mixed, NULL);
    struct ArrowArrayStream stream;
    struct ArrowArray array, child;
    psn_arrow_export(&stream, table, NULL);
    stream.get_next(&stream, &array);
    child = *array.children[5]; /* moved, as the specification says */
    array.children[5]->release = NULL;
    array.release(&array);
    stream.release(&stream);
    psn_table_free(table);
    assert_int_equal(((const int32_t *)child.buffers[1])[3], 1);
    assert_int_equal(((const char *)child.dictionary->buffers[2])[1], 'y');
    child.release(&child);
}

static void an_exported_table_is_frozen_until_release(void **state)
{
    (void)state;
    persona_table *table = csv_table("a\n1\n", NULL);
    struct ArrowArrayStream stream;
    psn_arrow_export(&stream, table, NULL);
    assert_int_equal(psn_table_append(table, table, NULL), PERSONA_EARG);
    stream.release(&stream);
    assert_int_equal(psn_table_append(table, table, NULL), PERSONA_OK);
    psn_table_free(table);
    assert_int_equal(psn_arrow_export(&stream, NULL, NULL), PERSONA_EARG);
    assert_int_equal(psn_arrow_export(NULL, NULL, NULL), PERSONA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_of_every_width_are_int),
        cmocka_unit_test(uint64_above_int64_is_refused),
        cmocka_unit_test(reals_and_bools_are_taken),
        cmocka_unit_test(dates_and_timestamps_become_milliseconds),
        cmocka_unit_test(text_of_both_widths_is_taken),
        cmocka_unit_test(offsets_and_chunks_are_honoured),
        cmocka_unit_test(dictionaries_become_dictionaries),
        cmocka_unit_test(a_stream_without_chunks_gives_its_columns),
        cmocka_unit_test(a_column_of_type_null_is_real_and_missing),
        cmocka_unit_test(structs_that_lie_are_refused),
        cmocka_unit_test(rows_that_are_null_as_a_whole_are_refused),
        cmocka_unit_test(texts_that_lie_are_refused),
        cmocka_unit_test(schemas_that_do_not_serve_are_refused),
        cmocka_unit_test(a_stream_that_fails_is_released_too),
        cmocka_unit_test(what_is_exported_imports_to_the_same),
        cmocka_unit_test(exported_nulls_are_in_the_bit_map),
        cmocka_unit_test(a_child_may_outlive_its_parent_stream_and_table),
        cmocka_unit_test(an_exported_table_is_frozen_until_release),
    };
    return cmocka_run_group_tests_name("table arrow", tests, NULL, NULL);
}
