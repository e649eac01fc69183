/* segment_query.c: questions about one customer: raw numbers -> finite? -> scaled -> the
 * nearest centre. A prepared query owns the scratch; nothing is allocated or locked, and
 * the arithmetic is the one of the whole table (math/scale.h, math/nearest.h).
 *
 * Membership is the posterior of a mixture of equal round Gaussians around the centres:
 * p_c ~ share_c exp(-d_c^2 / (2 s^2)), s^2 the pooled variance within segments. */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "shop/inputs.h"
#include "shop/segment/segment_model.h"
#include "shop/settings.h"

#include <math.h>

void psn_segment_query_clear(persona_query *base)
{
    psn_segment_query *query = (psn_segment_query *)base;
    const persona_segmenter *model = psn_segment_model_of(query);
    for (int32_t t = 0; t < model->inputs - model->numbers; t++)
        query->level[t] = PSN_LEVEL_MISSING;
}

void psn_segment_query_destroy(persona_query *base)
{
    psn_segment_query *query = (psn_segment_query *)base;
    psn_release_aligned(query->scaled);
    psn_release(query->squared);
    psn_release(query->level);
}

int psn_segment_prepare(persona_query **out, const persona_segmenter *model,
                        const persona_params *params, persona_error *error)
{
    static const char *const only_tables[] = {"threads", "as_of"};
    int rc, reused;
    void *taken = NULL;
    *out = NULL;
    PSN_TRY(psn_segment_ready(model, error));
    PSN_TRY(psn_params_expect(params, &psn_segment_query_schema, error));
    PSN_TRY(psn_settings_only_tables(params, only_tables, 2, error));
    PSN_TRY(psn_query_take(&taken, sizeof(psn_segment_query),
                           (persona_model *)&model->base, &reused, error));
    psn_segment_query *query = taken;
    if (!reused) {
        const size_t texts = (size_t)(model->inputs - model->numbers);
        PSN_NEED(query->scaled = psn_alloc_aligned((size_t)model->dims, sizeof(double)));
        PSN_NEED(query->squared = psn_alloc((size_t)model->k, sizeof(double)));
        PSN_NEED(query->level = psn_alloc(texts, sizeof *query->level));
    }
    psn_segment_query_clear(&query->base);
    *out = &query->base;
    taken = NULL;
done:
    if (taken) psn_query_discard(taken);
    return rc;
}

int psn_segment_query_text(persona_query *base, int64_t input, const char *text,
                           int64_t length, persona_error *error)
{
    psn_segment_query *query = (psn_segment_query *)base;
    const persona_segmenter *model = psn_segment_model_of(query);
    const int rc = psn_inputs_check_text(input, model->numbers, model->inputs, error);
    if (rc != PERSONA_OK) return rc;
    int32_t *level = query->level + (input - model->numbers);
    *level = PSN_LEVEL_MISSING;
    if (text == NULL || length < 0) return PERSONA_OK;
    const int64_t found = psn_dict_find(model->input[input].levels, text, (size_t)length);
    *level = found < 0 ? PSN_LEVEL_UNSEEN : (int32_t)found;
    return PERSONA_OK;
}

static int query_infinite(const persona_segmenter *model, const double *numbers,
                          persona_error *error)
{
    for (int32_t i = 0; i < model->numbers; i++)
        if (isinf(numbers[i]))
            return psn_inputs_infinite_number(i, model->input[i].name, error);
    return PERSONA_OK;
}

static void query_one_hot(psn_segment_query *query, const persona_segmenter *model)
{
    for (int32_t i = model->numbers; i < model->inputs; i++) {
        const psn_segment_input *input = model->input + i;
        const int32_t level = query->level[i - model->numbers];
        double *to = query->scaled + input->first;
        for (int32_t j = 0; j < input->width; j++)
            to[j] = level == PSN_LEVEL_MISSING ? NAN : level == j ? input->one : 0;
    }
}

/* The customer as scaled columns, in the query. */
int psn_segment_query_scale(psn_segment_query **out, persona_query *base,
                            const double *numbers, int64_t count, persona_error *error)
{
    int rc = psn_query_check(base, &psn_segment_kind, error);
    if (rc != PERSONA_OK) return rc;
    psn_segment_query *query = (psn_segment_query *)base;
    const persona_segmenter *model = psn_segment_model_of(query);
    if (numbers == NULL) return psn_fail(error, PERSONA_EARG, "numbers must not be NULL");
    if ((rc = psn_inputs_check_count(count, model->inputs, error)) != PERSONA_OK)
        return rc;
    if (!psn_scale_one(model->scale, numbers, query->scaled))
        return query_infinite(model, numbers, error);
    if (model->numbers < model->inputs) query_one_hot(query, model);
    *out = query;
    return PERSONA_OK;
}

int psn_segment_query_unknown(persona_error *error)
{
    return psn_fail(error, PERSONA_EDATA, "every input of this customer is missing");
}

int psn_segment_assign(persona_query *base, const double *numbers, int64_t count,
                       int32_t *segment, double *distance, persona_error *error)
{
    psn_segment_query *query;
    double squared;
    const int rc = psn_segment_query_scale(&query, base, numbers, count, error);
    if (rc != PERSONA_OK) return rc;
    const int32_t label =
        psn_nearest_one(psn_segment_model_of(query)->nearest, query->scaled, &squared);
    if (isnan(squared)) return psn_segment_query_unknown(error);
    if (segment) *segment = label;
    if (distance) *distance = sqrt(squared);
    return PERSONA_OK;
}

static int query_all(psn_segment_query **out, persona_query *base, const double *numbers,
                     int64_t count, const double *array, int64_t segments,
                     persona_error *error)
{
    const int rc = psn_segment_query_scale(out, base, numbers, count, error);
    if (rc != PERSONA_OK) return rc;
    psn_segment_query *query = *out;
    const persona_segmenter *model = psn_segment_model_of(query);
    if (array == NULL || segments != model->k)
        return psn_fail(error, PERSONA_EARG,
                        "the array must hold %d values, one for each segment", model->k);
    psn_nearest_all(model->nearest, query->scaled, query->squared);
    return isnan(query->squared[0]) ? psn_segment_query_unknown(error) : PERSONA_OK;
}

int psn_segment_distances(persona_query *base, const double *numbers, int64_t count,
                          double *distances, int64_t segments, persona_error *error)
{
    psn_segment_query *query;
    const int rc = query_all(&query, base, numbers, count, distances, segments, error);
    if (rc != PERSONA_OK) return rc;
    for (int64_t c = 0; c < segments; c++) distances[c] = sqrt(query->squared[c]);
    return PERSONA_OK;
}

int psn_segment_membership(persona_query *base, const double *numbers, int64_t count,
                           double *membership, int64_t segments, persona_error *error)
{
    psn_segment_query *query;
    const int rc = query_all(&query, base, numbers, count, membership, segments, error);
    if (rc != PERSONA_OK) return rc;
    const persona_segmenter *model = psn_segment_model_of(query);
    double least = query->squared[0], most = -INFINITY, sum = 0;
    for (int64_t c = 1; c < segments; c++)
        if (query->squared[c] < least) least = query->squared[c];
    for (int64_t c = 0; c < segments; c++) {
        membership[c] =
            model->log_share[c] - (query->squared[c] - least) / (2 * model->spread);
        if (membership[c] > most) most = membership[c];
    }
    for (int64_t c = 0; c < segments; c++) {
        membership[c] = psn_exp(membership[c] - most);
        sum += membership[c];
    }
    for (int64_t c = 0; c < segments; c++) membership[c] /= sum;
    return PERSONA_OK;
}
