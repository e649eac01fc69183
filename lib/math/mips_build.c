/* mips_build.c: int8 copies of the rows, with what they are off by.
 *
 * Rows are ordered by norm, longest first: as |x q| <= |x| |q|, a search may end at the
 * first block whose longest row cannot reach the k-th best. Factors of real shops differ
 * widely in norm, and 5 % of the blocks are visited (check-ins of 41,000 places). Within
 * a block norms are then alike, so that one bound serves all its rows.
 *
 * Row = scale x code + error, scale = largest |x_j| / 127, kept as float; the error is
 * that of the float kept, so that no rounding escapes the bound. Cost: O(n d + n log n),
 * bytes n (d + 8) in all. */
#include "math/mips_index.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

enum { MIPS_MOST_DIMS = 32768, MIPS_ROW_SPAN = 127 };

/* A float not less than the value, which double sums have rounded. */
static float mips_up(double value)
{
    return (float)(value * (1 + 0x1p-20) + FLT_MIN);
}

double psn_mips_norm(const float *values, int32_t dims)
{
    double sum = 0;
    for (int32_t j = 0; j < dims; j++) sum += (double)values[j] * (double)values[j];
    return sqrt(sum);
}

mips_code psn_mips_encode(uint8_t *codes, int32_t next, int zero, const float *values,
                          int32_t dims, double unit, int32_t span)
{
    double most = 0, off = 0, held = 0;
    int32_t sum = 0;
    for (int32_t j = 0; j < dims; j++) {
        const double size = fabs((double)values[j]);
        most = size > most ? size : most;
    }
    const float step = (float)(most * unit / span);
    const double inverse = step > 0 ? unit / (double)step : 0;
    for (int32_t j = 0; j < dims; j++) {
        /* A step that is no normal float may be far too small. */
        const double ideal = (double)values[j] * inverse;
        const double size = fabs(ideal) < span ? fabs(ideal) : span;
        const int code = ideal < 0 ? -(int)(size + 0.5) : (int)(size + 0.5);
        const double kept = (double)step * code, lost = (double)values[j] * unit - kept;
        off += lost * lost;
        held += kept * kept;
        sum += code;
        codes[j / 4 * next + j % 4] = (uint8_t)(zero + code);
    }
    return (mips_code){step, sum, sqrt(off), sqrt(held)};
}

static double mips_larger(double a, double b)
{
    return a > b ? a : b;
}

/* Codes of one row into its place; *error and *norm grow to what it needs. */
static void mips_place(psn_mips *mips, const float *row, int64_t place, double *error,
                       double *norm)
{
    const double unit = ldexp(1.0, mips->power);
    uint8_t *codes = mips->codes + place / MIPS_BLOCK * MIPS_BLOCK * mips->groups * 4 +
                     place % MIPS_BLOCK * 4;
    const mips_code code =
        psn_mips_encode(codes, MIPS_BLOCK * 4, 128, row, mips->dims, unit, MIPS_ROW_SPAN);
    mips->scale[place] = code.step;
    *error = mips_larger(*error, code.error);
    *norm =
        mips_larger(*norm, mips_larger(code.held, psn_mips_norm(row, mips->dims) * unit));
}

static void mips_fill(psn_mips *mips)
{
    const size_t bytes = (size_t)mips->blocks * MIPS_BLOCK * (size_t)mips->groups * 4;
    if (bytes > 0) memset(mips->codes, 128, bytes);
    for (int64_t block = 0; block < mips->blocks; block++) {
        double error = 0, norm = 0;
        for (int64_t place = block * MIPS_BLOCK; place < (block + 1) * MIPS_BLOCK;
             place++) {
            mips->scale[place] = 0;
            if (place >= mips->count) continue;
            mips_place(mips, mips->rows + (int64_t)mips->order[place] * mips->dims, place,
                       &error, &norm);
        }
        mips->error[block] = mips_up(error);
        mips->norm[block] = mips_up(norm);
    }
}

/* Fills order and longest; an error if a row is not finite. */
static int mips_sort(psn_mips *mips, persona_error *error)
{
    int rc = PERSONA_OK;
    double *minus = psn_alloc((size_t)mips->count, sizeof *minus);
    int64_t *order = psn_alloc((size_t)mips->count, sizeof *order);
    PSN_NEED(minus);
    PSN_NEED(order);
    for (int64_t i = 0; i < mips->count; i++) {
        minus[i] = -psn_mips_norm(mips->rows + i * mips->dims, mips->dims);
        if (!isfinite(minus[i]))
            PSN_FAIL(error, PERSONA_EDATA, "rows to search must be finite");
    }
    psn_sort_order(order, minus, mips->count);
    for (int64_t i = 0; i < mips->count; i++) mips->order[i] = (int32_t)order[i];
    if (mips->count > 0) mips->longest = -minus[order[0]];
    if (mips->longest > 0) {
        frexp(mips->longest, &mips->power);
        mips->power = -mips->power;
    }
done:
    psn_release(minus);
    psn_release(order);
    return rc;
}

static int mips_reserve(psn_mips *mips, persona_error *error)
{
    const size_t places = (size_t)mips->blocks * MIPS_BLOCK;
    int rc = PERSONA_OK;
    mips->order = psn_alloc(places, sizeof *mips->order);
    PSN_NEED(mips->order);
    mips->scale = psn_alloc_aligned(places, sizeof *mips->scale);
    PSN_NEED(mips->scale);
    mips->error = psn_alloc((size_t)mips->blocks, sizeof *mips->error);
    PSN_NEED(mips->error);
    mips->norm = psn_alloc((size_t)mips->blocks, sizeof *mips->norm);
    PSN_NEED(mips->norm);
    mips->codes = psn_alloc_aligned(places, (size_t)mips->groups * 4);
    PSN_NEED(mips->codes);
done:
    return rc;
}

int psn_mips_new(psn_mips **out, const float *rows, int64_t count, int32_t dims,
                 persona_error *error)
{
    int rc = PERSONA_OK;
    psn_mips *mips = NULL;
    *out = NULL;
    if (count < 0 || count > INT32_MAX - MIPS_BLOCK)
        PSN_FAIL(error, PERSONA_EARG, "rows to search: 0 to 2147483583 are allowed");
    if (dims < 1 || dims > MIPS_MOST_DIMS)
        PSN_FAIL(error, PERSONA_EARG, "dimensions to search: 1 to 32768 are allowed");
    PSN_NEED(mips = psn_alloc_zero(1, sizeof *mips));
    mips->rows = rows;
    mips->count = count;
    mips->blocks = (count + MIPS_BLOCK - 1) / MIPS_BLOCK;
    mips->dims = dims;
    mips->groups = (dims + 3) / 4;
    PSN_TRY(mips_reserve(mips, error));
    PSN_TRY(mips_sort(mips, error));
    mips_fill(mips);
    *out = mips;
    mips = NULL;
done:
    psn_mips_free(mips);
    return rc;
}

void psn_mips_free(psn_mips *mips)
{
    if (mips == NULL) return;
    psn_release(mips->order);
    psn_release_aligned(mips->scale);
    psn_release(mips->error);
    psn_release(mips->norm);
    psn_release_aligned(mips->codes);
    psn_release(mips);
}
