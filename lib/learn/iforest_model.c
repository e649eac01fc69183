/* iforest_model.c: the trees as one block of bytes, and what follows from them.
 *
 * The block, little-endian: "PIF0", trees, sample, features (int32), gain (double), seed,
 * masks, nodes (uint64); of each feature the number of its codes (int32, -1 = a number)
 * and the codes; masks 1 .. (uint64); the nodes' thresholds (float), their features
 * (uint16). A leaf's threshold is the weight of its rows: paths, weights of inner nodes
 * and expected paths are found again from the leaves. Nodes lie level by level, so that
 * the k-th inner node of a tree has the nodes 2 k + 1 and 2 k + 2 as children, and a tree
 * ends where every inner node has its two: neither children nor sizes need telling, and
 * none can lie. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "learn/iforest_tree.h"
#include "math/elementary.h"

/* ---- average path */

enum { PATH_TABLE = 1026 }; /* of 0 .. 1,025 rows */

static void iforest_fill_paths(double *path)
{
    double harmonic = 1;
    path[0] = path[1] = 0;
    for (int n = 2; n < PATH_TABLE; n++) {
        harmonic += 1 / (double)n;
        path[n] = 2 * (harmonic - 1);
    }
}

/* H(n) ~ ln n + gamma + 1 / 2n - 1 / 12n^2: to 1e-14 beyond 1,024. */
static double iforest_whole_path(const double *path, int64_t rows)
{
    const double r = 1 / (double)rows;
    if (rows < PATH_TABLE) return path[rows];
    return 2 * (psn_log((double)rows) + 0.57721566490153286 + r / 2 - r * r / 12 - 1);
}

static double iforest_path_of(const double *path, double rows)
{
    if (!(rows > 1)) return 0;
    const int64_t below = (int64_t)rows;
    const double part = rows - (double)below, low = iforest_whole_path(path, below);
    return part > 0 ? low + part * (iforest_whole_path(path, below + 1) - low) : low;
}

double psn_iforest_average_path(double rows)
{
    double path[PATH_TABLE];
    iforest_fill_paths(path);
    return iforest_path_of(path, rows);
}

/* ---- what follows from the leaves */

/* Weights and expected paths of inner nodes, children before parents. */
static void iforest_sum_up(psn_iforest *forest, int64_t first, int64_t end)
{
    for (int64_t n = end - 1; n >= first; n--) {
        const iforest_node *node = &forest->nodes[n];
        if (node->child == 0) continue;
        const int64_t left = n + node->child, right = left + 1;
        const double a = (double)forest->weight[left], b = (double)forest->weight[right];
        const double of_left = (double)forest->expect[left];
        const double of_right = (double)forest->expect[right];
        forest->weight[n] = (float)(a + b);
        forest->expect[n] = (float)(of_left + (of_right - of_left) * (b / (a + b)));
    }
}

static int iforest_good_leaf(const psn_iforest *forest, int64_t n)
{
    return forest->weight[n] > 0 &&
           forest->weight[n] <= (float)forest->options.sample * 1.001F;
}

static int iforest_good_cut(const psn_iforest *forest, int64_t n)
{
    const iforest_node *node = &forest->nodes[n];
    uint32_t number;
    if (node->feature >= forest->features) return 0;
    if (forest->feature[node->feature].count < 0) return isfinite(node->threshold) != 0;
    memcpy(&number, &node->threshold, sizeof number);
    return number >= 1 && (int64_t)number < forest->masks;
}

/* One tree from node `first`; returns where the next begins, -1 if it is no tree. */
static int64_t iforest_complete_tree(psn_iforest *forest, int64_t first, int64_t end,
                                     const double *path, uint8_t *deepest)
{
    int64_t known = first + 1, level_end = first + 1; /* nodes that have a parent */
    int depth = 0;
    for (int64_t n = first; n < known; n++) {
        iforest_node *node = &forest->nodes[n];
        if (n == level_end) {
            level_end = known;
            depth++;
        }
        if (n >= end) return -1;
        if (node->feature == forest->features) {
            if (!iforest_good_leaf(forest, n)) return -1;
            const double rows = (double)forest->weight[n];
            node->child = 0;
            node->threshold = (float)(depth + iforest_path_of(path, rows));
            forest->expect[n] = node->threshold;
            continue;
        }
        if (depth >= IFOREST_MAX_DEPTH || !iforest_good_cut(forest, n)) return -1;
        node->child = (uint16_t)(known - n); /* at most 2^15: a level and no more */
        known += 2;
    }
    *deepest = (uint8_t)depth;
    return known;
}

