/* test_sparse.c: sparse matrices by rows, and the largest entries of a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/philox.h"
#include "math/keep.h"
#include "math/order.h"
#include "math/sparse.h"
#include "support/failing_memory.h"

/* rows a: 2 0 2   b: nothing   c: 1 2, with values 1 .. 5. */
static psn_sparse *three_sequences(int with_values)
{
    static const int32_t column[] = {2, 0, 2, 1, 2};
    psn_sparse *m;
    assert_int_equal(psn_sparse_new(&m, 3, 4, 5, with_values, NULL), PERSONA_OK);
    m->start[1] = m->start[2] = 3;
    m->start[3] = 5;
    memcpy(m->column, column, sizeof column);
    for (int i = 0; with_values && i < 5; i++) m->value[i] = (float)(i + 1);
    return m;
}

static void assert_matrix(const psn_sparse *m, const int64_t *start,
                          const int32_t *column, const float *value)
{
    assert_memory_equal(m->start, start, ((size_t)m->rows + 1) * sizeof *start);
    const size_t entries = (size_t)m->start[m->rows];
    if (entries > 0) assert_memory_equal(m->column, column, entries * sizeof *column);
    assert_true((m->value == NULL) == (value == NULL));
    if (value != NULL) assert_memory_equal(m->value, value, entries * sizeof *value);
}

static void the_transpose_lists_for_each_column_its_rows_in_order(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(1), *t;
    const int64_t start[] = {0, 1, 2, 5, 5};
    const int32_t column[] = {0, 2, 0, 0, 2};
    const float value[] = {2, 4, 1, 3, 5};
    assert_int_equal(psn_sparse_transpose(&t, m, NULL), PERSONA_OK);
    assert_int_equal(t->rows, 4);
    assert_int_equal(t->columns, 3);
    assert_matrix(t, start, column, value);
    psn_sparse_free(t);
    psn_sparse_free(m);
}

static void sequences_collapse_to_sets_with_sums(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(1), *sets;
    const int64_t start[] = {0, 2, 2, 4};
    const int32_t column[] = {0, 2, 1, 2};
    const float value[] = {2, 4, 4, 5};
    assert_int_equal(psn_sparse_collapse(&sets, m, 0, NULL), PERSONA_OK);
    assert_matrix(sets, start, column, value);
    assert_int_equal(psn_sparse_check(sets, 0, NULL), PERSONA_OK);
    psn_sparse_free(sets);
    psn_sparse_free(m);
}

static void or_with_the_largest(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(1), *sets;
    const int64_t start[] = {0, 2, 2, 4};
    const int32_t column[] = {0, 2, 1, 2};
    const float value[] = {2, 3, 4, 5};
    assert_int_equal(psn_sparse_collapse(&sets, m, 1, NULL), PERSONA_OK);
    assert_matrix(sets, start, column, value);
    psn_sparse_free(sets);
    psn_sparse_free(m);
}

static void without_values_sums_are_counts_and_the_largest_is_one(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(0), *sets;
    const int64_t start[] = {0, 2, 2, 4};
    const int32_t column[] = {0, 2, 1, 2};
    const float counts[] = {1, 2, 1, 1};
    assert_int_equal(psn_sparse_collapse(&sets, m, 0, NULL), PERSONA_OK);
    assert_matrix(sets, start, column, counts);
    psn_sparse_free(sets);
    assert_int_equal(psn_sparse_collapse(&sets, m, 1, NULL), PERSONA_OK);
    assert_matrix(sets, start, column, NULL);
    psn_sparse_free(sets);
    psn_sparse_free(m);
}

/* Row 0: 3 -5 3 1 3; row 1: 2. */
static psn_sparse *two_rows(void)
{
    static const float value[] = {3, -5, 3, 1, 3, 2};
    static const int32_t column[] = {0, 1, 2, 3, 4, 0};
    psn_sparse *m;
    assert_int_equal(psn_sparse_new(&m, 2, 5, 6, 1, NULL), PERSONA_OK);
    m->start[1] = 5;
    m->start[2] = 6;
    memcpy(m->column, column, sizeof column);
    memcpy(m->value, value, sizeof value);
    return m;
}

static void the_largest_stay_and_ties_go_to_the_lower_column(void **state)
{
    (void)state;
    psn_sparse *m = two_rows();
    const int64_t start[] = {0, 2, 3};
    const int32_t column[] = {0, 2, 0};
    const float value[] = {3, 3, 2};
    assert_int_equal(psn_sparse_keep(m, 2, 0, NULL), PERSONA_OK);
    assert_matrix(m, start, column, value);
    psn_sparse_free(m);
}

