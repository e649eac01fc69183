/* recommend_update_items.c: items that came after the fit, by who looks at them.
 *
 * An event of such an item i stands beside the nearest different items j of the same
 * history (UPDATE_NEAR on either side). With c(j, i) = how often, and C(j) = how often j
 * stands beside anything,
 *
 *   weight(j -> i) = S(j) c(j, i) / C(j) x loud     from what is known to the new item
 *   weight(i -> j) = S    c(i, j) / (C(i) + near)   from the new item
 *
 * S(j) being the sum of what the learner lets j say (what is above 0), S the mean of it:
 * the new item gets the part of j's voice that is its part of j's neighbours, so that the
 * weights are of the size of the learner's own whatever its formula is. loud = root of
 * (mean C of what j speaks for / C(i)), 1 to UPDATE_LOUD: learners let rare items speak
 * above their part. Learners of order count only what comes after, near ones more; what
 * goes together counts only in the same moment or session. Factors of a new item are
 * those of its neighbours, weighed by c, and shrunk. O(histories). All is counted over
 * all histories, so that items settle as events come in. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_update.h"

#include <math.h>
#include <string.h>

enum { UPDATE_NEAR = 20, UPDATE_KEEP = 400 };
#define UPDATE_LOUD 3.0
enum { NEAR_BESIDE, NEAR_AFTER, NEAR_TOGETHER, NEAR_WAYS };

/* Pairs where one is new, until they are rows. */
typedef struct items_pairs {
    int64_t count, room;
    int32_t *from, *to;
    float *value;
    double *all;      /* of each item: its neighbours of any kind */
    psn_sparse *rows; /* items x items */
} items_pairs;

typedef struct items_walk {
    const psn_rec_log *log;
    const psn_rec_engine *engine;
    int32_t mode;
    items_pairs way[NEAR_WAYS];
    int64_t *seen;    /* items: row + 1 that has it */
    int64_t *at;      /* of each distinct item of a row: its newest event, oldest first */
    int64_t distinct; /* how many */
} items_walk;

static int items_add(items_pairs *pairs, int32_t from, int32_t to, float value,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    void *more;
    if (pairs->count == pairs->room) {
        const size_t room = (size_t)pairs->room * 2 + 1024;
        PSN_NEED(more = psn_resize(pairs->from, room, sizeof *pairs->from));
        pairs->from = more;
        PSN_NEED(more = psn_resize(pairs->to, room, sizeof *pairs->to));
        pairs->to = more;
        PSN_NEED(more = psn_resize(pairs->value, room, sizeof *pairs->value));
        pairs->value = more;
        pairs->room = (int64_t)room;
    }
    pairs->from[pairs->count] = from;
    pairs->to[pairs->count] = to;
    pairs->value[pairs->count++] = value;
done:
    return rc;
}

/* Events of a user that are one purchase: of one moment, or of one session. */
static int items_together(const items_walk *walk, int64_t a, int64_t b)
{
    const psn_rec_log *log = walk->log;
    if (!walk->engine->kind[log->kind[a]].wanted ||
        !walk->engine->kind[log->kind[b]].wanted)
        return 0;
    if (log->session) return log->session[a] == log->session[b];
    if (walk->mode == PSN_REC_SESSIONS) return 1;
    return log->time && log->time[a] == log->time[b];
}

static int items_count(items_pairs *pairs, const items_walk *walk, int32_t from,
                       int32_t to, float value, persona_error *error)
{
    pairs->all[from] += value;
    if (from < walk->engine->learnt_items && to < walk->engine->learnt_items)
        return PERSONA_OK;
    return items_add(pairs, from, to, value, error);
}

/* Two different items of a history, a before b, `steps` apart. */
static int items_pair(items_walk *walk, int64_t a, int64_t b, int64_t steps,
                      persona_error *error)
{
    int rc;
    const int32_t first = walk->log->item[a], second = walk->log->item[b];
    items_pairs *way = walk->way;
    PSN_TRY(items_count(way + NEAR_BESIDE, walk, first, second, 1, error));
    PSN_TRY(items_count(way + NEAR_BESIDE, walk, second, first, 1, error));
    PSN_TRY(items_count(way + NEAR_AFTER, walk, first, second, 1 / (float)steps, error));
    if (!items_together(walk, a, b)) return PERSONA_OK;
    PSN_TRY(items_count(way + NEAR_TOGETHER, walk, first, second, 1, error));
    PSN_TRY(items_count(way + NEAR_TOGETHER, walk, second, first, 1, error));
done:
    return rc;
}

