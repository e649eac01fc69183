/* forecast_intervals.c: quantiles and sample paths around a mean.
 *
 *   scores:  mean + scale x (mean / level)^power x growth[step] x curve(level)
 *   counts:  quantile of the count distribution at the recalibrated level
 *
 * with the scale of the series' own history times what its errors were beside those of
 * its group. Where there is another model, its quantiles are averaged in. Paths: a
 * Gaussian AR(1) walks over the steps, x[h] = r x[h - 1] + sqrt(1 - r^2) e, and step h
 * takes the quantile of Phi(x[h]). O(steps x (levels + points of a count table)). */
#include "shop/forecast/forecast_intervals.h"

#include <math.h>
#include "base/philox.h"
#include "math/distribution.h"
#include "shop/forecast/forecast_intervals_model.h"

enum { INTERVAL_PATHS = 0x70617468 }; /* purpose of random numbers */
static const double interval_most = 1e300;

/* What is the same for all steps of a question, and the step at hand. */
typedef struct margin {
    const psn_intervals *intervals;
    const psn_interval_group *group;
    int32_t number; /* of the group */
    psn_interval_counts *counts;
    psn_interval_scale scale;
    double floor;
    double own;
    /* the step */
    double mean, spread;
    const double *curve;
    const psn_interval_extra *extra;
    const double *other; /* its quantiles; NULL = none */
    psn_interval_table table;
} margin;

typedef struct interval_scratch {
    psn_interval_counts counts;
    double table[PSN_INTERVAL_TABLE];
    double grid[]; /* steps x PSN_INTERVAL_GRID */
} interval_scratch;

size_t psn_intervals_scratch(const psn_intervals *intervals, int32_t steps)
{
    (void)intervals;
    const size_t bytes =
        sizeof(interval_scratch) + (size_t)steps * PSN_INTERVAL_GRID * sizeof(double);
    return (bytes + 63) / 64 * 64;
}

static void margin_start(margin *m, const psn_intervals *intervals,
                         const psn_history *history, int32_t group,
                         const psn_interval_extra *extra, double floor_,
                         interval_scratch *scratch)
{
    *m = (margin){.intervals = intervals,
                  .group = &intervals->group[group],
                  .number = group,
                  .counts = &scratch->counts,
                  .floor = floor_,
                  .own = 1,
                  .extra = extra,
                  .table = {.cdf = scratch->table},
                  .mean = NAN};
    if (history->series < intervals->series) m->own = intervals->own[history->series];
    if (m->group->count > 0) {
        psn_interval_counts_of(m->counts, history, (int32_t)m->group->window);
        return;
    }
    m->scale = psn_interval_scale_of(history);
    m->scale.size = psn_interval_size(m->group, &m->scale, history->count);
}

static void margin_step(margin *m, int32_t step, double mean)
{
    m->curve = m->group->curve[step >= m->group->split];
    m->other = m->extra && m->group->extra > 0
                   ? m->extra->quantile + (int64_t)step * m->extra->levels
                   : NULL;
    if (m->group->count > 0) {
        if (mean != m->mean)
            psn_interval_counts_table(&m->table, m->counts, mean, m->group->share,
                                      m->group->dispersion);
    } else {
        m->spread = m->own * m->scale.size *
                    psn_interval_power(m->group->power, mean, m->scale.level) *
                    psn_interval_growth(m->intervals, m->number, step);
    }
    m->mean = mean;
}

/* x is the normal quantile of the level. */
static double margin_alone(const margin *m, double x)
{
    const double score = psn_interval_curve(m->curve, x);
    if (m->group->count > 0)
        return psn_interval_table_quantile(&m->table, psn_normal_cdf(score));
    return m->mean + m->spread * score;
}

/* Linear in the level between those of the other model; beyond them its distance to our
 * own quantile at its last level stays. */
