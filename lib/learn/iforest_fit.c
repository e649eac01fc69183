/* iforest_fit.c: isolation forest (Liu, Ting and Zhou, "Isolation forest", ICDM 2008).
 *
 * Every tree draws `sample` rows without replacement (Floyd 1987) and cuts them, node by
 * node, down to ceil(log2(sample)) levels or until two rows are left. A leaf in which
 * rows are left counts as deep as they would come to lie by random cuts: depth + c(rows).
 * The random numbers of a node are keyed by (seed, tree, node), so trees grow on any
 * thread.
 *
 * A row without the value that a node cuts by goes to both sides, split as the other rows
 * are; the lists of a path lie one behind the other, so a tree needs memory for depth x
 * sample shares whatever is missing. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "learn/iforest_grow.h"

enum { PURPOSE_SAMPLE = 0x69660001, PURPOSE_NODE = 0x69660002 };

void psn_iforest_defaults(psn_iforest_options *options)
{
    *options = (psn_iforest_options){.trees = 100, .sample = 256, .gain = 0, .seed = 1};
}

int32_t psn_iforest_depth_limit(int32_t sample)
{
    int32_t depth = 1;
    while (((int64_t)1 << depth) < sample) depth++;
    return depth;
}

/* Of a row; what is smaller is dropped. */
static const float SMALLEST_PART = 1e-4F;

/* ---- one tree */

