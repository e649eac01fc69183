/* recommend_table.c: answers for many visitors, as rows (user, rank, item, score,
 * reason).
 *
 * Blocks of visitors on any thread, each answered by the prepared query of its thread,
 * with the very calls of a single question: the same bits. Answers lie in arrays of k for
 * each visitor, reasons in one text for each block. */
#include "base/error.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/task.h"
#include "data/table.h"
#include "shop/recommend/recommend_query.h"
#include "shop/recommend/recommend_visitors.h"

#include <string.h>

enum { TABLE_BLOCK = 32 };

typedef struct table_block {
    psn_text reasons;
    int32_t rc;
} table_block;

typedef struct table_job {
    const persona_recommender *model;
    psn_rec_visitors visitors;
    persona_task *task;
    int64_t k;
    int32_t role;          /* of the events: those in a cart go with what is asked */
    persona_query **query; /* of each worker */
    int workers;
    int64_t blocks;
    table_block *block;
    /* k for each visitor */
    int32_t *item;
    float *score;
    int64_t *reason_end; /* within the text of the block */
    int64_t *count;
} table_job;

/* ---- one visitor */

static int table_bind(const table_job *job, persona_query *query, int64_t v,
                      persona_error *error)
{
    int rc;
    size_t length;
    const psn_rec_visitors *of = &job->visitors;
    const char *id = psn_dict_text(of->ids, v, &length);
    PSN_TRY(psn_recommend_user(query, id, (int64_t)length, NULL, error));
    if (of->start == NULL) goto done;
    const int64_t first = of->start[v], count = of->start[v + 1] - first;
    PSN_TRY(job->role == PSN_REC_AS_HISTORY
                ? psn_rec_bind_events((psn_rec_query *)query, of->item + first,
                                      of->kind ? of->kind + first : NULL,
                                      of->time ? of->time + first : NULL,
                                      of->weight ? of->weight + first : NULL, count,
                                      error)
                : psn_recommend_items(query, job->role, of->item + first, count, error));
done:
    return rc;
}

static int table_answer(table_job *job, table_block *block, psn_rec_query *query,
                        int64_t v)
{
    int rc;
    const int64_t at = v * job->k;
    PSN_TRY(table_bind(job, &query->base, v, NULL));
    PSN_TRY(psn_recommend_run(&query->base, job->k, NULL, job->score + at, NULL,
                              job->count + v, NULL));
    psn_rec_becauses(query);
    for (int64_t i = 0; i < query->count; i++) {
        job->item[at + i] = query->item[i];
        psn_rec_reason_words(&block->reasons, query, i);
        job->reason_end[at + i] = (int64_t)block->reasons.length;
    }
done:
    return rc;
}

static void table_work(void *context, int64_t b, int worker)
{
    table_job *job = context;
    table_block *block = job->block + b;
    const int64_t first = b * TABLE_BLOCK, left = job->visitors.count - first;
    const int64_t end = first + (left < TABLE_BLOCK ? left : TABLE_BLOCK);
    block->rc = psn_task_check(job->task, (double)b / (double)job->blocks, NULL);
    for (int64_t v = first; v < end && block->rc == PERSONA_OK; v++)
        block->rc = table_answer(job, block, (psn_rec_query *)job->query[worker], v);
}

/* ---- all of them */

static int table_room(table_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    size_t cells;
    const size_t visitors = (size_t)job->visitors.count;
    if (job->k > job->model->engine.items) job->k = job->model->engine.items;
    if (!psn_size_mul(visitors, (size_t)job->k, &cells)) return psn_fail_memory(error);
    job->blocks = (job->visitors.count + TABLE_BLOCK - 1) / TABLE_BLOCK;
    PSN_NEED(job->item = psn_alloc(cells, sizeof *job->item));
    PSN_NEED(job->score = psn_alloc(cells, sizeof *job->score));
    PSN_NEED(job->reason_end = psn_alloc(cells, sizeof *job->reason_end));
    PSN_NEED(job->count = psn_alloc_zero(visitors, sizeof *job->count));
    PSN_NEED(job->block = psn_alloc_zero((size_t)job->blocks, sizeof *job->block));
done:
    return rc;
}

static int table_run(table_job *job, const persona_params *params, persona_error *error)
{
    int rc;
    psn_pool *pool = NULL;
    PSN_TRY(psn_pool_open(
        &pool, psn_params_int(params, &psn_recommend_query_schema, "threads", NULL),
        error));
    job->workers = psn_pool_workers(pool);
    PSN_NEED(job->query = psn_alloc_zero((size_t)job->workers, sizeof *job->query));
    for (int w = 0; w < job->workers; w++)
        PSN_TRY(psn_recommend_prepare_any(job->query + w, job->model, params, 0, error));
    psn_pool_run(pool, job->blocks, table_work, job);
    PSN_TRY(psn_task_check(job->task, 1, error));
    for (int64_t b = 0; b < job->blocks; b++)
        if (job->block[b].rc != PERSONA_OK || job->block[b].reasons.failed)
            PSN_NEED(NULL);
done:
    psn_pool_close(pool);
    return rc;
}

