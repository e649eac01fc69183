/* logistic_model.c: a logistic regression as a model has it, apart from fitting one:
 * memory, and one block of bytes and back. */
#include "learn/logistic_data.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void psn_logistic_free(psn_logistic *model)
{
    if (model == NULL) return;
    psn_release(model->coefficient);
    psn_release(model->center);
    psn_release(model->error);
    psn_release(model);
}

int psn_logistic_allocate(psn_logistic *model, int32_t dims, persona_error *error)
{
    int rc = PERSONA_OK;
    model->dims = dims;
    PSN_NEED(model->coefficient = psn_alloc_zero((size_t)dims, sizeof(double)));
    PSN_NEED(model->center = psn_alloc_zero((size_t)dims, sizeof(double)));
    PSN_NEED(model->error = psn_alloc((size_t)dims, sizeof(double)));
    for (int32_t j = 0; j < dims; j++) model->error[j] = NAN;
    model->intercept_error = NAN;
done:
    return rc;
}

/* ---- the block: "PLR0", dims, solver, iterations, converged, separable (int32), l2,
 * log_loss, intercept, its error, then coefficients, centres, errors (double) */

static const char logistic_magic[4] = {'P', 'L', 'R', '0'};

int psn_logistic_pack(psn_text *out, const psn_logistic *model, persona_error *error)
{
    const int32_t ints[5] = {model->dims, model->solver, model->iterations,
                             model->converged, model->separable};
    const double reals[4] = {model->l2, model->log_loss, model->intercept,
                             model->intercept_error};
    const size_t bytes = (size_t)model->dims * sizeof(double);
    psn_text_append(out, logistic_magic, sizeof logistic_magic);
    psn_text_append(out, (const char *)ints, sizeof ints);
    psn_text_append(out, (const char *)reals, sizeof reals);
    psn_text_append(out, (const char *)model->coefficient, bytes);
    psn_text_append(out, (const char *)model->center, bytes);
    psn_text_append(out, (const char *)model->error, bytes);
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

int psn_logistic_unpack(psn_logistic **out, const void *bytes, size_t size,
                        persona_error *error)
{
    enum { HEAD = 4 + 5 * 4 + 4 * 8 };
    int rc = PERSONA_OK;
    const char *from = bytes;
    int32_t ints[5];
    double reals[4];
    psn_logistic *model = NULL;
    *out = NULL;
    if (size < HEAD || memcmp(from, logistic_magic, 4) != 0)
        PSN_FAIL(error, PERSONA_EFORMAT, "this is no logistic regression");
    memcpy(ints, from + 4, sizeof ints);
    memcpy(reals, from + 4 + sizeof ints, sizeof reals);
    if (ints[0] < 0 || (size - HEAD) != (size_t)ints[0] * 3 * sizeof(double) ||
        !isfinite(reals[2]))
        PSN_FAIL(error, PERSONA_EFORMAT, "the head of a logistic regression is altered");
    PSN_NEED(model = psn_alloc_zero(1, sizeof *model));
    PSN_TRY(psn_logistic_allocate(model, ints[0], error));
    model->solver = ints[1];
    model->iterations = ints[2];
    model->converged = ints[3];
    model->separable = ints[4];
    model->l2 = reals[0];
    model->log_loss = reals[1];
    model->intercept = reals[2];
    model->intercept_error = reals[3];
    const size_t block = (size_t)model->dims * sizeof(double);
    memcpy(model->coefficient, from + HEAD, block);
    memcpy(model->center, from + HEAD + block, block);
    memcpy(model->error, from + HEAD + 2 * block, block);
    for (int32_t j = 0; j < model->dims; j++)
        if (!isfinite(model->coefficient[j]) || !isfinite(model->center[j]))
            PSN_FAIL(error, PERSONA_EFORMAT, "a coefficient is not finite");
    *out = model;
    model = NULL;
done:
    psn_logistic_free(model);
    return rc;
}
