/* segment_fit_profile.c: the parts "profile" (one row a segment) and "features" (one row
 * a segment and feature, the one that sets it apart most first). */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_fit.h"

#include <math.h>

/* Position of each feature by |lift| within the segment, ties and unknown in order. */
static void profile_rank(int64_t *order, const psn_fit_stats *stats, int32_t segment)
{
    for (int64_t f = 0; f < stats->features; f++) {
        const double lift = stats->feature[f].lift[segment];
        const double size = isnan(lift) ? -1 : fabs(lift);
        int64_t at = f;
        for (; at > 0; at--) {
            const double other = stats->feature[order[at - 1]].lift[segment];
            if ((isnan(other) ? -1 : fabs(other)) >= size) break;
            order[at] = order[at - 1];
        }
        order[at] = f;
    }
}

/* ---- features */

enum { LONG_MEDIAN, LONG_LOW, LONG_HIGH, LONG_MEAN, LONG_INDEX, LONG_LIFT, LONG_REALS };

typedef struct profile_long {
    int64_t *segment, *rank;
    const char **feature;
    double *real; /* LONG_REALS columns */
} profile_long;

static void profile_long_row(profile_long *to, size_t rows, size_t at,
                             const psn_fit_feature *feature, int32_t segment,
                             int64_t rank)
{
    const double mean = feature->segment_mean[segment];
    to->segment[at] = segment;
    to->rank[at] = rank + 1;
    to->feature[at] = feature->label;
    to->real[LONG_MEDIAN * rows + at] = feature->median[segment];
    to->real[LONG_LOW * rows + at] = feature->low[segment];
    to->real[LONG_HIGH * rows + at] = feature->high[segment];
    to->real[LONG_MEAN * rows + at] = mean;
    to->real[LONG_INDEX * rows + at] =
        feature->mean > 0 ? 100 * mean / feature->mean : NAN;
    to->real[LONG_LIFT * rows + at] = feature->lift[segment];
}

static int profile_features(psn_fit *fit, const psn_fit_stats *stats,
                            persona_error *error)
{
    static const char *const names[LONG_REALS] = {"median", "q25",   "q75",
                                                  "mean",   "index", "lift"};
    int rc;
    persona_table **out = &fit->model->part[PSN_PART_FEATURES];
    const size_t rows = (size_t)stats->features * (size_t)fit->model->k;
    int64_t *order = psn_alloc((size_t)stats->features, sizeof *order);
    profile_long to = {psn_alloc(rows, sizeof(int64_t)), psn_alloc(rows, sizeof(int64_t)),
                       psn_alloc(rows, sizeof(char *)),
                       psn_alloc(rows, LONG_REALS * sizeof(double))};
    PSN_NEED(order);
    PSN_NEED(to.segment);
    PSN_NEED(to.rank);
    PSN_NEED(to.feature);
    PSN_NEED(to.real);
    size_t at = 0;
    for (int32_t c = 0; c < fit->model->k; c++) {
        profile_rank(order, stats, c);
        for (int64_t f = 0; f < stats->features; f++)
            profile_long_row(&to, rows, at++, stats->feature + order[f], c, f);
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "segment", PERSONA_TYPE_INT, to.segment, NULL,
                          (int64_t)rows, error));
    PSN_TRY(psn_table_add_strings(*out, "feature", to.feature, (int64_t)rows, error));
    for (size_t c = 0; c < LONG_REALS; c++)
        PSN_TRY(psn_table_add(*out, names[c], PERSONA_TYPE_REAL, to.real + c * rows, NULL,
                              (int64_t)rows, error));
    PSN_TRY(psn_table_add(*out, "rank", PERSONA_TYPE_INT, to.rank, NULL, (int64_t)rows,
                          error));
done:
    psn_release(order);
    psn_release(to.segment);
    psn_release(to.rank);
    psn_release(to.feature);
    psn_release(to.real);
    return rc;
}

/* ---- profile */

/* "high monetary, low recency_days, high frequency": the first three that matter. */
static void profile_apart(char *out, size_t capacity, const psn_fit_stats *stats,
                          const int64_t *order, int32_t segment)
{
    size_t used = 0;
    out[0] = 0;
    for (int64_t f = 0; f < stats->features && f < 3; f++) {
        const psn_fit_feature *feature = stats->feature + order[f];
        if (!(fabs(feature->lift[segment]) >= 0.25)) break;
        used += psn_format(out + used, capacity - used, "%s%s %s", f > 0 ? ", " : "",
                           feature->lift[segment] > 0 ? "high" : "low", feature->label);
    }
}

enum { APART_BYTES = 800 };

typedef struct profile_memory {
    int64_t *segment, *order;
    const char **key, **name, **apart;
    char *keys, *names, *aparts;
    double *share, *scores;
} profile_memory;

