/* gbdt_setup.c: checks, the memory of a fit, and the constant it starts from. */
#include "learn/gbdt_train.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"
#include "math/order.h"

/* Beyond it too few bits are left for the gradients (gbdt_quantize.c). */
static const int64_t SETUP_ROWS_MAX = (int64_t)1 << 27;
static const int64_t SETUP_SYMMETRIC_BYTES = (int64_t)2 << 30;
static const int64_t SETUP_HISTOGRAM_BYTES = (int64_t)256 << 20;

void psn_gbdt_defaults(psn_gbdt_options *options, psn_gbdt_objective objective)
{
    *options = (psn_gbdt_options){.objective = objective,
                                  .parameter = objective == PSN_GBDT_TWEEDIE ? 1.5 : 0.5,
                                  .classes = 2,
                                  .rounds = 100,
                                  .learning_rate = 0.1,
                                  .growth = PSN_GBDT_LEAF_WISE,
                                  .num_leaves = 31,
                                  .min_data_in_leaf = 20,
                                  .min_sum_hessian = 1e-3,
                                  .lambda_l2 = 1.0,
                                  .row_fraction = 1.0,
                                  .tree_columns = 1.0,
                                  .node_columns = 1.0,
                                  .positive_weight = 1.0,
                                  .cat_smooth = 10.0,
                                  .cat_l2 = 10.0,
                                  .max_cat_threshold = 4,
                                  .min_data_per_group = 100,
                                  .max_cat_to_onehot = 4,
                                  .rank_truncation = 30,
                                  .rank_normalize = 1,
                                  .rank_sigmoid = 1.0,
                                  .rank_metric_at = 10};
}

static int setup_range(const char *name, double value, double low, double high,
                       persona_error *error)
{
    if (value >= low && value <= high) return PERSONA_OK;
    return psn_fail(error, PERSONA_EOPTION, "%s = %g; must be %g .. %g", name, value, low,
                    high);
}

static int setup_check_growth(const psn_gbdt_options *o, persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_TRY(setup_range("rounds", o->rounds, 0, 1000000, error));
    PSN_TRY(setup_range("learning_rate", o->learning_rate, 1e-6, 1.0, error));
    PSN_TRY(
        setup_range("growth", o->growth, PSN_GBDT_LEAF_WISE, PSN_GBDT_SYMMETRIC, error));
    PSN_TRY(setup_range("num_leaves", o->num_leaves, 2, 65536, error));
    int symmetric = o->growth == PSN_GBDT_SYMMETRIC;
    PSN_TRY(
        setup_range("max_depth", o->max_depth, symmetric, symmetric ? 10 : 65536, error));
    PSN_TRY(setup_range("min_data_in_leaf", o->min_data_in_leaf, 1, 1e9, error));
    PSN_TRY(setup_range("min_sum_hessian", o->min_sum_hessian, 0.0, 1e300, error));
    PSN_TRY(setup_range("lambda_l1", o->lambda_l1, 0.0, 1e300, error));
    PSN_TRY(setup_range("lambda_l2", o->lambda_l2, 0.0, 1e300, error));
    PSN_TRY(setup_range("min_gain", o->min_gain, 0.0, 1e300, error));
    PSN_TRY(setup_range("max_step", o->max_step, 0.0, 1e300, error));
    PSN_TRY(setup_range("row_fraction", o->row_fraction, 1e-6, 1.0, error));
    PSN_TRY(setup_range("tree_columns", o->tree_columns, 1e-6, 1.0, error));
    PSN_TRY(setup_range("node_columns", o->node_columns, 1e-6, 1.0, error));
    PSN_TRY(setup_range("early_stopping", o->early_stopping, 0, 1000000, error));
    PSN_TRY(setup_range("cat_smooth", o->cat_smooth, 0.0, 1e300, error));
    PSN_TRY(setup_range("cat_l2", o->cat_l2, 0.0, 1e300, error));
    PSN_TRY(setup_range("constraints", o->constraints, 0, 63, error));
done:
    return rc;
}

