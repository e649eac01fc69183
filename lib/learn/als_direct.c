/* als_direct.c: the factors of one user (or item) by Cholesky, all at once or block by
 * block (iALS++: Rendle, Krichene, Zhang, Koren 2021).
 *
 * A block B of b factors, the others held: with e_i = y_i x,
 *     (D_B + sum_i w_i y_iB y_iB') step = sum_i w_i (1 - e_i) y_iB - D_B x_B,
 * x_B += step, e_i += y_iB step. D is diagonal (als_solve.h), so blocks meet only in what
 * was seen. Rows are gathered in runs of 128, scaled by sqrt(w), which stay in the first
 * caches. Cost: count b factors / 2 + factors b^2 / 6, against 2 count factors for each
 * step of conjugate gradients. */
#include "learn/als_solve.h"

#include <math.h>
#include <string.h>
#include "math/lanes.h"
#include "math/mips.h"

enum { ALS_RUN = 128 };

#define PSN_TEMPLATE "learn/als_direct_kernel.inc"
#include "math/kernel_levels.h"

typedef void als_gram_kernel(float *, const float *, int64_t, int32_t);
typedef void als_factor_kernel(float *, int32_t);
typedef void als_solve_kernel(float *restrict, const float *restrict, int32_t);
typedef void als_gather_kernel(float *restrict, float *restrict, const float *restrict,
                               float, float, int32_t);
static als_gather_kernel *const als_gathers[] = PSN_KERNEL_TABLE(als_gather);
static als_gram_kernel *const als_grams[] = PSN_KERNEL_TABLE(als_gram);
static als_factor_kernel *const als_factors[] = PSN_KERNEL_TABLE(als_factor);
static als_solve_kernel *const als_solves[] = PSN_KERNEL_TABLE(als_solve);

typedef struct als_space {
    float *matrix, *run, *step, *product; /* b x b, ALS_RUN x b, b, count */
} als_space;

size_t psn_als_direct_floats(int32_t factors, int32_t block, int64_t most)
{
    const size_t b = (size_t)(block < factors ? block : factors);
    return b * b + ALS_RUN * b + b + (block < factors ? (size_t)most : 0);
}

void psn_als_gram(float *h, const float *rows, int64_t count, int32_t factors)
{
    als_grams[psn_simd_level()](h, rows, count, factors);
}

/* Matrix and right side of factors from .. from + n. */
static void als_equations(const als_space *s, const psn_als_case *c, const float *x,
                          int32_t from, int32_t n, int whole)
{
    const int level = psn_simd_level();
    memset(s->matrix, 0, (size_t)n * (size_t)n * sizeof *s->matrix);
    for (int32_t j = 0; j < n; j++) {
        const float own = c->base[from + j] + c->ridge;
        s->matrix[(int64_t)j * n + j] = own;
        s->step[j] = -own * x[from + j];
    }
    for (int64_t first = 0; first < c->count; first += ALS_RUN) {
        const int64_t run = c->count - first < ALS_RUN ? c->count - first : ALS_RUN;
        for (int64_t i = 0; i < run; i++) {
            const float *y = c->rows + (int64_t)c->index[first + i] * c->factors + from;
            const float w = c->weight != NULL ? c->weight[first + i] : 1.0f;
            const float root = sqrtf(w);
            const float miss = root * (whole ? 1.0f : 1.0f - s->product[first + i]);
            als_gathers[level](s->run + i * n, s->step, y, root, miss, n);
        }
        psn_als_gram(s->matrix, s->run, run, n);
    }
}

static void als_products(float *product, const psn_als_case *c, const float *x,
                         int32_t from, int32_t n)
{
    for (int64_t i = 0; i < c->count; i++) {
        const float *y = c->rows + (int64_t)c->index[i] * c->factors + from;
        product[i] += psn_mips_score(y, x, n);
    }
}

void psn_als_direct(float *x, const psn_als_case *problem, int32_t block, float *scratch)
{
    const int level = psn_simd_level();
    const int32_t factors = problem->factors, most = block < factors ? block : factors;
    const int whole = most == factors;
    als_space s = {.matrix = scratch};
    s.run = s.matrix + (size_t)most * (size_t)most;
    s.step = s.run + (size_t)ALS_RUN * (size_t)most;
    s.product = s.step + most;
    if (whole)
        memset(x, 0, (size_t)factors * sizeof *x);
    else
        memset(s.product, 0, (size_t)problem->count * sizeof *s.product);
    if (!whole) als_products(s.product, problem, x, 0, factors);
    for (int32_t from = 0; from < factors; from += most) {
        const int32_t n = factors - from < most ? factors - from : most;
        als_equations(&s, problem, x, from, n, whole);
        als_factors[level](s.matrix, n);
        als_solves[level](s.step, s.matrix, n);
        for (int32_t j = 0; j < n; j++) x[from + j] += s.step[j];
        if (!whole) als_products(s.product, problem, s.step, from, n);
    }
}
