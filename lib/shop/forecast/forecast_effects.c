/* forecast_effects.c: the factor of a period:
 *
 *   exp(sum over numbers of b (x - reference) + sum over events of their effects)
 *
 * with differences kept within what the fit has seen and the exponent within +- 3. */
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "shop/chunks.h"
#include "shop/forecast/forecast_effects_inside.h"

#include <math.h>
#include <string.h>

double psn_effects_x(const psn_panel *panel, const effects_column *column, int64_t row)
{
    const double x = panel->regressor[column->regressor].x[row];
    if (!column->log) return fabs(x) <= 1e100 ? x : NAN;
    return x > 0 && x <= 1e100 ? psn_log(x) : NAN;
}

static double effects_exponent(const psn_effects *effects, const psn_history *history,
                               int64_t row)
{
    double sum = 0;
    const psn_panel *panel = history->panel;
    const double *b = effects->coefficient + history->series * effects->columns;
    const double *reference = effects->reference + history->series * effects->columns;
    for (int32_t j = 0; j < effects->columns; j++) {
        const effects_column *column = effects->column + j;
        const double x = psn_effects_x(panel, column, row) - reference[j];
        if (!isnan(x)) sum += b[j] * fmin(fmax(x, column->low), column->high);
    }
    for (int32_t e = 0; e < effects->events; e++) {
        const effects_event *event = effects->event + e;
        if (panel->regressor[event->regressor].x[row] == event->code)
            sum += event->effect;
    }
    return fmin(fmax(sum, -EFFECTS_MOST), EFFECTS_MOST);
}

void psn_effects_factor(const psn_effects *effects, const psn_history *history,
                        int32_t from, int32_t steps, double *factor)
{
    const int32_t rows = history->count + history->ahead;
    const int works = effects != NULL && history->series < effects->series &&
                      effects->works[history->series];
    for (int32_t i = 0; i < steps; i++) {
        const int64_t t = (int64_t)from + i;
        factor[i] = works && t >= 0 && t < rows
                        ? psn_exp(effects_exponent(effects, history, history->row + t))
                        : 1.0;
    }
}

double psn_effects_coefficient(const psn_effects *effects, int64_t series,
                               int32_t regressor)
{
    for (int32_t j = 0; j < effects->columns; j++)
        if (effects->column[j].regressor == regressor && effects->works[series])
            return effects->coefficient[series * effects->columns + j];
    return NAN;
}

int psn_effects_new(psn_effects **out, int64_t series, int32_t columns, int32_t events,
                    persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t n = (size_t)series, width = (size_t)columns * sizeof(double);
    psn_effects *effects = psn_alloc_zero(1, sizeof *effects);
    *out = NULL;
    PSN_NEED(effects);
    effects->series = series;
    effects->columns = columns;
    effects->events = events;
    PSN_NEED(effects->coefficient = psn_alloc_zero(n, width));
    PSN_NEED(effects->reference = psn_alloc_zero(n, width));
    PSN_NEED(effects->works = psn_alloc_zero(n, 1));
    *out = effects;
    effects = NULL;
done:
    psn_effects_free(effects);
    return rc;
}

void psn_effects_free(psn_effects *effects)
{
    if (effects == NULL) return;
    psn_release(effects->coefficient);
    psn_release(effects->reference);
    psn_release(effects->works);
    psn_release(effects);
}

/* ---- file: "Efmt" series, columns, events; "Efcl" and "Efev" the terms; "Efco", "Efre",
 * "Efwk" of every series */

int psn_effects_encode(psn_writer *writer, const psn_effects *effects,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    if (effects == NULL) return rc;
    const size_t n = (size_t)effects->series, q = (size_t)effects->columns;
    const int64_t meta[3] = {effects->series, effects->columns, effects->events};
    PSN_TRY(psn_chunks_add_copy(writer, "Efmt", meta, sizeof meta, error));
    PSN_TRY(psn_chunks_add_copy(writer, "Efcl", effects->column,
                                q * sizeof *effects->column, error));
    PSN_TRY(psn_chunks_add_copy(writer, "Efev", effects->event,
                                (size_t)effects->events * sizeof *effects->event, error));
    PSN_TRY(psn_writer_add(writer, "Efco", 8, effects->coefficient,
                           n * q * sizeof(double), error));
    PSN_TRY(psn_writer_add(writer, "Efre", 8, effects->reference, n * q * sizeof(double),
                           error));
    PSN_TRY(psn_writer_add(writer, "Efwk", 1, effects->works, n, error));
done:
    return rc;
}

static int effects_finite(const double *value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabs(value[i]) <= 1e100)) return 0;
    return 1;
}

static int effects_terms_good(const psn_effects *effects, const psn_panel *panel)
{
    for (int32_t j = 0; j < effects->columns; j++) {
        const effects_column *column = effects->column + j;
        if (!psn_chunks_in(column->regressor, 0, panel->regressors) ||
            !psn_chunks_in(column->log, 0, 2) || !effects_finite(&column->low, 1) ||
            !effects_finite(&column->high, 1) || column->low > column->high)
            return 0;
    }
    for (int32_t e = 0; e < effects->events; e++) {
        const effects_event *event = effects->event + e;
        if (!psn_chunks_in(event->regressor, 0, panel->regressors) ||
            !effects_finite(&event->effect, 1))
            return 0;
    }
    return 1;
}

static int effects_good(const psn_effects *effects, const psn_panel *panel)
{
    const int64_t all = effects->series * effects->columns;
    return effects_terms_good(effects, panel) &&
           effects_finite(effects->coefficient, all) &&
           effects_finite(effects->reference, all);
}

int psn_effects_decode(psn_effects **out, psn_reader *reader, const psn_panel *panel,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t meta[3];
    psn_effects *effects = NULL;
    *out = NULL;
    if (psn_reader_find(reader, "Efmt") == NULL) return rc;
    PSN_TRY(psn_chunks_array(meta, reader, "Efmt", 3, sizeof *meta, error));
    if (meta[0] != panel->series || !psn_chunks_in(meta[1], 0, EFFECTS_COLUMNS + 1) ||
        !psn_chunks_in(meta[2], 0, EFFECTS_EVENTS + 1)) {
        rc = psn_chunks_bad(error, "effects");
        goto done;
    }
    PSN_TRY(
        psn_effects_new(&effects, meta[0], (int32_t)meta[1], (int32_t)meta[2], error));
    const size_t n = (size_t)meta[0], width = (size_t)meta[1] * sizeof(double);
    PSN_TRY(psn_chunks_array(effects->column, reader, "Efcl", (size_t)meta[1],
                             sizeof *effects->column, error));
    PSN_TRY(psn_chunks_array(effects->event, reader, "Efev", (size_t)meta[2],
                             sizeof *effects->event, error));
    PSN_TRY(psn_chunks_array(effects->coefficient, reader, "Efco", n, width, error));
    PSN_TRY(psn_chunks_array(effects->reference, reader, "Efre", n, width, error));
    PSN_TRY(psn_chunks_array(effects->works, reader, "Efwk", n, 1, error));
    if (!effects_good(effects, panel)) {
        rc = psn_chunks_bad(error, "effects");
        goto done;
    }
    *out = effects;
    effects = NULL;
done:
    psn_effects_free(effects);
    return rc;
}
