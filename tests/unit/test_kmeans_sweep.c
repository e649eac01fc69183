/* The sweep over k: fits, criteria, gap and stability on blobs whose number is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "learn/kmeans.h"
#include "math/simd.h"

enum { ROWS = 400, DIMS = 2, BLOBS = 4, MOST = 8, COUNT = MOST - 1 };

/* Four square blobs at the corners of a square of side 10. */
static double *blobs_new(void)
{
    double *values = malloc(ROWS * DIMS * sizeof *values);
    psn_random random;
    psn_random_start(&random, 11, 1, 0);
    for (int i = 0; i < ROWS; i++) {
        values[i * DIMS] = psn_random_unit(&random) + 10 * (i % 2);
        values[i * DIMS + 1] = psn_random_unit(&random) + 10 * (i / 2 % 2);
    }
    return values;
}

typedef struct sweep {
    psn_kmeans fits[COUNT];
    psn_kmeans_trial trials[COUNT];
} sweep;

static void sweep_run(sweep *s, const double *values, int64_t count, int32_t gap,
                      int32_t rounds)
{
    const psn_rows rows = {.rows = count, .dims = DIMS, .dense = values};
    const psn_kmeans_options options = {.seed = 5, .swaps = -1};
    psn_points *points;
    memset(s, 0, sizeof *s);
    assert_int_equal(psn_points_new(&points, &rows, NULL, NULL), 0);
    assert_int_equal(psn_kmeans_sweep(s->fits, s->trials, points, 2, MOST, &options, gap,
                                      rounds, NULL, NULL, NULL),
                     0);
    psn_points_free(points);
}

static void sweep_clear(sweep *s)
{
    for (int i = 0; i < COUNT; i++) psn_kmeans_clear(&s->fits[i]);
}

static void silhouette_is_best_at_the_true_number_of_blobs(void **state)
{
    double *values = blobs_new();
    sweep s;
    (void)state;
    sweep_run(&s, values, ROWS, 0, 0);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(s.fits[i].k, i + 2);
        assert_int_equal(s.trials[i].k, i + 2);
        assert_null(s.fits[i].labels);
        assert_true(s.trials[i].silhouette <= s.trials[BLOBS - 2].silhouette);
        assert_true(s.trials[i].davies_bouldin >= s.trials[BLOBS - 2].davies_bouldin);
        assert_true(isnan(s.trials[i].gap) && isnan(s.trials[i].stability));
    }
    sweep_clear(&s);
    free(values);
}

static void inertia_falls_with_k(void **state)
{
    double *values = blobs_new();
    sweep s;
    (void)state;
    sweep_run(&s, values, ROWS, 0, 0);
    for (int i = 1; i < COUNT; i++)
        assert_true(s.trials[i].inertia < s.trials[i - 1].inertia);
    /* variance 1/12 in two directions */
    assert_true(fabs(s.trials[BLOBS - 2].inertia / ROWS - 2.0 / 12) < 0.02);
    sweep_clear(&s);
    free(values);
}

static void the_gap_statistic_chooses_the_true_number(void **state)
{
    double *values = blobs_new();
    sweep s;
    int chosen = 0;
    (void)state;
    sweep_run(&s, values, ROWS, 10, 0);
    while (chosen + 1 < COUNT &&
           s.trials[chosen].gap <
               s.trials[chosen + 1].gap - s.trials[chosen + 1].gap_error)
        chosen++;
    assert_int_equal(chosen + 2, BLOBS);
    assert_true(s.trials[0].gap_error > 0);
    sweep_clear(&s);
    free(values);
}

static void blobs_are_stable_at_their_number_and_not_above(void **state)
{
    double *values = blobs_new();
    sweep s;
    (void)state;
    sweep_run(&s, values, ROWS, 0, 6);
    assert_true(s.trials[BLOBS - 2].stability > 0.99);
    assert_true(s.trials[MOST - 2].stability < 0.9);
    sweep_clear(&s);
    free(values);
}

static void the_same_seed_gives_the_same_bits_on_every_level(void **state)
{
    double *values = blobs_new();
    sweep a, b;
    (void)state;
    psn_simd_force(PSN_SIMD_SCALAR);
    sweep_run(&a, values, ROWS, 2, 2);
    for (int level = 1; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        sweep_run(&b, values, ROWS, 2, 2);
        for (int i = 0; i < COUNT; i++) {
            assert_memory_equal(&a.trials[i].inertia, &b.trials[i].inertia, 8 * 8);
            assert_memory_equal(a.fits[i].centers, b.fits[i].centers,
                                (size_t)a.fits[i].k * DIMS * sizeof(double));
        }
        sweep_clear(&b);
    }
    psn_simd_force(-1);
    sweep_clear(&a);
    free(values);
}

static void five_distinct_rows_give_at_most_five_clusters(void **state)
{
    double values[20 * DIMS];
    sweep s;
    (void)state;
    for (int i = 0; i < 20 * DIMS; i++) values[i] = i / DIMS % 5;
    sweep_run(&s, values, 20, 0, 0);
    assert_int_equal(s.fits[2].k, 4);
    assert_int_equal(s.fits[3].k, 5);
    assert_int_equal(s.fits[COUNT - 1].k, 5);
    assert_true(s.trials[COUNT - 1].inertia == 0);
    sweep_clear(&s);
}

static void a_range_beyond_the_rows_is_refused(void **state)
{
    const double values[] = {1, 2, 3, 4};
    const psn_rows rows = {.rows = 2, .dims = 2, .dense = values};
    const psn_kmeans_options options = {.swaps = -1};
    persona_error error;
    sweep s;
    psn_points *points;
    (void)state;
    assert_int_equal(psn_points_new(&points, &rows, NULL, NULL), 0);
    assert_int_equal(psn_kmeans_sweep(s.fits, s.trials, points, 2, 3, &options, 0, 0,
                                      NULL, NULL, &error),
                     PERSONA_EARG);
    psn_points_free(points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silhouette_is_best_at_the_true_number_of_blobs),
        cmocka_unit_test(inertia_falls_with_k),
        cmocka_unit_test(the_gap_statistic_chooses_the_true_number),
        cmocka_unit_test(blobs_are_stable_at_their_number_and_not_above),
        cmocka_unit_test(the_same_seed_gives_the_same_bits_on_every_level),
        cmocka_unit_test(five_distinct_rows_give_at_most_five_clusters),
        cmocka_unit_test(a_range_beyond_the_rows_is_refused),
    };
    return cmocka_run_group_tests_name("kmeans_sweep", tests, NULL, NULL);
}
