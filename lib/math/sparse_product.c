/* sparse_product.c: sparse matrices made row by row.
 *
 * Gustavson, "Two fast algorithms for sparse matrices", TOMS 1978: the lists of a row are
 * added into one dense array, then what was touched is collected. A bitmap of the touched
 * columns, with a byte for each 4096 of them, gives them in order, so nothing is sorted.
 * A row that touches most columns anyway has no use for the bitmap (its words would be
 * written again and again); there the whole array is read. Both give the same row.
 *
 * Rows are computed in blocks, and blocks in turns: after a turn its rows are appended to
 * the result and the task is asked. Every row is summed by one thread in the order of its
 * lists, so the result depends on neither threads nor processor. Cost: the entries added,
 * about 1 ns each, and a linear selection a row. */
#include "math/sparse_product.h"

#include <stddef.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/elementary.h"
#include "math/keep.h"

enum { PRODUCT_ROWS = 64, PRODUCT_TURN = 32 }; /* rows of a block, blocks of a turn */

struct psn_row_sum {
    float *sum;        /* all 0 between rows */
    uint64_t *touched; /* a bit for each column */
    uint8_t *region;   /* a byte for each 64 words */
    int32_t *columns;  /* of the row that is ready */
    float *values, *scores;
    uint32_t *scratch;
    int32_t width;
    int dense; /* this row does without the bitmap */
};

/* ---- one row */

void psn_row_sum_expect(psn_row_sum *sum, int64_t entries)
{
    sum->dense = entries >= sum->width;
}

static void product_mark(psn_row_sum *sum, int32_t column)
{
    sum->touched[column >> 6] |= (uint64_t)1 << (column & 63);
    sum->region[column >> 12] = 1;
}

void psn_row_sum_add(psn_row_sum *sum, const int32_t *columns, const float *values,
                     int64_t count, float scale)
{
    float *restrict s = sum->sum;
    for (int64_t i = 0; i < count && !sum->dense; i++) product_mark(sum, columns[i]);
    if (values == NULL) {
        for (int64_t i = 0; i < count; i++) s[columns[i]] += scale;
    } else {
        for (int64_t i = 0; i < count; i++) s[columns[i]] += scale * values[i];
    }
}

void psn_row_sum_product(psn_row_sum *sum, const psn_sparse *left,
                         const psn_sparse *right, int64_t row)
{
    const int64_t from = left->start[row], end = left->start[row + 1];
    int64_t entries = 0;
    for (int64_t i = from; i < end; i++) {
        const int64_t *start = right->start + left->column[i];
        entries += start[1] - start[0];
    }
    psn_row_sum_expect(sum, entries);
    for (int64_t i = from; i < end; i++) {
        const int64_t *start = right->start + left->column[i];
        psn_row_sum_add(sum, right->column + start[0],
                        right->value == NULL ? NULL : right->value + start[0],
                        start[1] - start[0], left->value == NULL ? 1.0F : left->value[i]);
    }
}

static int64_t product_collect_dense(psn_row_sum *sum)
{
    int64_t count = 0;
    for (int32_t c = 0; c < sum->width; c++) {
        const float value = sum->sum[c];
        sum->columns[count] = c;
        sum->values[count] = value;
        count += value != 0;
    }
    memset(sum->sum, 0, (size_t)sum->width * sizeof *sum->sum);
    return count;
}

static int64_t product_collect_word(psn_row_sum *sum, int64_t word, int64_t count)
{
    for (uint64_t bits = sum->touched[word]; bits != 0; bits &= bits - 1) {
        const int32_t c = (int32_t)(word * 64 + __builtin_ctzll(bits));
        const float value = sum->sum[c];
        sum->columns[count] = c;
        sum->values[count] = value;
        sum->sum[c] = 0;
        count += value != 0;
    }
    sum->touched[word] = 0;
    return count;
}

/* The row moves to columns and values; the sums are 0 again. */
static int64_t product_collect(psn_row_sum *sum)
{
    const int64_t words = ((int64_t)sum->width + 63) / 64;
    int64_t count = 0;
    if (sum->dense) return product_collect_dense(sum);
    for (int64_t first = 0; first < words; first += 64) {
        if (!sum->region[first / 64]) continue;
        sum->region[first / 64] = 0;
        const int64_t end = first + 64 < words ? first + 64 : words;
        for (int64_t w = first; w < end; w++) count = product_collect_word(sum, w, count);
    }
    return count;
}

/* Only what is above 0 and among the `keep` largest; returns how many. `values` get the
 * sums in the same places. */
