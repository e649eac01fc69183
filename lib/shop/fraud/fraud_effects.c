/* fraud_effects.c: what each feature did to the log odds of one order.
 *
 * Trees: by their paths (Saabas 2014), or exact Shapley values. Logistic regression:
 * coefficient x (value - mean). Forest: by its own paths, brought to the scale of the
 * member. Features made of one category (its level, rate and count) answer as one. */
#include "math/elementary.h"
#include "shop/fraud/fraud_model.h"

#include <math.h>
#include <string.h>

static void effects_trees(const persona_fraud_scorer *model, const double *row, int exact,
                          double *scratch, double *each, double *effects)
{
    if (exact)
        psn_gbdt_shap_exact(model->shap, row, scratch, each);
    else
        psn_gbdt_shap_path(model->shap, row, scratch, each);
    for (int32_t f = 0; f < model->features; f++)
        effects[f] += model->weight[PSN_FRAUD_TREES] * each[f];
}

static void effects_linear(const persona_fraud_scorer *model, const double *row,
                           double *scratch, double *effects)
{
    double base, *terms = scratch, *each = scratch + model->terms;
    psn_fraud_terms(model, row, terms);
    psn_logistic_explain(model->linear, terms, &base, each);
    for (int32_t t = 0; t < model->terms; t++)
        effects[model->term[t].feature] += model->weight[PSN_FRAUD_LINEAR] * each[t];
}

/* score = base 2^sum: the rise from base to score is shared out as the exponents are. */
static void effects_forest(const persona_fraud_scorer *model, const double *row,
                           double *scratch, double *each, double *effects)
{
    double base, sum = 0;
    const double score = psn_iforest_explain(model->forest, row, scratch, &base, each);
    for (int32_t f = 0; f < model->features; f++) sum += each[f];
    const double scale = model->weight[PSN_FRAUD_FOREST] * model->forest_scale *
                         (fabs(sum) > 1e-12 ? (score - base) / sum : 0);
    for (int32_t f = 0; f < model->features; f++) effects[f] += scale * each[f];
}

void psn_fraud_effects(const persona_fraud_scorer *model, const double *row, int exact,
                       double *scratch, double *effects)
{
    double *last = scratch + psn_fraud_scratch(model) - psn_fraud_scratch_last(model);
    memset(effects, 0, (size_t)model->features * sizeof *effects);
    if (model->trees && model->weight[PSN_FRAUD_TREES] != 0)
        effects_trees(model, row, exact, scratch, last, effects);
    if (model->linear && model->weight[PSN_FRAUD_LINEAR] != 0)
        effects_linear(model, row, last - model->terms, effects);
    if (model->forest && model->weight[PSN_FRAUD_FOREST] != 0)
        effects_forest(model, row, scratch, last, effects);
    for (int32_t f = 0; f < model->features; f++) {
        const int32_t group = model->feature[f].group;
        if (group == f) continue;
        effects[group] += effects[f];
        effects[f] = 0;
    }
}

int32_t psn_fraud_order(const persona_fraud_scorer *model, const double *effects,
                        int32_t *order)
{
    int32_t count = 0;
    for (int32_t f = 0; f < model->features; f++) {
        if (effects[f] == 0) continue;
        int32_t at = count++;
        for (; at > 0 && fabs(effects[order[at - 1]]) < fabs(effects[f]); at--)
            order[at] = order[at - 1];
        order[at] = f;
    }
    return count;
}
