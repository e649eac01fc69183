/* test_gbdt_fast.c: the compiled forms of prediction against walking the nodes. */
#include "support/gbdt_data.h"
#include "math/simd.h"

/* Every row of x, one by one and in a batch, on every level. */
static void expect_walk(const psn_gbdt *model, const double *x, int64_t rows)
{
    psn_gbdt_fast *fast = NULL;
    assert_int_equal(psn_gbdt_fast_new(&fast, model, NULL), 0);
    const size_t outputs = (size_t)model->outputs, n = (size_t)rows * outputs;
    double *walked = malloc(n * sizeof *walked), *batch = malloc(n * sizeof *batch);
    double *one = malloc(n * sizeof *one);
    void *scratch = aligned_alloc(64, psn_gbdt_fast_scratch(fast));
    for (int64_t i = 0; i < rows; i++) {
        psn_gbdt_walk(model, x + i * model->features, walked + (size_t)i * outputs);
    }
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        if (!psn_simd_has(level)) continue;
        psn_simd_force(level);
        for (int64_t i = 0; i < rows; i++) {
            psn_gbdt_fast_one(fast, x + i * model->features, scratch,
                              one + (size_t)i * outputs);
        }
        psn_gbdt_fast_batch(fast, x, rows, model->features, scratch, batch);
        assert_memory_equal(one, walked, n * sizeof *one);
        assert_memory_equal(batch, walked, n * sizeof *batch);
    }
    psn_simd_force(-1);
    psn_gbdt_fast_free(fast);
    free(walked);
    free(batch);
    free(one);
    free(scratch);
}

/* Rows as trained on, and odd ones. */
static void spoil_rows(gbdt_table *table)
{
    const double odd[] = {NAN,   INFINITY, -INFINITY, 0.0, -0.0,
                          1e300, -1e300,   99.0,      2.5, -1.0};
    for (int64_t i = 0; i < table->rows; i += 2) {
        table->x[i * TABLE_COLUMNS + i / 2 % TABLE_COLUMNS] = odd[i / 3 % 10];
    }
}

static void check_options(const psn_gbdt_options *options, int64_t rows)
{
    gbdt_table table = table_make(rows, options->objective == PSN_GBDT_BINARY, 11);
    psn_gbdt *model = table_fit(&table, options, NULL);
    spoil_rows(&table);
    expect_walk(model, table.x, rows);
    psn_gbdt_free(model);
    table_free(&table);
}

static void trees_of_31_leaves_predict_as_walked(void **state)
{
    (void)state;
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 37; /* not a multiple of the trees of a block */
    check_options(&options, 2501);
}

static void trees_of_64_leaves_predict_as_walked(void **state)
{
    (void)state;
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 20;
    options.num_leaves = 64;
    check_options(&options, 3000);
}

static void trees_of_more_leaves_than_a_word_predict_as_walked(void **state)
{
    (void)state;
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_SQUARED);
    options.rounds = 9;
    options.num_leaves = 300;
    options.min_data_in_leaf = 3;
    check_options(&options, 3000);
    options.num_leaves = 1500; /* too large for masks: rows walk */
    options.min_data_in_leaf = 1;
    check_options(&options, 4000);
}

static void symmetric_trees_predict_as_walked(void **state)
{
    (void)state;
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 20;
    options.growth = PSN_GBDT_SYMMETRIC;
    options.max_depth = 6;
    check_options(&options, 2000);
}

/* A billion groups, of which the one set knows three: a file can say so in a few bytes.
 */
static void groups_that_no_set_knows_cost_nothing(void **state)
{
    (void)state;
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_new(&model, 1, 1, NULL), 0);
    assert_int_equal(psn_gbdt_add_tree(model, 1, 1, NULL), 0);
    model->feature[0] = (psn_gbdt_feature){1, 1 << 30, 1 << 30, (1 << 30) - 1, NULL};
    model->nodes[0] = (psn_gbdt_node){.left = ~0, .right = ~1, .set_groups = 3};
    model->nodes[0].flags = PSN_GBDT_CATEGORY | PSN_GBDT_LEFT;
    model->sets[0] = 5; /* groups 0 and 2 go left */
    model->leaf_value[0] = 1;
    model->leaf_value[1] = 2;
    assert_int_equal(psn_gbdt_check(model, NULL), 0);
    const double codes[] = {0, 1, 2, 3, 1e9, 1e300, NAN, -1};
    expect_walk(model, codes, 8);
    psn_gbdt_free(model);
}

static void trees_without_a_split_predict_as_walked(void **state)
{
    (void)state;
    psn_gbdt *model = NULL;
    const double row[] = {NAN, 1};
    assert_int_equal(psn_gbdt_new(&model, 2, 1, NULL), 0);
    assert_int_equal(psn_gbdt_add_tree(model, 0, 0, NULL), 0);
    model->leaf_value[0] = 0.5;
    expect_walk(model, row, 1);
    psn_gbdt_free(model);
}

static void many_outputs_predict_as_walked(void **state)
{
    (void)state;
    gbdt_table table = table_make(1000, 1, 12);
    for (int i = 0; i < 1000; i++)
        table.label[i] = (int)(table.x[i * TABLE_COLUMNS + 4]) % 5;
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_MULTICLASS);
    options.classes = 5;
    options.rounds = 7;
    psn_gbdt *model = table_fit(&table, &options, NULL);
    spoil_rows(&table);
    expect_walk(model, table.x, 1000);
    psn_gbdt_free(model);
    table_free(&table);
}

