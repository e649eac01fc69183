/* k-means against a plain float64 Lloyd, and its promises: the same bits for every number
 * of threads and level, labels that are those of psn_nearest, weights, missing values. */
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
#include "math/nearest.h"
#include "math/simd.h"

/* ---- data and reference ---- */

enum { REAL, INTEGERS, TIES, BLOBS };

static double one_value(psn_random *random, int kind, int64_t row)
{
    const double u = psn_random_unit(random);
    if (kind == INTEGERS) return floor(u * 1000);
    if (kind == TIES) return floor(u * 4);
    if (kind == BLOBS) return u + 3 * (double)(row * row % 7);
    return u;
}

static double *data_new(int64_t rows, int32_t dims, int kind)
{
    double *values = malloc((size_t)(rows * dims) * sizeof *values);
    psn_random random;
    psn_random_start(&random, 1, 99, (uint64_t)kind);
    for (int64_t i = 0; i < rows * dims; i++)
        values[i] = one_value(&random, kind, i / dims);
    return values;
}

/* The first k distinct rows. */
static double *start_new(const double *values, int64_t rows, int32_t dims, int32_t k)
{
    double *start = malloc((size_t)k * (size_t)dims * sizeof *start);
    const size_t row = (size_t)dims * sizeof *start;
    int32_t found = 0;
    for (int64_t i = 0; i < rows && found < k; i++) {
        int32_t c = 0;
        while (c < found && memcmp(start + c * dims, values + i * dims, row) != 0) c++;
        if (c == found) memcpy(start + found++ * dims, values + i * dims, row);
    }
    assert_int_equal(found, k);
    return start;
}

static int32_t reference_nearest(const double *row, const double *centers, int32_t k,
                                 int32_t dims)
{
    double least = INFINITY;
    int32_t label = 0;
    for (int32_t c = 0; c < k; c++) {
        double sum = 0;
        for (int32_t j = 0; j < dims; j++) {
            const double t = row[j] - centers[c * dims + j];
            sum = fma(t, t, sum);
        }
        if (sum < least) least = sum, label = c;
    }
    return label;
}

/* Lloyd as in a textbook; labels are written, centers end as the means. */
static void reference_lloyd(int32_t *labels, double *centers, const double *values,
                            int64_t rows, int32_t dims, int32_t k)
{
    int64_t changed = 1;
    for (int64_t i = 0; i < rows; i++) labels[i] = -1;
    while (changed > 0) {
        double *sums = calloc((size_t)(k * dims), sizeof *sums), count[128] = {0};
        changed = 0;
        for (int64_t i = 0; i < rows; i++) {
            const int32_t c = reference_nearest(values + i * dims, centers, k, dims);
            changed += c != labels[i];
            labels[i] = c;
            count[c]++;
            for (int32_t j = 0; j < dims; j++) sums[c * dims + j] += values[i * dims + j];
        }
        for (int32_t c = 0; c < k * dims; c++)
            if (count[c / dims] > 0) centers[c] = sums[c] / count[c / dims];
        free(sums);
    }
}

static psn_kmeans fit_rows(const psn_rows *rows, const psn_kmeans_options *options,
                           int64_t threads)
{
    psn_kmeans fit;
    psn_points *points;
    psn_pool *pool = NULL;
    persona_error error = {0};
    if (threads > 1) assert_int_equal(psn_pool_open(&pool, threads, &error), 0);
    assert_int_equal(psn_points_new(&points, rows, pool, &error), 0);
    assert_int_equal(psn_kmeans_fit(&fit, points, options, pool, NULL, &error), 0);
    psn_points_free(points);
    psn_pool_close(pool);
    return fit;
}

static void assert_fits_equal(const psn_kmeans *a, const psn_kmeans *b, int64_t rows,
                              int32_t dims)
{
    assert_int_equal(a->k, b->k);
    assert_memory_equal(a->labels, b->labels, (size_t)rows * sizeof(int32_t));
    assert_memory_equal(a->centers, b->centers, (size_t)(a->k * dims) * sizeof(double));
    assert_memory_equal(&a->inertia, &b->inertia, sizeof a->inertia);
}

