/* gbdt_import_xgboost.c: reads XGBoost's JSON models (1.0 to 3.x, boosters gbtree and
 * dart).
 *
 * A tree is parallel lists over its nodes; left_children -1 is a leaf, whose value stands
 * in split_conditions. Nodes may have been pruned and lie unused, so they are numbered
 * anew from the root. XGBoost rounds a value to float32 and goes left where it is < the
 * condition c: so do here all doubles up to the greatest that rounds below c. Codes in a
 * category's list go right, all others left: their set here has a bit for every code of
 * the feature and one for those beyond. base_score is stored as a prediction and becomes
 * a score by the inverse of the link. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "learn/gbdt_import.h"
#include "learn/gbdt_import_xgboost.h"
#include "math/elementary.h"

enum { XGB_WORDS_MOST = 1 << 22 }; /* of all sets: 32 MB */

typedef struct xgb_model {
    psn_json learner, trees, info, drop; /* drop.at NULL: no dart */
    psn_gbdt *model;
    int64_t tree_count;
    psn_json *tree; /* of each tree of the file */
    int32_t *group; /* its output */
    double *scale;  /* its weight (dart) */
    int64_t words;  /* of all sets so far */
} xgb_model;

/* ---- a tree of the model */

/* The greatest double that rounds to a float below `condition`. */
static double xgb_threshold(double condition)
{
    const float c = (float)condition, below = nextafterf(c, -INFINITY);
    const double middle = ((double)below + (double)c) / 2;
    if (!isfinite(below)) return isfinite(c) ? -INFINITY : (double)below;
    return (float)middle < c ? middle : nextafter(middle, -INFINITY);
}

/* New numbers by a walk from the root: of nodes and of leaves, in `number`; -1 = unused.
 */
typedef struct xgb_order {
    int32_t *number, *stack;
    int32_t nodes, leaves;
} xgb_order;

static int xgb_number_nodes(xgb_order *order, const xgb_tree *tree, int32_t features,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t open = 0;
    PSN_NEED(order->number = psn_alloc((size_t)tree->nodes, sizeof(int32_t)));
    PSN_NEED(order->stack = psn_alloc((size_t)tree->nodes + 2, sizeof(int32_t)));
    for (int64_t n = 0; n < tree->nodes; n++) order->number[n] = -1;
    order->stack[open++] = 0;
    while (open > 0) {
        const int32_t n = order->stack[--open];
        if (n < 0 || n >= tree->nodes || order->number[n] >= 0 || open >= tree->nodes)
            return psn_xgb_bad("children of a tree", error);
        const int leaf = tree->left[n] == -1;
        order->number[n] = leaf ? order->leaves++ : order->nodes++;
        if (leaf) continue;
        if (tree->feature[n] < 0 || tree->feature[n] >= features)
            return psn_xgb_bad("split_indices", error);
        order->stack[open++] = tree->right[n];
        order->stack[open++] = tree->left[n];
    }
done:
    return rc;
}

/* All codes but those in the node's list go left, those beyond too. */
static void xgb_fill_set(xgb_model *x, psn_gbdt_node *node, const xgb_tree *tree,
                         int64_t c)
{
    const psn_gbdt_feature *feature = &x->model->feature[node->feature];
    const int64_t words = ((int64_t)feature->groups + 63) / 64;
    uint64_t *set = x->model->sets + x->words;
    node->flags |= PSN_GBDT_CATEGORY;
    node->set = (int32_t)x->words;
    node->set_groups = feature->groups;
    for (int64_t w = 0; w < words; w++) set[w] = ~(uint64_t)0;
    for (int32_t i = 0; i < tree->length[c]; i++) {
        const int32_t code = tree->code[tree->segment[c] + i];
        set[code / 64] &= ~((uint64_t)1 << code % 64);
    }
    if (feature->groups % 64 != 0)
        set[words - 1] &= ((uint64_t)1 << feature->groups % 64) - 1;
    x->words += words;
}

