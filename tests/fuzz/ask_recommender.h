/* ask_recommender.h: everything that a recommender can be asked. An answer has different
 * items that are there, best first, as many as may be shown; of a table it is the same to
 * the bit; and the model can grow. */
#ifndef TESTS_FUZZ_ASK_RECOMMENDER_H
#define TESTS_FUZZ_ASK_RECOMMENDER_H

#include "ask.h"
#include "shop/recommend/recommend.h"

enum { REC_ANSWERS = 64, REC_TABLE = 5, REC_BOUND = 4 };

typedef struct rec_answer {
    int64_t count, item[REC_ANSWERS];
    float score[REC_ANSWERS];
    int32_t reason[REC_ANSWERS];
} rec_answer;

static inline void rec_check(const rec_answer *answer, const persona_recommender *model,
                             int64_t k)
{
    PROMISE(answer->count >= 0 && answer->count <= k);
    for (int64_t i = 0; i < answer->count; i++) {
        PROMISE(answer->item[i] >= 0 && answer->item[i] < model->engine.items);
        PROMISE(answer->reason[i] >= 0 && answer->reason[i] <= PERSONA_REASON_POPULAR);
        PROMISE(!isnan(answer->score[i]));
        for (int64_t j = 0; j < i; j++) PROMISE(answer->item[i] != answer->item[j]);
        if (i > 0) PROMISE(answer->score[i - 1] >= answer->score[i]);
    }
}

static inline void rec_run(persona_query *query, const persona_recommender *model,
                           rec_answer *answer)
{
    persona_error error = {0};
    persona_table *why = NULL;
    int64_t length = -1;
    PROMISE(persona_recommender_run(query, REC_ANSWERS, answer->item, answer->score,
                                    answer->reason, &answer->count,
                                    &error) == PERSONA_OK);
    rec_check(answer, model, REC_ANSWERS);
    PROMISE(persona_query_ids(query, &length) != NULL && length >= 0);
    for (int64_t place = 0; place < 3; place++) {
        const int rc = persona_recommender_explain(&why, query, place, &error);
        PROMISE((rc == PERSONA_OK) == (place < answer->count));
        free_if_ok(rc, &error, why);
    }
}

/* An id of a dictionary, or one that nobody has. */
static inline const char *rec_id(const psn_dict *dict, int64_t number, size_t *length)
{
    *length = 6;
    return number < psn_dict_count(dict) ? psn_dict_text(dict, number, length) : "nobody";
}

/* Nobody, known users, bound items in each role, a mask that leaves little, all gone. */
static inline void rec_visits(persona_query *query, const persona_recommender *model)
{
    rec_answer answer;
    persona_mask *mask = NULL;
    const int64_t bound[REC_BOUND] = {model->engine.items - 1, 0, PERSONA_NONE, 1};
    const int64_t times[REC_BOUND] = {INT64_MIN, -5, INT64_MAX, 1735689600000};
    const int32_t kinds[REC_BOUND] = {0, model->engine.kinds - 1, 0, 0};
    rec_run(query, model, &answer);
    if (answer.count < REC_ANSWERS && model->engine.kinds > 0)
        PROMISE(answer.count <= model->engine.items);
    for (int64_t u = 0; u < 3; u++) {
        size_t length;
        int32_t known;
        const char *id = rec_id(model->users, u, &length);
        PROMISE(persona_query_user(query, id, (int64_t)length, &known, NULL) == 0);
        rec_run(query, model, &answer);
    }
    PROMISE(persona_query_events(query, bound, kinds, times, REC_BOUND, NULL) == 0);
    rec_run(query, model, &answer);
    for (int32_t role = PERSONA_CART; role <= PERSONA_EXCLUDE; role++) {
        PROMISE(persona_query_items(query, role, bound, REC_BOUND, NULL) == 0);
        rec_run(query, model, &answer);
    }
    PROMISE(persona_mask_new(&mask, model, NULL) == 0);
    PROMISE(persona_mask_all(mask, 0, NULL) == 0);
    PROMISE(persona_query_mask(query, mask, NULL) == 0);
    rec_run(query, model, &answer);
    PROMISE(answer.count == 0);
    PROMISE(persona_mask_items(mask, bound + 3, 1, 1, NULL) == 0);
    rec_run(query, model, &answer);
    PROMISE(answer.count <= 1);
    persona_query_clear(query);
    persona_mask_free(mask);
}

static inline persona_params *rec_options(const char *schema, const char *text)
{
    persona_params *params = NULL;
    PROMISE(persona_params_new(&params, schema, NULL) == PERSONA_OK);
    PROMISE(persona_params_parse(params, text, NULL) == PERSONA_OK);
    return params;
}

