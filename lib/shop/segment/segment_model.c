/* segment_model.c: the segmenter as a kind of model, and how its inputs become columns.
 *
 * A text input with L levels is a one-hot block of L columns that hold sqrt(gamma / 2)
 * (times its weight) or 0: two rows of different levels are gamma apart in squared
 * distance, the cost of Huang's k-prototypes (1998), with means instead of modes. Each
 * column of the block counts 1 / L of a feature where missing values are made up for. A
 * level the model has not seen is all zeros: none of the known ones. */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "shop/segment/segment_log.h"
#include "shop/segment/segment_model.h"

#include <float.h>

const char *const psn_segment_type_names[PSN_SEGMENT_TYPES] = {"number", "bool", "time",
                                                               "text"};
const char *const psn_segment_transform_names[PSN_SEGMENT_TRANSFORMS] = {
    "none", "zscore", "robust", "log1p", "winsor", "category", "auto"};

const psn_kind psn_segment_kind = {
    .name = "segmenter",
    .tag = "SEGM",
    .decode = psn_segment_decode,
    .encode = psn_segment_encode,
    .describe = psn_segment_describe,
    .inputs = psn_segment_inputs,
    .part = psn_segment_part_of,
    .without_user = psn_segment_without_user,
    .destroy = psn_segment_destroy,
    .query_clear = psn_segment_query_clear,
    .query_destroy = psn_segment_query_destroy,
    .query_text = psn_segment_query_text,
};

static int segment_layout(persona_segmenter *model, persona_error *error)
{
    int64_t dims = 0;
    int texts = 0;
    for (int32_t i = 0; i < model->inputs; i++) {
        psn_segment_input *input = model->input + i;
        input->first = (int32_t)dims;
        input->width =
            input->type == PSN_SEGMENT_TEXT ? (int32_t)psn_dict_count(input->levels) : 1;
        dims += input->width;
        texts += input->type == PSN_SEGMENT_TEXT;
        if (dims > 1 << 20)
            return psn_fail(error, PERSONA_ELIMIT,
                            "more than 1,048,576 columns after one-hot coding");
    }
    model->dims = (int32_t)dims;
    model->numbers = model->inputs - texts;
    return PERSONA_OK;
}

int psn_segment_set_inputs(persona_segmenter *model, psn_segment_input *input,
                           int32_t inputs, const psn_scale_column *columns,
                           persona_error *error)
{
    int rc;
    model->input = input;
    model->inputs = inputs;
    PSN_TRY(segment_layout(model, error));
    psn_scale_free(model->scale);
    PSN_NEED(model->scale = psn_scale_new(columns, model->numbers));
    psn_release(model->share);
    model->share = NULL;
    if (model->numbers < inputs) {
        PSN_NEED(model->share = psn_alloc((size_t)model->dims, sizeof(double)));
        for (int32_t i = 0; i < inputs; i++)
            for (int32_t j = 0; j < input[i].width; j++)
                model->share[input[i].first + j] = 1.0 / input[i].width;
    }
done:
    return rc;
}

int psn_segment_set_centers(persona_segmenter *model, double *centers, int32_t k,
                            const double *share_of, persona_error *error)
{
    int rc = PERSONA_OK;
    model->centers = centers;
    model->k = k;
    PSN_NEED(model->nearest = psn_nearest_new(centers, k, model->dims, model->share));
    PSN_NEED(model->log_share = psn_alloc((size_t)k, sizeof(double)));
    for (int32_t c = 0; c < k; c++)
        model->log_share[c] = psn_log(share_of[c] > DBL_MIN ? share_of[c] : DBL_MIN);
done:
    return rc;
}

int psn_segment_ready(const persona_segmenter *model, persona_error *error)
{
    return psn_model_ready(&model->base, &psn_segment_kind, model->k > 0, error);
}

void psn_segment_label(char *out, size_t capacity, const psn_segment_input *input)
{
    psn_format(out, capacity, "%s%s",
               input->type == PSN_SEGMENT_TIME ? "days since " : "", input->name);
}

const char *psn_segment_name(const persona_segmenter *model, int32_t segment,
                             int64_t *length)
{
    const char *text;
    const persona_table *profile = model->part[PSN_PART_PROFILE];
    psn_column_text(psn_table_column(profile, psn_table_find(profile, "name")), segment,
                    &text, length);
    return text;
}

void psn_segment_destroy(persona_model *base)
{
    persona_segmenter *model = (persona_segmenter *)base;
    for (int32_t i = 0; model->input && i < model->inputs; i++) {
        psn_release(model->input[i].name);
        psn_dict_free(model->input[i].levels);
    }
    psn_release(model->input);
    psn_scale_free(model->scale);
    psn_release(model->share);
    psn_release(model->centers);
    psn_nearest_free(model->nearest);
    psn_release(model->log_share);
    psn_roles_free(model->role, &psn_segment_roles);
    psn_table_free(model->options);
    psn_parts_free(model->part, &psn_segment_parts);
}
