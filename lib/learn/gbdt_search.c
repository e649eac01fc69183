/* gbdt_search.c: settings tried on rows kept back, the best ones fitted on all rows with
 * the number of rounds found, and averaged.
 *
 * Each setting is trained on every fold with early stopping; the loss curves of the folds
 * are added, and the least point of the sum gives the rounds (one number for all folds,
 * so that no fold stops where it happens to look best). Then as many of the best are
 * averaged as lower the loss: the mean is still one ensemble of trees, but no better than
 * the best one on two tables of three, and three times as slow to ask.
 *
 * Cost: (folds x trials + blend) fits. Memory: 4 bytes a row, output and trial. */
#include "learn/gbdt_search.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"

/* Trials take so much of the time, refitting the best the rest. */
#define SEARCH_TRIES 0.7
enum { SEARCH_REACH = 10 };
/* A mean of more trials is taken for one with so little less loss: the best trial is a
 * bit worse than it looks, being the best of many. */
#define SEARCH_EQUAL 1e-3

/* Summed loss after each round of one trial. */
typedef struct search_curve {
    double *loss, weight;
    int32_t length;
    float *scores; /* of rows while they validated */
} search_curve;

typedef struct search_work {
    const psn_gbdt_folds *folds;
    const psn_gbdt_search_options *search;
    psn_pool *pool;
    persona_task *task;
    psn_gbdt_found *found;
    search_curve *curve; /* trials */
    int64_t rows;
    int32_t outputs, blend;
    uint8_t *validated; /* 1 for rows of some fold */
} search_work;

void psn_gbdt_found_clear(psn_gbdt_found *found)
{
    psn_gbdt_free(found->model);
    psn_release(found->trial);
    psn_release(found->scores);
    *found = (psn_gbdt_found){0};
}

static void search_enter(const search_work *work, double from, double to)
{
    const psn_gbdt_search_options *search = work->search;
    const double end = search->to > search->from ? search->to : 1;
    const double span = end - search->from;
    psn_task_enter(work->task, "trees", search->from + span * from,
                   search->from + span * to);
}

static int search_check(const psn_gbdt_options *base,
                        const psn_gbdt_search_options *search, int32_t folds,
                        persona_error *error)
{
    if (search->trials < 1 || search->trials > 1000) {
        return psn_fail(error, PERSONA_EOPTION, "search = %d; must be 1 .. 1000",
                        search->trials);
    }
    if (search->blend < 1) {
        return psn_fail(error, PERSONA_EOPTION, "blend = %d; must be 1 or more",
                        search->blend);
    }
    if (folds > 0 && base->rounds < 1) {
        return psn_fail(error, PERSONA_EOPTION, "a search needs rounds above 0");
    }
    return PERSONA_OK;
}

/* ---- one trial on one fold */

/* Adds one fold's losses to the curve; a shorter one goes on at its last loss. */
static int search_add_curve(search_curve *curve, const psn_gbdt_report *report,
                            double weight, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t run = report->rounds_run;
    const double last = run > 0 ? report->losses[run - 1] : 0;
    if (run > curve->length) {
        double *more = psn_resize(curve->loss, (size_t)run, sizeof *more);
        PSN_NEED(more);
        for (int32_t r = curve->length; r < run; r++)
            more[r] = curve->length > 0 ? more[curve->length - 1] : 0;
        curve->loss = more;
        curve->length = run;
    }
    for (int32_t r = 0; r < curve->length; r++)
        curve->loss[r] += weight * (r < run ? report->losses[r] : last);
    curve->weight += weight;
done:
    return rc;
}

static void search_keep_scores(const search_work *work, search_curve *curve,
                               const psn_gbdt_report *report, const psn_gbdt_data *data)
{
    for (int32_t k = 0; k < work->outputs; k++) {
        const int64_t first = k * work->rows;
        for (int64_t i = 0; i < work->rows; i++) {
            if (data->mask[i] != PSN_GBDT_VALIDATE) continue;
            curve->scores[first + i] = (float)report->scores[first + i];
        }
    }
}

