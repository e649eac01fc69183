/* fraud_fit_trees.c: the boosted trees: settings and rounds chosen on validation, then
 * learnt from all rows.
 *
 * Each setting is trained on every fold with early stopping; the loss curves of the folds
 * are added, and the least point of the sum gives the rounds (one number for all folds,
 * so that no fold stops where it happens to look best). The best three then score the
 * folds together, which is what blending and calibration see, and learn from all rows. */
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>

typedef struct trees_trial {
    psn_gbdt_options options;
    float *score;  /* of rows that validate, out of fold */
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
} trees_work;

/* ---- training */

static void trees_mask(trees_work *work, int32_t fold)
{
    const psn_fraud_fitting *fit = work->fit;
    for (int64_t i = 0; i < fit->rows; i++)
        work->mask[i] = psn_fraud_fit_learns(fit, i, fold)  ? PSN_GBDT_TRAIN
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
static int trees_add_curve(trees_trial *trial, const psn_gbdt_report *report,
                           double weight, persona_error *error)
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

static int trees_try_one(trees_work *work, int32_t t, int32_t fold, double weight,
                         psn_fraud_loss *loss, persona_error *error)
{
    int rc;
    psn_gbdt *model = NULL;
    psn_gbdt_report report = {.want_scores = 1};
    psn_gbdt_data data = trees_data(work);
    psn_gbdt_options options = work->trial[t].options;
    options.objective = PSN_GBDT_CUSTOM;
    options.classes = 1; /* outputs */
    data.gradients = psn_fraud_loss_gradients;
    data.loss = psn_fraud_loss_value;
    data.context = loss;
    data.start = loss->start;
    loss->shift = 0;
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
    const double weight = trees_fold_weight(work->fit, fold);
    psn_fraud_loss loss = {.label = work->label,
                           .weight = work->fit->weight,
                           .mask = work->mask,
                           .rows = work->fit->rows};
    PSN_TRY(psn_fraud_loss_open(&loss, error));
    for (int32_t t = 0; t < work->trials; t++)
        PSN_TRY(trees_try_one(work, t, fold, weight, &loss, error));
done:
    psn_fraud_loss_close(&loss);
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
    PSN_TRY(
        psn_gbdt_blend(out, (const psn_gbdt *const *)each, shares, work->best, error));
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
        "rank",         "num_leaves",    "max_depth",    "min_data_in_leaf",
        "rounds",       "lambda_l2",     "tree_columns", "node_columns",
        "row_fraction", "learning_rate", "log_loss",     "share"};
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
        const int64_t whole[INTS] = {(int64_t)t,
                                     symmetric ? 1 << o->max_depth : o->num_leaves,
                                     o->max_depth, o->min_data_in_leaf, trial->rounds};
        const double real[REALS] = {o->lambda_l2,
                                    o->tree_columns,
                                    o->node_columns,
                                    o->row_fraction,
                                    o->learning_rate,
                                    trial->loss,
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
        PSN_TRY(psn_table_add(table, names[INTS + c], PERSONA_TYPE_REAL, reals + c * n,
                              NULL, work->trials, error));
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
    trees_work work = {.fit = fit, .trials = psn_fraud_fit_trials(fit)};
    work.best = psn_fraud_fit_best(fit, work.trials);
    PSN_TRY(psn_fraud_fit_monotone(&monotone, fit, error));
    PSN_NEED(work.trial = psn_alloc_zero((size_t)work.trials, sizeof *work.trial));
    PSN_NEED(work.order = psn_alloc_zero((size_t)work.trials, sizeof *work.order));
    PSN_NEED(work.mask = psn_alloc((size_t)fit->rows, 1));
    PSN_NEED(work.label = psn_alloc((size_t)fit->rows, sizeof *work.label));
    for (int64_t i = 0; i < fit->rows; i++)
        work.label[i] = isnan(fit->label[i]) ? 0 : fit->label[i];
    for (int32_t t = 0; t < work.trials; t++) {
        psn_fraud_fit_setting(&work.trial[t].options, fit, t);
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
