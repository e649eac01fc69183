/* shop/recommend: what people call an item: from the linked table through fit, file and
 * update into reasons and part "items". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store/container.h"
#include "support/table_cell.h"
#include "support/tiny_events.h"

static const char events[] = "user,item\n1,a\n1,b\n2,a\n2,b\n3,a\n3,b\n4,a\n5,c\n";
static const char wares[] = "sku,category,brand,title\na,tea,x,Green leaf\n"
                            "b,tea,,\"Black, strong\"\nc,cups,y,\n";

static persona_table *linked(const char *csv, const char *items)
{
    persona_table *table = events_csv(csv), *other = events_csv(items);
    assert_int_equal(persona_table_link(table, "item", other, "sku", NULL), 0);
    persona_table_free(other);
    return table;
}

static persona_recommender *fit_named(const char *items)
{
    persona_recommender *model = NULL;
    if (events_try_table(&model, linked(events, items), "algorithm=item_knn"))
        fail_msg("%s", events_error.message);
    return model;
}

/* The words of the first reason for the first item that user 4 (who had a) is shown. */
static const char *why(const persona_recommender *model)
{
    static char words[256];
    persona_query *query = NULL;
    persona_table *table = NULL;
    persona_params *params = events_options("recommender.query", "hide=event");
    assert_int_equal(persona_recommender_prepare(&query, model, params, NULL), 0);
    persona_query_user(query, "4", PERSONA_NUL, NULL, NULL);
    persona_recommender_run(query, 1, NULL, NULL, NULL, NULL, NULL);
    assert_int_equal(persona_recommender_explain(&table, query, 0, NULL), 0);
    assert_string_equal(cell(table, "because", 0), "a"); /* ids are for machines */
    strcpy(words, cell(table, "words", 0));
    persona_table_free(table);
    persona_query_free(query);
    persona_params_free(params);
    return words;
}

static persona_recommender *again(const persona_recommender *model)
{
    persona_buffer *bytes = NULL;
    persona_model *made = NULL;
    assert_int_equal(
        persona_model_to_bytes(&bytes, persona_recommender_model(model), NULL), 0);
    assert_int_equal(persona_model_from_bytes(&made, persona_buffer_data(bytes),
                                              persona_buffer_size(bytes), NULL, NULL),
                     0);
    persona_buffer_free(bytes);
    return persona_model_recommender(made);
}

static void reasons_call_an_item_by_its_name(void **state)
{
    (void)state;
    persona_recommender *model = fit_named(wares), *loaded = again(model);
    assert_string_equal(why(model), "because of \"Green leaf\"");
    assert_string_equal(why(loaded), "because of \"Green leaf\"");
    assert_string_equal(persona_model_digest(persona_recommender_model(model)),
                        persona_model_digest(persona_recommender_model(loaded)));
    events_free(model);
    events_free(loaded);
}

static void an_item_without_a_name_has_its_id_and_category(void **state)
{
    (void)state;
    persona_recommender *model = fit_named("sku,category\na,tea\nb,tea\n");
    assert_null(model->engine.facts.title);
    assert_string_equal(why(model), "because of \"a\" in \"tea\"");
    events_free(model);
    model = fit_named("sku,colour\na,red\nb,red\n");
    assert_string_equal(why(model), "because of \"a\"");
    events_free(model);
}

static void part_items_tells_what_the_linked_table_told(void **state)
{
    (void)state;
    persona_table *part = NULL;
    persona_recommender *model = fit_named(wares);
    assert_int_equal(
        persona_model_part(&part, persona_recommender_model(model), "items", NULL), 0);
    const int64_t b = events_item(model, "b"), c = events_item(model, "c");
    assert_string_equal(cell(part, "category", b), "tea");
    assert_string_equal(cell(part, "name", b), "Black, strong");
    assert_string_equal(cell(part, "brand", b), "-"); /* missing */
    assert_string_equal(cell(part, "brand", c), "y");
    persona_table_free(part);
    events_free(model);
    model = events_fit("user,item\n1,a\n1,b\n", "");
    assert_int_equal(
        persona_model_part(&part, persona_recommender_model(model), "items", NULL), 0);
    assert_int_equal(persona_table_find(part, "name"), PERSONA_NONE);
    assert_int_equal(persona_table_find(part, "category"), PERSONA_NONE);
    persona_table_free(part);
    events_free(model);
}

static void an_update_learns_new_names(void **state)
{
    (void)state;
    persona_recommender *model = fit_named(wares), *made = NULL;
    persona_table *more =
        linked("user,item\n7,d\n", "sku,title\na,Greener leaf\nd,Tin cup\n");
    assert_int_equal(persona_recommender_update(&made, model, more, NULL, NULL), 0);
    const psn_rec_facts *facts = &made->engine.facts;
    size_t length;
    const int32_t d = events_item(made, "d");
    const char *name = psn_dict_text(facts->title_name, facts->title[d], &length);
    assert_int_equal(length, 7);
    assert_memory_equal(name, "Tin cup", 7);
    assert_string_equal(why(made), "because of \"Greener leaf\"");
    assert_string_equal(why(model), "because of \"Green leaf\"");
    persona_table_free(more);
    events_free(model);
    events_free(made);
}

/* The file of the model with bytes of a chunk changed, or without it (value NULL). */
static int load_changed(const persona_recommender *model, const char *tag,
                        const int32_t *value)
{
    psn_text text = {0};
    psn_reader *reader = NULL;
    psn_writer *writer = NULL;
    persona_buffer *file = NULL;
    persona_model *made = NULL;
    const psn_read_limits limits = {1 << 20};
    persona_model_to_bytes(&file, persona_recommender_model(model), NULL);
    psn_reader_open(&reader, persona_buffer_data(file), (size_t)persona_buffer_size(file),
                    &limits, NULL);
    psn_writer_new(&writer, "RECO", NULL);
    for (size_t i = 0; i < psn_reader_count(reader); i++) {
        const psn_chunk *chunk = psn_reader_chunk(reader, i);
        const int is = memcmp(chunk->tag, tag, 4) == 0;
        if (is && value == NULL) continue;
        psn_writer_add(writer, chunk->tag, chunk->element, is ? value : chunk->data,
                       is ? 3 * sizeof *value : chunk->size, NULL);
    }
    psn_writer_finish(writer, &text, NULL);
    const int rc =
        persona_model_from_bytes(&made, text.bytes, (int64_t)text.length, NULL, NULL);
    persona_model_free(made);
    psn_text_free(&text);
    psn_writer_free(writer);
    psn_reader_free(reader);
    persona_buffer_free(file);
    return rc;
}

static void names_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    persona_recommender *model = fit_named(wares);
    const int32_t good[] = {0, 1, -1}, high[] = {0, 3, -1}, low[] = {0, 1, -2};
    assert_int_equal(model->engine.items, 3);
    assert_int_equal(load_changed(model, "Titl", good), PERSONA_OK);
    assert_int_equal(load_changed(model, "Titl", high), PERSONA_EFORMAT);
    assert_int_equal(load_changed(model, "Titl", low), PERSONA_EFORMAT);
    assert_int_equal(load_changed(model, "Titn", NULL), PERSONA_EFORMAT);
    assert_int_equal(load_changed(model, "Titl", NULL), PERSONA_EFORMAT);
    events_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_call_an_item_by_its_name),
        cmocka_unit_test(an_item_without_a_name_has_its_id_and_category),
        cmocka_unit_test(part_items_tells_what_the_linked_table_told),
        cmocka_unit_test(an_update_learns_new_names),
        cmocka_unit_test(names_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
