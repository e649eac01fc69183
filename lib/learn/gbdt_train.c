/* gbdt_train.c: the rounds of boosting: gradients, a tree for each output, scores, the
 * loss on rows kept back, and when to stop.
 *
 * Cost: rounds x outputs x (rows x features x depth / 2). Memory: rows x (columns + 40)
 * bytes and the sums of one tree. */
#include "learn/gbdt_train.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"

void psn_gbdt_report_clear(psn_gbdt_report *report)
{
    if (report == NULL) return;
    psn_release(report->losses);
    psn_release(report->scores);
    *report = (psn_gbdt_report){0};
}

typedef struct train_state {
    gbdt_trainer trainer;
    psn_gbdt *model;
    int32_t before; /* trees that were there */
    double best_loss;
    int32_t best_round;
    double *losses;
    double *best_scores;
} train_state;

static int train_start(train_state *state, const psn_gbdt *before, persona_error *error)
{
    int rc = PERSONA_OK;
    gbdt_trainer *trainer = &state->trainer;
    const psn_gbdt_data *data = trainer->data;
    const int64_t rows = trainer->rows;
    if (before != NULL) {
        PSN_TRY(psn_gbdt_copy(&state->model, before, error));
    } else {
        PSN_TRY(
            psn_gbdt_new(&state->model, trainer->bins->columns, trainer->outputs, error));
        PSN_TRY(psn_gbdt_store_features(trainer->bins, state->model, error));
        if (data->start == NULL) psn_gbdt_constant(trainer, state->model->base);
    }
    psn_gbdt *model = state->model;
    state->before = model->trees;
    model->objective = trainer->options->objective;
    model->parameter = trainer->options->parameter;
    for (int32_t k = 0; k < trainer->outputs; k++) {
        double *scores = trainer->scores + k * rows;
        for (int64_t i = 0; i < rows; i++) {
            /* Corrections for class weights are for the world outside. */
            scores[i] = data->start == NULL
                            ? model->base[k]
                            : data->start[k * rows + i] -
                                  (before != NULL ? trainer->shift[k] : 0.0);
        }
    }
done:
    return rc;
}

static int train_check_before(const psn_gbdt_data *data, const psn_gbdt_options *options,
                              const psn_gbdt *before, int32_t outputs,
                              persona_error *error)
{
    if (before == NULL) return PERSONA_OK;
    if (before->features != data->bins->columns || before->outputs != outputs ||
        before->objective != (int32_t)options->objective) {
        return psn_fail(error, PERSONA_EARG,
                        "the model to continue has other features, outputs or objective");
    }
    for (int32_t f = 0; f < before->features; f++) {
        const psn_bins_column *column = &data->bins->column[f];
        const psn_gbdt_feature *feature = &before->feature[f];
        if (feature->category != (column->kind == PSN_BINS_CATEGORY)) {
            return psn_fail(error, PERSONA_EARG, "column %d was of another kind", f);
        }
        if (!feature->category) continue;
        int same = feature->levels == column->levels &&
                   feature->groups == column->bins - 1 && feature->group_of != NULL;
        for (int32_t i = 0; same && i < column->levels; i++) {
            same = feature->group_of[i] == column->bin_of_level[i] - 1;
        }
        if (!same) {
            return psn_fail(error, PERSONA_EARG,
                            "column %d has other levels than the model to continue", f);
        }
    }
    if (data->start == NULL) {
        return psn_fail(error, PERSONA_EARG,
                        "continuing a model needs its scores as start");
    }
    return PERSONA_OK;
}

static int train_round(train_state *state, persona_error *error)
{
    int rc = PERSONA_OK;
    gbdt_trainer *trainer = &state->trainer;
    psn_gbdt_begin_round(trainer);
    for (int32_t k = 0; k < trainer->outputs; k++) {
        trainer->output = k;
        psn_gbdt_gradients_of(trainer);
        psn_gbdt_quantize(trainer);
        psn_gbdt_draw_rows(trainer);
        if (trainer->live > 0) {
            psn_gbdt_draw_tree(trainer);
            if (trainer->options->growth == PSN_GBDT_SYMMETRIC) {
                psn_gbdt_grow_symmetric(trainer);
            } else {
                psn_gbdt_grow(trainer);
            }
        } else {
            psn_gbdt_start_tree(trainer);
        }
        psn_gbdt_renew(trainer);
        psn_gbdt_add_scores(trainer);
        PSN_TRY(psn_gbdt_store(trainer, state->model, error));
    }
done:
    return rc;
}

/* 1 when the tree of every output of the last round is a lone leaf. */
static int train_is_stuck(const train_state *state)
{
    const psn_gbdt *model = state->model;
    int64_t first = model->tree_node[model->trees - state->trainer.outputs];
    return model->tree_node[model->trees] == first;
}

static void train_note_best(train_state *state, int32_t round, double loss)
{
    const gbdt_trainer *trainer = &state->trainer;
    state->losses[round] = loss;
    if (!(loss < state->best_loss)) return;
    state->best_loss = loss;
    state->best_round = round + 1;
    if (state->best_scores == NULL) return;
    memcpy(state->best_scores, trainer->scores,
           (size_t)trainer->rows * (size_t)trainer->outputs * sizeof(double));
}

