/* datetime.h: times from text and back. */
#ifndef PSN_DATA_DATETIME_H
#define PSN_DATA_DATETIME_H

#include <stddef.h>
#include <stdint.h>

/* Parses the whole of text[0 .. length) to milliseconds since 1970 UTC; 1 on success.
 *   2017-01-31, 2017/01/31, 31.01.2017 (1.2.2017 too); then, by blank or T,
 *   06:00, 06:00:30, 06:00:30.123456; then Z, +02, +0200, +02:00 (none: UTC).
 * The calendar is Gregorian at all times; digits below a millisecond are dropped. Years
 * 0000 .. 9999, others as +YYYYYY and -YYYYYY (ISO 8601 expanded, 6 to 9 digits). */
int psn_parse_time(const char *text, size_t length, int64_t *ms);

/* Dates whose order only the other dates of a column tell: 1/31/2017, 31/1/2017; then, by
 * blank or T, 6:00, 6:00:30, 6:00 PM (UTC, no zone). Returns the orders, 0 .. 3, in which
 * the text is a date; *ms is by the first of them. */
enum { PSN_MONTH_FIRST = 1, PSN_DAY_FIRST = 2 };
int psn_parse_slash_time(const char *text, size_t length, int64_t *ms);
/* The same time with day and month of its date exchanged; as it is where the day is no
 * month. */
int64_t psn_swap_day_month(int64_t ms);

/* 2017-01-31T12:00:00Z, with .123 when not whole seconds. `out` holds PSN_TIME_BYTES;
 * returns the length, without a NUL. */
enum { PSN_TIME_BYTES = 48 };
size_t psn_print_time(char *out, int64_t ms);

/* Days since 1970-01-01 and back; month 1 .. 12, day 1 .. 31. */
int64_t psn_days_of_date(int64_t year, int month, int day);
void psn_date_of_days(int64_t days, int64_t *year, int *month, int *day);

#endif
