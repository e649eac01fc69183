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

static int lapack_input(const double *a, int64_t n, persona_error *error)
{
    if (n < 0 || n > LAPACK_MOST)
        return psn_fail(error, PERSONA_ELIMIT,
                        "a matrix has %lld columns; at most %d can be solved",
                        (long long)n, LAPACK_MOST);
    for (int64_t column = 0; column < n; column++) {
        for (int64_t row = 0; row <= column; row++) {
            if (!isfinite(a[column * n + row]))
                return psn_fail(error, PERSONA_ENUMERIC,
                                "a matrix to be solved has entries that are not finite");
        }
    }
    return PERSONA_OK;
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

int psn_lapack_check(const char **fault, persona_error *error)
{
    int rc = PERSONA_OK;
    lapack_int info = 0;
    const size_t cells = CHECK_ORDER * CHECK_ORDER;
    double *a = psn_alloc(2 * cells + CHECK_ORDER, sizeof *a);
    PSN_NEED(a);
    double *vectors = a + cells, *values = vectors + cells;
    *fault = lapack_check_cholesky(a) ? NULL : "potrf";
    lapack_check_fill(a);
    lapack_check_fill(vectors);
    PSN_TRY(lapack_solve(vectors, CHECK_ORDER, values, &info, error));
    if (info != 0 || !lapack_check_eigen(a, vectors, values)) *fault = "syevd";
done:
    psn_release(a);
    return rc;
}
