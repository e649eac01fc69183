/* forecast.h: what all files of the forecaster know: the roles of columns and the
 * options.
 */
#ifndef PSN_SHOP_FORECAST_H
#define PSN_SHOP_FORECAST_H

#include "base/options.h"
#include "shop/forecast/forecast_panel.h"
#include "shop/model.h"

enum {
    PSN_FORECAST_SERIES, /* roles */
    PSN_FORECAST_TIME,
    PSN_FORECAST_VALUE,
    PSN_FORECAST_QUANTITY,
    PSN_FORECAST_ROLES
};

extern const psn_schema psn_forecaster_fit_schema;

#endif
