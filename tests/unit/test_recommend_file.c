/* shop/recommend/recommend_{encode,decode,without,describe,parts}: a model in a file, and
 * without somebody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store/container.h"
#include "support/shop_events.h"
#include "support/tiny_events.h"

enum { FILE_CHUNKS = 128 };

static persona_recommender *load(const void *bytes, int64_t size)
{
    persona_model *made = NULL;
    if (persona_model_from_bytes(&made, bytes, size, NULL, &events_error))
        fail_msg("%s", events_error.message);
    return persona_model_recommender(made);
}

static persona_buffer *save(const persona_recommender *model)
{
    persona_buffer *bytes = NULL;
    assert_int_equal(
        persona_model_to_bytes(&bytes, persona_recommender_model(model), NULL), 0);
    return bytes;
}

static persona_recommender *again(const persona_recommender *model)
{
    persona_buffer *bytes = save(model);
    persona_recommender *made =
        load(persona_buffer_data(bytes), persona_buffer_size(bytes));
    persona_buffer_free(bytes);
    return made;
}

/* Answers of all users to the last bit. */
static void same_answers(const persona_recommender *a, const persona_recommender *b,
                         const char *but)
{
    persona_query *one = NULL, *two = NULL;
    assert_int_equal(persona_recommender_prepare(&one, a, NULL, NULL), 0);
    assert_int_equal(persona_recommender_prepare(&two, b, NULL, NULL), 0);
    for (int u = -1; u < SHOPPERS; u++) {
        char user[16];
        int64_t items[2][SHOP_ITEMS], count[2];
        float scores[2][SHOP_ITEMS];
        int32_t reasons[2][SHOP_ITEMS];
        sprintf(user, "u%d", u);
        if (but && strcmp(user, but) == 0) continue;
        persona_query_user(one, user, PERSONA_NUL, NULL, NULL);
        persona_query_user(two, user, PERSONA_NUL, NULL, NULL);
        persona_recommender_run(one, SHOP_ITEMS, items[0], scores[0], reasons[0], count,
                                NULL);
        persona_recommender_run(two, SHOP_ITEMS, items[1], scores[1], reasons[1],
                                count + 1, NULL);
        assert_int_equal(count[0], count[1]);
        assert_memory_equal(items[0], items[1], (size_t)count[0] * 8);
        assert_memory_equal(scores[0], scores[1], (size_t)count[0] * 4);
        assert_memory_equal(reasons[0], reasons[1], (size_t)count[0] * 4);
    }
    persona_query_free(one);
    persona_query_free(two);
}

static void a_model_comes_back_the_same(void **state)
{
    (void)state;
    static const char *const options[] = {"",
                                          "speed=fast order=none",
                                          "algorithm=als",
                                          "algorithm=ease half_life=10",
                                          "algorithm=session_knn",
                                          "algorithm=content",
                                          "algorithm=popular column.kind=none"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        persona_recommender *model = shop_fit(options[i]), *made = again(model);
        assert_string_equal(persona_model_digest(persona_recommender_model(model)),
                            persona_model_digest(persona_recommender_model(made)));
        same_answers(model, made, NULL);
        persona_buffer *first = save(model), *second = save(made);
        assert_int_equal(persona_buffer_size(first), persona_buffer_size(second));
        assert_memory_equal(persona_buffer_data(first), persona_buffer_data(second),
                            (size_t)persona_buffer_size(first));
        persona_buffer_free(first);
        persona_buffer_free(second);
        events_free(model);
        events_free(made);
    }
}

/* ---- damage */

/* The chunks of a file, decoded, to be changed and written again. */
typedef struct chunks {
    psn_reader *reader;
    size_t count;
    psn_chunk chunk[FILE_CHUNKS];
} chunks;

static void chunks_open(chunks *of, const persona_buffer *bytes)
{
    const psn_read_limits limits = {1 << 26};
    assert_int_equal(psn_reader_open(&of->reader, persona_buffer_data(bytes),
                                     (size_t)persona_buffer_size(bytes), &limits, NULL),
                     0);
    of->count = psn_reader_count(of->reader);
    assert_in_range(of->count, 1, FILE_CHUNKS);
    for (size_t i = 0; i < of->count; i++)
        of->chunk[i] = *psn_reader_chunk(of->reader, i);
}

static psn_chunk *chunks_find(chunks *of, const char *tag)
{
    for (size_t i = 0; i < of->count; i++)
        if (memcmp(of->chunk[i].tag, tag, 4) == 0) return of->chunk + i;
    fail_msg("no chunk %s", tag);
    return NULL;
}

