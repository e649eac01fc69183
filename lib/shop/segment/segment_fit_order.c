/* segment_fit_order.c: centres become numbered segments with their customers.
 *
 * Segments are numbered by what their customers are worth in sum, highest first; without
 * worth by size; ties by their first customer. Labels are taken after the numbering, with
 * the model's own kernel, so that assigning the fitted table gives them again, bit for
 * bit. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { FIT_CHUNK = 4096 };

typedef struct fit_labelling {
    const psn_fit *fit;
    const psn_nearest *nearest;
    void *scratch;
    size_t scratch_bytes;
} fit_labelling;

static void fit_label_chunk(void *context, int64_t chunk, int worker)
{
    const fit_labelling *job = context;
    const psn_fit *fit = job->fit;
    const int64_t rows = fit->customers->rows, first = chunk * FIT_CHUNK;
    const int64_t end = rows - first < FIT_CHUNK ? rows : first + FIT_CHUNK;
    psn_segment_view_nearest(
        &fit->view, job->nearest, first, end,
        (double *)((char *)job->scratch + (size_t)worker * job->scratch_bytes),
        fit->labels + first, fit->squared + first);
}

static int fit_label(psn_fit *fit, const psn_nearest *nearest, persona_error *error)
{
    int rc = PERSONA_OK;
    fit_labelling job = {fit, nearest, NULL, psn_segment_view_scratch(fit->model)};
    PSN_NEED(job.scratch = psn_alloc_aligned((size_t)psn_pool_workers(fit->pool),
                                             job.scratch_bytes));
    psn_pool_run(fit->pool, (fit->customers->rows + FIT_CHUNK - 1) / FIT_CHUNK,
                 fit_label_chunk, &job);
done:
    psn_release_aligned(job.scratch);
    return rc;
}

int psn_fit_smallest(double *share, psn_fit *fit, const double *centers, int32_t k,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    double total = 0, *weight = psn_alloc_zero((size_t)k, sizeof *weight);
    psn_nearest *nearest = NULL;
    PSN_NEED(weight);
    PSN_NEED(nearest = psn_nearest_new(centers, k, fit->model->dims, fit->model->share));
    PSN_TRY(fit_label(fit, nearest, error));
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        weight[fit->labels[i]] += fit->weights ? fit->weights[i] : 1;
        total += fit->weights ? fit->weights[i] : 1;
    }
    *share = 1;
    for (int32_t c = 0; c < k; c++) *share = fmin(*share, weight[c] / total);
done:
    psn_nearest_free(nearest);
    psn_release(weight);
    return rc;
}

/* ---- the canonical order */

typedef struct fit_rank {
    double worth;
    int64_t first; /* customer */
    int32_t from;
} fit_rank;

static int fit_rank_before(const fit_rank *a, const fit_rank *b)
{
    return a->worth != b->worth ? a->worth > b->worth : a->first < b->first;
}

static int fit_order(psn_fit *fit, double *centers, int32_t k, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t dims = (size_t)fit->model->dims;
    psn_nearest *nearest = NULL;
    double *moved = NULL;
    fit_rank *rank = psn_alloc((size_t)k, sizeof *rank);
    PSN_NEED(rank);
    PSN_NEED(nearest = psn_nearest_new(centers, k, fit->model->dims, fit->model->share));
    PSN_NEED(moved = psn_copy(centers, (size_t)k * dims * sizeof *centers));
    PSN_TRY(fit_label(fit, nearest, error));
    for (int32_t c = 0; c < k; c++) rank[c] = (fit_rank){0, INT64_MAX, c};
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        fit_rank *at = rank + fit->labels[i];
        const double weight = fit->weights ? fit->weights[i] : 1;
        at->worth += fit->value ? fit->value[i] * weight : weight;
        if (i < at->first) at->first = i;
    }
    for (int32_t c = 1; c < k; c++) { /* k is small: insertion */
        const fit_rank one = rank[c];
        int32_t at = c;
        for (; at > 0 && fit_rank_before(&one, &rank[at - 1]); at--)
            rank[at] = rank[at - 1];
        rank[at] = one;
    }
    for (int32_t c = 0; c < k; c++)
        memcpy(centers + (size_t)c * dims, moved + (size_t)rank[c].from * dims,
               dims * sizeof *centers);
done:
    psn_nearest_free(nearest);
    psn_release(moved);
    psn_release(rank);
    return rc;
}

/* Shares and the spread, with labels of the final centres. */
int psn_fit_finish(psn_fit *fit, double *centers, int32_t k, persona_error *error)
{
    int rc;
    persona_segmenter *model = fit->model;
    psn_nearest *nearest = NULL;
    double *share = NULL, total = 0, inertia = 0;
    PSN_TRY(fit_order(fit, centers, k, error));
    PSN_NEED(share = psn_alloc_zero((size_t)k, sizeof *share));
    PSN_NEED(nearest = psn_nearest_new(centers, k, model->dims, model->share));
    PSN_TRY(fit_label(fit, nearest, error));
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        const double weight = fit->weights ? fit->weights[i] : 1;
        share[fit->labels[i]] += weight;
        total += weight;
        inertia += weight * fit->squared[i];
    }
    for (int32_t c = 0; c < k; c++) share[c] /= total;
    model->spread = fmax(inertia / (total * model->inputs), DBL_MIN);
    const int good = isfinite(model->spread);
    rc = psn_segment_set_centers(model, centers, k, share, error);
    centers = NULL; /* the model's */
    if (rc == PERSONA_OK && !good)
        rc = psn_fail(error, PERSONA_ENUMERIC,
                      "the distances are too large to sum; choose another transform");
done:
    psn_release(centers);
    psn_nearest_free(nearest);
    psn_release(share);
    return rc;
}
