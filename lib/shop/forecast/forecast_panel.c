/* forecast_panel.c: the memory of a panel (forecast_panel.h). */
#include "shop/forecast/forecast_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

void psn_panel_free(psn_panel *panel)
{
    if (panel == NULL) return;
    for (int32_t r = 0; panel->regressor && r < panel->regressors; r++) {
        psn_release(panel->regressor[r].name);
        psn_dict_free(panel->regressor[r].levels);
        psn_release(panel->regressor[r].x);
    }
    for (int32_t t = 0; panel->trait && t < panel->traits; t++) {
        psn_release(panel->trait[t].name);
        psn_dict_free(panel->trait[t].levels);
        psn_release(panel->trait[t].code);
    }
    psn_release(panel->regressor);
    psn_release(panel->trait);
    psn_dict_free(panel->ids);
    psn_release(panel->start);
    psn_release(panel->count);
    psn_release(panel->ahead);
    psn_release(panel->value);
    psn_release(panel->period);
    psn_release(panel->first);
    psn_release(panel->season);
    psn_release(panel);
}

int psn_panel_new(psn_panel **out, int64_t series, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t count = (size_t)series;
    psn_panel *panel = psn_alloc_zero(1, sizeof *panel);
    PSN_NEED(panel);
    panel->series = series;
    PSN_NEED(panel->start = psn_alloc_zero(count + 1, sizeof *panel->start));
    PSN_NEED(panel->count = psn_alloc_zero(count + 1, sizeof *panel->count));
    PSN_NEED(panel->ahead = psn_alloc_zero(count + 1, sizeof *panel->ahead));
    PSN_NEED(panel->period = psn_alloc_zero(count + 1, sizeof *panel->period));
    PSN_NEED(panel->first = psn_alloc_zero(count + 1, sizeof *panel->first));
    PSN_NEED(panel->season =
                 psn_alloc_zero(count + 1, PSN_FORECAST_SEASONS * sizeof *panel->season));
    *out = panel;
    panel = NULL;
done:
    psn_panel_free(panel);
    return rc;
}

static double *panel_missing(int64_t rows)
{
    double *x = psn_alloc((size_t)rows + 1, sizeof *x);
    for (int64_t i = 0; x != NULL && i < rows; i++) x[i] = NAN;
    return x;
}

int psn_panel_room(psn_panel *panel, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = panel->start[panel->series];
    PSN_NEED(panel->value = panel_missing(rows));
    for (int32_t r = 0; r < panel->regressors; r++)
        PSN_NEED(panel->regressor[r].x = panel_missing(rows));
done:
    return rc;
}

int psn_panel_like(psn_panel *panel, const psn_panel *other, persona_error *error)
{
    int rc = PERSONA_OK;
    panel->dates = other->dates;
    panel->aggregate = other->aggregate;
    panel->zero_fill = other->zero_fill;
    PSN_NEED(panel->regressor =
                 psn_alloc_zero((size_t)other->regressors + 1, sizeof *panel->regressor));
    for (int32_t r = 0; r < other->regressors; r++) {
        const psn_regressor *from = other->regressor + r;
        psn_regressor *to = panel->regressor + panel->regressors++;
        to->kind = from->kind;
        PSN_NEED(to->name = psn_copy_text(from->name, strlen(from->name)));
        if (from->levels) PSN_NEED(to->levels = psn_dict_copy(from->levels));
    }
    PSN_NEED(panel->trait =
                 psn_alloc_zero((size_t)other->traits + 1, sizeof *panel->trait));
    for (int32_t t = 0; t < other->traits; t++) {
        const psn_trait *from = other->trait + t;
        psn_trait *to = panel->trait + panel->traits++;
        PSN_NEED(to->name = psn_copy_text(from->name, strlen(from->name)));
        if (from->levels) PSN_NEED(to->levels = psn_dict_copy(from->levels));
        PSN_NEED(to->code = psn_alloc((size_t)panel->series + 1, sizeof *to->code));
        for (int64_t s = 0; s < panel->series; s++) to->code[s] = -1;
    }
done:
    return rc;
}

/* ---- the end of it */

static void panel_tail_rows(psn_panel *panel, const psn_panel *from)
{
    for (int64_t s = 0; s < panel->series; s++) {
        const int64_t to = panel->start[s];
        const size_t bytes = (size_t)(panel->start[s + 1] - to) * sizeof(double);
        const int64_t at = from->start[s] + from->count[s] - panel->count[s];
        if (bytes == 0) continue;
        memcpy(panel->value + to, from->value + at, bytes);
        for (int32_t r = 0; r < panel->regressors; r++)
            memcpy(panel->regressor[r].x + to, from->regressor[r].x + at, bytes);
    }
}

int psn_panel_tail(psn_panel **out, const psn_panel *from, int32_t most,
                   persona_error *error)
{
    int rc;
    psn_panel *panel = NULL;
    *out = NULL;
    PSN_TRY(psn_panel_new(&panel, from->series, error));
    PSN_TRY(psn_panel_like(panel, from, error));
    if (from->ids) PSN_NEED(panel->ids = psn_dict_copy(from->ids));
    memcpy(panel->season, from->season,
           (size_t)from->series * PSN_FORECAST_SEASONS * sizeof *panel->season);
    for (int64_t s = 0; s < from->series; s++) {
        const int32_t count = from->count[s] < most ? from->count[s] : most;
        panel->count[s] = count;
        panel->ahead[s] = from->ahead[s];
        panel->period[s] = from->period[s];
        panel->first[s] =
            psn_period_time(from->period[s], from->first[s], from->count[s] - count);
        panel->start[s + 1] = panel->start[s] + count + from->ahead[s];
    }
    for (int32_t t = 0; t < from->traits; t++)
        memcpy(panel->trait[t].code, from->trait[t].code,
               (size_t)from->series * sizeof *panel->trait[t].code);
    PSN_TRY(psn_panel_room(panel, error));
    panel_tail_rows(panel, from);
    *out = panel;
    panel = NULL;
done:
    psn_panel_free(panel);
    return rc;
}
