/* test_lapack.c: eigenvectors and Cholesky factors, of LAPACK and of our own for small
 * matrices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/philox.h"
#include "math/eigen.h"
#include "math/lapack.h"

typedef int solver(double *, int64_t, double *, persona_error *);
static solver *const solvers[] = {psn_lapack_eigen, psn_eigen_small};

/* (2 1; 1 2): values 1 and 3; the lower triangle is not read. */
static void two_by_two_comes_out_as_worked_by_hand(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        double a[] = {2, NAN, 1, 2}, values[2];
        assert_int_equal(solvers[i](a, 2, values, NULL), PERSONA_OK);
        assert_true(fabs(values[0] - 1.0) < 1e-15 && fabs(values[1] - 3.0) < 1e-15);
        assert_true(fabs(fabs(a[0]) - sqrt(0.5)) < 1e-15 && fabs(a[0] + a[1]) < 1e-15);
        assert_true(fabs(a[2] - sqrt(0.5)) < 1e-15 && fabs(a[3] - sqrt(0.5)) < 1e-15);
    }
}

static double largest_entry(const double *vector, int64_t n)
{
    double largest = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (fabs(vector[i]) > fabs(largest)) largest = vector[i];
    }
    return largest;
}

/* A = V diag(values) V' again, V orthogonal, values ascending, signs fixed. */
static void check_decomposition(solver *solve, int64_t n)
{
    static double a[64 * 64], v[64 * 64], values[64];
    psn_random random;
    psn_random_start(&random, 5, 1, (uint64_t)n);
    for (int64_t i = 0; i < n * n; i++) a[i] = psn_random_unit(&random) - 0.5;
    memcpy(v, a, sizeof v);
    assert_int_equal(solve(v, n, values, NULL), PERSONA_OK);
    for (int64_t j = 0; j < n; j++) {
        assert_true(largest_entry(v + j * n, n) > 0.0);
        if (j > 0) assert_true(values[j] >= values[j - 1]);
        for (int64_t i = 0; i <= j; i++) {
            double entry = 0.0, product = i == j ? -1.0 : 0.0;
            for (int64_t k = 0; k < n; k++) {
                entry += v[k * n + i] * values[k] * v[k * n + j];
                product += v[i * n + k] * v[j * n + k];
            }
            assert_true(fabs(entry - a[j * n + i]) < 1e-13 && fabs(product) < 1e-13);
        }
    }
}

static void vectors_and_values_give_the_matrix_again(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        check_decomposition(solvers[i], 1);
        check_decomposition(solvers[i], 3);
        check_decomposition(solvers[i], 8);
        check_decomposition(solvers[i], 64);
    }
}

static void zero_and_diagonal_matrices_give_unit_vectors(void **state)
{
    (void)state;
    double zero[9] = {0}, diagonal[9] = {3, 0, 0, 0, 1, 0, 0, 0, 2}, values[3];
    assert_int_equal(psn_eigen_small(zero, 3, values, NULL), PERSONA_OK);
    assert_true(zero[0] == 1.0 && zero[4] == 1.0 && zero[8] == 1.0 && values[2] == 0.0);
    assert_int_equal(psn_eigen_small(diagonal, 3, values, NULL), PERSONA_OK);
    assert_true(values[0] == 1.0 && values[1] == 2.0 && values[2] == 3.0);
    assert_true(diagonal[1] == 1.0 && diagonal[5] == 1.0 && diagonal[6] == 1.0);
}

static void cholesky_factors_a_matrix_worked_by_hand(void **state)
{
    (void)state;
    double a[] = {4, -9, 2, 10}; /* R = (2 1; 0 3) */
    assert_int_equal(psn_lapack_cholesky(a, 2, NULL), PERSONA_OK);
    assert_true(a[0] == 2.0 && a[1] == -9.0 && a[2] == 1.0 && a[3] == 3.0);
}

