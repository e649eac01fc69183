/* What all kinds of models share: references, notes, digest, bytes, kept chunks, queries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/model_bytes.h"
#include "support/tiny_kind.h"

static const double values[] = {1.5, -2, 1e300};

static tiny_model *new_tiny(void)
{
    tiny_model *model = NULL;
    assert_int_equal(tiny_new(&model, values, 3, NULL), PERSONA_OK);
    assert_int_equal(psn_model_seal(&model->base, NULL), PERSONA_OK);
    return model;
}

static psn_text encode(const persona_model *model)
{
    psn_text bytes = {0};
    assert_int_equal(psn_model_encode(&bytes, model, NULL), PERSONA_OK);
    return bytes;
}

static tiny_model *decode(const psn_text *bytes)
{
    persona_model *model = NULL;
    assert_int_equal(psn_model_decode(&model, bytes->bytes, bytes->length, NULL, NULL),
                     PERSONA_OK);
    return (tiny_model *)model;
}

static int assert_nothing_lives(void **state)
{
    (void)state;
    return tiny_models != 0 || tiny_queries != 0;
}

static void a_model_dies_with_its_last_reference(void **state)
{
    (void)state;
    tiny_model *model = new_tiny();
    persona_model *same = psn_model_ref(&model->base);
    assert_ptr_equal(same, model);
    psn_model_free(same);
    assert_int_equal(tiny_models, 1);
    psn_model_free(&model->base);
    assert_int_equal(tiny_models, 0);
    psn_model_free(NULL);
}

static void a_decoded_model_equals_the_encoded_one(void **state)
{
    (void)state;
    tiny_model *model = new_tiny();
    psn_text bytes = encode(&model->base);
    tiny_model *copy = decode(&bytes);
    assert_int_equal(copy->count, 3);
    assert_memory_equal(copy->values, values, sizeof values);
    assert_string_equal(copy->base.digest, model->base.digest);
    psn_text again = encode(&copy->base);
    assert_int_equal(again.length, bytes.length);
    assert_memory_equal(again.bytes, bytes.bytes, bytes.length);
    psn_text_free(&again);
    psn_text_free(&bytes);
    psn_model_free(&copy->base);
    psn_model_free(&model->base);
}

static void the_digest_is_sixteen_hexadecimal_digits_of_the_contents(void **state)
{
    (void)state;
    tiny_model *model = new_tiny();
    assert_int_equal(strlen(model->base.digest), 16);
    assert_int_equal(strspn(model->base.digest, "0123456789abcdef"), 16);
    tiny_model *other = NULL;
    assert_int_equal(tiny_new(&other, values, 2, NULL), PERSONA_OK);
    assert_int_equal(psn_model_seal(&other->base, NULL), PERSONA_OK);
    assert_string_not_equal(model->base.digest, other->base.digest);
    psn_model_free(&other->base);
    psn_model_free(&model->base);
}

static void notes_travel_with_the_model_and_leave_the_digest_alone(void **state)
{
    (void)state;
    const char *text = NULL;
    int64_t length = 0;
    tiny_model *plain = new_tiny(), *noted = NULL;
    assert_int_equal(tiny_new(&noted, values, 3, NULL), PERSONA_OK);
    assert_int_equal(psn_model_note(&noted->base, "constant", "info", 2, NULL,
                                    "%d columns hold one value only", 2),
                     PERSONA_OK);
    assert_int_equal(psn_model_seal(&noted->base, NULL), PERSONA_OK);
    assert_string_equal(noted->base.digest, plain->base.digest);
    psn_text bytes = encode(&noted->base);
    tiny_model *copy = decode(&bytes);
    assert_int_equal(copy->base.notes->rows, 1);
    psn_column_text(psn_table_column(copy->base.notes, 3), 0, &text, &length);
    assert_int_equal(length, 29);
    assert_memory_equal(text, "2 columns hold one value only", 29);
    psn_text_free(&bytes);
    psn_model_free(&copy->base);
    psn_model_free(&noted->base);
    psn_model_free(&plain->base);
}

static void ancillary_chunks_of_later_versions_are_kept(void **state)
{
    (void)state;
    tiny_model *model = new_tiny();
    psn_writer *writer = NULL;
    psn_text bytes = {0};
    assert_int_equal(psn_writer_new(&writer, "TINY", NULL), PERSONA_OK);
    assert_int_equal(tiny_encode(&model->base, writer, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_add(writer, "fUTR", 2, "later", 6, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_finish(writer, &bytes, NULL), PERSONA_OK);
    psn_writer_free(writer);
    tiny_model *loaded = decode(&bytes);
    assert_string_equal(loaded->base.digest, model->base.digest);
    psn_text again = encode(&loaded->base);
    tiny_model *twice = decode(&again);
    assert_int_equal(twice->base.kept_count, 1);
    assert_string_equal(twice->base.kept[0].tag, "fUTR");
    assert_int_equal(twice->base.kept[0].element, 2);
    assert_memory_equal(twice->base.kept[0].data, "later", 6);
    psn_text_free(&again);
    psn_text_free(&bytes);
    psn_model_free(&twice->base);
    psn_model_free(&loaded->base);
    psn_model_free(&model->base);
}

static int decode_chunk(const char *kind, const char *tag, const void *data, size_t size)
{
    psn_writer *writer = NULL;
    psn_text bytes = {0};
    persona_model *model = NULL;
    assert_int_equal(psn_writer_new(&writer, kind, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_add(writer, "VALS", 8, values, 8, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_add(writer, tag, 1, data, size, NULL), PERSONA_OK);
    assert_int_equal(psn_writer_finish(writer, &bytes, NULL), PERSONA_OK);
    psn_writer_free(writer);
    int rc = psn_model_decode(&model, bytes.bytes, bytes.length, NULL, NULL);
    if (rc != PERSONA_OK) assert_null(model);
    psn_model_free(model);
    psn_text_free(&bytes);
    return rc;
}

static void critical_chunks_and_kinds_of_later_versions_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_chunk("TINY", "fUTR", "", 0), PERSONA_OK);
    assert_int_equal(decode_chunk("TINY", "FUTR", "", 0), PERSONA_EVERSION);
    assert_int_equal(decode_chunk("HUGE", "fUTR", "", 0), PERSONA_EVERSION);
}

static void malformed_notes_are_refused(void **state)
{
    (void)state;
    psn_text packed = {0};
    persona_table *table = NULL;
    const int64_t one = 1;
    assert_int_equal(decode_chunk("TINY", "nOTE", "noise", 5), PERSONA_EFORMAT);
    assert_int_equal(psn_table_new(&table, NULL), PERSONA_OK);
    assert_int_equal(psn_table_add(table, "code", PERSONA_TYPE_INT, &one, NULL, 1, NULL),
                     PERSONA_OK);
    assert_int_equal(psn_table_pack(&packed, table, NULL), PERSONA_OK);
    assert_int_equal(decode_chunk("TINY", "nOTE", packed.bytes, packed.length),
                     PERSONA_EFORMAT);
    psn_text_free(&packed);
    psn_table_free(table);
}

static void describe_is_json_with_the_members_of_the_kind(void **state)
{
    (void)state;
    char wanted[160];
    psn_text json = {0};
    tiny_model *model = new_tiny();
    psn_format(wanted, sizeof wanted,
               "{\"kind\":\"tiny\",\"digest\":\"%s\",\"format\":0,\"library\":\"%s\","
               "\"count\":3}",
               model->base.digest, PERSONA_VERSION);
    assert_int_equal(psn_model_describe(&json, &model->base, NULL), PERSONA_OK);
    assert_string_equal(json.bytes, wanted);
    psn_text_free(&json);
    psn_model_free(&model->base);
}

static void handles_of_another_kind_or_freed_ones_are_refused(void **state)
{
    (void)state;
    const psn_kind other = {.name = "other", .tag = "OTHR"};
    persona_error error = {0};
    tiny_model *model = new_tiny();
    assert_int_equal(psn_model_check(&model->base, NULL, &error), PERSONA_OK);
    assert_int_equal(psn_model_check(&model->base, &tiny_kind, &error), PERSONA_OK);
    assert_int_equal(psn_model_check(&model->base, &other, &error), PERSONA_EKIND);
    assert_string_equal(error.message, "model: need a other, this is a tiny");
    assert_int_equal(psn_model_check(NULL, &tiny_kind, &error), PERSONA_EARG);
    persona_model dead = {.magic = PSN_DEAD_MAGIC};
    assert_int_equal(psn_model_check(&dead, NULL, &error), PERSONA_EARG);
    psn_model_free(&dead); /* does nothing */
    psn_model_free(&model->base);
}

