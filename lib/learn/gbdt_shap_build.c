/* gbdt_shap_build.c: what exact SHAP needs of each tree, made once.
 *
 * Points: with d different features on the longest path the integrands have degree d - 1,
 * so ceil(d / 2) points of Gauss-Legendre are exact. The points are roots of Legendre's
 * polynomial, found by Newton's method from the usual first guess; the cosine of the
 * guess comes from its series, for the same bits everywhere.
 *
 * Nodes whose feature was met above have vectors of their own (gbdt_shap.c tells why):
 * with z the share of the rows that came here by all splits of that feature, a = t / (t +
 * z (1 - t)),   b = 1 - a,   g = z / (t + z (1 - t))^2. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/gbdt_shap_tree.h"

/* ---- quadrature on 0 .. 1 */

/* cos(pi x), x in 0 .. 1/2. */
static double shap_cosine(double x)
{
    const double y = 0x1.921fb54442d18p+1 * x, z = -y * y;
    double term = 1, sum = 1;
    for (int k = 1; k < 30; k += 2) {
        term *= z / (double)(k * (k + 1));
        sum += term;
    }
    return sum;
}

/* Legendre's polynomial of degree n and its derivative. */
static double shap_legendre(int n, double x, double *slope)
{
    double before = 1, at = x;
    for (int k = 2; k <= n; k++) {
        const double next = ((2 * k - 1) * x * at - (k - 1) * before) / k;
        before = at;
        at = next;
    }
    *slope = n * (x * at - before) / (x * x - 1);
    return at;
}

static int32_t shap_step(int32_t points)
{
    return points < SHAP_LANES ? SHAP_LANES : points;
}

static void shap_fill_rule(shap_rule *rule, int points)
{
    const int step = shap_step(points);
    for (int p = points; p < step; p++) {
        rule->at[p] = 0.5;
        rule->weight[p] = 0;
    }
    for (int i = 0; i < (points + 1) / 2; i++) {
        double slope, x = shap_cosine((i + 0.75) / (points + 0.5));
        for (int turn = 0; turn < 10; turn++)
            x -= shap_legendre(points, x, &slope) / slope;
        shap_legendre(points, x, &slope);
        const double weight = 1 / ((1 - x * x) * slope * slope);
        rule->at[i] = (1 - x) / 2;
        rule->at[points - 1 - i] = (1 + x) / 2;
        rule->weight[i] = rule->weight[points - 1 - i] = weight;
    }
    double *hot = rule->common + SHAP_ALL_HOT * 3 * step;
    double *cold = rule->common + SHAP_COLD * 3 * step;
    for (int p = 0; p < step; p++) {
        hot[p] = rule->at[p];
        hot[step + p] = 1 - rule->at[p];
        hot[2 * step + p] = 1;
        cold[p] = 0;
        cold[step + p] = 1;
        cold[2 * step + p] = 0;
    }
}

static int shap_need_rule(psn_gbdt_shap *shap, int32_t points)
{
    shap_rule **rule = &shap->rule[points / 4];
    if (*rule != NULL) return 1;
    *rule = psn_alloc_aligned(1, sizeof **rule);
    if (*rule != NULL) shap_fill_rule(*rule, points);
    return *rule != NULL;
}

static int32_t shap_points(int32_t distinct)
{
    const int32_t least = (distinct + 1) / 2;
    if (least <= 4) return 4;
    const int32_t whole = (least + SHAP_LANES - 1) / SHAP_LANES * SHAP_LANES;
    return whole < SHAP_POINTS ? whole : SHAP_POINTS;
}

/* ---- one tree */

static double shap_count(const psn_gbdt *model, const shap_tree *tree, int32_t child)
{
    return child >= 0 ? model->nodes[tree->node + child].count
                      : model->leaf_count[tree->leaf + ~child];
}

static double shap_value(const psn_gbdt *model, const shap_tree *tree, int32_t child)
{
    return child >= 0 ? model->nodes[tree->node + child].value
                      : model->leaf_value[tree->leaf + ~child];
}

static void shap_fill_node(psn_gbdt_shap *shap, const shap_tree *tree, int32_t n,
                           const int32_t *slot_of)
{
    const psn_gbdt *model = shap->model;
    const psn_gbdt_node *from = &model->nodes[tree->node + n];
    shap_node *node = &shap->node[tree->node + n];
    const int32_t children[2] = {from->left, from->right};
    const double left = fmax(shap_count(model, tree, from->left), 0);
    const double right = fmax(shap_count(model, tree, from->right), 0);
    node->threshold = from->threshold;
    if (n == 0) node->parent = node->parent_side = 0;
    node->share[0] = left + right > 0 ? left / (left + right) : 0.5;
    node->share[1] = 1 - node->share[0];
    node->feature = from->feature;
    node->slot = slot_of[from->feature];
    node->plain = (from->flags & (PSN_GBDT_CATEGORY | PSN_GBDT_ZERO_MISSING)) == 0;
    for (int side = 0; side < 2; side++) {
        const int32_t child = children[side];
        node->child[side] = child >= 0 ? child : tree->nodes + ~child;
        node->change[side] = shap_value(model, tree, child) - from->value;
        if (child < 0) continue;
        shap->node[tree->node + child].parent = n;
        shap->node[tree->node + child].parent_side = side;
    }
}

