/* test_bins.c */
#include "data/bins.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"

static psn_bins *bins_of(const double *values, int64_t rows, int32_t max_bins)
{
    psn_bins_source source = {.values = values, .stride = 1};
    psn_bins *bins = NULL;
    assert_int_equal(psn_bins_new(&bins, &source, 1, rows, max_bins, NULL, NULL, NULL),
                     0);
    return bins;
}

static void few_values_have_a_bin_each_with_edges_half_way(void **state)
{
    (void)state;
    const double values[] = {3.0, 1.0, 2.0, 1.0, 7.0};
    psn_bins *bins = bins_of(values, 5, 255);
    assert_int_equal(bins->column[0].bins, 5); /* missing and four values */
    assert_true(bins->column[0].edges[0] == 1.5);
    assert_true(bins->column[0].edges[1] == 2.5);
    assert_true(bins->column[0].edges[2] == 5.0);
    const uint8_t expected[] = {3, 1, 2, 1, 4};
    assert_memory_equal(bins->codes[0], expected, 5);
    psn_bins_free(bins);
}

static void missing_values_are_bin_zero_and_infinities_are_values(void **state)
{
    (void)state;
    const double values[] = {NAN, -INFINITY, 0.0, INFINITY, -0.0};
    psn_bins *bins = bins_of(values, 5, 255);
    const uint8_t expected[] = {0, 1, 2, 3, 2};
    assert_memory_equal(bins->codes[0], expected, 5);
    assert_int_equal(bins->column[0].missing, 1);
    for (int i = 0; i < bins->column[0].bins - 2; i++) {
        assert_false(isnan(bins->column[0].edges[i]));
    }
    psn_bins_free(bins);
}

static void many_values_fill_bins_of_equal_counts(void **state)
{
    (void)state;
    double values[1000];
    int count[256] = {0};
    for (int i = 0; i < 1000; i++) values[i] = i * i; /* far from equal widths */
    psn_bins *bins = bins_of(values, 1000, 11);
    assert_int_equal(bins->column[0].bins, 11);
    for (int i = 0; i < 1000; i++) count[bins->codes[0][i]]++;
    for (int b = 1; b < 11; b++) assert_int_equal(count[b], 100);
    psn_bins_free(bins);
}

static void a_frequent_value_hardly_shares_its_bin(void **state)
{
    (void)state;
    double values[1000];
    for (int i = 0; i < 1000; i++) values[i] = i < 500 ? 50.5 : (i - 500) * 0.2;
    psn_bins *bins = bins_of(values, 1000, 8);
    int others = 0;
    for (int i = 500; i < 1000; i++) others += bins->codes[0][i] == bins->codes[0][0];
    assert_true(bins->column[0].bins <= 8);
    assert_true(others < 42); /* less than half of a bin of the others */
    psn_bins_free(bins);
}

static void a_value_alone_finds_the_bin_it_has_in_the_column(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    double *values = malloc(ROWS * sizeof *values);
    psn_random random;
    psn_random_start(&random, 5, 1, 0);
    for (int i = 0; i < ROWS; i++) values[i] = psn_random_unit(&random) - 0.5;
    psn_bins *bins = bins_of(values, ROWS, 255);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(psn_bins_of_number(&bins->column[0], values[i]),
                         bins->codes[0][i]);
    }
    assert_int_equal(bins->column[0].bins, 255);
    psn_bins_free(bins);
    free(values);
}

static void frequent_levels_come_first_and_rare_ones_share_a_bin(void **state)
{
    (void)state;
    /* Level 2 four times, level 0 three times, levels 1 and 3 once, one missing. */
    const int32_t codes[] = {2, 0, 2, 1, 2, 0, 3, 0, 2, -1};
    psn_bins_source source = {.codes = codes, .levels = 4};
    psn_bins *bins = NULL;
    assert_int_equal(psn_bins_new(&bins, &source, 1, 10, 255, NULL, NULL, NULL), 0);
    const uint8_t expected[] = {1, 2, 1, 3, 1, 2, 3, 2, 1, 0};
    assert_memory_equal(bins->codes[0], expected, 10);
    assert_int_equal(bins->column[0].rare, 3);
    assert_int_equal(psn_bins_of_code(&bins->column[0], 99), 3);
    assert_int_equal(psn_bins_of_code(&bins->column[0], -5), 0);
    psn_bins_free(bins);
}

