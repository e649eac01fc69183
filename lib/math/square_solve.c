/* square_solve.c: A X = B for as many right sides as there are items.
 *
 * With the factor of A a dense B takes 2 n^3 operations. What follows what is mostly
 * zeros in a large catalogue: then the inverse of A is made, 2/3 n^3, and each column of
 * X is the sum of its columns where B is not 0, n for each of those. That sum runs at
 * about an eighth of the speed of LAPACK, so it pays up to a share of 1/16. */
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/lapack.h"
#include "math/square.h"

enum { SOLVE_SHARE = 16, SOLVE_ROUND = 256 };

typedef struct solve_work {
    const float *inverse;
    float *b;
    int64_t n, first; /* column of this round */
    float *values;    /* n of each worker: a column of B */
} solve_work;

/* out += x a + y b: two columns at a time, so that `out` is read half as often. */
static void solve_add(float *restrict out, const float *restrict a, float x,
                      const float *restrict b, float y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) out[i] += x * a[i] + y * b[i];
}

static void solve_column(void *context, int64_t block, int worker)
{
    const solve_work *work = context;
    const int64_t n = work->n;
    float *out = work->b + (work->first + block) * n;
    float *values = work->values + (int64_t)worker * n;
    int64_t waiting = -1;
    memcpy(values, out, (size_t)n * sizeof *values);
    memset(out, 0, (size_t)n * sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        if (values[i] == 0.0f) continue;
        if (waiting >= 0)
            solve_add(out, work->inverse + waiting * n, values[waiting],
                      work->inverse + i * n, values[i], n);
        waiting = waiting >= 0 ? -1 : i;
    }
    if (waiting >= 0)
        solve_add(out, work->inverse + waiting * n, values[waiting], work->inverse, 0.0f,
                  n);
}

static int solve_few(float *a, float *b, int64_t n, psn_pool *pool, persona_task *task,
                     persona_error *error)
{
    int rc;
    size_t cells;
    solve_work work = {.inverse = a, .b = b, .n = n};
    PSN_TRY(psn_lapack_inverse32(a, n, error));
    psn_square_mirror(a, n);
    if (!psn_size_mul((size_t)psn_pool_workers(pool), (size_t)n, &cells))
        cells = SIZE_MAX;
    PSN_NEED(work.values = psn_alloc(cells, sizeof *work.values));
    for (; work.first < n; work.first += SOLVE_ROUND) {
        const int64_t rest = n - work.first;
        PSN_TRY(psn_task_check(task, 0.7 + 0.3 * (double)work.first / (double)n, error));
        psn_pool_run(pool, rest < SOLVE_ROUND ? rest : SOLVE_ROUND, solve_column, &work);
    }
done:
    psn_release(work.values);
    return rc;
}

int psn_square_solve(float *a, float *b, int64_t n, double regularization, psn_pool *pool,
                     persona_task *task, persona_error *error)
{
    int rc;
    int64_t entries = 0;
    for (int64_t i = 0; i < n * n; i++) entries += b[i] != 0.0f;
    PSN_TRY(psn_square_factor(a, n, regularization, error));
    PSN_TRY(psn_task_check(task, 0.2, error));
    rc = entries <= n * n / SOLVE_SHARE ? solve_few(a, b, n, pool, task, error)
                                        : psn_lapack_solve32(a, n, b, n, error);
done:
    return rc;
}
