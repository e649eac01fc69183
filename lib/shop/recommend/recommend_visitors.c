/* recommend_visitors.c: a table of users to serve, or of events of users and sessions, as
 * visitors. Columns are found as in the fit; items that the model does not know are
 * skipped, kinds that it does not know are those that it calls "other" (or the plain
 * one). Pieces sent back and seconds looked at weigh as in the fit. Events of a visitor
 * are ordered by time, equal ones as in the table. */
#include "shop/recommend/recommend_visitors.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/group.h"
#include "data/name.h"
#include "math/order.h"
#include "shop/recommend/recommend_query.h"
#include "shop/recommend/recommend_read.h"

#include <math.h>
#include <string.h>

typedef struct visitors_table {
    const persona_recommender *model;
    const persona_table *table;
    int64_t column[PSN_REC_ROLES];
    int32_t *visitor; /* of each row; -1 = missing */
    int64_t *item;    /* of each row; -1 = unknown */
    int32_t *kind;
    int64_t *time;
    int32_t times;
} visitors_table;

void psn_rec_visitors_close(psn_rec_visitors *visitors)
{
    psn_dict_free(visitors->owned);
    psn_release(visitors->start);
    psn_release(visitors->item);
    psn_release(visitors->kind);
    psn_release(visitors->time);
    psn_release(visitors->weight);
    memset(visitors, 0, sizeof *visitors);
}

/* ---- columns to numbers of the model */

static int visitors_items(visitors_table *of, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *ids = NULL;
    int64_t *known = NULL;
    const size_t rows = (size_t)of->table->rows;
    int32_t *codes = psn_alloc(rows, sizeof *codes);
    PSN_NEED(codes);
    PSN_NEED(of->item = psn_alloc(rows, sizeof *of->item));
    PSN_TRY(psn_table_encode(of->table, of->column[PSN_REC_ITEM], codes, &ids, error));
    PSN_NEED(known = psn_alloc((size_t)psn_dict_count(ids), sizeof *known));
    for (int64_t i = 0; i < psn_dict_count(ids); i++) {
        size_t length;
        const char *id = psn_dict_text(ids, i, &length);
        known[i] = psn_dict_find(of->model->items, id, length);
    }
    for (size_t row = 0; row < rows; row++)
        of->item[row] = codes[row] < 0 ? -1 : known[codes[row]];
done:
    psn_dict_free(ids);
    psn_release(known);
    psn_release(codes);
    return rc;
}

static int32_t visitors_kind_of(const psn_rec_engine *engine, const char *name,
                                size_t length)
{
    int32_t other = psn_rec_plain_kind(engine);
    for (int32_t k = 0; k < engine->kinds; k++) {
        const char *known = engine->kind[k].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) return k;
        if (strcmp(known, "other") == 0) other = k;
    }
    return other;
}

static int visitors_kinds(visitors_table *of, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *names = NULL;
    const size_t rows = (size_t)of->table->rows;
    const psn_rec_engine *engine = &of->model->engine;
    if (of->column[PSN_REC_KIND] < 0 || engine->kinds < 2) return PERSONA_OK;
    PSN_NEED(of->kind = psn_alloc(rows, sizeof *of->kind));
    PSN_TRY(
        psn_table_encode(of->table, of->column[PSN_REC_KIND], of->kind, &names, error));
    for (size_t row = 0; row < rows; row++) {
        size_t length = 0;
        const char *name =
            of->kind[row] < 0 ? "" : psn_dict_text(names, of->kind[row], &length);
        of->kind[row] = visitors_kind_of(engine, name, length);
    }
done:
    psn_dict_free(names);
    return rc;
}

static int visitors_events(visitors_table *of, persona_error *error)
{
    int rc;
    PSN_TRY(visitors_items(of, error));
    PSN_TRY(visitors_kinds(of, error));
    if (of->column[PSN_REC_TIME] >= 0)
        PSN_TRY(psn_rec_read_times(&of->time, &of->times,
                                   psn_table_column(of->table, of->column[PSN_REC_TIME]),
                                   of->table->rows, error));
done:
    return rc;
}

/* ---- rows to visitors */

typedef struct visitors_sort {
    double *when;
    int64_t *order;
} visitors_sort;