static int setup_check_objective(const psn_gbdt_data *data, const psn_gbdt_options *o,
                                 persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_TRY(setup_range("objective", o->objective, 0, PSN_GBDT_OBJECTIVES - 1, error));
    PSN_TRY(setup_range("positive_weight", o->positive_weight, 1e-9, 1e9, error));
    if (o->objective == PSN_GBDT_QUANTILE) {
        PSN_TRY(setup_range("quantile", o->parameter, 1e-6, 1.0 - 1e-6, error));
    }
    if (o->objective == PSN_GBDT_TWEEDIE) {
        PSN_TRY(setup_range("tweedie power", o->parameter, 1.01, 1.99, error));
    }
    if (o->objective == PSN_GBDT_MULTICLASS) {
        PSN_TRY(setup_range("classes", o->classes, 2, GBDT_CLASSES_MAX, error));
        for (int32_t k = 0; o->class_weight != NULL && k < o->classes; k++) {
            PSN_TRY(setup_range("class_weight", o->class_weight[k], 1e-9, 1e9, error));
        }
    }
    if (o->objective == PSN_GBDT_CUSTOM) {
        if (data->gradients == NULL) {
            PSN_FAIL(error, PERSONA_EARG, "a custom objective needs gradients");
        }
        PSN_TRY(setup_range("classes", o->classes, 1, GBDT_CLASSES_MAX, error));
    }
    if (o->objective == PSN_GBDT_LAMBDAMART) {
        PSN_TRY(setup_range("rank_truncation", o->rank_truncation, 1, 1e9, error));
        PSN_TRY(setup_range("rank_sigmoid", o->rank_sigmoid, 1e-3, 1e3, error));
        PSN_TRY(setup_range("rank_metric_at", o->rank_metric_at, 1, 1e9, error));
    }
done:
    return rc;
}

static int setup_check_groups(const psn_gbdt_data *data, persona_error *error)
{
    const int64_t *start = data->group_start;
    if (start == NULL || data->groups < 1 || start[0] != 0 ||
        start[data->groups] != data->bins->rows) {
        return psn_fail(error, PERSONA_EARG, "ranking needs groups that cover all rows");
    }
    for (int64_t g = 0; g < data->groups; g++) {
        if (start[g] > start[g + 1]) {
            return psn_fail_at(error, PERSONA_EARG, g, "groups must be in order of rows");
        }
    }
    return PERSONA_OK;
}

/* Labels that the objective can take. */
static int setup_label_fits(const psn_gbdt_options *o, double y)
{
    switch (o->objective) {
    case PSN_GBDT_BINARY:
        return y == 0.0 || y == 1.0;
    case PSN_GBDT_MULTICLASS:
        return y >= 0.0 && y < o->classes && y == floor(y);
    case PSN_GBDT_POISSON:
    case PSN_GBDT_TWEEDIE:
        return y >= 0.0 && y <= 1e30;
    case PSN_GBDT_GAMMA:
        return y > 0.0 && y <= 1e30;
    case PSN_GBDT_LAMBDAMART:
        return y >= 0.0 && y <= 31.0 && y == floor(y);
    case PSN_GBDT_CUSTOM:
        return 1;
    default:
        return fabs(y) <= 1e30;
    }
}

static const char *setup_label_wish(psn_gbdt_objective objective)
{
    static const char *const wishes[PSN_GBDT_OBJECTIVES] = {
        "0 or 1",
        "a class number below classes",
        "finite",
        "finite",
        "finite",
        "0 or more",
        "more than 0",
        "0 or more",
        "a whole number 0 .. 31",
        ""};
    return wishes[objective];
}

static int setup_check_rows(const psn_gbdt_data *data, const psn_gbdt_options *o,
                            persona_error *error)
{
    for (int64_t row = 0; row < data->bins->rows; row++) {
        if (data->mask != NULL && data->mask[row] == PSN_GBDT_UNUSED) continue;
        if (!setup_label_fits(o, data->label[row])) {
            return psn_fail_at(error, PERSONA_EDATA, row, "label of row %lld; must be %s",
                               (long long)row, setup_label_wish(o->objective));
        }
        if (data->weight != NULL &&
            !(data->weight[row] >= 0.0 && data->weight[row] <= 1e30)) {
            return psn_fail_at(error, PERSONA_EDATA, row,
                               "weight of row %lld; must be 0 or more", (long long)row);
        }
        if (data->position != NULL && data->position[row] < 0) {
            return psn_fail_at(error, PERSONA_EDATA, row,
                               "position of row %lld; must be 0 or more", (long long)row);
        }
    }
    return PERSONA_OK;
}

