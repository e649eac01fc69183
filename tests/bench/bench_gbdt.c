/* bench_gbdt.c: training and prediction of boosted trees, beside LightGBM in the same
 * run.
 *
 *     bench_gbdt [FOLDER]
 *
 * FOLDER holds train.f64, train.y.f64, test.f64, test.y.f64: row-major doubles with 28
 * columns; without it 200,000 + 20,000 rows are made up here. LightGBM takes part when
 * PERSONA_LIGHTGBM names its shared library (lib_lightgbm.so of the Python package).
 * Seconds are CPU seconds of the process; judge ratios of one run. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/philox.h"
#include "learn/gbdt.h"

enum { COLUMNS = 28, MADE_TRAIN = 200000, MADE_TEST = 20000 };

typedef struct bench_part {
    double *x, *y;
    int64_t rows;
} bench_part;

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double wall_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_gbdt: %s\n", what);
    exit(1);
}

/* ---- data */

static double *read_doubles(const char *folder, const char *name, int64_t *count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) die(path);
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    rewind(file);
    double *values = malloc((size_t)bytes);
    if (values == NULL || fread(values, 1, (size_t)bytes, file) != (size_t)bytes)
        die(path);
    fclose(file);
    *count = bytes / 8;
    return values;
}

static bench_part read_part(const char *folder, const char *part)
{
    char name[64];
    bench_part out;
    int64_t count;
    snprintf(name, sizeof name, "%s.f64", part);
    out.x = read_doubles(folder, name, &count);
    snprintf(name, sizeof name, "%s.y.f64", part);
    out.y = read_doubles(folder, name, &out.rows);
    if (count != out.rows * COLUMNS) die("not 28 columns");
    return out;
}

static double normal(psn_random *random)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) sum += psn_random_unit(random);
    return sum;
}

static bench_part make_part(int64_t rows, uint32_t purpose)
{
    bench_part part = {malloc((size_t)rows * COLUMNS * 8), malloc((size_t)rows * 8),
                       rows};
    if (part.x == NULL || part.y == NULL) die("out of memory");
    for (int64_t i = 0; i < rows; i++) {
        psn_random random;
        psn_random_start(&random, 1, purpose, (uint64_t)i);
        double *x = part.x + i * COLUMNS;
        for (int c = 0; c < COLUMNS; c++) {
            x[c] = c < 22 ? normal(&random)
                          : floor(100.0 * psn_random_unit(&random)) / 100.0;
        }
        double f = 1.2 * x[0] + sin(2.0 * x[1]) + 0.8 * x[2] * x[3] +
                   1.2 * (fabs(x[4]) > 1.0) + 1.5 * (x[22] > 0.7) * (x[6] > 0.0) +
                   0.6 * fmax(x[8], x[9]) - 1.0;
        part.y[i] = psn_random_unit(&random) < 1.0 / (1.0 + exp(-f));
    }
    return part;
}

/* ---- scoring */

typedef struct scored {
    double score, label;
} scored;

static int by_score(const void *a, const void *b)
{
    const double x = ((const scored *)a)->score, y = ((const scored *)b)->score;
    return (x > y) - (x < y);
}

static double area_under_curve(const double *scores, const double *labels, int64_t rows)
{
    scored *list = malloc((size_t)rows * sizeof *list);
    if (list == NULL) die("out of memory");
    for (int64_t i = 0; i < rows; i++) list[i] = (scored){scores[i], labels[i]};
    qsort(list, (size_t)rows, sizeof *list, by_score);
    double ranks = 0.0, positive = 0.0;
    for (int64_t i = 0, end; i < rows; i = end) {
        for (end = i; end < rows && list[end].score == list[i].score;) end++;
        for (int64_t k = i; k < end; k++) {
            if (list[k].label > 0.0)
                ranks += 0.5 * (double)(i + end - 1) + 1.0, positive++;
        }
    }
    free(list);
    const double all = (double)rows;
    return (ranks - positive * (positive + 1.0) / 2.0) / (positive * (all - positive));
}

