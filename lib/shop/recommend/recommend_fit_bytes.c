/* recommend_fit_bytes.c: how much memory a fit takes at its peak beside the table, before
 * it takes it.
 *
 *   reading     codes of the table's rows, and events sorted into rows of users
 *   keeping     of each item-item learner at most 400 to 800 entries an item
 *   learning    a learner's own arrays; closed forms: items^2
 *   choosing    scores of the members for the candidates of a few thousand cases
 *   trees       their features, 40 candidates of a case
 *
 * Sums of the largest that each may be, so that a fit is seldom above it. */
#include "base/error.h"
#include "learn/als.h"
#include "learn/directed_ridge.h"
#include "learn/ease.h"
#include "shop/recommend/recommend_fit.h"

#include <math.h>
#include <string.h>

enum {
    BYTES_TABLE_ROW = 41, /* codes, kind, weight, time, sorting */
    BYTES_EVENT = 90,     /* rows, split, profile and sequences with their transpose */
    BYTES_ENTRY = 8,      /* of a sparse matrix */
    BYTES_KEPT = 800,     /* entries of an item */
    BYTES_CASES = 3000,
    BYTES_TREE_ROWS = 600000
};

static double bytes_kept(const psn_rec_fitting *fit)
{
    const double items = fit->items, events = (double)fit->rows.events;
    /* Pairs of a user's items cannot be more than this either. */
    const double pairs = events * fmin(events / (double)fit->rows.rows, 200) * 2;
    return fmin(items * BYTES_KEPT, fmin(items * items, pairs)) * BYTES_ENTRY;
}

static double bytes_member(const psn_rec_fitting *fit, int m,
                           const struct psn_rec_setting *setting)
{
    psn_als_options als;
    switch (m) {
    case PSN_REC_EASE:
        return (double)psn_ease_bytes(fit->items);
    case PSN_REC_RIDGE:
        return (double)psn_directed_ridge_bytes(fit->items);
    case PSN_REC_ALS:
        psn_als_defaults(&als);
        als.factors = (int32_t)setting->value[0];
        return (double)psn_als_bytes(fit->rows.rows, fit->items, fit->rows.events, &als);
    case PSN_REC_SESSION_KNN:
        return 20.0 * (double)fit->rows.events + 28.0 * fit->items;
    default:
        return 40.0 * fit->items;
    }
}

/* The largest learner while it learns, and all that stays. */
static double bytes_members(const psn_rec_fitting *fit)
{
    double most = 0, stays = 0;
    for (int m = 0; m < PSN_REC_MEMBERS; m++) {
        struct psn_rec_setting settings[8];
        if (psn_rec_fit_settings(fit, m, settings) == 0) continue;
        most = fmax(most, bytes_member(fit, m, settings));
        if (m == PSN_REC_ALS)
            stays += 5.0 * fit->items * settings[0].value[0];
        else if (m != PSN_REC_POPULAR && m != PSN_REC_TRENDING && m != PSN_REC_OWN)
            stays += bytes_kept(fit);
    }
    return most + stays + bytes_kept(fit); /* of two settings the better one is kept */
}

static int bytes_suits(const psn_rec_fitting *fit)
{
    struct psn_rec_setting settings[8];
    int members = 0;
    for (int m = 0; m < PSN_REC_MEMBERS; m++)
        members += psn_rec_may_share(m) && psn_rec_fit_settings(fit, m, settings) > 0;
    return members;
}

/* Members agree on half of what they propose. */
static double bytes_choosing(const psn_rec_fitting *fit)
{
    const int members = bytes_suits(fit);
    const double candidates =
        fmin(fit->items, (double)fit->model->engine.pool * (members + 1) / 2);
    const double cases = fmin(BYTES_CASES, (double)fit->rows.events / 10 + 1);
    const double panel = cases * candidates * (members * 4 + 5) * 1.5;
    const double trees = fmin(BYTES_TREE_ROWS, (double)fit->rows.events * 4) *
                         (psn_rec_features(&fit->model->engine) + 2 * members) * 9;
    return strcmp(REC_TEXT(fit, "speed"), "best") == 0 ? fmax(panel, trees) : panel;
}

int psn_rec_fit_bytes(psn_rec_fitting *fit, int64_t *bytes, persona_error *error)
{
    int limited;
    const int64_t limit = REC_INT(fit, "max_bytes", &limited);
    const double sum = (double)fit->count * BYTES_TABLE_ROW +
                       (double)fit->rows.events * BYTES_EVENT +
                       (double)fit->rows.rows * 60 + (double)fit->items * 100 +
                       bytes_members(fit) + bytes_choosing(fit) + 1e6;
    *bytes = sum < 9e18 ? (int64_t)sum : INT64_MAX;
    if (!limited && *bytes > limit)
        return psn_fail(error, PERSONA_ELIMIT,
                        "max_bytes: the fit would take %lld bytes beside the table",
                        (long long)*bytes);
    return PERSONA_OK;
}
