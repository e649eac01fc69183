/* failing_memory.h: an allocator that counts live blocks and fails when it is told to. */
#ifndef TESTS_SUPPORT_FAILING_MEMORY_H
#define TESTS_SUPPORT_FAILING_MEMORY_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include "persona.h"

static atomic_llong memory_live;  /* blocks */
static atomic_llong memory_left;  /* requests until one fails; negative: none does */
static atomic_int memory_lasting; /* all after it fail too */
static atomic_int memory_failed;  /* how many have failed */

static inline int failing_memory_fails(void)
{
    const long long left = atomic_load(&memory_left);
    if (left < 0) return 0;
    if (left > 0) {
        atomic_store(&memory_left, left - 1);
        return 0;
    }
    atomic_store(&memory_left, atomic_load(&memory_lasting) ? 0 : -1);
    atomic_fetch_add(&memory_failed, 1);
    return 1;
}

static void *failing_memory_allocate(void *context, int64_t bytes)
{
    (void)context;
    if (failing_memory_fails()) return NULL;
    void *block = malloc((size_t)bytes);
    if (block != NULL) atomic_fetch_add(&memory_live, 1);
    return block;
}

static void *failing_memory_resize(void *context, void *block, int64_t bytes)
{
    if (block == NULL) return failing_memory_allocate(context, bytes);
    return failing_memory_fails() ? NULL : realloc(block, (size_t)bytes);
}

static void failing_memory_release(void *context, void *block)
{
    (void)context;
    if (block != NULL) atomic_fetch_sub(&memory_live, 1);
    free(block);
}

/* Before the first other call of the library. */
static inline int failing_memory_install(void)
{
    atomic_store(&memory_left, -1);
    return persona_set_allocator(failing_memory_allocate, failing_memory_resize,
                                 failing_memory_release, NULL, NULL);
}

/* The request number `after` (0 = the next) fails, and all after it if `lasting`. */
static inline void failing_memory_arm(long long after, int lasting)
{
    atomic_store(&memory_failed, 0);
    atomic_store(&memory_lasting, lasting);
    atomic_store(&memory_left, after);
}

/* How many requests were refused since it was armed. */
static inline int failing_memory_disarm(void)
{
    atomic_store(&memory_left, -1);
    return atomic_load(&memory_failed);
}

#endif
