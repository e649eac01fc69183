/* gbdt_model.c: the arrays of an ensemble: growth, checks, and prediction in its plainest
 * form, the one that defines what all others must give. */
#include "learn/gbdt_model.h"

#include <math.h>
#include <string.h>
#include "base/error.h"
#include "base/memory.h"
#include "math/elementary.h"

static const double GBDT_ZERO_WIDTH = 1e-35;

enum { GBDT_FEATURES_MAX = 1 << 20, GBDT_OUTPUTS_MAX = 1 << 16 };

int psn_gbdt_new(psn_gbdt **out, int32_t features, int32_t outputs, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt *model = NULL;
    *out = NULL;
    if (features < 1 || features > GBDT_FEATURES_MAX || outputs < 1 ||
        outputs > GBDT_OUTPUTS_MAX) {
        PSN_FAIL(error, PERSONA_EARG, "%d features, %d outputs; must be 1 .. %d, 1 .. %d",
                 features, outputs, (int)GBDT_FEATURES_MAX, (int)GBDT_OUTPUTS_MAX);
    }
    PSN_NEED(model = psn_alloc_zero(1, sizeof *model));
    model->features = features;
    model->outputs = outputs;
    PSN_NEED(model->base = psn_alloc_zero((size_t)outputs, sizeof *model->base));
    PSN_NEED(model->feature = psn_alloc_zero((size_t)features, sizeof *model->feature));
    PSN_NEED(model->tree_node = psn_alloc_zero(1, sizeof *model->tree_node));
    PSN_NEED(model->tree_leaf = psn_alloc_zero(1, sizeof *model->tree_leaf));
    *out = model;
    model = NULL;
done:
    psn_gbdt_free(model);
    return rc;
}

void psn_gbdt_free(psn_gbdt *model)
{
    if (model == NULL) return;
    for (int32_t f = 0; model->feature != NULL && f < model->features; f++) {
        psn_release(model->feature[f].group_of);
    }
    psn_release(model->feature);
    psn_release(model->base);
    psn_release(model->tree_node);
    psn_release(model->tree_leaf);
    psn_release(model->nodes);
    psn_release(model->leaf_value);
    psn_release(model->leaf_weight);
    psn_release(model->leaf_count);
    psn_release(model->sets);
    psn_release(model);
}

/* Grows *block to at least `need` elements; *room is what it holds. */
static int gbdt_grow(void *block, int64_t *room, int64_t need, size_t size)
{
    void *old;
    memcpy(&old, block, sizeof old);
    if (need <= *room && old != NULL) return 1;
    int64_t wanted = need + need / 2 + 16;
    void *grown = psn_resize(old, (size_t)wanted, size);
    if (grown == NULL) return 0;
    memcpy(block, &grown, sizeof grown);
    *room = wanted;
    return 1;
}

static int gbdt_grow_leaves(psn_gbdt *model, int64_t leaves)
{
    int64_t rooms[2] = {model->leaf_room, model->leaf_room};
    return gbdt_grow(&model->leaf_value, &rooms[0], leaves, sizeof *model->leaf_value) &&
           gbdt_grow(&model->leaf_weight, &rooms[1], leaves,
                     sizeof *model->leaf_weight) &&
           gbdt_grow(&model->leaf_count, &model->leaf_room, leaves,
                     sizeof *model->leaf_count);
}

int psn_gbdt_add_tree(psn_gbdt *model, int32_t nodes, int64_t words, persona_error *error)
{
    int64_t node_end = model->tree_node[model->trees] + nodes;
    int64_t leaf_end = model->tree_leaf[model->trees] + nodes + 1;
    int64_t room = model->tree_room;
    if (model->trees == INT32_MAX - 1 || words > INT32_MAX - model->set_words) {
        return psn_fail(error, PERSONA_ELIMIT, "too many trees for one ensemble");
    }
    if (!gbdt_grow(&model->tree_node, &room, model->trees + 2,
                   sizeof *model->tree_node) ||
        !gbdt_grow(&model->tree_leaf, &model->tree_room, model->trees + 2,
                   sizeof *model->tree_leaf) ||
        !gbdt_grow(&model->nodes, &model->node_room, node_end, sizeof *model->nodes) ||
        !gbdt_grow_leaves(model, leaf_end) ||
        !gbdt_grow(&model->sets, &model->set_room, model->set_words + words,
                   sizeof *model->sets)) {
        return psn_fail_memory(error);
    }
    int64_t node = model->tree_node[model->trees], leaf = model->tree_leaf[model->trees];
    memset(model->nodes + node, 0, (size_t)nodes * sizeof *model->nodes);
    memset(model->leaf_value + leaf, 0, ((size_t)nodes + 1) * sizeof *model->leaf_value);
    memset(model->leaf_weight + leaf, 0,
           ((size_t)nodes + 1) * sizeof *model->leaf_weight);
    memset(model->leaf_count + leaf, 0, ((size_t)nodes + 1) * sizeof *model->leaf_count);
    memset(model->sets + model->set_words, 0, (size_t)words * sizeof *model->sets);
    model->set_words += words;
    model->trees++;
    model->tree_node[model->trees] = node_end;
    model->tree_leaf[model->trees] = leaf_end;
    return PERSONA_OK;
}

