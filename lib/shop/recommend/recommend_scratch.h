/* recommend_scratch.h: the memory of one query, for the files that score. */
#ifndef PSN_SHOP_RECOMMEND_SCRATCH_H
#define PSN_SHOP_RECOMMEND_SCRATCH_H

#include "shop/recommend/recommend_model.h"

/* Scores of one member over all items: zero but for `touched`. */
typedef struct psn_rec_field {
    float *score;     /* items */
    int32_t *touched; /* items */
    uint8_t *mark;    /* items: 1 = touched; item-item members */
    int64_t count;
} psn_rec_field;

struct psn_rec_scratch {
    psn_rec_field field[PSN_REC_MEMBERS]; /* of members with scores of their own */
    float *user;                          /* factors of the case */
    void *als, *mips, *sessions, *trees;
    psn_scored *found; /* pool */
    uint64_t *key;     /* items */
    int32_t *slot_of;  /* items: 1 + own slot, or 0 */
    int32_t *place_of; /* items: 1 + candidate, or 0 */
    psn_rec_own *own;  /* PSN_REC_EVENTS */
    int64_t owned;
    int32_t kind_count[PSN_REC_KINDS];
    int32_t *als_item;
    float *als_weight;
    psn_rec_candidates found_all;
    int64_t room; /* candidates */
    double *rows; /* reranked x features */
    double *raw;
    psn_repeat_scratch *repeat;
    int32_t *bought; /* PSN_REC_EVENTS: wanted events of the case, their times */
    double *bought_at;
    psn_scored *again;
};

/* Larger score first, then the lower item: as one number that sorts descending. */
static inline uint64_t psn_rec_key(float score, int32_t low)
{
    union {
        float real;
        uint32_t bits;
    } as = {score + 0.0f}; /* -0 becomes 0 */
    const uint32_t rising = as.bits & 0x80000000u ? ~as.bits : as.bits | 0x80000000u;
    return (uint64_t)rising << 32 | (0xFFFFFFFFu - (uint32_t)low);
}
static inline int32_t psn_rec_key_low(uint64_t key)
{
    return (int32_t)(0xFFFFFFFFu - (uint32_t)key);
}
/* Puts the `most` largest of count keys first (in any order): O(count). */
void psn_rec_select(uint64_t *keys, int64_t count, int64_t most);
/* Sorts keys descending. */
void psn_rec_sort(uint64_t *keys, int64_t count);

/* What a distinct item of the history weighs for a member, and how much it says to it,
 * faded; 0 = nothing. */
static inline float psn_rec_weighs(const psn_rec_member *member, const psn_rec_own *own)
{
    return member->weighted ? own->weight : own->weight > 0;
}
static inline float psn_rec_says(const psn_rec_member *member, const psn_rec_own *own)
{
    const float weight = psn_rec_weighs(member, own);
    return weight > 0 ? member->fade[own->lag] * weight : 0;
}

/* The entries of a row. weights may be NULL; items that came after the fit have no row in
 * what it learnt: take no rows of members otherwise. */
static inline void psn_rec_row(const psn_sparse *weights, int32_t item, int64_t *first,
                               int64_t *end)
{
    const int there = weights != NULL && item < weights->rows;
    *first = there ? weights->start[item] : 0;
    *end = there ? weights->start[item + 1] : 0;
}
/* What an item-item member says from one item to another, 0 = nothing: by bisection. */
float psn_rec_weight_at(const psn_rec_member *member, int32_t row, int32_t column);

/* The own items with a weight above 0 into als_item and als_weight; how many. */
int64_t psn_rec_factor_case(const psn_rec_member *member, psn_rec_scratch *scratch);

static inline int psn_rec_allowed(const uint64_t *allow, int32_t item)
{
    return (int)(allow[item >> 6] >> (item & 63) & 1);
}

#endif