static void the_largest_in_magnitude_keep_their_sign(void **state)
{
    (void)state;
    psn_sparse *m = two_rows();
    const int64_t start[] = {0, 3, 4};
    const int32_t column[] = {0, 1, 2, 0};
    const float value[] = {3, -5, 3, 2};
    assert_int_equal(psn_sparse_keep(m, 3, 1, NULL), PERSONA_OK);
    assert_matrix(m, start, column, value);
    psn_sparse_free(m);
}

static void keeping_none_empties_and_keeping_many_changes_nothing(void **state)
{
    (void)state;
    psn_sparse *m = two_rows();
    assert_int_equal(psn_sparse_keep(m, 5, 0, NULL), PERSONA_OK);
    assert_int_equal(m->start[2], 6);
    assert_int_equal(psn_sparse_keep(m, 0, 0, NULL), PERSONA_OK);
    assert_int_equal(m->start[1], 0);
    assert_int_equal(m->start[2], 0);
    assert_int_equal(psn_sparse_keep(m, -1, 0, NULL), PERSONA_EARG);
    psn_sparse_free(m);
}

/* Of equal entries every second stays, not the first three. */
static void long_rows_become_shorter_by_weight_then_by_a_fair_sample(void **state)
{
    (void)state;
    psn_sparse *m, *shorter;
    assert_int_equal(psn_sparse_new(&m, 2, 6, 7, 0, NULL), PERSONA_OK);
    for (int i = 0; i < 6; i++) m->column[i] = i;
    m->column[6] = 4;
    m->start[1] = 6;
    m->start[2] = 7;
    const int64_t start[] = {0, 3, 4};
    const int32_t spread[] = {1, 3, 5, 4}, heaviest[] = {0, 2, 5, 4};
    const float value[] = {1, 0, 2, 0, 0, 1, 7}, left[] = {1, 2, 1, 7};
    assert_int_equal(psn_sparse_shorten(&shorter, m, 3, NULL), PERSONA_OK);
    assert_matrix(shorter, start, spread, NULL);
    psn_sparse_free(shorter);
    assert_int_equal(psn_sparse_need_values(m, NULL), PERSONA_OK);
    assert_true(m->value[6] == 1);
    memcpy(m->value, value, sizeof value);
    assert_int_equal(psn_sparse_shorten(&shorter, m, 3, NULL), PERSONA_OK);
    assert_matrix(shorter, start, heaviest, left);
    psn_sparse_free(shorter);
    assert_int_equal(psn_sparse_shorten(&shorter, m, 6, NULL), PERSONA_OK);
    assert_null(shorter);
    assert_int_equal(psn_sparse_shorten(&shorter, m, 0, NULL), PERSONA_EARG);
    psn_sparse_free(m);
}

static void sums_of_rows_and_columns(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(1);
    double rows[3], columns[4];
    psn_sparse_sums(m, rows, columns);
    assert_true(rows[0] == 6 && rows[1] == 0 && rows[2] == 9);
    assert_true(columns[0] == 2 && columns[1] == 4 && columns[2] == 9);
    assert_true(columns[3] == 0);
    psn_sparse_free(m);
    m = three_sequences(0);
    psn_sparse_sums(m, rows, NULL);
    psn_sparse_sums(m, NULL, columns);
    assert_true(rows[0] == 3 && columns[2] == 3);
    psn_sparse_free(m);
}

static void check_threshold(int64_t distinct, int64_t keep)
{
    enum { COUNT = 500 };
    float scores[COUNT];
    double sorted[COUNT];
    uint32_t scratch[COUNT];
    int64_t ties, above = 0;
    psn_random random;
    psn_random_start(&random, 3, 1, (uint64_t)distinct);
    for (int i = 0; i < COUNT; i++) {
        scores[i] = (float)(psn_random_below(&random, distinct) - distinct / 2) * 0.37F;
        sorted[i] = (double)scores[i];
    }
    psn_sort_reals(sorted, COUNT);
    const float t = psn_keep_threshold(scores, COUNT, keep, scratch, &ties);
    assert_true((double)t == sorted[COUNT - keep]);
    for (int i = 0; i < COUNT; i++) above += scores[i] > t;
    assert_int_equal(above + ties, keep);
}

