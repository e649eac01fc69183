/* bench_rows.h: clocks, and rows of 28 columns with a label: read, or made up. */
#ifndef TESTS_BENCH_BENCH_ROWS_H
#define TESTS_BENCH_BENCH_ROWS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/philox.h"

enum { COLUMNS = 28, MADE_TRAIN = 200000, MADE_TEST = 20000 };

typedef struct bench_part {
    double *x, *y;
    int64_t rows;
} bench_part;

static inline double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double wall_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* ---- data */

static inline double *read_doubles(const char *folder, const char *name, int64_t *count)
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

static inline bench_part read_part(const char *folder, const char *part)
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

static inline double normal(psn_random *random)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) sum += psn_random_unit(random);
    return sum;
}

static inline bench_part make_part(int64_t rows, uint32_t purpose)
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

static inline int by_float(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

#endif
