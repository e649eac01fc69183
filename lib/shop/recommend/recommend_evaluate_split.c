/* recommend_evaluate_split.c: from the table of events to what is learnt from and what is
 * asked.
 *
 * Roles, ids, times, kinds and what order is worth are those that a fit of the whole
 * table finds; the part is told so, since a part may look unlike the whole. By itself the
 * split goes by time wherever there is a time: an event that is left out of the middle
 * lets learners look at what others did after it. Orders (else events of one moment) are
 * left out whole. Where positions begin anew with each kind nothing is known of the order
 * between kinds: then the kinds that are predicted come last. */
#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"
#include "shop/recommend/recommend_evaluate.h"
#include "shop/settings.h"

#include <string.h>

/* ---- the kind of split */

static int32_t split_auto(const psn_rec_fitting *whole)
{
    if (whole->mode == PSN_REC_SESSIONS) return PSN_SPLIT_ROWS;
    if (whole->times == PSN_REC_MOMENTS) return PSN_SPLIT_TIME;
    return whole->mode == PSN_REC_SETS && whole->times != PSN_REC_KIND_POSITIONS
               ? PSN_SPLIT_RANDOM
               : PSN_SPLIT_LAST;
}

static int split_kind(psn_rec_evaluation *work, persona_error *error)
{
    static const char *const names[PSN_SPLIT_KINDS] = {"last", "time", "session",
                                                       "random"};
    const char *name = EVALUATE_TEXT(work, "split");
    work->kind = split_auto(&work->whole);
    for (int32_t k = 0; k < PSN_SPLIT_KINDS; k++)
        if (strcmp(names[k], name) == 0) work->kind = k;
    if (work->kind == PSN_SPLIT_TIME && work->whole.times != PSN_REC_MOMENTS)
        return psn_fail(error, PERSONA_EOPTION,
                        "split=time: there is no column of times (column.time=...)");
    return PERSONA_OK;
}

/* ---- events in the order of rows */

/* Rows of the split: users, or by their newest event where the newest are asked. */
static int64_t split_place(const psn_rec_evaluation *work, int64_t user)
{
    return work->kind == PSN_SPLIT_ROWS ? work->whole.rows.rank[user] : user;
}

static double split_when(const psn_rec_fitting *whole, int64_t row)
{
    const double last = 1e16 * whole->model->engine.kind[whole->kind[row]].wanted;
    const double time = whole->time ? (double)whole->time[row] : 0;
    return whole->times == PSN_REC_KIND_POSITIONS ? time + last : time;
}

static int split_count(psn_rec_evaluation *work, persona_error *error)
{
    int rc;
    const psn_rec_fitting *whole = &work->whole;
    int64_t events = 0;
    for (int64_t i = 0; i < whole->count; i++)
        events += whole->user[i] >= 0 && whole->item[i] >= 0;
    PSN_TRY(
        psn_sparse_new(&work->sequences, whole->users, whole->items, events, 0, error));
    PSN_NEED(work->row = psn_alloc((size_t)events + 1, sizeof *work->row));
    PSN_NEED(work->user = psn_alloc((size_t)whole->users + 1, sizeof *work->user));
    int64_t *start = work->sequences->start;
    for (int64_t i = 0; i < whole->count; i++)
        if (whole->user[i] >= 0 && whole->item[i] >= 0)
            start[split_place(work, whole->user[i]) + 1]++;
    for (int64_t r = 0; r < whole->users; r++) {
        start[r + 1] += start[r];
        work->user[split_place(work, r)] = r;
    }
done:
    return rc;
}

/* The events of a row by time; of one moment as they are in the table. */
static void split_sort_row(psn_rec_evaluation *work, int64_t from, int64_t to,
                           double *when, int64_t *order, int64_t *spare)
{
    for (int64_t e = from; e < to; e++)
        when[e - from] = split_when(&work->whole, work->row[e]);
    psn_sort_order(order, when, to - from);
    memcpy(spare, work->row + from, (size_t)(to - from) * sizeof *spare);
    for (int64_t i = 0; i < to - from; i++) work->row[from + i] = spare[order[i]];
}

static int split_gather(psn_rec_evaluation *work, persona_error *error)
{
    int rc;
    double *when = NULL;
    int64_t *order = NULL, *spare = NULL, *at = NULL;
    PSN_TRY(split_count(work, error));
    const psn_rec_fitting *whole = &work->whole;
    psn_sparse *sequences = work->sequences;
    const size_t rows = (size_t)sequences->rows;
    const size_t events = (size_t)sequences->start[rows] + 1;
    PSN_NEED(when = psn_alloc(events, sizeof *when));
    PSN_NEED(order = psn_alloc(events, sizeof *order));
    PSN_NEED(spare = psn_alloc(events, sizeof *spare));
    PSN_NEED(at = psn_alloc(rows + 1, sizeof *at));
    memcpy(at, sequences->start, rows * sizeof *at);
    for (int64_t i = 0; i < whole->count; i++)
        if (whole->user[i] >= 0 && whole->item[i] >= 0)
            work->row[at[split_place(work, whole->user[i])]++] = i;
    for (size_t r = 0; r < rows; r++)
        split_sort_row(work, sequences->start[r], sequences->start[r + 1], when, order,
                       spare);
    for (size_t e = 0; e + 1 < events; e++)
        sequences->column[e] = whole->item[work->row[e]];
done:
    psn_release(when);
    psn_release(order);
    psn_release(spare);
    psn_release(at);
    return rc;
}

