/* forecast_fit_panel_ends.c: where each history starts and ends, and what is ahead.
 *
 * Table: rows without value at the end are the future if at least half of the series end
 * so; else they are gaps. Where most series of one calendar have the same number of them,
 * a series has not more (the others are gaps: it was out of stock when history ended).
 * Zeros at the start are cut if they are more than ever follow one another later: the
 * product was not on sale yet.
 * Log: history ends for all at the last whole period and starts with the first sale; rows
 * without quantity after that are the future. */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"

#define ENDS_MOST  INT64_C(2000000000) /* periods of all series */
#define ENDS_HOLES 0.1                 /* share of holes among counts that are zeros */
#define ENDS_SMALL 20                  /* the mean of such counts is at most */
enum { ENDS_LEAD = 3 };

/* Places of one series; -1: none. */
typedef struct ends_of {
    int32_t first; /* that has a value */
    int32_t sale;  /* the first whose value is not 0 */
    int32_t value; /* the last that has a value */
    int32_t row;   /* the last that has a row */
    int32_t zeros; /* the longest run of zeros after the first sale */
} ends_of;

/* ---- looking */

static ends_of ends_look(const psn_panel_reader *reader, int64_t s)
{
    ends_of ends = {-1, -1, -1, -1, 0};
    const psn_group *group = &reader->group;
    const int64_t end = group->starts[s + 1];
    int32_t zeros = 0;
    for (int64_t i = group->starts[s], next; i < end; i = next) {
        const int32_t place = reader->place[i];
        double sum = 0;
        int64_t known = 0;
        for (next = i; next < end && reader->place[next] == place; next++) {
            const double amount = psn_panel_amount(reader, group->order[next]);
            if (isnan(amount)) continue;
            sum += amount;
            known++;
        }
        if (place < reader->from) continue;
        ends.row = place;
        if (known == 0) continue;
        ends.value = place;
        if (ends.first < 0) ends.first = place;
        if (sum != 0 && ends.sale < 0) ends.sale = place;
        zeros = sum == 0 && ends.sale >= 0 ? zeros + 1 : 0;
        if (zeros > ends.zeros) ends.zeros = zeros;
    }
    return ends;
}

/* ---- table */

/* The number of rows ahead that most series of this calendar have, or a huge one. */
static int32_t ends_usual_ahead(const psn_panel_reader *reader, const ends_of *ends,
                                psn_period period)
{
    enum { KINDS = 64 };
    int32_t ahead[KINDS], best = 0;
    int64_t seen[KINDS], all = 0;
    int kinds = 0;
    for (int64_t s = 0; s < reader->panel->series; s++) {
        const psn_period own = reader->panel->period[s];
        const int32_t here = ends[s].row - ends[s].value;
        if (ends[s].value < 0 || here == 0 || own.unit != period.unit ||
            own.step != period.step)
            continue;
        int k = 0;
        all++;
        while (k < kinds && ahead[k] != here) k++;
        if (k == KINDS) continue;
        if (k == kinds) {
            ahead[kinds] = here;
            seen[kinds++] = 0;
        }
        if (++seen[k] > seen[best]) best = k;
    }
    return kinds > 0 && seen[best] * 2 >= all ? ahead[best] : INT32_MAX;
}

static void ends_table(psn_panel_reader *reader, const ends_of *ends)
{
    psn_panel *panel = reader->panel;
    int64_t with = 0, open = 0;
    psn_period asked = {-1, 0};
    int32_t usual = 0;
    for (int64_t s = 0; s < panel->series; s++) {
        with += ends[s].value >= 0;
        open += ends[s].value >= 0 && ends[s].row > ends[s].value;
    }
    const int future = open > 0 && open * 2 >= with;
    for (int64_t s = 0; s < panel->series; s++) {
        const ends_of *at = ends + s;
        if (panel->period[s].unit != asked.unit || panel->period[s].step != asked.step) {
            asked = panel->period[s];
            usual = future ? ends_usual_ahead(reader, ends, asked) : 0;
        }
        int32_t ahead = future ? at->row - at->value : 0;
        if (ahead > usual) ahead = usual;
        reader->skip[s] = at->first > 0 && !reader->like ? at->first : 0;
        if (at->sale >= 0 && at->sale - at->first > ENDS_LEAD &&
            at->sale - at->first > at->zeros && !reader->like)
            reader->skip[s] = at->sale;
        panel->ahead[s] = ahead;
        panel->count[s] = at->value < 0 ? 0 : at->row + 1 - ahead - reader->skip[s];
        if (at->value < 0 && future) {
            panel->ahead[s] = at->row + 1 < usual ? at->row + 1 : usual;
            reader->skip[s] = at->row + 1 - panel->ahead[s];
        }
    }
}

/* ---- log */

