/* bench_iforest.c: isolation forest: AUC (mean of 10 seeds), time to fit and to score one
 * row, size of the packed forest, for each CSV whose last column is the label (0, 1).
 *     bench_iforest [gain=1] TABLE.csv[.gz] ...       without a table: 50,000 made rows
 * isotree takes part when PERSONA_LIBISOTREE names its library (peer_isotree.cpp). */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/philox.h"
#include "data/csv.h"
#include "data/table.h"
#include "learn/iforest.h"
#include "measure/roc.h"

enum { SEEDS = 10 };

typedef struct bench_data {
    int64_t rows;
    int32_t columns;
    double *x; /* row-major */
    double *label;
} bench_data;

static double bench_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int bench_allocate(bench_data *data, int64_t rows, int32_t columns)
{
    data->rows = rows;
    data->columns = columns;
    data->x = malloc((size_t)rows * (size_t)columns * sizeof *data->x);
    data->label = malloc((size_t)rows * sizeof *data->label);
    return data->x != NULL && data->label != NULL;
}

static int bench_read(bench_data *data, const char *path)
{
    persona_error error;
    persona_table *table = NULL;
    if (psn_csv_read(&table, path, NULL, NULL, &error) != PERSONA_OK) {
        fprintf(stderr, "%s: %s\n", path, error.message);
        return 0;
    }
    if (!bench_allocate(data, table->rows, (int32_t)table->count - 1)) return 0;
    for (int32_t j = 0; j <= data->columns; j++) {
        const psn_column *column = psn_table_column(table, j);
        for (int64_t i = 0; i < data->rows; i++) {
            const double value = psn_column_number(column, i);
            if (j == data->columns)
                data->label[i] = value;
            else
                data->x[i * data->columns + j] = value;
        }
    }
    psn_table_free(table);
    return 1;
}

/* 28 columns; 2 rows of 100 lie 4 away in three of them. */
static int bench_make(bench_data *data)
{
    psn_random random;
    if (!bench_allocate(data, 50000, 28)) return 0;
    psn_random_start(&random, 1, 1, 0);
    for (int64_t i = 0; i < data->rows; i++) {
        data->label[i] = i % 50 == 0;
        for (int32_t j = 0; j < 28; j++) {
            double sum = 0; /* near enough normal */
            for (int k = 0; k < 12; k++) sum += psn_random_unit(&random);
            data->x[i * 28 + j] = sum - 6 + (data->label[i] > 0 && j < 3 ? 4 : 0);
        }
    }
    return 1;
}

static psn_iforest *bench_fit(const bench_data *data, double gain, uint64_t seed)
{
    psn_iforest *forest = NULL;
    psn_iforest_options options;
    psn_bins_source *sources = calloc((size_t)data->columns, sizeof *sources);
    psn_iforest_defaults(&options);
    options.gain = gain;
    options.seed = seed;
    for (int32_t j = 0; sources != NULL && j < data->columns; j++)
        sources[j] = (psn_bins_source){.values = data->x + j, .stride = data->columns};
    psn_iforest_fit(&forest, sources, data->columns, data->rows, &options, NULL, NULL,
                    NULL);
    free(sources);
    return forest;
}

static void bench_one(const char *name, const bench_data *data, double gain)
{
    double sum = 0, squares = 0, fit = 0, query = 1e9, size = 0, times[2];
    double *score = malloc((size_t)data->rows * sizeof *score);
    for (int seed = 0; seed < SEEDS && score != NULL; seed++) {
        psn_text packed = {0};
        double auc = NAN;
        const double start = bench_cpu();
        psn_iforest *forest = bench_fit(data, gain, 1 + 1000 * (uint64_t)seed);
        if (forest == NULL) break;
        fit += (bench_cpu() - start) / SEEDS;
        void *scratch = malloc(psn_iforest_scratch(forest));
        times[0] = bench_cpu();
        psn_iforest_batch(forest, data->x, data->rows, data->columns, scratch, score);
        times[1] = (bench_cpu() - times[0]) / (double)data->rows;
        query = times[1] < query ? times[1] : query;
        psn_roc_auc(&auc, score, data->label, NULL, data->rows, NULL);
        sum += auc;
        squares += auc * auc;
        psn_iforest_pack(&packed, forest, NULL);
        size += (double)packed.length / SEEDS;
        psn_text_free(&packed);
        free(scratch);
        psn_iforest_free(forest);
    }
    const double mean = sum / SEEDS;
    printf("%-28s gain %.1f  AUC %.4f sd %.4f  fit %.2f ms  row %.3f us  %.0f KB\n", name,
           gain, mean, sqrt(fmax(0, squares / SEEDS - mean * mean)), fit * 1e3,
           query * 1e6, size / 1000);
    free(score);
}

