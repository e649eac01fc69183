/* gbdt_trials.c: the settings that a search tries, and how they look as a table.
 *
 * The first five are leaf-wise and symmetric trees with strong sampling of columns and
 * shrinkage of leaves: over tables of 7,000 to 70,000 rows one of them was always within
 * noise of the best, and which one it was could not be told before (few rows and many
 * weak features: symmetric; many categories: columns drawn for each tree; few positives
 * in a changing world: shallow). Large tables get more leaves. */
#include "learn/gbdt_search.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "data/table.h"

static const uint32_t TRIALS_PURPOSE = 0x67627372;
enum { TRIALS_FIXED = 5, TRIALS_LARGE = 2, TRIALS_MANY_ROWS = 200000 };

void psn_gbdt_search_defaults(psn_gbdt_options *base, psn_gbdt_search_options *search,
                              int64_t rows)
{
    const int large = rows >= TRIALS_MANY_ROWS;
    base->learning_rate = large ? 0.1 : 0.05;
    base->rounds = large ? 800 : 1500;
    base->early_stopping = large ? 25 : 40;
    if (search->trials == 0) search->trials = large ? 2 : rows >= 60000 ? 3 : 5;
    if (search->blend == 0) search->blend = 3;
}

static void trials_leaf_wise(psn_gbdt_options *o, int32_t leaves, double l2,
                             int32_t least)
{
    o->growth = PSN_GBDT_LEAF_WISE;
    o->num_leaves = leaves;
    o->max_depth = 0;
    o->lambda_l2 = l2;
    o->min_data_in_leaf = least;
}

static void trials_symmetric(psn_gbdt_options *o, int32_t depth, double l2, int32_t least)
{
    o->growth = PSN_GBDT_SYMMETRIC;
    o->max_depth = depth;
    o->lambda_l2 = l2;
    o->min_data_in_leaf = least;
}

static void trials_fixed(psn_gbdt_options *o, int32_t trial, int32_t more)
{
    switch (trial) {
    case 0:
        trials_leaf_wise(o, 31, 5.0, 20 + more);
        o->tree_columns = 0.5;
        break;
    case 1:
        trials_symmetric(o, 6, 5.0, 1);
        o->node_columns = 0.7;
        o->row_fraction = 0.8;
        o->cat_smooth = 1.0;
        break;
    case 2:
        trials_leaf_wise(o, 15, 5.0, 50 + more);
        o->tree_columns = 0.5;
        break;
    case 3:
        trials_symmetric(o, 4, 1.0, 20);
        o->node_columns = 0.7;
        break;
    default:
        trials_leaf_wise(o, 5, 10.0, 20 + more);
        o->tree_columns = 0.5;
        o->row_fraction = 0.8;
    }
}

static double trials_pick(psn_random *random, const double *values, int32_t count)
{
    return values[psn_random_below(random, count)];
}

static void trials_drawn(psn_gbdt_options *o, int32_t trial, int32_t more, uint64_t seed)
{
    static const double leaves[] = {7, 15, 31, 63}, depths[] = {4, 5, 6, 7};
    static const double l2s[] = {0.5, 1, 3, 5, 10, 20}, least[] = {5, 10, 20, 50, 100};
    static const double shares[] = {0.3, 0.5, 0.7, 0.85, 1.0},
                        rows[] = {0.6, 0.8, 0.9, 1};
    static const double smooths[] = {1, 10, 30};
    psn_random random;
    psn_random_start(&random, seed, TRIALS_PURPOSE, (uint64_t)trial);
    const int symmetric = psn_random_below(&random, 2) == 1;
    const double l2 = trials_pick(&random, l2s, 6);
    const int32_t few = (int32_t)trials_pick(&random, least, 5);
    if (symmetric) {
        trials_symmetric(o, (int32_t)trials_pick(&random, depths, 4), l2, few);
    } else {
        trials_leaf_wise(o, (int32_t)trials_pick(&random, leaves, 4), l2, few + more);
    }
    const double share = trials_pick(&random, shares, 5);
    if (psn_random_below(&random, 2) == 1) {
        o->tree_columns = share;
    } else {
        o->node_columns = share;
    }
    o->row_fraction = trials_pick(&random, rows, 4);
    o->cat_smooth = trials_pick(&random, smooths, 3);
    o->cat_l2 = trials_pick(&random, smooths, 3);
}

void psn_gbdt_trial_options(psn_gbdt_options *options, const psn_gbdt_options *base,
                            int64_t rows, int32_t trial, uint64_t seed)
{
    *options = *base;
    /* Large tables can afford to ask for more rows in a leaf. */
    const int32_t more = (int32_t)(rows / 4000 < 200 ? rows / 4000 : 200);
    if (rows >= TRIALS_MANY_ROWS && trial < TRIALS_LARGE) {
        trials_fixed(options, 0, more);
        options->num_leaves = trial == 0 ? 63 : 255;
    } else if (trial < TRIALS_FIXED) {
        trials_fixed(options, trial, more);
    } else {
        trials_drawn(options, trial, more, seed);
    }
    /* Claims and money are noisy; a leaf has to know more before it may speak. */
    if (psn_gbdt_is_log(base->objective)) options->lambda_l2 *= 4.0;
    options->seed = seed + (uint64_t)trial;
}

