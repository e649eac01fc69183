/* recommend_query.h: a prepared question, for the files that answer it. Nothing else
 * includes it but the tables of answers. */
#ifndef PSN_SHOP_RECOMMEND_QUERY_H
#define PSN_SHOP_RECOMMEND_QUERY_H

#include "base/text.h"
#include "shop/recommend/recommend.h"
#include "shop/recommend/recommend_scratch.h"

enum {
    PSN_REC_ASK_FOR_YOU,
    PSN_REC_ASK_AGAIN,
    PSN_REC_ASK_SIMILAR,
    PSN_REC_ASK_TOGETHER,
    PSN_REC_ASK_TRENDING
};

/* enum persona_item_role and persona_reason of the public header. */
enum { PSN_REC_AS_HISTORY, PSN_REC_AS_CART, PSN_REC_AS_LIKE, PSN_REC_AS_EXCLUDE };
enum {
    PSN_REC_WHY_TASTE,
    PSN_REC_WHY_NEXT,
    PSN_REC_WHY_AGAIN,
    PSN_REC_WHY_TOGETHER,
    PSN_REC_WHY_SIMILAR,
    PSN_REC_WHY_CATEGORY,
    PSN_REC_WHY_TRENDING,
    PSN_REC_WHY_POPULAR,
    PSN_REC_WHYS
};

enum { PSN_MASK_MAGIC = 0x4B53414D /* "MASK" */ };
struct persona_mask {
    uint32_t magic;
    persona_model *model; /* a reference */
    uint64_t *words;      /* a bit for each item */
};

/* What the options say. */
typedef struct psn_rec_asked {
    int32_t question;
    int32_t trees;
    int32_t limit;                   /* events of a history */
    int32_t per_category, per_brand; /* 0: no limit */
    float diversity;
    int32_t calibrated;
    uint32_t hides;                /* bit k: items with events of kind k are not shown */
    uint32_t members;              /* bit m: who is asked */
    float weight[PSN_REC_MEMBERS]; /* share of each in the score */
} psn_rec_asked;

/* Items bound in a role, oldest first, the newest PSN_REC_EVENTS. */
typedef struct psn_rec_bound {
    int64_t count;
    int32_t *item;
    uint8_t *kind; /* HISTORY only, as all that follows */
    int64_t *time; /* INT64_MIN = unknown */
    float *weight;
    int32_t kinds_known, times_known;
} psn_rec_bound;

typedef struct psn_rec_query {
    persona_query base;
    psn_rec_scratch *scratch;
    psn_rec_asked asked;
    uint64_t *open; /* items in the range of prices */

    int64_t user; /* -1 = unknown */
    psn_rec_bound history, cart, like;
    uint64_t *excluded;
    const persona_mask *mask;

    /* The case of a run: copies, where the stored history alone will not do. */
    psn_rec_bound merged;
    float *weight;
    int32_t *overlap;
    uint64_t *allow;   /* items that may still be taken */
    uint64_t *visited; /* buy again: items that may be */

    /* Answers of the last run. */
    int64_t count;
    int64_t personal; /* the first so many are candidates, the rest fills the list */
    int32_t *item;
    float *score;
    uint8_t *reason;
    char *ids;
    /* Its choice. */
    float *likeness;                 /* of a candidate to those taken; -1: taken */
    int32_t *in_category, *in_brand; /* taken */
    uint8_t *near_category;          /* categories of the visitor */
    float *shares;                   /* of each event in a score */

    /* Of each answer: what it is there for, with which part, by which member. */
    int32_t *because;
    float *most;
    int8_t *of;
    int32_t *place_at;            /* items: 1 + place while one member is looked at */
    float *factors, *over_spread; /* of an item, and what its factors count */
} psn_rec_query;

static inline const persona_recommender *psn_rec_model_of(const psn_rec_query *query)
{
    return (const persona_recommender *)query->base.model;
}
static inline size_t psn_rec_words(const psn_rec_engine *engine)
{
    return ((size_t)engine->items + 63) / 64;
}
static inline void psn_rec_clear_bit(uint64_t *words, int32_t item)
{
    words[item >> 6] &= ~((uint64_t)1 << (item & 63));
}
static inline void psn_rec_set_bit(uint64_t *words, int32_t item)
{
    words[item >> 6] |= (uint64_t)1 << (item & 63);
}
/* The first kind of event that is no return: what an event without a kind is. */
uint8_t psn_rec_plain_kind(const psn_rec_engine *engine);

/* recommend_query_asked.c: the options; single: those of tables are errors. */
int psn_rec_ask(psn_rec_query *query, const persona_params *params, int single,
                persona_error *error);
int psn_recommend_prepare_any(persona_query **out, const persona_recommender *model,
                              const persona_params *params, int single,
                              persona_error *error);

/* As psn_recommend_events, with what each weighs; NULL: what its kind does. */
int psn_rec_bind_events(psn_rec_query *query, const int64_t *items, const int32_t *kinds,
                        const int64_t *times, const float *weights, int64_t count,
                        persona_error *error);

/* recommend_query_case.c: the history that is scored. */
void psn_rec_case(psn_rec_history *out, psn_rec_query *query);
/* recommend_filter.c: query->allow for the case. */
void psn_rec_filter_open(uint64_t *open, const psn_rec_engine *engine, double least,
                         double most);
void psn_rec_filter(psn_rec_query *query);
/* recommend_query_select.c: k answers out of what was scored and ranked, then of what is
 * popular. */
void psn_rec_choose(psn_rec_query *query, int64_t k);
/* recommend_query_chance.c: scores of the answer to probabilities, in the same order. */
void psn_rec_to_chances(psn_rec_query *query);
/* Forgets the last answer. */
void psn_rec_forget(psn_rec_query *query);
/* recommend_reason.c: why a candidate of the case last scored is there. */
uint8_t psn_rec_reason(const psn_rec_query *query, int64_t candidate);
/* query->because of all answers: the item of the history with most of the score. */
void psn_rec_becauses(psn_rec_query *query);
/* Appends why answer `place` is there, after that: because of "X". */
void psn_rec_reason_words(psn_text *out, const psn_rec_query *query, int64_t place);

#endif
