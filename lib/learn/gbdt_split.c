/* gbdt_split.c: the best split of a leaf, from the sums of its bins.
 *
 * With G and H the sums of gradients and hessians of a side, a side is worth
 *     T(G)^2 / (H + lambda_l2),   T(G) = sign(G) max(|G| - lambda_l1, 0),
 * twice what its best value saves to second order; a split gains both sides less the leaf
 * as it is (Chen & Guestrin, KDD 2016). Under bounds (monotone features) a side takes the
 * best value that is allowed and is worth 2 (-G w - (H + lambda) w^2 / 2) of that.
 *
 * All candidates of a feature come from one running sum of packed words. Missing values
 * are tried on both sides where there are any. Ties go to the lower bin, to missing
 * right, to the lower feature. */
#include "learn/gbdt_train.h"

#include <float.h>
#include <math.h>
#include "math/elementary_inline.h"
#include "math/kernel.h"

/* Under bounds a leaf may be worth less than nothing, so no ordinary number can say that
 * a split is not allowed: against a monotone constraint, or with too small a side. */
#define SPLIT_WRONG_WAY (-DBL_MAX)
#define SPLIT_TOO_SMALL (-INFINITY)

PSN_INLINE double split_real(uint64_t below_2_52)
{
    return psn_real_of_bits(below_2_52 | 0x4330000000000000) - 0x1p52;
}

PSN_INLINE double split_g(const gbdt_scan *s, uint64_t packed)
{
    const uint64_t moved = (packed ^ 0x8000000000000000) >> s->g_shift;
    return (split_real(moved) - s->g_offset) * s->g_scale;
}

/* In units of the quantiser. */
PSN_INLINE double split_h(const gbdt_scan *s, uint64_t packed)
{
    return split_real(packed >> s->h_shift & s->h_mask);
}

PSN_INLINE double split_count(const gbdt_scan *s, uint64_t packed, double h)
{
    return fma(h, s->per_hessian, split_real(packed & s->count_mask));
}

PSN_INLINE double split_shrunk_square(const gbdt_scan *s, double g)
{
    const double size = fabs(g) - s->l1;
    const double kept = psn_inline_choose(size > 0.0, size, 0.0);
    return kept * kept;
}

/* -1 where a side is too small. */
PSN_INLINE double split_gain(const gbdt_scan *s, uint64_t left, uint64_t right)
{
    const double hl = split_h(s, left), hr = split_h(s, right);
    const double cl = split_count(s, left, hl), cr = split_count(s, right, hr);
    const double wl = hl * s->h_scale, wr = hr * s->h_scale;
    const double dl = wl + s->l2, dr = wr + s->l2;
    const double al = split_shrunk_square(s, split_g(s, left));
    const double ar = split_shrunk_square(s, split_g(s, right));
    const double gain = fma(al, dr, ar * dl) / (dl * dr);
    const int fits = (cl >= s->min_data) & (cr >= s->min_data) & (wl >= s->min_hessian) &
                     (wr >= s->min_hessian);
    return psn_inline_choose(fits, gain, -1.0);
}

PSN_INLINE double split_value(const gbdt_scan *s, double g, double h)
{
    const double size = fabs(g) - s->l1;
    double value = size > 0.0 ? size / (h + s->l2) : 0.0;
    value = g > 0.0 ? -value : value;
    value = value < s->lower ? s->lower : value;
    return value > s->upper ? s->upper : value;
}

PSN_INLINE double split_worth(const gbdt_scan *s, double g, double h, double value)
{
    return -(2.0 * g * value + (h + s->l2) * value * value + 2.0 * s->l1 * fabs(value));
}

PSN_INLINE double split_gain_bounded(const gbdt_scan *s, uint64_t left, uint64_t right)
{
    const double hl = split_h(s, left), hr = split_h(s, right);
    const double cl = split_count(s, left, hl), cr = split_count(s, right, hr);
    const double wl = hl * s->h_scale, wr = hr * s->h_scale;
    const int fits = cl >= s->min_data && cr >= s->min_data && wl >= s->min_hessian &&
                     wr >= s->min_hessian;
    if (!fits) return SPLIT_TOO_SMALL;
    const double gl = split_g(s, left), gr = split_g(s, right);
    const double vl = split_value(s, gl, wl), vr = split_value(s, gr, wr);
    if ((s->monotone > 0 && vl > vr) || (s->monotone < 0 && vl < vr))
        return SPLIT_WRONG_WAY;
    return split_worth(s, gl, wl, vl) + split_worth(s, gr, wr, vr);
}

#define PSN_TEMPLATE "learn/gbdt_split_kernel.inc"
#include "math/kernel_levels.h"

typedef void split_scanner(gbdt_best *, const gbdt_scan *, const uint64_t *, int32_t,
                           uint64_t);
typedef void split_adder(double *, const gbdt_scan *, const uint64_t *, int32_t,
                         uint64_t);
static split_scanner *const split_scans[] = PSN_KERNEL_TABLE(split_scan);
static split_scanner *const split_bounded[] = PSN_KERNEL_TABLE(split_scan_bounded);

