/* forecast_times.c: what the numbers and texts of a time column mean.
 *
 *   numbers     20240131 and 202401, where all rows are such dates; 1e8 .. 1e11: seconds,
 *               1e11 .. 1e14: milliseconds since 1970; else whole-number periods
 *   texts       dates and times as in CSV files; 2024-03, 2024M03, 2024-Q1, 2024-W05
 *
 * A year alone is a whole number. */
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/datetime.h"
#include "shop/forecast/forecast_roles.h"

#include <math.h>
#include <string.h>

#define TIMES_SECONDS 1e8 /* as a number of seconds: 1973 */
#define TIMES_MILLIS  1e11
#define TIMES_MICROS  1e14
#define TIMES_MONTH   (31 * 86400000.0)
#define TIMES_DAY     INT64_C(86400000)

/* ---- numbers */

typedef enum times_unit {
    TIMES_NUMBERS,
    TIMES_MS,
    TIMES_S,
    TIMES_YYYYMM,
    TIMES_YYYYMMDD
} times_unit;

static int times_date(double x, int with_day)
{
    const int64_t whole = (int64_t)x;
    const int day = with_day ? (int)(whole % 100) : 1;
    const int64_t rest = with_day ? whole / 100 : whole;
    const int month = (int)(rest % 100);
    const int64_t year = rest / 100;
    return year >= 1900 && year <= 2100 && month >= 1 && month <= 12 && day >= 1 &&
           day <= 31;
}

typedef struct times_seen {
    double least, most;
    int64_t fraction, infinite; /* the first row that is, or -1 */
    int months, days;           /* every number is yyyymm, yyyymmdd */
} times_seen;

static times_seen times_look(const psn_column *column, int64_t rows)
{
    times_seen seen = {INFINITY, -INFINITY, -1, -1, 1, 1};
    for (int64_t i = 0; i < rows; i++) {
        const double x = psn_column_number(column, i);
        if (isnan(x)) continue;
        if (isinf(x) || fabs(x) > 9e15) {
            if (seen.infinite < 0) seen.infinite = i;
            continue;
        }
        if (x != floor(x) && seen.fraction < 0) seen.fraction = i;
        if (x < seen.least) seen.least = x;
        if (x > seen.most) seen.most = x;
        seen.months = seen.months && x < 1e6 && times_date(x, 0);
        seen.days = seen.days && x < 1e8 && times_date(x, 1);
    }
    return seen;
}

static int times_unit_of(times_unit *unit, const psn_column *column,
                         const times_seen *seen, persona_error *error)
{
    const char *name = column->name;
    *unit = TIMES_NUMBERS;
    if (seen->infinite >= 0)
        return psn_fail_at(error, PERSONA_EDATA, seen->infinite,
                           "column \"%.80s\" (role time) is infinite", name);
    if (column->type == PERSONA_TYPE_TIME) {
        *unit = TIMES_MS;
        if (seen->most > 0 && seen->most < TIMES_MONTH)
            return psn_fail(error, PERSONA_EDATA,
                            "column \"%.80s\" (role time) lies in January 1970: are "
                            "these seconds? times are milliseconds since 1970",
                            name);
        return PERSONA_OK;
    }
    if (seen->fraction >= 0)
        return psn_fail_at(
            error, PERSONA_EDATA, seen->fraction,
            "column \"%.80s\" (role time) must hold times or whole numbers", name);
    if (seen->most >= TIMES_MICROS)
        return psn_fail(error, PERSONA_EDATA,
                        "column \"%.80s\" (role time) lies beyond the year 5138: are "
                        "these microseconds? times are milliseconds or seconds since "
                        "1970",
                        name);
    if (seen->least >= TIMES_MILLIS)
        *unit = TIMES_MS;
    else if (seen->least >= TIMES_SECONDS && seen->most < TIMES_MILLIS)
        *unit = TIMES_S;
    else if (seen->days)
        *unit = TIMES_YYYYMMDD;
    else if (seen->months)
        *unit = TIMES_YYYYMM;
    return PERSONA_OK;
}

