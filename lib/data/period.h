/* period.h: the calendar of a series: hours, days, weeks, months, quarters, years or
 * plain numbers, and what date the n-th period is. */
#ifndef PSN_DATA_PERIOD_H
#define PSN_DATA_PERIOD_H

#include <stdint.h>

enum {
    PSN_PERIOD_NUMBER, /* times are whole numbers, steps of `step` */
    PSN_PERIOD_MS,     /* fixed length: `step` milliseconds (hour, day, week) */
    PSN_PERIOD_MONTH   /* `step` calendar months (1 month, 3 quarter, 12 year) */
};

typedef struct psn_period {
    int32_t unit;
    int64_t step;
} psn_period;

/* The time of the period that lies `count` after the one of time `first` (a month keeps
 * its day, or the last day of a shorter month; `first` on the last day of a month means
 * last days). */
int64_t psn_period_time(psn_period period, int64_t first, int64_t count);
/* How many whole periods `time` lies after `first`, rounded down; *exact tells whether it
 * is the time of that period. */
int64_t psn_period_count(psn_period period, int64_t first, int64_t time, int *exact);
/* The same, to the nearest period: of two as near the earlier one. */
int64_t psn_period_nearest(psn_period period, int64_t first, int64_t time);
/* The period that most neighbouring times keep; times ascending, distinct. `dates`: times
 * are milliseconds, else whole numbers. *share: of the gaps that are whole multiples. */
psn_period psn_period_find(const int64_t *times, int64_t count, int dates, double *share);
/* The greatest common divisor of steps; 0 and a give a. */
int64_t psn_period_divisor(int64_t a, int64_t b);
/* "day", "week", "month", "hour", "15 minutes", "2" ... into out. */
enum { PSN_PERIOD_BYTES = 32 };
void psn_period_name(char *out, psn_period period);
/* 1 if text is such a name (also daily, weekly, monthly, quarterly, yearly, hourly). */
int psn_period_parse(const char *text, psn_period *period);
/* The usual seasons of a calendar, shortest first, at most 3, then 0: hour 24 168, day 7
 * 365, week 52, month 12, quarter 4; none for years and numbers. */
void psn_period_seasons(psn_period period, int32_t seasons[3]);

#endif
