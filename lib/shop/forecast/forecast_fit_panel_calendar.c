/* forecast_fit_panel_calendar.c: which period every row is.
 *
 * A table of values: the period of each series is the one its own gaps keep, where they
 * do so regularly; of few or irregular rows it is the period of most other series. Rows
 * lie at the nearest period from the first row of their series on. A log has one calendar
 * for all (forecast_fit_panel_bins.c). */
#include "shop/forecast/forecast_fit_panel.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"

enum { CALENDAR_KINDS = 32, CALENDAR_MANY = 9 };
#define CALENDAR_FULL  0.95    /* orders that fill so many periods are a table */
#define CALENDAR_SPARE 1000000 /* empty periods that always may be */

typedef struct calendar_own {
    psn_period period;
    int regular;
    int64_t distinct, periods; /* times, and periods that they span */
} calendar_own;

typedef struct calendar_kinds {
    psn_period period[CALENDAR_KINDS];
    int64_t series[CALENDAR_KINDS];
    int count;
    psn_period finest;
    int any;
} calendar_kinds;

/* ---- the period of each series */

static int64_t calendar_distinct(const psn_panel_reader *reader, int64_t s,
                                 int64_t *times)
{
    int64_t count = 0;
    const psn_group *group = &reader->group;
    for (int64_t i = group->starts[s]; i < group->starts[s + 1]; i++) {
        const int64_t time = reader->time[group->order[i]];
        if (count == 0 || times[count - 1] != time) times[count++] = time;
    }
    return count;
}

static calendar_own calendar_look(const int64_t *times, int64_t count, int dates)
{
    calendar_own own = {{0, 0}, 0, count, count};
    int64_t next = 0;
    own.period = psn_period_find(times, count, dates, NULL);
    if (count < 2) return own;
    int64_t before = 0;
    for (int64_t i = 1; i < count; i++) {
        const int64_t at = psn_period_count(own.period, times[0], times[i], NULL);
        next += at - before == 1;
        before = at;
    }
    own.periods = before + 1;
    own.regular =
        count >= CALENDAR_MANY ? next * 2 >= count - 1 : count >= 3 && next == count - 1;
    return own;
}

static void calendar_count(calendar_kinds *kinds, const calendar_own *own)
{
    int i = 0;
    if (own->distinct < 2) return;
    if (!kinds->any) kinds->finest = own->period;
    if (own->period.unit == kinds->finest.unit)
        kinds->finest.step = psn_period_divisor(own->period.step, kinds->finest.step);
    else if (own->period.unit == PSN_PERIOD_MS)
        kinds->finest = own->period;
    kinds->any = 1;
    if (!own->regular) return;
    while (i < kinds->count && (kinds->period[i].unit != own->period.unit ||
                                kinds->period[i].step != own->period.step))
        i++;
    if (i == CALENDAR_KINDS) return;
    if (i == kinds->count) {
        kinds->period[i] = own->period;
        kinds->series[i] = 0;
        kinds->count++;
    }
    kinds->series[i]++;
}

/* What irregular series take: the period of most regular ones, else what divides all. */
static psn_period calendar_common(const calendar_kinds *kinds, int dates)
{
    int best = 0;
    for (int i = 1; i < kinds->count; i++)
        if (kinds->series[i] > kinds->series[best]) best = i;
    if (kinds->count > 0) return kinds->period[best];
    if (kinds->any) return kinds->finest;
    return psn_period_find(NULL, 0, dates, NULL);
}

static int calendar_given(psn_panel_reader *reader, psn_period *period, int *is_given,
                          persona_error *error)
{
    *is_given = 0;
    if (reader->like) return PERSONA_OK;
    const char *text = PSN_FORECAST_TEXT(reader, "period");
    if (strcmp(text, "auto") == 0) return PERSONA_OK;
    *is_given = 1;
    if (!psn_period_parse(text, period))
        return psn_fail(error, PERSONA_EOPTION,
                        "period: hour, day, week, month, quarter, year, a number of them "
                        "(\"15 minutes\"), or a whole number are allowed");
    if ((period->unit == PSN_PERIOD_NUMBER) == reader->panel->dates)
        return psn_fail(error, PERSONA_EOPTION, "period: the times are %s",
                        reader->panel->dates ? "dates, it must be day, week, month ..."
                                             : "whole numbers, it must be one too");
    return PERSONA_OK;
}

