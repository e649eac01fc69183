/* pool.c: the threads of one call, and blocks of work handed out one by one.
 *
 * One word, the ticket, holds the number of the run (24 bits) and the next free block (40
 * bits); taking a block is a compare-and-swap on it. A thread that slept through a run
 * finds another run number and takes nothing, so the caller waits for blocks, never for
 * threads: a short run does not have to wake everybody. Before the fields of the next run
 * are written the ticket is closed (no block can be taken), which makes every successful
 * swap a proof that the fields read before it belong to that run.
 *
 * Idle threads spin for some microseconds, then wait at a gate: an iteration of k-means
 * follows the one before it sooner than a sleeping thread could be woken. */
#include "base/pool.h"

#include <stdatomic.h>
#include "base/error.h"
#include "base/memory.h"
#include "base/os.h"

enum { POOL_SPINS = 2000, POOL_MAX_THREADS = 1024 };

#define POOL_BLOCK_BITS 40
static const uint64_t POOL_CLOSED = ((uint64_t)1 << POOL_BLOCK_BITS) - 1;
static const int64_t POOL_RUN_LIMIT = (int64_t)1 << (POOL_BLOCK_BITS - 1);

typedef struct pool_helper {
    psn_pool *pool;
    psn_os_thread *thread;
    int worker;
} pool_helper;

struct psn_pool {
    _Alignas(64) atomic_uint_least64_t ticket;
    _Alignas(64) atomic_int_least64_t unfinished; /* blocks of this run */
    atomic_int caller_waits;
    _Alignas(64) atomic_int_least64_t blocks;
    atomic_int_least64_t first; /* number of block 0 of this run */
    _Atomic(psn_pool_work) work;
    _Atomic(void *) context;
    _Alignas(64) atomic_int sleepers;
    atomic_int ending;
    psn_os_gate *work_gate, *done_gate;
    int helpers;
    pool_helper *helper;
};

static void pool_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int pool_has_work(psn_pool *pool)
{
    uint64_t ticket = atomic_load(&pool->ticket);
    return (ticket & POOL_CLOSED) < (uint64_t)atomic_load(&pool->blocks);
}

/* Takes and works off one block; 0 when none is free. */
static int pool_step(psn_pool *pool, int worker)
{
    uint64_t ticket = atomic_load(&pool->ticket);
    uint64_t block = ticket & POOL_CLOSED;
    if (block >= (uint64_t)atomic_load(&pool->blocks)) return 0;
    psn_pool_work work = atomic_load(&pool->work);
    void *context = atomic_load(&pool->context);
    int64_t first = atomic_load(&pool->first);
    if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) return 1;
    work(context, first + (int64_t)block, worker);
    if (atomic_fetch_sub(&pool->unfinished, 1) == 1 && atomic_load(&pool->caller_waits)) {
        psn_os_gate_lock(pool->done_gate);
        psn_os_gate_wake_all(pool->done_gate);
        psn_os_gate_unlock(pool->done_gate);
    }
    return 1;
}

/* Returns when there is work or the pool ends. */
static void pool_idle(psn_pool *pool)
{
    for (int spin = 0; spin < POOL_SPINS; spin++) {
        if (pool_has_work(pool) || atomic_load(&pool->ending)) return;
        pool_relax();
    }
    psn_os_gate_lock(pool->work_gate);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!pool_has_work(pool) && !atomic_load(&pool->ending)) {
        psn_os_gate_wait(pool->work_gate);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    psn_os_gate_unlock(pool->work_gate);
}

static void pool_help(void *argument)
{
    pool_helper *helper = argument;
    psn_pool *pool = helper->pool;
    while (!atomic_load(&pool->ending)) {
        while (pool_step(pool, helper->worker)) {
        }
        pool_idle(pool);
    }
}

static void pool_wake(psn_pool *pool)
{
    if (atomic_load(&pool->sleepers) == 0) return;
    psn_os_gate_lock(pool->work_gate);
    psn_os_gate_wake_all(pool->work_gate);
    psn_os_gate_unlock(pool->work_gate);
}

