/* recommend_query_case.c: the history that is scored: what is stored of a user, then what
 * the query brings, then the cart; the newest `limit` events.
 *
 * A host that sends a user's whole list, or its newest part again, must not count it
 * twice. With times, events that are not newer than the newest stored one are skipped;
 * without, the longest beginning of what is bound that ends what is stored (by the prefix
 * function of Knuth, Morris and Pratt: O(bound)). */
#include "shop/recommend/recommend_query.h"

typedef struct case_stored {
    int64_t first, count;
    int64_t newest; /* INT64_MIN = unknown */
} case_stored;

uint8_t psn_rec_plain_kind(const psn_rec_engine *engine)
{
    for (int32_t k = 0; k < engine->kinds; k++)
        if (engine->kind[k].role != PSN_REC_ROLE_RETURN) return (uint8_t)k;
    return 0;
}

static uint8_t case_cart_kind(const psn_rec_engine *engine)
{
    for (int32_t k = 0; k < engine->kinds; k++)
        if (engine->kind[k].role == PSN_REC_ROLE_CART) return (uint8_t)k;
    return psn_rec_plain_kind(engine);
}

static case_stored case_find_stored(const psn_rec_query *query)
{
    const psn_rec_log *log = &psn_rec_model_of(query)->log;
    case_stored stored = {0, 0, INT64_MIN};
    if (query->user < 0) return stored;
    stored.first = log->start[query->user];
    stored.count = log->start[query->user + 1] - stored.first;
    if (log->time && stored.count > 0)
        stored.newest = log->time[stored.first + stored.count - 1];
    return stored;
}

/* Bound event b is the same as bound event (or, log given, stored event) at. */
static int case_same(const psn_rec_bound *bound, int64_t b, const psn_rec_log *log,
                     int64_t at)
{
    const int32_t item = log ? log->item[at] : bound->item[at];
    const uint8_t kind = log ? log->kind[at] : bound->kind[at];
    return bound->item[b] == item && (!bound->kinds_known || bound->kind[b] == kind);
}

/* How many bound events the end of the stored history holds already. */
static int64_t case_overlap(psn_rec_query *query, const case_stored *stored)
{
    const psn_rec_bound *bound = &query->history;
    const psn_rec_log *log = &psn_rec_model_of(query)->log;
    int32_t *prefix = query->overlap;
    if (stored->count == 0 || bound->count == 0) return 0;
    prefix[0] = 0;
    for (int64_t i = 1; i < bound->count; i++) {
        int32_t length = prefix[i - 1];
        while (length > 0 && !case_same(bound, i, NULL, length))
            length = prefix[length - 1];
        prefix[i] = length + case_same(bound, i, NULL, length);
    }
    int64_t length = 0;
    const int64_t looked = stored->count < bound->count ? stored->count : bound->count;
    for (int64_t i = stored->count - looked; i < stored->count; i++) {
        while (length > 0 && (length == bound->count ||
                              !case_same(bound, length, log, stored->first + i)))
            length = prefix[length - 1];
        length += case_same(bound, length, log, stored->first + i);
    }
    return length;
}

static void case_add(psn_rec_query *query, int32_t item, uint8_t kind, float weight,
                     int64_t time)
{
    psn_rec_bound *merged = &query->merged;
    const int64_t at = merged->count++;
    merged->item[at] = item;
    merged->kind[at] = kind;
    merged->time[at] = time;
    query->weight[at] = weight;
}

/* The bound events that are new, and the cart, into `merged`; where their time is
 * unknown, it is that of the newest before. Returns the time of asking: that of the
 * newest event bound or known to the model. */
static int64_t case_add_bound(psn_rec_query *query, const case_stored *stored)
{
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const psn_rec_bound *bound = &query->history;
    const int by_time = bound->times_known && stored->newest != INT64_MIN;
    int64_t now = psn_rec_model_of(query)->newest, newest = stored->newest;
    const uint8_t cart = case_cart_kind(engine);
    for (int64_t e = by_time ? 0 : case_overlap(query, stored); e < bound->count; e++) {
        const int64_t time = bound->time[e];
        if (by_time && time != INT64_MIN && time <= stored->newest) continue;
        if (time > now) now = time;
        if (time > newest) newest = time;
        case_add(query, bound->item[e], bound->kind[e], bound->weight[e],
                 time == INT64_MIN ? newest : time);
    }
    for (int64_t i = 0; i < query->cart.count; i++)
        case_add(query, query->cart.item[i], cart, engine->kind[cart].weight, newest);
    return now;
}

