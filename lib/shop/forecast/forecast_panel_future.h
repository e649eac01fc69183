/* forecast_panel_future.h: which periods a table of future rows asks about, and what it
 * knows of them. */
#ifndef PSN_SHOP_FORECAST_PANEL_FUTURE_H
#define PSN_SHOP_FORECAST_PANEL_FUTURE_H

#include "data/table.h"
#include "shop/forecast/forecast_panel.h"

typedef struct psn_panel_future {
    int64_t asked;      /* series, in order of first sight */
    int64_t *series;    /* number of each in the panel */
    int32_t *steps;     /* the largest step of each */
    int64_t *start;     /* asked + 1: steps before; step h of the i-th is row
                           start[i] + h - 1 of x and of given */
    double *x;          /* [row * regressors + r]; NaN = unknown */
    uint8_t *given;     /* 1: the table has a row of this step */
    int64_t unknown;    /* rows of series that the model does not know: left out */
    int64_t missing;    /* row of the table whose regressor is missing; -1: none */
    int32_t missing_of; /* which one; also of a regressor whose column is not there */
} psn_panel_future;

/* names of the columns (columns of the table, PERSONA_NONE: there is none) */
typedef struct psn_future_columns {
    int64_t series;     /* none: the panel has one series */
    int64_t time, step; /* one of them; none: rows of a series are steps 1, 2 ... */
} psn_future_columns;

/* PERSONA_EDATA: a time that is not after the history, a step below 1 or beyond `most`, a
 * step given twice, a text where a number is wanted. Links of the table are followed. */
int psn_panel_future_read(psn_panel_future *out, const psn_panel *panel,
                          const persona_table *table, psn_future_columns columns,
                          int32_t most, persona_error *error);
void psn_panel_future_clear(psn_panel_future *future);

#endif
