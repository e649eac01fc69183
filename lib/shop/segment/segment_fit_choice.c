/* segment_fit_choice.c: how many segments, and their centres.
 *
 * A given k is fitted as it is. k=auto fits k_min .. k_max in one sweep and chooses by
 * the silhouette (Rousseeuw 1987, with squared Euclidean distances, so higher than the
 * plain one):
 *   1. Where there is structure, it decides. The k with the best silhouette is taken if
 * that is 0.5 or more and k is 3 .. 8, or beats these by 0.02 with a k above 8; or if it
 * is 0.7 or more and beats them by 0.1 with k = 2 (a line cut in halves has 0.7).
 *   2. Else the best of 3 .. 8 is taken if it is 0.5 or more: a shop can treat so many
 *      segments differently.
 *   3. Else customers form a continuum, where two segments (many and few) always have the
 *      best silhouette and help nobody. The elbow decides: the k of 3 .. 8 whose inertia
 * lies furthest below the line from the first to the last trial, the point after which
 * one more segment explains less than the average one (Satopaa et al. 2011). The reason
 * is written down with the trials. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { CHOICE_LOW = 3, CHOICE_HIGH = 8 };
#define CHOICE_STRONG     0.7
#define CHOICE_CLEAR      0.5
#define CHOICE_MANY_AHEAD 0.02
#define CHOICE_FEW_AHEAD  0.1

static int choice_usual(const psn_kmeans_trial *trial)
{
    return trial->k >= CHOICE_LOW && trial->k <= CHOICE_HIGH;
}

static double choice_silhouette(const psn_kmeans_trial *trial)
{
    return isfinite(trial->silhouette) ? trial->silhouette : -1;
}

static int choice_best(const psn_kmeans_trial *trials, int count, int usual)
{
    int best = -1;
    for (int i = 0; i < count; i++) {
        if (usual && !choice_usual(&trials[i])) continue;
        if (best < 0 || choice_silhouette(&trials[i]) > choice_silhouette(&trials[best]))
            best = i;
    }
    return best;
}

/* Step 1. usual < 0: k of 3 .. 8 was not tried. */
static int choice_decided(const psn_kmeans_trial *trials, int best, int usual)
{
    const double silhouette = choice_silhouette(&trials[best]);
    if (usual < 0) return 1;
    const double ahead = silhouette - choice_silhouette(&trials[usual]);
    if (choice_usual(&trials[best])) return silhouette >= CHOICE_CLEAR;
    if (trials[best].k > CHOICE_HIGH)
        return silhouette >= CHOICE_CLEAR && ahead >= CHOICE_MANY_AHEAD;
    return silhouette >= CHOICE_STRONG && ahead >= CHOICE_FEW_AHEAD;
}

/* Step 3. Ties to the smaller k. */
static int choice_elbow(const psn_kmeans_trial *trials, int count, int usual)
{
    int found = usual;
    double most = 0;
    const psn_kmeans_trial *first = &trials[0], *last = &trials[count - 1];
    for (int i = 0; i < count; i++) {
        const double along = (double)i / (count > 1 ? count - 1 : 1);
        const double line = first->inertia + along * (last->inertia - first->inertia);
        if (!choice_usual(&trials[i]) || line - trials[i].inertia <= most) continue;
        most = line - trials[i].inertia;
        found = i;
    }
    return found;
}

static int choice_make(const psn_kmeans_trial *trials, int count, char *reason,
                       size_t capacity)
{
    const int best = choice_best(trials, count, 0), usual = choice_best(trials, count, 1);
    if (choice_decided(trials, best, usual)) {
        psn_format(reason, capacity, "%d segments have the best silhouette, %.3f",
                   trials[best].k, trials[best].silhouette);
        return best;
    }
    if (choice_silhouette(&trials[usual]) >= CHOICE_CLEAR) {
        psn_format(
            reason, capacity,
            "%d segments have the best silhouette of 3 to 8, %.3f, and %d are hardly "
            "better, %.3f",
            trials[usual].k, trials[usual].silhouette, trials[best].k,
            trials[best].silhouette);
        return usual;
    }
    const int elbow = choice_elbow(trials, count, usual);
    psn_format(
        reason, capacity,
        "customers form no sharp groups (best silhouette of 3 to 8 segments %.3f); %d is "
        "the elbow of the inertia, after which one more explains little",
        trials[usual].silhouette, trials[elbow].k);
    return elbow;
}

/* ---- the part "sweep" */

static const struct {
    const char *name;
    size_t at;
} choice_columns[] = {
    {"inertia", offsetof(psn_kmeans_trial, inertia)},
    {"silhouette", offsetof(psn_kmeans_trial, silhouette)},
    {"calinski_harabasz", offsetof(psn_kmeans_trial, calinski_harabasz)},
    {"davies_bouldin", offsetof(psn_kmeans_trial, davies_bouldin)},
    {"bic", offsetof(psn_kmeans_trial, bic)},
    {"gap", offsetof(psn_kmeans_trial, gap)},
    {"gap_error", offsetof(psn_kmeans_trial, gap_error)},
    {"stability", offsetof(psn_kmeans_trial, stability)},
};

