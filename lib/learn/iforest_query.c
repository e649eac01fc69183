/* iforest_query.c: the length of a row's path through every tree.
 *
 * Each step of a walk waits for the one before it, so ten trees are walked at once: their
 * steps have nothing to do with each other and the processor overlaps them. A step has no
 * branch: leaves point at themselves and compare with NaN, and a group of trees takes as
 * many steps as its deepest has. 100 trees of 256 rows: about 800 steps.
 * A row with missing values takes the slow way: both sides of a node, weighted by the
 * sampled rows that went there, with a stack of the sides still to go. */
#include "learn/iforest_tree.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/task.h"
#include "math/elementary.h"

int32_t psn_iforest_features(const psn_iforest *forest)
{
    return forest->features;
}

int32_t psn_iforest_group(const iforest_feature *feature, double code)
{
    int32_t low = 0, high = feature->count;
    if (isnan(code) || code < 0) return -1;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (feature->code[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < feature->count && feature->code[low] == code ? low : IFOREST_CODES;
}

/* ---- a row as the trees see it: a float and, of categories, a bit a feature */

typedef struct iforest_row {
    float *x;      /* features + 1; NaN at the end, for categories and where missing */
    uint64_t *bit; /* features + 1; 0 for numbers and where missing */
    int missing;
} iforest_row;

size_t psn_iforest_scratch(const psn_iforest *forest)
{
    return ((size_t)forest->features + 1) * (sizeof(uint64_t) + sizeof(float)) + 8;
}

static iforest_row iforest_load_row(const psn_iforest *forest, const double *row,
                                    void *scratch)
{
    const size_t features = (size_t)forest->features;
    iforest_row out = {.bit = scratch};
    out.x = (float *)(out.bit + features + 1);
    for (size_t j = 0; j < features; j++) {
        out.x[j] = iforest_float(row[j]);
        out.missing |= row[j] != row[j];
    }
    out.x[features] = NAN;
    if (forest->categories == 0) return out;
    for (size_t j = 0; j <= features; j++) out.bit[j] = 0;
    for (size_t j = 0; j < features; j++) {
        if (forest->feature[j].count < 0) continue;
        const int32_t group = psn_iforest_group(&forest->feature[j], row[j]);
        out.x[j] = NAN;
        out.missing |= group < 0;
        if (group >= 0) out.bit[j] = (uint64_t)1 << group;
    }
    return out;
}

/* ---- walks */

static inline const iforest_node *iforest_step(const iforest_node *node, const float *x)
{
    return node + node->child + (x[node->feature] > node->threshold);
}

static inline uint32_t iforest_mask_number(const iforest_node *node)
{
    uint32_t number;
    memcpy(&number, &node->threshold, sizeof number);
    return number;
}

static inline const iforest_node *iforest_step_mixed(const psn_iforest *forest,
                                                     const iforest_node *node,
                                                     const iforest_row *row)
{
    const uint64_t bit = row->bit[node->feature];
    const uint64_t mask = forest->mask[bit != 0 ? iforest_mask_number(node) : 0];
    const int right =
        (row->x[node->feature] > node->threshold) | ((bit != 0) & ((mask & bit) == 0));
    return node + node->child + right;
}

static int iforest_deepest(const psn_iforest *forest, int32_t first, int32_t count)
{
    int depth = 0;
    for (int32_t t = first; t < first + count; t++)
        if (forest->depth[t] > depth) depth = forest->depth[t];
    return depth;
}

static double iforest_paths_few(const psn_iforest *forest, const iforest_row *row,
                                int32_t first, double sum)
{
    for (int32_t t = first; t < forest->trees; t++) {
        const iforest_node *node = forest->nodes + forest->start[t];
        if (forest->categories == 0)
            while (node->child > 0) node = iforest_step(node, row->x);
        else
            while (node->child > 0) node = iforest_step_mixed(forest, node, row);
        sum += (double)node->threshold;
    }
    return sum;
}

static double iforest_paths(const psn_iforest *forest, const iforest_row *row)
{
    double sum = 0;
    int32_t t = 0;
    for (; t + IFOREST_LANES <= forest->trees; t += IFOREST_LANES) {
        const iforest_node *at[IFOREST_LANES];
        const int depth = iforest_deepest(forest, t, IFOREST_LANES);
        for (int k = 0; k < IFOREST_LANES; k++)
            at[k] = forest->nodes + forest->start[t + k];
        if (forest->categories == 0) {
            for (int d = 0; d < depth; d++)
                for (int k = 0; k < IFOREST_LANES; k++)
                    at[k] = iforest_step(at[k], row->x);
        } else {
            for (int d = 0; d < depth; d++)
                for (int k = 0; k < IFOREST_LANES; k++)
                    at[k] = iforest_step_mixed(forest, at[k], row);
        }
        for (int k = 0; k < IFOREST_LANES; k++) sum += (double)at[k]->threshold;
    }
    return iforest_paths_few(forest, row, t, sum);
}

/* The share of the left side, -1 / 2 when the row knows where to go: 1 left, 0 right. */
static double iforest_share(const psn_iforest *forest, int64_t n, const iforest_row *row)
{
    const iforest_node *node = &forest->nodes[n];
    if (isnan(row->x[node->feature]) && row->bit[node->feature] == 0)
        return (double)forest->weight[n + node->child] / (double)forest->weight[n];
    return iforest_step_mixed(forest, node, row) == node + node->child ? 1 : 0;
}

typedef struct iforest_branch {
    int64_t node;
    double share;
} iforest_branch;

/* The mean path of a row with missing values in one tree; effects may be NULL: of each
 * feature, what it added to the path expected. */
static double iforest_path_both(const psn_iforest *forest, int32_t tree,
                                const iforest_row *row, double *effects)
{
    iforest_branch stack[IFOREST_MAX_DEPTH + 2] = {{forest->start[tree], 1.0}};
    int open = 1;
    double path = 0;
    while (open > 0) {
        iforest_branch at = stack[--open];
        const iforest_node *node = &forest->nodes[at.node];
        while (node->child > 0) {
            const double share = iforest_share(forest, at.node, row);
            const int64_t left = at.node + node->child, right = left + 1;
            if (effects != NULL)
                effects[node->feature] +=
                    at.share * (share * (double)forest->expect[left] +
                                (1 - share) * (double)forest->expect[right] -
                                (double)forest->expect[at.node]);
            if (share > 0 && share < 1)
                stack[open++] = (iforest_branch){right, at.share * (1 - share)};
            at.node = share > 0 ? left : right;
            at.share *= share > 0 ? share : 1;
            node = &forest->nodes[at.node];
        }
        path += at.share * (double)node->threshold;
    }
    return path;
}

static double iforest_sum_both(const psn_iforest *forest, iforest_row *row,
                               double *effects)
{
    double sum = 0;
    if (forest->categories == 0) /* the bits were not cleared */
        memset(row->bit, 0, ((size_t)forest->features + 1) * sizeof *row->bit);
    for (int32_t t = 0; t < forest->trees; t++)
        sum += iforest_path_both(forest, t, row, effects);
    return sum;
}

double psn_iforest_score(const psn_iforest *forest, const double *row, void *scratch)
{
    iforest_row seen = iforest_load_row(forest, row, scratch);
    const double sum = seen.missing ? iforest_sum_both(forest, &seen, NULL)
                                    : iforest_paths(forest, &seen);
    return psn_exp(-forest->unit * sum);
}

void psn_iforest_batch(const psn_iforest *forest, const double *rows, int64_t count,
                       int64_t stride, void *scratch, double *out)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = psn_iforest_score(forest, rows + i * stride, scratch);
}

static void iforest_effects_known(const psn_iforest *forest, const iforest_row *row,
                                  double *effects)
{
    for (int32_t t = 0; t < forest->trees; t++) {
        int64_t n = forest->start[t];
        while (forest->nodes[n].child > 0) {
            const iforest_node *node = &forest->nodes[n];
            const iforest_node *next = forest->categories == 0
                                           ? iforest_step(node, row->x)
                                           : iforest_step_mixed(forest, node, row);
            const int64_t child = n + (next - node);
            effects[node->feature] +=
                (double)forest->expect[child] - (double)forest->expect[n];
            n = child;
        }
    }
}

double psn_iforest_explain(const psn_iforest *forest, const double *row, void *scratch,
                           double *base, double *effects)
{
    const double to_log2 = -forest->unit / 0x1.62e42fefa39efp-1; /* over ln 2 */
    iforest_row seen = iforest_load_row(forest, row, scratch);
    double paths = 0, added = 0;
    for (int32_t j = 0; j < forest->features; j++) effects[j] = 0;
    if (seen.missing)
        iforest_sum_both(forest, &seen, effects);
    else
        iforest_effects_known(forest, &seen, effects);
    for (int32_t t = 0; t < forest->trees; t++)
        paths += (double)forest->expect[forest->start[t]];
    for (int32_t j = 0; j < forest->features; j++) {
        added += effects[j];
        effects[j] *= to_log2;
    }
    *base = psn_exp(-forest->unit * paths);
    return psn_exp(-forest->unit * (paths + added));
}

/* ---- many rows */

enum { QUERY_BLOCK = 256, QUERY_TURN = 64 }; /* rows; blocks between two checks */

typedef struct iforest_job {
    const psn_iforest *forest;
    const psn_rows *rows;
    double *out;
    int64_t first;       /* block of this turn */
    char *scratch;       /* of each worker */
    size_t scratch_size; /* a multiple of 64 */
    double *room;        /* QUERY_BLOCK rows for each worker, when rows are read */
} iforest_job;

static void iforest_run_block(void *context, int64_t block, int worker)
{
    const iforest_job *job = context;
    const psn_rows *rows = job->rows;
    const int64_t first = (job->first + block) * QUERY_BLOCK, dims = rows->dims;
    const int64_t rest = rows->rows - first;
    const int64_t count = rest < QUERY_BLOCK ? rest : QUERY_BLOCK;
    const double *from = NULL;
    if (rows->dense != NULL) {
        from = rows->dense + first * dims;
    } else {
        double *room = job->room + (int64_t)worker * QUERY_BLOCK * dims;
        rows->read(rows->context, first, count, room);
        from = room;
    }
    psn_iforest_batch(job->forest, from, count, dims,
                      job->scratch + (size_t)worker * job->scratch_size,
                      job->out + first);
}

int psn_iforest_predict(const psn_iforest *forest, const psn_rows *rows, double *out,
                        psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc = PERSONA_OK;
    const size_t workers = (size_t)psn_pool_workers(pool);
    const int64_t blocks = (rows->rows + QUERY_BLOCK - 1) / QUERY_BLOCK;
    iforest_job job = {.forest = forest, .rows = rows, .out = out};
    job.scratch_size = (psn_iforest_scratch(forest) + 63) / 64 * 64;
    if (rows->dims != forest->features)
        PSN_FAIL(error, PERSONA_EARG, "rows have %d columns; the forest takes %d",
                 (int)rows->dims, (int)forest->features);
    PSN_NEED(job.scratch = psn_alloc_aligned(workers, job.scratch_size));
    if (rows->dense == NULL)
        PSN_NEED(job.room = psn_alloc(workers * QUERY_BLOCK,
                                      (size_t)rows->dims * sizeof *job.room));
    for (job.first = 0; job.first < blocks; job.first += QUERY_TURN) {
        const int64_t left = blocks - job.first;
        PSN_TRY(psn_task_check(task, (double)job.first / (double)blocks, error));
        psn_pool_run(pool, left < QUERY_TURN ? left : QUERY_TURN, iforest_run_block,
                     &job);
    }
done:
    psn_release_aligned(job.scratch);
    psn_release(job.room);
    return rc;
}