/* What load says of the file: the code, words in events_error. */
static int chunks_load(const chunks *of)
{
    psn_writer *writer = NULL;
    psn_text text = {0};
    persona_model *made = NULL;
    memset(&events_error, 0, sizeof events_error);
    assert_int_equal(psn_writer_new(&writer, "RECO", NULL), 0);
    for (size_t i = 0; i < of->count; i++)
        if (of->chunk[i].data)
            assert_int_equal(psn_writer_add(writer, of->chunk[i].tag,
                                            of->chunk[i].element, of->chunk[i].data,
                                            of->chunk[i].size, NULL),
                             0);
    assert_int_equal(psn_writer_finish(writer, &text, NULL), 0);
    const int rc = persona_model_from_bytes(&made, text.bytes, (int64_t)text.length, NULL,
                                            &events_error);
    psn_text_free(&text);
    psn_writer_free(writer);
    persona_model_free(made);
    return rc;
}

/* Element `at` of a chunk becomes the bytes of `value`; the file must be refused. */
static void damaged(const persona_buffer *file, const char *tag, int64_t at,
                    const void *value)
{
    chunks of;
    chunks_open(&of, file);
    psn_chunk *chunk = chunks_find(&of, tag);
    const size_t element = chunk->element;
    uint8_t *copy = malloc(chunk->size);
    memcpy(copy, chunk->data, chunk->size);
    if (at < 0) at += (int64_t)(chunk->size / element);
    memcpy(copy + (size_t)at * element, value, element);
    chunk->data = copy;
    const int rc = chunks_load(&of);
    if (rc != PERSONA_EFORMAT) fail_msg("%s: %d %s", tag, rc, events_error.message);
    free(copy);
    psn_reader_free(of.reader);
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    const float nan32 = NAN, huge32 = INFINITY, less32 = -1;
    const int32_t items = SHOP_ITEMS, less = -2, low = -1;
    const int64_t users = SHOPPERS, twice = 0;
    const uint8_t kind = 9, beta = PSN_CALIBRATE_BETA;
    persona_recommender *model = shop_fit("speed=fast");
    persona_buffer *file = save(model);
    damaged(file, "Hitm", 3, &items);
    damaged(file, "Hitm", 3, &low);
    damaged(file, "Hknd", 3, &kind);
    damaged(file, "Hwgt", 3, &nan32);
    damaged(file, "Hlen", 0, &low);
    damaged(file, "Hlen", 0, &items);
    damaged(file, "Hrnk", 5, &users);
    damaged(file, "Hrnk", model->log.rank[5] == 0 ? 6 : 5, &twice);
    damaged(file, "Popl", 0, &nan32);
    damaged(file, "Frsh", 0, &less32);
    damaged(file, "Conv", -1, &huge32);
    damaged(file, "Pric", 0, &less32);
    damaged(file, "Catg", 0, &less);
    damaged(file, "Brnd", 0, &items);
    damaged(file, "Ownr", 0, &nan32);
    damaged(file, "Scra", 0, &nan32); /* popular */
    damaged(file, "Chbl", 4, &beta);  /* what scores are worth: its kind, a step */
    damaged(file, "Chli", -1, &kind);
    persona_buffer_free(file);
    events_free(model);
}

static void weights_and_factors_out_of_range_are_refused(void **state)
{
    (void)state;
    const float nan32 = NAN, huge32 = 1e20f;
    const int32_t items = SHOP_ITEMS, low = -1;
    persona_recommender *model = shop_fit("algorithm=rp3beta");
    persona_buffer *file = save(model);
    damaged(file, "Wclc", 1, &items);
    damaged(file, "Wclc", 1, &low);
    damaged(file, "Wvlc", 1, &nan32);
    damaged(file, "Wvlc", 1, &huge32);
    damaged(file, "Wlnc", 0, &low);
    persona_buffer_free(file);
    events_free(model);
    model = shop_fit("algorithm=als");
    file = save(model);
    damaged(file, "Fact", 7, &nan32);
    persona_buffer_free(file);
    events_free(model);
}

static void seconds_looked_at_come_back_or_are_refused(void **state)
{
    (void)state;
    const double none = 0, wrong = NAN, huge = 1e9;
    persona_recommender *model =
        events_fit("user,item,kind,seconds\n1,a,view,1\n1,b,view,3\n2,a,buy,9\n", "");
    persona_recommender *made = again(model);
    assert_float_equal(model->engine.dwell, (log(2) + log(4)) / 2, 1e-12);
    assert_float_equal(made->engine.dwell, model->engine.dwell, 0);
    persona_buffer *file = save(model);
    damaged(file, "Dwel", 0, &none);
    damaged(file, "Dwel", 0, &wrong);
    damaged(file, "Dwel", 0, &huge);
    persona_buffer_free(file);
    events_free(model);
    events_free(made);
}