int psn_gbdt_options_check(const psn_gbdt_data *data, const psn_gbdt_options *options,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_TRY(setup_check_growth(options, error));
    PSN_TRY(setup_check_objective(data, options, error));
    if (data->label == NULL && options->objective != PSN_GBDT_CUSTOM) {
        PSN_FAIL(error, PERSONA_EARG, "label is NULL");
    }
    if (options->objective == PSN_GBDT_LAMBDAMART) {
        PSN_TRY(setup_check_groups(data, error));
    }
    if (options->objective != PSN_GBDT_CUSTOM) {
        PSN_TRY(setup_check_rows(data, options, error));
    }
    for (int32_t g = 0; g < options->constraints; g++) {
        for (int32_t i = options->constraint_start[g];
             i < options->constraint_start[g + 1]; i++) {
            if (options->constraint_feature[i] < 0 ||
                options->constraint_feature[i] >= data->bins->columns) {
                PSN_FAIL(error, PERSONA_EOPTION,
                         "a constraint names column %d; there are %d",
                         options->constraint_feature[i], data->bins->columns);
            }
        }
    }
done:
    return rc;
}

/* ---- memory */

static int setup_features(gbdt_trainer *t, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t columns = (size_t)t->bins->columns;
    PSN_NEED(t->live_feature = psn_alloc(columns, sizeof *t->live_feature));
    for (int32_t f = 0; f < t->bins->columns; f++) {
        const psn_bins_column *column = &t->bins->column[f];
        int parts = column->bins > 2 || (column->bins == 2 && column->missing > 0 &&
                                         column->missing < t->rows);
        if (parts) t->live_feature[t->live++] = f;
    }
    const size_t live = (size_t)t->live;
    PSN_NEED(t->used_feature = psn_alloc(live, sizeof *t->used_feature));
    PSN_NEED(t->used_place = psn_alloc(live, sizeof *t->used_place));
    PSN_NEED(t->spare_features = psn_alloc(live, sizeof *t->spare_features));
    PSN_NEED(t->tiles = psn_alloc(live, sizeof *t->tiles));
    PSN_NEED(t->found = psn_alloc_zero(2 * live, sizeof *t->found));
    PSN_NEED(t->node_mask = psn_alloc(2 * live, 1));
done:
    return rc;
}

static void setup_tile_block(void *context, int64_t block, int worker)
{
    (void)worker;
    gbdt_trainer *t = context;
    int64_t begin = block * 1024, end = begin + 1024 < t->rows ? begin + 1024 : t->rows;
    for (int32_t k = 0; k < t->live; k++) {
        const uint8_t *codes = t->bins->codes[t->live_feature[k]];
        uint8_t *to = t->tile + (size_t)begin * t->stride + GBDT_SLOT + (size_t)k;
        for (int64_t row = begin; row < end; row++, to += t->stride) *to = codes[row];
    }
}

/* Rows of 16, 32, 64, 96 ... bytes: a short row lies in one cache line. */
static int setup_tile(gbdt_trainer *t, persona_error *error)
{
    size_t bytes = GBDT_SLOT + (size_t)t->live;
    t->stride = bytes <= 16 ? 16 : (bytes + 31) / 32 * 32;
    t->tile = psn_alloc_aligned((size_t)t->rows + 1, t->stride);
    if (t->tile == NULL) return psn_fail_memory(error);
    memset(t->tile + (size_t)t->rows * t->stride, 0, t->stride);
    psn_pool_run(t->pool, (t->rows + 1023) / 1024, setup_tile_block, t);
    return PERSONA_OK;
}

