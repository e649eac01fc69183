/* recommend_fit_rows.c: events as rows, one for each user (or session), oldest first, and
 * what the order is worth.
 *
 * Times may be moments, or only count positions in each user's list (0, 1, 2 ...), of all
 * events or of each kind. Lists of positions whose items mostly ascend by their ids were
 * sorted by somebody: such order says nothing, and learners of order are left out. Users
 * with an absurd number of events (crawlers) count with their newest only. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "math/order.h"
#include "shop/recommend/recommend_fit.h"

#include <string.h>

enum { ROWS_BOT_LEAST = 5000, ROWS_BOT_TIMES = 50 };
#define ROWS_SORTED 0.6 /* share of steps to a higher id that tells a sorted list */

void psn_rec_rows_clear(psn_rec_rows *rows)
{
    psn_release(rows->start);
    psn_release(rows->item);
    psn_release(rows->kind);
    psn_release(rows->weight);
    psn_release(rows->time);
    psn_release(rows->rank);
    psn_release(rows->session);
    psn_release(rows->order);
    memset(rows, 0, sizeof *rows);
}

/* Stable: by time, then by row of the table. Runs that are in order cost one look. */
static void rows_sort(psn_rec_when *events, psn_rec_when *spare, int64_t count)
{
    int sorted = 1;
    for (int64_t i = 1; i < count && sorted; i++)
        sorted = events[i - 1].time <= events[i].time;
    if (sorted) return;
    const int64_t half = count / 2;
    rows_sort(events, spare, half);
    rows_sort(events + half, spare + half, count - half);
    memcpy(spare, events, (size_t)count * sizeof *spare);
    int64_t a = 0, b = half;
    for (int64_t i = 0; i < count; i++)
        events[i] = b == count || (a < half && spare[a].time <= spare[b].time)
                        ? spare[a++]
                        : spare[b++];
}

int psn_rec_fit_gather(psn_rec_when **out, int64_t *starts, const psn_rec_fitting *fit,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_when *events = psn_alloc((size_t)fit->count + 1, sizeof *events);
    psn_rec_when *spare = psn_alloc((size_t)fit->count + 1, sizeof *spare);
    *out = NULL;
    PSN_NEED(events);
    PSN_NEED(spare);
    memset(starts, 0, ((size_t)fit->users + 2) * sizeof *starts);
    for (int64_t i = 0; i < fit->count; i++)
        if (fit->user[i] >= 0 && fit->item[i] >= 0) starts[fit->user[i] + 2]++;
    for (int64_t u = 0; u < fit->users; u++) starts[u + 2] += starts[u + 1];
    for (int64_t i = 0; i < fit->count; i++) {
        if (fit->user[i] < 0 || fit->item[i] < 0) continue;
        psn_rec_when *event = events + starts[fit->user[i] + 1]++;
        event->time = fit->time ? fit->time[i] : 0;
        event->row = i;
    }
    for (int64_t u = 0; u < fit->users; u++)
        rows_sort(events + starts[u], spare + starts[u], starts[u + 1] - starts[u]);
    *out = events;
    events = NULL;
done:
    psn_release(events);
    psn_release(spare);
    return rc;
}

static int64_t rows_bot_limit(const psn_rec_fitting *fit, const int64_t *starts,
                              double *lengths)
{
    for (int64_t u = 0; u < fit->users; u++)
        lengths[u] = (double)(starts[u + 1] - starts[u]);
    psn_sort_reals(lengths, fit->users);
    /* Of 100 users the second most active, and never the most active one himself. */
    int64_t place = (fit->users - 1) * 99 / 100;
    if (place > fit->users - 2) place = fit->users - 2;
    const double limit = place >= 0 ? lengths[place] * ROWS_BOT_TIMES : 0;
    return limit > ROWS_BOT_LEAST ? (int64_t)limit : ROWS_BOT_LEAST;
}

