/* forecast_fit_intervals_counts.c: intervals of counts.
 *
 * The window and the share of the negative binomial are those with the least pinball loss
 * (in steps of the series) over the trials. Then levels are recalibrated: each value
 * gives the interval F(y - 1) .. F(y) of its distribution, within which its rank is
 * anywhere (Czado, Gneiting, Held 2009); G(u), the mean over values of the part of the
 * interval below u, is what a level u really covers, and the level to ask for is its
 * inverse. In normal quantiles, drawn towards no change where there are few forecasts. */
#include <math.h>
#include "math/distribution.h"
#include "math/order.h"
#include "shop/forecast/forecast_fit_intervals.h"

enum { BLOCK = 16, GRID = 241 }; /* -6 .. 6 */
static const double windows[] = {24, 56, 112, 224}, shares[] = {0.5, 1};
/* A curve moves a level by no more: tails of a few trials are luck. */
static const double rows_to_trust = 30, most_move = 0.25;

typedef struct counts_pass {
    const psn_intervals_work *work;
    const psn_fit_rows *rows;
    const psn_interval_group *group;
} counts_pass;

/* Scratch of a worker. */
typedef struct counts_scratch {
    psn_interval_counts counts;
    double table[PSN_INTERVAL_TABLE];
} counts_scratch;

static double pass_step(const psn_interval_table *table, double y, double *rank)
{
    double quantile[PSN_FIT_LEVELS];
    const double at = y / table->unit;
    const int32_t last = table->length - 1;
    const int32_t k = at < last ? at > 0 ? (int32_t)(at + 1e-9) : 0 : last;
    rank[0] = k > 0 ? table->cdf[k - 1] : 0;
    rank[1] = y < 0 ? 0 : table->cdf[k];
    if (y < 0) rank[0] = 0;
    for (int q = 0; q < PSN_FIT_LEVELS; q++)
        quantile[q] = psn_interval_table_quantile(table, psn_fit_levels[q]);
    return psn_fit_pinball(quantile, psn_fit_levels, PSN_FIT_LEVELS, y);
}

static void pass_row(const counts_pass *pass, int64_t r, counts_scratch *scratch)
{
    const psn_intervals_work *work = pass->work;
    const psn_fit_row *row = &pass->rows->row[r];
    const int64_t at = psn_fit_at(work, row);
    const psn_history history = psn_fit_history(work, row);
    const int32_t steps = work->model->steps;
    double *rank = work->value + r * steps * 2, sum = 0, before = NAN;
    int32_t known = 0;
    psn_interval_table table = {.cdf = scratch->table};
    psn_interval_counts_of(&scratch->counts, &history, (int32_t)pass->group->window);
    for (int32_t h = 0; h < steps; h++) {
        const double mean = work->trials->mean[at + h], y = work->trials->actual[at + h];
        rank[2 * h] = NAN;
        if (isnan(mean) || isnan(y)) continue;
        if (mean != before)
            psn_interval_counts_table(&table, &scratch->counts, mean, pass->group->share,
                                      pass->group->dispersion);
        before = mean;
        sum += pass_step(&table, y, rank + 2 * h);
        /* Nothing was expected: no level would help. */
        if (!(mean > 0)) rank[2 * h] = NAN;
        known++;
    }
    work->loss[r] =
        known > 0 && row->scale.step > 0 ? sum / known / row->scale.step : NAN;
}

static void pass_block(void *context, int64_t block, int worker)
{
    const counts_pass *pass = context;
    counts_scratch *scratch =
        (counts_scratch *)((char *)pass->work->scratch +
                           (size_t)worker * pass->work->scratch_size);
    for (int64_t r = block * BLOCK; r < (block + 1) * BLOCK && r < pass->rows->count; r++)
        pass_row(pass, r, scratch);
}

