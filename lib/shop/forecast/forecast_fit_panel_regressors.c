/* forecast_fit_panel_regressors.c: a column of the table becomes a regressor.
 *
 * Several rows of one period: the price that was paid on average, the larger flag, the
 * mean number, the last event. A log says nothing of periods without an order: there a
 * price stays what it was, and what all series with orders say alike (a holiday, the
 * weather) holds for the others too. */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

/* A column as numbers: of an event the codes of its levels. */
typedef struct regressor_source {
    const psn_column *column;
    int32_t *code; /* of every row; NULL: numbers */
    int32_t *map;  /* code of the table -> code of the regressor, 0 = none */
} regressor_source;

static int regressor_is_none(const char *text, size_t length)
{
    static const char *const none[] = {"", "none", "None", "NONE", "no", "-"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (strlen(none[i]) == length && memcmp(none[i], text, length) == 0) return 1;
    return 0;
}

/* Levels are added in a fit and found in an update: one that was never seen says nothing.
 */
static int regressor_levels(regressor_source *source, psn_regressor *regressor,
                            const psn_dict *dict, int add, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(source->map =
                 psn_alloc((size_t)psn_dict_count(dict) + 1, sizeof *source->map));
    if (regressor->levels == NULL) PSN_NEED(regressor->levels = psn_dict_new());
    for (int64_t i = 0; i < psn_dict_count(dict); i++) {
        size_t length;
        const char *text = psn_dict_text(dict, i, &length);
        int64_t level = -1;
        if (!regressor_is_none(text, length)) {
            level = add ? psn_dict_add(regressor->levels, text, length)
                        : psn_dict_find(regressor->levels, text, length);
            if (add && level < 0) return psn_fail_memory(error);
        }
        source->map[i] = (int32_t)level + 1;
    }
done:
    return rc;
}

static int regressor_open(regressor_source *source, psn_regressor *regressor,
                          const persona_table *table, int64_t column, int add,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *dict = NULL;
    source->column = psn_table_column(table, column);
    if (regressor->kind == PSN_REGRESSOR_EVENT) {
        PSN_NEED(source->code = psn_alloc((size_t)table->rows + 1, sizeof *source->code));
        PSN_TRY(psn_table_encode(table, column, source->code, &dict, error));
        PSN_TRY(regressor_levels(source, regressor, dict, add, error));
    } else if (source->column->type == PERSONA_TYPE_TEXT) {
        PSN_FAIL(error, PERSONA_EDATA,
                 "column \"%.80s\" must hold numbers, as in the fit",
                 source->column->name);
    }
done:
    psn_dict_free(dict);
    return rc;
}

static void regressor_close(regressor_source *source)
{
    psn_release(source->code);
    psn_release(source->map);
}

static double regressor_value(const regressor_source *source, int64_t row)
{
    if (source->code == NULL) {
        const double x = psn_column_number(source->column, row);
        return fabs(x) <= 1e100 ? x : NAN;
    }
    return source->code[row] < 0 ? 0 : source->map[source->code[row]];
}

/* ---- rows of one period */

static double regressor_take(const psn_panel_reader *reader,
                             const regressor_source *source, psn_regressor_kind kind,
                             int64_t from, int64_t to)
{
    double sum = 0, paid = 0, pieces = 0, most = NAN, last = NAN;
    int64_t known = 0;
    for (int64_t i = from; i < to; i++) {
        const int64_t row = reader->group.order[i];
        const double x = regressor_value(source, row);
        if (isnan(x) || (kind == PSN_REGRESSOR_PRICE && x <= 0)) continue;
        known++;
        sum += x;
        if (!(x <= most)) most = x;
        if (isnan(last) || x != 0) last = x;
        const double weight = kind == PSN_REGRESSOR_PRICE && reader->log
                                  ? psn_panel_amount(reader, row)
                                  : 0;
        if (weight > 0) {
            paid += weight * x;
            pieces += weight;
        }
    }
    if (known == 0) return NAN;
    if (kind == PSN_REGRESSOR_FLAG) return most;
    if (kind == PSN_REGRESSOR_EVENT) return last;
    if (pieces > 0) return paid / pieces;
    return sum / (double)known;
}

static void regressor_series(const psn_panel_reader *reader,
                             const regressor_source *source, psn_regressor *regressor,
                             int64_t s)
{
    const psn_group *group = &reader->group;
    const int64_t end = group->starts[s + 1];
    for (int64_t i = group->starts[s], next; i < end; i = next) {
        for (next = i + 1; next < end && reader->place[next] == reader->place[i];) next++;
        const int64_t at = psn_panel_at(reader, s, i);
        if (at >= 0)
            regressor->x[at] = regressor_take(reader, source, regressor->kind, i, next);
    }
}

/* ---- periods without an order */

static void regressor_carry(const psn_panel *panel, double *x, int64_t s)
{
    const int64_t from = panel->start[s], to = from + panel->count[s];
    double price = NAN;
    for (int64_t i = from; i < to; i++)
        if (isnan(x[i]))
            x[i] = price;
        else
            price = x[i];
    for (int64_t i = to - 1; i >= from; i--)
        if (isnan(x[i]))
            x[i] = price;
        else
            price = x[i];
}

/* What all series say of a place, NaN where they differ or say nothing. */
static int regressor_common(const psn_panel_reader *reader, psn_regressor *regressor,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_panel *panel = reader->panel;
    int64_t places = 1;
    double *common = NULL;
    uint8_t *differs = NULL;
    for (int64_t s = 0; s < panel->series; s++) {
        const int64_t end = reader->skip[s] + panel->start[s + 1] - panel->start[s];
        if (end > places) places = end;
    }
    PSN_NEED(common = psn_alloc((size_t)places, sizeof *common));
    PSN_NEED(differs = psn_alloc_zero((size_t)places, 1));
    for (int64_t p = 0; p < places; p++) common[p] = NAN;
    for (int64_t s = 0; s < panel->series; s++)
        for (int64_t i = panel->start[s]; i < panel->start[s + 1]; i++) {
            const int64_t p = reader->skip[s] + i - panel->start[s];
            const double x = regressor->x[i];
            if (isnan(x)) continue;
            if (isnan(common[p])) common[p] = x;
            if (common[p] != x) differs[p] = 1;
        }
    for (int64_t s = 0; s < panel->series; s++)
        for (int64_t i = panel->start[s]; i < panel->start[s + 1]; i++) {
            const int64_t p = reader->skip[s] + i - panel->start[s];
            if (isnan(regressor->x[i]) && !differs[p]) regressor->x[i] = common[p];
        }
done:
    psn_release(common);
    psn_release(differs);
    return rc;
}

int psn_panel_fill(psn_panel_reader *reader, psn_regressor *regressor,
                   const persona_table *table, int64_t column, persona_error *error)
{
    int rc;
    const psn_panel *panel = reader->panel;
    const int64_t rows = panel->start[panel->series];
    regressor_source source = {0};
    PSN_TRY(regressor_open(&source, regressor, table, column, !reader->like, error));
    if (regressor->x == NULL) {
        PSN_NEED(regressor->x = psn_alloc((size_t)rows + 1, sizeof *regressor->x));
        for (int64_t i = 0; i < rows; i++) regressor->x[i] = NAN;
    }
    for (int64_t s = 0; s < panel->series; s++)
        regressor_series(reader, &source, regressor, s);
    if (!reader->log || reader->like) goto done;
    if (regressor->kind == PSN_REGRESSOR_PRICE)
        for (int64_t s = 0; s < panel->series; s++)
            regressor_carry(panel, regressor->x, s);
    else
        PSN_TRY(regressor_common(reader, regressor, error));
done:
    regressor_close(&source);
    return rc;
}
