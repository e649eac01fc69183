/* bench_mips.c: time of the k best inner products, one query at a time and many.
 *
 *   bench_mips [--rows 100000] [--dims 64] [--k 10] [--level avx2] [--threads 1]
 *              [--share 0.5]                      of the rows allowed, at random
 *   bench_mips --from ROWS.f32 --queries QUERIES.f32 --dims 64 [--out INDEX.i64] ...
 *
 * Files hold raw float32, row-major. Prints one JSON object a run; INDEX gets queries x k
 * row numbers.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/philox.h"
#include "math/mips.h"
#include "math/simd.h"

enum { ROUNDS = 7 };

typedef struct job {
    const char *from, *queries, *out;
    int64_t rows, asked, k, threads;
    int32_t dims;
    double share;
    float *row, *query;
    uint64_t *allow;
} job;

static void die(const char *what)
{
    fprintf(stderr, "bench_mips: %s\n", what);
    exit(1);
}

static double cpu_microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static float *gaussian(int64_t count, uint32_t purpose)
{
    float *values = psn_alloc_aligned((size_t)count, sizeof *values);
    psn_random random;
    if (values == NULL) die("out of memory");
    psn_random_start(&random, 1, purpose, 0);
    for (int64_t i = 0; i < count; i++) {
        const double u = 1 - psn_random_unit(&random), v = psn_random_unit(&random);
        values[i] = (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
    }
    return values;
}

static float *read_floats(const char *path, int32_t dims, int64_t *rows)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) die("cannot read the floats");
    *rows = ftell(file) / (4 * dims);
    rewind(file);
    const size_t count = (size_t)(*rows * dims);
    float *values = psn_alloc_aligned(count, sizeof *values);
    if (values == NULL || fread(values, 4, count, file) != count) die("short file");
    fclose(file);
    return values;
}

static uint64_t *random_mask(int64_t rows, double share)
{
    uint64_t *allow = calloc((size_t)(rows / 64 + 1), sizeof *allow);
    psn_random random;
    if (allow == NULL) die("out of memory");
    psn_random_start(&random, 1, 3, 0);
    for (int64_t i = 0; i < rows; i++)
        if (psn_random_unit(&random) < share) allow[i / 64] |= UINT64_C(1) << (i % 64);
    return allow;
}

static double time_single(const job *j, const psn_mips *mips, psn_scored *out,
                          int64_t *counts)
{
    void *scratch = psn_alloc_aligned(psn_mips_scratch(mips, j->k), 1);
    double least = INFINITY;
    if (scratch == NULL) die("out of memory");
    for (int round = 0; round < ROUNDS; round++) {
        const double start = cpu_microseconds();
        for (int64_t i = 0; i < j->asked; i++)
            counts[i] = psn_mips_query(mips, j->query + i * j->dims, j->k, j->allow,
                                       out + i * j->k, scratch);
        least = fmin(least, cpu_microseconds() - start);
    }
    psn_release_aligned(scratch);
    return least / (double)j->asked;
}

static double time_batch(const job *j, const psn_mips *mips, psn_scored *out,
                         int64_t *counts)
{
    persona_error error;
    psn_pool *pool = NULL;
    double least = INFINITY;
    if (psn_pool_open(&pool, j->threads, &error) != 0) die(error.message);
    for (int round = 0; round < ROUNDS; round++) {
        const double start = cpu_microseconds();
        if (psn_mips_batch(mips, j->query, j->asked, j->k, j->allow, 0, out, counts, pool,
                           &error) != 0)
            die(error.message);
        least = fmin(least, cpu_microseconds() - start);
    }
    psn_pool_close(pool);
    return least / (double)j->asked;
}

static void write_indices(const char *path, const psn_scored *out, int64_t count)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) die("cannot write the indices");
    for (int64_t i = 0; i < count; i++) fwrite(&out[i].index, 8, 1, file);
    fclose(file);
}

static void run_job(job *j)
{
    persona_error error;
    psn_mips *mips = NULL;
    const size_t cells = (size_t)(j->asked * j->k);
    psn_scored *single = calloc(cells, sizeof *single);
    psn_scored *batch = calloc(cells, sizeof *batch);
    int64_t *counts = calloc((size_t)j->asked, sizeof *counts);
    if (single == NULL || batch == NULL || counts == NULL) die("out of memory");
    const double start = cpu_microseconds();
    if (psn_mips_new(&mips, j->row, j->rows, j->dims, &error) != 0) die(error.message);
    const double build = cpu_microseconds() - start;
    const double one = time_single(j, mips, single, counts);
    const double many = time_batch(j, mips, batch, counts);
    for (size_t i = 0; i < cells; i++)
        if (single[i].index != batch[i].index || single[i].score != batch[i].score)
            die("one query and many differ");
    if (j->out != NULL) write_indices(j->out, single, (int64_t)cells);
    printf("{\"level\": \"%s%s\", \"rows\": %" PRId64 ", \"dims\": %" PRId32
           ", \"k\": %" PRId64 ", \"queries\": %" PRId64 ", \"threads\": %" PRId64
           ", \"build_ms\": %.1f, \"single_cpu_us\": %.2f, \"batch_cpu_us\": %.2f}\n",
           psn_simd_name(psn_simd_level()), psn_simd_bytes() ? " vnni" : "", j->rows,
           j->dims, j->k, j->asked, j->threads, build / 1e3, one, many);
    psn_mips_free(mips);
    free(single);
    free(batch);
    free(counts);
}

static void force_level(const char *name)
{
    for (int level = 0; level < PSN_SIMD_LEVELS; level++)
        if (strcmp(name, psn_simd_name(level)) == 0 && psn_simd_has(level)) {
            psn_simd_force(level);
            return;
        }
    die("no such level here");
}

static void read_option(job *j, const char *name, const char *value)
{
    if (strcmp(name, "--rows") == 0)
        j->rows = atoll(value);
    else if (strcmp(name, "--asked") == 0)
        j->asked = atoll(value);
    else if (strcmp(name, "--dims") == 0)
        j->dims = atoi(value);
    else if (strcmp(name, "--k") == 0)
        j->k = atoll(value);
    else if (strcmp(name, "--threads") == 0)
        j->threads = atoll(value);
    else if (strcmp(name, "--level") == 0)
        force_level(value);
    else if (strcmp(name, "--share") == 0)
        j->share = atof(value);
    else if (strcmp(name, "--from") == 0)
        j->from = value;
    else if (strcmp(name, "--queries") == 0)
        j->queries = value;
    else if (strcmp(name, "--out") == 0)
        j->out = value;
    else
        die("unknown option");
}

int main(int argc, char **argv)
{
    job j = {.rows = 100000, .asked = 1000, .k = 10, .threads = 1, .dims = 64};
    for (int i = 1; i + 1 < argc; i += 2) read_option(&j, argv[i], argv[i + 1]);
    j.row = j.from != NULL ? read_floats(j.from, j.dims, &j.rows)
                           : gaussian(j.rows * j.dims, 1);
    j.query = j.queries != NULL ? read_floats(j.queries, j.dims, &j.asked)
                                : gaussian(j.asked * j.dims, 2);
    if (j.share > 0) j.allow = random_mask(j.rows, j.share);
    run_job(&j);
    free(j.allow);
    psn_release_aligned(j.row);
    psn_release_aligned(j.query);
    return 0;
}
