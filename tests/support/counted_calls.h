/* counted_calls.h: counts requests of memory and of locks. A test that includes it begins
 * with the link line of tests/api/test_hot_path.c. */
#ifndef TESTS_SUPPORT_COUNTED_CALLS_H
#define TESTS_SUPPORT_COUNTED_CALLS_H

#include <pthread.h>
#include <stddef.h>

static long long memory_calls, lock_calls;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t bytes);
void __real_free(void *block);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_trylock(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t bytes)
{
    memory_calls++;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t size)
{
    memory_calls++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    memory_calls++;
    return __real_realloc(block, bytes);
}

void __wrap_free(void *block)
{
    memory_calls++;
    __real_free(block);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    lock_calls++;
    return __real_pthread_mutex_lock(mutex);
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    lock_calls++;
    return __real_pthread_mutex_trylock(mutex);
}

#endif
