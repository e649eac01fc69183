/* recommend_fit_matrix.c: rows of events as the matrices that learners take. `learns` (or
 * NULL) tells which events they may see. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/recommend/recommend_fit.h"

#include <string.h>

static int matrix_counts(const psn_rec_rows *rows, int64_t e, const uint8_t *learns)
{
    return (learns == NULL || learns[e]) && rows->weight[e] > 0;
}

/* Rows oldest first; a row ends where its session does. */
int psn_rec_fit_sequences(psn_sparse **out, const psn_rec_fitting *fit,
                          const uint8_t *learns, persona_error *error)
{
    const psn_rec_rows *rows = &fit->rows;
    const psn_rec_log log = {.users = rows->rows,
                             .start = rows->start,
                             .item = rows->item,
                             .weight = rows->weight,
                             .session = rows->session,
                             .rank = rows->rank};
    return psn_rec_log_sequences(out, &log, fit->items, learns, error);
}

/* The largest weight of each kind, added; what does not stay above 0 is left out. */
int psn_rec_fit_profile(psn_sparse **out, const psn_rec_fitting *fit,
                        const uint8_t *learns, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_rows *rows = &fit->rows;
    psn_sparse *loose = NULL, *made = NULL;
    int64_t at = 0;
    float *of_kind =
        psn_alloc_zero((size_t)fit->items + 1, PSN_REC_KINDS * sizeof *of_kind);
    *out = NULL;
    PSN_NEED(of_kind);
    PSN_TRY(psn_sparse_new(&loose, rows->rows, fit->items, rows->events, 1, error));
    for (int64_t r = 0; r < rows->rows; r++) {
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
            if (learns && !learns[e]) continue;
            /* What an event adds to the largest so far of its kind. */
            float *most =
                of_kind + (int64_t)rows->item[e] * PSN_REC_KINDS + rows->kind[e];
            const float weight = rows->weight[e];
            if (weight > 0 ? weight <= *most : *most < 0) continue;
            loose->column[at] = rows->item[e];
            loose->value[at++] = weight - *most;
            *most = weight;
        }
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++)
            memset(of_kind + (int64_t)rows->item[e] * PSN_REC_KINDS, 0,
                   PSN_REC_KINDS * sizeof *of_kind);
        loose->start[r + 1] = at;
    }
    PSN_TRY(psn_sparse_collapse(&made, loose, 0, error));
    at = 0;
    for (int64_t r = 0, e = 0; r < made->rows; r++) {
        for (; e < made->start[r + 1]; e++)
            if (made->value[e] > 0) {
                made->column[at] = made->column[e];
                made->value[at++] = made->value[e];
            }
        made->start[r + 1] = at;
    }
    *out = made;
    made = NULL;
done:
    psn_release(of_kind);
    psn_sparse_free(loose);
    psn_sparse_free(made);
    return rc;
}

/* ---- baskets */

static int64_t matrix_basket(const psn_rec_fitting *fit, int64_t e, int64_t r,
                             int64_t first)
{
    const psn_rec_rows *rows = &fit->rows;
    if (fit->order) return rows->order[e];
    if (fit->times == PSN_REC_MOMENTS && fit->mode != PSN_REC_SESSIONS &&
        fit->session == NULL)
        return e > rows->start[r] && rows->time[e] == rows->time[e - 1] ? first : e;
    return rows->session[e] + r;
}

/* What was bought (or wanted) at once: orders, else the same moment, else a session. NULL
 * where nothing tells. */
int psn_rec_fit_baskets(psn_sparse **out, const psn_rec_fitting *fit,
                        const uint8_t *learns, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_rec_rows *rows = &fit->rows;
    psn_sparse *made = NULL;
    int64_t at = 0, row = 0;
    *out = NULL;
    if (!fit->order && fit->times != PSN_REC_MOMENTS && fit->mode != PSN_REC_SESSIONS &&
        !fit->session)
        return PERSONA_OK;
    PSN_TRY(psn_sparse_new(&made, rows->events + rows->rows, fit->items, rows->events, 0,
                           error));
    for (int64_t r = 0; r < rows->rows; r++) {
        int64_t first = rows->start[r], before = -1;
        for (int64_t e = rows->start[r]; e < rows->start[r + 1]; e++) {
            const int64_t basket = matrix_basket(fit, e, r, first);
            if (e > rows->start[r] && basket != before) made->start[++row] = at;
            if (basket == e) first = e;
            before = basket;
            if (!matrix_counts(rows, e, learns) ||
                !fit->model->engine.kind[rows->kind[e]].wanted)
                continue;
            made->column[at++] = rows->item[e];
        }
        made->start[++row] = at;
    }
    made->rows = row;
    PSN_TRY(psn_sparse_collapse(out, made, 1, error));
done:
    psn_sparse_free(made);
    return rc;
}
