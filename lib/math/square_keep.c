/* square_keep.c: a dense matrix cut down to the largest entries of each row, O(n) a row,
 * without a sort. */
#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/keep.h"
#include "math/square.h"

typedef struct square_keep {
    const float *a, *scale;
    int64_t n, room; /* entries a row may take */
    int no_diagonal;
    const int32_t *original;
    int32_t *column; /* room of each column of a */
    float *value;
    int64_t *count;      /* of entries kept, -1: the row is not finite */
    float *rows, *sizes; /* n of each worker */
    uint32_t *scratch;
} square_keep;

static int keep_finite(const float *row, int64_t n)
{
    int finite = 1;
    for (int64_t i = 0; i < n; i++) finite &= isfinite(row[i]) != 0;
    return finite;
}

/* Columns ascend: of equal magnitudes the first stay. */
static int64_t keep_write(const square_keep *work, const float *row, float *size,
                          uint32_t *scratch, int64_t at)
{
    int64_t ties, count = 0;
    if (!keep_finite(row, work->n)) return -1;
    for (int64_t i = 0; i < work->n; i++) size[i] = fabsf(row[i]);
    const float least = psn_keep_threshold(size, work->n, work->room, scratch, &ties);
    for (int64_t i = 0; i < work->n; i++) {
        if (size[i] < least || size[i] == 0.0f) continue;
        if (size[i] == least && ties-- <= 0) continue;
        work->column[at + count] = work->original[i];
        work->value[at + count] = row[i];
        count++;
    }
    return count;
}

static void keep_block(void *context, int64_t block, int worker)
{
    const square_keep *work = context;
    const int64_t n = work->n;
    const float *from = work->a + block * n;
    float *row = work->rows + (int64_t)worker * n;
    for (int64_t i = 0; i < n; i++)
        row[i] = work->scale != NULL ? from[i] * work->scale[i] : from[i];
    if (work->no_diagonal) row[block] = 0.0f;
    work->count[block] =
        keep_write(work, row, work->sizes + (int64_t)worker * n,
                   work->scratch + (int64_t)worker * n, block * work->room);
}

/* The rows moved together, in `out` itself. */
static void keep_close(psn_sparse *out, const square_keep *work)
{
    int64_t next = 0, end = 0;
    for (int64_t row = 0; row < out->rows; row++) {
        out->start[row] = end;
        if (next == work->n || work->original[next] != row) continue;
        const size_t count = (size_t)work->count[next];
        memmove(out->column + end, out->column + next * work->room,
                count * sizeof *out->column);
        memmove(out->value + end, out->value + next * work->room,
                count * sizeof *out->value);
        end += (int64_t)count;
        next++;
    }
    out->start[out->rows] = end;
}

int psn_square_keep(psn_sparse **out, const float *a, int64_t n, const float *scale,
                    int no_diagonal, int32_t keep, const int32_t *original, int32_t items,
                    psn_pool *pool, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *result = NULL;
    square_keep work = {.a = a,
                        .scale = scale,
                        .n = n,
                        .room = keep <= 0 || keep > n ? n : keep,
                        .no_diagonal = no_diagonal,
                        .original = original};
    size_t cells;
    if (!psn_size_mul((size_t)psn_pool_workers(pool), (size_t)n, &cells))
        cells = SIZE_MAX;
    PSN_TRY(psn_sparse_new(&result, items, items, n * work.room, 1, error));
    work.column = result->column;
    work.value = result->value;
    PSN_NEED(work.count = psn_alloc((size_t)n, sizeof *work.count));
    PSN_NEED(work.rows = psn_alloc(cells, sizeof *work.rows));
    PSN_NEED(work.sizes = psn_alloc(cells, sizeof *work.sizes));
    PSN_NEED(work.scratch = psn_alloc(cells, sizeof *work.scratch));
    psn_pool_run(pool, n, keep_block, &work);
    for (int64_t c = 0; c < n; c++) {
        if (work.count[c] < 0)
            PSN_FAIL(error, PERSONA_ENUMERIC,
                     "the weights of items are not finite: raise regularization");
    }
    keep_close(result, &work);
    *out = result;
    result = NULL;
done:
    psn_release(work.count);
    psn_release(work.rows);
    psn_release(work.sizes);
    psn_release(work.scratch);
    psn_sparse_free(result);
    return rc;
}
