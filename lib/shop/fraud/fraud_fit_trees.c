/* fraud_fit_trees.c: the boosted trees: settings and rounds chosen on validation, then learnt
 * from all rows.
 *
 * Each setting is trained on every fold with early stopping; the loss curves of the folds are
 * added, and the least point of the sum gives the rounds (one number for all folds, so that no
 * fold stops where it happens to look best). The best three then score the folds together,
 * which is what blending and calibration see, and learn from all rows. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/gbdt_search.h"
#include "math/elementary.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>


typedef struct trees_trial {
    psn_gbdt_options options;
    float *score; /* of rows that validate, out of fold */
    double *curve; /* summed loss after each round */
    int32_t length, rounds;
    double loss, weight;
} trees_trial;

typedef struct trees_work {
    psn_fraud_fitting *fit;
    trees_trial *trial;
    int32_t trials, best; /* how many are tried, and averaged */
    int32_t *order;       /* the best first */
    uint8_t *mask;
    double *label; /* unknown ones 0 */
    int64_t validating;
} trees_work;

/* ---- settings */

static void trees_set_int(int32_t *to, const psn_fraud_fitting *fit, const char *name)
{
    int is_auto;
    const int64_t value = FRAUD_INT(fit, name, &is_auto);
    if (!is_auto) *to = (int32_t)value;
}

static void trees_set_real(double *to, const psn_fraud_fitting *fit, const char *name)
{
    int is_auto;
    const double value = FRAUD_REAL(fit, name, &is_auto);
    if (!is_auto) *to = value;
}

static void trees_growth(psn_gbdt_options *out, const psn_fraud_fitting *fit)
{
    const char *growth = FRAUD_TEXT(fit, "gbdt.growth");
    int is_auto;
    FRAUD_INT(fit, "gbdt.num_leaves", &is_auto);
    if (strcmp(growth, "auto") == 0 && is_auto) return;
    const int32_t wanted =
        strcmp(growth, "symmetric") == 0 ? PSN_GBDT_SYMMETRIC : PSN_GBDT_LEAF_WISE;
    if (out->growth == wanted) return;
    out->growth = wanted;
    out->max_depth = wanted == PSN_GBDT_SYMMETRIC ? 6 : 0;
}

static void trees_options(psn_gbdt_options *out, const psn_fraud_fitting *fit, int32_t trial)
{
    const int64_t rows = fit->model->labelled;
    psn_gbdt_options base;
    psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
    base.learning_rate = rows < 200000 ? 0.05 : 0.1;
    base.rounds = rows < 200000 ? 1500 : 600;
    base.early_stopping = rows < 200000 ? 40 : 30;
    if (fit->folds == 0) { /* nothing can be chosen: little is learnt */
        base.rounds = 60;
        base.early_stopping = 0;
        base.num_leaves = 4;
        base.lambda_l2 = 5;
        base.min_data_in_leaf = 2 + (int32_t)(rows / 50);
        *out = base;
        out->seed = fit->seed;
    } else {
        /* the first is for few frauds and a world that changes: little but shallow trees */
        psn_gbdt_trial_options(out, &base, rows, trial == 0 ? 0 : trial - 1, fit->seed);
        if (trial == 0) {
            out->num_leaves = 5;
            out->lambda_l2 = 10;
            out->row_fraction = 0.8;
        }
    }
    trees_growth(out, fit);
    trees_set_int(&out->rounds, fit, "gbdt.rounds");
    trees_set_int(&out->num_leaves, fit, "gbdt.num_leaves");
    trees_set_int(&out->max_depth, fit, "gbdt.max_depth");
    trees_set_int(&out->min_data_in_leaf, fit, "gbdt.min_data_in_leaf");
    trees_set_int(&out->early_stopping, fit, "gbdt.early_stopping");
    trees_set_real(&out->learning_rate, fit, "gbdt.learning_rate");
    trees_set_real(&out->min_sum_hessian, fit, "gbdt.min_sum_hessian");
    trees_set_real(&out->lambda_l2, fit, "gbdt.lambda_l2");
    trees_set_real(&out->tree_columns, fit, "gbdt.tree_columns");
    trees_set_real(&out->node_columns, fit, "gbdt.node_columns");
    trees_set_real(&out->row_fraction, fit, "gbdt.row_fraction");
    if (out->growth == PSN_GBDT_SYMMETRIC && (out->max_depth < 1 || out->max_depth > 10))
        out->max_depth = 6;
}

