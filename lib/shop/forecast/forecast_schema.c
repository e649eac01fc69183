/* forecast_schema.c: the options by which a forecaster reads its table, the single source
 * of their names, types, defaults, bounds and docs. */
#include "shop/forecast/forecast.h"

static const psn_option fit_options[] = {
    {"column.*", PSN_OPTION_TEXT, "", 0, 0, NULL, "",
     "Column of a role: series time value quantity; none = there is none", "0.4"},
    {"horizon", PSN_OPTION_INT, "auto", 1, 10000, NULL, "periods",
     "How far ahead it learns to look; auto: as far as the future rows, else two seasons "
     "(28 days, 13 weeks, 12 months, 8 quarters, 6 years)",
     "0.4"},
    {"period", PSN_OPTION_TEXT, "auto", 0, 0, NULL, "",
     "hour, day, week, month, quarter, year, \"15 minutes\" ... or a step of whole "
     "numbers; auto looks at the times of each series; a log of orders becomes days, or "
     "weeks or months where it has no other dates",
     "0.4"},
    {"season", PSN_OPTION_LIST, "auto", 0, 0, NULL, "periods",
     "Length of a season, several of them, or the column (also of a linked table) that "
     "says it of each series; 1: none; auto: by calendar, whole numbers by looking",
     "0.4"},
    {"aggregate", PSN_OPTION_CHOICE, "auto", 0, 0, "auto none sum mean last", "",
     "What rows of one series in one period become; auto: quantities that come several "
     "times or with holes are added up, values must come once",
     "0.4"},
    {"fill", PSN_OPTION_CHOICE, "auto", 0, 0, "auto missing zero", "",
     "What a period without a row is; auto: zero in a log of orders and among counts "
     "that are never zero, else missing",
     "0.4"},
    {"regressors", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Columns that may explain the value and are known ahead; none; auto: all that vary "
     "within series and could be known",
     "0.4"},
    {"traits", PSN_OPTION_LIST, "auto", 0, 0, NULL, "",
     "Columns that say what kind of series it is; none; auto: texts that do not vary "
     "within series, also of linked tables",
     "0.4"},
    {"negative", PSN_OPTION_CHOICE, "auto", 0, 0, "auto true false", "",
     "Whether forecasts may be below 0; auto: if the history is, but for rare returns",
     "0.4"},
};
const psn_schema psn_forecaster_fit_schema = {"forecaster.fit", fit_options,
                                              sizeof fit_options / sizeof *fit_options};
