/* test_gbdt_more.c: ranking, target statistics, refit, blend, permutation, search. */
#include "support/gbdt_data.h"
#include "data/table.h"
#include "learn/gbdt_search.h"
#include "learn/gbdt_target.h"
#include "base/memory.h"

enum { QUERIES = 200, DOCUMENTS = 10, RANKED = QUERIES * DOCUMENTS };

typedef struct rank_table {
    double x[RANKED], label[RANKED];
    int64_t start[QUERIES + 1];
    int32_t position[RANKED];
    psn_bins *bins;
} rank_table;

/* The label rises with x, and x is shuffled within a query. */
static void rank_make(rank_table *table)
{
    psn_random random;
    psn_random_start(&random, 31, 1, 0);
    for (int q = 0; q <= QUERIES; q++) table->start[q] = q * DOCUMENTS;
    for (int i = 0; i < RANKED; i++) {
        table->x[i] = psn_random_unit(&random);
        table->label[i] = floor(table->x[i] * 4.0);
        table->position[i] = i % DOCUMENTS;
    }
    table->bins = one_column(table->x, RANKED);
}

static double rank_mean_ndcg(const rank_table *table, const psn_gbdt *model)
{
    double sum = 0.0;
    for (int q = 0; q < QUERIES; q++) {
        int order[DOCUMENTS], best[DOCUMENTS];
        double scores[DOCUMENTS], dcg = 0.0, ideal = 0.0;
        for (int i = 0; i < DOCUMENTS; i++) {
            psn_gbdt_walk(model, &table->x[q * DOCUMENTS + i], &scores[i]);
            int a = i, b = i;
            for (; a > 0 && scores[order[a - 1]] < scores[i]; a--)
                order[a] = order[a - 1];
            order[a] = i;
            const double *y = table->label + q * DOCUMENTS;
            for (; b > 0 && y[best[b - 1]] < y[i]; b--) best[b] = best[b - 1];
            best[b] = i;
        }
        for (int i = 0; i < DOCUMENTS; i++) {
            dcg += (exp2(table->label[q * DOCUMENTS + order[i]]) - 1.0) / log2(i + 2.0);
            ideal += (exp2(table->label[q * DOCUMENTS + best[i]]) - 1.0) / log2(i + 2.0);
        }
        sum += dcg / ideal;
    }
    return sum / QUERIES;
}

static psn_gbdt *rank_fit(const rank_table *table, int32_t rounds,
                          const int32_t *position)
{
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_LAMBDAMART);
    options.rounds = rounds;
    options.min_data_in_leaf = 5;
    psn_gbdt_data data = {.bins = table->bins,
                          .label = table->label,
                          .group_start = table->start,
                          .groups = QUERIES,
                          .position = position};
    psn_gbdt *model = NULL;
    persona_error error = {0};
    if (psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return model;
}

static void ranking_puts_the_relevant_first(void **state)
{
    (void)state;
    static rank_table table;
    rank_make(&table);
    psn_gbdt *model = rank_fit(&table, 30, NULL);
    assert_true(rank_mean_ndcg(&table, model) > 0.99);
    psn_gbdt_free(model);
    psn_bins_free(table.bins);
}

static void two_documents_get_the_lambda_worked_out_by_hand(void **state)
{
    (void)state;
    /* Equal scores: lambda = 1/2 |dNDCG|, h = 1/4 |dNDCG|; |dNDCG| = 1 - 1/log2(3). With
     * a sum of 2 lambda scaled by log2(1 + sum) / sum both get log2(1 + sum) / 2 and the
     * ratio stays: a step of 2 for each side, times the learning rate. */
    const double x[] = {1, 2}, y[] = {0, 1};
    const int64_t start[] = {0, 2};
    psn_bins *bins = one_column(x, 2);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_LAMBDAMART);
    options.rounds = 1;
    options.learning_rate = 0.5;
    options.min_data_in_leaf = 1;
    options.min_sum_hessian = 0.0;
    options.lambda_l2 = 0.0;
    psn_gbdt_data data = {.bins = bins, .label = y, .group_start = start, .groups = 1};
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    double low, high;
    psn_gbdt_walk(model, &x[0], &low);
    psn_gbdt_walk(model, &x[1], &high);
    assert_true(fabs(high - 1.0) < 1e-5 && fabs(low + 1.0) < 1e-5);
    psn_gbdt_free(model);
    psn_bins_free(bins);
}