static split_adder *const split_adds[] = PSN_KERNEL_TABLE(split_add);

void psn_gbdt_scan_add(double *gains, const gbdt_scan *scan, const uint64_t *prefix,
                       int32_t count, uint64_t extra)
{
    if (!scan->bounded) {
        split_adds[psn_simd_level()](gains, scan, prefix, count, extra);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        const uint64_t left = prefix[i] + extra;
        const double gain = split_gain_bounded(scan, left, scan->total - left);
        if (gain == SPLIT_WRONG_WAY) gains[i] = -INFINITY;
        if (gain > SPLIT_WRONG_WAY) gains[i] += gain - scan->parent;
    }
}

gbdt_best psn_gbdt_scan_sums(const gbdt_scan *scan, const uint64_t *prefix, int32_t count,
                             uint64_t extra)
{
    gbdt_best best;
    const int level = psn_simd_level();
    (scan->bounded ? split_bounded : split_scans)[level](&best, scan, prefix, count,
                                                         extra);
    return best;
}

double psn_gbdt_field_g(const gbdt_scan *scan, uint64_t packed)
{
    return split_g(scan, packed);
}

double psn_gbdt_field_h(const gbdt_scan *scan, uint64_t packed)
{
    return split_h(scan, packed) * scan->h_scale;
}

double psn_gbdt_field_count(const gbdt_scan *scan, uint64_t packed)
{
    return split_count(scan, packed, split_h(scan, packed));
}

double psn_gbdt_side_gain(const gbdt_scan *scan, double g, double h)
{
    if (scan->bounded) return split_worth(scan, g, h, split_value(scan, g, h));
    return h + scan->l2 > 0.0 ? split_shrunk_square(scan, g) / (h + scan->l2) : 0.0;
}

void psn_gbdt_scan_start(gbdt_scan *scan, const gbdt_trainer *trainer,
                         const gbdt_leaf *leaf)
{
    const psn_gbdt_options *options = trainer->options;
    const gbdt_packing *packing = &trainer->packing;
    *scan = (gbdt_scan){
        .total = leaf->total,
        .g_shift = packing->g_shift,
        .h_shift = packing->h_shift,
        .h_mask = packing->h_mask,
        .count_mask = packing->count_mask,
        .g_scale = packing->g_scale,
        .h_scale = packing->h_scale,
        .g_offset = psn_real_of_bits((uint64_t)(1023 + 63 - packing->g_shift) << 52),
        .l1 = options->lambda_l1,
        .l2 = options->lambda_l2,
        .min_hessian = fmax(options->min_sum_hessian, 1e-12),
        .min_data = options->min_data_in_leaf > 1 ? options->min_data_in_leaf : 1.0,
        .lower = leaf->lower,
        .upper = leaf->upper,
        .bounded = options->monotone != NULL,
    };
    const double h = split_h(scan, leaf->total);
    if (packing->count_mask == 0 && h > 0.0) scan->per_hessian = (double)leaf->count / h;
    scan->parent =
        psn_gbdt_side_gain(scan, split_g(scan, leaf->total), h * scan->h_scale);
}

static void split_scan_number(gbdt_split *best, const gbdt_scan *scan,
                              const uint64_t *histogram, int32_t bins, int32_t feature)
{
    uint64_t prefix[GBDT_BINS + 8];
    uint64_t sum = 0;
    int32_t count = bins - 1; /* the last candidate: all values left, missing right */
    for (int32_t b = 0; b < count; b++) prefix[b] = sum += histogram[b + 1];
    const uint64_t missing = histogram[PSN_BINS_MISSING];
    if (missing == 0) count--;
    for (int32_t b = count; b < count + 8; b++) prefix[b] = scan->total;
    gbdt_best found = psn_gbdt_scan_sums(scan, prefix, count, 0);
    int left = 0;
    if (missing != 0) {
        gbdt_best other = psn_gbdt_scan_sums(scan, prefix, bins - 2, missing);
        left = other.gain > found.gain;
        if (left) found = other;
    }
    if (found.gain - scan->parent <= best->gain) return;
    *best = (gbdt_split){.gain = found.gain - scan->parent,
                         .feature = feature,
                         .bin = found.at + 1,
                         .missing_left = left,
                         .missing_seen = missing != 0,
                         .left = prefix[found.at] + (left ? missing : 0)};
}

void psn_gbdt_scan_rank(gbdt_split *best, const gbdt_trainer *trainer,
                        const gbdt_leaf *leaf, gbdt_scan *scan, const uint64_t *histogram,
                        int32_t rank)
{
    (void)leaf;
    const int32_t feature = trainer->used_feature[rank];
    const psn_bins_column *column = &trainer->bins->column[feature];
    const int8_t *monotone = trainer->options->monotone;
    scan->monotone = monotone == NULL ? 0 : monotone[feature];
    if (column->kind == PSN_BINS_CATEGORY) {
        psn_gbdt_scan_category(best, trainer, scan, histogram, feature);
    } else {
        split_scan_number(best, scan, histogram, column->bins, feature);
    }
}
