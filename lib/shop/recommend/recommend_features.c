/* recommend_features.c: what the trees see of a case and one candidate: how each member
 * scores and ranks it against the other candidates, what the visitor did with it and how
 * long ago, how popular it is and was lately, how often looking becomes buying, and how
 * its price, category and brand fit the history. All are ratios, ranks and counts that
 * mean the same on a part of the data and on all of it. */
#include "shop/recommend/recommend_scratch.h"

#include "base/text.h"
#include "math/elementary.h"

#include <math.h>
#include <string.h>

/* Of the case, of the candidate; then for each kind three, for each member two. */
enum {
    FEATURE_EVENTS,
    FEATURE_OWNED,
    FEATURE_BLEND,
    FEATURE_PLACE,
    FEATURE_LAG,
    FEATURE_AGE,
    FEATURE_POPULARITY,
    FEATURE_FRESH,
    FEATURE_RISING,
    FEATURE_PRICE,
    FEATURE_PRICE_RATIO,
    FEATURE_CATEGORY,
    FEATURE_BRAND,
    FEATURE_LAST_CATEGORY,
    FEATURE_LAST_RULE,
    FEATURE_COMMON
};
enum { FEATURE_KIND_CASE, FEATURE_KIND_OWN, FEATURE_KIND_TURNS, FEATURE_OF_KIND };
enum { FEATURE_PART, FEATURE_RANK, FEATURE_OF_MEMBER };

static const char *const features_common[FEATURE_COMMON] = {
    "events",      "items",          "blend",          "place",         "lag",
    "age",         "popularity",     "popularity_now", "rising",        "price",
    "price_ratio", "category_share", "brand_share",    "last_category", "last_rule"};

static int features_members(const psn_rec_engine *engine)
{
    int count = 0;
    for (uint32_t bits = psn_rec_blended(engine); bits; bits &= bits - 1) count++;
    return count;
}

int32_t psn_rec_features(const psn_rec_engine *engine)
{
    return FEATURE_COMMON + FEATURE_OF_KIND * engine->kinds +
           FEATURE_OF_MEMBER * features_members(engine);
}

static void features_member_name(const psn_rec_engine *engine, int32_t feature, char *out)
{
    const uint32_t members = psn_rec_blended(engine);
    int m = 0;
    for (int32_t left = feature / FEATURE_OF_MEMBER; m < PSN_REC_MEMBERS; m++)
        if ((members >> m & 1) && left-- == 0) break;
    psn_format(out, 64, "%s_%s", psn_rec_member_names[m < PSN_REC_MEMBERS ? m : 0],
               feature % FEATURE_OF_MEMBER == FEATURE_PART ? "score" : "rank");
}

void psn_rec_feature_name(const psn_rec_engine *engine, int32_t feature, char *out)
{
    static const char *const of_kind[] = {"events", "own", "turns"};
    if (feature < FEATURE_COMMON) {
        psn_format(out, 64, "%s", features_common[feature]);
        return;
    }
    feature -= FEATURE_COMMON;
    if (feature < FEATURE_OF_KIND * engine->kinds)
        psn_format(out, 64, "%.40s_%s", engine->kind[feature / FEATURE_OF_KIND].name,
                   of_kind[feature % FEATURE_OF_KIND]);
    else
        features_member_name(engine, feature - FEATURE_OF_KIND * engine->kinds, out);
}

/* ---- the case */

typedef struct features_case {
    double events, items, price_mean, total;
    int64_t prices;
    int32_t last_category;
} features_case;

static void features_open(features_case *of, const psn_rec_engine *engine,
                          const psn_rec_history *history, const psn_rec_scratch *scratch)
{
    const psn_rec_facts *facts = &engine->facts;
    memset(of, 0, sizeof *of);
    of->events = psn_log1p((double)history->count);
    of->items = (double)scratch->owned;
    of->last_category = -1;
    for (int64_t i = 0; i < scratch->owned; i++) {
        const psn_rec_own *own = scratch->own + i;
        of->total += 1;
        if (facts->price && facts->price[own->item] > 0) {
            of->price_mean += psn_log(facts->price[own->item]);
            of->prices++;
        }
    }
    if (of->prices > 0) of->price_mean /= (double)of->prices;
    if (facts->category && scratch->owned > 0)
        of->last_category = facts->category[scratch->own[0].item];
}

/* Share of the own items that have the same group as the candidate. */
static double features_share(const int32_t *group, int32_t item,
                             const psn_rec_scratch *scratch)
{
    int64_t same = 0;
    const int64_t most = scratch->owned < 50 ? scratch->owned : 50;
    if (group == NULL || group[item] < 0) return NAN;
    for (int64_t i = 0; i < most; i++) same += group[scratch->own[i].item] == group[item];
    return most > 0 ? (double)same / (double)most : 0;
}

