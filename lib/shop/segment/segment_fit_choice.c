/* segment_fit_choice.c: how many segments, and their centres.
 *
 * A given k is fitted as it is. k=auto fits k_min .. k_max in one sweep and chooses by
 * the silhouette (Rousseeuw 1987, with squared Euclidean distances, so higher than the
 * plain one). Silhouettes within 0.002 are equal and the larger k is the better one: it
 * parts what the smaller one lumps together.
 *
 *   1. The best silhouette of all trials decides
 *        for k of 3 .. 8;
 *        for k above 8, if it is 0.5 or more and 0.02 ahead of the best of 3 .. 8;
 *        for k = 2, if it is 0.7 or more and 0.1 ahead of these (a line cut in halves
 *        has 0.7) and the smaller segment has 1 % of the customers.
 *   2. Else the best of 3 .. 8 is taken if it is 0.5 or more: a shop can treat so many
 *      segments differently.
 *   3. Else customers form a continuum, where two segments (many and few) always have
 *      the best silhouette and help nobody. The elbow decides: the k of 3 .. 8 whose
 *      inertia is furthest below the line from the first to the last trial, the point
 *      after which one more segment explains less than the average one (Satopaa et al.
 *      2011).
 *
 * The reason is written down with the trials. Where the silhouette still rises at k_max,
 * a note says that more segments should be tried. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { CHOICE_LOW = 3, CHOICE_HIGH = 8, CHOICE_MOST = 1024 };
#define CHOICE_TIE        0.002
#define CHOICE_STRONG     0.7
#define CHOICE_CLEAR      0.5
#define CHOICE_MANY_AHEAD 0.02
#define CHOICE_FEW_AHEAD  0.1
#define CHOICE_SMALLEST   0.01
#define CHOICE_RISING     0.005

/* The trials of a sweep, and what is chosen of them. */
typedef struct choice_sweep {
    const psn_kmeans_trial *trials;
    int count, chosen;
    int skip; /* trials at the start that are no candidates */
    char reason[240];
} choice_sweep;

static int choice_usual(const psn_kmeans_trial *trial)
{
    return trial->k >= CHOICE_LOW && trial->k <= CHOICE_HIGH;
}

static double choice_silhouette(const psn_kmeans_trial *trial)
{
    return isfinite(trial->silhouette) ? trial->silhouette : -1;
}

/* The last of the best, near ties included; -1: there is none. */
static int choice_best(const choice_sweep *sweep, int first, int usual)
{
    int best = -1;
    double most = -2;
    for (int i = first; i < sweep->count; i++)
        if (!usual || choice_usual(&sweep->trials[i]))
            most = fmax(most, choice_silhouette(&sweep->trials[i]));
    for (int i = first; i < sweep->count; i++)
        if ((!usual || choice_usual(&sweep->trials[i])) &&
            choice_silhouette(&sweep->trials[i]) >= most - CHOICE_TIE)
            best = i;
    return best;
}

/* Step 1. usual < 0: k of 3 .. 8 was not tried. */
static int choice_decided(const choice_sweep *sweep, int best, int usual)
{
    const psn_kmeans_trial *trial = &sweep->trials[best];
    const double silhouette = choice_silhouette(trial);
    if (usual < 0 || choice_usual(trial)) return 1;
    const double ahead = silhouette - choice_silhouette(&sweep->trials[usual]);
    if (trial->k > CHOICE_HIGH)
        return silhouette >= CHOICE_CLEAR && ahead >= CHOICE_MANY_AHEAD;
    return silhouette >= CHOICE_STRONG && ahead >= CHOICE_FEW_AHEAD;
}

/* Step 3. Ties to the smaller k. */
static int choice_elbow(const choice_sweep *sweep, int usual)
{
    int found = usual;
    double most = 0;
    const psn_kmeans_trial *first = &sweep->trials[0];
    const psn_kmeans_trial *last = &sweep->trials[sweep->count - 1];
    for (int i = 0; i < sweep->count; i++) {
        const psn_kmeans_trial *trial = &sweep->trials[i];
        const double along = (double)i / (sweep->count > 1 ? sweep->count - 1 : 1);
        const double line = first->inertia + along * (last->inertia - first->inertia);
        if (!choice_usual(trial) || line - trial->inertia <= most) continue;
        most = line - trial->inertia;
        found = i;
    }
    return found;
}

