/* bench_elementary.c: nanoseconds per value of exp, log, log1p and pow at each level,
 * beside those of libm. Best of many runs over 1,024 values that stay in the cache. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include "base/os.h"
#include "base/philox.h"
#include "math/elementary.h"
#include "math/simd.h"

enum { VALUES = 1024, RUNS = 2000 };

static double in[VALUES], out[VALUES];

typedef double single(double);
typedef void array(double *, const double *, int64_t);
typedef struct job {
    const char *name;
    single *one;
    array *all; /* NULL: `one` in a loop */
} job;

static double power(double x)
{
    return psn_pow(x, 2.3);
}

static double power_of_libm(double x)
{
    return pow(x, 2.3);
}

static const job jobs[] = {
    {"exp array", NULL, psn_exp_array},
    {"log array", NULL, psn_log_array},
    {"log1p array", NULL, psn_log1p_array},
    {"exp", psn_exp, NULL},
    {"expm1", psn_expm1, NULL},
    {"log", psn_log, NULL},
    {"log1p", psn_log1p, NULL},
    {"pow", power, NULL},
};
static const job libm[] = {
    {"exp", exp, NULL},     {"expm1", expm1, NULL},       {"log", log, NULL},
    {"log1p", log1p, NULL}, {"pow", power_of_libm, NULL},
};

static double nanoseconds(const job *work)
{
    int64_t best = INT64_MAX;
    for (int run = 0; run < RUNS; run++) {
        const int64_t start = psn_os_monotonic_ns();
        if (work->all != NULL) {
            work->all(out, in, VALUES);
        } else {
            for (int i = 0; i < VALUES; i++) out[i] = work->one(in[i]);
        }
        const int64_t taken = psn_os_monotonic_ns() - start;
        if (taken < best) best = taken;
    }
    return (double)best / VALUES;
}

static void report(const char *level, const job *list, size_t count)
{
    printf("%-7s", level);
    for (size_t i = 0; i < count; i++)
        printf("  %s %.2f", list[i].name, nanoseconds(&list[i]));
    printf("\n");
}

int main(void)
{
    psn_random random;
    psn_random_start(&random, 1, 1, 0);
    for (int i = 0; i < VALUES; i++) in[i] = 1.0 + 99.0 * psn_random_unit(&random);
    printf("ns per value\n");
    for (int level = PSN_SIMD_LEVELS - 1; level >= 0; level--) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        report(psn_simd_name(level), jobs, sizeof jobs / sizeof *jobs);
    }
    report("libm", libm, sizeof libm / sizeof *libm);
    return 0;
}
