/* gbdt_search.c: settings tried on rows kept back, the best ones fitted on all rows with
 * the number of rounds found, and averaged.
 *
 * The first four trials are leaf-wise and symmetric trees with strong sampling of columns
 * and shrinkage of leaves: over tables of 7,000 to 70,000 rows one of them was always
 * within noise of the best, and which one it was could not be told before (few rows and
 * many weak features: symmetric; many categories: columns drawn for each tree). The mean
 * of the best three is better than the best one nearly everywhere, and is still one
 * ensemble of trees. */
#include "learn/gbdt_search.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "data/table.h"

static const uint32_t SEARCH_PURPOSE = 0x67627372;
enum { SEARCH_FIXED = 4 };

static void search_leaf_wise(psn_gbdt_options *o, int32_t leaves, double l2,
                             int32_t least)
{
    o->growth = PSN_GBDT_LEAF_WISE;
    o->num_leaves = leaves;
    o->max_depth = 0;
    o->lambda_l2 = l2;
    o->min_data_in_leaf = least;
}

static void search_symmetric(psn_gbdt_options *o, int32_t depth, double l2, int32_t least)
{
    o->growth = PSN_GBDT_SYMMETRIC;
    o->max_depth = depth;
    o->lambda_l2 = l2;
    o->min_data_in_leaf = least;
}

static void search_fixed(psn_gbdt_options *o, int32_t trial, int32_t more)
{
    switch (trial) {
    case 0:
        search_leaf_wise(o, 31, 5.0, 20 + more);
        o->tree_columns = 0.5;
        break;
    case 1:
        search_symmetric(o, 6, 5.0, 1);
        o->node_columns = 0.7;
        o->row_fraction = 0.8;
        o->cat_smooth = 1.0;
        break;
    case 2:
        search_leaf_wise(o, 15, 5.0, 50 + more);
        o->tree_columns = 0.5;
        break;
    default:
        search_symmetric(o, 4, 1.0, 20);
        o->node_columns = 0.7;
    }
}

static double search_pick(psn_random *random, const double *values, int32_t count)
{
    return values[psn_random_below(random, count)];
}

static void search_drawn(psn_gbdt_options *o, int32_t trial, int32_t more, uint64_t seed)
{
    static const double leaves[] = {7, 15, 31, 63}, depths[] = {4, 5, 6, 7};
    static const double l2s[] = {0.5, 1, 3, 5, 10, 20}, least[] = {5, 10, 20, 50, 100};
    static const double shares[] = {0.3, 0.5, 0.7, 0.85, 1.0},
                        rows[] = {0.6, 0.8, 0.9, 1};
    static const double smooths[] = {1, 10, 30};
    psn_random random;
    psn_random_start(&random, seed, SEARCH_PURPOSE, (uint64_t)trial);
    const int symmetric = psn_random_below(&random, 2) == 1;
    const double l2 = search_pick(&random, l2s, 6);
    const int32_t few = (int32_t)search_pick(&random, least, 5);
    if (symmetric) {
        search_symmetric(o, (int32_t)search_pick(&random, depths, 4), l2, few);
    } else {
        search_leaf_wise(o, (int32_t)search_pick(&random, leaves, 4), l2, few + more);
    }
    const double share = search_pick(&random, shares, 5);
    if (psn_random_below(&random, 2) == 1) {
        o->tree_columns = share;
    } else {
        o->node_columns = share;
    }
    o->row_fraction = search_pick(&random, rows, 4);
    o->cat_smooth = search_pick(&random, smooths, 3);
    o->cat_l2 = search_pick(&random, smooths, 3);
}

void psn_gbdt_trial_options(psn_gbdt_options *options, const psn_gbdt_options *base,
                            int64_t rows, int32_t trial, uint64_t seed)
{
    *options = *base;
    /* Large tables can afford to ask for more rows in a leaf. */
    const int32_t more = (int32_t)(rows / 4000 < 200 ? rows / 4000 : 200);
    if (trial < SEARCH_FIXED) {
        search_fixed(options, trial, more);
    } else {
        search_drawn(options, trial, more, seed);
    }
    /* Claims and money are noisy; a leaf has to know more before it may speak. */
    if (psn_gbdt_is_log(base->objective)) options->lambda_l2 *= 4.0;
    options->seed = seed + (uint64_t)trial;
}

static int64_t search_rows(const psn_gbdt_data *data, int kind)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < data->bins->rows; i++) rows += data->mask[i] == kind;
    return rows;
}

