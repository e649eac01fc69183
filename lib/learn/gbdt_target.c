/* gbdt_target.c: ordered target statistics (Prokhorenkova et al., "CatBoost", NeurIPS
 * 2018), with real time where there is one.
 *
 * A level becomes (sum of the targets seen + a p) / (how many + a). Seen are only rows
 * that come before: using a row's own label would let the trees read it off. The prior p
 * is the mean of everything seen by then, so that a drifting rate is followed; it starts
 * from the overall mean, which counts for one row. */
#include "learn/gbdt_target.h"

#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"

static const uint32_t TARGET_PURPOSE = 0x67627467;

typedef struct target_state {
    double *sum, *count;
    double all_sum, all_count;
    double smoothing;
} target_state;

static int target_learns(const psn_gbdt_target_data *data, int64_t row)
{
    return (data->learn == NULL || data->learn[row] == 1) &&
           data->target[row] == data->target[row];
}

static void target_add(target_state *state, const psn_gbdt_target_data *data, int64_t row)
{
    if (!target_learns(data, row)) return;
    const double weight = data->weight == NULL ? 1.0 : data->weight[row];
    const int32_t code = data->codes[row];
    state->all_sum += weight * data->target[row];
    state->all_count += weight;
    if (code < 0) return;
    state->sum[code] += weight * data->target[row];
    state->count[code] += weight;
}

static double target_encode(const target_state *state, int32_t code)
{
    if (code < 0) return NAN;
    const double prior = state->all_sum / state->all_count;
    return (state->sum[code] + state->smoothing * prior) /
           (state->count[code] + state->smoothing);
}

/* Rows by time, ties by row: a bottom-up merge sort. */
static void target_by_time(int64_t *order, int64_t *spare, const int64_t *time,
                           int64_t rows)
{
    for (int64_t i = 0; i < rows; i++) order[i] = i;
    for (int64_t width = 1; width < rows; width *= 2) {
        for (int64_t begin = 0; begin < rows; begin += 2 * width) {
            int64_t middle = begin + width < rows ? begin + width : rows;
            int64_t end = begin + 2 * width < rows ? begin + 2 * width : rows;
            int64_t a = begin, b = middle;
            for (int64_t k = begin; k < end; k++) {
                int first = b >= end || (a < middle && time[order[a]] <= time[order[b]]);
                spare[k] = first ? order[a++] : order[b++];
            }
        }
        for (int64_t i = 0; i < rows; i++) order[i] = spare[i];
    }
}

static void target_shuffled(int64_t *order, int64_t rows, uint64_t seed)
{
    psn_random random;
    psn_random_start(&random, seed, TARGET_PURPOSE, 0);
    for (int64_t i = 0; i < rows; i++) order[i] = i;
    for (int64_t i = rows; i-- > 1;) {
        const int64_t j = psn_random_below(&random, i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

/* a known before a moment `now`: a + delay < now, without overflow. */
static int target_known(int64_t time, int64_t delay, int64_t now)
{
    int64_t known;
    return !__builtin_add_overflow(time, delay, &known) && known < now;
}

static void target_in_time(target_state *state, double *encoded,
                           const psn_gbdt_target_data *data, const int64_t *order)
{
    int64_t seen = 0;
    for (int64_t i = 0; i < data->rows; i++) {
        const int64_t now = data->time[order[i]];
        while (seen < i && target_known(data->time[order[seen]], data->delay, now)) {
            target_add(state, data, order[seen++]);
        }
        encoded[order[i]] = target_encode(state, data->codes[order[i]]);
    }
    while (seen < data->rows) target_add(state, data, order[seen++]);
}

static void target_in_order(target_state *state, double *encoded,
                            const psn_gbdt_target_data *data, const int64_t *order)
{
    for (int64_t i = 0; i < data->rows; i++) {
        if (!target_learns(data, order[i])) continue;
        encoded[order[i]] = target_encode(state, data->codes[order[i]]);
        target_add(state, data, order[i]);
    }
    for (int64_t row = 0; row < data->rows; row++) {
        if (!target_learns(data, row))
            encoded[row] = target_encode(state, data->codes[row]);
    }
}

static int target_check(const psn_gbdt_target_data *data, persona_error *error)
{
    if (!(data->smoothing > 0.0) || data->delay < 0) {
        return psn_fail(error, PERSONA_EOPTION,
                        "smoothing must be above 0 and delay 0 or more");
    }
    for (int64_t row = 0; row < data->rows; row++) {
        if (data->codes[row] < -1 || data->codes[row] >= data->levels) {
            return psn_fail_at(error, PERSONA_EARG, row,
                               "code of row %lld is not a level", (long long)row);
        }
    }
    return PERSONA_OK;
}

int psn_gbdt_target_fit(psn_gbdt_target *out, double *encoded,
                        const psn_gbdt_target_data *data, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)data->rows, levels = (size_t)data->levels;
    target_state state = {.smoothing = data->smoothing};
    int64_t *order = NULL, *spare = NULL;
    *out = (psn_gbdt_target){0};
    PSN_TRY(target_check(data, error));
    PSN_NEED(state.sum = psn_alloc_zero(levels, sizeof(double)));
    PSN_NEED(state.count = psn_alloc_zero(levels, sizeof(double)));
    PSN_NEED(order = psn_alloc(rows, sizeof *order));
    PSN_NEED(spare = psn_alloc(rows, sizeof *spare));
    double sum = 0.0, count = 0.0;
    for (int64_t row = 0; row < data->rows; row++) {
        if (!target_learns(data, row)) continue;
        const double weight = data->weight == NULL ? 1.0 : data->weight[row];
        sum += weight * data->target[row];
        count += weight;
    }
    state.all_sum = count > 0.0 ? sum / count : 0.0;
    state.all_count = 1.0;
    if (data->time != NULL) {
        target_by_time(order, spare, data->time, data->rows);
        target_in_time(&state, encoded, data, order);
    } else {
        target_shuffled(order, data->rows, data->seed);
        target_in_order(&state, encoded, data, order);
    }
    *out = (psn_gbdt_target){.levels = data->levels,
                             .prior = state.all_sum / state.all_count,
                             .smoothing = data->smoothing,
                             .sum = state.sum,
                             .count = state.count};
    state.sum = state.count = NULL;
done:
    psn_release(state.sum);
    psn_release(state.count);
    psn_release(order);
    psn_release(spare);
    return rc;
}

void psn_gbdt_target_clear(psn_gbdt_target *target)
{
    if (target == NULL) return;
    psn_release(target->sum);
    psn_release(target->count);
    *target = (psn_gbdt_target){0};
}

double psn_gbdt_target_value(const psn_gbdt_target *target, int64_t code)
{
    if (code < 0) return NAN;
    if (code >= target->levels) return target->prior;
    return (target->sum[code] + target->smoothing * target->prior) /
           (target->count[code] + target->smoothing);
}
