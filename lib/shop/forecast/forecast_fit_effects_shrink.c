/* forecast_fit_effects_shrink.c: empirical Bayes over coefficients:
 *
 *   b(series) = b0 + sum over traits k of u(k, level of the series) + v(series),
 *   u(k, .) ~ N(0, diag d(k)),  v ~ N(0, diag d(own)),  A b = r + noise of covariance A.
 *
 * Blocks are solved in turn given the others (Gauss-Seidel); after each sweep a variance
 * is the mean of squared estimate + posterior variance (the EM step). O(series q^2) a
 * sweep for q columns. */
#include "base/error.h"
#include "base/memory.h"
#include "math/small_solve.h"
#include "shop/forecast/forecast_fit_effects.h"

#include <math.h>
#include <string.h>

enum { SHRINK_SWEEPS = 20, SHRINK_FEWEST = 2 };
#define SHRINK_START 0.05 /* variance of a coefficient of a column of deviation 1 */
#define SHRINK_LEAST 1e-6

typedef struct shrink_work {
    fit_effects *fit;
    int32_t q;
    double *rest; /* series x q: b without the block at hand is made of it */
    double *gram, *right, *inverse;
} shrink_work;

int psn_effects_solve(double *a, double *b, double *inverse, int32_t n,
                      persona_error *error)
{
    if (!psn_small_factor(a, n))
        return psn_fail(error, PERSONA_ENUMERIC, "regressors have no finite effects");
    psn_small_solve(a, n, b);
    /* Column c of the inverse of the factor; the diagonal of the inverse sums squares. */
    for (int32_t c = 0; inverse != NULL && c < n; c++) {
        double column[EFFECTS_COLUMNS + EFFECTS_EVENTS], sum = 0;
        for (int32_t i = c; i < n; i++) {
            double v = i == c;
            for (int32_t k = c; k < i; k++) v -= a[i * n + k] * column[k];
            column[i] = v / a[i * n + i];
            sum += column[i] * column[i];
        }
        inverse[c] = sum;
    }
    return PERSONA_OK;
}

/* Adds what the series says of a block whose present value is `own`. */
static void shrink_add(shrink_work *work, int64_t s, const double *own)
{
    const int32_t q = work->q;
    const double *gram = work->fit->gram + s * work->fit->triangle;
    const double *b = work->fit->b + s * q;
    for (int32_t j = 0, at = 0; j < q; j++) {
        work->right[j] += work->fit->right[s * q + j];
        for (int32_t k = 0; k <= j; k++, at++) {
            work->gram[j * q + k] += gram[at];
            work->right[j] -= gram[at] * (b[k] - own[k]);
            if (k != j) work->right[k] -= gram[at] * (b[j] - own[j]);
        }
    }
}

static void shrink_clear(shrink_work *work)
{
    memset(work->gram, 0, (size_t)work->q * work->q * sizeof *work->gram);
    memset(work->right, 0, (size_t)work->q * sizeof *work->right);
}

/* The block's new value into own; its squares and posterior variances into spread. */
static int shrink_solve(shrink_work *work, double *own, const double *variance,
                        double *spread, double *change, persona_error *error)
{
    const int32_t q = work->q;
    for (int32_t j = 0; j < q; j++) work->gram[j * q + j] += 1 / variance[j];
    const int rc = psn_effects_solve(work->gram, work->right, work->inverse, q, error);
    if (rc != PERSONA_OK) return rc;
    for (int32_t j = 0; j < q; j++) {
        change[j] = work->right[j] - own[j];
        own[j] = work->right[j];
        spread[j] += own[j] * own[j] + work->inverse[j];
    }
    return rc;
}

/* One sweep over the blocks of a grouping: block g has the series with of[s] == g;
 * of = NULL: every series is one. */
typedef struct shrink_grouping {
    int64_t blocks;
    const int32_t *of;
    double *value;  /* blocks x q */
    int64_t *start; /* blocks + 1 into member; NULL with of */
    int64_t *member;
    double variance[EFFECTS_COLUMNS];
    int fixed; /* the variance is given: no shrinkage */
} shrink_grouping;

