/* square_keep.c: a dense matrix cut down to the largest entries of each row.
 *
 * Magnitudes of float32 order as their bits do. Three counting passes over a row, 11, 11
 * and 10 bits, find the bits of the keep-th largest one; all above it stay, and of those
 * equal to it the first columns. O(n) a row, without a sort. */
#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/square.h"

enum { KEEP_BUCKETS = 2048 };

typedef struct square_keep {
    const float *a, *scale;
    int64_t n, room; /* entries a row may take */
    int no_diagonal;
    const int32_t *original;
    int32_t *column; /* room of each column of a */
    float *value;
    int64_t *count; /* of entries kept, -1: the row is not finite */
    float *rows;    /* n of each worker */
} square_keep;

static uint32_t keep_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffffu;
}

/* The bits of the `keep`-th largest magnitude, and in *equal how many of that magnitude
 * are among the `keep` largest. */
static uint32_t keep_threshold(const float *row, int64_t n, int64_t keep, int64_t *equal)
{
    static const int shifts[] = {21, 10, 0}, widths[] = {11, 11, 10};
    uint32_t prefix = 0, mask = 0;
    for (int pass = 0; pass < 3; pass++) {
        int64_t counts[KEEP_BUCKETS] = {0};
        const uint32_t digit = (1u << widths[pass]) - 1u;
        for (int64_t i = 0; i < n; i++) {
            const uint32_t bits = keep_bits(row[i]);
            counts[bits >> shifts[pass] & digit] += (bits & mask) == prefix;
        }
        uint32_t bucket = digit;
        while (bucket > 0 && counts[bucket] < keep) keep -= counts[bucket--];
        prefix |= bucket << shifts[pass];
        mask |= digit << shifts[pass];
    }
    *equal = keep;
    return prefix;
}

static int keep_finite(const float *row, int64_t n)
{
    int finite = 1;
    for (int64_t i = 0; i < n; i++) finite &= isfinite(row[i]) != 0;
    return finite;
}

static int64_t keep_write(const square_keep *work, const float *row, int64_t at)
{
    int64_t equal, count = 0;
    if (!keep_finite(row, work->n)) return -1;
    const uint32_t least = keep_threshold(row, work->n, work->room, &equal);
    for (int64_t i = 0; i < work->n; i++) {
        const uint32_t bits = keep_bits(row[i]);
        if (bits < least || bits == 0 || (bits == least && equal-- <= 0)) continue;
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
    work->count[block] = keep_write(work, row, block * work->room);
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
    const size_t workers = (size_t)psn_pool_workers(pool);
    psn_sparse *result = NULL;
    square_keep work = {a,           scale,    n,    keep <= 0 || keep > n ? n : keep,
                        no_diagonal, original, NULL, NULL,
                        NULL,        NULL};
    PSN_TRY(psn_sparse_new(&result, items, items, n * work.room, 1, error));
    work.column = result->column;
    work.value = result->value;
    PSN_NEED(work.count = psn_alloc((size_t)n, sizeof *work.count));
    PSN_NEED(work.rows = psn_alloc(workers * (size_t)n, sizeof *work.rows));
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
    psn_sparse_free(result);
    return rc;
}
