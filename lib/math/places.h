/* places.h: where each column of a sparse matrix occurs, so that a row of items x items
 * is summed up by one worker alone. */
#ifndef PSN_MATH_PLACES_H
#define PSN_MATH_PLACES_H

#include <stdint.h>
#include "math/sparse.h"
#include "persona/types.h"

/* Columns that occur at all are numbered 0 .. count - 1 in rising order. */
typedef struct psn_places {
    int32_t count;
    int32_t *original; /* number -> column of the matrix */
    int32_t *number;   /* of each entry of the matrix, in its order */
    int64_t *start;    /* count + 1, into place and row */
    int64_t *place;    /* entries of the matrix with that column, rising */
    int64_t *row;      /* their rows */
} psn_places;

int psn_places_new(psn_places **out, const psn_sparse *matrix, persona_error *error);
void psn_places_free(psn_places *places);

#endif
