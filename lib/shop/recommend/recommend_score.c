/* recommend_score.c: candidates of one case.
 *
 * Item-item members add the rows of the case's items, faded by how long ago they were:
 * O(sum of row lengths). Factors are folded in from the history and searched exactly.
 * Session neighbours look at the newest events. Each member proposes its best `pool`
 * allowed items; the union is scored by every member. The blend divides a member's scores
 * by their spread over all items, so that shares mean the same for every case:
 *
 *   score(i) = sum_m share_m part_m(i) / spread_m,   spread^2 = mean_i s^2 - (mean_i s)^2
 *
 * which for factors is u'(Y'Y/n)u - (u'y)^2, y the mean item. Shifts do not change an
 * order and are left out. */
#include "shop/recommend/recommend_scratch.h"

#include <math.h>
#include <string.h>

#define SCORE_LEAST 1e-40 /* a variance below it is none: 1 / spread stays finite */

/* ---- the own items */

static psn_rec_own *score_slot(psn_rec_scratch *scratch, int32_t item, int32_t lag)
{
    const int32_t slot = scratch->slot_of[item];
    if (slot > 0) return scratch->own + slot - 1;
    psn_rec_own *own = scratch->own + scratch->owned++;
    memset(own, 0, sizeof *own);
    own->item = item;
    own->lag = lag;
    for (int k = 0; k < PSN_REC_KINDS; k++) own->kind_lag[k] = -1;
    scratch->slot_of[item] = (int32_t)scratch->owned;
    return own;
}

/* Distinct items, newest first. The weight of an item is the largest of each kind, added:
 * a purchase and a view are more than two views. */
static void score_history(const psn_rec_engine *engine, const psn_rec_history *history,
                          psn_rec_scratch *scratch)
{
    const int64_t first =
        history->count > PSN_REC_EVENTS ? history->count - PSN_REC_EVENTS : 0;
    for (int64_t i = 0; i < scratch->owned; i++)
        scratch->slot_of[scratch->own[i].item] = 0;
    scratch->owned = 0;
    memset(scratch->kind_count, 0, sizeof scratch->kind_count);
    for (int64_t e = history->count - 1; e >= first; e--) {
        const int kind = history->kind ? history->kind[e] : 0;
        const float weight =
            history->weight ? history->weight[e] : engine->kind[kind].weight;
        const int32_t lag = (int32_t)(history->count - 1 - e);
        psn_rec_own *own = score_slot(scratch, history->item[e], lag);
        if (own->kind_lag[kind] < 0) {
            own->kind_lag[kind] = lag;
            own->weight += weight;
        }
        if (own->count[kind] < UINT16_MAX) own->count[kind]++;
        if (lag == own->lag && history->time) own->time = history->time[e];
        scratch->kind_count[kind]++;
    }
}

/* ---- what each member says */

static void score_clear(psn_rec_field *field)
{
    for (int64_t t = 0; t < field->count; t++) {
        field->score[field->touched[t]] = 0;
        if (field->mark) field->mark[field->touched[t]] = 0;
    }
    field->count = 0;
}

static int32_t score_columns(const psn_rec_member *member)
{
    return member->added ? member->added->columns : member->weights->columns;
}

static void score_add_row(psn_rec_field *field, const psn_sparse *weights, int32_t item,
                          float factor)
{
    float *restrict score = field->score;
    int32_t *restrict touched = field->touched;
    uint8_t *restrict mark = field->mark;
    int64_t count = field->count;
    int64_t first, end;
    psn_rec_row(weights, item, &first, &end);
    for (int64_t e = first; e < end; e++) {
        const int32_t to = weights->column[e];
        touched[count] = to;
        count += !mark[to]; /* a sum may come back to 0 */
        mark[to] = 1;
        score[to] += factor * weights->value[e];
    }
    field->count = count;
}