static void case_shift(psn_rec_query *query, int64_t by)
{
    psn_rec_bound *merged = &query->merged;
    for (int64_t i = merged->count - 1; i >= 0; i--) {
        merged->item[i + by] = merged->item[i];
        merged->kind[i + by] = merged->kind[i];
        merged->time[i + by] = merged->time[i];
        query->weight[i + by] = query->weight[i];
    }
}

static void case_stored_only(psn_rec_history *out, const psn_rec_query *query,
                             const case_stored *stored)
{
    const psn_rec_log *log = &psn_rec_model_of(query)->log;
    const int64_t limit = query->asked.limit;
    const int64_t count = stored->count < limit ? stored->count : limit;
    const int64_t first = stored->first + stored->count - count;
    *out = (psn_rec_history){.count = count, .now = psn_rec_model_of(query)->newest};
    if (count == 0) return;
    out->item = log->item + first;
    out->kind = log->kind + first;
    out->weight = log->weight + first;
    out->time = log->time ? log->time + first : NULL;
}

static void case_whole(psn_rec_history *out, psn_rec_query *query)
{
    const psn_rec_log *log = &psn_rec_model_of(query)->log;
    const case_stored stored = case_find_stored(query);
    const int64_t limit = query->asked.limit;
    psn_rec_bound *merged = &query->merged;
    merged->count = 0;
    const int bound_timed = query->history.times_known && query->history.count > 0;
    const int64_t now = case_add_bound(query, &stored);
    if (merged->count == 0) {
        case_stored_only(out, query, &stored);
        return;
    }
    const int64_t added = merged->count, room = added < limit ? limit - added : 0;
    const int64_t kept = stored.count < room ? stored.count : room;
    if (kept > 0) case_shift(query, kept);
    merged->count = 0;
    for (int64_t e = stored.first + stored.count - kept; merged->count < kept; e++)
        case_add(query, log->item[e], log->kind[e], log->weight[e],
                 log->time ? log->time[e] : INT64_MIN);
    const int64_t all = kept + added, first = all > limit ? all - limit : 0;
    const int timed = log->time != NULL || bound_timed;
    *out = (psn_rec_history){.count = all - first,
                             .item = merged->item + first,
                             .kind = merged->kind + first,
                             .weight = query->weight + first,
                             .time = timed ? merged->time + first : NULL,
                             .now = now};
}

/* Items asked about: those liked or in the cart, else the newest of the visitor. */
static void case_items(psn_rec_history *out, psn_rec_query *query,
                       const psn_rec_bound *first, const psn_rec_bound *second)
{
    const psn_rec_bound *of = first->count > 0 ? first : second;
    const psn_rec_engine *engine = &psn_rec_model_of(query)->engine;
    const uint8_t kind = psn_rec_plain_kind(engine);
    if (of->count == 0) {
        case_whole(out, query);
        if (out->count == 0) return;
        out->item += out->count - 1;
        out->kind = NULL;
        out->time = NULL;
        out->count = 1;
    } else {
        *out = (psn_rec_history){.count = of->count, .item = of->item, .now = INT64_MIN};
    }
    for (int64_t i = 0; i < out->count; i++) {
        query->merged.kind[i] = kind;
        query->weight[i] = 1;
    }
    out->kind = query->merged.kind;
    out->weight = query->weight;
}

void psn_rec_case(psn_rec_history *out, psn_rec_query *query)
{
    if (query->asked.question == PSN_REC_ASK_SIMILAR)
        case_items(out, query, &query->like, &query->cart);
    else if (query->asked.question == PSN_REC_ASK_TOGETHER)
        case_items(out, query, &query->cart, &query->like);
    else
        case_whole(out, query);
}