static int64_t product_select(psn_row_sum *sum, int64_t count, int64_t keep)
{
    int64_t positive = 0, left = 0, ties = keep;
    float threshold = 0;
    for (int64_t i = 0; i < count; i++) {
        sum->columns[positive] = sum->columns[i];
        sum->values[positive] = sum->values[i];
        sum->scores[positive] = sum->scores[i];
        positive += sum->scores[i] > 0;
    }
    if (positive <= keep) return positive;
    threshold = psn_keep_threshold(sum->scores, positive, keep, sum->scratch, &ties);
    for (int64_t i = 0; i < positive; i++) {
        const float score = sum->scores[i];
        const int tie = score == threshold && ties > 0;
        sum->columns[left] = sum->columns[i];
        sum->values[left] = sum->values[i];
        sum->scores[left] = score;
        left += score > threshold || tie;
        ties -= tie;
    }
    return left;
}

/* ---- blocks of rows */

typedef struct product_block {
    int32_t *column;
    float *value, *sum;
    int64_t room, used;
    int64_t length[PRODUCT_ROWS];
    int failed;
} product_block;

typedef struct product_work {
    const psn_row_maker *maker;
    psn_row_sum *worker;
    int workers, with_sums;
    product_block block[PRODUCT_TURN];
    int64_t first; /* row of this turn */
    psn_sparse *out, *sums;
    int64_t room; /* entries of out */
} product_work;

static int product_grow(int32_t **column, float **value, float **sum, int64_t *room,
                        int64_t wanted)
{
    if (wanted <= *room && *column != NULL) return 1; /* room for none is a block too */
    const int64_t more = wanted > *room + *room / 2 ? wanted : *room + *room / 2;
    void *block = psn_resize(*column, (size_t)more, sizeof **column);
    if (block == NULL) return 0;
    *column = block;
    if ((block = psn_resize(*value, (size_t)more, sizeof **value)) == NULL) return 0;
    *value = block;
    if (sum != NULL) {
        if ((block = psn_resize(*sum, (size_t)more, sizeof **sum)) == NULL) return 0;
        *sum = block;
    }
    *room = more;
    return 1;
}

static int product_row(product_work *work, product_block *block, psn_row_sum *sum,
                       int64_t row)
{
    const psn_row_maker *maker = work->maker;
    sum->dense = 0;
    maker->add(maker->context, row, sum);
    int64_t count = product_collect(sum);
    memcpy(sum->scores, sum->values, (size_t)count * sizeof *sum->scores);
    if (maker->finish != NULL)
        maker->finish(maker->context, row, sum->columns, sum->scores, count);
    count = product_select(sum, count, maker->keep);
    block->length[row % PRODUCT_ROWS] = count;
    if (count == 0) return 1; /* memcpy takes no NULL */
    if (!product_grow(&block->column, &block->value, work->with_sums ? &block->sum : NULL,
                      &block->room, block->used + count))
        return 0;
    memcpy(block->column + block->used, sum->columns, (size_t)count * sizeof(int32_t));
    memcpy(block->value + block->used, sum->scores, (size_t)count * sizeof(float));
    if (work->with_sums)
        memcpy(block->sum + block->used, sum->values, (size_t)count * sizeof(float));
    block->used += count;
    return 1;
}

static void product_run_block(void *context, int64_t number, int worker)
{
    product_work *work = context;
    product_block *block = &work->block[number];
    const int64_t first = work->first + number * PRODUCT_ROWS;
    const int64_t rest = work->maker->rows - first;
    const int64_t rows = rest < PRODUCT_ROWS ? rest : PRODUCT_ROWS;
    block->used = 0;
    for (int64_t r = first; r < first + rows && !block->failed; r++)
        block->failed = !product_row(work, block, &work->worker[worker], r);
}

/* The blocks of a turn behind the rows that are there. */
static int product_append(product_work *work, int64_t blocks, persona_error *error)
{
    psn_sparse *out = work->out;
    for (int64_t b = 0; b < blocks; b++) {
        const product_block *block = &work->block[b];
        const int64_t first = work->first + b * PRODUCT_ROWS, at = out->start[first];
        float **sums = work->with_sums ? &work->sums->value : NULL;
        if (block->failed ||
            !product_grow(&out->column, &out->value, sums, &work->room, at + block->used))
            return psn_fail_memory(error);
        for (int64_t r = first; r < first + PRODUCT_ROWS && r < out->rows; r++)
            out->start[r + 1] = out->start[r] + block->length[r - first];
        if (block->used == 0) continue;
        memcpy(out->column + at, block->column, (size_t)block->used * sizeof(int32_t));
        memcpy(out->value + at, block->value, (size_t)block->used * sizeof(float));
        if (sums != NULL)
            memcpy(*sums + at, block->sum, (size_t)block->used * sizeof(float));
    }
    return PERSONA_OK;
}

