/* segment_fit_rules.c: each segment as one sentence of at most three conditions, in raw
 * units, found by a small tree on at most 20,000 customers and measured on them. */
#include "base/error.h"
#include "base/memory.h"
#include "learn/ruletree.h"
#include "shop/segment/segment_fit.h"

#include <math.h>

enum { RULES_SAMPLE = 20000 };

/* The raw columns a rule may speak of: numbers, then 0 or 1 for each level. */
typedef struct rules_data {
    double *values; /* dims x rows */
    const double **column;
    double *weights;
    int32_t *labels;
    int64_t rows;
} rules_data;

static void rules_column(double *to, const psn_fit *fit, int32_t i, int32_t level,
                         int64_t step)
{
    const persona_segmenter *model = fit->model;
    const psn_column *column = i < model->numbers ? fit->view.number[i] : NULL;
    const int32_t *levels = column ? NULL : fit->view.level[i - model->numbers];
    for (int64_t row = 0; row < fit->customers->rows; row += step)
        *to++ = column ? psn_scale_value(model->scale, i, psn_column_number(column, row))
                : levels[row] == PSN_LEVEL_MISSING ? NAN
                                                   : levels[row] == level;
}

static int rules_read(rules_data *data, const psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_segmenter *model = fit->model;
    const int64_t all = fit->customers->rows, step = (all - 1) / RULES_SAMPLE + 1;
    data->rows = (all - 1) / step + 1;
    const size_t rows = (size_t)data->rows, dims = (size_t)model->dims;
    PSN_NEED(data->values = psn_alloc(rows, dims * sizeof(double)));
    PSN_NEED(data->column = psn_alloc(dims, sizeof *data->column));
    PSN_NEED(data->labels = psn_alloc(rows, sizeof *data->labels));
    if (fit->weights) PSN_NEED(data->weights = psn_alloc(rows, sizeof(double)));
    for (size_t r = 0; r < rows; r++) {
        data->labels[r] = fit->labels[(int64_t)r * step];
        if (fit->weights) data->weights[r] = fit->weights[(int64_t)r * step];
    }
    for (int32_t i = 0; i < model->inputs; i++)
        for (int32_t l = 0; l < model->input[i].width; l++) {
            double *to = data->values + (size_t)(model->input[i].first + l) * rows;
            data->column[model->input[i].first + l] = to;
            rules_column(to, fit, i, l, step);
        }
done:
    return rc;
}

/* "recency_days <= 31", "country is Iceland", "country is not Iceland" */
static void rules_condition(psn_text *out, const persona_segmenter *model,
                            const psn_rule_condition *condition)
{
    char label[300];
    const psn_segment_input *input = model->input;
    while (condition->column >= input->first + input->width) input++;
    psn_segment_label(label, sizeof label, input);
    if (input->levels) {
        size_t length;
        const char *level =
            psn_dict_text(input->levels, condition->column - input->first, &length);
        psn_text_format(out, "%s is %s%.*s", label, condition->above ? "" : "not ",
                        (int)length, level);
    } else if (input->type == PSN_SEGMENT_BOOL) {
        psn_text_format(out, "%s is %s", label, condition->above ? "true" : "false");
    } else {
        psn_text_format(out, "%s %s %g", label,
                        condition->above ? ">" : "<=", condition->threshold);
    }
}

static int rules_sentence(char **out, const persona_segmenter *model,
                          const psn_rule *rule, persona_error *error)
{
    psn_text text = {0};
    for (int i = 0; i < rule->count; i++) {
        if (i > 0) psn_text_format(&text, " and ");
        rules_condition(&text, model, &rule->condition[i]);
    }
    if (rule->count == 0) psn_text_format(&text, "everybody");
    *out = text.bytes;
    if (!text.failed) return PERSONA_OK;
    psn_text_free(&text);
    *out = NULL;
    return psn_fail_memory(error);
}

static int rules_table(persona_table **out, const persona_segmenter *model,
                       const char *const *text, const double *measures,
                       persona_error *error)
{
    int rc;
    const int32_t k = model->k;
    int64_t *segment = psn_alloc((size_t)k, sizeof *segment);
    PSN_NEED(segment);
    for (int32_t c = 0; c < k; c++) segment[c] = c;
    PSN_TRY(psn_table_new(out, error));
    PSN_TRY(psn_table_add(*out, "segment", PERSONA_TYPE_INT, segment, NULL, k, error));
    PSN_TRY(psn_table_add_strings(*out, "rule", text, k, error));
    PSN_TRY(
        psn_table_add(*out, "precision", PERSONA_TYPE_REAL, measures, NULL, k, error));
    PSN_TRY(
        psn_table_add(*out, "recall", PERSONA_TYPE_REAL, measures + k, NULL, k, error));
done:
    psn_release(segment);
    return rc;
}

int psn_fit_rules(psn_fit *fit, persona_error *error)
{
    int rc;
    const size_t k = (size_t)fit->model->k;
    rules_data data = {0};
    psn_ruletree *tree = NULL;
    double *measures = psn_alloc(k, 2 * sizeof *measures);
    char **text = psn_alloc_zero(k, sizeof *text);
    PSN_NEED(measures);
    PSN_NEED(text);
    PSN_TRY(rules_read(&data, fit, error));
    PSN_TRY(psn_ruletree_new(&tree, data.column, fit->model->dims, data.rows,
                             data.weights, error));
    for (size_t c = 0; c < k; c++) {
        psn_rule rule;
        PSN_TRY(psn_ruletree_rule(&rule, tree, data.labels, (int32_t)c, error));
        measures[c] = rule.precision;
        measures[k + c] = rule.recall;
        PSN_TRY(rules_sentence(&text[c], fit->model, &rule, error));
    }
    PSN_TRY(rules_table(&fit->model->part[PSN_PART_RULES], fit->model,
                        (const char *const *)text, measures, error));
done:
    for (size_t c = 0; text && c < k; c++) psn_release(text[c]);
    psn_release(text);
    psn_release(measures);
    psn_ruletree_free(tree);
    psn_release(data.values);
    psn_release(data.column);
    psn_release(data.labels);
    psn_release(data.weights);
    return rc;
}