static int search_try(search_work *work, int32_t trial, const psn_gbdt_data *data,
                      double weight, persona_error *error)
{
    int rc;
    psn_gbdt *model = NULL;
    psn_gbdt_report report = {.want_scores = 1};
    search_curve *curve = &work->curve[trial];
    PSN_TRY(psn_gbdt_fit(&model, &report, data, &work->found->trial[trial].options, NULL,
                         work->pool, work->task, error));
    PSN_TRY(search_add_curve(curve, &report, weight, error));
    if (curve->scores == NULL) {
        work->outputs = model->outputs;
        PSN_NEED(curve->scores = psn_alloc_zero((size_t)work->rows,
                                                (size_t)model->outputs * sizeof(float)));
    }
    search_keep_scores(work, curve, &report, data);
done:
    psn_gbdt_free(model);
    psn_gbdt_report_clear(&report);
    return rc;
}

/* Weight of the rows that validate; -1: none does, or none trains. */
static double search_weight(search_work *work, const psn_gbdt_data *data)
{
    double sum = 0;
    int64_t train = 0, validate = 0;
    for (int64_t i = 0; data->mask != NULL && i < work->rows; i++) {
        train += data->mask[i] == PSN_GBDT_TRAIN;
        if (data->mask[i] != PSN_GBDT_VALIDATE) continue;
        work->validated[i] = 1;
        sum += data->weight == NULL ? 1.0 : data->weight[i];
        validate++;
    }
    return train > 0 && validate > 0 ? sum : -1;
}

static int search_rows_of(search_work *work, const psn_gbdt_data *data,
                          const psn_gbdt_options *base, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t train = 0;
    const psn_gbdt_search_options *search = work->search;
    work->rows = data->bins->rows;
    for (int64_t i = 0; i < work->rows; i++)
        train += data->mask != NULL && data->mask[i] == PSN_GBDT_TRAIN;
    for (int32_t t = 0; t < work->found->trials; t++) {
        psn_gbdt_options *options = &work->found->trial[t].options;
        psn_gbdt_trial_options(options, base, train, t, search->seed);
        if (search->adjust != NULL) search->adjust(search->context, options);
    }
    PSN_NEED(work->validated = psn_alloc_zero((size_t)work->rows, 1));
done:
    return rc;
}

static int search_tries(search_work *work, const psn_gbdt_options *base,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t folds = work->folds->count, trials = work->found->trials;
    const double each = SEARCH_TRIES / folds / trials;
    for (int32_t k = 0; k < folds; k++) {
        psn_gbdt_data data = {0};
        PSN_TRY(work->folds->open(work->folds->context, &data, k, error));
        if (k == 0) PSN_TRY(search_rows_of(work, &data, base, error));
        const double weight = search_weight(work, &data);
        if (weight < 0) {
            PSN_FAIL(error, PERSONA_EDATA,
                     "a search needs rows to train on and rows to validate on");
        }
        for (int32_t t = 0; t < trials; t++) {
            search_enter(work, each * (k * trials + t), each * (k * trials + t + 1));
            PSN_TRY(search_try(work, t, &data, weight, error));
        }
    }
done:
    return rc;
}

/* ---- the choice */

/* Mean loss about round r: NDCG jumps from round to round and its best point by chance is
 * no good number of rounds; ten rounds to both sides are worth .004 (the least that
 * shows) on two ranking sets. Other losses are smooth. */
static double search_loss_at(const search_curve *curve, int32_t r, int jumps)
{
    const int32_t reach = jumps ? SEARCH_REACH : 0;
    const int32_t from = r > reach ? r - reach : 0;
    const int32_t to = r + reach < curve->length ? r + reach : curve->length - 1;
    double sum = 0;
    for (int32_t k = from; k <= to; k++) sum += curve->loss[k];
    return sum / (to - from + 1) / curve->weight;
}

/* The least point of each curve, or its end where nothing stops early; NaN where there is
 * none. */
