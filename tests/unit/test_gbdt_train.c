/* test_gbdt_train.c */
#include "support/gbdt_data.h"
#include "math/simd.h"

/* A stump of two leaves with nothing held back. */
static psn_gbdt_options stump(psn_gbdt_objective objective)
{
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, objective);
    options.rounds = 1;
    options.num_leaves = 2;
    options.learning_rate = 1.0;
    options.min_data_in_leaf = 1;
    options.lambda_l2 = 0.0;
    options.min_sum_hessian = 0.0;
    return options;
}

static psn_gbdt *fit_one(const double *x, const double *y, int64_t rows,
                         const psn_gbdt_options *options)
{
    psn_gbdt *model = NULL;
    psn_bins *bins = one_column(x, rows);
    psn_gbdt_data data = {.bins = bins, .label = y};
    persona_error error = {0};
    int rc = psn_gbdt_fit(&model, NULL, &data, options, NULL, NULL, NULL, &error);
    if (rc != 0) fail_msg("%s", error.message);
    psn_bins_free(bins);
    return model;
}

static double predict_one(const psn_gbdt *model, double x)
{
    double out;
    psn_gbdt_walk(model, &x, &out);
    return out;
}

static void a_stump_of_squared_loss_gives_the_means_of_its_sides(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {0, 0, 10, 10, 13};
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    psn_gbdt *model = fit_one(x, y, 5, &options);
    assert_true(model->nodes[0].threshold == 2.5);
    assert_true(fabs(model->base[0] - 6.6) < 1e-12);
    assert_true(fabs(predict_one(model, 2.4) - 0.0) < 1e-6);
    assert_true(fabs(predict_one(model, 3.0) - 11.0) < 1e-6);
    assert_true(model->nodes[0].count == 5.0);
    psn_gbdt_free(model);
}

static void lambda_and_learning_rate_shrink_a_leaf(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, y[] = {0, 0, 10, 10};
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    options.lambda_l2 = 2.0;
    options.learning_rate = 0.5;
    psn_gbdt *model = fit_one(x, y, 4, &options);
    /* Two residuals of 5 over 2 + 2, times a half. */
    assert_true(fabs(predict_one(model, 4.0) - (5.0 + 1.25)) < 1e-6);
    psn_gbdt_free(model);
}

static void binary_starts_from_the_log_odds_and_takes_a_newton_step(void **state)
{
    (void)state;
    const double x[] = {1, 1, 1, 2, 2, 2, 2, 2}, y[] = {0, 0, 0, 0, 0, 1, 1, 0};
    psn_gbdt_options options = stump(PSN_GBDT_BINARY);
    psn_gbdt *model = fit_one(x, y, 8, &options);
    const double base = log(2.0 / 6.0);
    assert_true(fabs(model->base[0] - base) < 1e-12);
    /* Left: g = 3 x 1/4, h = 3 x 3/16. Right: g = 5/4 - 2, h = 15/16. */
    assert_true(fabs(predict_one(model, 1.0) - (base - 0.75 / 0.5625)) < 1e-5);
    assert_true(fabs(predict_one(model, 2.0) - (base + 0.75 / 0.9375)) < 1e-5);
    psn_gbdt_free(model);
}

static void a_leaf_without_a_claim_takes_the_exact_step_and_no_more(void **state)
{
    (void)state;
    const double x[] = {1, 1, 2, 2}, y[] = {0, 0, 3, 1};
    psn_gbdt_options options = stump(PSN_GBDT_POISSON);
    psn_gbdt *model = fit_one(x, y, 4, &options);
    /* Mean 1, so base 0; right: log(4 / 2); left: no claim, bounded. */
    assert_true(fabs(predict_one(model, 2.0) - log(2.0)) < 1e-6);
    assert_true(predict_one(model, 1.0) == -10.0);
    psn_gbdt_free(model);
}

static void a_quantile_leaf_is_the_quantile_of_its_residuals(void **state)
{
    (void)state;
    const double x[] = {1, 1, 1, 1, 2, 2, 2, 2}, y[] = {1, 2, 3, 4, 11, 12, 13, 14};
    psn_gbdt_options options = stump(PSN_GBDT_QUANTILE);
    options.parameter = 0.75;
    psn_gbdt *model = fit_one(x, y, 8, &options);
    assert_true(predict_one(model, 1.0) == 3.0);
    assert_true(predict_one(model, 2.0) == 13.0);
    psn_gbdt_free(model);
}

