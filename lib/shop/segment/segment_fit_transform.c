/* segment_fit_transform.c: the scale of every number, chosen from its column.
 *
 * auto: values outside the 0.5 % and 99.5 % quantiles are pulled in to them (unless the two
 * are equal); what is still skewed (moment skewness above 1.5, at most 5 % below 0) is taken
 * as log1p, or -log1p of the size below 0, if that takes a quarter of the skewness away;
 * then the median goes to 0 and the scale is the larger of deviation and interquartile range
 * over that of a normal distribution, 1.349: a column of mostly equal values has next to no
 * range, and would otherwise outweigh all others. A bool, or a number that is only ever 0 or
 * 1, is a category: its two values are gamma apart in squared distance. Quantiles are of all
 * values up to 2^20 rows, then of every n-th row. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "math/elementary.h"
#include "math/order.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

#define TRANSFORM_NORMAL_RANGE 1.3489795003921634
#define TRANSFORM_SKEW         1.5
enum { TRANSFORM_SAMPLE = 1 << 20 };

/* The values of one column that are there. */
typedef struct transform_values {
    double *v;     /* in the units of low and high */
    double *part;  /* scratch for selection */
    double *raw;   /* scratch: v before its logarithm */
    int64_t count, missing, largest_row;
    int binary; /* only 0 and 1 */
    double min, max, largest;
} transform_values;

static int transform_read(transform_values *values, psn_fit *fit, const psn_column *column,
                          const psn_scale_column *scale, persona_error *error)
{
    values->count = values->missing = 0;
    values->min = INFINITY;
    values->max = -INFINITY;
    values->largest = 0;
    values->largest_row = -1;
    values->binary = 1;
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        const double raw = psn_column_number(column, i);
        if (isnan(raw)) {
            values->missing++;
            continue;
        }
        if (isinf(raw))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "column \"%s\" is infinite in row %lld; leave it empty if it "
                               "is unknown",
                               column->name, (long long)i);
        const double v = (raw - scale->origin) * scale->unit;
        if (v < values->min) values->min = v;
        if (v > values->max) values->max = v;
        if (fabs(v) > values->largest) {
            values->largest = fabs(v);
            values->largest_row = i;
        }
        values->binary &= v == 0 || v == 1;
        values->v[values->count++] = v;
    }
    return PERSONA_OK;
}

/* The q-quantile of type 7. `part` is used up. */
static double transform_quantile(double *part, int64_t count, double q)
{
    const double rank = q * (double)(count - 1);
    const int64_t below = (int64_t)rank;
    const double low = psn_select_real(part, count, below);
    if (below + 1 >= count || rank == (double)below) return low;
    const double high = psn_select_real(part, count, below + 1);
    return low + (rank - (double)below) * (high - low);
}

static int64_t transform_sample(const transform_values *values)
{
    const int64_t step = values->count / TRANSFORM_SAMPLE + 1;
    int64_t count = 0;
    for (int64_t i = 0; i < values->count; i += step) values->part[count++] = values->v[i];
    return count;
}

static void transform_winsor(psn_scale_column *scale, const transform_values *values,
                             double share)
{
    if (share <= 0) return;
    const int64_t count = transform_sample(values);
    const double low = transform_quantile(values->part, count, share);
    const double high = transform_quantile(values->part, count, 1 - share);
    if (!(low < high)) return;
    scale->low = low;
    scale->high = high;
}

static void transform_clamp(transform_values *values, const psn_scale_column *scale)
{
    for (int64_t i = 0; i < values->count; i++) {
        if (values->v[i] < scale->low) values->v[i] = scale->low;
        if (values->v[i] > scale->high) values->v[i] = scale->high;
    }
}

static void transform_log(transform_values *values)
{
    for (int64_t i = 0; i < values->count; i++)
        values->v[i] = copysign(psn_log1p(fabs(values->v[i])), values->v[i]);
}

typedef struct transform_moments {
    double mean, deviation, skew, below; /* share below 0 */
} transform_moments;

