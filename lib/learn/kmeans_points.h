/* kmeans_points.h: inside of the working copy (kmeans.h). */
#ifndef PSN_LEARN_KMEANS_POINTS_H
#define PSN_LEARN_KMEANS_POINTS_H

#include <stddef.h>

#include "learn/kmeans.h"

enum {
    KMEANS_WIDE = 48,   /* features from which on rows stay row-major */
    KMEANS_BOX_DIMS = 3 /* features up to which rows are put in spatial order */
};

/* The copy is (x - offset) * scale, scale a power of two, in float32. A position is a
 * place in the copy: first the ordinary rows (blocks of 64; or one by one if wide), then
 * the tail: rows with something missing or a value out of float32's reach, which are
 * always decided in float64. */
struct psn_points {
    const psn_rows *rows;
    int64_t n, full;   /* rows; ordinary rows */
    int64_t blocks;    /* of ordinary rows; 0 if wide */
    int64_t tail_at;   /* position of the first tail row */
    int64_t positions; /* tail_at + rows of the tail */
    int64_t chunk;     /* positions in a unit of work: depends on n only */
    int64_t chunks;    /* those of ordinary rows, then those of the tail */
    int64_t tail_chunk;
    int32_t dims;
    int32_t features; /* of the copy: wide rows leave out columns of one value */
    int32_t *column;  /* of each feature; NULL: the same */
    int32_t width;    /* features, or rounded up to 16 if wide */
    int wide;
    double *offset; /* dims */
    double scale;
    float *x, *norm;      /* |x|^2 of each ordinary position */
    float *reach;         /* upper bound of |x| of each block, or of each wide row */
    float *weight;        /* of each position, or NULL */
    float *low, *high;    /* boxes of blocks, blocks x dims, or NULL */
    int64_t *order;       /* position -> row, or NULL: the same */
    double *cache;        /* rows x dims where rows are made on demand and few */
    const double *values; /* row-major rows, or NULL: on demand */
    double spread;        /* weighted sum of squared distances to `offset`, raw units */
    double share;         /* sum of rows->share */
};

/* Row of a position: a pointer to dims doubles, perhaps into `buffer`. */
const double *psn_points_row(const psn_points *points, int64_t position, double *buffer);
/* `count` consecutive positions, all ordinary or all tail. */
const double *psn_points_run(const psn_points *points, int64_t position, int64_t count,
                             double *buffer);
double psn_points_weight(const psn_points *points, int64_t position);
/* sum(share) / sum(share observed) of a row; 0 if all is missing. */
double psn_points_factor(const psn_points *points, const double *row);
/* Wide rows: finds the columns whose values differ; the offset of the others becomes
 * their value, so that they would be 0 in the copy. */
int psn_points_columns(psn_points *points, psn_pool *pool, persona_error *error);
/* Spatial order of rows 0 .. n - 1 (those listed in `order`) along a Morton curve. */
int psn_points_sort(int64_t *order, int64_t count, const psn_points *points,
                    persona_error *error);

static inline int32_t psn_points_column(const psn_points *points, int32_t feature)
{
    return points->column != NULL ? points->column[feature] : feature;
}

static inline int64_t psn_points_index(const psn_points *points, int64_t position)
{
    return points->order != NULL ? points->order[position] : position;
}

/* Real rows among the 64 of a block, as bits. */
static inline uint64_t psn_points_lanes(const psn_points *points, int64_t block)
{
    const int64_t left = points->full - block * 64;
    return left >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
}

#endif