static int calendar_own_periods(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK, given;
    psn_period period = {0, 0};
    calendar_kinds kinds = {.count = 0};
    psn_panel *panel = reader->panel;
    int64_t *times = psn_alloc((size_t)reader->largest + 1, sizeof *times);
    calendar_own *own = psn_alloc((size_t)panel->series + 1, sizeof *own);
    PSN_NEED(times);
    PSN_NEED(own);
    PSN_TRY(calendar_given(reader, &period, &given, error));
    for (int64_t s = 0; s < panel->series; s++) {
        const int64_t count = calendar_distinct(reader, s, times);
        own[s] = calendar_look(times, count, panel->dates);
        calendar_count(&kinds, own + s);
    }
    if (!given) period = calendar_common(&kinds, panel->dates);
    for (int64_t s = 0; s < panel->series; s++)
        panel->period[s] = own[s].regular && !given ? own[s].period : period;
    reader->reading->period = period;
done:
    psn_release(times);
    psn_release(own);
    return rc;
}

/* ---- table or log */

/* How many of the periods between first and last rows have a row. */
static double calendar_fullness(const psn_panel_reader *reader)
{
    double rows = 0, periods = 0;
    const psn_group *group = &reader->group;
    for (int64_t s = 0; s < reader->panel->series; s++) {
        const int64_t from = group->starts[s], to = group->starts[s + 1];
        if (to == from) continue;
        rows += (double)(to - from);
        periods += 1 + (double)psn_period_count(reader->panel->period[s],
                                                reader->time[group->order[from]],
                                                reader->time[group->order[to - 1]], NULL);
    }
    return periods > 0 ? rows / periods : 1;
}

static void calendar_mode(psn_panel_reader *reader)
{
    psn_panel *panel = reader->panel;
    static const char *const names[] = {"none", "sum", "mean", "last"};
    const char *option = reader->like ? names[reader->like->aggregate]
                                      : PSN_FORECAST_TEXT(reader, "aggregate");
    panel->aggregate = PSN_AGGREGATE_NONE;
    for (int i = 0; i < 4; i++)
        if (strcmp(option, names[i]) == 0) panel->aggregate = i;
    if (strcmp(option, "auto") == 0) {
        const int64_t pieces = reader->reading->column[PSN_FORECAST_QUANTITY];
        if (!reader->quantity && reader->twice >= 0 && pieces >= 0 &&
            !reader->given[PSN_FORECAST_VALUE]) {
            reader->quantity = 1;
            reader->amount = pieces;
        }
        if (reader->quantity && (reader->amount < 0 || reader->twice >= 0 ||
                                 calendar_fullness(reader) < CALENDAR_FULL))
            panel->aggregate = PSN_AGGREGATE_SUM;
    }
    reader->binned = panel->aggregate != PSN_AGGREGATE_NONE;
    reader->log = panel->aggregate == PSN_AGGREGATE_SUM;
}

/* ---- places */

static int calendar_irregular(persona_error *error)
{
    return psn_fail(error, PERSONA_EDATA,
                    "times follow no calendar: period=day (or week, month ...) and "
                    "aggregate=sum (or mean, last) make periods of them");
}

static int calendar_twice(const psn_panel_reader *reader, int64_t s, int64_t row,
                          int same, persona_error *error)
{
    char name[PSN_PERIOD_BYTES];
    psn_period_name(name, reader->panel->period[s]);
    if (same)
        return psn_fail_at(error, PERSONA_EDATA, row,
                           "row %lld: its series has this time already; aggregate=sum "
                           "(or mean, last) takes such rows together, column.series=... "
                           "tells series apart",
                           (long long)row);
    return psn_fail_at(error, PERSONA_EDATA, row,
                       "row %lld: its series has this period (%s) already; aggregate=sum "
                       "(or mean, last) takes such rows together",
                       (long long)row, name);
}

