/* decompose.h: the season of one series by moving averages, and its gaps. Nothing here
 * allocates. */
#ifndef PSN_MATH_DECOMPOSE_H
#define PSN_MATH_DECOMPOSE_H

#include <stddef.h>
#include <stdint.h>

/* NaN replaced by the line between its neighbours, at the ends by the nearest value; out
 * may be value.
 * Returns how many values are known; 0 leaves out as it is. */
int32_t psn_gaps_fill(double *out, const double *value, int32_t count);

typedef enum psn_season_kind {
    PSN_SEASON_NONE,
    PSN_SEASON_ADD,
    PSN_SEASON_MULTIPLY
} psn_season_kind;

/* Doubles of scratch of psn_season_find. */
size_t psn_season_scratch(int32_t count, int32_t season);
/* The profile of value: profile[t % season] belongs to value[t], around 0 (added) or 1
 * (multiplied). known: the series with its NaN, which do not count; value: filled.
 * Multiplied where all values are > 0 and no index would come near 0, else added. NONE:
 * fewer than two seasons, or nothing but noise. */
psn_season_kind psn_season_find(double *profile, const double *value, const double *known,
                                int32_t count, int32_t season, double *scratch);

/* Mean squares of deviations from a season (NaN = missing): of their moving average of a
 * tenth of a season, and of the rest. Of seasons up to 24 all is rough. */
typedef struct psn_season_noise {
    double rough, smooth;
} psn_season_noise;
psn_season_noise psn_season_noise_of(const double *deviation, int32_t count,
                                     int32_t season);
/* Shrinks a profile by what the variance of an index is worth; smooth: season doubles of
 * scratch. 0: nothing is left of it. */
int psn_season_shrink(double *profile, double *smooth, psn_season_noise noise,
                      int32_t season);

/* Finds the season of known and takes it out there; value becomes the filled series
 * without it. NONE: value is the filled series. */
psn_season_kind psn_season_adjust(double *profile, double *value, double *known,
                                  int32_t count, int32_t season, double *scratch);

/* A value without and with its season. */
static inline double psn_season_take(psn_season_kind kind, double value, double index)
{
    return kind == PSN_SEASON_MULTIPLY ? value / index
           : kind == PSN_SEASON_ADD    ? value - index
                                       : value;
}
static inline double psn_season_give(psn_season_kind kind, double value, double index)
{
    return kind == PSN_SEASON_MULTIPLY ? value * index
           : kind == PSN_SEASON_ADD    ? value + index
                                       : value;
}

#endif
