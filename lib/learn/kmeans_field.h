/* kmeans_field.h: squared distances from every row to one point, 64 positions at a time;
 * what seeding and swap search share. */
#ifndef PSN_LEARN_KMEANS_FIELD_H
#define PSN_LEARN_KMEANS_FIELD_H

#include "base/philox.h"
#include "learn/kmeans_engine.h"

typedef struct kmeans_spot {
    double *raw;   /* dims; what is missing lies at the offset */
    float *scaled; /* width */
} kmeans_spot;

static inline int64_t kmeans_field_groups(const psn_points *points)
{
    return (points->positions + 63) / 64;
}

int psn_kmeans_spot_open(kmeans_spot *spot, const psn_points *points,
                         persona_error *error);
void psn_kmeans_spot_close(kmeans_spot *spot);
/* The spot at a row, or at the row of a position. */
void psn_kmeans_spot_at(kmeans_spot *spot, const kmeans_engine *engine,
                        const double *row);
void psn_kmeans_spot_place(kmeans_spot *spot, const kmeans_engine *engine,
                           int64_t position);
/* Squared distances, scaled, of positions 64 group ..; the rest of 64 lanes: anything. */
void psn_kmeans_field_measure(float *squared, const kmeans_engine *engine, int64_t group,
                              const kmeans_spot *spot, double *row);
/* A position drawn in proportion to weight * value; sums: of each group of 64. */
int64_t psn_kmeans_field_draw(psn_random *random, const kmeans_engine *engine,
                              const float *value, const double *sums, double total);

#endif