/* Rows of one visitor by time. */
static void visitors_order(const visitors_table *of, int64_t *rows, int64_t count,
                           visitors_sort *sort)
{
    for (int64_t i = 0; i < count; i++) sort->when[i] = (double)of->time[rows[i]];
    psn_sort_order(sort->order, sort->when, count);
    for (int64_t i = 0; i < count; i++) sort->order[i] = rows[sort->order[i]];
    memcpy(rows, sort->order, (size_t)count * sizeof *rows);
}

static int visitors_room(psn_rec_visitors *out, const visitors_table *of,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)of->table->rows;
    PSN_NEED(out->start = psn_alloc((size_t)out->count + 1, sizeof *out->start));
    PSN_NEED(out->item = psn_alloc(rows, sizeof *out->item));
    if (of->kind) PSN_NEED(out->kind = psn_alloc(rows, sizeof *out->kind));
    if (of->times == PSN_REC_MOMENTS)
        PSN_NEED(out->time = psn_alloc(rows, sizeof *out->time));
    if (of->column[PSN_REC_QUANTITY] >= 0 || of->column[PSN_REC_VALUE] >= 0)
        PSN_NEED(out->weight = psn_alloc(rows, sizeof *out->weight));
done:
    return rc;
}

/* As in the fit. */
static float visitors_weight(const visitors_table *of, int64_t row)
{
    const psn_rec_engine *engine = &of->model->engine;
    const int32_t kind = of->kind ? of->kind[row] : psn_rec_plain_kind(engine);
    return psn_rec_event_weight(engine, kind, of->table, of->column, row);
}

static int visitors_gather(psn_rec_visitors *out, const visitors_table *of,
                           persona_error *error)
{
    int rc;
    int64_t at = 0;
    psn_group group = {0};
    const size_t rows = (size_t)of->table->rows;
    visitors_sort sort = {psn_alloc(rows, sizeof(double)),
                          psn_alloc(rows, sizeof(int64_t))};
    PSN_NEED(sort.when);
    PSN_NEED(sort.order);
    PSN_TRY(visitors_room(out, of, error));
    PSN_TRY(psn_group_build(&group, of->visitor, of->table->rows, out->count, error));
    for (int64_t v = 0; v < out->count; v++) {
        int64_t *rows_of = group.order + group.starts[v];
        const int64_t count = group.starts[v + 1] - group.starts[v];
        if (of->time) visitors_order(of, rows_of, count, &sort);
        out->start[v] = at;
        for (int64_t i = 0; i < count; i++) {
            if (of->item[rows_of[i]] < 0) continue;
            out->item[at] = of->item[rows_of[i]];
            if (out->kind) out->kind[at] = of->kind[rows_of[i]];
            if (out->time) out->time[at] = of->time[rows_of[i]];
            if (out->weight) out->weight[at] = visitors_weight(of, rows_of[i]);
            at++;
        }
    }
    out->start[out->count] = at;
done:
    psn_group_free(&group);
    psn_release(sort.when);
    psn_release(sort.order);
    return rc;
}

static int visitors_of_table(psn_rec_visitors *out, visitors_table *of,
                             const persona_params *params, persona_error *error)
{
    int rc, given[PSN_REC_ROLES] = {0};
    PSN_TRY(psn_rec_read_roles(of->column, given, of->table, params, of->model->column,
                               error));
    int64_t who = of->column[PSN_REC_USER];
    if (who < 0) who = of->column[PSN_REC_SESSION_ROLE];
    if (who < 0)
        PSN_TRY(psn_name_missing(
            of->table, "no column for role user or session (column.user=...)", error));
    PSN_NEED(of->visitor = psn_alloc((size_t)of->table->rows, sizeof *of->visitor));
    PSN_TRY(psn_table_encode(of->table, who, of->visitor, &out->owned, error));
    out->ids = out->owned;
    out->count = psn_dict_count(out->owned);
    if (of->column[PSN_REC_ITEM] < 0) goto done;
    PSN_TRY(visitors_events(of, error));
    PSN_TRY(visitors_gather(out, of, error));
done:
    return rc;
}

int psn_rec_visitors_open(psn_rec_visitors *out, const persona_recommender *model,
                          const persona_table *table, const persona_params *params,
                          persona_error *error)
{
    visitors_table of = {.model = model, .table = table};
    memset(out, 0, sizeof *out);
    if (table == NULL) {
        out->ids = model->users;
        out->count = model->log.users;
        return PERSONA_OK;
    }
    const int rc = visitors_of_table(out, &of, params, error);
    psn_release(of.visitor);
    psn_release(of.item);
    psn_release(of.kind);
    psn_release(of.time);
    return rc;
}
