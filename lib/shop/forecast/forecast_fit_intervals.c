/* forecast_fit_intervals.c: which kind of interval each group gets, from forecasts made
 * at earlier origins.
 *
 * Count-like groups get count distributions, others pooled scores, or counts where these
 * have the lower pinball loss (busy products are counts too). Groups of fewer than 30
 * forecasts are fitted with all groups of their sort. Shares of the other model's
 * quantiles: the best of five by pinball loss. The memory of the errors is such that
 * their sums over the horizon spread as they did: with autocorrelations r^k a sum of H
 * errors has 1 + 2 sum (1 - k / H) r^k times the variance of independent ones. */
#include "shop/forecast/forecast_fit_intervals.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"

enum { SAMPLE = 2000, FEW_ROWS = 30, BLOCK = 16 };

const double psn_fit_levels[PSN_FIT_LEVELS] = {0.025, 0.1,  0.25, 0.4,  0.5,
                                               0.6,   0.75, 0.9,  0.975};

double psn_fit_pinball(const double *quantile, const double *level, int32_t levels,
                       double y)
{
    double sum = 0;
    for (int32_t q = 0; q < levels; q++) {
        const double d = y - quantile[q];
        sum += d > 0 ? level[q] * d : (level[q] - 1) * d;
    }
    return sum;
}

double psn_fit_mean_loss(const psn_intervals_work *work, const psn_fit_rows *rows)
{
    double sum = 0, known = 0;
    for (int64_t r = 0; r < rows->count; r++) {
        if (isnan(work->loss[r])) continue;
        sum += work->loss[r] < 1e3 ? work->loss[r] : 1e3;
        known += 1;
    }
    return known > 0 ? sum / known : INFINITY;
}

void psn_fit_curves(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                    psn_fit_curve *curve)
{
    psn_interval_group *group = &work->model->group[g];
    const int32_t steps = work->model->steps;
    const int apart = steps >= 4 && rows->count >= 100;
    group->split = apart ? steps / 2 : steps;
    curve(work, g, rows, group->curve[0], 0, (int32_t)group->split);
    memcpy(group->curve[1], group->curve[0], sizeof group->curve[1]);
    if (apart) curve(work, g, rows, group->curve[1], (int32_t)group->split, steps);
}

/* ---- rows of a group */

static int row_known(const psn_intervals_work *work, const psn_fit_row *row)
{
    const int64_t at = psn_fit_at(work, row);
    if (psn_fit_history(work, row).count < 1) return 0;
    for (int32_t h = 0; h < work->model->steps; h++)
        if (!isnan(work->trials->mean[at + h]) && !isnan(work->trials->actual[at + h]))
            return 1;
    return 0;
}

/* of[s] == which, at most SAMPLE series. */
static int rows_of(psn_fit_rows *rows, const psn_intervals_work *work, const int32_t *of,
                   int32_t which, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_trials *trials = work->trials;
    int64_t members = 0, seen = 0;
    *rows = (psn_fit_rows){0};
    for (int64_t s = 0; s < trials->series; s++) members += of[s] == which;
    const int64_t sample = members < SAMPLE ? members : SAMPLE;
    PSN_NEED(rows->row = psn_alloc((size_t)sample * (size_t)trials->origins + 1,
                                   sizeof *rows->row));
    for (int64_t s = 0; s < trials->series; s++) {
        if (of[s] != which) continue;
        /* Sample number i is member i members / sample. */
        const int taken = rows->series * members / sample == seen++;
        if (!taken || rows->series >= sample) continue;
        rows->series++;
        for (int32_t o = 0; o < trials->origins; o++) {
            psn_fit_row row = {s, o, {0, 0, 0}};
            if (!row_known(work, &row)) continue;
            const psn_history history = psn_fit_history(work, &row);
            row.scale = psn_interval_scale_of(&history);
            rows->row[rows->count++] = row;
        }
    }
done:
    return rc;
}

/* ---- how good a fitted group is */
typedef struct judge {
    const psn_intervals_work *work;
    const psn_fit_rows *rows;
    int32_t group;
    const double *level;
    int32_t levels;
    double *quantile; /* of every worker: steps x levels */
} judge;

static void judge_row(const judge *j, int64_t r, int worker)
{
    const psn_intervals_work *work = j->work;
    const psn_fit_row *row = &j->rows->row[r];
    const psn_history history = psn_fit_history(work, row);
    const int64_t at = psn_fit_at(work, row);
    const int32_t steps = work->model->steps;
    double *quantile = j->quantile + (int64_t)worker * steps * j->levels, sum = 0;
    psn_interval_extra extra;
    int32_t known = 0;
    if (work->extra) {
        extra = *work->extra;
        extra.quantile += at * extra.levels;
    }
    psn_intervals_quantiles(
        work->model, &history, j->group, work->trials->mean + at, steps,
        work->extra ? &extra : NULL, j->level, j->levels, -INFINITY,
        (char *)work->scratch + (size_t)worker * work->scratch_size, quantile);
    for (int32_t h = 0; h < steps; h++) {
        const double y = work->trials->actual[at + h];
        const double loss =
            psn_fit_pinball(quantile + (int64_t)h * j->levels, j->level, j->levels, y);
        if (isnan(loss) || isnan(work->trials->mean[at + h])) continue;
        sum += loss;
        known++;
    }
    work->loss[r] =
        known > 0 && row->scale.step > 0 ? sum / known / row->scale.step : NAN;
}

