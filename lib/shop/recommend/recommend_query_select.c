/* recommend_query_select.c: from ranked candidates to an answer.
 *
 * Candidates with a score above 0 are personal and come first, best first. Are they
 * fewer than k, what is popular in the visitor's categories follows, then what is
 * trending, then what is popular, until k: an answer is short only when fewer are
 * allowed. What follows is scored below what is there. Limits for each category and
 * brand hold throughout. With diversity d the personal ones are chosen one by one
 * (maximal marginal relevance: Carbonell and Goldstein 1998),
 *
 *   argmax (1 - d) score(i) / score(first) - d max over chosen j of likeness(i, j),
 *
 * and then ordered by score. */
#include "shop/recommend/recommend_query.h"

#include <string.h>

enum { SELECT_POOL = 200, SELECT_POOL_TIMES = 10, SELECT_NEAR = 50 };
#define SELECT_UNDER 0.999f
/* What makes two items alike, where it is known. */
#define SELECT_CATEGORY 0.5f
#define SELECT_BRAND    0.2f
#define SELECT_WEIGHTS  0.3f

/* ---- taking one */

static int select_full(const int32_t *taken, const int32_t *group, int32_t item,
                       int32_t most)
{
    return most > 0 && group[item] >= 0 && taken[group[item]] >= most;
}

static int select_may(const psn_rec_query *query, int32_t item)
{
    const psn_rec_facts *facts = &psn_rec_model_of(query)->engine.facts;
    return psn_rec_allowed(query->allow, item) &&
           !select_full(query->in_category, facts->category, item,
                        query->asked.per_category) &&
           !select_full(query->in_brand, facts->brand, item, query->asked.per_brand);
}

static void select_take(psn_rec_query *query, int32_t item, float score, uint8_t reason)
{
    const psn_rec_facts *facts = &psn_rec_model_of(query)->engine.facts;
    const int64_t at = query->count++;
    query->item[at] = item;
    query->score[at] = score;
    query->reason[at] = reason;
    psn_rec_clear_bit(query->allow, item);
    if (facts->category && facts->category[item] >= 0)
        query->in_category[facts->category[item]]++;
    if (facts->brand && facts->brand[item] >= 0) query->in_brand[facts->brand[item]]++;
}

void psn_rec_forget(psn_rec_query *query)
{
    const psn_rec_facts *facts = &psn_rec_model_of(query)->engine.facts;
    for (int64_t i = 0; i < query->count; i++) {
        const int32_t item = query->item[i];
        if (facts->category && facts->category[item] >= 0)
            query->in_category[facts->category[item]]--;
        if (facts->brand && facts->brand[item] >= 0)
            query->in_brand[facts->brand[item]]--;
    }
    query->count = 0;
}

/* ---- personal ones */

static void select_best(psn_rec_query *query, int64_t k)
{
    const psn_rec_candidates *all = &query->scratch->found_all;
    for (int64_t r = 0; r < all->ranked && query->count < k; r++) {
        const int32_t c = all->order[r];
        if (!(all->score[c] > 0)) break;
        if (select_may(query, all->item[c]))
            select_take(query, all->item[c], all->score[c], psn_rec_reason(query, c));
    }
}

/* The weights that say best which items are alike; NULL: there are none. */
static const psn_rec_member *select_weights(const psn_rec_engine *engine)
{
    static const int members[] = {PSN_REC_RP3BETA, PSN_REC_ITEM_KNN, PSN_REC_CONTENT,
                                  PSN_REC_EASE,    PSN_REC_SEQUENCE, PSN_REC_RIDGE,
                                  PSN_REC_TOGETHER};
    for (int i = 0; i < 7; i++)
        if (engine->member[members[i]].weights) return engine->member + members[i];
    return NULL;
}

static float select_largest_of(const psn_sparse *weights, int32_t row)
{
    float most = 0;
    int64_t first, end;
    psn_rec_row(weights, row, &first, &end);
    for (int64_t e = first; e < end; e++) {
        const float value = weights->value ? weights->value[e] : 1;
        if (value > most) most = value;
    }
    return most;
}

static float select_largest(const psn_rec_member *alike, int32_t row)
{
    if (alike == NULL) return 0;
    const float learnt = select_largest_of(alike->weights, row);
    const float added = select_largest_of(alike->added, row);
    return learnt > added ? learnt : added;
}

/* 0 .. 1: shared category and brand, and the weight from a to b over the largest of a. */
static float select_likeness(const psn_rec_engine *engine, const psn_rec_member *alike,
                             float largest, int32_t a, int32_t b)
{
    const psn_rec_facts *facts = &engine->facts;
    float sum = 0, known = 0;
    if (facts->category) {
        known += SELECT_CATEGORY;
        if (facts->category[a] >= 0 && facts->category[a] == facts->category[b])
            sum += SELECT_CATEGORY;
    }
    if (facts->brand) {
        known += SELECT_BRAND;
        if (facts->brand[a] >= 0 && facts->brand[a] == facts->brand[b])
            sum += SELECT_BRAND;
    }
    if (alike) {
        const float value = largest > 0 ? psn_rec_weight_at(alike, a, b) / largest : 0;
        known += SELECT_WEIGHTS;
        sum += SELECT_WEIGHTS * (value > 0 ? value : 0);
    }
    return known > 0 ? sum / known : 0;
}

