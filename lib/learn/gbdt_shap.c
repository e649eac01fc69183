/* gbdt_shap.c: exact Shapley values of trees by quadrature, and path attribution.
 *
 * With o_j = 1 if the row takes the path's side at all splits of feature j (the path is
 * hot in j) and z_j the share of training rows that do, a leaf of value v gives feature i
 * of its path v (o_i - z_i) int_0^1 prod_{j != i} (o_j t + z_j (1 - t)) dt, a polynomial
 * of low degree: a few points of Gauss-Legendre are exact, and every factor is in 0 .. 1,
 * so nothing cancels. Summed over the leaves this is two passes over a tree. Let S_n be
 * the leaves under n with the factors of the edges below n, C_n the factors above x
 * weights of the points, h and k the hot and the cold child, z their shares. Where no
 * node above has n's feature, S_n = t S_h + (1 - t)(z_h S_h + z_k S_k) C_h = C_n (t + (1
 * - t) z_h),   C_k = C_n (1 - t) z_k feature of n += sum over points of z_k C_n (S_h -
 * S_k). Where nodes above have it and all were passed on the hot side, with shares z in
 * all, the factor is already in C_n and must be replaced: t becomes a = t / (t + z (1 -
 * t)), 1 - t becomes b = 1 - a, and the effect of n, which is what replacing adds, is
 * multiplied by g = z / (t + z (1 - t))^2. Where one was passed on the cold side the node
 * only averages: a = 0, b = 1, g = 0. So one kernel with three vectors does all, about 12
 * operations a node and vector of points: 100 trees of 31 leaves take some 45 us. */
#include "learn/gbdt_shap_tree.h"

#include <math.h>
#include <string.h>

#include "math/lanes.h"

typedef struct shap_pass {
    const shap_node *node;
    int64_t nodes, points;
    const double *weight;
    const double **vector; /* a, b, g of each node */
    const uint8_t *hot;    /* side of each node */
    double *above, *below, *effect;
} shap_pass;

#define PSN_TEMPLATE "learn/gbdt_shap_kernel.inc"
#include "math/kernel_levels.h"

typedef void shap_tree_kernel(const shap_pass *);
static shap_tree_kernel *const shap_trees[] = PSN_KERNEL_TABLE(shap_tree);

/* ---- scratch: vector, hot, alive, above, below, effect */

