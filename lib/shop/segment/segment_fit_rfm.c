/* segment_fit_rfm.c: recency, frequency and monetary value as scores 1 (worst) to
 * rfm_bins.
 *
 * Cuts are the quantiles 1/bins, 2/bins ..., each moved to the roundest number below the
 * next value; the score changes above each. Equal values share a score, and equal cuts
 * are one: then there are fewer scores, honestly. Own cuts come by rfm_cuts.recency and
 * so on. Recency counts backwards: few days are the best score. The part "rfm" has one
 * row a measure and score with its bounds and number of customers. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "learn/ruletree.h"
#include "math/order.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { RFM_MEASURES = 3, RFM_MOST = 32 };

static const struct {
    const char *name;
    psn_log_feature feature;
    int backwards;
} rfm_measures[RFM_MEASURES] = {{"recency", PSN_LOG_RECENCY, 1},
                                {"frequency", PSN_LOG_FREQUENCY, 0},
                                {"monetary", PSN_LOG_MONETARY, 0}};

typedef struct rfm_cuts {
    double cut[RFM_MOST];
    int count, own;
} rfm_cuts;

static const double *rfm_values(const psn_fit *fit, int measure)
{
    const int64_t at = psn_table_find(
        fit->customers, psn_log_feature_infos[rfm_measures[measure].feature].name);
    return at < 0 ? NULL : psn_fit_column(fit, at)->values;
}

static int rfm_own(rfm_cuts *out, const char *text, const char *name,
                   persona_error *error)
{
    char item[64];
    int more;
    out->own = 1;
    while ((more = psn_list_next(&text, item, sizeof item)) > 0) {
        double cut;
        if (out->count == RFM_MOST - 1)
            return psn_fail(error, PERSONA_EOPTION, "rfm_cuts.%s: at most %d cuts", name,
                            RFM_MOST - 1);
        if (!psn_parse_real(item, strlen(item), '.', &cut) || !isfinite(cut) ||
            (out->count > 0 && cut <= out->cut[out->count - 1]))
            return psn_fail(error, PERSONA_EOPTION,
                            "rfm_cuts.%s: must be numbers in ascending order", name);
        out->cut[out->count++] = cut;
    }
    if (more < 0 || out->count == 0)
        return psn_fail(error, PERSONA_EOPTION,
                        "rfm_cuts.%s: must be numbers in ascending order", name);
    return PERSONA_OK;
}

static int rfm_quantiles(rfm_cuts *out, const double *values, int64_t rows, int bins,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    double *sorted = psn_copy(values, (size_t)rows * sizeof *values);
    PSN_NEED(sorted);
    psn_sort_reals(sorted, rows);
    for (int b = 1; b < bins; b++) {
        int64_t at = (rows * b + bins - 1) / bins - 1; /* the b / bins quantile, type 1 */
        while (at + 1 < rows && sorted[at + 1] == sorted[at]) at++;
        if (at + 1 >= rows) break; /* nobody would score higher */
        const double cut = psn_round_between(sorted[at], sorted[at + 1]);
        if (out->count == 0 || cut > out->cut[out->count - 1])
            out->cut[out->count++] = cut;
    }
done:
    psn_release(sorted);
    return rc;
}

static int rfm_find(rfm_cuts *out, const psn_fit *fit, int measure, persona_error *error)
{
    const char *key, *value;
    const char *name = rfm_measures[measure].name;
    *out = (rfm_cuts){0};
    for (size_t i = 0;
         (key = psn_params_member(fit->params, "rfm_cuts.*", i, &value)) != NULL; i++)
        if (strcmp(key, name) == 0) return rfm_own(out, value, name, error);
    return rfm_quantiles(out, rfm_values(fit, measure), fit->customers->rows,
                         (int)PSN_FIT_INT(fit, "rfm_bins", NULL), error);
}

static int rfm_check_keys(const psn_fit *fit, persona_error *error)
{
    const char *key, *value;
    for (size_t i = 0;
         (key = psn_params_member(fit->params, "rfm_cuts.*", i, &value)) != NULL; i++) {
        int m = 0;
        while (m < RFM_MEASURES && strcmp(key, rfm_measures[m].name) != 0) m++;
        if (m == RFM_MEASURES)
            return psn_fail(error, PERSONA_EOPTION,
                            "rfm_cuts.%.40s: must be one of recency frequency monetary",
                            key);
        if (rfm_values(fit, m) == NULL)
            return psn_fail(error, PERSONA_EOPTION,
                            "rfm_cuts.%s has no effect: the log has no price or value",
                            key);
    }
    return PERSONA_OK;
}

