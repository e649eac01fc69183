/* als_cg.c: the factors of one user (or item) by preconditioned conjugate gradients.
 *
 * The matrix is D + V'WV: D = unobserved Y'Y + ridge is the same for everybody but for
 * the ridge, V are the few rows that were seen. iALS solvers multiply by Y'Y in every
 * step (factors^2) or build the whole matrix (count x factors^2 / 2). Here Y is turned
 * into the eigenbasis of Y'Y once for each half iteration, so D is diagonal: a step costs
 * 2 count x factors, and with D^-1 as preconditioner the eigenvalues are 1 but for
 * `count` of them; 3 steps are enough in a fit (Gowalla, ML-1M: the quality of Cholesky's
 * in every iteration), about 10 to 30 for float32 accuracy. Starting from the solution of
 * the iteration before does not pay: it must be turned into the new basis, which costs as
 * much as two steps, and won nothing.
 *
 * A residual of 0 ends it before anything is divided by it (empty rows: x = 0). All sums
 * have 16 lanes and one order: the same bits at every level. */
#include <math.h>

#include "learn/als_solve.h"
#include "math/elementary.h"
#include "math/lanes.h"

#define PSN_TEMPLATE "learn/als_cg_kernel.inc"
#include "math/kernel_levels.h"

typedef void als_cg_kernel(float *restrict, const psn_als_case *, const float *,
                           const psn_als_effort *, float *restrict);
static als_cg_kernel *const als_cgs[] = PSN_KERNEL_TABLE(als_cg);

size_t psn_als_cg_floats(int32_t factors)
{
    return 6 * (size_t)factors;
}

void psn_als_cg(float *x, const psn_als_case *problem, const float *target,
                const psn_als_effort *effort, float *scratch)
{
    als_cgs[psn_simd_level()](x, problem, target, effort, scratch);
}

psn_als_ridges psn_als_begin(float *base, const float *gram, int32_t factors,
                             int64_t rows, double unobserved, double regularization,
                             double frequency)
{
    float largest = 0.0f;
    double sum = 0.0;
    for (int32_t j = 0; j < factors; j++) {
        sum += (double)gram[j];
        base[j] = (float)(unobserved * (double)gram[j]);
        largest = base[j] > largest ? base[j] : largest;
    }
    return (psn_als_ridges){
        .regularization = regularization,
        .frequency = frequency,
        .all = unobserved * (double)rows,
        .least = 1e-6 * (double)largest + 1e-12,
        .least_each = rows > 0 ? 1e-6 * sum / (double)rows : 0.0,
    };
}

float psn_als_ridge(const psn_als_ridges *ridges, const float *weight, int64_t count)
{
    double seen = weight == NULL ? (double)count : 0.0, ridge = ridges->regularization;
    for (int64_t i = 0; i < count && weight != NULL; i++) seen += (double)weight[i];
    const double often = seen + ridges->all;
    const double least = ridges->least + seen * ridges->least_each;
    if (ridges->frequency == 1.0)
        ridge *= often;
    else if (ridges->frequency != 0.0 && often > 0.0)
        ridge *= psn_pow(often, ridges->frequency);
    return (float)(ridge > least ? ridge : least);
}
