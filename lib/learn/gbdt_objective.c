/* gbdt_objective.c: losses: gradients of a round, the step of a leaf, validation loss.
 *
 * Losses with a log link (Poisson, Tweedie of power p, gamma: p = 1, p, 2) have, with
 *     A = sum w y exp((1 - p) s),   B = sum w exp((2 - p) s),
 * gradient B - A and hessian (2 - p) B + (p - 1) A, and the exact best step of a leaf is
 * log(A / B): no Newton step to overshoot when a leaf has no claim at all. lambda_l2
 * pulls it to 0 as that many expected claims would: log((A + l) / (B + l)). */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "math/elementary.h"
#include "math/elementary_inline.h"
#include "math/kernel.h"

enum { OBJECTIVE_ROWS = 512 };

typedef struct objective_block {
    int32_t objective;
    double parameter, factor, output;
    const double *scores, *label, *norm;
    int64_t count;
} objective_block;

#define PSN_TEMPLATE "learn/gbdt_objective_kernel.inc"
#include "math/kernel_levels.h"

typedef void objective_rows_kernel(float *, const objective_block *);
typedef void objective_weigh_kernel(float *, const double *, int64_t);
typedef void objective_largest_kernel(float *, const float *, int64_t);
typedef void objective_norm_kernel(double *, const double *, int64_t, int32_t, int64_t);
static objective_rows_kernel *const objective_rows_of[] =
    PSN_KERNEL_TABLE(objective_rows);
static objective_weigh_kernel *const objective_weighs[] =
    PSN_KERNEL_TABLE(objective_weigh);
static objective_largest_kernel *const objective_largests[] =
    PSN_KERNEL_TABLE(objective_largest);
static objective_norm_kernel *const objective_norms[] = PSN_KERNEL_TABLE(objective_norm);

/* The power of a log link as a number for all three, the quantile for the absolute loss.
 */
static double objective_parameter(const psn_gbdt_options *options)
{
    switch (options->objective) {
    case PSN_GBDT_ABSOLUTE:
        return 0.5;
    case PSN_GBDT_POISSON:
        return 1.0;
    case PSN_GBDT_GAMMA:
        return 2.0;
    default:
        return options->parameter;
    }
}

static int64_t objective_end(const gbdt_trainer *trainer, int64_t block)
{
    int64_t end = (block + 1) * GBDT_ROW_BLOCK;
    return end < trainer->rows ? end : trainer->rows;
}

static void objective_fill_norm(void *context, int64_t block, int worker)
{
    (void)worker;
    gbdt_trainer *trainer = context;
    int64_t end = objective_end(trainer, block);
    for (int64_t row = block * GBDT_ROW_BLOCK; row < end; row += OBJECTIVE_ROWS) {
        int64_t count = end - row < OBJECTIVE_ROWS ? end - row : OBJECTIVE_ROWS;
        objective_norms[psn_simd_level()](trainer->norm + row, trainer->scores + row,
                                          trainer->rows, trainer->outputs, count);
    }
}

static int64_t objective_blocks(const gbdt_trainer *trainer)
{
    return (trainer->rows + GBDT_ROW_BLOCK - 1) / GBDT_ROW_BLOCK;
}

void psn_gbdt_begin_round(gbdt_trainer *trainer)
{
    const psn_gbdt_data *data = trainer->data;
    if (trainer->options->objective == PSN_GBDT_MULTICLASS) {
        psn_pool_run(trainer->pool, objective_blocks(trainer), objective_fill_norm,
                     trainer);
    } else if (trainer->options->objective == PSN_GBDT_CUSTOM) {
        int64_t all = trainer->rows * trainer->outputs;
        data->gradients(data->context, trainer->scores, trainer->given,
                        trainer->given + all);
    } else if (trainer->options->objective == PSN_GBDT_LAMBDAMART) {
        psn_gbdt_rank_gradients(trainer);
    }
}

static void objective_given(const gbdt_trainer *trainer, float *pairs, int64_t row,
                            int64_t count)
{
    const int64_t all = trainer->rows * trainer->outputs;
    const double *g = trainer->given + trainer->output * trainer->rows + row;
    for (int64_t i = 0; i < count; i++) {
        pairs[2 * i] = (float)g[i];
        pairs[2 * i + 1] = (float)fmax(g[all + i], 0.0);
    }
}

static void objective_fill(void *context, int64_t block, int worker)
{
    (void)worker;
    gbdt_trainer *trainer = context;
    const int level = psn_simd_level();
    const int32_t objective = trainer->options->objective;
    const int64_t begin = block * GBDT_ROW_BLOCK, end = objective_end(trainer, block);
    const double k = trainer->outputs;
    float *pairs = trainer->pairs + 2 * begin;
    if (objective == PSN_GBDT_CUSTOM) {
        objective_given(trainer, pairs, begin, end - begin);
    } else if (objective != PSN_GBDT_LAMBDAMART) {
        objective_block rows = {
            .objective = objective,
            .parameter = objective_parameter(trainer->options),
            .factor = k > 1.0 ? k / (k - 1.0) : 1.0,
            .output = trainer->output,
            .scores = trainer->scores + trainer->output * trainer->rows + begin,
            .label = trainer->label + begin,
            .norm = trainer->norm == NULL ? NULL : trainer->norm + begin,
            .count = end - begin};
        objective_rows_of[level](pairs, &rows);
    }
    if (trainer->weight != NULL) {
        objective_weighs[level](pairs, trainer->weight + begin, end - begin);
    }
    /* The array ends with zeros up to a multiple of 64 rows. */
    objective_largests[level](trainer->block_max + 2 * block, pairs,
                              (end - begin + 7) / 8 * 8);
}