static int32_t trees_trials(const psn_fraud_fitting *fit)
{
    int is_auto;
    const int64_t asked = FRAUD_INT(fit, "search", &is_auto);
    if (fit->folds == 0) return 1;
    if (!is_auto) return (int32_t)asked;
    return fit->model->labelled < 60000 ? 5 : fit->model->labelled < 200000 ? 3 : 1;
}

static int32_t trees_best(const psn_fraud_fitting *fit, int32_t trials)
{
    int is_auto;
    const int64_t asked = FRAUD_INT(fit, "blend", &is_auto);
    const int64_t wanted = is_auto ? 3 : asked;
    return wanted < trials ? (int32_t)wanted : trials;
}

/* -1, 0, 1 for each feature; NULL where none is set. */
static int trees_monotone(int8_t **out, const psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const char *key, *value;
    const persona_fraud_scorer *model = fit->model;
    int8_t *made = NULL;
    for (size_t i = 0;
         (key = psn_params_member(fit->params, "monotone.*", i, &value)) != NULL; i++) {
        if (made == NULL) PSN_NEED(made = psn_alloc_zero((size_t)model->features, 1));
        int found = 0;
        for (int32_t f = 0; f < model->features; f++) {
            if (strcmp(model->feature[f].name, key) != 0 ||
                model->feature[f].derive == PSN_FRAUD_LEVEL)
                continue;
            made[f] = (int8_t)(value[0] == '-' ? -1 : value[0] != '0');
            found = 1;
        }
        if (!found)
            PSN_FAIL(error, PERSONA_EOPTION,
                     "monotone.%.80s has no effect: no such number is learnt from", key);
    }
    *out = made;
    made = NULL;
done:
    psn_release(made);
    return rc;
}

/* ---- training */

static void trees_mask(trees_work *work, int32_t fold)
{
    const psn_fraud_fitting *fit = work->fit;
    for (int64_t i = 0; i < fit->rows; i++)
        work->mask[i] = psn_fraud_fit_learns(fit, i, fold)   ? PSN_GBDT_TRAIN
                        : fold >= 0 && fit->fold[i] == fold ? PSN_GBDT_VALIDATE
                                                            : PSN_GBDT_UNUSED;
}

static psn_gbdt_data trees_data(const trees_work *work)
{
    return (psn_gbdt_data){.bins = work->fit->bins,
                           .label = work->label,
                           .weight = work->fit->weight,
                           .mask = work->mask};
}

static double trees_fold_weight(const psn_fraud_fitting *fit, int32_t fold)
{
    double sum = 0;
    for (int64_t i = 0; i < fit->rows; i++)
        if (fit->fold[i] == fold) sum += psn_fraud_fit_weight(fit, i);
    return sum;
}

/* Adds one fold's losses to the curve; a shorter one goes on at its last loss. */
static int trees_add_curve(trees_trial *trial, const psn_gbdt_report *report, double weight,
                           persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t run = report->rounds_run;
    const double last = run > 0 ? report->losses[run - 1] : 0;
    if (run > trial->length) {
        double *more = psn_resize(trial->curve, (size_t)run, sizeof *more);
        PSN_NEED(more);
        for (int32_t r = trial->length; r < run; r++)
            more[r] = trial->length > 0 ? more[trial->length - 1] : 0;
        trial->curve = more;
        trial->length = run;
    }
    for (int32_t r = 0; r < trial->length; r++)
        trial->curve[r] += weight * (r < run ? report->losses[r] : last);
    trial->weight += weight;
done:
    return rc;
}

/* ---- the loss of validation: log loss with the level corrected */

typedef struct trees_level {
    const trees_work *work;
    double *start;  /* of all rows */
    double *scores; /* of those that validate, then exps */
    double *exps;
    double shift; /* the last one found */
} trees_level;

static void trees_gradients(void *context, const double *scores, double *gradient,
                            double *hessian)
{
    const trees_work *work = ((const trees_level *)context)->work;
    const int64_t rows = work->fit->rows;
    for (int64_t i = 0; i < rows; i++) hessian[i] = -scores[i];
    psn_exp_array(hessian, hessian, rows);
    for (int64_t i = 0; i < rows; i++) {
        const double p = 1 / (1 + hessian[i]);
        gradient[i] = p - work->label[i];
        hessian[i] = p * (1 - p);
    }
}

