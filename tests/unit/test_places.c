/* test_places.c: where columns occur, and dense squares cut down to their largest
 * entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "math/places.h"
#include "math/square.h"

static void columns_that_occur_are_numbered_and_found(void **state)
{
    (void)state;
    int64_t start[] = {0, 2, 2, 5};
    int32_t column[] = {4, 1, 1, 4, 1};
    const psn_sparse sequences = {3, 6, start, column, NULL};
    psn_places *places = NULL;
    assert_int_equal(psn_places_new(&places, &sequences, NULL), PERSONA_OK);
    assert_int_equal(places->count, 2);
    assert_memory_equal(places->original, ((int32_t[]){1, 4}), 2 * sizeof(int32_t));
    assert_memory_equal(places->number, ((int32_t[]){1, 0, 0, 1, 0}),
                        5 * sizeof(int32_t));
    assert_memory_equal(places->start, ((int64_t[]){0, 3, 5}), 3 * sizeof(int64_t));
    assert_memory_equal(places->place, ((int64_t[]){1, 2, 4, 0, 3}), 5 * sizeof(int64_t));
    assert_memory_equal(places->row, ((int64_t[]){0, 2, 2, 0, 2}), 5 * sizeof(int64_t));
    psn_places_free(places);
}

static void a_matrix_without_entries_has_no_places(void **state)
{
    (void)state;
    int64_t start[] = {0, 0};
    const psn_sparse empty = {1, 3, start, NULL, NULL};
    psn_places *places = NULL;
    assert_int_equal(psn_places_new(&places, &empty, NULL), PERSONA_OK);
    assert_int_equal(places->count, 0);
    assert_int_equal(places->start[0], 0);
    psn_places_free(places);
}

static void turning_swaps_every_pair_once(void **state)
{
    (void)state;
    enum { N = 70 };
    float a[N * N], b[N * N];
    for (int i = 0; i < N * N; i++) a[i] = b[i] = (float)i;
    psn_square_transpose(a, N);
    psn_square_mirror(b, N);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            const int upper = i < j ? j * N + i : i * N + j;
            assert_true(a[j * N + i] == (float)(i * N + j));
            assert_true(b[j * N + i] == (float)upper);
        }
    }
}

/* Columns as rows: (0 -3 1), (2 2 -2), (5 0 0), the second entry twice as heavy; two of
 * each stay. Items 1, 2 and 4 of 5. */
static void the_largest_entries_of_a_row_stay(void **state)
{
    (void)state;
    const float a[] = {0, -3, 1, 2, 1, -2, 5, 0, 0}, scale[] = {1, 2, 1};
    const int32_t original[] = {1, 2, 4};
    const int64_t start[] = {0, 0, 2, 4, 4, 5};
    psn_sparse *kept = NULL;
    assert_int_equal(psn_square_keep(&kept, a, 3, scale, 0, 2, original, 5, NULL, NULL),
                     PERSONA_OK);
    assert_memory_equal(kept->start, start, sizeof start);
    assert_memory_equal(kept->column, ((int32_t[]){2, 4, 1, 2, 1}), 5 * sizeof(int32_t));
    assert_memory_equal(kept->value, ((float[]){-6, 1, 2, 2, 5}), 5 * sizeof(float));
    psn_sparse_free(kept);
    assert_int_equal(psn_square_keep(&kept, a, 3, NULL, 1, 0, original, 5, NULL, NULL),
                     PERSONA_OK);
    assert_memory_equal(kept->column, ((int32_t[]){2, 4, 1, 4, 1}), 5 * sizeof(int32_t));
    assert_memory_equal(kept->value, ((float[]){-3, 1, 2, -2, 5}), 5 * sizeof(float));
    psn_sparse_free(kept);
}

/* A is 4 on the diagonal and 1 beside it; `each` entries of a column of B are not 0. */
static void check_solution(int64_t each)
{
    enum { N = 64 };
    static float a[N * N], b[N * N], x[N * N];
    memset(b, 0, sizeof b);
    for (int64_t i = 0; i < N * N; i++) {
        const int64_t off = i / N - i % N;
        a[i] = off == 0 ? 3.0f : off == 1 || off == -1 ? 1.0f : 0.0f;
        if ((i % N + 5 * (i / N)) % N < each) b[i] = (float)(i % 7 + 1);
    }
    memcpy(x, b, sizeof x);
    assert_int_equal(psn_square_solve(a, x, N, 1.0, NULL, NULL, NULL), PERSONA_OK);
    for (int64_t i = 0; i < N * N; i++) {
        double sum = 4.0 * (double)x[i] - (double)b[i];
        if (i % N > 0) sum += (double)x[i - 1];
        if (i % N < N - 1) sum += (double)x[i + 1];
        assert_true(fabs(sum) < 1e-5);
    }
}

static void right_sides_with_few_and_with_many_entries_are_solved(void **state)
{
    (void)state;
    check_solution(1);
    check_solution(3);
    check_solution(4);
    check_solution(50);
}

static void what_is_not_finite_or_too_large_is_an_error(void **state)
{
    (void)state;
    persona_error error;
    const float a[] = {1, NAN, 1, 1};
    const int32_t original[] = {0, 1};
    psn_sparse *kept = NULL;
    float *square = NULL;
    assert_int_equal(psn_square_keep(&kept, a, 2, NULL, 0, 1, original, 2, NULL, &error),
                     PERSONA_ENUMERIC);
    assert_null(kept);
    assert_int_equal(psn_square_new(&square, 1000, 2, 7999999, &error), PERSONA_ELIMIT);
    assert_non_null(strstr(error.message, "1000 items"));
    assert_int_equal(psn_square_new(&square, 1000, 2, 8000000, NULL), PERSONA_OK);
    psn_square_free(square);
    assert_true(psn_square_bytes(INT64_MAX, 1) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_occur_are_numbered_and_found),
        cmocka_unit_test(a_matrix_without_entries_has_no_places),
        cmocka_unit_test(turning_swaps_every_pair_once),
        cmocka_unit_test(the_largest_entries_of_a_row_stay),
        cmocka_unit_test(right_sides_with_few_and_with_many_entries_are_solved),
        cmocka_unit_test(what_is_not_finite_or_too_large_is_an_error),
    };
    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
