/* forecast_fit_panel.c: from a table to a panel, the order of its steps
 * (forecast_fit_panel.h), its columns, and rows by series and time.
 *
 * Memory beside the table and the panel: 4 bytes of series, 8 of time, 8 of order and 4
 * of place for each row. */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/name.h"
#include "math/order.h"

enum { PANEL_SEASONS = 32 };
#define PANEL_MOST 1e100

double psn_panel_amount(const psn_panel_reader *reader, int64_t row)
{
    if (reader->amount < 0) return 1;
    return psn_column_number(psn_table_column(reader->table, reader->amount), row);
}

int64_t psn_panel_at(const psn_panel_reader *reader, int64_t s, int64_t i)
{
    const psn_panel *panel = reader->panel;
    const int64_t at = (int64_t)reader->place[i] - reader->skip[s];
    if (reader->place[i] < 0 || at < 0 || at >= panel->start[s + 1] - panel->start[s])
        return -1;
    return panel->start[s] + at;
}

/* ---- columns */

/* Numbers beside the roles: then it is unclear which one is the value. */
static int panel_has_numbers(const psn_panel_reader *reader)
{
    const persona_table *table = reader->table;
    for (int64_t c = 0; c < table->count; c++) {
        const int32_t type = psn_table_column(table, c)->type;
        if (psn_forecast_is_role(reader->reading->column, c)) continue;
        if (type == PERSONA_TYPE_REAL || type == PERSONA_TYPE_REAL32) return 1;
    }
    return 0;
}

static int panel_roles(psn_panel_reader *reader, char *const *kept, persona_error *error)
{
    int rc;
    int64_t *column = reader->reading->column;
    const persona_table *table = reader->table;
    PSN_TRY(psn_forecast_find_roles(column, reader->given, table, reader->params, kept,
                                    error));
    for (int r = PSN_FORECAST_VALUE; r <= PSN_FORECAST_QUANTITY; r++)
        if (column[r] >= 0)
            PSN_TRY(psn_roles_need_numbers(&psn_forecast_roles, r,
                                           psn_table_column(table, column[r]), error));
    const int value = column[PSN_FORECAST_VALUE] >= 0;
    if (!value && column[PSN_FORECAST_QUANTITY] < 0 && panel_has_numbers(reader))
        PSN_TRY(psn_name_missing(
            table, "no column for role value or quantity (column.value=...)", error));
    if (column[PSN_FORECAST_TIME] < 0 && !value)
        PSN_TRY(
            psn_name_missing(table, "no column for role time (column.time=...)", error));
    reader->quantity = !value || (reader->given[PSN_FORECAST_QUANTITY] &&
                                  column[PSN_FORECAST_QUANTITY] >= 0 &&
                                  !reader->given[PSN_FORECAST_VALUE]);
    reader->amount =
        column[reader->quantity ? PSN_FORECAST_QUANTITY : PSN_FORECAST_VALUE];
done:
    return rc;
}

static int panel_check_values(const psn_panel_reader *reader, persona_error *error)
{
    if (reader->amount < 0) return PERSONA_OK;
    const char *name = psn_table_column(reader->table, reader->amount)->name;
    for (int64_t i = 0; i < reader->table->rows; i++) {
        const double x = psn_panel_amount(reader, i);
        if (isinf(x))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "column \"%.80s\": row %lld is infinite", name,
                               (long long)i);
        if (fabs(x) > PANEL_MOST)
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "column \"%.80s\": row %lld is larger than 1e100", name,
                               (long long)i);
    }
    return PERSONA_OK;
}

/* ---- series */

static int panel_one_series(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    if (reader->like &&
        (reader->like->series != 1 || psn_dict_find(reader->like->ids, "all", 3) != 0))
        PSN_TRY(psn_name_missing(reader->table,
                                 "no column for role series (column.series=...)", error));
    PSN_NEED(reader->panel->ids = psn_dict_new());
    if (psn_dict_add(reader->panel->ids, "all", 3) < 0) return psn_fail_memory(error);
    for (int64_t i = 0; i < reader->table->rows; i++) reader->code[i] = 0;
done:
    return rc;
}

/* The numbers that ids have in the panel which is gone on with; new ones follow. */
static int panel_known_ids(psn_panel_reader *reader, const psn_dict *ids,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *all = psn_dict_copy(reader->like->ids);
    int32_t *map = psn_alloc((size_t)psn_dict_count(ids) + 1, sizeof *map);
    PSN_NEED(all);
    PSN_NEED(map);
    for (int64_t i = 0; i < psn_dict_count(ids); i++) {
        size_t length;
        const char *text = psn_dict_text(ids, i, &length);
        const int64_t number = psn_dict_add(all, text, length);
        if (number < 0) PSN_TRY(psn_fail_memory(error));
        map[i] = (int32_t)number;
    }
    for (int64_t i = 0; i < reader->table->rows; i++)
        if (reader->code[i] >= 0) reader->code[i] = map[reader->code[i]];
    reader->panel->ids = all;
    all = NULL;
done:
    psn_dict_free(all);
    psn_release(map);
    return rc;
}

