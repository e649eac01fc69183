/* ranking.c: normalised discounted cumulative gain (Jarvelin and Kekalainen 2002). */
#include "measure/ranking.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/order.h"
#include "measure/loss.h"

typedef struct ranking_room {
    int64_t *order; /* of the longest list */
    double *key;
    double *gain;
    int64_t k;
} ranking_room;

static double ranking_gain(double label)
{
    const int whole = (int)label;
    const double power = ldexp(1.0, whole);
    return power * psn_exp((label - whole) * 0x1.62e42fefa39efp-1) - 1; /* ln 2 */
}

/* Sum of gain / log2(1 + rank) over the first k by key, which is negated so that
 * ascending order with ties by position is what is wanted. */
static double ranking_sum(ranking_room *room, const double *by, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) room->key[i] = -by[i];
    psn_sort_order(room->order, room->key, count);
    for (int64_t i = 0; i < count && i < room->k; i++)
        sum +=
            room->gain[room->order[i]] * (0x1.62e42fefa39efp-1 / psn_log((double)i + 2));
    return sum;
}

static int ranking_list(double *out, ranking_room *room, const double *score,
                        const double *label, int64_t first, int64_t end, double empty,
                        persona_error *error)
{
    const int64_t count = end - first;
    for (int64_t i = first; i < end; i++) {
        if (isnan(score[i]))
            return psn_fail_at(error, PERSONA_EDATA, i, "a score is missing");
        if (!(label[i] >= 0 && label[i] <= 60))
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "labels of a ranking must be 0 .. 60");
        room->gain[i - first] = ranking_gain(label[i]);
    }
    const double best = ranking_sum(room, room->gain, count);
    *out = best > 0 ? ranking_sum(room, score + first, count) / best : empty;
    return PERSONA_OK;
}

static int64_t ranking_longest(const int64_t *group_start, int64_t groups)
{
    int64_t longest = 0;
    for (int64_t g = 0; g < groups; g++) {
        const int64_t rows = group_start[g + 1] - group_start[g];
        if (rows > longest) longest = rows;
    }
    return longest;
}

int psn_ranking_ndcg(double *mean, double *each, const double *score, const double *label,
                     const int64_t *group_start, int64_t groups, const double *weight,
                     int64_t k, double empty, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t longest = (size_t)ranking_longest(group_start, groups);
    psn_sum sum = {0, 0}, weights = {0, 0};
    ranking_room room = {.k = k};
    PSN_NEED(room.order = psn_alloc(longest, sizeof *room.order));
    PSN_NEED(room.key = psn_alloc(longest, sizeof *room.key));
    PSN_NEED(room.gain = psn_alloc(longest, sizeof *room.gain));
    for (int64_t g = 0; g < groups; g++) {
        double value = NAN;
        const double w = weight != NULL ? weight[g] : 1;
        PSN_TRY(ranking_list(&value, &room, score, label, group_start[g],
                             group_start[g + 1], empty, error));
        if (each != NULL) each[g] = value;
        if (isnan(value)) continue;
        psn_sum_add(&sum, w * value);
        psn_sum_add(&weights, w);
    }
    if (!(weights.sum > 0)) PSN_FAIL(error, PERSONA_EDATA, "no list counts");
    *mean = (sum.sum + sum.lost) / (weights.sum + weights.lost);
done:
    psn_release(room.order);
    psn_release(room.key);
    psn_release(room.gain);
    return rc;
}
