/* lapack.c: the only file that includes lapacke.h.
 *
 * Column-major `_work` functions with workspace of ours: they neither transpose nor
 * allocate nor look at the environment. Eigenvectors by divide and conquer (dsyevd),
 * which at 2,000 columns takes a fraction of the time of QR iteration (dsyev). */
#include "math/lapack.h"

#include <lapacke.h>
#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/blas.h"
#include "math/eigen.h"

/* n * n must fit the int32 counts of LAPACK's workspace: 1 + 6 n + 2 n^2. */
enum { LAPACK_MOST = 32766 };

static int lapack_size(int64_t n, persona_error *error)
{
    if (n < 0 || n > LAPACK_MOST)
        return psn_fail(error, PERSONA_ELIMIT,
                        "a matrix has %lld columns; at most %d can be solved",
                        (long long)n, LAPACK_MOST);
    return PERSONA_OK;
}

static int lapack_finite(int finite, persona_error *error)
{
    return finite ? PERSONA_OK
                  : psn_fail(error, PERSONA_ENUMERIC,
                             "a matrix to be solved has entries that are not finite");
}

static int lapack_input(const double *a, int64_t n, persona_error *error)
{
    int rc, finite = 1;
    PSN_TRY(lapack_size(n, error));
    for (int64_t column = 0; column < n; column++) {
        for (int64_t row = 0; row <= column; row++)
            finite &= isfinite(a[column * n + row]) != 0;
    }
    rc = lapack_finite(finite, error);
done:
    return rc;
}

static int lapack_input32(const float *a, int64_t n, persona_error *error)
{
    int rc, finite = 1;
    PSN_TRY(lapack_size(n, error));
    for (int64_t column = 0; column < n; column++) {
        for (int64_t row = 0; row <= column; row++)
            finite &= isfinite(a[column * n + row]) != 0;
    }
    rc = lapack_finite(finite, error);
done:
    return rc;
}

/* Without the gate and the self-test, which call it. */
static int lapack_solve(double *a, int64_t n, double *values, lapack_int *info,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t reals = 1 + 6 * n + 2 * n * n, ints = 3 + 5 * n;
    double *work = psn_alloc((size_t)reals, sizeof *work);
    lapack_int *int_work = psn_alloc((size_t)ints, sizeof *int_work);
    PSN_NEED(work);
    PSN_NEED(int_work);
    *info =
        LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'U', (lapack_int)n, a, (lapack_int)n,
                            values, work, (lapack_int)reals, int_work, (lapack_int)ints);
done:
    psn_release(int_work);
    psn_release(work);
    return rc;
}

int psn_lapack_eigen(double *a, int64_t n, double *values, persona_error *error)
{
    int rc;
    lapack_int info = 0;
    PSN_TRY(lapack_input(a, n, error));
    PSN_TRY(psn_blas_ready(error));
    if (n == 0) goto done;
    psn_blas_enter();
    rc = lapack_solve(a, n, values, &info, error);
    psn_blas_leave();
    if (rc == PERSONA_OK && info != 0)
        PSN_FAIL(error, PERSONA_ENUMERIC, "the eigenvalues of a matrix were not found");
    if (rc == PERSONA_OK) psn_eigen_fix_signs(a, n, n);
done:
    return rc;
}

int psn_lapack_cholesky(double *a, int64_t n, persona_error *error)
{
    int rc;
    PSN_TRY(lapack_input(a, n, error));
    PSN_TRY(psn_blas_ready(error));
    if (n == 0) goto done;
    psn_blas_enter();
    const lapack_int info =
        LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, a, (lapack_int)n);
    psn_blas_leave();
    if (info != 0) PSN_FAIL(error, PERSONA_ENUMERIC, "a matrix is not positive definite");
done:
    return rc;
}

/* ---- the same in float32 ---- */

int psn_lapack_cholesky32(float *a, int64_t n, persona_error *error)
{
    int rc;
    PSN_TRY(lapack_input32(a, n, error));
    PSN_TRY(psn_blas_ready(error));
    if (n == 0) goto done;
    psn_blas_enter();
    const lapack_int info =
        LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, a, (lapack_int)n);
    psn_blas_leave();
    if (info != 0) PSN_FAIL(error, PERSONA_ENUMERIC, "a matrix is not positive definite");
done:
    return rc;
}

int psn_lapack_solve32(const float *a, int64_t n, float *b, int64_t columns,
                       persona_error *error)
{
    int rc, finite = 1;
    PSN_TRY(lapack_input32(a, n, error));
    PSN_TRY(lapack_size(columns, error));
    for (int64_t i = 0; i < n * columns; i++) finite &= isfinite(b[i]) != 0;
    PSN_TRY(lapack_finite(finite, error));
    PSN_TRY(psn_blas_ready(error));
    if (n == 0 || columns == 0) goto done;
    psn_blas_enter();
    const lapack_int info =
        LAPACKE_spotrs_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, (lapack_int)columns, a,
                            (lapack_int)n, b, (lapack_int)n);
    psn_blas_leave();
    if (info != 0) PSN_FAIL(error, PERSONA_ENUMERIC, "a linear system was not solved");
done:
    return rc;
}

int psn_lapack_inverse32(float *a, int64_t n, persona_error *error)
{
    int rc;
    PSN_TRY(lapack_input32(a, n, error));
    PSN_TRY(psn_blas_ready(error));
    if (n == 0) goto done;
    psn_blas_enter();
    const lapack_int info =
        LAPACKE_spotri_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, a, (lapack_int)n);
    psn_blas_leave();
    if (info != 0) PSN_FAIL(error, PERSONA_ENUMERIC, "a matrix has no inverse");
done:
    return rc;
}

/* ---- the self-test ---- */

