/* gbdt_after.c: what can be done with a fitted ensemble: new leaf values from newer rows,
 * one ensemble out of several, and the importance of a feature by breaking it.
 *
 * refit: trees keep their splits; row by row, tree by tree the gradients are those of the
 * new scores (Shi 2017, LightGBM's refit).
 * blend: the mean of several models' scores is itself a sum of leaves. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "math/elementary.h"

static const uint32_t AFTER_PURPOSE = 0x67627065;
enum { AFTER_ROWS = 256 };

/* ---- refit */

typedef struct refit_work {
    psn_gbdt *model;
    const psn_rows *rows;
    double *values;        /* one row */
    double *scores;        /* rows x outputs */
    double *g, *h, *count; /* of the leaves of a tree */
    int32_t *leaf;         /* of a row */
} refit_work;

static const double *refit_row(const refit_work *work, int64_t row)
{
    if (work->rows->dense != NULL) return work->rows->dense + row * work->rows->dims;
    work->rows->read(work->rows->context, row, 1, work->values);
    return work->values;
}

/* Gradient and hessian of one row for output k. */
static void refit_pair(const psn_gbdt *model, const double *scores, double label,
                       int32_t k, double *g, double *h)
{
    double hit, mean, p, sum = 0.0, largest = scores[0];
    const double power = model->objective == PSN_GBDT_POISSON ? 1.0
                         : model->objective == PSN_GBDT_GAMMA ? 2.0
                                                              : model->parameter;
    switch (model->objective) {
    case PSN_GBDT_BINARY:
        p = 1.0 / (1.0 + psn_exp(-scores[0]));
        *g = p - label;
        *h = p * (1.0 - p);
        break;
    case PSN_GBDT_MULTICLASS:
        for (int32_t i = 1; i < model->outputs; i++) largest = fmax(largest, scores[i]);
        for (int32_t i = 0; i < model->outputs; i++) sum += psn_exp(scores[i] - largest);
        p = psn_exp(scores[k] - largest) / sum;
        *g = p - (label == k);
        *h = p * (1.0 - p) * model->outputs / (model->outputs - 1.0);
        break;
    case PSN_GBDT_POISSON:
    case PSN_GBDT_GAMMA:
    case PSN_GBDT_TWEEDIE:
        hit = label * psn_exp((1.0 - power) * scores[0]);
        mean = psn_exp((2.0 - power) * scores[0]);
        *g = mean - hit;
        *h = (2.0 - power) * mean + (power - 1.0) * hit;
        break;
    default:
        *g = scores[0] - label;
        *h = 1.0;
    }
}

static void refit_tree(refit_work *work, const double *label,
                       const psn_gbdt_refit_options *options, int32_t t)
{
    psn_gbdt *model = work->model;
    const int32_t outputs = model->outputs, k = t % outputs;
    const int64_t first = model->tree_leaf[t];
    const int64_t leaves = model->tree_leaf[t + 1] - first;
    memset(work->g, 0, (size_t)leaves * sizeof(double));
    memset(work->h, 0, (size_t)leaves * sizeof(double));
    memset(work->count, 0, (size_t)leaves * sizeof(double));
    for (int64_t row = 0; row < work->rows->rows; row++) {
        double g, h;
        const int32_t leaf = psn_gbdt_leaf(model, t, refit_row(work, row));
        refit_pair(model, work->scores + row * outputs, label[row], k, &g, &h);
        work->leaf[row] = leaf;
        work->g[leaf] += g;
        work->h[leaf] += h;
        work->count[leaf] += 1.0;
    }
    psn_gbdt_options step = {.objective = (psn_gbdt_objective)model->objective,
                             .parameter = model->parameter,
                             .lambda_l2 = options->lambda_l2};
    for (int64_t leaf = 0; leaf < leaves; leaf++) {
        if (work->count[leaf] == 0.0) continue;
        double fresh = options->learning_rate *
                       psn_gbdt_step(&step, step.lambda_l2, work->g[leaf], work->h[leaf]);
        double *value = &model->leaf_value[first + leaf];
        *value = options->decay * *value + (1.0 - options->decay) * fresh;
        model->leaf_weight[first + leaf] = work->h[leaf];
        model->leaf_count[first + leaf] = work->count[leaf];
    }
    for (int64_t row = 0; row < work->rows->rows; row++) {
        work->scores[row * outputs + k] += model->leaf_value[first + work->leaf[row]];
    }
}

