/* recommend_update_log.c: histories grow. Of a user with new events the stored and the
 * new ones are merged by time (without moments the new ones come after), what is there
 * twice counts once, and the newest PSN_REC_EVENTS stay. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "math/elementary.h"
#include "math/order.h"
#include "shop/recommend/recommend_update.h"

#include <string.h>

#define UPDATE_DAY_MS 86400000.0

/* One event on its way into the new histories. */
typedef struct update_event {
    int32_t item;
    uint8_t kind;
    float weight;
    int64_t time, session;
} update_event;

typedef struct update_merge {
    psn_rec_growing *grow;
    const psn_rec_when *when; /* new events, starts of users */
    const int64_t *start;
    float fade;       /* of stored weights */
    int64_t *session; /* of each event of the user */
    int64_t at;
} update_merge;

static int update_log_room(psn_rec_log *log, const psn_rec_growing *grow,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_log *from = &grow->from->log;
    const size_t events = (size_t)(from->start[from->users] + grow->fit.count) + 1;
    const size_t users = (size_t)grow->fit.users + 1;
    PSN_NEED(log->start = psn_alloc_zero(users, sizeof *log->start));
    PSN_NEED(log->rank = psn_alloc(users, sizeof *log->rank));
    PSN_NEED(log->item = psn_alloc(events, sizeof *log->item));
    PSN_NEED(log->kind = psn_alloc(events, sizeof *log->kind));
    PSN_NEED(log->weight = psn_alloc(events, sizeof *log->weight));
    if (from->time) PSN_NEED(log->time = psn_alloc(events, sizeof *log->time));
    if (from->session) PSN_NEED(log->session = psn_alloc(events, sizeof *log->session));
    log->users = grow->fit.users;
done:
    return rc;
}

static update_event update_stored(const update_merge *merge, int64_t e)
{
    const psn_rec_log *from = &merge->grow->from->log;
    return (update_event){from->item[e], from->kind[e], from->weight[e] * merge->fade,
                          from->time ? from->time[e] : INT64_MIN,
                          from->session ? from->session[e] : 0};
}

/* Sessions of the table are after all that are stored. */
static update_event update_new(const update_merge *merge, int64_t n)
{
    const psn_rec_fitting *fit = &merge->grow->fit;
    const int64_t row = merge->when[n].row;
    return (update_event){fit->item[row], fit->kind[row], fit->weight[row],
                          fit->time ? fit->time[row] : INT64_MIN,
                          (int64_t)INT32_MAX + 1 +
                              (fit->session ? fit->session[row] : 0)};
}

/* The same item, kind and moment again is one event reported twice. */
static int update_twice(const psn_rec_log *log, const update_event *event, int64_t first,
                        int64_t at)
{
    if (log->time == NULL || event->time == INT64_MIN) return 0;
    for (int64_t e = at - 1; e >= first && e >= at - 8; e--)
        if (log->item[e] == event->item && log->kind[e] == event->kind &&
            log->time[e] == event->time)
            return 1;
    return 0;
}

static void update_put(update_merge *merge, const update_event *event, int64_t at,
                       int64_t first)
{
    psn_rec_log *log = &merge->grow->to->log;
    log->item[at] = event->item;
    log->kind[at] = event->kind;
    log->weight[at] = event->weight;
    if (log->time) log->time[at] = event->time;
    if (log->session) merge->session[at - first] = event->session;
}

/* The newest events stay; returns where the user ends. */
static int64_t update_cut(psn_rec_log *log, int64_t *session, int64_t first, int64_t at)
{
    const int64_t gone = at - first - PSN_REC_EVENTS;
    if (gone <= 0) return at;
    const size_t left = PSN_REC_EVENTS;
    memmove(log->item + first, log->item + first + gone, left * sizeof *log->item);
    memmove(log->kind + first, log->kind + first + gone, left * sizeof *log->kind);
    memmove(log->weight + first, log->weight + first + gone, left * sizeof *log->weight);
    if (log->time)
        memmove(log->time + first, log->time + first + gone, left * sizeof *log->time);
    if (log->session) memmove(session, session + gone, left * sizeof *session);
    return first + PSN_REC_EVENTS;
}

static void update_number_sessions(psn_rec_log *log, const int64_t *session,
                                   int64_t first, int64_t end)
{
    int32_t number = 0;
    for (int64_t e = first; log->session && e < end; e++) {
        number += e > first && session[e - first] != session[e - first - 1];
        log->session[e] = number;
    }
}