static int profile_open(profile_memory *m, const psn_fit *fit, const psn_fit_stats *stats,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t k = (size_t)fit->model->k;
    PSN_NEED(m->segment = psn_alloc(k, sizeof *m->segment));
    PSN_NEED(m->order = psn_alloc((size_t)stats->features, sizeof *m->order));
    PSN_NEED(m->key = psn_alloc(k, sizeof *m->key));
    PSN_NEED(m->name = psn_alloc(k, sizeof *m->name));
    PSN_NEED(m->apart = psn_alloc(k, sizeof *m->apart));
    PSN_NEED(m->keys = psn_alloc(k, PSN_FIT_NAME));
    PSN_NEED(m->names = psn_alloc(k, PSN_FIT_NAME));
    PSN_NEED(m->aparts = psn_alloc(k, APART_BYTES));
    PSN_NEED(m->share = psn_alloc(k, sizeof *m->share));
done:
    return rc;
}

static void profile_close(profile_memory *m)
{
    psn_release(m->segment);
    psn_release(m->order);
    psn_release(m->key);
    psn_release(m->name);
    psn_release(m->apart);
    psn_release(m->keys);
    psn_release(m->names);
    psn_release(m->aparts);
    psn_release(m->share);
    psn_release(m->scores);
}

static int profile_revenue(persona_table *out, const psn_fit_stats *stats, double *share,
                           int32_t k, persona_error *error)
{
    int rc = PERSONA_OK;
    if (stats->revenue == NULL) return PERSONA_OK;
    for (int32_t c = 0; c < k; c++)
        share[c] =
            stats->total_revenue > 0 ? stats->revenue[c] / stats->total_revenue : NAN;
    PSN_TRY(
        psn_table_add(out, "revenue", PERSONA_TYPE_REAL, stats->revenue, NULL, k, error));
    PSN_TRY(
        psn_table_add(out, "revenue_share", PERSONA_TYPE_REAL, share, NULL, k, error));
done:
    return rc;
}

static int profile_scores(persona_table *out, psn_fit *fit, double **scores,
                          persona_error *error)
{
    static const char *const names[] = {"recency_score", "frequency_score",
                                        "monetary_score"};
    int rc;
    const size_t k = (size_t)fit->model->k;
    PSN_TRY(psn_fit_rfm_scores(scores, fit, error));
    if (*scores == NULL) return PERSONA_OK;
    for (size_t s = 0; s < 3; s++)
        if (!isnan((*scores)[s * k]))
            PSN_TRY(psn_table_add(out, names[s], PERSONA_TYPE_REAL, *scores + s * k, NULL,
                                  fit->model->k, error));
done:
    return rc;
}

static int profile_table(psn_fit *fit, const psn_fit_stats *stats, profile_memory *m,
                         persona_error *error)
{
    int rc;
    persona_table **out = &fit->model->part[PSN_PART_PROFILE];
    const int32_t k = fit->model->k;
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "segment", PERSONA_TYPE_INT, m->segment, NULL, k, error));
    PSN_TRY(psn_table_add_strings(*out, "key", m->key, k, error));
    PSN_TRY(psn_table_add_strings(*out, "name", m->name, k, error));
    PSN_TRY(psn_table_add(*out, "size", PERSONA_TYPE_INT, stats->size, NULL, k, error));
    PSN_TRY(
        psn_table_add(*out, "share", PERSONA_TYPE_REAL, stats->weight, NULL, k, error));
    PSN_TRY(profile_revenue(*out, stats, m->share, k, error));
    PSN_TRY(profile_scores(*out, fit, &m->scores, error));
    PSN_TRY(psn_table_add_strings(*out, "apart", m->apart, k, error));
done:
    return rc;
}

int psn_fit_profile(psn_fit *fit, persona_error *error)
{
    int rc;
    psn_fit_stats stats = {0};
    profile_memory m = {0};
    PSN_TRY(psn_fit_stats_make(&stats, fit, error));
    PSN_TRY(profile_features(fit, &stats, error));
    PSN_TRY(profile_open(&m, fit, &stats, error));
    PSN_TRY(psn_fit_names(m.keys, m.names, &stats, fit, error));
    for (int32_t c = 0; c < fit->model->k; c++) {
        m.segment[c] = c;
        m.key[c] = m.keys + (size_t)c * PSN_FIT_NAME;
        m.name[c] = m.names + (size_t)c * PSN_FIT_NAME;
        m.apart[c] = m.aparts + (size_t)c * APART_BYTES;
        profile_rank(m.order, &stats, c);
        profile_apart(m.aparts + (size_t)c * APART_BYTES, APART_BYTES, &stats, m.order,
                      c);
    }
    PSN_TRY(profile_table(fit, &stats, &m, error));
done:
    profile_close(&m);
    psn_fit_stats_free(&stats);
    return rc;
}