static void product_close(product_work *work)
{
    for (int w = 0; work->worker != NULL && w < work->workers; w++) {
        psn_row_sum *sum = &work->worker[w];
        psn_release(sum->sum);
        psn_release(sum->touched);
        psn_release(sum->region);
        psn_release(sum->columns);
        psn_release(sum->values);
        psn_release(sum->scores);
        psn_release(sum->scratch);
    }
    psn_release(work->worker);
    for (int b = 0; b < PRODUCT_TURN; b++) {
        psn_release(work->block[b].column);
        psn_release(work->block[b].value);
        psn_release(work->block[b].sum);
    }
    psn_release(work);
}

static int product_open(product_work **out, const psn_row_maker *maker, int with_sums,
                        psn_pool *pool, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t width = (size_t)maker->columns;
    product_work *work;
    *out = NULL;
    PSN_NEED(*out = work = psn_alloc_zero(1, sizeof *work));
    work->maker = maker;
    work->with_sums = with_sums;
    work->workers = psn_pool_workers(pool);
    PSN_NEED(work->worker = psn_alloc_zero((size_t)work->workers, sizeof *work->worker));
    for (int w = 0; w < work->workers; w++) {
        psn_row_sum *sum = &work->worker[w];
        sum->width = maker->columns;
        PSN_NEED(sum->sum = psn_alloc_zero(width, sizeof *sum->sum));
        PSN_NEED(sum->touched = psn_alloc_zero(width / 64 + 1, sizeof *sum->touched));
        PSN_NEED(sum->region = psn_alloc_zero(width / 4096 + 1, sizeof *sum->region));
        /* one more: what is not collected is written too */
        PSN_NEED(sum->columns = psn_alloc(width + 1, sizeof *sum->columns));
        PSN_NEED(sum->values = psn_alloc(width + 1, sizeof *sum->values));
        PSN_NEED(sum->scores = psn_alloc(width + 1, sizeof *sum->scores));
        PSN_NEED(sum->scratch = psn_alloc(width + 1, sizeof *sum->scratch));
    }
done:
    return rc;
}

/* sums gets the shape of out. */
static int product_copy_shape(psn_sparse *sums, const psn_sparse *out,
                              persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t entries = (size_t)out->start[out->rows];
    psn_release(sums->column);
    PSN_NEED(sums->column = psn_copy(out->column, entries * sizeof *out->column));
    memcpy(sums->start, out->start, ((size_t)out->rows + 1) * sizeof *out->start);
done:
    return rc;
}

int psn_sparse_make_rows(psn_sparse **out, psn_sparse **sums, const psn_row_maker *maker,
                         psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = maker->rows, step = PRODUCT_ROWS * PRODUCT_TURN;
    product_work *work = NULL;
    psn_sparse *made = NULL, *before = NULL;
    *out = NULL;
    if (sums != NULL) *sums = NULL;
    PSN_TRY(product_open(&work, maker, sums != NULL, pool, error));
    PSN_TRY(psn_sparse_new(&made, rows, maker->columns, 0, 1, error));
    if (sums != NULL) PSN_TRY(psn_sparse_new(&before, rows, maker->columns, 0, 1, error));
    work->out = made;
    work->sums = before;
    for (; work->first < rows; work->first += step) {
        const int64_t left = (rows - work->first + PRODUCT_ROWS - 1) / PRODUCT_ROWS;
        const int64_t blocks = left < PRODUCT_TURN ? left : PRODUCT_TURN;
        PSN_TRY(psn_task_check(task, (double)work->first / (double)rows, error));
        psn_pool_run(pool, blocks, product_run_block, work);
        PSN_TRY(product_append(work, blocks, error));
    }
    if (sums != NULL) {
        PSN_TRY(product_copy_shape(before, made, error));
        *sums = before;
        before = NULL;
    }
    *out = made;
    made = NULL;
done:
    if (work != NULL) product_close(work);
    psn_sparse_free(made);
    psn_sparse_free(before);
    return rc;
}

double *psn_power_factors(const double *of, int64_t count, double least, double power)
{
    double *factor = psn_alloc((size_t)count, sizeof *factor);
    for (int64_t i = 0; i < count && factor != NULL; i++)
        factor[i] = psn_pow(of[i] > least ? of[i] : least, power);
    return factor;
}
