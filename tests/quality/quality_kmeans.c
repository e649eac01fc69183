/* quality_kmeans.c: the optimum that k-means finds by default, seeds 0 .. 9, on the sets
 * of the clustering basic benchmark (Franti and Sieranoja 2018): no reference cluster
 * missed, inertia at most 1.0005 x that of Lloyd from the reference means.
 *     PERSONA_DATA=folder quality_kmeans [SET ...] */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "learn/kmeans.h"
#include "math/simd.h"

enum { SEEDS = 10 };

typedef struct set {
    double *x;
    int32_t *label;
    int64_t rows;
    int32_t k;
} set;

/* All numbers of a gzipped text file. */
static double *read_numbers(const char *folder, const char *name, const char *ending,
                            int64_t *count)
{
    char path[512], token[64];
    int64_t room = 1 << 16;
    double *values = malloc((size_t)room * sizeof *values);
    int length = 0, byte;
    snprintf(path, sizeof path, "%s/segment/sipu_%s.%s.gz", folder, name, ending);
    gzFile file = gzopen(path, "rb");
    *count = 0;
    if (file == NULL || values == NULL) return values;
    do {
        byte = gzgetc(file);
        if (byte > ' ' && length < 63) {
            token[length++] = (char)byte;
        } else if (length > 0) {
            token[length] = '\0';
            length = 0;
            if (*count == room)
                values = realloc(values, (size_t)(room *= 2) * sizeof *values);
            if (values == NULL) break;
            values[(*count)++] = atof(token);
        }
    } while (byte >= 0);
    gzclose(file);
    return values;
}

/* Centred, one common scale, as the peers' script prepares them. */
static int read_set(set *s, const char *folder, const char *name)
{
    int64_t values, labels;
    double mean[2] = {0, 0}, square = 0;
    s->x = read_numbers(folder, name, "data", &values);
    double *label = read_numbers(folder, name, "labels0", &labels);
    s->rows = labels;
    s->label = malloc((size_t)labels * sizeof *s->label + 1);
    if (s->label == NULL || s->x == NULL || labels == 0 || values != 2 * labels) return 0;
    s->k = 0;
    for (int64_t i = 0; i < labels; i++) {
        s->label[i] = (int32_t)label[i] - 1;
        s->k = s->label[i] >= s->k ? s->label[i] + 1 : s->k;
    }
    free(label);
    for (int64_t i = 0; i < values; i++) mean[i % 2] += s->x[i] / (double)labels;
    for (int64_t i = 0; i < values; i++) {
        s->x[i] -= mean[i % 2];
        square += s->x[i] * s->x[i];
    }
    for (int64_t i = 0; i < values; i++) s->x[i] /= sqrt(square / (double)values);
    return 1;
}

static void means_of(double *means, const set *s)
{
    double *count = calloc((size_t)s->k, sizeof *count);
    memset(means, 0, (size_t)s->k * 2 * sizeof *means);
    for (int64_t i = 0; i < s->rows && count != NULL; i++) {
        count[s->label[i]]++;
        means[2 * s->label[i]] += s->x[2 * i];
        means[2 * s->label[i] + 1] += s->x[2 * i + 1];
    }
    for (int32_t c = 0; c < 2 * s->k && count != NULL; c++) means[c] /= count[c / 2];
    free(count);
}

/* How many points of `from` are nearest to no point of `to`'s choice. */
static int unmatched(const double *to, int32_t many, const double *from, int32_t some)
{
    int missing = 0;
    char *hit = calloc((size_t)many, 1);
    for (int32_t i = 0; i < some && hit != NULL; i++) {
        int32_t best = 0;
        double least = INFINITY;
        for (int32_t c = 0; c < many; c++) {
            const double d =
                (from[2 * i] - to[2 * c]) * (from[2 * i] - to[2 * c]) +
                (from[2 * i + 1] - to[2 * c + 1]) * (from[2 * i + 1] - to[2 * c + 1]);
            if (d < least) least = d, best = c;
        }
        hit[best] = 1;
    }
    for (int32_t c = 0; c < many && hit != NULL; c++) missing += !hit[c];
    free(hit);
    return missing;
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int fit_set(psn_kmeans *fit, const set *s, const psn_kmeans_options *options)
{
    const psn_rows rows = {.rows = s->rows, .dims = 2, .dense = s->x};
    psn_points *points = NULL;
    persona_error error = {0};
    int rc = psn_points_new(&points, &rows, NULL, &error);
    if (rc == 0) rc = psn_kmeans_fit(fit, points, options, NULL, NULL, &error);
    if (rc != 0) fprintf(stderr, "%s\n", error.message);
    psn_points_free(points);
    return rc;
}

/* 1 if every seed meets the bar. */
static int check_set(const char *folder, const char *name)
{
    set s = {0};
    psn_kmeans base = {0};
    double worst = 0, least = INFINITY, most = 0;
    int missed = 0, orphans = 0, tried = 0, kept = 0;
    if (!read_set(&s, folder, name)) {
        printf("%-10s no data, skipped\n", name);
        return 1;
    }
    double *means = malloc((size_t)s.k * 2 * sizeof *means);
    if (means == NULL) return 0;
    means_of(means, &s);
    psn_kmeans_options options = {.k = s.k, .swaps = 0, .start = means};
    if (fit_set(&base, &s, &options) != 0) return 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        psn_kmeans fit = {0};
        const psn_kmeans_options defaults = {.k = s.k, .seed = seed, .swaps = -1};
        const double from = cpu_ms();
        if (fit_set(&fit, &s, &defaults) != 0) return 0;
        const double ms = cpu_ms() - from, ratio = fit.inertia / base.inertia;
        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
        worst = ratio > worst ? ratio : worst;
        missed += unmatched(base.centers, s.k, fit.centers, fit.k);
        orphans += unmatched(fit.centers, fit.k, base.centers, s.k);
        tried += fit.swaps_tried;
        kept += fit.swaps_kept;
        psn_kmeans_clear(&fit);
    }
    const int good = missed == 0 && orphans == 0 && worst <= 1.0005;
    printf("%-10s k %3d  missed %d orphans %d  worst ratio %.6f  cpu %.2f .. %.2f ms  "
           "swaps tried %d kept %d  %s\n",
           name, s.k, missed, orphans, worst, least, most, tried, kept,
           good ? "ok" : "FAIL");
    psn_kmeans_clear(&base);
    free(means);
    free(s.x);
    free(s.label);
    return good;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"s1", "s2", "s3",        "s4",
                                        "a1", "a3", "unbalance", "birch1"};
    const char *folder = getenv("PERSONA_DATA");
    int good = 1;
    if (folder == NULL) folder = "../shared/data";
    for (int level = 0; level < PSN_SIMD_LEVELS && argc > 1; level++)
        if (strcmp(argv[1], psn_simd_name(level)) == 0)
            psn_simd_force(level), argv++, argc--;
    for (int i = 1; i < argc; i++) good &= check_set(folder, argv[i]);
    for (size_t i = 0; argc < 2 && i < sizeof names / sizeof *names; i++)
        good &= check_set(folder, names[i]);
    return good ? 0 : 1;
}
