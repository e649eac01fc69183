/* quality_gbdt.c: the search over trees on one table, for fraud.py, which writes the
 * table and scores what this predicts.
 *
 *     quality_gbdt FOLDER OBJECTIVE SEED [CATEGORY]...     OBJECTIVE: poisson tweedie
 * rank
 *
 * FOLDER holds doubles: train.x, test.x (row-major), train.y and, where there are such,
 * train.w (weights) and train.g (sizes of the queries). CATEGORY: numbers of columns that
 * are codes. Writes test.p. Everything is by default: five folds of rows or queries,
 * three of them of more than 10,000 rows, then psn_gbdt_search. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/philox.h"
#include "learn/gbdt_search.h"

enum { FOLDS = 5, FEW_FOLDS = 3, MANY_ROWS = 10000, BINS = 255, COLUMNS_MAX = 1024 };

typedef struct quality_table {
    double *x, *y, *w, *g;
    int64_t rows, groups;
    int32_t columns;
    int32_t *codes[COLUMNS_MAX];
    int64_t *group_start;
    uint8_t *fold, *mask;
    psn_bins *bins;
} quality_table;

static void need(int good, const char *what)
{
    if (good) return;
    fprintf(stderr, "quality_gbdt: %s\n", what);
    exit(1);
}

/* NULL: there is no such file. */
static double *read_doubles(const char *folder, const char *name, int64_t *count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    fseek(file, 0, SEEK_END);
    const long bytes = ftell(file);
    rewind(file);
    double *values = malloc((size_t)bytes + 1);
    need(values && fread(values, 1, (size_t)bytes, file) == (size_t)bytes, path);
    fclose(file);
    *count = bytes / 8;
    return values;
}

static void read_table(quality_table *t, const char *folder)
{
    int64_t cells, ignored;
    need((t->y = read_doubles(folder, "train.y", &t->rows)) != NULL, "no train.y");
    need((t->x = read_doubles(folder, "train.x", &cells)) != NULL, "no train.x");
    t->columns = (int32_t)(cells / t->rows);
    need(t->columns <= COLUMNS_MAX, "too many columns");
    t->w = read_doubles(folder, "train.w", &ignored);
    t->g = read_doubles(folder, "train.g", &t->groups);
    t->fold = malloc((size_t)t->rows);
    t->mask = malloc((size_t)t->rows);
    t->group_start = calloc((size_t)t->groups + 1, sizeof(int64_t));
    need(t->fold && t->mask && t->group_start, "no memory");
    for (int64_t q = 0; q < t->groups; q++)
        t->group_start[q + 1] = t->group_start[q] + (int64_t)t->g[q];
}

static void make_bins(quality_table *t, char **categories, int count)
{
    psn_bins_source *sources = calloc((size_t)t->columns, sizeof *sources);
    need(sources != NULL, "no memory");
    for (int32_t f = 0; f < t->columns; f++)
        sources[f] = (psn_bins_source){.values = t->x + f, .stride = t->columns};
    for (int c = 0; c < count; c++) {
        const int32_t f = atoi(categories[c]);
        int32_t *codes = t->codes[f] = malloc((size_t)t->rows * sizeof *codes), most = 0;
        for (int64_t i = 0; i < t->rows; i++) {
            const double code = t->x[i * t->columns + f];
            codes[i] = isnan(code) ? -1 : (int32_t)code;
            if (codes[i] > most) most = codes[i];
        }
        sources[f] = (psn_bins_source){.codes = codes, .levels = most + 1};
    }
    need(psn_bins_new(&t->bins, sources, t->columns, t->rows, BINS, NULL, NULL, NULL) ==
             0,
         "bins");
    free(sources);
}