static void the_threshold_is_the_score_of_that_rank(void **state)
{
    (void)state;
    const int64_t keeps[] = {1, 2, 10, 250, 499, 500};
    for (int i = 0; i < 6; i++) {
        check_threshold(1, keeps[i]);
        check_threshold(5, keeps[i]);
        check_threshold(1000000000, keeps[i]);
    }
}

static void a_sound_matrix_passes_and_each_fault_is_found(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(1);
    persona_error error;
    assert_int_equal(psn_sparse_check(m, 1, NULL), PERSONA_OK);
    assert_int_equal(psn_sparse_check(m, 0, &error), PERSONA_EFORMAT);
    assert_int_equal(error.where, 0);
    m->column[4] = 4;
    assert_int_equal(psn_sparse_check(m, 1, &error), PERSONA_EFORMAT);
    assert_int_equal(error.where, 2);
    m->column[4] = -1;
    assert_int_equal(psn_sparse_check(m, 1, NULL), PERSONA_EFORMAT);
    m->column[4] = 2;
    m->value[0] = INFINITY;
    assert_int_equal(psn_sparse_check(m, 1, NULL), PERSONA_EFORMAT);
    m->value[0] = 0;
    m->start[1] = 4;
    assert_int_equal(psn_sparse_check(m, 1, &error), PERSONA_EFORMAT);
    assert_int_equal(error.where, 1);
    m->start[0] = 1;
    assert_int_equal(psn_sparse_check(m, 1, NULL), PERSONA_EFORMAT);
    psn_sparse_free(m);
}

static void an_empty_matrix_is_a_matrix(void **state)
{
    (void)state;
    psn_sparse *m, *t;
    assert_int_equal(psn_sparse_new(&m, 0, 0, 0, 1, NULL), PERSONA_OK);
    assert_int_equal(psn_sparse_transpose(&t, m, NULL), PERSONA_OK);
    psn_sparse_free(t);
    assert_int_equal(psn_sparse_collapse(&t, m, 0, NULL), PERSONA_OK);
    assert_int_equal(psn_sparse_keep(t, 1, 0, NULL), PERSONA_OK);
    assert_int_equal(psn_sparse_check(t, 0, NULL), PERSONA_OK);
    psn_sparse_free(t);
    psn_sparse_free(m);
    psn_sparse_free(NULL);
    assert_int_equal(psn_sparse_new(&m, -1, 0, 0, 0, NULL), PERSONA_EARG);
    assert_null(m);
}

static void every_refused_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    psn_sparse *m = three_sequences(1), *sets;
    const long long before = memory_live;
    for (int n = 0, failed = 1; failed; n++) {
        failing_memory_arm(n, 1);
        const int rc = psn_sparse_collapse(&sets, m, 0, NULL);
        failed = failing_memory_disarm();
        assert_true(rc == PERSONA_OK || (rc == PERSONA_ENOMEM && sets == NULL));
        psn_sparse_free(sets);
        assert_int_equal(memory_live, before);
    }
    for (int n = 0; n < 2; n++) {
        failing_memory_arm(n, 1);
        assert_int_equal(psn_sparse_keep(m, 1, 0, NULL), PERSONA_ENOMEM);
        failing_memory_disarm();
        assert_int_equal(m->start[3], 5);
    }
    psn_sparse_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_transpose_lists_for_each_column_its_rows_in_order),
        cmocka_unit_test(sequences_collapse_to_sets_with_sums),
        cmocka_unit_test(or_with_the_largest),
        cmocka_unit_test(without_values_sums_are_counts_and_the_largest_is_one),
        cmocka_unit_test(the_largest_stay_and_ties_go_to_the_lower_column),
        cmocka_unit_test(the_largest_in_magnitude_keep_their_sign),
        cmocka_unit_test(keeping_none_empties_and_keeping_many_changes_nothing),
        cmocka_unit_test(long_rows_become_shorter_by_weight_then_by_a_fair_sample),
        cmocka_unit_test(sums_of_rows_and_columns),
        cmocka_unit_test(the_threshold_is_the_score_of_that_rank),
        cmocka_unit_test(a_sound_matrix_passes_and_each_fault_is_found),
        cmocka_unit_test(an_empty_matrix_is_a_matrix),
        cmocka_unit_test(every_refused_allocation_is_an_error_and_leaks_nothing),
    };
    failing_memory_install();
    return cmocka_run_group_tests_name("sparse", tests, NULL, NULL);
}
