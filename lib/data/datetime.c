/* datetime.c: calendar dates as days and back, after Hinnant, "chrono-compatible
 * low-level date algorithms" (2013): the year begins in March, so that the leap day is
 * its last, and 400 years are one era of 146,097 days. A few multiplications, no tables
 * of years. */
#include "data/datetime.h"

enum { MS_PER_SECOND = 1000, MS_PER_MINUTE = 60000, MS_PER_HOUR = 3600000 };
static const int64_t ms_per_day = 86400000;
static const int64_t days_per_era = 146097;
static const int64_t days_to_1970 = 719468; /* from 0000-03-01 */

int64_t psn_days_of_date(int64_t year, int month, int day)
{
    if (month <= 2) year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * days_per_era + day_of_era - days_to_1970;
}

void psn_date_of_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += days_to_1970;
    int64_t era = (days >= 0 ? days : days - days_per_era + 1) / days_per_era;
    int64_t day_of_era = days - era * days_per_era;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march + 2) / 5 + 1);
    *month = (int)(march < 10 ? march + 3 : march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int time_days_in_month(int64_t year, int month)
{
    static const int8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month];
}

/* ---- reading */

typedef struct time_cursor {
    const char *at, *end;
} time_cursor;

static int time_is_digit(const time_cursor *cursor)
{
    return cursor->at < cursor->end && (unsigned char)(*cursor->at - '0') <= 9;
}

/* From least to most digits. */
static int time_take_number(time_cursor *cursor, int least, int most, int *out)
{
    int digits = 0, value = 0;
    while (digits < most && time_is_digit(cursor)) {
        value = value * 10 + (*cursor->at++ - '0');
        digits++;
    }
    *out = value;
    return digits >= least;
}

static int time_take(time_cursor *cursor, char letter)
{
    if (cursor->at == cursor->end || *cursor->at != letter) return 0;
    cursor->at++;
    return 1;
}

static int time_date(int64_t year, int month, int day, int64_t *days)
{
    if (month < 1 || month > 12 || day < 1) return 0;
    if (day > time_days_in_month(year, month)) return 0;
    *days = psn_days_of_date(year, month, day);
    return 1;
}

/* yyyy-mm-dd, yyyy/mm/dd or dd.mm.yyyy. */
static int time_take_date(time_cursor *cursor, int64_t *days)
{
    int year, month, day;
    const char *start = cursor->at;
    int minus = time_take(cursor, '-'), expanded = minus || time_take(cursor, '+');
    if (!time_take_number(cursor, expanded ? 6 : 1, expanded ? 9 : 4, &year)) return 0;
    if (!expanded && cursor->at - start <= 2) {
        day = year;
        return time_take(cursor, '.') && time_take_number(cursor, 1, 2, &month) &&
               time_take(cursor, '.') && time_take_number(cursor, 4, 4, &year) &&
               time_date(year, month, day, days);
    }
    if (!expanded && cursor->at - start != 4) return 0;
    char mark = cursor->at < cursor->end ? *cursor->at : 0;
    if (mark != '-' && mark != '/') return 0;
    return time_take(cursor, mark) && time_take_number(cursor, 2, 2, &month) &&
           time_take(cursor, mark) && time_take_number(cursor, 2, 2, &day) &&
           time_date(minus ? -(int64_t)year : year, month, day, days);
}

static int time_take_fraction(time_cursor *cursor, int *ms)
{
    int digits = 0;
    *ms = 0;
    for (; time_is_digit(cursor); cursor->at++, digits++)
        if (digits < 3) *ms = *ms * 10 + (*cursor->at - '0');
    if (digits == 0) return 0;
    for (; digits < 3; digits++) *ms *= 10;
    return 1;
}

/* hh:mm[:ss[.fff]] */
static int time_take_clock(time_cursor *cursor, int64_t *ms)
{
    int hour, minute, second = 0, fraction = 0;
    if (!time_take_number(cursor, 1, 2, &hour) || !time_take(cursor, ':')) return 0;
    if (!time_take_number(cursor, 2, 2, &minute)) return 0;
    if (time_take(cursor, ':')) {
        if (!time_take_number(cursor, 2, 2, &second)) return 0;
        if ((time_take(cursor, '.') || time_take(cursor, ',')) &&
            !time_take_fraction(cursor, &fraction))
            return 0;
    }
    if (hour > 23 || minute > 59 || second > 59) return 0;
    *ms = (int64_t)hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND +
          fraction;
    return 1;
}

/* Z, +hh, +hhmm or +hh:mm. */
static int time_take_zone(time_cursor *cursor, int64_t *ms)
{
    int hour, minute = 0;
    *ms = 0;
    if (time_take(cursor, 'Z') || time_take(cursor, 'z')) return 1;
    int east = time_take(cursor, '+');
    if (!east && !time_take(cursor, '-')) return 0;
    if (!time_take_number(cursor, 2, 2, &hour)) return 0;
    int colon = time_take(cursor, ':');
    if ((colon || cursor->at < cursor->end) && !time_take_number(cursor, 2, 2, &minute))
        return 0;
    if (hour > 23 || minute > 59) return 0;
    *ms = (int64_t)hour * MS_PER_HOUR + minute * MS_PER_MINUTE;
    if (!east) *ms = -*ms;
    return 1;
}