/* Weights, counts and values of the nodes follow from the leaves. */
static void refit_nodes(psn_gbdt *model, int32_t t)
{
    psn_gbdt_node *nodes = model->nodes + model->tree_node[t];
    const int64_t leaf = model->tree_leaf[t];
    for (int64_t i = model->tree_node[t + 1] - model->tree_node[t]; i-- > 0;) {
        const int32_t children[2] = {nodes[i].left, nodes[i].right};
        double weight = 0.0, count = 0.0, sum = 0.0;
        for (int side = 0; side < 2; side++) {
            const int32_t child = children[side];
            const int inner = child >= 0;
            const double w =
                inner ? nodes[child].weight : model->leaf_weight[leaf + ~child];
            weight += w;
            count += inner ? nodes[child].count : model->leaf_count[leaf + ~child];
            sum += w * (inner ? nodes[child].value : model->leaf_value[leaf + ~child]);
        }
        nodes[i].weight = weight;
        nodes[i].count = count;
        if (weight > 0.0) nodes[i].value = sum / weight;
    }
}

static int refit_check(const psn_gbdt *model, const psn_rows *rows, const double *label,
                       const psn_gbdt_refit_options *options, persona_error *error)
{
    if (rows->dims != model->features) {
        return psn_fail(error, PERSONA_EARG,
                        "rows of %d values; the model has %d features", rows->dims,
                        model->features);
    }
    if (model->objective == PSN_GBDT_ABSOLUTE || model->objective == PSN_GBDT_QUANTILE ||
        model->objective == PSN_GBDT_LAMBDAMART || model->objective == PSN_GBDT_CUSTOM) {
        return psn_fail(error, PERSONA_EOPTION, "refit is not for the objective %s",
                        psn_gbdt_objective_name(model->objective));
    }
    if (!(options->decay >= 0.0 && options->decay <= 1.0)) {
        return psn_fail(error, PERSONA_EOPTION, "decay = %g; must be 0 .. 1",
                        options->decay);
    }
    for (int64_t i = 0; i < rows->rows; i++) {
        int fits = model->objective == PSN_GBDT_BINARY
                       ? label[i] == 0.0 || label[i] == 1.0
                   : psn_gbdt_is_log(model->objective) ? label[i] >= 0.0
                   : model->objective == PSN_GBDT_MULTICLASS
                       ? label[i] >= 0.0 && label[i] < model->outputs
                       : 1;
        if (!fits || !isfinite(label[i])) {
            return psn_fail_at(error, PERSONA_EDATA, i,
                               "label of row %lld does not suit %s", (long long)i,
                               psn_gbdt_objective_name(model->objective));
        }
    }
    return PERSONA_OK;
}

int psn_gbdt_refit(psn_gbdt **out, const psn_gbdt *model, const psn_rows *rows,
                   const double *label, const psn_gbdt_refit_options *options,
                   persona_error *error)
{
    int rc = PERSONA_OK;
    refit_work work = {.rows = rows};
    *out = NULL;
    PSN_TRY(refit_check(model, rows, label, options, error));
    PSN_TRY(psn_gbdt_copy(&work.model, model, error));
    int64_t most = 1;
    for (int32_t t = 0; t < model->trees; t++) {
        int64_t leaves = model->tree_leaf[t + 1] - model->tree_leaf[t];
        if (leaves > most) most = leaves;
    }
    const size_t n = (size_t)rows->rows, outputs = (size_t)model->outputs;
    PSN_NEED(work.values = psn_alloc((size_t)rows->dims, sizeof(double)));
    PSN_NEED(work.scores = psn_alloc(n * outputs, sizeof(double)));
    PSN_NEED(work.g = psn_alloc((size_t)most, sizeof(double)));
    PSN_NEED(work.h = psn_alloc((size_t)most, sizeof(double)));
    PSN_NEED(work.count = psn_alloc((size_t)most, sizeof(double)));
    PSN_NEED(work.leaf = psn_alloc(n, sizeof *work.leaf));
    for (size_t i = 0; i < n * outputs; i++) work.scores[i] = model->base[i % outputs];
    for (int32_t t = 0; t < model->trees; t++) {
        refit_tree(&work, label, options, t);
        refit_nodes(work.model, t);
    }
    *out = work.model;
    work.model = NULL;
done:
    psn_gbdt_free(work.model);
    psn_release(work.values);
    psn_release(work.scores);
    psn_release(work.g);
    psn_release(work.h);
    psn_release(work.count);
    psn_release(work.leaf);
    return rc;
}