static double margin_other(const margin *m, double level, double alone)
{
    const psn_interval_extra *extra = m->extra;
    const int32_t last = extra->levels - 1;
    int32_t i = 0;
    if (level <= extra->level[0] || level >= extra->level[last]) {
        i = level <= extra->level[0] ? 0 : last;
        return m->other[i] + alone -
               margin_alone(m, psn_normal_quantile(extra->level[i]));
    }
    while (level > extra->level[i + 1]) i++;
    const double part =
        (level - extra->level[i]) / (extra->level[i + 1] - extra->level[i]);
    return m->other[i] + part * (m->other[i + 1] - m->other[i]);
}

static double margin_quantile(const margin *m, double level, double x)
{
    double y = margin_alone(m, x);
    if (m->other)
        y = (1 - m->group->extra) * y + m->group->extra * margin_other(m, level, y);
    if (isnan(y)) y = m->mean;
    if (y < m->floor) y = m->floor;
    return y < -interval_most ? -interval_most : y < interval_most ? y : interval_most;
}

/* Levels 0 and 1 mean the last that is sane. */
static double interval_normal(double level)
{
    const double x = psn_normal_quantile(level);
    return x > 6 ? 6 : x > -6 ? x : -6;
}

void psn_intervals_quantiles(const psn_intervals *intervals, const psn_history *history,
                             int32_t group, const double *mean, int32_t steps,
                             const psn_interval_extra *extra, const double *level,
                             int32_t levels, double floor_, void *scratch, double *out)
{
    margin m;
    margin_start(&m, intervals, history, group, extra, floor_, scratch);
    for (int32_t h = 0; h < steps; h++) {
        double *row = out + (int64_t)h * levels;
        margin_step(&m, h, mean[h]);
        for (int32_t q = 0; q < levels; q++) {
            row[q] = margin_quantile(&m, level[q], interval_normal(level[q]));
            if (q > 0 && row[q] < row[q - 1]) row[q] = row[q - 1];
        }
    }
}

/* The margins of all steps at the points of the grid, not descending. */
static void paths_grid(margin *m, const double *mean, int32_t steps, double *grid)
{
    for (int32_t h = 0; h < steps; h++) {
        double *row = grid + (int64_t)h * PSN_INTERVAL_GRID;
        margin_step(m, h, mean[h]);
        for (int32_t i = 0; i < PSN_INTERVAL_GRID; i++) {
            const double x = 0.05 * i - psn_interval_edge;
            row[i] = margin_quantile(m, m->other ? psn_normal_cdf(x) : 0.5, x);
            if (i > 0 && row[i] < row[i - 1]) row[i] = row[i - 1];
        }
    }
}

/* Counts take the nearest point, so that whole numbers stay whole. */
static double paths_value(const margin *m, const double *row, double x)
{
    const double at = (x + psn_interval_edge) / 0.05;
    const int32_t last = PSN_INTERVAL_GRID - 1;
    if (at <= 0 || at >= last) return at <= 0 ? row[0] : row[last];
    if (m->group->count > 0) return row[(int32_t)(at + 0.5)];
    const int32_t i = (int32_t)at;
    return row[i] + (at - i) * (row[i + 1] - row[i]);
}

void psn_intervals_paths(const psn_intervals *intervals, const psn_history *history,
                         int32_t group, const double *mean, int32_t steps,
                         const psn_interval_extra *extra, double floor_, uint64_t seed,
                         int64_t paths, void *scratch, double *out)
{
    margin m;
    double *grid = ((interval_scratch *)scratch)->grid;
    margin_start(&m, intervals, history, group, extra, floor_, scratch);
    paths_grid(&m, mean, steps, grid);
    const double memory = m.group->memory, fresh = sqrt(1 - memory * memory);
    for (int64_t p = 0; p < paths; p++) {
        psn_random random;
        double x = 0;
        psn_random_start(&random, seed, INTERVAL_PATHS,
                         ((uint64_t)history->series << 32) + (uint64_t)p);
        for (int32_t h = 0; h < steps; h++) {
            const double e = interval_normal(psn_random_unit(&random));
            x = h == 0 ? e : memory * x + fresh * e;
            out[p * steps + h] =
                paths_value(&m, grid + (int64_t)h * PSN_INTERVAL_GRID, x);
        }
    }
}