/* days x ms_per_day + ms; 0 if that does not fit. The first milliseconds that do lie in
 * the middle of a day, so the product alone may not fit where the sum does. */
static int time_join(int64_t days, int64_t ms, int64_t *out)
{
    if (days < 0) {
        days++;
        ms -= ms_per_day;
    }
    return !__builtin_mul_overflow(days, ms_per_day, out) &&
           !__builtin_add_overflow(*out, ms, out);
}

int psn_parse_time(const char *text, size_t length, int64_t *ms)
{
    time_cursor cursor = {text, text + length};
    int64_t days, clock = 0, zone = 0;
    if (!time_take_date(&cursor, &days)) return 0;
    if (cursor.at < cursor.end) {
        if (!time_take(&cursor, 'T') && !time_take(&cursor, ' ') &&
            !time_take(&cursor, 't'))
            return 0;
        if (!time_take_clock(&cursor, &clock)) return 0;
        time_take(&cursor, ' '); /* databases print "06:00:00 +00:00" */
        if (cursor.at < cursor.end && !time_take_zone(&cursor, &zone)) return 0;
    }
    if (cursor.at != cursor.end || cursor.end[-1] == ' ') return 0;
    return time_join(days, clock - zone, ms);
}

/* AM or PM behind a clock of twelve hours, or nothing. */
static int time_take_half(time_cursor *cursor, int64_t *ms)
{
    const int64_t half = 12 * MS_PER_HOUR, hour = *ms / MS_PER_HOUR;
    if (cursor->end - cursor->at < 2) return 1;
    time_take(cursor, ' ');
    const char letter = (char)(*cursor->at & ~0x20);
    if (letter != 'A' && letter != 'P') return 0;
    cursor->at++;
    if (!time_take(cursor, 'M') && !time_take(cursor, 'm')) return 0;
    if (hour < 1 || hour > 12) return 0;
    *ms = *ms % half + (letter == 'P' ? half : 0);
    return 1;
}

int psn_parse_slash_time(const char *text, size_t length, int64_t *ms)
{
    time_cursor cursor = {text, text + length};
    int first, second, year, orders = 0;
    int64_t clock = 0, days = 0;
    if (!time_take_number(&cursor, 1, 2, &first) || !time_take(&cursor, '/') ||
        !time_take_number(&cursor, 1, 2, &second) || !time_take(&cursor, '/') ||
        !time_take_number(&cursor, 4, 4, &year))
        return 0;
    if (time_date(year, second, first, &days)) orders |= PSN_DAY_FIRST;
    if (time_date(year, first, second, &days)) orders |= PSN_MONTH_FIRST;
    if (orders == 0) return 0;
    if (cursor.at < cursor.end) {
        if (!time_take(&cursor, ' ') && !time_take(&cursor, 'T')) return 0;
        if (!time_take_clock(&cursor, &clock) || !time_take_half(&cursor, &clock))
            return 0;
    }
    return cursor.at == cursor.end && time_join(days, clock, ms) ? orders : 0;
}

int64_t psn_swap_day_month(int64_t ms)
{
    int64_t clock = ms % ms_per_day, days = ms / ms_per_day, year;
    int month, day;
    if (clock < 0) {
        clock += ms_per_day;
        days--;
    }
    psn_date_of_days(days, &year, &month, &day);
    if (day > 12) return ms;
    return psn_days_of_date(year, day, month) * ms_per_day + clock;
}

/* ---- printing */

static char *time_put(char *out, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

size_t psn_print_time(char *out, int64_t ms)
{
    char *at = out;
    int64_t days = ms / ms_per_day, rest = ms % ms_per_day, year;
    int month, day;
    if (rest < 0) {
        rest += ms_per_day;
        days--;
    }
    psn_date_of_days(days, &year, &month, &day);
    if (year >= 0 && year <= 9999) {
        at = time_put(at, year, 4);
    } else {
        *at++ = year < 0 ? '-' : '+';
        at = time_put(at, year < 0 ? -year : year, 9);
    }
    *at++ = '-';
    at = time_put(at, month, 2);
    *at++ = '-';
    at = time_put(at, day, 2);
    *at++ = 'T';
    at = time_put(at, rest / MS_PER_HOUR, 2);
    *at++ = ':';
    at = time_put(at, rest / MS_PER_MINUTE % 60, 2);
    *at++ = ':';
    at = time_put(at, rest / MS_PER_SECOND % 60, 2);
    if (rest % MS_PER_SECOND != 0) {
        *at++ = '.';
        at = time_put(at, rest % MS_PER_SECOND, 3);
    }
    *at++ = 'Z';
    return (size_t)(at - out);
}