static int32_t xgb_child(const xgb_tree *tree, const xgb_order *order, int32_t n)
{
    return tree->left[n] == -1 ? ~order->number[n] : order->number[n];
}

static int xgb_fill_node(xgb_model *x, const xgb_tree *tree, const xgb_order *order,
                         int32_t n, psn_gbdt_node *node)
{
    node->feature = tree->feature[n];
    node->left = xgb_child(tree, order, tree->left[n]);
    node->right = xgb_child(tree, order, tree->right[n]);
    node->gain = tree->gain[n];
    node->weight = node->count = tree->hessian[n];
    if (tree->default_left[n]) node->flags |= PSN_GBDT_LEFT;
    if (tree->type[n] == 0) {
        node->threshold = xgb_threshold(tree->condition[n]);
        return 1;
    }
    if (tree->cat_of[n] < 0) return 0;
    xgb_fill_set(x, node, tree, tree->cat_of[n]);
    return 1;
}

/* Words of the sets of a tree. */
static int64_t xgb_tree_words(const xgb_model *x, const xgb_tree *tree,
                              const xgb_order *order)
{
    int64_t words = 0;
    for (int64_t n = 0; n < tree->nodes; n++)
        if (order->number[n] >= 0 && tree->left[n] != -1 && tree->type[n] != 0)
            words += ((int64_t)x->model->feature[tree->feature[n]].groups + 63) / 64;
    return words;
}

static int xgb_add_tree(xgb_model *x, int64_t t, persona_error *error)
{
    int rc, good = 1;
    xgb_tree tree;
    xgb_order order = {0};
    PSN_TRY(psn_xgb_tree_read(&tree, x->tree[t], error));
    PSN_TRY(xgb_number_nodes(&order, &tree, x->model->features, error));
    const int64_t words = xgb_tree_words(x, &tree, &order);
    if (x->words + words > XGB_WORDS_MOST)
        PSN_FAIL(error, PERSONA_ELIMIT,
                 "the categories of this model have too many codes");
    PSN_TRY(psn_gbdt_add_tree(x->model, order.nodes, words, error));
    psn_gbdt *model = x->model;
    psn_gbdt_node *nodes = model->nodes + model->tree_node[model->trees - 1];
    const int64_t leaf = model->tree_leaf[model->trees - 1];
    for (int32_t n = 0; good && n < tree.nodes; n++) {
        if (order.number[n] < 0) continue;
        if (tree.left[n] == -1) {
            model->leaf_value[leaf + order.number[n]] = tree.condition[n] * x->scale[t];
            model->leaf_weight[leaf + order.number[n]] = tree.hessian[n];
            model->leaf_count[leaf + order.number[n]] = tree.hessian[n];
        } else {
            good = xgb_fill_node(x, &tree, &order, n, &nodes[order.number[n]]);
        }
    }
    if (!good) PSN_TRY(psn_xgb_bad("a node of a category without codes", error));
    psn_gbdt_import_means(model, model->trees - 1);
done:
    psn_release(order.number);
    psn_release(order.stack);
    psn_xgb_tree_free(&tree);
    return rc;
}

/* The codes of every category: group = code, one group more for those beyond. */
static int xgb_find_categories(xgb_model *x, persona_error *error)
{
    int rc = PERSONA_OK;
    xgb_tree tree = {0};
    for (int64_t t = 0; t < x->tree_count; t++) {
        psn_xgb_tree_free(&tree);
        PSN_TRY(psn_xgb_tree_read(&tree, x->tree[t], error));
        for (int64_t n = 0; n < tree.nodes; n++) {
            if (tree.left[n] == -1) continue;
            if (tree.feature[n] < 0 || tree.feature[n] >= x->model->features)
                continue; /* pruned, or refused when it is used */
            const int32_t c = tree.type[n] != 0 ? tree.cat_of[n] : -1;
            psn_gbdt_feature *feature = &x->model->feature[tree.feature[n]];
            if (c < 0) continue;
            feature->category = 1;
            for (int32_t i = 0; i < tree.length[c]; i++) {
                const int32_t code = tree.code[tree.segment[c] + i];
                if (code >= feature->levels) feature->levels = code + 1;
            }
            feature->unseen = feature->levels;
            feature->groups = feature->levels + 1;
        }
    }
done:
    psn_xgb_tree_free(&tree);
    return rc;
}