static void update_user(update_merge *merge, int64_t u)
{
    psn_rec_growing *grow = merge->grow;
    const psn_rec_log *from = &grow->from->log;
    psn_rec_log *log = &grow->to->log;
    const int64_t first = merge->at, known = u < from->users;
    int64_t old = known ? from->start[u] : 0, old_end = known ? from->start[u + 1] : 0;
    int64_t new = merge->start[u], new_end = merge->start[u + 1];
    const int touched = new < new_end;
    while (old < old_end || new < new_end) {
        const int stored =
            old < old_end && (new == new_end || from->time == NULL ||
                              from->time[old] <= grow->fit.time[merge->when[new].row]);
        const update_event event =
            stored ? update_stored(merge, old++) : update_new(merge, new ++);
        if (touched && !stored && update_twice(log, &event, first, merge->at)) {
            grow->twice++;
            continue;
        }
        update_put(merge, &event, merge->at++, first);
        grow->added += !stored;
    }
    if (touched) merge->at = update_cut(log, merge->session, first, merge->at);
    update_number_sessions(log, merge->session, first, merge->at);
    log->start[u + 1] = merge->at;
}

/* By the newest event; without moments users with new events come last, in the order in
 * which the table has them. */
static int update_rank(psn_rec_growing *grow, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_log *log = &grow->to->log;
    const psn_rec_log *from = &grow->from->log;
    double *when = psn_alloc((size_t)log->users + 1, sizeof *when);
    int64_t *order = psn_alloc((size_t)log->users + 1, sizeof *order);
    PSN_NEED(when);
    PSN_NEED(order);
    for (int64_t u = 0; u < log->users; u++)
        if (log->time)
            when[u] = log->start[u + 1] > log->start[u]
                          ? (double)log->time[log->start[u + 1] - 1]
                          : -1e300;
        else
            when[u] = u < from->users ? (double)from->rank[u] : 0;
    for (int64_t i = 0; log->time == NULL && i < grow->fit.count; i++)
        if (grow->fit.user[i] >= 0)
            when[grow->fit.user[i]] = (double)from->users + (double)i;
    psn_sort_order(order, when, log->users);
    for (int64_t i = 0; i < log->users; i++) log->rank[order[i]] = i;
done:
    psn_release(when);
    psn_release(order);
    return rc;
}

/* What option half_life was at the fit: days; 0 = none. */
static double update_half_life(const persona_recommender *from)
{
    const persona_table *options = from->options;
    const psn_column *name = psn_table_column(options, psn_table_find(options, "option"));
    const psn_column *value = psn_table_column(options, psn_table_find(options, "value"));
    for (int64_t i = 0; name && value && i < options->rows; i++) {
        const char *text;
        int64_t length;
        double days;
        psn_column_text(name, i, &text, &length);
        if (text == NULL || length != 9 || memcmp(text, "half_life", 9) != 0) continue;
        psn_column_text(value, i, &text, &length);
        if (text && psn_parse_real(text, (size_t)length, '.', &days) && days > 0)
            return days;
    }
    return 0;
}

/* All weights are as of the newest event. */
static float update_fade(psn_rec_growing *grow)
{
    psn_rec_fitting *fit = &grow->fit;
    const double days = update_half_life(grow->from);
    int64_t newest = grow->from->newest;
    for (int64_t i = 0; fit->time && grow->to->engine.timed && i < fit->count; i++)
        if (fit->user[i] >= 0 && fit->time[i] > newest) newest = fit->time[i];
    grow->to->newest = newest;
    if (days == 0 || !grow->to->engine.timed || newest == INT64_MIN) return 1;
    for (int64_t i = 0; i < fit->count; i++) {
        if (fit->time[i] == INT64_MIN) continue;
        const double age = ((double)newest - (double)fit->time[i]) / UPDATE_DAY_MS;
        fit->weight[i] *= (float)psn_exp(-age / days * 0.69314718055994531);
    }
    if (grow->from->newest == INT64_MIN) return 1;
    const double age = ((double)newest - (double)grow->from->newest) / UPDATE_DAY_MS;
    return (float)psn_exp(-age / days * 0.69314718055994531);
}

int psn_rec_update_log(psn_rec_growing *grow, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_when *when = NULL;
    update_merge merge = {.grow = grow};
    psn_rec_log *log = &grow->to->log;
    const psn_rec_log *from = &grow->from->log;
    int64_t longest = 1;
    int64_t *start = psn_alloc_zero((size_t)grow->fit.users + 2, sizeof *start);
    PSN_NEED(start);
    PSN_TRY(psn_rec_fit_gather(&when, start, &grow->fit, error));
    PSN_TRY(update_log_room(log, grow, error));
    for (int64_t u = 0; u < log->users; u++) {
        int64_t length = start[u + 1] - start[u];
        if (u < from->users) length += from->start[u + 1] - from->start[u];
        if (length > longest) longest = length;
    }
    PSN_NEED(merge.session = psn_alloc((size_t)longest, sizeof *merge.session));
    merge.when = when;
    merge.start = start;
    merge.fade = update_fade(grow);
    for (int64_t u = 0; u < log->users; u++) update_user(&merge, u);
    PSN_TRY(update_rank(grow, error));
    grow->to->events += grow->added;
done:
    psn_release(when);
    psn_release(start);
    psn_release(merge.session);
    return rc;
}