/* The different items of a row, at their newest events. */
static void items_distinct(items_walk *walk, int64_t row)
{
    const psn_rec_log *log = walk->log;
    int64_t count = 0;
    for (int64_t e = log->start[row + 1] - 1; e >= log->start[row]; e--) {
        if (!(log->weight[e] > 0) || walk->seen[log->item[e]] == row + 1) continue;
        walk->seen[log->item[e]] = row + 1;
        walk->at[count++] = e;
    }
    for (int64_t i = 0; i < count / 2; i++) {
        const int64_t swap = walk->at[i];
        walk->at[i] = walk->at[count - 1 - i];
        walk->at[count - 1 - i] = swap;
    }
    walk->distinct = count;
}

static int items_walk_all(items_walk *walk, persona_error *error)
{
    for (int64_t r = 0; r < walk->log->users; r++) {
        items_distinct(walk, r);
        for (int64_t i = 0; i < walk->distinct; i++)
            for (int64_t j = i + 1; j < walk->distinct && j <= i + UPDATE_NEAR; j++) {
                const int rc = items_pair(walk, walk->at[i], walk->at[j], j - i, error);
                if (rc != PERSONA_OK) return rc;
            }
    }
    return PERSONA_OK;
}

/* Pairs as rows, equal ones added. */
static int items_rows(items_pairs *pairs, int32_t items, persona_error *error)
{
    int rc;
    psn_sparse *loose = NULL;
    PSN_TRY(psn_sparse_new(&loose, items, items, pairs->count, 1, error));
    for (int64_t p = 0; p < pairs->count; p++) loose->start[pairs->from[p] + 1]++;
    for (int32_t i = 0; i < items; i++) loose->start[i + 1] += loose->start[i];
    for (int64_t p = pairs->count - 1; p >= 0; p--) {
        const int64_t at = --loose->start[pairs->from[p] + 1];
        loose->column[at] = pairs->to[p];
        loose->value[at] = pairs->value[p];
    }
    /* Each start is now that of its own row, one entry to the right. */
    for (int32_t i = 0; i < items; i++) loose->start[i] = loose->start[i + 1];
    loose->start[items] = pairs->count;
    PSN_TRY(psn_sparse_collapse(&pairs->rows, loose, 0, error));
    psn_release(pairs->from);
    psn_release(pairs->to);
    psn_release(pairs->value);
    pairs->from = pairs->to = NULL;
    pairs->value = NULL;
done:
    psn_sparse_free(loose);
    return rc;
}

/* ---- weights */

/* What a learner lets an item say, and how often that stands beside anything. */
typedef struct items_voice {
    double sum;  /* of the weights above 0 */
    double fame; /* C of what they speak for, the mean */
} items_voice;

static items_voice items_hear(const psn_sparse *weights, const double *all, int64_t row)
{
    items_voice voice = {0, 0};
    for (int64_t e = weights->start[row]; e < weights->start[row + 1]; e++) {
        if (!(weights->value[e] > 0)) continue;
        voice.sum += weights->value[e];
        voice.fame += weights->value[e] * all[weights->column[e]];
    }
    if (voice.sum > 0) voice.fame /= voice.sum;
    return voice;
}

/* The mean of those that speak for new items. */
static double items_mean_voice(const psn_sparse *weights, const items_pairs *pairs)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t r = 0; r < weights->rows; r++) {
        if (pairs->rows->start[r] == pairs->rows->start[r + 1]) continue;
        const double voice = items_hear(weights, pairs->all, r).sum;
        sum += voice;
        count += voice > 0;
    }
    return count > 0 ? sum / (double)count : 0;
}

/* Learners let rare items speak louder than their part; how much differs, a root of the
 * ratio is in the middle of them. */
static double items_loud(const items_voice *voice, double all)
{
    if (!(voice->fame > all)) return 1;
    return fmin(sqrt(voice->fame / all), UPDATE_LOUD);
}

static void items_weigh_row(psn_sparse *made, const items_pairs *pairs, int64_t r,
                            const items_voice *voice)
{
    const psn_sparse *rows = pairs->rows;
    const double part = voice->sum / pairs->all[r];
    for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
        const double loud = items_loud(voice, pairs->all[rows->column[e]]);
        made->column[e] = rows->column[e];
        made->value[e] = (float)(part * loud * rows->value[e]);
    }
}

static int items_weights(psn_rec_member *member, const items_pairs *pairs, int32_t learnt,
                         persona_error *error)
{
    int rc;
    psn_sparse *made = NULL;
    const psn_sparse *rows = pairs->rows;
    const double mean = items_mean_voice(member->weights, pairs);
    PSN_TRY(psn_sparse_new(&made, rows->rows, rows->columns, rows->start[rows->rows], 1,
                           error));
    memcpy(made->start, rows->start, ((size_t)rows->rows + 1) * sizeof *made->start);
    for (int64_t r = 0; r < rows->rows; r++) {
        const double all = pairs->all[r];
        const items_voice voice =
            r < learnt ? items_hear(member->weights, pairs->all, r)
                       : (items_voice){mean * all / (all + UPDATE_NEAR), 0};
        items_weigh_row(made, pairs, r, &voice);
    }
    PSN_TRY(psn_sparse_keep(made, UPDATE_KEEP, 0, error));
    member->added = made;
    made = NULL;
done:
    psn_sparse_free(made);
    return rc;
}

