/* What a kind writes into a model file and reads back: sheets, levels, texts, parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"
#include "shop/chunks.h"
#include "shop/parts.h"
#include "shop/sheet.h"

static const char *const ints[] = {"type", "levels"};
static const char *const reals[] = {"low"};
static const psn_sheet_layout layout = {"Inpt", 1, ints, 2, reals, 1};

static psn_writer *writer_new(void)
{
    psn_writer *writer = NULL;
    assert_int_equal(psn_writer_new(&writer, "TEST", NULL), PERSONA_OK);
    return writer;
}

/* The file of the writer, which is freed; *bytes must outlive the reader. */
static psn_reader *reader_of(psn_writer *writer, psn_text *bytes)
{
    const psn_read_limits limits = {1 << 20};
    psn_reader *reader = NULL;
    assert_int_equal(psn_writer_finish(writer, bytes, NULL), PERSONA_OK);
    psn_writer_free(writer);
    assert_int_equal(psn_reader_open(&reader, bytes->bytes, bytes->length, &limits, NULL),
                     PERSONA_OK);
    return reader;
}

/* Two rows: ("age", 1, 7, 0.5) and (second, 2, 8, 1.5). */
static psn_reader *reader_of_sheet(psn_text *bytes, const char *second)
{
    psn_sheet sheet;
    psn_writer *writer = writer_new();
    assert_int_equal(psn_sheet_new(&sheet, &layout, 2, NULL), PERSONA_OK);
    for (int row = 0; row < 2; row++) {
        sheet.name[row] = row == 0 ? "age" : second;
        sheet.ints[0][row] = 1 + row;
        sheet.ints[1][row] = 7 + row;
        sheet.reals[0][row] = 0.5 + row;
    }
    assert_int_equal(psn_sheet_add(writer, &sheet, NULL), PERSONA_OK);
    psn_sheet_close(&sheet);
    return reader_of(writer, bytes);
}

static void a_sheet_comes_back_as_it_was(void **state)
{
    (void)state;
    psn_text bytes = {0};
    psn_sheet sheet;
    char *name = NULL;
    psn_reader *reader = reader_of_sheet(&bytes, "city");
    assert_int_equal(psn_sheet_read(&sheet, &layout, reader, 2, NULL), PERSONA_OK);
    assert_int_equal(sheet.ints[0][1], 2);
    assert_int_equal(sheet.ints[1][0], 7);
    assert_true(sheet.reals[0][1] == 1.5);
    assert_int_equal(psn_sheet_name(&name, &sheet, 1, 4, NULL), PERSONA_OK);
    assert_string_equal(name, "city");
    psn_release(name);
    psn_sheet_close(&sheet);
    psn_reader_free(reader);
    psn_text_free(&bytes);
}

static void a_sheet_of_other_rows_or_bad_names_is_refused(void **state)
{
    (void)state;
    psn_text bytes = {0};
    psn_sheet sheet;
    char *name = NULL;
    psn_reader *reader = reader_of_sheet(&bytes, "");
    assert_int_equal(psn_sheet_read(&sheet, &layout, reader, 3, NULL), PERSONA_EFORMAT);
    psn_sheet_close(&sheet);
    assert_int_equal(psn_sheet_read(&sheet, &layout, reader, 2, NULL), PERSONA_OK);
    assert_int_equal(psn_sheet_name(&name, &sheet, 1, 9, NULL), PERSONA_EFORMAT);
    assert_int_equal(psn_sheet_name(&name, &sheet, 0, 2, NULL), PERSONA_EFORMAT);
    assert_null(name);
    psn_sheet_close(&sheet);
    psn_reader_free(reader);
    psn_text_free(&bytes);
}

static psn_dict *dict_of(const char *first, const char *second)
{
    psn_dict *dict = psn_dict_new();
    psn_dict_add(dict, first, strlen(first));
    psn_dict_add(dict, second, strlen(second));
    return dict;
}

