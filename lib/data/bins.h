/* bins.h: columns of numbers and categories as one byte a value, made once and shared by
 * every learner that walks trees over them. */
#ifndef PSN_DATA_BINS_H
#define PSN_DATA_BINS_H

#include <stdint.h>
#include "base/pool.h"
#include "persona/types.h"

/* Bin 0 holds missing values and nothing else, in every column. */
enum { PSN_BINS_MISSING = 0, PSN_BINS_MAX = 255 };
enum { PSN_BINS_NUMBER, PSN_BINS_CATEGORY };

/* One column to be binned: numbers (values[row * stride], NaN = missing, infinities are
 * values like others) or categories (codes[row], 0 .. levels - 1, -1 = missing). */
typedef struct psn_bins_source {
    const double *values;
    int64_t stride;
    const int32_t *codes; /* not NULL: a category */
    int32_t levels;
} psn_bins_source;

/* Numbers: bin b >= 1 holds edges[b - 2] < x <= edges[b - 1] (the ends are open), so
 * bins - 2 edges. Categories: a frequent level has a bin of its own, the more frequent
 * the lower; all others share bin `rare`. */
typedef struct psn_bins_column {
    int32_t kind;
    int32_t bins;          /* in use, bin 0 included; >= 1 */
    double *edges;         /* ascending, NULL for categories */
    int32_t levels;        /* categories */
    uint8_t *bin_of_level; /* levels entries */
    int32_t rare;          /* 0 = no level is rare */
    int64_t missing;       /* rows */
} psn_bins_column;

typedef struct psn_bins {
    int64_t rows;
    int32_t columns;
    psn_bins_column *column;
    uint8_t **codes; /* codes[column][row] */
} psn_bins;

/* max_bins (2 .. 255) counts the bin of missing values. Edges are found on at most
 * 200,000 rows, the same for the same shape. The same bytes for any number of threads. */
int psn_bins_new(psn_bins **out, const psn_bins_source *sources, int32_t columns,
                 int64_t rows, int32_t max_bins, psn_pool *pool, persona_task *task,
                 persona_error *error);
void psn_bins_free(psn_bins *bins);
/* The bin of one value under the edges of a column. */
uint8_t psn_bins_of_number(const psn_bins_column *column, double value);
/* The bin of a code; unseen codes go with the rare levels, or with the missing values
 * where no level is rare. */
uint8_t psn_bins_of_code(const psn_bins_column *column, int64_t code);

/* Edges of sorted values for at most `limit` bins of values: writes at most limit - 1 and
 * returns how many. Equal values are never parted; bins hold about the same number of
 * values, and a value more frequent than that has a bin of its own. */
int32_t psn_bins_edges(double *edges, const double *sorted, int64_t count, int32_t limit);
/* Ascending, by bits: -0 before 0, no NaN. `spare` holds count values too. */
void psn_bins_sort(double *values, double *spare, int64_t count);

#endif
