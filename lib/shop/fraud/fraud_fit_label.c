/* fraud_fit_label.c: what is known of each row: its label, its weight, its time.
 *
 * A label has two values. Which one means fraud: 1, true, yes, fraud ... or, of two
 * others, the greater number or the rarer text (noted); option `positive` decides. A
 * missing label is not yet known: such a row serves the isolation forest only. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/name.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

static const char label_yes[] =
    "1 true t yes y fraud fraudulent fraudster isfraud bad positive chargeback ja si oui";
static const char label_no[] = "0 false f no n legit legitimate genuine good normal ok "
                               "negative notfraud nonfraud nein "
                               "non";

/* Two values found in a column, as text. */
typedef struct label_values {
    char text[2][64];
    double number[2];
    int64_t count[2];
    int found; /* 3: too many */
    int is_text;
} label_values;

static int label_text(const psn_column *column, int64_t row, char *out, size_t capacity)
{
    const char *bytes;
    int64_t length;
    if (column->type == PERSONA_TYPE_TEXT) {
        psn_column_text(column, row, &bytes, &length);
        if (bytes == NULL || length == 0) return 0;
        psn_format(out, capacity, "%.*s", (int)(length < 63 ? length : 63), bytes);
        return 1;
    }
    const double x = psn_column_number(column, row);
    if (isnan(x)) return 0;
    if (column->type == PERSONA_TYPE_BOOL)
        psn_format(out, capacity, "%s", x != 0 ? "true" : "false");
    else
        out[psn_print_real(out, x + 0.0)] = 0;
    return 1;
}

static int label_add(label_values *values, const psn_column *column, int64_t row)
{
    char text[64];
    if (values->found > 2 || !label_text(column, row, text, sizeof text)) return -1;
    int at = 0;
    while (at < values->found && strcmp(values->text[at], text) != 0) at++;
    if (at == 2) {
        values->found = 3;
        return -1;
    }
    if (at == values->found) {
        values->found++;
        memcpy(values->text[at], text, sizeof text);
        values->number[at] = psn_column_number(column, row);
    }
    values->count[at]++;
    return at;
}

int psn_fraud_fit_two_values(int *out, const persona_table *table, int64_t column,
                             persona_error *error)
{
    label_values values = {0};
    const psn_column *at = psn_table_column(table, column);
    (void)error;
    *out = 0;
    if (at->type == PERSONA_TYPE_TIME) return PERSONA_OK;
    for (int64_t i = 0; i < table->rows && values.found < 3; i++)
        label_add(&values, at, i);
    /* one value may be a label of one class: an error that labels tell better */
    *out = values.found <= 2;
    return PERSONA_OK;
}

static int label_word(const char *text)
{
    char plain[64];
    psn_name_plain(plain, sizeof plain, text);
    if (psn_name_in(plain, label_yes)) return 1;
    return psn_name_in(plain, label_no) ? 0 : -1;
}

/* The value that means fraud; noted where it is a guess. */
static int label_positive(int *out, psn_fraud_fitting *fit, const label_values *values,
                          const char *name, persona_error *error)
{
    const char *asked = FRAUD_TEXT(fit, "positive");
    if (strcmp(asked, "auto") != 0) {
        for (*out = 0; *out < 2; ++*out)
            if (strcmp(values->text[*out], asked) == 0) return PERSONA_OK;
        return psn_fail(error, PERSONA_EOPTION,
                        "positive: column \"%.80s\" has no such value", name);
    }
    for (*out = 0; *out < 2; ++*out)
        if (label_word(values->text[*out]) == 1 &&
            label_word(values->text[1 - *out]) != 1)
            return PERSONA_OK;
    for (*out = 0; *out < 2; ++*out)
        if (label_word(values->text[1 - *out]) == 0 &&
            label_word(values->text[*out]) == -1)
            return PERSONA_OK;
    if (!values->is_text)
        *out = values->number[1] > values->number[0];
    else
        *out = values->count[1] < values->count[0];
    return psn_model_note(
        &fit->model->base, "positive", "warning", values->count[*out], error,
        "%s value of column \"%s\" is taken to mean fraud (option positive)",
        values->is_text ? "the rarer" : "the greater", name);
}

static int label_rows(psn_fraud_fitting *fit, const psn_column *column, int positive,
                      label_values *values)
{
    int64_t unknown = 0;
    for (int64_t i = 0; i < fit->rows; i++) {
        const int at = label_add(values, column, i);
        fit->label[i] = at < 0 ? NAN : at == positive;
        unknown += at < 0;
    }
    return unknown > 0;
}

