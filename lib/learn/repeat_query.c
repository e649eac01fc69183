/* repeat_query.c: a user's own items, and how likely each is in the next order.
 *
 * Time runs in orders and in days. A decayed share of the user's orders says how much the
 * item is a habit: the newest orders by a half-life of 3, the habit of months by one of
 * 60. The time since the last purchase is compared with the period expected of this user
 * and item: the mean logarithm of his own gaps, to which the item's typical one counts as
 * 3 more. O(n log n) for n purchases. */
#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "learn/repeat_internal.h"
#include "math/elementary.h"
#include "math/sigmoid.h"

static const double repeat_half_lives[] = {3.0, 60.0};

enum { REPEAT_OWN = 3 }; /* gaps that an item's typical period counts for */

void psn_repeat_free(psn_repeat *repeat)
{
    if (repeat == NULL) return;
    psn_release(repeat->offset);
    psn_release(repeat->again);
    psn_release(repeat->period);
    psn_release(repeat);
}

void psn_repeat_scratch_free(psn_repeat_scratch *scratch)
{
    if (scratch == NULL) return;
    psn_release(scratch->key);
    psn_release(scratch->by_item);
    psn_release(scratch->order);
    psn_release(scratch);
}

static void repeat_tables(psn_repeat_scratch *scratch)
{
    for (int h = 0; h < 2; h++) {
        double sum = 0.0;
        for (int age = 0; age < PSN_REPEAT_REACH; age++) {
            scratch->decay[h][age] =
                psn_exp(-0.69314718055994531 * age / repeat_half_lives[h]);
            scratch->total[h][age] = sum += scratch->decay[h][age];
        }
    }
}

int psn_repeat_scratch_new(psn_repeat_scratch **out, int64_t most, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_repeat_scratch *scratch = psn_alloc_zero(1, sizeof *scratch);
    *out = NULL;
    PSN_NEED(scratch);
    scratch->most = most;
    PSN_NEED(scratch->key = psn_alloc((size_t)most, sizeof *scratch->key));
    PSN_NEED(scratch->by_item = psn_alloc((size_t)most, sizeof *scratch->by_item));
    PSN_NEED(scratch->order = psn_alloc((size_t)most, sizeof *scratch->order));
    repeat_tables(scratch);
    *out = scratch;
    scratch = NULL;
done:
    psn_repeat_scratch_free(scratch);
    return rc;
}

int64_t psn_repeat_sort(psn_repeat_scratch *scratch, const int32_t *item,
                        const double *time, int64_t count, double pause)
{
    int64_t orders = 0;
    for (int64_t i = 0; i < count; i++) {
        orders += i == 0 || time[i] - time[i - 1] >= pause;
        scratch->order[i] = orders - 1;
        scratch->key[i] = (double)item[i];
    }
    psn_sort_order_in_place(scratch->by_item, scratch->key, count);
    return orders;
}

void psn_repeat_look(psn_repeat_past *past, const psn_repeat_scratch *scratch,
                     const double *time, int64_t from, int64_t end, int64_t before)
{
    const int64_t most = before < PSN_REPEAT_REACH ? before : PSN_REPEAT_REACH;
    int64_t seen = -1;
    *past = (psn_repeat_past){0};
    for (int64_t i = from; i < end; i++) {
        const int64_t at = scratch->by_item[i], age = before - 1 - scratch->order[at];
        if (age < 0) break;
        if (scratch->order[at] == seen) continue;
        seen = scratch->order[at];
        if (past->orders++ == 0) past->first = time[at];
        past->last = time[at];
        for (int h = 0; h < 2 && age < PSN_REPEAT_REACH; h++)
            past->share[h] += scratch->decay[h][age];
    }
    for (int h = 0; h < 2 && most > 0; h++) past->share[h] /= scratch->total[h][most - 1];
}

double psn_repeat_period(const psn_repeat_past *past, double pause)
{
    const double mean = (past->last - past->first) / (double)(past->orders - 1);
    return psn_log(fmax(mean, pause));
}

void psn_repeat_features(double features[PSN_REPEAT_FEATURES],
                         const psn_repeat_past *past, double now, double pause,
                         double again, double period)
{
    if (past->orders > 1) {
        const double own = (double)(past->orders - 1);
        period = (own * psn_repeat_period(past, pause) + REPEAT_OWN * period) /
                 (own + REPEAT_OWN);
    }
    const double due = psn_log(fmax(now - past->last, pause)) - period;
    features[PSN_REPEAT_ONE] = 1.0;
    features[PSN_REPEAT_SHORT] = psn_log(past->share[0] + 0.02);
    features[PSN_REPEAT_LONG] = psn_log(past->share[1] + 0.02);
    features[PSN_REPEAT_EARLY] = fmax(fmin(due, 0.0), -3.0);
    features[PSN_REPEAT_LATE] = fmin(fmax(due, 0.0), 3.0);
    features[PSN_REPEAT_ITEM] = again;
}

static double query_probability(const psn_repeat *repeat, const psn_repeat_past *past,
                                int32_t item, double now)
{
    double features[PSN_REPEAT_FEATURES], odds = (double)repeat->offset[item];
    psn_repeat_features(features, past, now, repeat->pause, (double)repeat->again[item],
                        (double)repeat->period[item]);
    for (int f = 0; f < PSN_REPEAT_FEATURES; f++) odds += repeat->weight[f] * features[f];
    return psn_sigmoid(odds);
}

int64_t psn_repeat_query(const psn_repeat *repeat, psn_repeat_scratch *scratch,
                         const int32_t *item, const double *time, int64_t count,
                         double now, psn_scored *out)
{
    int64_t found = 0;
    const int64_t skip = count > scratch->most ? count - scratch->most : 0;
    item += skip;
    time += skip;
    count -= skip;
    const int64_t orders = psn_repeat_sort(scratch, item, time, count, repeat->pause);
    for (int64_t from = 0, end; from < count; from = end) {
        const int32_t own = item[scratch->by_item[from]];
        psn_repeat_past past;
        for (end = from + 1; end < count && item[scratch->by_item[end]] == own; end++)
            ;
        if (own < 0 || own >= repeat->items) continue;
        psn_repeat_look(&past, scratch, time, from, end, orders);
        out[found++] =
            (psn_scored){(float)query_probability(repeat, &past, own, now), own};
    }
    return found;
}
