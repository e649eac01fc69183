/* ease.c: the closed-form item-item model EASE^R.
 *
 * Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019: the least
 * squares model x ~ x B with regularization |B|^2 and a diagonal of zeros is
 *   G = X'X + regularization I,  P = G^-1,  B[h, j] = -P[h, j] / P[j, j],
 * and a history h speaks for j with B[h, j]. G is summed up item by item over the users
 * of the item, O(sum over users of items^2 / 2), in the upper triangle alone; Cholesky
 * factor and inverse are made in its place, n^3 operations. Items without events are left
 * out of the matrix. */
#include "learn/ease.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/lapack.h"
#include "math/places.h"
#include "math/square.h"

typedef struct ease_events {
    const psn_sparse *profile;
    const psn_places *places;
} ease_events;

void psn_ease_defaults(psn_ease_options *options)
{
    *options = (psn_ease_options){.regularization = 300.0, .keep = 500, .max_bytes = 0};
}

size_t psn_ease_bytes(int64_t items)
{
    return psn_square_bytes(items, 1);
}

/* Items of a user ascend: those up to this one are its part of the upper triangle. */
static void ease_sum(const void *context, int64_t column, double *sums)
{
    const ease_events *events = context;
    const psn_places *places = events->places;
    const int32_t *item = places->number;
    const float *value = events->profile->value;
    for (int64_t p = places->start[column]; p < places->start[column + 1]; p++) {
        const int64_t end = places->place[p];
        const int64_t from = events->profile->start[places->row[p]];
        if (value == NULL) {
            for (int64_t i = from; i <= end; i++) sums[item[i]] += 1.0;
            continue;
        }
        const double own = (double)value[end];
        for (int64_t i = from; i <= end; i++) sums[item[i]] += own * (double)value[i];
    }
}

static int ease_solve(float *a, int64_t n, double regularization, persona_task *task,
                      persona_error *error)
{
    int rc;
    PSN_TRY(psn_square_factor(a, n, regularization, error));
    PSN_TRY(psn_task_check(task, 0.4, error));
    PSN_TRY(psn_lapack_inverse32(a, n, error));
    psn_square_mirror(a, n);
done:
    return rc;
}

/* Row h of the weights is column h of P, each entry j divided by -P[j, j]. */
static int ease_weights(psn_sparse **weights, const float *a, const psn_places *places,
                        const psn_ease_options *options, int32_t items, psn_pool *pool,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t n = places->count;
    float *scale = psn_alloc((size_t)n, sizeof *scale);
    PSN_NEED(scale);
    for (int64_t j = 0; j < n; j++) scale[j] = -1.0f / a[j * n + j];
    rc = psn_square_keep(weights, a, n, scale, 1, options->keep, places->original, items,
                         pool, error);
done:
    psn_release(scale);
    return rc;
}

int psn_ease_fit(psn_sparse **weights, const psn_sparse *profile,
                 const psn_ease_options *options, psn_pool *pool, persona_task *task,
                 persona_error *error)
{
    int rc;
    float *a = NULL;
    psn_places *places = NULL;
    *weights = NULL;
    PSN_TRY(psn_places_new(&places, profile, error));
    PSN_TRY(psn_square_new(&a, places->count, 1, options->max_bytes, error));
    const ease_events events = {profile, places};
    psn_task_enter(task, "products of items", 0.0, 0.3);
    PSN_TRY(psn_square_fill(a, places->count, 1, ease_sum, &events, pool, task, error));
    psn_task_enter(task, "inverting", 0.3, 0.95);
    PSN_TRY(psn_task_check(task, 0.0, error));
    PSN_TRY(ease_solve(a, places->count, options->regularization, task, error));
    psn_task_enter(task, "keeping the largest weights", 0.95, 1.0);
    PSN_TRY(psn_task_check(task, 0.0, error));
    PSN_TRY(ease_weights(weights, a, places, options, profile->columns, pool, error));
done:
    psn_square_free(a);
    psn_places_free(places);
    return rc;
}