/* ---- the learner */

typedef struct xgb_objective {
    const char *name;
    psn_gbdt_objective objective;
    char link; /* of base_score: i = none, s = logit, l = log */
} xgb_objective;

static const xgb_objective xgb_objectives[] = {
    {"binary:logistic", PSN_GBDT_BINARY, 's'},
    {"reg:logistic", PSN_GBDT_BINARY, 's'},
    {"binary:logitraw", PSN_GBDT_CUSTOM, 'i'},
    {"multi:softprob", PSN_GBDT_MULTICLASS, 'i'},
    {"multi:softmax", PSN_GBDT_MULTICLASS, 'i'},
    {"reg:squarederror", PSN_GBDT_SQUARED, 'i'},
    {"reg:linear", PSN_GBDT_SQUARED, 'i'},
    {"reg:absoluteerror", PSN_GBDT_ABSOLUTE, 'i'},
    {"reg:quantileerror", PSN_GBDT_QUANTILE, 'i'},
    {"reg:pseudohubererror", PSN_GBDT_CUSTOM, 'i'},
    {"reg:squaredlogerror", PSN_GBDT_CUSTOM, 'i'},
    {"count:poisson", PSN_GBDT_POISSON, 'l'},
    {"reg:gamma", PSN_GBDT_GAMMA, 'l'},
    {"reg:tweedie", PSN_GBDT_TWEEDIE, 'l'},
    {"rank:ndcg", PSN_GBDT_LAMBDAMART, 'i'},
    {"rank:map", PSN_GBDT_LAMBDAMART, 'i'},
    {"rank:pairwise", PSN_GBDT_LAMBDAMART, 'i'}};

static int xgb_read_objective(xgb_model *x, const xgb_objective **found,
                              persona_error *error)
{
    psn_json name, value;
    const size_t known = sizeof xgb_objectives / sizeof *xgb_objectives;
    size_t i = 0;
    if (!psn_xgb_path(&name, x->learner, "objective.name"))
        return psn_xgb_bad("it has no objective", error);
    while (i < known && !psn_json_is(name, xgb_objectives[i].name)) i++;
    if (i == known)
        return psn_fail(error, PERSONA_EKIND,
                        "models of this objective of XGBoost cannot be imported");
    *found = &xgb_objectives[i];
    x->model->objective = xgb_objectives[i].objective;
    if (psn_xgb_path(&value, x->learner,
                     "objective.tweedie_regression_param.tweedie_variance_power") &&
        !psn_json_real(value, &x->model->parameter))
        return psn_xgb_bad("tweedie_variance_power", error);
    return PERSONA_OK;
}

static double xgb_unlink(double base, char link)
{
    if (link == 's') return psn_log(base / (1 - base));
    return link == 'l' ? psn_log(base) : base;
}

