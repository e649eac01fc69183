/* als_fit.c: iALS: users given items, items given users, again and again.
 *
 * Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM
 * 2008; frequency-scaled regularization and small first factors: Rendle, Krichene, Zhang,
 * Koren, "Revisiting the performance of iALS on item recommendation benchmarks", RecSys
 * 2022. Each half iteration finds the eigenbasis of the given side (als_basis.c), turns
 * that side into it, and solves every row of the other side on its own (als_cg.c,
 * als_direct.c). Cost of an iteration with s steps of conjugate gradients:
 *     4 entries factors (s + 1) + 1.5 (users + items) factors^2. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/task.h"
#include "learn/als.h"
#include "learn/als_basis.h"
#include "learn/als_options.h"
#include "learn/als_solve.h"

enum { ALS_PURPOSE = 0x616c73, ALS_ROWS = 64 };

typedef struct als_side {
    float *rows; /* count x stride */
    int64_t count;
    const psn_sparse *seen; /* a row for each of this side */
} als_side;

typedef struct als_fit {
    const psn_als_options *options;
    int32_t stride;
    als_side users, items;
    psn_als_basis *basis;
    float *base;    /* stride */
    float *scratch; /* workers x scratch_floats */
    size_t scratch_floats;
    psn_pool *pool;
    persona_task *task;
    /* the half iteration that runs */
    als_side *solved, *given;
    psn_als_ridges ridges;
    double done, share; /* of all work */
    atomic_int stopped;
} als_fit;

static int32_t als_round_up(int32_t factors)
{
    return (factors + PSN_ALS_LANES - 1) / PSN_ALS_LANES * PSN_ALS_LANES;
}

static int32_t als_block(const psn_als_options *options, int32_t stride)
{
    if (options->solver != PSN_ALS_BLOCKS) return stride;
    const int32_t block = als_round_up(options->block);
    return block < stride ? block : stride;
}

/* ---- a half iteration ---- */

static void als_solve_row(const als_fit *fit, int64_t row, float *scratch)
{
    const psn_als_options *o = fit->options;
    const psn_sparse *seen = fit->solved->seen;
    const int64_t start = seen->start[row];
    float *x = fit->solved->rows + row * fit->stride;
    psn_als_case problem = {
        .rows = fit->given->rows,
        .factors = fit->stride,
        .index = seen->column + start,
        .weight = seen->value != NULL ? seen->value + start : NULL,
        .count = seen->start[row + 1] - start,
        .base = fit->base,
    };
    if (problem.count == 0) {
        memset(x, 0, (size_t)fit->stride * sizeof *x);
        return;
    }
    problem.ridge = psn_als_ridge(&fit->ridges, problem.weight, problem.count);
    if (o->solver == PSN_ALS_CHOLESKY || o->solver == PSN_ALS_BLOCKS) {
        psn_als_direct(x, &problem, als_block(o, fit->stride), scratch);
        return;
    }
    const psn_als_effort effort = {o->cg_steps, 1e-4f};
    psn_als_cg(x, &problem, NULL, &effort, scratch);
}

static void als_solve_rows(void *context, int64_t block, int worker)
{
    als_fit *fit = context;
    float *scratch = fit->scratch + (size_t)worker * fit->scratch_floats;
    const int64_t count = fit->solved->count, first = block * ALS_ROWS;
    const double share = (double)first / (double)count;
    if (atomic_load_explicit(&fit->stopped, memory_order_relaxed)) return;
    if (psn_task_check(fit->task, fit->done + fit->share * share, NULL) != PERSONA_OK) {
        atomic_store(&fit->stopped, 1);
        return;
    }
    for (int64_t row = first; row < first + ALS_ROWS && row < count; row++)
        als_solve_row(fit, row, scratch);
}

/* The side `given` is turned into its eigenbasis; for blocks, which begin where the
 * iteration before ended, `solved` with it. */
static int als_half(als_fit *fit, als_side *solved, als_side *given, persona_error *error)
{
    int rc;
    const psn_als_options *o = fit->options;
    fit->solved = solved;
    fit->given = given;
    PSN_TRY(psn_als_basis_find(fit->basis, fit->base, given->rows, given->count,
                               fit->pool, error));
    fit->ridges = psn_als_begin(fit->base, fit->base, fit->stride, given->count,
                                o->unobserved, o->regularization, o->frequency);
    psn_als_basis_turn(fit->basis, given->rows, given->count, fit->pool);
    if (o->solver == PSN_ALS_BLOCKS)
        psn_als_basis_turn(fit->basis, solved->rows, solved->count, fit->pool);
    psn_pool_run(fit->pool, (solved->count + ALS_ROWS - 1) / ALS_ROWS, als_solve_rows,
                 fit);
    fit->done += fit->share;
    PSN_TRY(psn_task_check(fit->task, fit->done, error));
done:
    return rc;
}

/* ---- the whole ---- */

/* Uniform with deviation 0.1 / sqrt(factors); the same whatever else there is. */
static void als_begin(als_fit *fit)
{
    const int32_t factors = fit->options->factors;
    const double width = 0.1 * sqrt(12.0 / (double)factors);
    memset(fit->items.rows, 0,
           (size_t)fit->items.count * (size_t)fit->stride * sizeof(float));
    memset(fit->users.rows, 0,
           (size_t)fit->users.count * (size_t)fit->stride * sizeof(float));
    for (int64_t i = 0; i < fit->items.count; i++) {
        psn_random random;
        psn_random_start(&random, fit->options->seed, ALS_PURPOSE, (uint64_t)i);
        if (fit->items.seen->start[i + 1] == fit->items.seen->start[i]) continue;
        for (int32_t j = 0; j < factors; j++)
            fit->items.rows[i * fit->stride + j] =
                (float)(width * (psn_random_unit(&random) - 0.5));
    }
}

