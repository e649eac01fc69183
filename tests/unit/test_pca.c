/* test_pca.c: principal components. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "learn/pca.h"
#include "math/simd.h"

enum { ROWS = 1000, DIMS = 70 };

static int close_to(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

/* Along (1, 1) the spread is 4 times that along (1, -1). */
static void a_slanted_cross_gives_its_diagonals(void **state)
{
    (void)state;
    const double x[] = {12, 22, 8, 18, 11, 19, 9, 21};
    const psn_rows rows = {.rows = 4, .dims = 2, .dense = x};
    double mean[2], axes[4], variance[2];
    assert_int_equal(psn_pca_fit(mean, axes, variance, 2, &rows, NULL), PERSONA_OK);
    assert_true(mean[0] == 10.0 && mean[1] == 20.0);
    assert_true(close_to(axes[0], sqrt(0.5)) && close_to(axes[1], sqrt(0.5)));
    assert_true(close_to(axes[2], sqrt(0.5)) && close_to(axes[3], -sqrt(0.5)));
    assert_true(close_to(variance[0], 0.8) && close_to(variance[1], 0.2));
}

static void a_weight_of_two_is_the_row_twice(void **state)
{
    (void)state;
    const double x[] = {0, 1, 4, 2, 5, 9}, twice[] = {0, 1, 4, 2, 4, 2, 5, 9};
    const double weights[] = {1, 2, 1};
    const psn_rows weighted = {.rows = 3, .dims = 2, .dense = x, .weights = weights};
    const psn_rows repeated = {.rows = 4, .dims = 2, .dense = twice};
    double mean[2], axes[2], variance, mean_twice[2], axes_twice[2], variance_twice;
    psn_pca_fit(mean, axes, &variance, 1, &weighted, NULL);
    psn_pca_fit(mean_twice, axes_twice, &variance_twice, 1, &repeated, NULL);
    assert_true(mean[0] == 3.25 && mean_twice[0] == 3.25 && mean[1] == mean_twice[1]);
    assert_true(close_to(axes[0], axes_twice[0]) && close_to(axes[1], axes_twice[1]));
    assert_true(close_to(variance, variance_twice));
}

static void a_missing_value_counts_as_the_mean(void **state)
{
    (void)state;
    const double missing[] = {1, 2, NAN, 4, 3, 9}, filled[] = {1, 2, 2, 4, 3, 9};
    const psn_rows gaps = {.rows = 3, .dims = 2, .dense = missing, .has_missing = 1};
    const psn_rows full = {.rows = 3, .dims = 2, .dense = filled};
    double mean[2], axes[2], variance, mean_full[2], axes_full[2], variance_full;
    psn_pca_fit(mean, axes, &variance, 1, &gaps, NULL);
    psn_pca_fit(mean_full, axes_full, &variance_full, 1, &full, NULL);
    assert_true(mean[0] == 2.0 && mean[1] == 5.0);
    assert_memory_equal(axes, axes_full, sizeof axes);
    assert_true(variance == variance_full);
}

static double data[ROWS * DIMS];

/* A strong direction across all columns, a weaker one in the even ones, noise. */
static void fill(int64_t dims)
{
    psn_random random;
    psn_random_start(&random, 6, 1, 0);
    for (int64_t row = 0; row < ROWS; row++) {
        const double strong = psn_random_unit(&random) - 0.5;
        const double weak = psn_random_unit(&random) - 0.5;
        for (int64_t j = 0; j < dims; j++) {
            data[row * dims + j] =
                5.0 * strong + (j % 2 ? -weak : weak) + 0.01 * psn_random_unit(&random);
        }
    }
}

static void check_directions(int32_t dims)
{
    double mean[DIMS], axes[2 * DIMS], variance[2];
    const psn_rows rows = {.rows = ROWS, .dims = dims, .dense = data};
    fill(dims);
    assert_int_equal(psn_pca_fit(mean, axes, variance, 2, &rows, NULL), PERSONA_OK);
    for (int32_t j = 0; j < dims; j++) {
        assert_true(fabs(axes[j] - sqrt(1.0 / dims)) < 0.02);
        assert_true(fabs(fabs(axes[dims + j]) - sqrt(1.0 / dims)) < 0.02);
    }
    assert_true(fabs(variance[0] - 25.0 / 26.0) < 0.01);
    assert_true(fabs(variance[0] + variance[1] - 1.0) < 1e-3);
}