static void choice_make(choice_sweep *sweep)
{
    const psn_kmeans_trial *trials = sweep->trials;
    const int best = choice_best(sweep, sweep->skip, 0);
    const int usual = choice_best(sweep, 0, 1);
    if (choice_decided(sweep, best, usual)) {
        sweep->chosen = best;
        psn_format(sweep->reason, sizeof sweep->reason,
                   "%d segments have the best silhouette, %.3f", trials[best].k,
                   trials[best].silhouette);
    } else if (choice_silhouette(&trials[usual]) >= CHOICE_CLEAR) {
        sweep->chosen = usual;
        psn_format(sweep->reason, sizeof sweep->reason,
                   "%d segments have the best silhouette of 3 to 8, %.3f, and %d are "
                   "hardly better, %.3f",
                   trials[usual].k, trials[usual].silhouette, trials[best].k,
                   trials[best].silhouette);
    } else {
        sweep->chosen = choice_elbow(sweep, usual);
        psn_format(sweep->reason, sizeof sweep->reason,
                   "customers form no sharp groups (best silhouette of 3 to 8 segments "
                   "%.3f); %d is the elbow of the inertia, after which one more explains "
                   "little",
                   trials[usual].silhouette, trials[sweep->chosen].k);
    }
}

/* Two segments of which one is a handful of odd customers are no segmentation. */
static int choice_unlump(choice_sweep *sweep, psn_fit *fit, const psn_kmeans *fits,
                         persona_error *error)
{
    double share;
    const psn_kmeans *chosen = fits + sweep->chosen;
    if (chosen->k != 2 || sweep->count < 2) return PERSONA_OK;
    const int rc = psn_fit_smallest(&share, fit, chosen->centers, chosen->k, error);
    if (rc != PERSONA_OK || share >= CHOICE_SMALLEST) return rc;
    sweep->skip = 1;
    choice_make(sweep);
    return PERSONA_OK;
}

/* The silhouette of k_max is about the best of the later half: it may rise further. */
static int choice_note_rising(const choice_sweep *sweep, psn_fit *fit,
                              persona_error *error)
{
    const psn_kmeans_trial *last = &sweep->trials[sweep->count - 1];
    const int64_t most = PSN_FIT_INT(fit, "k_max", NULL);
    const int64_t more = 2 * most < CHOICE_MOST ? 2 * most : CHOICE_MOST;
    const int later = choice_best(sweep, sweep->count / 2, 0);
    if (sweep->count < 2 || last->k < most || choice_silhouette(last) < CHOICE_CLEAR ||
        choice_silhouette(last) <
            choice_silhouette(&sweep->trials[later]) - CHOICE_RISING)
        return PERSONA_OK;
    return psn_model_note(&fit->model->base, "k_max_reached", "warning", most, error,
                          "the silhouette still rises at k_max=%lld: there may be more "
                          "groups; try k_max=%lld",
                          (long long)most, (long long)more);
}

/* ---- the part "sweep" */

static const struct {
    const char *name;
    size_t at;
    const char *option; /* that asks for it; NULL: always there */
} choice_columns[] = {
    {"inertia", offsetof(psn_kmeans_trial, inertia), NULL},
    {"silhouette", offsetof(psn_kmeans_trial, silhouette), NULL},
    {"calinski_harabasz", offsetof(psn_kmeans_trial, calinski_harabasz), NULL},
    {"davies_bouldin", offsetof(psn_kmeans_trial, davies_bouldin), NULL},
    {"bic", offsetof(psn_kmeans_trial, bic), NULL},
    {"gap", offsetof(psn_kmeans_trial, gap), "gap"},
    {"gap_error", offsetof(psn_kmeans_trial, gap_error), "gap"},
    {"stability", offsetof(psn_kmeans_trial, stability), "stability"},
};