static transform_moments transform_measure(const transform_values *values)
{
    transform_moments m = {0};
    double second = 0, third = 0;
    const double n = (double)values->count;
    for (int64_t i = 0; i < values->count; i++) {
        m.mean += values->v[i] / n;
        m.below += values->v[i] < 0;
    }
    for (int64_t i = 0; i < values->count; i++) {
        const double t = values->v[i] - m.mean;
        second += t * t / n;
        third += t * t * t / n;
    }
    m.deviation = sqrt(second);
    m.skew = m.deviation > 0 ? third / (second * m.deviation) : 0;
    m.below /= n;
    return m;
}

static void transform_zscore(psn_scale_column *scale, const transform_values *values)
{
    const transform_moments m = transform_measure(values);
    scale->shift = m.mean;
    scale->scale = m.deviation > 0 ? 1 / m.deviation : 1;
}

static void transform_robust(psn_scale_column *scale, const transform_values *values)
{
    const int64_t count = transform_sample(values);
    const double low = transform_quantile(values->part, count, 0.25);
    const double middle = transform_quantile(values->part, count, 0.5);
    const double high = transform_quantile(values->part, count, 0.75);
    const double range = (high - low) / TRANSFORM_NORMAL_RANGE;
    if (!(range > 0)) {
        transform_zscore(scale, values);
        return;
    }
    scale->shift = middle;
    scale->scale = 1 / range;
}

static void transform_auto(psn_scale_column *scale, transform_values *values, double share)
{
    transform_winsor(scale, values, share);
    transform_clamp(values, scale);
    const int huge = fmax(fabs(scale->low), fabs(scale->high)) > 1e100 &&
                     values->largest > 1e100;
    const transform_moments raw = huge ? (transform_moments){0} : transform_measure(values);
    if (huge || (raw.skew > TRANSFORM_SKEW && raw.below <= 0.05)) {
        memcpy(values->raw, values->v, (size_t)values->count * sizeof(double));
        transform_log(values);
        scale->log = huge || transform_measure(values).skew < 0.75 * raw.skew;
        if (!scale->log) memcpy(values->v, values->raw, (size_t)values->count * sizeof(double));
    }
    const double deviation = transform_measure(values).deviation;
    transform_robust(scale, values);
    if (scale->scale * deviation > 1) scale->scale = 1 / deviation;
}

static int transform_apply(psn_scale_column *scale, transform_values *values, int transform,
                           double share, double gamma, const char *name,
                           persona_error *error)
{
    if (values->largest > PSN_SCALE_MOST && transform != PSN_SEGMENT_LOG1P &&
        transform != PSN_SEGMENT_AUTO)
        return psn_fail_at(error, PERSONA_EDATA, values->largest_row,
                           "column \"%s\" is larger than 1e150 in row %lld; transform=log1p "
                           "would take it",
                           name, (long long)values->largest_row);
    switch (transform) {
    case PSN_SEGMENT_NONE: break;
    case PSN_SEGMENT_CATEGORY: scale->scale = sqrt(gamma); break;
    case PSN_SEGMENT_ZSCORE: transform_zscore(scale, values); break;
    case PSN_SEGMENT_ROBUST: transform_robust(scale, values); break;
    case PSN_SEGMENT_LOG1P:
        scale->log = 1;
        transform_log(values);
        transform_zscore(scale, values);
        break;
    case PSN_SEGMENT_WINSOR:
        transform_winsor(scale, values, share);
        transform_clamp(values, scale);
        transform_zscore(scale, values);
        break;
    default: transform_auto(scale, values, share);
    }
    return PERSONA_OK;
}

/* What the options say of this column. */
static int transform_asked(const psn_fit *fit, const psn_segment_input *input)
{
    const char *value = PSN_FIT_TEXT(fit, "transform"), *key, *set;
    for (size_t i = 0;
         (key = psn_params_member(fit->params, "transform.*", i, &set)) != NULL; i++)
        if (strcmp(key, input->name) == 0) value = set;
    int t = 0;
    while (t < PSN_SEGMENT_AUTO && strcmp(value, psn_segment_transform_names[t]) != 0) t++;
    if (input->type == PSN_SEGMENT_TEXT) return PSN_SEGMENT_CATEGORY;
    if (t == PSN_SEGMENT_AUTO && input->type == PSN_SEGMENT_BOOL)
        return PSN_SEGMENT_CATEGORY;
    return t;
}