/* ---- the split */

/* Numbers of baskets; NULL where events are alone. */
static int split_baskets(int32_t **out, const psn_rec_evaluation *work,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_fitting *whole = &work->whole;
    const int64_t events = work->sequences->start[work->sequences->rows];
    int32_t number = 0;
    *out = NULL;
    if (whole->order == NULL && whole->times != PSN_REC_MOMENTS) return PERSONA_OK;
    int32_t *basket = psn_alloc((size_t)events + 1, sizeof *basket);
    PSN_NEED(basket);
    for (int64_t e = 0; e < events; e++) {
        const int64_t row = work->row[e], before = e > 0 ? work->row[e - 1] : row;
        const int same = whole->order ? whole->order[row] == whole->order[before]
                                      : whole->time[row] == whole->time[before];
        if (!same || e == 0) number++;
        basket[e] = number;
    }
    *out = basket;
done:
    return rc;
}

static int split_cut(psn_rec_evaluation *work, const int64_t *times,
                     const uint8_t *target, const int32_t *basket, persona_error *error)
{
    int none;
    psn_split_options options;
    psn_split_defaults(&options, work->kind);
    const double share = EVALUATE_REAL(work, "share", &none);
    if (!none && work->kind == PSN_SPLIT_LAST)
        return psn_settings_useless(error, "share", "split=last leaves out one each");
    if (!none) options.share = share;
    options.cases = EVALUATE_INT(work, "cases");
    options.seed = (uint64_t)EVALUATE_INT(work, "split_seed");
    options.basket = basket;
    return psn_split_new(&work->split, work->sequences, times, target, &options, error);
}

static int split_all(psn_rec_evaluation *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_fitting *whole = &work->whole;
    const int64_t events = work->sequences->start[work->sequences->rows];
    int32_t *basket = NULL;
    int64_t *times = psn_alloc((size_t)events + 1, sizeof *times);
    uint8_t *target = psn_alloc((size_t)events + 1, 1);
    PSN_NEED(times);
    PSN_NEED(target);
    for (int64_t e = 0; e < events; e++) {
        times[e] = whole->time ? whole->time[work->row[e]] : 0;
        target[e] = (uint8_t)whole->model->engine.kind[whole->kind[work->row[e]]].wanted;
    }
    PSN_TRY(split_baskets(&basket, work, error));
    PSN_TRY(split_cut(work, times, target, basket, error));
    if (work->split->cases == 0)
        PSN_FAIL(error, PERSONA_EDATA,
                 "the table has too few events to leave some out and ask for them");
done:
    psn_release(times);
    psn_release(target);
    psn_release(basket);
    return rc;
}

/* ---- what the fit gets */

static int split_part(psn_rec_evaluation *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t events = work->sequences->start[work->sequences->rows];
    const size_t rows = (size_t)work->whole.count + 1;
    int64_t count = 0, *kept = psn_alloc(rows, sizeof *kept);
    uint8_t *learns = psn_alloc_zero(rows, 1);
    PSN_NEED(kept);
    PSN_NEED(learns);
    for (int64_t e = 0; e < events; e++) learns[work->row[e]] = work->split->train[e];
    for (int64_t i = 0; i < work->whole.count; i++)
        if (learns[i]) kept[count++] = i;
    PSN_TRY(psn_table_select(&work->part, work->whole.table, kept, count, error));
done:
    psn_release(kept);
    psn_release(learns);
    return rc;
}

static int split_params(psn_rec_evaluation *work, persona_error *error)
{
    int rc;
    const psn_rec_fitting *whole = &work->whole;
    PSN_TRY(psn_params_new(&work->fit, &psn_recommend_fit_schema, error));
    for (size_t o = 0; o < psn_recommend_fit_schema.count; o++)
        PSN_TRY(psn_settings_copy(work->fit, whole->params, &psn_recommend_fit_schema,
                                  psn_recommend_fit_schema.options[o].name, error));
    for (int r = 0; r < PSN_REC_ROLES; r++) {
        char name[64];
        psn_format(name, sizeof name, "column.%s", psn_recommend_roles.names[r]);
        const char *column = whole->column[r] < 0
                                 ? "none"
                                 : psn_table_column(whole->table, whole->column[r])->name;
        PSN_TRY(psn_params_set_text(work->fit, name, column, PERSONA_NUL, error));
    }
    PSN_TRY(psn_params_set_text(work->fit, "order",
                                whole->mode == PSN_REC_SETS ? "none" : "time",
                                PERSONA_NUL, error));
done:
    return rc;
}

int psn_rec_evaluate_split(psn_rec_evaluation *work, persona_error *error)
{
    int rc;
    psn_rec_fitting *whole = &work->whole;
    PSN_TRY(psn_rec_fit_roles(whole, error));
    PSN_TRY(psn_rec_fit_events(whole, error));
    PSN_TRY(psn_rec_fit_rows(whole, error));
    PSN_TRY(psn_rec_fit_meaning(whole, error));
    PSN_TRY(split_kind(work, error));
    PSN_TRY(split_gather(work, error));
    psn_rec_rows_clear(&whole->rows);
    PSN_TRY(split_all(work, error));
    PSN_TRY(split_part(work, error));
    PSN_TRY(split_params(work, error));
done:
    return rc;
}