/* Each number of the head is one that hostile files like to change. */
static void heads_that_do_not_fit_the_file_are_refused(void **state)
{
    (void)state;
    static const int64_t values[] = {-1, INT64_MAX, INT64_MIN, INT32_MAX, 3, 1000000};
    persona_recommender *model = shop_fit("speed=fast");
    persona_buffer *file = save(model);
    chunks of;
    chunks_open(&of, file);
    psn_chunk *head = chunks_find(&of, "Head");
    const int64_t *from = head->data;
    int64_t copy[64];
    for (size_t i = 0; i < head->size / 8; i++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            memcpy(copy, from, head->size);
            copy[i] = values[v];
            head->data = copy;
            const int rc = chunks_load(&of);
            if (rc != PERSONA_OK && rc != PERSONA_EFORMAT && rc != PERSONA_EVERSION)
                fail_msg("%zu: %d %s", i, rc, events_error.message);
        }
    psn_reader_free(of.reader);
    persona_buffer_free(file);
    events_free(model);
}

static void a_file_that_lacks_a_chunk_is_refused(void **state)
{
    (void)state;
    persona_recommender *model = shop_fit("speed=fast");
    persona_buffer *file = save(model);
    chunks of;
    chunks_open(&of, file);
    for (size_t i = 0; i < of.count; i++) {
        const psn_chunk was = of.chunk[i];
        if (was.tag[0] >= 'a') continue; /* ancillary; parts P... may be missing */
        of.chunk[i].data = NULL;
        const int rc = chunks_load(&of);
        if (rc != PERSONA_EFORMAT && rc != PERSONA_EVERSION && was.tag[0] != 'P')
            fail_msg("without %s: %d %s", was.tag, rc, events_error.message);
        of.chunk[i] = was;
    }
    psn_reader_free(of.reader);
    persona_buffer_free(file);
    events_free(model);
}

/* ---- without somebody */

static int contains(const void *bytes, size_t size, const char *word)
{
    const size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp((const char *)bytes + i, word, length) == 0) return 1;
    return 0;
}

/* 1 if any decoded chunk of the file holds the word. */
static int told_in_file(const persona_recommender *model, const char *word)
{
    chunks of;
    persona_buffer *file = save(model);
    int found = 0;
    chunks_open(&of, file);
    for (size_t i = 0; i < of.count; i++)
        found |= contains(of.chunk[i].data, of.chunk[i].size, word);
    psn_reader_free(of.reader);
    persona_buffer_free(file);
    return found;
}

static persona_recommender *without(const persona_recommender *model, const char *user)
{
    persona_model *made = NULL;
    if (persona_model_without_user(&made, persona_recommender_model(model), user,
                                   PERSONA_NUL, NULL, &events_error))
        fail_msg("%s", events_error.message);
    return persona_model_recommender(made);
}

static void id_and_history_are_gone(void **state)
{
    (void)state;
    int32_t known = -1;
    persona_query *query = NULL;
    persona_recommender *model = events_fit(
        "user,item\nalice,a\nalice,b\nmallory,c\nmallory,a\nbob,b\nbob,c\n", "");
    persona_recommender *made = without(model, "mallory");
    assert_true(told_in_file(model, "mallory"));
    assert_false(told_in_file(made, "mallory"));
    assert_int_equal(made->log.users, 2);
    assert_int_equal(made->log.start[2], 4);
    assert_int_equal(made->log.item[2], events_item(made, "b"));
    assert_int_equal(persona_recommender_prepare(&query, made, NULL, NULL), 0);
    persona_query_user(query, "mallory", PERSONA_NUL, &known, NULL);
    assert_int_equal(known, 0);
    persona_query_user(query, "bob", PERSONA_NUL, &known, NULL);
    assert_int_equal(known, 1);
    persona_query_free(query);
    assert_true(told_in_file(model, "mallory")); /* the old model stays */
    events_free(model);
    events_free(made);
}

static void answers_of_others_stay_the_same(void **state)
{
    (void)state;
    persona_recommender *model = shop_fit("speed=fast order=none");
    persona_recommender *made = without(model, "u17"), *loaded = again(made);
    same_answers(model, made, "u17");
    same_answers(made, loaded, NULL);
    events_free(model);
    events_free(made);
    events_free(loaded);
}