static double counts_pass_loss(psn_intervals_work *work, int32_t g,
                               const psn_fit_rows *rows)
{
    counts_pass pass = {work, rows, &work->model->group[g]};
    psn_pool_run(work->pool, (rows->count + BLOCK - 1) / BLOCK, pass_block, &pass);
    return psn_fit_mean_loss(work, rows);
}

/* The usual dispersion in sizes of a sale. */
static double counts_usual(psn_intervals_work *work, const psn_fit_rows *rows)
{
    psn_interval_counts *counts = &((counts_scratch *)work->scratch)->counts;
    int64_t known = 0;
    for (int64_t r = 0; r < rows->count; r++) {
        const psn_history history = psn_fit_history(work, &rows->row[r]);
        psn_interval_counts_of(counts, &history, PSN_INTERVAL_WINDOW);
        const double ratio = counts->dispersion / counts->size;
        if (counts->values > 3 && ratio > 0 && ratio < 1e6) work->value[known++] = ratio;
    }
    return known > 0 ? psn_select_real(work->value, known, known / 2) : 1.2;
}

/* G at the points of the grid, from the ranks of the steps from .. to - 1; returns how
 * many. */
static int64_t counts_cover(const psn_intervals_work *work, const psn_fit_rows *rows,
                            int32_t from, int32_t to, double *cover)
{
    const int32_t steps = work->model->steps;
    int64_t known = 0;
    double level[GRID];
    for (int i = 0; i < GRID; i++) {
        level[i] = psn_normal_cdf(0.05 * i - 6);
        cover[i] = 0;
    }
    for (int64_t r = 0; r < rows->count; r++)
        for (int32_t h = from; h < to; h++) {
            const double *rank = work->value + (r * steps + h) * 2;
            if (isnan(rank[0])) continue;
            const double width = rank[1] - rank[0];
            for (int i = 0; i < GRID; i++) {
                const double part =
                    width > 0 ? (level[i] - rank[0]) / width : level[i] >= rank[1];
                cover[i] += part > 0 ? part < 1 ? part : 1 : 0;
            }
            known++;
        }
    for (int i = 0; i < GRID; i++) cover[i] /= (double)known + 1;
    return known;
}

/* The level (as a normal quantile) that covers p. */
static double counts_ask(const double *cover, double p)
{
    int i = 0;
    if (p <= cover[0]) return -6;
    while (i < GRID - 2 && cover[i + 1] < p) i++;
    const double rise = cover[i + 1] - cover[i];
    const double part = rise > 0 ? (p - cover[i]) / rise : 0.5;
    return 0.05 * (i + (part < 1 ? part : 1)) - 6;
}

static void counts_curve(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                         double *curve, int32_t from, int32_t to)
{
    double cover[GRID];
    (void)g;
    const int64_t known = counts_cover(work, rows, from, to, cover);
    const double trust = (double)rows->count / ((double)rows->count + rows_to_trust);
    psn_interval_curve_normal(curve, 1);
    for (int i = 0; known > 0 && i < PSN_INTERVAL_KNOTS; i++) {
        double move = trust * (counts_ask(cover, psn_interval_level(i)) - curve[i]);
        curve[i] += move > most_move ? most_move : move < -most_move ? -most_move : move;
    }
}

void psn_fit_counts(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                    int search)
{
    psn_interval_group *group = &work->model->group[g];
    double least = INFINITY, window = 112, share = 0.5;
    group->count = 1;
    group->power = 0;
    group->relative = 0.1;
    group->dispersion = counts_usual(work, rows);
    group->share = share;
    for (int i = 0; search && i < 4; i++)
        for (int k = 0; k < 2; k++) {
            group->window = windows[i];
            group->share = shares[k];
            const double loss = counts_pass_loss(work, g, rows);
            if (loss < least) least = loss, window = windows[i], share = shares[k];
        }
    group->window = window;
    group->share = share;
    (void)counts_pass_loss(work, g, rows);
    psn_fit_curves(work, g, rows, counts_curve);
}
