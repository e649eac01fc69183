/* fraud_fit_split.c: who learns and who validates.
 *
 * By time the last rows validate: what a model will meet is later than what it learnt
 * from, and a random split would flatter it. Of few rows the parts before the last
 * validate too, each a model of what came before it, since one part alone has too few
 * frauds to choose by. Without a time, folds dealt by a hash of the row, each with the
 * same share of frauds: few rows in five folds, all of which validate in turn; many in
 * one. The hash is Philox's, so that a row's fold depends on seed and row only. */
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "math/order.h"
#include "shop/fraud/fraud_fit.h"

#include <math.h>
#include <string.h>

enum { SPLIT_MANY = 60000, SPLIT_SOME = 20000, SPLIT_FEW = 10000, SPLIT_WINDOWS = 3 };
enum { SPLIT_RARE = 500 }; /* frauds with which one part is enough to choose by */

void psn_fraud_fit_by_time(int64_t *order, const double *time, double *spare,
                           int64_t rows)
{
    for (int64_t i = 0; i < rows; i++)
        spare[i] = !time ? (double)i : isnan(time[i]) ? -INFINITY : time[i];
    psn_sort_order(order, spare, rows);
}

static void split_by_hash(int64_t *order, double *spare, int64_t rows, uint64_t seed,
                          uint32_t purpose)
{
    psn_random random;
    for (int64_t i = 0; i < rows; i++) {
        psn_random_start(&random, seed, purpose, (uint64_t)i);
        spare[i] = psn_random_unit(&random);
    }
    psn_sort_order(order, spare, rows);
}

/* Frauds and good orders that learn (0) and validate (1). */
static void split_count(const psn_fraud_fitting *fit, int32_t fold, int64_t count[2][2])
{
    memset(count, 0, 4 * sizeof **count);
    for (int64_t i = 0; i < fit->rows; i++) {
        if (psn_fraud_fit_learns(fit, i, fold)) count[0][fit->label[i] > 0]++;
        if (fit->fold[i] == fold) count[1][fit->label[i] > 0]++;
    }
}

/* Rows of the time at the cut learn too, unless they are most of the part. */
static void split_move_cut(psn_fraud_fitting *fit, const int64_t *order, int64_t at,
                           int64_t wanted, int32_t window)
{
    const double cut = fit->time[order[at - 1]];
    int64_t same = 0, end = at;
    for (; end < fit->rows && fit->time[order[end]] == cut; end++)
        same += fit->fold[order[end]] == window;
    if (same * 2 > wanted) return;
    for (int64_t i = at; i < end; i++)
        if (fit->fold[order[i]] == window) fit->fold[order[i]] = PSN_FRAUD_LEARNS;
}

/* The last share of the rows that learn, in order, becomes a window. */
static void split_last(psn_fraud_fitting *fit, const int64_t *order, double share,
                       int by_time, int32_t window)
{
    int64_t at = fit->rows;
    const int64_t wanted = (int64_t)(share * (double)fit->model->labelled);
    for (int64_t taken = 0; at > 0 && taken < wanted; at--) {
        if (fit->fold[order[at - 1]] != PSN_FRAUD_LEARNS) continue;
        fit->fold[order[at - 1]] = (int8_t)window;
        taken++;
    }
    if (by_time && at > 0) split_move_cut(fit, order, at, wanted, window);
}

/* 1 if one part of the rows tells as much as is needed. */
static int split_is_rich(const psn_fraud_fitting *fit, double share)
{
    const double rows = (double)fit->model->labelled, frauds = (double)fit->model->frauds;
    if (rows > SPLIT_MANY) return 1;
    return rows > SPLIT_SOME && fmin(frauds, rows - frauds) * share >= SPLIT_RARE;
}

static int split_folds(psn_fraud_fitting *fit, double share, double *spare,
                       persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t dealt[2] = {0, 0};
    int64_t *order = psn_alloc((size_t)fit->rows, sizeof *order);
    const double parts = floor(1 / share + 0.5);
    const int64_t deal = parts < 2 ? 2 : parts > 100 ? 100 : (int64_t)parts;
    const int64_t rows = fit->model->labelled;
    const int64_t run = split_is_rich(fit, share)      ? 1
                        : rows > SPLIT_FEW && deal > 3 ? 3
                                                       : deal;
    PSN_NEED(order);
    split_by_hash(order, spare, fit->rows, fit->seed, PSN_FRAUD_DRAW_FOLD);
    for (int64_t i = 0; i < fit->rows; i++) {
        const int64_t row = order[i];
        if (fit->fold[row] == PSN_FRAUD_UNUSED) continue;
        const int64_t part = dealt[fit->label[row] > 0]++ % deal;
        fit->fold[row] = (int8_t)(part < run ? part : PSN_FRAUD_LEARNS);
    }
    fit->folds = (int32_t)run;
done:
    psn_release(order);
    return rc;
}