static void missing_values_go_to_the_side_they_are_like(void **state)
{
    (void)state;
    const double x[] = {1, 1, 2, 2, NAN, NAN}, y[] = {0, 0, 8, 8, 0, 0};
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    psn_gbdt *model = fit_one(x, y, 6, &options);
    assert_true(model->nodes[0].flags & PSN_GBDT_LEFT);
    assert_true(fabs(predict_one(model, NAN)) < 1e-6);
    psn_gbdt_free(model);
    const double other[] = {0, 0, 8, 8, 8, 8};
    model = fit_one(x, other, 6, &options);
    assert_false(model->nodes[0].flags & PSN_GBDT_LEFT);
    assert_true(fabs(predict_one(model, NAN) - 8.0) < 1e-6);
    psn_gbdt_free(model);
}

static void missing_against_all_values_is_a_split_too(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, NAN, NAN}, y[] = {0, 0, 0, 0, 9, 9};
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    psn_gbdt *model = fit_one(x, y, 6, &options);
    assert_true(fabs(predict_one(model, NAN) - 9.0) < 1e-6);
    assert_true(fabs(predict_one(model, 1e300)) < 1e-6);
    psn_gbdt_free(model);
}

static void values_never_missing_in_training_go_with_the_majority(void **state)
{
    (void)state;
    const double x[] = {1, 2, 2, 2}, y[] = {0, 5, 5, 5};
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    psn_gbdt *model = fit_one(x, y, 4, &options);
    assert_true(fabs(predict_one(model, NAN) - 5.0) < 1e-6);
    psn_gbdt_free(model);
}

static void levels_of_a_category_are_parted_by_their_gradients(void **state)
{
    (void)state;
    enum { ROWS = 600 };
    static int32_t codes[ROWS];
    static double y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        codes[i] = i % 6;
        y[i] = codes[i] == 1 || codes[i] == 4 ? 7.0 : 1.0;
    }
    psn_bins_source source = {.codes = codes, .levels = 6};
    psn_bins *bins = NULL;
    psn_gbdt *model = NULL;
    assert_int_equal(psn_bins_new(&bins, &source, 1, ROWS, 255, NULL, NULL, NULL), 0);
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    options.cat_l2 = 0.0;
    psn_gbdt_data data = {.bins = bins, .label = y};
    assert_int_equal(psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    for (int level = 0; level < 6; level++) {
        double expected = level == 1 || level == 4 ? 7.0 : 1.0;
        assert_true(fabs(predict_one(model, level) - expected) < 1e-6);
    }
    assert_true(fabs(predict_one(model, 77.0) - 1.0) < 1e-6); /* unseen: the majority */
    psn_gbdt_free(model);
    psn_bins_free(bins);
}

/* Mean 3, levels 1 and 4 are 4 above it in 200 rows, the others 2 below in 400: under a
 * ridge of 100 they say 3 + 800 / 300 and 3 - 800 / 500. */
static void the_sides_of_a_set_of_levels_pay_its_ridge(void **state)
{
    (void)state;
    enum { ROWS = 600 };
    static int32_t codes[ROWS];
    static double y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        codes[i] = i % 6;
        y[i] = codes[i] == 1 || codes[i] == 4 ? 7.0 : 1.0;
    }
    psn_bins_source source = {.codes = codes, .levels = 6};
    psn_bins *bins = NULL;
    psn_gbdt *model = NULL;
    assert_int_equal(psn_bins_new(&bins, &source, 1, ROWS, 255, NULL, NULL, NULL), 0);
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    options.cat_l2 = 100.0;
    psn_gbdt_data data = {.bins = bins, .label = y};
    assert_int_equal(psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    assert_true(fabs(predict_one(model, 4) - (3.0 + 800.0 / 300.0)) < 1e-6);
    assert_true(fabs(predict_one(model, 0) - (3.0 - 800.0 / 500.0)) < 1e-6);
    psn_gbdt_free(model);
    psn_bins_free(bins);
}

static void nothing_is_learned_from_one_label(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, y[] = {1, 1, 1, 1};
    psn_gbdt_options options = stump(PSN_GBDT_BINARY);
    options.rounds = 5;
    psn_gbdt *model = fit_one(x, y, 4, &options);
    assert_int_equal(model->tree_node[model->trees], 0);
    assert_true(predict_one(model, 1.0) > 10.0);
    psn_gbdt_free(model);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    gbdt_table table = table_make(40000, 1, 1);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 5;
    options.row_fraction = 0.8;
    options.node_columns = 0.7;
    psn_gbdt *one = table_fit(&table, &options, NULL);
    for (int threads = 2; threads <= 4; threads += 2) {
        psn_pool *pool = NULL;
        assert_int_equal(psn_pool_open(&pool, threads, NULL), 0);
        psn_gbdt *many = table_fit(&table, &options, pool);
        assert_true(same_models(one, many));
        psn_gbdt_free(many);
        psn_pool_close(pool);
    }
    psn_gbdt_free(one);
    table_free(&table);
}