static int setup_rows(gbdt_trainer *t, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)t->rows;
    const uint8_t *mask = t->data->mask;
    PSN_NEED(t->train_rows = psn_alloc(rows, sizeof *t->train_rows));
    PSN_NEED(t->other_rows = psn_alloc(rows, sizeof *t->other_rows));
    for (int64_t row = 0; row < t->rows; row++) {
        if (mask == NULL || mask[row] == PSN_GBDT_TRAIN) {
            t->train_rows[t->train_count++] = (uint32_t)row;
        } else if (mask[row] == PSN_GBDT_VALIDATE) {
            t->other_rows[t->other_count++] = (uint32_t)row;
        }
    }
    if (t->train_count == 0) PSN_FAIL(error, PERSONA_EDATA, "no row to train on");
    if (t->train_count > SETUP_ROWS_MAX) {
        PSN_FAIL(error, PERSONA_ELIMIT, "more than %lld rows to train on",
                 (long long)SETUP_ROWS_MAX);
    }
    /* The prefetch of counting reads a little beyond a leaf's rows. */
    PSN_NEED(t->order = psn_alloc_zero(rows + GBDT_AHEAD + 1, sizeof *t->order));
    PSN_NEED(t->spare_order = psn_alloc(rows + 1, sizeof *t->spare_order));
done:
    return rc;
}

static double setup_class_weight(const psn_gbdt_options *o, double label)
{
    if (o->objective == PSN_GBDT_BINARY) return label == 1.0 ? o->positive_weight : 1.0;
    if (o->objective == PSN_GBDT_MULTICLASS && o->class_weight != NULL) {
        return o->class_weight[(int32_t)label];
    }
    return 1.0;
}

/* Weights times class weights; 0 for rows that do not train. */
static int setup_weights(gbdt_trainer *t, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt_options *o = t->options;
    int classes = (o->objective == PSN_GBDT_BINARY && o->positive_weight != 1.0) ||
                  (o->objective == PSN_GBDT_MULTICLASS && o->class_weight != NULL);
    PSN_NEED(t->shift = psn_alloc_zero((size_t)t->outputs, sizeof *t->shift));
    if (o->objective == PSN_GBDT_BINARY) t->shift[0] = -psn_log(o->positive_weight);
    for (int32_t k = 0; classes && o->objective == PSN_GBDT_MULTICLASS && k < t->outputs;
         k++) {
        t->shift[k] = -psn_log(o->class_weight[k]);
    }
    if (t->data->weight == NULL && !classes && t->data->mask == NULL) return rc;
    PSN_NEED(t->weight = psn_alloc_zero((size_t)t->rows, sizeof *t->weight));
    for (int64_t i = 0; i < t->train_count; i++) {
        const uint32_t row = t->train_rows[i];
        double weight = t->data->weight == NULL ? 1.0 : t->data->weight[row];
        if (classes) weight *= setup_class_weight(o, t->label[row]);
        t->weight[row] = weight;
    }
done:
    return rc;
}

static int setup_gradients(gbdt_trainer *t, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t rows = (size_t)t->rows, outputs = (size_t)t->outputs;
    const int32_t objective = t->options->objective;
    size_t blocks = rows / GBDT_ROW_BLOCK + 1;
    size_t sums = rows / GBDT_SUM_BLOCK + (size_t)t->max_leaves + 1;
    PSN_NEED(t->scores = psn_alloc(rows * outputs, sizeof *t->scores));
    PSN_NEED(t->pairs = psn_alloc_zero(2 * (rows + 64), sizeof *t->pairs));
    PSN_NEED(t->block_max = psn_alloc(2 * blocks, sizeof *t->block_max));
    PSN_NEED(t->sums = psn_alloc(2 * sums, sizeof *t->sums));
    if (objective == PSN_GBDT_MULTICLASS) {
        PSN_NEED(t->norm = psn_alloc(rows, sizeof *t->norm));
    }
    if (objective == PSN_GBDT_CUSTOM) {
        PSN_NEED(t->given = psn_alloc(2 * rows * outputs, sizeof *t->given));
    }
    if (objective == PSN_GBDT_ABSOLUTE || objective == PSN_GBDT_QUANTILE) {
        PSN_NEED(t->sort_space = psn_alloc(2 * rows, sizeof *t->sort_space));
    }
    if (objective == PSN_GBDT_LAMBDAMART) PSN_TRY(psn_gbdt_rank_open(t, error));
done:
    return rc;
}

