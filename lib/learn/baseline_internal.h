/* baseline_internal.h: what the baselines share. */
#ifndef PSN_LEARN_BASELINE_INTERNAL_H
#define PSN_LEARN_BASELINE_INTERNAL_H

#include <math.h>
#include "learn/baseline.h"

enum { PSN_BASELINE_SEASON_MOST = 1 << 20 };

/* Squares of one-step errors, missing ones left out. */
typedef struct baseline_errors {
    double squares;
    int64_t count;
} baseline_errors;

static inline void baseline_error(baseline_errors *errors, double error)
{
    if (error != error) return;
    errors->squares += error * error;
    errors->count++;
}

static inline int baseline_finish(psn_local_model *out, int32_t form, int32_t season,
                                  int32_t count, const baseline_errors *errors)
{
    out->form = form;
    out->season = season;
    out->count = count;
    out->sigma = errors->count > 0 ? sqrt(errors->squares / (double)errors->count) : 0.0;
    out->criterion = NAN;
    return 1;
}

/* Form 0, season at most `season`, `count` finite values. */
static inline int baseline_sane(const psn_local_model *model, int32_t season,
                                int32_t count)
{
    if (model->form != 0 || model->count != count) return 0;
    if (model->season < 1 || model->season > season) return 0;
    return psn_local_finite(model, 1e150);
}

/* A ring of the last values: next place, how many are there | the values. */
enum { RING_NEXT, RING_FILLED, RING_VALUES };

/* Puts value in and returns what it pushes out, 0 while the ring is not full. */
static inline double ring_push(double *ring, int32_t room, double value)
{
    const int32_t at = (int32_t)ring[RING_NEXT];
    const int full = ring[RING_FILLED] >= room;
    const double out = full ? ring[RING_VALUES + at] : 0.0;
    ring[RING_VALUES + at] = value;
    ring[RING_NEXT] = at + 1 == room ? 0 : at + 1;
    if (!full) ring[RING_FILLED] += 1;
    return out;
}

/* The value `back` periods ago; 1 = the last. */
static inline double ring_back(const double *ring, int32_t room, int32_t back)
{
    int32_t at = (int32_t)ring[RING_NEXT] - back;
    if (at < 0) at += room;
    return ring[RING_VALUES + at];
}

static inline double ring_mean(const double *ring, int32_t room, int32_t last)
{
    double sum = 0;
    for (int32_t back = 1; back <= last; back++) sum += ring_back(ring, room, back);
    return sum / (double)last;
}

static inline int ring_sane(const double *ring, int32_t room)
{
    const double filled = ring[RING_FILLED];
    return psn_local_whole(ring[RING_NEXT], 0, room - 1) &&
           psn_local_whole(filled, 1, room) &&
           (filled == room || filled == ring[RING_NEXT]);
}

/* The first known value; `count` if there is none. */
static inline int32_t baseline_first(const psn_series *series)
{
    int32_t first = 0;
    while (first < series->count && series->value[first] != series->value[first]) first++;
    return first;
}

#endif