static int rfm_bin(const rfm_cuts *cuts, double value)
{
    int bin = 0;
    while (bin < cuts->count && value > cuts->cut[bin]) bin++;
    return bin;
}

static int rfm_score(const rfm_cuts *cuts, int measure, double value)
{
    const int bin = rfm_bin(cuts, value);
    return rfm_measures[measure].backwards ? cuts->count - bin + 1 : bin + 1;
}

typedef struct rfm_rows {
    const char *measure[RFM_MEASURES * RFM_MOST];
    int64_t score[RFM_MEASURES * RFM_MOST], customers[RFM_MEASURES * RFM_MOST];
    double above[RFM_MEASURES * RFM_MOST], up_to[RFM_MEASURES * RFM_MOST];
    int64_t count;
} rfm_rows;

static int rfm_measure_rows(rfm_rows *to, const psn_fit *fit, int measure,
                            persona_error *error)
{
    rfm_cuts cuts;
    const double *values = rfm_values(fit, measure);
    if (values == NULL) return PERSONA_OK;
    const int rc = rfm_find(&cuts, fit, measure, error);
    if (rc != PERSONA_OK) return rc;
    const int64_t first = to->count;
    for (int s = 1; s <= cuts.count + 1; s++, to->count++) {
        const int bin = rfm_measures[measure].backwards ? cuts.count + 1 - s : s - 1;
        to->measure[to->count] = rfm_measures[measure].name;
        to->score[to->count] = s;
        to->customers[to->count] = 0;
        to->above[to->count] = bin > 0 ? cuts.cut[bin - 1] : NAN;
        to->up_to[to->count] = bin < cuts.count ? cuts.cut[bin] : NAN;
    }
    for (int64_t i = 0; i < fit->customers->rows; i++)
        to->customers[first + rfm_score(&cuts, measure, values[i]) - 1]++;
    if (!cuts.own && cuts.count + 1 < PSN_FIT_INT(fit, "rfm_bins", NULL))
        return psn_model_note(&fit->model->base, "fewer_scores", "info", cuts.count + 1,
                              error, "%s has %d scores: equal values share one",
                              rfm_measures[measure].name, cuts.count + 1);
    return PERSONA_OK;
}

int psn_fit_rfm(psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    rfm_rows *rows = NULL;
    persona_table **out = &fit->model->part[PSN_PART_RFM];
    if (!fit->model->log) return PERSONA_OK;
    PSN_TRY(rfm_check_keys(fit, error));
    PSN_NEED(rows = psn_alloc_zero(1, sizeof *rows));
    for (int m = 0; m < RFM_MEASURES; m++) PSN_TRY(rfm_measure_rows(rows, fit, m, error));
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add_strings(*out, "measure", rows->measure, rows->count, error));
    PSN_TRY(psn_table_add(*out, "score", PERSONA_TYPE_INT, rows->score, NULL, rows->count,
                          error));
    PSN_TRY(psn_table_add(*out, "above", PERSONA_TYPE_REAL, rows->above, NULL,
                          rows->count, error));
    PSN_TRY(psn_table_add(*out, "up_to", PERSONA_TYPE_REAL, rows->up_to, NULL,
                          rows->count, error));
    PSN_TRY(psn_table_add(*out, "customers", PERSONA_TYPE_INT, rows->customers, NULL,
                          rows->count, error));
done:
    psn_release(rows);
    return rc;
}

int psn_fit_rfm_scores(double **scores, const psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t k = (size_t)fit->model->k;
    double *weight = NULL;
    *scores = NULL;
    if (!fit->model->log) return PERSONA_OK;
    PSN_NEED(weight = psn_alloc(k, sizeof *weight));
    PSN_NEED(*scores = psn_alloc_zero(RFM_MEASURES * k, sizeof **scores));
    for (int m = 0; m < RFM_MEASURES; m++) {
        rfm_cuts cuts;
        double *mean = *scores + (size_t)m * k;
        const double *values = rfm_values(fit, m);
        memset(weight, 0, k * sizeof *weight);
        if (values) PSN_TRY(rfm_find(&cuts, fit, m, error));
        for (int64_t i = 0; values && i < fit->customers->rows; i++) {
            mean[fit->labels[i]] += rfm_score(&cuts, m, values[i]);
            weight[fit->labels[i]]++;
        }
        for (size_t c = 0; c < k; c++) mean[c] /= weight[c]; /* NaN without values */
    }
done:
    psn_release(weight);
    return rc;
}
