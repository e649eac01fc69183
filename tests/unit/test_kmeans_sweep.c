/* The sweep over k: fits, criteria, gap and stability on blobs whose number is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "base/task.h"
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

/* ---- fewer distinct rows than k_max ---- */

/* levels x levels points of a grid, 300 rows; the factor makes sums round. */
static void sweep_grid(sweep *s, int first, int second, double factor)
{
    double values[300 * DIMS];
    for (int i = 0; i < 300; i++) {
        values[i * DIMS] = factor * (1 + i % first);
        values[i * DIMS + 1] = second > 1 ? factor * 1.7 * (i / first % second) : 0.1;
    }
    sweep_run(s, values, 300, 0, 0);
}

static void assert_grid_is_capped(int first, int second, double factor)
{
    const int distinct = first * second;
    sweep s;
    sweep_grid(&s, first, second, factor);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(s.fits[i].k, i + 2 < distinct ? i + 2 : distinct);
        if (i + 2 >= distinct)
            assert_true(s.trials[i].inertia < 1e-24 * (1 + factor * factor));
    }
    sweep_clear(&s);
}

static void stars_of_1_to_3_give_at_most_three_clusters(void **state)
{
    (void)state;
    assert_grid_is_capped(3, 1, 1);
    assert_grid_is_capped(3, 1, 0.1);
    assert_grid_is_capped(3, 1, 1 / 3.0);
}

static void ratings_of_1_to_5_give_at_most_five_clusters(void **state)
{
    (void)state;
    assert_grid_is_capped(5, 1, 0.7);
    assert_grid_is_capped(5, 1, 1e6 / 3);
}

static void three_levels_on_two_columns_are_nine_rows(void **state)
{
    (void)state;
    assert_grid_is_capped(3, 2, 0.3);
    assert_grid_is_capped(3, 3, 0.3);
    assert_grid_is_capped(2, 4, 1 / 7.0);
}

static void all_rows_equal_are_one_cluster(void **state)
{
    (void)state;
    assert_grid_is_capped(1, 1, 0.1);
    assert_grid_is_capped(1, 1, 1e9 / 7);
}

static void two_distinct_rows_are_two_clusters(void **state)
{
    (void)state;
    assert_grid_is_capped(2, 1, 0.1);
    assert_grid_is_capped(1, 2, 0.1);
}

/* Without the cap too the search must end: rows that differ by rounding only. */
static void rows_that_differ_by_rounding_end_in_fewer_clusters(void **state)
{
    double values[200 * DIMS];
    sweep s;
    (void)state;
    for (int i = 0; i < 200; i++) {
        values[i * DIMS] = (1 + i % 3) * 0.1 * (1 + (double)(i % 13) * 0x1p-52);
        values[i * DIMS + 1] = 0.1 + (double)(i % 7) * 0x1p-55;
    }
    sweep_run(&s, values, 200, 2, 2);
    for (int i = 0; i < COUNT; i++) assert_in_range(s.fits[i].k, 1, i + 2);
    assert_int_equal(s.fits[1].k, 3);
    sweep_clear(&s);
}

/* ---- cancel and deadline ---- */

static int sweep_with_task(persona_task *task, double *values, int64_t count, int32_t gap)
{
    const psn_rows rows = {.rows = count, .dims = DIMS, .dense = values};
    const psn_kmeans_options options = {.seed = 5, .swaps = 1000000};
    psn_points *points;
    sweep s;
    assert_int_equal(psn_points_new(&points, &rows, NULL, NULL), 0);
    const int rc = psn_kmeans_sweep(s.fits, s.trials, points, 2, MOST, &options, gap, 0,
                                    NULL, task, NULL);
    for (int i = 0; rc != 0 && i < COUNT; i++) assert_null(s.fits[i].centers);
    psn_points_free(points);
    return rc;
}

static void a_deadline_ends_the_sweep_within_a_fit(void **state)
{
    double *values = blobs_new();
    persona_task *task;
    (void)state;
    assert_int_equal(psn_task_new(&task, NULL), 0);
    psn_task_enter(task, "k-means", 0.25, 0.75);
    psn_task_set_deadline(task, 30);
    /* a million failed swaps: the first fit alone would take minutes */
    assert_int_equal(sweep_with_task(task, values, ROWS, 0), PERSONA_EDEADLINE);
    assert_string_equal(psn_task_phase(task), "k-means");
    assert_true(psn_task_progress(task) >= 0.25 && psn_task_progress(task) < 0.75);
    psn_task_free(task);
    free(values);
}

static void a_cancelled_sweep_leaves_no_fits(void **state)
{
    double *values = blobs_new();
    persona_task *task;
    (void)state;
    assert_int_equal(psn_task_new(&task, NULL), 0);
    psn_task_cancel(task);
    assert_int_equal(sweep_with_task(task, values, ROWS, 3), PERSONA_ECANCEL);
    psn_task_free(task);
    free(values);
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
        cmocka_unit_test(stars_of_1_to_3_give_at_most_three_clusters),
        cmocka_unit_test(ratings_of_1_to_5_give_at_most_five_clusters),
        cmocka_unit_test(three_levels_on_two_columns_are_nine_rows),
        cmocka_unit_test(all_rows_equal_are_one_cluster),
        cmocka_unit_test(two_distinct_rows_are_two_clusters),
        cmocka_unit_test(rows_that_differ_by_rounding_end_in_fewer_clusters),
        cmocka_unit_test(a_deadline_ends_the_sweep_within_a_fit),
        cmocka_unit_test(a_cancelled_sweep_leaves_no_fits),
    };
    return cmocka_run_group_tests_name("kmeans_sweep", tests, NULL, NULL);
}
