/* sparse.c: a sparse matrix by rows.
 *
 * Transposing is a counting sort by column: count, add up, place. It is stable, so
 * transposing twice sorts the columns of every row and keeps the order of equal ones:
 * that is how sequences become sets, in O(rows + columns + entries) and without a
 * comparison. */
#include "math/sparse.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/keep.h"

int psn_sparse_new(psn_sparse **out, int64_t rows, int32_t columns, int64_t entries,
                   int with_values, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *matrix = NULL;
    *out = NULL;
    if (rows < 0 || columns < 0 || entries < 0)
        PSN_FAIL(error, PERSONA_EARG, "sizes of a sparse matrix must not be negative");
    PSN_NEED(matrix = psn_alloc_zero(1, sizeof *matrix));
    matrix->rows = rows;
    matrix->columns = columns;
    PSN_NEED(matrix->start = psn_alloc_zero((size_t)rows + 1, sizeof *matrix->start));
    PSN_NEED(matrix->column = psn_alloc((size_t)entries, sizeof *matrix->column));
    if (with_values)
        PSN_NEED(matrix->value = psn_alloc((size_t)entries, sizeof *matrix->value));
    *out = matrix;
    matrix = NULL;
done:
    psn_sparse_free(matrix);
    return rc;
}

void psn_sparse_free(psn_sparse *matrix)
{
    if (matrix == NULL) return;
    psn_release(matrix->start);
    psn_release(matrix->column);
    psn_release(matrix->value);
    psn_release(matrix);
}

int psn_sparse_need_values(psn_sparse *matrix, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t entries = matrix->start[matrix->rows];
    if (matrix->value != NULL) return PERSONA_OK;
    PSN_NEED(matrix->value = psn_alloc((size_t)entries, sizeof *matrix->value));
    for (int64_t i = 0; i < entries; i++) matrix->value[i] = 1.0F;
done:
    return rc;
}

/* start[c] = where row c of the transpose begins; afterwards placing moves each to where
 * it ends, which is where the next begins: so they are kept one place ahead. */
static void sparse_count_columns(int64_t *start, const psn_sparse *matrix)
{
    const int64_t entries = matrix->start[matrix->rows];
    for (int64_t i = 0; i < entries; i++) start[matrix->column[i] + 1]++;
    int64_t sum = 0;
    for (int32_t c = 0; c < matrix->columns; c++) {
        const int64_t count = start[c + 1];
        start[c + 1] = sum;
        sum += count;
    }
}

int psn_sparse_transpose(psn_sparse **out, const psn_sparse *matrix, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *t = NULL;
    *out = NULL;
    if (matrix->rows > INT32_MAX)
        PSN_FAIL(error, PERSONA_ELIMIT, "more than 2^31 - 1 rows to transpose");
    PSN_TRY(psn_sparse_new(&t, matrix->columns, (int32_t)matrix->rows,
                           matrix->start[matrix->rows], matrix->value != NULL, error));
    sparse_count_columns(t->start, matrix);
    for (int64_t r = 0; r < matrix->rows; r++) {
        for (int64_t i = matrix->start[r]; i < matrix->start[r + 1]; i++) {
            const int64_t place = t->start[matrix->column[i] + 1]++;
            t->column[place] = (int32_t)r;
            if (t->value != NULL) t->value[place] = matrix->value[i];
        }
    }
    *out = t;
done:
    return rc;
}

/* What is behind the last entry goes back; a refusal leaves it. */
static void sparse_shrink(psn_sparse *matrix)
{
    const size_t entries = (size_t)matrix->start[matrix->rows];
    void *block = psn_resize(matrix->column, entries, sizeof *matrix->column);
    if (block != NULL) matrix->column = block;
    if (matrix->value == NULL) return;
    block = psn_resize(matrix->value, entries, sizeof *matrix->value);
    if (block != NULL) matrix->value = block;
}

