/* Calendars of series: which date the n-th period is, and which period dates keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "data/datetime.h"
#include "data/period.h"

#define DAY INT64_C(86400000)
static const psn_period day = {PSN_PERIOD_MS, DAY}, week = {PSN_PERIOD_MS, 7 * DAY},
                        month = {PSN_PERIOD_MONTH, 1}, quarter = {PSN_PERIOD_MONTH, 3},
                        year = {PSN_PERIOD_MONTH, 12};

static int64_t date(int64_t y, int m, int d)
{
    return psn_days_of_date(y, m, d) * DAY;
}

static void months_keep_their_day_or_the_last_of_a_shorter_month(void **state)
{
    (void)state;
    assert_int_equal(psn_period_time(month, date(2023, 1, 30), 1), date(2023, 2, 28));
    assert_int_equal(psn_period_time(month, date(2023, 1, 30), 2), date(2023, 3, 30));
    assert_int_equal(psn_period_time(month, date(2023, 2, 28), 1), date(2023, 3, 31));
    assert_int_equal(psn_period_time(month, date(2024, 2, 28), 1), date(2024, 3, 28));
    assert_int_equal(psn_period_time(quarter, date(2023, 11, 15), 1), date(2024, 2, 15));
    assert_int_equal(psn_period_time(year, date(2024, 2, 29), 1), date(2025, 2, 28));
    assert_int_equal(psn_period_time(month, date(2023, 1, 1), -1), date(2022, 12, 1));
    assert_int_equal(psn_period_time(day, date(2023, 2, 27), 2), date(2023, 3, 1));
}

static void periods_between_are_counted_downwards(void **state)
{
    (void)state;
    int exact;
    assert_int_equal(
        psn_period_count(month, date(2023, 1, 31), date(2023, 2, 28), &exact), 1);
    assert_true(exact);
    assert_int_equal(
        psn_period_count(month, date(2023, 1, 31), date(2023, 3, 30), &exact), 1);
    assert_false(exact);
    assert_int_equal(psn_period_count(week, date(2023, 1, 2), date(2023, 1, 1), &exact),
                     -1);
    assert_false(exact);
    assert_int_equal(
        psn_period_count(quarter, date(2023, 1, 1), date(2022, 10, 1), &exact), -1);
    assert_true(exact);
}

/* Dates of `days` after 2023-01-01, ended by -1. */
static psn_period found(const int *days, double *share)
{
    int64_t times[16], n = 0;
    while (days[n] >= 0) {
        times[n] = date(2023, 1, 1) + days[n] * DAY;
        n++;
    }
    return psn_period_find(times, n, 1, share);
}

static void assert_period(psn_period got, psn_period want)
{
    assert_int_equal(got.unit, want.unit);
    assert_int_equal(got.step, want.step);
}

static void the_period_is_the_one_that_most_times_keep(void **state)
{
    (void)state;
    double share;
    assert_period(found((int[]){0, 1, 2, 5, 6, -1}, &share), day);
    assert_true(share == 1);
    assert_period(found((int[]){0, 7, 14, 28, -1}, &share), week);
    assert_period(
        found((int[]){0, 7, 14, 22, 28, 35, 42, 49, 56, 63, 70, 77, -1}, &share), week);
    assert_true(share > 0.9 && share < 1);
    assert_period(found((int[]){0, 31, 59, 90, 120, -1}, &share), month);
    assert_period(found((int[]){30, 58, 89, 119, -1}, &share), month);
    assert_period(found((int[]){0, 90, 181, 273, -1}, &share), quarter);
    assert_period(found((int[]){0, 365, -1}, &share), year);
    assert_period(found((int[]){0, 28, 56, 84, 112, -1}, &share),
                  (psn_period){PSN_PERIOD_MS, 28 * DAY});
}

static void an_hour_lost_to_summer_time_changes_nothing(void **state)
{
    (void)state;
    int64_t times[60];
    double share;
    for (int i = 0; i < 60; i++)
        times[i] = date(2023, 3, 1) + i * DAY - (i >= 25) * 3600000;
    assert_period(psn_period_find(times, 60, 1, &share), day);
    assert_true(share == 1);
}

static void whole_numbers_have_a_step(void **state)
{
    (void)state;
    const int64_t times[] = {10, 20, 40, 50};
    assert_period(psn_period_find(times, 4, 0, NULL),
                  (psn_period){PSN_PERIOD_NUMBER, 10});
    assert_period(psn_period_find(times, 1, 0, NULL), (psn_period){PSN_PERIOD_NUMBER, 1});
}

static void names_read_back(void **state)
{
    (void)state;
    static const char *const names[] = {"day", "week",       "month",   "quarter", "year",
                                        "2",   "15 minutes", "2 weeks", "hour"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char out[PSN_PERIOD_BYTES];
        psn_period period;
        assert_true(psn_period_parse(names[i], &period));
        psn_period_name(out, period);
        assert_string_equal(out, names[i]);
    }
    psn_period period;
    assert_true(psn_period_parse("weekly", &period));
    assert_period(period, week);
    assert_true(psn_period_parse("6hours", &period));
    assert_int_equal(period.step, 6 * 3600000);
    assert_false(psn_period_parse("fortnight", &period));
    assert_false(psn_period_parse("0 days", &period));
}

static void assert_seasons(psn_period period, int32_t a, int32_t b)
{
    int32_t seasons[3];
    psn_period_seasons(period, seasons);
    assert_int_equal(seasons[0], a);
    assert_int_equal(seasons[1], b);
    assert_int_equal(seasons[2], 0);
}

static void every_calendar_has_its_usual_seasons(void **state)
{
    (void)state;
    assert_seasons(day, 7, 365);
    assert_seasons(week, 52, 0);
    assert_seasons(month, 12, 0);
    assert_seasons(quarter, 4, 0);
    assert_seasons(year, 0, 0);
    assert_seasons((psn_period){PSN_PERIOD_MS, 3600000}, 24, 168);
    assert_seasons((psn_period){PSN_PERIOD_MS, 900000}, 96, 672);
    assert_seasons((psn_period){PSN_PERIOD_NUMBER, 1}, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_keep_their_day_or_the_last_of_a_shorter_month),
        cmocka_unit_test(periods_between_are_counted_downwards),
        cmocka_unit_test(the_period_is_the_one_that_most_times_keep),
        cmocka_unit_test(an_hour_lost_to_summer_time_changes_nothing),
        cmocka_unit_test(whole_numbers_have_a_step),
        cmocka_unit_test(names_read_back),
        cmocka_unit_test(every_calendar_has_its_usual_seasons),
    };
    return cmocka_run_group_tests_name("period", tests, NULL, NULL);
}