static void every_processor_level_gives_the_same_bits(void **state)
{
    (void)state;
    const psn_gbdt_objective objectives[] = {PSN_GBDT_BINARY, PSN_GBDT_SQUARED};
    for (int k = 0; k < 2; k++) {
        gbdt_table table = table_make(3000, objectives[k] == PSN_GBDT_BINARY, 2);
        psn_gbdt_options options;
        psn_gbdt_defaults(&options, objectives[k]);
        options.rounds = 8;
        psn_simd_force(PSN_SIMD_SCALAR);
        psn_gbdt *scalar = table_fit(&table, &options, NULL);
        for (int level = 1; level < PSN_SIMD_LEVELS; level++) {
            if (!psn_simd_has(level)) continue;
            psn_simd_force(level);
            psn_gbdt *other = table_fit(&table, &options, NULL);
            assert_true(same_models(scalar, other));
            psn_gbdt_free(other);
        }
        psn_simd_force(-1);
        psn_gbdt_free(scalar);
        table_free(&table);
    }
}

static void continuing_is_training_in_one_go(void **state)
{
    (void)state;
    gbdt_table table = table_make(2000, 1, 3);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.row_fraction = 0.7;
    options.rounds = 10;
    psn_gbdt *whole = table_fit(&table, &options, NULL), *rest = NULL;
    options.rounds = 4;
    psn_gbdt_report report = {.want_scores = 1};
    psn_gbdt *half = NULL;
    psn_gbdt_data data = {.bins = table.bins, .label = table.label};
    assert_int_equal(
        psn_gbdt_fit(&half, &report, &data, &options, NULL, NULL, NULL, NULL), 0);
    options.rounds = 6;
    data.start = report.scores;
    assert_int_equal(psn_gbdt_fit(&rest, NULL, &data, &options, half, NULL, NULL, NULL),
                     0);
    assert_true(same_models(whole, rest));
    psn_gbdt_report_clear(&report);
    psn_gbdt_free(whole);
    psn_gbdt_free(half);
    psn_gbdt_free(rest);
    table_free(&table);
}

