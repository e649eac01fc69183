/* scale.c: raw numbers onto one scale.
 *
 * The parameters lie twice: by column, for 64 rows of one column, and in groups of eight
 * columns, for one row, where the lanes of a register are columns. Both inline the same
 * three steps, so a row and a table give the same bits. One row of 8 columns, all log1p,
 * costs about 15 ns under AVX-512. */
#include "math/scale.h"

#include "base/memory.h"
#include "math/elementary.h"
#include "math/elementary_inline.h"

enum { SCALE_EIGHT = 8, SCALE_AHEAD = 512 };

typedef struct scale_eight {
    double origin[SCALE_EIGHT], unit[SCALE_EIGHT], low[SCALE_EIGHT], high[SCALE_EIGHT];
    double shift[SCALE_EIGHT], scale[SCALE_EIGHT];
    uint64_t log[SCALE_EIGHT]; /* all bits, or none */
    uint64_t any_log, unused[7];
} scale_eight;

struct psn_scale {
    int32_t count;
    psn_scale_column *columns;
    scale_eight *eights;
};

PSN_INLINE double scale_inline_clamp(double v, double low, double high)
{
    const double raised = psn_inline_choose(v < low, low, v); /* NaN stays */
    return psn_inline_choose(raised > high, high, raised);
}

PSN_INLINE double scale_inline_log(double v)
{
    const double size = psn_inline_log1p(fabs(v));
    return psn_real_of_bits(psn_bits_of_real(size) |
                            (psn_bits_of_real(v) & 0x8000000000000000));
}

PSN_INLINE double scale_inline_finish(double v, double shift, double scale)
{
    return scale_inline_clamp((v - shift) * scale, -PSN_SCALE_MOST, PSN_SCALE_MOST);
}

#define PSN_TEMPLATE "math/scale_kernel.inc"
#include "math/kernel_levels.h"

typedef int scale_row_kernel(const psn_scale *, const double *, double *);
typedef int scale_lanes_kernel(const psn_scale_column *, const double *, double *);
static scale_row_kernel *const scale_rows[] = PSN_KERNEL_TABLE(scale_row);
static scale_lanes_kernel *const scale_laness[] = PSN_KERNEL_TABLE(scale_lanes);

psn_scale *psn_scale_new(const psn_scale_column *columns, int32_t count)
{
    const int32_t eights = (count + SCALE_EIGHT - 1) / SCALE_EIGHT;
    psn_scale *scale = psn_alloc_zero(1, sizeof *scale);
    if (scale == NULL) return NULL;
    scale->count = count;
    scale->columns = psn_alloc((size_t)count, sizeof *scale->columns);
    scale->eights = psn_alloc_aligned((size_t)eights, sizeof *scale->eights);
    if (scale->columns == NULL || scale->eights == NULL) {
        psn_scale_free(scale);
        return NULL;
    }
    for (int32_t i = 0; i < count; i++) scale->columns[i] = columns[i];
    for (int32_t i = 0; i < eights * SCALE_EIGHT; i++) {
        const psn_scale_column none = {0, 0, 0, 0, 0, 0, 0};
        const psn_scale_column c = i < count ? columns[i] : none;
        scale_eight *to = scale->eights + i / SCALE_EIGHT;
        const int at = i % SCALE_EIGHT;
        if (at == 0) *to = (scale_eight){{0}, {0}, {0}, {0}, {0}, {0}, {0}, 0, {0}};
        to->origin[at] = c.origin;
        to->unit[at] = c.unit;
        to->low[at] = c.low;
        to->high[at] = c.high;
        to->shift[at] = c.shift;
        to->scale[at] = c.scale;
        to->log[at] = c.log ? ~(uint64_t)0 : 0;
        if (c.log) to->any_log = 1;
    }
    return scale;
}

void psn_scale_free(psn_scale *scale)
{
    if (scale == NULL) return;
    psn_release(scale->columns);
    psn_release_aligned(scale->eights);
    psn_release(scale);
}

int psn_scale_one(const psn_scale *scale, const double *raw, double *out)
{
    return scale_rows[psn_simd_level()](scale, raw, out);
}

int psn_scale_lanes(const psn_scale *scale, int32_t column, const double *raw,
                    double *out)
{
    return scale_laness[psn_simd_level()](scale->columns + column, raw, out);
}

double psn_scale_value(const psn_scale *scale, int32_t column, double raw)
{
    return (raw - scale->columns[column].origin) * scale->columns[column].unit;
}

double psn_scale_back(const psn_scale *scale, int32_t column, double z)
{
    const psn_scale_column *c = scale->columns + column;
    double v = z / c->scale + c->shift;
    if (c->log) v = copysign(psn_expm1(fabs(v)), v);
    return scale_inline_clamp(v, c->low, c->high);
}

const psn_scale_column *psn_scale_at(const psn_scale *scale, int32_t column)
{
    return scale->columns + column;
}
