/* fraud_parts.c: the insides of a fraud scorer as tables: those kept from the fit, and
 * those made of the model when asked for. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/fraud/fraud_model.h"

static int part_names(const char ***out, const persona_fraud_scorer *model,
                      persona_error *error)
{
    const char **names = psn_alloc((size_t)model->features, sizeof *names);
    if (names == NULL) return psn_fail_memory(error);
    for (int32_t f = 0; f < model->features; f++) names[f] = model->feature[f].name;
    *out = names;
    return PERSONA_OK;
}

static int part_trees(persona_table **out, const persona_model *base,
                      persona_error *error)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    int rc;
    const char **names = NULL;
    if (model->trees == NULL)
        return psn_fail(error, PERSONA_EARG, "part: this model has no trees");
    PSN_TRY(part_names(&names, model, error));
    PSN_TRY(psn_gbdt_tree_table(out, model->trees, names, error));
done:
    psn_release(names);
    return rc;
}

static int part_features(persona_table **out, const persona_model *base,
                         persona_error *error)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    int rc;
    const size_t n = (size_t)model->features;
    persona_table *table = NULL;
    const char **text = psn_alloc(n, 4 * sizeof *text);
    int64_t *levels = psn_alloc(n, sizeof *levels);
    double *real = psn_alloc(n, 2 * sizeof *real);
    PSN_NEED(text);
    PSN_NEED(levels);
    PSN_NEED(real);
    for (size_t f = 0; f < n; f++) {
        const psn_fraud_feature *feature = model->feature + f;
        const psn_fraud_input *input = model->input + feature->input;
        text[f] = feature->name;
        text[n + f] = psn_fraud_derive_names[feature->derive];
        text[2 * n + f] = input->name;
        text[3 * n + f] = psn_fraud_type_names[input->type];
        levels[f] = input->levels ? psn_dict_count(input->levels) : 0;
        real[f] = feature->low;
        real[n + f] = feature->high;
    }
    PSN_TRY(psn_table_new(&table, error));
    static const char *const columns[] = {"feature", "derived", "input", "type"};
    for (size_t c = 0; c < 4; c++)
        PSN_TRY(psn_table_add_strings(table, columns[c], text + c * n, model->features,
                                      error));
    PSN_TRY(psn_table_add(table, "levels", PERSONA_TYPE_INT, levels, NULL,
                          model->features, error));
    PSN_TRY(psn_table_add(table, "low", PERSONA_TYPE_REAL, real, NULL, model->features,
                          error));
    PSN_TRY(psn_table_add(table, "high", PERSONA_TYPE_REAL, real + n, NULL,
                          model->features, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(text);
    psn_release(levels);
    psn_release(real);
    return rc;
}

/* The logistic regression, a row a column of it. */
static int part_coefficients(persona_table **out, const persona_model *base,
                             persona_error *error)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    int rc;
    const size_t n = (size_t)model->terms;
    persona_table *table = NULL;
    const char **name = NULL;
    int64_t *level = NULL;
    if (model->linear == NULL)
        return psn_fail(error, PERSONA_EARG,
                        "part: this model has no logistic regression");
    PSN_NEED(name = psn_alloc(n, sizeof *name));
    PSN_NEED(level = psn_alloc(n, sizeof *level));
    for (size_t t = 0; t < n; t++) {
        name[t] = model->feature[model->term[t].feature].name;
        level[t] = model->term[t].level;
    }
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "feature", name, model->terms, error));
    PSN_TRY(psn_table_add(table, "level", PERSONA_TYPE_INT, level, NULL, model->terms,
                          error));
    PSN_TRY(psn_table_add(table, "coefficient", PERSONA_TYPE_REAL,
                          model->linear->coefficient, NULL, model->terms, error));
    PSN_TRY(psn_table_add(table, "error", PERSONA_TYPE_REAL, model->linear->error, NULL,
                          model->terms, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(name);
    psn_release(level);
    return rc;
}

static int part_has_trees(const persona_model *model)
{
    return ((const persona_fraud_scorer *)model)->trees != NULL;
}

static int part_has_coefficients(const persona_model *model)
{
    return ((const persona_fraud_scorer *)model)->linear != NULL;
}

static const psn_part_kept parts_kept[PSN_FRAUD_PARTS] = {
    [PSN_FRAUD_PART_METRICS] = {"metrics", "Metr", NULL},
    [PSN_FRAUD_PART_ROC] = {"roc", "Rocs", NULL},
    [PSN_FRAUD_PART_PRECISION_RECALL] = {"precision_recall", "Prec", NULL},
    [PSN_FRAUD_PART_CALIBRATION] = {"calibration", "Clbt", NULL},
    [PSN_FRAUD_PART_COSTS] = {"costs", "Cost", NULL},
    [PSN_FRAUD_PART_THRESHOLDS] = {"thresholds", "Thrs", NULL},
    [PSN_FRAUD_PART_IMPORTANCE] = {"importance", "Impt", NULL},
    [PSN_FRAUD_PART_SCORES] = {"scores", "Scor", NULL},
    [PSN_FRAUD_PART_SEARCH] = {"search", "Srch", NULL}};
static const psn_part_made parts_made[] = {
    {"features", part_features, NULL},
    {"trees", part_trees, part_has_trees},
    {"coefficients", part_coefficients, part_has_coefficients}};
const psn_parts psn_fraud_parts = {parts_kept, PSN_FRAUD_PARTS, parts_made,
                                   sizeof parts_made / sizeof *parts_made};

int psn_fraud_part_of(persona_table **out, const persona_model *base, const char *part,
                      persona_error *error)
{
    const persona_fraud_scorer *model = (const persona_fraud_scorer *)base;
    const psn_parts_of of = {model->part, model->options, model->ready};
    return psn_parts_get(out, &psn_fraud_parts, &of, base, part, error);
}
