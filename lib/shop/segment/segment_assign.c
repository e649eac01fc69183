/* segment_assign.c: the segment of every customer of a table.
 *
 * Blocks of 64 rows go feature-major from the table's own memory through the scale and
 * the nearest kernel into the columns of the result, chunk by chunk on any thread. A log
 * of orders becomes customers first. A row whose every input is missing has no segment.
 */
#include "base/error.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/task.h"
#include "shop/segment/segment_log.h"
#include "shop/segment/segment_model.h"
#include "shop/settings.h"

#include <math.h>
#include <string.h>

enum { ASSIGN_CHUNK = 4096 };

typedef struct assign_job {
    psn_segment_view view;
    int64_t rows;
    int64_t *row, *segment;
    int64_t *id; /* the row again where there is no id column, else NULL */
    int32_t *name;
    double *distance;
    uint8_t *valid;   /* of segment; NULL: every row has one */
    int64_t *unknown; /* rows without a segment, by chunk */
    int64_t *bad;     /* first row with an infinity, by chunk; -1 */
    void *scratch;    /* scratch_bytes for each worker */
    size_t scratch_bytes;
} assign_job;

static void assign_chunk(void *context, int64_t chunk, int worker)
{
    assign_job *job = context;
    double *scratch =
        (double *)((char *)job->scratch + (size_t)worker * job->scratch_bytes);
    const int64_t last = job->rows - chunk * ASSIGN_CHUNK;
    const int64_t first = chunk * ASSIGN_CHUNK;
    const int64_t end = last < ASSIGN_CHUNK ? job->rows : first + ASSIGN_CHUNK;
    int64_t unknown = 0;
    job->bad[chunk] =
        psn_segment_view_nearest(&job->view, job->view.model->nearest, first, end,
                                 scratch, job->name + first, job->distance + first);
    if (job->bad[chunk] >= 0) return;
    for (int64_t i = first; i < end; i++) {
        job->row[i] = i;
        job->segment[i] = job->name[i];
        job->distance[i] = sqrt(job->distance[i]);
        unknown += isnan(job->distance[i]) != 0;
    }
    for (int64_t i = first; job->id && i < end; i++) job->id[i] = i;
    job->unknown[chunk] = unknown;
}

/* Rows that have no segment are missing in the result. */
static int assign_mark_unknown(assign_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(job->valid = psn_alloc((size_t)job->rows, 1));
    for (int64_t i = 0; i < job->rows; i++) {
        job->valid[i] = (uint8_t)(isnan(job->distance[i]) == 0);
        if (!job->valid[i]) job->name[i] = -1;
    }
done:
    return rc;
}

static const psn_column *assign_id_column(const assign_job *job)
{
    const char *user = job->view.model->role[PSN_ROLE_USER];
    return user ? psn_table_column(job->view.table, psn_table_find(job->view.table, user))
                : NULL;
}

static int assign_run(assign_job *job, int64_t threads, persona_task *task,
                      persona_error *error)
{
    int rc;
    psn_pool *pool = NULL;
    const int64_t chunks = (job->rows + ASSIGN_CHUNK - 1) / ASSIGN_CHUNK;
    const size_t n = (size_t)job->rows;
    PSN_TRY(psn_pool_open(&pool, threads, error));
    PSN_NEED(job->row = psn_alloc(n, sizeof *job->row));
    PSN_NEED(job->segment = psn_alloc(n, sizeof *job->segment));
    if (assign_id_column(job) == NULL) PSN_NEED(job->id = psn_alloc(n, sizeof *job->id));
    PSN_NEED(job->name = psn_alloc(n, sizeof *job->name));
    PSN_NEED(job->distance = psn_alloc(n, sizeof *job->distance));
    PSN_NEED(job->bad = psn_alloc((size_t)chunks, sizeof *job->bad));
    PSN_NEED(job->unknown = psn_alloc_zero((size_t)chunks, sizeof *job->unknown));
    job->scratch_bytes = psn_segment_view_scratch(job->view.model);
    PSN_NEED(job->scratch =
                 psn_alloc_aligned((size_t)psn_pool_workers(pool), job->scratch_bytes));
    PSN_TRY(psn_task_check(task, 0, error));
    psn_pool_run(pool, chunks, assign_chunk, job);
    PSN_TRY(psn_task_check(task, 1, error));
    int64_t unknown = 0;
    for (int64_t c = 0; c < chunks; c++) {
        if (job->bad[c] >= 0) {
            rc = psn_segment_view_infinite(&job->view, job->bad[c], error);
            goto done;
        }
        unknown += job->unknown[c];
    }
    if (unknown > 0) rc = assign_mark_unknown(job, error);
done:
    psn_pool_close(pool);
    return rc;
}

/* The table takes over the column's values. */
static int assign_adopt(persona_table *out, const char *name, psn_column column,
                        int64_t rows, persona_error *error)
{
    column.name = psn_copy_text(name, strlen(name));
    if (column.name) return psn_table_adopt(out, &column, rows, error);
    psn_release(column.values);
    psn_release(column.valid);
    return psn_fail_memory(error);
}

