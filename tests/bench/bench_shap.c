/* bench_shap.c: exact SHAP and path attribution with the five largest effects, one row at
 * a time, for a LightGBM text model; rows of doubles, row-major, or made ones. bench_shap
 * MODEL.txt [ROWS.f64]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/os.h"
#include "base/philox.h"
#include "learn/gbdt_import.h"
#include "learn/gbdt_shap.h"
#include "math/simd.h"

enum { MADE = 5000, TOP = 5 };

static double bench_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + 1e-3 * (double)t.tv_nsec;
}

static double *bench_make(int64_t *rows, int32_t features)
{
    psn_random random;
    double *x = malloc(sizeof *x * MADE * (size_t)features);
    psn_random_start(&random, 1, 1, 0);
    for (int64_t i = 0; x != NULL && i < (int64_t)MADE * features; i++)
        x[i] = psn_random_unit(&random) * 4 - 2;
    *rows = MADE;
    return x;
}

static void bench_run(const psn_gbdt *model, const psn_gbdt_shap *shap, const double *x,
                      int64_t rows, int exact)
{
    const int64_t width = model->features;
    void *scratch = psn_alloc_aligned(psn_gbdt_shap_scratch(shap), 1);
    double *out = malloc(sizeof *out * (size_t)(width + 1) * (size_t)model->outputs);
    double best = 1e9, top[TOP], sum = 0;
    int32_t feature[TOP];
    for (int round = 0; round < 3; round++) {
        const int64_t count = exact ? (rows < 3000 ? rows : 3000) : rows;
        const double start = bench_cpu();
        for (int64_t i = 0; i < count; i++) {
            if (exact)
                psn_gbdt_shap_exact(shap, x + i * width, scratch, out);
            else
                psn_gbdt_shap_path(shap, x + i * width, scratch, out);
            sum += psn_gbdt_shap_top(feature, top, TOP, out, model->features);
        }
        const double time = (bench_cpu() - start) / (double)count;
        best = time < best ? time : best;
    }
    printf("%-6s top 5: %.2f us a row (%s, %g)\n", exact ? "exact" : "path", best,
           psn_simd_name(psn_simd_level()), sum);
    psn_release_aligned(scratch);
    free(out);
}

int main(int argc, char **argv)
{
    persona_error error;
    psn_gbdt *model = NULL;
    psn_gbdt_shap *shap = NULL;
    void *bytes = NULL, *rows_read = NULL;
    size_t size = 0;
    int64_t rows = 0;
    if (argc < 2) {
        puts("usage: bench_shap MODEL.txt [ROWS.f64]");
        return 2;
    }
    if (psn_os_read_all(argv[1], -1, &bytes, &size, NULL, &error) != PERSONA_OK ||
        psn_gbdt_import_lightgbm(&model, NULL, bytes, size, &error) != PERSONA_OK ||
        psn_gbdt_shap_new(&shap, model, &error) != PERSONA_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    if (argc > 2 &&
        psn_os_read_all(argv[2], -1, &rows_read, &size, NULL, &error) == PERSONA_OK)
        rows = (int64_t)(size / sizeof(double)) / model->features;
    double *x = rows > 0 ? rows_read : bench_make(&rows, model->features);
    for (int level = PSN_SIMD_LEVELS - 1; x != NULL && level >= 0; level--) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        bench_run(model, shap, x, rows, 1);
    }
    bench_run(model, shap, x, rows, 0);
    return 0;
}