static void search_choose(search_work *work)
{
    for (int32_t t = 0; t < work->found->trials; t++) {
        const search_curve *curve = &work->curve[t];
        psn_gbdt_trial *trial = &work->found->trial[t];
        const int jumps = trial->options.objective == PSN_GBDT_LAMBDAMART;
        const int all = trial->options.early_stopping == 0;
        trial->loss = NAN;
        trial->rounds = curve->length;
        for (int32_t r = 0; r < curve->length; r++) {
            const double loss = search_loss_at(curve, r, jumps);
            if (!all && (loss >= trial->loss || loss != loss)) continue;
            trial->loss = loss;
            trial->rounds = r + 1;
        }
    }
}

/* The best first; ties to the earlier trial, NaN last. */
static void search_rank(psn_gbdt_found *found)
{
    psn_gbdt_trial *trials = found->trial;
    for (int32_t i = 0; i < found->trials; i++) {
        trials[i].rank = 0;
        for (int32_t j = 0; j < found->trials; j++) {
            const double a = trials[i].loss, b = trials[j].loss;
            const int worse = a != a && b == b;
            if (b < a || worse || (j < i && !(a < b || (b != b && a == a))))
                trials[i].rank++;
        }
        if (trials[i].rank == 0) found->best = &trials[i];
    }
}

static const psn_gbdt_trial *search_ranked(const psn_gbdt_found *found, int32_t rank)
{
    const psn_gbdt_trial *trial = found->trial;
    while (trial->rank != rank) trial++;
    return trial;
}

/* The mean of the best `count`, of rows that validated; others are NaN. */
static void search_mean(double *out, const search_work *work, int32_t count)
{
    const int64_t all = work->rows * work->outputs;
    for (int64_t i = 0; i < all; i++) out[i] = work->validated[i % work->rows] ? 0 : NAN;
    for (int32_t b = 0; b < count; b++) {
        const int64_t t = search_ranked(work->found, b) - work->found->trial;
        for (int64_t i = 0; i < all; i++)
            out[i] += (double)work->curve[t].scores[i] / count;
    }
}

/* Adds the losses of one fold when the best 1, 2 ... are averaged. */
static int search_blend_losses(search_work *work, double *losses, double *scores,
                               int32_t fold, persona_error *error)
{
    int rc;
    psn_gbdt_data data = {0};
    PSN_TRY(work->folds->open(work->folds->context, &data, fold, error));
    const double weight = search_weight(work, &data);
    for (int32_t b = 0; b < work->blend; b++) {
        double loss;
        search_mean(scores, work, b + 1);
        PSN_TRY(psn_gbdt_scores_loss(&loss, &data, &work->found->best->options, scores,
                                     work->pool, error));
        losses[b] += weight * loss;
    }
done:
    return rc;
}

/* How many are averaged, and their scores. */
static int search_scores(search_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_found *found = work->found;
    int32_t best = 0;
    double *losses = psn_alloc_zero((size_t)work->blend, sizeof *losses);
    PSN_NEED(losses);
    PSN_NEED(found->scores =
                 psn_alloc((size_t)work->rows, (size_t)work->outputs * sizeof(double)));
    for (int32_t k = 0; k < work->folds->count && work->blend > 1; k++)
        PSN_TRY(search_blend_losses(work, losses, found->scores, k, error));
    for (int32_t b = 1; b < work->blend; b++)
        if (losses[b] < losses[best]) best = b;
    const double enough = losses[best] + SEARCH_EQUAL * fabs(losses[best]);
    for (int32_t b = best + 1; b < work->blend; b++)
        if (losses[b] <= enough) best = b;
    work->blend = best + 1;
    search_mean(found->scores, work, work->blend);
done:
    psn_release(losses);
    return rc;
}

/* ---- the model */

