/* forecast_case.h: panels out of small CSV texts. */
#ifndef FORECAST_CASE_H
#define FORECAST_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "data/datetime.h"
#include "shop/forecast/forecast_fit_panel.h"
#include "support/csv_text.h"

static inline persona_params *fit_params(const char *options)
{
    persona_params *params = NULL;
    assert_int_equal(psn_params_new(&params, &psn_forecaster_fit_schema, NULL), 0);
    assert_int_equal(psn_params_parse(params, options, NULL), PERSONA_OK);
    return params;
}

static inline psn_panel *panel_of(const char *csv, const char *options,
                                  psn_reading *reading)
{
    psn_panel *panel = NULL;
    persona_error error = {0};
    persona_table *table = csv_table(csv, NULL);
    persona_params *params = fit_params(options);
    if (psn_panel_read(&panel, reading, table, params, NULL, &error))
        fail_msg("%s", error.message);
    psn_params_free(params);
    psn_table_free(table);
    return panel;
}

/* The table is refused with a message that holds these words; returns its row. */
static inline int64_t panel_fails(const char *csv, const char *options, const char *words)
{
    psn_panel *panel = NULL;
    psn_reading reading;
    persona_error error = {0};
    persona_table *table = csv_table(csv, NULL);
    persona_params *params = fit_params(options);
    assert_int_not_equal(psn_panel_read(&panel, &reading, table, params, NULL, &error),
                         PERSONA_OK);
    assert_null(panel);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", error.message, words);
    psn_params_free(params);
    psn_table_free(table);
    return error.where;
}

/* Any number that says "missing" in the lists below. */
#define MISSING (-99.0)

static inline void assert_rows(const double *x, int64_t count, const double *want)
{
    for (int64_t i = 0; i < count; i++) {
        if (want[i] == MISSING) {
            assert_true(isnan(x[i]));
        } else if (!(fabs(x[i] - want[i]) < 1e-12)) {
            fail_msg("row %d is %g and not %g", (int)i, x[i], want[i]);
        }
    }
}

/* History and what is ahead of series s: `count` values, then `ahead` rows. */
static inline void assert_series(const psn_panel *panel, int64_t s, int32_t count,
                                 int32_t ahead, const double *want)
{
    assert_int_equal(panel->count[s], count);
    assert_int_equal(panel->ahead[s], ahead);
    assert_rows(panel->value + panel->start[s], count, want);
    for (int32_t i = 0; i < ahead; i++)
        assert_true(isnan(panel->value[panel->start[s] + count + i]));
}

static inline int64_t date_ms(int64_t year, int month, int day)
{
    return psn_days_of_date(year, month, day) * 86400000;
}

#endif