/* "5E-1", or from version 3 on "[5E-1]", one number or one an output. */
static int xgb_read_base(xgb_model *x, char link, persona_error *error)
{
    int rc = PERSONA_OK;
    int32_t count = 0;
    psn_json value;
    psn_text text = {0};
    psn_gbdt *model = x->model;
    if (!psn_xgb_path(&value, x->learner, "learner_model_param.base_score") ||
        !psn_json_text(&text, value))
        PSN_TRY(psn_xgb_bad("base_score", error));
    if (text.failed) PSN_TRY(psn_fail_memory(error));
    const char *at = text.bytes == NULL ? "" : text.bytes;
    while (*at != '\0') {
        double base;
        at += strspn(at, "[], ");
        const size_t length = strcspn(at, "[], ");
        if (length == 0) break;
        if (count >= model->outputs || !psn_parse_real(at, length, '.', &base) ||
            !isfinite(xgb_unlink(base, link)))
            PSN_TRY(psn_xgb_bad("base_score", error));
        model->base[count++] = xgb_unlink(base, link);
        at += length;
    }
    for (int32_t k = 1; count == 1 && k < model->outputs; k++)
        model->base[k] = model->base[0];
    if (count != 1 && count != model->outputs) PSN_TRY(psn_xgb_bad("base_score", error));
done:
    psn_text_free(&text);
    return rc;
}

static int xgb_read_names(psn_gbdt_names *names, const xgb_model *x, persona_error *error)
{
    int rc;
    psn_json list, item;
    psn_text text = {0};
    int32_t i = 0;
    const int32_t count = x->model->features;
    PSN_TRY(psn_gbdt_names_open(names, count, error));
    if (psn_json_find(&list, x->learner, "feature_names") &&
        psn_json_first(&item, list)) {
        do {
            text.length = 0;
            if (i >= count || !psn_json_text(&text, item))
                PSN_TRY(psn_xgb_bad("feature_names", error));
            if (text.failed) PSN_TRY(psn_fail_memory(error));
            PSN_TRY(psn_gbdt_names_set(names, i++, text.length > 0 ? text.bytes : "",
                                       text.length, error));
        } while (psn_json_next(&item));
        if (i != count) PSN_TRY(psn_xgb_bad("feature_names", error));
    }
    for (; i < count; i++) {
        char name[16];
        const size_t length = psn_format(name, sizeof name, "f%d", (int)i);
        PSN_TRY(psn_gbdt_names_set(names, i, name, length, error));
    }
done:
    psn_text_free(&text);
    return rc;
}

/* Finds the list of trees, with their outputs and weights. */
static int xgb_find_trees(xgb_model *x, psn_json root, persona_error *error)
{
    int rc = PERSONA_OK, more;
    psn_json booster, drop, item;
    int64_t i = 0, drops = 0;
    if (!psn_json_find(&x->learner, root, "learner") ||
        !psn_json_find(&booster, x->learner, "gradient_booster"))
        return psn_xgb_bad("it has no learner", error);
    const int dart = psn_json_find(&drop, booster, "weight_drop");
    if (dart && !psn_json_find(&booster, booster, "gbtree"))
        return psn_xgb_bad("booster dart without gbtree", error);
    if (!psn_xgb_path(&x->trees, booster, "model.trees") ||
        !psn_xgb_path(&x->info, booster, "model.tree_info"))
        return psn_fail(
            error, PERSONA_EKIND,
            "models of a booster other than gbtree and dart cannot be imported");
    x->tree_count = psn_json_count(x->trees);
    if (psn_json_count(x->info) != x->tree_count) return psn_xgb_bad("tree_info", error);
    PSN_NEED(x->tree = psn_alloc((size_t)x->tree_count, sizeof *x->tree));
    PSN_NEED(x->scale = psn_alloc((size_t)x->tree_count, sizeof *x->scale));
    for (more = psn_json_first(&item, x->trees); more; more = psn_json_next(&item)) {
        x->scale[i] = 1;
        x->tree[i++] = item;
    }
    for (more = dart && psn_json_first(&item, drop); more; more = psn_json_next(&item))
        if (drops >= x->tree_count || !psn_json_real(item, &x->scale[drops++]))
            return psn_xgb_bad("weight_drop", error);
    if (dart && drops != x->tree_count) return psn_xgb_bad("weight_drop", error);
done:
    return rc;
}

