/* test_blas_broken.c: a BLAS whose kernel is wrong. This program's own syrk, off by one
 * in one entry, stands before that of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <cblas.h>
#include <string.h>
#include "base/text.h"
#include "math/blas.h"
#include "math/lapack.h"

void cblas_dsyrk(const enum CBLAS_ORDER order, const enum CBLAS_UPLO uplo,
                 const enum CBLAS_TRANSPOSE trans, const blasint n, const blasint k,
                 const double alpha, const double *a, const blasint lda,
                 const double beta, double *c, const blasint ldc)
{
    (void)order, (void)uplo, (void)trans, (void)beta;
    for (blasint j = 0; j < n; j++) {
        for (blasint i = 0; i <= j; i++) {
            double sum = i == 5 && j == 17 ? 1.0 : 0.0;
            for (blasint r = 0; r < k; r++) sum += a[i * lda + r] * a[j * lda + r];
            c[j * ldc + i] = alpha * sum;
        }
    }
}

static void every_call_refuses_and_says_why(void **state)
{
    (void)state;
    persona_error error;
    double a[4] = {1, 0, 0, 1}, c[4];
    assert_int_equal(psn_blas_gram(c, 2, a, 2, 2, 1.0, 0.0, &error), PERSONA_EBLAS);
    assert_non_null(strstr(error.message, "self-test in syrk on core "));
    assert_int_equal(psn_blas_gemm('N', 'N', 2, 2, 2, 1.0, a, 2, a, 2, 0.0, c, 2, NULL),
                     PERSONA_EBLAS);
    assert_int_equal(psn_lapack_cholesky(a, 2, NULL), PERSONA_EBLAS);
    assert_int_equal(psn_lapack_eigen(a, 2, c, NULL), PERSONA_EBLAS);
}

static void the_description_names_what_failed(void **state)
{
    (void)state;
    psn_text json = {0};
    psn_blas_describe(&json);
    assert_non_null(strstr(json.bytes, "\"self_test\":\"syrk\"}"));
    psn_text_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_refuses_and_says_why),
        cmocka_unit_test(the_description_names_what_failed),
    };
    return cmocka_run_group_tests_name("blas_broken", tests, NULL, NULL);
}
