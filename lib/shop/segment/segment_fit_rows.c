/* segment_fit_rows.c: which customers take part, how much each counts and what each is
 * worth. */
#include "base/error.h"
#include "base/memory.h"
#include "shop/segment/segment_fit.h"

#include <math.h>

/* Keeps the customers marked 1; a new table only if some are not. */
static int fit_keep(psn_fit *fit, const uint8_t *keep, const char *code, const char *what,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *kept = NULL;
    int64_t *rows = NULL, count = 0;
    for (int64_t i = 0; i < fit->customers->rows; i++) count += keep[i];
    if (count == fit->customers->rows) return PERSONA_OK;
    if (count == 0)
        PSN_FAIL(error, PERSONA_EDATA, "no customer is left: all are %s", what);
    PSN_TRY(psn_model_note(&fit->model->base, code, "warning",
                           fit->customers->rows - count, error,
                           "customers left out of the fit: %s", what));
    PSN_NEED(rows = psn_alloc((size_t)count, sizeof *rows));
    count = 0;
    for (int64_t i = 0; i < fit->customers->rows; i++)
        if (keep[i]) rows[count++] = i;
    PSN_TRY(psn_table_select(&kept, fit->customers, rows, count, error));
    psn_table_free(fit->customers);
    fit->customers = kept;
done:
    psn_release(rows);
    return rc;
}

int psn_fit_weights(psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    uint8_t *keep = NULL;
    if (fit->column[PSN_ROLE_WEIGHT] < 0) return PERSONA_OK;
    const psn_column *column = psn_fit_column(fit, fit->column[PSN_ROLE_WEIGHT]);
    PSN_NEED(keep = psn_alloc((size_t)fit->customers->rows, 1));
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        const double weight = psn_column_number(column, i);
        if (weight > 1e100) {
            rc = psn_fail_at(error, PERSONA_EDATA, i,
                             "column \"%s\" (role weight) is above 1e100 in row %lld",
                             column->name, (long long)i);
            goto done;
        }
        keep[i] = weight >= 1e-100;
    }
    PSN_TRY(fit_keep(fit, keep, "customers_without_weight", "without a weight above 0",
                     error));
    column = psn_fit_column(fit, fit->column[PSN_ROLE_WEIGHT]);
    PSN_NEED(fit->weights =
                 psn_alloc((size_t)fit->customers->rows, sizeof *fit->weights));
    for (int64_t i = 0; i < fit->customers->rows; i++)
        fit->weights[i] = psn_column_number(column, i);
done:
    psn_release(keep);
    return rc;
}

/* Customers of whom nothing is known have no segment. */
int psn_fit_known(psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = fit->customers->rows;
    uint8_t *keep = psn_alloc_zero((size_t)rows, 1);
    PSN_NEED(keep);
    for (int32_t f = 0; f < fit->model->inputs; f++) {
        const psn_column *column = psn_fit_column(
            fit, psn_table_find(fit->customers, fit->model->input[f].name));
        for (int64_t i = 0; i < rows; i++) {
            const int missing = psn_column_missing(column, i);
            fit->has_missing |= missing;
            keep[i] |= (uint8_t)!missing;
        }
    }
    PSN_TRY(fit_keep(fit, keep, "customers_unknown", "every feature missing", error));
done:
    psn_release(keep);
    return rc;
}

int psn_fit_value(psn_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    if (fit->column[PSN_ROLE_VALUE] < 0) return PERSONA_OK;
    const psn_column *column = psn_fit_column(fit, fit->column[PSN_ROLE_VALUE]);
    PSN_NEED(fit->value = psn_alloc((size_t)fit->customers->rows, sizeof *fit->value));
    for (int64_t i = 0; i < fit->customers->rows; i++) {
        const double value = psn_column_number(column, i);
        if (isinf(value) || fabs(value) > PSN_SCALE_MOST) {
            rc = psn_fail_at(
                error, PERSONA_EDATA, i,
                "column \"%s\" (role value) is infinite or above 1e150 in row "
                "%lld",
                column->name, (long long)i);
            goto done;
        }
        fit->value[i] = isnan(value) ? 0 : value;
    }
done:
    return rc;
}
