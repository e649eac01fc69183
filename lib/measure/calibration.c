/* calibration.c: reliability table and expected calibration error. */
#include "measure/calibration.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"

static int calibration_check(int32_t bins, const double *probability, const double *label,
                             const double *weight, int64_t rows, persona_error *error)
{
    if (bins < 1 || bins > 100000)
        return psn_fail(error, PERSONA_EOPTION, "bins must be in 1 .. 100000");
    if (rows < 1) return psn_fail(error, PERSONA_EDATA, "there is no row");
    for (int64_t i = 0; i < rows; i++) {
        if (!(probability[i] >= 0 && probability[i] <= 1))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "probabilities must be in 0 .. 1");
        if (!(label[i] >= 0 && label[i] <= 1))
            return psn_fail_at(error, PERSONA_EDATA, i, "labels must be in 0 .. 1");
        if (weight != NULL && !(weight[i] >= 0 && weight[i] < INFINITY))
            return psn_fail_at(error, PERSONA_EDATA, i, "weights must be 0 or more");
    }
    return PERSONA_OK;
}

static void calibration_wilson(psn_calibration_bin *bin)
{
    const double z = 1.959963984540054, n = (double)bin->rows, p = bin->observed;
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    bin->from = fmax(0, middle - half);
    bin->to = fmin(1, middle + half);
}

static void calibration_finish(psn_calibration_bin *bin)
{
    if (bin->weight > 0) {
        bin->predicted /= bin->weight;
        bin->observed /= bin->weight;
    }
    calibration_wilson(bin);
}

int psn_calibration_table(psn_calibration_bin *out, int32_t *count, int32_t bins,
                          const double *probability, const double *label,
                          const double *weight, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *order = NULL, at = 0;
    *count = 0;
    PSN_TRY(calibration_check(bins, probability, label, weight, rows, error));
    PSN_NEED(order = psn_alloc((size_t)rows, sizeof *order));
    psn_sort_order(order, probability, rows);
    for (int32_t b = 0; b < bins; b++) {
        /* The rows whose rank x bins / rows is b: (b rows + bins - 1) / bins and on. */
        const int64_t end = (int64_t)(((__int128)(b + 1) * rows + bins - 1) / bins);
        psn_calibration_bin bin = {.rows = end - at};
        if (end == at) continue;
        bin.low = probability[order[at]];
        bin.high = probability[order[end - 1]];
        for (; at < end; at++) {
            const double w = weight != NULL ? weight[order[at]] : 1;
            bin.weight += w;
            bin.predicted += w * probability[order[at]];
            bin.observed += w * label[order[at]];
        }
        calibration_finish(&bin);
        out[(*count)++] = bin;
    }
done:
    psn_release(order);
    return rc;
}

int psn_calibration_error(double *ece, int32_t bins, const double *probability,
                          const double *label, const double *weight, int64_t rows,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t count;
    double sum = 0, weights = 0;
    psn_calibration_bin *table = NULL;
    PSN_TRY(calibration_check(bins, probability, label, weight, rows, error));
    PSN_NEED(table = psn_alloc((size_t)bins, sizeof *table));
    PSN_TRY(psn_calibration_table(table, &count, bins, probability, label, weight, rows,
                                  error));
    for (int32_t b = 0; b < count; b++) {
        sum += table[b].weight * fabs(table[b].observed - table[b].predicted);
        weights += table[b].weight;
    }
    if (!(weights > 0)) PSN_FAIL(error, PERSONA_EDATA, "no row has a weight");
    *ece = sum / weights;
done:
    psn_release(table);
    return rc;
}
