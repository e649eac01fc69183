/* segment_describe.c: what a segmenter says of itself: JSON, its inputs. */
#include "base/error.h"
#include "base/memory.h"
#include "data/datetime.h"
#include "shop/inputs.h"
#include "shop/segment/segment_log.h"
#include "shop/segment/segment_model.h"
#include "shop/settings.h"

#include <string.h>

static void describe_reason(psn_text *json, const persona_table *sweep)
{
    const psn_column *reason = psn_table_column(sweep, psn_table_find(sweep, "reason"));
    const char *text;
    int64_t length;
    for (int64_t i = 0; reason && reason->type == PERSONA_TYPE_TEXT && i < sweep->rows;
         i++) {
        psn_column_text(reason, i, &text, &length);
        if (text == NULL || length == 0) continue;
        psn_text_format(json, ",\"reason\":");
        psn_text_json(json, text, length);
        return;
    }
}

/* What of single customers is in the model: values of texts are theirs, too. */
static void describe_personal(psn_text *json, const persona_segmenter *model)
{
    psn_text text = {0};
    int listed = 0;
    for (int32_t i = model->numbers; i < model->inputs; i++)
        psn_text_format(&text, "%s%s (%d)",
                        listed++ ? ", " : "values of the text columns ",
                        model->input[i].name, model->input[i].width);
    if (model->part[PSN_PART_EXAMPLES])
        psn_text_format(&text, "%sids of example customers", listed++ ? "; " : "");
    psn_text_format(&text, "%s; centres and counts are aggregates", listed ? "" : "none");
    psn_text_format(json, ",\"personal_data\":");
    psn_text_json(json, text.bytes ? text.bytes : "", (int64_t)text.length);
    json->failed |= text.failed;
    psn_text_free(&text);
}

int psn_segment_describe(const persona_model *base, psn_text *json, persona_error *error)
{
    const persona_segmenter *model = (const persona_segmenter *)base;
    psn_text_format(
        json, ",\"dry_run\":%s,\"input\":\"%s\",\"rows\":%lld,\"customers\":%lld",
        model->k == 0 ? "true" : "false", model->log ? "log of orders" : "customers",
        (long long)model->rows, (long long)model->customers);
    if (model->as_of != PSN_AS_OF_FIND) {
        char as_of[PSN_TIME_BYTES];
        const size_t length = psn_print_time(as_of, model->as_of);
        psn_text_format(json, ",\"as_of\":\"%.*s\"", (int)length, as_of);
    }
    if (model->k > 0) {
        psn_text_format(json,
                        ",\"k\":%d,\"features\":%d,\"dims\":%d,\"inertia\":", model->k,
                        model->inputs, model->dims);
        psn_text_json_real(json, model->inertia);
        psn_text_format(json, ",\"silhouette\":");
        psn_text_json_real(json, model->silhouette);
        if (model->part[PSN_PART_SWEEP])
            describe_reason(json, model->part[PSN_PART_SWEEP]);
        psn_roles_describe(json, &psn_segment_roles, model->role);
        describe_personal(json, model);
    }
    psn_settings_describe(json, model->options);
    (void)error;
    return PERSONA_OK;
}

static const char *inputs_unit(const persona_segmenter *model,
                               const psn_segment_input *input)
{
    if (input->type == PSN_SEGMENT_TIME) return "ms since 1970";
    for (int f = 0; model->log && f < PSN_LOG_FEATURES; f++)
        if (strcmp(psn_log_feature_infos[f].name, input->name) == 0)
            return psn_log_feature_infos[f].unit;
    return "";
}

int psn_segment_inputs(persona_table **out, const persona_model *base,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_segmenter *model = (const persona_segmenter *)base;
    psn_input_row *rows = psn_alloc((size_t)model->inputs, sizeof *rows);
    PSN_NEED(rows);
    for (int32_t i = 0; i < model->inputs; i++) {
        const psn_segment_input *input = model->input + i;
        rows[i] = (psn_input_row){input->name,
                                  input->type == PSN_SEGMENT_TEXT   ? "text"
                                  : input->type == PSN_SEGMENT_TIME ? "time"
                                                                    : "number",
                                  inputs_unit(model, input), "feature"};
    }
    PSN_TRY(psn_inputs_table(out, rows, model->inputs, error));
done:
    psn_release(rows);
    return rc;
}