static int calendar_places(psn_panel_reader *reader, int64_t s, persona_error *error)
{
    const psn_group *group = &reader->group;
    const psn_period period = reader->panel->period[s];
    int64_t before = INT64_MIN;
    for (int64_t i = group->starts[s]; i < group->starts[s + 1]; i++) {
        const int64_t row = group->order[i], time = reader->time[row];
        const int64_t at = reader->binned
                               ? psn_period_count(period, reader->anchor[s], time, NULL)
                               : psn_period_nearest(period, reader->anchor[s], time);
        if (at > INT32_MAX / 2) return calendar_irregular(error);
        if (at == before && !reader->binned && at >= 0)
            return calendar_twice(reader, s, row,
                                  time == reader->time[group->order[i - 1]], error);
        reader->place[i] = at < 0 ? -1 : (int32_t)at;
        before = at;
    }
    return PERSONA_OK;
}

/* Series of the panel that is gone on with keep their calendar; a log has one for all. */
static void calendar_continue(psn_panel_reader *reader)
{
    const psn_panel *like = reader->like;
    psn_panel *panel = reader->panel;
    int64_t some = 0, least = INT64_MAX;
    for (int64_t s = 0; s < like->series; s++) {
        panel->period[s] = like->period[s];
        if (like->count[s] + like->ahead[s] > 0) reader->anchor[s] = like->first[s];
        if (like->count[s] > like->count[some]) some = s;
        if (like->count[s] > 0 && like->first[s] < least) least = like->first[s];
    }
    for (int64_t s = like->series; s < panel->series && some < like->series; s++)
        panel->period[s] = like->period[some];
    for (int64_t s = 0; s < panel->series && reader->binned && least < INT64_MAX; s++)
        reader->anchor[s] = least;
}

static void calendar_anchor(psn_panel_reader *reader)
{
    const psn_group *group = &reader->group;
    for (int64_t s = 0; s < reader->panel->series; s++)
        if (group->starts[s + 1] > group->starts[s])
            reader->anchor[s] = reader->time[group->order[group->starts[s]]];
}

static int calendar_check(const psn_panel_reader *reader, persona_error *error)
{
    const psn_group *group = &reader->group;
    int64_t periods = 0;
    for (int64_t s = 0; s < reader->panel->series; s++)
        if (group->starts[s + 1] > group->starts[s])
            periods += (int64_t)reader->place[group->starts[s + 1] - 1] + 1;
    const int64_t rows = group->starts[reader->panel->series];
    if (!reader->binned && periods > 200 * rows + CALENDAR_SPARE)
        return calendar_irregular(error);
    return PERSONA_OK;
}

int psn_panel_calendar(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_panel *panel = reader->panel;
    const size_t series = (size_t)panel->series + 1;
    const size_t rows = (size_t)reader->group.starts[panel->series] + 1;
    PSN_NEED(reader->anchor = psn_alloc_zero(series, sizeof *reader->anchor));
    PSN_NEED(reader->place = psn_alloc(rows, sizeof *reader->place));
    PSN_TRY(calendar_own_periods(reader, error));
    calendar_mode(reader);
    calendar_anchor(reader);
    if (reader->like) {
        calendar_continue(reader);
    } else if (reader->binned) {
        psn_period period;
        int given;
        PSN_TRY(calendar_given(reader, &period, &given, error));
        if (given)
            reader->reading->period = period;
        else
            reader->reading->period.step = 0; /* to be found */
        PSN_TRY(psn_panel_bins(reader, error));
    }
    for (int64_t s = 0; s < panel->series; s++)
        PSN_TRY(calendar_places(reader, s, error));
    PSN_TRY(calendar_check(reader, error));
done:
    return rc;
}