static int64_t times_number(double x, times_unit unit)
{
    const int64_t whole = (int64_t)x;
    if (unit == TIMES_S) return whole * 1000;
    if (unit == TIMES_YYYYMM)
        return psn_days_of_date(whole / 100, (int)(whole % 100), 1) * TIMES_DAY;
    if (unit == TIMES_YYYYMMDD)
        return psn_days_of_date(whole / 10000, (int)(whole / 100 % 100),
                                (int)(whole % 100)) *
               TIMES_DAY;
    return whole;
}

static int times_numbers(int64_t *times, int *dates, const psn_column *column,
                         int64_t rows, persona_error *error)
{
    times_unit unit;
    const times_seen seen = times_look(column, rows);
    const int rc = times_unit_of(&unit, column, &seen, error);
    if (rc != PERSONA_OK) return rc;
    if (seen.most < seen.least) unit = TIMES_NUMBERS; /* no time at all */
    *dates = unit != TIMES_NUMBERS;
    for (int64_t i = 0; i < rows; i++) {
        const double x = psn_column_number(column, i);
        times[i] = isnan(x) ? INT64_MIN : times_number(x, unit);
    }
    return PERSONA_OK;
}

/* ---- texts */

/* yyyy, then perhaps a blank or sign, then M, Q or W or nothing, then digits. */
static int times_short(const char *text, size_t length, int64_t *ms)
{
    int64_t year, part;
    size_t at = 4;
    if (length < 6 || length > 9 || !psn_parse_int(text, 4, &year)) return 0;
    if (strchr("-/. ", text[at]) != NULL) at++;
    char letter = 'M';
    if (at < length && text[at] != 0 && strchr("MmQqWw", text[at]) != NULL)
        letter = (char)(text[at++] & ~32);
    else if (at == 4)
        return 0;
    if (at >= length || length - at > 2 || text[at] < '0' || text[at] > '9' ||
        !psn_parse_int(text + at, length - at, &part))
        return 0;
    const int64_t most = letter == 'M' ? 12 : letter == 'Q' ? 4 : 53;
    if (year < 1 || part < 1 || part > most) return 0;
    if (letter == 'W') { /* ISO 8601: week 1 holds January 4 */
        const int64_t fourth = psn_days_of_date(year, 1, 4);
        const int64_t monday = fourth - (fourth + 3) % 7;
        *ms = (monday + 7 * (part - 1)) * TIMES_DAY;
        return 1;
    }
    const int month = (int)(letter == 'Q' ? 3 * part - 2 : part);
    *ms = psn_days_of_date(year, month, 1) * TIMES_DAY;
    return 1;
}

static int times_text(const char *text, int64_t length, int64_t *ms)
{
    return psn_parse_time(text, (size_t)length, ms) ||
           times_short(text, (size_t)length, ms);
}

static int times_texts(int64_t *times, int *dates, const psn_column *column, int64_t rows,
                       persona_error *error)
{
    *dates = 1;
    for (int64_t i = 0; i < rows; i++) {
        const char *text;
        int64_t length;
        psn_column_text(column, i, &text, &length);
        times[i] = INT64_MIN;
        if (text == NULL || length == 0) continue;
        if (!times_text(text, length, &times[i]))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "column \"%.80s\" (role time) holds texts that are no "
                               "times (2024-01-31, 2024-01, 2024-Q1, 2024-W05)",
                               column->name);
    }
    return PERSONA_OK;
}

int psn_forecast_times(int64_t **times, int *dates, const psn_column *column,
                       int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    *times = NULL;
    PSN_NEED(*times = psn_alloc((size_t)rows + 1, sizeof **times));
    rc = column->type == PERSONA_TYPE_TEXT
             ? times_texts(*times, dates, column, rows, error)
             : times_numbers(*times, dates, column, rows, error);
done:
    if (rc != PERSONA_OK) {
        psn_release(*times);
        *times = NULL;
    }
    return rc;
}