static int als_iterate(als_fit *fit, persona_error *error)
{
    int rc = PERSONA_OK;
    const psn_als_options *o = fit->options;
    psn_task_enter(fit->task, "factors", 0.0, 1.0);
    fit->share = 0.5 / (double)o->iterations;
    als_begin(fit);
    for (int32_t i = 0; i < o->iterations; i++) {
        PSN_TRY(als_half(fit, &fit->users, &fit->items, error));
        PSN_TRY(als_half(fit, &fit->items, &fit->users, error));
        if (o->watch != NULL &&
            o->watch(o->context, i + 1, fit->users.rows, fit->items.rows) != 0)
            break;
    }
    PSN_TRY(psn_als_basis_find(fit->basis, fit->base, fit->items.rows, fit->items.count,
                               fit->pool, error));
    psn_als_basis_turn(fit->basis, fit->items.rows, fit->items.count, fit->pool);
done:
    return rc;
}

static int64_t als_longest(const psn_sparse *matrix)
{
    int64_t most = 0;
    for (int64_t r = 0; r < matrix->rows; r++) {
        const int64_t count = matrix->start[r + 1] - matrix->start[r];
        most = count > most ? count : most;
    }
    return most;
}

static size_t als_scratch_floats(const psn_als_options *options, int32_t stride,
                                 int64_t most)
{
    const int direct =
        options->solver == PSN_ALS_CHOLESKY || options->solver == PSN_ALS_BLOCKS;
    const size_t floats =
        direct ? psn_als_direct_floats(stride, als_block(options, stride), most)
               : psn_als_cg_floats(stride);
    return (floats + 15) / 16 * 16;
}

static int als_rooms(als_fit *fit, persona_error *error)
{
    int rc;
    const int workers = psn_pool_workers(fit->pool);
    const size_t stride = (size_t)fit->stride;
    const int64_t users = fit->users.count, items = fit->items.count;
    const int64_t u = als_longest(fit->users.seen), i = als_longest(fit->items.seen);
    fit->scratch_floats = als_scratch_floats(fit->options, fit->stride, u > i ? u : i);
    PSN_TRY(psn_als_basis_new(&fit->basis, fit->options->factors, fit->stride,
                              users > items ? users : items, workers, error));
    PSN_NEED(fit->base = psn_alloc_aligned(stride, sizeof(float)));
    PSN_NEED(fit->users.rows = psn_alloc_aligned((size_t)users, stride * sizeof(float)));
    PSN_NEED(fit->items.rows = psn_alloc_aligned((size_t)items, stride * sizeof(float)));
    PSN_NEED(fit->scratch =
                 psn_alloc_aligned((size_t)workers, fit->scratch_floats * sizeof(float)));
done:
    return rc;
}

int psn_als_fit(psn_als **out, const psn_sparse *profile, const psn_als_options *options,
                psn_pool *pool, persona_task *task, persona_error *error)
{
    int rc;
    psn_sparse *by_item = NULL;
    psn_als *als = NULL;
    psn_als_options resolved = *options;
    als_fit fit = {.options = &resolved, .pool = pool, .task = task};
    *out = NULL;
    PSN_TRY(psn_als_resolve(&resolved, profile, error));
    PSN_TRY(psn_sparse_transpose(&by_item, profile, error));
    fit.stride = als_round_up(options->factors);
    fit.users = (als_side){.count = profile->rows, .seen = profile};
    fit.items = (als_side){.count = profile->columns, .seen = by_item};
    PSN_TRY(als_rooms(&fit, error));
    PSN_TRY(als_iterate(&fit, error));
    PSN_NEED(als = psn_alloc_zero(1, sizeof *als));
    als->items = profile->columns;
    als->factors = fit.stride;
    als->unobserved = resolved.unobserved;
    als->regularization = resolved.regularization;
    als->frequency = resolved.frequency;
    als->item = fit.items.rows;
    fit.items.rows = NULL;
    PSN_TRY(psn_als_ready(als, error));
    *out = als;
    als = NULL;
done:
    psn_als_free(als);
    psn_sparse_free(by_item);
    psn_als_basis_free(fit.basis);
    psn_release_aligned(fit.base);
    psn_release_aligned(fit.users.rows);
    psn_release_aligned(fit.items.rows);
    psn_release_aligned(fit.scratch);
    return rc;
}

size_t psn_als_bytes(int64_t users, int64_t items, int64_t entries,
                     const psn_als_options *options)
{
    const int32_t stride = als_round_up(options->factors);
    const size_t row = (size_t)stride * sizeof(float);
    const int64_t most = users > items ? users : items;
    return ((size_t)users + (size_t)items) * row +
           (size_t)entries * (sizeof(int32_t) + sizeof(float)) +
           ((size_t)items + 1) * sizeof(int64_t) +
           psn_als_basis_bytes(options->factors, stride, most, 1) +
           als_scratch_floats(options, stride, most) * sizeof(float);
}
