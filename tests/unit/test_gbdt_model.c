/* test_gbdt_model.c: storing an ensemble, and refusing damaged ones. */
#include "support/gbdt_data.h"
#include "data/table.h"

static psn_gbdt *small_model(gbdt_table *table)
{
    psn_gbdt_options options;
    psn_gbdt_defaults(&options, PSN_GBDT_BINARY);
    options.rounds = 4;
    options.num_leaves = 6;
    *table = table_make(600, 1, 21);
    return table_fit(table, &options, NULL);
}

static void packing_and_unpacking_loses_nothing(void **state)
{
    (void)state;
    gbdt_table table;
    psn_gbdt *model = small_model(&table), *back = NULL;
    psn_text bytes = {0};
    assert_int_equal(psn_gbdt_pack(&bytes, model, NULL), 0);
    assert_int_equal(psn_gbdt_unpack(&back, bytes.bytes, bytes.length, NULL), 0);
    assert_true(same_models(model, back));
    for (int i = 0; i < 600; i++) {
        double a, b;
        psn_gbdt_walk(model, table.x + i * TABLE_COLUMNS, &a);
        psn_gbdt_walk(back, table.x + i * TABLE_COLUMNS, &b);
        assert_true(a == b);
    }
    psn_text_free(&bytes);
    psn_gbdt_free(model);
    psn_gbdt_free(back);
    table_free(&table);
}

static void every_cut_off_block_is_refused(void **state)
{
    (void)state;
    gbdt_table table;
    psn_gbdt *model = small_model(&table), *back = NULL;
    psn_text bytes = {0};
    assert_int_equal(psn_gbdt_pack(&bytes, model, NULL), 0);
    for (size_t size = 0; size < bytes.length; size++) {
        char *cut = malloc(size + 1);
        memcpy(cut, bytes.bytes, size);
        assert_int_equal(psn_gbdt_unpack(&back, cut, size, NULL), PERSONA_EFORMAT);
        assert_null(back);
        free(cut);
    }
    psn_text_free(&bytes);
    psn_gbdt_free(model);
    table_free(&table);
}

static void a_block_with_a_wrong_byte_is_refused_or_predicts(void **state)
{
    (void)state;
    gbdt_table table;
    psn_gbdt *model = small_model(&table);
    psn_text bytes = {0};
    assert_int_equal(psn_gbdt_pack(&bytes, model, NULL), 0);
    psn_random random;
    psn_random_start(&random, 1, 1, 0);
    for (int trial = 0; trial < 4000; trial++) {
        size_t at = (size_t)psn_random_below(&random, (int64_t)bytes.length);
        char old = bytes.bytes[at];
        bytes.bytes[at] = (char)psn_random_u32(&random);
        psn_gbdt *back = NULL;
        if (psn_gbdt_unpack(&back, bytes.bytes, bytes.length, NULL) == 0) {
            psn_rows rows = {.rows = 3, .dims = back->features, .dense = table.x};
            double *out = malloc(3 * (size_t)back->outputs * sizeof *out);
            if (back->features <= TABLE_COLUMNS) {
                assert_int_equal(psn_gbdt_predict(back, &rows, out, NULL, NULL, NULL), 0);
            }
            free(out);
            psn_gbdt_free(back);
        }
        bytes.bytes[at] = old;
    }
    psn_text_free(&bytes);
    psn_gbdt_free(model);
    table_free(&table);
}

static void a_tree_that_loops_is_refused(void **state)
{
    (void)state;
    gbdt_table table;
    psn_gbdt *model = small_model(&table);
    persona_error error = {0};
    psn_gbdt_node *node = &model->nodes[1];
    const psn_gbdt_node good = *node;
    node->left = 0;
    assert_int_equal(psn_gbdt_check(model, &error), PERSONA_EFORMAT);
    *node = good;
    node->feature = TABLE_COLUMNS;
    assert_int_equal(psn_gbdt_check(model, &error), PERSONA_EFORMAT);
    *node = good;
    node->left = node->right; /* two parents of one child */
    assert_int_equal(psn_gbdt_check(model, &error), PERSONA_EFORMAT);
    *node = good;
    assert_int_equal(psn_gbdt_check(model, &error), 0);
    psn_gbdt_free(model);
    table_free(&table);
}

static void a_copy_is_equal_and_a_cut_one_shorter(void **state)
{
    (void)state;
    gbdt_table table;
    psn_gbdt *model = small_model(&table), *copy = NULL;
    assert_int_equal(psn_gbdt_copy(&copy, model, NULL), 0);
    assert_true(same_models(model, copy));
    psn_gbdt_cut(copy, 2);
    assert_int_equal(copy->trees, 2);
    assert_int_equal(psn_gbdt_check(copy, NULL), 0);
    psn_gbdt_free(copy);
    psn_gbdt_free(model);
    table_free(&table);
}

static void importance_and_tables_agree_with_the_nodes(void **state)
{
    (void)state;
    gbdt_table table;
    psn_gbdt *model = small_model(&table);
    double gain[TABLE_COLUMNS], splits[TABLE_COLUMNS], all = 0.0;
    psn_gbdt_importance(model, gain, splits);
    for (int f = 0; f < TABLE_COLUMNS; f++) all += splits[f];
    assert_true(all == (double)model->tree_node[model->trees]);
    assert_true(gain[0] > gain[3]);
    const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    persona_table *trees = NULL, *importance = NULL;
    assert_int_equal(psn_gbdt_tree_table(&trees, model, names, NULL), 0);
    assert_int_equal(psn_gbdt_importance_table(&importance, model, names, NULL), 0);
    assert_int_equal(trees->rows, 2 * (int64_t)all + model->trees);
    assert_int_equal(importance->rows, TABLE_COLUMNS);
    psn_table_free(trees);
    psn_table_free(importance);
    psn_gbdt_free(model);
    table_free(&table);
}

static void responses_suit_the_objective(void **state)
{
    (void)state;
    psn_gbdt *model = NULL;
    assert_int_equal(psn_gbdt_new(&model, 1, 3, NULL), 0);
    double scores[] = {0.0, log(2.0), 0.0};
    model->objective = PSN_GBDT_BINARY;
    psn_gbdt_respond(model, scores);
    assert_true(scores[0] == 0.5);
    model->objective = PSN_GBDT_POISSON;
    scores[0] = log(3.0);
    psn_gbdt_respond(model, scores);
    assert_true(fabs(scores[0] - 3.0) < 1e-14);
    model->objective = PSN_GBDT_MULTICLASS;
    scores[0] = 0.0;
    psn_gbdt_respond(model, scores);
    assert_true(fabs(scores[0] - 0.25) < 1e-15 && fabs(scores[1] - 0.5) < 1e-15);
    psn_gbdt_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_and_unpacking_loses_nothing),
        cmocka_unit_test(every_cut_off_block_is_refused),
        cmocka_unit_test(a_block_with_a_wrong_byte_is_refused_or_predicts),
        cmocka_unit_test(a_tree_that_loops_is_refused),
        cmocka_unit_test(a_copy_is_equal_and_a_cut_one_shorter),
        cmocka_unit_test(importance_and_tables_agree_with_the_nodes),
        cmocka_unit_test(responses_suit_the_objective),
    };
    return cmocka_run_group_tests_name("gbdt_model", tests, NULL, NULL);
}