static void known_positions_take_the_bias_out_of_clicks(void **state)
{
    (void)state;
    static rank_table table, clicked;
    rank_make(&table);
    clicked = table;
    psn_random random;
    psn_random_start(&random, 32, 1, 0);
    for (int i = 0; i < RANKED; i++) {
        double seen = exp2(-0.7 * table.position[i]);
        clicked.label[i] =
            psn_random_unit(&random) < seen * (0.1 + 0.25 * table.label[i]);
    }
    psn_gbdt *plain = rank_fit(&clicked, 20, NULL);
    psn_gbdt *unbiased = rank_fit(&clicked, 20, table.position);
    assert_true(rank_mean_ndcg(&table, unbiased) > rank_mean_ndcg(&table, plain) + 0.01);
    psn_gbdt_free(plain);
    psn_gbdt_free(unbiased);
    psn_bins_free(table.bins);
}

static void a_level_is_encoded_by_earlier_rows_only(void **state)
{
    (void)state;
    const int32_t codes[] = {0, 0, 1, 0, -1};
    const double target[] = {1, 0, 1, 1, 0};
    const int64_t time[] = {10, 20, 20, 30, 40};
    double encoded[5];
    psn_gbdt_target encoder;
    psn_gbdt_target_data data = {.codes = codes,
                                 .levels = 2,
                                 .target = target,
                                 .rows = 5,
                                 .time = time,
                                 .smoothing = 1.0};
    assert_int_equal(psn_gbdt_target_fit(&encoder, encoded, &data, NULL), 0);
    /* Overall mean .6 counts for one row. Row 0: nothing seen, the prior. Row 1: prior
     * (.6 + 1) / 2 = .8, level (1 + .8) / 2. Row 2: same moment as row 1, level unseen.
     * Row 3: prior (.6 + 2) / 4 = .65, level 0 has 1 of 2. */
    assert_true(fabs(encoded[0] - 0.6) < 1e-12);
    assert_true(fabs(encoded[1] - 0.9) < 1e-12);
    assert_true(fabs(encoded[2] - 0.8) < 1e-12);
    assert_true(fabs(encoded[3] - 1.65 / 3.0) < 1e-12);
    assert_true(isnan(encoded[4]));
    /* New rows: prior (.6 + 3) / 6, level 0 has 2 of 3. */
    assert_true(fabs(psn_gbdt_target_value(&encoder, 0) - 2.6 / 4.0) < 1e-12);
    assert_true(fabs(psn_gbdt_target_value(&encoder, 9) - 0.6) < 1e-12);
    assert_true(isnan(psn_gbdt_target_value(&encoder, -1)));
    psn_gbdt_target_clear(&encoder);
}

static void a_late_label_is_not_known_before_its_time(void **state)
{
    (void)state;
    const int32_t codes[] = {0, 0, 0};
    const double target[] = {1, 0, NAN};
    const int64_t time[] = {0, 100, 150};
    double encoded[3];
    psn_gbdt_target encoder;
    psn_gbdt_target_data data = {.codes = codes,
                                 .levels = 1,
                                 .target = target,
                                 .rows = 3,
                                 .time = time,
                                 .delay = 120,
                                 .smoothing = 1.0};
    assert_int_equal(psn_gbdt_target_fit(&encoder, encoded, &data, NULL), 0);
    assert_true(encoded[1] == 0.5);                     /* nothing known at 100 */
    assert_true(fabs(encoded[2] - 1.75 / 2.0) < 1e-12); /* row 0 known at 120 */
    psn_gbdt_target_clear(&encoder);
}