void psn_gbdt_gradients_of(gbdt_trainer *trainer)
{
    psn_pool_run(trainer->pool, objective_blocks(trainer), objective_fill, trainer);
}

static double objective_log_step(double power, double l2, double g, double h)
{
    const double most = 10.0; /* e^10: no leaf means that */
    const double hit = h - (2.0 - power) * g, mean = h + (power - 1.0) * g;
    if (mean + l2 <= 0.0) return 0.0;
    const double ratio = (fmax(hit, 0.0) + l2) / (mean + l2);
    if (ratio <= 0.0) return -most;
    return fmin(fmax(psn_log(ratio), -most), most);
}

double psn_gbdt_step(const psn_gbdt_options *options, double l2, double g, double h)
{
    double step = 0.0;
    if (psn_gbdt_is_log(options->objective)) {
        step = objective_log_step(objective_parameter(options), l2, g, h);
    } else {
        double size = fabs(g) - options->lambda_l1;
        if (size > 0.0 && h + l2 > 0.0) {
            step = (g > 0.0 ? -size : size) / (h + l2);
        }
    }
    if (options->max_step > 0.0) {
        step = fmin(fmax(step, -options->max_step), options->max_step);
    }
    return step;
}

static double objective_log_loss(double score, double label)
{
    /* log(1 + exp(s)) - y s, without overflow */
    double size = fabs(score);
    return psn_log1p(psn_exp(-size)) + (score > 0.0 ? score : 0.0) - label * score;
}

static double objective_softmax_loss(const double *scores, int64_t stride,
                                     int32_t outputs, double label)
{
    double largest = scores[0], sum = 0.0;
    for (int32_t k = 1; k < outputs; k++) largest = fmax(largest, scores[k * stride]);
    for (int32_t k = 0; k < outputs; k++) sum += psn_exp(scores[k * stride] - largest);
    int32_t hit = (int32_t)label;
    return psn_log(sum) + largest - scores[hit * stride];
}

static double objective_deviance(double power, double score, double label)
{
    const double s = fmin(fmax(score, -700.0), 700.0);
    if (power == 1.0) return psn_exp(s) - label * s;
    if (power == 2.0) return s + label * psn_exp(-s);
    return psn_exp((2.0 - power) * s) / (2.0 - power) -
           label * psn_exp((1.0 - power) * s) / (1.0 - power);
}

double psn_gbdt_row_loss(int32_t objective, double parameter, int32_t outputs,
                         const double *scores, int64_t stride, double label)
{
    const double miss = label - scores[0];
    switch (objective) {
    case PSN_GBDT_BINARY:
        return objective_log_loss(scores[0], label);
    case PSN_GBDT_MULTICLASS:
        return objective_softmax_loss(scores, stride, outputs, label);
    case PSN_GBDT_ABSOLUTE:
        return fabs(miss);
    case PSN_GBDT_QUANTILE:
        return miss >= 0.0 ? parameter * miss : (parameter - 1.0) * miss;
    case PSN_GBDT_POISSON:
        return objective_deviance(1.0, scores[0], label);
    case PSN_GBDT_GAMMA:
        return objective_deviance(2.0, scores[0], label);
    case PSN_GBDT_TWEEDIE:
        return objective_deviance(parameter, scores[0], label);
    default:
        return miss * miss;
    }
}

typedef struct loss_work {
    gbdt_trainer *trainer;
    double *sums; /* loss, weight for each block */
} loss_work;

static void objective_loss_block(void *context, int64_t block, int worker)
{
    (void)worker;
    loss_work *work = context;
    const gbdt_trainer *trainer = work->trainer;
    const psn_gbdt_options *options = trainer->options;
    int64_t begin = block * GBDT_ROW_BLOCK, end = begin + GBDT_ROW_BLOCK;
    if (end > trainer->other_count) end = trainer->other_count;
    double loss = 0.0, weight = 0.0;
    double scores[GBDT_CLASSES_MAX];
    const int32_t outputs = trainer->outputs;
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = trainer->other_rows[i];
        const double w = trainer->data->weight == NULL ? 1.0 : trainer->data->weight[row];
        for (int32_t k = 0; k < outputs; k++) {
            scores[k] = trainer->scores[k * trainer->rows + row] + trainer->shift[k];
        }
        loss += w * psn_gbdt_row_loss(options->objective, options->parameter, outputs,
                                      scores, 1, trainer->label[row]);
        weight += w;
    }
    work->sums[2 * block] = loss;
    work->sums[2 * block + 1] = weight;
}

double psn_gbdt_validation_loss(gbdt_trainer *trainer)
{
    const psn_gbdt_data *data = trainer->data;
    if (trainer->other_count == 0) return NAN;
    if (data->loss != NULL) return data->loss(data->context, trainer->scores);
    if (trainer->options->objective == PSN_GBDT_CUSTOM) return NAN;
    if (trainer->options->objective == PSN_GBDT_LAMBDAMART) {
        return psn_gbdt_rank_loss(trainer);
    }
    int64_t blocks = (trainer->other_count + GBDT_ROW_BLOCK - 1) / GBDT_ROW_BLOCK;
    loss_work work = {.trainer = trainer, .sums = trainer->sums};
    psn_pool_run(trainer->pool, blocks, objective_loss_block, &work);
    double loss = 0.0, weight = 0.0;
    for (int64_t b = 0; b < blocks; b++) {
        loss += trainer->sums[2 * b];
        weight += trainer->sums[2 * b + 1];
    }
    return weight > 0.0 ? loss / weight : NAN;
}
