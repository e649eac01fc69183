/* test_gbdt_shap.c: exact Shapley values and path attribution of trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "base/memory.h"
#include "base/philox.h"
#include "support/import_models.h"
#include "learn/gbdt_import.h"
#include "learn/gbdt_shap.h"
#include "math/simd.h"

enum { FEATURES = 6 };

static int near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

static void explain(const psn_gbdt *model, const double *row, int exact, double *out)
{
    psn_gbdt_shap *shap;
    assert_int_equal(psn_gbdt_shap_new(&shap, model, NULL), PERSONA_OK);
    void *scratch = psn_alloc_aligned(psn_gbdt_shap_scratch(shap) + 1, 1);
    if (exact)
        psn_gbdt_shap_exact(shap, row, scratch, out);
    else
        psn_gbdt_shap_path(shap, row, scratch, out);
    psn_release_aligned(scratch);
    psn_gbdt_shap_free(shap);
}

/* The tree of light_model at price 3, kind 1: leaf 1. Known price only: left, 1.5; kind
 * only: (1 + 3) / 2; nothing: 2.25; both: 1. price gets ((1.5 - 2.25) + (1 - 2)) / 2. */
static void two_features_share_by_both_orders(void **state)
{
    (void)state;
    psn_gbdt *model;
    const double row[] = {3, 1};
    double out[3];
    psn_gbdt_import_lightgbm(&model, NULL, light_model, strlen(light_model), NULL);
    explain(model, row, 1, out);
    assert_true(near(out[0], -.875) && near(out[1], -.375));
    assert_true(near(out[2], 2.25 + .5));
    explain(model, row, 0, out);
    assert_true(near(out[0], -.75) && near(out[1], -.5) && near(out[2], 2.75));
    psn_gbdt_free(model);
}

/* A random tree of `nodes` nodes: each new one replaces a random leaf. */
static void grow_tree(psn_gbdt *model, int32_t nodes, psn_random *random)
{
    assert_int_equal(psn_gbdt_add_tree(model, nodes, 0, NULL), PERSONA_OK);
    psn_gbdt_node *node = model->nodes + model->tree_node[model->trees - 1];
    const int64_t leaf = model->tree_leaf[model->trees - 1];
    for (int32_t n = 0; n < nodes; n++) {
        if (n > 0) { /* hang n where leaf l of the first n + 1 was */
            const int32_t l = (int32_t)psn_random_below(random, n + 1);
            for (int32_t p = 0; p < n; p++) {
                if (node[p].left == ~l) node[p].left = n;
                if (node[p].right == ~l) node[p].right = n;
            }
            node[n].left = ~l;
        } else {
            node[n].left = ~0;
        }
        node[n].right = ~(n + 1);
        node[n].feature = (int32_t)psn_random_below(random, FEATURES);
        node[n].threshold = psn_random_unit(random);
    }
    for (int32_t l = 0; l <= nodes; l++) {
        model->leaf_value[leaf + l] = psn_random_unit(random) - .5;
        model->leaf_count[leaf + l] = 1 + (double)psn_random_below(random, 20);
    }
    for (int32_t n = nodes - 1; n >= 0; n--) {
        const int32_t child[2] = {node[n].left, node[n].right};
        for (int s = 0; s < 2; s++)
            node[n].count += child[s] >= 0 ? node[child[s]].count
                                           : model->leaf_count[leaf + ~child[s]];
    }
}

/* What the tree expects when only the features of `known` are. */
static double expect(const psn_gbdt *model, int32_t tree, int32_t child,
                     const double *row, unsigned known)
{
    const psn_gbdt_node *nodes = model->nodes + model->tree_node[tree];
    const int64_t leaf = model->tree_leaf[tree];
    if (child < 0) return model->leaf_value[leaf + ~child];
    const psn_gbdt_node *n = &nodes[child];
    const double left = expect(model, tree, n->left, row, known);
    const double right = expect(model, tree, n->right, row, known);
    if (known >> n->feature & 1) return row[n->feature] <= n->threshold ? left : right;
    const double a =
        n->left >= 0 ? nodes[n->left].count : model->leaf_count[leaf + ~n->left];
    return left * (a / n->count) + right * (1 - a / n->count);
}

/* Shapley's formula over all subsets. */
static double shapley(const psn_gbdt *model, const double *row, int feature)
{
    static const double factorial[] = {1, 1, 2, 6, 24, 120, 720};
    double sum = 0;
    for (int32_t t = 0; t < model->trees; t++) {
        const int32_t root = model->tree_node[t + 1] > model->tree_node[t] ? 0 : -1;
        for (unsigned set = 0; set < 1u << FEATURES; set++) {
            const int size = __builtin_popcount(set);
            if (set >> feature & 1) continue;
            const double weight =
                factorial[size] * factorial[FEATURES - 1 - size] / factorial[FEATURES];
            sum += weight * (expect(model, t, root, row, set | 1u << feature) -
                             expect(model, t, root, row, set));
        }
    }
    return sum;
}

