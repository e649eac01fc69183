/* forecast_intervals_count.c: the distribution of one period's count.
 *
 * A mixture: the negative binomial with the forecast's mean and variance = mean x
 * dispersion, and what the series did in a window, scaled to the mean (values between
 * lattice points go to both neighbours, so that the mean stays). The first has the shape
 * of counts and tails beyond what was seen, the second has whatever shape the series has:
 * packs of six, long silences. The dispersion is that of the window, shrunk towards the
 * group's usual multiple of the size of a sale, as if 20 values had shown that.
 *
 * All lives on a lattice of at most 2,048 points: whole numbers, or coarser where numbers
 * are large, or sixteenths of a mean sale where values are not whole. O(points). */
#include <math.h>
#include "math/distribution.h"
#include "math/elementary.h"
#include "shop/forecast/forecast_intervals_model.h"

static const double prior_values = 20;

/* Mean size of sales; from all of the history if the window has none. */
static double counts_size(const psn_history *history, int32_t from)
{
    double sum = 0;
    int32_t sales = 0;
    for (int32_t t = history->count; t-- > 0;) {
        if (t < from && sales > 0) break;
        if (!(history->value[t] > 0)) continue;
        sum += history->value[t];
        sales++;
    }
    return sales > 0 && isfinite(sum) ? sum / sales : 1;
}

void psn_interval_counts_of(psn_interval_counts *counts, const psn_history *history,
                            int32_t window)
{
    const int32_t from = history->count > window ? history->count - window : 0;
    double sum = 0, square = 0;
    *counts = (psn_interval_counts){.whole = 1};
    for (int32_t t = from; t < history->count; t++) {
        const double y = history->value[t] > 0 ? history->value[t] : 0;
        if (isnan(history->value[t])) continue;
        counts->value[counts->values++] = y;
        counts->whole &= y == floor(y);
        if (y > counts->most) counts->most = y;
        sum += y;
    }
    counts->size = counts_size(history, from);
    if (!(sum > 0) || !isfinite(sum)) return;
    counts->mean = sum / counts->values;
    for (int32_t i = 0; i < counts->values; i++) {
        const double d = (counts->value[i] - counts->mean) / counts->size;
        square += d * d;
    }
    counts->dispersion =
        square / counts->values * counts->size / counts->mean * counts->size;
}

/* Adds share x the terms of a negative binomial (in units) to table 0 .. length - 1. */
static void table_add_counts(double *table, int32_t length, double mean,
                             double dispersion, double share)
{
    const double d = dispersion > 1 + 1e-9 ? dispersion : 1;
    const double size = d > 1 ? mean / (d - 1) : 0, ratio = d > 1 ? 1 - 1 / d : mean;
    const double none = d > 1 ? -size * psn_log(d) : -mean;
    int32_t from = 0;
    double term;
    if (none > -600) {
        term = share * psn_exp(none);
    } else { /* P(0) is too small to start from */
        from = mean < length - 1 ? (int32_t)mean : length - 1;
        term = share * psn_exp(psn_negative_binomial_log(from, mean, d));
    }
    double down = term;
    for (int32_t k = from; k < length; k++) {
        table[k] += term;
        term *= ratio * (d > 1 ? size + k : 1) / (k + 1);
    }
    for (int32_t k = from; k > 0 && down > 1e-20; k--) {
        down *= k / (ratio * (d > 1 ? size + k - 1 : 1));
        table[k - 1] += down;
    }
}

static void table_add_values(double *table, int32_t length,
                             const psn_interval_counts *counts, double factor,
                             double share)
{
    const double each = share / counts->values;
    for (int32_t i = 0; i < counts->values; i++) {
        const double y = counts->value[i] * factor;
        const int32_t k = y < length - 2 ? (int32_t)y : length - 2;
        const double part = y - k < 1 ? y - k : 1;
        table[k] += each * (1 - part);
        table[k + 1] += each * part;
    }
}

void psn_interval_counts_table(psn_interval_table *table,
                               const psn_interval_counts *counts, double mean,
                               double share, double usual)
{
    const double known = counts->dispersion > 0 ? counts->values : 0;
    const double dispersion =
        (known * counts->dispersion + prior_values * usual * counts->size) /
        (known + prior_values);
    const double factor = counts->mean > 0 ? mean / counts->mean : 0;
    table->unit = counts->whole ? 1 : counts->size / 16;
    const double least = dispersion > table->unit ? dispersion : table->unit;
    double top = mean + 8 * sqrt(mean) * sqrt(least) + 6 * least;
    if (factor * counts->most > top) top = factor * counts->most;
    table->length = 2;
    table->cdf[0] = table->cdf[1] = 1;
    if (!(mean > 0) || !isfinite(top)) return;
    if (top > table->unit * (PSN_INTERVAL_TABLE - 4))
        table->unit = top / (PSN_INTERVAL_TABLE - 4);
    const int32_t length = (int32_t)(top / table->unit) + 3;
    for (int32_t k = 0; k < length; k++) table->cdf[k] = 0;
    if (!(factor > 0)) share = 1;
    table_add_counts(table->cdf, length, mean / table->unit, dispersion / table->unit,
                     share);
    if (share < 1)
        table_add_values(table->cdf, length, counts, factor / table->unit, 1 - share);
    for (int32_t k = 1; k < length; k++) table->cdf[k] += table->cdf[k - 1];
    table->cdf[length - 1] = 1;
    table->length = length;
}

double psn_interval_table_quantile(const psn_interval_table *table, double level)
{
    int32_t low = 0, high = table->length - 1;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (table->cdf[middle] < level)
            low = middle + 1;
        else
            high = middle;
    }
    return low * table->unit;
}
