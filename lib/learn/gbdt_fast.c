/* gbdt_fast.c: prediction from the tables of gbdt_fast_build.c.
 *
 * A row's values become codes by a search without branches (28 columns: 80 ns), a code
 * names a line of every block of trees, and the lines of all columns ANDed leave the leaf
 * of every tree as the lowest bit. Leaves are added in order of trees, one at a time, in
 * double, as walking the nodes would. Nothing depends on what the branches were, so the
 * time of a row is always the same. In batches the loop over blocks goes outside that
 * over rows: the lines of a block stay in the first-level cache. */
#include "learn/gbdt_fast.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/kernel.h"

PSN_INLINE uint32_t fast_search(const double *edges, double x, int32_t steps)
{
    uint64_t code = 0;
    for (int32_t s = steps; s-- > 0;) {
        code |= (uint64_t)(edges[code + ((uint64_t)1 << s) - 1] < x) << s;
    }
    return (uint32_t)code;
}

PSN_INLINE uint32_t fast_category_code(const psn_gbdt_feature *feature,
                                       const fast_column *column, double x)
{
    const int32_t group = psn_gbdt_group(feature, x);
    const int known = group >= 0 && group < column->groups;
    return (uint32_t)(column->code_at + (known ? group : column->missing));
}

PSN_INLINE int32_t fast_lowest(const uint8_t *left, int32_t lane, int32_t lane_bits)
{
    uint64_t word = 0;
    uint32_t half;
    if (lane_bits == 32) {
        memcpy(&half, left + (size_t)lane * 4, sizeof half);
        return __builtin_ctz(half);
    }
    memcpy(&word, left + (size_t)lane * 8, sizeof word);
    return __builtin_ctzll(word);
}

/* lines of `rows` rows one after another */
PSN_INLINE void fast_add_rows(double *sums, const uint8_t *left, const double *leaves,
                              int32_t trees, int32_t rows, int32_t lane_bits)
{
    double sum[4];
    for (int32_t r = 0; r < rows; r++) sum[r] = sums[r];
    for (int32_t t = 0; t < trees; t++) {
        for (int32_t r = 0; r < rows; r++) {
            sum[r] +=
                leaves[t * lane_bits + fast_lowest(left + r * FAST_LINE, t, lane_bits)];
        }
    }
    for (int32_t r = 0; r < rows; r++) sums[r] = sum[r];
}

#define PSN_TEMPLATE "learn/gbdt_fast_kernel.inc"
#include "math/kernel_levels.h"

typedef void fast_one_kernel(uint8_t *, const psn_gbdt_fast *, const uint16_t **,
                             const double *);
typedef void fast_rows_kernel(uint8_t *, const psn_gbdt_fast *, int32_t, const uint32_t *,
                              int32_t);
typedef void fast_codes_kernel(uint32_t *, const psn_gbdt_fast *, const double *, int64_t,
                               int32_t);
typedef void fast_add_kernel(double *, const uint8_t *, const double *, int32_t, int32_t,
                             int32_t);
static fast_one_kernel *const fast_ones[] = PSN_KERNEL_TABLE(fast_one);
static fast_rows_kernel *const fast_some[] = PSN_KERNEL_TABLE(fast_rows);
static fast_codes_kernel *const fast_codings[] = PSN_KERNEL_TABLE(fast_codes);
static fast_add_kernel *const fast_adds[] = PSN_KERNEL_TABLE(fast_add);

int psn_gbdt_fast_new(psn_gbdt_fast **out, const psn_gbdt *model, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_fast *fast = NULL;
    *out = NULL;
    PSN_NEED(fast = psn_alloc_zero(1, sizeof *fast));
    fast->model = model;
    PSN_TRY(psn_gbdt_fast_build(fast, error));
    *out = fast;
    fast = NULL;
done:
    psn_gbdt_fast_free(fast);
    return rc;
}

