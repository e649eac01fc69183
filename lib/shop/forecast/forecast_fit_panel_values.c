/* forecast_fit_panel_values.c: the values of the panel, and whether they may be negative.
 *
 * Rare returns are not demand: where less than one in a hundred values is negative and
 * they take away less than one in a hundred of the whole, they count as 0; in a log of
 * orders wherever less than one in twenty is (single large orders are cancelled). */
#include "shop/forecast/forecast_fit_panel.h"

#include <math.h>
#include <string.h>
#include "base/error.h"

#define VALUES_RARE    0.01
#define VALUES_RETURNS 0.05

/* The value of a run of rows of one period. */
static double values_take(const psn_panel_reader *reader, int64_t from, int64_t to)
{
    double sum = 0, last = NAN;
    int64_t known = 0;
    for (int64_t i = from; i < to; i++) {
        const double x = psn_panel_amount(reader, reader->group.order[i]);
        if (isnan(x)) continue;
        last = x;
        sum += x;
        known++;
    }
    if (known == 0) return NAN;
    switch (reader->panel->aggregate) {
    case PSN_AGGREGATE_SUM:
        return sum;
    case PSN_AGGREGATE_MEAN:
        return sum / (double)known;
    default:
        return last;
    }
}

static void values_series(const psn_panel_reader *reader, int64_t s)
{
    const psn_group *group = &reader->group;
    psn_panel *panel = reader->panel;
    const int64_t end = group->starts[s + 1], start = panel->start[s];
    for (int64_t i = 0; panel->zero_fill && i < panel->count[s]; i++)
        panel->value[start + i] = 0;
    for (int64_t i = group->starts[s], next; i < end; i = next) {
        for (next = i + 1; next < end && reader->place[next] == reader->place[i];) next++;
        const int64_t at = psn_panel_at(reader, s, i);
        if (at < 0 || at - start >= panel->count[s]) continue;
        const int blank = reader->blank_last && reader->place[i] == reader->last;
        panel->value[at] = blank ? NAN : values_take(reader, i, next);
    }
    if (reader->blank_last && panel->count[s] > 0)
        panel->value[start + panel->count[s] - 1] = NAN;
}

typedef struct values_seen {
    int64_t known, below, broken;
    double above_sum, below_sum;
} values_seen;

static values_seen values_look(const psn_panel *panel)
{
    values_seen seen = {0, 0, 0, 0, 0};
    for (int64_t i = 0; i < panel->start[panel->series]; i++) {
        const double x = panel->value[i];
        if (isnan(x)) continue;
        seen.known++;
        seen.broken += x != floor(x);
        seen.below += x < 0;
        if (x < 0)
            seen.below_sum -= x;
        else
            seen.above_sum += x;
    }
    return seen;
}

static int values_negative(const psn_panel_reader *reader, const values_seen *seen)
{
    if (reader->like) return reader->reading->negative;
    const char *option = PSN_FORECAST_TEXT(reader, "negative");
    if (strcmp(option, "auto") != 0) return strcmp(option, "true") == 0;
    if (reader->log && (double)seen->below < VALUES_RETURNS * (double)seen->known)
        return 0;
    const int rare = (double)seen->below < VALUES_RARE * (double)seen->known &&
                     seen->below_sum < VALUES_RARE * seen->above_sum;
    return seen->below > 0 && !rare;
}

int psn_panel_values(psn_panel_reader *reader, persona_error *error)
{
    int rc;
    psn_panel *panel = reader->panel;
    PSN_TRY(psn_panel_room(panel, error));
    for (int64_t s = 0; s < panel->series; s++) values_series(reader, s);
    const values_seen seen = values_look(panel);
    reader->reading->whole = seen.broken == 0;
    reader->reading->negative = values_negative(reader, &seen);
    if (reader->reading->negative || seen.below == 0) goto done;
    for (int64_t i = 0; i < panel->start[panel->series]; i++)
        if (panel->value[i] < 0) panel->value[i] = 0;
    PSN_TRY(psn_panel_note(reader, "negative", "info", seen.below, error,
                           "%lld values below 0 (returns) count as 0 (negative=true: as "
                           "they are)",
                           (long long)seen.below));
done:
    return rc;
}