static int panel_series(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_dict *ids = NULL;
    psn_panel *made = NULL;
    const int64_t column = reader->reading->column[PSN_FORECAST_SERIES];
    const size_t rows = (size_t)reader->table->rows;
    PSN_NEED(reader->code = psn_alloc(rows + 1, sizeof *reader->code));
    PSN_NEED(reader->panel = psn_alloc_zero(1, sizeof *reader->panel));
    if (column < 0) {
        PSN_TRY(panel_one_series(reader, error));
    } else {
        PSN_TRY(psn_table_encode(reader->table, column, reader->code, &ids, error));
        if (reader->like) {
            PSN_TRY(panel_known_ids(reader, ids, error));
        } else {
            reader->panel->ids = ids;
            ids = NULL;
        }
    }
    PSN_TRY(psn_panel_new(&made, psn_dict_count(reader->panel->ids), error));
    made->ids = reader->panel->ids;
    psn_release(reader->panel);
    reader->panel = made;
    if (reader->like) PSN_TRY(psn_panel_like(made, reader->like, error));
done:
    psn_dict_free(ids);
    return rc;
}

/* ---- times, order */

/* Without a time column the rows of a series are its periods 1, 2 ... in their order. */
static int panel_positions(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *next = psn_alloc_zero((size_t)reader->panel->series + 1, sizeof *next);
    PSN_NEED(next);
    PSN_NEED(reader->time =
                 psn_alloc((size_t)reader->table->rows + 1, sizeof *reader->time));
    for (int64_t i = 0; i < reader->table->rows; i++)
        reader->time[i] = reader->code[i] < 0 ? INT64_MIN : ++next[reader->code[i]];
    PSN_TRY(psn_panel_note(reader, "time", "warning", reader->table->rows, error,
                           "there is no column of times: the rows of a series are taken "
                           "as its periods 1, 2 ..."));
done:
    psn_release(next);
    return rc;
}

static int panel_times(psn_panel_reader *reader, persona_error *error)
{
    int rc;
    int dates = 0;
    const int64_t column = reader->reading->column[PSN_FORECAST_TIME];
    if (column < 0) {
        PSN_TRY(panel_positions(reader, error));
    } else {
        PSN_TRY(psn_forecast_times(&reader->time, &dates,
                                   psn_table_column(reader->table, column),
                                   reader->table->rows, error));
    }
    if (reader->like && reader->table->rows > 0 && dates != reader->like->dates)
        PSN_FAIL(error, PERSONA_EDATA, "role time must hold %s, as in the fit",
                 reader->like->dates ? "dates" : "whole numbers");
    reader->panel->dates = dates;
    int64_t left = 0;
    for (int64_t i = 0; i < reader->table->rows; i++) {
        if (reader->time[i] == INT64_MIN) reader->code[i] = -1;
        left += reader->code[i] < 0;
    }
    reader->reading->rows = reader->table->rows - left;
    if (left > 0)
        PSN_TRY(psn_panel_note(reader, "rows", "warning", left, error,
                               "%lld rows have no series or no time and are left out",
                               (long long)left));
done:
    return rc;
}

typedef struct panel_sorting {
    double *key;
    int64_t *order, *rows;
} panel_sorting;

static void panel_sort_series(const psn_panel_reader *reader, int64_t *rows,
                              int64_t count, panel_sorting *sorting)
{
    int sorted = 1;
    for (int64_t i = 1; i < count && sorted; i++)
        sorted = reader->time[rows[i]] >= reader->time[rows[i - 1]];
    if (sorted) return;
    for (int64_t i = 0; i < count; i++) sorting->key[i] = (double)reader->time[rows[i]];
    psn_sort_order(sorting->order, sorting->key, count);
    for (int64_t i = 0; i < count; i++) sorting->rows[i] = rows[sorting->order[i]];
    memcpy(rows, sorting->rows, (size_t)count * sizeof *rows);
}