/* Sums of the gradient and the hessian of the shift; exps = exp(-score). */
static void trees_level_slope(const trees_level *level, int64_t count, const double *label,
                              const double *weight, double *g, double *h)
{
    const double factor = psn_exp(-level->shift);
    *g = *h = 0;
    for (int64_t i = 0; i < count; i++) {
        const double p = 1 / (1 + level->exps[i] * factor);
        *g += weight[i] * (p - label[i]);
        *h += weight[i] * p * (1 - p);
    }
}

/* Later frauds may be more or fewer, which calibration sees to; a loss that counts it would
 * stop the trees at whatever level fits by chance. Newton for the shift of all scores with the
 * least loss, from the last one. In steps of 1e-5, so that gains of nothing end it. */
static double trees_loss(void *context, const double *scores)
{
    trees_level *level = context;
    const trees_work *work = level->work;
    int64_t count = 0;
    double *label = level->exps + work->validating, *weight = label + work->validating;
    for (int64_t i = 0; i < work->fit->rows; i++) {
        if (work->mask[i] != PSN_GBDT_VALIDATE) continue;
        level->scores[count] = scores[i];
        level->exps[count] = -fmin(fmax(scores[i], -300), 300);
        label[count] = work->label[i];
        weight[count++] = psn_fraud_fit_weight(work->fit, i);
    }
    psn_exp_array(level->exps, level->exps, count);
    for (int step = 0; step < 4; step++) {
        double g, h;
        trees_level_slope(level, count, label, weight, &g, &h);
        const double move = h > 1e-12 ? fmin(fmax(-g / h, -2), 2) : 0;
        level->shift = fmin(fmax(level->shift + move, -20), 20);
        if (fabs(move) < 1e-4) break;
    }
    double sum = 0, all = 0;
    for (int64_t i = 0; i < count; i++) {
        const double raw = level->scores[i] + level->shift;
        const double margin = label[i] > 0 ? -raw : raw;
        sum += weight[i] * (margin > 30 ? margin : psn_log1p(psn_exp(margin)));
        all += weight[i];
    }
    return floor(sum / all * 1e5) * 1e-5;
}

static double trees_mean(const trees_work *work)
{
    double frauds = 0, all = 0;
    for (int64_t i = 0; i < work->fit->rows; i++) {
        if (work->mask[i] != PSN_GBDT_TRAIN) continue;
        frauds += psn_fraud_fit_weight(work->fit, i) * work->label[i];
        all += psn_fraud_fit_weight(work->fit, i);
    }
    return psn_log(frauds / (all - frauds));
}

static int trees_level_open(trees_level *level, const trees_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const double mean = trees_mean(work);
    level->work = work;
    PSN_NEED(level->start = psn_alloc((size_t)work->fit->rows, sizeof(double)));
    PSN_NEED(level->scores = psn_alloc((size_t)work->validating, 4 * sizeof(double)));
    level->exps = level->scores + work->validating;
    for (int64_t i = 0; i < work->fit->rows; i++) level->start[i] = mean;
done:
    return rc;
}

static int trees_try_one(trees_work *work, int32_t t, int32_t fold, double weight,
                         trees_level *level, persona_error *error)
{
    int rc;
    psn_gbdt *model = NULL;
    psn_gbdt_report report = {.want_scores = 1};
    psn_gbdt_data data = trees_data(work);
    psn_gbdt_options options = work->trial[t].options;
    options.objective = PSN_GBDT_CUSTOM;
    options.classes = 1; /* outputs */
    data.gradients = trees_gradients;
    data.loss = trees_loss;
    data.context = level;
    data.start = level->start;
    level->shift = 0;
    PSN_TRY(psn_gbdt_fit(&model, &report, &data, &options, NULL, work->fit->pool, NULL,
                         error));
    PSN_TRY(trees_add_curve(work->trial + t, &report, weight, error));
    for (int64_t i = 0; i < work->fit->rows; i++)
        if (work->mask[i] == PSN_GBDT_VALIDATE)
            work->trial[t].score[i] = (float)report.scores[i];
    PSN_TRY(psn_task_check(work->fit->task,
                           (double)(fold * work->trials + t) /
                               (work->fit->folds * work->trials * 1.5),
                           error));
done:
    psn_gbdt_free(model);
    psn_gbdt_report_clear(&report);
    return rc;
}

