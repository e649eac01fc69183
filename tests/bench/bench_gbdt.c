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
#include "lightgbm_peer.h"

#include "learn/gbdt.h"

enum { TURNS = 3 };

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

/* One thread and two, in turns: the machine may be shared, so each keeps its best, and
 * the ratio is the best of a turn. */
static void bench_ours(const bench_part *train, const bench_part *test)
{
    double cpu[2][TURNS], wall[2][TURNS], binning[2], least = 1e9, work = 1e9;
    double *scores = malloc((size_t)test->rows * 8), auc[2] = {0, 0};
    psn_rows rows = {.rows = test->rows, .dims = COLUMNS, .dense = test->x};
    if (scores == NULL) die("out of memory");
    for (int turn = 0; turn < TURNS; turn++) {
        for (int t = 0; t < 2; t++) {
            psn_gbdt *model = train_ours(train, train->rows, 100, 63, t + 1,
                                         &cpu[t][turn], &wall[t][turn], &binning[t]);
            if (psn_gbdt_predict(model, &rows, scores, NULL, NULL, NULL) != 0)
                die("prediction failed");
            auc[t] = area_under_curve(scores, test->y, test->rows);
            psn_gbdt_free(model);
        }
        least = fmin(least, wall[1][turn] / wall[0][turn]);
        work = fmin(work, cpu[1][turn] / cpu[0][turn]);
    }
    for (int t = 0; t < 2; t++) {
        for (int turn = 1; turn < TURNS; turn++) {
            cpu[t][0] = fmin(cpu[t][0], cpu[t][turn]);
            wall[t][0] = fmin(wall[t][0], wall[t][turn]);
        }
        printf(
            "train   persona   100x63 threads %d  cpu %.3f s (bins %.3f)  wall %.3f s  "
            "AUC %.6f\n",
            t + 1, cpu[t][0], binning[t], wall[t][0], auc[t]);
    }
    printf(
        "train   persona   100x63 two threads for one: wall x %.2f, cpu x %.2f (best of "
        "%d turns)\n",
        least, work, (int)TURNS);
    free(scores);
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
    void *dataset = NULL;
    snprintf(
        settings, sizeof settings,
        "objective=binary num_leaves=%d verbosity=-1 num_threads=1 force_row_wise=true",
        leaves);
    const int64_t rows = train->rows < 100000 ? train->rows : 100000;
    void *booster = lightgbm_train(api, train, rows, trees, settings, &dataset);
    const lightgbm_times times = lightgbm_time(api, booster, test);
    printf("predict lightgbm  %s  one row mean %.0f ns  batch %.0f ns a row\n", size,
           times.one, times.batch);
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
    lightgbm api = {0};
    const int peer = lightgbm_open(&api);
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