void psn_gbdt_cut(psn_gbdt *model, int32_t trees)
{
    if (trees >= model->trees || trees < 0) return;
    model->trees = trees;
    int64_t words = 0;
    for (int64_t i = 0; i < model->tree_node[trees]; i++) {
        const psn_gbdt_node *node = &model->nodes[i];
        int64_t end = node->set + ((int64_t)node->set_groups + 63) / 64;
        if ((node->flags & PSN_GBDT_CATEGORY) && end > words) words = end;
    }
    model->set_words = words;
}

static int gbdt_copy_feature(psn_gbdt_feature *to, const psn_gbdt_feature *from)
{
    *to = *from;
    if (from->group_of == NULL) return 1;
    to->group_of =
        psn_copy(from->group_of, (size_t)from->levels * sizeof *from->group_of);
    return to->group_of != NULL;
}

int psn_gbdt_copy(psn_gbdt **out, const psn_gbdt *model, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_gbdt *copy = NULL;
    *out = NULL;
    PSN_TRY(psn_gbdt_new(&copy, model->features, model->outputs, error));
    copy->objective = model->objective;
    copy->parameter = model->parameter;
    memcpy(copy->base, model->base, (size_t)model->outputs * sizeof *copy->base);
    for (int32_t f = 0; f < model->features; f++) {
        if (!gbdt_copy_feature(&copy->feature[f], &model->feature[f])) {
            PSN_TRY(psn_fail_memory(error));
        }
    }
    for (int32_t t = 0; t < model->trees; t++) {
        int64_t nodes = model->tree_node[t + 1] - model->tree_node[t];
        PSN_TRY(psn_gbdt_add_tree(copy, (int32_t)nodes, t == 0 ? model->set_words : 0,
                                  error));
    }
    int64_t nodes = model->tree_node[model->trees],
            leaves = model->tree_leaf[model->trees];
    if (nodes > 0) {
        memcpy(copy->nodes, model->nodes, (size_t)nodes * sizeof *copy->nodes);
    }
    if (leaves > 0) {
        memcpy(copy->leaf_value, model->leaf_value, (size_t)leaves * sizeof(double));
        memcpy(copy->leaf_weight, model->leaf_weight, (size_t)leaves * sizeof(double));
        memcpy(copy->leaf_count, model->leaf_count, (size_t)leaves * sizeof(double));
    }
    if (model->set_words > 0) {
        memcpy(copy->sets, model->sets, (size_t)model->set_words * sizeof *copy->sets);
    }
    *out = copy;
    copy = NULL;
done:
    psn_gbdt_free(copy);
    return rc;
}

/* ---- prediction */

int32_t psn_gbdt_group(const psn_gbdt_feature *feature, double code)
{
    if (!(code >= 0.0)) return -1;
    if (!(code < (double)feature->levels)) return feature->unseen;
    int32_t level = (int32_t)code;
    return feature->group_of == NULL ? level : feature->group_of[level];
}

int psn_gbdt_goes_left(const psn_gbdt *model, const psn_gbdt_node *node, double x)
{
    int missing_left = (node->flags & PSN_GBDT_LEFT) != 0;
    if (node->flags & PSN_GBDT_CATEGORY) {
        int32_t group = psn_gbdt_group(&model->feature[node->feature], x);
        if (group < 0 || group >= node->set_groups) return missing_left;
        return (int)(model->sets[node->set + group / 64] >> (group % 64) & 1);
    }
    if (x != x) return missing_left;
    if ((node->flags & PSN_GBDT_ZERO_MISSING) && fabs(x) <= GBDT_ZERO_WIDTH) {
        return missing_left;
    }
    return x <= node->threshold;
}

