/* item_knn.c: items that the same users have.
 *
 *   cosine    w_ij = x_i . x_j / (|x_i| |x_j| + shrinkage)
 *   TF-IDF    cosine of  sqrt(x_ui) idf_u,       idf_u = log(items / (1 + items of u))
 *   BM25      x_i . x_j  of  idf_u x_ui (k1 + 1) / (k1 (1 - b + b d_i / mean d) + x_ui)
 *   Jaccard   n_ij / (n_i + n_j - n_ij + shrinkage), n counts users, weights do not
 * matter In the last but one the items are the documents and the users the terms, as in
 * Frederickson's "implicit", whose lists these are: a user with many items tells little.
 * Cost: sum over users of (items of the user)^2. */
#include "learn/item_knn.h"

#include <math.h>
#include <stddef.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/sparse_product.h"

const char *const psn_knn_names[PSN_KNN_SIMILARITIES] = {"cosine", "tfidf", "bm25",
                                                         "jaccard"};

void psn_item_knn_defaults(psn_item_knn_options *options)
{
    *options = (psn_item_knn_options){.similarity = PSN_KNN_COSINE,
                                      .neighbors = 400,
                                      .shrinkage = 10,
                                      .k1 = 1.2,
                                      .b = 0.75,
                                      .longest = 200};
}

typedef struct item_knn_work {
    const psn_item_knn_options *options;
    psn_sparse *left; /* items x users */
    psn_sparse *made; /* users x items, where it is not the profile */
    psn_sparse right; /* borrows from one of them */
    double *size;     /* of each item: its length, or its users */
} item_knn_work;

static void item_knn_add(void *context, int64_t row, psn_row_sum *sum)
{
    const item_knn_work *work = context;
    psn_row_sum_product(sum, work->left, &work->right, row);
}

static void item_knn_finish(void *context, int64_t row, const int32_t *columns,
                            float *values, int64_t count)
{
    const item_knn_work *work = context;
    const int32_t similarity = work->options->similarity;
    const double own = work->size[row], shrinkage = work->options->shrinkage;
    for (int64_t i = 0; i < count; i++) {
        const double sum = (double)values[i], other = work->size[columns[i]];
        double below = shrinkage;
        if (similarity == PSN_KNN_BM25)
            below = 1;
        else if (similarity == PSN_KNN_JACCARD)
            below += own + other - sum;
        else
            below += own * other;
        values[i] = columns[i] == row ? 0 : (float)(sum / below);
    }
}

/* idf of each user in place of the number of its items: left has the users as columns. */
static void item_knn_idf(double *idf, const psn_sparse *left)
{
    const double all = psn_log((double)(left->rows > 0 ? left->rows : 1));
    for (int32_t u = 0; u < left->columns; u++) idf[u] = 0;
    for (int64_t i = 0; i < left->start[left->rows]; i++) idf[left->column[i]]++;
    for (int32_t u = 0; u < left->columns; u++) idf[u] = fmax(0, all - psn_log1p(idf[u]));
}

/* x becomes what is multiplied; d: sums of the items' weights. */
static void item_knn_weigh(psn_sparse *left, const double *idf, const double *d,
                           const psn_item_knn_options *o)
{
    double mean = 0;
    for (int64_t i = 0; i < left->rows; i++) mean += d[i] / (double)left->rows;
    for (int64_t i = 0; i < left->rows; i++) {
        const double length = mean > 0 ? o->k1 * (1 - o->b + o->b * d[i] / mean) : 1;
        for (int64_t e = left->start[i]; e < left->start[i + 1]; e++) {
            const double x = fmax(0, (double)left->value[e]);
            double weight = sqrt(x);
            if (o->similarity == PSN_KNN_BM25)
                weight = x > 0 ? x * (o->k1 + 1) / (length + x) : 0;
            left->value[e] = (float)(weight * idf[left->column[e]]);
        }
    }
}

static int item_knn_weighted(item_knn_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_sparse *left = work->left;
    double *idf = NULL;
    PSN_NEED(idf = psn_alloc((size_t)left->columns, sizeof *idf));
    PSN_TRY(psn_sparse_need_values(left, error));
    item_knn_idf(idf, left);
    psn_sparse_sums(left, work->size, NULL);
    item_knn_weigh(left, idf, work->size, work->options);
    PSN_TRY(psn_sparse_transpose(&work->made, left, error));
    work->right = *work->made;
done:
    psn_release(idf);
    return rc;
}

static void item_knn_measure(item_knn_work *work)
{
    const psn_sparse *left = work->left;
    for (int64_t i = 0; i < left->rows; i++) {
        double sum = 0;
        for (int64_t e = left->start[i]; e < left->start[i + 1]; e++) {
            const double x = left->value == NULL ? 1 : (double)left->value[e];
            sum += x * x;
        }
        work->size[i] = work->options->similarity == PSN_KNN_JACCARD ? sum : sqrt(sum);
    }
}

static int item_knn_open(item_knn_work *work, const psn_sparse *x, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t similarity = work->options->similarity;
    work->right = *x;
    if (similarity == PSN_KNN_JACCARD) work->right.value = NULL;
    PSN_TRY(psn_sparse_transpose(&work->left, &work->right, error));
    PSN_NEED(work->size = psn_alloc((size_t)x->columns, sizeof *work->size));
    if (similarity == PSN_KNN_TFIDF || similarity == PSN_KNN_BM25)
        PSN_TRY(item_knn_weighted(work, error));
    item_knn_measure(work);
done:
    return rc;
}

static int item_knn_check(const psn_item_knn_options *o, persona_error *error)
{
    if (o->similarity < PSN_KNN_COSINE || o->similarity > PSN_KNN_JACCARD)
        return psn_fail(error, PERSONA_EARG, "item_knn: unknown similarity");
    if (o->neighbors < 1 || !(o->shrinkage >= 0) || !(o->k1 >= 0) ||
        !(o->b >= 0 && o->b <= 1))
        return psn_fail(error, PERSONA_EARG,
                        "item_knn: neighbors must be 1 or more, shrinkage and k1 not "
                        "negative, b 0 .. 1");
    return PERSONA_OK;
}

int psn_item_knn_fit(psn_sparse **weights, const psn_sparse *profile,
                     const psn_item_knn_options *options, psn_pool *pool,
                     persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    item_knn_work work = {.options = options};
    psn_sparse *shorter = NULL;
    *weights = NULL;
    PSN_TRY(item_knn_check(options, error));
    PSN_TRY(psn_sparse_shorten(&shorter, profile, options->longest, error));
    PSN_TRY(item_knn_open(&work, shorter != NULL ? shorter : profile, error));
    const psn_row_maker maker = {profile->columns,   profile->columns,
                                 options->neighbors, &work,
                                 item_knn_add,       item_knn_finish};
    PSN_TRY(psn_sparse_make_rows(weights, NULL, &maker, pool, task, error));
done:
    psn_sparse_free(work.left);
    psn_sparse_free(work.made);
    psn_release(work.size);
    psn_sparse_free(shorter);
    return rc;
}
