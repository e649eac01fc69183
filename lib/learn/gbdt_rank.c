/* gbdt_rank.c: LambdaMART (Burges 2010): gradients of pairs of documents of one query,
 * weighed by what swapping them would change in NDCG.
 *
 * For the higher label i and the lower j, at places p and q of the present order,
 *     lambda = -sigma |dNDCG| / (1 + exp(sigma (s_i - s_j))),
 *     |dNDCG| = |2^y_i - 2^y_j| |1/log2(2 + p) - 1/log2(2 + q)| / max DCG,
 * over pairs with one document above the truncation rank. Normalisation (as in LightGBM's
 * rank_objective.hpp) divides by .01 + |s_i - s_j| and scales a query's gradients by
 * log2(1 + sum) / sum, so that long queries do not drown short ones.
 *
 * Position bias: where the places at which documents were shown are given, score plus a
 * bias of the place explains the label; the biases take a Newton step each round and are
 * left out of the model. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"

enum { RANK_LABELS = 32, RANK_GROUPS = 16 };
static const double RANK_BIAS_RATE = 1.0;

struct gbdt_rank {
    double *discount; /* of a place, longest group */
    double *ideal;    /* groups: 1 / max DCG at the truncation, 0 without relevant rows */
    int64_t longest;
    int32_t places; /* biases */
    double *bias, *bias_g, *bias_h, *bias_count;
    /* A worker's scratch: order, scores and gradients of a group. */
    int64_t *order;
    double *scores, *g, *h;
};

static double rank_gain(double label)
{
    return (double)((int64_t)1 << (int)label) - 1.0;
}

/* Best DCG of the first `most` places. */
static double rank_ideal(const double *labels, int64_t count, int64_t most,
                         const double *discount)
{
    int64_t seen[RANK_LABELS] = {0};
    for (int64_t i = 0; i < count; i++) seen[(int)labels[i]]++;
    double sum = 0.0;
    int64_t place = 0;
    for (int label = RANK_LABELS; label-- > 0;) {
        for (int64_t k = 0; k < seen[label] && place < most; k++) {
            sum += rank_gain(label) * discount[place++];
        }
    }
    return sum;
}

/* Descending by score, ties in order of rows. */
static void rank_sort(int64_t *order, const double *scores, int64_t count)
{
    for (int64_t i = 0; i < count; i++) order[i] = i;
    for (int64_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
        for (int64_t i = gap; i < count; i++) {
            int64_t row = order[i], j = i;
            for (; j >= gap; j -= gap) {
                int64_t other = order[j - gap];
                if (scores[other] > scores[row]) break;
                if (scores[other] == scores[row] && other < row) break;
                order[j] = other;
            }
            order[j] = row;
        }
    }
}

static int rank_scratch(struct gbdt_rank *rank, const gbdt_trainer *trainer,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t workers = (size_t)trainer->workers, longest = (size_t)rank->longest;
    PSN_NEED(rank->discount = psn_alloc(longest + 1, sizeof *rank->discount));
    PSN_NEED(rank->ideal = psn_alloc((size_t)trainer->data->groups, sizeof *rank->ideal));
    PSN_NEED(rank->order = psn_alloc(workers * longest, sizeof *rank->order));
    PSN_NEED(rank->scores = psn_alloc(workers * longest, sizeof *rank->scores));
    PSN_NEED(rank->g = psn_alloc(workers * longest, sizeof *rank->g));
    PSN_NEED(rank->h = psn_alloc(workers * longest, sizeof *rank->h));
done:
    return rc;
}

static int rank_biases(struct gbdt_rank *rank, const gbdt_trainer *trainer,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t *position = trainer->data->position;
    if (position == NULL) return rc;
    for (int64_t i = 0; i < trainer->rows; i++) {
        if (position[i] >= rank->places) rank->places = position[i] + 1;
    }
    const size_t places = (size_t)rank->places;
    PSN_NEED(rank->bias = psn_alloc_zero(places, sizeof *rank->bias));
    PSN_NEED(rank->bias_g = psn_alloc_zero(places, sizeof *rank->bias_g));
    PSN_NEED(rank->bias_h = psn_alloc_zero(places, sizeof *rank->bias_h));
    PSN_NEED(rank->bias_count = psn_alloc_zero(places, sizeof *rank->bias_count));
    for (int64_t i = 0; i < trainer->train_count; i++) {
        rank->bias_count[position[trainer->train_rows[i]]] += 1.0;
    }
done:
    return rc;
}

