/* tiny_panel.h: panels of made-up series for tests: fill values and regressors by hand.
 */
#ifndef TESTS_SUPPORT_TINY_PANEL_H
#define TESTS_SUPPORT_TINY_PANEL_H

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/memory.h"
#include "base/philox.h"
#include "math/elementary.h"
#include "shop/forecast/forecast_panel.h"

typedef struct tiny_regressor {
    const char *name;
    psn_regressor_kind kind;
} tiny_regressor;

/* Days from 2020-01-01 on, every series with `count` periods and `ahead` more, values 0,
 * regressors 0 (ended by a name of NULL; events have the levels "one" and "two"), and one
 * trait "kind" of two levels by turns. */
static inline psn_panel *tiny_panel(int64_t series, int32_t count, int32_t ahead,
                                    int32_t season, const tiny_regressor *regressor)
{
    const size_t n = (size_t)series, rows = n * (size_t)(count + ahead);
    psn_panel *panel = NULL;
    (void)psn_panel_new(&panel, series, NULL);
    panel->ids = psn_dict_new();
    panel->value = psn_alloc_zero(rows, sizeof *panel->value);
    panel->dates = 1;
    panel->regressor = psn_alloc_zero(8, sizeof *panel->regressor);
    panel->trait = psn_alloc_zero(1, sizeof *panel->trait);
    panel->traits = 1;
    panel->trait->name = psn_copy_text("kind", 4);
    panel->trait->levels = psn_dict_new();
    panel->trait->code = psn_alloc_zero(n, sizeof *panel->trait->code);
    psn_dict_add(panel->trait->levels, "even", 4);
    psn_dict_add(panel->trait->levels, "odd", 3);
    for (int64_t s = 0; s < series; s++) {
        char id[32];
        psn_dict_add(panel->ids, id, (size_t)snprintf(id, sizeof id, "s%d", (int)s));
        panel->start[s + 1] = (s + 1) * (count + ahead);
        panel->count[s] = count;
        panel->ahead[s] = ahead;
        for (int32_t i = 0; i < ahead; i++)
            panel->value[panel->start[s] + count + i] = NAN;
        panel->period[s] = (psn_period){PSN_PERIOD_MS, 86400000};
        panel->first[s] = 1577836800000;
        panel->season[s * PSN_FORECAST_SEASONS] = season;
        panel->trait->code[s] = (int32_t)(s % 2);
    }
    for (; regressor && regressor->name; regressor++) {
        psn_regressor *r = panel->regressor + panel->regressors++;
        r->name = psn_copy_text(regressor->name, strlen(regressor->name));
        r->kind = regressor->kind;
        r->x = psn_alloc_zero(rows, sizeof *r->x);
        if (r->kind != PSN_REGRESSOR_EVENT) continue;
        r->levels = psn_dict_new();
        psn_dict_add(r->levels, "one", 3);
        psn_dict_add(r->levels, "two", 3);
    }
    return panel;
}

/* A normal number by the sum of twelve, and a Poisson count of this mean (< 500). */
static inline double tiny_normal(psn_random *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += psn_random_unit(random);
    return sum;
}

static inline double tiny_poisson(psn_random *random, double mean)
{
    double product = psn_random_unit(random), count = 0;
    const double limit = psn_exp(-mean);
    for (; product > limit; count++) product *= psn_random_unit(random);
    return count;
}

#endif
