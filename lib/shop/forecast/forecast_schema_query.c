/* forecast_schema_query.c: the options of a question to a forecaster and of its
 * evaluation, the single source of their names, types, defaults, bounds and docs. */
#include "shop/forecast/forecast.h"

static const psn_option query_options[] = {
    {"horizon", PSN_OPTION_INT, "auto", 1, 10000, NULL, "periods",
     "How many periods ahead; auto: as far as the future rows, else that of the fit",
     "0.4"},
    {"quantiles", PSN_OPTION_LIST, "0.1,0.5,0.9", 0, 0, NULL, "",
     "Levels between 0 and 1; none", "0.4"},
    {"integer", PSN_OPTION_CHOICE, "auto", 0, 0, "auto true false", "",
     "Whether quantiles are whole numbers; auto: as in the fit", "0.4"},
    {"negative", PSN_OPTION_CHOICE, "auto", 0, 0, "auto true false", "",
     "Whether answers may be below 0; auto: as in the fit", "0.4"},
    {"missing_regressors", PSN_OPTION_CHOICE, "error", 0, 0, "error usual", "",
     "Tables: what a future row without a value of a regressor is; usual: as if it were "
     "as usual",
     "0.4"},
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Tables: column of a role: series time step; none = there is none", "0.4"},
    {"threads", PSN_OPTION_INT, "1", 1, 256, NULL, "", "Threads of a table", "0.4"},
};
const psn_schema psn_forecaster_query_schema = {
    "forecaster.query", query_options, sizeof query_options / sizeof *query_options};

static const psn_option evaluate_options[] = {
    {"horizon", PSN_OPTION_INT, "auto", 1, 10000, NULL, "periods",
     "Periods that are asked at each origin; auto: that of the fit", "0.4"},
    {"origins", PSN_OPTION_INT, "2", 1, 100, NULL, "origins",
     "Moments in the past from which is forecast, a horizon apart", "0.4"},
    {"metrics", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Of: mae rmse smape mase rmsse wape bias pinball wql coverage; auto: all", "0.4"},
    {"quantiles", PSN_OPTION_LIST, "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9", 0, 0, NULL, "",
     "Levels that pinball, wql and coverage are measured at", "0.4"},
    {"against", PSN_OPTION_CHOICE, "none", 0, 0,
     "none auto ets theta optimised_theta dynamic_theta ces arima mstl naive "
     "seasonal_naive drift moving_mean profile croston sba tsb adida imapa empirical "
     "count global",
     "", "An algorithm that learns from the same rows, to be asked the same", "0.4"},
    {"level", PSN_OPTION_REAL, "0.95", 0.5, 0.999, NULL, "share",
     "Confidence of the intervals", "0.4"},
    {"draws", PSN_OPTION_INT, "1000", 2, 100000, NULL, "draws",
     "Bootstrap draws of the intervals", "0.4"},
    {"split_seed", PSN_OPTION_INT, "1", 0, 9007199254740991.0, NULL, "",
     "Seed of the draws", "0.4"},
};
const psn_schema psn_forecaster_evaluate_schema = {
    "forecaster.evaluate", evaluate_options,
    sizeof evaluate_options / sizeof *evaluate_options};