int psn_gbdt_rank_open(gbdt_trainer *trainer, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt_data *data = trainer->data;
    struct gbdt_rank *rank = NULL;
    PSN_NEED(rank = trainer->rank = psn_alloc_zero(1, sizeof *rank));
    for (int64_t q = 0; q < data->groups; q++) {
        int64_t count = data->group_start[q + 1] - data->group_start[q];
        if (count > rank->longest) rank->longest = count;
    }
    PSN_TRY(rank_scratch(rank, trainer, error));
    const double ln2 = psn_log(2.0);
    for (int64_t i = 0; i <= rank->longest; i++) {
        rank->discount[i] = ln2 / psn_log((double)i + 2.0);
    }
    for (int64_t q = 0; q < data->groups; q++) {
        int64_t first = data->group_start[q], count = data->group_start[q + 1] - first;
        double ideal = rank_ideal(data->label + first, count,
                                  trainer->options->rank_truncation, rank->discount);
        rank->ideal[q] = ideal > 0.0 ? 1.0 / ideal : 0.0;
    }
    PSN_TRY(rank_biases(rank, trainer, error));
done:
    return rc;
}

void psn_gbdt_rank_close(gbdt_trainer *trainer)
{
    struct gbdt_rank *rank = trainer->rank;
    if (rank == NULL) return;
    void *const blocks[] = {rank->discount, rank->ideal,      rank->bias,   rank->bias_g,
                            rank->bias_h,   rank->order,      rank->scores, rank->g,
                            rank->h,        rank->bias_count, rank};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) psn_release(blocks[i]);
    trainer->rank = NULL;
}

/* One query as the pairs see it. */
typedef struct rank_query {
    const double *label, *scores, *discount;
    const int64_t *order;
    double *g, *h;
    double ideal, spread, sum;
} rank_query;

static void rank_pair(rank_query *query, const psn_gbdt_options *options, int64_t p,
                      int64_t q)
{
    int64_t high = query->order[p], low = query->order[q];
    if (query->label[high] == query->label[low]) return;
    if (query->label[high] < query->label[low]) {
        int64_t swap = high;
        high = low;
        low = swap;
    }
    const double sigma = options->rank_sigmoid;
    const double apart = query->scores[high] - query->scores[low];
    double delta = (rank_gain(query->label[high]) - rank_gain(query->label[low])) *
                   fabs(query->discount[p] - query->discount[q]) * query->ideal;
    if (options->rank_normalize && query->spread > 0.0) delta /= 0.01 + fabs(apart);
    const double wrong = 1.0 / (1.0 + psn_exp(sigma * apart));
    const double lambda = sigma * delta * wrong;
    const double hessian = sigma * sigma * delta * wrong * (1.0 - wrong);
    query->g[high] -= lambda;
    query->g[low] += lambda;
    query->h[high] += hessian;
    query->h[low] += hessian;
    query->sum += 2.0 * lambda;
}

