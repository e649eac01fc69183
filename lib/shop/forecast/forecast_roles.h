/* forecast_roles.h: which columns of a table are series, time, value, and what times
 * mean: what fits, updates and questions read alike. */
#ifndef PSN_SHOP_FORECAST_ROLES_H
#define PSN_SHOP_FORECAST_ROLES_H

#include "shop/forecast/forecast.h"
#include "shop/roles.h"

extern const psn_roles psn_forecast_roles; /* series time value quantity */

/* The columns by option column.<role> (given[role] = 1), by the names the model keeps
 * (kept; NULL: a fit), or by what they are called; PERSONA_NONE where there is none. */
int psn_forecast_find_roles(int64_t *column, int *given, const persona_table *table,
                            const persona_params *params, char *const *kept,
                            persona_error *error);

/* 1 if column c has a role. */
int psn_forecast_is_role(const int64_t *column, int64_t c);

/* Times of all rows: ms where *dates, else whole numbers; INT64_MIN = missing. Takes
 * times, texts of dates (2024-03, 2024-Q1 and 2024-W05 too), whole numbers, yyyymm,
 * yyyymmdd, and seconds or ms since 1970 as numbers. PERSONA_EDATA for others. */
int psn_forecast_times(int64_t **times, int *dates, const psn_column *column,
                       int64_t rows, persona_error *error);

#endif