static void a_freed_query_waits_and_is_used_again(void **state)
{
    (void)state;
    int reused = -1;
    tiny_query *query = NULL, *again = NULL;
    tiny_model *model = new_tiny();
    assert_int_equal(tiny_prepare(&query, model, &reused), PERSONA_OK);
    assert_false(reused);
    query->bound = 3;
    psn_query_give(&query->base);
    assert_int_equal(tiny_queries, 1);
    assert_int_equal(psn_query_check(&query->base, NULL, NULL), PERSONA_EARG);
    assert_int_equal(tiny_prepare(&again, model, &reused), PERSONA_OK);
    assert_true(reused);
    assert_ptr_equal(again, query);
    assert_int_equal(again->bound, -1); /* cleared */
    assert_int_equal(psn_query_check(&again->base, &tiny_kind, NULL), PERSONA_OK);
    const psn_kind other = {.name = "other", .tag = "OTHR"};
    assert_int_equal(psn_query_check(&again->base, &other, NULL), PERSONA_EKIND);
    assert_int_equal(psn_query_check(NULL, &other, NULL), PERSONA_EARG);
    psn_query_give(&again->base);
    psn_query_give(&again->base); /* twice: does nothing */
    psn_model_free(&model->base);
}

static void a_query_keeps_its_model_alive(void **state)
{
    (void)state;
    int reused;
    tiny_query *query = NULL;
    tiny_model *model = new_tiny();
    assert_int_equal(tiny_prepare(&query, model, &reused), PERSONA_OK);
    psn_model_free(&model->base);
    assert_int_equal(tiny_models, 1);
    psn_query_give(&query->base);
    assert_int_equal(tiny_models, 0);
    assert_int_equal(tiny_queries, 0);
}