static int choice_table(psn_fit *fit, const choice_sweep *sweep, persona_error *error)
{
    int rc;
    const int count = sweep->count;
    persona_table **out = &fit->model->part[PSN_PART_SWEEP];
    int64_t *k = psn_alloc((size_t)count, 2 * sizeof *k);
    double *values = psn_alloc((size_t)count, sizeof *values);
    const char **text = psn_alloc((size_t)count, sizeof *text);
    PSN_NEED(k);
    PSN_NEED(values);
    PSN_NEED(text);
    for (int i = 0; i < count; i++) {
        k[i] = sweep->trials[i].k;
        k[count + i] = i == sweep->chosen;
        text[i] = i == sweep->chosen ? sweep->reason : "";
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "k", PERSONA_TYPE_INT, k, NULL, count, error));
    for (size_t c = 0; c < sizeof choice_columns / sizeof choice_columns[0]; c++) {
        const char *option = choice_columns[c].option;
        if (option && !PSN_FIT_BOOL(fit, option)) continue;
        for (int i = 0; i < count; i++)
            memcpy(&values[i], (const char *)&sweep->trials[i] + choice_columns[c].at,
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

static int choice_of_sweep(choice_sweep *sweep, psn_fit *fit, const psn_kmeans *fits,
                           persona_error *error)
{
    int rc;
    choice_make(sweep);
    PSN_TRY(choice_unlump(sweep, fit, fits, error));
    PSN_TRY(choice_note_rising(sweep, fit, error));
done:
    return rc;
}

static int choice_run(psn_fit *fit, const psn_points *points, psn_kmeans *fits,
                      psn_kmeans_trial *trials, int32_t low, int32_t high,
                      persona_error *error)
{
    int swaps_auto;
    const int32_t swaps = (int32_t)PSN_FIT_INT(fit, "swaps", &swaps_auto);
    const psn_kmeans_options options = {.k = low,
                                        .seed = (uint64_t)PSN_FIT_INT(fit, "seed", NULL),
                                        .swaps = swaps_auto ? -1 : swaps};
    const int64_t references =
        PSN_FIT_BOOL(fit, "gap") ? PSN_FIT_INT(fit, "gap_references", NULL) : 0;
    const int64_t rounds =
        PSN_FIT_BOOL(fit, "stability") ? PSN_FIT_INT(fit, "stability_rounds", NULL) : 0;
    return psn_kmeans_sweep(fits, trials, points, low, high, &options,
                            (int32_t)references, (int32_t)rounds, fit->pool, fit->task,
                            error);
}

/* Lloyd over all customers from the centres chosen: those of a sweep over many customers
 * are a sample's. */
static int choice_settle(psn_fit *fit, const psn_points *points, psn_kmeans *chosen,
                         persona_error *error)
{
    int rc;
    psn_kmeans settled = {0};
    const psn_kmeans_options options = {.k = chosen->k,
                                        .seed = (uint64_t)PSN_FIT_INT(fit, "seed", NULL),
                                        .start = chosen->centers};
    PSN_TRY(psn_kmeans_fit(&settled, points, &options, fit->pool, fit->task, error));
    psn_kmeans_clear(chosen);
    *chosen = settled;
done:
    return rc;
}

int psn_fit_centers(psn_fit *fit, const psn_points *points, double **centers, int32_t *k,
                    persona_error *error)
{
    int rc = PERSONA_OK, k_auto;
    psn_kmeans *fits = NULL;
    psn_kmeans_trial *trials = NULL;
    const int64_t asked = PSN_FIT_INT(fit, "k", &k_auto), most = fit->customers->rows;
    int64_t low = k_auto ? PSN_FIT_INT(fit, "k_min", NULL) : asked;
    int64_t high = k_auto ? PSN_FIT_INT(fit, "k_max", NULL) : asked;
    if (low > most) low = most;
    if (high > most) high = most;
    const int count = (int)(high - low) + 1;
    choice_sweep sweep = {.reason = "k was given"};
    PSN_NEED(fits = psn_alloc_zero((size_t)count, sizeof *fits));
    PSN_NEED(trials = psn_alloc_zero((size_t)count, sizeof *trials));
    PSN_TRY(choice_run(fit, points, fits, trials, (int32_t)low, (int32_t)high, error));
    sweep.trials = trials;
    sweep.count = choice_usable(fits, count, (int)low);
    if (k_auto) PSN_TRY(choice_of_sweep(&sweep, fit, fits, error));
    if (!k_auto) PSN_TRY(choice_fewer(fit, (int32_t)asked, fits[0].k, error));
    PSN_TRY(choice_table(fit, &sweep, error));
    psn_kmeans *chosen = fits + sweep.chosen;
    PSN_TRY(choice_settle(fit, points, chosen, error));
    fit->model->silhouette = trials[sweep.chosen].silhouette;
    fit->model->inertia = chosen->inertia;
    *k = chosen->k;
    *centers = chosen->centers;
    chosen->centers = NULL;
done:
    for (int i = 0; fits && i < count; i++) psn_kmeans_clear(&fits[i]);
    psn_release(fits);
    psn_release(trials);
    return rc;
}