static int split_enough(const psn_fraud_fitting *fit, int32_t fold)
{
    int64_t count[2][2];
    split_count(fit, fold, count);
    for (int i = 0; i < 4; i++)
        if (count[i / 2][i % 2] < PSN_FRAUD_FEWEST) return 0;
    return 1;
}

/* Folds of few frauds each are enough when together they have enough. */
static int split_enough_all(const psn_fraud_fitting *fit)
{
    const int64_t frauds = fit->model->frauds, good = fit->model->labelled - frauds;
    if (fit->folds < 2) return split_enough(fit, 0);
    return frauds >= PSN_FRAUD_FEWEST && good >= PSN_FRAUD_FEWEST;
}

static void split_all_learn(psn_fraud_fitting *fit)
{
    for (int64_t i = 0; i < fit->rows; i++)
        if (fit->fold[i] != PSN_FRAUD_UNUSED) fit->fold[i] = PSN_FRAUD_LEARNS;
    fit->folds = 0;
    fit->rolling = 0;
}

/* The latest window, and of few rows the two before it where they have frauds enough. */
static void split_windows(psn_fraud_fitting *fit, const int64_t *order, double share,
                          int by_time)
{
    const int32_t most = split_is_rich(fit, share) || share > 0.25 ? 1 : SPLIT_WINDOWS;
    fit->rolling = 1;
    for (int32_t w = 0; w < most; w++) {
        split_last(fit, order, share, by_time, w);
        if (!split_enough(fit, w)) {
            for (int64_t i = 0; i < fit->rows; i++)
                if (fit->fold[i] == w) fit->fold[i] = PSN_FRAUD_LEARNS;
            return;
        }
        fit->folds = w + 1;
    }
}

static int split_run(psn_fraud_fitting *fit, const int64_t *order, double *spare,
                     persona_error *error)
{
    int rc = PERSONA_OK;
    const char *how = FRAUD_TEXT(fit, "validation");
    const double share = FRAUD_REAL(fit, "validation_share", NULL);
    if (strcmp(how, "auto") == 0) how = fit->time ? "time" : "random";
    if (strcmp(how, "time") == 0 && fit->time == NULL)
        PSN_FAIL(error, PERSONA_EOPTION,
                 "validation: there is no column of role time (column.time=...)");
    if (strcmp(how, "random") != 0) {
        split_windows(fit, order, share, strcmp(how, "time") == 0);
        if (fit->folds == 0) {
            split_all_learn(fit);
            PSN_TRY(
                psn_model_note(&fit->model->base, "validation_random", "warning",
                               fit->model->frauds, error,
                               "too few frauds before or after the split by %s: random "
                               "folds validate",
                               how));
            how = "random";
        }
    }
    if (strcmp(how, "random") == 0) {
        PSN_TRY(split_folds(fit, share, spare, error));
        if (!split_enough_all(fit)) {
            split_all_learn(fit);
            how = "none";
            PSN_TRY(
                psn_model_note(&fit->model->base, "validation_none", "warning",
                               fit->model->frauds, error,
                               "too few frauds or good orders to validate: nothing was "
                               "chosen by the data and nothing is known of the quality"));
        }
    }
    psn_format(fit->validation, sizeof fit->validation, "%s", how);
done:
    return rc;
}

/* Ranks of the times: rows of one time share theirs. */
static int split_moments(psn_fraud_fitting *fit, const int64_t *order,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    PSN_NEED(fit->moment = psn_alloc((size_t)fit->rows, sizeof *fit->moment));
    for (int64_t k = 0; k < fit->rows; k++) {
        const int64_t row = order[k], before = k > 0 ? order[k - 1] : row;
        const int same = k > 0 && fit->time && fit->time[row] == fit->time[before];
        fit->moment[row] = same ? fit->moment[before] : k;
    }
done:
    return rc;
}

int psn_fraud_fit_split(psn_fraud_fitting *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t n = (size_t)fit->rows;
    double *spare = psn_alloc(n, sizeof *spare);
    int64_t *order = psn_alloc(n, sizeof *order);
    PSN_NEED(spare);
    PSN_NEED(order);
    PSN_NEED(fit->fold = psn_alloc(n, 1));
    psn_fraud_fit_by_time(order, fit->time, spare, fit->rows);
    for (int64_t i = 0; i < fit->rows; i++)
        fit->fold[i] =
            fit->supervised && !isnan(fit->label[i]) && psn_fraud_fit_weight(fit, i) > 0
                ? PSN_FRAUD_LEARNS
                : PSN_FRAUD_UNUSED;
    if (!fit->supervised) goto done;
    PSN_TRY(split_run(fit, order, spare, error));
    if (strcmp(fit->validation, "time") == 0 || strcmp(fit->validation, "order") == 0)
        PSN_TRY(split_moments(fit, order, error));
done:
    psn_release(spare);
    psn_release(order);
    return rc;
}
