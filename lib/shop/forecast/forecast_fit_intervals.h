/* forecast_fit_intervals.h: the fit side of intervals, between its files. */
#ifndef PSN_SHOP_FORECAST_FIT_INTERVALS_H
#define PSN_SHOP_FORECAST_FIT_INTERVALS_H

#include "shop/forecast/forecast_intervals_model.h"

enum { PSN_FIT_LEVELS = 9 };
extern const double psn_fit_levels[PSN_FIT_LEVELS]; /* that choices are judged by */

/* One forecast of one series: at origin `origin`. */
typedef struct psn_fit_row {
    int64_t series;
    int32_t origin;
    psn_interval_scale scale;
} psn_fit_row;

/* Forecasts of series of one group (at most 2,000 series, evenly over it). Rows of a
 * series lie side by side. */
typedef struct psn_fit_rows {
    psn_fit_row *row;
    int64_t count;
    int64_t series; /* distinct */
} psn_fit_rows;

typedef struct psn_intervals_work {
    const psn_panel *panel;
    const psn_trials *trials;
    const int32_t *group;
    const psn_interval_extra *extra;
    psn_intervals *model;
    psn_pool *pool;
    double *value; /* room for rows x steps x 2 */
    double *loss;  /* of every row */
    void *scratch; /* of every worker */
    size_t scratch_size;
} psn_intervals_work;

static inline int64_t psn_fit_at(const psn_intervals_work *work, const psn_fit_row *row)
{
    return (row->series * work->trials->origins + row->origin) * work->trials->steps;
}
static inline psn_history psn_fit_history(const psn_intervals_work *work,
                                          const psn_fit_row *row)
{
    return psn_panel_history(work->panel, row->series, work->trials->cut[row->origin]);
}

/* Sum of pinball losses over the levels. quantile: one a level. */
double psn_fit_pinball(const double *quantile, const double *level, int32_t levels,
                       double y);

/* Fill in group `g` of the model from the rows. */
void psn_fit_scores(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows);
void psn_fit_counts(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                    int search);
/* own[] of every series of the group, once its scores are fitted. */
void psn_fit_own(psn_intervals_work *work, int32_t g);
/* Mean of loss[] over the rows that have one, each at most 1,000; INFINITY: none has. */
double psn_fit_mean_loss(const psn_intervals_work *work, const psn_fit_rows *rows);
/* The two curves of a group, of early and late steps where there is enough to tell them
 * apart: `curve` fills one from the steps from .. to - 1. */
typedef void psn_fit_curve(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                           double *curve, int32_t from, int32_t to);
void psn_fit_curves(psn_intervals_work *work, int32_t g, const psn_fit_rows *rows,
                    psn_fit_curve *curve);

#endif