/* (4 2; 2 10) = R'R with R = (2 1; 0 3); its inverse is (10 -2; -2 4) / 36. */
static void float32_factor_solves_and_inverts(void **state)
{
    (void)state;
    float a[] = {4, -9, 2, 10}, b[] = {8, 22, 4, 2};
    assert_int_equal(psn_lapack_cholesky32(a, 2, NULL), PERSONA_OK);
    assert_true(a[0] == 2.0f && a[1] == -9.0f && a[2] == 1.0f && a[3] == 3.0f);
    assert_int_equal(psn_lapack_solve32(a, 2, b, 2, NULL), PERSONA_OK);
    assert_true(b[0] == 1.0f && b[1] == 2.0f && b[2] == 1.0f && b[3] == 0.0f);
    assert_int_equal(psn_lapack_inverse32(a, 2, NULL), PERSONA_OK);
    assert_true(fabsf(a[0] - 10.0f / 36.0f) < 1e-6f && a[1] == -9.0f);
    assert_true(fabsf(a[2] + 2.0f / 36.0f) < 1e-6f);
    assert_true(fabsf(a[3] - 4.0f / 36.0f) < 1e-6f);
}

static void float32_refuses_what_has_no_answer(void **state)
{
    (void)state;
    float indefinite[] = {1, 0, 2, 1}, infinite[] = {1, 0, INFINITY, 1};
    float unit[] = {1, 0, 0, 1}, zero[] = {0, 0, 0, 0};
    assert_int_equal(psn_lapack_cholesky32(indefinite, 2, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_cholesky32(infinite, 2, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_inverse32(infinite, 2, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_inverse32(zero, 2, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_solve32(infinite, 2, unit, 1, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_solve32(unit, 2, infinite, 2, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_cholesky32(unit, 32767, NULL), PERSONA_ELIMIT);
    assert_int_equal(psn_lapack_solve32(unit, 0, unit, 2, NULL), PERSONA_OK);
}

static void what_has_no_answer_is_an_error(void **state)
{
    (void)state;
    persona_error error;
    double indefinite[] = {1, 0, 2, 1}, infinite[] = {1, 0, INFINITY, 1}, values[2];
    assert_int_equal(psn_lapack_cholesky(indefinite, 2, &error), PERSONA_ENUMERIC);
    assert_non_null(strstr(error.message, "positive definite"));
    assert_int_equal(psn_lapack_cholesky(infinite, 2, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_lapack_eigen(infinite, 2, values, NULL), PERSONA_ENUMERIC);
    assert_int_equal(psn_eigen_small(infinite, 2, values, &error), PERSONA_ENUMERIC);
    assert_non_null(strstr(error.message, "not finite"));
    assert_int_equal(psn_lapack_eigen(values, 32767, values, NULL), PERSONA_ELIMIT);
    assert_int_equal(psn_lapack_eigen(values, 0, values, NULL), PERSONA_OK);
}

/* (2 -1; -1 2): both entries of each vector are as large; the first is made positive. */
static void the_first_of_equally_large_entries_is_positive(void **state)
{
    (void)state;
    double vectors[] = {-0.5, 0.5, 0.5, -0.5, -1.0, 0.25};
    psn_eigen_fix_signs(vectors, 2, 3);
    const double expected[] = {0.5, -0.5, 0.5, -0.5, 1.0, -0.25};
    assert_memory_equal(vectors, expected, sizeof vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_by_two_comes_out_as_worked_by_hand),
        cmocka_unit_test(vectors_and_values_give_the_matrix_again),
        cmocka_unit_test(zero_and_diagonal_matrices_give_unit_vectors),
        cmocka_unit_test(cholesky_factors_a_matrix_worked_by_hand),
        cmocka_unit_test(float32_factor_solves_and_inverts),
        cmocka_unit_test(float32_refuses_what_has_no_answer),
        cmocka_unit_test(what_has_no_answer_is_an_error),
        cmocka_unit_test(the_first_of_equally_large_entries_is_positive),
    };
    return cmocka_run_group_tests_name("lapack", tests, NULL, NULL);
}