/* The same sums without the list of what was touched: everything was. */
static void score_items_all(const psn_rec_member *member, psn_rec_field *field,
                            const psn_rec_scratch *scratch)
{
    const psn_sparse *const both[] = {member->weights, member->added};
    const int32_t columns = score_columns(member);
    float *score = field->score;
    for (int64_t i = 0; i < scratch->owned; i++) {
        const int32_t item = scratch->own[i].item;
        const float factor = psn_rec_says(member, scratch->own + i);
        for (int b = 0; b < 2 && factor > 0; b++) {
            int64_t first, end;
            psn_rec_row(both[b], item, &first, &end);
            for (int64_t e = first; e < end; e++)
                score[both[b]->column[e]] += factor * both[b]->value[e];
        }
    }
    for (int32_t i = 0; i < columns; i++) field->touched[i] = i;
    field->count = columns;
}

static void score_items(const psn_rec_member *member, psn_rec_field *field,
                        const psn_rec_scratch *scratch)
{
    int64_t entries = 0;
    for (int64_t i = 0; i < scratch->owned; i++) {
        const int32_t item = scratch->own[i].item;
        int64_t first, end;
        psn_rec_row(member->weights, item, &first, &end);
        entries += end - first;
        psn_rec_row(member->added, item, &first, &end);
        entries += end - first;
    }
    if (entries >= score_columns(member)) {
        score_items_all(member, field, scratch);
        return;
    }
    for (int64_t i = 0; i < scratch->owned; i++) {
        const float factor = psn_rec_says(member, scratch->own + i);
        if (!(factor > 0)) continue;
        score_add_row(field, member->weights, scratch->own[i].item, factor);
        score_add_row(field, member->added, scratch->own[i].item, factor);
    }
}

/* How likely an item with such events is wanted, by kind and steps since; items that turn
 * views into purchases more often than others count more. */
static float score_own_rate(const psn_rec_engine *engine, const psn_rec_own *own,
                            int but_wanted)
{
    float score = 0;
    if (own->weight < 0) return 0; /* taken back */
    for (int k = 0; k < engine->kinds; k++) {
        if (own->kind_lag[k] < 0 || (but_wanted && engine->kind[k].wanted)) continue;
        const float rate =
            engine->own_rate[k * PSN_REC_AGES + psn_rec_age(own->kind_lag[k])];
        const float turns =
            engine->facts.conversion[(int64_t)k * engine->items + own->item];
        score += rate * sqrtf(turns) * (1 + 0.25f * (float)(own->count[k] - 1));
    }
    return score;
}

/* What is bought again: periods and habits (learn/repeat.h) of wanted events. */
static void score_again(const psn_rec_engine *engine, const psn_rec_history *history,
                        psn_rec_field *field, psn_rec_scratch *scratch)
{
    int64_t count = 0;
    const int64_t first =
        history->count > PSN_REC_EVENTS ? history->count - PSN_REC_EVENTS : 0;
    for (int64_t e = first; e < history->count; e++) {
        if (!engine->kind[history->kind[e]].wanted) continue;
        scratch->bought[count] = history->item[e];
        scratch->bought_at[count++] = (double)history->time[e];
    }
    const double now = history->now != INT64_MIN ? (double)history->now
                       : count > 0               ? scratch->bought_at[count - 1]
                                                 : 0;
    count =
        psn_repeat_query(engine->member[PSN_REC_OWN].repeat, scratch->repeat,
                         scratch->bought, scratch->bought_at, count, now, scratch->again);
    for (int64_t i = 0; i < count; i++)
        field->score[scratch->again[i].index] += scratch->again[i].score;
}

static void score_own(const psn_rec_engine *engine, const psn_rec_history *history,
                      psn_rec_field *field, psn_rec_scratch *scratch)
{
    const int habits = engine->member[PSN_REC_OWN].repeat && history->time;
    for (int64_t i = 0; i < scratch->owned; i++) {
        const psn_rec_own *own = scratch->own + i;
        field->touched[field->count++] = own->item;
        field->score[own->item] = score_own_rate(engine, own, habits);
    }
    if (habits) score_again(engine, history, field, scratch);
}