int32_t psn_gbdt_leaf(const psn_gbdt *model, int32_t tree, const double *row)
{
    int64_t first = model->tree_node[tree];
    if (model->tree_node[tree + 1] == first) return 0;
    int32_t at = 0;
    while (at >= 0) {
        const psn_gbdt_node *node = &model->nodes[first + at];
        at = psn_gbdt_goes_left(model, node, row[node->feature]) ? node->left
                                                                 : node->right;
    }
    return ~at;
}

void psn_gbdt_walk(const psn_gbdt *model, const double *row, double *out)
{
    memcpy(out, model->base, (size_t)model->outputs * sizeof *out);
    for (int32_t t = 0; t < model->trees; t++) {
        out[t % model->outputs] +=
            model->leaf_value[model->tree_leaf[t] + psn_gbdt_leaf(model, t, row)];
    }
}

int psn_gbdt_is_log(int32_t objective)
{
    return objective == PSN_GBDT_POISSON || objective == PSN_GBDT_GAMMA ||
           objective == PSN_GBDT_TWEEDIE;
}

static void gbdt_softmax(double *scores, int32_t count)
{
    double largest = scores[0], sum = 0.0;
    for (int32_t i = 1; i < count; i++) largest = fmax(largest, scores[i]);
    for (int32_t i = 0; i < count; i++) sum += scores[i] = psn_exp(scores[i] - largest);
    for (int32_t i = 0; i < count; i++) scores[i] /= sum;
}

void psn_gbdt_respond(const psn_gbdt *model, double *scores)
{
    if (model->objective == PSN_GBDT_BINARY) {
        scores[0] = 1.0 / (1.0 + psn_exp(-scores[0]));
    } else if (model->objective == PSN_GBDT_MULTICLASS) {
        gbdt_softmax(scores, model->outputs);
    } else if (psn_gbdt_is_log(model->objective)) {
        scores[0] = psn_exp(scores[0]);
    }
}

const char *psn_gbdt_objective_name(int32_t objective)
{
    static const char *const names[PSN_GBDT_OBJECTIVES] = {
        "binary",  "multiclass", "squared", "absolute",   "quantile",
        "poisson", "gamma",      "tweedie", "lambdamart", "custom"};
    return objective >= 0 && objective < PSN_GBDT_OBJECTIVES ? names[objective] : "?";
}

void psn_gbdt_importance(const psn_gbdt *model, double *gain, double *splits)
{
    for (int32_t f = 0; f < model->features; f++) {
        if (gain != NULL) gain[f] = 0.0;
        if (splits != NULL) splits[f] = 0.0;
    }
    for (int64_t i = 0; i < model->tree_node[model->trees]; i++) {
        const psn_gbdt_node *node = &model->nodes[i];
        if (gain != NULL) gain[node->feature] += node->gain;
        if (splits != NULL) splits[node->feature] += 1.0;
    }
}

/* ---- checks */

static int gbdt_bad(persona_error *error, int64_t where, const char *what)
{
    return psn_fail_at(error, PERSONA_EFORMAT, where, "damaged ensemble of trees: %s",
                       what);
}

static int gbdt_check_feature(const psn_gbdt_feature *feature, int64_t f,
                              persona_error *error)
{
    if (!feature->category) {
        int empty = feature->group_of == NULL && feature->levels == 0;
        return empty ? PERSONA_OK : gbdt_bad(error, f, "levels of a number");
    }
    if (feature->levels < 0 || feature->groups < 0 || feature->unseen < -1 ||
        feature->unseen >= feature->groups) {
        return gbdt_bad(error, f, "groups of a category");
    }
    if (feature->group_of == NULL) {
        int same = feature->groups >= feature->levels;
        return same ? PERSONA_OK : gbdt_bad(error, f, "groups of a category");
    }
    for (int32_t i = 0; i < feature->levels; i++) {
        if (feature->group_of[i] < -1 || feature->group_of[i] >= feature->groups) {
            return gbdt_bad(error, f, "group of a level");
        }
    }
    return PERSONA_OK;
}

