/* roc.c: one sort by score, then one walk over groups of equal scores.
 *
 * AUC: each negative counts the positives above it and half of those beside it; sums of
 * weights are exact for whole numbers below 2^53, so unweighted AUC is rounded once, in
 * the last division. Average precision: sum over groups of new positives x precision. */
#include "measure/roc.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"

/* Rows by score descending: positions of the ascending order, read from the end. */
static int roc_order(int64_t **out, const double *score, const double *label,
                     const double *weight, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *order = NULL;
    *out = NULL;
    for (int64_t i = 0; i < rows; i++) {
        if (isnan(score[i]) || isnan(label[i]))
            return psn_fail_at(error, PERSONA_EDATA, i, "a score or label is missing");
        if (weight != NULL && !(weight[i] >= 0 && weight[i] < INFINITY))
            return psn_fail_at(error, PERSONA_EDATA, i, "weights must be 0 or more");
    }
    PSN_NEED(order = psn_alloc((size_t)rows, sizeof *order));
    psn_sort_order(order, score, rows);
    *out = order;
done:
    return rc;
}

typedef struct roc_walk {
    const double *score, *label, *weight;
    const int64_t *order;
    int64_t left;                     /* rows still to come, the highest at left - 1 */
    double tp, fp;                    /* weight so far */
    double new_tp, new_fp, threshold; /* of the group just passed */
} roc_walk;

/* Passes one group of equal scores; 0 at the end. */
static int roc_next(roc_walk *walk)
{
    if (walk->left == 0) return 0;
    walk->threshold = walk->score[walk->order[walk->left - 1]];
    walk->new_tp = walk->new_fp = 0;
    while (walk->left > 0) {
        const int64_t row = walk->order[walk->left - 1];
        const double w = walk->weight != NULL ? walk->weight[row] : 1;
        if (walk->score[row] != walk->threshold) break;
        if (walk->label[row] > 0)
            walk->new_tp += w;
        else
            walk->new_fp += w;
        walk->left--;
    }
    walk->tp += walk->new_tp;
    walk->fp += walk->new_fp;
    return 1;
}

double psn_roc_auc_sorted(const double *score, const int64_t *order, const double *label,
                          const double *weight, int64_t rows)
{
    double twice = 0;
    roc_walk walk = {score, label, weight, order, rows, 0, 0, 0, 0, 0};
    while (roc_next(&walk)) twice += walk.new_fp * (2 * walk.tp - walk.new_tp);
    return walk.tp > 0 && walk.fp > 0 ? twice / (2 * walk.tp * walk.fp) : NAN;
}

double psn_roc_ap_sorted(const double *score, const int64_t *order, const double *label,
                         const double *weight, int64_t rows)
{
    double sum = 0;
    roc_walk walk = {score, label, weight, order, rows, 0, 0, 0, 0, 0};
    while (roc_next(&walk))
        if (walk.new_tp > 0) sum += walk.new_tp * (walk.tp / (walk.tp + walk.fp));
    return walk.tp > 0 ? sum / walk.tp : NAN;
}

/* Fails when a sorted form had to say NaN. */
static int roc_one_sided(double value, const double *label, const double *weight,
                         int64_t rows, persona_error *error)
{
    double positive = 0;
    if (!isnan(value)) return PERSONA_OK;
    for (int64_t i = 0; i < rows; i++)
        if (label[i] > 0) positive += weight != NULL ? weight[i] : 1;
    return psn_fail(error, PERSONA_EDATA, "no label is %s",
                    positive > 0 ? "negative" : "positive");
}

int psn_roc_auc(double *auc, const double *score, const double *label,
                const double *weight, int64_t rows, persona_error *error)
{
    int rc;
    int64_t *order;
    PSN_TRY(roc_order(&order, score, label, weight, rows, error));
    *auc = psn_roc_auc_sorted(score, order, label, weight, rows);
    PSN_TRY(roc_one_sided(*auc, label, weight, rows, error));
done:
    psn_release(order);
    return rc;
}

int psn_roc_average_precision(double *ap, const double *score, const double *label,
                              const double *weight, int64_t rows, persona_error *error)
{
    int rc;
    int64_t *order;
    PSN_TRY(roc_order(&order, score, label, weight, rows, error));
    *ap = psn_roc_ap_sorted(score, order, label, weight, rows);
    PSN_TRY(roc_one_sided(*ap, label, weight, rows, error));
done:
    psn_release(order);
    return rc;
}

int psn_roc_points(psn_roc_point *points, int64_t *count, const double *score,
                   const double *label, const double *weight, int64_t rows,
                   persona_error *error)
{
    int rc;
    int64_t *order, found = 0;
    PSN_TRY(roc_order(&order, score, label, weight, rows, error));
    roc_walk walk = {score, label, weight, order, rows, 0, 0, 0, 0, 0};
    while (roc_next(&walk))
        points[found++] = (psn_roc_point){.threshold = walk.threshold,
                                          .true_positive = walk.tp,
                                          .false_positive = walk.fp};
    PSN_TRY(
        roc_one_sided(walk.tp > 0 && walk.fp > 0 ? 0 : NAN, label, weight, rows, error));
    for (int64_t i = 0; i < found; i++) {
        psn_roc_point *p = &points[i];
        const double flagged = p->true_positive + p->false_positive;
        p->recall = p->true_positive / walk.tp;
        p->false_rate = p->false_positive / walk.fp;
        p->precision = flagged > 0 ? p->true_positive / flagged : 1;
    }
    *count = found;
done:
    psn_release(order);
    return rc;
}

int64_t psn_roc_thin(psn_roc_point *points, int64_t count, int64_t most)
{
    int64_t kept = 1;
    const double step = 2.0 / (double)(most - 1); /* both axes: a path of length 2 */
    if (count <= most) return count;
    for (int64_t i = 1; i < count - 1; i++) {
        const psn_roc_point *last = &points[kept - 1];
        const double moved =
            points[i].recall - last->recall + points[i].false_rate - last->false_rate;
        if (moved >= step && kept < most - 1) points[kept++] = points[i];
    }
    points[kept++] = points[count - 1];
    return kept;
}
