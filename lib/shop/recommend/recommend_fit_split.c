/* recommend_fit_split.c: the part of the data on which members are chosen and weighed,
 * cut out of what the fit was given.
 *
 *   sessions   the newest tenth of the rows; every beginning of a session is a case, the
 *              next wanted event its truth
 *   sequences  the last wanted event of a row (with moments: all that came at that
 * moment) is true, what was before it the history; of rows drawn evenly, with moments the
 * newest sets       a tenth of the wanted items of rows drawn evenly, at random; the rest
 * of the row is the history. Kinds counted apart: one wanted event, likewise
 *
 * At most a twentieth of the events are taken away from the learners in this way
 * (sessions: a tenth), so that what is measured is nearly what the whole model will be.
 */
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "math/order.h"
#include "shop/recommend/recommend_fit.h"

#include <string.h>

enum { SPLIT_DRAW_ROWS = 0x72650001, SPLIT_DRAW_CASES, SPLIT_DRAW_ITEMS };
enum { SPLIT_CASES = 20000, SPLIT_SETS = 6000, SPLIT_SHARE = 20, SPLIT_NEWEST = 10 };

typedef struct split_maker {
    psn_rec_fitting *fit;
    psn_rec_split *split;
    int64_t room_cases, room_truth, room_events, truths, events;
    int64_t *order; /* rows (or cases) as they are drawn */
    uint32_t *seen; /* items: stamp of the case that lists it */
    uint32_t stamp;
} split_maker;

void psn_rec_split_clear(psn_rec_split *split)
{
    psn_release(split->learns);
    psn_release(split->history);
    psn_release(split->start);
    psn_release(split->truth);
    psn_release(split->item);
    psn_release(split->kind);
    psn_release(split->weight);
    psn_release(split->time);
    memset(split, 0, sizeof *split);
}