static int search_check(const psn_gbdt_data *data, const psn_gbdt_options *base,
                        const psn_gbdt_search_options *search, persona_error *error)
{
    if (search->trials < 1 || search->trials > 1000) {
        return psn_fail(error, PERSONA_EOPTION, "search = %d; must be 1 .. 1000",
                        search->trials);
    }
    if (search->blend < 1) {
        return psn_fail(error, PERSONA_EOPTION, "blend = %d; must be 1 or more",
                        search->blend);
    }
    if (base->early_stopping < 1) {
        return psn_fail(error, PERSONA_EOPTION, "a search needs early_stopping above 0");
    }
    if (data->mask == NULL || search_rows(data, PSN_GBDT_TRAIN) == 0 ||
        search_rows(data, PSN_GBDT_VALIDATE) == 0) {
        return psn_fail(error, PERSONA_EDATA,
                        "a search needs rows to train on and rows to validate on");
    }
    return PERSONA_OK;
}

/* The best first; ties to the earlier trial, NaN last. */
static void search_rank(psn_gbdt_trial *trials, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        trials[i].rank = 0;
        for (int32_t j = 0; j < count; j++) {
            const double a = trials[i].loss, b = trials[j].loss;
            const int worse = a != a && b == b;
            if (b < a || worse || (j < i && !(a < b))) trials[i].rank++;
        }
    }
}

static int search_try(psn_gbdt_trial *trial, psn_gbdt_report *report,
                      const psn_gbdt_data *data, psn_pool *pool, persona_task *task,
                      persona_error *error)
{
    psn_gbdt *model = NULL;
    int rc = psn_gbdt_fit(&model, report, data, &trial->options, NULL, pool, task, error);
    trial->rounds = report->best_round;
    trial->loss = report->best_loss;
    psn_gbdt_free(model);
    return rc;
}

static int search_tries(psn_gbdt_trial *trials, psn_gbdt_report *best,
                        const psn_gbdt_data *data, const psn_gbdt_options *base,
                        const psn_gbdt_search_options *search, psn_pool *pool,
                        persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t rows = search_rows(data, PSN_GBDT_TRAIN);
    const int32_t want = best->want_scores;
    psn_gbdt_report report = {0};
    for (int32_t i = 0; i < search->trials; i++) {
        psn_gbdt_trial_options(&trials[i].options, base, rows, i, search->seed);
        psn_task_enter(task, "search", 0.7 * i / search->trials,
                       0.7 * (i + 1) / search->trials);
        report = (psn_gbdt_report){.want_scores = want};
        PSN_TRY(search_try(&trials[i], &report, data, pool, task, error));
        if (i == 0 || report.best_loss < best->best_loss) {
            psn_gbdt_report_clear(best);
            *best = report;
        } else {
            psn_gbdt_report_clear(&report);
        }
        report = (psn_gbdt_report){0};
    }
    search_rank(trials, search->trials);
done:
    psn_gbdt_report_clear(&report);
    return rc;
}

/* All rows that train or validate train now. */
static int search_refit(psn_gbdt **out, psn_gbdt_trial *trial, const psn_gbdt_data *data,
                        const uint8_t *mask, psn_pool *pool, persona_task *task,
                        persona_error *error)
{
    psn_gbdt_data all = *data;
    all.mask = mask;
    psn_gbdt_options options = trial->options;
    options.early_stopping = 0;
    options.rounds = trial->rounds;
    return psn_gbdt_fit(out, NULL, &all, &options, NULL, pool, task, error);
}

static int search_blend(psn_gbdt **out, psn_gbdt_trial *trials, const psn_gbdt_data *data,
                        const psn_gbdt_search_options *search, psn_pool *pool,
                        persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t count = search->blend < search->trials ? search->blend : search->trials;
    psn_gbdt **models = NULL;
    double *shares = NULL;
    uint8_t *mask = NULL;
    PSN_NEED(models = psn_alloc_zero((size_t)count, sizeof *models));
    PSN_NEED(shares = psn_alloc((size_t)count, sizeof *shares));
    PSN_NEED(mask = psn_copy(data->mask, (size_t)data->bins->rows));
    for (int64_t i = 0; i < data->bins->rows; i++) {
        if (mask[i] == PSN_GBDT_VALIDATE) mask[i] = PSN_GBDT_TRAIN;
    }
    for (int32_t r = 0; r < count; r++) {
        int32_t i = 0;
        while (trials[i].rank != r) i++;
        psn_task_enter(task, "fit", 0.7 + 0.3 * r / count, 0.7 + 0.3 * (r + 1) / count);
        PSN_TRY(search_refit(&models[r], &trials[i], data, mask, pool, task, error));
        shares[r] = trials[i].share = 1.0 / count;
    }
    PSN_TRY(psn_gbdt_blend(out, (const psn_gbdt *const *)models, shares, count, error));
done:
    for (int32_t r = 0; models != NULL && r < count; r++) psn_gbdt_free(models[r]);
    psn_release(models);
    psn_release(shares);
    psn_release(mask);
    return rc;
}

