/* als_query.c: what a fitted model answers: a user's factors from a history, scores,
 * explanations.
 *
 * The user of a history solves (D + V'WV) x = V'w exactly as a half iteration of the fit
 * does, only to float32 accuracy. Explanation (Hu, Koren, Volinsky 2008, section 5): the
 * score y'x = sum_i w_i y'(D + V'WV)^-1 y_i; with the one solution s = (D + V'WV)^-1 y
 * the share of history item i is w_i s'y_i. */
#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/als.h"
#include "learn/als_solve.h"
#include "math/mips.h"

enum { ALS_STEPS = 256 };
static const float ALS_EXACT = 1e-7f;

void psn_als_free(psn_als *als)
{
    if (als == NULL) return;
    psn_release_aligned(als->item);
    psn_release_aligned(als->gram);
    psn_release(als);
}

/* gram from item; 0 if something is not finite. */
static int als_sum_squares(psn_als *als, double *sums)
{
    const int32_t n = als->factors;
    int finite = 1;
    for (int32_t j = 0; j < n; j++) sums[j] = 0.0;
    for (int64_t i = 0; i < als->items; i++) {
        const float *y = als->item + i * n;
        for (int32_t j = 0; j < n; j++) sums[j] += (double)y[j] * (double)y[j];
    }
    for (int32_t j = 0; j < n; j++) {
        als->gram[j] = (float)sums[j];
        finite &= isfinite(als->gram[j]) != 0;
    }
    return finite;
}

int psn_als_ready(psn_als *als, persona_error *error)
{
    int rc = PERSONA_OK;
    double *sums = NULL;
    if (als->items < 0 || als->factors < 1 || als->factors % PSN_ALS_LANES != 0)
        PSN_FAIL(error, PERSONA_EFORMAT, "factors of items have a wrong shape");
    if (!(als->unobserved >= 0.0 && als->regularization >= 0.0) ||
        !isfinite(als->unobserved) || !isfinite(als->regularization) ||
        !(als->frequency >= 0.0 && als->frequency <= 1.0))
        PSN_FAIL(error, PERSONA_EFORMAT, "weights of the factors are out of range");
    if (als->gram == NULL)
        PSN_NEED(als->gram = psn_alloc_aligned((size_t)als->factors, sizeof(float)));
    PSN_NEED(sums = psn_alloc((size_t)als->factors, sizeof *sums));
    if (!als_sum_squares(als, sums))
        PSN_FAIL(error, PERSONA_EFORMAT, "factors of items are not finite");
done:
    psn_release(sums);
    return rc;
}

/* ---- questions ---- */

size_t psn_als_scratch(const psn_als *als)
{
    return (psn_als_cg_floats(als->factors) + 2 * (size_t)als->factors) * sizeof(float);
}

/* The least squares problem of a history; scratch begins with its base. */
static psn_als_case als_case(const psn_als *als, const int32_t *items,
                             const float *weights, int64_t count, float *base)
{
    const psn_als_ridges ridges =
        psn_als_begin(base, als->gram, als->factors, als->items, als->unobserved,
                      als->regularization, als->frequency);
    return (psn_als_case){als->item,
                          als->factors,
                          items,
                          weights,
                          count,
                          base,
                          psn_als_ridge(&ridges, weights, count)};
}

void psn_als_fold_in(const psn_als *als, const int32_t *items, const float *weights,
                     int64_t count, float *user, void *scratch)
{
    const psn_als_effort effort = {ALS_STEPS, ALS_EXACT};
    float *base = scratch;
    const psn_als_case problem = als_case(als, items, weights, count, base);
    psn_als_cg(user, &problem, NULL, &effort, base + 2 * als->factors);
}

float psn_als_score(const psn_als *als, const float *user, int32_t item)
{
    const float *row = als->item + (int64_t)item * als->factors;
    return psn_mips_score(row, user, als->factors);
}

void psn_als_explain(const psn_als *als, const int32_t *items, const float *weights,
                     int64_t count, int32_t item, float *shares, void *scratch)
{
    const psn_als_effort effort = {ALS_STEPS, ALS_EXACT};
    float *base = scratch, *solution = base + als->factors;
    const psn_als_case problem = als_case(als, items, weights, count, base);
    psn_als_cg(solution, &problem, als->item + (int64_t)item * als->factors, &effort,
               base + 2 * als->factors);
    for (int64_t i = 0; i < count; i++) {
        const float weight = weights != NULL ? weights[i] : 1.0f;
        shares[i] = weight * psn_als_score(als, solution, items[i]);
    }
}
