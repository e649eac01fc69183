/* recommendation.c: is what came next in the list, and how high?
 *
 * Every metric is a sum over the hits of the list, found by bisection in the truth.
 * Beyond accuracy: novelty is the mean self-information of what is listed (Zhou et al.
 * 2010), diversity one minus the mean similarity of pairs (Ziegler et al. 2005). With u_i
 * = the users of item i as a vector of length 1, the sum of the cosines of all pairs of a
 * list of n items is (|sum of u_i|^2 - n) / 2: linear in the users of its items, not in
 * pairs of them. */
#include "measure/recommendation.h"

#include <math.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/order.h"
#include "measure/loss.h"

const char *const psn_rec_metric_names[PSN_REC_METRICS] = {
    "recall", "recall_min", "precision", "hit_rate", "ndcg", "mrr", "map"};

static const double LN2 = 0x1.62e42fefa39efp-1;

/* ---- one case */

/* Where the first entry >= item is. */
static int64_t rec_bisect(const int32_t *ascending, int64_t count, int32_t item)
{
    int64_t from = 0, to = count;
    while (from < to) {
        const int64_t middle = from + (to - from) / 2;
        if (ascending[middle] < item)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static int rec_holds(const int32_t *ascending, int64_t count, int32_t item)
{
    const int64_t at = rec_bisect(ascending, count, item);
    return at < count && ascending[at] == item;
}

double psn_rec_discount(int64_t rank)
{
    return LN2 / psn_log((double)rank + 1);
}

typedef struct rec_hits {
    double count, gain, precision; /* sums over the hits */
    int64_t first;                 /* rank, 0 = none */
} rec_hits;

static rec_hits rec_find_hits(const int32_t *list, int64_t length, const int32_t *truth,
                              int64_t truths, int graded)
{
    rec_hits hits = {0, 0, 0, 0};
    for (int64_t i = 0; i < length; i++) {
        if (list[i] < 0 || !rec_holds(truth, truths, list[i])) continue;
        hits.count++;
        if (hits.first == 0) hits.first = i + 1;
        hits.precision += hits.count / (double)(i + 1);
        if (graded) hits.gain += psn_rec_discount(i + 1);
    }
    return hits;
}

static double rec_ideal(int64_t ones)
{
    double ideal = 0;
    for (int64_t rank = 1; rank <= ones; rank++) ideal += psn_rec_discount(rank);
    return ideal;
}

double psn_rec_metric(int32_t metric, const int32_t *list, int64_t length, int64_t k,
                      const int32_t *truth, int64_t truths)
{
    const int64_t seen = length < k ? length : k, most = truths < k ? truths : k;
    if (most <= 0) return 0;
    const rec_hits hits =
        rec_find_hits(list, seen, truth, truths, metric == PSN_REC_NDCG);
    switch (metric) {
    case PSN_REC_RECALL:
        return hits.count / (double)truths;
    case PSN_REC_RECALL_MIN:
        return hits.count / (double)most;
    case PSN_REC_PRECISION:
        return hits.count / (double)k;
    case PSN_REC_HIT_RATE:
        return hits.count > 0;
    case PSN_REC_NDCG:
        return hits.count > 0 ? hits.gain / rec_ideal(most) : 0;
    case PSN_REC_MRR:
        return hits.first > 0 ? 1 / (double)hits.first : 0;
    case PSN_REC_MAP:
        return hits.precision / (double)most;
    default:
        return 0;
    }
}

int psn_rec_mean(double *mean, double *each, int32_t metric, const int32_t *lists,
                 int64_t width, int64_t k, const psn_sparse *truth, persona_error *error)
{
    psn_sum sum = {0, 0};
    if (metric < 0 || metric >= PSN_REC_METRICS)
        return psn_fail(error, PERSONA_EARG, "metric of recommendations out of range");
    if (k < 1 || width < 0)
        return psn_fail(error, PERSONA_EARG, "k of a recommendation metric must be >= 1");
    if (truth->rows < 1)
        return psn_fail(error, PERSONA_EDATA, "no case to measure recommendations by");
    for (int64_t c = 0; c < truth->rows; c++) {
        const int64_t from = truth->start[c];
        const double value =
            psn_rec_metric(metric, lists + c * width, width, k, truth->column + from,
                           truth->start[c + 1] - from);
        psn_sum_add(&sum, value);
        if (each != NULL) each[c] = value;
    }
    *mean = (sum.sum + sum.lost) / (double)truth->rows;
    return PERSONA_OK;
}

/* ---- all lists together */

typedef struct rec_lists {
    const int32_t *item;
    int64_t rows, k;
} rec_lists;

/* The diversity of one list at a time. */
typedef struct rec_pairs {
    const psn_sparse *similar; /* or: */
    psn_sparse *users;         /* items x users */
    double *sum;               /* of each user, 0 between lists */
} rec_pairs;

static int rec_check(const rec_lists *lists, int32_t items, persona_error *error)
{
    if (lists->rows < 0 || lists->k < 1)
        return psn_fail(error, PERSONA_EARG, "lists must have k >= 1 items");
    for (int64_t i = 0; i < lists->rows * lists->k; i++)
        if (lists->item[i] < -1 || lists->item[i] >= items)
            return psn_fail_at(error, PERSONA_EARG, i / lists->k,
                               "list %lld holds an item that is not in the catalogue",
                               (long long)(i / lists->k));
    return PERSONA_OK;
}

/* Sum of the similarities of all pairs. */
static double rec_given_pairs(const psn_sparse *similar, const int32_t *list, int64_t k)
{
    double sum = 0;
    for (int64_t a = 0; a < k; a++) {
        if (list[a] < 0) continue;
        const int64_t from = similar->start[list[a]];
        const int64_t count = similar->start[list[a] + 1] - from;
        const int32_t *row = similar->column + from;
        for (int64_t b = 0; b < k; b++) {
            if (b == a || list[b] < 0 || !rec_holds(row, count, list[b])) continue;
            const int64_t at = from + rec_bisect(row, count, list[b]);
            sum += similar->value != NULL ? (double)similar->value[at] : 1;
        }
    }
    return sum / 2;
}

static double rec_cosine_pairs(rec_pairs *pairs, const int32_t *list, int64_t k)
{
    const psn_sparse *users = pairs->users;
    double squares = 0, lengths = 0;
    for (int64_t i = 0; i < k; i++) {
        if (list[i] < 0) continue;
        const int64_t from = users->start[list[i]], to = users->start[list[i] + 1];
        const double unit = 1 / sqrt((double)(to - from > 0 ? to - from : 1));
        lengths += to > from;
        for (int64_t e = from; e < to; e++) pairs->sum[users->column[e]] += unit;
    }
    for (int64_t i = 0; i < k; i++) {
        if (list[i] < 0) continue;
        for (int64_t e = users->start[list[i]]; e < users->start[list[i] + 1]; e++) {
            double *sum = &pairs->sum[users->column[e]];
            squares += *sum * *sum;
            *sum = 0;
        }
    }
    return (squares - lengths) / 2;
}

static double rec_diversity(rec_pairs *pairs, const rec_lists *lists)
{
    psn_sum sum = {0, 0};
    int64_t counted = 0;
    for (int64_t row = 0; row < lists->rows; row++) {
        const int32_t *list = lists->item + row * lists->k;
        double n = 0;
        for (int64_t i = 0; i < lists->k; i++) n += list[i] >= 0;
        if (n < 2) continue;
        const double all = pairs->similar != NULL
                               ? rec_given_pairs(pairs->similar, list, lists->k)
                               : rec_cosine_pairs(pairs, list, lists->k);
        psn_sum_add(&sum, 1 - all / (n * (n - 1) / 2));
        counted++;
    }
    return counted > 0 ? (sum.sum + sum.lost) / (double)counted : 0;
}

/* Sum of 2 r x_r / (n sum) - (n + 1) / n over the ascending x. Sorts. */
static double rec_gini(double *listed, int64_t items)
{
    double sum = 0, ranked = 0;
    psn_sort_reals(listed, items);
    for (int64_t i = 0; i < items; i++) {
        sum += listed[i];
        ranked += (double)(i + 1) * listed[i];
    }
    if (sum == 0) return 0;
    return 2 * ranked / ((double)items * sum) - (double)(items + 1) / (double)items;
}

/* had: how often each item is; listed: gets how often it is listed. */
static void rec_count_lists(psn_rec_beyond *out, const rec_lists *lists,
                            const double *had, double *listed, int32_t items,
                            double users)
{
    psn_sum information = {0, 0}, popularity = {0, 0};
    double entries = 0, squares = 0, distinct = 0, shown = 0;
    for (int64_t row = 0; row < lists->rows; row++) {
        int is_short = 0;
        for (int64_t i = row * lists->k; i < (row + 1) * lists->k; i++) {
            if (lists->item[i] < 0)
                is_short = 1;
            else
                listed[lists->item[i]]++;
        }
        out->short_lists += is_short;
    }
    for (int32_t i = 0; i < items; i++) {
        const double count = had[i] > 0 ? had[i] : 1;
        distinct += listed[i] > 0;
        shown += listed[i];
        psn_sum_add(&information, listed[i] * psn_log(users / count) / LN2);
        psn_sum_add(&popularity, listed[i] * had[i]);
        entries += had[i];
        squares += had[i] * had[i];
    }
    out->coverage = items > 0 ? distinct / items : 0;
    if (shown == 0) return;
    out->novelty = (information.sum + information.lost) / shown;
    if (entries > 0)
        out->popularity_bias =
            (popularity.sum + popularity.lost) / shown * entries / squares;
}

int psn_rec_beyond_accuracy(psn_rec_beyond *out, const int32_t *lists, int64_t rows,
                            int64_t k, const psn_sparse *profile,
                            const psn_sparse *similar, persona_error *error)
{
    int rc = PERSONA_OK;
    const rec_lists all = {lists, rows, k};
    const int32_t items = profile->columns;
    double *had = NULL, *listed = NULL;
    rec_pairs pairs = {.similar = similar, .users = NULL, .sum = NULL};
    *out = (psn_rec_beyond){0};
    PSN_TRY(rec_check(&all, items, error));
    if (similar != NULL && (similar->rows != items || similar->columns != items))
        PSN_FAIL(error, PERSONA_EARG, "similar must be items x items of the profile");
    PSN_NEED(had = psn_alloc_zero((size_t)items, sizeof *had));
    PSN_NEED(listed = psn_alloc_zero((size_t)items, sizeof *listed));
    for (int64_t e = 0; e < profile->start[profile->rows]; e++) had[profile->column[e]]++;
    rec_count_lists(out, &all, had, listed, items,
                    (double)(profile->rows > 0 ? profile->rows : 1));
    out->gini = rec_gini(listed, items);
    if (similar == NULL) {
        PSN_TRY(psn_sparse_transpose(&pairs.users, profile, error));
        PSN_NEED(pairs.sum = psn_alloc_zero((size_t)profile->rows, sizeof *pairs.sum));
    }
    out->diversity = rec_diversity(&pairs, &all);
done:
    psn_sparse_free(pairs.users);
    psn_release(pairs.sum);
    psn_release(listed);
    psn_release(had);
    return rc;
}