static void judge_block(void *context, int64_t block, int worker)
{
    const judge *j = context;
    for (int64_t r = block * BLOCK; r < (block + 1) * BLOCK && r < j->rows->count; r++)
        judge_row(j, r, worker);
}

static double judge_group(judge *j)
{
    psn_pool_run(j->work->pool, (j->rows->count + BLOCK - 1) / BLOCK, judge_block, j);
    return psn_fit_mean_loss(j->work, j->rows);
}

static int judge_start(judge *j, const psn_intervals_work *work, int32_t group,
                       const psn_fit_rows *rows, persona_error *error)
{
    const int32_t most = work->extra && work->extra->levels > PSN_FIT_LEVELS
                             ? work->extra->levels
                             : PSN_FIT_LEVELS;
    *j = (judge){work, rows, group, psn_fit_levels, PSN_FIT_LEVELS, NULL};
    j->quantile =
        psn_alloc((size_t)psn_pool_workers(work->pool) * (size_t)work->model->steps,
                  (size_t)most * sizeof(double));
    return j->quantile ? PERSONA_OK : psn_fail_memory(error);
}

/* ---- parts of the fit of a group */

static void fit_extra(psn_intervals_work *work, judge *j)
{
    static const double shares[] = {0, 0.25, 0.5, 0.75, 1};
    psn_interval_group *group = &work->model->group[j->group];
    double least = INFINITY, best = 0;
    if (work->extra == NULL) return;
    j->level = work->extra->level;
    j->levels = work->extra->levels;
    for (int i = 0; i < 5; i++) {
        group->extra = shares[i];
        const double loss = judge_group(j);
        if (loss < least) least = loss, best = shares[i];
    }
    group->extra = best;
    j->level = psn_fit_levels;
    j->levels = PSN_FIT_LEVELS;
}

static double memory_ratio(double r, int32_t steps)
{
    double sum = 1, power = 1;
    for (int32_t k = 1; k < steps; k++) {
        power *= r;
        sum += 2 * (1 - (double)k / steps) * power;
    }
    return sum;
}

static void fit_memory(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows)
{
    const int32_t steps = work->model->steps;
    double sum = 0, known = 0, low = 0, high = 0.97;
    for (int64_t r = 0; r < rows->count; r++) {
        const int64_t at = psn_fit_at(work, &rows->row[r]);
        double all = 0, square = 0;
        for (int32_t h = 0; h < steps; h++) {
            const double e = work->trials->actual[at + h] - work->trials->mean[at + h];
            all += e;
            square += e * e;
        }
        if (!(square > 0) || !isfinite(all * all / square)) continue;
        sum += all * all / square;
        known += 1;
    }
    const double ratio = (sum + 10) / (known + 10);
    for (int i = 0; i < 30; i++) {
        const double middle = (low + high) / 2;
        if (memory_ratio(middle, steps) < ratio)
            low = middle;
        else
            high = middle;
    }
    work->model->group[g].memory = low;
}

/* Are counts worth a try where nobody said so: whole, not negative, not too many? */
static int fit_may_count(const psn_intervals_work *work, const psn_fit_rows *rows)
{
    double level = 0;
    for (int64_t r = 0; r < rows->count; r++) {
        const psn_history history = psn_fit_history(work, &rows->row[r]);
        level += rows->row[r].scale.level;
        for (int32_t t = history.count > 60 ? history.count - 60 : 0; t < history.count;
             t++) {
            const double y = history.value[t];
            if (y < 0 || y > 1e9 || (!isnan(y) && floor(y) != y)) return 0;
        }
    }
    return level < 200 * (double)rows->count;
}

static int fit_group(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                     int count_like, persona_error *error)
{
    int rc = PERSONA_OK;
    judge j = {0};
    psn_interval_group *group = &work->model->group[g], scores;
    PSN_TRY(judge_start(&j, work, g, rows, error));
    if (count_like)
        psn_fit_counts(work, g, rows, 1);
    else
        psn_fit_scores(work, g, rows);
    scores = *group;
    if (!count_like && rows->count >= FEW_ROWS && fit_may_count(work, rows)) {
        const double loss = judge_group(&j);
        psn_fit_counts(work, g, rows, 0);
        if (!(judge_group(&j) < loss)) *group = scores;
    }
    fit_memory(work, g, rows);
    fit_extra(work, &j);
done:
    psn_release(j.quantile);
    return rc;
}

