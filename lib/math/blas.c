/* blas.c: the only file that includes cblas.h.
 *
 * The library behind it is whatever the host has. Its first use tests it: products of
 * small whole numbers, which every order of summation gives exactly, and LAPACK's check.
 * A kernel chosen for the wrong processor is then an error here and not a wrong answer
 * later. The OpenBLAS functions are weak, so that another BLAS links too. An OpenBLAS
 * with several threads shares them among all callers and may spin or deadlock when many
 * of ours call it: they go one at a time. How many threads there are is asked once and
 * never set. */
#include "math/blas.h"

#include <cblas.h>
#include <stdatomic.h>
#include <stddef.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"
#include "math/lapack.h"

extern char *openblas_get_config(void) __attribute__((weak));
extern char *openblas_get_corename(void) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
extern int openblas_get_parallel(void) __attribute__((weak));

enum { BLAS_UNKNOWN, BLAS_GOOD, BLAS_BAD };

static atomic_int blas_state;
/* Written under psn_os_lock before blas_state, then constant. */
static psn_os_gate *blas_gate; /* NULL: everybody may enter at once */
static const char *blas_fault; /* what failed */

static int blas_threads(void)
{
    if (openblas_get_num_threads == NULL || openblas_get_parallel == NULL) return 1;
    return openblas_get_parallel() == 0 ? 1 : openblas_get_num_threads();
}

static const char *blas_core(void)
{
    return openblas_get_corename != NULL ? openblas_get_corename() : "unknown";
}

void psn_blas_enter(void)
{
    if (blas_gate != NULL) psn_os_gate_lock(blas_gate);
}

void psn_blas_leave(void)
{
    if (blas_gate != NULL) psn_os_gate_unlock(blas_gate);
}

/* ---- the self-test ---- */

/* Odd sizes leave rests in every kernel. */
enum { CHECK_M = 33, CHECK_N = 29, CHECK_K = 39 };

static void blas_check_fill(double *matrix, int count, unsigned seed)
{
    for (int i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        matrix[i] = (double)(seed >> 24 & 15) - 7.0;
    }
}

static double blas_check_dot(const double *a, int step_a, const double *b, int step_b,
                             int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++) sum += a[i * step_a] * b[i * step_b];
    return sum;
}

static int blas_check_gemm(double *a, double *b, double *c)
{
    int same = 1;
    blas_check_fill(a, CHECK_M * CHECK_K, 1);
    blas_check_fill(b, CHECK_K * CHECK_N, 2);
    blas_check_fill(c, CHECK_M * CHECK_N, 3);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, CHECK_M, CHECK_N, CHECK_K, 1.0,
                a, CHECK_M, b, CHECK_K, 0.0, c, CHECK_M);
    for (int i = 0; i < CHECK_M; i++) {
        for (int j = 0; j < CHECK_N; j++) {
            same &= c[j * CHECK_M + i] ==
                    blas_check_dot(a + i, CHECK_M, b + j * CHECK_K, 1, CHECK_K);
        }
    }
    return same;
}

static int blas_check_gram(double *a, double *c)
{
    int same = 1;
    blas_check_fill(a, CHECK_K * CHECK_N, 4);
    blas_check_fill(c, CHECK_N * CHECK_N, 5);
    cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, CHECK_N, CHECK_K, 1.0, a, CHECK_K,
                0.0, c, CHECK_N);
    for (int j = 0; j < CHECK_N; j++) {
        for (int i = 0; i <= j; i++) {
            same &= c[j * CHECK_N + i] ==
                    blas_check_dot(a + i * CHECK_K, 1, a + j * CHECK_K, 1, CHECK_K);
        }
    }
    return same;
}

/* The products of float32 are compared with sums of float64: both are exact. */
static void blas_check_narrow(float *narrow, const double *wide, int count)
{
    for (int i = 0; i < count; i++) narrow[i] = (float)wide[i];
}

static int blas_check_gemm32(double *a, double *b, float *a32, float *b32, float *c)
{
    int same = 1;
    blas_check_fill(a, CHECK_M * CHECK_K, 6);
    blas_check_fill(b, CHECK_K * CHECK_N, 7);
    blas_check_narrow(a32, a, CHECK_M * CHECK_K);
    blas_check_narrow(b32, b, CHECK_K * CHECK_N);
    cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, CHECK_M, CHECK_N, CHECK_K,
                1.0f, a32, CHECK_M, b32, CHECK_K, 0.0f, c, CHECK_M);
    for (int i = 0; i < CHECK_M; i++) {
        for (int j = 0; j < CHECK_N; j++) {
            same &= (double)c[j * CHECK_M + i] ==
                    blas_check_dot(a + i, CHECK_M, b + j * CHECK_K, 1, CHECK_K);
        }
    }
    return same;
}