/* What the last item alone says: its row of rules, by bisection. */
static double features_last_rule(const psn_rec_engine *engine, int32_t item,
                                 const psn_rec_scratch *scratch)
{
    const psn_rec_member *rules = engine->member + PSN_REC_SEQUENCE;
    if (rules->weights == NULL) rules = engine->member + PSN_REC_RP3BETA;
    if (rules->weights == NULL || scratch->owned == 0) return 0;
    return psn_rec_weight_at(rules, scratch->own[0].item, item);
}

/* ---- the candidate */

static void features_common_row(const psn_rec_engine *engine, const features_case *of,
                                const psn_rec_history *history, int32_t item,
                                const psn_rec_own *own, double *row,
                                const psn_rec_scratch *scratch)
{
    const psn_rec_facts *facts = &engine->facts;
    row[FEATURE_EVENTS] = of->events;
    row[FEATURE_OWNED] = of->items;
    row[FEATURE_LAG] = own ? 1 + own->lag : 0;
    row[FEATURE_AGE] = NAN;
    if (own && engine->timed && history->time && history->now != INT64_MIN &&
        own->time != INT64_MIN)
        row[FEATURE_AGE] =
            psn_log1p(fmax(0, ((double)history->now - (double)own->time) / 3600000.0));
    row[FEATURE_POPULARITY] = facts->popularity[item];
    row[FEATURE_FRESH] = facts->fresh[item];
    row[FEATURE_RISING] = facts->fresh[item] - facts->popularity[item];
    row[FEATURE_PRICE] = row[FEATURE_PRICE_RATIO] = NAN;
    if (facts->price && facts->price[item] > 0) {
        row[FEATURE_PRICE] = psn_log(facts->price[item]);
        if (of->prices > 0)
            row[FEATURE_PRICE_RATIO] = row[FEATURE_PRICE] - of->price_mean;
    }
    row[FEATURE_CATEGORY] = features_share(facts->category, item, scratch);
    row[FEATURE_BRAND] = features_share(facts->brand, item, scratch);
    row[FEATURE_LAST_CATEGORY] = facts->category && of->last_category >= 0
                                     ? facts->category[item] == of->last_category
                                     : NAN;
    row[FEATURE_LAST_RULE] = features_last_rule(engine, item, scratch);
}

static void features_kinds(const psn_rec_engine *engine, int32_t item,
                           const psn_rec_own *own, double *row,
                           const psn_rec_scratch *scratch)
{
    for (int k = 0; k < engine->kinds; k++, row += FEATURE_OF_KIND) {
        row[FEATURE_KIND_CASE] = scratch->kind_count[k];
        row[FEATURE_KIND_OWN] = own ? own->count[k] : 0;
        row[FEATURE_KIND_TURNS] =
            engine->facts.conversion[(int64_t)k * engine->items + item];
    }
}

/* Place of each candidate by one member, 0 = best, equal ones by item. */
static void features_ranks(const psn_rec_candidates *all, int64_t count, int m,
                           double *column, int64_t stride, uint64_t *key)
{
    for (int64_t r = 0; r < count; r++)
        key[r] = (psn_rec_key(all->part[all->order[r] * PSN_REC_MEMBERS + m], 0) &
                  0xFFFFFFFF00000000u) |
                 (0xFFFFFFFFu - (uint32_t)r);
    psn_rec_sort(key, count);
    for (int64_t place = 0; place < count; place++)
        column[psn_rec_key_low(key[place]) * stride] = (double)place;
}

void psn_rec_feature_rows(const psn_rec_engine *engine, const psn_rec_history *history,
                          int64_t count, double *rows, psn_rec_scratch *scratch)
{
    const psn_rec_candidates *all = &scratch->found_all;
    const int32_t width = psn_rec_features(engine);
    const uint32_t members = psn_rec_blended(engine);
    features_case of;
    if (count == 0) return;
    features_open(&of, engine, history, scratch);
    const double top = all->score[all->order[0]];
    for (int64_t r = 0; r < count; r++) {
        const int32_t c = all->order[r], item = all->item[c];
        const psn_rec_own *own = all->own[c] >= 0 ? scratch->own + all->own[c] : NULL;
        double *row = rows + r * width;
        features_common_row(engine, &of, history, item, own, row, scratch);
        row[FEATURE_BLEND] = top > 0 ? all->score[c] / top : 0;
        row[FEATURE_PLACE] = (double)r;
        features_kinds(engine, item, own, row + FEATURE_COMMON, scratch);
    }
    double *at = rows + FEATURE_COMMON + FEATURE_OF_KIND * engine->kinds;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        if (!(members >> m & 1)) continue;
        const float best = all->best[m];
        for (int64_t r = 0; r < count; r++) {
            const float part = all->part[all->order[r] * PSN_REC_MEMBERS + m];
            at[r * width + FEATURE_PART] = best > 0 ? part / best : 0;
        }
        features_ranks(all, count, m, at + FEATURE_RANK, width, scratch->key);
        at += FEATURE_OF_MEMBER;
    }
}
