/* forecast_fit_panel_bins.c: the one calendar of all series whose rows are added up.
 *
 * Periods are days; weeks, months, quarters or years only if the option says so or the
 * log has no other dates. Weeks begin on Monday (or on the weekday of a log of weeks).
 * The first and the last period count if they are whole: no more than half a day of
 * orders is to be expected of their days outside the log, by how often there are orders
 * on such a weekday. A last day is whole unless it ends earlier than each of the four
 * weeks before it. */
#include "shop/forecast/forecast_fit_panel.h"

#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "data/datetime.h"

#define BINS_DAY INT64_C(86400000)
enum {
    BINS_MOST_DAYS = 400000, /* some thousand years */
    BINS_FEWEST = 4,         /* periods, that some may be left out */
    BINS_LOOK_BACK = 28
};
#define BINS_EXPECTED 0.5 /* days of orders that make a period incomplete */

/* Days of the log: day[d] is the latest ms of day first + d with an order, -1: none. */
typedef struct bins_days {
    int64_t first, count;
    int32_t *day;
    int64_t used;
    double rate[7]; /* share of each weekday that has orders */
    int hours;      /* orders have a time of day */
} bins_days;

static int64_t bins_floor_day(int64_t time)
{
    return psn_period_count((psn_period){PSN_PERIOD_MS, BINS_DAY}, 0, time, NULL);
}

static void bins_rates(bins_days *days)
{
    int64_t seen[7] = {0}, all[7] = {0};
    for (int64_t d = 0; d < days->count; d++) {
        const int weekday = (int)((((days->first + d) % 7) + 7) % 7);
        all[weekday]++;
        seen[weekday] += days->day[d] >= 0;
        days->used += days->day[d] >= 0;
    }
    for (int w = 0; w < 7; w++)
        days->rate[w] = all[w] > 0 ? (double)seen[w] / (double)all[w] : 0;
}

static int bins_days_of(bins_days *days, const psn_panel_reader *reader,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_group *group = &reader->group;
    const int64_t rows = group->starts[reader->panel->series];
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t row = group->order[i];
        const double amount = psn_panel_amount(reader, row);
        if (amount != amount) continue; /* a future row */
        const int64_t day = bins_floor_day(reader->time[row]);
        if (day < least) least = day;
        if (day > most) most = day;
    }
    if (least > most) return PERSONA_OK;
    if (most - least > BINS_MOST_DAYS)
        PSN_FAIL(error, PERSONA_EDATA, "role time spans more than a thousand years");
    days->first = least;
    days->count = most - least + 1;
    PSN_NEED(days->day = psn_alloc((size_t)days->count, sizeof *days->day));
    for (int64_t d = 0; d < days->count; d++) days->day[d] = -1;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t row = group->order[i];
        const double amount = psn_panel_amount(reader, row);
        if (amount != amount) continue;
        const int64_t day = bins_floor_day(reader->time[row]);
        const int32_t ms = (int32_t)(reader->time[row] - day * BINS_DAY);
        if (ms > days->day[day - least]) days->day[day - least] = ms;
        days->hours |= ms != 0;
    }
    bins_rates(days);
done:
    return rc;
}

/* ---- the calendar */

/* The period that the days of the log keep, if it is a week, month, quarter or year. */
static psn_period bins_found(const bins_days *days, int64_t *times)
{
    const psn_period day = {PSN_PERIOD_MS, BINS_DAY};
    int64_t count = 0;
    for (int64_t d = 0; d < days->count; d++)
        if (days->day[d] >= 0) times[count++] = (days->first + d) * BINS_DAY;
    if (count < BINS_FEWEST) return day;
    const psn_period found = psn_period_find(times, count, 1, NULL);
    if (found.unit == PSN_PERIOD_MS) return found.step == 7 * BINS_DAY ? found : day;
    return found;
}

/* The beginning of the period that the first day lies in. */
static int64_t bins_anchor(const bins_days *days, psn_period period, int own_dates)
{
    const int64_t first = days->first;
    if (own_dates) return first * BINS_DAY;
    if (period.unit == PSN_PERIOD_MS) {
        if (period.step % (7 * BINS_DAY) != 0) return first * BINS_DAY;
        return (first - ((first + 3) % 7 + 7) % 7) * BINS_DAY; /* 1970-01-01: Thursday */
    }
    int64_t year;
    int month, day;
    psn_date_of_days(first, &year, &month, &day);
    const int step = period.step < 12 ? (int)period.step : 12;
    return psn_days_of_date(year, (month - 1) / step * step + 1, 1) * BINS_DAY;
}

