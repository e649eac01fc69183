/* forecast_effects.h: what prices, promotions and events do to sales, pooled over series
 * (a ridge on logarithms whose coefficients shrink towards those of like series and of
 * all), so that learners of one series may work on sales without them, and futures with
 * known prices get them back. Fit side in forecast_fit_effects*.c. */
#ifndef PSN_SHOP_FORECAST_EFFECTS_H
#define PSN_SHOP_FORECAST_EFFECTS_H

#include "base/pool.h"
#include "shop/forecast/forecast_panel.h"
#include "store/container.h"

typedef struct psn_effects psn_effects;

/* Learns from periods before count - cut. *out = NULL: no regressors, or none that says
 * anything. */
int psn_effects_fit(psn_effects **out, const psn_panel *panel, int32_t cut,
                    psn_pool *pool, persona_task *task, persona_error *error);
void psn_effects_free(psn_effects *effects);
/* The factor (> 0; 1 where the series has values < 0) by which the regressors of periods
 * from .. from + steps - 1 of the history raise sales above what they are at the usual
 * price, without flags and events; an unknown regressor counts as usual. Sales divided by
 * it are sales without effects: their mean times the factor is the mean forecast, their
 * median times the factor the median. effects may be NULL: all 1. */
void psn_effects_factor(const psn_effects *effects, const psn_history *history,
                        int32_t from, int32_t steps, double *factor);
/* The coefficient of a regressor for a series: of log sales on log price, on a flag, on a
 * number; NaN where it has none (events, unused ones). */
double psn_effects_coefficient(const psn_effects *effects, int64_t series,
                               int32_t regressor);
int psn_effects_encode(psn_writer *writer, const psn_effects *effects,
                       persona_error *error);
/* *out = NULL without error where the file has none. */
int psn_effects_decode(psn_effects **out, psn_reader *reader, const psn_panel *panel,
                       persona_error *error);

#endif
