/* forecast_fit_panel.h: from a table to a panel.
 *
 *   columns -> rows by series and time -> calendar (which period each row is) -> ends
 *   (where each history starts and ends, what is ahead) -> values -> regressors, traits
 *   -> seasons
 *
 * A table of values has one row a period; each series has its own calendar, start and
 * end, and periods without a row are missing. A log of orders is added up: one calendar
 * for all, holes are zero, leading zeros are cut, all end at its last whole period. */
#ifndef PSN_SHOP_FORECAST_FIT_PANEL_H
#define PSN_SHOP_FORECAST_FIT_PANEL_H

#include "data/group.h"
#include "shop/forecast/forecast_roles.h"

/* What else a table and its options say. */
typedef struct psn_reading {
    int64_t column[PSN_FORECAST_ROLES]; /* PERSONA_NONE: none, or not used */
    int32_t horizon;                    /* "auto" resolved */
    int32_t negative;                   /* values below 0 are possible */
    int32_t whole;                      /* all values are whole numbers */
    int32_t log;                        /* rows were orders */
    psn_period period;                  /* of most series */
    int64_t rows;                       /* of the table that count */
    int64_t late;                       /* update: rows that the panel knew already */
} psn_reading;

/* Options: forecaster.fit. notes: of the model that is made (NULL: none). */
int psn_panel_read(psn_panel **out, psn_reading *reading, const persona_table *table,
                   const persona_params *fit, persona_model *notes, persona_error *error);
/* The panel with the periods of `table` after the end of every series, and with new
 * series behind the old ones. kept: names of the columns of the fit; `negative` as the
 * fit found. The panel's own rows ahead are forgotten where the table tells more. */
int psn_panel_append(psn_panel **out, psn_reading *reading, const psn_panel *panel,
                     const persona_table *table, char *const *kept, int negative,
                     persona_error *error);

/* ---- what the files of it share */
typedef struct psn_panel_reader {
    const persona_table *table;
    const persona_params *params; /* of the fit; NULL: an update */
    persona_model *notes;
    const psn_panel *like; /* an update: of that panel; else NULL */
    psn_reading *reading;
    psn_panel *panel; /* in the making */
    int given[PSN_FORECAST_ROLES];
    int64_t amount; /* column of the values; PERSONA_NONE: each row counts 1 */
    int quantity;   /* it holds pieces of an order */

    int32_t *code;   /* series of every row of the table; -1: left out */
    int64_t *time;   /* of every row of the table */
    psn_group group; /* rows of each series, by time */
    int64_t twice;   /* a row whose series has its time already; -1: none */
    int64_t largest; /* rows of the longest series */

    int binned, log;
    int64_t *anchor; /* time of place 0 of every series */
    int32_t *place;  /* period of group.order[i], counted from anchor */
    int32_t *skip;   /* place of the first row of the panel, of every series */
    int32_t from;    /* log: places before it are left out */
    int32_t last;    /* log: the last period, as a place */
    int blank_last;  /* log: it is incomplete, but there are rows after it */
} psn_panel_reader;

#define PSN_FORECAST_TEXT(reader, name)                                                  \
    psn_params_text((reader)->params, &psn_forecaster_fit_schema, name)

/* All but the seasons and the horizon. */
int psn_panel_build(psn_panel_reader *reader, char *const *kept, persona_error *error);
void psn_panel_reader_close(psn_panel_reader *reader); /* the panel too */
/* The value of a row; NaN = missing. */
double psn_panel_amount(const psn_panel_reader *reader, int64_t row);
/* Where group.order[i], a row of series s, lies in the panel; -1: it is left out. */
int64_t psn_panel_at(const psn_panel_reader *reader, int64_t s, int64_t i);
/* A note, if there is somebody to read it. */
#define psn_panel_note(reader, code, severity, count, error, ...)                        \
    ((reader)->notes                                                                     \
         ? psn_model_note((reader)->notes, code, severity, count, error, __VA_ARGS__)    \
         : PERSONA_OK)

/* forecast_fit_panel_calendar.c: periods, anchors and places. */
int psn_panel_calendar(psn_panel_reader *reader, persona_error *error);
/* forecast_fit_panel_bins.c: the one calendar of a log, and its whole periods. */
int psn_panel_bins(psn_panel_reader *reader, persona_error *error);
int psn_panel_whole_bins(psn_panel_reader *reader, persona_error *error);
/* forecast_fit_panel_ends.c: skip, count, ahead, first, start. */
int psn_panel_ends(psn_panel_reader *reader, persona_error *error);
/* forecast_fit_panel_values.c */
int psn_panel_values(psn_panel_reader *reader, persona_error *error);
/* forecast_fit_panel_columns.c: which other columns are regressors and traits. */
int psn_panel_columns(psn_panel_reader *reader, persona_error *error);
/* forecast_fit_panel_regressors.c: x of one regressor out of a column whose row i is row
 * i of the table. */
int psn_panel_fill(psn_panel_reader *reader, psn_regressor *regressor,
                   const persona_table *table, int64_t column, persona_error *error);
/* forecast_fit_seasons.c: season of every series, by the option. */
int psn_panel_seasons(psn_panel_reader *reader, persona_error *error);
/* forecast_fit_seasons_find.c: seasons of series whose times are whole numbers. */
int psn_panel_find_seasons(psn_panel *panel, persona_error *error);

#endif