static int shrink_sweep(shrink_work *work, shrink_grouping *grouping,
                        persona_error *error)
{
    const int32_t q = work->q;
    double spread[EFFECTS_COLUMNS] = {0}, change[EFFECTS_COLUMNS];
    int64_t used = 0;
    for (int64_t g = 0; g < grouping->blocks; g++) {
        const int64_t from = grouping->of ? grouping->start[g] : g;
        const int64_t to = grouping->of ? grouping->start[g + 1] : g + 1;
        double *own = grouping->value + g * q;
        int64_t works = 0;
        shrink_clear(work);
        for (int64_t i = from; i < to; i++) {
            const int64_t s = grouping->of ? grouping->member[i] : i;
            works += work->fit->effects->works[s];
            if (work->fit->effects->works[s]) shrink_add(work, s, own);
        }
        if (works == 0) continue;
        const int rc = shrink_solve(work, own, grouping->variance, spread, change, error);
        if (rc != PERSONA_OK) return rc;
        used++;
        for (int64_t i = from; i < to; i++) {
            const int64_t s = grouping->of ? grouping->member[i] : i;
            for (int32_t j = 0; j < q; j++) work->fit->b[s * q + j] += change[j];
        }
    }
    for (int32_t j = 0; j < q && !grouping->fixed && used > 0; j++)
        grouping->variance[j] = fmax(spread[j] / (double)used, SHRINK_LEAST);
    return PERSONA_OK;
}

static int shrink_open(shrink_grouping *grouping, const fit_effects *fit,
                       const int32_t *of, int64_t blocks, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t q = fit->effects->columns;
    const int64_t n = fit->effects->series;
    grouping->blocks = blocks;
    grouping->of = of;
    for (int32_t j = 0; j < q; j++) grouping->variance[j] = SHRINK_START;
    PSN_NEED(grouping->value =
                 psn_alloc_zero((size_t)blocks, (size_t)q * sizeof(double)));
    if (of == NULL) goto done;
    PSN_NEED(grouping->start = psn_alloc_zero((size_t)blocks + 2, sizeof(int64_t)));
    PSN_NEED(grouping->member = psn_alloc((size_t)n, sizeof(int64_t)));
    for (int64_t s = 0; s < n; s++)
        if (of[s] >= 0 && of[s] < blocks) grouping->start[of[s] + 2]++;
    for (int64_t g = 0; g < blocks; g++) grouping->start[g + 2] += grouping->start[g + 1];
    for (int64_t s = 0; s < n; s++)
        if (of[s] >= 0 && of[s] < blocks)
            grouping->member[grouping->start[of[s] + 1]++] = s;
done:
    return rc;
}

static void shrink_close(shrink_grouping *grouping)
{
    psn_release(grouping->value);
    psn_release(grouping->start);
    psn_release(grouping->member);
}

/* All series, each trait with several series a level, every series by itself. */
static int shrink_groupings(shrink_grouping *grouping, int32_t *groupings, int32_t *all,
                            const fit_effects *fit, persona_error *error)
{
    int rc;
    const psn_panel *panel = fit->panel;
    PSN_TRY(shrink_open(grouping, fit, all, 1, error));
    grouping->fixed = 1;
    for (int32_t j = 0; j < fit->effects->columns; j++) grouping->variance[j] = 1e4;
    *groupings = 1;
    for (int32_t t = 0; t < panel->traits; t++) {
        const psn_trait *trait = panel->trait + t;
        const int64_t levels = trait->levels ? psn_dict_count(trait->levels) : 0;
        if (levels < 2 || levels * SHRINK_FEWEST > panel->series) continue;
        PSN_TRY(shrink_open(grouping + (*groupings)++, fit, trait->code, levels, error));
    }
    PSN_TRY(shrink_open(grouping + (*groupings)++, fit, NULL, panel->series, error));
done:
    return rc;
}

int psn_effects_shrink(fit_effects *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    shrink_grouping grouping[PSN_FORECAST_TRAITS + 2] = {{0}};
    int32_t groupings = 0, *all = NULL;
    const int32_t q = fit->effects->columns;
    const size_t n = (size_t)fit->effects->series;
    shrink_work work = {.fit = fit, .q = q};
    if (q == 0) goto done;
    PSN_NEED(all = psn_alloc_zero(n, sizeof *all));
    PSN_NEED(work.gram = psn_alloc((size_t)q + 2, (size_t)q * sizeof *work.gram));
    work.right = work.gram + q * q;
    work.inverse = work.right + q;
    PSN_TRY(shrink_groupings(grouping, &groupings, all, fit, error));
    memset(fit->b, 0, n * (size_t)q * sizeof *fit->b);
    for (int sweep = 0; sweep < SHRINK_SWEEPS; sweep++)
        for (int32_t g = 0; g < groupings; g++)
            PSN_TRY(shrink_sweep(&work, grouping + g, error));
done:
    for (int32_t g = 0; g < PSN_FORECAST_TRAITS + 2; g++) shrink_close(grouping + g);
    psn_release(work.gram);
    psn_release(all);
    return rc;
}
