/* recommend_fit_trees.c: trees that order the best candidates of the blend again.
 *
 * From each case whose truth is among the best `reranked`, the true candidates and some
 * others drawn evenly are rows (psn_rec_feature_rows); boosted trees learn which is true
 * (log loss), on the members that have not seen the truth. They stay if on a quarter
 * of the cases, which they did not learn from (each quarter in turn where cases are few),
 * the lists get better by more than chance (paired bootstrap of NDCG), and are then
 * learnt again from all cases. */
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "learn/gbdt.h"
#include "measure/bootstrap.h"
#include "measure/recommendation.h"
#include "shop/recommend/recommend_fit.h"
#include "shop/recommend/recommend_scratch.h"

#include <string.h>

enum {
    TREES_DRAW = 0x72650010,
    TREES_RERANKED = 100,
    TREES_OTHERS = 40,  /* rows of a case that are not true */
    TREES_FEWEST = 300, /* cases with a true candidate */
    TREES_TEST = 4,     /* one case in so many judges */
    TREES_FEW = 8000    /* up to so many all quarters are judged in turn */
};

#define TREES_SURE 0.95 /* share of bootstrap draws in which trees must be better */

typedef struct trees_rows {
    int32_t features;
    int64_t count, room;
    double *x; /* row-major */
    double *label;
    int64_t *of;    /* case of each row */
    int64_t useful; /* cases with a row */
    double *blend;  /* NDCG of each case in the order of the blend */
} trees_rows;

static int trees_room(trees_rows *rows, persona_error *error)
{
    int rc = PERSONA_OK;
    void *more;
    if (rows->count + TREES_RERANKED <= rows->room) return PERSONA_OK;
    const size_t room = (size_t)rows->room * 2 + 65536;
    PSN_NEED(more = psn_resize(rows->x, room, (size_t)rows->features * sizeof *rows->x));
    rows->x = more;
    PSN_NEED(more = psn_resize(rows->label, room, sizeof *rows->label));
    rows->label = more;
    PSN_NEED(more = psn_resize(rows->of, room, sizeof *rows->of));
    rows->of = more;
    rows->room = (int64_t)room;
done:
    return rc;
}

/* The rows of a case; x has room for all of its candidates. */
static void trees_keep(trees_rows *rows, const psn_rec_fitting *fit, int64_t c,
                       const psn_rec_candidates *all, int64_t count)
{
    int64_t trues = 0;
    psn_random random;
    double *x = rows->x + rows->count * rows->features;
    for (int64_t r = 0; r < count; r++)
        trues += psn_rec_split_true(&fit->split, c, all->item[all->order[r]]);
    if (trues == 0) return;
    rows->useful++;
    psn_random_start(&random, fit->seed, TREES_DRAW, (uint64_t)c);
    int64_t others = count - trues, need = others < TREES_OTHERS ? others : TREES_OTHERS;
    for (int64_t r = 0; r < count; r++) {
        const int is = psn_rec_split_true(&fit->split, c, all->item[all->order[r]]);
        if (!is && psn_random_below(&random, others--) >= need) continue;
        need -= !is;
        memmove(rows->x + rows->count * rows->features, x + r * rows->features,
                (size_t)rows->features * sizeof *x);
        rows->label[rows->count] = is;
        rows->of[rows->count++] = c;
    }
}

/* NDCG of a case in the order of its candidates. */
static double trees_quality(const psn_rec_fitting *fit, int64_t c,
                            const psn_rec_candidates *all)
{
    int32_t list[PSN_REC_AT];
    const int64_t *truth = fit->split.start + c;
    const int64_t length = all->ranked < PSN_REC_AT ? all->ranked : PSN_REC_AT;
    for (int64_t p = 0; p < length; p++) list[p] = all->item[all->order[p]];
    return psn_rec_metric(PSN_REC_NDCG, list, length, PSN_REC_AT,
                          fit->split.truth + truth[0], truth[1] - truth[0]);
}