static int items_way(int m)
{
    switch (m) {
    case PSN_REC_SEQUENCE:
    case PSN_REC_RIDGE:
        return NEAR_AFTER;
    case PSN_REC_TOGETHER:
        return NEAR_TOGETHER;
    default:
        return NEAR_BESIDE;
    }
}

/* ---- factors */

static void items_factor(float *out, const psn_als *als, const items_pairs *pairs,
                         int32_t item, int32_t learnt)
{
    const psn_sparse *rows = pairs->rows;
    double sum = UPDATE_NEAR;
    memset(out, 0, (size_t)als->factors * sizeof *out);
    for (int64_t e = rows->start[item]; e < rows->start[item + 1]; e++)
        if (rows->column[e] < learnt) sum += rows->value[e];
    for (int64_t e = rows->start[item]; e < rows->start[item + 1]; e++) {
        if (rows->column[e] >= learnt) continue;
        const float share = (float)(rows->value[e] / sum);
        const float *row = als->item + (int64_t)rows->column[e] * als->factors;
        for (int32_t a = 0; a < als->factors; a++) out[a] += share * row[a];
    }
}

static int items_factors(psn_rec_member *member, const items_pairs *pairs, int32_t items,
                         int32_t learnt, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_als *from = member->als;
    const size_t n = (size_t)from->factors;
    psn_als *made = psn_alloc_zero(1, sizeof *made);
    PSN_NEED(made);
    *made = *from;
    made->items = items;
    made->gram = NULL;
    PSN_NEED(made->item = psn_alloc_aligned((size_t)items * n, sizeof *made->item));
    memcpy(made->item, from->item, (size_t)learnt * n * sizeof *made->item);
    for (int32_t i = learnt; i < items; i++)
        items_factor(made->item + (size_t)i * n, from, pairs, i, learnt);
    member->als = made;
    member->mips = NULL; /* those of the old model; made again for this one */
    member->mean = NULL;
    made = NULL;
done:
    psn_als_free(made);
    return rc;
}

/* ---- all */

static int items_open(items_walk *walk, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t longest = 1;
    const psn_rec_log *log = walk->log;
    const size_t items = (size_t)walk->engine->items + 1;
    for (int64_t r = 0; r < log->users; r++)
        if (log->start[r + 1] - log->start[r] > longest)
            longest = log->start[r + 1] - log->start[r];
    PSN_NEED(walk->seen = psn_alloc_zero(items, sizeof *walk->seen));
    PSN_NEED(walk->at = psn_alloc((size_t)longest, sizeof *walk->at));
    for (int w = 0; w < NEAR_WAYS; w++)
        PSN_NEED(walk->way[w].all = psn_alloc_zero(items, sizeof(double)));
done:
    return rc;
}

static void items_close(items_walk *walk)
{
    for (int w = 0; w < NEAR_WAYS; w++) {
        psn_release(walk->way[w].from);
        psn_release(walk->way[w].to);
        psn_release(walk->way[w].value);
        psn_release(walk->way[w].all);
        psn_sparse_free(walk->way[w].rows);
    }
    psn_release(walk->seen);
    psn_release(walk->at);
}

static int items_members(psn_rec_growing *grow, const items_walk *walk,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_engine *engine = &grow->to->engine;
    const int32_t items = engine->items, learnt = engine->learnt_items;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        psn_rec_member *member = engine->member + m;
        if (m == PSN_REC_CONTENT && member->weights)
            PSN_TRY(psn_rec_update_alike(&member->added, grow, error));
        else if (member->weights)
            PSN_TRY(items_weights(member, walk->way + items_way(m), learnt, error));
        else if (member->als)
            PSN_TRY(items_factors(member, walk->way + NEAR_BESIDE, items, learnt, error));
    }
done:
    return rc;
}

int psn_rec_update_items(psn_rec_growing *grow, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_engine *engine = &grow->to->engine;
    items_walk walk = {.log = &grow->to->log, .engine = engine, .mode = grow->to->mode};
    if (engine->items == engine->learnt_items) return PERSONA_OK;
    PSN_TRY(items_open(&walk, error));
    PSN_TRY(items_walk_all(&walk, error));
    for (int w = 0; w < NEAR_WAYS; w++)
        PSN_TRY(items_rows(walk.way + w, engine->items, error));
    PSN_TRY(items_members(grow, &walk, error));
done:
    items_close(&walk);
    return rc;
}
