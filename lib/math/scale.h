/* scale.h: columns of raw numbers brought onto one scale, as every kernel computes it.
 *
 *     v = (x - origin) * unit          ages from times; origin 0 and unit 1 change
 * nothing v = v clamped to low .. high     winsorising v = sign(v) log1p(|v|) where `log`
 * is set z = (v - shift) * scale          clamped to +- PSN_SCALE_MOST: squares stay
 * finite
 *
 * NaN stays NaN. One row and columns of 64 rows give the same bits on every level. */
#ifndef PSN_MATH_SCALE_H
#define PSN_MATH_SCALE_H

#include <stdint.h>

#define PSN_SCALE_MOST 1e150
enum { PSN_SCALE_LANES = 64 };

typedef struct psn_scale_column {
    double origin, unit, low, high, shift, scale;
    int32_t log;
} psn_scale_column;

typedef struct psn_scale psn_scale; /* immutable: share it */

/* NULL = out of memory. */
psn_scale *psn_scale_new(const psn_scale_column *columns, int32_t count);
void psn_scale_free(psn_scale *scale);

/* One row of `count` numbers, as many as there are columns. 1, or 0 if one is infinite
 * (then `out` holds anything). No allocation. */
int psn_scale_one(const psn_scale *scale, const double *raw, double *out);
/* 64 values of one column; any alignment. 1, or 0 if one is infinite. */
int psn_scale_lanes(const psn_scale *scale, int32_t column, const double *raw,
                    double *out);
/* v before clamping: what people read of a raw number (an age for a time). */
double psn_scale_value(const psn_scale *scale, int32_t column, double raw);
/* The v, inside low .. high, that a scaled number comes from. */
double psn_scale_back(const psn_scale *scale, int32_t column, double z);
const psn_scale_column *psn_scale_at(const psn_scale *scale, int32_t column);

#endif