static int rows_room(psn_rec_rows *rows, const psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t events = (size_t)fit->count + 1;
    PSN_NEED(rows->start = psn_alloc_zero((size_t)fit->users + 2, sizeof *rows->start));
    PSN_NEED(rows->item = psn_alloc(events, sizeof *rows->item));
    PSN_NEED(rows->kind = psn_alloc(events, sizeof *rows->kind));
    PSN_NEED(rows->weight = psn_alloc(events, sizeof *rows->weight));
    PSN_NEED(rows->time = psn_alloc(events, sizeof *rows->time));
    PSN_NEED(rows->rank = psn_alloc((size_t)fit->users + 1, sizeof *rows->rank));
    PSN_NEED(rows->session = psn_alloc(events, sizeof *rows->session));
    if (fit->order) PSN_NEED(rows->order = psn_alloc(events, sizeof *rows->order));
done:
    return rc;
}

/* The same item, kind and moment again is one event reported twice. */
static int rows_twice(const psn_rec_rows *rows, const psn_rec_fitting *fit, int64_t first,
                      int64_t at, int64_t row)
{
    if (fit->times != PSN_REC_MOMENTS) return 0;
    for (int64_t e = at - 1; e >= first && e >= at - 8; e--)
        if (rows->item[e] == fit->item[row] && rows->kind[e] == fit->kind[row] &&
            rows->time[e] == fit->time[row])
            return 1;
    return 0;
}

static int rows_fill(psn_rec_fitting *fit, const psn_rec_when *events,
                     const int64_t *starts, int64_t limit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_rows *rows = &fit->rows;
    int64_t at = 0, twice = 0, cut = 0;
    for (int64_t u = 0; u < fit->users; u++) {
        int64_t from = starts[u];
        if (starts[u + 1] - from > limit) {
            from = starts[u + 1] - PSN_REC_EVENTS;
            cut++;
        }
        rows->start[u] = at;
        for (int64_t e = from; e < starts[u + 1]; e++) {
            const int64_t row = events[e].row;
            if (rows_twice(rows, fit, rows->start[u], at, row)) {
                twice++;
                continue;
            }
            rows->item[at] = fit->item[row];
            rows->kind[at] = fit->kind[row];
            rows->weight[at] = fit->weight[row];
            rows->time[at] = fit->time ? fit->time[row] : INT64_MIN;
            rows->session[at] = fit->session ? fit->session[row] : 0;
            if (fit->order) rows->order[at] = fit->order[row];
            at++;
        }
    }
    rows->start[fit->users] = at;
    rows->rows = fit->users;
    rows->events = at;
    fit->model->bots = cut;
    if (cut > 0)
        PSN_TRY(psn_model_note(&fit->model->base, "bots", "warning", cut, error,
                               "%lld users with more than %lld events each count with "
                               "their newest %d",
                               (long long)cut, (long long)limit, PSN_REC_EVENTS));
    if (twice > 0)
        PSN_TRY(psn_model_note(&fit->model->base, "duplicates", "info", twice, error,
                               "%lld events that are there twice count once",
                               (long long)twice));
done:
    return rc;
}

/* ---- what the order is worth */

static int rows_ascend(const psn_rec_fitting *fit, double *share, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_rows *rows = &fit->rows;
    int64_t up = 0, steps = 0;
    double *id = psn_alloc((size_t)fit->items + 1, sizeof *id);
    PSN_NEED(id);
    *share = 0;
    for (int32_t i = 0; i < fit->items; i++) {
        size_t length;
        int64_t number;
        const char *text = psn_dict_text(fit->model->items, i, &length);
        if (!psn_parse_int(text, length, &number)) goto done; /* ids are names */
        id[i] = (double)number;
    }
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t e = rows->start[r] + 1; e < rows->start[r + 1]; e++) {
            if (rows->item[e] == rows->item[e - 1]) continue;
            up += id[rows->item[e]] > id[rows->item[e - 1]];
            steps++;
        }
    *share = steps >= 100 ? (double)up / (double)steps : 0;