static int blas_check_gram32(double *a, float *a32, float *c)
{
    int same = 1;
    blas_check_fill(a, CHECK_K * CHECK_N, 8);
    blas_check_narrow(a32, a, CHECK_K * CHECK_N);
    cblas_ssyrk(CblasColMajor, CblasUpper, CblasTrans, CHECK_N, CHECK_K, 1.0f, a32,
                CHECK_K, 0.0f, c, CHECK_N);
    for (int j = 0; j < CHECK_N; j++) {
        for (int i = 0; i <= j; i++) {
            same &= (double)c[j * CHECK_N + i] ==
                    blas_check_dot(a + i * CHECK_K, 1, a + j * CHECK_K, 1, CHECK_K);
        }
    }
    return same;
}

static int blas_check(const char **fault, persona_error *error)
{
    int rc = PERSONA_OK;
    const int cells = CHECK_M * CHECK_K;
    double *a = psn_alloc((size_t)cells, 3 * (sizeof(double) + sizeof(float)));
    PSN_NEED(a);
    double *b = a + cells, *c = b + cells;
    float *a32 = (float *)(c + cells), *b32 = a32 + cells, *c32 = b32 + cells;
    *fault = NULL;
    if (!blas_check_gemm(a, b, c))
        *fault = "gemm";
    else if (!blas_check_gram(a, c))
        *fault = "syrk";
    else if (!blas_check_gemm32(a, b, a32, b32, c32))
        *fault = "sgemm";
    else if (!blas_check_gram32(a, a32, c32))
        *fault = "ssyrk";
    else
        PSN_TRY(psn_lapack_check(fault, error));
done:
    psn_release(a);
    return rc;
}

/* Threads that come here at once each test, one after the other; the first one's gate and
 * result stay. */
static int blas_start(persona_error *error)
{
    int rc = PERSONA_OK;
    const char *fault;
    psn_os_gate *gate = NULL;
    if (blas_threads() > 1) PSN_NEED(gate = psn_os_gate_new());
    psn_os_lock();
    if (atomic_load_explicit(&blas_state, memory_order_relaxed) == BLAS_UNKNOWN &&
        (rc = blas_check(&fault, error)) == PERSONA_OK) {
        blas_fault = fault;
        blas_gate = gate;
        gate = NULL;
        atomic_store_explicit(&blas_state, fault == NULL ? BLAS_GOOD : BLAS_BAD,
                              memory_order_release);
    }
    psn_os_unlock();
done:
    psn_os_gate_free(gate);
    return rc;
}

int psn_blas_ready(persona_error *error)
{
    int rc = PERSONA_OK;
    if (atomic_load_explicit(&blas_state, memory_order_acquire) == BLAS_UNKNOWN)
        PSN_TRY(blas_start(error));
    if (atomic_load_explicit(&blas_state, memory_order_acquire) == BLAS_BAD)
        PSN_FAIL(error, PERSONA_EBLAS,
                 "BLAS fails its self-test in %s on core %s: install another BLAS or set "
                 "OPENBLAS_CORETYPE",
                 blas_fault, blas_core());
done:
    return rc;
}

void psn_blas_describe(psn_text *json)
{
    const int rc = psn_blas_ready(NULL);
    psn_text_format(json, "\"blas\":{\"library\":");
    psn_text_json(
        json, openblas_get_config != NULL ? openblas_get_config() : "not OpenBLAS", -1);
    psn_text_format(json, ",\"core\":");
    psn_text_json(json, blas_core(), -1);
    psn_text_format(json,
                    ",\"threads\":%d,\"one_caller_at_a_time\":%s,\"self_test\":\"%s\"}",
                    blas_threads(), blas_gate != NULL ? "true" : "false",
                    rc == PERSONA_OK      ? "passed"
                    : rc == PERSONA_EBLAS ? blas_fault
                                          : "not run");
}

/* ---- the calls ---- */

static int blas_limits(int64_t a, int64_t b, int64_t c, int64_t d, persona_error *error)
{
    const int64_t sizes[] = {a, b, c, d};
    for (int i = 0; i < 4; i++) {
        if (sizes[i] >= 0 && sizes[i] <= INT32_MAX) continue;
        return psn_fail(
            error, PERSONA_ELIMIT,
            "a matrix has more than 2147483647 rows or columns, the most that "
            "BLAS takes");
    }
    return PERSONA_OK;
}

int psn_blas_gram(double *c, int64_t n, const double *a, int64_t rows, int64_t lda,
                  double alpha, double beta, persona_error *error)
{
    int rc;
    PSN_TRY(blas_limits(n, rows, lda, 0, error));
    PSN_TRY(psn_blas_ready(error));
    psn_blas_enter();
    cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, (int)n, (int)rows, alpha, a,
                (int)lda, beta, c, (int)n);
    psn_blas_leave();
done:
    return rc;
}

int psn_blas_gemm(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k,
                  double alpha, const double *a, int64_t lda, const double *b,
                  int64_t ldb, double beta, double *c, int64_t ldc, persona_error *error)
{
    int rc;
    PSN_TRY(blas_limits(m, n, k, lda, error));
    PSN_TRY(blas_limits(ldb, ldc, 0, 0, error));
    PSN_TRY(psn_blas_ready(error));
    psn_blas_enter();
    cblas_dgemm(CblasColMajor, transpose_a == 'T' ? CblasTrans : CblasNoTrans,
                transpose_b == 'T' ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
    psn_blas_leave();
done:
    return rc;
}