static void levels_of_several_inputs_lie_in_turn(void **state)
{
    (void)state;
    psn_text bytes = {0};
    psn_dict *dicts[] = {dict_of("a", "b"), NULL, dict_of("b", "")}, *back = NULL;
    persona_table *table = NULL;
    int64_t next = 0;
    psn_writer *writer = writer_new();
    assert_int_equal(psn_chunks_add_levels(writer, "Levl", dicts, 3, NULL), PERSONA_OK);
    psn_reader *reader = reader_of(writer, &bytes);
    assert_int_equal(psn_chunks_table(&table, reader, "Levl", 1, NULL), PERSONA_OK);
    assert_int_equal(psn_chunks_levels(&back, table, &next, 2, NULL), PERSONA_OK);
    assert_int_equal(psn_dict_find(back, "b", 1), 1);
    psn_dict_free(back);
    assert_int_equal(psn_chunks_levels(&back, table, &next, 2, NULL), PERSONA_OK);
    assert_int_equal(psn_dict_find(back, "b", 1), 0);
    assert_int_equal(next, 4);
    psn_dict_free(back);
    psn_table_free(table);
    for (int i = 0; i < 3; i++) psn_dict_free(dicts[i]);
    psn_reader_free(reader);
    psn_text_free(&bytes);
}

static void a_level_twice_or_too_few_levels_are_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"x", "y", "x"};
    persona_table *table = NULL;
    psn_dict *back = NULL;
    int64_t next = 0;
    psn_table_new(&table, NULL);
    psn_table_add_strings(table, "level", texts, 3, NULL);
    assert_int_equal(psn_chunks_levels(&back, table, &next, 3, NULL), PERSONA_EFORMAT);
    next = 2;
    assert_int_equal(psn_chunks_levels(&back, table, &next, 2, NULL), PERSONA_EFORMAT);
    assert_int_equal(psn_chunks_levels(&back, NULL, &next, 1, NULL), PERSONA_EFORMAT);
    assert_null(back);
    psn_table_free(table);
}

static void texts_may_be_missing_but_not_fewer(void **state)
{
    (void)state;
    psn_text bytes = {0};
    const char *const roles[] = {"customer", NULL};
    char *back[3] = {NULL};
    psn_writer *writer = writer_new();
    psn_chunks_add_texts(writer, "Role", "column", roles, 2, NULL);
    psn_reader *reader = reader_of(writer, &bytes);
    assert_int_equal(psn_chunks_texts(back, reader, "Role", "column", 3, NULL),
                     PERSONA_EFORMAT);
    assert_int_equal(psn_chunks_texts(back, reader, "Role", "column", 2, NULL),
                     PERSONA_OK);
    assert_string_equal(back[0], "customer");
    assert_null(back[1]);
    psn_release(back[0]);
    psn_reader_free(reader);
    psn_text_free(&bytes);
}

/* ---- parts */

static const psn_part_kept kept_parts[] = {{"sizes", "Size", NULL},
                                           {"examples", "exam", "; ask for some"}};

static int make_nothing(persona_table **out, const persona_model *model,
                        persona_error *error)
{
    (void)model;
    return psn_table_new(out, error);
}

static const psn_part_made made_parts[] = {{"centers", make_nothing, NULL}};
static const psn_parts parts = {kept_parts, 2, made_parts, 1};

static int part_fails(const psn_parts_of *of, const char *name, const char *message)
{
    persona_table *table = NULL;
    persona_error error = {0};
    const int rc = psn_parts_get(&table, &parts, of, NULL, name, &error);
    assert_null(table);
    assert_string_equal(error.message, message);
    return rc;
}

static void a_part_is_kept_made_or_told_to_be_missing(void **state)
{
    (void)state;
    persona_table *kept[2] = {NULL}, *options = NULL, *table = NULL;
    psn_table_new(&kept[0], NULL);
    psn_table_new(&options, NULL);
    const psn_parts_of of = {kept, options, 1}, dry = {kept, options, 0};
    assert_int_equal(psn_parts_get(&table, &parts, &of, NULL, "sizes", NULL), 0);
    assert_ptr_equal(table, kept[0]);
    psn_table_free(table);
    assert_int_equal(psn_parts_get(&table, &parts, &of, NULL, "parts", NULL), 0);
    assert_int_equal(table->rows, 4); /* sizes centers options parts */
    psn_table_free(table);
    assert_int_equal(part_fails(&of, "examples",
                                "part: this model has no part examples; ask for some"),
                     PERSONA_EARG);
    assert_int_equal(
        part_fails(&dry, "centers",
                   "part: must be one of sizes examples centers options parts"),
        PERSONA_EARG);
    psn_parts_free(kept, &parts);
    psn_table_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_comes_back_as_it_was),
        cmocka_unit_test(a_sheet_of_other_rows_or_bad_names_is_refused),
        cmocka_unit_test(levels_of_several_inputs_lie_in_turn),
        cmocka_unit_test(a_level_twice_or_too_few_levels_are_refused),
        cmocka_unit_test(texts_may_be_missing_but_not_fewer),
        cmocka_unit_test(a_part_is_kept_made_or_told_to_be_missing),
    };
    return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}