static psn_gbdt *random_trees(int32_t largest)
{
    psn_gbdt *model;
    psn_random random;
    psn_random_start(&random, (uint64_t)largest, 1, 0);
    assert_int_equal(psn_gbdt_new(&model, FEATURES, 1, NULL), PERSONA_OK);
    for (int32_t nodes = 0; nodes <= largest; nodes += 1 + nodes / 3)
        grow_tree(model, nodes, &random);
    assert_int_equal(psn_gbdt_check(model, NULL), PERSONA_OK);
    return model;
}

static void exact_values_are_shapleys_also_when_features_repeat(void **state)
{
    (void)state;
    psn_gbdt *model = random_trees(40);
    psn_random random;
    psn_random_start(&random, 8, 2, 0);
    for (int r = 0; r < 20; r++) {
        double row[FEATURES], out[FEATURES + 1], score, sum = 0;
        for (int j = 0; j < FEATURES; j++) row[j] = psn_random_unit(&random);
        explain(model, row, 1, out);
        for (int j = 0; j < FEATURES; j++)
            assert_true(near(out[j], shapley(model, row, j)));
        for (int j = 0; j <= FEATURES; j++) sum += out[j];
        psn_gbdt_walk(model, row, &score);
        assert_true(near(sum, score));
    }
    psn_gbdt_free(model);
}

static void all_levels_give_the_same_bits(void **state)
{
    (void)state;
    psn_gbdt *model = random_trees(300);
    const double row[FEATURES] = {.1, .9, .4, NAN, .5, .7};
    double first[FEATURES + 1], out[FEATURES + 1];
    psn_simd_force(PSN_SIMD_SCALAR);
    explain(model, row, 1, first);
    for (int level = 0; level < PSN_SIMD_LEVELS; level++) {
        psn_simd_force(level);
        explain(model, row, 1, out);
        assert_memory_equal(first, out, sizeof out);
    }
    psn_simd_force(-1);
    psn_gbdt_free(model);
}

/* A chain of 40 different features: 20 points and more. The effects add up. */
static void long_paths_add_up(void **state)
{
    (void)state;
    enum { LONG = 40 };
    psn_gbdt *model;
    double row[LONG], out[LONG + 1], sum = 0, score;
    psn_gbdt_new(&model, LONG, 1, NULL);
    psn_gbdt_add_tree(model, LONG, 0, NULL);
    for (int32_t n = 0; n < LONG; n++) {
        model->nodes[n] = (psn_gbdt_node){.threshold = .5,
                                          .feature = n,
                                          .left = ~n,
                                          .right = n + 1 < LONG ? n + 1 : ~LONG,
                                          .count = 3 * (LONG + 1 - n)};
        row[n] = n % 7 == 6 ? 0 : 1;
    }
    for (int32_t l = 0; l <= LONG; l++) {
        model->leaf_value[l] = l % 3;
        model->leaf_count[l] = 3;
    }
    explain(model, row, 1, out);
    for (int j = 0; j <= LONG; j++) sum += out[j];
    psn_gbdt_walk(model, row, &score);
    assert_true(near(sum, score));
    assert_true(out[39] == 0 || fabs(out[39]) < fabs(out[0]));
    psn_gbdt_free(model);
}

static void outputs_are_explained_apart(void **state)
{
    (void)state;
    psn_gbdt *model;
    psn_random random;
    const double row[FEATURES] = {.1, .9, .4, .2, .5, .7};
    double out[2 * (FEATURES + 1)], score[2];
    psn_random_start(&random, 77, 1, 0);
    psn_gbdt_new(&model, FEATURES, 2, NULL);
    model->base[1] = 4;
    for (int t = 0; t < 6; t++) grow_tree(model, 5 + t, &random);
    explain(model, row, 1, out);
    psn_gbdt_walk(model, row, score);
    for (int k = 0; k < 2; k++) {
        double sum = 0;
        for (int j = 0; j <= FEATURES; j++) sum += out[k * (FEATURES + 1) + j];
        assert_true(near(sum, score[k]));
    }
    psn_gbdt_free(model);
}

static void the_top_are_the_largest_by_size(void **state)
{
    (void)state;
    const double effects[] = {.5, -2, 0, 2, .1};
    int32_t feature[4];
    double effect[4];
    assert_int_equal(psn_gbdt_shap_top(feature, effect, 3, effects, 5), 3);
    assert_true(feature[0] == 1 && feature[1] == 3 && feature[2] == 0);
    assert_true(effect[0] == -2 && effect[2] == .5);
    assert_int_equal(psn_gbdt_shap_top(feature, effect, 4, effects, 3), 2);
    assert_int_equal(psn_gbdt_shap_top(feature, effect, 0, effects, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_features_share_by_both_orders),
        cmocka_unit_test(exact_values_are_shapleys_also_when_features_repeat),
        cmocka_unit_test(all_levels_give_the_same_bits),
        cmocka_unit_test(long_paths_add_up),
        cmocka_unit_test(outputs_are_explained_apart),
        cmocka_unit_test(the_top_are_the_largest_by_size),
    };
    return cmocka_run_group_tests_name("gbdt_shap", tests, NULL, NULL);
}