static int gbdt_check_node(const psn_gbdt *model, int64_t i, persona_error *error)
{
    const psn_gbdt_node *node = &model->nodes[i];
    if (node->feature < 0 || node->feature >= model->features) {
        return gbdt_bad(error, i, "feature of a node");
    }
    int category = (node->flags & PSN_GBDT_CATEGORY) != 0;
    if (category != (model->feature[node->feature].category != 0) ||
        (node->flags & ~(PSN_GBDT_LEFT | PSN_GBDT_CATEGORY | PSN_GBDT_ZERO_MISSING))) {
        return gbdt_bad(error, i, "kind of a node");
    }
    if (category) {
        int64_t words = ((int64_t)node->set_groups + 63) / 64;
        if (node->set_groups < 0 || node->set < 0 ||
            words > model->set_words - node->set) {
            return gbdt_bad(error, i, "set of a node");
        }
    } else if (node->threshold != node->threshold) {
        return gbdt_bad(error, i, "threshold of a node");
    }
    int numbers = isfinite(node->gain) && isfinite(node->weight) &&
                  isfinite(node->count) && isfinite(node->value);
    return numbers ? PERSONA_OK : gbdt_bad(error, i, "numbers of a node");
}

/* Every node but the root and every leaf has one parent, and parents come first: a walk
 * ends, and visits only what is there. `seen` holds nodes + leaves bytes. */
static int gbdt_check_tree(const psn_gbdt *model, int32_t t, uint8_t *seen,
                           persona_error *error)
{
    int64_t first = model->tree_node[t], nodes = model->tree_node[t + 1] - first;
    memset(seen, 0, (size_t)(2 * nodes + 1));
    for (int64_t i = 0; i < nodes; i++) {
        const int32_t children[2] = {model->nodes[first + i].left,
                                     model->nodes[first + i].right};
        for (int side = 0; side < 2; side++) {
            int64_t child = children[side], leaf = ~child;
            int64_t mark = child >= 0 ? child : nodes + leaf;
            int inside = child >= 0 ? child > i && child < nodes : leaf <= nodes;
            if (!inside || seen[mark]) return gbdt_bad(error, t, "children of a tree");
            seen[mark] = 1;
        }
    }
    return PERSONA_OK;
}

static int gbdt_check_counts(const psn_gbdt *model, persona_error *error)
{
    if (model->features < 1 || model->features > GBDT_FEATURES_MAX ||
        model->outputs < 1 || model->outputs > GBDT_OUTPUTS_MAX || model->trees < 0 ||
        model->set_words < 0 || model->set_words > INT32_MAX ||
        model->trees % model->outputs != 0) {
        return gbdt_bad(error, -1, "counts");
    }
    if (model->objective < 0 || model->objective >= PSN_GBDT_OBJECTIVES ||
        !isfinite(model->parameter)) {
        return gbdt_bad(error, -1, "objective");
    }
    if (model->tree_node[0] != 0 || model->tree_leaf[0] != 0) {
        return gbdt_bad(error, -1, "offsets");
    }
    for (int32_t t = 0; t < model->trees; t++) {
        int64_t nodes = model->tree_node[t + 1] - model->tree_node[t];
        int64_t leaves = model->tree_leaf[t + 1] - model->tree_leaf[t];
        if (nodes < 0 || nodes >= INT32_MAX || leaves != nodes + 1) {
            return gbdt_bad(error, t, "offsets");
        }
    }
    for (int32_t k = 0; k < model->outputs; k++) {
        if (!isfinite(model->base[k])) return gbdt_bad(error, k, "base");
    }
    return PERSONA_OK;
}

int psn_gbdt_check(const psn_gbdt *model, persona_error *error)
{
    int rc = PERSONA_OK;
    uint8_t *seen = NULL;
    PSN_TRY(gbdt_check_counts(model, error));
    int64_t most = 0;
    for (int32_t t = 0; t < model->trees; t++) {
        int64_t nodes = model->tree_node[t + 1] - model->tree_node[t];
        if (nodes > most) most = nodes;
    }
    PSN_NEED(seen = psn_alloc(2 * (size_t)most + 1, 1));
    for (int32_t f = 0; f < model->features; f++) {
        PSN_TRY(gbdt_check_feature(&model->feature[f], f, error));
    }
    for (int64_t i = 0; i < model->tree_node[model->trees]; i++) {
        PSN_TRY(gbdt_check_node(model, i, error));
    }
    for (int32_t t = 0; t < model->trees; t++) {
        PSN_TRY(gbdt_check_tree(model, t, seen, error));
    }
    for (int64_t i = 0; i < model->tree_leaf[model->trees]; i++) {
        if (!isfinite(model->leaf_value[i]) || !isfinite(model->leaf_weight[i]) ||
            !isfinite(model->leaf_count[i])) {
            PSN_TRY(gbdt_bad(error, i, "numbers of a leaf"));
        }
    }
done:
    psn_release(seen);
    return rc;
}
