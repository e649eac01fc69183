/* bench_kmeans.c: time of one k-means fit from row-major float64 to labels.
 *
 *   bench_kmeans X.npy START.npy LABELS [--level avx2] [--threads 2] [--runs 5]
 *   bench_kmeans X.npy --k 15 LABELS [--seed 3] [--swaps -1] ...
 *   bench_kmeans X.npy --sweep 12 LABELS [--gap 10]
 *   bench_kmeans                                      synthetic data
 *
 * npy files hold float64, C order. The last line is one JSON object; LABELS gets int32.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "learn/kmeans.h"
#include "math/simd.h"

enum { MOST_RUNS = 1000 };

typedef struct matrix {
    double *values;
    int64_t rows, columns;
} matrix;

static void die(const char *what)
{
    fprintf(stderr, "bench_kmeans: %s\n", what);
    exit(1);
}

static matrix read_npy(const char *path)
{
    matrix m = {NULL, 0, 1};
    unsigned char head[10];
    char text[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(head, 1, 10, file) != 10) die("cannot read the matrix");
    const size_t length = head[8] + 256u * head[9];
    if (length >= sizeof text || fread(text, 1, length, file) != length) die("bad npy");
    text[length] = '\0';
    if (strstr(text, "<f8") == NULL || strstr(text, "True") != NULL)
        die("not <f8 C order");
    const char *shape = strstr(text, "'shape': (");
    if (shape == NULL ||
        sscanf(shape + 10, "%" SCNd64 ", %" SCNd64, &m.rows, &m.columns) < 1)
        die("bad shape");
    const size_t count = (size_t)(m.rows * m.columns);
    m.values = malloc(count * sizeof(double));
    if (m.values == NULL || fread(m.values, 8, count, file) != count) die("short npy");
    fclose(file);
    return m;
}

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

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct job {
    matrix data;
    psn_kmeans_options options;
    int32_t sweep, gap;
    int64_t threads;
    int runs;
    const char *labels;
} job;

static void run_once(const job *j, psn_kmeans *fit, double *cpu, double *wall)
{
    const psn_rows rows = {
        .rows = j->data.rows, .dims = (int32_t)j->data.columns, .dense = j->data.values};
    psn_points *points = NULL;
    psn_pool *pool = NULL;
    persona_error error = {0};
    psn_kmeans *fits = calloc((size_t)j->sweep + 1, sizeof *fits);
    psn_kmeans_trial *trials = calloc((size_t)j->sweep + 1, sizeof *trials);
    const double c0 = cpu_seconds(), w0 = wall_seconds();
    if (j->threads > 1 && psn_pool_open(&pool, j->threads, &error) != 0)
        die(error.message);
    if (psn_points_new(&points, &rows, pool, &error) != 0) die(error.message);
    if (j->sweep > 0) {
        if (psn_kmeans_sweep(fits, trials, points, 2, j->sweep, &j->options, j->gap, 0,
                             pool, NULL, &error) != 0)
            die(error.message);
    } else if (psn_kmeans_fit(fit, points, &j->options, pool, NULL, &error) != 0)
        die(error.message);
    psn_points_free(points);
    psn_pool_close(pool);
    *cpu = cpu_seconds() - c0;
    *wall = wall_seconds() - w0;
    for (int32_t i = 0; i + 2 <= j->sweep; i++) {
        if (j->runs == 1)
            printf(
                "k %2d inertia %.10g silhouette %.6f ch %.6g db %.6f bic %.8g gap %.5f "
                "+- %.5f\n",
                trials[i].k, trials[i].inertia, trials[i].silhouette,
                trials[i].calinski_harabasz, trials[i].davies_bouldin, trials[i].bic,
                trials[i].gap, trials[i].gap_error);
        psn_kmeans_clear(&fits[i]);
    }
    free(fits);
    free(trials);
}

static void run_job(const job *j)
{
    psn_kmeans fit = {0};
    double cpu[MOST_RUNS], wall[MOST_RUNS], sum = 0;
    int runs = 0;
    while (runs < MOST_RUNS && (runs < j->runs || (j->runs == 0 && sum < 1.0))) {
        psn_kmeans_clear(&fit);
        run_once(j, &fit, &cpu[runs], &wall[runs]);
        sum += wall[runs++];
    }
    if (j->labels != NULL && fit.labels != NULL) {
        FILE *file = fopen(j->labels, "wb");
        if (file == NULL) die("cannot write the labels");
        fwrite(fit.labels, 4, (size_t)j->data.rows, file);
        fclose(file);
    }
    qsort(cpu, (size_t)runs, sizeof *cpu, by_size);
    qsort(wall, (size_t)runs, sizeof *wall, by_size);
    printf(
        "{\"cpu_min\": %.9f, \"cpu_median\": %.9f, \"wall_min\": %.9f, \"runs\": %d, "
        "\"level\": \"%s\", \"found\": %d, \"iters\": %d, \"tried\": %d, \"kept\": %d, "
        "\"own_inertia\": %.12g}\n",
        cpu[0], cpu[runs / 2], wall[0], runs, psn_simd_name(psn_simd_level()), fit.k,
        fit.iterations, fit.swaps_tried, fit.swaps_kept, fit.inertia);
    psn_kmeans_clear(&fit);
}

/* Blobs on a grid, from a small generator of its own. */
static matrix make_blobs(int64_t rows, int64_t columns, int clusters)
{
    matrix m = {malloc((size_t)(rows * columns) * sizeof(double)), rows, columns};
    uint64_t s = 88172645463325252u;
    if (m.values == NULL) die("no memory");
    for (int64_t i = 0; i < rows * columns; i++) {
        double sum = 0;
        for (int t = 0; t < 4; t++) {
            s ^= s << 13, s ^= s >> 7, s ^= s << 17;
            sum += (double)(s >> 11) * 0x1p-53 - 0.5;
        }
        const int64_t cluster = i / columns % clusters, column = i % columns;
        m.values[i] = sum + (double)(cluster * (column * 7 + 3) % 11);
    }
    return m;
}