int psn_rec_split_true(const psn_rec_split *split, int64_t c, int32_t item)
{
    int64_t low = split->start[c], high = split->start[c + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (split->truth[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < split->start[c + 1] && split->truth[low] == item;
}

void psn_rec_fit_allow(const psn_rec_fitting *fit, int64_t c, uint64_t *words)
{
    const psn_rec_engine *engine = &fit->model->engine;
    const psn_rec_history *history = fit->split.history + c;
    memset(words, 0xff, ((size_t)fit->items / 64 + 1) * sizeof *words);
    for (int64_t e = 0; e < history->count; e++)
        if (engine->kind[history->kind[e]].hides)
            words[history->item[e] >> 6] &= ~((uint64_t)1 << (history->item[e] & 63));
}

/* 0 .. count - 1 in random order. */
static void split_shuffle(int64_t *order, int64_t count, uint64_t seed, uint32_t purpose)
{
    psn_random random;
    psn_random_start(&random, seed, purpose, 0);
    for (int64_t i = 0; i < count; i++) order[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t j = psn_random_below(&random, i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

static int split_wanted(const psn_rec_fitting *fit, int64_t e)
{
    return fit->model->engine.kind[fit->rows.kind[e]].wanted;
}

/* ---- truth */

static int split_add_truth(split_maker *maker, int32_t item, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_split *split = maker->split;
    if (maker->truths == maker->room_truth) {
        const int64_t room = maker->room_truth * 2 + 1024;
        int32_t *more = psn_resize(split->truth, (size_t)room, sizeof *more);
        PSN_NEED(more);
        split->truth = more;
        maker->room_truth = room;
    }
    int64_t at = maker->truths++;
    const int64_t first = split->start[split->count];
    for (; at > first && split->truth[at - 1] > item; at--)
        split->truth[at] = split->truth[at - 1];
    split->truth[at] = item;
done:
    return rc;
}

/* Stamps what the history hides; 1 if `item` may be true then. */
static void split_stamp(split_maker *maker, const psn_rec_history *history)
{
    const psn_rec_engine *engine = &maker->fit->model->engine;
    maker->stamp++;
    for (int64_t e = 0; e < history->count; e++)
        if (engine->kind[history->kind[e]].hides)
            maker->seen[history->item[e]] = maker->stamp;
}

static int split_try_truth(split_maker *maker, int32_t item, persona_error *error)
{
    if (maker->seen[item] == maker->stamp) return PERSONA_OK;
    maker->seen[item] = maker->stamp;
    return split_add_truth(maker, item, error);
}

/* Ends the case; it counts if anything is true. */
static void split_close_case(split_maker *maker, const psn_rec_history *history)
{
    psn_rec_split *split = maker->split;
    if (maker->truths == split->start[split->count] || history->count == 0) {
        maker->truths = split->start[split->count];
        return;
    }
    split->history[split->count] = *history;
    split->start[++split->count] = maker->truths;
}

static psn_rec_history split_stretch(const psn_rec_rows *rows, int64_t from, int64_t to)
{
    return (psn_rec_history){.count = to - from,
                             .item = rows->item + from,
                             .kind = rows->kind + from,
                             .weight = rows->weight + from,
                             .time = rows->time + from,
                             .now = INT64_MIN};
}

/* ---- sessions */

static int split_sessions(split_maker *maker, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_fitting *fit = maker->fit;
    const psn_rec_rows *rows = &fit->rows;
    const int64_t newest = rows->rows - rows->rows / SPLIT_NEWEST;
    int64_t ends = 0;
    int64_t *end = psn_alloc((size_t)rows->events + 1, 2 * sizeof *end);
    PSN_NEED(end);
    for (int64_t r = 0; r < rows->rows; r++) {
        if (rows->rank[r] < newest) continue;
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
            maker->split->learns[e] = 0;
            if (e == rows->start[r] || !split_wanted(fit, e)) continue;
            end[2 * ends] = rows->start[r];
            end[2 * ends++ + 1] = e;
        }
    }
    int64_t *order = psn_alloc((size_t)ends + 1, sizeof *order);
    PSN_NEED(order);
    split_shuffle(order, ends, fit->seed, SPLIT_DRAW_CASES);
    for (int64_t i = 0; i < ends && maker->split->count < SPLIT_CASES && rc == 0; i++) {
        const int64_t from = end[2 * order[i]], to = end[2 * order[i] + 1];
        psn_rec_history history = split_stretch(rows, from, to);
        history.now = rows->time[to];
        split_stamp(maker, &history);
        rc = split_try_truth(maker, rows->item[to], error);
        split_close_case(maker, &history);
    }
    psn_release(order);
done:
    psn_release(end);
    return rc;
}

/* ---- sequences */

static int split_last(split_maker *maker, int64_t r, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_fitting *fit = maker->fit;
    const psn_rec_rows *rows = &fit->rows;
    const int64_t first = rows->start[r];
    int64_t to = rows->start[r + 1] - 1;
    while (to > first && !split_wanted(fit, to)) to--;
    if (to <= first) return PERSONA_OK;
    int64_t from = to; /* all of that moment */
    while (fit->times == PSN_REC_MOMENTS && from > first &&
           rows->time[from - 1] == rows->time[to] && rows->time[to] != INT64_MIN)
        from--;
    if (from == first) return PERSONA_OK;
    psn_rec_history history = split_stretch(rows, first, from);
    history.now = rows->time[to];
    split_stamp(maker, &history);
    for (int64_t e = from; e <= to; e++)
        if (split_wanted(fit, e)) PSN_TRY(split_try_truth(maker, rows->item[e], error));
    const int64_t before = maker->split->count;
    split_close_case(maker, &history);
    if (maker->split->count > before)
        memset(maker->split->learns + from, 0, (size_t)(rows->start[r + 1] - from));
done:
    return rc;
}

static int split_sequences(split_maker *maker, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_fitting *fit = maker->fit;
    const psn_rec_rows *rows = &fit->rows;
    int64_t most = rows->events / SPLIT_SHARE;
    if (most > SPLIT_CASES) most = SPLIT_CASES;
    if (fit->times == PSN_REC_MOMENTS) { /* the newest, then in random order */
        int64_t from = rows->rows - 3 * most / 2, count = 0;
        for (int64_t i = 0; i < rows->rows; i++)
            if (rows->rank[maker->order[i]] >= from)
                maker->order[count++] = maker->order[i];
        for (int64_t i = 0; i < count && maker->split->count < most; i++)
            PSN_TRY(split_last(maker, maker->order[i], error));
    } else {
        for (int64_t i = 0; i < rows->rows && maker->split->count < most; i++)
            PSN_TRY(split_last(maker, maker->order[i], error));
    }
done:
    return rc;
}

/* ---- sets */

static int split_room_events(split_maker *maker, int64_t more, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_split *split = maker->split;
    const int64_t need = maker->events + more;
    if (need <= maker->room_events) return PERSONA_OK;
    const size_t room = (size_t)(need * 2 + 4096);
    void *bigger;
    PSN_NEED(bigger = psn_resize(split->item, room, sizeof *split->item));
    split->item = bigger;
    PSN_NEED(bigger = psn_resize(split->kind, room, sizeof *split->kind));
    split->kind = bigger;
    PSN_NEED(bigger = psn_resize(split->weight, room, sizeof *split->weight));
    split->weight = bigger;
    PSN_NEED(bigger = psn_resize(split->time, room, sizeof *split->time));
    split->time = bigger;
    maker->room_events = (int64_t)room;
done:
    return rc;
}

/* Hides every wanted event with a drawn item. kept: how many events stay; they are copied
 * behind what is there. */
static int64_t split_copy_rest(split_maker *maker, int64_t r, const uint8_t *drawn)
{
    const psn_rec_rows *rows = &maker->fit->rows;
    psn_rec_split *split = maker->split;
    const int64_t first = rows->start[r];
    int64_t at = maker->events;
    for (int64_t e = first; e < rows->start[r + 1]; e++) {
        if (drawn[e - first]) continue;
        split->item[at] = rows->item[e];
        split->kind[at] = rows->kind[e];
        split->weight[at] = rows->weight[e];
        split->time[at++] = rows->time[e];
    }
    return at - maker->events;
}

/* Draws wanted events: a tenth of them, at least one (kinds apart: one). */
static int64_t split_draw(const split_maker *maker, int64_t r, uint8_t *drawn)
{
    const psn_rec_fitting *fit = maker->fit;
    const psn_rec_rows *rows = &fit->rows;
    const int64_t first = rows->start[r], count = rows->start[r + 1] - first;
    int64_t wanted = 0, taken = 0;
    psn_random random;
    psn_random_start(&random, fit->seed, SPLIT_DRAW_ITEMS, (uint64_t)r);
    for (int64_t e = 0; e < count; e++) wanted += split_wanted(fit, first + e);
    int64_t need = wanted < 2                             ? 0
                   : fit->times == PSN_REC_KIND_POSITIONS ? 1
                   : wanted < 20                          ? 1
                                                          : wanted / 10;
    memset(drawn, 0, (size_t)count);
    for (int64_t e = 0, left = wanted; e < count && need > 0; e++) {
        if (!split_wanted(fit, first + e)) continue;
        if (psn_random_below(&random, left--) < need) {
            drawn[e] = 1;
            need--;
            taken++;
        }
    }
    return taken;
}

static int split_set(split_maker *maker, int64_t r, uint8_t *drawn, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_rows *rows = &maker->fit->rows;
    const int64_t first = rows->start[r], count = rows->start[r + 1] - first;
    if (split_draw(maker, r, drawn) == 0) return PERSONA_OK;
    PSN_TRY(split_room_events(maker, count, error));
    const int64_t kept = split_copy_rest(maker, r, drawn);
    psn_rec_split *split = maker->split;
    psn_rec_history history = {.count = kept,
                               .item = split->item + maker->events,
                               .kind = split->kind + maker->events,
                               .now = INT64_MIN};
    split_stamp(maker, &history);
    for (int64_t e = 0; e < count; e++)
        if (drawn[e]) PSN_TRY(split_try_truth(maker, rows->item[first + e], error));
    const int64_t before = split->count;
    split_close_case(maker, &history);
    if (split->count == before) return PERSONA_OK;
    for (int64_t e = 0; e < count; e++)
        if (drawn[e]) split->learns[first + e] = 0;
    maker->events += kept;
done:
    return rc;
}

/* Pointers into arrays that grew. */
static void split_settle(psn_rec_split *split)
{
    int64_t at = 0;
    for (int64_t c = 0; c < split->count; c++) {
        psn_rec_history *history = split->history + c;
        history->item = split->item + at;
        history->kind = split->kind + at;
        history->weight = split->weight + at;
        history->time = split->time + at;
        at += history->count;
    }
}

static int split_sets(split_maker *maker, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_fitting *fit = maker->fit;
    const psn_rec_rows *rows = &fit->rows;
    const int64_t limit = fit->times == PSN_REC_KIND_POSITIONS ? SPLIT_CASES : SPLIT_SETS;
    int64_t longest = 1;
    for (int64_t r = 0; r < rows->rows; r++)
        if (rows->start[r + 1] - rows->start[r] > longest)
            longest = rows->start[r + 1] - rows->start[r];
    uint8_t *drawn = psn_alloc((size_t)longest, 1);
    PSN_NEED(drawn);
    for (int64_t i = 0; i < rows->rows && maker->split->count < limit; i++) {
        if (maker->truths > rows->events / SPLIT_SHARE) break;
        PSN_TRY(split_set(maker, maker->order[i], drawn, error));
    }
    split_settle(maker->split);
done:
    psn_release(drawn);
    return rc;
}

int psn_rec_fit_split(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_split *split = &fit->split;
    const psn_rec_rows *rows = &fit->rows;
    split_maker maker = {.fit = fit, .split = split};
    const size_t cases = SPLIT_CASES + 1;
    PSN_NEED(split->learns = psn_alloc((size_t)rows->events + 1, 1));
    memset(split->learns, 1, (size_t)rows->events);
    PSN_NEED(split->history = psn_alloc_zero(cases, sizeof *split->history));
    PSN_NEED(split->start = psn_alloc_zero(cases + 1, sizeof *split->start));
    PSN_NEED(maker.seen = psn_alloc_zero((size_t)fit->items + 1, sizeof *maker.seen));
    PSN_NEED(maker.order = psn_alloc((size_t)rows->rows + 1, sizeof *maker.order));
    split_shuffle(maker.order, rows->rows, fit->seed, SPLIT_DRAW_ROWS);
    if (fit->mode == PSN_REC_SESSIONS)
        PSN_TRY(split_sessions(&maker, error));
    else if (fit->mode == PSN_REC_SETS || fit->times == PSN_REC_KIND_POSITIONS)
        PSN_TRY(split_sets(&maker, error));
    else
        PSN_TRY(split_sequences(&maker, error));
done:
    psn_release(maker.seen);
    psn_release(maker.order);
    return rc;
}
