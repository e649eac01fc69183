/* test_blas.c: products of matrices through the host's BLAS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/os.h"
#include "base/text.h"
#include "math/blas.h"

static void the_blas_of_this_machine_passes_its_self_test(void **state)
{
    (void)state;
    persona_error error;
    assert_int_equal(psn_blas_ready(&error), PERSONA_OK);
    assert_int_equal(psn_blas_ready(NULL), PERSONA_OK);
}

/* Columns (1 2 3) and (4 5 6). */
static void gram_writes_the_upper_triangle_only(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3, 4, 5, 6};
    double c[] = {-1, -1, -1, -1};
    assert_int_equal(psn_blas_gram(c, 2, a, 3, 3, 1.0, 0.0, NULL), PERSONA_OK);
    const double expected[] = {14, -1, 32, 77};
    assert_memory_equal(c, expected, sizeof c);
    assert_int_equal(psn_blas_gram(c, 2, a, 3, 3, 2.0, 1.0, NULL), PERSONA_OK);
    const double more[] = {42, -1, 96, 231};
    assert_memory_equal(c, more, sizeof c);
}

static void gemm_multiplies_with_and_without_transposing(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3, 4}; /* (1 3; 2 4) */
    const double b[] = {5, 6, 7, 8}; /* (5 7; 6 8) */
    double c[4];
    const double plain[] = {23, 34, 31, 46}, turned_a[] = {17, 39, 23, 53};
    const double turned_b[] = {26, 38, 30, 44};
    psn_blas_gemm('N', 'N', 2, 2, 2, 1.0, a, 2, b, 2, 0.0, c, 2, NULL);
    assert_memory_equal(c, plain, sizeof c);
    psn_blas_gemm('T', 'N', 2, 2, 2, 1.0, a, 2, b, 2, 0.0, c, 2, NULL);
    assert_memory_equal(c, turned_a, sizeof c);
    psn_blas_gemm('N', 'T', 2, 2, 2, 1.0, a, 2, b, 2, 0.0, c, 2, NULL);
    assert_memory_equal(c, turned_b, sizeof c);
}

static void sizes_beyond_32_bits_are_refused(void **state)
{
    (void)state;
    persona_error error;
    double c = 0.0;
    const int64_t big = (int64_t)INT32_MAX + 1;
    assert_int_equal(psn_blas_gram(&c, 1, &c, big, big, 1.0, 0.0, &error),
                     PERSONA_ELIMIT);
    assert_non_null(strstr(error.message, "2147483647"));
    assert_int_equal(
        psn_blas_gemm('N', 'N', 1, 1, 1, 1.0, &c, 1, &c, big, 0.0, &c, 1, &error),
        PERSONA_ELIMIT);
    assert_int_equal(
        psn_blas_gemm('N', 'N', -1, 1, 1, 1.0, &c, 1, &c, 1, 0.0, &c, 1, NULL),
        PERSONA_ELIMIT);
}

static void the_description_names_library_core_and_threads(void **state)
{
    (void)state;
    psn_text json = {0};
    psn_blas_describe(&json);
    assert_false(json.failed);
    assert_int_equal(strncmp(json.bytes, "\"blas\":{\"library\":\"", 19), 0);
    assert_non_null(strstr(json.bytes, "\"core\":\""));
    assert_non_null(strstr(json.bytes, "\"threads\":"));
    assert_non_null(strstr(json.bytes, "\"self_test\":\"passed\"}"));
    psn_text_free(&json);
}

static void multiply_often(void *context)
{
    const double a[] = {1, 2, 3, 4, 5, 6};
    for (int i = 0; i < 2000; i++) {
        double c[4] = {0};
        if (psn_blas_gram(c, 2, a, 3, 3, 1.0, 0.0, NULL) != PERSONA_OK || c[3] != 77.0)
            *(int *)context = 1;
    }
}

static void many_threads_get_right_answers(void **state)
{
    (void)state;
    psn_os_thread *threads[8];
    int wrong[8] = {0};
    for (int i = 0; i < 8; i++)
        assert_int_equal(psn_os_thread_start(&threads[i], multiply_often, &wrong[i]),
                         PERSONA_OK);
    for (int i = 0; i < 8; i++) psn_os_thread_join(threads[i]);
    for (int i = 0; i < 8; i++) assert_int_equal(wrong[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            many_threads_get_right_answers), /* first: they race for the test */
        cmocka_unit_test(the_blas_of_this_machine_passes_its_self_test),
        cmocka_unit_test(gram_writes_the_upper_triangle_only),
        cmocka_unit_test(gemm_multiplies_with_and_without_transposing),
        cmocka_unit_test(sizes_beyond_32_bits_are_refused),
        cmocka_unit_test(the_description_names_library_core_and_threads),
    };
    return cmocka_run_group_tests_name("blas", tests, NULL, NULL);
}