/* Outputs, and how many trees the fullest of them has. */
static int xgb_find_outputs(xgb_model *x, int64_t *outputs, int64_t *most,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t i = 0, group, *count = NULL;
    psn_json item;
    const int64_t classes = psn_xgb_count(x->learner, "learner_model_param.num_class");
    const int64_t targets = psn_xgb_count(x->learner, "learner_model_param.num_target");
    *outputs = classes > targets ? classes : targets;
    *most = 0;
    PSN_NEED(x->group = psn_alloc((size_t)x->tree_count, sizeof *x->group));
    for (int more = psn_json_first(&item, x->info); more; more = psn_json_next(&item)) {
        if (!psn_json_int(item, &group) || group < 0 || group > 65535)
            PSN_TRY(psn_xgb_bad("tree_info", error));
        x->group[i++] = (int32_t)group;
        if (group >= *outputs) *outputs = group + 1;
    }
    if (*outputs < 1) *outputs = 1;
    if (*outputs > 65536) PSN_TRY(psn_xgb_bad("num_class", error));
    PSN_NEED(count = psn_alloc_zero((size_t)*outputs, sizeof *count));
    for (i = 0; i < x->tree_count; i++)
        if (++count[x->group[i]] > *most) *most = count[x->group[i]];
    if (*most * *outputs > 4 * x->tree_count + 65536)
        PSN_TRY(psn_xgb_bad("tree_info", error));
done:
    psn_release(count);
    return rc;
}

/* Round r has the r-th tree of every output; an output that has none gets a tree of 0. */
static int xgb_add_trees(xgb_model *x, int64_t most, persona_error *error)
{
    int rc = PERSONA_OK;
    const int32_t outputs = x->model->outputs;
    int64_t *next = psn_alloc_zero((size_t)outputs, sizeof *next); /* tree to look at */
    PSN_NEED(next);
    for (int64_t r = 0; r < most; r++) {
        for (int32_t k = 0; k < outputs; k++) {
            while (next[k] < x->tree_count && x->group[next[k]] != k) next[k]++;
            if (next[k] < x->tree_count)
                PSN_TRY(xgb_add_tree(x, next[k]++, error));
            else
                PSN_TRY(psn_gbdt_add_tree(x->model, 0, 0, error));
        }
    }
done:
    psn_release(next);
    return rc;
}

int psn_gbdt_import_xgboost(psn_gbdt **out, psn_gbdt_names *names, const void *bytes,
                            size_t size, persona_error *error)
{
    int rc;
    int64_t outputs, most;
    psn_json root;
    const xgb_objective *objective = NULL;
    xgb_model x = {.words = 0};
    *out = NULL;
    PSN_TRY(psn_json_check(&root, bytes, size, error));
    PSN_TRY(xgb_find_trees(&x, root, error));
    PSN_TRY(xgb_find_outputs(&x, &outputs, &most, error));
    const int64_t features = psn_xgb_count(x.learner, "learner_model_param.num_feature");
    /* More columns than the file has bytes are believed only while they cost little. */
    if (features < 1 || features > 1 << 20 ||
        (features > 65536 && (size_t)features > size))
        PSN_TRY(psn_xgb_bad("num_feature", error));
    PSN_TRY(psn_gbdt_new(&x.model, (int32_t)features, (int32_t)outputs, error));
    PSN_TRY(xgb_read_objective(&x, &objective, error));
    PSN_TRY(xgb_read_base(&x, objective->link, error));
    PSN_TRY(xgb_find_categories(&x, error));
    PSN_TRY(xgb_add_trees(&x, most, error));
    PSN_TRY(psn_gbdt_check(x.model, error));
    if (names != NULL) PSN_TRY(xgb_read_names(names, &x, error));
    *out = x.model;
    x.model = NULL;
done:
    if (rc != PERSONA_OK && names != NULL) psn_gbdt_names_free(names);
    psn_gbdt_free(x.model);
    psn_release(x.tree);
    psn_release(x.group);
    psn_release(x.scale);
    return rc;
}