/* ---- the result */

typedef struct table_rows {
    int64_t count;
    int32_t *user, *item;
    int64_t *rank, *reason; /* reason: count + 1 offsets */
    float *score;
    psn_text reasons;
} table_rows;

static int table_rows_room(table_rows *rows, const table_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    for (int64_t v = 0; v < job->visitors.count; v++) rows->count += job->count[v];
    const size_t n = (size_t)rows->count;
    PSN_NEED(rows->user = psn_alloc(n, sizeof *rows->user));
    PSN_NEED(rows->item = psn_alloc(n, sizeof *rows->item));
    PSN_NEED(rows->rank = psn_alloc(n, sizeof *rows->rank));
    PSN_NEED(rows->score = psn_alloc(n, sizeof *rows->score));
    PSN_NEED(rows->reason = psn_alloc(n + 1, sizeof *rows->reason));
done:
    return rc;
}

static void table_rows_fill(table_rows *rows, const table_job *job)
{
    int64_t at = 0, base = 0;
    rows->reason[0] = 0;
    for (int64_t v = 0; v < job->visitors.count; v++) {
        const psn_text *reasons = &job->block[v / TABLE_BLOCK].reasons;
        if (v % TABLE_BLOCK == 0) {
            base = (int64_t)rows->reasons.length;
            if (reasons->length > 0)
                psn_text_append(&rows->reasons, reasons->bytes, reasons->length);
        }
        for (int64_t i = 0; i < job->count[v]; i++, at++) {
            const int64_t from = v * job->k + i;
            rows->user[at] = (int32_t)v;
            rows->rank[at] = i + 1;
            rows->item[at] = job->item[from];
            rows->score[at] = job->score[from];
            rows->reason[at + 1] = base + job->reason_end[from];
        }
    }
}

static int table_codes(persona_table *table, const char *name, const int32_t *codes,
                       int64_t rows, const psn_dict *ids, persona_error *error)
{
    return psn_table_add_codes(table, name, codes, rows, psn_dict_bytes(ids),
                               psn_dict_offsets(ids), psn_dict_count(ids), error);
}

static int table_result(persona_table **out, const table_job *job, persona_error *error)
{
    int rc;
    table_rows rows = {0};
    persona_table *table = NULL;
    PSN_TRY(table_rows_room(&rows, job, error));
    table_rows_fill(&rows, job);
    if (rows.reasons.failed) PSN_NEED(NULL);
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(table_codes(table, "user", rows.user, rows.count, job->visitors.ids, error));
    PSN_TRY(psn_table_add(table, "rank", PERSONA_TYPE_INT, rows.rank, NULL, rows.count,
                          error));
    PSN_TRY(table_codes(table, "item", rows.item, rows.count, job->model->items, error));
    PSN_TRY(psn_table_add(table, "score", PERSONA_TYPE_REAL32, rows.score, NULL,
                          rows.count, error));
    PSN_TRY(psn_table_add_text(table, "reason",
                               rows.reasons.bytes ? rows.reasons.bytes : "", rows.reason,
                               NULL, rows.count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_text_free(&rows.reasons);
    psn_release(rows.user);
    psn_release(rows.item);
    psn_release(rows.rank);
    psn_release(rows.score);
    psn_release(rows.reason);
    return rc;
}

static void table_close(table_job *job)
{
    for (int w = 0; job->query && w < job->workers; w++) psn_query_give(job->query[w]);
    for (int64_t b = 0; job->block && b < job->blocks; b++)
        psn_text_free(&job->block[b].reasons);
    psn_release(job->query);
    psn_release(job->block);
    psn_release(job->item);
    psn_release(job->score);
    psn_release(job->reason_end);
    psn_release(job->count);
    psn_rec_visitors_close(&job->visitors);
}

static int32_t table_role(const persona_params *params)
{
    const char *question =
        psn_params_text(params, &psn_recommend_query_schema, "question");
    if (strcmp(question, "similar") == 0) return PSN_REC_AS_LIKE;
    return strcmp(question, "together") == 0 ? PSN_REC_AS_CART : PSN_REC_AS_HISTORY;
}

int psn_recommend_table(persona_table **out, const persona_recommender *model,
                        const persona_table *table, const persona_params *params,
                        persona_task *task, persona_error *error)
{
    int rc;
    table_job job = {.model = model, .task = task};
    *out = NULL;
    PSN_TRY(psn_model_ready(&model->base, &psn_recommend_kind, model->ready, error));
    PSN_TRY(psn_params_expect(params, &psn_recommend_query_schema, error));
    job.k = psn_params_int(params, &psn_recommend_query_schema, "k", NULL);
    job.role = table_role(params);
    psn_task_enter(task, "recommend", 0, 1);
    PSN_TRY(psn_rec_visitors_open(&job.visitors, model, table, params, error));
    PSN_TRY(table_room(&job, error));
    PSN_TRY(table_run(&job, params, error));
    PSN_TRY(table_result(out, &job, error));
done:
    table_close(&job);
    return rc;
}