/* Depth first, so that `last` holds the nearest node above of each slot, and `side` the
 * side on which the dive left each node above. A node comes up twice: going down, and to
 * put `last` back. */
typedef struct shap_dive {
    int32_t *stack;    /* 2 x nodes + 2: n going down, ~n coming back */
    int32_t *last;     /* of each slot, -1 */
    int32_t *side;     /* of each node */
    int32_t *distinct; /* of each node: features on the path to and with it */
} shap_dive;

static void shap_enter(psn_gbdt_shap *shap, const shap_tree *tree, shap_dive *dive,
                       int32_t n)
{
    shap_node *node = &shap->node[tree->node + n];
    if (n > 0) dive->side[node->parent] = node->parent_side;
    node->same = dive->last[node->slot];
    node->same_side = node->same < 0 ? 0 : dive->side[node->same];
    dive->distinct[n] = (n == 0 ? 0 : dive->distinct[node->parent]) + (node->same < 0);
    dive->last[node->slot] = n;
}

/* Finds the nearest nodes above; returns the most features on a path. */
static int32_t shap_link_same(psn_gbdt_shap *shap, const shap_tree *tree, shap_dive *dive)
{
    const shap_node *nodes = shap->node + tree->node;
    int32_t open = 0, deepest = 0;
    if (tree->nodes > 0) dive->stack[open++] = 0;
    while (open > 0) {
        const int32_t n = dive->stack[--open];
        if (n < 0) {
            dive->last[nodes[~n].slot] = nodes[~n].same;
            continue;
        }
        shap_enter(shap, tree, dive, n);
        if (dive->distinct[n] > deepest) deepest = dive->distinct[n];
        dive->stack[open++] = ~n;
        for (int side = 0; side < 2; side++)
            if (nodes[n].child[side] < tree->nodes)
                dive->stack[open++] = nodes[n].child[side];
    }
    return deepest;
}

static void shap_fill_vector(double *a, double z, const shap_rule *rule, int32_t step)
{
    for (int32_t p = 0; p < step; p++) {
        const double t = rule->at[p], whole = t + z * (1 - t);
        a[p] = t / whole;
        a[step + p] = 1 - a[p];
        a[2 * step + p] = z / (whole * whole);
    }
}

/* Vectors of all nodes, those of the tree's own from *next on. z of a node: the product
 * of the shares of all splits above by its feature; `z` holds one a node; parents come
 * first. */
static void shap_fill_vectors(psn_gbdt_shap *shap, const shap_tree *tree, double *z,
                              double **next)
{
    const shap_rule *rule = shap->rule[tree->points / 4];
    for (int32_t n = 0; n < tree->nodes; n++) {
        shap_node *node = &shap->node[tree->node + n];
        z[n] = 1;
        node->vector[0] = rule->common + (ptrdiff_t)SHAP_COLD * 3 * tree->step;
        node->vector[1] = rule->common + (ptrdiff_t)SHAP_ALL_HOT * 3 * tree->step;
        if (node->same < 0) {
            node->same = tree->nodes;
            continue;
        }
        z[n] = z[node->same] * shap->node[tree->node + node->same].share[node->same_side];
        shap_fill_vector(*next, z[n], rule, tree->step);
        node->vector[1] = *next;
        *next += 3 * (ptrdiff_t)tree->step;
    }
}

/* Mean of the leaves by shares: what exact SHAP starts from. `mean` holds one a node. */
static double shap_expected(const psn_gbdt_shap *shap, const shap_tree *tree,
                            double *mean)
{
    const psn_gbdt *model = shap->model;
    if (tree->nodes == 0) return model->leaf_value[tree->leaf];
    for (int32_t n = tree->nodes - 1; n >= 0; n--) {
        const shap_node *node = &shap->node[tree->node + n];
        mean[n] = 0;
        for (int side = 0; side < 2; side++) {
            const int32_t child = node->child[side];
            mean[n] += node->share[side] *
                       (child < tree->nodes
                            ? mean[child]
                            : model->leaf_value[tree->leaf + child - tree->nodes]);
        }
    }
    return mean[0];
}

/* ---- all trees */

static void shap_find_slots(psn_gbdt_shap *shap, int32_t *slot_of)
{
    const psn_gbdt *model = shap->model;
    for (int32_t f = 0; f < model->features; f++) slot_of[f] = -1;
    for (int64_t n = 0; n < model->tree_node[model->trees]; n++)
        slot_of[model->nodes[n].feature] = 0;
    for (int32_t f = 0; f < model->features; f++) {
        if (slot_of[f] < 0) continue;
        slot_of[f] = shap->slots;
        shap->feature_of_slot[shap->slots++] = f;
    }
}

