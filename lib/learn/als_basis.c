/* als_basis.c: the eigenbasis of Y'Y.
 *
 * Scores x'y do not change when users and items are turned by one orthogonal matrix; in
 * the eigenbasis of Y'Y the weight of all unseen pairs is a diagonal (als_cg.c). Y'Y is
 * summed in runs of rows, each by one worker, the runs added up in their order: the same
 * for any number of threads. Up to 64 factors there is no BLAS in it (Jacobi's method, 2
 * ms): the same factors on every processor. Cost: rows x factors^2 x 1.5, and 9 factors^3
 * for the eigenvectors. */
#include "learn/als_basis.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "learn/als_solve.h"
#include "math/eigen.h"
#include "math/lanes.h"
#include "math/lapack.h"

#define PSN_TEMPLATE "learn/als_basis_kernel.inc"
#include "math/kernel_levels.h"

typedef void als_multiply_kernel(float *, const float *, int64_t, const float *, int32_t);
static als_multiply_kernel *const als_multiplies[] = PSN_KERNEL_TABLE(als_multiply);

struct psn_als_basis {
    int32_t factors, stride;
    int64_t run, runs; /* rows of one partial sum, the most of them */
    int64_t turn;      /* rows turned at once */
    float *partial;    /* runs x stride^2 */
    double *gram;      /* factors^2, then the vectors */
    double *values;    /* factors */
    float *vectors;    /* stride^2, columns by descending value, then zeros */
    float *space;      /* workers x turn x stride */
};

typedef struct basis_job {
    psn_als_basis *basis;
    const float *rows;
    float *turned;
    int64_t count;
} basis_job;

static void basis_sizes(psn_als_basis *basis, int32_t factors, int32_t stride,
                        int64_t most_rows)
{
    basis->factors = factors;
    basis->stride = stride;
    basis->run = 32 * (int64_t)stride < 4096 ? 4096 : 32 * (int64_t)stride;
    basis->runs = (most_rows + basis->run - 1) / basis->run;
    basis->turn = 65536 / stride < 64 ? 64 : 65536 / stride;
}

size_t psn_als_basis_bytes(int32_t factors, int32_t stride, int64_t most_rows,
                           int workers)
{
    psn_als_basis sizes;
    const size_t n = (size_t)factors;
    basis_sizes(&sizes, factors, stride, most_rows);
    return ((size_t)sizes.runs + 1) * (size_t)stride * (size_t)stride * sizeof(float) +
           (n * n + n) * sizeof(double) +
           (size_t)workers * (size_t)sizes.turn * (size_t)stride * sizeof(float);
}

int psn_als_basis_new(psn_als_basis **out, int32_t factors, int32_t stride,
                      int64_t most_rows, int workers, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_als_basis *basis = NULL;
    const size_t n = (size_t)factors, square = n * n, padded = (size_t)stride * stride;
    *out = NULL;
    PSN_NEED(basis = psn_alloc_zero(1, sizeof *basis));
    basis_sizes(basis, factors, stride, most_rows);
    PSN_NEED(basis->partial =
                 psn_alloc_aligned((size_t)basis->runs, padded * sizeof(float)));
    PSN_NEED(basis->gram = psn_alloc(square, sizeof(double)));
    PSN_NEED(basis->values = psn_alloc(n, sizeof(double)));
    PSN_NEED(basis->vectors = psn_alloc_aligned(padded, sizeof(float)));
    memset(basis->vectors, 0, padded * sizeof(float));
    PSN_NEED(basis->space = psn_alloc_aligned((size_t)workers * (size_t)basis->turn,
                                              (size_t)stride * sizeof(float)));
    *out = basis;
    basis = NULL;
done:
    psn_als_basis_free(basis);
    return rc;
}

void psn_als_basis_free(psn_als_basis *basis)
{
    if (basis == NULL) return;
    psn_release_aligned(basis->partial);
    psn_release(basis->gram);
    psn_release(basis->values);
    psn_release_aligned(basis->vectors);
    psn_release_aligned(basis->space);
    psn_release(basis);
}

static void basis_sum(void *context, int64_t block, int worker)
{
    const basis_job *job = context;
    const psn_als_basis *basis = job->basis;
    const int64_t first = block * basis->run;
    const int64_t left = job->count - first;
    const size_t square = (size_t)basis->stride * (size_t)basis->stride;
    float *sum = basis->partial + (size_t)block * square;
    (void)worker;
    memset(sum, 0, square * sizeof *sum);
    /* In pieces that stay in the second cache. */
    const int64_t rows = left < basis->run ? left : basis->run;
    for (int64_t at = 0; at < rows; at += basis->turn / 2)
        psn_als_gram(sum, job->rows + (first + at) * basis->stride,
                     rows - at < basis->turn / 2 ? rows - at : basis->turn / 2,
                     basis->stride);
}

static void basis_add_up(psn_als_basis *basis, int64_t runs)
{
    const int64_t n = basis->factors, stride = basis->stride;
    for (int64_t column = 0; column < n; column++) {
        for (int64_t row = 0; row <= column; row++) {
            double sum = 0.0;
            for (int64_t run = 0; run < runs; run++)
                sum += (double)basis->partial[(run * stride + row) * stride + column];
            basis->gram[column * n + row] = sum;
        }
    }
}

int psn_als_basis_find(psn_als_basis *basis, float *values, const float *rows,
                       int64_t count, psn_pool *pool, persona_error *error)
{
    int rc;
    const int64_t n = basis->factors, runs = (count + basis->run - 1) / basis->run;
    basis_job job = {.basis = basis, .rows = rows, .count = count};
    psn_pool_run(pool, runs, basis_sum, &job);
    basis_add_up(basis, runs);
    PSN_TRY((n <= PSN_EIGEN_SMALL ? psn_eigen_small : psn_lapack_eigen)(
        basis->gram, n, basis->values, error));
    for (int64_t j = 0; j < basis->stride; j++) {
        const double value = j < n ? basis->values[n - 1 - j] : 0.0;
        values[j] = value > 0.0 ? (float)value : 0.0f;
    }
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < n; i++)
            basis->vectors[i * basis->stride + j] =
                (float)basis->gram[(n - 1 - j) * n + i];
done:
    return rc;
}

static void basis_turn_block(void *context, int64_t block, int worker)
{
    basis_job *job = context;
    const psn_als_basis *basis = job->basis;
    const int64_t n = basis->stride, first = block * basis->turn;
    const int64_t left = job->count - first;
    const int64_t rows = left < basis->turn ? left : basis->turn;
    float *at = job->turned + first * n, *space = basis->space + worker * basis->turn * n;
    als_multiplies[psn_simd_level()](space, at, rows, basis->vectors, basis->stride);
    memcpy(at, space, (size_t)(rows * n) * sizeof *at);
}

void psn_als_basis_turn(psn_als_basis *basis, float *rows, int64_t count, psn_pool *pool)
{
    basis_job job = {.basis = basis, .turned = rows, .count = count};
    psn_pool_run(pool, (count + basis->turn - 1) / basis->turn, basis_turn_block, &job);
}
