/* fraud_table.c: every row of a table scored: probability, action, reasons.
 *
 * Chunks of rows on any thread; each row by the code of a single query, so that both say
 * the same. Reasons are texts of their chunk, joined at the end. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "data/table_flatten.h"
#include "math/elementary.h"
#include "shop/fraud/fraud_model.h"

enum { TABLE_CHUNK = 1024 };

typedef struct table_chunk_out {
    psn_text reasons; /* rows one after the other */
    int64_t bad_row;  /* -1: none is infinite */
    int32_t bad_input;
    int32_t failed; /* out of memory */
} table_chunk_out;

typedef struct table_job {
    psn_fraud_view view;
    psn_fraud_costs costs;
    int64_t rows;
    int32_t reasons, exact;
    int64_t *row, *reason_end; /* end within the chunk's text */
    double *probability;
    int32_t *action;
    table_chunk_out *chunk;
    int64_t chunks;
    size_t worker_doubles;
    double *room; /* worker_doubles for each worker */
    persona_task *task;
} table_job;

/* "amount 950 is high (odds x3.20)"; what makes them less than a tenth divides: "/250" */
static void table_reason(psn_text *out, const persona_fraud_scorer *model, int32_t f,
                         const psn_fraud_order_row *at)
{
    const double effect = at->effects[f] < -23  ? -23
                          : at->effects[f] > 23 ? 23
                                                : at->effects[f];
    const double odds = psn_exp(effect);
    psn_fraud_words(out, model, f, at->values, at->row);
    if (odds < 0.1)
        psn_text_format(out, " (odds /%.0f)", 1 / odds);
    else
        psn_text_format(out, odds >= 10 ? " (odds x%.0f)" : " (odds x%.2f)", odds);
}

static void table_reasons(psn_text *out, table_job *job, const psn_fraud_order_row *at,
                          double *scratch, int32_t *order)
{
    const persona_fraud_scorer *model = job->view.model;
    psn_fraud_effects(model, at->row, job->exact, scratch, at->effects);
    int32_t told = psn_fraud_order(model, at->effects, order);
    if (told > job->reasons) told = job->reasons;
    for (int32_t i = 0; i < told; i++) {
        if (i > 0) psn_text_append(out, "; ", 2);
        table_reason(out, model, order[i], at);
    }
}

static void table_row(table_job *job, table_chunk_out *out, int64_t row,
                      const psn_fraud_order_row *at, double *scratch, int32_t *order)
{
    const persona_fraud_scorer *model = job->view.model;
    const int32_t infinite = psn_fraud_view_row(&job->view, row, at->values);
    if (infinite >= 0) {
        out->bad_row = row;
        out->bad_input = infinite;
        return;
    }
    psn_fraud_features(model, at->values, at->row);
    const double p = psn_fraud_probability(model, psn_fraud_raw(model, at->row, scratch));
    job->row[row] = row;
    job->probability[row] = p;
    job->action[row] =
        psn_fraud_action(&job->costs, p, psn_fraud_amount(model, at->values));
    if (job->reasons == 0) return;
    table_reasons(&out->reasons, job, at, scratch, order);
    job->reason_end[row] = (int64_t)out->reasons.length;
}

static void table_chunk(void *context, int64_t chunk, int worker)
{
    table_job *job = context;
    const persona_fraud_scorer *model = job->view.model;
    table_chunk_out *out = job->chunk + chunk;
    double *scratch = job->room + (size_t)worker * job->worker_doubles;
    psn_fraud_order_row at;
    at.row = scratch + psn_fraud_scratch(model);
    at.effects = at.row + model->features;
    at.values = at.effects + model->features;
    int32_t *order = (int32_t *)(void *)(at.values + model->inputs);
    const int64_t first = chunk * TABLE_CHUNK;
    const int64_t end = job->rows - first < TABLE_CHUNK ? job->rows : first + TABLE_CHUNK;
    out->bad_row = -1;
    if (psn_task_check(job->task, (double)first / (double)job->rows, NULL) != PERSONA_OK)
        return;
    for (int64_t row = first; row < end && out->bad_row < 0; row++)
        table_row(job, out, row, &at, scratch, order);
}

static int table_run(table_job *job, int64_t threads, persona_error *error)
{
    int rc;
    psn_pool *pool = NULL;
    const persona_fraud_scorer *model = job->view.model;
    const size_t n = (size_t)job->rows;
    job->chunks = (job->rows + TABLE_CHUNK - 1) / TABLE_CHUNK;
    /* whole cache lines, so that every worker's scratch is aligned */
    job->worker_doubles = (psn_fraud_scratch(model) + 3 * (size_t)model->features +
                           (size_t)model->inputs + 7) /
                          8 * 8;
    PSN_TRY(psn_pool_open(&pool, threads, error));
    PSN_NEED(job->row = psn_alloc(n, sizeof *job->row));
    PSN_NEED(job->reason_end = psn_alloc_zero(n, sizeof *job->reason_end));
    PSN_NEED(job->probability = psn_alloc(n, sizeof *job->probability));
    PSN_NEED(job->action = psn_alloc(n, sizeof *job->action));
    PSN_NEED(job->chunk = psn_alloc_zero((size_t)job->chunks, sizeof *job->chunk));
    PSN_NEED(job->room = psn_alloc_aligned((size_t)psn_pool_workers(pool),
                                           job->worker_doubles * sizeof(double)));
    psn_pool_run(pool, job->chunks, table_chunk, job);
    PSN_TRY(psn_task_check(job->task, 1, error));
    for (int64_t c = 0; c < job->chunks; c++) {
        if (job->chunk[c].bad_row >= 0) {
            rc = psn_fraud_view_infinite(&job->view, job->chunk[c].bad_input,
                                         job->chunk[c].bad_row, error);
            goto done;
        }
        if (job->chunk[c].reasons.failed) PSN_NEED(NULL);
    }
done:
    psn_pool_close(pool);
    return rc;
}