void psn_gbdt_fast_free(psn_gbdt_fast *fast)
{
    if (fast == NULL) return;
    psn_release_aligned(fast->lines);
    void *const blocks[] = {fast->column,
                            fast->edges,
                            fast->by_code,
                            fast->by_block,
                            fast->block_line,
                            fast->block_first,
                            fast->block_column,
                            fast->tree_lane,
                            fast->tree_leaf,
                            fast->leaf_value,
                            fast};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) psn_release(blocks[i]);
}

static size_t fast_rounded(size_t bytes)
{
    return (bytes + FAST_LINE - 1) / FAST_LINE * FAST_LINE;
}

/* Scratch: of one row the lines left and places, of a batch lines left of FAST_ROWS rows
 * and their codes. */
size_t psn_gbdt_fast_scratch(const psn_gbdt_fast *fast)
{
    if (!fast->masks) return FAST_LINE;
    size_t one =
        (size_t)fast->blocks * FAST_LINE + (size_t)fast->columns * sizeof(uint16_t *);
    size_t batch = (size_t)FAST_ROWS * FAST_LINE +
                   (size_t)fast->columns * FAST_ROWS * sizeof(uint32_t);
    return fast_rounded(one > batch ? one : batch);
}

/* The leaf of a tree of any number of lanes. */
static int32_t fast_leaf(const psn_gbdt_fast *fast, const uint8_t *left, int32_t t)
{
    const int32_t first = fast->tree_lane[t], end = fast->tree_lane[t + 1];
    for (int32_t lane = first; lane < end; lane++) {
        uint64_t word;
        memcpy(&word, left + (size_t)lane * 8, sizeof word);
        if (word != 0) return (lane - first) * 64 + __builtin_ctzll(word);
    }
    return 0;
}

static void fast_add_all(const psn_gbdt_fast *fast, const uint8_t *left, double *out)
{
    const int32_t trees = fast->model->trees, outputs = fast->model->outputs;
    for (int32_t t = 0, k = 0; t < trees; t++, k = k + 1 == outputs ? 0 : k + 1) {
        int32_t leaf = fast->single ? fast_lowest(left, t, fast->lane_bits)
                                    : fast_leaf(fast, left, t);
        out[k] += fast->leaf_value[fast->tree_leaf[t] + leaf];
    }
}

void psn_gbdt_fast_one(const psn_gbdt_fast *fast, const double *row, void *scratch,
                       double *out)
{
    const psn_gbdt *model = fast->model;
    if (!fast->masks) {
        psn_gbdt_walk(model, row, out);
        return;
    }
    const int level = psn_simd_level();
    uint8_t *left = scratch;
    const uint16_t **place =
        (const uint16_t **)(void *)(left + (size_t)fast->blocks * FAST_LINE);
    fast_ones[level](left, fast, place, row);
    for (int32_t k = 0; k < model->outputs; k++) out[k] = model->base[k];
    if (model->outputs == 1 && fast->single) {
        fast_adds[level](out, left, fast->leaf_value, model->trees, 1, fast->lane_bits);
    } else {
        fast_add_all(fast, left, out);
    }
}

/* ---- many rows */

/* The trees of one block for one row of a model with many outputs. */
static void fast_add_block(const psn_gbdt_fast *fast, const uint8_t *left, int32_t first,
                           int32_t end, double *out)
{
    const int32_t outputs = fast->model->outputs;
    int32_t k = first % outputs;
    for (int32_t t = first; t < end; t++, k = k + 1 == outputs ? 0 : k + 1) {
        int32_t leaf = fast_lowest(left, t - first, fast->lane_bits);
        out[k] += fast->leaf_value[fast->tree_leaf[t] + leaf];
    }
}

