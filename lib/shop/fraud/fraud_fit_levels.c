/* fraud_fit_levels.c: the levels of a category that are worth knowing by name.
 *
 * Levels of few rows teach little, and may be somebody's card or address: they are
 * counted as one and not stored. A level that later data brings goes with them, so the
 * model has seen what an unknown level is like. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

enum { LEVELS_PROBE = 100000 };

static int64_t levels_least(const psn_fraud_fitting *fit)
{
    int is_auto;
    const int64_t asked = FRAUD_INT(fit, "min_level_rows", &is_auto);
    if (!is_auto) return asked;
    return fit->rows < 1000 ? 2 : fit->rows < 20000 ? 5 : 10;
}

/* The id of a value: text, or a number as psn_fraud_code_level prints it. */
static int levels_key(const psn_column *column, int64_t row, char *scratch,
                      const char **text, size_t *length)
{
    int64_t size;
    if (column->type == PERSONA_TYPE_TEXT) {
        psn_column_text(column, row, text, &size);
        *length = (size_t)size;
        return *text != NULL;
    }
    const double x = psn_column_number(column, row);
    if (isnan(x)) return 0;
    *text = scratch;
    *length = psn_print_real(scratch, x + 0.0);
    return 1;
}

/* All levels of the first `rows` rows and how often each is there. */
static int levels_count(psn_dict **dict, int64_t **counts, int64_t *present,
                        const psn_column *column, int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    char scratch[PSN_NUMBER_BYTES];
    const char *text;
    size_t length;
    int64_t room = 1024, *count = psn_alloc((size_t)room, sizeof *count);
    psn_dict *all = psn_dict_new();
    *present = 0;
    PSN_NEED(all);
    PSN_NEED(count);
    for (int64_t i = 0; i < rows; i++) {
        if (!levels_key(column, i, scratch, &text, &length)) continue;
        const int64_t before = psn_dict_count(all);
        const int64_t level = psn_dict_add(all, text, length);
        if (level < 0) PSN_NEED(NULL);
        if (level == room) {
            int64_t *more = psn_resize(count, (size_t)room * 2, sizeof *count);
            PSN_NEED(more);
            count = more;
            room *= 2;
        }
        if (level == before) count[level] = 0;
        count[level]++;
        ++*present;
    }
    *dict = all;
    *counts = count;
    return PERSONA_OK;
done:
    psn_dict_free(all);
    psn_release(count);
    return rc;
}

/* 1 if nearly every value of the first rows is new: no need to read millions more. */
static int levels_hopeless(int *out, int64_t *distinct, const psn_column *column,
                           int64_t rows, persona_error *error)
{
    psn_dict *dict = NULL;
    int64_t *counts = NULL, present;
    *out = 0;
    if (rows <= LEVELS_PROBE) return PERSONA_OK;
    const int rc = levels_count(&dict, &counts, &present, column, LEVELS_PROBE, error);
    if (rc != PERSONA_OK) return rc;
    *distinct = psn_dict_count(dict);
    *out = *distinct * 10 > present * 9 && present > LEVELS_PROBE / 10;
    psn_dict_free(dict);
    psn_release(counts);
    return PERSONA_OK;
}

int psn_fraud_fit_levels(psn_dict **out, int64_t *kept_rows, int64_t *distinct,
                         const psn_fraud_fitting *fit, int64_t column,
                         persona_error *error)
{
    int rc, hopeless;
    psn_dict *all = NULL, *kept = NULL;
    int64_t *counts = NULL, present;
    const psn_column *from = psn_fraud_fit_column(fit, column);
    const int64_t least = levels_least(fit);
    *out = NULL;
    *kept_rows = 0;
    PSN_TRY(levels_hopeless(&hopeless, distinct, from, fit->rows, error));
    if (hopeless) return PERSONA_OK;
    PSN_TRY(levels_count(&all, &counts, &present, from, fit->rows, error));
    *distinct = psn_dict_count(all);
    PSN_NEED(kept = psn_dict_new());
    for (int64_t l = 0; l < *distinct; l++) {
        size_t length;
        if (counts[l] < least) continue;
        const char *text = psn_dict_text(all, l, &length);
        if (psn_dict_add(kept, text, length) < 0) PSN_NEED(NULL);
        *kept_rows += counts[l];
    }
    if (*kept_rows * 2 >= present && present > 0) {
        *out = kept;
        kept = NULL;
    }
done:
    psn_dict_free(all);
    psn_dict_free(kept);
    psn_release(counts);
    return rc;
}
