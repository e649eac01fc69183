/* forecast_fit_clean_table.c: the anomalies of all series as a table. */
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "shop/forecast/forecast_fit_clean.h"

enum { CLEAN_EACH = 64 }; /* anomalies of one series that are told */

typedef struct clean_rows {
    int64_t count, room;
    int32_t *series;
    int64_t *time;
    double *value, *expected;
    int32_t *kind;
} clean_rows;

static int clean_grow(clean_rows *rows, persona_error *error)
{
    int rc = PERSONA_OK;
    void *more;
    if (rows->count < rows->room) return PERSONA_OK;
    const size_t room = (size_t)rows->room * 2 + 256;
    PSN_NEED(more = psn_resize(rows->series, room, sizeof *rows->series));
    rows->series = more;
    PSN_NEED(more = psn_resize(rows->time, room, sizeof *rows->time));
    rows->time = more;
    PSN_NEED(more = psn_resize(rows->value, room, sizeof *rows->value));
    rows->value = more;
    PSN_NEED(more = psn_resize(rows->expected, room, sizeof *rows->expected));
    rows->expected = more;
    PSN_NEED(more = psn_resize(rows->kind, room, sizeof *rows->kind));
    rows->kind = more;
    rows->room = (int64_t)room;
done:
    return rc;
}

static int clean_collect(clean_rows *rows, const psn_panel *panel, int64_t s,
                         void *scratch, persona_error *error)
{
    psn_anomaly found[CLEAN_EACH];
    const double *value = panel->value + panel->start[s];
    const int32_t season = panel->season[s * PSN_FORECAST_SEASONS];
    const int32_t count = psn_clean_series(found, CLEAN_EACH, value, panel->count[s],
                                           season, NULL, scratch);
    for (int32_t i = 0; i < count; i++) {
        const int rc = clean_grow(rows, error);
        if (rc != PERSONA_OK) return rc;
        rows->series[rows->count] = (int32_t)s;
        rows->time[rows->count] =
            psn_period_time(panel->period[s], panel->first[s], found[i].at);
        rows->value[rows->count] = value[found[i].at];
        rows->expected[rows->count] = found[i].expected;
        rows->kind[rows->count++] = (int32_t)found[i].kind;
    }
    return PERSONA_OK;
}

static int clean_columns(persona_table *table, const clean_rows *rows,
                         const psn_panel *panel, persona_error *error)
{
    int rc;
    static const char kinds[] = "outlierlevel_shift";
    static const int64_t offsets[] = {0, 7, 18};
    const int32_t type = panel->dates ? PERSONA_TYPE_TIME : PERSONA_TYPE_INT;
    const int64_t n = rows->count;
    PSN_TRY(psn_table_add_codes(table, "series", rows->series, n,
                                psn_dict_bytes(panel->ids), psn_dict_offsets(panel->ids),
                                psn_dict_count(panel->ids), error));
    PSN_TRY(psn_table_add(table, "time", type, rows->time, NULL, n, error));
    PSN_TRY(
        psn_table_add(table, "value", PERSONA_TYPE_REAL, rows->value, NULL, n, error));
    PSN_TRY(psn_table_add(table, "expected", PERSONA_TYPE_REAL, rows->expected, NULL, n,
                          error));
    PSN_TRY(psn_table_add_codes(table, "kind", rows->kind, n, kinds, offsets, 2, error));
done:
    return rc;
}

int psn_clean_table(persona_table **out, const psn_panel *panel, persona_error *error)
{
    int rc;
    clean_rows rows = {0};
    persona_table *table = NULL;
    void *scratch = NULL;
    int32_t longest = 0;
    *out = NULL;
    for (int64_t s = 0; s < panel->series; s++)
        if (panel->count[s] > longest) longest = panel->count[s];
    PSN_NEED(scratch = psn_alloc(psn_clean_scratch(longest), 1));
    PSN_TRY(clean_grow(&rows, error));
    for (int64_t s = 0; s < panel->series; s++)
        PSN_TRY(clean_collect(&rows, panel, s, scratch, error));
    PSN_TRY(psn_table_new(&table, error));
    PSN_TRY(clean_columns(table, &rows, panel, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(rows.series);
    psn_release(rows.time);
    psn_release(rows.value);
    psn_release(rows.expected);
    psn_release(rows.kind);
    psn_release(scratch);
    return rc;
}