int psn_gbdt_search(psn_gbdt **out, psn_gbdt_trial **trials, psn_gbdt_report *report,
                    const psn_gbdt_data *data, const psn_gbdt_options *base,
                    const psn_gbdt_search_options *search, psn_pool *pool,
                    persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt_trial *tried = NULL;
    psn_gbdt_report best = {.want_scores = report != NULL && report->want_scores};
    *out = NULL;
    *trials = NULL;
    PSN_TRY(search_check(data, base, search, error));
    PSN_NEED(tried = psn_alloc_zero((size_t)search->trials, sizeof *tried));
    PSN_TRY(search_tries(tried, &best, data, base, search, pool, task, error));
    PSN_TRY(search_blend(out, tried, data, search, pool, task, error));
    *trials = tried;
    tried = NULL;
    if (report != NULL) {
        *report = best;
        best = (psn_gbdt_report){0};
    }
done:
    psn_gbdt_report_clear(&best);
    psn_release(tried);
    return rc;
}

/* ---- the table */

typedef struct search_column {
    const char *name;
    double (*value)(const psn_gbdt_trial *trial);
} search_column;

#define SEARCH_VALUE(name, expression)                                                   \
    static double search_##name(const psn_gbdt_trial *trial)                             \
    {                                                                                    \
        return (double)(expression);                                                     \
    }
SEARCH_VALUE(leaves, trial->options.growth == PSN_GBDT_SYMMETRIC
                         ? (double)NAN
                         : (double)trial->options.num_leaves)
SEARCH_VALUE(depth, trial->options.max_depth)
SEARCH_VALUE(least, trial->options.min_data_in_leaf)
SEARCH_VALUE(l2, trial->options.lambda_l2)
SEARCH_VALUE(rate, trial->options.learning_rate)
SEARCH_VALUE(rows_of, trial->options.row_fraction)
SEARCH_VALUE(tree_columns, trial->options.tree_columns)
SEARCH_VALUE(node_columns, trial->options.node_columns)
SEARCH_VALUE(cat_smooth, trial->options.cat_smooth)
SEARCH_VALUE(cat_l2, trial->options.cat_l2)
SEARCH_VALUE(rounds, trial->rounds)
SEARCH_VALUE(loss, trial->loss)
SEARCH_VALUE(rank_of, trial->rank)
SEARCH_VALUE(share, trial->share)

int psn_gbdt_trial_table(persona_table **out, const psn_gbdt_trial *trials, int32_t count,
                         persona_error *error)
{
    static const search_column columns[] = {{"num_leaves", search_leaves},
                                            {"max_depth", search_depth},
                                            {"min_data_in_leaf", search_least},
                                            {"lambda_l2", search_l2},
                                            {"learning_rate", search_rate},
                                            {"row_fraction", search_rows_of},
                                            {"tree_columns", search_tree_columns},
                                            {"node_columns", search_node_columns},
                                            {"cat_smooth", search_cat_smooth},
                                            {"cat_l2", search_cat_l2},
                                            {"rounds", search_rounds},
                                            {"loss", search_loss},
                                            {"rank", search_rank_of},
                                            {"share", search_share}};
    int rc = PERSONA_OK;
    persona_table *table = NULL;
    double *values = NULL;
    const char **growth = NULL;
    *out = NULL;
    PSN_NEED(values = psn_alloc((size_t)count, sizeof *values));
    PSN_NEED(growth = psn_alloc((size_t)count, sizeof *growth));
    PSN_TRY(psn_table_new(&table, error));
    for (int32_t i = 0; i < count; i++) {
        int symmetric = trials[i].options.growth == PSN_GBDT_SYMMETRIC;
        growth[i] = symmetric ? "symmetric" : "leaf_wise";
    }
    PSN_TRY(psn_table_add_strings(table, "growth", growth, count, error));
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        for (int32_t i = 0; i < count; i++) values[i] = columns[c].value(&trials[i]);
        PSN_TRY(psn_table_add(table, columns[c].name, PERSONA_TYPE_REAL, values, NULL,
                              count, error));
    }
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release(values);
    psn_release((void *)growth);
    return rc;
}