static void early_stopping_keeps_the_best_round(void **state)
{
    (void)state;
    gbdt_table table = table_make(1500, 1, 4);
    uint8_t *mask = malloc(1500);
    for (int i = 0; i < 1500; i++)
        mask[i] = i < 1000 ? PSN_GBDT_TRAIN : PSN_GBDT_VALIDATE;
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 300;
    options.early_stopping = 10;
    psn_gbdt_report report = {.want_scores = 1};
    psn_gbdt *model = NULL;
    psn_gbdt_data data = {.bins = table.bins, .label = table.label, .mask = mask};
    assert_int_equal(
        psn_gbdt_fit(&model, &report, &data, &options, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(report.rounds_run, report.best_round + 10);
    assert_int_equal(model->trees, report.best_round);
    for (int r = 0; r < report.rounds_run; r++) {
        assert_true(report.losses[r] >= report.best_loss);
    }
    double score;
    psn_gbdt_walk(model, table.x + 1200 * TABLE_COLUMNS, &score);
    assert_true(score == report.scores[1200]);
    psn_gbdt_report_clear(&report);
    psn_gbdt_free(model);
    free(mask);
    table_free(&table);
}

static void a_weighted_class_gives_its_odds_back(void **state)
{
    (void)state;
    gbdt_table table = table_make(4000, 1, 5);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 30;
    options.positive_weight = 7.0;
    psn_gbdt *model = table_fit(&table, &options, NULL);
    double predicted = 0.0, true_mean = 0.0;
    for (int i = 0; i < 4000; i++) {
        double score;
        psn_gbdt_walk(model, table.x + i * TABLE_COLUMNS, &score);
        psn_gbdt_respond(model, &score);
        predicted += score / 4000;
        true_mean += table.label[i] / 4000;
    }
    assert_true(fabs(predicted - true_mean) < 0.03);
    psn_gbdt_free(model);
    table_free(&table);
}

static void expect_direction(const psn_gbdt *model, const double *from, int feature,
                             double direction)
{
    double row[TABLE_COLUMNS], last = -INFINITY, score;
    memcpy(row, from, sizeof row);
    for (double v = -4.0; v <= 7.0; v += 0.1) {
        row[feature] = v;
        psn_gbdt_walk(model, row, &score);
        assert_true(direction * score >= last);
        last = direction * score;
    }
}

static void a_monotone_feature_never_turns(void **state)
{
    (void)state;
    gbdt_table table = table_make(2000, 0, 6);
    const int8_t monotone[TABLE_COLUMNS] = {1, 0, 0, 0, -1, 0};
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 40;
    options.max_depth = 5;
    options.monotone = monotone;
    for (int growth = PSN_GBDT_LEAF_WISE; growth <= PSN_GBDT_SYMMETRIC; growth++) {
        options.growth = growth;
        psn_gbdt *model = table_fit(&table, &options, NULL);
        for (int i = 0; i < 50; i++) {
            expect_direction(model, table.x + i * TABLE_COLUMNS, 0, 1.0);
            expect_direction(model, table.x + i * TABLE_COLUMNS, 4, -1.0);
        }
        psn_gbdt_free(model);
    }
    table_free(&table);
}

/* The features above a node of tree t, as bits. */
static uint32_t path_of(const psn_gbdt *model, int32_t t, int32_t node)
{
    const psn_gbdt_node *nodes = model->nodes + model->tree_node[t];
    uint32_t bits = 0;
    while (node >= 0) {
        bits |= 1u << nodes[node].feature;
        int32_t parent = node - 1;
        while (parent >= 0 && nodes[parent].left != node && nodes[parent].right != node) {
            parent--;
        }
        node = parent;
    }
    return bits;
}

static void features_of_different_sets_do_not_meet(void **state)
{
    (void)state;
    gbdt_table table = table_make(3000, 0, 7);
    const int32_t start[] = {0, 2, 4}, feature[] = {0, 3, 1, 2};
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 20;
    options.constraints = 2;
    options.constraint_start = start;
    options.constraint_feature = feature;
    psn_gbdt *model = table_fit(&table, &options, NULL);
    const uint32_t allowed[] = {1u << 0 | 1u << 3, 1u << 1 | 1u << 2, 1u << 4, 1u << 5};
    for (int32_t t = 0; t < model->trees; t++) {
        int32_t nodes = (int32_t)(model->tree_node[t + 1] - model->tree_node[t]);
        for (int32_t i = 0; i < nodes; i++) {
            uint32_t path = path_of(model, t, i);
            int fits = 0;
            for (int k = 0; k < 4; k++) fits |= (path & ~allowed[k]) == 0;
            assert_true(fits);
        }
    }
    psn_gbdt_free(model);
    table_free(&table);
}

static void a_symmetric_tree_asks_one_question_a_level(void **state)
{
    (void)state;
    gbdt_table table = table_make(3000, 0, 8);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 3;
    options.growth = PSN_GBDT_SYMMETRIC;
    options.max_depth = 4;
    psn_gbdt *model = table_fit(&table, &options, NULL);
    for (int32_t t = 0; t < 3; t++) {
        const psn_gbdt_node *nodes = model->nodes + model->tree_node[t];
        assert_int_equal(model->tree_node[t + 1] - model->tree_node[t], 15);
        for (int32_t level = 0, first = 0; level < 4; level++) {
            for (int32_t i = 0; i < 1 << level; i++) {
                assert_int_equal(nodes[first + i].feature, nodes[first].feature);
                assert_true(nodes[first + i].threshold == nodes[first].threshold);
            }
            first += 1 << level;
        }
    }
    psn_gbdt_free(model);
    table_free(&table);
}

typedef struct own_loss {
    const gbdt_table *table;
} own_loss;

static void own_gradients(void *context, const double *scores, double *gradient,
                          double *hessian)
{
    const gbdt_table *table = ((own_loss *)context)->table;
    for (int64_t i = 0; i < table->rows; i++) {
        gradient[i] = scores[i] - table->label[i];
        hessian[i] = 1.0;
    }
}

static void gradients_of_a_caller_train_like_our_own(void **state)
{
    (void)state;
    gbdt_table table = table_make(2000, 0, 9);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 5;
    double *zero = calloc(2000, sizeof *zero);
    own_loss loss = {&table};
    psn_gbdt_data data = {.bins = table.bins, .label = table.label, .start = zero};
    psn_gbdt *ours = NULL, *theirs = NULL;
    assert_int_equal(psn_gbdt_fit(&ours, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    options.objective = PSN_GBDT_CUSTOM;
    options.classes = 1;
    data.gradients = own_gradients;
    data.context = &loss;
    assert_int_equal(psn_gbdt_fit(&theirs, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    theirs->objective = ours->objective;
    assert_true(same_models(ours, theirs));
    psn_gbdt_free(ours);
    psn_gbdt_free(theirs);
    free(zero);
    table_free(&table);
}

static void classes_are_told_apart(void **state)
{
    (void)state;
    gbdt_table table = table_make(3000, 0, 10);
    for (int i = 0; i < 3000; i++) {
        double signal = table_signal(table.x + i * TABLE_COLUMNS);
        table.label[i] = signal < -0.7 ? 0.0 : signal < 0.9 ? 1.0 : 2.0;
    }
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_MULTICLASS);
    options.classes = 3;
    options.rounds = 40;
    psn_gbdt *model = table_fit(&table, &options, NULL);
    int right = 0;
    for (int i = 0; i < 3000; i++) {
        double p[3];
        psn_gbdt_walk(model, table.x + i * TABLE_COLUMNS, p);
        psn_gbdt_respond(model, p);
        assert_true(fabs(p[0] + p[1] + p[2] - 1.0) < 1e-12);
        int best = p[1] > p[0] ? 1 : 0;
        if (p[2] > p[best]) best = 2;
        right += best == (int)table.label[i];
    }
    assert_int_equal(model->trees, 120);
    assert_in_range(right, 2400, 3000);
    psn_gbdt_free(model);
    table_free(&table);
}

static void rows_of_weight_zero_do_not_count(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, y[] = {0, 0, 10, 1000}, w[] = {1, 1, 2, 0};
    psn_gbdt_options options = stump(PSN_GBDT_SQUARED);
    psn_bins *bins = one_column(x, 4);
    psn_gbdt_data data = {.bins = bins, .label = y, .weight = w};
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, NULL),
                     0);
    assert_true(fabs(model->base[0] - 5.0) < 1e-12);
    assert_true(fabs(predict_one(model, 3.0) - 10.0) < 1e-5);
    psn_gbdt_free(model);
    psn_bins_free(bins);
}

static void bad_labels_and_options_are_named(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {0, 1, 2};
    psn_bins *bins = one_column(x, 3);
    psn_gbdt_options options = stump(PSN_GBDT_BINARY);
    psn_gbdt_data data = {.bins = bins, .label = y};
    psn_gbdt *model = NULL;
    persona_error error = {0};
    assert_int_equal(
        psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, &error),
        PERSONA_EDATA);
    assert_int_equal(error.where, 2);
    assert_null(model);
    options = stump(PSN_GBDT_SQUARED);
    options.learning_rate = 0.0;
    assert_int_equal(
        psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, &error),
        PERSONA_EOPTION);
    assert_non_null(strstr(error.message, "learning_rate"));
    const uint8_t mask[] = {2, 2, 0};
    options = stump(PSN_GBDT_SQUARED);
    data.mask = mask;
    assert_int_equal(
        psn_gbdt_fit(&model, NULL, &data, &options, NULL, NULL, NULL, &error),
        PERSONA_EDATA);
    psn_bins_free(bins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stump_of_squared_loss_gives_the_means_of_its_sides),
        cmocka_unit_test(lambda_and_learning_rate_shrink_a_leaf),
        cmocka_unit_test(binary_starts_from_the_log_odds_and_takes_a_newton_step),
        cmocka_unit_test(a_leaf_without_a_claim_takes_the_exact_step_and_no_more),
        cmocka_unit_test(a_quantile_leaf_is_the_quantile_of_its_residuals),
        cmocka_unit_test(missing_values_go_to_the_side_they_are_like),
        cmocka_unit_test(missing_against_all_values_is_a_split_too),
        cmocka_unit_test(values_never_missing_in_training_go_with_the_majority),
        cmocka_unit_test(levels_of_a_category_are_parted_by_their_gradients),
        cmocka_unit_test(the_sides_of_a_set_of_levels_pay_its_ridge),
        cmocka_unit_test(nothing_is_learned_from_one_label),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(every_processor_level_gives_the_same_bits),
        cmocka_unit_test(continuing_is_training_in_one_go),
        cmocka_unit_test(early_stopping_keeps_the_best_round),
        cmocka_unit_test(a_weighted_class_gives_its_odds_back),
        cmocka_unit_test(a_monotone_feature_never_turns),
        cmocka_unit_test(features_of_different_sets_do_not_meet),
        cmocka_unit_test(a_symmetric_tree_asks_one_question_a_level),
        cmocka_unit_test(gradients_of_a_caller_train_like_our_own),
        cmocka_unit_test(classes_are_told_apart),
        cmocka_unit_test(rows_of_weight_zero_do_not_count),
        cmocka_unit_test(bad_labels_and_options_are_named),
    };
    return cmocka_run_group_tests_name("gbdt_train", tests, NULL, NULL);
}