static double transform_weight(const psn_fit *fit, const psn_segment_input *input)
{
    const char *key, *set;
    double weight = 1;
    for (size_t i = 0; (key = psn_params_member(fit->params, "weight.*", i, &set)) != NULL;
         i++)
        if (strcmp(key, input->name) == 0) psn_parse_real(set, strlen(set), '.', &weight);
    return weight;
}

/* The clock of ages: as_of, or the end of the last day in any time that groups. */
static void transform_as_of(psn_fit *fit, const psn_segment_input *input, int32_t inputs)
{
    int64_t last = INT64_MIN;
    if (fit->model->as_of != PSN_AS_OF_FIND) return;
    for (int32_t i = 0; i < inputs; i++) {
        if (input[i].type != PSN_SEGMENT_TIME) continue;
        const psn_column *column =
            psn_fit_column(fit, psn_table_find(fit->customers, input[i].name));
        const int64_t *ms = column->values;
        for (int64_t r = 0; r < fit->customers->rows; r++)
            if (!psn_column_missing(column, r) && ms[r] > last) last = ms[r];
    }
    if (last != INT64_MIN) fit->model->as_of = (psn_log_day(last) + 1) * PSN_DAY_MS;
}

static int transform_input(psn_fit *fit, psn_segment_input *input, psn_scale_column *scale,
                           transform_values *values, int *constant, persona_error *error)
{
    int rc;
    const psn_column *column =
        psn_fit_column(fit, psn_table_find(fit->customers, input->name));
    *scale = (psn_scale_column){0, 1, -PSN_SCALE_MOST, PSN_SCALE_MOST, 0, 1, 0};
    if (input->type == PSN_SEGMENT_TIME) {
        scale->origin = (double)fit->model->as_of;
        scale->unit = -1.0 / PSN_DAY_MS;
    }
    input->weight = transform_weight(fit, input);
    input->transform = transform_asked(fit, input);
    PSN_TRY(transform_read(values, fit, column, scale, error));
    if (input->transform == PSN_SEGMENT_AUTO && values->binary)
        input->transform = PSN_SEGMENT_CATEGORY;
    fit->has_missing |= values->missing > 0;
    *constant = !(values->min < values->max);
    if (*constant)
        return psn_model_note(&fit->model->base, "constant", "info", values->count, error,
                              "column \"%s\" is not used: %s", input->name,
                              values->count == 0 ? "all values are missing"
                                                 : "it has one value");
    if (values->missing > 0)
        PSN_TRY(psn_model_note(&fit->model->base, "missing_values", "info", values->missing,
                               error,
                               "column \"%s\" has missing values: distances are taken over "
                               "what is known",
                               input->name));
    PSN_TRY(transform_apply(scale, values, input->transform,
                            PSN_FIT_REAL(fit, "winsor", NULL), fit->gamma, input->name,
                            error));
    scale->scale *= input->weight;
done:
    return rc;
}

int psn_fit_transforms(psn_fit *fit, psn_segment_input *input, int32_t *inputs,
                       psn_scale_column *scales, persona_error *error)
{
    int rc = PERSONA_OK, constant;
    int32_t kept = 0;
    const size_t rows = (size_t)fit->customers->rows;
    transform_values values = {.v = psn_alloc(rows, sizeof(double)),
                               .part = psn_alloc(rows, sizeof(double))};
    PSN_NEED(values.v);
    PSN_NEED(values.part);
    values.raw = values.part; /* never both at once */
    transform_as_of(fit, input, *inputs);
    for (int32_t i = 0; i < *inputs; i++) {
        psn_segment_input one = input[i];
        if (one.type == PSN_SEGMENT_TEXT) {
            one.weight = transform_weight(fit, &one);
            one.transform = PSN_SEGMENT_CATEGORY;
            one.one = sqrt(fit->gamma / 2) * one.weight;
        } else {
            PSN_TRY(transform_input(fit, &one, scales + kept, &values, &constant, error));
            if (constant) {
                psn_release(one.name);
                input[i].name = NULL;
                continue;
            }
        }
        input[i].name = NULL; /* moves down over the ones that are gone */
        input[i].levels = NULL;
        input[kept++] = one;
    }
    *inputs = kept;
done:
    psn_release(values.v);
    psn_release(values.part);
    return rc;
}