static int search_refit(search_work *work, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_found *found = work->found;
    const int32_t count = work->blend;
    psn_gbdt_data data = {0};
    psn_gbdt **models = psn_alloc_zero((size_t)count, sizeof *models);
    double *shares = psn_alloc((size_t)count, sizeof *shares);
    PSN_NEED(models);
    PSN_NEED(shares);
    PSN_TRY(work->folds->open(work->folds->context, &data, work->folds->count, error));
    const double start = work->folds->count > 0 ? SEARCH_TRIES : 0;
    for (int32_t b = 0; b < count; b++) {
        psn_gbdt_trial *trial = found->trial + (search_ranked(found, b) - found->trial);
        psn_gbdt_options options = trial->options;
        options.rounds = trial->rounds;
        options.early_stopping = 0;
        shares[b] = trial->share = 1.0 / count;
        search_enter(work, start + (1 - start) * b / count,
                     start + (1 - start) * (b + 1) / count);
        PSN_TRY(psn_gbdt_fit(&models[b], NULL, &data, &options, NULL, work->pool,
                             work->task, error));
    }
    PSN_TRY(psn_gbdt_blend(&found->model, (const psn_gbdt *const *)models, shares, count,
                           error));
done:
    for (int32_t b = 0; models != NULL && b < count; b++) psn_gbdt_free(models[b]);
    psn_release(models);
    psn_release(shares);
    return rc;
}

int psn_gbdt_search(psn_gbdt_found *out, const psn_gbdt_folds *folds,
                    const psn_gbdt_options *base, const psn_gbdt_search_options *search,
                    psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const int chooses = folds->count > 0;
    psn_gbdt_found found = {.trials = chooses ? search->trials : 1};
    search_work work = {
        .folds = folds, .search = search, .pool = pool, .task = task, .found = &found};
    *out = (psn_gbdt_found){0};
    PSN_TRY(search_check(base, search, folds->count, error));
    work.blend = search->blend < found.trials ? search->blend : found.trials;
    PSN_NEED(found.trial = psn_alloc_zero((size_t)found.trials, sizeof *found.trial));
    PSN_NEED(work.curve = psn_alloc_zero((size_t)found.trials, sizeof *work.curve));
    if (chooses) {
        PSN_TRY(search_tries(&work, base, error));
        search_choose(&work);
    } else {
        *found.trial = (psn_gbdt_trial){.options = *base, .loss = NAN};
        if (search->adjust != NULL)
            search->adjust(search->context, &found.trial->options);
        found.trial->rounds = found.trial->options.rounds;
    }
    search_rank(&found);
    if (chooses) PSN_TRY(search_scores(&work, error));
    PSN_TRY(search_refit(&work, error));
done:
    for (int32_t t = 0; work.curve != NULL && t < found.trials; t++) {
        psn_release(work.curve[t].loss);
        psn_release(work.curve[t].scores);
    }
    psn_release(work.curve);
    psn_release(work.validated);
    if (rc == PERSONA_OK) {
        *out = found;
    } else {
        psn_gbdt_found_clear(&found);
    }
    return rc;
}

/* ---- one mask */

typedef struct search_single {
    const psn_gbdt_data *data;
    uint8_t *all; /* both kinds of rows train */
} search_single;

static int search_open_single(void *context, psn_gbdt_data *data, int32_t fold,
                              persona_error *error)
{
    (void)error;
    const search_single *single = context;
    *data = *single->data;
    if (fold > 0) data->mask = single->all;
    return PERSONA_OK;
}

int psn_gbdt_search_mask(psn_gbdt_found *out, const psn_gbdt_data *data,
                         const psn_gbdt_options *base,
                         const psn_gbdt_search_options *search, psn_pool *pool,
                         persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    search_single single = {data, NULL};
    const psn_gbdt_folds folds = {1, search_open_single, &single};
    *out = (psn_gbdt_found){0};
    if (data->mask != NULL) {
        PSN_NEED(single.all = psn_copy(data->mask, (size_t)data->bins->rows));
        for (int64_t i = 0; i < data->bins->rows; i++)
            if (single.all[i] == PSN_GBDT_VALIDATE) single.all[i] = PSN_GBDT_TRAIN;
    }
    PSN_TRY(psn_gbdt_search(out, &folds, base, search, pool, task, error));
done:
    psn_release(single.all);
    return rc;
}