/* ---- blend */

static int blend_same(const psn_gbdt *a, const psn_gbdt *b)
{
    if (a->features != b->features || a->outputs != b->outputs ||
        a->objective != b->objective || a->parameter != b->parameter) {
        return 0;
    }
    for (int32_t f = 0; f < a->features; f++) {
        const psn_gbdt_feature *x = &a->feature[f], *y = &b->feature[f];
        if (x->category != y->category || x->levels != y->levels ||
            x->groups != y->groups || x->unseen != y->unseen ||
            (x->group_of == NULL) != (y->group_of == NULL)) {
            return 0;
        }
        if (x->group_of != NULL && memcmp(x->group_of, y->group_of,
                                          (size_t)x->levels * sizeof *x->group_of) != 0) {
            return 0;
        }
    }
    return 1;
}

static int blend_add(psn_gbdt *to, const psn_gbdt *from, double share,
                     persona_error *error)
{
    for (int32_t k = 0; k < to->outputs; k++) to->base[k] += share * from->base[k];
    for (int32_t t = 0; t < from->trees; t++) {
        const int64_t node = from->tree_node[t], leaf = from->tree_leaf[t];
        const int64_t nodes = from->tree_node[t + 1] - node;
        const int64_t offset = to->set_words;
        int rc =
            psn_gbdt_add_tree(to, (int32_t)nodes, t == 0 ? from->set_words : 0, error);
        if (rc != PERSONA_OK) return rc;
        if (t == 0 && from->set_words > 0) {
            memcpy(to->sets + offset, from->sets,
                   (size_t)from->set_words * sizeof *to->sets);
        }
        const int64_t base = to->set_words - from->set_words;
        psn_gbdt_node *nodes_to = to->nodes + to->tree_node[to->trees - 1];
        const int64_t leaf_to = to->tree_leaf[to->trees - 1];
        for (int64_t i = 0; i < nodes; i++) {
            nodes_to[i] = from->nodes[node + i];
            nodes_to[i].value *= share;
            nodes_to[i].gain *= share;
            if (nodes_to[i].flags & PSN_GBDT_CATEGORY) nodes_to[i].set += (int32_t)base;
        }
        for (int64_t i = 0; i <= nodes; i++) {
            to->leaf_value[leaf_to + i] = share * from->leaf_value[leaf + i];
            to->leaf_weight[leaf_to + i] = from->leaf_weight[leaf + i];
            to->leaf_count[leaf_to + i] = from->leaf_count[leaf + i];
        }
    }
    return PERSONA_OK;
}

int psn_gbdt_blend(psn_gbdt **out, const psn_gbdt *const *models, const double *shares,
                   int32_t count, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt *blend = NULL;
    *out = NULL;
    for (int32_t i = 1; i < count; i++) {
        if (!blend_same(models[0], models[i])) {
            PSN_FAIL(error, PERSONA_EARG, "models of other features or objectives");
        }
    }
    PSN_TRY(psn_gbdt_copy(&blend, models[0], error));
    psn_gbdt_cut(blend, 0);
    for (int32_t k = 0; k < blend->outputs; k++) blend->base[k] = 0.0;
    for (int32_t i = 0; i < count; i++) {
        PSN_TRY(blend_add(blend, models[i], shares[i], error));
    }
    *out = blend;
    blend = NULL;
done:
    psn_gbdt_free(blend);
    return rc;
}

/* ---- permutation importance */

double psn_gbdt_mean_loss(const psn_gbdt *model, const double *scores,
                          const double *label, const double *weight, int64_t rows)
{
    if (model->objective == PSN_GBDT_LAMBDAMART || model->objective == PSN_GBDT_CUSTOM) {
        return NAN;
    }
    double loss = 0.0, all = 0.0;
    for (int64_t i = 0; i < rows; i++) {
        const double w = weight == NULL ? 1.0 : weight[i];
        loss += w * psn_gbdt_row_loss(model->objective, model->parameter, model->outputs,
                                      scores + i * model->outputs, 1, label[i]);
        all += w;
    }
    return all > 0.0 ? loss / all : NAN;
}