static int choice_table(psn_fit *fit, const psn_kmeans_trial *trials, int count,
                        int chosen, const char *reason, persona_error *error)
{
    int rc;
    persona_table **out = &fit->model->part[PSN_PART_SWEEP];
    int64_t *k = psn_alloc((size_t)count, 2 * sizeof *k);
    double *values = psn_alloc((size_t)count, sizeof *values);
    const char **text = psn_alloc((size_t)count, sizeof *text);
    PSN_NEED(k);
    PSN_NEED(values);
    PSN_NEED(text);
    for (int i = 0; i < count; i++) {
        k[i] = trials[i].k;
        k[count + i] = i == chosen;
        text[i] = i == chosen ? reason : "";
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "k", PERSONA_TYPE_INT, k, NULL, count, error));
    for (size_t c = 0; c < sizeof choice_columns / sizeof choice_columns[0]; c++) {
        if (c >= 5 && !PSN_FIT_BOOL(fit, c < 7 ? "gap" : "stability")) continue;
        for (int i = 0; i < count; i++)
            memcpy(&values[i], (const char *)&trials[i] + choice_columns[c].at,
                   sizeof values[i]);
        PSN_TRY(psn_table_add(*out, choice_columns[c].name, PERSONA_TYPE_REAL, values,
                              NULL, count, error));
    }
    PSN_TRY(
        psn_table_add(*out, "chosen", PERSONA_TYPE_INT, k + count, NULL, count, error));
    PSN_TRY(psn_table_add_strings(*out, "reason", text, count, error));
done:
    psn_release(k);
    psn_release(values);
    psn_release(text);
    return rc;
}

/* ---- fitting */

/* Trials with fewer centres than asked (too few distinct rows) end the sweep. */
static int choice_usable(const psn_kmeans *fits, int count, int k_min)
{
    int usable = 0;
    while (usable < count && fits[usable].k == k_min + usable) usable++;
    return usable > 0 ? usable : 1;
}

static int choice_fewer(psn_fit *fit, int32_t asked, int32_t got, persona_error *error)
{
    if (got >= asked) return PERSONA_OK;
    return psn_model_note(&fit->model->base, "fewer_segments", "warning", got, error,
                          "%d segments were asked for, but there are only %d distinct "
                          "customers",
                          asked, got);
}

int psn_fit_centers(psn_fit *fit, const psn_points *points, double **centers, int32_t *k,
                    persona_error *error)
{
    int rc = PERSONA_OK, k_auto, swaps_auto, chosen = 0;
    char reason[240] = "k was given";
    psn_kmeans *fits = NULL;
    psn_kmeans_trial *trials = NULL;
    const int32_t asked = (int32_t)PSN_FIT_INT(fit, "k", &k_auto);
    const int64_t most = fit->customers->rows;
    int32_t low = k_auto ? (int32_t)PSN_FIT_INT(fit, "k_min", NULL) : asked;
    int32_t high = k_auto ? (int32_t)PSN_FIT_INT(fit, "k_max", NULL) : asked;
    const int32_t swaps = (int32_t)PSN_FIT_INT(fit, "swaps", &swaps_auto);
    if (low > most) low = (int32_t)most;
    if (high > most) high = (int32_t)most;
    const int count = high - low + 1;
    const psn_kmeans_options options = {.k = low,
                                        .seed = (uint64_t)PSN_FIT_INT(fit, "seed", NULL),
                                        .swaps = swaps_auto ? -1 : swaps};
    PSN_NEED(fits = psn_alloc_zero((size_t)count, sizeof *fits));
    PSN_NEED(trials = psn_alloc_zero((size_t)count, sizeof *trials));
    PSN_TRY(psn_kmeans_sweep(
        fits, trials, points, low, high, &options,
        PSN_FIT_BOOL(fit, "gap") ? (int32_t)PSN_FIT_INT(fit, "gap_references", NULL) : 0,
        PSN_FIT_BOOL(fit, "stability")
            ? (int32_t)PSN_FIT_INT(fit, "stability_rounds", NULL)
            : 0,
        fit->pool, fit->task, error));
    const int usable = choice_usable(fits, count, low);
    if (k_auto) chosen = choice_make(trials, usable, reason, sizeof reason);
    if (!k_auto) PSN_TRY(choice_fewer(fit, asked, fits[0].k, error));
    PSN_TRY(choice_table(fit, trials, usable, chosen, reason, error));
    fit->model->silhouette = trials[chosen].silhouette;
    fit->model->inertia = trials[chosen].inertia;
    *k = fits[chosen].k;
    *centers = fits[chosen].centers;
    fits[chosen].centers = NULL;
done:
    for (int i = 0; fits && i < count; i++) psn_kmeans_clear(&fits[i]);
    psn_release(fits);
    psn_release(trials);
    return rc;
}