/* ---- all groups */

static int fit_start(psn_intervals_work *work, int32_t groups, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_intervals *model;
    const int32_t steps = work->trials->steps < PSN_INTERVAL_STEPS ? work->trials->steps
                                                                   : PSN_INTERVAL_STEPS;
    PSN_NEED(model = work->model = psn_alloc_zero(1, sizeof *model));
    model->groups = groups;
    model->steps = steps;
    model->series = work->trials->series;
    PSN_NEED(model->group = psn_alloc_zero((size_t)groups, sizeof *model->group));
    PSN_NEED(model->growth =
                 psn_alloc_zero((size_t)groups * (size_t)steps, sizeof *model->growth));
    PSN_NEED(model->own = psn_alloc((size_t)model->series, sizeof *model->own));
    for (int64_t s = 0; s < model->series; s++) model->own[s] = 1;
    /* Room for the rows of the largest sample. */
    const int64_t most = work->trials->series < SAMPLE ? work->trials->series : SAMPLE;
    const size_t rows = (size_t)most * (size_t)work->trials->origins + 1;
    PSN_NEED(work->value = psn_alloc(rows * 2, (size_t)steps * sizeof(double)));
    PSN_NEED(work->loss = psn_alloc(rows, sizeof(double)));
    work->scratch_size = psn_intervals_scratch(model, 0);
    PSN_NEED(work->scratch = psn_alloc_aligned((size_t)psn_pool_workers(work->pool),
                                               work->scratch_size));
done:
    return rc;
}

/* sort[s] = 0 or 1: which of the two common fits stands in for the series' group. The
 * fits of small groups are those of the sort. */
static int fit_common(psn_intervals_work *work, const uint8_t *count_like,
                      const int64_t *rows_in, int32_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t *sort = NULL, first = -1;
    psn_fit_rows rows = {0};
    psn_intervals *model = work->model;
    PSN_NEED(sort = psn_alloc((size_t)work->trials->series, sizeof *sort));
    for (int64_t s = 0; s < work->trials->series; s++)
        sort[s] = count_like[work->group[s]] != 0;
    for (int32_t g = 0; g < model->groups; g++) {
        if ((count_like[g] != 0) != count || rows_in[g] >= FEW_ROWS) continue;
        if (first < 0) {
            first = g;
            PSN_TRY(rows_of(&rows, work, sort, count, error));
            PSN_TRY(fit_group(work, g, &rows, count, error));
        } else {
            model->group[g] = model->group[first];
            for (int32_t h = 0; h < model->steps; h++)
                model->growth[(int64_t)g * model->steps + h] =
                    model->growth[(int64_t)first * model->steps + h];
        }
    }
done:
    psn_release(rows.row);
    psn_release(sort);
    return rc;
}

static int fit_groups(psn_intervals_work *work, const uint8_t *count_like,
                      persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *rows_in = NULL;
    const int32_t groups = work->model->groups;
    PSN_NEED(rows_in = psn_alloc_zero((size_t)groups, sizeof *rows_in));
    for (int32_t g = 0; g < groups; g++) {
        psn_fit_rows rows = {0};
        rc = rows_of(&rows, work, work->group, g, error);
        rows_in[g] = rows.count;
        if (rc == PERSONA_OK && rows.count >= FEW_ROWS)
            rc = fit_group(work, g, &rows, count_like[g] != 0, error);
        psn_release(rows.row);
        if (rc == PERSONA_OK) rc = psn_task_check(task, (g + 1.0) / groups, error);
        if (rc != PERSONA_OK) goto done;
    }
    for (int32_t count = 0; count < 2; count++)
        PSN_TRY(fit_common(work, count_like, rows_in, count, error));
    for (int32_t g = 0; g < groups; g++)
        if (!(work->model->group[g].count > 0)) psn_fit_own(work, g);
done:
    psn_release(rows_in);
    return rc;
}

int psn_intervals_fit(psn_intervals **out, const psn_panel *panel,
                      const psn_trials *trials, const int32_t *group, int32_t groups,
                      const uint8_t *count_like, const psn_interval_extra *extra,
                      psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc;
    psn_intervals_work work = {.panel = panel,
                               .trials = trials,
                               .group = group,
                               .extra = extra && extra->levels > 0 ? extra : NULL,
                               .pool = pool};
    *out = NULL;
    PSN_TRY(fit_start(&work, groups, error));
    PSN_TRY(fit_groups(&work, count_like, task, error));
    *out = work.model;
    work.model = NULL;
done:
    psn_intervals_free(work.model);
    psn_release_aligned(work.scratch);
    psn_release(work.value);
    psn_release(work.loss);
    return rc;
}