static void sparse_merge_equal(psn_sparse *matrix, int largest)
{
    int64_t out = 0, from = 0;
    float *value = matrix->value;
    for (int64_t r = 0; r < matrix->rows; r++) {
        const int64_t first = out, end = matrix->start[r + 1];
        for (int64_t i = from; i < end; i++) {
            if (out > first && matrix->column[out - 1] == matrix->column[i]) {
                if (value == NULL) continue;
                const float before = value[out - 1];
                value[out - 1] = largest ? fmaxf(before, value[i]) : before + value[i];
                continue;
            }
            matrix->column[out] = matrix->column[i];
            if (value != NULL) value[out] = value[i];
            out++;
        }
        from = end;
        matrix->start[r + 1] = out;
    }
    sparse_shrink(matrix);
}

int psn_sparse_collapse(psn_sparse **out, const psn_sparse *sequences, int largest,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *across = NULL, *sets = NULL;
    *out = NULL;
    PSN_TRY(psn_sparse_transpose(&across, sequences, error));
    PSN_TRY(psn_sparse_transpose(&sets, across, error));
    if (!largest) PSN_TRY(psn_sparse_need_values(sets, error)); /* counts */
    sparse_merge_equal(sets, largest);
    *out = sets;
    sets = NULL;
done:
    psn_sparse_free(across);
    psn_sparse_free(sets);
    return rc;
}

/* ---- the largest of each row */

typedef struct sparse_cut {
    int32_t keep;
    int absolute;
    int spread;        /* of equal entries not the first but every so many-th */
    float *scores;     /* of the longest row */
    uint32_t *scratch; /* as many */
} sparse_cut;

static void sparse_cut_close(sparse_cut *cut)
{
    psn_release(cut->scores);
    psn_release(cut->scratch);
}

static int sparse_cut_open(sparse_cut *cut, int64_t longest, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(cut->scores = psn_alloc((size_t)longest, sizeof *cut->scores));
    PSN_NEED(cut->scratch = psn_alloc((size_t)longest, sizeof *cut->scratch));
done:
    return rc;
}