enum { CHECK_ORDER = 31 }; /* above 25: divide and conquer itself */

/* The upper triangle of R'R; R has 3 on its diagonal, 1 right of it, -1 two right of it.
 */
static double lapack_check_factor(int row, int column)
{
    const int right = column - row;
    return right == 0 ? 3.0 : right == 1 ? 1.0 : right == 2 ? -1.0 : 0.0;
}

static void lapack_check_fill(double *a)
{
    for (int j = 0; j < CHECK_ORDER; j++) {
        for (int i = 0; i < CHECK_ORDER; i++) {
            a[j * CHECK_ORDER + i] = 0.0;
            for (int k = 0; k < CHECK_ORDER; k++)
                a[j * CHECK_ORDER + i] +=
                    lapack_check_factor(k, i) * lapack_check_factor(k, j);
        }
    }
}

static int lapack_check_cholesky(double *a)
{
    double worst = 0.0;
    lapack_check_fill(a);
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', CHECK_ORDER, a, CHECK_ORDER) != 0)
        return 0;
    for (int j = 0; j < CHECK_ORDER; j++) {
        for (int i = 0; i <= j; i++)
            worst = fmax(worst, fabs(a[j * CHECK_ORDER + i] - lapack_check_factor(i, j)));
    }
    return worst < 1e-12;
}

/* A v = lambda v, v of length 1, values ascending. */
static int lapack_check_vector(const double *a, const double *vector, double value)
{
    double worst = 0.0, length = 0.0;
    for (int i = 0; i < CHECK_ORDER; i++) {
        double sum = -value * vector[i];
        for (int j = 0; j < CHECK_ORDER; j++) sum += a[j * CHECK_ORDER + i] * vector[j];
        worst = fmax(worst, fabs(sum));
        length += vector[i] * vector[i];
    }
    return worst < 1e-11 && fabs(length - 1.0) < 1e-12;
}

static int lapack_check_eigen(const double *a, const double *vectors,
                              const double *values)
{
    int good = 1;
    for (int i = 0; i < CHECK_ORDER; i++) {
        good &= lapack_check_vector(a, vectors + i * CHECK_ORDER, values[i]);
        if (i > 0) good &= values[i] > values[i - 1];
    }
    return good;
}

/* One entry of A v. */
static double lapack_check_product(const double *a, int row, const float *vector)
{
    double sum = 0.0;
    for (int i = 0; i < CHECK_ORDER; i++)
        sum += a[row * CHECK_ORDER + i] * (double)vector[i];
    return sum;
}

/* A x = (1, 2, ...), solved by the factor. */
static int lapack_check_solve32(const double *a, const float *factor, float *x)
{
    double worst = 0.0;
    for (int i = 0; i < CHECK_ORDER; i++) x[i] = (float)(i + 1);
    if (LAPACKE_spotrs_work(LAPACK_COL_MAJOR, 'U', CHECK_ORDER, 1, factor, CHECK_ORDER, x,
                            CHECK_ORDER) != 0)
        return 0;
    for (int i = 0; i < CHECK_ORDER; i++)
        worst = fmax(worst, fabs(lapack_check_product(a, i, x) - (double)(i + 1)));
    return worst < 1e-3;
}

/* A times its inverse, whose lower triangle is filled in from the upper. */
static int lapack_check_inverse32(const double *a, float *factor)
{
    double worst = 0.0;
    if (LAPACKE_spotri_work(LAPACK_COL_MAJOR, 'U', CHECK_ORDER, factor, CHECK_ORDER) != 0)
        return 0;
    for (int j = 0; j < CHECK_ORDER; j++) {
        for (int i = 0; i < j; i++)
            factor[i * CHECK_ORDER + j] = factor[j * CHECK_ORDER + i];
    }
    for (int j = 0; j < CHECK_ORDER; j++) {
        for (int i = 0; i < CHECK_ORDER; i++)
            worst =
                fmax(worst, fabs(lapack_check_product(a, i, factor + j * CHECK_ORDER) -
                                 (i == j ? 1.0 : 0.0)));
    }
    return worst < 1e-4;
}

static const char *lapack_check32(double *a, float *factor)
{
    double worst = 0.0;
    float x[CHECK_ORDER];
    lapack_check_fill(a);
    for (int i = 0; i < CHECK_ORDER * CHECK_ORDER; i++) factor[i] = (float)a[i];
    if (LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'U', CHECK_ORDER, factor, CHECK_ORDER) != 0)
        return "spotrf";
    for (int j = 0; j < CHECK_ORDER; j++) {
        for (int i = 0; i <= j; i++)
            worst = fmax(worst, fabs((double)factor[j * CHECK_ORDER + i] -
                                     lapack_check_factor(i, j)));
    }
    if (!(worst < 1e-4)) return "spotrf";
    if (!lapack_check_solve32(a, factor, x)) return "spotrs";
    return lapack_check_inverse32(a, factor) ? NULL : "spotri";
}

int psn_lapack_check(const char **fault, persona_error *error)
{
    int rc = PERSONA_OK;
    lapack_int info = 0;
    const size_t cells = CHECK_ORDER * CHECK_ORDER;
    double *a = psn_alloc(2 * cells + CHECK_ORDER, sizeof *a);
    PSN_NEED(a);
    double *vectors = a + cells, *values = vectors + cells;
    *fault = lapack_check32(a, (float *)vectors);
    if (!lapack_check_cholesky(a)) *fault = "potrf";
    lapack_check_fill(a);
    lapack_check_fill(vectors);
    PSN_TRY(lapack_solve(vectors, CHECK_ORDER, values, &info, error));
    if (info != 0 || !lapack_check_eigen(a, vectors, values)) *fault = "syevd";
done:
    psn_release(a);
    return rc;
}