/* The id column, or the number of the row where there is none. */
static int assign_ids(persona_table *out, assign_job *job, persona_error *error)
{
    const psn_column *column = assign_id_column(job);
    if (column == NULL) {
        const psn_column rows = {.type = PERSONA_TYPE_INT, .values = job->id};
        job->id = NULL;
        return assign_adopt(out, "id", rows, job->rows, error);
    }
    return psn_table_add_column(out, "id", column, job->rows, error);
}

/* The names as a dictionary: codes are the segments. */
static int assign_names(persona_table *out, assign_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_segmenter *model = job->view.model;
    psn_text names = {0};
    psn_column column = {
        .type = PERSONA_TYPE_TEXT, .codes = job->name, .levels = model->k};
    job->name = NULL;
    PSN_NEED(column.name = psn_copy_text("name", 4));
    PSN_NEED(column.offsets = psn_alloc((size_t)model->k + 1, sizeof(int64_t)));
    for (int32_t c = 0; c < model->k; c++) {
        int64_t length;
        const char *name = psn_segment_name(model, c, &length);
        column.offsets[c] = (int64_t)names.length;
        psn_text_append(&names, name, (size_t)length);
    }
    column.offsets[model->k] = (int64_t)names.length;
    PSN_NEED(names.failed ? NULL
                          : (column.bytes = psn_copy_text(names.bytes, names.length)));
    rc = psn_table_adopt(out, &column, job->rows, error);
    column = (psn_column){0}; /* the table's, or released */
done:
    psn_text_free(&names);
    psn_release(column.codes);
    psn_release(column.name);
    psn_release(column.offsets);
    return rc;
}

static int assign_result(persona_table **out, assign_job *job, persona_error *error)
{
    int rc;
    psn_column column = {.type = PERSONA_TYPE_INT};
    PSN_TRY(psn_table_new(out, error));
    column.values = job->row;
    job->row = NULL;
    PSN_TRY(assign_adopt(*out, "row", column, job->rows, error));
    PSN_TRY(assign_ids(*out, job, error));
    column.values = job->segment;
    column.valid = job->valid;
    job->segment = NULL;
    job->valid = NULL;
    PSN_TRY(assign_adopt(*out, "segment", column, job->rows, error));
    PSN_TRY(assign_names(*out, job, error));
    column = (psn_column){.type = PERSONA_TYPE_REAL, .values = job->distance};
    job->distance = NULL;
    PSN_TRY(assign_adopt(*out, "distance", column, job->rows, error));
done:
    return rc;
}

static void assign_close(assign_job *job)
{
    psn_segment_view_close(&job->view);
    psn_release(job->row);
    psn_release(job->id);
    psn_release(job->segment);
    psn_release(job->name);
    psn_release(job->distance);
    psn_release(job->valid);
    psn_release(job->unknown);
    psn_release(job->bad);
    psn_release_aligned(job->scratch);
}

/* ---- logs */

static int assign_has_inputs(const persona_segmenter *model, const persona_table *table)
{
    for (int32_t i = 0; i < model->inputs; i++)
        if (psn_table_find(table, model->input[i].name) == PERSONA_NONE) return 0;
    return 1;
}

static int assign_customers(persona_table **out, const persona_segmenter *model,
                            const persona_table *table, const char *as_of_text,
                            persona_task *task, persona_error *error)
{
    psn_log_counts counts;
    int64_t as_of = model->as_of_named ? model->as_of : PSN_AS_OF_FIND;
    if (as_of_text && !psn_log_parse_time(as_of_text, &as_of))
        return psn_fail(
            error, PERSONA_EOPTION,
            "as_of: must be a day or time such as 2017-12-31, or milliseconds");
    return psn_log_customers(out, table, model->role, &as_of, &counts, task, error);
}

int psn_segment_assign_table(persona_table **out, const persona_segmenter *model,
                             const persona_table *table, const persona_params *query,
                             persona_task *task, persona_error *error)
{
    int rc;
    assign_job job = {0};
    persona_table *customers = NULL;
    *out = NULL;
    PSN_TRY(psn_segment_ready(model, error));
    if (table == NULL) PSN_FAIL(error, PERSONA_EARG, "table: must not be NULL");
    PSN_TRY(psn_params_expect(query, &psn_segment_query_schema, error));
    const char *as_of = psn_params_is_set(query, "as_of")
                            ? psn_params_text(query, &psn_segment_query_schema, "as_of")
                            : NULL;
    if (as_of && strcmp(as_of, "auto") == 0) as_of = NULL;
    const int log = model->log && !assign_has_inputs(model, table);
    if (as_of && !log)
        PSN_TRY(psn_settings_useless(error, "as_of", "the table is no log of orders"));
    psn_task_enter(task, log ? "features" : "assign", 0, log ? 0.8 : 1);
    if (log) PSN_TRY(assign_customers(&customers, model, table, as_of, task, error));
    if (log) psn_task_enter(task, "assign", 0.8, 1);
    const persona_table *rows = log ? customers : table;
    PSN_TRY(psn_segment_view_open(&job.view, model, rows, error));
    job.rows = rows->rows;
    PSN_TRY(assign_run(&job,
                       psn_params_int(query, &psn_segment_query_schema, "threads", NULL),
                       task, error));
    PSN_TRY(assign_result(out, &job, error));
done:
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    assign_close(&job);
    psn_table_free(customers);
    return rc;
}
