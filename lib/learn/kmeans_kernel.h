/* kmeans_kernel.h: the float32 kernels of k-means, for blocks of 64 rows. They propose;
 * whatever lies within their error bound is decided in float64 by psn_nearest. */
#ifndef PSN_LEARN_KMEANS_KERNEL_H
#define PSN_LEARN_KMEANS_KERNEL_H

#include <stdint.h>

/* STRIDE: between features of gathered rows: whole registers may be written past lane 63.
 */
enum { PSN_KMEANS_TILE = 6, PSN_KMEANS_STRIDE = 80 };

/* What a block's scores say about its rows. */
typedef struct psn_kmeans_finish {
    float twice_error;  /* best and second closer than this: decide exactly */
    float square_error; /* of squared distances */
    float others;       /* lower bound of the distance to centres not scored */
    float clock;        /* added to every gap */
} psn_kmeans_finish;

typedef struct psn_kmeans_kernels {
    /* Scores |c|^2 / 2 - x.c of a block against k centres packed in tiles: the least, the
     * second least, and the index of the least (the lowest on ties). */
    void (*score)(const float *x, int64_t stride, int32_t dims, const float *packed,
                  const float *half, int32_t k, float *best, float *second,
                  int32_t *index);
    /* gap = clock + (lower bound of the second distance) - (upper bound of the first);
     * sets the lanes that are ambiguous and returns those whose label differs from `old`.
     */
    uint64_t (*finish)(const psn_kmeans_finish *bounds, const float *norm,
                       const float *best, const float *second, const int32_t *index,
                       const int32_t *old, float *gap, uint64_t *ambiguous);
    /* Squared distances out of scores, at least 0. */
    void (*squares)(const float *norm, const float *score, float *squared);
    /* Those of `lanes` whose gap does not exceed the clock, and how many. */
    uint64_t (*pending)(const float *gap, float clock, uint64_t lanes, int32_t *count);
    /* Copies `some` lanes of a block to lanes `held` .. of another; as many as fit. */
    void (*gather)(const float *x, int32_t dims, uint64_t some, float *to, int32_t held);
    float (*least)(const float *values); /* of 64 */
    /* Squared distances of a block to one centre, by the direct formula. */
    void (*distance)(const float *x, int32_t dims, const float *center, float *squared);
    /* Sum of weight * min(least, squared); lower also writes the minimum. */
    float (*potential)(const float *least, const float *squared, const float *weight);
    float (*lower)(float *least, const float *squared, const float *weight);
    /* Gaps (clock 0) after centre `gone` was replaced by one at squared distances `to`,
     * when first and next were those to best and second, all up to `error`; rows of
     * `gone` lose their label and are due. */
    void (*replace)(const float *first, const float *next, const float *to, float error,
                    int32_t gone, int32_t *label, float *gap);
    /* Lanes with squared < limit. */
    uint64_t (*below)(const float *squared, const float *limit);
    /* Squared distances from centres (feature-major, stride a multiple of 16) to a box:
     * the nearest point of it, and for the least of all centres the farthest one. */
    float (*box)(const float *low, const float *high, int32_t dims, const float *centers,
                 int32_t stride, float *nearest);
    /* The centres with nearest <= limit, in order; *rest: the least of the others. */
    int32_t (*admit)(const float *nearest, int32_t stride, float limit,
                     int32_t *candidate, float *rest);
    /* into += weight * x; move: from -= x, to += x; from may be NULL. */
    void (*add)(double *into, const double *x, double weight, int32_t dims);
    void (*move)(double *from, double *to, const double *x, int32_t dims);
    /* Sum over rows of the squared distance to the centre of each row's label, weighted.
     */
    double (*direct)(const double *x, int64_t rows, int32_t dims, const double *centers,
                     const int32_t *label, const double *weight);
    /* out = (x - offset) * scale of rows x dims values, rows `width` and `stride` apart;
     * returns the largest size, infinity if one is NaN or infinite. */
    double (*convert)(float *out, int64_t width, const double *x, int64_t stride,
                      int64_t rows, int32_t dims, const double *offset, double scale);
    /* --- wide rows: row-major, padded to 16 features --- */
    void (*wide_dots)(const float *x, int64_t rows, int32_t width, const float *centers,
                      int32_t k, float *dots);
    void (*wide_some)(const float *x, int32_t width, const float *centers,
                      const int32_t *candidate, int32_t count, float *dots);
    float (*wide_dot)(const float *x, const float *center, int32_t width);
    float (*wide_distance)(const float *x, const float *center, int32_t width);
    /* lower[c] -= drift[c], rounded down; returns 1 if any lower[c] is below `upper`. */
    int (*wide_fade)(float *lower, const float *drift, int32_t count, float upper);
} psn_kmeans_kernels;

/* Those of the level in use. */
const psn_kmeans_kernels *psn_kmeans_kernels_now(void);

/* Tiles of nearly equal size, at most PSN_KMEANS_TILE: how many centres tile t has. */
static inline int32_t psn_kmeans_tile_size(int32_t k, int32_t tiles, int32_t t)
{
    return k / tiles + (t < k % tiles);
}

static inline int32_t psn_kmeans_tiles(int32_t k)
{
    return (k + PSN_KMEANS_TILE - 1) / PSN_KMEANS_TILE;
}

/* k x dims row-major -> tiles, feature by feature. */
void psn_kmeans_pack(float *packed, const float *centers, int32_t k, int32_t dims);

#endif