int64_t psn_rec_factor_case(const psn_rec_member *member, psn_rec_scratch *scratch)
{
    int64_t count = 0;
    for (int64_t i = 0; i < scratch->owned; i++) {
        if (scratch->own[i].weight <= 0) continue;
        scratch->als_item[count] = scratch->own[i].item;
        scratch->als_weight[count++] = member->weighted ? scratch->own[i].weight : 1;
    }
    return count;
}

static void score_factors(const psn_rec_member *member, psn_rec_scratch *scratch,
                          float *scale)
{
    const psn_als *als = member->als;
    const int64_t count = psn_rec_factor_case(member, scratch);
    *scale = 0;
    if (count == 0) return;
    psn_als_fold_in(als, scratch->als_item, scratch->als_weight, count, scratch->user,
                    scratch->als);
    double squares = 0, mean = 0; /* the items stand where Y'Y is diagonal */
    for (int32_t a = 0; a < als->factors; a++) {
        const double u = scratch->user[a];
        squares += als->gram[a] * u * u;
        mean += member->mean[a] * u;
    }
    const double variance = squares / als->items - mean * mean;
    if (variance > SCORE_LEAST && variance < INFINITY)
        *scale = (float)(1 / sqrt(variance));
}

static float score_scale(const psn_rec_field *field, int32_t items)
{
    double sum = 0, squares = 0;
    for (int64_t t = 0; t < field->count; t++) {
        const double s = field->score[field->touched[t]];
        sum += s;
        squares += s * s;
    }
    const double mean = sum / items, variance = squares / items - mean * mean;
    return variance > SCORE_LEAST ? (float)(1 / sqrt(variance)) : 0;
}

static void score_session(const psn_rec_member *member, const psn_rec_history *history,
                          psn_rec_field *field, psn_rec_scratch *scratch)
{
    const int64_t count =
        history->count < PSN_REC_SESSION ? history->count : PSN_REC_SESSION;
    field->count = psn_session_knn_query(
        member->sessions, history->item + history->count - count, NULL, count,
        field->score, field->touched, scratch->sessions);
}

uint32_t psn_rec_blended(const psn_rec_engine *engine)
{
    uint32_t members = 0;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        if (engine->member[m].fitted &&
            (engine->member[m].share > 0 || engine->member[m].adds > 0 ||
             m == PSN_REC_POPULAR || m == PSN_REC_OWN))
            members |= 1u << m;
    return members;
}

/* ---- candidates */

static void score_propose(psn_rec_candidates *all, psn_rec_scratch *scratch, int32_t item)
{
    if (scratch->place_of[item] > 0 || all->count == scratch->room) return;
    all->item[all->count] = item;
    all->own[all->count] = scratch->slot_of[item] - 1;
    scratch->place_of[item] = (int32_t)++all->count;
}

static void score_propose_field(psn_rec_candidates *all, psn_rec_scratch *scratch,
                                const psn_rec_field *field, const uint64_t *allow,
                                int64_t pool)
{
    int64_t count = 0;
    for (int64_t t = 0; t < field->count; t++) {
        const int32_t item = field->touched[t];
        scratch->key[count] = psn_rec_key(field->score[item], item);
        count += psn_rec_allowed(allow, item);
    }
    if (count > pool) {
        psn_rec_select(scratch->key, count, pool);
        count = pool;
    }
    for (int64_t i = 0; i < count; i++)
        score_propose(all, scratch, psn_rec_key_low(scratch->key[i]));
}

static void score_propose_order(psn_rec_candidates *all, psn_rec_scratch *scratch,
                                const int32_t *order, int32_t items,
                                const uint64_t *allow, int64_t pool)
{
    for (int32_t i = 0; i < items && pool > 0; i++) {
        if (!psn_rec_allowed(allow, order[i])) continue;
        score_propose(all, scratch, order[i]);
        pool--;
    }
}