static int trees_try(trees_work *work, int32_t fold, persona_error *error)
{
    int rc;
    trees_level level = {0};
    const double weight = trees_fold_weight(work->fit, fold);
    work->validating = 0;
    for (int64_t i = 0; i < work->fit->rows; i++)
        work->validating += work->mask[i] == PSN_GBDT_VALIDATE;
    PSN_TRY(trees_level_open(&level, work, error));
    for (int32_t t = 0; t < work->trials; t++)
        PSN_TRY(trees_try_one(work, t, fold, weight, &level, error));
done:
    psn_release(level.start);
    psn_release(level.scores);
    return rc;
}

static int trees_prepare(trees_work *work, int32_t fold, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_fraud_fitting *fit = work->fit;
    trees_mask(work, fold);
    if (fit->rates == 0 && fit->bins != NULL) return PERSONA_OK;
    PSN_TRY(psn_fraud_fit_rates(fit, fold, error));
    PSN_TRY(psn_fraud_fit_bins(fit, error));
done:
    return rc;
}

/* The least point of each curve; trials in order of it, ties to the earlier. */
static void trees_choose(trees_work *work)
{
    for (int32_t t = 0; t < work->trials; t++) {
        trees_trial *trial = work->trial + t;
        trial->loss = INFINITY;
        for (int32_t r = 0; r < trial->length; r++)
            if (trial->curve[r] / trial->weight < trial->loss) {
                trial->loss = trial->curve[r] / trial->weight;
                trial->rounds = r + 1;
            }
        int32_t at = t;
        for (; at > 0 && work->trial[work->order[at - 1]].loss > trial->loss; at--)
            work->order[at] = work->order[at - 1];
        work->order[at] = t;
    }
}

/* The best settings, each trained on the rows of the mask, as one model. */
static int trees_blended(psn_gbdt **out, trees_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt_data data = trees_data(work);
    psn_gbdt **each = psn_alloc_zero((size_t)work->best, sizeof *each);
    double *shares = psn_alloc((size_t)work->best, sizeof *shares);
    PSN_NEED(each);
    PSN_NEED(shares);
    for (int32_t b = 0; b < work->best; b++) {
        const trees_trial *trial = work->trial + work->order[b];
        psn_gbdt_options options = trial->options;
        options.rounds = trial->rounds;
        options.early_stopping = 0;
        shares[b] = 1.0 / work->best;
        PSN_TRY(psn_gbdt_fit(&each[b], NULL, &data, &options, NULL, work->fit->pool, NULL,
                             error));
        PSN_TRY(psn_task_check(work->fit->task, 0.5, error));
    }
    PSN_TRY(psn_gbdt_blend(out, (const psn_gbdt *const *)each, shares, work->best, error));
done:
    for (int32_t b = 0; each && b < work->best; b++) psn_gbdt_free(each[b]);
    psn_release(each);
    psn_release(shares);
    return rc;
}

/* The mean of the best out of fold. */
static int trees_scores(trees_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_fraud_fitting *fit = work->fit;
    double *mean = psn_alloc((size_t)fit->rows, sizeof *mean);
    PSN_NEED(mean);
    for (int64_t i = 0; i < fit->rows; i++) {
        mean[i] = fit->fold[i] >= 0 ? 0 : NAN;
        for (int32_t b = 0; b < work->best && fit->fold[i] >= 0; b++)
            mean[i] += (double)work->trial[work->order[b]].score[i] / work->best;
    }
    fit->score[PSN_FRAUD_TREES] = mean;
done:
    return rc;
}

static int trees_final(trees_work *work, persona_error *error)
{
    int rc;
    psn_fraud_fitting *fit = work->fit;
    const int refit = FRAUD_BOOL(fit, "refit") || !(fit->rolling || fit->folds == 1);
    PSN_TRY(trees_prepare(work, refit ? -1 : 0, error));
    PSN_TRY(trees_blended(&fit->model->trees, work, error));
    PSN_TRY(psn_gbdt_fast_new(&fit->model->fast, fit->model->trees, error));
    PSN_TRY(psn_gbdt_shap_new(&fit->model->shap, fit->model->trees, error));
    fit->tree_options = work->trial[work->order[0]].options;
    fit->tree_options.monotone = NULL;
    fit->tree_options.rounds = work->trial[work->order[0]].rounds;
    fit->blended = work->best;
    fit->trials = work->trials;
done:
    return rc;
}

/* ---- the part "search" */