static int by_float(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* ---- ours */

static psn_gbdt *train_ours(const bench_part *part, int64_t rows, int32_t trees,
                            int32_t leaves, int threads, double *cpu, double *wall,
                            double *binning)
{
    psn_bins_source sources[COLUMNS];
    psn_pool *pool = NULL;
    psn_bins *bins = NULL;
    psn_gbdt *model = NULL;
    persona_error error = {0};
    for (int c = 0; c < COLUMNS; c++) {
        sources[c] = (psn_bins_source){.values = part->x + c, .stride = COLUMNS};
    }
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = trees;
    options.num_leaves = leaves;
    options.lambda_l2 = 1.0;
    *cpu = cpu_seconds();
    *wall = wall_seconds();
    int rc = psn_pool_open(&pool, threads, &error);
    if (rc == 0) {
        rc = psn_bins_new(&bins, sources, COLUMNS, rows, 255, pool, NULL, &error);
    }
    *binning = cpu_seconds() - *cpu;
    psn_gbdt_data data = {.bins = bins, .label = part->y};
    if (rc == 0) {
        rc = psn_gbdt_fit(&model, NULL, &data, &options, NULL, pool, NULL, &error);
    }
    if (rc != 0) die(error.message);
    psn_pool_close(pool);
    psn_bins_free(bins);
    *cpu = cpu_seconds() - *cpu;
    *wall = wall_seconds() - *wall;
    return model;
}

static void bench_ours(const bench_part *train, const bench_part *test)
{
    for (int threads = 1; threads <= 2; threads++) {
        double cpu, wall, binning;
        psn_gbdt *model =
            train_ours(train, train->rows, 100, 63, threads, &cpu, &wall, &binning);
        double *scores = malloc((size_t)test->rows * 8);
        psn_rows rows = {.rows = test->rows, .dims = COLUMNS, .dense = test->x};
        if (scores == NULL ||
            psn_gbdt_predict(model, &rows, scores, NULL, NULL, NULL) != 0) {
            die("prediction failed");
        }
        printf(
            "train   persona   100x63 threads %d  cpu %.3f s (bins %.3f)  wall %.3f s  "
            "AUC %.6f\n",
            threads, cpu, binning, wall, area_under_curve(scores, test->y, test->rows));
        free(scores);
        psn_gbdt_free(model);
    }
}

static void time_ours(const psn_gbdt *model, const bench_part *test, const char *size)
{
    psn_gbdt_fast *fast = NULL;
    if (psn_gbdt_fast_new(&fast, model, NULL) != 0) die("compilation failed");
    void *scratch = aligned_alloc(64, psn_gbdt_fast_scratch(fast));
    double *out = malloc((size_t)test->rows * 8);
    float *times = malloc((size_t)test->rows * sizeof *times);
    if (scratch == NULL || out == NULL || times == NULL) die("out of memory");
    double batch = 1e9, mean = 1e9;
    for (int repeat = 0; repeat < 5; repeat++) {
        double start = cpu_seconds();
        psn_gbdt_fast_batch(fast, test->x, test->rows, COLUMNS, scratch, out);
        batch = fmin(batch, cpu_seconds() - start);
        start = cpu_seconds();
        for (int64_t i = 0; i < test->rows; i++) {
            psn_gbdt_fast_one(fast, test->x + i * COLUMNS, scratch, &out[i]);
        }
        mean = fmin(mean, cpu_seconds() - start);
    }
    for (int64_t i = 0; i < test->rows; i++) {
        double start = wall_seconds();
        psn_gbdt_fast_one(fast, test->x + i * COLUMNS, scratch, &out[i]);
        times[i] = (float)(1e9 * (wall_seconds() - start));
    }
    qsort(times, (size_t)test->rows, sizeof *times, by_float);
    const double rows = (double)test->rows;
    printf("predict persona   %s  one row mean %.0f ns, p50 %.0f (with clock), p99 %.0f  "
           "batch %.0f ns a row\n",
           size, 1e9 * mean / rows, (double)times[test->rows / 2],
           (double)times[test->rows / 100 * 99], 1e9 * batch / rows);
    free(scratch);
    free(out);
    free(times);
    psn_gbdt_fast_free(fast);
}

/* ---- LightGBM through its C interface */

typedef struct lightgbm {
    int (*dataset)(const void *, int, int32_t, int32_t, int, const char *, void *,
                   void **);
    int (*field)(void *, const char *, const void *, int, int);
    int (*booster)(void *, const char *, void **);
    int (*update)(void *, int *);
    int (*fast_init)(void *, int, int, int, int, int32_t, const char *, void **);
    int (*fast)(void *, const void *, int64_t *, double *);
    int (*batch)(void *, const void *, int, int32_t, int32_t, int, int, int, int,
                 const char *, int64_t *, double *);
    int (*free_booster)(void *);
    int (*free_dataset)(void *);
} lightgbm;

static int lightgbm_open(lightgbm *api, const char *path)
{
    void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW);
    if (library == NULL) return 0;
    static const char *const names[] = {"LGBM_DatasetCreateFromMat",
                                        "LGBM_DatasetSetField",
                                        "LGBM_BoosterCreate",
                                        "LGBM_BoosterUpdateOneIter",
                                        "LGBM_BoosterPredictForMatSingleRowFastInit",
                                        "LGBM_BoosterPredictForMatSingleRowFast",
                                        "LGBM_BoosterPredictForMat",
                                        "LGBM_BoosterFree",
                                        "LGBM_DatasetFree"};
    void *found[9];
    for (int i = 0; i < 9; i++) {
        found[i] = dlsym(library, names[i]);
        if (found[i] == NULL) return 0;
    }
    memcpy(api, found, sizeof found);
    return 1;
}