static int bins_dates(psn_panel_reader *reader, psn_period *period, int64_t *anchor,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    bins_days days = {0};
    int64_t *times = NULL;
    int own_dates = 0;
    PSN_TRY(bins_days_of(&days, reader, error));
    PSN_NEED(times = psn_alloc((size_t)days.used + 1, sizeof *times));
    if (days.count > 0) {
        const psn_period found = bins_found(&days, times);
        if (period->step == 0) *period = found;
        own_dates = period->unit == found.unit && period->step == found.step;
        *anchor = bins_anchor(&days, *period, own_dates);
    } else {
        const psn_period day = {PSN_PERIOD_MS, BINS_DAY};
        if (period->step == 0) *period = day;
    }
done:
    psn_release(days.day);
    psn_release(times);
    return rc;
}

int psn_panel_bins(psn_panel_reader *reader, persona_error *error)
{
    psn_period period = reader->reading->period;
    const psn_group *group = &reader->group;
    const int64_t series = reader->panel->series;
    int64_t anchor = INT64_MAX;
    for (int64_t i = 0; i < group->starts[series]; i++)
        if (reader->time[group->order[i]] < anchor)
            anchor = reader->time[group->order[i]];
    if (reader->panel->dates) {
        const int rc = bins_dates(reader, &period, &anchor, error);
        if (rc != PERSONA_OK) return rc;
    } else if (period.step == 0) {
        period = (psn_period){PSN_PERIOD_NUMBER, 1};
    }
    reader->reading->period = period;
    for (int64_t s = 0; s < series; s++) {
        reader->panel->period[s] = period;
        reader->anchor[s] = anchor;
    }
    return PERSONA_OK;
}

/* ---- whole periods */

static double bins_expected(const bins_days *days, int64_t from, int64_t to)
{
    double sum = 0;
    for (int64_t d = from; d < to; d++) sum += days->rate[((d % 7) + 7) % 7];
    return sum;
}

/* The last day ends earlier than all days of the four weeks before. */
static int bins_day_is_cut(const bins_days *days)
{
    int64_t before = 0;
    const int64_t last = days->count - 1;
    if (!days->hours) return 0;
    for (int64_t d = last - 1; d >= 0 && d >= last - BINS_LOOK_BACK; d--) {
        if (days->day[d] < 0) continue;
        if (days->day[d] <= days->day[last]) return 0;
        before++;
    }
    return before >= 7;
}

static int64_t bins_day_of_place(psn_period period, int64_t anchor, int64_t place)
{
    return bins_floor_day(psn_period_time(period, anchor, place));
}

/* Whether the first (end 0) or last (end 1) period is not whole. */
static int bins_is_part(const bins_days *days, psn_period period, int64_t anchor,
                        int64_t last, int end)
{
    const int64_t final_day = days->first + days->count - 1;
    if (period.unit == PSN_PERIOD_MS && period.step < BINS_DAY) return 0;
    if (!end)
        return bins_expected(days, bins_day_of_place(period, anchor, 0), days->first) >=
               BINS_EXPECTED;
    if (period.unit == PSN_PERIOD_MS && period.step == BINS_DAY)
        return bins_day_is_cut(days);
    return bins_expected(days, final_day + 1,
                         bins_day_of_place(period, anchor, last + 1)) >= BINS_EXPECTED;
}

static int bins_any_after(const psn_panel_reader *reader, int32_t last)
{
    const psn_group *group = &reader->group;
    for (int64_t s = 0; s < reader->panel->series; s++)
        if (group->starts[s + 1] > group->starts[s] &&
            reader->place[group->starts[s + 1] - 1] > last)
            return 1;
    return 0;
}

/* reader->last is the period of the last order; here it becomes the last whole one. */
int psn_panel_whole_bins(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    char name[PSN_PERIOD_BYTES];
    bins_days days = {0};
    const psn_period period = reader->panel->period[0];
    const int64_t anchor = reader->anchor[0];
    if (!reader->panel->dates || reader->last + 1 < BINS_FEWEST) return PERSONA_OK;
    PSN_TRY(bins_days_of(&days, reader, error));
    psn_period_name(name, period);
    /* A log of weeks or months knows no days. */
    const int coarse = days.used <= reader->last + 1 && !days.hours &&
                       !(period.unit == PSN_PERIOD_MS && period.step <= BINS_DAY);
    if (days.count == 0 || coarse) goto done;
    if (!reader->like && bins_is_part(&days, period, anchor, reader->last, 0)) {
        reader->from = 1;
        PSN_TRY(psn_panel_note(reader, "first_period", "info", 1, error,
                               "the log begins within its first %s, which is left out",
                               name));
    }
    if (bins_is_part(&days, period, anchor, reader->last, 1)) {
        if (bins_any_after(reader, reader->last))
            reader->blank_last = 1;
        else
            reader->last--;
        PSN_TRY(psn_panel_note(reader, "last_period", "info", 1, error,
                               "the log ends within its last %s, which is left out",
                               name));
    }
done:
    psn_release(days.day);
    return rc;
}