static int setup_leaves(gbdt_trainer *t, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t leaves = (size_t)t->max_leaves;
    int64_t slot_bytes = (int64_t)t->live * GBDT_BINS * 8;
    int64_t slots = SETUP_HISTOGRAM_BYTES / (slot_bytes > 0 ? slot_bytes : 1);
    int symmetric = t->options->growth == PSN_GBDT_SYMMETRIC;
    if (slots > t->max_leaves + 1 || symmetric) slots = t->max_leaves + 1;
    if (slots < 4) slots = 4;
    if (symmetric && slots * slot_bytes > SETUP_SYMMETRIC_BYTES) {
        PSN_FAIL(
            error, PERSONA_ELIMIT,
            "symmetric trees of depth %d on %d columns; a smaller max_depth is needed",
            t->options->max_depth, t->live);
    }
    t->slots = (int32_t)slots;
    PSN_NEED(t->histogram = psn_alloc_aligned((size_t)slots * (size_t)t->live * GBDT_BINS,
                                              sizeof *t->histogram));
    PSN_NEED(t->free_slots = psn_alloc((size_t)slots, sizeof *t->free_slots));
    PSN_NEED(t->leaves = psn_alloc_zero(leaves, sizeof *t->leaves));
    PSN_NEED(t->nodes = psn_alloc_zero(leaves, sizeof *t->nodes));
    PSN_NEED(t->node_split = psn_alloc_zero(leaves, sizeof *t->node_split));
    PSN_NEED(t->sum_first = psn_alloc(leaves + 1, sizeof *t->sum_first));
done:
    return rc;
}

static double setup_weight_of(const gbdt_trainer *t, uint32_t row)
{
    return t->weight == NULL ? 1.0 : t->weight[row];
}

static double setup_mean(const gbdt_trainer *t, int32_t output)
{
    double sum = 0.0, all = 0.0;
    const int multiclass = t->options->objective == PSN_GBDT_MULTICLASS;
    for (int64_t i = 0; i < t->train_count; i++) {
        const uint32_t row = t->train_rows[i];
        const double y = t->label[row], w = setup_weight_of(t, row);
        sum += w * (multiclass ? (y == output) : y);
        all += w;
    }
    return all > 0.0 ? sum / all : 0.0;
}

/* Pearson's dispersion at the constant mean, sum w (y - m)^2 / m^p / rows: what one unit
 * of information is worth under losses with a log link. A lambda_l2 of 1 then weighs the
 * same whether labels are claims or money. */
static double setup_dispersion(const gbdt_trainer *t)
{
    const psn_gbdt_options *o = t->options;
    const double power = o->objective == PSN_GBDT_POISSON ? 1.0
                         : o->objective == PSN_GBDT_GAMMA ? 2.0
                                                          : o->parameter;
    const double mean = setup_mean(t, 0);
    if (!(mean > 0.0)) return 1.0;
    double sum = 0.0;
    for (int64_t i = 0; i < t->train_count; i++) {
        const uint32_t row = t->train_rows[i];
        const double miss = t->label[row] - mean;
        sum += setup_weight_of(t, row) * miss * miss;
    }
    const double dispersion = sum / psn_pow(mean, power) / (double)t->train_count;
    return dispersion > 0.0 && dispersion <= DBL_MAX ? dispersion : 1.0;
}

static int32_t setup_outputs(const psn_gbdt_options *o)
{
    int many = o->objective == PSN_GBDT_MULTICLASS || o->objective == PSN_GBDT_CUSTOM;
    return many ? o->classes : 1;
}

