/* square.c: the dense half of the recommenders in closed form.
 *
 * A column is summed up in float64 by one worker, in the order of the events, and rounded
 * once: the matrix does not depend on the number of threads. The factor is float32. Its
 * relative error is about 6e-8 times the condition, which is at most the largest row sum
 * over the regularization: up to 2^18 that is a per cent, in practice a tenth of it. */
#include "math/square.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/blas.h"
#include "math/lapack.h"

enum { SQUARE_COLUMNS = 16, SQUARE_ROUND = 32, SQUARE_TILE = 32 };

size_t psn_square_bytes(int64_t n, int64_t matrices)
{
    size_t cells, bytes;
    if (!psn_size_mul((size_t)n, (size_t)n, &cells) ||
        !psn_size_mul(cells, (size_t)matrices * sizeof(float), &bytes))
        return SIZE_MAX;
    return bytes;
}

int psn_square_new(float **out, int64_t n, int64_t matrices, size_t max_bytes,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t bytes = psn_square_bytes(n, matrices);
    if (max_bytes > 0 && bytes > max_bytes)
        PSN_FAIL(error, PERSONA_ELIMIT,
                 "the matrix of %lld items and items takes %lld MB, more than max_bytes",
                 (long long)n, (long long)(bytes >> 20));
    PSN_NEED(*out = psn_alloc_aligned(bytes / (size_t)matrices, 1));
done:
    return rc;
}

void psn_square_free(float *a)
{
    psn_release_aligned(a);
}

/* ---- summing up ---- */

typedef struct square_fill {
    float *a;
    int64_t n, first; /* block of this round */
    int upper;
    psn_square_sum *sum;
    const void *context;
    double *sums; /* n of each worker */
} square_fill;

static void square_fill_block(void *context, int64_t block, int worker)
{
    const square_fill *fill = context;
    const int64_t n = fill->n, from = (fill->first + block) * SQUARE_COLUMNS;
    const int64_t end = from + SQUARE_COLUMNS < n ? from + SQUARE_COLUMNS : n;
    double *sums = fill->sums + (int64_t)worker * n;
    for (int64_t column = from; column < end; column++) {
        const int64_t rows = fill->upper ? column + 1 : n;
        float *out = fill->a + column * n;
        memset(sums, 0, (size_t)n * sizeof *sums);
        fill->sum(fill->context, column, sums);
        for (int64_t i = 0; i < rows; i++) out[i] = (float)sums[i];
    }
}

int psn_square_fill(float *a, int64_t n, int upper, psn_square_sum *sum,
                    const void *context, psn_pool *pool, persona_task *task,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t blocks = (n + SQUARE_COLUMNS - 1) / SQUARE_COLUMNS;
    square_fill fill = {a, n, 0, upper, sum, context, NULL};
    size_t cells;
    if (!psn_size_mul((size_t)psn_pool_workers(pool), (size_t)n, &cells))
        cells = SIZE_MAX;
    PSN_NEED(fill.sums = psn_alloc(cells, sizeof *fill.sums));
    for (; fill.first < blocks; fill.first += SQUARE_ROUND) {
        const int64_t rest = blocks - fill.first;
        PSN_TRY(psn_task_check(task, (double)fill.first / (double)blocks, error));
        psn_pool_run(pool, rest < SQUARE_ROUND ? rest : SQUARE_ROUND, square_fill_block,
                     &fill);
    }
done:
    psn_release(fill.sums);
    return rc;
}

/* ---- solving ---- */

/* Of |a|, whose upper triangle is given: a bound of the largest eigenvalue. */
static int square_row_sum(const float *a, int64_t n, double *largest,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    double *sums = psn_alloc_zero((size_t)n, sizeof *sums);
    PSN_NEED(sums);
    for (int64_t j = 0; j < n; j++) {
        const float *column = a + j * n;
        double sum = 0.0;
        for (int64_t i = 0; i < j; i++) {
            sums[i] += fabs((double)column[i]);
            sum += fabs((double)column[i]);
        }
        sums[j] += sum + fabs((double)column[j]);
    }
    *largest = 0.0;
    for (int64_t i = 0; i < n; i++) *largest = fmax(*largest, sums[i]);
done:
    psn_release(sums);
    return rc;
}

int psn_square_factor(float *a, int64_t n, double regularization, persona_error *error)
{
    int rc;
    double largest = 0.0;
    PSN_TRY(square_row_sum(a, n, &largest, error));
    if (!(regularization * 0x1p18 >= largest) || !(regularization > 0.0))
        PSN_FAIL(error, PERSONA_EOPTION,
                 "regularization is too small for %lld items: it must be at least %g",
                 (long long)n, largest * 0x1p-18);
    for (int64_t j = 0; j < n; j++)
        a[j * n + j] = (float)((double)a[j * n + j] + regularization);
    rc = psn_lapack_cholesky32(a, n, error);
done:
    return rc;
}

/* ---- turning ---- */

/* Tiles keep both sides of the diagonal in the cache. */
static void square_turn(float *a, int64_t n, int swap)
{
    for (int64_t left = 0; left < n; left += SQUARE_TILE) {
        const int64_t right = left + SQUARE_TILE < n ? left + SQUARE_TILE : n;
        for (int64_t top = 0; top < right; top += SQUARE_TILE) {
            for (int64_t j = left; j < right; j++) {
                const int64_t bottom = top + SQUARE_TILE < j ? top + SQUARE_TILE : j;
                for (int64_t i = top; i < bottom; i++) {
                    const float lower = a[i * n + j];
                    a[i * n + j] = a[j * n + i];
                    if (swap) a[j * n + i] = lower;
                }
            }
        }
    }
}

void psn_square_mirror(float *a, int64_t n)
{
    square_turn(a, n, 0);
}

void psn_square_transpose(float *a, int64_t n)
{
    square_turn(a, n, 1);
}
