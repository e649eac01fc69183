/* fraud_describe.c: what a fraud scorer says of itself: JSON, its inputs. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_model.h"
#include "shop/inputs.h"
#include "shop/settings.h"

/* Values of a two-column part as one object. */
static void describe_metrics(psn_text *json, const persona_table *metrics)
{
    const psn_column *name = psn_table_column(metrics, psn_table_find(metrics, "metric"));
    const psn_column *value = psn_table_column(metrics, psn_table_find(metrics, "value"));
    const char *text;
    int64_t length;
    if (!name || !value || name->type != PERSONA_TYPE_TEXT ||
        value->type != PERSONA_TYPE_REAL)
        return;
    psn_text_format(json, ",\"validation\":{");
    for (int64_t i = 0; i < metrics->rows; i++) {
        psn_column_text(name, i, &text, &length);
        if (i > 0) psn_text_append(json, ",", 1);
        psn_text_json(json, text ? text : "", text ? length : 0);
        psn_text_append(json, ":", 1);
        psn_text_json_real(json, ((const double *)value->values)[i]);
    }
    psn_text_append(json, "}", 1);
}

static void describe_members(psn_text *json, const persona_fraud_scorer *model)
{
    psn_text_format(json, ",\"members\":{");
    for (int m = 0, first = 1; m < PSN_FRAUD_MEMBERS; m++) {
        if (model->weight[m] == 0) continue;
        psn_text_format(json, "%s\"%s\":", first ? "" : ",", psn_fraud_member_names[m]);
        psn_text_json_real(json, model->weight[m]);
        first = 0;
    }
    psn_text_append(json, "}", 1);
    if (model->trees)
        psn_text_format(json, ",\"trees\":%d,\"leaves\":%lld", model->trees->trees,
                        (long long)model->trees->tree_leaf[model->trees->trees]);
    psn_text_format(json, ",\"calibration\":\"%s\"",
                    psn_calibrate_name(model->calibrate ? model->calibrate->kind
                                                        : PSN_CALIBRATE_NONE));
}

int psn_fraud_describe(const persona_model *base, psn_text *json, persona_error *error)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    (void)error;
    psn_text_format(json,
                    ",\"dry_run\":%s,\"rows\":%lld,\"labelled\":%lld,\"frauds\":%lld",
                    model->ready ? "false" : "true", (long long)model->rows,
                    (long long)model->labelled, (long long)model->frauds);
    if (model->ready) {
        if (model->prevalence > 0) { /* an imported model does not tell */
            psn_text_format(json, ",\"prevalence\":");
            psn_text_json_real(json, model->prevalence);
        }
        psn_text_format(json, ",\"inputs\":%d,\"features\":%d", model->inputs,
                        model->features);
        describe_members(json, model);
        if (model->part[PSN_FRAUD_PART_METRICS])
            describe_metrics(json, model->part[PSN_FRAUD_PART_METRICS]);
        psn_roles_describe(json, &psn_fraud_roles, model->role);
        psn_text_format(json,
                        ",\"personal_data\":\"none; levels of categories that few rows "
                        "have are not stored\"");
    }
    psn_settings_describe(json, model->options);
    return PERSONA_OK;
}

int psn_fraud_inputs(persona_table **out, const persona_model *base, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    psn_input_row *rows = psn_alloc((size_t)model->inputs, sizeof *rows);
    PSN_NEED(rows);
    for (int32_t i = 0; i < model->inputs; i++) {
        const psn_fraud_input *input = model->input + i;
        const char *role = psn_roles_of(&psn_fraud_roles, model->role, input->name);
        const int time = input->type == PSN_FRAUD_TIME;
        rows[i] = (psn_input_row){input->name,
                                  input->type == PSN_FRAUD_TEXT ? "text"
                                  : time                        ? "time"
                                                                : "number",
                                  time ? "ms" : "", role ? role : "feature"};
    }
    PSN_TRY(psn_inputs_table(out, rows, model->inputs, error));
done:
    psn_release(rows);
    return rc;
}