done:
    psn_release(id);
    return rc;
}

/* Positions that begin anew with each kind: no order between kinds. */
static int rows_positions_of_kinds(const psn_rec_fitting *fit)
{
    const psn_rec_rows *rows = &fit->rows;
    if (fit->times != PSN_REC_POSITIONS || fit->model->engine.kinds < 2) return 0;
    for (int64_t r = 0; r < rows->rows; r++) {
        int64_t next[PSN_REC_KINDS] = {0};
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++)
            if (rows->time[e] != next[rows->kind[e]]++) return 0;
    }
    return 1;
}

static void rows_rank_row(const psn_rec_fitting *fit, int64_t r, double *when)
{
    const psn_rec_rows *rows = &fit->rows;
    when[r] = (double)r;
    if (fit->times == PSN_REC_MOMENTS)
        when[r] = rows->start[r + 1] > rows->start[r]
                      ? (double)rows->time[rows->start[r + 1] - 1]
                      : -1e300;
}

/* Rows by their newest event; without moments in the order in which they came. */
static int rows_rank(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_rows *rows = &fit->rows;
    const size_t count = (size_t)rows->rows + 1;
    double *when = psn_alloc(count, sizeof *when);
    int64_t *order = psn_alloc(count, sizeof *order);
    PSN_NEED(when);
    PSN_NEED(order);
    for (int64_t r = 0; r < rows->rows; r++) rows_rank_row(fit, r, when);
    psn_sort_order(order, when, rows->rows);
    for (int64_t i = 0; i < rows->rows; i++) rows->rank[order[i]] = i;
done:
    psn_release(when);
    psn_release(order);
    return rc;
}

static int rows_mode(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    double share = 0;
    const char *order = REC_TEXT(fit, "order");
    fit->mode = fit->column[PSN_REC_USER] < 0 ? PSN_REC_SESSIONS : PSN_REC_SEQUENCES;
    if (rows_positions_of_kinds(fit)) fit->times = PSN_REC_KIND_POSITIONS;
    if (strcmp(order, "none") == 0) {
        fit->mode = PSN_REC_SETS;
    } else if (strcmp(order, "auto") == 0 && fit->times != PSN_REC_MOMENTS) {
        PSN_TRY(rows_ascend(fit, &share, error));
        if (share > ROWS_SORTED) {
            fit->mode = PSN_REC_SETS;
            PSN_TRY(psn_model_note(
                &fit->model->base, "sorted", "info", fit->rows.rows, error,
                "the lists of users are sorted by item id: their order is taken to say "
                "nothing (order=time says that it does)"));
        }
    }
done:
    return rc;
}

int psn_rec_fit_rows(psn_rec_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_when *events = NULL;
    int64_t *starts = psn_alloc((size_t)fit->users + 2, sizeof *starts);
    double *lengths = psn_alloc((size_t)fit->users + 1, sizeof *lengths);
    PSN_NEED(starts);
    PSN_NEED(lengths);
    PSN_TRY(psn_rec_fit_gather(&events, starts, fit, error));
    PSN_TRY(rows_room(&fit->rows, fit, error));
    PSN_TRY(rows_fill(fit, events, starts, rows_bot_limit(fit, starts, lengths), error));
    if (fit->rows.events == 0)
        PSN_FAIL(error, PERSONA_EDATA, "no event has both a user and an item");
    if (fit->rows.events < fit->count - fit->count / 100)
        PSN_TRY(psn_model_note(&fit->model->base, "events", "info", fit->rows.events,
                               error, "%lld of %lld rows are events that count",
                               (long long)fit->rows.events, (long long)fit->count));
    PSN_TRY(rows_mode(fit, error));
    PSN_TRY(rows_rank(fit, error));
done:
    psn_release(events);
    psn_release(starts);
    psn_release(lengths);
    return rc;
}
