/* fraud_row.c: one order through a model: values -> features -> members -> log odds ->
 * probability -> action.
 *
 * The same code serves a query, a table and the fit, so they agree bit for bit. Nothing
 * here allocates. */
#include "base/number.h"
#include "math/elementary.h"
#include "shop/fraud/fraud_model.h"

#include <math.h>

enum { ROW_HOUR_MS = 3600000, ROW_DAY_MS = 24 * ROW_HOUR_MS };

double psn_fraud_text_level(const psn_fraud_input *input, const char *text, size_t length)
{
    if (text == NULL) return NAN;
    const int64_t level = psn_dict_find(input->levels, text, length);
    return (double)(level < 0 ? psn_dict_count(input->levels) : level);
}

double psn_fraud_code_level(const psn_fraud_input *input, double number)
{
    char text[PSN_NUMBER_BYTES];
    if (isnan(number)) return NAN;
    return psn_fraud_text_level(input, text, psn_print_real(text, number + 0.0));
}

/* Days run from midnight UTC; 1970-01-01 was a Thursday. */
static double row_hour(double ms)
{
    if (!(fabs(ms) < 1e17)) return NAN;
    return (ms - floor(ms / ROW_DAY_MS) * ROW_DAY_MS) / ROW_HOUR_MS;
}

static double row_weekday(double ms)
{
    if (!(fabs(ms) < 1e17)) return NAN;
    const double day = floor(ms / ROW_DAY_MS) + 3;
    return day - floor(day / 7) * 7;
}

double psn_fraud_derive_one(const psn_fraud_feature *feature, const double *values)
{
    const double x = values[feature->input];
    switch (feature->derive) {
    case PSN_FRAUD_HOUR:
        return row_hour(x);
    case PSN_FRAUD_WEEKDAY:
        return row_weekday(x);
    case PSN_FRAUD_AGE:
        return (x - values[feature->other]) / ROW_HOUR_MS;
    case PSN_FRAUD_RATE:
    case PSN_FRAUD_COUNT:
        return isnan(x) ? NAN : feature->lookup[(int64_t)x];
    default:
        return x;
    }
}

void psn_fraud_features(const persona_fraud_scorer *model, const double *values,
                        double *row)
{
    for (int32_t f = 0; f < model->features; f++)
        row[f] = psn_fraud_derive_one(model->feature + f, values);
}

static double row_term(const psn_fraud_term *term, const double *row)
{
    const double x = row[term->feature];
    if (term->level == PSN_FRAUD_TERM_MISSING) return isnan(x);
    if (term->level >= 0) return x == (double)term->level;
    if (isnan(x)) return term->missing;
    const double v = x < term->low ? term->low : x > term->high ? term->high : x;
    return term->log ? copysign(psn_log1p(fabs(v)), v) : v;
}

void psn_fraud_terms(const persona_fraud_scorer *model, const double *row, double *terms)
{
    for (int32_t t = 0; t < model->terms; t++) terms[t] = row_term(model->term + t, row);
}

static size_t row_doubles(size_t bytes)
{
    return (bytes + 63) / 64 * 8;
}

/* First what trees and forest ask for, 64-aligned, then terms, then effects. */
static size_t row_bytes(const persona_fraud_scorer *model)
{
    const size_t each[] = {model->fast ? psn_gbdt_fast_scratch(model->fast) : 0,
                           model->shap ? psn_gbdt_shap_scratch(model->shap) : 0,
                           model->forest ? psn_iforest_scratch(model->forest) : 0};
    size_t most = 0;
    for (int i = 0; i < 3; i++)
        if (each[i] > most) most = each[i];
    return most;
}

size_t psn_fraud_scratch_last(const persona_fraud_scorer *model)
{
    return (size_t)(model->terms > model->features ? model->terms : model->features) + 1;
}

size_t psn_fraud_scratch(const persona_fraud_scorer *model)
{
    return row_doubles(row_bytes(model)) + (size_t)model->terms +
           psn_fraud_scratch_last(model);
}

void psn_fraud_members(const persona_fraud_scorer *model, const double *row,
                       double *scratch, double *members)
{
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++) members[m] = NAN;
    if (model->trees)
        psn_gbdt_fast_one(model->fast, row, scratch, members + PSN_FRAUD_TREES);
    if (model->linear) {
        double *terms = scratch + row_doubles(row_bytes(model));
        psn_fraud_terms(model, row, terms);
        members[PSN_FRAUD_LINEAR] = psn_logistic_score(model->linear, terms);
    }
    if (model->forest)
        members[PSN_FRAUD_FOREST] =
            (psn_iforest_score(model->forest, row, scratch) - model->forest_mean) *
            model->forest_scale;
}

double psn_fraud_raw(const persona_fraud_scorer *model, const double *row,
                     double *scratch)
{
    double members[PSN_FRAUD_MEMBERS], raw = model->bias;
    psn_fraud_members(model, row, scratch, members);
    for (int m = 0; m < PSN_FRAUD_MEMBERS; m++)
        if (model->weight[m] != 0) raw += model->weight[m] * members[m];
    return raw;
}

double psn_fraud_probability(const persona_fraud_scorer *model, double raw)
{
    double p = psn_logistic_probability(raw);
    if (model->calibrate) p = psn_calibrate_apply(model->calibrate, p);
    return model->shift == 1 ? p : psn_calibrate_shift(p, model->shift);
}

double psn_fraud_amount(const persona_fraud_scorer *model, const double *values)
{
    if (model->value >= 0) return values[model->value];
    if (model->price < 0) return NAN;
    const double price = values[model->price];
    return model->quantity < 0 ? price : price * values[model->quantity];
}

int32_t psn_fraud_action(const psn_fraud_costs *costs, double probability, double amount)
{
    if (!(fabs(amount) <= PSN_FRAUD_MOST)) amount = costs->usual_amount;
    double review, block;
    if (isnan(costs->review_from) && isnan(costs->block_from))
        return psn_decision_choose(&costs->decision, probability, fabs(amount));
    psn_decision_limits(&costs->decision, fabs(amount), &review, &block);
    if (!isnan(costs->block_from)) block = costs->block_from;
    if (!isnan(costs->review_from) && !costs->decision.no_review)
        review = costs->review_from;
    if (probability >= block) return PSN_DECISION_BLOCK;
    return probability >= review ? PSN_DECISION_REVIEW : PSN_DECISION_ACCEPT;
}