/* ---- isotree */

typedef struct bench_isotree {
    void *(*fit)(const double *, size_t, size_t, int, uint64_t);
    void (*predict)(void *, const double *, size_t, size_t, double *);
    void (*release)(void *);
} bench_isotree;

static int bench_isotree_open(bench_isotree *peer)
{
    const char *path = getenv("PERSONA_LIBISOTREE");
    void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW);
    static const char *const names[] = {"iso_fit", "iso_predict", "iso_free"};
    void *found[3];
    for (int i = 0; i < 3; i++) {
        found[i] = library == NULL ? NULL : dlsym(library, names[i]);
        if (found[i] == NULL) return 0;
    }
    memcpy(peer, found, sizeof found);
    return 1;
}

static double *bench_by_column(const bench_data *data)
{
    double *x = malloc((size_t)data->rows * (size_t)data->columns * sizeof *x);
    for (int64_t i = 0; x != NULL && i < data->rows; i++)
        for (int32_t j = 0; j < data->columns; j++)
            x[j * data->rows + i] = data->x[i * data->columns + j];
    return x;
}

/* The whole table in one call, and row by row: the less of both a row. */
static double bench_isotree_row(const bench_isotree *peer, void *forest,
                                const bench_data *data, double *score)
{
    const size_t rows = (size_t)data->rows, columns = (size_t)data->columns;
    const size_t some = rows < 20000 ? rows : 20000;
    double start = bench_cpu();
    for (size_t i = 0; i < some; i++)
        peer->predict(forest, data->x + i * columns, 1, columns, score + i);
    const double one = (bench_cpu() - start) / (double)some;
    start = bench_cpu();
    peer->predict(forest, data->x, rows, columns, score);
    return fmin(one, (bench_cpu() - start) / (double)rows);
}

static void bench_one_isotree(const char *name, const bench_data *data, double gain)
{
    bench_isotree peer = {0};
    double sum = 0, fit = 0, query = 1e9;
    if (!bench_isotree_open(&peer)) return;
    double *x = bench_by_column(data);
    double *score = malloc((size_t)data->rows * sizeof *score);
    for (int seed = 0; seed < SEEDS && x != NULL && score != NULL; seed++) {
        double auc = NAN;
        const double start = bench_cpu();
        void *forest = peer.fit(x, (size_t)data->rows, (size_t)data->columns, gain > 0,
                                1 + 1000 * (uint64_t)seed);
        fit += (bench_cpu() - start) / SEEDS;
        query = fmin(query, bench_isotree_row(&peer, forest, data, score));
        psn_roc_auc(&auc, score, data->label, NULL, data->rows, NULL);
        sum += auc;
        peer.release(forest);
    }
    printf("%-28s gain %.1f  AUC %.4f            fit %.2f ms  row %.3f us  isotree\n",
           name, gain, sum / SEEDS, fit * 1e3, query * 1e6);
    free(x);
    free(score);
}

int main(int argc, char **argv)
{
    double gain = 0;
    int tables = 0;
    for (int a = 1; a < argc; a++) {
        bench_data data = {0};
        const char *slash = strrchr(argv[a], '/');
        if (strncmp(argv[a], "gain=", 5) == 0) {
            gain = atof(argv[a] + 5);
            continue;
        }
        tables++;
        if (!bench_read(&data, argv[a])) return 1;
        bench_one(slash != NULL ? slash + 1 : argv[a], &data, gain);
        bench_one_isotree(slash != NULL ? slash + 1 : argv[a], &data, gain);
        free(data.x);
        free(data.label);
    }
    if (tables == 0) {
        bench_data data = {0};
        if (!bench_make(&data)) return 1;
        bench_one("made", &data, gain);
        bench_one_isotree("made", &data, gain);
        free(data.x);
        free(data.label);
    }
    return 0;
}
