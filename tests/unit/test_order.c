/* test_order.c: sorting, selection, quantiles; with and without memory for radix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "base/philox.h"
#include "math/order.h"

enum { MANY = 5000 };

static int memory_is_out;

static void *take(void *context, int64_t bytes)
{
    (void)context;
    return memory_is_out ? NULL : malloc((size_t)bytes);
}

static void *change(void *context, void *block, int64_t bytes)
{
    (void)context;
    return memory_is_out ? NULL : realloc(block, (size_t)bytes);
}

static void give_back(void *context, void *block)
{
    (void)context;
    free(block);
}

static void fill(double *values, int64_t count, int64_t distinct)
{
    psn_random random;
    psn_random_start(&random, 3, 1, (uint64_t)distinct);
    for (int64_t i = 0; i < count; i++) {
        values[i] = (double)psn_random_below(&random, distinct) - (double)distinct / 2.0;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted values are those of qsort. */
static void check_sort(int64_t count, int64_t distinct)
{
    static double values[MANY], expected[MANY];
    fill(values, count, distinct);
    memcpy(expected, values, sizeof values);
    qsort(expected, (size_t)count, sizeof *expected, by_value);
    psn_sort_reals(values, count);
    assert_memory_equal(values, expected, (size_t)count * sizeof *values);
}

static void sorting_agrees_with_qsort_at_every_size_and_number_of_ties(void **state)
{
    (void)state;
    const int64_t sizes[] = {0, 1, 2, 3, 47, 48, 49, 50, 1000, MANY};
    const int64_t distincts[] = {1, 2, 10, 300, 1000000007};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t j = 0; j < sizeof distincts / sizeof *distincts; j++) {
            check_sort(sizes[i], distincts[j]);
        }
    }
}

static void sorting_without_memory_gives_the_same(void **state)
{
    sorting_agrees_with_qsort_at_every_size_and_number_of_ties(state);
    memory_is_out = 1;
    sorting_agrees_with_qsort_at_every_size_and_number_of_ties(state);
    memory_is_out = 0;
}

static void infinities_and_subnormals_take_their_places(void **state)
{
    (void)state;
    double values[60];
    for (int i = 0; i < 60; i++) values[i] = i % 2 ? INFINITY : -INFINITY;
    values[10] = -5e-324;
    values[20] = 5e-324;
    values[30] = 1.0;
    psn_sort_reals(values, 60);
    assert_true(values[0] == -INFINITY && values[59] == INFINITY);
    assert_true(values[27] == -5e-324 && values[28] == 5e-324 && values[29] == 1.0);
}

static void check_order(int64_t count, int64_t distinct)
{
    static double values[MANY];
    static int64_t order[MANY], still[MANY];
    fill(values, count, distinct);
    psn_sort_order(order, values, count);
    psn_sort_order_in_place(still, values, count);
    assert_memory_equal(order, still, (size_t)count * sizeof *order);
    for (int64_t i = 1; i < count; i++) {
        const double before = values[order[i - 1]], here = values[order[i]];
        assert_true(before < here || (before == here && order[i - 1] < order[i]));
    }
}

static void positions_are_ordered_by_value_and_then_by_position(void **state)
{
    (void)state;
    for (memory_is_out = 0; memory_is_out < 2; memory_is_out++) {
        check_order(5, 3);
        check_order(48, 5);
        check_order(49, 5);
        check_order(MANY, 40);
        check_order(MANY, 1000000007);
    }
    memory_is_out = 0;
}

static void minus_zero_and_zero_tie(void **state)
{
    (void)state;
    double values[64];
    int64_t order[64];
    for (int i = 0; i < 64; i++) values[i] = i % 2 ? -0.0 : 0.0;
    psn_sort_order(order, values, 64);
    for (int i = 0; i < 64; i++) assert_int_equal(order[i], i);
    psn_sort_order(order, values, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(order[i], i);
}

static void check_select(double *values, int64_t count)
{
    static double sorted[MANY], work[MANY];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    psn_sort_reals(sorted, count);
    for (int64_t rank = 0; rank < count; rank += 1 + count / 20) {
        memcpy(work, values, (size_t)count * sizeof *values);
        assert_true(psn_select_real(work, count, rank) == sorted[rank]);
        psn_sort_reals(work, count); /* reordered, nothing lost */
        assert_memory_equal(work, sorted, (size_t)count * sizeof *work);
    }
}

static void selection_finds_the_rank_and_keeps_the_values(void **state)
{
    (void)state;
    static double values[MANY];
    const int64_t distincts[] = {1, 2, 7, 1000000007};
    for (int i = 0; i < 4; i++) {
        fill(values, MANY, distincts[i]);
        check_select(values, MANY);
        check_select(values, 30);
    }
}

static void selection_survives_sorted_and_organ_pipe_input(void **state)
{
    (void)state;
    static double values[MANY];
    for (int i = 0; i < MANY; i++) values[i] = i;
    check_select(values, MANY);
    for (int i = 0; i < MANY; i++) values[i] = i < MANY / 2 ? i : MANY - i;
    check_select(values, MANY);
}

static void quantiles_lie_between_neighbours(void **state)
{
    (void)state;
    const double sorted[] = {1.0, 2.0, 4.0, 8.0};
    assert_true(psn_quantile_sorted(sorted, 4, 0.0) == 1.0);
    assert_true(psn_quantile_sorted(sorted, 4, 1.0) == 8.0);
    assert_true(psn_quantile_sorted(sorted, 4, 0.5) == 3.0);  /* place 1.5 */
    assert_true(psn_quantile_sorted(sorted, 4, 0.75) == 5.0); /* place 2.25 */
    assert_true(psn_quantile_sorted(sorted, 1, 0.3) == 1.0);
    assert_true(psn_quantile_sorted(sorted, 4, -1.0) == 1.0);
    assert_true(psn_quantile_sorted(sorted, 4, 2.0) == 8.0);
    assert_true(isnan(psn_quantile_sorted(sorted, 0, 0.5)));
}

int main(void)
{
    psn_memory_hook(take, change, give_back, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_agrees_with_qsort_at_every_size_and_number_of_ties),
        cmocka_unit_test(sorting_without_memory_gives_the_same),
        cmocka_unit_test(infinities_and_subnormals_take_their_places),
        cmocka_unit_test(positions_are_ordered_by_value_and_then_by_position),
        cmocka_unit_test(minus_zero_and_zero_tie),
        cmocka_unit_test(selection_finds_the_rank_and_keeps_the_values),
        cmocka_unit_test(selection_survives_sorted_and_organ_pipe_input),
        cmocka_unit_test(quantiles_lie_between_neighbours),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
