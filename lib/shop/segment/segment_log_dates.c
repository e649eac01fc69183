/* segment_log_dates.c: days that a table holds as whole numbers, 19970131, are times.
 *
 * A column is one of such days if every value is a day of the years 1900 to 2199 that the
 * calendar has: ids and counts that all look so do not occur. */
#include "base/error.h"
#include "base/memory.h"
#include "data/datetime.h"
#include "shop/segment/segment_log.h"

enum { DATES_FIRST_YEAR = 1900, DATES_LAST_YEAR = 2199 };

/* 19970131 -> milliseconds of that day; 0 if it is no day. */
static int dates_read(int64_t number, int64_t *ms)
{
    const int64_t year = number / 10000;
    const int month = (int)(number / 100 % 100), day = (int)(number % 100);
    int64_t real_year;
    int real_month, real_day;
    if (year < DATES_FIRST_YEAR || year > DATES_LAST_YEAR || month < 1 || month > 12 ||
        day < 1 || day > 31)
        return 0;
    const int64_t days = psn_days_of_date(year, month, day);
    psn_date_of_days(days, &real_year, &real_month, &real_day); /* 31 April is 1 May */
    *ms = days * PSN_DAY_MS;
    return real_day == day;
}

int psn_log_day_numbers(const psn_column *column, int64_t rows)
{
    int64_t present = 0, ms;
    if (column->type != PERSONA_TYPE_INT) return 0;
    for (int64_t i = 0; i < rows; i++) {
        if (psn_column_missing(column, i)) continue;
        if (!dates_read(((const int64_t *)column->values)[i], &ms)) return 0;
        present++;
    }
    return present > 0;
}

int psn_log_read_days(int64_t **out, const psn_column *column, int64_t rows,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *ms = psn_alloc_zero((size_t)rows, sizeof *ms);
    PSN_NEED(ms);
    for (int64_t i = 0; i < rows; i++)
        if (!psn_column_missing(column, i))
            dates_read(((const int64_t *)column->values)[i], &ms[i]);
    *out = ms;
done:
    return rc;
}