static inline void rec_questions(const persona_recommender *model)
{
    static const char *const options[] = {"",
                                          "speed=fast limit=2 hide=none",
                                          "diversity=0.5",
                                          "calibrated=true",
                                          "calibrated=true speed=fast diversity=0.2",
                                          "max_per_category=1",
                                          "max_per_brand=1 price_min=1",
                                          "question=buy_again",
                                          "question=similar diversity=1",
                                          "question=together",
                                          "question=trending"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        persona_error error = {0};
        persona_query *query = NULL;
        persona_params *params = rec_options("recommender.query", options[i]);
        const int rc = persona_recommender_prepare(&query, model, params, &error);
        if (rc == PERSONA_OK) {
            rec_visits(query, model);
        } else {
            promise_error(rc, &error);
            PROMISE(rc == PERSONA_EOPTION || rc == PERSONA_EARG);
        }
        persona_query_free(query);
        persona_params_free(params);
    }
}

/* Each user of the table as a single question gives the same. */
static inline void rec_all_users(const persona_recommender *model)
{
    persona_error error = {0};
    persona_table *out = NULL;
    persona_query *query = NULL;
    rec_answer answer;
    persona_params *params = rec_options("recommender.query", "k=5");
    int rc = persona_recommender_recommend_table(&out, model, NULL, params, NULL, &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(out == NULL);
    } else if (persona_table_rows(out) > 0) {
        size_t length;
        const char *id = rec_id(model->users, 0, &length);
        const float *score = persona_table_reals32(out, persona_table_find(out, "score"));
        PROMISE(persona_recommender_prepare(&query, model, NULL, NULL) == PERSONA_OK);
        PROMISE(persona_query_user(query, id, (int64_t)length, NULL, NULL) == 0);
        PROMISE(persona_recommender_run(query, REC_TABLE, answer.item, answer.score,
                                        answer.reason, &answer.count, NULL) == 0);
        for (int64_t i = 0; score && i < answer.count; i++)
            PROMISE(memcmp(&score[i], &answer.score[i], 4) == 0);
    }
    persona_query_free(query);
    persona_params_free(params);
    persona_table_free(out);
}

/* Two events: of a known user with a new item, of a new user with a known one. */
static inline persona_table *rec_events(const persona_recommender *model)
{
    persona_table *table = NULL;
    const int64_t times[2] = {1767225600000, 1767225660000};
    const int64_t ids[2] = {7, 8};
    PROMISE(persona_table_new(&table, NULL) == PERSONA_OK);
    for (int r = 0; r < PSN_REC_ROLES; r++) {
        const char *name = model->column[r];
        psn_dict *of = r == PSN_REC_ITEM ? model->items : model->users;
        char text[512] = "";
        int64_t offsets[3] = {0, 0, 0};
        size_t length;
        if (name == NULL) continue;
        if (r == PSN_REC_TIME) {
            (void)persona_table_add_time(table, name, times, NULL, 2, NULL);
        } else if (r == PSN_REC_QUANTITY || r == PSN_REC_PRICE || r == PSN_REC_VALUE) {
            (void)persona_table_add_int(table, name, ids, NULL, 2, NULL);
        } else {
            const char *id =
                r == PSN_REC_KIND ? model->engine.kind[0].name : rec_id(of, 0, &length);
            if (r == PSN_REC_KIND) length = strlen(id);
            if (length > 255) length = 255;
            memcpy(text, id, length);
            offsets[1] = (int64_t)length;
            memcpy(text + length, r == PSN_REC_KIND ? id : "new",
                   r == PSN_REC_KIND ? length : 3);
            offsets[2] = offsets[1] + (r == PSN_REC_KIND ? (int64_t)length : 3);
            (void)persona_table_add_text(table, name, text, offsets, NULL, 2, NULL);
        }
    }
    return table;
}

static inline void rec_grow(const persona_recommender *model)
{
    persona_error error = {0};
    persona_recommender *made = NULL;
    persona_table *events = rec_events(model);
    const int rc = persona_recommender_update(&made, model, events, NULL, &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(made == NULL);
    } else {
        rec_all_users(made);
        persona_model_free(persona_recommender_model(made));
    }
    persona_table_free(events);
}

static inline void rec_forget(const persona_recommender *model)
{
    persona_error error = {0};
    persona_model *made = NULL;
    size_t length;
    const char *id = rec_id(model->users, 0, &length);
    const int rc = persona_model_without_user(&made, persona_recommender_model(model), id,
                                              (int64_t)length, NULL, &error);
    if (rc != PERSONA_OK) {
        promise_error(rc, &error);
        PROMISE(made == NULL);
        return;
    }
    PROMISE(persona_model_recommender(made)->log.users == model->log.users - 1);
    rec_all_users(persona_model_recommender(made));
    persona_model_free(made);
}

static inline void ask_recommender(const persona_recommender *model)
{
    persona_query *query = NULL;
    if (!model->ready) {
        PROMISE(persona_recommender_prepare(&query, model, NULL, NULL) == PERSONA_EARG);
        return;
    }
    rec_questions(model);
    rec_all_users(model);
    rec_grow(model);
    rec_forget(model);
}

#endif
