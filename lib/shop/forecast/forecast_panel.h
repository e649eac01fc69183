/* forecast_panel.h: thousands of series side by side: values, calendar, seasons, what is
 * known besides (price, promotion, holiday ...), and what never changes (traits: shop,
 * category). A fit reads the whole panel; a model keeps the end of it. */
#ifndef PSN_SHOP_FORECAST_PANEL_H
#define PSN_SHOP_FORECAST_PANEL_H

#include "base/dict.h"
#include "data/period.h"
#include "persona/types.h"

enum { PSN_FORECAST_SEASONS = 3, PSN_FORECAST_REGRESSORS = 64, PSN_FORECAST_TRAITS = 16 };

typedef enum psn_regressor_kind {
    PSN_REGRESSOR_NUMBER,
    PSN_REGRESSOR_PRICE, /* positive; works by its logarithm, relative to its usual */
    PSN_REGRESSOR_FLAG,  /* 0 or 1: promotion, display, closed */
    PSN_REGRESSOR_EVENT  /* a code of a dictionary: the name of a holiday; 0 = none */
} psn_regressor_kind;

typedef struct psn_regressor {
    char *name;
    psn_regressor_kind kind;
    psn_dict *levels; /* of an event: level i has code i + 1; else NULL */
    double *x;        /* of every row of the panel; NaN = unknown */
} psn_regressor;

typedef struct psn_trait {
    char *name;
    psn_dict *levels;
    int32_t *code; /* of every series; -1 = unknown */
} psn_trait;

/* What rows of one series in one period become. */
typedef enum psn_aggregate {
    PSN_AGGREGATE_NONE, /* there is one */
    PSN_AGGREGATE_SUM,
    PSN_AGGREGATE_MEAN,
    PSN_AGGREGATE_LAST
} psn_aggregate;

typedef struct psn_panel {
    int64_t series;
    psn_dict *ids;  /* level s is the id of series s */
    int64_t *start; /* series + 1: rows of series s are start[s] .. start[s + 1] - 1:
                       first count[s] periods of history, then ahead[s] known future
                       ones */
    int32_t *count; /* 0 only where a series has no value at all */
    int32_t *ahead;
    double *value;      /* of every row; NaN = missing, all future rows are. The first and
                           the last of a history may be missing too (a stock-out today) */
    psn_period *period; /* of every series */
    int64_t *first;     /* the time of the first row of every series */
    int32_t *season;    /* PSN_FORECAST_SEASONS of every series, shortest first, then 0 */
    int32_t dates;      /* times are ms UTC, else whole numbers */
    int32_t aggregate;  /* psn_aggregate: how rows are read, also those of updates */
    int32_t zero_fill;  /* periods without a row are 0, else missing */
    int32_t regressors, traits;
    psn_regressor *regressor;
    psn_trait *trait;
} psn_panel;

/* One series of a panel, cut `cut` periods before its end (those are then ahead). */
typedef struct psn_history {
    const psn_panel *panel;
    int64_t series;
    const double *value;
    int32_t count;
    int32_t ahead; /* rows after count whose regressors may be read */
    int64_t row;   /* of value[0] in the panel: regressor[r].x[row + i] */
} psn_history;

void psn_panel_free(psn_panel *panel);
/* A panel of zero rows, with room for ids and seasons; not yet for rows. */
int psn_panel_new(psn_panel **out, int64_t series, persona_error *error);
/* Room for start[series] rows: values, and x of every regressor (all NaN). */
int psn_panel_room(psn_panel *panel, persona_error *error);
/* A copy with at most the last `most` periods of every history, and all that is ahead:
 * what a model keeps. */
int psn_panel_tail(psn_panel **out, const psn_panel *panel, int32_t most,
                   persona_error *error);
/* The same regressors and traits by name, kind and levels, without rows. */
int psn_panel_like(psn_panel *panel, const psn_panel *other, persona_error *error);
static inline psn_history psn_panel_history(const psn_panel *panel, int64_t s,
                                            int32_t cut)
{
    int32_t count = panel->count[s] > cut ? panel->count[s] - cut : 0;
    psn_history history = {panel,
                           s,
                           panel->value + panel->start[s],
                           count,
                           (int32_t)(panel->start[s + 1] - panel->start[s]) - count,
                           panel->start[s]};
    return history;
}

#endif
