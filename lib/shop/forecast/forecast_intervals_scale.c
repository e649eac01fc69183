/* forecast_intervals_scale.c: how far a series moves by itself, and shapes shared by the
 * fit and the queries. O(values looked at). */
#include <math.h>
#include "math/distribution.h"
#include "math/elementary.h"
#include "shop/forecast/forecast_intervals_model.h"

enum { LOOK_BACK = 400 };

/* Mean absolute difference at a lag about the mean difference (a trend is no spread);
 * NaN below 4 pairs. */
static double scale_difference(const double *value, int32_t count, int32_t lag,
                               int centre)
{
    double sum = 0, spread = 0;
    int32_t pairs = 0;
    for (int32_t t = lag; t < count; t++) {
        const double d = value[t] - value[t - lag];
        if (isnan(d)) continue;
        sum += d;
        pairs++;
    }
    if (pairs < (centre ? 4 : 1)) return NAN;
    const double middle = centre ? sum / pairs : 0;
    for (int32_t t = lag; t < count; t++) {
        const double d = value[t] - value[t - lag];
        if (!isnan(d)) spread += fabs(d - middle);
    }
    return spread / (centre ? pairs - 1 : pairs);
}

psn_interval_scale psn_interval_scale_of(const psn_history *history)
{
    const int32_t season = history->panel->season[history->series * PSN_FORECAST_SEASONS];
    const int32_t skip = history->count > LOOK_BACK ? history->count - LOOK_BACK : 0;
    const double *value = history->value + skip;
    const int32_t count = history->count - skip;
    psn_interval_scale scale = {0, 0, 0};
    const int32_t late = season > 6 ? season : 6;
    int32_t known = 0;
    for (int32_t t = count > late ? count - late : 0; t < count; t++) {
        if (isnan(value[t])) continue;
        scale.level += fabs(value[t]);
        known++;
    }
    if (known > 0) scale.level /= known;
    const double step = scale_difference(value, count, 1, 0);
    if (isfinite(step)) scale.step = scale.size = step;
    const double first = scale_difference(value, count, 1, 1);
    if (isfinite(first)) scale.size = first;
    if (season > 1 && count >= 2 * season + 3) {
        const double seasonal = scale_difference(value, count, season, 1);
        if (seasonal < scale.size) scale.size = seasonal;
    }
    if (!isfinite(scale.level) || !isfinite(scale.size)) scale.level = scale.size = 0;
    return scale;
}

double psn_interval_size(const psn_interval_group *group, const psn_interval_scale *scale,
                         int32_t count)
{
    const double seen = count;
    return (scale->size * seen + 3 * group->relative * scale->level) / (seen + 3);
}

double psn_interval_curve(const double *curve, double x)
{
    const int32_t last = PSN_INTERVAL_KNOTS - 2;
    const double at = (x + psn_interval_edge) * 10;
    const int32_t i = at > 0 ? at < last ? (int32_t)at : last : 0;
    return curve[i] + (at - i) * (curve[i + 1] - curve[i]);
}

double psn_interval_level(int32_t knot)
{
    return psn_normal_cdf(0.1 * knot - psn_interval_edge);
}

void psn_interval_curve_normal(double *curve, double factor)
{
    for (int32_t i = 0; i < PSN_INTERVAL_KNOTS; i++)
        curve[i] = factor * (0.1 * i - psn_interval_edge);
}

double psn_interval_power(double power, double mean, double level)
{
    double ratio = level > 0 ? mean / level : 1;
    if (power == 0) return 1;
    ratio = ratio > 0.05 ? ratio < 20 ? ratio : 20 : 0.05;
    return power == 1 ? ratio : sqrt(ratio);
}

double psn_interval_growth(const psn_intervals *intervals, int32_t group, int32_t step)
{
    const double *growth = intervals->growth + (int64_t)group * intervals->steps;
    if (step < intervals->steps) return growth[step];
    return growth[intervals->steps - 1] *
           psn_pow((step + 1.0) / intervals->steps, intervals->group[group].growth);
}