static int trees_search_part(const trees_work *work, persona_error *error)
{
    int rc;
    static const char *const names[] = {
        "rank",      "num_leaves",   "max_depth",    "min_data_in_leaf", "rounds",
        "lambda_l2", "tree_columns", "node_columns", "row_fraction",     "learning_rate",
        "log_loss",  "share"};
    enum { INTS = 5, REALS = 7 };
    const size_t n = (size_t)work->trials;
    int64_t *ints = psn_alloc(n * INTS, sizeof *ints);
    double *reals = psn_alloc(n * REALS, sizeof *reals);
    persona_table *table = NULL;
    const char **growth = psn_alloc(n, sizeof *growth);
    PSN_NEED(ints);
    PSN_NEED(reals);
    PSN_NEED(growth);
    for (size_t t = 0; t < n; t++) {
        const trees_trial *trial = work->trial + work->order[t];
        const psn_gbdt_options *o = &trial->options;
        const int symmetric = o->growth == PSN_GBDT_SYMMETRIC;
        const int64_t whole[INTS] = {(int64_t)t, symmetric ? 1 << o->max_depth : o->num_leaves,
                                     o->max_depth, o->min_data_in_leaf, trial->rounds};
        const double real[REALS] = {
            o->lambda_l2,     o->tree_columns, o->node_columns,
            o->row_fraction,  o->learning_rate, trial->loss,
            (int32_t)t < work->best ? 1.0 / work->best : 0};
        growth[t] = symmetric ? "symmetric" : "leaf_wise";
        for (size_t c = 0; c < INTS; c++) ints[c * n + t] = whole[c];
        for (size_t c = 0; c < REALS; c++) reals[c * n + t] = real[c];
    }
    PSN_TRY(psn_table_new(&table, error));
    for (size_t c = 0; c < INTS; c++)
        PSN_TRY(psn_table_add(table, names[c], PERSONA_TYPE_INT, ints + c * n, NULL,
                              work->trials, error));
    PSN_TRY(psn_table_add_strings(table, "growth", growth, work->trials, error));
    for (size_t c = 0; c < REALS; c++)
        PSN_TRY(psn_table_add(table, names[INTS + c], PERSONA_TYPE_REAL, reals + c * n, NULL,
                              work->trials, error));
    work->fit->model->part[PSN_FRAUD_PART_SEARCH] = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(ints);
    psn_release(reals);
    psn_release(growth);
    return rc;
}

static int trees_validate(trees_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_fraud_fitting *fit = work->fit;
    for (int32_t k = 0; k < fit->folds; k++) {
        PSN_TRY(trees_prepare(work, k, error));
        PSN_TRY(trees_try(work, k, error));
    }
    trees_choose(work);
    PSN_TRY(trees_scores(work, error));
    PSN_TRY(trees_search_part(work, error));
done:
    return rc;
}

int psn_fraud_fit_trees(psn_fraud_fitting *fit, persona_error *error)
{
    int rc;
    int8_t *monotone = NULL;
    trees_work work = {.fit = fit, .trials = trees_trials(fit)};
    work.best = trees_best(fit, work.trials);
    PSN_TRY(trees_monotone(&monotone, fit, error));
    PSN_NEED(work.trial = psn_alloc_zero((size_t)work.trials, sizeof *work.trial));
    PSN_NEED(work.order = psn_alloc_zero((size_t)work.trials, sizeof *work.order));
    PSN_NEED(work.mask = psn_alloc((size_t)fit->rows, 1));
    PSN_NEED(work.label = psn_alloc((size_t)fit->rows, sizeof *work.label));
    for (int64_t i = 0; i < fit->rows; i++)
        work.label[i] = isnan(fit->label[i]) ? 0 : fit->label[i];
    for (int32_t t = 0; t < work.trials; t++) {
        trees_options(&work.trial[t].options, fit, t);
        work.trial[t].options.monotone = monotone;
        work.trial[t].rounds = work.trial[t].options.rounds;
        PSN_NEED(work.trial[t].score = psn_alloc((size_t)fit->rows, sizeof(float)));
    }
    if (fit->folds > 0) PSN_TRY(trees_validate(&work, error));
    PSN_TRY(trees_final(&work, error));
done:
    for (int32_t t = 0; work.trial && t < work.trials; t++) {
        psn_release(work.trial[t].curve);
        psn_release(work.trial[t].score);
    }
    psn_release(work.trial);
    psn_release(work.order);
    psn_release(work.mask);
    psn_release(work.label);
    psn_release(monotone);
    return rc;
}