/* Everything but vectors; returns how many doubles these need. */
static int shap_build_trees(psn_gbdt_shap *shap, const int32_t *slot_of, shap_dive *dive,
                            int64_t *doubles, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt *model = shap->model;
    for (int32_t s = 0; s < shap->slots; s++) dive->last[s] = -1;
    for (int32_t t = 0; t < model->trees; t++) {
        shap_tree *tree = &shap->tree[t];
        tree->node = model->tree_node[t];
        tree->leaf = model->tree_leaf[t];
        tree->nodes = (int32_t)(model->tree_node[t + 1] - tree->node);
        for (int32_t n = 0; n < tree->nodes; n++) shap_fill_node(shap, tree, n, slot_of);
        tree->points = shap_points(shap_link_same(shap, tree, dive));
        tree->step = shap_step(tree->points);
        if (!shap_need_rule(shap, tree->points)) PSN_TRY(psn_fail_memory(error));
        for (int32_t n = 0; n < tree->nodes; n++)
            if (shap->node[tree->node + n].same >= 0) *doubles += 3 * (int64_t)tree->step;
        const int64_t size = (int64_t)tree->nodes * tree->step;
        if (size > shap->largest_nodes) shap->largest_nodes = size;
        if (tree->nodes > shap->most_nodes) shap->most_nodes = tree->nodes;
    }
done:
    return rc;
}

static void shap_finish_trees(psn_gbdt_shap *shap, double *room)
{
    const psn_gbdt *model = shap->model;
    double *next = shap->vectors;
    for (int32_t k = 0; k < model->outputs; k++)
        shap->base[k] = shap->base[model->outputs + k] = model->base[k];
    for (int32_t t = 0; t < model->trees; t++) {
        shap_tree *tree = &shap->tree[t];
        shap_fill_vectors(shap, tree, room, &next);
        tree->expected = shap_expected(shap, tree, room);
        tree->root = tree->nodes > 0 ? model->nodes[tree->node].value : tree->expected;
        shap->base[t % model->outputs] += tree->expected;
        shap->base[model->outputs + t % model->outputs] += tree->root;
    }
}

void psn_gbdt_shap_free(psn_gbdt_shap *shap)
{
    if (shap == NULL) return;
    psn_release(shap->tree);
    psn_release_aligned(shap->node);
    psn_release_aligned(shap->vectors);
    for (size_t r = 0; r < sizeof shap->rule / sizeof *shap->rule; r++)
        psn_release_aligned(shap->rule[r]);
    psn_release(shap->feature_of_slot);
    psn_release(shap->base);
    psn_release(shap);
}

static int shap_allocate(psn_gbdt_shap *shap, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_gbdt *model = shap->model;
    const size_t nodes = (size_t)model->tree_node[model->trees];
    PSN_NEED(shap->tree = psn_alloc((size_t)model->trees, sizeof *shap->tree));
    PSN_NEED(shap->node = psn_alloc_aligned(nodes, sizeof *shap->node));
    PSN_NEED(shap->feature_of_slot =
                 psn_alloc((size_t)model->features, sizeof *shap->feature_of_slot));
    PSN_NEED(shap->base = psn_alloc((size_t)model->outputs, 2 * sizeof *shap->base));
done:
    return rc;
}

int psn_gbdt_shap_new(psn_gbdt_shap **out, const psn_gbdt *model, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t doubles = 0, most = 0;
    int32_t *slot_of = NULL;
    double *room = NULL;
    shap_dive dive = {NULL, NULL, NULL, NULL};
    psn_gbdt_shap *shap = psn_alloc_zero(1, sizeof *shap);
    *out = NULL;
    PSN_NEED(shap);
    shap->model = model;
    PSN_TRY(shap_allocate(shap, error));
    for (int32_t t = 0; t < model->trees; t++) {
        const int64_t nodes = model->tree_node[t + 1] - model->tree_node[t];
        most = nodes > most ? nodes : most;
    }
    PSN_NEED(slot_of = psn_alloc((size_t)model->features, sizeof *slot_of));
    PSN_NEED(room = psn_alloc((size_t)most, sizeof *room));
    PSN_NEED(dive.last = psn_alloc((size_t)model->features, sizeof *dive.last));
    PSN_NEED(dive.side = psn_alloc((size_t)most, sizeof *dive.side));
    PSN_NEED(dive.distinct = psn_alloc((size_t)most, sizeof *dive.distinct));
    PSN_NEED(dive.stack = psn_alloc(2 * (size_t)most + 2, sizeof *dive.stack));
    shap_find_slots(shap, slot_of);
    PSN_TRY(shap_build_trees(shap, slot_of, &dive, &doubles, error));
    PSN_NEED(shap->vectors = psn_alloc_aligned((size_t)doubles, sizeof *shap->vectors));
    shap_finish_trees(shap, room);
    *out = shap;
    shap = NULL;
done:
    psn_release(slot_of);
    psn_release(room);
    psn_release(dive.last);
    psn_release(dive.side);
    psn_release(dive.distinct);
    psn_release(dive.stack);
    psn_gbdt_shap_free(shap);
    return rc;
}