static void planted_directions_are_found_with_few_and_with_many_columns(void **state)
{
    (void)state;
    check_directions(4);
    check_directions(64); /* the last of our own kernels */
    check_directions(66); /* BLAS and LAPACK */
}

static void read_data(const void *context, int64_t first, int64_t count, double *out)
{
    const int64_t dims = *(const int32_t *)context;
    memcpy(out, data + first * dims, (size_t)(count * dims) * sizeof *out);
}

static void rows_read_on_demand_give_the_bits_of_dense_rows(void **state)
{
    (void)state;
    const int32_t dims = 9;
    double mean[2][9], axes[2][18], variance[2][2];
    const psn_rows dense = {.rows = ROWS, .dims = dims, .dense = data};
    const psn_rows read = {
        .rows = ROWS, .dims = dims, .read = read_data, .context = &dims};
    fill(dims);
    psn_pca_fit(mean[0], axes[0], variance[0], 2, &dense, NULL);
    psn_pca_fit(mean[1], axes[1], variance[1], 2, &read, NULL);
    assert_memory_equal(mean[0], mean[1], sizeof mean[0]);
    assert_memory_equal(axes[0], axes[1], sizeof axes[0]);
    assert_memory_equal(variance[0], variance[1], sizeof variance[0]);
}

static void every_level_gives_the_same_bits_up_to_64_columns(void **state)
{
    (void)state;
    const psn_rows rows = {.rows = ROWS, .dims = 13, .dense = data};
    double mean[13], first[2 * 13], axes[2 * 13], variance[2];
    fill(13);
    psn_simd_force(PSN_SIMD_SCALAR);
    psn_pca_fit(mean, first, variance, 2, &rows, NULL);
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        psn_simd_force(level);
        psn_pca_fit(mean, axes, variance, 2, &rows, NULL);
        assert_memory_equal(axes, first, sizeof axes);
    }
    psn_simd_force(-1);
}

static void constant_columns_have_no_variance_and_unit_axes(void **state)
{
    (void)state;
    const double x[] = {1, 2, 1, 2, 1, 2};
    const psn_rows rows = {.rows = 3, .dims = 2, .dense = x};
    double mean[2], axes[4], variance[2];
    assert_int_equal(psn_pca_fit(mean, axes, variance, 2, &rows, NULL), PERSONA_OK);
    assert_true(variance[0] == 0.0 && variance[1] == 0.0);
    assert_true(close_to(axes[0] * axes[0] + axes[1] * axes[1], 1.0));
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    persona_error error;
    double x[] = {1, INFINITY}, mean[2], axes[4], variance[2];
    psn_rows rows = {.rows = 1, .dims = 2, .dense = x};
    assert_int_equal(psn_pca_fit(mean, axes, variance, 3, &rows, &error), PERSONA_EARG);
    assert_non_null(
        strstr(error.message, "components must be 1 to the number of columns, 2"));
    assert_int_equal(psn_pca_fit(mean, axes, variance, 0, &rows, NULL), PERSONA_EARG);
    assert_int_equal(psn_pca_fit(mean, axes, variance, 1, &rows, NULL), PERSONA_ENUMERIC);
    rows.rows = 0;
    assert_int_equal(psn_pca_fit(mean, axes, variance, 1, &rows, NULL), PERSONA_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slanted_cross_gives_its_diagonals),
        cmocka_unit_test(a_weight_of_two_is_the_row_twice),
        cmocka_unit_test(a_missing_value_counts_as_the_mean),
        cmocka_unit_test(planted_directions_are_found_with_few_and_with_many_columns),
        cmocka_unit_test(rows_read_on_demand_give_the_bits_of_dense_rows),
        cmocka_unit_test(every_level_gives_the_same_bits_up_to_64_columns),
        cmocka_unit_test(constant_columns_have_no_variance_and_unit_axes),
        cmocka_unit_test(wrong_numbers_are_refused),
    };
    return cmocka_run_group_tests_name("pca", tests, NULL, NULL);
}
