/* tiny_recommender.h: a recommender made by hand, so that what it answers can be worked
 * out on paper. Items a .. h; kinds view and purchase (which hides).
 *
 *   item        a    b    c    d    e    f    g    h
 *   category    tea  tea  tea  cups cups cups -    -
 *   price       1    2    3    4    5    6    7    unknown
 *   popular     8    7    6    5    4    3    2    1
 *   trending    -1   -1   -1   -1   -1   1    2    -1
 *
 *   taste (rp3beta)        a: b .5, c .4   b: a .3, c .2, d .1   d: e .6
 *   bought together        a: d .9         d: a .9, f .5
 *   user u1                view a at 1000, purchase b at 2000 (weights 1 and 3)
 *   user u2                view d at 1500 */
#ifndef TESTS_SUPPORT_TINY_RECOMMENDER_H
#define TESTS_SUPPORT_TINY_RECOMMENDER_H

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "persona.h"
#include "shop/recommend/recommend.h"

enum { TINY_A, TINY_B, TINY_C, TINY_D, TINY_E, TINY_F, TINY_G, TINY_H, TINY_ITEMS };
enum { TINY_VIEW, TINY_PURCHASE, TINY_KINDS };

static inline void *tiny_copy(const void *values, size_t bytes)
{
    void *copy = psn_copy(values, bytes);
    return copy ? copy : (abort(), NULL);
}
#define TINY_COPY(...) tiny_copy((__VA_ARGS__), sizeof(__VA_ARGS__))

static inline psn_sparse *tiny_weights(const float dense[TINY_ITEMS][TINY_ITEMS])
{
    psn_sparse *made = NULL;
    psn_sparse_new(&made, TINY_ITEMS, TINY_ITEMS, TINY_ITEMS * TINY_ITEMS, 1, NULL);
    int64_t at = 0;
    for (int i = 0; i < TINY_ITEMS; i++) {
        made->start[i] = at;
        for (int j = 0; j < TINY_ITEMS; j++)
            if (dense[i][j] != 0) {
                made->column[at] = j;
                made->value[at++] = dense[i][j];
            }
    }
    made->start[TINY_ITEMS] = at;
    return made;
}

static inline psn_dict *tiny_dict(const char *names)
{
    psn_dict *dict = psn_dict_new();
    for (const char *end; *names; names = *end ? end + 1 : end) {
        end = strchr(names, ' ');
        if (end == NULL) end = names + strlen(names);
        psn_dict_add(dict, names, (size_t)(end - names));
    }
    return dict;
}

static inline void tiny_facts(psn_rec_engine *engine)
{
    psn_rec_facts *facts = &engine->facts;
    const float zeros[TINY_ITEMS] = {0},
                ones[TINY_KINDS * TINY_ITEMS] = {1, 1, 1, 1, 1, 1, 1, 1,
                                                 1, 1, 1, 1, 1, 1, 1, 1};
    facts->popularity = TINY_COPY(zeros);
    facts->fresh = TINY_COPY(zeros);
    facts->conversion = TINY_COPY(ones);
    facts->price = TINY_COPY((float[]){1, 2, 3, 4, 5, 6, 7, NAN});
    facts->category = TINY_COPY((int32_t[]){0, 0, 0, 1, 1, 1, -1, -1});
    facts->categories = 2;
    facts->category_name = tiny_dict("tea cups");
    engine->own_rate = psn_alloc_zero(TINY_KINDS * PSN_REC_AGES, sizeof(float));
    for (int i = 0; i < TINY_KINDS * PSN_REC_AGES; i++) engine->own_rate[i] = 0.1f;
}

static inline void tiny_members(psn_rec_engine *engine)
{
    const float taste[TINY_ITEMS][TINY_ITEMS] = {
        [TINY_A] = {[TINY_B] = .5f, [TINY_C] = .4f},
        [TINY_B] = {[TINY_A] = .3f, [TINY_C] = .2f, [TINY_D] = .1f},
        [TINY_D] = {[TINY_E] = .6f}};
    const float together[TINY_ITEMS][TINY_ITEMS] = {
        [TINY_A] = {[TINY_D] = .9f}, [TINY_D] = {[TINY_A] = .9f, [TINY_F] = .5f}};
    static const int members[] = {PSN_REC_POPULAR, PSN_REC_TRENDING, PSN_REC_RP3BETA,
                                  PSN_REC_OWN, PSN_REC_TOGETHER};
    for (int i = 0; i < 5; i++) {
        engine->member[members[i]].fitted = 1;
        engine->member[members[i]].decay = 1;
        engine->member[members[i]].weighted = 1;
    }
    engine->member[PSN_REC_RP3BETA].share = 1;
    engine->member[PSN_REC_RP3BETA].weights = tiny_weights(taste);
    engine->member[PSN_REC_TOGETHER].weights = tiny_weights(together);
    engine->member[PSN_REC_POPULAR].score = TINY_COPY((float[]){8, 7, 6, 5, 4, 3, 2, 1});
    engine->member[PSN_REC_TRENDING].score =
        TINY_COPY((float[]){-1, -1, -1, -1, -1, 1, 2, -1});
}

static inline void tiny_log(persona_recommender *model)
{
    model->users = tiny_dict("u1 u2");
    model->items = tiny_dict("a b c d e f g h");
    model->log.users = 2;
    model->log.start = TINY_COPY((int64_t[]){0, 2, 3});
    model->log.item = TINY_COPY((int32_t[]){TINY_A, TINY_B, TINY_D});
    model->log.kind = TINY_COPY((uint8_t[]){TINY_VIEW, TINY_PURCHASE, TINY_VIEW});
    model->log.weight = TINY_COPY((float[]){1, 3, 1});
    model->log.time = TINY_COPY((int64_t[]){1000, 2000, 1500});
}

static inline persona_recommender *tiny_recommender(void)
{
    void *made = NULL;
    if (psn_model_new(&made, sizeof(persona_recommender), &psn_recommend_kind, NULL))
        abort();
    persona_recommender *model = made;
    psn_rec_engine *engine = &model->engine;
    model->ready = 1;
    engine->items = TINY_ITEMS;
    engine->kinds = TINY_KINDS;
    engine->kind[TINY_VIEW] =
        (psn_rec_kind){.name = "view", .role = PSN_REC_ROLE_VIEW, .weight = 1};
    engine->kind[TINY_PURCHASE] = (psn_rec_kind){.name = "purchase",
                                                 .role = PSN_REC_ROLE_PURCHASE,
                                                 .weight = 3,
                                                 .hides = 1,
                                                 .wanted = 1};
    engine->timed = 1;
    engine->pool = 200;
    tiny_log(model);
    tiny_facts(engine);
    tiny_members(engine);
    if (psn_rec_engine_ready(engine, NULL)) abort();
    return model;
}

#endif