static int64_t sparse_longest(const psn_sparse *matrix)
{
    int64_t longest = 0;
    for (int64_t r = 0; r < matrix->rows; r++) {
        const int64_t length = matrix->start[r + 1] - matrix->start[r];
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void sparse_move(psn_sparse *matrix, int64_t to, int64_t from)
{
    matrix->column[to] = matrix->column[from];
    if (matrix->value != NULL) matrix->value[to] = matrix->value[from];
}

/* Of `of` equal entries `stay` do: is number n among them? */
static int sparse_tie_stays(int64_t n, int64_t stay, int64_t of, int spread)
{
    return spread ? (n + 1) * stay / of > n * stay / of : n < stay;
}

/* The entries of one row that stay move to `out`; returns where they end. */
static int64_t sparse_keep_row(psn_sparse *matrix, int64_t from, int64_t end, int64_t out,
                               const sparse_cut *cut)
{
    const int64_t count = end - from;
    int64_t stay, equal = 0, n = 0;
    if (cut->keep == 0) return out;
    for (int64_t i = 0; i < count; i++) {
        const float value = matrix->value == NULL ? 1.0F : matrix->value[from + i];
        cut->scores[i] = cut->absolute ? fabsf(value) : value;
    }
    if (count <= cut->keep) {
        for (int64_t i = from; i < end; i++) sparse_move(matrix, out++, i);
        return out;
    }
    const float threshold =
        psn_keep_threshold(cut->scores, count, cut->keep, cut->scratch, &stay);
    for (int64_t i = 0; i < count; i++) equal += cut->scores[i] == threshold;
    for (int64_t i = 0; i < count; i++) {
        const float score = cut->scores[i];
        if (score < threshold) continue;
        if (score == threshold && !sparse_tie_stays(n++, stay, equal, cut->spread))
            continue;
        sparse_move(matrix, out++, from + i);
    }
    return out;
}

static void sparse_keep_rows(psn_sparse *matrix, const sparse_cut *cut)
{
    int64_t from = 0;
    for (int64_t r = 0; r < matrix->rows; r++) {
        const int64_t end = matrix->start[r + 1];
        matrix->start[r + 1] = sparse_keep_row(matrix, from, end, matrix->start[r], cut);
        from = end;
    }
    sparse_shrink(matrix);
}

int psn_sparse_keep(psn_sparse *matrix, int32_t keep, int absolute, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t longest = sparse_longest(matrix);
    sparse_cut cut = {.keep = keep, .absolute = absolute};
    if (keep < 0) PSN_FAIL(error, PERSONA_EARG, "keep must be 0 or more");
    if (longest <= keep) goto done;
    PSN_TRY(sparse_cut_open(&cut, longest, error));
    sparse_keep_rows(matrix, &cut);
done:
    sparse_cut_close(&cut);
    return rc;
}

static int sparse_copy(psn_sparse **out, const psn_sparse *matrix, persona_error *error)
{
    const size_t entries = (size_t)matrix->start[matrix->rows];
    const int rc =
        psn_sparse_new(out, matrix->rows, matrix->columns, matrix->start[matrix->rows],
                       matrix->value != NULL, error);
    if (rc != PERSONA_OK) return rc;
    memcpy((*out)->start, matrix->start, ((size_t)matrix->rows + 1) * sizeof(int64_t));
    memcpy((*out)->column, matrix->column, entries * sizeof(int32_t));
    if (matrix->value != NULL)
        memcpy((*out)->value, matrix->value, entries * sizeof(float));
    return PERSONA_OK;
}

int psn_sparse_shorten(psn_sparse **out, const psn_sparse *matrix, int32_t longest,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t most = sparse_longest(matrix);
    sparse_cut cut = {.keep = longest, .spread = 1};
    psn_sparse *made = NULL;
    *out = NULL;
    if (longest < 1) PSN_FAIL(error, PERSONA_EARG, "longest must be 1 or more");
    if (most <= longest) goto done;
    PSN_TRY(sparse_cut_open(&cut, most, error));
    PSN_TRY(sparse_copy(&made, matrix, error));
    sparse_keep_rows(made, &cut);
    *out = made;
done:
    sparse_cut_close(&cut);
    return rc;
}

void psn_sparse_sums(const psn_sparse *matrix, double *row_sums, double *column_sums)
{
    for (int64_t r = 0; row_sums != NULL && r < matrix->rows; r++) row_sums[r] = 0;
    for (int32_t c = 0; column_sums != NULL && c < matrix->columns; c++)
        column_sums[c] = 0;
    for (int64_t r = 0; r < matrix->rows; r++) {
        for (int64_t i = matrix->start[r]; i < matrix->start[r + 1]; i++) {
            const double value = matrix->value == NULL ? 1 : (double)matrix->value[i];
            if (row_sums != NULL) row_sums[r] += value;
            if (column_sums != NULL) column_sums[matrix->column[i]] += value;
        }
    }
}

/* ---- what a file holds */

static int sparse_row_is_sound(const psn_sparse *matrix, int64_t row, int sequence)
{
    int32_t before = -1;
    for (int64_t i = matrix->start[row]; i < matrix->start[row + 1]; i++) {
        const int32_t column = matrix->column[i];
        if (column < 0 || column >= matrix->columns) return 0;
        if (!sequence && column <= before) return 0;
        if (matrix->value != NULL && !isfinite(matrix->value[i])) return 0;
        before = column;
    }
    return 1;
}

int psn_sparse_check(const psn_sparse *matrix, int sequence, persona_error *error)
{
    if (matrix->start[0] != 0)
        return psn_fail(error, PERSONA_EFORMAT, "sparse matrix: does not start at 0");
    for (int64_t r = 0; r < matrix->rows; r++) { /* all, before any entry is read */
        if (matrix->start[r + 1] < matrix->start[r])
            return psn_fail_at(error, PERSONA_EFORMAT, r,
                               "sparse matrix: a row ends before it starts");
    }
    for (int64_t r = 0; r < matrix->rows; r++) {
        if (!sparse_row_is_sound(matrix, r, sequence))
            return psn_fail_at(error, PERSONA_EFORMAT, r,
                               "sparse matrix: a row has an impossible column or value");
    }
    return PERSONA_OK;
}