static void *lightgbm_train(const lightgbm *api, const bench_part *part, int64_t rows,
                            int trees, const char *settings, void **dataset)
{
    void *booster = NULL;
    float *labels = malloc((size_t)rows * sizeof *labels);
    if (labels == NULL) die("out of memory");
    for (int64_t i = 0; i < rows; i++) labels[i] = (float)part->y[i];
    int finished,
        rc = api->dataset(part->x, 1, (int32_t)rows, COLUMNS, 1, settings, NULL, dataset);
    if (rc == 0) rc = api->field(*dataset, "label", labels, (int)rows, 0);
    if (rc == 0) rc = api->booster(*dataset, settings, &booster);
    for (int t = 0; t < trees && rc == 0; t++) rc = api->update(booster, &finished);
    if (rc != 0) die("LightGBM failed");
    free(labels);
    return booster;
}

static void bench_lightgbm(const lightgbm *api, const bench_part *train,
                           const bench_part *test)
{
    static const char *const kinds[] = {
        "force_row_wise=true", "use_quantized_grad=true quant_train_renew_leaf=true"};
    double *scores = malloc((size_t)test->rows * 8);
    if (scores == NULL) die("out of memory");
    for (int k = 0; k < 2; k++) {
        char settings[256];
        void *dataset = NULL;
        int64_t count;
        snprintf(
            settings, sizeof settings,
            "objective=binary num_leaves=63 learning_rate=0.1 max_bin=255 verbosity=-1 "
            "num_threads=1 %s",
            kinds[k]);
        const double start = cpu_seconds();
        void *booster = lightgbm_train(api, train, train->rows, 100, settings, &dataset);
        const double cpu = cpu_seconds() - start;
        api->batch(booster, test->x, 1, (int32_t)test->rows, COLUMNS, 1, 1, 0, 0,
                   "num_threads=1", &count, scores);
        printf("train   lightgbm  100x63 threads 1  cpu %.3f s  AUC %.6f  (%s)\n", cpu,
               area_under_curve(scores, test->y, test->rows), kinds[k]);
        api->free_booster(booster);
        api->free_dataset(dataset);
    }
    free(scores);
}

static void time_lightgbm(const lightgbm *api, const bench_part *train,
                          const bench_part *test, int trees, int leaves, const char *size)
{
    char settings[256];
    void *dataset = NULL, *fast = NULL;
    int64_t count;
    snprintf(
        settings, sizeof settings,
        "objective=binary num_leaves=%d verbosity=-1 num_threads=1 force_row_wise=true",
        leaves);
    int64_t rows = train->rows < 100000 ? train->rows : 100000;
    void *booster = lightgbm_train(api, train, rows, trees, settings, &dataset);
    double *out = malloc((size_t)test->rows * 8);
    if (out == NULL ||
        api->fast_init(booster, 1, 0, 0, 1, COLUMNS, "num_threads=1", &fast)) {
        die("LightGBM failed");
    }
    double start = cpu_seconds();
    for (int64_t i = 0; i < test->rows; i++) {
        api->fast(fast, test->x + i * COLUMNS, &count, &out[i]);
    }
    const double one = cpu_seconds() - start;
    start = cpu_seconds();
    api->batch(booster, test->x, 1, (int32_t)test->rows, COLUMNS, 1, 1, 0, 0,
               "num_threads=1", &count, out);
    const double batch = cpu_seconds() - start, all = (double)test->rows;
    printf("predict lightgbm  %s  one row mean %.0f ns  batch %.0f ns a row\n", size,
           1e9 * one / all, 1e9 * batch / all);
    free(out);
    api->free_booster(booster);
    api->free_dataset(dataset);
}

int main(int argc, char **argv)
{
    bench_part train, test;
    if (argc > 1) {
        train = read_part(argv[1], "train");
        test = read_part(argv[1], "test");
    } else {
        train = make_part(MADE_TRAIN, 1);
        test = make_part(MADE_TEST, 2);
    }
    lightgbm api;
    const int peer = lightgbm_open(&api, getenv("PERSONA_LIGHTGBM"));
    bench_ours(&train, &test);
    if (peer) bench_lightgbm(&api, &train, &test);
    static const struct {
        int trees, leaves;
        const char *name;
    } sizes[] = {{100, 31, "100x31"}, {500, 64, "500x64"}};
    for (int k = 0; k < 2; k++) {
        double cpu, wall, binning;
        int64_t rows = train.rows < 100000 ? train.rows : 100000;
        psn_gbdt *model = train_ours(&train, rows, sizes[k].trees, sizes[k].leaves, 1,
                                     &cpu, &wall, &binning);
        time_ours(model, &test, sizes[k].name);
        psn_gbdt_free(model);
        if (peer) {
            time_lightgbm(&api, &train, &test, sizes[k].trees, sizes[k].leaves,
                          sizes[k].name);
        }
    }
    free(train.x);
    free(train.y);
    free(test.x);
    free(test.y);
    return 0;
}
