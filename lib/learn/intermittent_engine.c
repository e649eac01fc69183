/* intermittent_engine.c: one pass over a series, one step a value. O(n). */
#include "learn/intermittent_engine.h"

/* Counters of a state stop here, well before a double would lose ones. */
static const double sane_limit = 1e120;

int psn_intermittent_fit(psn_local_model *out, const psn_series *series,
                         const psn_intermittent_options *options,
                         const intermittent_form *form)
{
    static const psn_intermittent_options defaults = {0};
    intermittent_facts facts = {.season = series->season};
    double square = 0;
    int32_t errors = 0;
    for (int32_t t = 0; t < series->count; t++) {
        facts.values += !isnan(series->value[t]);
        facts.sales += !isnan(series->value[t]) && series->value[t] != 0;
    }
    if (facts.values == 0) return 0;
    out->form = 0;
    out->season = 1;
    out->criterion = NAN;
    double *value = out->value + 1;
    out->value[0] = psn_intermittent_factor(options);
    out->count = 1 + form->start(value, &facts, options ? options : &defaults);
    for (int32_t t = 0; t < series->count; t++) {
        const double y = series->value[t];
        if (isnan(y)) continue;
        if (errors++ > 0) {
            const double e = y - out->value[0] * form->rate(value);
            square += e * e;
        }
        form->step(value, y);
    }
    out->sigma = sqrt(square / (errors > 1 ? errors - 1 : 1));
    return isfinite(out->sigma) && isfinite(form->rate(value));
}

void psn_intermittent_advance(psn_local_model *model, const double *value, int32_t count,
                              const intermittent_form *form)
{
    for (int32_t t = 0; t < count; t++)
        if (!isnan(value[t])) form->step(model->value + 1, value[t]);
}

void psn_intermittent_flat(const psn_local_model *model, int32_t steps, double *mean,
                           const intermittent_form *form)
{
    const double rate = model->value[0] * form->rate(model->value + 1);
    for (int32_t h = 0; h < steps; h++) mean[h] = rate;
}

int psn_intermittent_sane(const psn_local_model *model, int32_t count)
{
    if (model->form != 0 || model->count != 1 + count) return 0;
    if (!(model->value[0] >= 0.5 && model->value[0] <= 2)) return 0;
    return psn_local_finite(model, sane_limit);
}