static void rank_group(gbdt_trainer *trainer, int64_t group, int worker)
{
    struct gbdt_rank *rank = trainer->rank;
    const psn_gbdt_data *data = trainer->data;
    const psn_gbdt_options *options = trainer->options;
    const int64_t first = data->group_start[group];
    const int64_t count = data->group_start[group + 1] - first;
    const size_t at = (size_t)worker * (size_t)rank->longest;
    double *scores = rank->scores + at, *g = rank->g + at, *h = rank->h + at;
    int64_t *order = rank->order + at;
    for (int64_t i = 0; i < count; i++) {
        scores[i] = trainer->scores[first + i];
        if (rank->bias != NULL) scores[i] += rank->bias[data->position[first + i]];
        g[i] = h[i] = 0.0;
    }
    if (rank->ideal[group] > 0.0) {
        rank_sort(order, scores, count);
        rank_query query = {.label = data->label + first,
                            .scores = scores,
                            .discount = rank->discount,
                            .order = order,
                            .g = g,
                            .h = h,
                            .ideal = rank->ideal[group],
                            .spread = scores[order[0]] - scores[order[count - 1]]};
        for (int64_t p = 0; p < count - 1 && p < options->rank_truncation; p++) {
            for (int64_t q = p + 1; q < count; q++) rank_pair(&query, options, p, q);
        }
        if (options->rank_normalize && query.sum > 0.0) {
            const double factor = psn_log1p(query.sum) / psn_log(2.0) / query.sum;
            for (int64_t i = 0; i < count; i++) {
                g[i] *= factor;
                h[i] *= factor;
            }
        }
    }
    float *pairs = trainer->pairs + 2 * first;
    for (int64_t i = 0; i < count; i++) {
        pairs[2 * i] = (float)g[i];
        pairs[2 * i + 1] = (float)h[i];
    }
}

static void rank_groups(void *context, int64_t block, int worker)
{
    gbdt_trainer *trainer = context;
    int64_t end = (block + 1) * RANK_GROUPS;
    if (end > trainer->data->groups) end = trainer->data->groups;
    for (int64_t q = block * RANK_GROUPS; q < end; q++) rank_group(trainer, q, worker);
}

static void rank_step_biases(gbdt_trainer *trainer)
{
    struct gbdt_rank *rank = trainer->rank;
    const double l2 = trainer->options->position_l2;
    for (int32_t p = 0; p < rank->places; p++) rank->bias_g[p] = rank->bias_h[p] = 0.0;
    for (int64_t i = 0; i < trainer->train_count; i++) {
        const uint32_t row = trainer->train_rows[i];
        const int32_t p = trainer->data->position[row];
        rank->bias_g[p] += (double)trainer->pairs[2 * (size_t)row];
        rank->bias_h[p] += (double)trainer->pairs[2 * (size_t)row + 1];
    }
    for (int32_t p = 0; p < rank->places; p++) {
        const double g = rank->bias_g[p] + l2 * rank->bias[p] * rank->bias_count[p];
        const double h = rank->bias_h[p] + l2 * rank->bias_count[p] + 1e-3;
        rank->bias[p] -= RANK_BIAS_RATE * trainer->options->learning_rate * g / h;
    }
}

void psn_gbdt_rank_gradients(gbdt_trainer *trainer)
{
    const int64_t blocks = (trainer->data->groups + RANK_GROUPS - 1) / RANK_GROUPS;
    psn_pool_run(trainer->pool, blocks, rank_groups, trainer);
    if (trainer->rank->bias != NULL) rank_step_biases(trainer);
}

/* NDCG of one group; -1 without a relevant row. */
static double rank_ndcg(gbdt_trainer *trainer, int64_t group)
{
    struct gbdt_rank *rank = trainer->rank;
    const psn_gbdt_data *data = trainer->data;
    const int64_t first = data->group_start[group];
    const int64_t count = data->group_start[group + 1] - first;
    const int64_t most = trainer->options->rank_metric_at;
    const double ideal = rank_ideal(data->label + first, count, most, rank->discount);
    if (ideal <= 0.0) return -1.0;
    rank_sort(rank->order, trainer->scores + first, count);
    double sum = 0.0;
    for (int64_t p = 0; p < count && p < most; p++) {
        sum += rank_gain(data->label[first + rank->order[p]]) * rank->discount[p];
    }
    return sum / ideal;
}

double psn_gbdt_rank_loss(gbdt_trainer *trainer)
{
    const psn_gbdt_data *data = trainer->data;
    double sum = 0.0, groups = 0.0;
    for (int64_t q = 0; q < data->groups; q++) {
        const int64_t first = data->group_start[q];
        if (first == data->group_start[q + 1]) continue;
        if (data->mask == NULL || data->mask[first] != PSN_GBDT_VALIDATE) continue;
        const double ndcg = rank_ndcg(trainer, q);
        if (ndcg < 0.0) continue;
        sum += ndcg;
        groups += 1.0;
    }
    return groups > 0.0 ? 1.0 - sum / groups : NAN;
}