typedef struct permutation_work {
    const psn_gbdt *model;
    const psn_gbdt_fast *fast;
    const psn_rows *rows;
    const double *label;
    double *rise;
    double *space; /* a worker: AFTER_ROWS rows, their scores, values of one feature */
    size_t space_size;
    uint8_t *scratch;
    size_t scratch_size;
    double before;
    int32_t repeats;
    uint64_t seed;
} permutation_work;

static void permutation_read(const psn_rows *rows, int64_t first, int64_t count,
                             double *out)
{
    if (rows->dense != NULL) {
        memcpy(out, rows->dense + first * rows->dims,
               (size_t)(count * rows->dims) * sizeof *out);
    } else {
        rows->read(rows->context, first, count, out);
    }
}

/* Mean loss with feature f dealt out by `values` (NULL: as it is). */
static double permutation_loss(const permutation_work *work, int32_t f,
                               const double *values, double *space, void *scratch)
{
    const psn_rows *rows = work->rows;
    const int64_t dims = rows->dims;
    double *scores = space + AFTER_ROWS * dims, loss = 0.0;
    for (int64_t first = 0; first < rows->rows; first += AFTER_ROWS) {
        int64_t count = rows->rows - first < AFTER_ROWS ? rows->rows - first : AFTER_ROWS;
        permutation_read(rows, first, count, space);
        for (int64_t i = 0; i < count && values != NULL; i++) {
            space[i * dims + f] = values[first + i];
        }
        psn_gbdt_fast_batch(work->fast, space, count, dims, scratch, scores);
        loss +=
            psn_gbdt_mean_loss(work->model, scores, work->label + first, NULL, count) *
            (double)count;
    }
    return loss / (double)rows->rows;
}

static void permutation_feature(void *context, int64_t feature, int worker)
{
    permutation_work *work = context;
    const psn_rows *rows = work->rows;
    double *space = work->space + (size_t)worker * work->space_size;
    double *values = space + AFTER_ROWS * (rows->dims + work->model->outputs);
    void *scratch = work->scratch + (size_t)worker * work->scratch_size;
    double sum = 0.0;
    for (int32_t repeat = 0; repeat < work->repeats; repeat++) {
        for (int64_t first = 0; first < rows->rows; first += AFTER_ROWS) {
            int64_t count =
                rows->rows - first < AFTER_ROWS ? rows->rows - first : AFTER_ROWS;
            permutation_read(rows, first, count, space);
            for (int64_t i = 0; i < count; i++) {
                values[first + i] = space[i * rows->dims + feature];
            }
        }
        psn_random random;
        psn_random_start(&random, work->seed, AFTER_PURPOSE,
                         (uint64_t)feature << 20 | (uint64_t)repeat);
        for (int64_t i = rows->rows; i-- > 1;) {
            const int64_t j = psn_random_below(&random, i + 1);
            const double swap = values[i];
            values[i] = values[j];
            values[j] = swap;
        }
        sum += permutation_loss(work, (int32_t)feature, values, space, scratch);
    }
    work->rise[feature] = sum / work->repeats - work->before;
}

int psn_gbdt_permutation(double *rise, const psn_gbdt *model, const psn_rows *rows,
                         const double *label, int32_t repeats, uint64_t seed,
                         psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_fast *fast = NULL;
    const size_t workers = (size_t)psn_pool_workers(pool);
    permutation_work work = {.model = model,
                             .rows = rows,
                             .label = label,
                             .rise = rise,
                             .repeats = repeats,
                             .seed = seed};
    if (rows->dims != model->features || rows->rows < 1 || repeats < 1) {
        PSN_FAIL(error, PERSONA_EARG, "rows of %d values; the model has %d features",
                 rows->dims, model->features);
    }
    PSN_TRY(psn_gbdt_fast_new(&fast, model, error));
    work.fast = fast;
    work.space_size =
        AFTER_ROWS * (size_t)(rows->dims + model->outputs) + (size_t)rows->rows;
    work.scratch_size = psn_gbdt_fast_scratch(fast);
    PSN_NEED(work.space = psn_alloc(workers * work.space_size, sizeof(double)));
    PSN_NEED(work.scratch = psn_alloc_aligned(workers, work.scratch_size));
    work.before = permutation_loss(&work, 0, NULL, work.space, work.scratch);
    psn_pool_run(pool, model->features, permutation_feature, &work);
    PSN_TRY(psn_task_check(task, 1.0, error));
done:
    psn_release(work.space);
    psn_release_aligned(work.scratch);
    psn_gbdt_fast_free(fast);
    return rc;
}
