/* forecast_panel_future.c: future rows of a question (forecast_panel_future.h). O(rows x
 * regressors). */
#include "shop/forecast/forecast_panel_future.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/table_flatten.h"
#include "shop/forecast/forecast_roles.h"
#include "shop/inputs.h"

typedef struct future_job {
    const psn_panel *panel;
    const persona_table *table; /* with the columns of its links */
    psn_future_columns columns;
    int32_t most;
    int32_t *at;   /* of every row: number among the asked, -1: left out */
    int32_t *step; /* of every row, 1 .. */
    psn_panel_future *out;
} future_job;

void psn_panel_future_clear(psn_panel_future *future)
{
    psn_release(future->series);
    psn_release(future->steps);
    psn_release(future->start);
    psn_release(future->x);
    psn_release(future->given);
    memset(future, 0, sizeof *future);
}

/* A column as numbers of the known names; -1: missing or not known. */
static int future_known(const future_job *job, int64_t column, const psn_dict *known,
                        int32_t *number, persona_error *error)
{
    int rc;
    psn_dict *names = NULL;
    int32_t *map = NULL;
    PSN_TRY(psn_table_encode(job->table, column, number, &names, error));
    PSN_NEED(map = psn_alloc((size_t)psn_dict_count(names) + 1, sizeof *map));
    for (int64_t i = 0; i < psn_dict_count(names); i++) {
        size_t length;
        const char *text = psn_dict_text(names, i, &length);
        map[i] = (int32_t)psn_dict_find(known, text, length);
    }
    for (int64_t i = 0; i < job->table->rows; i++)
        number[i] = number[i] < 0 ? -1 : map[number[i]];
done:
    psn_dict_free(names);
    psn_release(map);
    return rc;
}

/* ---- series */

static int future_numbers(const future_job *job, int32_t *number, persona_error *error)
{
    if (job->columns.series >= 0)
        return future_known(job, job->columns.series, job->panel->ids, number, error);
    if (job->panel->series != 1)
        return psn_fail(
            error, PERSONA_EDATA,
            "no column for role series (column.series=...): the model has %lld",
            (long long)job->panel->series);
    for (int64_t i = 0; i < job->table->rows; i++) number[i] = 0;
    return PERSONA_OK;
}

static int future_series(future_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel_future *out = job->out;
    const int64_t rows = job->table->rows;
    int32_t *place = psn_alloc((size_t)job->panel->series + 1, sizeof *place);
    PSN_NEED(place);
    PSN_NEED(job->at = psn_alloc((size_t)rows + 1, sizeof *job->at));
    PSN_TRY(future_numbers(job, job->at, error));
    for (int64_t s = 0; s < job->panel->series; s++) place[s] = -1;
    for (int64_t i = 0; i < rows; i++)
        if (job->at[i] >= 0 && place[job->at[i]] < 0)
            place[job->at[i]] = (int32_t)out->asked++;
    const size_t asked = (size_t)out->asked + 1;
    PSN_NEED(out->series = psn_alloc_zero(asked, sizeof *out->series));
    PSN_NEED(out->steps = psn_alloc_zero(asked, sizeof *out->steps));
    PSN_NEED(out->start = psn_alloc_zero(asked, sizeof *out->start));
    for (int64_t s = 0; s < job->panel->series; s++)
        if (place[s] >= 0) out->series[place[s]] = s;
    for (int64_t i = 0; i < rows; i++) {
        out->unknown += job->at[i] < 0;
        if (job->at[i] >= 0) job->at[i] = place[job->at[i]];
    }
done:
    psn_release(place);
    return rc;
}

/* ---- steps */

static int future_step_of_time(const future_job *job, int64_t s, int64_t time)
{
    const psn_panel *panel = job->panel;
    const int64_t period =
        panel->aggregate == PSN_AGGREGATE_NONE
            ? psn_period_nearest(panel->period[s], panel->first[s], time)
            : psn_period_count(panel->period[s], panel->first[s], time, NULL);
    const int64_t at = period + 1 - panel->count[s];
    return at < 1 ? 0 : at > job->most ? job->most + 1 : (int)at;
}

static int future_bad_step(const future_job *job, int64_t row, int step,
                           persona_error *error)
{
    const int by_time = job->columns.step < 0 && job->columns.time >= 0;
    if (step < 1)
        return psn_fail_at(error, PERSONA_EDATA, row,
                           by_time ? "row %lld: its time is not after the history"
                                   : "row %lld: a step must be 1 or more",
                           (long long)row);
    return psn_fail_at(error, PERSONA_EDATA, row,
                       "row %lld: more than %d periods after the history", (long long)row,
                       (int)job->most);
}

