/* forecast_intervals_model.h: what intervals are made of, for fit, query and file. */
#ifndef PSN_SHOP_FORECAST_INTERVALS_MODEL_H
#define PSN_SHOP_FORECAST_INTERVALS_MODEL_H

#include <stddef.h>
#include "shop/forecast/forecast_intervals.h"

enum {
    PSN_INTERVAL_KNOTS = 65,   /* at normal quantiles -3.2, -3.1 .. 3.2 */
    PSN_INTERVAL_STEPS = 400,  /* whose growth is kept */
    PSN_INTERVAL_WINDOW = 224, /* values of a history a count distribution looks at */
    PSN_INTERVAL_TABLE = 2048, /* its points */
    PSN_INTERVAL_GRID = 129    /* points of a margin that sample paths use */
};
static const double psn_interval_edge = 3.2;

/* All doubles, so that groups travel as one array. */
typedef struct psn_interval_group {
    double count;      /* 1: a count distribution, 0: scores */
    double power;      /* scores: the spread goes with (mean / level)^power: 0, 0.5, 1 */
    double relative;   /* scores: usual ratio of scale to level */
    double growth;     /* scores: exponent of the growth beyond the steps known */
    double trust;      /* scores: origins that own errors are weighed against; 0: none */
    double window;     /* counts: values of the history, 1 .. PSN_INTERVAL_WINDOW */
    double share;      /* counts: of the negative binomial, the rest is empirical */
    double dispersion; /* counts: usual variance / (mean x size of a sale) */
    double memory;     /* autocorrelation of the errors, step by step, 0 .. 0.99 */
    double extra;      /* share of the other model's quantiles */
    double split;      /* steps up to here use curve 0, later ones curve 1 */
    /* Scores: quantiles of the scores at the knots. Counts: the level to ask for to get
     * that of the knot; both sides as normal quantiles. */
    double curve[2][PSN_INTERVAL_KNOTS];
} psn_interval_group;

struct psn_intervals {
    int32_t groups, steps; /* steps: 1 .. PSN_INTERVAL_STEPS */
    int64_t series;
    psn_interval_group *group;
    double *growth; /* groups x steps: mean absolute score, not descending */
    float *own;     /* of every series: its scale beside its group's */
};

/* How far a series moves, from its own history. */
typedef struct psn_interval_scale {
    double size;  /* mean absolute difference, the lesser of first and seasonal ones */
    double level; /* mean absolute value of late */
    double step;  /* mean absolute first difference: the unit of losses */
} psn_interval_scale;
psn_interval_scale psn_interval_scale_of(const psn_history *history);
/* The size that is believed of a history of `count` values: a short one may look calm by
 * luck, so a little of what is usual in its group is added. */
double psn_interval_size(const psn_interval_group *group, const psn_interval_scale *scale,
                         int32_t count);

/* The end of a history as a count distribution sees it. */
typedef struct psn_interval_counts {
    int32_t values;
    int32_t whole;     /* all are whole numbers */
    double mean;       /* of the window */
    double dispersion; /* variance / mean; 0 = not known */
    double size;       /* of a mean sale; > 0 */
    double most;       /* of the window */
    double value[PSN_INTERVAL_WINDOW];
} psn_interval_counts;
void psn_interval_counts_of(psn_interval_counts *counts, const psn_history *history,
                            int32_t window);

/* table[i] = P(Y <= i unit) of a mixture of the negative binomial with that mean and the
 * dispersion of the counts (shrunk to `usual` x size) and of the window's values scaled
 * to the mean; the last entry is 1. */
typedef struct psn_interval_table {
    int32_t length;
    double unit;
    double *cdf; /* PSN_INTERVAL_TABLE, the caller's */
} psn_interval_table;
void psn_interval_counts_table(psn_interval_table *table,
                               const psn_interval_counts *counts, double mean,
                               double share, double usual);
/* The least value with P(Y <= value) >= level. */
double psn_interval_table_quantile(const psn_interval_table *table, double level);

/* Linear between knots; beyond them the last slope goes on. */
double psn_interval_curve(const double *curve, double x);
/* The level of a knot. */
double psn_interval_level(int32_t knot);
/* A curve that changes nothing, times `factor`. */
void psn_interval_curve_normal(double *curve, double factor);
/* (mean / level)^power, within bounds. */
double psn_interval_power(double power, double mean, double level);
double psn_interval_growth(const psn_intervals *intervals, int32_t group, int32_t step);

#endif