int psn_gbdt_trainer_open(gbdt_trainer *trainer, const psn_gbdt_data *data,
                          const psn_gbdt_options *options, psn_pool *pool,
                          persona_error *error)
{
    int rc = PERSONA_OK;
    *trainer = (gbdt_trainer){.data = data,
                              .own = *options,
                              .bins = data->bins,
                              .pool = pool,
                              .workers = psn_pool_workers(pool),
                              .rows = data->bins->rows,
                              .outputs = setup_outputs(options),
                              .label = data->label};
    trainer->options = &trainer->own;
    trainer->max_leaves = options->growth == PSN_GBDT_SYMMETRIC ? 1 << options->max_depth
                                                                : options->num_leaves;
    PSN_TRY(setup_features(trainer, error));
    PSN_TRY(setup_rows(trainer, error));
    if (options->growth != PSN_GBDT_SYMMETRIC &&
        trainer->max_leaves > trainer->train_count) {
        trainer->max_leaves =
            trainer->train_count < 2 ? 2 : (int32_t)trainer->train_count;
    }
    PSN_TRY(setup_tile(trainer, error));
    PSN_TRY(setup_weights(trainer, error));
    if (psn_gbdt_is_log(options->objective)) {
        const double unit = setup_dispersion(trainer);
        trainer->own.lambda_l2 *= unit;
        trainer->own.cat_l2 *= unit;
    }
    PSN_TRY(setup_gradients(trainer, error));
    PSN_TRY(setup_leaves(trainer, error));
    psn_gbdt_packing_for(&trainer->packing, trainer->train_count);
done:
    return rc;
}

void psn_gbdt_trainer_close(gbdt_trainer *trainer)
{
    psn_gbdt_rank_close(trainer);
    psn_release_aligned(trainer->tile);
    psn_release_aligned(trainer->histogram);
    void *const blocks[] = {
        trainer->live_feature,   trainer->used_feature, trainer->used_place,
        trainer->spare_features, trainer->tiles,        trainer->scores,
        trainer->weight,         trainer->pairs,        trainer->norm,
        trainer->given,          trainer->shift,        trainer->block_max,
        trainer->order,          trainer->spare_order,  trainer->train_rows,
        trainer->other_rows,     trainer->free_slots,   trainer->leaves,
        trainer->nodes,          trainer->node_split,   trainer->node_mask,
        trainer->found,          trainer->sums,         trainer->sum_first,
        trainer->sort_space};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) psn_release(blocks[i]);
}

/* ---- the constant */

static double setup_quantile(gbdt_trainer *t, double quantile)
{
    double *labels = t->sort_space;
    int64_t *order = (int64_t *)(void *)(t->sort_space + t->rows);
    double all = 0.0, below = 0.0;
    for (int64_t i = 0; i < t->train_count; i++) {
        labels[i] = t->label[t->train_rows[i]];
        all += setup_weight_of(t, t->train_rows[i]);
    }
    psn_sort_order(order, labels, t->train_count);
    for (int64_t i = 0; i < t->train_count; i++) {
        below += setup_weight_of(t, t->train_rows[order[i]]);
        if (below >= quantile * all) return labels[order[i]];
    }
    return 0.0;
}

void psn_gbdt_constant(gbdt_trainer *t, double *base)
{
    const double least = 1e-9;
    for (int32_t k = 0; k < t->outputs; k++) {
        double mean;
        switch (t->options->objective) {
        case PSN_GBDT_BINARY:
            mean = fmin(fmax(setup_mean(t, k), least), 1.0 - least);
            base[k] = psn_log(mean) - psn_log1p(-mean);
            break;
        case PSN_GBDT_MULTICLASS:
            base[k] = psn_log(fmax(setup_mean(t, k), least));
            break;
        case PSN_GBDT_SQUARED:
            base[k] = setup_mean(t, k);
            break;
        case PSN_GBDT_ABSOLUTE:
            base[k] = setup_quantile(t, 0.5);
            break;
        case PSN_GBDT_QUANTILE:
            base[k] = setup_quantile(t, t->options->parameter);
            break;
        case PSN_GBDT_POISSON:
        case PSN_GBDT_GAMMA:
        case PSN_GBDT_TWEEDIE:
            base[k] = psn_log(fmax(setup_mean(t, k), least));
            break;
        default:
            base[k] = 0.0;
        }
    }
}
