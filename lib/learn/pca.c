/* pca.c: principal components through the eigenvectors of the covariance.
 *
 * Two passes over the rows: the mean of each column over its observed values, then the
 * products of the centred columns, block by block, a missing value being its mean. Up to
 * 64 columns with kernels of our own and Jacobi's method, so that a map of segments is
 * the same on every CPU; beyond that BLAS and LAPACK, n d^2 and 4 d^3 operations. */
#include "learn/pca.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/blas.h"
#include "math/eigen.h"
#include "math/lapack.h"

enum { PCA_BLOCK = 256, PCA_LANES = 8 };

#define PSN_TEMPLATE "learn/pca_kernel.inc"
#include "math/kernel_levels.h"

typedef void pca_products_kernel(double *, const double *, int64_t, int64_t, int64_t);
static pca_products_kernel *const pca_products[] = PSN_KERNEL_TABLE(pca_products);

typedef struct pca_work {
    const psn_rows *rows;
    int64_t dims, stride; /* of products: dims, padded when the kernel is ours */
    double *room;         /* PCA_BLOCK rows as they are read */
    double *block;        /* the same centred: by rows, or by columns for BLAS */
    double *products;     /* upper triangle, column-major */
    double *values;
    double *weight; /* of the observed values of each column */
} pca_work;

static int pca_is_small(const pca_work *work)
{
    return work->dims <= PSN_EIGEN_SMALL;
}

static const double *pca_read(const pca_work *work, int64_t first, int64_t count)
{
    const psn_rows *rows = work->rows;
    if (rows->dense != NULL) return rows->dense + first * work->dims;
    rows->read(rows->context, first, count, work->room);
    return work->room;
}

static int64_t pca_size(const pca_work *work, int64_t first)
{
    const int64_t rest = work->rows->rows - first;
    return rest < PCA_BLOCK ? rest : PCA_BLOCK;
}

static double pca_weight(const pca_work *work, int64_t row)
{
    return work->rows->weights != NULL ? work->rows->weights[row] : 1.0;
}

/* Sums of blocks are added up, so that rounding grows with the blocks and not the rows.
 */
static void pca_mean_block(const pca_work *work, int64_t first, double *sum,
                           double *weight)
{
    const int64_t count = pca_size(work, first);
    const double *x = pca_read(work, first, count);
    memset(sum, 0, (size_t)work->dims * sizeof *sum);
    memset(weight, 0, (size_t)work->dims * sizeof *weight);
    for (int64_t row = 0; row < count; row++, x += work->dims) {
        const double w = pca_weight(work, first + row);
        for (int64_t j = 0; j < work->dims; j++) {
            const int missing = isnan(x[j]);
            sum[j] += missing ? 0.0 : w * x[j];
            weight[j] += missing ? 0.0 : w;
        }
    }
}

/* A column without any value has the mean 0. */
static void pca_mean(const pca_work *work, double *mean)
{
    double *sum = work->products, *weight = work->values;
    memset(mean, 0, (size_t)work->dims * sizeof *mean);
    memset(work->weight, 0, (size_t)work->dims * sizeof *work->weight);
    for (int64_t first = 0; first < work->rows->rows; first += PCA_BLOCK) {
        pca_mean_block(work, first, sum, weight);
        for (int64_t j = 0; j < work->dims; j++) {
            mean[j] += sum[j];
            work->weight[j] += weight[j];
        }
    }
    for (int64_t j = 0; j < work->dims; j++) {
        mean[j] = work->weight[j] > 0.0 ? mean[j] / work->weight[j] : 0.0;
    }
}

static void pca_centre_block(const pca_work *work, int64_t first, int64_t count,
                             const double *mean)
{
    const int64_t row_step = pca_is_small(work) ? work->stride : 1;
    const int64_t column_step = pca_is_small(work) ? 1 : PCA_BLOCK;
    const double *x = pca_read(work, first, count);
    for (int64_t row = 0; row < count; row++, x += work->dims) {
        const double root = sqrt(pca_weight(work, first + row));
        double *out = work->block + row * row_step;
        for (int64_t j = 0; j < work->dims; j++) {
            out[j * column_step] = isnan(x[j]) ? 0.0 : root * (x[j] - mean[j]);
        }
    }
}

static int pca_covariance(const pca_work *work, const double *mean, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t dims = work->dims, stride = work->stride;
    memset(work->products, 0, (size_t)(dims * stride) * sizeof *work->products);
    for (int64_t first = 0; first < work->rows->rows; first += PCA_BLOCK) {
        const int64_t count = pca_size(work, first);
        pca_centre_block(work, first, count, mean);
        if (pca_is_small(work)) {
            pca_products[psn_simd_level()](work->products, work->block, count, stride,
                                           dims);
        } else {
            PSN_TRY(psn_blas_gram(work->products, dims, work->block, count, PCA_BLOCK,
                                  1.0, 1.0, error));
        }
    }
    for (int64_t j = 1; j < dims; j++) { /* close the padding */
        memmove(work->products + j * dims, work->products + j * stride,
                (size_t)dims * sizeof *work->products);
    }
done:
    return rc;
}

/* The last vectors are the largest. */
static void pca_result(const pca_work *work, double *axes, double *variance,
                       int32_t components)
{
    const int64_t dims = work->dims;
    double total = 0.0;
    for (int64_t j = 0; j < dims; j++) total += fmax(work->values[j], 0.0);
    for (int64_t c = 0; c < components; c++) {
        const int64_t from = dims - 1 - c;
        memcpy(axes + c * dims, work->products + from * dims,
               (size_t)dims * sizeof *axes);
        variance[c] = total > 0.0 ? fmax(work->values[from], 0.0) / total : 0.0;
    }
}

static int pca_check(const psn_rows *rows, int32_t components, persona_error *error)
{
    if (components < 1 || components > rows->dims)
        return psn_fail(error, PERSONA_EARG,
                        "components must be 1 to the number of columns, %d",
                        (int)rows->dims);
    if (rows->rows < 1)
        return psn_fail(error, PERSONA_EDATA,
                        "principal components need at least one row");
    return PERSONA_OK;
}

int psn_pca_fit(double *mean, double *axes, double *variance, int32_t components,
                const psn_rows *rows, persona_error *error)
{
    int rc;
    pca_work work = {.rows = rows, .dims = rows->dims, .stride = rows->dims};
    PSN_TRY(pca_check(rows, components, error));
    if (pca_is_small(&work)) {
        work.stride = (work.dims + PCA_LANES - 1) / PCA_LANES * PCA_LANES;
    }
    const size_t dims = (size_t)work.dims, stride = (size_t)work.stride;
    PSN_NEED(work.values = psn_alloc(2 * dims, sizeof *work.values));
    work.weight = work.values + dims;
    PSN_NEED(work.products = psn_alloc(dims, stride * sizeof *work.products));
    PSN_NEED(work.block = psn_alloc_zero(PCA_BLOCK, stride * sizeof *work.block));
    if (rows->dense == NULL)
        PSN_NEED(work.room = psn_alloc(PCA_BLOCK, dims * sizeof *work.room));
    pca_mean(&work, mean);
    PSN_TRY(pca_covariance(&work, mean, error));
    PSN_TRY(pca_is_small(&work)
                ? psn_eigen_small(work.products, work.dims, work.values, error)
                : psn_lapack_eigen(work.products, work.dims, work.values, error));
    pca_result(&work, axes, variance, components);
done:
    psn_release(work.room);
    psn_release(work.block);
    psn_release(work.products);
    psn_release(work.values);
    return rc;
}