static int trees_gather(trees_rows *rows, const psn_rec_fitting *fit,
                        const psn_rec_engine *engine, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_scratch *scratch = NULL;
    uint64_t *allow = psn_alloc((size_t)engine->items / 64 + 1, sizeof *allow);
    PSN_NEED(allow);
    PSN_TRY(psn_rec_scratch_new(&scratch, engine, error));
    rows->features = psn_rec_features(engine);
    PSN_NEED(rows->blend = psn_alloc((size_t)fit->split.count + 1, sizeof *rows->blend));
    for (int64_t c = 0; c < fit->split.count; c++) {
        const psn_rec_history *history = fit->split.history + c;
        PSN_TRY(trees_room(rows, error));
        psn_rec_fit_allow(fit, c, allow);
        const psn_rec_candidates *all =
            psn_rec_score(engine, history, psn_rec_blended(engine), allow, scratch);
        psn_rec_rank(engine, history, 0, TREES_RERANKED, scratch);
        rows->blend[c] = trees_quality(fit, c, all);
        psn_rec_feature_rows(engine, history, all->ranked,
                             rows->x + rows->count * rows->features, scratch);
        trees_keep(rows, fit, c, all, all->ranked);
        if (c % 64 == 0)
            PSN_TRY(psn_task_check(fit->task, 0.4 * (double)c / (double)fit->split.count,
                                   error));
    }
done:
    psn_rec_scratch_free(scratch);
    psn_release(allow);
    return rc;
}

static int trees_bins(psn_bins **out, const trees_rows *rows, const psn_rec_fitting *fit,
                      persona_error *error)
{
    int rc = PERSONA_OK;
    psn_bins_source *sources = psn_alloc_zero((size_t)rows->features, sizeof *sources);
    PSN_NEED(sources);
    for (int32_t f = 0; f < rows->features; f++) {
        sources[f].values = rows->x + f;
        sources[f].stride = rows->features;
    }
    PSN_TRY(psn_bins_new(out, sources, rows->features, rows->count, 255, fit->pool,
                         fit->task, error));
done:
    psn_release(sources);
    return rc;
}

static void trees_options(psn_gbdt_options *options, const psn_rec_fitting *fit,
                          const trees_rows *rows)
{
    psn_gbdt_defaults(options, PSN_GBDT_BINARY);
    options->rounds = 300;
    options->learning_rate = 0.07;
    options->num_leaves = 31;
    options->min_data_in_leaf = rows->useful < 2000 ? 50 : 150;
    options->tree_columns = 0.7;
    options->early_stopping = 30;
    options->seed = fit->seed;
}

static void trees_clear(psn_rec_engine *engine)
{
    psn_gbdt_fast_free(engine->fast);
    psn_gbdt_free(engine->trees);
    engine->fast = NULL;
    engine->trees = NULL;
}

static int trees_learn(psn_rec_engine *engine, const psn_rec_fitting *fit,
                       const trees_rows *rows, const psn_bins *bins, int64_t test_from,
                       int64_t test_end, int32_t *rounds, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_report report = {0};
    psn_gbdt_options options;
    uint8_t *mask = psn_alloc((size_t)rows->count, 1);
    psn_gbdt_data data = {.bins = bins, .label = rows->label, .mask = mask};
    PSN_NEED(mask);
    for (int64_t i = 0; i < rows->count; i++)
        mask[i] = rows->of[i] >= test_from && rows->of[i] < test_end ? PSN_GBDT_VALIDATE
                                                                     : PSN_GBDT_TRAIN;
    trees_options(&options, fit, rows);
    if (*rounds > 0) {
        options.rounds = *rounds;
        options.early_stopping = 0;
    }
    trees_clear(engine);
    PSN_TRY(psn_gbdt_fit(&engine->trees, &report, &data, &options, NULL, fit->pool,
                         fit->task, error));
    *rounds = report.best_round;
    PSN_TRY(psn_gbdt_fast_new(&engine->fast, engine->trees, error));
done:
    psn_gbdt_report_clear(&report);
    psn_release(mask);
    return rc;
}