static void refitting_on_the_same_rows_moves_to_their_means(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, y[] = {0, 0, 10, 10}, other[] = {2, 2, 6, 6};
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 1;
    options.num_leaves = 2;
    options.min_data_in_leaf = 1;
    options.learning_rate = 1.0;
    options.lambda_l2 = 0.0;
    psn_bins *bins = one_column(x, 4);
    psn_gbdt_data data = {.bins = bins, .label = y};
    psn_gbdt *model = NULL, *fresh = NULL;
    assert_int_equal(psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    psn_rows rows = {.rows = 4, .dims = 1, .dense = x};
    psn_gbdt_refit_options refit = {.decay = 0.25, .learning_rate = 1.0};
    assert_int_equal(psn_gbdt_refit(&fresh, model, &rows, other, &refit, NULL), 0);
    double low, high;
    psn_gbdt_walk(fresh, &x[0], &low);
    psn_gbdt_walk(fresh, &x[3], &high);
    /* base 5; old leaves -5 and 5, new -3 and 1. */
    assert_true(fabs(low - (5.0 - 0.25 * 5.0 - 0.75 * 3.0)) < 1e-6);
    assert_true(fabs(high - (5.0 + 0.25 * 5.0 + 0.75 * 1.0)) < 1e-6);
    assert_int_equal(psn_gbdt_check(fresh, NULL), 0);
    psn_gbdt_free(model);
    psn_gbdt_free(fresh);
    psn_bins_free(bins);
}

static void a_blend_is_the_mean_of_its_models(void **state)
{
    (void)state;
    gbdt_table table = table_make(800, 1, 41);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 5;
    psn_gbdt *models[2], *blend = NULL;
    models[0] = table_fit(&table, &options, NULL);
    options.growth = PSN_GBDT_SYMMETRIC;
    options.max_depth = 3;
    models[1] = table_fit(&table, &options, NULL);
    const double shares[] = {0.5, 0.5};
    assert_int_equal(
        psn_gbdt_blend(&blend, (const psn_gbdt *const *)models, shares, 2, NULL), 0);
    assert_int_equal(psn_gbdt_check(blend, NULL), 0);
    for (int i = 0; i < 800; i++) {
        double a, b, c;
        psn_gbdt_walk(models[0], table.x + i * TABLE_COLUMNS, &a);
        psn_gbdt_walk(models[1], table.x + i * TABLE_COLUMNS, &b);
        psn_gbdt_walk(blend, table.x + i * TABLE_COLUMNS, &c);
        assert_true(fabs(0.5 * (a + b) - c) < 1e-12);
    }
    psn_gbdt_free(models[0]);
    psn_gbdt_free(models[1]);
    psn_gbdt_free(blend);
    table_free(&table);
}

static void breaking_a_feature_that_matters_costs_most(void **state)
{
    (void)state;
    gbdt_table table = table_make(2000, 0, 42);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    psn_gbdt *model = table_fit(&table, &options, NULL);
    psn_rows rows = {.rows = 2000, .dims = TABLE_COLUMNS, .dense = table.x};
    double rise[TABLE_COLUMNS], again[TABLE_COLUMNS];
    psn_pool *pool = NULL;
    assert_int_equal(psn_pool_open(&pool, 2, NULL), 0);
    assert_int_equal(
        psn_gbdt_permutation(rise, model, &rows, table.label, 2, 5, NULL, NULL, NULL), 0);
    assert_int_equal(
        psn_gbdt_permutation(again, model, &rows, table.label, 2, 5, pool, NULL, NULL),
        0);
    assert_memory_equal(rise, again, sizeof rise);
    /* x0 enters with 1.2 and variance 1: breaking it adds 2 x 1.44. */
    assert_true(fabs(rise[0] - 2.88) < 0.5);
    assert_true(rise[0] > rise[3] && rise[3] > 0.0);
    psn_pool_close(pool);
    psn_gbdt_free(model);
    table_free(&table);
}

static void a_search_blends_its_best_trials(void **state)
{
    (void)state;
    gbdt_table table = table_make(1200, 1, 43);
    uint8_t mask[1200];
    for (int i = 0; i < 1200; i++)
        mask[i] = i % 5 == 4 ? PSN_GBDT_VALIDATE : PSN_GBDT_TRAIN;
    psn_gbdt_options base;
    psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
    base.rounds = 60;
    base.early_stopping = 10;
    psn_gbdt_data data = {.bins = table.bins, .label = table.label, .mask = mask};
    const psn_gbdt_search_options search = {.trials = 6, .blend = 2, .seed = 3};
    psn_gbdt_found found, again;
    assert_int_equal(
        psn_gbdt_search_mask(&found, &data, &base, &search, NULL, NULL, NULL), 0);
    int shared = 0, trees = 0;
    for (int i = 0; i < 6; i++) {
        shared += found.trial[i].share > 0.0;
        if (found.trial[i].share > 0.0) trees += found.trial[i].rounds;
        assert_true(found.trial[i].loss >= found.best->loss);
    }
    assert_int_equal(shared, 2);
    assert_int_equal(found.model->trees, trees);
    assert_true(isnan(found.scores[0]) && !isnan(found.scores[4]));
    assert_int_equal(
        psn_gbdt_search_mask(&again, &data, &base, &search, NULL, NULL, NULL), 0);
    assert_true(same_models(found.model, again.model));
    psn_gbdt_found_clear(&found);
    psn_gbdt_found_clear(&again);
    table_free(&table);
}

/* Fold k of two: every other row validates; in the end all learn. */
typedef struct two_folds {
    psn_gbdt_data data;
    uint8_t mask[1200];
} two_folds;

static int open_two(void *context, psn_gbdt_data *data, int32_t fold,
                    persona_error *error)
{
    (void)error;
    two_folds *folds = context;
    for (int i = 0; i < 1200; i++)
        folds->mask[i] = i % 2 == fold ? PSN_GBDT_VALIDATE : PSN_GBDT_TRAIN;
    *data = folds->data;
    return PERSONA_OK;
}

static void depth_two(const void *context, psn_gbdt_options *options)
{
    (void)context;
    options->growth = PSN_GBDT_LEAF_WISE;
    options->num_leaves = 4;
}

static void a_search_validates_every_fold_and_heeds_what_is_fixed(void **state)
{
    (void)state;
    gbdt_table table = table_make(1200, 1, 43);
    two_folds rows = {.data = {.bins = table.bins, .label = table.label}};
    rows.data.mask = rows.mask;
    const psn_gbdt_folds folds = {2, open_two, &rows};
    psn_gbdt_options base;
    psn_gbdt_search_options search = {.trials = 7, .seed = 3, .adjust = depth_two};
    psn_gbdt_found found;
    psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
    psn_gbdt_search_defaults(&base, &search, 1200);
    assert_int_equal(psn_gbdt_search(&found, &folds, &base, &search, NULL, NULL, NULL),
                     0);
    for (int i = 0; i < 1200; i++) assert_false(isnan(found.scores[i]));
    persona_table *shown = NULL;
    assert_int_equal(psn_gbdt_trial_table(&shown, found.trial, 7, NULL), 0);
    assert_int_equal(shown->rows, 7);
    const psn_column *rank = psn_table_column(shown, 0),
                     *leaves = psn_table_column(shown, 2);
    for (int i = 0; i < 7; i++) {
        assert_int_equal((int)psn_column_number(rank, i), i);
        assert_int_equal((int)psn_column_number(leaves, i), 4);
    }
    psn_table_free(shown);
    psn_gbdt_found_clear(&found);
    table_free(&table);
}

static void without_a_fold_the_base_is_fitted_as_it_is(void **state)
{
    (void)state;
    gbdt_table table = table_make(1200, 1, 43);
    two_folds rows = {.data = {.bins = table.bins, .label = table.label}};
    rows.data.mask = rows.mask;
    const psn_gbdt_folds folds = {0, open_two, &rows};
    psn_gbdt_options base;
    const psn_gbdt_search_options search = {.trials = 5, .blend = 3};
    psn_gbdt_found found;
    psn_gbdt_defaults(&base, PSN_GBDT_BINARY);
    base.rounds = 3;
    assert_int_equal(psn_gbdt_search(&found, &folds, &base, &search, NULL, NULL, NULL),
                     0);
    assert_int_equal(found.trials, 1);
    assert_int_equal(found.model->trees, 3);
    assert_null(found.scores);
    psn_gbdt_found_clear(&found);
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranking_puts_the_relevant_first),
        cmocka_unit_test(two_documents_get_the_lambda_worked_out_by_hand),
        cmocka_unit_test(known_positions_take_the_bias_out_of_clicks),
        cmocka_unit_test(a_level_is_encoded_by_earlier_rows_only),
        cmocka_unit_test(a_late_label_is_not_known_before_its_time),
        cmocka_unit_test(refitting_on_the_same_rows_moves_to_their_means),
        cmocka_unit_test(a_blend_is_the_mean_of_its_models),
        cmocka_unit_test(breaking_a_feature_that_matters_costs_most),
        cmocka_unit_test(a_search_blends_its_best_trials),
        cmocka_unit_test(a_search_validates_every_fold_and_heeds_what_is_fixed),
        cmocka_unit_test(without_a_fold_the_base_is_fitted_as_it_is),
    };
    return cmocka_run_group_tests_name("gbdt_more", tests, NULL, NULL);
}
