/* forecast_fit_intervals_scores.c: intervals of series that are not counts.
 *
 * A score is (y - mean) / (scale x (mean / level)^power x growth). Scores of a group are
 * pooled, which gives thousands where one series has a dozen; their quantiles at ranks of
 * m + 1 (split conformal: Vovk et al. 2005) need no shape and may lean to one side. Three
 * things are chosen by pinball loss in units of the series' own steps: the power (0: the
 * same spread at any level; 1: in proportion), and how far a series' own errors at the
 * other origins are believed against its scale. Growth: the mean absolute score of each
 * step, made not descending by pooling neighbours that are out of order. */
#include <math.h>
#include "math/distribution.h"
#include "math/elementary.h"
#include "math/order.h"
#include "shop/forecast/forecast_fit_intervals.h"

/* Of one row: beyond this many mean scores a score says nothing more. */
static const double score_most = 15, rows_to_trust = 10;
static const double normal_factor = 1.2533141373155; /* of mean absolute 1 */
static const double powers[] = {0, 0.5, 1};
static const double trusts[] = {0, 4, 2, 1, 0.5}; /* origins; 0 = own errors not asked */

static double row_spread(const psn_intervals_work *work, int32_t g,
                         const psn_fit_row *row, int32_t step)
{
    const psn_interval_group *group = &work->model->group[g];
    const double size =
        psn_interval_size(group, &row->scale, psn_fit_history(work, row).count);
    const double mean = work->trials->mean[psn_fit_at(work, row) + step];
    return size * psn_interval_power(group->power, mean, row->scale.level);
}

/* NaN: not known. Before growth. */
static double row_score(const psn_intervals_work *work, int32_t g, const psn_fit_row *row,
                        int32_t step)
{
    const int64_t at = psn_fit_at(work, row) + step;
    const double spread = row_spread(work, g, row, step);
    const double e = work->trials->actual[at] - work->trials->mean[at];
    const double z = spread > 0 ? e / spread : NAN;
    return z > 1e6 ? 1e6 : z < -1e6 ? -1e6 : z;
}

static void scores_relative(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows)
{
    int64_t count = 0;
    for (int64_t r = 0; r < rows->count; r++) {
        const psn_interval_scale *scale = &rows->row[r].scale;
        if (scale->level > 0 && scale->size / scale->level < 1e6)
            work->value[count++] = scale->size / scale->level;
    }
    work->model->group[g].relative =
        count > 0 ? psn_select_real(work->value, count, count / 2) : 0.1;
}

/* Weighted means that do not descend (pool adjacent violators, in place). */
static void pool_ascending(double *mean, double *weight, int32_t count)
{
    int32_t block[PSN_INTERVAL_STEPS], blocks = 0;
    for (int32_t i = 0; i < count; i++) {
        mean[blocks] = mean[i];
        weight[blocks] = weight[i];
        block[blocks++] = 1;
        while (blocks > 1 && mean[blocks - 1] <= mean[blocks - 2]) {
            const double w = weight[blocks - 2] + weight[blocks - 1];
            mean[blocks - 2] = (mean[blocks - 2] * weight[blocks - 2] +
                                mean[blocks - 1] * weight[blocks - 1]) /
                               w;
            weight[blocks - 2] = w;
            block[blocks - 2] += block[blocks - 1];
            blocks--;
        }
    }
    for (int32_t i = count; blocks-- > 0;)
        for (int32_t k = 0; k < block[blocks]; k++) mean[--i] = mean[blocks];
}

/* The exponent of growth between the first and the second half. */
static double growth_exponent(const double *growth, int32_t steps)
{
    const double first = growth[(steps - 1) / 4], last = growth[steps - 1];
    if (steps < 4 || !(first > 0)) return 0.25;
    const double e =
        psn_log(last / first) / psn_log((double)steps / ((steps - 1) / 4 + 1));
    return e > 0.5 ? 0.5 : e;
}

static void scores_growth(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows)
{
    const int32_t steps = work->model->steps;
    double *growth = work->model->growth + (int64_t)g * steps;
    double weight[PSN_INTERVAL_STEPS], all = 0, known = 0;
    for (int32_t h = 0; h < steps; h++) growth[h] = weight[h] = 0;
    for (int64_t r = 0; r < rows->count; r++)
        for (int32_t h = 0; h < steps; h++) {
            const double z = fabs(row_score(work, g, &rows->row[r], h));
            if (isnan(z)) continue;
            growth[h] += z < score_most ? z : score_most;
            weight[h] += 1;
        }
    for (int32_t h = 0; h < steps; h++) {
        all += growth[h];
        known += weight[h];
    }
    /* Every step starts from the mean of all, as if 5 scores had shown it. */
    const double usual = known > 0 && all > 0 ? all / known : 1;
    for (int32_t h = 0; h < steps; h++) {
        weight[h] += 5;
        growth[h] = (growth[h] + 5 * usual) / weight[h];
    }
    pool_ascending(growth, weight, steps);
    work->model->group[g].growth = growth_exponent(growth, steps);
}

/* Mean absolute score of a row beside the growth; NaN: none known. */
static double row_own(const psn_intervals_work *work, int32_t g, const psn_fit_row *row)
{
    const double *growth = work->model->growth + (int64_t)g * work->model->steps;
    double sum = 0;
    int32_t known = 0;
    for (int32_t h = 0; h < work->model->steps; h++) {
        const double z = fabs(row_score(work, g, row, h)) / growth[h];
        if (isnan(z)) continue;
        sum += z < score_most ? z : score_most;
        known++;
    }
    return known > 0 ? sum / known : NAN;
}