/* NDCG of each case first .. end - 1 in the order of the trees; their scores are kept. */
static int trees_measure(double *each, psn_rec_fitting *fit, const psn_rec_engine *engine,
                         int64_t first, int64_t end, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_rec_scratch *scratch = NULL;
    uint64_t *allow = psn_alloc((size_t)engine->items / 64 + 1, sizeof *allow);
    PSN_NEED(allow);
    PSN_TRY(psn_rec_scratch_new(&scratch, engine, error));
    for (int64_t c = first; c < end; c++) {
        const psn_rec_history *history = fit->split.history + c;
        psn_rec_fit_allow(fit, c, allow);
        const psn_rec_candidates *all =
            psn_rec_score(engine, history, psn_rec_blended(engine), allow, scratch);
        psn_rec_rank(engine, history, 1, PSN_REC_AT, scratch);
        each[c - first] = trees_quality(fit, c, all);
        PSN_TRY(psn_rec_fit_show(fit, PSN_REC_CHANCE_TREES, c, all, error));
    }
done:
    psn_rec_scratch_free(scratch);
    psn_release(allow);
    return rc;
}

/* One part of the cases is judged by trees that learnt from the others. */
static int trees_part(double *with, int32_t *rounds, const trees_rows *rows,
                      const psn_bins *bins, psn_rec_fitting *fit, psn_rec_engine *engine,
                      const int64_t part[2], persona_error *error)
{
    int rc;
    int32_t best = 0;
    PSN_TRY(trees_learn(engine, fit, rows, bins, part[0], part[1], &best, error));
    PSN_TRY(trees_measure(with, fit, engine, part[0], part[1], error));
    *rounds += best;
done:
    return rc;
}

/* The last quarter of the cases is judged, or each quarter in turn where they are few.
 * *rounds: how many were best. */
static int trees_judge(psn_bootstrap_result *result, int32_t *rounds,
                       const trees_rows *rows, const psn_bins *bins, psn_rec_fitting *fit,
                       psn_rec_engine *engine, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_bootstrap_options options;
    const int64_t cases = fit->split.count;
    const int quarters = cases <= TREES_FEW ? TREES_TEST : 1;
    const int64_t first = cases * (TREES_TEST - quarters) / TREES_TEST;
    double *with = psn_alloc((size_t)(cases - first) + 1, sizeof *with);
    PSN_NEED(with);
    for (int q = TREES_TEST - quarters; q < TREES_TEST; q++) {
        const int64_t part[2] = {cases * q / TREES_TEST, cases * (q + 1) / TREES_TEST};
        PSN_TRY(trees_part(with + (part[0] - first), rounds, rows, bins, fit, engine,
                           part, error));
    }
    *rounds /= quarters;
    psn_bootstrap_defaults(&options);
    PSN_TRY(psn_bootstrap_paired(result, PSN_BOOTSTRAP_MEAN, with, rows->blend + first,
                                 NULL, NULL, cases - first, &options, fit->pool, error));
done:
    psn_release(with);
    return rc;
}

int psn_rec_fit_trees(psn_rec_fitting *fit, psn_rec_engine *engine, persona_error *error)
{
    int rc;
    trees_rows rows = {0};
    psn_bins *bins = NULL;
    psn_bootstrap_result result;
    int32_t rounds = 0;
    const int64_t cases = fit->split.count;
    engine->reranked = TREES_RERANKED;
    PSN_TRY(trees_gather(&rows, fit, engine, error));
    if (rows.useful >= TREES_FEWEST) {
        PSN_TRY(trees_bins(&bins, &rows, fit, error));
        PSN_TRY(trees_judge(&result, &rounds, &rows, bins, fit, engine, error));
    }
    if (rounds > 0 && result.share_better >= TREES_SURE) {
        fit->tree_gain = result.value;
        PSN_TRY(trees_learn(engine, fit, &rows, bins, cases, cases, &rounds, error));
    } else {
        trees_clear(engine);
    }
done:
    psn_bins_free(bins);
    psn_release(rows.x);
    psn_release(rows.label);
    psn_release(rows.of);
    psn_release(rows.blend);
    return rc;
}
