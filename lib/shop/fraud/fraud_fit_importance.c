/* fraud_fit_importance.c: what the trees look at: the loss that the splits of a feature
 * saved, how many there are, and how much worse the loss gets when its values are dealt
 * out anew (on a sample of the rows). */
#include "base/error.h"
#include "base/memory.h"
#include "math/order.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

enum { IMPORTANCE_ROWS = 2000 };

static int importance_permutation(double *rise, const psn_fraud_fitting *fit,
                                  persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t n = fit->model->features;
    const int64_t step = fit->model->labelled / IMPORTANCE_ROWS + 1;
    int64_t rows = 0, seen = 0;
    double *x = psn_alloc(IMPORTANCE_ROWS, (size_t)n * sizeof *x);
    double *label = psn_alloc(IMPORTANCE_ROWS, sizeof *label);
    PSN_NEED(x);
    PSN_NEED(label);
    for (int64_t i = 0; i < fit->rows && rows < IMPORTANCE_ROWS; i++) {
        if (!psn_fraud_fit_used(fit, i) || seen++ % step != 0) continue;
        memcpy(x + rows * n, fit->x + i * n, (size_t)n * sizeof *x);
        label[rows++] = fit->label[i];
    }
    const psn_rows sample = {.rows = rows, .dims = n, .dense = x, .has_missing = 1};
    PSN_TRY(psn_gbdt_permutation(rise, fit->model->trees, &sample, label, 1, fit->seed,
                                 fit->pool, NULL, error));
done:
    psn_release(x);
    psn_release(label);
    return rc;
}

static int importance_table(psn_fraud_fitting *fit, const double *gain,
                            const double *splits, const double *rise,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    const persona_fraud_scorer *model = fit->model;
    const size_t n = (size_t)model->features;
    persona_table *table = NULL;
    int64_t *order = psn_alloc(n, sizeof *order);
    double *values = psn_alloc(n, 4 * sizeof *values);
    const char **name = psn_alloc(n, sizeof *name);
    double total = 0;
    PSN_NEED(order);
    PSN_NEED(values);
    PSN_NEED(name);
    for (size_t f = 0; f < n; f++) {
        total += gain[f];
        values[f] = -gain[f];
    }
    psn_sort_order(order, values, model->features);
    for (size_t i = 0; i < n; i++) {
        name[i] = model->feature[order[i]].name;
        values[i] = gain[order[i]];
        values[n + i] = total > 0 ? gain[order[i]] / total : 0;
        values[2 * n + i] = splits[order[i]];
        values[3 * n + i] = rise[order[i]];
    }
    static const char *const names[] = {"gain", "share", "splits", "permutation"};
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(psn_table_add_strings(table, "feature", name, model->features, error));
    for (size_t c = 0; c < 4; c++)
        PSN_TRY(psn_table_add(table, names[c], PERSONA_TYPE_REAL, values + c * n, NULL,
                              model->features, error));
    fit->model->part[PSN_FRAUD_PART_IMPORTANCE] = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(order);
    psn_release(values);
    psn_release(name);
    return rc;
}

int psn_fraud_fit_importance(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t n = (size_t)fit->model->features;
    double *gain = psn_alloc(n, 3 * sizeof *gain);
    PSN_NEED(gain);
    psn_gbdt_importance(fit->model->trees, gain, gain + n);
    for (size_t f = 0; f < n; f++) gain[2 * n + f] = NAN;
    if (fit->x) PSN_TRY(importance_permutation(gain + 2 * n, fit, error));
    PSN_TRY(importance_table(fit, gain, gain + n, gain + 2 * n, error));
done:
    psn_release(gain);
    return rc;
}
