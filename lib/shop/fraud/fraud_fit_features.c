/* fraud_fit_features.c: what the learners see, made of the inputs.
 *
 * A time is never a feature as it is: later data would lie outside all that was learnt.
 * Its hour, its weekday and the hours between two times stay true. A category with many
 * levels is given three ways: as levels, as the rate of fraud of each (learnt only from
 * rows before, see fraud_fit_matrix.c), and as how often it is met. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

enum { FEATURES_RATE_LEVELS = 200, FEATURES_TIMES = 5 };

static int features_put(psn_fraud_fitting *fit, psn_fraud_derive derive, int32_t input,
                        int32_t other, const char *format, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    char name[600];
    psn_fraud_feature made = {.derive = (int32_t)derive,
                              .input = input,
                              .other = other,
                              .group = model->features,
                              .low = NAN,
                              .high = NAN};
    const char *first = other >= 0 ? model->input[other].name : model->input[input].name;
    psn_format(name, sizeof name, "%s%s%s%s", format, first, other >= 0 ? " to " : "",
               other >= 0 ? model->input[input].name : "");
    if (derive == PSN_FRAUD_RATE || derive == PSN_FRAUD_COUNT) {
        made.lookups = (int32_t)psn_dict_count(model->input[input].levels) + 1;
        PSN_NEED(made.lookup = psn_alloc_zero((size_t)made.lookups, sizeof(double)));
        for (int32_t f = model->features; f-- > 0;)
            if (model->feature[f].derive == PSN_FRAUD_LEVEL &&
                model->feature[f].input == input)
                made.group = f;
        fit->rates += derive == PSN_FRAUD_RATE;
    }
    PSN_NEED(made.name = psn_copy_text(name, strlen(name)));
    model->feature[model->features++] = made;
    return PERSONA_OK;
done:
    psn_release(made.lookup);
    return rc;
}

/* Mean hours from a to b; NaN if never both are known. */
static double features_gap(const psn_fraud_fitting *fit, int32_t a, int32_t b)
{
    double sum = 0;
    int64_t count = 0;
    const psn_column *from = fit->view.column[a], *to = fit->view.column[b];
    for (int64_t i = 0; i < fit->rows; i++) {
        const double gap = psn_column_number(to, i) - psn_column_number(from, i);
        if (isnan(gap)) continue;
        sum += gap / 3600000;
        count++;
    }
    return count > 0 ? sum / (double)count : NAN;
}

static int features_ages(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t times[FEATURES_TIMES], count = 0;
    const persona_fraud_scorer *model = fit->model;
    for (int32_t i = 0; i < model->inputs && count < FEATURES_TIMES; i++)
        if (model->input[i].type == PSN_FRAUD_TIME) times[count++] = i;
    for (int32_t i = 0; i < count; i++)
        for (int32_t j = i + 1; j < count; j++) {
            const double gap = features_gap(fit, times[i], times[j]);
            if (isnan(gap)) continue;
            const int32_t from = gap < 0 ? times[j] : times[i];
            const int32_t to = gap < 0 ? times[i] : times[j];
            PSN_TRY(features_put(fit, PSN_FRAUD_AGE, to, from, "hours from ", error));
        }
done:
    return rc;
}

static int features_of_input(psn_fraud_fitting *fit, int32_t i, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_fraud_input *input = fit->model->input + i;
    if (input->silent) return PERSONA_OK;
    if (input->type == PSN_FRAUD_TIME) {
        PSN_TRY(features_put(fit, PSN_FRAUD_HOUR, i, -1, "hour of ", error));
        PSN_TRY(features_put(fit, PSN_FRAUD_WEEKDAY, i, -1, "weekday of ", error));
    } else if (psn_fraud_is_category(input->type)) {
        PSN_TRY(features_put(fit, PSN_FRAUD_LEVEL, i, -1, "", error));
        if (!fit->supervised || psn_dict_count(input->levels) < FEATURES_RATE_LEVELS)
            return PERSONA_OK;
        PSN_TRY(features_put(fit, PSN_FRAUD_RATE, i, -1, "fraud rate of ", error));
        PSN_TRY(features_put(fit, PSN_FRAUD_COUNT, i, -1, "frequency of ", error));
    } else {
        PSN_TRY(features_put(fit, PSN_FRAUD_VALUE, i, -1, "", error));
    }
done:
    return rc;
}

/* Features that are the same in every row (hours of days, say) go; lookups stay. */
static int features_varying(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    const size_t n = (size_t)model->features;
    double *values = psn_alloc((size_t)model->inputs, sizeof *values);
    double *first = psn_alloc(n, sizeof *first), *row = psn_alloc(n, sizeof *row);
    uint8_t *varies = psn_alloc_zero(n, 1);
    PSN_NEED(values);
    PSN_NEED(first);
    PSN_NEED(row);
    PSN_NEED(varies);
    for (int64_t i = 0; i < fit->rows; i++) {
        const int32_t infinite = psn_fraud_view_row(&fit->view, i, values);
        if (infinite >= 0) {
            rc = psn_fraud_view_infinite(&fit->view, infinite, i, error);
            goto done;
        }
        psn_fraud_features(model, values, i == 0 ? first : row);
        for (size_t f = 0; i > 0 && f < n; f++)
            varies[f] |= row[f] != first[f] && !(isnan(row[f]) && isnan(first[f]));
    }
    int32_t kept = 0;
    for (int32_t f = 0; f < model->features; f++) {
        psn_fraud_feature feature = model->feature[f];
        if (!varies[f] && feature.lookups == 0) {
            psn_release(feature.name);
            continue;
        }
        feature.group += kept - f; /* groups stand right before what they answer for */
        model->feature[kept++] = feature;
    }
    model->features = kept;
done:
    psn_release(values);
    psn_release(first);
    psn_release(row);
    psn_release(varies);
    return rc;
}

int psn_fraud_fit_features(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    persona_fraud_scorer *model = fit->model;
    const size_t most = 3 * (size_t)model->inputs + FEATURES_TIMES * FEATURES_TIMES;
    PSN_NEED(model->feature = psn_alloc_zero(most, sizeof *model->feature));
    PSN_TRY(psn_fraud_view_open(&fit->view, model, fit->table, error));
    for (int32_t i = 0; i < model->inputs; i++) PSN_TRY(features_of_input(fit, i, error));
    PSN_TRY(features_ages(fit, error));
    PSN_TRY(features_varying(fit, error));
    if (model->features == 0)
        PSN_FAIL(error, PERSONA_EDATA,
                 "no column is left to learn from: none differs from row to row");
done:
    return rc;
}
