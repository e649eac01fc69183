/* period.c: calendars of series (period.h).
 *
 * Fixed lengths are plain division. Months are counted as 12 x year + month; the day of
 * the first period says where in its month every other one lies, and where the first one
 * is the last day of its month all are. Times are UTC, so that every day has 24 hours.
 *
 * Which period a list of times keeps: the largest of the frequent gaps on whose grid at
 * least nine of ten times lie (within an eighth of it, so that summer time and a week
 * counted from Tuesday once do no harm); else the greatest common divisor of all gaps.
 * O(times). */
#include "data/period.h"

#include <string.h>
#include "base/number.h"
#include "base/text.h"
#include "data/datetime.h"

#define PERIOD_DAY  INT64_C(86400000)
#define PERIOD_HOUR INT64_C(3600000)
enum { PERIOD_GAPS = 16, PERIOD_MONTH_DAYS = 27 };

/* ---- arithmetic that cannot overflow */

static int64_t period_floor(int64_t a, int64_t b)
{
    const int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t period_add(int64_t first, int64_t step, int64_t count)
{
    int64_t product, sum;
    const int down = (step < 0) != (count < 0);
    if (__builtin_mul_overflow(step, count, &product) ||
        __builtin_add_overflow(first, product, &sum))
        return down ? INT64_MIN + 1 : INT64_MAX;
    return sum;
}

/* ---- months */

typedef struct period_date {
    int64_t month; /* 12 x year + 0 .. 11 */
    int day;       /* 1 .. 31 */
    int last;      /* the last day of its month */
    int64_t rest;  /* ms of the day */
} period_date;

static int64_t period_month_start(int64_t month)
{
    const int64_t year = period_floor(month, 12);
    return psn_days_of_date(year, (int)(month - 12 * year) + 1, 1);
}

static period_date period_date_of(int64_t time)
{
    period_date date;
    int64_t year;
    int month;
    const int64_t days = period_floor(time, PERIOD_DAY);
    psn_date_of_days(days, &year, &month, &date.day);
    date.month = 12 * year + month - 1;
    date.last = period_month_start(date.month + 1) == days + 1;
    date.rest = time - days * PERIOD_DAY;
    return date;
}

static int64_t period_month_time(const period_date *first, int64_t month)
{
    const int64_t start = period_month_start(month);
    const int64_t length = period_month_start(month + 1) - start;
    const int64_t day = first->last || first->day > length ? length : first->day;
    return (start + day - 1) * PERIOD_DAY + first->rest;
}

/* Further than any date of four digits: dates stay in what 64 bits hold. */
static int64_t period_bounded(int64_t months)
{
    const int64_t most = 12 * INT64_C(200000);
    return months > most ? most : months < -most ? -most : months;
}

int64_t psn_period_time(psn_period period, int64_t first, int64_t count)
{
    if (period.unit != PSN_PERIOD_MONTH) return period_add(first, period.step, count);
    const period_date date = period_date_of(first);
    const int64_t month = period_add(date.month, period.step, count);
    return period_month_time(&date, period_bounded(month));
}

int64_t psn_period_count(psn_period period, int64_t first, int64_t time, int *exact)
{
    int64_t count;
    if (period.unit != PSN_PERIOD_MONTH) {
        int64_t far;
        if (__builtin_sub_overflow(time, first, &far))
            far = time < first ? INT64_MIN : INT64_MAX;
        count = period_floor(far, period.step);
        if (exact) *exact = far - count * period.step == 0;
        return count;
    }
    const period_date from = period_date_of(first);
    const period_date to = period_date_of(time);
    count = period_floor(to.month - from.month, period.step);
    const int64_t at = period_month_time(&from, from.month + count * period.step);
    if (exact) *exact = at == time;
    return count - (at > time);
}

int64_t psn_period_nearest(psn_period period, int64_t first, int64_t time)
{
    int exact;
    const int64_t below = psn_period_count(period, first, time, &exact);
    if (exact) return below;
    const int64_t up = psn_period_time(period, first, below + 1) - time;
    const int64_t down = time - psn_period_time(period, first, below);
    return below + (up < down);
}

/* ---- finding */

typedef struct period_gaps {
    int64_t gap[PERIOD_GAPS], seen[PERIOD_GAPS];
    int distinct;
    int64_t divisor, all;
} period_gaps;

int64_t psn_period_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void period_gaps_add(period_gaps *gaps, int64_t gap)
{
    int i = 0;
    gaps->all++;
    if (gaps->divisor == 0 || gap % gaps->divisor != 0)
        gaps->divisor = psn_period_divisor(gap, gaps->divisor);
    while (i < gaps->distinct && gaps->gap[i] != gap) i++;
    if (i == PERIOD_GAPS) return;
    if (i == gaps->distinct) {
        gaps->gap[i] = gap;
        gaps->seen[i] = 0;
        gaps->distinct++;
    }
    gaps->seen[i]++;
}

/* By month numbers where `months`, else as they are. */
static int64_t period_at(const int64_t *times, int64_t i, int months)
{
    return months ? period_date_of(times[i]).month : times[i];
}

static double period_on_grid(const int64_t *times, int64_t count, int months,
                             int64_t step, int64_t anchor)
{
    int64_t on = 0;
    const int64_t near = step / 8;
    for (int64_t i = 0; i < count; i++) {
        int64_t rest = (period_at(times, i, months) - anchor) % step;
        if (rest < 0) rest += step;
        on += rest <= near || step - rest <= near;
    }
    return (double)on / (double)count;
}

static int64_t period_step(const int64_t *times, int64_t count, int months,
                           const period_gaps *gaps, double *share)
{
    int64_t best = gaps->divisor;
    *share = 1;
    for (int i = 0; i < gaps->distinct; i++) {
        if (gaps->seen[i] * 4 < gaps->all || gaps->gap[i] <= best) continue;
        double on = 0;
        for (int a = 0; a < 2 && on < 0.9; a++)
            on = period_on_grid(times, count, months, gaps->gap[i],
                                period_at(times, a ? count / 2 : 0, months));
        if (on < 0.9) continue;
        best = gaps->gap[i];
        *share = on;
    }
    return best;
}

/* 1 if no month has two of the times, and they lie on about the same day of theirs, or no
 * fixed length rules. */
static int period_is_months(const int64_t *times, int64_t count, const period_gaps *gaps)
{
    const period_date first = period_date_of(times[0]);
    const int slack = count >= 4 ? 3 : 0;
    int64_t before = first.month, most = 0;
    int same_day = 1;
    for (int64_t i = 1; i < count; i++) {
        const period_date date = period_date_of(times[i]);
        const int off =
            date.day > first.day ? date.day - first.day : first.day - date.day;
        if (date.month == before) return 0;
        before = date.month;
        same_day &= off <= slack || off >= 31 - slack || (date.last && first.last) ||
                    (date.last && first.day > date.day);
    }
    for (int i = 0; i < gaps->distinct; i++)
        if (gaps->seen[i] > most) most = gaps->seen[i];
    return same_day || (count >= 4 && most * 10 < gaps->all * 9);
}

static period_gaps period_gaps_of(const int64_t *times, int64_t count, int months)
{
    period_gaps gaps = {{0}, {0}, 0, 0, 0};
    for (int64_t i = 1; i < count; i++)
        period_gaps_add(&gaps,
                        period_at(times, i, months) - period_at(times, i - 1, months));
    return gaps;
}

psn_period psn_period_find(const int64_t *times, int64_t count, int dates, double *share)
{
    double on = 1;
    psn_period period = {dates ? PSN_PERIOD_MS : PSN_PERIOD_NUMBER,
                         dates ? PERIOD_DAY : 1};
    if (count >= 2) {
        period_gaps gaps = period_gaps_of(times, count, 0);
        const int64_t mean = (times[count - 1] - times[0]) / (count - 1);
        if (dates && mean >= PERIOD_MONTH_DAYS * PERIOD_DAY &&
            period_is_months(times, count, &gaps)) {
            gaps = period_gaps_of(times, count, 1);
            period.unit = PSN_PERIOD_MONTH;
        }
        period.step =
            period_step(times, count, period.unit == PSN_PERIOD_MONTH, &gaps, &on);
    }
    if (share) *share = on;
    return period;
}

/* ---- names */

typedef struct period_word {
    const char *word, *adverb; /* day, daily */
    psn_period period;
} period_word;

/* Longest first: the name of a period is the first that divides it. */
static const period_word period_words[] = {
    {"year", "yearly", {PSN_PERIOD_MONTH, 12}},
    {"quarter", "quarterly", {PSN_PERIOD_MONTH, 3}},
    {"month", "monthly", {PSN_PERIOD_MONTH, 1}},
    {"week", "weekly", {PSN_PERIOD_MS, 7 * PERIOD_DAY}},
    {"day", "daily", {PSN_PERIOD_MS, PERIOD_DAY}},
    {"hour", "hourly", {PSN_PERIOD_MS, PERIOD_HOUR}},
    {"minute", "minutely", {PSN_PERIOD_MS, 60000}},
    {"second", "secondly", {PSN_PERIOD_MS, 1000}},
    {"ms", "ms", {PSN_PERIOD_MS, 1}},
};
enum { PERIOD_WORDS = sizeof period_words / sizeof *period_words };

void psn_period_name(char *out, psn_period period)
{
    for (int i = 0; i < PERIOD_WORDS; i++) {
        const period_word *word = period_words + i;
        if (word->period.unit != period.unit || period.step % word->period.step != 0)
            continue;
        const int64_t times = period.step / word->period.step;
        if (times == 1)
            psn_format(out, PSN_PERIOD_BYTES, "%s", word->word);
        else
            psn_format(out, PSN_PERIOD_BYTES, "%lld %ss", (long long)times, word->word);
        return;
    }
    psn_format(out, PSN_PERIOD_BYTES, "%lld", (long long)period.step);
}

static int period_is_word(const period_word *word, const char *text)
{
    const size_t length = strlen(word->word);
    if (strcmp(text, word->adverb) == 0) return 1;
    if (strncmp(text, word->word, length) != 0) return 0;
    return text[length] == 0 || strcmp(text + length, "s") == 0;
}

int psn_period_parse(const char *text, psn_period *period)
{
    int64_t times = 1;
    const size_t digits = strspn(text, "0123456789");
    if (digits > 0 &&
        (!psn_parse_int(text, digits, &times) || times < 1 || times > INT64_C(1000000)))
        return 0;
    text += digits;
    if (*text == 0 && digits > 0) {
        *period = (psn_period){PSN_PERIOD_NUMBER, times};
        return 1;
    }
    text += *text == ' ' && digits > 0;
    if (strcmp(text, "annual") == 0) text = "yearly";
    for (int i = 0; i < PERIOD_WORDS; i++) {
        if (!period_is_word(period_words + i, text)) continue;
        *period = period_words[i].period;
        period->step *= times;
        return 1;
    }
    return 0;
}

/* ---- seasons */

static void period_fixed_seasons(int64_t step, int32_t seasons[3])
{
    const int64_t week = 7 * PERIOD_DAY;
    int n = 0;
    if (step < PERIOD_DAY && PERIOD_DAY % step == 0 && PERIOD_DAY / step <= 86400) {
        seasons[n++] = (int32_t)(PERIOD_DAY / step);
        seasons[n++] = (int32_t)(week / step);
    } else if (step == PERIOD_DAY) {
        seasons[n++] = 7;
        seasons[n++] = 365;
    } else if (step % week == 0 && 52 % (step / week) == 0 && step / week <= 26) {
        seasons[n++] = (int32_t)(52 / (step / week));
    }
}

void psn_period_seasons(psn_period period, int32_t seasons[3])
{
    for (int i = 0; i < 3; i++) seasons[i] = 0;
    if (period.unit == PSN_PERIOD_MS) period_fixed_seasons(period.step, seasons);
    if (period.unit == PSN_PERIOD_MONTH && period.step <= 6 && 12 % period.step == 0)
        seasons[0] = (int32_t)(12 / period.step);
}