/* ---- the table */

typedef struct trials_column {
    const char *name;
    int type;
    double (*value)(const psn_gbdt_trial *trial);
} trials_column;

#define TRIALS_VALUE(name, expression)                                                   \
    static double trials_##name(const psn_gbdt_trial *trial)                             \
    {                                                                                    \
        return (double)(expression);                                                     \
    }
TRIALS_VALUE(leaves, trial->options.growth == PSN_GBDT_SYMMETRIC
                         ? 1 << trial->options.max_depth
                         : trial->options.num_leaves)
TRIALS_VALUE(depth, trial->options.max_depth)
TRIALS_VALUE(least, trial->options.min_data_in_leaf)
TRIALS_VALUE(l2, trial->options.lambda_l2)
TRIALS_VALUE(rate, trial->options.learning_rate)
TRIALS_VALUE(rows_of, trial->options.row_fraction)
TRIALS_VALUE(tree_columns, trial->options.tree_columns)
TRIALS_VALUE(node_columns, trial->options.node_columns)
TRIALS_VALUE(cat_smooth, trial->options.cat_smooth)
TRIALS_VALUE(cat_l2, trial->options.cat_l2)
TRIALS_VALUE(rounds, trial->rounds)
TRIALS_VALUE(loss, trial->loss)
TRIALS_VALUE(rank_of, trial->rank)
TRIALS_VALUE(share, trial->share)

static const trials_column trials_columns[] = {
    {"rank", PERSONA_TYPE_INT, trials_rank_of},
    {"growth", PERSONA_TYPE_TEXT, NULL},
    {"num_leaves", PERSONA_TYPE_INT, trials_leaves},
    {"max_depth", PERSONA_TYPE_INT, trials_depth},
    {"min_data_in_leaf", PERSONA_TYPE_INT, trials_least},
    {"lambda_l2", PERSONA_TYPE_REAL, trials_l2},
    {"tree_columns", PERSONA_TYPE_REAL, trials_tree_columns},
    {"node_columns", PERSONA_TYPE_REAL, trials_node_columns},
    {"row_fraction", PERSONA_TYPE_REAL, trials_rows_of},
    {"cat_smooth", PERSONA_TYPE_REAL, trials_cat_smooth},
    {"cat_l2", PERSONA_TYPE_REAL, trials_cat_l2},
    {"learning_rate", PERSONA_TYPE_REAL, trials_rate},
    {"rounds", PERSONA_TYPE_INT, trials_rounds},
    {"loss", PERSONA_TYPE_REAL, trials_loss},
    {"share", PERSONA_TYPE_REAL, trials_share}};

typedef struct trials_room {
    const psn_gbdt_trial **ranked;
    int64_t *ints;
    double *reals;
    const char **texts;
} trials_room;

static int trials_add(persona_table *table, const trials_column *column,
                      trials_room *room, int32_t count, persona_error *error)
{
    for (int32_t i = 0; i < count; i++) {
        const psn_gbdt_trial *trial = room->ranked[i];
        if (column->value == NULL) {
            const int symmetric = trial->options.growth == PSN_GBDT_SYMMETRIC;
            room->texts[i] = symmetric ? "symmetric" : "leaf_wise";
        } else if (column->type == PERSONA_TYPE_INT) {
            room->ints[i] = (int64_t)column->value(trial);
        } else {
            room->reals[i] = column->value(trial);
        }
    }
    if (column->value == NULL) {
        return psn_table_add_strings(table, column->name, room->texts, count, error);
    }
    const int whole = column->type == PERSONA_TYPE_INT;
    return psn_table_add(table, column->name, column->type,
                         whole ? (const void *)room->ints : room->reals, NULL, count,
                         error);
}

int psn_gbdt_trial_table(persona_table **out, const psn_gbdt_trial *trials, int32_t count,
                         persona_error *error)
{
    int rc = PERSONA_OK;
    persona_table *table = NULL;
    trials_room room = {0};
    const size_t n = (size_t)count;
    *out = NULL;
    PSN_NEED(room.ranked = psn_alloc(n, sizeof *room.ranked));
    PSN_NEED(room.ints = psn_alloc(n, sizeof *room.ints));
    PSN_NEED(room.reals = psn_alloc(n, sizeof *room.reals));
    PSN_NEED(room.texts = psn_alloc(n, sizeof *room.texts));
    for (int32_t i = 0; i < count; i++) room.ranked[trials[i].rank] = &trials[i];
    PSN_TRY(psn_table_new(&table, error));
    for (size_t c = 0; c < sizeof trials_columns / sizeof trials_columns[0]; c++)
        PSN_TRY(trials_add(table, &trials_columns[c], &room, count, error));
    *out = table;
    table = NULL;
done:
    psn_table_free(table);
    psn_release((void *)room.ranked);
    psn_release(room.ints);
    psn_release(room.reals);
    psn_release((void *)room.texts);
    return rc;
}
