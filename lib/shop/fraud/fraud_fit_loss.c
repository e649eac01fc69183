/* fraud_fit_loss.c: the log loss of boosting, judged without its level.
 *
 * Later frauds may be more or fewer than those learnt from, which calibration sees to. A
 * validation loss that counts it stops the trees at whatever level fits by chance (after
 * two rounds, on claims of a bad year). So the loss is the least that one shift of all
 * scores reaches, found by Newton from the last one. It falls in steps of 1e-5, so that
 * gains of nothing end the training. */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

#define LOSS_STEP 1e-5

/* Rows that validate, as columns: score, exp(-score), label, weight. */
static int64_t loss_gather(const psn_fraud_loss *loss, const double *scores)
{
    const int64_t most = loss->validating;
    double *score = loss->room, *exps = score + most, *label = exps + most;
    double *weight = label + most;
    int64_t count = 0;
    for (int64_t i = 0; i < loss->rows && count < most; i++) {
        if (loss->mask[i] != PSN_GBDT_VALIDATE) continue;
        score[count] = scores[i];
        exps[count] = -fmin(fmax(scores[i], -300), 300);
        label[count] = loss->label[i];
        weight[count++] = loss->weight ? loss->weight[i] : 1;
    }
    psn_exp_array(exps, exps, count);
    return count;
}

/* -gradient / hessian of the shift. */
static double loss_step(const psn_fraud_loss *loss, int64_t count)
{
    const double *exps = loss->room + loss->validating;
    const double *label = exps + loss->validating, *weight = label + loss->validating;
    const double factor = psn_exp(-loss->shift);
    double g = 0, h = 0;
    for (int64_t i = 0; i < count; i++) {
        const double p = 1 / (1 + exps[i] * factor);
        g += weight[i] * (p - label[i]);
        h += weight[i] * p * (1 - p);
    }
    return h > 1e-12 ? fmin(fmax(-g / h, -2), 2) : 0;
}

double psn_fraud_loss_value(void *context, const double *scores)
{
    psn_fraud_loss *loss = context;
    const int64_t count = loss_gather(loss, scores);
    const double *score = loss->room, *label = score + 2 * loss->validating;
    const double *weight = label + loss->validating;
    double sum = 0, all = 0;
    for (int step = 0; step < 4; step++) {
        const double move = loss_step(loss, count);
        loss->shift = fmin(fmax(loss->shift + move, -20), 20);
        if (fabs(move) < 1e-4) break;
    }
    for (int64_t i = 0; i < count; i++) {
        const double raw = score[i] + loss->shift;
        const double margin = label[i] > 0 ? -raw : raw;
        sum += weight[i] * (margin > 30 ? margin : psn_log1p(psn_exp(margin)));
        all += weight[i];
    }
    return floor(sum / all / LOSS_STEP) * LOSS_STEP;
}

int psn_fraud_loss_open(psn_fraud_loss *loss, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_release(loss->room);
    loss->validating = 0;
    loss->shift = 0;
    for (int64_t i = 0; i < loss->rows; i++)
        loss->validating += loss->mask[i] == PSN_GBDT_VALIDATE;
    PSN_NEED(loss->room = psn_alloc((size_t)loss->validating, 4 * sizeof(double)));
done:
    return rc;
}

void psn_fraud_loss_close(psn_fraud_loss *loss)
{
    psn_release(loss->room);
}