/* Rows, or whole queries, at random. */
static void deal(quality_table *t, uint64_t seed)
{
    const int64_t units = t->groups > 0 ? t->groups : t->rows;
    for (int64_t u = 0; u < units; u++) {
        psn_random random;
        psn_random_start(&random, seed, 1, (uint64_t)u);
        const int64_t first = t->groups > 0 ? t->group_start[u] : u;
        const int64_t end = t->groups > 0 ? t->group_start[u + 1] : u + 1;
        memset(t->fold + first, (int)psn_random_below(&random, FOLDS),
               (size_t)(end - first));
    }
}

static int open_fold(void *context, psn_gbdt_data *data, int32_t fold,
                     persona_error *error)
{
    (void)error;
    quality_table *t = context;
    const int32_t folds = t->rows > MANY_ROWS ? FEW_FOLDS : FOLDS;
    for (int64_t i = 0; i < t->rows; i++) {
        const int validates = fold < folds && t->fold[i] == fold;
        t->mask[i] = validates ? PSN_GBDT_VALIDATE : PSN_GBDT_TRAIN;
    }
    *data = (psn_gbdt_data){.bins = t->bins,
                            .label = t->y,
                            .weight = t->w,
                            .mask = t->mask,
                            .group_start = t->groups > 0 ? t->group_start : NULL,
                            .groups = t->groups};
    return PERSONA_OK;
}

static void predict(const psn_gbdt *model, const char *folder, int32_t columns, int rates)
{
    char path[4096];
    int64_t cells;
    double *x = read_doubles(folder, "test.x", &cells);
    need(x != NULL, "no test.x");
    const int64_t rows = cells / columns;
    double *out = malloc((size_t)rows * sizeof *out);
    const psn_rows test = {.rows = rows, .dims = columns, .dense = x};
    need(psn_gbdt_predict(model, &test, out, NULL, NULL, NULL) == 0, "predict");
    for (int64_t i = 0; i < rows && rates; i++) out[i] = exp(out[i]);
    snprintf(path, sizeof path, "%s/test.p", folder);
    FILE *file = fopen(path, "wb");
    need(file && fwrite(out, sizeof *out, (size_t)rows, file) == (size_t)rows, path);
    need(fclose(file) == 0, path);
    free(out);
    free(x);
}

static void show(const psn_gbdt_found *found)
{
    for (int32_t i = 0; i < found->trials; i++) {
        const psn_gbdt_trial *t = &found->trial[i];
        fprintf(stderr, "  %s %d leaves, depth %d, %d rounds: %.5f%s\n",
                t->options.growth == PSN_GBDT_SYMMETRIC ? "symmetric" : "leaf-wise",
                t->options.num_leaves, t->options.max_depth, t->rounds, t->loss,
                t->share > 0 ? " *" : "");
    }
}

int main(int count, char **words)
{
    static quality_table table;
    if (count < 4) {
        printf("quality_gbdt: run by quality_fraud.sh\n");
        return 0;
    }
    const int rank = strcmp(words[2], "rank") == 0;
    const uint64_t seed = (uint64_t)atoi(words[3]);
    psn_gbdt_options base;
    psn_gbdt_search_options search = {.seed = seed};
    psn_gbdt_found found;
    persona_error error = {0};
    read_table(&table, words[1]);
    make_bins(&table, words + 4, count - 4);
    deal(&table, seed);
    psn_gbdt_defaults(&base, rank                               ? PSN_GBDT_LAMBDAMART
                             : strcmp(words[2], "tweedie") == 0 ? PSN_GBDT_TWEEDIE
                                                                : PSN_GBDT_POISSON);
    psn_gbdt_search_defaults(&base, &search, table.rows);
    const psn_gbdt_folds folds = {table.rows > MANY_ROWS ? FEW_FOLDS : FOLDS, open_fold,
                                  &table};
    need(psn_gbdt_search(&found, &folds, &base, &search, NULL, NULL, &error) == 0,
         error.message);
    show(&found);
    predict(found.model, words[1], table.columns, !rank);
    psn_gbdt_found_clear(&found);
    psn_bins_free(table.bins);
    return 0;
}
