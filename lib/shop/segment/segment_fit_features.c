/* segment_fit_features.c: which columns customers are grouped by.
 *
 * features=auto takes, of a log, the features marked for grouping and the linked
 * attributes; of a customer table every number, bool and time, and text of 2 to 50
 * levels; never the id and the row weight. What is left out is noted, with the reason. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_fit.h"

#include <math.h>
#include <string.h>

enum { FEATURE_LEVELS_AUTO = 50, FEATURE_LEVELS_MOST = 1024 };

static int features_drop(psn_fit *fit, const char *code, int64_t count, const char *name,
                         const char *why, persona_error *error)
{
    return psn_model_note(&fit->model->base, code, "info", count, error,
                          "column \"%s\" is not used: %s", name, why);
}

/* Levels in order of first sight; PERSONA_OK with NULL when there are too many or one. */
static int features_levels(psn_fit *fit, psn_dict **levels, int64_t column, int64_t most,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    char why[80];
    const psn_column *text = psn_fit_column(fit, column);
    psn_dict *dict = psn_dict_new();
    int64_t length;
    const char *bytes;
    *levels = NULL;
    PSN_NEED(dict);
    for (int64_t i = 0; i < fit->customers->rows && psn_dict_count(dict) <= most; i++) {
        psn_column_text(text, i, &bytes, &length);
        if (bytes && psn_dict_add(dict, bytes, (size_t)length) < 0) PSN_NEED(NULL);
    }
    const int64_t count = psn_dict_count(dict);
    if (count > most) {
        psn_format(why, sizeof why, "it is text with more than %lld levels",
                   (long long)most);
        rc = features_drop(fit, "many_levels", most, text->name, why, error);
    } else if (count < 2) {
        rc = features_drop(fit, "constant", count, text->name,
                           count == 0 ? "all values are missing" : "it has one value",
                           error);
    } else {
        *levels = dict;
        dict = NULL;
    }
done:
    psn_dict_free(dict);
    return rc;
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
    int rc = PERSONA_OK;
    const psn_column *values = psn_fit_column(fit, column);
    psn_segment_input made = {.type = features_type(values), .weight = 1, .width = 1};
    if (made.type == PSN_SEGMENT_TEXT) {
        PSN_TRY(features_levels(fit, &made.levels, column,
                                asked ? FEATURE_LEVELS_MOST : FEATURE_LEVELS_AUTO,
                                error));
        if (made.levels == NULL) return PERSONA_OK;
    }
    PSN_NEED(made.name = psn_copy_text(values->name, strlen(values->name)));
    input[(*inputs)++] = made;
    return PERSONA_OK;
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
            return psn_log_missing(fit->customers, what, error);
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
