/* nearest.c: the squared distances everybody in the library agrees on.
 *
 * s = 0; for each feature in order: t = x_j - c_j, s = fma(t, t, s). For one row the
 * lanes of a register are centres (kept feature-major, padded to panels of 8); for blocks
 * they are rows. Either way one sum is one lane and goes in feature order, so the bits
 * are the same. With missing features s is multiplied by sum(share) / sum(share
 * observed); where nothing is missing that factor would be exactly 1 and is left out.
 * Cost: O(k d) a row; 8 features, 6 centres: 17 ns for one row, 5 ns a row in blocks. */
#include "math/nearest.h"

#include <string.h>

#include "base/memory.h"
#include "math/lanes.h"

enum { NEAREST_PANEL = 8 };

typedef struct nearest_view {
    const double *centers, *share;
    double total;
    int32_t k, dims;
} nearest_view;

struct psn_nearest {
    int32_t k, dims;
    int64_t stride;   /* k rounded up to whole panels */
    double *centers;  /* k x dims */
    double *features; /* dims x stride; padding is infinite */
    double *share;
    double total;
};

#define PSN_TEMPLATE "math/nearest_kernel.inc"
#include "math/kernel_levels.h"

typedef double nearest_panel_kernel(double *, const double *, int64_t, const double *,
                                    int32_t, const double *);
typedef int32_t nearest_row_kernel(double *, const double *, int64_t, const double *,
                                   int32_t);
typedef void nearest_block_kernel(const nearest_view *, const double *, int32_t, double *,
                                  double *);
typedef int nearest_known_kernel(const double *, int32_t, int32_t);
static nearest_panel_kernel *const nearest_singles[] = PSN_KERNEL_TABLE(nearest_panel);
static nearest_row_kernel *const nearest_rows[] = PSN_KERNEL_TABLE(nearest_row);
static nearest_block_kernel *const nearest_blocks[] = PSN_KERNEL_TABLE(nearest_block);
static nearest_block_kernel *const nearest_maskeds[] = PSN_KERNEL_TABLE(nearest_masked);
static nearest_known_kernel *const nearest_knowns[] = PSN_KERNEL_TABLE(nearest_known);

void psn_nearest_move(psn_nearest *nearest, const double *centers)
{
    const int32_t k = nearest->k, dims = nearest->dims;
    memcpy(nearest->centers, centers, (size_t)k * (size_t)dims * sizeof *centers);
    for (int32_t c = 0; c < k; c++)
        for (int32_t j = 0; j < dims; j++)
            nearest->features[j * nearest->stride + c] = centers[(int64_t)c * dims + j];
}

psn_nearest *psn_nearest_new(const double *centers, int32_t k, int32_t dims,
                             const double *share)
{
    psn_nearest *nearest = psn_alloc_zero(1, sizeof *nearest);
    size_t cells, padded;
    if (nearest == NULL) return NULL;
    nearest->k = k;
    nearest->dims = dims;
    nearest->stride = ((int64_t)k + NEAREST_PANEL - 1) / NEAREST_PANEL * NEAREST_PANEL;
    if (!psn_size_mul((size_t)k, (size_t)dims, &cells) ||
        !psn_size_mul((size_t)nearest->stride, (size_t)dims, &padded))
        goto fail;
    nearest->centers = psn_alloc(cells, sizeof(double));
    nearest->share = psn_alloc((size_t)dims, sizeof(double));
    nearest->features = psn_alloc_aligned(padded, sizeof(double));
    if (nearest->centers == NULL || nearest->share == NULL || nearest->features == NULL)
        goto fail;
    for (size_t i = 0; i < padded; i++) nearest->features[i] = INFINITY;
    for (int32_t j = 0; j < dims; j++) {
        nearest->share[j] = share != NULL ? share[j] : 1.0;
        nearest->total += nearest->share[j];
    }
    psn_nearest_move(nearest, centers);
    return nearest;
fail:
    psn_nearest_free(nearest);
    return NULL;
}

void psn_nearest_free(psn_nearest *nearest)
{
    if (nearest == NULL) return;
    psn_release(nearest->centers);
    psn_release(nearest->share);
    psn_release_aligned(nearest->features);
    psn_release(nearest);
}

/* Squared distances to one panel, scaled; 0 if every feature is missing. */
static inline int nearest_measure(const psn_nearest *nearest,
                                  nearest_panel_kernel *kernel, int64_t first,
                                  const double *row, double *squared)
{
    const double observed = kernel(squared, nearest->features + first, nearest->stride,
                                   row, nearest->dims, nearest->share);
    if (observed == nearest->total) return 1;
    const double factor = nearest->total / observed;
    for (int i = 0; i < NEAREST_PANEL; i++) squared[i] *= factor;
    return observed > 0;
}

/* The nearest where something is missing. */
static int32_t nearest_one_masked(const psn_nearest *nearest, const double *row,
                                  double *squared)
{
    nearest_panel_kernel *const kernel = nearest_singles[psn_simd_level()];
    double panel[NEAREST_PANEL], best = INFINITY;
    int32_t label = 0;
    for (int32_t first = 0; first < nearest->k; first += NEAREST_PANEL) {
        const int32_t left = nearest->k - first;
        if (!nearest_measure(nearest, kernel, first, row, panel)) {
            best = NAN;
            break;
        }
        for (int32_t i = 0; i < NEAREST_PANEL && i < left; i++) {
            label = panel[i] < best ? first + i : label;
            best = panel[i] < best ? panel[i] : best;
        }
    }
    *squared = best;
    return label;
}

int32_t psn_nearest_one(const psn_nearest *nearest, const double *row, double *squared)
{
    double least;
    int32_t label = nearest_rows[psn_simd_level()](&least, nearest->features,
                                                   nearest->stride, row, nearest->dims);
    if (label < 0) label = nearest_one_masked(nearest, row, &least);
    if (squared != NULL) *squared = least;
    return label;
}

void psn_nearest_all(const psn_nearest *nearest, const double *row, double *squared)
{
    nearest_panel_kernel *const kernel = nearest_singles[psn_simd_level()];
    double panel[NEAREST_PANEL];
    for (int32_t first = 0; first < nearest->k; first += NEAREST_PANEL) {
        const int known = nearest_measure(nearest, kernel, first, row, panel);
        for (int32_t i = 0; i < NEAREST_PANEL && first + i < nearest->k; i++)
            squared[first + i] = known ? panel[i] : NAN;
    }
}

void psn_nearest_block(const psn_nearest *nearest, const double *block, int32_t count,
                       int32_t *labels, double *squared)
{
    const int level = psn_simd_level();
    const nearest_view view = {nearest->centers, nearest->share, nearest->total,
                               nearest->k, nearest->dims};
    double index[PSN_NEAREST_BLOCK], least[PSN_NEAREST_BLOCK];
    const int known = nearest_knowns[level](block, count, nearest->dims);
    (known ? nearest_blocks : nearest_maskeds)[level](&view, block, count, index, least);
    for (int32_t i = 0; i < count; i++) labels[i] = (int32_t)index[i];
    if (squared != NULL) memcpy(squared, least, (size_t)count * sizeof *least);
}