int psn_iforest_complete(psn_iforest *forest)
{
    int64_t at = 0;
    const int64_t end = forest->start[forest->trees];
    double path[PATH_TABLE];
    iforest_fill_paths(path);
    forest->categories = 0;
    for (int32_t j = 0; j < forest->features; j++)
        forest->categories += forest->feature[j].count >= 0;
    for (int32_t t = 0; t < forest->trees; t++) {
        const int64_t next =
            iforest_complete_tree(forest, at, end, path, &forest->depth[t]);
        if (next < 0) return 0;
        forest->start[t] = at;
        iforest_sum_up(forest, at, next);
        at = next;
    }
    const double ln2 = 0x1.62e42fefa39efp-1;
    forest->unit = ln2 / (forest->trees * iforest_path_of(path, forest->options.sample));
    return at == end;
}

/* ---- memory */

void psn_iforest_free(psn_iforest *forest)
{
    if (forest == NULL) return;
    psn_release(forest->feature);
    psn_release(forest->start);
    psn_release(forest->depth);
    psn_release_aligned(forest->nodes);
    psn_release(forest->weight);
    psn_release(forest->expect);
    psn_release(forest->mask);
    psn_release(forest);
}

int psn_iforest_allocate(psn_iforest *forest, int64_t nodes, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t trees = (size_t)forest->trees, count = (size_t)nodes;
    PSN_NEED(forest->start = psn_alloc_zero(trees + 1, sizeof *forest->start));
    PSN_NEED(forest->depth = psn_alloc_zero(trees, sizeof *forest->depth));
    PSN_NEED(forest->nodes = psn_alloc_aligned(count, sizeof *forest->nodes));
    PSN_NEED(forest->weight = psn_alloc(count, sizeof *forest->weight));
    PSN_NEED(forest->expect = psn_alloc(count, sizeof *forest->expect));
    PSN_NEED(forest->mask = psn_alloc((size_t)forest->masks, sizeof *forest->mask));
    forest->start[trees] = nodes;
done:
    return rc;
}

/* ---- the block */

static const char iforest_magic[4] = {'P', 'I', 'F', '0'};

int psn_iforest_pack(psn_text *out, const psn_iforest *forest, persona_error *error)
{
    const psn_iforest_options *o = &forest->options;
    const int32_t counts[3] = {forest->trees, o->sample, forest->features};
    const int64_t nodes = forest->start[forest->trees];
    const uint64_t words[3] = {o->seed, (uint64_t)forest->masks, (uint64_t)nodes};
    psn_text_append(out, iforest_magic, sizeof iforest_magic);
    psn_text_append(out, (const char *)counts, sizeof counts);
    psn_text_append(out, (const char *)&o->gain, sizeof o->gain);
    psn_text_append(out, (const char *)words, sizeof words);
    for (int32_t j = 0; j < forest->features; j++) {
        const iforest_feature *feature = &forest->feature[j];
        const size_t codes = feature->count > 0 ? (size_t)feature->count : 0;
        psn_text_append(out, (const char *)&feature->count, sizeof feature->count);
        psn_text_append(out, (const char *)feature->code, codes * sizeof(int32_t));
    }
    psn_text_append(out, (const char *)(forest->mask + 1),
                    (size_t)(forest->masks - 1) * 8);
    for (int64_t n = 0; n < nodes; n++) {
        const iforest_node *node = &forest->nodes[n];
        const float *value = node->child == 0 ? &forest->weight[n] : &node->threshold;
        psn_text_append(out, (const char *)value, sizeof *value);
    }
    for (int64_t n = 0; n < nodes; n++)
        psn_text_append(out, (const char *)&forest->nodes[n].feature, sizeof(uint16_t));
    return out->failed ? psn_fail_memory(error) : PERSONA_OK;
}

