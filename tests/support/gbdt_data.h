/* gbdt_data.h: small made-up tables for the tests of trees. */
#ifndef TESTS_GBDT_DATA_H
#define TESTS_GBDT_DATA_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"
#include "learn/gbdt.h"

enum { TABLE_COLUMNS = 6, TABLE_LEVELS = 12, TABLE_CATEGORY = 5 };

/* Columns 0 .. 4 are numbers (column 3 with missing values, column 4 whole), column 5 is
 * a category; y depends on all of them. */
typedef struct gbdt_table {
    int64_t rows;
    double *x; /* row-major, the category as a number */
    int32_t *codes;
    double *label;
    psn_bins *bins;
} gbdt_table;

static double table_normal(psn_random *random)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) sum += psn_random_unit(random);
    return sum;
}

static double table_signal(const double *x)
{
    double level = (int)x[5] % 3 == 0 ? 1.0 : -0.5;
    double seen = x[3] == x[3] ? 0.3 * x[3] : 0.8;
    return 1.2 * x[0] + x[1] * x[2] + seen + 0.2 * (x[4] - 3.0) + level;
}

static inline psn_bins *table_bins(const gbdt_table *table, int32_t max_bins)
{
    psn_bins_source sources[TABLE_COLUMNS];
    for (int c = 0; c < TABLE_COLUMNS; c++) {
        sources[c] = (psn_bins_source){.values = table->x + c, .stride = TABLE_COLUMNS};
    }
    sources[TABLE_CATEGORY] =
        (psn_bins_source){.codes = table->codes, .levels = TABLE_LEVELS};
    psn_bins *bins = NULL;
    persona_error error = {0};
    assert_int_equal(psn_bins_new(&bins, sources, TABLE_COLUMNS, table->rows, max_bins,
                                  NULL, NULL, &error),
                     0);
    return bins;
}

/* binary: labels 0 and 1, else the signal with noise. */
static inline gbdt_table table_make(int64_t rows, int binary, uint64_t seed)
{
    gbdt_table table = {.rows = rows};
    table.x = malloc((size_t)rows * TABLE_COLUMNS * sizeof *table.x);
    table.codes = malloc((size_t)rows * sizeof *table.codes);
    table.label = malloc((size_t)rows * sizeof *table.label);
    for (int64_t i = 0; i < rows; i++) {
        psn_random random;
        psn_random_start(&random, seed, 1, (uint64_t)i);
        double *x = table.x + i * TABLE_COLUMNS;
        for (int c = 0; c < 4; c++) x[c] = table_normal(&random);
        if (psn_random_unit(&random) < 0.2) x[3] = NAN;
        x[4] = (double)psn_random_below(&random, 7);
        x[5] = (double)psn_random_below(&random, TABLE_LEVELS);
        table.codes[i] = (int32_t)x[5];
        double signal = table_signal(x);
        table.label[i] = binary ? psn_random_unit(&random) < 1.0 / (1.0 + exp(-signal))
                                : signal + 0.1 * table_normal(&random);
    }
    table.bins = table_bins(&table, 255);
    return table;
}

static inline void table_free(gbdt_table *table)
{
    free(table->x);
    free(table->codes);
    free(table->label);
    psn_bins_free(table->bins);
}

static inline psn_gbdt *table_fit(const gbdt_table *table,
                                  const psn_gbdt_options *options, psn_pool *pool)
{
    psn_gbdt *model = NULL;
    persona_error error = {0};
    psn_gbdt_data data = {.bins = table->bins, .label = table->label};
    int rc = psn_gbdt_fit(&model, NULL, &data, options, NULL, pool, NULL, &error);
    if (rc != 0) fail_msg("%s", error.message);
    assert_int_equal(psn_gbdt_check(model, &error), 0);
    return model;
}

/* One number column, no fuss. */
static inline psn_bins *one_column(const double *values, int64_t rows)
{
    psn_bins_source source = {.values = values, .stride = 1};
    psn_bins *bins = NULL;
    assert_int_equal(psn_bins_new(&bins, &source, 1, rows, 255, NULL, NULL, NULL), 0);
    return bins;
}

static inline int same_models(const psn_gbdt *a, const psn_gbdt *b)
{
    psn_text x = {0}, y = {0};
    assert_int_equal(psn_gbdt_pack(&x, a, NULL), 0);
    assert_int_equal(psn_gbdt_pack(&y, b, NULL), 0);
    int same = x.length == y.length && memcmp(x.bytes, y.bytes, x.length) == 0;
    psn_text_free(&x);
    psn_text_free(&y);
    return same;
}

#endif