static void score_member(const psn_rec_engine *engine, int m,
                         const psn_rec_history *history, const uint64_t *allow,
                         psn_rec_scratch *scratch)
{
    const psn_rec_member *member = engine->member + m;
    psn_rec_candidates *all = &scratch->found_all;
    psn_rec_field *field = scratch->field + m;
    if (member->score) {
        all->scale[m] = member->spread > 0 ? 1 / member->spread : 0;
        score_propose_order(all, scratch, member->order, engine->items, allow,
                            engine->pool);
        return;
    }
    if (member->als) {
        score_factors(member, scratch, &all->scale[m]);
        if (all->scale[m] == 0) return;
        const int64_t pool = member->adds > 0 ? member->adds : engine->pool;
        const int64_t count = psn_mips_query(member->mips, scratch->user, pool, allow,
                                             scratch->found, scratch->mips);
        for (int64_t i = 0; i < count; i++)
            score_propose(all, scratch, (int32_t)scratch->found[i].index);
        return;
    }
    if (member->weights)
        score_items(member, field, scratch);
    else if (member->sessions)
        score_session(member, history, field, scratch);
    else
        score_own(engine, history, field, scratch);
    all->scale[m] = score_scale(field, engine->items);
    score_propose_field(all, scratch, field, allow, engine->pool);
}

static void score_parts(const psn_rec_engine *engine, uint32_t members,
                        psn_rec_scratch *scratch)
{
    psn_rec_candidates *all = &scratch->found_all;
    memset(all->part, 0, (size_t)all->count * PSN_REC_MEMBERS * sizeof *all->part);
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        const psn_rec_member *member = engine->member + m;
        if (!(members >> m & 1) || all->scale[m] == 0) continue;
        float best = 0;
        for (int64_t c = 0; c < all->count; c++) {
            const int32_t item = all->item[c];
            const float part = member->als
                                   ? psn_als_score(member->als, scratch->user, item)
                               : member->score ? member->score[item]
                                               : scratch->field[m].score[item];
            all->part[c * PSN_REC_MEMBERS + m] = part;
            if (part > best) best = part;
        }
        all->best[m] = best;
    }
}

void psn_rec_blend(psn_rec_candidates *all, const float *shares)
{
    int member[PSN_REC_MEMBERS], members = 0;
    float factor[PSN_REC_MEMBERS];
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        factor[members] = shares[m] * all->scale[m];
        member[members] = m;
        members += factor[members] != 0;
    }
    for (int64_t c = 0; c < all->count; c++) {
        const float *part = all->part + c * PSN_REC_MEMBERS;
        float score = 0;
        for (int i = 0; i < members; i++) score += factor[i] * part[member[i]];
        all->score[c] = score;
    }
}

psn_rec_candidates *psn_rec_score(const psn_rec_engine *engine,
                                  const psn_rec_history *history, uint32_t members,
                                  const uint64_t *allow, psn_rec_scratch *scratch)
{
    psn_rec_candidates *all = &scratch->found_all;
    float shares[PSN_REC_MEMBERS];
    for (int64_t c = 0; c < all->count; c++) scratch->place_of[all->item[c]] = 0;
    all->count = all->ranked = 0;
    memset(all->scale, 0, sizeof all->scale);
    memset(all->best, 0, sizeof all->best);
    for (int m = 0; m < PSN_REC_MEMBERS; m++) score_clear(scratch->field + m);
    score_history(engine, history, scratch);
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        if (!engine->member[m].fitted) members &= ~(1u << m);
        if (members >> m & 1) score_member(engine, m, history, allow, scratch);
    }
    score_parts(engine, members, scratch);
    for (int m = 0; m < PSN_REC_MEMBERS; m++) shares[m] = engine->member[m].share;
    psn_rec_blend(all, shares);
    return all;
}