static void ends_log(psn_panel_reader *reader, const ends_of *ends)
{
    psn_panel *panel = reader->panel;
    for (int64_t s = 0; s < panel->series; s++) {
        const ends_of *at = ends + s;
        const int after = at->row > reader->last && at->row > at->value;
        panel->ahead[s] = after ? at->row - reader->last : 0;
        reader->skip[s] = at->sale >= 0 ? at->sale : at->first;
        if (at->first < 0 || reader->skip[s] > reader->last) {
            reader->skip[s] = reader->last + 1;
            panel->count[s] = 0;
        } else {
            panel->count[s] = reader->last + 1 - reader->skip[s];
        }
    }
}

/* ---- holes */

/* Whether holes between counts that are never zero are zeros. */
static int ends_counts(const psn_panel_reader *reader)
{
    double sum = 0, known = 0, periods = 0;
    const psn_group *group = &reader->group;
    for (int64_t s = 0; s < reader->panel->series; s++) {
        for (int64_t i = group->starts[s]; i < group->starts[s + 1]; i++) {
            const double x = psn_panel_amount(reader, group->order[i]);
            if (isnan(x)) continue;
            if (x < 1 || x != floor(x)) return 0;
            sum += x;
            known++;
        }
        periods += reader->panel->count[s];
    }
    return known > 0 && sum <= ENDS_SMALL * known && known <= (1 - ENDS_HOLES) * periods;
}

static int ends_fill(psn_panel_reader *reader, persona_error *error)
{
    psn_panel *panel = reader->panel;
    if (reader->like) {
        panel->zero_fill = reader->like->zero_fill;
        return PERSONA_OK;
    }
    const char *option = PSN_FORECAST_TEXT(reader, "fill");
    if (strcmp(option, "auto") != 0) {
        panel->zero_fill = strcmp(option, "zero") == 0;
        return PERSONA_OK;
    }
    panel->zero_fill = reader->log || ends_counts(reader);
    if (panel->zero_fill && !reader->log)
        return psn_panel_note(reader, "fill", "warning", 0, error,
                              "values are counts and never 0: periods without a row are "
                              "taken as 0 (fill=missing: unknown)");
    return PERSONA_OK;
}

/* ---- the whole */

/* The last period of the log, by any series. */
static int32_t ends_last(const psn_panel_reader *reader, const ends_of *ends)
{
    int32_t last = -1;
    for (int64_t s = 0; s < reader->panel->series; s++)
        if (ends[s].value > last) last = ends[s].value;
    return last;
}

/* The same of the panel that is gone on with. */
static int32_t ends_known(const psn_panel_reader *reader)
{
    const psn_panel *like = reader->like;
    int64_t last = -1;
    for (int64_t s = 0; like && s < like->series; s++) {
        if (like->count[s] == 0) continue;
        const int64_t end =
            like->count[s] - 1 +
            psn_period_count(like->period[s], reader->anchor[s], like->first[s], NULL);
        if (end > last) last = end;
    }
    return last < INT32_MAX / 2 ? (int32_t)last : INT32_MAX / 2;
}

static int ends_starts(psn_panel_reader *reader, persona_error *error)
{
    psn_panel *panel = reader->panel;
    int64_t empty = 0;
    for (int64_t s = 0; s < panel->series; s++) {
        panel->first[s] =
            psn_period_time(panel->period[s], reader->anchor[s], reader->skip[s]);
        panel->start[s + 1] = panel->start[s] + panel->count[s] + panel->ahead[s];
        empty += panel->count[s] == 0;
        if (panel->start[s + 1] > ENDS_MOST)
            return psn_fail(error, PERSONA_ELIMIT,
                            "the series have more than %lld periods together",
                            (long long)ENDS_MOST);
    }
    if (reader->like) return PERSONA_OK;
    if (empty == panel->series)
        return psn_fail(error, PERSONA_EDATA, "no series has a value");
    if (empty > 0)
        return psn_panel_note(reader, "empty", "warning", empty, error,
                              "%lld series have no value at all", (long long)empty);
    return PERSONA_OK;
}

int psn_panel_ends(psn_panel_reader *reader, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t series = (size_t)reader->panel->series + 1;
    ends_of *ends = psn_alloc(series, sizeof *ends);
    PSN_NEED(ends);
    PSN_NEED(reader->skip = psn_alloc_zero(series, sizeof *reader->skip));
    for (int64_t s = 0; s < reader->panel->series; s++) ends[s] = ends_look(reader, s);
    if (reader->log && reader->panel->series > 0) {
        const int32_t known = ends_known(reader);
        reader->last = ends_last(reader, ends);
        if (reader->last > known) PSN_TRY(psn_panel_whole_bins(reader, error));
        if (reader->last < known) reader->last = known;
        for (int64_t s = 0; s < reader->panel->series && reader->from > 0; s++)
            ends[s] = ends_look(reader, s);
        ends_log(reader, ends);
    } else {
        ends_table(reader, ends);
    }
    PSN_TRY(ends_fill(reader, error));
    PSN_TRY(ends_starts(reader, error));
done:
    psn_release(ends);
    return rc;
}
