/* sparse.c: a sparse matrix by rows.
 *
 * Transposing is a counting sort by column: count, add up, place. It is stable, so
 * transposing twice sorts the columns of every row and keeps the order of equal ones:
 * that is how sequences become sets, in O(rows + columns + entries) and without a
 * comparison. */
#include "math/sparse.h"

#include <math.h>
#include <stddef.h>
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
    if (sets->value == NULL && !largest) { /* counts */
        const int64_t entries = sets->start[sets->rows];
        PSN_NEED(sets->value = psn_alloc((size_t)entries, sizeof *sets->value));
        for (int64_t i = 0; i < entries; i++) sets->value[i] = 1.0F;
    }
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
    float *scores;     /* of the longest row */
    uint32_t *scratch; /* as many */
} sparse_cut;

/* The entries of one row that stay move to `out`; returns where they end. */
static int64_t sparse_keep_row(psn_sparse *matrix, int64_t from, int64_t end, int64_t out,
                               const sparse_cut *cut)
{
    const int64_t count = end - from, keep = cut->keep;
    int64_t ties = keep;
    float threshold = 0; /* of all when there is nothing to leave out */
    const float *value = matrix->value == NULL ? NULL : matrix->value + from;
    for (int64_t i = 0; i < count; i++)
        cut->scores[i] = value == NULL   ? 1.0F
                         : cut->absolute ? fabsf(value[i])
                                         : value[i];
    if (count > keep && keep > 0)
        threshold = psn_keep_threshold(cut->scores, count, keep, cut->scratch, &ties);
    for (int64_t i = 0; i < count && keep > 0; i++) {
        const float score = cut->scores[i];
        if (count > keep && score <= threshold && (score < threshold || ties-- <= 0))
            continue;
        matrix->column[out] = matrix->column[from + i];
        if (value != NULL) matrix->value[out] = value[i];
        out++;
    }
    return out;
}

int psn_sparse_keep(psn_sparse *matrix, int32_t keep, int absolute, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t longest = 0, from = 0;
    sparse_cut cut = {.keep = keep, .absolute = absolute};
    if (keep < 0) PSN_FAIL(error, PERSONA_EARG, "keep must be 0 or more");
    for (int64_t r = 0; r < matrix->rows; r++) {
        const int64_t length = matrix->start[r + 1] - matrix->start[r];
        longest = length > longest ? length : longest;
    }
    if (longest <= keep) goto done;
    PSN_NEED(cut.scores = psn_alloc((size_t)longest, sizeof *cut.scores));
    PSN_NEED(cut.scratch = psn_alloc((size_t)longest, sizeof *cut.scratch));
    for (int64_t r = 0; r < matrix->rows; r++) {
        const int64_t end = matrix->start[r + 1];
        matrix->start[r + 1] = sparse_keep_row(matrix, from, end, matrix->start[r], &cut);
        from = end;
    }
    sparse_shrink(matrix);
done:
    psn_release(cut.scores);
    psn_release(cut.scratch);
    return rc;
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
