/* lightgbm_peer.h: LightGBM through its C interface, out of the shared library that the
 * environment names: PERSONA_LIGHTGBM (lib_lightgbm.so of the Python package). */
#ifndef TESTS_BENCH_LIGHTGBM_PEER_H
#define TESTS_BENCH_LIGHTGBM_PEER_H

#include <dlfcn.h>
#include "bench_rows.h"

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

/* 1 if it is there. */
static inline int lightgbm_open(lightgbm *api)
{
    const char *path = getenv("PERSONA_LIGHTGBM");
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

static inline void *lightgbm_train(const lightgbm *api, const bench_part *part,
                                   int64_t rows, int trees, const char *settings,
                                   void **dataset)
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

/* Mean nanoseconds of a row: by the quick call for single rows, and of a batch. */
typedef struct lightgbm_times {
    double one, batch;
} lightgbm_times;

static inline lightgbm_times lightgbm_time(const lightgbm *api, void *booster,
                                           const bench_part *test)
{
    void *fast = NULL;
    int64_t count;
    lightgbm_times best = {1e9, 1e9};
    double *out = malloc((size_t)test->rows * 8);
    if (out == NULL ||
        api->fast_init(booster, 1, 0, 0, 1, COLUMNS, "num_threads=1", &fast))
        die("LightGBM failed");
    for (int repeat = 0; repeat < 3; repeat++) {
        double start = cpu_seconds();
        for (int64_t i = 0; i < test->rows; i++)
            api->fast(fast, test->x + i * COLUMNS, &count, &out[i]);
        best.one = fmin(best.one, 1e9 * (cpu_seconds() - start) / (double)test->rows);
        start = cpu_seconds();
        api->batch(booster, test->x, 1, (int32_t)test->rows, COLUMNS, 1, 1, 0, 0,
                   "num_threads=1", &count, out);
        best.batch = fmin(best.batch, 1e9 * (cpu_seconds() - start) / (double)test->rows);
    }
    free(out);
    return best;
}

#endif
