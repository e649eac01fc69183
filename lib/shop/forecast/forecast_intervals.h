/* forecast_intervals.h: from a mean to a distribution: quantiles by pooled conformal
 * scores (smooth series) or by a count distribution whose levels are recalibrated
 * (intermittent ones), and sample paths that agree with them. Fit side in
 * forecast_fit_intervals.c. */
#ifndef PSN_SHOP_FORECAST_INTERVALS_H
#define PSN_SHOP_FORECAST_INTERVALS_H

#include "base/pool.h"
#include "shop/forecast/forecast_panel.h"
#include "store/container.h"

/* Forecasts made at earlier origins with what was known then, beside what came: the raw
 * material of weights and intervals. */
typedef struct psn_trials {
    int64_t series;
    int32_t origins, steps;
    const int32_t *cut;   /* origins: periods before the end of each series */
    const double *mean;   /* [(s * origins + o) * steps + h]; NaN = not asked */
    const double *actual; /* same shape; NaN = missing */
} psn_trials;

typedef struct psn_intervals psn_intervals;

/* group: of every series (class x calendar), 0 .. groups - 1: scores are pooled within a
 * group, and with all where a group is small. count_like: of every group, 1 = a count
 * distribution. `extra` (NULL = none): quantiles of another model for the same trials at
 * its levels, [(s * origins + o) * steps + h][level], which are blended in where that
 * lowers the pinball loss. */
typedef struct psn_interval_extra {
    int32_t levels;
    const double *level;
    const double *quantile;
} psn_interval_extra;
int psn_intervals_fit(psn_intervals **out, const psn_panel *panel,
                      const psn_trials *trials, const int32_t *group, int32_t groups,
                      const uint8_t *count_like, const psn_interval_extra *extra,
                      psn_pool *pool, persona_task *task, persona_error *error);
void psn_intervals_free(psn_intervals *intervals);
size_t psn_intervals_scratch(const psn_intervals *intervals, int32_t steps);
/* Quantiles at `levels` (ascending) of steps 1 .. steps around mean[]; extra: of the
 * other model for these steps, or NULL. out[step * levels + q], ascending in q, finite.
 * At least `floor` (0 where demand cannot be negative, -inf). No allocation. */
void psn_intervals_quantiles(const psn_intervals *intervals, const psn_history *history,
                             int32_t group, const double *mean, int32_t steps,
                             const psn_interval_extra *extra, const double *level,
                             int32_t levels, double floor, void *scratch, double *out);
/* `paths` sample paths: out[path * steps + step]; margins are the quantiles above, steps
 * hang together as the errors of the trials did (a Gaussian copula, AR(1) by group). */
void psn_intervals_paths(const psn_intervals *intervals, const psn_history *history,
                         int32_t group, const double *mean, int32_t steps,
                         const psn_interval_extra *extra, double floor, uint64_t seed,
                         int64_t paths, void *scratch, double *out);
int psn_intervals_encode(psn_writer *writer, const psn_intervals *intervals,
                         persona_error *error);
int psn_intervals_decode(psn_intervals **out, psn_reader *reader, int32_t groups,
                         persona_error *error);

#endif