static void a_discarded_query_is_gone(void **state)
{
    (void)state;
    int reused;
    tiny_query *query = NULL;
    tiny_model *model = new_tiny();
    assert_int_equal(tiny_prepare(&query, model, &reused), PERSONA_OK);
    psn_query_discard(&query->base);
    psn_query_discard(NULL);
    assert_int_equal(tiny_queries, 0);
    assert_int_equal(atomic_load(&model->base.references), 1);
    psn_model_free(&model->base);
}

static void a_model_keeps_at_most_64_idle_queries(void **state)
{
    (void)state;
    int reused;
    tiny_query *queries[70];
    tiny_model *model = new_tiny();
    for (int i = 0; i < 70; i++)
        assert_int_equal(tiny_prepare(&queries[i], model, &reused), PERSONA_OK);
    assert_int_equal(tiny_queries, 70);
    for (int i = 0; i < 70; i++) psn_query_give(&queries[i]->base);
    assert_int_equal(tiny_queries, 64);
    psn_model_free(&model->base);
    assert_int_equal(tiny_queries, 0);
}

static void a_limit_on_loading_is_kept(void **state)
{
    (void)state;
    persona_params *load = NULL;
    persona_model *loaded = NULL;
    double *zeros = psn_alloc_zero(1000, sizeof *zeros);
    tiny_model *model = NULL;
    assert_int_equal(tiny_new(&model, zeros, 1000, NULL), PERSONA_OK);
    psn_text bytes = encode(&model->base);
    assert_int_equal(psn_params_new(&load, &psn_model_load_schema, NULL), PERSONA_OK);
    assert_int_equal(psn_params_set_int(load, "max_bytes", 5000, NULL), PERSONA_OK);
    assert_int_equal(psn_model_decode(&loaded, bytes.bytes, bytes.length, load, NULL),
                     PERSONA_ELIMIT);
    assert_int_equal(psn_params_set_int(load, "max_bytes", 10000, NULL), PERSONA_OK);
    assert_int_equal(psn_model_decode(&loaded, bytes.bytes, bytes.length, load, NULL),
                     PERSONA_OK);
    psn_model_free(loaded);
    psn_model_free(&model->base);
    psn_params_free(load);
    psn_text_free(&bytes);
    psn_release(zeros);
}

#define LIFE(test) cmocka_unit_test_teardown(test, assert_nothing_lives)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIFE(a_model_dies_with_its_last_reference),
        LIFE(a_decoded_model_equals_the_encoded_one),
        LIFE(the_digest_is_sixteen_hexadecimal_digits_of_the_contents),
        LIFE(notes_travel_with_the_model_and_leave_the_digest_alone),
        LIFE(ancillary_chunks_of_later_versions_are_kept),
        LIFE(critical_chunks_and_kinds_of_later_versions_are_refused),
        LIFE(malformed_notes_are_refused),
        LIFE(describe_is_json_with_the_members_of_the_kind),
        LIFE(handles_of_another_kind_or_freed_ones_are_refused),
        LIFE(a_freed_query_waits_and_is_used_again),
        LIFE(a_query_keeps_its_model_alive),
        LIFE(a_discarded_query_is_gone),
        LIFE(a_model_keeps_at_most_64_idle_queries),
        LIFE(a_limit_on_loading_is_kept),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
