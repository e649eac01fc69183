/* forecast_fit_panel_append.c: a panel goes on with new rows.
 *
 * The new table is read like that of the fit, on the calendar of the panel; what lies
 * behind the end of each history is put after it, holes between as in the fit. Rows of
 * periods that the panel has already are counted and left out. O(new rows + panel). */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

typedef struct append_job {
    const psn_panel *old, *more;
    const psn_panel_reader *reader;
    psn_panel *out;
    int64_t *offset; /* row of the old series that row 0 of the new rows is */
} append_job;

static int append_is_new(const append_job *job, int64_t s)
{
    return s >= job->old->series || job->old->count[s] == 0;
}

/* Rows of history that series s has in the end. */
static int64_t append_end(const append_job *job, int64_t s)
{
    const psn_panel *old = job->old, *more = job->more;
    int64_t end = old->count[s];
    if (job->reader->log) {
        const int64_t first =
            psn_period_count(old->period[s], job->reader->anchor[s], old->first[s], NULL);
        if (job->reader->last + 1 - first > end) end = job->reader->last + 1 - first;
    } else if (more->count[s] > 0 && job->offset[s] + more->count[s] > end) {
        end = job->offset[s] + more->count[s];
    }
    return end;
}

static void append_shape(append_job *job, int64_t s)
{
    const psn_panel *old = job->old, *more = job->more;
    psn_panel *out = job->out;
    out->period[s] = more->period[s];
    if (append_is_new(job, s)) {
        out->count[s] = more->count[s];
        out->ahead[s] = more->ahead[s];
        out->first[s] = more->first[s];
    } else {
        job->offset[s] =
            psn_period_count(old->period[s], old->first[s], more->first[s], NULL);
        const int64_t end = append_end(job, s);
        int64_t known = old->count[s] + old->ahead[s];
        const int64_t rows = more->count[s] + more->ahead[s];
        if (rows > 0 && job->offset[s] + rows > known) known = job->offset[s] + rows;
        out->count[s] = (int32_t)end;
        out->ahead[s] = known > end ? (int32_t)(known - end) : 0;
        out->first[s] = old->first[s];
    }
    out->start[s + 1] = out->start[s] + out->count[s] + out->ahead[s];
}

/* Row i of series s among the new ones, or -1. */
static int64_t append_more_row(const append_job *job, int64_t s, int64_t i)
{
    const psn_panel *more = job->more;
    const int64_t at = append_is_new(job, s) ? i : i - job->offset[s];
    if (at < 0 || at >= more->start[s + 1] - more->start[s]) return -1;
    return more->start[s] + at;
}

static int64_t append_old_row(const append_job *job, int64_t s, int64_t i)
{
    const psn_panel *old = job->old;
    if (append_is_new(job, s) || i >= old->start[s + 1] - old->start[s]) return -1;
    return old->start[s] + i;
}

static void append_values(append_job *job, int64_t s)
{
    psn_panel *out = job->out;
    const int32_t had = append_is_new(job, s) ? 0 : job->old->count[s];
    for (int32_t i = 0; i < out->count[s]; i++) {
        const int64_t row = append_more_row(job, s, i);
        double *value = out->value + out->start[s] + i;
        if (i < had)
            *value = job->old->value[append_old_row(job, s, i)];
        else if (row >= 0)
            *value = job->more->value[row];
        else
            *value = out->zero_fill ? 0 : NAN;
    }
}

/* What was known before stays; a log's price is the last one where nothing was sold. */
static void append_regressor(append_job *job, int64_t s, int32_t r)
{
    psn_panel *out = job->out;
    const int32_t had = append_is_new(job, s) ? 0 : job->old->count[s];
    const int64_t rows = out->start[s + 1] - out->start[s];
    double *x = out->regressor[r].x + out->start[s];
    const int carry = job->reader->log && out->regressor[r].kind == PSN_REGRESSOR_PRICE;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t fresh = append_more_row(job, s, i);
        const int64_t known = append_old_row(job, s, i);
        if (i >= had && fresh >= 0) x[i] = job->more->regressor[r].x[fresh];
        if (isnan(x[i]) && known >= 0) x[i] = job->old->regressor[r].x[known];
        if (isnan(x[i]) && carry && i > 0 && i < out->count[s]) x[i] = x[i - 1];
    }
}

static void append_kinds(append_job *job)
{
    const psn_panel *old = job->old;
    psn_panel *out = job->out;
    enum { WIDTH = PSN_FORECAST_SEASONS };
    int64_t some = 0;
    for (int64_t s = 0; s < old->series; s++)
        if (old->count[s] > old->count[some]) some = s;
    for (int64_t s = 0; s < out->series; s++) {
        const int64_t from = s < old->series ? s : some;
        if (from < old->series)
            memcpy(out->season + s * WIDTH, old->season + from * WIDTH,
                   WIDTH * sizeof *out->season);
        for (int32_t t = 0; t < out->traits; t++) {
            const int32_t before = s < old->series ? old->trait[t].code[s] : -1;
            out->trait[t].code[s] = before >= 0 ? before : job->more->trait[t].code[s];
        }
    }
}

static int64_t append_late(const append_job *job)
{
    int64_t late = 0;
    const psn_group *group = &job->reader->group;
    for (int64_t s = 0; s < job->old->series; s++) {
        if (append_is_new(job, s)) continue;
        const int64_t shift = psn_period_count(
            job->old->period[s], job->reader->anchor[s], job->old->first[s], NULL);
        for (int64_t i = group->starts[s]; i < group->starts[s + 1]; i++)
            late += job->reader->place[i] < shift + job->old->count[s];
    }
    return late;
}

static int append_merge(psn_panel **out, psn_panel_reader *reader, persona_error *error)
{
    int rc;
    append_job job = {reader->like, reader->panel, reader, NULL, NULL};
    const int64_t series = reader->panel->series;
    PSN_NEED(job.offset = psn_alloc_zero((size_t)series + 1, sizeof *job.offset));
    PSN_TRY(psn_panel_new(&job.out, series, error));
    PSN_TRY(psn_panel_like(job.out, reader->like, error));
    for (int64_t s = 0; s < series; s++) append_shape(&job, s);
    PSN_TRY(psn_panel_room(job.out, error));
    for (int64_t s = 0; s < series; s++) {
        append_values(&job, s);
        for (int32_t r = 0; r < job.out->regressors; r++) append_regressor(&job, s, r);
    }
    append_kinds(&job);
    reader->reading->late = append_late(&job);
    job.out->ids = reader->panel->ids;
    reader->panel->ids = NULL;
    *out = job.out;
    job.out = NULL;
done:
    psn_panel_free(job.out);
    psn_release(job.offset);
    return rc;
}

int psn_panel_append(psn_panel **out, psn_reading *reading, const psn_panel *panel,
                     const persona_table *table, char *const *kept, int negative,
                     persona_error *error)
{
    int rc;
    psn_panel_reader reader = {.table = table, .like = panel, .reading = reading};
    *out = NULL;
    memset(reading, 0, sizeof *reading);
    reading->negative = negative;
    PSN_TRY(psn_panel_build(&reader, kept, error));
    PSN_TRY(append_merge(out, &reader, error));
done:
    psn_panel_reader_close(&reader);
    return rc;
}