static int level_of(const char *name)
{
    for (int level = 0; level < PSN_SIMD_LEVELS; level++)
        if (strcmp(name, psn_simd_name(level)) == 0 && psn_simd_has(level)) return level;
    die("no such level here");
    return 0;
}

static void read_option(job *j, const char *name, const char *value)
{
    if (strcmp(name, "--k") == 0)
        j->options.k = atoi(value);
    else if (strcmp(name, "--seed") == 0)
        j->options.seed = (uint64_t)atoi(value);
    else if (strcmp(name, "--swaps") == 0)
        j->options.swaps = atoi(value);
    else if (strcmp(name, "--sweep") == 0)
        j->sweep = atoi(value);
    else if (strcmp(name, "--gap") == 0)
        j->gap = atoi(value);
    else if (strcmp(name, "--runs") == 0)
        j->runs = atoi(value);
    else if (strcmp(name, "--threads") == 0)
        j->threads = atoi(value);
    else if (strcmp(name, "--level") == 0)
        psn_simd_force(level_of(value));
    else
        die("unknown option");
}

int main(int argc, char **argv)
{
    job j = {{0}, {.swaps = -1}, 0, 0, 1, 0, NULL};
    const char *names[3] = {0};
    int count = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0 && i + 1 < argc) {
            read_option(&j, argv[i], argv[i + 1]);
            i++;
        } else if (count < 3)
            names[count++] = argv[i];
    }
    if (count == 0) {
        j.data = make_blobs(200000, 8, 12);
        j.options.k = 12;
        printf("200,000 x 8, k 12, defaults:\n");
        run_job(&j);
        free(j.data.values);
        return 0;
    }
    j.data = read_npy(names[0]);
    if (j.options.k == 0 && j.sweep == 0) {
        if (count < 3) die("give X.npy START.npy LABELS, or --k");
        const matrix start = read_npy(names[1]);
        j.options.start = start.values;
        j.options.k = (int32_t)start.rows;
        j.options.swaps = 0;
        j.labels = names[2];
        run_job(&j);
        free(start.values);
    } else {
        j.labels = names[1];
        run_job(&j);
    }
    free(j.data.values);
    return 0;
}
