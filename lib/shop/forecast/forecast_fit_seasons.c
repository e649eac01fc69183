/* forecast_fit_seasons.c: the seasons of every series: what the option says, what a
 * column says, those of its calendar, or for whole-number periods those that are found
 * (forecast_fit_seasons_find.c). A second season counts from two of its cycles on. */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/name.h"

enum { SEASONS_LONGEST = 100000, SEASONS_NAME = 256 };

static void seasons_sort(int32_t *season)
{
    for (int i = 1; i < PSN_FORECAST_SEASONS; i++)
        for (int j = i; j > 0 && season[j] > 0 && season[j] < season[j - 1]; j--) {
            const int32_t swap = season[j];
            season[j] = season[j - 1];
            season[j - 1] = swap;
        }
}

/* ---- numbers */

/* 1: the option is a list of numbers, now in season; 0: it is none; -1: a bad one. */
static int seasons_numbers(const char *option, int32_t season[PSN_FORECAST_SEASONS])
{
    char item[SEASONS_NAME];
    int count = 0, numbers = 0;
    int64_t number;
    for (int i = 0; i < PSN_FORECAST_SEASONS; i++) season[i] = 0;
    while (psn_list_next(&option, item, sizeof item) == 1) {
        if (!psn_parse_int(item, strlen(item), &number)) continue;
        numbers++;
        if (number < 1 || number > SEASONS_LONGEST || count == PSN_FORECAST_SEASONS)
            return -1;
        if (number > 1) season[count++] = (int32_t)number;
    }
    seasons_sort(season);
    return numbers > 0;
}

/* ---- a column */

/* row of `other` for each row of the table; NULL: the column is of the table itself. */
static int seasons_put(psn_panel_reader *reader, const psn_column *column,
                       const int64_t *row_of, persona_error *error)
{
    const psn_group *group = &reader->group;
    psn_panel *panel = reader->panel;
    for (int64_t s = 0; s < panel->series; s++) {
        int32_t *season = panel->season + s * PSN_FORECAST_SEASONS;
        if (group->starts[s] == group->starts[s + 1]) continue;
        const int64_t first = group->order[group->starts[s]];
        const int64_t row = row_of ? row_of[first] : first;
        const double x = row < 0 ? NAN : psn_column_number(column, row);
        if (isnan(x)) continue;
        if (!(x >= 1 && x <= SEASONS_LONGEST) || x != floor(x))
            return psn_fail_at(error, PERSONA_EDATA, row,
                               "column \"%.80s\" (season): row %lld must be a whole "
                               "number, 1 .. %d",
                               column->name, (long long)row, SEASONS_LONGEST);
        for (int i = 1; i < PSN_FORECAST_SEASONS; i++) season[i] = 0;
        season[0] = x > 1 ? (int32_t)x : 0;
    }
    return PERSONA_OK;
}

static int seasons_column(psn_panel_reader *reader, const char *name,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *rows = NULL, at = psn_table_find(reader->table, name);
    const persona_table *table = reader->table;
    if (at >= 0) return seasons_put(reader, psn_table_column(table, at), NULL, error);
    for (int64_t l = 0; l < table->links; l++) {
        const psn_link *link = table->link + l;
        at = psn_table_find(link->other, name);
        if (at < 0 || link->column != reader->reading->column[PSN_FORECAST_SERIES])
            continue;
        PSN_NEED(rows = psn_alloc((size_t)table->rows + 1, sizeof *rows));
        PSN_TRY(psn_table_follow(table, link, rows, error));
        rc = seasons_put(reader, psn_table_column(link->other, at), rows, error);
        goto done;
    }
    PSN_FAIL(error, PERSONA_EOPTION,
             "season: auto, numbers from 1 to %d (at most %d), or a column of the table "
             "or of one linked to its series are allowed",
             SEASONS_LONGEST, PSN_FORECAST_SEASONS);
done:
    psn_release(rows);
    return rc;
}

/* ---- the whole */

static void seasons_calendar(psn_panel *panel)
{
    for (int64_t s = 0; s < panel->series; s++) {
        int32_t *season = panel->season + s * PSN_FORECAST_SEASONS;
        psn_period_seasons(panel->period[s], season);
        for (int i = 1; i < PSN_FORECAST_SEASONS; i++)
            if (season[i] > panel->count[s] / 2) season[i] = 0;
    }
}

int psn_panel_seasons(psn_panel_reader *reader, persona_error *error)
{
    int rc;
    int32_t season[PSN_FORECAST_SEASONS];
    psn_panel *panel = reader->panel;
    const char *option = PSN_FORECAST_TEXT(reader, "season");
    seasons_calendar(panel);
    if (!panel->dates) PSN_TRY(psn_panel_find_seasons(panel, error));
    if (strcmp(option, "auto") == 0) return PERSONA_OK;
    const int numbers = seasons_numbers(option, season);
    if (numbers < 0)
        PSN_FAIL(error, PERSONA_EOPTION, "season: 1 .. %d, at most %d of them",
                 SEASONS_LONGEST, PSN_FORECAST_SEASONS);
    if (numbers == 0) return seasons_column(reader, option, error);
    for (int64_t s = 0; s < panel->series; s++)
        memcpy(panel->season + s * PSN_FORECAST_SEASONS, season, sizeof season);
done:
    return rc;
}
