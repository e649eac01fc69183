/* test_sparse_product.c: sparse matrices made row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/memory.h"
#include "math/sparse_product.h"
#include "support/sparse_data.h"

typedef struct pair {
    const psn_sparse *left, *right;
    int64_t expect; /* what every row says it adds; negative: the truth */
} pair;

static void add(void *context, int64_t row, psn_row_sum *sum)
{
    const pair *p = context;
    psn_row_sum_product(sum, p->left, p->right, row);
}

/* The same lists, announced as many or as few. */
static void add_as_told(void *context, int64_t row, psn_row_sum *sum)
{
    const pair *p = context;
    psn_row_sum_expect(sum, p->expect);
    for (int64_t i = p->left->start[row]; i < p->left->start[row + 1]; i++) {
        const int64_t u = p->left->column[i], from = p->right->start[u];
        psn_row_sum_add(sum, p->right->column + from, p->right->value + from,
                        p->right->start[u + 1] - from, p->left->value[i]);
    }
}

static psn_sparse *make(pair *p, int32_t keep, psn_sparse **sums,
                        void (*finish)(void *, int64_t, const int32_t *, float *,
                                       int64_t))
{
    psn_sparse *made;
    const psn_row_maker maker = {
        p->left->rows, p->right->columns, keep, p, p->expect < 0 ? add : add_as_told,
        finish};
    assert_int_equal(psn_sparse_make_rows(&made, sums, &maker, NULL, NULL, NULL),
                     PERSONA_OK);
    return made;
}

/* (1 2 0 | 0 0 3) times (1 0 | 0 4 | 5 -1) = (1 8 | 15 -3), the last one below 0. */
static void a_product_without_what_is_not_above_zero(void **state)
{
    (void)state;
    const float l[] = {1, 2, 3}, r[] = {1, 4, 5, -1};
    psn_sparse *left = sparse_of("01|2", 3, l), *right = sparse_of("0|1|01", 2, r);
    psn_sparse *made = make(&(pair){left, right, -1}, 10, NULL, NULL);
    assert_int_equal(made->start[2], 3);
    assert_true(sparse_at(made, 0, 0) == 1 && sparse_at(made, 0, 1) == 8);
    assert_true(sparse_at(made, 1, 0) == 15);
    psn_sparse_free(made);
    psn_sparse_free(left);
    psn_sparse_free(right);
}

static void sums_of_zero_do_not_stay_nor_come_twice(void **state)
{
    (void)state;
    const float l[] = {1, 1, 1}, r[] = {2, -2, 3, 1, 1};
    psn_sparse *left = sparse_of("012", 3, l), *right = sparse_of("0|0|0 1 3", 4, r);
    psn_sparse *made = make(&(pair){left, right, 1}, 10, NULL, NULL);
    assert_int_equal(made->start[1], 3);
    assert_true(sparse_at(made, 0, 0) == 3 && sparse_at(made, 0, 3) == 1);
    psn_sparse_free(made);
    psn_sparse_free(left);
    psn_sparse_free(right);
}

static void negate(void *context, int64_t row, const int32_t *columns, float *values,
                   int64_t count)
{
    (void)context;
    (void)row;
    for (int64_t i = 0; i < count; i++) values[i] = columns[i] == 1 ? NAN : -values[i];
}

static void scores_choose_and_sums_stay_beside_them(void **state)
{
    (void)state;
    const float l[] = {1}, r[] = {-1, -5, -3, -2, 4};
    psn_sparse *left = sparse_of("0", 1, l), *right = sparse_of("01234", 5, r), *sums;
    psn_sparse *made = make(&(pair){left, right, -1}, 2, &sums, negate);
    assert_int_equal(made->start[1], 2);
    assert_true(sparse_at(made, 0, 2) == 3 && sparse_at(made, 0, 3) == 2);
    assert_true(sparse_at(sums, 0, 2) == -3 && sparse_at(sums, 0, 3) == -2);
    assert_int_equal(psn_sparse_check(sums, 0, NULL), PERSONA_OK);
    psn_sparse_free(made);
    psn_sparse_free(sums);
    psn_sparse_free(left);
    psn_sparse_free(right);
}

static void ties_go_to_the_lower_column(void **state)
{
    (void)state;
    const float l[] = {1}, r[] = {1, 2, 1, 1};
    psn_sparse *left = sparse_of("0", 1, l), *right = sparse_of("0123", 4, r);
    psn_sparse *made = make(&(pair){left, right, -1}, 2, NULL, NULL);
    assert_int_equal(made->start[1], 2);
    assert_int_equal(made->column[0], 0);
    assert_int_equal(made->column[1], 1);
    psn_sparse_free(made);
    psn_sparse_free(left);
    psn_sparse_free(right);
}

static void rows_with_and_without_the_bitmap_are_the_same(void **state)
{
    (void)state;
    psn_sparse *right = sparse_random(400, 0), *left;
    assert_int_equal(psn_sparse_transpose(&left, right, NULL), PERSONA_OK);
    psn_sparse *few = make(&(pair){left, right, 0}, 20, NULL, NULL);
    psn_sparse *many = make(&(pair){left, right, 1 << 20}, 20, NULL, NULL);
    psn_sparse *truth = make(&(pair){left, right, -1}, 20, NULL, NULL);
    assert_sparse_equal(few, many);
    assert_sparse_equal(few, truth);
    psn_sparse_free(few);
    psn_sparse_free(many);
    psn_sparse_free(truth);
    psn_sparse_free(left);
    psn_sparse_free(right);
}

/* Columns far apart, at the ends of words and regions of the bitmap. */
static void wide_rows_are_collected_in_order(void **state)
{
    (void)state;
    static const int32_t at[] = {0, 63, 64, 4095, 4096, 8191, 999935, 999999};
    psn_sparse *right, *left = sparse_of("0", 1, NULL);
    assert_int_equal(psn_sparse_new(&right, 1, 1000000, 8, 0, NULL), PERSONA_OK);
    right->start[1] = 8;
    for (int i = 0; i < 8; i++) right->column[i] = at[7 - i];
    psn_sparse *made = make(&(pair){left, right, -1}, 10, NULL, NULL);
    assert_int_equal(made->start[1], 8);
    assert_memory_equal(made->column, at, sizeof at);
    psn_sparse_free(made);
    psn_sparse_free(left);
    psn_sparse_free(right);
}

static void factors_are_powers_of_at_least_the_least(void **state)
{
    (void)state;
    const double of[] = {0.25, 4, 9};
    double *factor = psn_power_factors(of, 3, 1, -0.5);
    assert_true(factor[0] == 1 && fabs(factor[1] - 0.5) < 1e-15);
    assert_true(fabs(factor[2] - 1.0 / 3) < 1e-15);
    psn_release(factor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_without_what_is_not_above_zero),
        cmocka_unit_test(sums_of_zero_do_not_stay_nor_come_twice),
        cmocka_unit_test(scores_choose_and_sums_stay_beside_them),
        cmocka_unit_test(ties_go_to_the_lower_column),
        cmocka_unit_test(rows_with_and_without_the_bitmap_are_the_same),
        cmocka_unit_test(wide_rows_are_collected_in_order),
        cmocka_unit_test(factors_are_powers_of_at_least_the_least),
    };
    return cmocka_run_group_tests_name("sparse_product", tests, NULL, NULL);
}
