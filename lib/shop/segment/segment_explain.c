/* segment_explain.c: why a customer is in a segment and not in the nearest other one.
 *
 * d_other^2 - d_own^2 is a sum over features; each one's term says how much it speaks for
 * the customer's segment (positive) or for the other (negative). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_model.h"

#include <math.h>

/* Part of a feature in d^2 to the alternative minus d^2 to the own centre. */
static double explain_contribution(const double *x, const psn_segment_input *input,
                                   const double *own, const double *other, double scale)
{
    double sum = 0;
    for (int32_t j = input->first; j < input->first + input->width; j++) {
        if (isnan(x[j])) continue;
        const double a = x[j] - other[j], b = x[j] - own[j];
        sum += (a * a - b * b) * scale;
    }
    return sum;
}

/* How much observed features count for missing ones, as math/nearest.h has it. */
static double explain_scale(const persona_segmenter *model, const double *x)
{
    double all = 0, observed = 0;
    for (int32_t j = 0; j < model->dims; j++) {
        const double share = model->share ? model->share[j] : 1;
        all += share;
        if (!isnan(x[j])) observed += share;
    }
    return all / observed;
}

typedef struct explain_columns {
    double *value, *center, *other, *contribution;
    const char **feature;
    char *labels; /* 300 bytes each */
} explain_columns;

static void explain_row(explain_columns *to, int64_t at, const psn_segment_query *query,
                        int32_t i, const double *own, const double *other,
                        const double *numbers)
{
    const persona_segmenter *model = psn_segment_model_of(query);
    const psn_segment_input *input = model->input + i;
    psn_segment_label(to->labels + at * 300, 300, input);
    to->feature[at] = to->labels + at * 300;
    to->value[at] = to->center[at] = to->other[at] = NAN;
    if (i < model->numbers) {
        to->value[at] = psn_scale_value(model->scale, i, numbers[i]);
        to->center[at] = psn_scale_back(model->scale, i, own[i]);
        to->other[at] = psn_scale_back(model->scale, i, other[i]);
        return;
    }
    /* Of a text: how common the customer's level is in each segment. */
    const int32_t level = query->level[i - model->numbers];
    if (level == PSN_LEVEL_MISSING) return;
    to->value[at] = level >= 0;
    to->center[at] = level < 0 ? 0 : own[input->first + level] / input->one;
    to->other[at] = level < 0 ? 0 : other[input->first + level] / input->one;
}

static int explain_table(persona_table **out, const explain_columns *rows, int64_t count,
                         persona_error *error)
{
    int rc;
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add_strings(*out, "feature", rows->feature, count, error));
    PSN_TRY(
        psn_table_add(*out, "value", PERSONA_TYPE_REAL, rows->value, NULL, count, error));
    PSN_TRY(psn_table_add(*out, "center", PERSONA_TYPE_REAL, rows->center, NULL, count,
                          error));
    PSN_TRY(psn_table_add(*out, "alternative_center", PERSONA_TYPE_REAL, rows->other,
                          NULL, count, error));
    PSN_TRY(psn_table_add(*out, "contribution", PERSONA_TYPE_REAL, rows->contribution,
                          NULL, count, error));
done:
    if (rc != PERSONA_OK) {
        psn_table_free(*out);
        *out = NULL;
    }
    return rc;
}

/* The two nearest; with one segment the alternative is the segment itself. */
static void explain_nearest(const double *squared, int32_t k, int32_t *own,
                            int32_t *other)
{
    *own = 0;
    for (int32_t c = 1; c < k; c++)
        if (squared[c] < squared[*own]) *own = c;
    *other = k == 1 ? 0 : *own == 0 ? 1 : 0;
    for (int32_t c = 0; c < k; c++)
        if (c != *own && squared[c] < squared[*other]) *other = c;
}

static void explain_sort(int32_t *order, const double *contribution, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        int32_t at = i;
        for (; at > 0 && contribution[order[at - 1]] < contribution[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

int psn_segment_explain(persona_table **out, persona_query *base, const double *numbers,
                        int64_t count, persona_error *error)
{
    int rc;
    psn_segment_query *query;
    explain_columns rows = {0};
    double *part = NULL;
    int32_t *order = NULL, own, other;
    *out = NULL;
    PSN_TRY(psn_segment_query_scale(&query, base, numbers, count, error));
    const persona_segmenter *model = psn_segment_model_of(query);
    const size_t n = (size_t)model->inputs;
    psn_nearest_all(model->nearest, query->scaled, query->squared);
    if (isnan(query->squared[0])) return psn_segment_query_unknown(error);
    PSN_NEED(part = psn_alloc(n, 5 * sizeof(double)));
    PSN_NEED(order = psn_alloc(n, sizeof *order));
    PSN_NEED(rows.feature = psn_alloc(n, sizeof *rows.feature));
    PSN_NEED(rows.labels = psn_alloc(n, 300));
    rows.value = part + n;
    rows.center = part + 2 * n;
    rows.other = part + 3 * n;
    rows.contribution = part + 4 * n;
    explain_nearest(query->squared, model->k, &own, &other);
    const double *a = model->centers + (size_t)own * (size_t)model->dims;
    const double *b = model->centers + (size_t)other * (size_t)model->dims;
    const double scale = explain_scale(model, query->scaled);
    for (size_t i = 0; i < n; i++)
        part[i] = explain_contribution(query->scaled, model->input + i, a, b, scale);
    explain_sort(order, part, model->inputs);
    for (size_t i = 0; i < n; i++) {
        explain_row(&rows, (int64_t)i, query, order[i], a, b, numbers);
        rows.contribution[i] = part[order[i]];
    }
    PSN_TRY(explain_table(out, &rows, model->inputs, error));
done:
    psn_release(part);
    psn_release(order);
    psn_release(rows.feature);
    psn_release(rows.labels);
    return rc;
}