static int label_read(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK, positive;
    label_values values = {0};
    const psn_column *column =
        psn_fraud_fit_column(fit, fit->column[PSN_FRAUD_ROLE_LABEL]);
    if (column->type == PERSONA_TYPE_TIME)
        PSN_FAIL(error, PERSONA_EDATA,
                 "column \"%.80s\" (role label) must not hold times", column->name);
    values.is_text = column->type == PERSONA_TYPE_TEXT;
    for (int64_t i = 0; i < fit->rows && values.found <= 2; i++)
        label_add(&values, column, i);
    if (values.found > 2)
        PSN_FAIL(
            error, PERSONA_EDATA,
            "column \"%.80s\" (role label) has more than two values; it needs two, such "
            "as 0 and 1, true and false, or yes and no",
            column->name);
    if (values.found == 0) return PERSONA_OK; /* all unknown: no labels yet */
    if (values.found == 1)
        PSN_FAIL(
            error, PERSONA_EDATA,
            "column \"%.80s\" (role label) has one value only; learning needs frauds and "
            "good orders (column.label=none: without labels)",
            column->name);
    PSN_TRY(label_positive(&positive, fit, &values, column->name, error));
    PSN_NEED(fit->label = psn_alloc((size_t)fit->rows, sizeof *fit->label));
    label_rows(fit, column, positive, &values);
done:
    return rc;
}

static int label_weights(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    if (fit->column[PSN_FRAUD_ROLE_WEIGHT] < 0) return PERSONA_OK;
    const psn_column *column =
        psn_fraud_fit_column(fit, fit->column[PSN_FRAUD_ROLE_WEIGHT]);
    int64_t none = 0;
    PSN_NEED(fit->weight = psn_alloc((size_t)fit->rows, sizeof *fit->weight));
    for (int64_t i = 0; i < fit->rows; i++) {
        const double weight = psn_column_number(column, i);
        if (weight < 0 || weight > 1e100) {
            rc = psn_fail_at(error, PERSONA_EDATA, i,
                             "column \"%.80s\" (role weight) is %s in row %lld",
                             column->name, weight < 0 ? "negative" : "above 1e100",
                             (long long)i);
            goto done;
        }
        fit->weight[i] = weight >= 1e-100 ? weight : 0;
        none += fit->weight[i] == 0;
    }
    if (none > 0)
        PSN_TRY(psn_model_note(&fit->model->base, "rows_without_weight", "warning", none,
                               error, "rows without a weight above 0 teach nothing"));
done:
    return rc;
}

static int label_times(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t missing = 0;
    if (fit->column[PSN_FRAUD_ROLE_TIME] < 0) return PERSONA_OK;
    const psn_column *column =
        psn_fraud_fit_column(fit, fit->column[PSN_FRAUD_ROLE_TIME]);
    PSN_NEED(fit->time = psn_alloc((size_t)fit->rows, sizeof *fit->time));
    for (int64_t i = 0; i < fit->rows; i++) {
        const double time = psn_column_number(column, i);
        missing += isnan(time);
        fit->time[i] = time;
    }
    if (missing > 0)
        PSN_TRY(psn_model_note(&fit->model->base, "rows_without_time", "warning", missing,
                               error, "rows without a time count as the first ones"));
done:
    return rc;
}

static void label_count(psn_fraud_fitting *fit)
{
    persona_fraud_scorer *model = fit->model;
    double all = 0, frauds = 0;
    for (int64_t i = 0; fit->label && i < fit->rows; i++) {
        const double weight = psn_fraud_fit_weight(fit, i);
        if (isnan(fit->label[i]) || weight == 0) continue;
        model->labelled++;
        model->frauds += fit->label[i] > 0;
        all += weight;
        frauds += weight * fit->label[i];
    }
    model->prevalence = all > 0 ? frauds / all : 0;
}

static int label_unsupervised(psn_fraud_fitting *fit, persona_error *error)
{
    const char *algorithm = FRAUD_TEXT(fit, "algorithm");
    if (strcmp(algorithm, "gbdt") == 0 || strcmp(algorithm, "logistic") == 0)
        return psn_name_missing(fit->table,
                                fit->column[PSN_FRAUD_ROLE_LABEL] >= 0
                                    ? "the label is missing in every row"
                                    : "algorithm needs a column of role label",
                                error);
    return psn_model_note(
        &fit->model->base, "no_labels", "warning", fit->rows, error, "%s",
        fit->column[PSN_FRAUD_ROLE_LABEL] >= 0 ? "the label is missing in every row: the "
                                                 "model only tells how unusual a row is"
                                               : "there is no column of role label: the "
                                                 "model only tells how unusual a row is");
}

int psn_fraud_fit_labels(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    persona_fraud_scorer *model = fit->model;
    if (fit->column[PSN_FRAUD_ROLE_LABEL] >= 0) PSN_TRY(label_read(fit, error));
    PSN_TRY(label_weights(fit, error));
    PSN_TRY(label_times(fit, error));
    label_count(fit);
    if (fit->label && (model->frauds == 0 || model->frauds == model->labelled))
        PSN_FAIL(error, PERSONA_EDATA, "rows with a weight above 0 have one label only");
    if (fit->label && model->labelled < fit->rows)
        PSN_TRY(psn_model_note(&model->base, "label_unknown", "info",
                               fit->rows - model->labelled, error,
                               "rows without a label or weight teach nothing of fraud"));
    fit->supervised = fit->label && strcmp(FRAUD_TEXT(fit, "algorithm"), "iforest") != 0;
    if (fit->label == NULL) PSN_TRY(label_unsupervised(fit, error));
done:
    return rc;
}
