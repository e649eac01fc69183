/* forecast_fit_clean.h: isolated anomalies and level shifts of smooth series. */
#ifndef PSN_SHOP_FORECAST_FIT_CLEAN_H
#define PSN_SHOP_FORECAST_FIT_CLEAN_H

#include "data/table.h"
#include "shop/forecast/forecast_panel.h"

typedef enum psn_anomaly_kind { PSN_ANOMALY_OUTLIER, PSN_ANOMALY_SHIFT } psn_anomaly_kind;

typedef struct psn_anomaly {
    int32_t at; /* period of the series; of a shift the first of the new level */
    psn_anomaly_kind kind;
    double expected;
} psn_anomaly;

/* Bytes of scratch (64-aligned) for so many values. */
size_t psn_clean_scratch(int32_t count);
/* Finds the anomalies of `count` values (NaN = missing), ascending, at most `most`;
 * returns how many. clean (or NULL): the values, outliers replaced by what was expected;
 * may be `value`. Series that are short, intermittent or without noise have none. The
 * two values at both ends are never touched: the newest may begin something. Season 0
 * or 1: none. No allocation. */
int32_t psn_clean_series(psn_anomaly *out, int32_t most, const double *value,
                         int32_t count, int32_t season, double *clean, void *scratch);
/* Those of all series as a table: series, time, value, expected, kind (outlier,
 * level_shift). */
int psn_clean_table(persona_table **out, const psn_panel *panel, persona_error *error);

#endif
