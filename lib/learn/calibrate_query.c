/* calibrate_query.c: one score to its probability; and the calibration as bytes. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/calibrate.h"
#include "math/elementary.h"
#include "math/sigmoid.h"

void psn_calibrate_free(psn_calibrate *model)
{
    if (model == NULL) return;
    psn_release(model->x);
    psn_release(model->y);
    psn_release(model);
}

const char *psn_calibrate_name(int32_t kind)
{
    static const char *const names[] = {"none", "platt", "beta", "isotonic", "auto"};
    return kind >= 0 && kind <= PSN_CALIBRATE_AUTO ? names[kind] : NULL;
}

/* The last knot at or below p; the ends go on for ever. */
static double calibrate_steps(const psn_calibrate *model, double p)
{
    int32_t low = 0, high = model->knots;
    if (model->knots == 0) return p;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (model->x[middle] <= p)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return model->y[0];
    if (low == model->knots) return model->y[low - 1];
    const double x = model->x[low - 1], y = model->y[low - 1];
    const double share = (p - x) / (model->x[low] - x);
    return fmin(y + (model->y[low] - y) * share, model->y[low]);
}

double psn_calibrate_apply(const psn_calibrate *model, double p)
{
    const double least = 1e-15;
    double z;
    if (isnan(p) || model->kind == PSN_CALIBRATE_NONE) return p;
    if (model->kind == PSN_CALIBRATE_ISOTONIC) return calibrate_steps(model, p);
    p = p < least ? least : p > 1 - least ? 1 - least : p;
    const double low = psn_log(p), high = psn_log1p(-p);
    if (model->kind == PSN_CALIBRATE_PLATT)
        z = model->a * (low - high) + model->b;
    else
        z = model->a * low - model->b * high + model->c;
    return psn_sigmoid(z);
}

double psn_calibrate_shift(double p, double b)
{
    const double odds = p * b;
    return odds + (1 - p) > 0 ? odds / (odds + (1 - p)) : p;
}

double psn_calibrate_shift_of(double trained, double natural)
{
    return natural / (1 - natural) * ((1 - trained) / trained);
}

/* ---- the block: "PCA0", kind, knots (int32), a, b, c, log losses, x, y (double) */

static const char calibrate_magic[4] = {'P', 'C', 'A', '0'};
enum {
    CALIBRATE_REALS = 3 + PSN_CALIBRATE_AUTO,
    CALIBRATE_HEAD = 12 + 8 * CALIBRATE_REALS
};

int psn_calibrate_pack(psn_text *out, const psn_calibrate *model, persona_error *error)
{
    const int32_t ints[2] = {model->kind, model->knots};
    const double reals[3] = {model->a, model->b, model->c};
    const size_t bytes = (size_t)model->knots * sizeof(double);
    psn_text_append(out, calibrate_magic, sizeof calibrate_magic);
    psn_text_append(out, (const char *)ints, sizeof ints);
    psn_text_append(out, (const char *)reals, sizeof reals);
    psn_text_append(out, (const char *)model->log_loss, sizeof model->log_loss);
    if (bytes > 0) psn_text_append(out, (const char *)model->x, bytes);
    if (bytes > 0) psn_text_append(out, (const char *)model->y, bytes);
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

static int calibrate_sound(const psn_calibrate *model)
{
    if (!(fabs(model->a) <= 1e300) || !(fabs(model->b) <= 1e300) ||
        !(fabs(model->c) <= 1e300) || model->kind < 0 ||
        model->kind >= PSN_CALIBRATE_AUTO)
        return 0;
    for (int32_t i = 0; i < model->knots; i++) {
        if (!(model->x[i] >= 0 && model->x[i] <= 1 && model->y[i] >= 0 &&
              model->y[i] <= 1))
            return 0;
        if (i > 0 && !(model->x[i] > model->x[i - 1] && model->y[i] >= model->y[i - 1]))
            return 0;
    }
    return 1;
}

int psn_calibrate_unpack(psn_calibrate **out, const void *bytes, size_t size,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    const char *from = bytes;
    int32_t ints[2];
    double reals[3];
    psn_calibrate *model = NULL;
    *out = NULL;
    if (size < CALIBRATE_HEAD || memcmp(from, calibrate_magic, 4) != 0)
        PSN_FAIL(error, PERSONA_EFORMAT, "this is no calibration");
    memcpy(ints, from + 4, sizeof ints);
    memcpy(reals, from + 12, sizeof reals);
    if (ints[1] < 0 || size - CALIBRATE_HEAD != (size_t)ints[1] * 2 * sizeof(double))
        PSN_FAIL(error, PERSONA_EFORMAT, "the head of a calibration is altered");
    const size_t block = (size_t)ints[1] * sizeof(double);
    PSN_NEED(model = psn_alloc_zero(1, sizeof *model));
    PSN_NEED(model->x = psn_copy(from + CALIBRATE_HEAD, block));
    PSN_NEED(model->y = psn_copy(from + CALIBRATE_HEAD + block, block));
    model->kind = ints[0];
    model->knots = ints[1];
    model->a = reals[0];
    model->b = reals[1];
    model->c = reals[2];
    memcpy(model->log_loss, from + 36, sizeof model->log_loss);
    if (!calibrate_sound(model))
        PSN_FAIL(error, PERSONA_EFORMAT, "the steps of a calibration are altered");
    *out = model;
    model = NULL;
done:
    psn_calibrate_free(model);
    return rc;
}
