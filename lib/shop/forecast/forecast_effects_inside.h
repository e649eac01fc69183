/* forecast_effects_inside.h: the fitted effects, for forecast_effects*.c and
 * forecast_fit_effects*.c only. */
#ifndef PSN_SHOP_FORECAST_EFFECTS_INSIDE_H
#define PSN_SHOP_FORECAST_EFFECTS_INSIDE_H

#include "shop/forecast/forecast_effects.h"

enum {
    EFFECTS_COLUMNS = 24, /* numbers, prices, flags in use */
    EFFECTS_EVENTS = 32   /* levels of events with an effect */
};
#define EFFECTS_MOST 3.0 /* largest log factor */

/* A number, price or flag: log sales rise by coefficient x (x - reference), the
 * difference kept within what the fit has seen. */
typedef struct effects_column {
    int32_t regressor;
    int32_t log; /* x is the logarithm */
    double low, high;
} effects_column;

typedef struct effects_event {
    int32_t regressor;
    int32_t code;
    double effect;
} effects_event;

struct psn_effects {
    int64_t series;
    int32_t columns, events;
    effects_column column[EFFECTS_COLUMNS];
    effects_event event[EFFECTS_EVENTS];
    double *coefficient; /* series x columns */
    double *reference;   /* series x columns */
    uint8_t *works;      /* of every series: 0 = its factor is 1 */
};

/* x of a column at a row of the panel, its logarithm where it is a price; NaN =
 * unknown. */
double psn_effects_x(const psn_panel *panel, const effects_column *column, int64_t row);
int psn_effects_new(psn_effects **out, int64_t series, int32_t columns, int32_t events,
                    persona_error *error);

#endif