static int64_t select_most_marginal(const psn_rec_query *query, int64_t pool)
{
    const psn_rec_candidates *all = &query->scratch->found_all;
    const float d = query->asked.diversity, top = all->score[all->order[0]];
    int64_t best = -1;
    float value = 0;
    for (int64_t r = 0; r < pool; r++) {
        const int32_t c = all->order[r];
        if (query->likeness[r] < 0 || !select_may(query, all->item[c])) continue;
        const float is = (1 - d) * (all->score[c] / top) - d * query->likeness[r];
        if (best >= 0 && !(is > value)) continue;
        best = r;
        value = is;
    }
    return best;
}

static void select_diverse(psn_rec_query *query, int64_t k)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const psn_rec_candidates *all = &query->scratch->found_all;
    const psn_rec_member *alike = select_weights(engine);
    int64_t pool = 0;
    const int64_t most =
        k * SELECT_POOL_TIMES > SELECT_POOL ? k * SELECT_POOL_TIMES : SELECT_POOL;
    for (; pool < all->ranked && pool < most; pool++) {
        if (!(all->score[all->order[pool]] > 0)) break;
        query->likeness[pool] = 0;
    }
    while (pool > 0 && query->count < k) {
        const int64_t best = select_most_marginal(query, pool);
        if (best < 0) break;
        const int32_t c = all->order[best], item = all->item[c];
        const float largest = select_largest(alike, item);
        select_take(query, item, all->score[c], psn_rec_reason(query, c));
        query->likeness[best] = -1;
        for (int64_t r = 0; r < pool; r++) {
            if (query->likeness[r] < 0) continue;
            const float like =
                select_likeness(engine, alike, largest, item, all->item[all->order[r]]);
            if (like > query->likeness[r]) query->likeness[r] = like;
        }
    }
}

/* ---- what follows */

/* Items of the list (NULL: all) that are near the visitor (near NULL: any), scored under
 * what is there in the ratio of the list's scores; rising: only those above 0. */
static void select_list(psn_rec_query *query, int64_t k, const psn_rec_member *list,
                        const uint8_t *near, int rising, uint8_t reason)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const int32_t *category = engine->facts.category;
    const float under =
        query->count > 0 ? query->score[query->count - 1] * SELECT_UNDER : 1;
    float top = 0;
    for (int32_t i = 0; i < engine->items && query->count < k; i++) {
        const int32_t item = list->order ? list->order[i] : i;
        const float score = list->order ? list->score[item] : 0;
        if (rising && !(score > 0)) break;
        if (near && (category[item] < 0 || !near[category[item]])) continue;
        if (!select_may(query, item)) continue;
        if (top == 0) top = score;
        select_take(query, item, score > 0 && top > 0 ? under * (score / top) : 0,
                    reason);
    }
}

/* Marks (or unmarks) the categories of the newest own items; 0: there are none. */
static int select_near(psn_rec_query *query, uint8_t mark)
{
    const int32_t *category = psn_rec_model_of(query)->engine.facts.category;
    int found = 0;
    if (category == NULL) return 0;
    for (int64_t i = 0; i < query->scratch->owned && i < SELECT_NEAR; i++) {
        const int32_t group = category[query->scratch->own[i].item];
        if (group < 0) continue;
        query->near_category[group] = mark;
        found = 1;
    }
    return found;
}

static void select_fill(psn_rec_query *query, int64_t k)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const psn_rec_member *popular = engine->member + PSN_REC_POPULAR,
                         *trending = engine->member + PSN_REC_TRENDING;
    const int asked = query->asked.question == PSN_REC_ASK_TRENDING;
    const int near = select_near(query, 1);
    if (near && asked && trending->order)
        select_list(query, k, trending, query->near_category, 1, PSN_REC_WHY_TRENDING);
    if (near && !asked)
        select_list(query, k, popular, query->near_category, 0, PSN_REC_WHY_CATEGORY);
    /* Of a visitor of whom nothing is known, what is popular says more. */
    if (trending->order && (asked || query->scratch->owned > 0))
        select_list(query, k, trending, NULL, 1, PSN_REC_WHY_TRENDING);
    select_list(query, k, popular, NULL, 0, PSN_REC_WHY_POPULAR);
    if (near) select_near(query, 0);
}

/* ---- in order */

/* By score down, item up; nearly so already, but after a diverse choice. */
static void select_sort(psn_rec_query *query)
{
    for (int64_t i = 1; i < query->count; i++) {
        const int32_t item = query->item[i];
        const float score = query->score[i];
        const uint8_t reason = query->reason[i];
        int64_t j = i;
        for (; j > 0 && (query->score[j - 1] < score ||
                         (query->score[j - 1] == score && query->item[j - 1] > item));
             j--) {
            query->item[j] = query->item[j - 1];
            query->score[j] = query->score[j - 1];
            query->reason[j] = query->reason[j - 1];
        }
        query->item[j] = item;
        query->score[j] = score;
        query->reason[j] = reason;
    }
}

void psn_rec_choose(psn_rec_query *query, int64_t k)
{
    psn_rec_forget(query);
    if (query->asked.diversity > 0)
        select_diverse(query, k);
    else
        select_best(query, k);
    select_sort(query);
    query->personal = query->count;
    if (query->count < k) select_fill(query, k);
    select_sort(query);
}