static void pool_await(psn_pool *pool)
{
    for (int spin = 0; spin < POOL_SPINS; spin++) {
        if (atomic_load(&pool->unfinished) == 0) return;
        pool_relax();
    }
    psn_os_gate_lock(pool->done_gate);
    atomic_store(&pool->caller_waits, 1);
    while (atomic_load(&pool->unfinished) > 0) psn_os_gate_wait(pool->done_gate);
    atomic_store(&pool->caller_waits, 0);
    psn_os_gate_unlock(pool->done_gate);
}

static void pool_run_some(psn_pool *pool, int64_t first, int64_t blocks,
                          psn_pool_work work, void *context)
{
    uint64_t next_run = (atomic_load(&pool->ticket) | POOL_CLOSED) + 1;
    atomic_store(&pool->ticket, next_run | POOL_CLOSED);
    atomic_store(&pool->unfinished, blocks);
    atomic_store(&pool->first, first);
    atomic_store(&pool->work, work);
    atomic_store(&pool->context, context);
    atomic_store(&pool->blocks, blocks);
    atomic_store(&pool->ticket, next_run);
    pool_wake(pool);
    while (pool_step(pool, 0)) {
    }
    pool_await(pool);
}

void psn_pool_run(psn_pool *pool, int64_t blocks, psn_pool_work work, void *context)
{
    if (psn_pool_workers(pool) == 1 || blocks == 1) {
        for (int64_t block = 0; block < blocks; block++) work(context, block, 0);
        return;
    }
    for (int64_t first = 0; first < blocks; first += POOL_RUN_LIMIT) {
        int64_t some = blocks - first < POOL_RUN_LIMIT ? blocks - first : POOL_RUN_LIMIT;
        pool_run_some(pool, first, some, work, context);
    }
}

int psn_pool_workers(const psn_pool *pool)
{
    return pool == NULL ? 1 : pool->helpers + 1;
}

static void pool_start_helpers(psn_pool *pool, int wanted)
{
    for (int i = 0; i < wanted; i++) {
        pool_helper *helper = &pool->helper[i];
        *helper = (pool_helper){.pool = pool, .worker = i + 1};
        if (psn_os_thread_start(&helper->thread, pool_help, helper) != PERSONA_OK) return;
        pool->helpers++;
    }
}

int psn_pool_open(psn_pool **out, int64_t threads, persona_error *error)
{
    int rc = PERSONA_OK;
    psn_pool *pool = NULL;
    *out = NULL;
    if (threads < 1 || threads > POOL_MAX_THREADS) {
        PSN_FAIL(error, PERSONA_EARG, "threads = %lld; must be 1 .. %d",
                 (long long)threads, (int)POOL_MAX_THREADS);
    }
    PSN_NEED(pool = psn_alloc_aligned(1, sizeof *pool));
    *pool = (psn_pool){.ticket = POOL_CLOSED};
    if (threads > 1) {
        PSN_NEED(pool->work_gate = psn_os_gate_new());
        PSN_NEED(pool->done_gate = psn_os_gate_new());
        PSN_NEED(pool->helper = psn_alloc((size_t)threads - 1, sizeof *pool->helper));
        pool_start_helpers(pool, (int)threads - 1);
    }
    *out = pool;
    pool = NULL;
done:
    psn_pool_close(pool);
    return rc;
}

void psn_pool_close(psn_pool *pool)
{
    if (pool == NULL) return;
    atomic_store(&pool->ending, 1);
    if (pool->helpers > 0) {
        psn_os_gate_lock(pool->work_gate);
        psn_os_gate_wake_all(pool->work_gate);
        psn_os_gate_unlock(pool->work_gate);
    }
    for (int i = 0; i < pool->helpers; i++) psn_os_thread_join(pool->helper[i].thread);
    psn_release(pool->helper);
    psn_os_gate_free(pool->work_gate);
    psn_os_gate_free(pool->done_gate);
    psn_release_aligned(pool);
}