static int train_rounds(train_state *state, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    gbdt_trainer *trainer = &state->trainer;
    const psn_gbdt_options *options = trainer->options;
    int32_t round = 0;
    int sampled = options->row_fraction < 1.0 || options->tree_columns < 1.0 ||
                  options->node_columns < 1.0;
    const double first = psn_gbdt_validation_loss(trainer);
    int stops = options->early_stopping > 0 && first == first;
    state->best_loss = stops ? INFINITY : NAN;
    if (stops) {
        /* No tree at all is a candidate, too. */
        state->best_loss = first;
        if (state->best_scores != NULL) {
            memcpy(state->best_scores, trainer->scores,
                   (size_t)trainer->rows * (size_t)trainer->outputs * sizeof(double));
        }
    }
    int32_t offset = state->before / trainer->outputs;
    for (; round < options->rounds; round++) {
        PSN_TRY(psn_task_check(task, (double)round / options->rounds, error));
        trainer->round = offset + round;
        PSN_TRY(train_round(state, error));
        double loss = psn_gbdt_validation_loss(trainer);
        if (stops) {
            train_note_best(state, round, loss);
            if (round + 1 - state->best_round >= options->early_stopping) {
                round++;
                break;
            }
        } else {
            state->losses[round] = loss;
        }
        if (!sampled && train_is_stuck(state)) {
            round++;
            break;
        }
    }
    if (!stops) state->best_round = round;
    trainer->round = round;
done:
    return rc;
}

/* Trees after the best round go; class weights are taken out of the base. */
static void train_finish(train_state *state, psn_gbdt_report *report, int stopped)
{
    gbdt_trainer *trainer = &state->trainer;
    psn_gbdt *model = state->model;
    const int64_t rows = trainer->rows;
    psn_gbdt_cut(model, state->before + state->best_round * trainer->outputs);
    for (int32_t k = 0; k < trainer->outputs && state->before == 0; k++) {
        model->base[k] += trainer->shift[k];
    }
    if (report == NULL) return;
    report->rounds_run = trainer->round;
    report->best_round = state->best_round;
    report->best_loss = state->best_loss;
    report->losses = state->losses;
    state->losses = NULL;
    if (!report->want_scores) return;
    double *scores = stopped ? state->best_scores : trainer->scores;
    for (int32_t k = 0; k < trainer->outputs; k++) {
        for (int64_t i = 0; i < rows; i++) scores[k * rows + i] += trainer->shift[k];
    }
    report->scores = scores;
    if (stopped) {
        state->best_scores = NULL;
    } else {
        trainer->scores = NULL;
    }
}

int psn_gbdt_fit(psn_gbdt **out, psn_gbdt_report *report, const psn_gbdt_data *data,
                 const psn_gbdt_options *options, const psn_gbdt *before, psn_pool *pool,
                 persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    train_state state = {0};
    *out = NULL;
    PSN_TRY(psn_gbdt_options_check(data, options, error));
    PSN_TRY(psn_gbdt_trainer_open(&state.trainer, data, options, pool, error));
    PSN_TRY(train_check_before(data, options, before, state.trainer.outputs, error));
    PSN_NEED(state.losses = psn_alloc((size_t)options->rounds + 1, sizeof *state.losses));
    int stopped = options->early_stopping > 0 && state.trainer.other_count > 0 &&
                  !(options->objective == PSN_GBDT_CUSTOM && data->loss == NULL);
    if (report != NULL && report->want_scores && stopped) {
        PSN_NEED(state.best_scores =
                     psn_alloc((size_t)state.trainer.rows * (size_t)state.trainer.outputs,
                               sizeof(double)));
    }
    PSN_TRY(train_start(&state, before, error));
    PSN_TRY(train_rounds(&state, task, error));
    train_finish(&state, report, stopped);
    *out = state.model;
    state.model = NULL;
done:
    psn_gbdt_trainer_close(&state.trainer);
    psn_gbdt_free(state.model);
    psn_release(state.losses);
    psn_release(state.best_scores);
    return rc;
}

int psn_gbdt_scores_loss(double *loss, const psn_gbdt_data *data,
                         const psn_gbdt_options *options, const double *scores,
                         psn_pool *pool, persona_error *error)
{
    int rc = PERSONA_OK;
    gbdt_trainer trainer = {0};
    PSN_TRY(psn_gbdt_options_check(data, options, error));
    PSN_TRY(psn_gbdt_trainer_open(&trainer, data, options, pool, error));
    for (int32_t k = 0; k < trainer.outputs; k++) {
        const int64_t first = k * trainer.rows;
        for (int64_t i = first; i < first + trainer.rows; i++)
            trainer.scores[i] = scores[i] - trainer.shift[k];
    }
    *loss = psn_gbdt_validation_loss(&trainer);
done:
    psn_gbdt_trainer_close(&trainer);
    return rc;
}