static int iforest_draw_new(iforest_grower *g, int64_t row)
{
    const int64_t mask = g->seen_size - 1;
    int64_t at = (int64_t)((uint64_t)row * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (g->seen[at] >= 0) {
        if (g->seen[at] == row) return 0;
        at = (at + 1) & mask;
    }
    g->seen[at] = row;
    return 1;
}

static void iforest_draw(iforest_grower *g, int64_t rows)
{
    psn_random random;
    psn_random_start(&random, g->options->seed, PURPOSE_SAMPLE, (uint64_t)g->tree);
    for (int64_t i = 0; i < g->seen_size; i++) g->seen[i] = -1;
    for (int32_t i = 0; i < g->samples; i++) {
        const int64_t last = rows - g->samples + i;
        const int64_t row = psn_random_below(&random, last + 1);
        g->sample[i] = iforest_draw_new(g, row) ? row : last;
        if (g->sample[i] == last) iforest_draw_new(g, last);
        g->shares[i] = (iforest_share){i, 1.0F};
    }
}

static void iforest_put_leaf(iforest_grower *g, int32_t node, double weight)
{
    g->nodes[node] = (iforest_node){.feature = (uint16_t)g->features};
    g->right[node] = 0;
    g->weight[node] = (float)(g->samples < 2 ? 2 : weight); /* few rows: all normal */
}

/* The shares of one side behind the list they come from. */
static int32_t iforest_list_side(iforest_share *out, const iforest_cut *cut,
                                 const iforest_grower *g, const iforest_share *shares,
                                 int32_t count, int side)
{
    const double all = cut->left_part + cut->right_part;
    const double part = (side == 1 ? cut->left_part : cut->right_part) / all;
    int32_t found = 0;
    for (int32_t i = 0; i < count; i++) {
        const int where = psn_iforest_side(cut, g, i);
        const float some = (float)((double)shares[i].part * part);
        if (where == side)
            out[found++] = shares[i];
        else if (where < 0 && some > SMALLEST_PART)
            out[found++] = (iforest_share){shares[i].row, some};
    }
    return found;
}

static int32_t iforest_put_cut(iforest_grower *g, int32_t node, const iforest_cut *cut)
{
    iforest_node *out = &g->nodes[node];
    *out = (iforest_node){cut->threshold, (uint16_t)cut->column, 0};
    if (g->sources[cut->column].codes != NULL) {
        const uint32_t number = (uint32_t)g->mask_count;
        memcpy(&out->threshold, &number, sizeof number);
        g->mask[g->mask_count++] = cut->left;
    }
    return node;
}

/* `behind` is the first free place after all lists of the path. At most depth_limit deep.
 */
static void iforest_grow(iforest_grower *g, const iforest_share *shares, int32_t count,
                         iforest_share *behind, int32_t depth, int32_t alive)
{
    const int32_t node = g->node_count++;
    double weight = 0;
    iforest_cut cut;
    psn_random random;
    for (int32_t i = 0; i < count; i++) weight += (double)shares[i].part;
    psn_random_start(&random, g->options->seed, PURPOSE_NODE,
                     (uint64_t)g->tree << 32 | (uint32_t)node);
    if (weight <= 2 || depth >= g->depth_limit ||
        !psn_iforest_cut(&cut, g, shares, count, &alive, &random)) {
        iforest_put_leaf(g, node, weight);
        return;
    }
    iforest_put_cut(g, node, &cut);
    iforest_share *left = behind;
    const int32_t lefts = iforest_list_side(left, &cut, g, shares, count, 1);
    iforest_share *right = left + lefts;
    const int32_t rights = iforest_list_side(right, &cut, g, shares, count, 0);
    iforest_grow(g, left, lefts, right + rights, depth + 1, alive);
    g->right[node] = (uint16_t)(g->node_count - node);
    iforest_grow(g, right, rights, right + rights, depth + 1, alive);
}

/* ---- all trees */

typedef struct iforest_made {
    iforest_node *nodes;
    float *weight;
    uint64_t *mask;
    int32_t node_count, mask_count;
} iforest_made;

typedef struct iforest_fit {
    iforest_grower *growers; /* of each worker */
    int32_t workers;
    iforest_made *made; /* of each tree */
    int64_t rows;
    int64_t first; /* tree of this turn */
} iforest_fit;

/* From the order of growing, a node before its left side before its right side, to level
 * by level. */
static void iforest_level(iforest_node *nodes, float *weight, const iforest_grower *g)
{
    int32_t last = 0;
    g->queue[0] = 0;
    for (int32_t n = 0; n <= last; n++) {
        const int32_t from = g->queue[n];
        nodes[n] = g->nodes[from];
        weight[n] = g->weight[from];
        if (g->right[from] == 0) continue;
        g->queue[++last] = from + 1;
        g->queue[++last] = from + g->right[from];
    }
}

static void iforest_grow_tree(void *context, int64_t block, int worker)
{
    iforest_fit *fit = context;
    iforest_grower *g = &fit->growers[worker];
    iforest_made *made = &fit->made[fit->first + block];
    g->tree = (int32_t)(fit->first + block);
    g->node_count = g->mask_count = 0;
    for (int32_t j = 0; j < g->features; j++) g->column[j] = j;
    iforest_draw(g, fit->rows);
    iforest_grow(g, g->shares, g->samples, g->shares + g->samples, 0, g->features);
    const size_t nodes = (size_t)g->node_count, masks = (size_t)g->mask_count;
    made->nodes = psn_alloc(nodes, sizeof *g->nodes);
    made->weight = psn_alloc(nodes, sizeof *g->weight);
    made->mask = psn_copy(g->mask, masks * sizeof *g->mask);
    if (made->nodes != NULL && made->weight != NULL)
        iforest_level(made->nodes, made->weight, g);
    made->node_count = g->node_count;
    made->mask_count = g->mask_count;
}

static void iforest_grower_free(iforest_grower *g)
{
    psn_release(g->sample);
    psn_release(g->shares);
    psn_release(g->column);
    psn_release(g->value);
    psn_release(g->group);
    psn_release(g->sorted);
    psn_release(g->order);
    psn_release(g->place);
    psn_release(g->seen);
    psn_release(g->nodes);
    psn_release(g->weight);
    psn_release(g->right);
    psn_release(g->queue);
    psn_release(g->mask);
}

static int iforest_grower_open(iforest_grower *g, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t samples = (size_t)g->samples;
    const size_t lists = 2 * (size_t)g->depth_limit + 2;
    for (g->seen_size = 4; g->seen_size < 2 * (int64_t)samples;) g->seen_size *= 2;
    PSN_NEED(g->sample = psn_alloc(samples, sizeof *g->sample));
    PSN_NEED(g->shares = psn_alloc(samples, lists * sizeof *g->shares));
    PSN_NEED(g->column = psn_alloc((size_t)g->features, sizeof *g->column));
    PSN_NEED(g->value = psn_alloc(samples, sizeof *g->value));
    PSN_NEED(g->group = psn_alloc(samples, sizeof *g->group));
    PSN_NEED(g->sorted = psn_alloc(samples, sizeof *g->sorted));
    PSN_NEED(g->order = psn_alloc(samples, sizeof *g->order));
    PSN_NEED(g->place = psn_alloc(samples, sizeof *g->place));
    PSN_NEED(g->seen = psn_alloc((size_t)g->seen_size, sizeof *g->seen));
    const size_t nodes = (size_t)2 << g->depth_limit; /* what a full tree has, + 1 */
    PSN_NEED(g->nodes = psn_alloc(nodes, sizeof *g->nodes));
    PSN_NEED(g->weight = psn_alloc(nodes, sizeof *g->weight));
    PSN_NEED(g->right = psn_alloc(nodes, sizeof *g->right));
    PSN_NEED(g->queue = psn_alloc(nodes, sizeof *g->queue));
    PSN_NEED(g->mask = psn_alloc(nodes, sizeof *g->mask));
done:
    return rc;
}

static void iforest_fit_close(iforest_fit *fit, int32_t trees)
{
    for (int32_t w = 0; fit->growers != NULL && w < fit->workers; w++)
        iforest_grower_free(&fit->growers[w]);
    for (int32_t t = 0; fit->made != NULL && t < trees; t++) {
        psn_release(fit->made[t].nodes);
        psn_release(fit->made[t].weight);
        psn_release(fit->made[t].mask);
    }
    psn_release(fit->growers);
    psn_release(fit->made);
}

/* ---- the codes of a category that are told apart */

static int iforest_count_codes(int64_t *count, const psn_bins_source *source,
                               int64_t rows, persona_error *error)
{
    for (int32_t c = 0; c < source->levels; c++) count[c] = 0;
    for (int64_t i = 0; i < rows; i++) {
        const int32_t code = source->codes[i];
        if (code < -1 || code >= source->levels)
            return psn_fail_at(error, PERSONA_EARG, i,
                               "codes must be -1 or below the number of levels");
        if (code >= 0) count[code]++;
    }
    return PERSONA_OK;
}

/* The 63 most frequent of those there are, ties to the lower code: with more, those rarer
 * than the 63rd in rank of frequency are left out. */
static int iforest_find_codes(iforest_feature *out, const psn_bins_source *source,
                              int64_t rows, persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t *count = psn_alloc((size_t)source->levels, sizeof *count);
    PSN_NEED(count);
    PSN_TRY(iforest_count_codes(count, source, rows, error));
    out->count = 0;
    for (int32_t c = 0; c < source->levels; c++) { /* insertion into the list by count */
        int32_t at = out->count;
        if (count[c] == 0 ||
            (at == IFOREST_CODES && count[c] <= count[out->code[at - 1]]))
            continue;
        if (at == IFOREST_CODES) at--;
        for (; at > 0 && count[c] > count[out->code[at - 1]]; at--)
            out->code[at] = out->code[at - 1];
        out->code[at] = c;
        if (out->count < IFOREST_CODES) out->count++;
    }
    for (int32_t i = 1; i < out->count; i++) { /* by code */
        const int32_t code = out->code[i];
        int32_t at = i;
        for (; at > 0 && out->code[at - 1] > code; at--)
            out->code[at] = out->code[at - 1];
        out->code[at] = code;
    }
done:
    psn_release(count);
    return rc;
}

/* ---- the forest */

static int iforest_check(const psn_iforest_options *o, int32_t columns, int64_t rows,
                         persona_error *error)
{
    if (o->trees < 1 || o->trees > 10000)
        return psn_fail(error, PERSONA_EOPTION, "trees must be in 1 .. 10000");
    if (o->sample < 2 || o->sample > PSN_IFOREST_MAX_SAMPLE)
        return psn_fail(error, PERSONA_EOPTION, "sample must be in 2 .. %d",
                        PSN_IFOREST_MAX_SAMPLE);
    if (!(o->gain >= 0 && o->gain <= 1))
        return psn_fail(error, PERSONA_EOPTION, "gain must be in 0 .. 1");
    if (columns < 0 || columns > PSN_IFOREST_MAX_FEATURES)
        return psn_fail(error, PERSONA_ELIMIT,
                        "an isolation forest takes at most %d columns",
                        PSN_IFOREST_MAX_FEATURES);
    if (rows < 0) return psn_fail(error, PERSONA_EARG, "rows must be 0 or more");
    return PERSONA_OK;
}

static int iforest_join(psn_iforest **out, psn_iforest *forest, const iforest_fit *fit,
                        persona_error *error)
{
    int rc = PERSONA_OK;
    int64_t nodes = 0, masks = 1;
    for (int32_t t = 0; t < forest->trees; t++) {
        const iforest_made *made = &fit->made[t];
        if (made->nodes == NULL || made->weight == NULL || made->mask == NULL)
            return psn_fail_memory(error);
        nodes += made->node_count;
        masks += made->mask_count;
    }
    forest->masks = masks;
    PSN_TRY(psn_iforest_allocate(forest, nodes, error));
    forest->mask[0] = 0;
    nodes = 0, masks = 1;
    for (int32_t t = 0; t < forest->trees; t++) {
        const iforest_made *made = &fit->made[t];
        const size_t count = (size_t)made->node_count;
        iforest_node *to = forest->nodes + nodes;
        memcpy(to, made->nodes, count * sizeof *to);
        memcpy(forest->weight + nodes, made->weight, count * sizeof(float));
        memcpy(forest->mask + masks, made->mask, (size_t)made->mask_count * 8);
        forest->start[t] = nodes;
        for (size_t n = 0; n < count; n++) {
            uint32_t number;
            if (to[n].feature == forest->features ||
                forest->feature[to[n].feature].count < 0)
                continue;
            memcpy(&number, &to[n].threshold, sizeof number);
            number += (uint32_t)masks;
            memcpy(&to[n].threshold, &number, sizeof number);
        }
        nodes += made->node_count;
        masks += made->mask_count;
    }
    forest->start[forest->trees] = nodes;
    if (!psn_iforest_complete(forest))
        PSN_FAIL(error, PERSONA_ENUMERIC, "an isolation forest has lost its form");
    *out = forest;
done:
    return rc;
}

static int iforest_fit_open(iforest_fit *fit, const psn_iforest *forest,
                            const psn_bins_source *sources, psn_pool *pool,
                            persona_error *error)
{
    int rc = PERSONA_OK;
    const int64_t sample = forest->options.sample;
    fit->workers = psn_pool_workers(pool);
    PSN_NEED(fit->made = psn_alloc_zero((size_t)forest->trees, sizeof *fit->made));
    PSN_NEED(fit->growers = psn_alloc_zero((size_t)fit->workers, sizeof *fit->growers));
    for (int32_t w = 0; w < fit->workers; w++) {
        iforest_grower *g = &fit->growers[w];
        g->sources = sources;
        g->feature = forest->feature;
        g->options = &forest->options;
        g->features = forest->features;
        g->samples = (int32_t)(fit->rows < sample ? fit->rows : sample);
        g->depth_limit = psn_iforest_depth_limit(g->samples);
        PSN_TRY(iforest_grower_open(g, error));
    }
done:
    return rc;
}

int psn_iforest_fit(psn_iforest **out, const psn_bins_source *sources, int32_t columns,
                    int64_t rows, const psn_iforest_options *options, psn_pool *pool,
                    persona_task *task, persona_error *error)
{
    enum { TURN = 16 }; /* trees between two looks at the task */
    int rc = PERSONA_OK;
    psn_iforest *forest = NULL;
    iforest_fit fit = {.rows = rows};
    *out = NULL;
    PSN_TRY(iforest_check(options, columns, rows, error));
    PSN_NEED(forest = psn_alloc_zero(1, sizeof *forest));
    forest->options = *options;
    forest->features = columns;
    forest->trees = options->trees;
    forest->options.sample = (int32_t)(rows < 2                 ? 2
                                       : rows < options->sample ? rows
                                                                : options->sample);
    PSN_NEED(forest->feature = psn_alloc((size_t)columns, sizeof *forest->feature));
    for (int32_t j = 0; j < columns; j++) {
        forest->feature[j] = (iforest_feature){.count = -1};
        if (sources[j].codes != NULL)
            PSN_TRY(iforest_find_codes(&forest->feature[j], &sources[j], rows, error));
    }
    PSN_TRY(iforest_fit_open(&fit, forest, sources, pool, error));
    for (; fit.first < forest->trees; fit.first += TURN) {
        const int64_t left = forest->trees - fit.first;
        PSN_TRY(psn_task_check(task, (double)fit.first / forest->trees, error));
        psn_pool_run(pool, left < TURN ? left : TURN, iforest_grow_tree, &fit);
    }
    PSN_TRY(iforest_join(out, forest, &fit, error));
    forest = NULL;
done:
    iforest_fit_close(&fit, options->trees);
    psn_iforest_free(forest);
    return rc;
}