static void more_levels_than_bins_fit_in(void **state)
{
    (void)state;
    enum { LEVELS = 400, ROWS = 4 * LEVELS };
    static int32_t codes[ROWS];
    for (int i = 0; i < ROWS; i++) codes[i] = i % LEVELS;
    psn_bins_source source = {.codes = codes, .levels = LEVELS};
    psn_bins *bins = NULL;
    assert_int_equal(psn_bins_new(&bins, &source, 1, ROWS, 255, NULL, NULL, NULL), 0);
    assert_int_equal(bins->column[0].bins, 255);
    assert_int_equal(bins->column[0].rare, 254);
    assert_int_equal(bins->codes[0][0], 1);
    assert_int_equal(bins->codes[0][LEVELS - 1], 254);
    psn_bins_free(bins);
}

static void threads_and_layout_do_not_change_a_byte(void **state)
{
    (void)state;
    enum { ROWS = 20000, COLUMNS = 3 };
    double *rows = malloc(ROWS * COLUMNS * sizeof *rows);
    double *columns = malloc(ROWS * COLUMNS * sizeof *columns);
    psn_random random;
    psn_random_start(&random, 9, 1, 0);
    psn_bins_source by_row[COLUMNS], by_column[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
        by_row[c] = (psn_bins_source){.values = rows + c, .stride = COLUMNS};
        by_column[c] = (psn_bins_source){.values = columns + c * ROWS, .stride = 1};
        for (int i = 0; i < ROWS; i++) {
            rows[i * COLUMNS + c] = columns[c * ROWS + i] = psn_random_unit(&random);
        }
    }
    psn_pool *pool = NULL;
    psn_bins *a = NULL, *b = NULL;
    assert_int_equal(psn_pool_open(&pool, 3, NULL), 0);
    assert_int_equal(psn_bins_new(&a, by_row, COLUMNS, ROWS, 64, NULL, NULL, NULL), 0);
    assert_int_equal(psn_bins_new(&b, by_column, COLUMNS, ROWS, 64, pool, NULL, NULL), 0);
    for (int c = 0; c < COLUMNS; c++) assert_memory_equal(a->codes[c], b->codes[c], ROWS);
    psn_pool_close(pool);
    psn_bins_free(a);
    psn_bins_free(b);
    free(rows);
    free(columns);
}

static void sorting_by_radix_gives_ascending_order(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static double values[COUNT], spare[COUNT];
    psn_random random;
    psn_random_start(&random, 3, 1, 0);
    double sum = 0.0, sorted_sum = 0.0;
    for (int i = 0; i < COUNT; i++) {
        values[i] =
            ldexp(psn_random_unit(&random) - 0.5, (int)psn_random_below(&random, 60));
        sum += values[i] > 0.0;
    }
    values[7] = -INFINITY;
    psn_bins_sort(values, spare, COUNT);
    for (int i = 0; i < COUNT; i++) sorted_sum += values[i] > 0.0;
    for (int i = 1; i < COUNT; i++) assert_true(values[i - 1] <= values[i]);
    assert_true(values[0] == -INFINITY);
    assert_true(fabs(sum - sorted_sum) <= 1.0);
}

static void bad_arguments_are_named(void **state)
{
    (void)state;
    const double values[] = {1.0};
    psn_bins_source source = {.values = values, .stride = 1};
    psn_bins *bins = NULL;
    persona_error error = {0};
    assert_int_equal(psn_bins_new(&bins, &source, 1, 1, 1, NULL, NULL, &error),
                     PERSONA_EOPTION);
    assert_non_null(strstr(error.message, "max_bins"));
    assert_int_equal(psn_bins_new(&bins, &source, 1, 1, 256, NULL, NULL, &error),
                     PERSONA_EOPTION);
    assert_int_equal(psn_bins_new(&bins, &source, 1, 0, 255, NULL, NULL, &error),
                     PERSONA_EDATA);
    assert_null(bins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_values_have_a_bin_each_with_edges_half_way),
        cmocka_unit_test(missing_values_are_bin_zero_and_infinities_are_values),
        cmocka_unit_test(many_values_fill_bins_of_equal_counts),
        cmocka_unit_test(a_frequent_value_hardly_shares_its_bin),
        cmocka_unit_test(a_value_alone_finds_the_bin_it_has_in_the_column),
        cmocka_unit_test(frequent_levels_come_first_and_rare_ones_share_a_bin),
        cmocka_unit_test(more_levels_than_bins_fit_in),
        cmocka_unit_test(threads_and_layout_do_not_change_a_byte),
        cmocka_unit_test(sorting_by_radix_gives_ascending_order),
        cmocka_unit_test(bad_arguments_are_named),
    };
    return cmocka_run_group_tests_name("bins", tests, NULL, NULL);
}