/* loss[r] = what the other rows of the series say about its scale. */
static void scores_own(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                       double trust)
{
    double *own = work->loss;
    for (int64_t r = 0, end; r < rows->count; r = end) {
        double sum = 0, known = 0, apart[64];
        for (end = r; end < rows->count && end - r < 64 &&
                      rows->row[end].series == rows->row[r].series;
             end++) {
            apart[end - r] = trust > 0 ? row_own(work, g, &rows->row[end]) : NAN;
            if (isnan(apart[end - r])) continue;
            sum += apart[end - r];
            known += 1;
        }
        for (int64_t i = r; i < end; i++) {
            const int here = !isnan(apart[i - r]);
            own[i] = trust > 0 ? (sum - (here ? apart[i - r] : 0) + trust) /
                                     (known - here + trust)
                               : 1;
        }
    }
}

/* Scores of the steps from .. to - 1 in order; returns how many. */
static int64_t scores_sorted(psn_intervals_work *work, int32_t g,
                             const psn_fit_rows *rows, int32_t from, int32_t to)
{
    const double *growth = work->model->growth + (int64_t)g * work->model->steps;
    int64_t count = 0;
    for (int64_t r = 0; r < rows->count; r++)
        for (int32_t h = from; h < to; h++) {
            const double z =
                row_score(work, g, &rows->row[r], h) / growth[h] / work->loss[r];
            if (!isnan(z)) work->value[count++] = z;
        }
    psn_sort_reals(work->value, count);
    return count;
}

/* Rank p (m + 1) of m, between neighbours; the ends stay. */
static double rank_of(const double *sorted, int64_t count, double p)
{
    const double at = p * ((double)count + 1) - 1;
    if (!(at > 0)) return sorted[0];
    const int64_t i = (int64_t)at;
    if (i >= count - 1) return sorted[count - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

static void scores_curve(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                         double *curve, int32_t from, int32_t to)
{
    const int64_t count = scores_sorted(work, g, rows, from, to);
    const double trust = (double)rows->count / ((double)rows->count + rows_to_trust);
    psn_interval_curve_normal(curve, normal_factor);
    for (int32_t i = 0; count > 0 && i < PSN_INTERVAL_KNOTS; i++) {
        const double p = psn_interval_level(i);
        curve[i] += trust * (rank_of(work->value, count, p) - curve[i]);
    }
}

/* Mean loss in steps of the series, with the own scales in loss[]. */
static double scores_loss(const psn_intervals_work *work, int32_t g,
                          const psn_fit_rows *rows)
{
    const psn_interval_group *group = &work->model->group[g];
    const double *growth = work->model->growth + (int64_t)g * work->model->steps;
    double quantile[2][PSN_FIT_LEVELS], sum = 0, known = 0;
    for (int b = 0; b < 2; b++)
        for (int q = 0; q < PSN_FIT_LEVELS; q++)
            quantile[b][q] = psn_interval_curve(group->curve[b],
                                                psn_normal_quantile(psn_fit_levels[q]));
    for (int64_t r = 0; r < rows->count; r++) {
        const psn_fit_row *row = &rows->row[r];
        for (int32_t h = 0; h < work->model->steps && row->scale.step > 0; h++) {
            const double factor = growth[h] * work->loss[r];
            const double z = row_score(work, g, row, h) / factor;
            if (isnan(z)) continue;
            const double loss = psn_fit_pinball(quantile[h >= group->split],
                                                psn_fit_levels, PSN_FIT_LEVELS, z) *
                                factor * row_spread(work, g, row, h) / row->scale.step;
            sum += loss < 1e3 ? loss : 1e3;
            known += 1;
        }
    }
    return known > 0 ? sum / known : INFINITY;
}

static double scores_try(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                         double power, double trust)
{
    work->model->group[g].power = power;
    scores_growth(work, g, rows);
    scores_own(work, g, rows, trust);
    psn_fit_curves(work, g, rows, scores_curve);
    return scores_loss(work, g, rows);
}

void psn_fit_scores(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows)
{
    psn_interval_group *group = &work->model->group[g];
    double least = INFINITY, power = 0, trust = 0;
    group->count = 0;
    scores_relative(work, g, rows);
    for (int i = 0; i < 3; i++) {
        const double loss = scores_try(work, g, rows, powers[i], 0);
        if (!(loss < least)) continue;
        least = loss;
        power = powers[i];
    }
    for (int i = 1; i < 5 && work->trials->origins > 1; i++) {
        const double loss = scores_try(work, g, rows, power, trusts[i]);
        if (!(loss < least)) continue;
        least = loss;
        trust = trusts[i];
    }
    (void)scores_try(work, g, rows, power, trust);
    group->trust = trust;
}

void psn_fit_own(psn_intervals_work *work, int32_t g)
{
    const psn_trials *trials = work->trials;
    const double trust = work->model->group[g].trust;
    for (int64_t s = 0; s < trials->series && trust > 0; s++) {
        double sum = trust, known = trust;
        if (work->group[s] != g) continue;
        for (int32_t o = 0; o < trials->origins; o++) {
            psn_fit_row row = {s, o, {0, 0, 0}};
            const psn_history history = psn_fit_history(work, &row);
            if (history.count < 1) continue;
            row.scale = psn_interval_scale_of(&history);
            const double own = row_own(work, g, &row);
            if (isnan(own)) continue;
            sum += own;
            known += 1;
        }
        work->model->own[s] = (float)(sum / known);
    }
}