typedef struct iforest_reader {
    const char *at;
    size_t left;
} iforest_reader;

/* 0 when fewer than count x size bytes are left. */
static int iforest_take(iforest_reader *in, void *out, size_t count, size_t size)
{
    size_t bytes;
    if (!psn_size_mul(count, size, &bytes) || bytes > in->left) return 0;
    if (bytes > 0) memcpy(out, in->at, bytes);
    in->at += bytes;
    in->left -= bytes;
    return 1;
}

static int iforest_take_feature(iforest_reader *in, iforest_feature *feature)
{
    int32_t before = -1;
    if (!iforest_take(in, &feature->count, 1, sizeof feature->count)) return 0;
    if (feature->count < -1 || feature->count > IFOREST_CODES) return 0;
    if (feature->count <= 0) return 1;
    if (!iforest_take(in, feature->code, (size_t)feature->count, sizeof(int32_t)))
        return 0;
    for (int32_t i = 0; i < feature->count; i++) {
        if (feature->code[i] <= before) return 0;
        before = feature->code[i];
    }
    return 1;
}

static int iforest_take_head(psn_iforest *forest, iforest_reader *in, uint64_t words[3])
{
    char magic[4];
    int32_t counts[3];
    psn_iforest_options *o = &forest->options;
    if (!iforest_take(in, magic, 1, sizeof magic) ||
        memcmp(magic, iforest_magic, sizeof magic) != 0 ||
        !iforest_take(in, counts, 1, sizeof counts) ||
        !iforest_take(in, &o->gain, 1, sizeof o->gain) ||
        !iforest_take(in, words, 3, sizeof *words))
        return 0;
    forest->trees = o->trees = counts[0];
    o->sample = counts[1];
    forest->features = counts[2];
    o->seed = words[0];
    return o->trees >= 1 && o->trees <= 10000 && o->sample >= 2 &&
           o->sample <= PSN_IFOREST_MAX_SAMPLE && forest->features >= 0 &&
           forest->features <= PSN_IFOREST_MAX_FEATURES && o->gain >= 0 && o->gain <= 1 &&
           (size_t)forest->features <= in->left / 4 && words[1] >= 1 &&
           words[1] - 1 <= in->left / 8 && words[2] >= 1 && words[2] <= in->left / 6;
}

int psn_iforest_unpack(psn_iforest **out, const void *bytes, size_t size,
                       persona_error *error)
{
    int rc = PERSONA_OK, good = 1;
    uint64_t words[3];
    iforest_reader in = {bytes, size};
    psn_iforest *forest = psn_alloc_zero(1, sizeof *forest);
    *out = NULL;
    PSN_NEED(forest);
    if (!iforest_take_head(forest, &in, words))
        PSN_FAIL(error, PERSONA_EFORMAT, "the head of an isolation forest is altered");
    const size_t features = (size_t)forest->features;
    PSN_NEED(forest->feature = psn_alloc(features, sizeof *forest->feature));
    for (size_t j = 0; good && j < features; j++)
        good = iforest_take_feature(&in, &forest->feature[j]);
    if (!good)
        PSN_FAIL(error, PERSONA_EFORMAT, "a category of an isolation forest is altered");
    forest->masks = (int64_t)words[1];
    PSN_TRY(psn_iforest_allocate(forest, (int64_t)words[2], error));
    forest->mask[0] = 0;
    good = iforest_take(&in, forest->mask + 1, (size_t)words[1] - 1, 8) &&
           in.left == words[2] * (sizeof(float) + sizeof(uint16_t));
    for (size_t n = 0; good && n < words[2]; n++) {
        iforest_node *node = &forest->nodes[n];
        good = iforest_take(&in, &node->threshold, 1, sizeof node->threshold);
        forest->weight[n] = node->threshold;
    }
    for (size_t n = 0; good && n < words[2]; n++)
        good = iforest_take(&in, &forest->nodes[n].feature, 1, sizeof(uint16_t));
    if (!good || !psn_iforest_complete(forest))
        PSN_FAIL(error, PERSONA_EFORMAT, "the trees of an isolation forest are altered");
    *out = forest;
    forest = NULL;
done:
    psn_iforest_free(forest);
    return rc;
}