static int future_steps(future_job *job, persona_error *error)
{
    int rc = PERSONA_OK, dates = job->panel->dates;
    int64_t *times = NULL;
    psn_panel_future *out = job->out;
    const int by_step = job->columns.step >= 0;
    const int64_t column = by_step ? job->columns.step : job->columns.time;
    PSN_NEED(job->step = psn_alloc_zero((size_t)job->table->rows + 1, sizeof *job->step));
    if (column >= 0)
        PSN_TRY(psn_forecast_times(&times, &dates, psn_table_column(job->table, column),
                                   job->table->rows, error));
    if (!by_step && dates != job->panel->dates && job->table->rows > 0)
        PSN_FAIL(error, PERSONA_EDATA, "role time must hold %s, as in the fit",
                 job->panel->dates ? "dates" : "whole numbers");
    for (int64_t i = 0; i < job->table->rows; i++) {
        if (job->at[i] < 0) continue;
        int step = out->steps[job->at[i]] + 1;
        if (by_step)
            step = times[i] < 1           ? 0
                   : times[i] > job->most ? job->most + 1
                                          : (int)times[i];
        else if (column >= 0)
            step = times[i] == INT64_MIN
                       ? 0
                       : future_step_of_time(job, out->series[job->at[i]], times[i]);
        if (step < 1 || step > job->most) PSN_TRY(future_bad_step(job, i, step, error));
        job->step[i] = step;
        if (step > out->steps[job->at[i]]) out->steps[job->at[i]] = step;
    }
    for (int64_t a = 0; a < out->asked; a++)
        out->start[a + 1] = out->start[a] + out->steps[a];
done:
    psn_release(times);
    return rc;
}

/* ---- regressors */

static void future_put(future_job *job, int32_t r, int64_t i, double x)
{
    psn_panel_future *out = job->out;
    const int64_t row = out->start[job->at[i]] + job->step[i] - 1;
    if (isnan(x) && out->missing < 0) {
        out->missing = i;
        out->missing_of = r;
    }
    out->x[row * job->panel->regressors + r] = x;
}

static int future_regressor(future_job *job, int32_t r, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_regressor *regressor = job->panel->regressor + r;
    const int64_t rows = job->table->rows;
    const int64_t at = psn_table_find(job->table, regressor->name);
    const psn_column *column = at < 0 ? NULL : psn_table_column(job->table, at);
    const int event = regressor->kind == PSN_REGRESSOR_EVENT;
    const int empty = column && psn_inputs_empty(column, rows);
    int32_t *code = psn_alloc_zero((size_t)rows + 1, sizeof *code);
    PSN_NEED(code);
    if (column && !empty && event) /* a name that the fit never saw is none */
        PSN_TRY(future_known(job, at, regressor->levels, code, error));
    else if (column && !empty)
        PSN_TRY(psn_inputs_need(column, rows, 0, error));
    for (int64_t i = 0; i < rows; i++) {
        double x = NAN;
        if (job->at[i] < 0) continue;
        if (column && event) x = empty ? 0 : code[i] + 1;
        if (column && !event && !empty) x = psn_column_number(column, i);
        if (isinf(x)) PSN_TRY(psn_inputs_infinite(column, i, error));
        future_put(job, r, i, x);
    }
done:
    psn_release(code);
    return rc;
}

static int future_regressors(future_job *job, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel_future *out = job->out;
    const int64_t rows = out->start[out->asked];
    const size_t width = (size_t)job->panel->regressors;
    PSN_NEED(out->given = psn_alloc_zero((size_t)rows + 1, 1));
    PSN_NEED(out->x = psn_alloc((size_t)rows + 1, (width + 1) * sizeof *out->x));
    for (int64_t i = 0; i < rows * (int64_t)width; i++) out->x[i] = NAN;
    for (int64_t i = 0; i < job->table->rows; i++) {
        if (job->at[i] < 0) continue;
        uint8_t *given = out->given + out->start[job->at[i]] + job->step[i] - 1;
        if (*given)
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "row %lld: its series has this period already",
                               (long long)i);
        *given = 1;
    }
    for (int32_t r = 0; r < job->panel->regressors; r++)
        PSN_TRY(future_regressor(job, r, error));
done:
    return rc;
}

int psn_panel_future_read(psn_panel_future *out, const psn_panel *panel,
                          const persona_table *table, psn_future_columns columns,
                          int32_t most, persona_error *error)
{
    int rc;
    persona_table *flat = NULL;
    future_job job = {panel, NULL, columns, most, NULL, NULL, out};
    memset(out, 0, sizeof *out);
    out->missing = -1;
    PSN_TRY(psn_table_flatten(&flat, table, error));
    job.table = flat;
    PSN_TRY(future_series(&job, error));
    PSN_TRY(future_steps(&job, error));
    PSN_TRY(future_regressors(&job, error));
done:
    psn_table_free(flat);
    psn_release(job.at);
    psn_release(job.step);
    if (rc != PERSONA_OK) psn_panel_future_clear(out);
    return rc;
}