/* A tree of one node by hand; returns its node. */
static psn_gbdt_node *add_stump(psn_gbdt *model, int32_t feature, double left,
                                double right)
{
    assert_int_equal(psn_gbdt_add_tree(model, 1, feature == 1, NULL), 0);
    const int64_t at = model->tree_leaf[model->trees - 1];
    model->leaf_value[at] = left;
    model->leaf_value[at + 1] = right;
    psn_gbdt_node *node = &model->nodes[model->tree_node[model->trees - 1]];
    node->feature = feature;
    node->left = ~0;
    node->right = ~1;
    return node;
}

static void a_model_by_hand_does_what_its_nodes_say(void **state)
{
    (void)state;
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_new(&model, 2, 1, NULL), 0);
    model->feature[1] =
        (psn_gbdt_feature){.category = 1, .levels = 4, .groups = 4, .unseen = -1};
    add_stump(model, 0, 1.0, 2.0)->threshold = 0.5;
    psn_gbdt_node *zero = add_stump(model, 0, 10.0, 20.0);
    zero->threshold = -3.0;
    zero->flags = PSN_GBDT_ZERO_MISSING | PSN_GBDT_LEFT;
    psn_gbdt_node *category = add_stump(model, 1, 100.0, 200.0);
    category->flags = PSN_GBDT_CATEGORY;
    category->set_groups = 4;
    model->sets[category->set] = 1u << 1 | 1u << 3;
    assert_int_equal(psn_gbdt_check(model, NULL), 0);
    const double rows[][2] = {{0.5, 1},      {0.6, 0},    {0.0, 3},
                              {1e-36, 2},    {-5.0, NAN}, {NAN, 7},
                              {-1e-30, 3.9}, {1e-30, -2}, {INFINITY, 1}};
    const double sums[] = {1 + 20 + 100, 2 + 20 + 200, 1 + 10 + 100,
                           1 + 10 + 200, 1 + 10 + 200, 2 + 10 + 200,
                           1 + 20 + 100, 1 + 20 + 200, 2 + 20 + 100};
    for (int i = 0; i < 9; i++) {
        double out;
        psn_gbdt_walk(model, rows[i], &out);
        assert_true(out == sums[i]);
    }
    expect_walk(model, rows[0], 9);
    psn_gbdt_free(model);
}

static void more_than_255_thresholds_of_a_feature_are_kept_apart(void **state)
{
    (void)state;
    enum { TREES = 700 };
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_new(&model, 2, 1, NULL), 0);
    for (int t = 0; t < TREES; t++) {
        add_stump(model, 0, 1.0, 0.0)->threshold = (t * 37 % TREES) * 0.5;
    }
    double rows[2 * 2 * TREES];
    for (int i = 0; i < 2 * TREES; i++) {
        rows[2 * i] = 0.25 * i;
        rows[2 * i + 1] = 0.0;
    }
    expect_walk(model, rows, 2 * TREES);
    psn_gbdt_free(model);
}

static void a_model_without_trees_says_its_base(void **state)
{
    (void)state;
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_new(&model, 3, 2, NULL), 0);
    model->base[0] = 0.5;
    model->base[1] = -2.0;
    const double rows[6] = {0};
    expect_walk(model, rows, 2);
    psn_gbdt_free(model);
}

static void read_rows(const void *context, int64_t first, int64_t count, double *out)
{
    memcpy(out, (const double *)context + first * TABLE_COLUMNS,
           (size_t)count * TABLE_COLUMNS * sizeof *out);
}

static void rows_on_demand_and_threads_give_the_same(void **state)
{
    (void)state;
    gbdt_table table = table_make(5000, 1, 13);
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 10;
    psn_gbdt *model = table_fit(&table, &options, NULL);
    double *a = malloc(5000 * sizeof *a), *b = malloc(5000 * sizeof *b);
    psn_rows dense = {.rows = 5000, .dims = TABLE_COLUMNS, .dense = table.x};
    psn_rows lazy = {
        .rows = 5000, .dims = TABLE_COLUMNS, .read = read_rows, .context = table.x};
    psn_pool *pool = NULL;
    assert_int_equal(psn_pool_open(&pool, 3, NULL), 0);
    assert_int_equal(psn_gbdt_predict(model, &dense, a, NULL, NULL, NULL), 0);
    assert_int_equal(psn_gbdt_predict(model, &lazy, b, pool, NULL, NULL), 0);
    assert_memory_equal(a, b, 5000 * sizeof *a);
    dense.dims = 2;
    assert_int_equal(psn_gbdt_predict(model, &dense, a, NULL, NULL, NULL), PERSONA_EARG);
    psn_pool_close(pool);
    free(a);
    free(b);
    psn_gbdt_free(model);
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_of_31_leaves_predict_as_walked),
        cmocka_unit_test(trees_of_64_leaves_predict_as_walked),
        cmocka_unit_test(trees_of_more_leaves_than_a_word_predict_as_walked),
        cmocka_unit_test(symmetric_trees_predict_as_walked),
        cmocka_unit_test(groups_that_no_set_knows_cost_nothing),
        cmocka_unit_test(trees_without_a_split_predict_as_walked),
        cmocka_unit_test(many_outputs_predict_as_walked),
        cmocka_unit_test(a_model_by_hand_does_what_its_nodes_say),
        cmocka_unit_test(more_than_255_thresholds_of_a_feature_are_kept_apart),
        cmocka_unit_test(a_model_without_trees_says_its_base),
        cmocka_unit_test(rows_on_demand_and_threads_give_the_same),
    };
    return cmocka_run_group_tests_name("gbdt_fast", tests, NULL, NULL);
}