static void fast_some_rows(const psn_gbdt_fast *fast, const double *rows, int32_t count,
                           int64_t stride, uint8_t *scratch, double *out)
{
    const psn_gbdt *model = fast->model;
    const int32_t outputs = model->outputs;
    const int level = psn_simd_level();
    uint8_t *left = scratch;
    uint32_t *codes = (uint32_t *)(void *)(scratch + FAST_ROWS * FAST_LINE);
    fast_codings[level](codes, fast, rows, stride, count);
    for (int32_t i = 0; i < count * outputs; i++) out[i] = model->base[i % outputs];
    for (int32_t b = 0; b < fast->blocks; b++) {
        const int32_t first = b * fast->line_lanes;
        int32_t end = first + fast->line_lanes;
        if (end > model->trees) end = model->trees;
        fast_some[level](left, fast, b, codes, count);
        if (outputs == 1) {
            fast_adds[level](out, left, fast->leaf_value + fast->tree_leaf[first],
                             end - first, count, fast->lane_bits);
            continue;
        }
        for (int32_t r = 0; r < count; r++) {
            fast_add_block(fast, left + (size_t)r * FAST_LINE, first, end,
                           out + (size_t)r * (size_t)outputs);
        }
    }
}

void psn_gbdt_fast_batch(const psn_gbdt_fast *fast, const double *rows, int64_t count,
                         int64_t stride, void *scratch, double *out)
{
    const int64_t outputs = fast->model->outputs;
    if (!fast->masks || !fast->single) {
        for (int64_t i = 0; i < count; i++) {
            psn_gbdt_fast_one(fast, rows + i * stride, scratch, out + i * outputs);
        }
        return;
    }
    for (int64_t i = 0; i < count; i += FAST_ROWS) {
        int32_t some = count - i < FAST_ROWS ? (int32_t)(count - i) : FAST_ROWS;
        fast_some_rows(fast, rows + i * stride, some, stride, scratch, out + i * outputs);
    }
}

/* ---- with threads */

enum { PREDICT_BLOCK = 1024 };

typedef struct predict_work {
    const psn_gbdt_fast *fast;
    const psn_rows *rows;
    double *out, *space; /* PREDICT_BLOCK rows a worker where rows are read on demand */
    uint8_t *scratch;
    size_t scratch_bytes;
} predict_work;

static void predict_block(void *context, int64_t block, int worker)
{
    const predict_work *work = context;
    const psn_rows *rows = work->rows;
    int64_t first = block * PREDICT_BLOCK, count = rows->rows - first;
    if (count > PREDICT_BLOCK) count = PREDICT_BLOCK;
    const double *from = rows->dense;
    if (from != NULL) {
        from += first * rows->dims;
    } else {
        double *space = work->space + (int64_t)worker * PREDICT_BLOCK * rows->dims;
        rows->read(rows->context, first, count, space);
        from = space;
    }
    psn_gbdt_fast_batch(work->fast, from, count, rows->dims,
                        work->scratch + (size_t)worker * work->scratch_bytes,
                        work->out + first * work->fast->model->outputs);
}

int psn_gbdt_predict(const psn_gbdt *model, const psn_rows *rows, double *out,
                     psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_fast *fast = NULL;
    const size_t workers = (size_t)psn_pool_workers(pool);
    predict_work work = {.rows = rows, .out = out};
    if (rows->dims != model->features) {
        PSN_FAIL(error, PERSONA_EARG, "rows of %d values; the model has %d features",
                 rows->dims, model->features);
    }
    PSN_TRY(psn_gbdt_fast_new(&fast, model, error));
    work.fast = fast;
    work.scratch_bytes = psn_gbdt_fast_scratch(fast);
    PSN_NEED(work.scratch = psn_alloc_aligned(workers, work.scratch_bytes));
    if (rows->dense == NULL) {
        PSN_NEED(work.space = psn_alloc(workers * PREDICT_BLOCK * (size_t)rows->dims,
                                        sizeof *work.space));
    }
    psn_pool_run(pool, (rows->rows + PREDICT_BLOCK - 1) / PREDICT_BLOCK, predict_block,
                 &work);
    PSN_TRY(psn_task_check(task, 1.0, error));
done:
    psn_release_aligned(work.scratch);
    psn_release(work.space);
    psn_gbdt_fast_free(fast);
    return rc;
}