static size_t shap_round(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

typedef struct shap_room {
    const double **vector;
    uint8_t *hot, *alive;
    double *above, *below, *effect;
} shap_room;

static size_t shap_divide(shap_room *room, const psn_gbdt_shap *shap, char *scratch)
{
    const size_t nodes = (size_t)shap->most_nodes, size = (size_t)shap->largest_nodes;
    const size_t parts[6] = {
        shap_round(nodes * sizeof *room->vector),
        shap_round(nodes + 1),
        shap_round(nodes + 1),
        shap_round(size * sizeof(double)),
        shap_round((2 * size + SHAP_POINTS) * sizeof(double)),
        shap_round((size_t)shap->slots * SHAP_LANES * sizeof(double))};
    size_t at[7] = {0};
    for (int i = 0; i < 6; i++) at[i + 1] = at[i] + parts[i];
    if (scratch == NULL) return at[6];
    room->vector = (const double **)(void *)scratch;
    room->hot = (uint8_t *)scratch + at[1];
    room->alive = (uint8_t *)scratch + at[2];
    room->above = (double *)(void *)(scratch + at[3]);
    room->below = (double *)(void *)(scratch + at[4]);
    room->effect = (double *)(void *)(scratch + at[5]);
    return at[6];
}

size_t psn_gbdt_shap_scratch(const psn_gbdt_shap *shap)
{
    return shap_divide(NULL, shap, NULL);
}

/* ---- which side the row takes */

/* 0 left, 1 right. */
static inline int shap_side(const psn_gbdt_shap *shap, const shap_tree *tree, int64_t n,
                            const double *row)
{
    const shap_node *node = &shap->node[tree->node + n];
    const double x = row[node->feature];
    if (node->plain && x == x) return x > node->threshold;
    return !psn_gbdt_goes_left(shap->model, &shap->model->nodes[tree->node + n], x);
}

static void shap_mark(const psn_gbdt_shap *shap, const shap_tree *tree, const double *row,
                      const shap_room *room)
{
    room->hot[tree->nodes] = 0; /* what `same` is where there is none */
    room->alive[tree->nodes] = 1;
    for (int64_t n = 0; n < tree->nodes; n++) {
        const shap_node *node = &shap->node[tree->node + n];
        room->hot[n] = (uint8_t)shap_side(shap, tree, n, row);
        room->alive[n] =
            room->alive[node->same] & (room->hot[node->same] == node->same_side);
        room->vector[n] = node->vector[room->alive[n]];
    }
}

static void shap_spread_leaves(const psn_gbdt_shap *shap, const shap_tree *tree,
                               double *below)
{
    const double *value = shap->model->leaf_value + tree->leaf;
    for (int64_t l = 0; l <= tree->nodes; l++) {
        double *to = below + (tree->nodes + l) * tree->step;
        for (int32_t p = 0; p < tree->step; p++) to[p] = value[l];
    }
}

/* Lanes are added in a fixed order. */
static void shap_collect(const psn_gbdt_shap *shap, const double *effect, double *out)
{
    for (int32_t s = 0; s < shap->slots; s++) {
        const double *e = effect + (int64_t)s * SHAP_LANES;
        out[shap->feature_of_slot[s]] =
            ((e[0] + e[4]) + (e[1] + e[5])) + ((e[2] + e[6]) + (e[3] + e[7]));
    }
}

void psn_gbdt_shap_exact(const psn_gbdt_shap *shap, const double *row, void *scratch,
                         double *out)
{
    const psn_gbdt *model = shap->model;
    const int64_t width = (int64_t)model->features + 1;
    shap_room room = {0};
    shap_tree_kernel *kernel = shap_trees[psn_simd_level()];
    shap_divide(&room, shap, scratch);
    memset(out, 0, (size_t)(width * model->outputs) * sizeof *out);
    for (int32_t k = 0; k < model->outputs; k++) {
        memset(room.effect, 0, (size_t)shap->slots * SHAP_LANES * sizeof(double));
        for (int32_t t = k; t < model->trees; t += model->outputs) {
            const shap_tree *tree = &shap->tree[t];
            if (tree->nodes == 0) continue;
            shap_mark(shap, tree, row, &room);
            shap_spread_leaves(shap, tree, room.below);
            const shap_pass pass = {shap->node + tree->node,
                                    tree->nodes,
                                    tree->points,
                                    shap->rule[tree->points / 4]->weight,
                                    room.vector,
                                    room.hot,
                                    room.above,
                                    room.below,
                                    room.effect};
            kernel(&pass);
        }
        shap_collect(shap, room.effect, out + k * width);
        out[k * width + width - 1] = shap->base[k];
    }
}

/* ---- path attribution */

/* Four trees at a time: a step waits for memory, and theirs do not wait for each other.
 */
enum { PATH_TREES = 4 };

static void shap_walk_four(const psn_gbdt_shap *shap, int32_t first, const double *row,
                           double *const *effect)
{
    int64_t at[PATH_TREES] = {0, 0, 0, 0};
    for (int open = 1; open;) {
        open = 0;
        for (int k = 0; k < PATH_TREES; k++) {
            const shap_tree *tree = &shap->tree[first + k];
            if (at[k] >= tree->nodes) continue;
            const shap_node *node = &shap->node[tree->node + at[k]];
            const int side = shap_side(shap, tree, at[k], row);
            effect[k][node->feature] += node->change[side];
            at[k] = node->child[side];
            open = 1;
        }
    }
}

static void shap_walk_one(const psn_gbdt_shap *shap, int32_t t, const double *row,
                          double *effect)
{
    const shap_tree *tree = &shap->tree[t];
    for (int64_t n = 0; n < tree->nodes;) {
        const shap_node *node = &shap->node[tree->node + n];
        const int side = shap_side(shap, tree, n, row);
        effect[node->feature] += node->change[side];
        n = node->child[side];
    }
}

void psn_gbdt_shap_path(const psn_gbdt_shap *shap, const double *row, void *scratch,
                        double *out)
{
    const psn_gbdt *model = shap->model;
    const int64_t width = (int64_t)model->features + 1;
    int32_t t = 0;
    (void)scratch;
    memset(out, 0, (size_t)(width * model->outputs) * sizeof *out);
    for (int32_t k = 0; k < model->outputs; k++)
        out[k * width + width - 1] = shap->base[model->outputs + k];
    for (; t + PATH_TREES <= model->trees; t += PATH_TREES) {
        double *effect[PATH_TREES];
        for (int k = 0; k < PATH_TREES; k++)
            effect[k] = out + (t + k) % model->outputs * width;
        shap_walk_four(shap, t, row, effect);
    }
    for (; t < model->trees; t++)
        shap_walk_one(shap, t, row, out + t % model->outputs * width);
}

int32_t psn_gbdt_shap_top(int32_t *feature, double *effect, int32_t most,
                          const double *effects, int32_t features)
{
    int32_t count = 0;
    for (int32_t f = 0; f < features; f++) {
        const double size = fabs(effects[f]);
        if (!(size > 0) || most <= 0) continue;
        if (count == most && !(size > fabs(effect[most - 1]))) continue;
        int32_t at = count < most ? count++ : most - 1;
        for (; at > 0 && size > fabs(effect[at - 1]); at--) {
            effect[at] = effect[at - 1];
            feature[at] = feature[at - 1];
        }
        effect[at] = effects[f];
        feature[at] = f;
    }
    return count;
}
