/* bench_segmenter.c: what a shop waits for, through the public API, in CPU time, the
 * least of several runs: one customer, a table of a million, the sweep over k, a large
 * fit. bench_segmenter            all but the large fit bench_segmenter scale [M]  M
 * million rows x 16, k 20, default 10: memory, time, threads PERSONA_DATA: folder with
 * segment/online_retail_rfm.csv; without it rows are drawn. */
#include <persona.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "math/simd.h"

enum { FEATURES = 8, MILLION = 1000000 };

static const char *const feature[FEATURES] = {
    "recency_days", "frequency", "monetary",          "tenure_days",
    "lines",        "items",     "distinct_products", "returns"};

static void must(int rc, const persona_error *error)
{
    if (rc == PERSONA_OK) return;
    fprintf(stderr, "bench_segmenter: %s\n", error->message);
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double cpu(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t state = 1;

static double unit(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/* Skewed whole numbers, as counts and amounts of customers are. */
static persona_table *draw(int64_t rows)
{
    persona_error error;
    persona_table *table;
    double *values = malloc((size_t)rows * sizeof *values);
    must(persona_table_new(&table, &error), &error);
    for (int j = 0; j < FEATURES; j++) {
        for (int64_t i = 0; i < rows; i++) values[i] = floor(exp(6 * unit()));
        must(persona_table_add_real(table, feature[j], values, rows, &error), &error);
    }
    free(values);
    return table;
}

static persona_table *customers(void)
{
    persona_error error;
    persona_table *table;
    char path[512];
    const char *folder = getenv("PERSONA_DATA");
    snprintf(path, sizeof path, "%s/segment/online_retail_rfm.csv",
             folder ? folder : ".");
    if (persona_table_read_csv(&table, path, NULL, NULL, &error) == PERSONA_OK)
        return table;
    printf("no %s: rows are drawn\n", path);
    return draw(4338);
}

static persona_segmenter *fit(const persona_table *table, const char *options)
{
    persona_error error;
    persona_params *params;
    persona_segmenter *segmenter;
    must(persona_params_new(&params, "segmenter.fit", &error), &error);
    must(persona_params_parse(params, options, &error), &error);
    must(persona_segmenter_fit(&segmenter, table, params, NULL, &error), &error);
    persona_params_free(params);
    return segmenter;
}

static void drop(persona_segmenter *segmenter)
{
    persona_model_free(persona_segmenter_model(segmenter));
}

#define COLUMNS                                                                          \
    "features=recency_days,frequency,monetary,tenure_days,lines,items,"                  \
    "distinct_products,returns "

static void bench_fit(const persona_table *table, const char *what, const char *options)
{
    double best = 1e9;
    for (int run = 0; run < 7; run++) {
        double start = cpu();
        drop(fit(table, options));
        if (cpu() - start < best) best = cpu() - start;
    }
    printf("%-52s %8.1f ms\n", what, 1e3 * best);
}

static void bench_one(const persona_segmenter *segmenter, const char *what)
{
    persona_error error;
    persona_query *query;
    double row[FEATURES] = {12, 5, 830, 200, 90, 1500, 60, 1}, best = 1e9, distance;
    int32_t segment;
    must(persona_segmenter_prepare(&query, segmenter, NULL, &error), &error);
    for (int run = 0; run < 20; run++) {
        double start = cpu();
        for (int i = 0; i < MILLION / 4; i++) {
            row[0] = i & 255;
            must(persona_segmenter_assign(query, row, FEATURES, &segment, &distance,
                                          &error),
                 &error);
        }
        if (cpu() - start < best) best = cpu() - start;
    }
    printf("assign one customer, 8 columns, k 6, %-15s %8.1f ns\n", what, 4e3 * best);
    persona_query_free(query);
}

static void bench_table(const persona_segmenter *segmenter, const persona_table *table,
                        const char *what)
{
    persona_error error;
    persona_table *answer;
    double best = 1e9;
    for (int run = 0; run < 15; run++) {
        double start = cpu();
        must(
            persona_segmenter_assign_table(&answer, segmenter, table, NULL, NULL, &error),
            &error);
        if (cpu() - start < best) best = cpu() - start;
        persona_table_free(answer);
    }
    printf("assign a table of 1 M rows, %-24s %8.1f M rows/s\n", what, 1 / best);
}

static void bench_scale_child(int64_t rows, int threads)
{
    char options[64], name[8];
    persona_error error;
    persona_table *table;
    double *values = malloc((size_t)rows * sizeof *values), start;
    must(persona_table_new(&table, &error), &error);
    for (int j = 0; j < 16; j++) {
        state = 7;
        for (int64_t i = 0; i < rows; i++) {
            int cluster = (int)(20 * unit());
            double place =
                (double)((unsigned)(cluster * 97 + j * 31) * 2654435761u % 1000);
            state += (uint64_t)j; /* another noise in every column, the same clusters */
            values[i] = place / 50 + unit() + unit() + unit() + unit();
            state -= (uint64_t)j;
        }
        snprintf(name, sizeof name, "x%d", j);
        must(persona_table_add_real(table, name, values, rows, &error), &error);
    }
    free(values);
    snprintf(options, sizeof options, "k=20 transform=zscore threads=%d", threads);
    start = cpu();
    double wall = seconds(CLOCK_MONOTONIC);
    drop(fit(table, options));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double data = (double)rows * 16 * 8 / 1e6;
    printf("fit %.1f M x 16, k 20, %d threads: %6.2f s, CPU %6.2f s, peak %5.0f MB "
           "= (table + float32 copy) x %.3f\n",
           (double)rows / 1e6, threads, seconds(CLOCK_MONOTONIC) - wall, cpu() - start,
           (double)usage.ru_maxrss / 1e3, (double)usage.ru_maxrss / 1e3 / (1.5 * data));
    persona_table_free(table);
}

/* Each fit in a process of its own: peak memory is of the whole process. */
static void bench_scale(double millions)
{
    const double share[3] = {0.5, 1, 1};
    const int threads[3] = {1, 1, 2};
    for (int i = 0; i < 3; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            bench_scale_child((int64_t)(millions * share[i] * MILLION), threads[i]);
            exit(0);
        }
        waitpid(child, NULL, 0);
    }
}

int main(int count, char **argument)
{
    if (count > 1 && strcmp(argument[1], "scale") == 0) {
        bench_scale(count > 2 ? atof(argument[2]) : 10);
        return 0;
    }
    persona_table *table = customers(), *million = draw(MILLION);
    const int best = psn_simd_level();
    for (int level = best; level >= PSN_SIMD_AVX2 || level == best; level--) {
        psn_simd_force(level);
        printf("-- %s\n", psn_simd_name(level));
        bench_fit(table, "fit, k 6", COLUMNS "k=6 transform=log1p");
        bench_fit(table, "fit, k auto 2..12, all criteria", COLUMNS "transform=log1p");
        bench_fit(table, "the same with gap, 10 references",
                  COLUMNS "transform=log1p gap=true");
        persona_segmenter *skewed = fit(table, COLUMNS "k=6 transform=log1p");
        persona_segmenter *plain = fit(table, COLUMNS "k=6 transform=zscore");
        bench_one(skewed, "log1p + z");
        bench_one(plain, "z");
        bench_table(skewed, million, "log1p + z");
        bench_table(plain, million, "z");
        drop(skewed);
        drop(plain);
    }
    persona_table_free(million);
    persona_table_free(table);
    return 0;
}