/* Mallory's two sessions are among the neighbours, then no more; ranks close up. */
static void sessions_of_a_user_are_gone(void **state)
{
    (void)state;
    persona_recommender *model = events_fit(
        "user,session,item,time\nmallory,1,a,2025-01-01\nalice,2,b,2025-01-02\n"
        "mallory,3,c,2025-01-03\nbob,4,d,2025-01-04\n",
        "algorithm=session_knn");
    persona_recommender *made = without(model, "mallory");
    const int m = PSN_REC_SESSION_KNN;
    const psn_sparse *before = psn_session_knn_sessions(model->engine.member[m].sessions);
    const psn_sparse *after = psn_session_knn_sessions(made->engine.member[m].sessions);
    assert_int_equal(before->rows, 4);
    assert_int_equal(after->rows, 2);
    assert_int_equal(after->column[0], events_item(made, "b"));
    assert_int_equal(after->column[1], events_item(made, "d"));
    assert_int_equal(made->log.rank[0] + made->log.rank[1], 1);
    events_free(model);
    events_free(made);
}

static void somebody_unknown_cannot_be_taken_out(void **state)
{
    (void)state;
    persona_model *made = NULL;
    persona_recommender *model = events_fit("user,item\n1,a\n2,b\n", "");
    assert_int_equal(persona_model_without_user(&made, persona_recommender_model(model),
                                                "3", PERSONA_NUL, NULL, NULL),
                     PERSONA_EDATA);
    assert_null(made);
    events_free(model);
}

static void everybody_can_be_taken_out(void **state)
{
    (void)state;
    persona_recommender *model = events_fit("user,item\n1,a\n2,b\n", "");
    persona_recommender *one = without(model, "1"), *none = without(one, "2");
    persona_recommender *loaded = again(none);
    assert_int_equal(loaded->log.users, 0);
    assert_string_equal(events_ask(loaded, "1", "", 5), "a b");
    events_free(model);
    events_free(one);
    events_free(none);
    events_free(loaded);
}

/* ---- parts */

static void every_part_that_is_listed_is_there(void **state)
{
    (void)state;
    persona_recommender *model = shop_fit("");
    const persona_model *base = persona_recommender_model(model);
    persona_table *parts = NULL, *part = NULL;
    assert_int_equal(persona_model_part(&parts, base, "parts", NULL), 0);
    assert_true(persona_table_rows(parts) > 6);
    for (int64_t i = 0; i < persona_table_rows(parts); i++) {
        char name[64];
        const char *text;
        int64_t length;
        persona_table_text(parts, 0, i, &text, &length);
        memcpy(name, text, (size_t)length);
        name[length] = 0;
        if (persona_model_part(&part, base, name, &events_error))
            fail_msg("%s: %s", name, events_error.message);
        persona_table_free(part);
    }
    persona_table_free(parts);
    events_free(model);
}

static void weights_are_told_by_ids(void **state)
{
    (void)state;
    persona_recommender *model =
        events_fit("user,item\n1,a\n1,b\n2,a\n2,b\n", "algorithm=item_knn");
    persona_table *part = NULL;
    const char *text;
    int64_t length;
    assert_int_equal(
        persona_model_part(&part, persona_recommender_model(model), "item_knn", NULL), 0);
    assert_int_equal(persona_table_rows(part), 2);
    persona_table_text(part, persona_table_find(part, "item"), 0, &text, &length);
    assert_memory_equal(text, "a", 1);
    persona_table_text(part, persona_table_find(part, "other"), 0, &text, &length);
    assert_memory_equal(text, "b", 1);
    persona_table_free(part);
    events_free(model);
}

static void parts_that_are_not_there_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"ease", "trees", "item_factors", "sequence", "x"};
    persona_recommender *model = events_fit("user,item\n1,a\n", "algorithm=item_knn");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        persona_table *part = NULL;
        assert_int_equal(
            persona_model_part(&part, persona_recommender_model(model), names[i], NULL),
            PERSONA_EARG);
        assert_null(part);
    }
    events_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_back_the_same),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(weights_and_factors_out_of_range_are_refused),
        cmocka_unit_test(seconds_looked_at_come_back_or_are_refused),
        cmocka_unit_test(heads_that_do_not_fit_the_file_are_refused),
        cmocka_unit_test(a_file_that_lacks_a_chunk_is_refused),
        cmocka_unit_test(id_and_history_are_gone),
        cmocka_unit_test(answers_of_others_stay_the_same),
        cmocka_unit_test(sessions_of_a_user_are_gone),
        cmocka_unit_test(somebody_unknown_cannot_be_taken_out),
        cmocka_unit_test(everybody_can_be_taken_out),
        cmocka_unit_test(every_part_that_is_listed_is_there),
        cmocka_unit_test(weights_are_told_by_ids),
        cmocka_unit_test(parts_that_are_not_there_are_refused),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
