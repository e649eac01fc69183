/* segment_fit_features.c: which columns customers are grouped by.
 *
 * features=auto takes, of a log, the features marked for grouping and the linked
 * attributes; of a customer table every number, bool and time that is no id
 * (segment_fit_ids.c) and every text that is a category (segment_fit_texts.c); never the
 * id and the row weight. What is left out is noted, with the reason. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_fit.h"

#include <string.h>

#define FEATURES_DROP(fit, column, code, severity, why, error)                           \
    psn_model_note(&(fit)->model->base, code, severity, (fit)->customers->rows, error,   \
                   "column \"%s\" is not used: " why, (column)->name)

/* Notes of whole numbers and texts that measure nothing, unless they were asked for. */
static int features_ids(int *serves, psn_fit *fit, int64_t column, persona_error *error)
{
    int rc;
    psn_fit_look look;
    const psn_column *values = psn_fit_column(fit, column);
    PSN_TRY(psn_fit_id_look(&look, fit, column, error));
    *serves = look == PSN_LOOK_PLAIN || look == PSN_LOOK_DISTINCT;
    if (look == PSN_LOOK_ROW_NUMBER)
        PSN_TRY(FEATURES_DROP(fit, values, "row_number", "info",
                              "it numbers the rows and measures nothing", error));
    if (look == PSN_LOOK_ID)
        PSN_TRY(FEATURES_DROP(fit, values, "id_like", "info",
                              "no two rows are equal and its name is one of an id",
                              error));
    if (look == PSN_LOOK_CODE)
        PSN_TRY(FEATURES_DROP(fit, values, "id_like", "info",
                              "its name says that it is a code and no measure", error));
    if (look == PSN_LOOK_DISTINCT)
        PSN_TRY(psn_model_note(
            &fit->model->base, "distinct_numbers", "warning", fit->customers->rows, error,
            "column \"%s\" groups the customers, but no two of its whole numbers are "
            "equal: if it is an id, leave it out (features=... or column.user=%s)",
            values->name, values->name));
done:
    return rc;
}

/* Outcomes that somebody wants to foretell, or the result of another grouping. */
static int features_label(psn_fit *fit, const psn_segment_input *input,
                          persona_error *error)
{
    char plain[256];
    psn_name_plain(plain, sizeof plain, input->name);
    const int label =
        psn_name_in(plain, "response label labels class target churn churned cluster "
                           "clusterid outcome conversion converted prediction") ||
        (psn_name_in(plain, "y") && psn_table_find(fit->customers, "x") < 0) ||
        (input->type == PSN_SEGMENT_BOOL && psn_name_in(plain, "revenue"));
    if (!label) return PERSONA_OK;
    return psn_model_note(&fit->model->base, "label_like", "warning",
                          fit->customers->rows, error,
                          "column \"%s\" groups the customers, but is named like an "
                          "outcome or the label of another grouping; features=... leaves "
                          "it out",
                          input->name);
}

static int features_type(const psn_column *column)
{
    switch (column->type) {
    case PERSONA_TYPE_TEXT:
        return PSN_SEGMENT_TEXT;
    case PERSONA_TYPE_TIME:
        return PSN_SEGMENT_TIME;
    case PERSONA_TYPE_BOOL:
        return PSN_SEGMENT_BOOL;
    default:
        return PSN_SEGMENT_NUMBER;
    }
}

/* Adds a column as an input, unless it says nothing. */
static int features_add(psn_fit *fit, psn_segment_input *input, int32_t *inputs,
                        int64_t column, int asked, persona_error *error)
{
    int rc = PERSONA_OK, serves = 1;
    const psn_column *values = psn_fit_column(fit, column);
    psn_segment_input made = {.type = features_type(values), .weight = 1, .width = 1};
    if (!asked) PSN_TRY(features_ids(&serves, fit, column, error));
    if (!serves) return PERSONA_OK;
    if (made.type == PSN_SEGMENT_TEXT) {
        PSN_TRY(psn_fit_text_levels(fit, &made.levels, column, asked, error));
        if (made.levels == NULL) return PERSONA_OK;
    }
    PSN_NEED(made.name = psn_copy_text(values->name, strlen(values->name)));
    input[(*inputs)++] = made; /* the model's from here on */
    return asked ? PERSONA_OK : features_label(fit, &made, error);
done:
    psn_dict_free(made.levels);
    return rc;
}

static int features_listed(psn_fit *fit, psn_segment_input *input, int32_t *inputs,
                           persona_error *error)
{
    int rc = PERSONA_OK, more;
    char item[256], what[360];
    const char *cursor = PSN_FIT_TEXT(fit, "features");
    while ((more = psn_list_next(&cursor, item, sizeof item)) > 0) {
        const int64_t at = psn_table_find(fit->customers, item);
        if (at == PERSONA_NONE) {
            psn_format(what, sizeof what, "features: there is no column \"%.80s\"", item);
            return psn_name_missing(fit->customers, what, error);
        }
        for (int32_t i = 0; i < *inputs; i++)
            if (strcmp(input[i].name, item) == 0)
                PSN_FAIL(error, PERSONA_EOPTION, "features: names a column twice");
        if (at == fit->column[PSN_ROLE_USER])
            PSN_FAIL(error, PERSONA_EOPTION,
                     "features: the id of the customers cannot group them");
        PSN_TRY(features_add(fit, input, inputs, at, 1, error));
    }
    if (more < 0) PSN_FAIL(error, PERSONA_EOPTION, "features: a name is too long");
    if (strcmp(PSN_FIT_TEXT(fit, "features"), "") == 0)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "features: names no column; auto takes all that serve");
done:
    return rc;
}

static int features_in_groups(const psn_fit *fit, int64_t column)
{
    if (column == fit->column[PSN_ROLE_USER] || column == fit->column[PSN_ROLE_WEIGHT])
        return 0;
    if (!fit->model->log) return 1;
    const char *name = psn_fit_column(fit, column)->name;
    for (int f = 0; f < PSN_LOG_FEATURES; f++)
        if (strcmp(psn_log_feature_infos[f].name, name) == 0)
            return psn_log_feature_infos[f].grouping;
    return 1; /* an attribute of a linked table */
}

static void features_texts_last(psn_segment_input *input, psn_segment_input *scratch,
                                int32_t inputs)
{
    int32_t at = 0;
    for (int text = 0; text < 2; text++)
        for (int32_t i = 0; i < inputs; i++)
            if ((input[i].type == PSN_SEGMENT_TEXT) == text) scratch[at++] = input[i];
    memcpy(input, scratch, (size_t)inputs * sizeof *input);
}

int psn_fit_features(psn_fit *fit, psn_segment_input **out, int32_t *inputs,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    const int listed = strcmp(PSN_FIT_TEXT(fit, "features"), "auto") != 0;
    const size_t most = (size_t)fit->customers->count;
    psn_segment_input *scratch = psn_alloc(most, sizeof *scratch);
    *inputs = 0;
    PSN_NEED(scratch);
    PSN_NEED(*out = psn_alloc_zero(most, sizeof **out));
    if (listed) {
        PSN_TRY(features_listed(fit, *out, inputs, error));
    } else {
        for (int64_t c = 0; c < fit->customers->count; c++)
            if (features_in_groups(fit, c))
                PSN_TRY(features_add(fit, *out, inputs, c, 0, error));
    }
    features_texts_last(*out, scratch, *inputs);
done:
    psn_release(scratch);
    return rc;
}
