/* segment_describe.c: what a segmenter says of itself: JSON, its inputs. */
#include "base/error.h"
#include "base/memory.h"
#include "data/datetime.h"
#include "shop/segment/segment_log.h"
#include "shop/segment/segment_model.h"

#include <string.h>

static void describe_text_pair(psn_text *json, const psn_column *name,
                               const psn_column *value, int64_t row)
{
    const char *text;
    int64_t length;
    psn_column_text(name, row, &text, &length);
    psn_text_json(json, text ? text : "", text ? length : 0);
    psn_text_append(json, ":", 1);
    psn_column_text(value, row, &text, &length);
    psn_text_json(json, text ? text : "", text ? length : 0);
}

static void describe_options(psn_text *json, const persona_table *options)
{
    const psn_column *name = psn_table_column(options, psn_table_find(options, "option"));
    const psn_column *value = psn_table_column(options, psn_table_find(options, "value"));
    psn_text_format(json, ",\"options\":{");
    for (int64_t i = 0; i < options->rows; i++) {
        if (i > 0) psn_text_append(json, ",", 1);
        describe_text_pair(json, name, value, i);
    }
    psn_text_append(json, "}", 1);
}

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
    describe_options(json, model->options);
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
    int rc;
    const persona_segmenter *model = (const persona_segmenter *)base;
    const size_t n = (size_t)model->inputs;
    int64_t *number = psn_alloc(n, sizeof *number);
    const char **text = psn_alloc(n, 4 * sizeof *text);
    PSN_NEED(number);
    PSN_NEED(text);
    for (size_t i = 0; i < n; i++) {
        const psn_segment_input *input = model->input + i;
        number[i] = (int64_t)i;
        text[i] = input->name;
        text[n + i] = input->type == PSN_SEGMENT_TEXT   ? "text"
                      : input->type == PSN_SEGMENT_TIME ? "time"
                                                        : "number";
        text[2 * n + i] = inputs_unit(model, input);
        text[3 * n + i] = "feature";
    }
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "input", PERSONA_TYPE_INT, number, NULL, model->inputs,
                          error));
    static const char *const columns[] = {"name", "type", "unit", "role"};
    for (size_t c = 0; c < 4; c++)
        PSN_TRY(
            psn_table_add_strings(*out, columns[c], text + c * n, model->inputs, error));
done:
    psn_release(number);
    psn_release(text);
    return rc;
}