static int panel_order(psn_panel_reader *reader, persona_error *error)
{
    int rc;
    panel_sorting sorting = {0};
    psn_group *group = &reader->group;
    const int64_t series = reader->panel->series;
    PSN_TRY(psn_group_build(group, reader->code, reader->table->rows, series, error));
    psn_release(reader->code);
    reader->code = NULL;
    for (int64_t s = 0; s < series; s++)
        if (group->starts[s + 1] - group->starts[s] > reader->largest)
            reader->largest = group->starts[s + 1] - group->starts[s];
    const size_t most = (size_t)reader->largest + 1;
    PSN_NEED(sorting.key = psn_alloc(most, sizeof *sorting.key));
    PSN_NEED(sorting.order = psn_alloc(most, sizeof *sorting.order));
    PSN_NEED(sorting.rows = psn_alloc(most, sizeof *sorting.rows));
    reader->twice = -1;
    for (int64_t s = 0; s < series; s++) {
        int64_t *rows = group->order + group->starts[s];
        const int64_t count = group->starts[s + 1] - group->starts[s];
        panel_sort_series(reader, rows, count, &sorting);
        for (int64_t i = 1; i < count; i++)
            if (reader->twice < 0 && reader->time[rows[i]] == reader->time[rows[i - 1]])
                reader->twice = rows[i];
    }
done:
    psn_release(sorting.key);
    psn_release(sorting.order);
    psn_release(sorting.rows);
    return rc;
}

/* ---- the whole */

void psn_panel_reader_close(psn_panel_reader *reader)
{
    psn_panel_free(reader->panel);
    psn_release(reader->code);
    psn_release(reader->time);
    psn_group_free(&reader->group);
    psn_release(reader->anchor);
    psn_release(reader->place);
    psn_release(reader->skip);
}

int psn_panel_build(psn_panel_reader *reader, char *const *kept, persona_error *error)
{
    int rc;
    PSN_TRY(panel_roles(reader, kept, error));
    PSN_TRY(panel_check_values(reader, error));
    PSN_TRY(panel_series(reader, error));
    PSN_TRY(panel_times(reader, error));
    PSN_TRY(panel_order(reader, error));
    PSN_TRY(psn_panel_calendar(reader, error));
    PSN_TRY(psn_panel_ends(reader, error));
    psn_release(reader->time);
    reader->time = NULL;
    PSN_TRY(psn_panel_values(reader, error));
    PSN_TRY(psn_panel_columns(reader, error));
    reader->reading->log = reader->log;
    if (!reader->quantity) reader->reading->column[PSN_FORECAST_QUANTITY] = PERSONA_NONE;
    if (reader->quantity) reader->reading->column[PSN_FORECAST_VALUE] = PERSONA_NONE;
done:
    return rc;
}

/* The season of most series; 0: none. */
static int32_t panel_usual_season(const psn_panel *panel)
{
    int32_t season[PANEL_SEASONS] = {0}, kinds = 0, best = 0;
    int64_t seen[PANEL_SEASONS] = {0};
    for (int64_t s = 0; s < panel->series; s++) {
        const int32_t own = panel->season[s * PSN_FORECAST_SEASONS];
        int32_t k = 0;
        while (k < kinds && season[k] != own) k++;
        if (k == PANEL_SEASONS) continue;
        season[k] = own;
        if (k == kinds) kinds++;
        if (++seen[k] > seen[best]) best = k;
    }
    return season[best];
}

/* The horizon of a season or two of the most common calendar. */
static int32_t panel_usual_horizon(const psn_panel *panel, psn_period period)
{
    char name[PSN_PERIOD_BYTES];
    static const char *const names[] = {"day", "week", "month", "quarter", "year"};
    static const int32_t steps[] = {28, 13, 12, 8, 6};
    static const int32_t seasons[] = {7, 52, 12, 4, -1};
    psn_period_name(name, period);
    for (int i = 0; i < 5; i++)
        if (strcmp(name, names[i]) == 0) return steps[i];
    const int32_t season = panel_usual_season(panel);
    for (int i = 0; i < 5; i++)
        if (season == seasons[i]) return steps[i];
    return season <= 1 ? 12 : season < 4 ? 6 : season > 168 ? 336 : 2 * season;
}

static void panel_horizon(psn_panel_reader *reader)
{
    int is_auto;
    int32_t ahead = 0;
    const psn_panel *panel = reader->panel;
    const int64_t asked =
        psn_params_int(reader->params, &psn_forecaster_fit_schema, "horizon", &is_auto);
    for (int64_t s = 0; s < panel->series; s++)
        if (panel->ahead[s] > ahead) ahead = panel->ahead[s];
    reader->reading->horizon = !is_auto ? (int32_t)asked
                               : ahead > 0
                                   ? (ahead > 10000 ? 10000 : ahead)
                                   : panel_usual_horizon(panel, reader->reading->period);
}

int psn_panel_read(psn_panel **out, psn_reading *reading, const persona_table *table,
                   const persona_params *fit, persona_model *notes, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel_reader reader = {
        .table = table, .params = fit, .notes = notes, .reading = reading};
    *out = NULL;
    memset(reading, 0, sizeof *reading);
    if (table->rows < 1) PSN_FAIL(error, PERSONA_EDATA, "the table has no rows");
    PSN_TRY(psn_panel_build(&reader, NULL, error));
    PSN_TRY(psn_panel_seasons(&reader, error));
    panel_horizon(&reader);
    *out = reader.panel;
    reader.panel = NULL;
done:
    psn_panel_reader_close(&reader);
    return rc;
}