/* ---- the result */

/* The order's id, else the user's, else the number of the row. */
static int table_ids(persona_table *out, const table_job *job, const persona_table *table,
                     persona_error *error)
{
    static const int roles[] = {PSN_FRAUD_ROLE_ORDER, PSN_FRAUD_ROLE_USER};
    int64_t at = PERSONA_NONE;
    for (int i = 0; i < 2 && at == PERSONA_NONE; i++) {
        const char *name = job->view.model->role[roles[i]];
        if (name) at = psn_table_find(table, name);
    }
    if (at == PERSONA_NONE)
        return psn_table_add(out, "id", PERSONA_TYPE_INT, job->row, NULL, job->rows,
                             error);
    return psn_table_add_column(out, "id", psn_table_column(table, at), job->rows, error);
}

static int table_reason_column(persona_table *out, const table_job *job,
                               persona_error *error)
{
    int rc = PERSONA_OK;
    psn_text all = {0};
    int64_t *offsets = psn_alloc((size_t)job->rows + 1, sizeof *offsets);
    PSN_NEED(offsets);
    offsets[0] = 0;
    for (int64_t c = 0; c < job->chunks; c++) {
        const int64_t first = c * TABLE_CHUNK, base = (int64_t)all.length;
        for (int64_t i = first; i < job->rows && i < first + TABLE_CHUNK; i++)
            offsets[i + 1] = base + job->reason_end[i];
        if (job->chunk[c].reasons.length > 0)
            psn_text_append(&all, job->chunk[c].reasons.bytes,
                            job->chunk[c].reasons.length);
    }
    PSN_NEED(all.failed ? NULL : offsets);
    PSN_TRY(psn_table_add_text(out, "reasons", all.bytes ? all.bytes : "", offsets, NULL,
                               job->rows, error));
done:
    psn_text_free(&all);
    psn_release(offsets);
    return rc;
}

static int table_result(persona_table **out, const table_job *job,
                        const persona_table *table, persona_error *error)
{
    int rc;
    static const char names[] = "acceptreviewblock";
    static const int64_t ends[] = {0, 6, 12, 17};
    persona_table *made = NULL;
    PSN_TRY(psn_table_new(&made, error));
    PSN_TRY(
        psn_table_add(made, "row", PERSONA_TYPE_INT, job->row, NULL, job->rows, error));
    PSN_TRY(table_ids(made, job, table, error));
    PSN_TRY(psn_table_add(made, "probability", PERSONA_TYPE_REAL, job->probability, NULL,
                          job->rows, error));
    PSN_TRY(psn_table_add_codes(made, "action", job->action, job->rows, names, ends, 3,
                                error));
    PSN_TRY(table_reason_column(made, job, error));
    *out = made;
    made = NULL;
done:
    psn_table_free(made);
    return rc;
}

static void table_close(table_job *job)
{
    psn_fraud_view_close(&job->view);
    for (int64_t c = 0; job->chunk && c < job->chunks; c++)
        psn_text_free(&job->chunk[c].reasons);
    psn_release(job->chunk);
    psn_release(job->row);
    psn_release(job->reason_end);
    psn_release(job->probability);
    psn_release(job->action);
    psn_release_aligned(job->room);
}

int psn_fraud_score_table(persona_table **out, const persona_fraud_scorer *model,
                          const persona_table *table, const persona_params *params,
                          persona_task *task, persona_error *error)
{
    int rc;
    table_job job = {.task = task};
    persona_table *flat = NULL;
    *out = NULL;
    PSN_TRY(psn_fraud_ready(model, error));
    PSN_TRY(psn_params_expect(params, &psn_fraud_query_schema, error));
    job.costs = model->costs;
    job.reasons =
        (int32_t)psn_params_int(params, &psn_fraud_query_schema, "reasons", NULL);
    job.exact = psn_params_bool(params, &psn_fraud_query_schema, "exact");
    PSN_TRY(psn_fraud_costs_read(&job.costs, params, &psn_fraud_query_schema, error));
    psn_task_enter(task, "score", 0, 1);
    PSN_TRY(psn_table_flatten(&flat, table, error));
    PSN_TRY(psn_fraud_view_open(&job.view, model, flat, error));
    job.rows = flat->rows;
    PSN_TRY(table_run(
        &job, psn_params_int(params, &psn_fraud_query_schema, "threads", NULL), error));
    PSN_TRY(table_result(out, &job, flat, error));
done:
    table_close(&job);
    psn_table_free(flat);
    return rc;
}