static void compare_with_reference(int64_t n, int32_t dims, int32_t k, int kind)
{
    double *values = data_new(n, dims, kind), *start = start_new(values, n, dims, k);
    double *centers = start_new(values, n, dims, k);
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    const psn_rows rows = {.rows = n, .dims = dims, .dense = values};
    const psn_kmeans_options options = {.k = k, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    reference_lloyd(labels, centers, values, n, dims, k);
    assert_int_equal(fit.k, k);
    assert_memory_equal(fit.labels, labels, (size_t)n * sizeof *labels);
    if (kind == INTEGERS || kind == TIES)
        assert_memory_equal(fit.centers, centers, (size_t)(k * dims) * sizeof *centers);
    psn_kmeans_clear(&fit);
    free(values);
    free(start);
    free(centers);
    free(labels);
}

/* ---- tests ---- */

static void four_rows_on_a_line_end_in_two_clusters(void **state)
{
    const double line[] = {0, 10, 2, 14}, start[] = {0, 10};
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = line};
    const psn_kmeans_options options = {.k = 2, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    const int32_t labels[] = {0, 1, 0, 1};
    (void)state;
    assert_memory_equal(fit.labels, labels, sizeof labels);
    assert_true(fit.centers[0] == 1 && fit.centers[1] == 12);
    assert_true(fit.inertia == 10);
    psn_kmeans_clear(&fit);
}

static void labels_are_those_of_a_float64_lloyd_on_random_rows(void **state)
{
    (void)state;
    compare_with_reference(3000, 8, 6, REAL);
    compare_with_reference(2500, 10, 9, BLOBS);
    compare_with_reference(1000, 31, 40, REAL);
}

static void labels_are_those_of_a_float64_lloyd_in_the_plane(void **state)
{
    (void)state;
    compare_with_reference(4000, 2, 30, REAL);
    compare_with_reference(3000, 3, 17, BLOBS);
    compare_with_reference(2000, 1, 12, REAL);
}

static void labels_are_those_of_a_float64_lloyd_on_wide_rows(void **state)
{
    (void)state;
    compare_with_reference(700, 70, 10, REAL);
    compare_with_reference(600, 64, 40, BLOBS);
}

static void labels_and_centres_are_exactly_equal_on_integers(void **state)
{
    (void)state;
    compare_with_reference(3000, 5, 7, INTEGERS);
    compare_with_reference(3000, 2, 20, INTEGERS);
    compare_with_reference(800, 50, 5, INTEGERS);
}

static void ties_go_to_the_lowest_index_as_in_the_reference(void **state)
{
    (void)state;
    compare_with_reference(2000, 2, 7, TIES);
    compare_with_reference(2000, 4, 8, TIES);
    compare_with_reference(500, 48, 6, TIES);
}

static void constant_columns_count_when_the_start_differs_in_them(void **state)
{
    /* Column 10 is 7 in every row, but -3 in the second start centre. */
    double *values = data_new(500, 60, BLOBS), *start, *centers;
    int32_t labels[500];
    (void)state;
    for (int i = 0; i < 500; i++)
        for (int j = 10; j < 30; j++) values[i * 60 + j] = 7;
    start = start_new(values, 500, 60, 3);
    centers = start_new(values, 500, 60, 3);
    start[60 + 10] = centers[60 + 10] = -3;
    const psn_rows rows = {.rows = 500, .dims = 60, .dense = values};
    const psn_kmeans_options options = {.k = 3, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    reference_lloyd(labels, centers, values, 500, 60, 3);
    assert_memory_equal(fit.labels, labels, sizeof labels);
    psn_kmeans_clear(&fit);
    free(values);
    free(start);
    free(centers);
}

static void values_far_from_zero_lose_nothing(void **state)
{
    double *values = data_new(2000, 4, REAL), *start;
    int32_t labels[2000];
    (void)state;
    for (int i = 0; i < 8000; i++) values[i] = values[i] * 1e-3 + 1e6;
    start = start_new(values, 2000, 4, 5);
    double *centers = start_new(values, 2000, 4, 5);
    const psn_rows rows = {.rows = 2000, .dims = 4, .dense = values};
    const psn_kmeans_options options = {.k = 5, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    reference_lloyd(labels, centers, values, 2000, 4, 5);
    assert_memory_equal(fit.labels, labels, sizeof labels);
    psn_kmeans_clear(&fit);
    free(values);
    free(start);
    free(centers);
}

static void one_row_beyond_float32_is_decided_in_float64(void **state)
{
    double *values = data_new(1000, 3, REAL);
    const psn_kmeans_options options = {.k = 3, .swaps = -1};
    const psn_rows rows = {.rows = 1000, .dims = 3, .dense = values};
    (void)state;
    values[1500] = 1e60;
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    int alone = 0;
    for (int i = 0; i < 1000; i++) alone += fit.labels[i] == fit.labels[500];
    assert_int_equal(alone, 1);
    assert_true(fit.inertia < 1000);
    psn_kmeans_clear(&fit);
    free(values);
}

static void labels_are_what_psn_nearest_says_of_the_centres(void **state)
{
    double *values = data_new(3000, 6, BLOBS);
    const psn_rows rows = {.rows = 3000, .dims = 6, .dense = values};
    const int32_t limits[] = {0, 3};
    (void)state;
    for (int run = 0; run < 2; run++) {
        const psn_kmeans_options options = {
            .k = 9, .seed = 4, .swaps = -1, .max_iterations = limits[run]};
        psn_kmeans fit = fit_rows(&rows, &options, 1);
        psn_nearest *nearest = psn_nearest_new(fit.centers, fit.k, 6, NULL);
        for (int i = 0; i < 3000; i++)
            assert_int_equal(psn_nearest_one(nearest, values + i * 6, NULL),
                             fit.labels[i]);
        psn_nearest_free(nearest);
        psn_kmeans_clear(&fit);
    }
    free(values);
}

static void compare_threads(int32_t dims, int64_t n)
{
    double *values = data_new(n, dims, BLOBS);
    const psn_rows rows = {.rows = n, .dims = dims, .dense = values};
    const psn_kmeans_options options = {.k = 6, .seed = 2, .swaps = 3};
    psn_kmeans one = fit_rows(&rows, &options, 1);
    for (int threads = 2; threads <= 4; threads += 2) {
        psn_kmeans many = fit_rows(&rows, &options, threads);
        assert_fits_equal(&one, &many, n, dims);
        psn_kmeans_clear(&many);
    }
    psn_kmeans_clear(&one);
    free(values);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    compare_threads(2, 20000);
    compare_threads(7, 20000);
    compare_threads(50, 9000);
    compare_threads(4, 140000);
}

static void compare_levels(int32_t dims, int64_t n, int32_t k)
{
    double *values = data_new(n, dims, BLOBS);
    const psn_rows rows = {.rows = n, .dims = dims, .dense = values};
    const psn_kmeans_options options = {.k = k, .seed = 3, .swaps = 6};
    psn_simd_force(PSN_SIMD_SCALAR);
    psn_kmeans scalar = fit_rows(&rows, &options, 1);
    for (int level = 1; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        psn_kmeans fit = fit_rows(&rows, &options, 1);
        assert_fits_equal(&scalar, &fit, n, dims);
        assert_int_equal(scalar.swaps_tried, fit.swaps_tried);
        psn_kmeans_clear(&fit);
    }
    psn_simd_force(-1);
    psn_kmeans_clear(&scalar);
    free(values);
}

static void every_level_gives_the_same_bits(void **state)
{
    (void)state;
    compare_levels(2, 900, 12);
    compare_levels(9, 700, 8);
    compare_levels(52, 400, 20);
}

static void read_values(const void *context, int64_t first, int64_t count, double *out)
{
    memcpy(out, (const double *)context + first * 40, (size_t)count * 40 * sizeof *out);
}

static void rows_on_demand_give_what_dense_rows_give(void **state)
{
    /* more than 2^21 values: too many to be kept */
    const int64_t n = 60000;
    double *values = data_new(n, 40, BLOBS);
    const psn_rows dense = {.rows = n, .dims = 40, .dense = values};
    const psn_rows lazy = {.rows = n, .dims = 40, .read = read_values, .context = values};
    const psn_kmeans_options options = {.k = 7, .seed = 3, .swaps = 0};
    (void)state;
    psn_kmeans a = fit_rows(&dense, &options, 1), b = fit_rows(&lazy, &options, 1);
    assert_fits_equal(&a, &b, n, 40);
    psn_kmeans_clear(&a);
    psn_kmeans_clear(&b);
    free(values);
}

static void whole_weights_are_repetitions(void **state)
{
    double *values = data_new(900, 2, INTEGERS), *twice = malloc(3600 * sizeof *twice);
    double *start = start_new(values, 900, 2, 5), weights[900];
    int64_t n = 0;
    (void)state;
    for (int i = 0; i < 900; i++) {
        weights[i] = 1 + i % 2;
        for (int copy = 0; copy <= i % 2; copy++, n++)
            memcpy(twice + 2 * n, values + 2 * i, 2 * sizeof *twice);
    }
    const psn_rows weighted = {
        .rows = 900, .dims = 2, .dense = values, .weights = weights};
    const psn_rows repeated = {.rows = n, .dims = 2, .dense = twice};
    const psn_kmeans_options options = {.k = 5, .start = start};
    psn_kmeans a = fit_rows(&weighted, &options, 1), b = fit_rows(&repeated, &options, 1);
    assert_memory_equal(a.centers, b.centers, 10 * sizeof(double));
    assert_true(fabs(a.inertia - b.inertia) <= 1e-9 * b.inertia);
    psn_kmeans_clear(&a);
    psn_kmeans_clear(&b);
    free(values);
    free(twice);
    free(start);
}

static void a_heavy_row_pulls_its_centre(void **state)
{
    const double line[] = {0, 4, 100}, weights[] = {1, 3, 1}, start[] = {0, 100};
    const psn_rows rows = {.rows = 3, .dims = 1, .dense = line, .weights = weights};
    const psn_kmeans_options options = {.k = 2, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    (void)state;
    assert_true(fit.centers[0] == 3 && fit.centers[1] == 100);
    assert_true(fit.inertia == 9 + 3);
    psn_kmeans_clear(&fit);
}

static void missing_values_are_left_out_and_the_rest_counts_more(void **state)
{
    /* Cluster 0: (0, 0), (3, -): factor 2. Mean x (0 + 2 * 3) / 3, y 0. */
    const double values[] = {0, 0, 3, NAN, 50, 50}, start[] = {0, 0, 50, 50};
    const psn_rows rows = {.rows = 3, .dims = 2, .dense = values, .has_missing = 1};
    const psn_kmeans_options options = {.k = 2, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    const int32_t labels[] = {0, 0, 1};
    (void)state;
    assert_memory_equal(fit.labels, labels, sizeof labels);
    assert_true(fit.centers[0] == 2 && fit.centers[1] == 0);
    assert_true(fit.inertia == 4 + 2 * 1);
    psn_kmeans_clear(&fit);
}

static void rows_with_holes_find_their_blobs(void **state)
{
    double *values = data_new(1500, 4, BLOBS);
    const psn_rows rows = {.rows = 1500, .dims = 4, .dense = values, .has_missing = 1};
    const psn_kmeans_options options = {.k = 4, .seed = 1, .swaps = -1};
    (void)state;
    for (int i = 0; i < 1500; i += 3) values[i * 4 + i % 4] = NAN;
    psn_kmeans fit = fit_rows(&rows, &options, 2);
    assert_int_equal(fit.k, 4);
    /* row * row % 7 takes the values 0, 1, 2, 4 */
    for (int i = 7; i < 1500; i++) assert_int_equal(fit.labels[i], fit.labels[i % 7]);
    psn_kmeans_clear(&fit);
    free(values);
}

static void a_column_without_values_stays_out_of_it(void **state)
{
    double values[60];
    const psn_rows rows = {.rows = 30, .dims = 2, .dense = values, .has_missing = 1};
    const psn_kmeans_options options = {.k = 3, .swaps = -1};
    (void)state;
    for (int i = 0; i < 30; i++) values[2 * i] = i % 3 * 10, values[2 * i + 1] = NAN;
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    assert_true(fit.inertia == 0);
    for (int i = 3; i < 30; i++) assert_int_equal(fit.labels[i], fit.labels[i - 3]);
    for (int i = 0; i < 6; i++) assert_true(isfinite(fit.centers[i]));
    psn_kmeans_clear(&fit);
}

static void more_clusters_than_distinct_rows_become_fewer(void **state)
{
    double values[200];
    const psn_rows rows = {.rows = 100, .dims = 2, .dense = values};
    const psn_kmeans_options options = {.k = 10, .swaps = -1};
    (void)state;
    for (int i = 0; i < 200; i++) values[i] = i / 2 % 3;
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    assert_int_equal(fit.k, 3);
    assert_true(fit.inertia == 0);
    psn_kmeans_clear(&fit);
}

static void rows_that_float32_cannot_tell_apart_are_still_distinct(void **state)
{
    const double values[] = {1, 1 + 1e-12, 1e6, 1e6 + 1};
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = values};
    const psn_kmeans_options options = {.k = 4, .swaps = 0};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    (void)state;
    assert_int_equal(fit.k, 4);
    assert_true(fit.inertia == 0);
    psn_kmeans_clear(&fit);
}

static void an_empty_cluster_gets_the_farthest_row(void **state)
{
    const double line[] = {0, 1, 2, 30}, start[] = {0.5, 0.5, 0.5};
    const psn_rows rows = {.rows = 4, .dims = 1, .dense = line};
    const psn_kmeans_options options = {.k = 3, .start = start};
    psn_kmeans fit = fit_rows(&rows, &options, 1);
    (void)state;
    assert_int_equal(fit.k, 3);
    assert_true(fit.labels[3] != fit.labels[2]);
    assert_true(fit.inertia <= 0.5);
    psn_kmeans_clear(&fit);
}

static void swap_search_leaves_a_bad_optimum(void **state)
{
    /* Two centres share a blob, one sits between two blobs: Lloyd alone stays there. */
    const double start[] = {0.2, 0.8, 15};
    double values[300];
    const psn_rows rows = {.rows = 300, .dims = 1, .dense = values};
    psn_kmeans_options options = {.k = 3, .start = start};
    (void)state;
    for (int i = 0; i < 300; i++) values[i] = i % 3 * 10 + (i / 3) * 0.01;
    psn_kmeans stuck = fit_rows(&rows, &options, 1);
    options.swaps = -1;
    psn_kmeans free_one = fit_rows(&rows, &options, 1);
    assert_true(stuck.inertia > 1000);
    assert_true(free_one.inertia < 30);
    assert_true(free_one.swaps_kept >= 1);
    psn_kmeans_clear(&stuck);
    psn_kmeans_clear(&free_one);
}

/* Largest over least inertia of ten seeds. */
static double spread_of_seeds(const psn_rows *rows, int32_t k, int32_t swaps)
{
    double least = INFINITY, most = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        const psn_kmeans_options options = {.k = k, .seed = seed, .swaps = swaps};
        psn_kmeans fit = fit_rows(rows, &options, 1);
        least = fit.inertia < least ? fit.inertia : least;
        most = fit.inertia > most ? fit.inertia : most;
        psn_kmeans_clear(&fit);
    }
    return most / least;
}

static void small_tables_end_near_one_optimum_from_every_seed(void **state)
{
    double *values = data_new(400, 4, REAL);
    const psn_rows rows = {.rows = 400, .dims = 4, .dense = values};
    (void)state;
    for (int32_t k = 3; k <= 9; k += 3)
        assert_true(spread_of_seeds(&rows, k, -1) < 1.003);
    /* one search, with as many swaps, does not */
    assert_true(spread_of_seeds(&rows, 9, 25 + 2 * 9) > 1.006);
    free(values);
}

static void infinite_values_are_refused_with_their_row(void **state)
{
    double values[] = {0, 1, 2, INFINITY};
    const psn_rows rows = {.rows = 2, .dims = 2, .dense = values};
    persona_error error = {0};
    psn_points *points;
    (void)state;
    assert_int_equal(psn_points_new(&points, &rows, NULL, &error), PERSONA_EDATA);
    assert_int_equal(error.where, 1);
    assert_null(points);
}

static void k_outside_1_to_rows_is_refused(void **state)
{
    double values[] = {0, 1};
    const psn_rows rows = {.rows = 2, .dims = 1, .dense = values};
    psn_kmeans_options options = {.k = 3};
    psn_points *points;
    psn_kmeans fit;
    (void)state;
    assert_int_equal(psn_points_new(&points, &rows, NULL, NULL), 0);
    assert_int_equal(psn_kmeans_fit(&fit, points, &options, NULL, NULL, NULL),
                     PERSONA_EARG);
    options.k = 0;
    assert_int_equal(psn_kmeans_fit(&fit, points, &options, NULL, NULL, NULL),
                     PERSONA_EARG);
    psn_points_free(points);
}

static void a_cancelled_task_ends_the_fit(void **state)
{
    double *values = data_new(1000, 2, REAL);
    const psn_rows rows = {.rows = 1000, .dims = 2, .dense = values};
    const psn_kmeans_options options = {.k = 5, .swaps = -1};
    persona_task *task;
    psn_points *points;
    psn_kmeans fit;
    (void)state;
    assert_int_equal(psn_task_new(&task, NULL), 0);
    psn_task_cancel(task);
    assert_int_equal(psn_points_new(&points, &rows, NULL, NULL), 0);
    assert_int_equal(psn_kmeans_fit(&fit, points, &options, NULL, task, NULL),
                     PERSONA_ECANCEL);
    assert_null(fit.centers);
    psn_points_free(points);
    psn_task_free(task);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_rows_on_a_line_end_in_two_clusters),
        cmocka_unit_test(labels_are_those_of_a_float64_lloyd_on_random_rows),
        cmocka_unit_test(labels_are_those_of_a_float64_lloyd_in_the_plane),
        cmocka_unit_test(labels_are_those_of_a_float64_lloyd_on_wide_rows),
        cmocka_unit_test(labels_and_centres_are_exactly_equal_on_integers),
        cmocka_unit_test(ties_go_to_the_lowest_index_as_in_the_reference),
        cmocka_unit_test(constant_columns_count_when_the_start_differs_in_them),
        cmocka_unit_test(values_far_from_zero_lose_nothing),
        cmocka_unit_test(one_row_beyond_float32_is_decided_in_float64),
        cmocka_unit_test(labels_are_what_psn_nearest_says_of_the_centres),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(every_level_gives_the_same_bits),
        cmocka_unit_test(rows_on_demand_give_what_dense_rows_give),
        cmocka_unit_test(whole_weights_are_repetitions),
        cmocka_unit_test(a_heavy_row_pulls_its_centre),
        cmocka_unit_test(missing_values_are_left_out_and_the_rest_counts_more),
        cmocka_unit_test(rows_with_holes_find_their_blobs),
        cmocka_unit_test(a_column_without_values_stays_out_of_it),
        cmocka_unit_test(more_clusters_than_distinct_rows_become_fewer),
        cmocka_unit_test(rows_that_float32_cannot_tell_apart_are_still_distinct),
        cmocka_unit_test(an_empty_cluster_gets_the_farthest_row),
        cmocka_unit_test(swap_search_leaves_a_bad_optimum),
        cmocka_unit_test(small_tables_end_near_one_optimum_from_every_seed),
        cmocka_unit_test(infinite_values_are_refused_with_their_row),
        cmocka_unit_test(k_outside_1_to_rows_is_refused),
        cmocka_unit_test(a_cancelled_task_ends_the_fit),
    };
    return cmocka_run_group_tests_name("kmeans", tests, NULL, NULL);
}
