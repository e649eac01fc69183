/* test_pool.c: every block once, whatever the number of threads. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <pthread.h>
#include <cmocka.h>

#include "base/pool.h"

enum { BLOCKS = 1000, WORKERS = 4 };

typedef struct tally {
    int visits[BLOCKS];           /* a block is visited by one thread */
    long long by_worker[WORKERS]; /* a worker is one thread at a time */
    atomic_int bad_worker;
    atomic_int unblocked_signal;
    atomic_int together;
} tally;

static void count_block(void *context, int64_t block, int worker)
{
    tally *t = context;
    t->visits[block]++;
    if (worker < 0 || worker >= WORKERS) {
        atomic_store(&t->bad_worker, 1);
    } else {
        t->by_worker[worker]++;
    }
}

static void assert_each_block_visited(const tally *t, int64_t blocks, int times)
{
    for (int64_t i = 0; i < blocks; i++) assert_int_equal(t->visits[i], times);
    for (int64_t i = blocks; i < BLOCKS; i++) assert_int_equal(t->visits[i], 0);
    assert_int_equal(t->bad_worker, 0);
}

static void every_block_runs_once_for_any_number_of_threads(void **state)
{
    (void)state;
    for (int64_t threads = 1; threads <= WORKERS; threads++) {
        static tally t;
        psn_pool *pool;
        memset(&t, 0, sizeof t);
        assert_int_equal(psn_pool_open(&pool, threads, NULL), PERSONA_OK);
        assert_int_equal(psn_pool_workers(pool), threads);
        psn_pool_run(pool, BLOCKS, count_block, &t);
        assert_each_block_visited(&t, BLOCKS, 1);
        psn_pool_close(pool);
    }
}

static void many_short_runs_follow_each_other(void **state)
{
    (void)state;
    static tally t;
    psn_pool *pool;
    memset(&t, 0, sizeof t);
    assert_int_equal(psn_pool_open(&pool, 3, NULL), PERSONA_OK);
    for (int run = 0; run < 5000; run++) psn_pool_run(pool, 7, count_block, &t);
    psn_pool_close(pool);
    assert_each_block_visited(&t, 7, 5000);
}

static void sleeping_threads_wake_for_the_next_run(void **state)
{
    (void)state;
    static tally t;
    psn_pool *pool;
    memset(&t, 0, sizeof t);
    assert_int_equal(psn_pool_open(&pool, 2, NULL), PERSONA_OK);
    for (int run = 0; run < 10; run++) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        psn_pool_run(pool, 20, count_block, &t);
    }
    psn_pool_close(pool);
    assert_each_block_visited(&t, 20, 10);
}

/* Two blocks that wait for each other end only if two threads work at once. */
static void meet_other_block(void *context, int64_t block, int worker)
{
    tally *t = context;
    (void)block;
    (void)worker;
    atomic_fetch_add(&t->together, 1);
    for (int i = 0; i < 5000 && atomic_load(&t->together) < 2; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void two_workers_work_at_the_same_time(void **state)
{
    (void)state;
    static tally t;
    psn_pool *pool;
    assert_int_equal(psn_pool_open(&pool, 2, NULL), PERSONA_OK);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    psn_pool_run(pool, 2, meet_other_block, &t);
    clock_gettime(CLOCK_MONOTONIC, &after);
    psn_pool_close(pool);
    assert_int_equal(t.together, 2);
    assert_true(after.tv_sec - before.tv_sec < 4);
}

static void look_at_signals(void *context, int64_t block, int worker)
{
    tally *t = context;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (worker != 0 && !sigismember(&mask, SIGTERM))
        atomic_store(&t->unblocked_signal, 1);
    meet_other_block(context, block, worker);
}

static void threads_of_the_pool_take_no_signals_of_the_host(void **state)
{
    (void)state;
    static tally t;
    psn_pool *pool;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(psn_pool_open(&pool, 2, NULL), PERSONA_OK);
    psn_pool_run(pool, 2, look_at_signals, &t);
    psn_pool_close(pool);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(t.unblocked_signal, 0);
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

static void note_order(void *context, int64_t block, int worker)
{
    int64_t *next = context;
    if (*next == block && worker == 0) ++*next;
}

static void no_pool_works_in_order_on_this_thread(void **state)
{
    (void)state;
    int64_t next = 0;
    assert_int_equal(psn_pool_workers(NULL), 1);
    psn_pool_run(NULL, 100, note_order, &next);
    assert_int_equal(next, 100);
    psn_pool_run(NULL, 0, note_order, &next);
    assert_int_equal(next, 100);
    psn_pool_close(NULL);
}

static void impossible_numbers_of_threads_are_refused(void **state)
{
    (void)state;
    psn_pool *pool;
    persona_error error;
    assert_int_equal(psn_pool_open(&pool, 0, &error), PERSONA_EARG);
    assert_string_equal(error.message, "threads = 0; must be 1 .. 1024");
    assert_null(pool);
    assert_int_equal(psn_pool_open(&pool, 1025, NULL), PERSONA_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_runs_once_for_any_number_of_threads),
        cmocka_unit_test(many_short_runs_follow_each_other),
        cmocka_unit_test(sleeping_threads_wake_for_the_next_run),
        cmocka_unit_test(two_workers_work_at_the_same_time),
        cmocka_unit_test(threads_of_the_pool_take_no_signals_of_the_host),
        cmocka_unit_test(no_pool_works_in_order_on_this_thread),
        cmocka_unit_test(impossible_numbers_of_threads_are_refused),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
